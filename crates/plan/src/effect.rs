//! What a change disturbs once it is applied, from Azure's documentation.

use serde::Serialize;
use serde_json::Value;

use super::target::Target;
use super::version::Version;

/// What applying a change disturbs, ordered by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Effect {
    /// No node and no API server restarts. What uses the setting may notice it all the same.
    InPlace,
    /// Running nodes keep the old value until their next upgrade, node image upgrade or replacement.
    NewNodesOnly,
    /// The API server restarts or is briefly away.
    ControlPlaneRestart,
    /// Traffic takes another path or gets another address; open connections drop.
    NetworkInterruption,
    /// Pods leave running nodes at once.
    Eviction,
    /// Nodes that are too many are drained and deleted.
    NodeRemoval,
    /// Virtual machines stop and start.
    NodeRestart,
    /// Every Windows node is cordoned, drained and reimaged; Linux nodes stay as they are.
    WindowsReimage,
    /// Every node of the scope is cordoned, drained and reimaged in turn; data on local disks is lost.
    NodeReimage,
    /// Every node of the scope is replaced in turn, as in an upgrade.
    RollingReplace,
    /// No source says what happens: treated like `RollingReplace`.
    Unknown,
    /// Refused in place: it takes a new node pool.
    PoolReplacement,
    /// Never possible once the resource exists.
    Forbidden,
}

impl Effect {
    /// Whether Azure refuses the change on an existing resource.
    pub fn is_refused(self) -> bool {
        matches!(self, Self::PoolReplacement | Self::Forbidden)
    }

    /// What it means for `target`, one sentence for people who read a plan: a setting of a cluster reaches all pools at
    /// once.
    pub fn of(self, target: &Target) -> &'static str {
        match (self, target) {
            (Self::NodeReimage, Target::Cluster) => "every node is drained and reimaged, in all pools at once",
            _ => self.sentence(),
        }
    }

    /// One sentence, for a pool where pools differ.
    fn sentence(self) -> &'static str {
        match self {
            Self::InPlace => "changed in place; no node and no API server restarts",
            Self::NewNodesOnly => "running nodes keep the old value until they are upgraded or replaced",
            Self::ControlPlaneRestart => "the API server restarts or is briefly away",
            Self::NetworkInterruption => "traffic changes its path or address and open connections drop",
            Self::Eviction => "no node restarts, but pods that do not tolerate the new taint are evicted at once",
            Self::NodeRemoval => "nodes that are too many are drained and deleted",
            Self::WindowsReimage => {
                "every node of the Windows pools is drained and reimaged; Linux pools stay as they are"
            }
            Self::NodeRestart => "the virtual machines stop or start",
            Self::NodeReimage => "every node is drained and reimaged in turn",
            Self::RollingReplace => "every node is drained and replaced in turn",
            Self::Unknown => "no source says what this disturbs; expect every node to be replaced in turn",
            Self::PoolReplacement => "Azure refuses it in place; it takes a new node pool",
            Self::Forbidden => "Azure refuses it once the cluster exists",
        }
    }
}

/// How a field's effect is found.
#[derive(Debug, Clone, Copy)]
pub enum EffectRule {
    /// The same whatever the values.
    Always(Effect),
    /// Direction or values decide.
    ByValue(fn(&Transition<'_>) -> Effect),
}

/// The values a rule may look at. `None` is an absent value.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'a> {
    /// The live value.
    pub from: Option<&'a Value>,
    /// The wanted value.
    pub to: Option<&'a Value>,
    /// The whole live body, where another setting decides whether a change is possible.
    pub live: &'a Value,
    /// The version that runs, which decides when nodes follow some settings.
    pub kubernetes: Option<Version>,
}

/// Whether what a change does can be taken back.
#[derive(Debug, Clone, Copy)]
pub enum OneWay {
    /// It can, or no source says that it can't.
    No,
    /// No value leads back.
    Always,
    /// The values decide.
    ByValue(fn(&Transition<'_>) -> bool),
}

impl OneWay {
    /// Whether there is no way back from this transition.
    pub fn holds(self, transition: &Transition<'_>) -> bool {
        match self {
            Self::No => false,
            Self::Always => true,
            Self::ByValue(decide) => decide(transition),
        }
    }
}

impl Transition<'_> {
    fn text(value: Option<&Value>) -> String {
        value.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
    }

    /// The live value as lower-case text, empty when absent.
    pub fn from_text(&self) -> String {
        Self::text(self.from)
    }

    /// The wanted value as lower-case text, empty when absent.
    pub fn to_text(&self) -> String {
        Self::text(self.to)
    }

    /// Whether the wanted value is `true`.
    pub fn turns_on(&self) -> bool {
        self.to.and_then(Value::as_bool) == Some(true)
    }

    /// Whether Azure has no value yet.
    pub fn sets_anew(&self) -> bool {
        self.from.is_none_or(|from| from.is_null() || from.as_str() == Some(""))
    }

    /// Whether the flag at this JSON pointer is on in Azure.
    pub fn is_on(&self, pointer: &str) -> bool {
        self.live.pointer(pointer).and_then(Value::as_bool) == Some(true)
    }

    /// Whether a number or a list becomes smaller.
    pub fn shrinks(&self) -> bool {
        let size = |value: Option<&Value>| match value {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::Array(items)) => u32::try_from(items.len()).ok().map(f64::from),
            _ => None,
        };
        matches!((size(self.from), size(self.to)), (Some(from), Some(to)) if to < from)
    }

    /// Before Kubernetes 1.37 nodes take some settings at their next upgrade, from 1.37 they reimage at once
    /// (Azure/AKS release notes 2026-08-07, PR 5913).
    pub fn nodes_follow_at_once(&self) -> bool {
        "1.37"
            .parse()
            .is_ok_and(|from: Version| self.kubernetes.is_some_and(|running| running.meets(from)))
    }
}

impl EffectRule {
    /// The effect of this transition.
    pub fn of(self, transition: &Transition<'_>) -> Effect {
        match self {
            Self::Always(effect) => effect,
            Self::ByValue(decide) => decide(transition),
        }
    }
}
