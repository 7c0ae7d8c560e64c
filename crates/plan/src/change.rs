//! One difference between what Git asks for and what Azure has.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::effect::Effect;
use super::path::Path;
pub use super::target::Target;

/// Who made the two sides differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Origin {
    /// The manifest was edited since Azure last confirmed it.
    Edit,
    /// The value was confirmed and then changed in Azure: by the portal, another tool or AKS.
    Drift,
    /// Nothing was ever confirmed, so nobody can tell: a record that was lost, or a resource that was adopted.
    Unrecorded,
}

impl Origin {
    /// Whether Git did not ask for this change anew.
    pub fn is_drift(self) -> bool {
        matches!(self, Self::Drift | Self::Unrecorded)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Edit => "Edit",
            Self::Drift => "Drift",
            Self::Unrecorded => "Unrecorded",
        })
    }
}

/// What in the manifest asks for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Source {
    /// A field of its own, or Armature itself.
    Field,
    /// An entry of `overrides`.
    Override,
    /// An entry of `clear`.
    Clear,
    /// A field that names a Secret: both sides of the change are fingerprints, and the value is never in a plan.
    Secret,
}

impl Source {
    /// The list of the manifest that asks, where no field of its own does.
    pub fn list(self) -> Option<&'static str> {
        match self {
            Self::Field | Self::Secret => None,
            Self::Override => Some("overrides"),
            Self::Clear => Some("clear"),
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is about.
    pub target: Target,
    /// Where in the ARM body.
    pub path: Path,
    /// The live value; `None` where Azure has none.
    pub from: Option<Value>,
    /// The wanted value; `None` takes the key away.
    pub to: Option<Value>,
    /// Who made the two differ.
    pub origin: Origin,
    /// What applying it disturbs.
    pub effect: Effect,
    /// Whether nothing leads back from it.
    pub one_way: bool,
    /// What in the manifest asks for it.
    pub source: Source,
}

/// What a plan says of a change that can't be taken back.
pub const NO_WAY_BACK: &str = "there is no way back";

/// A value in a sentence is cut here, so that a certificate doesn't fill a status.
const SHOWN_LENGTH: usize = 80;

impl Change {
    /// Whether it gives the control plane another identity.
    pub fn is_of_identity(&self) -> bool {
        self.path.starts_with("identity")
    }

    /// What applying it disturbs, for people who read a plan.
    pub fn disturbs(&self) -> String {
        let sentence = self.effect.of(&self.target);
        if self.one_way {
            format!("{sentence}; {NO_WAY_BACK}")
        } else {
            sentence.to_owned()
        }
    }

    /// The live value for people.
    pub fn shown_from(&self) -> Option<String> {
        self.from.as_ref().map(|value| self.shown(value))
    }

    /// The wanted value for people.
    pub fn shown_to(&self) -> Option<String> {
        self.to.as_ref().map(|value| self.shown(value))
    }

    fn shown(&self, value: &Value) -> String {
        match self.source {
            Source::Secret => "(secret)".to_owned(),
            Source::Field | Source::Override | Source::Clear => shown(value),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path)?;
        match (self.shown_from(), self.shown_to()) {
            (Some(from), Some(to)) => write!(formatter, ": {from} -> {to}"),
            (None, Some(to)) => write!(formatter, ": {to}"),
            (_, None) => write!(formatter, ": removed"),
        }
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "not set".to_owned(),
        value => value.to_string(),
    };
    if text.chars().count() <= SHOWN_LENGTH {
        return text;
    }
    let head: String = text.chars().take(SHOWN_LENGTH).collect();
    format!("{head}...")
}
