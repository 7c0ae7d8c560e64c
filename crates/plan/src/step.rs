//! The ARM operations a plan is made of.

use std::fmt;

use serde_json::{Value, json};

use super::applied;
use super::change::{Change, NO_WAY_BACK, Target};
use super::effect::Effect;
use super::version::Version;

/// One ARM operation. Its name is the log field, the event action and the metric label.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Make the resource group the cluster lives in.
    CreateResourceGroup,
    /// Make the cluster with its first pools in one PUT.
    CreateCluster {
        /// The names of the pools that go in.
        pools: Vec<String>,
    },
    /// Put our mark on a cluster that was there before.
    AdoptCluster {
        /// The tag that is written.
        changes: Vec<Change>,
    },
    /// Write tags and nothing else, which AKS does without touching the cluster.
    TagCluster {
        /// The tags.
        changes: Vec<Change>,
    },
    /// Write settings of the cluster.
    UpdateCluster {
        /// The settings.
        changes: Vec<Change>,
    },
    /// Take the control plane up to a version; nodes stay as they are.
    UpgradeControlPlane {
        /// Where to.
        to: Version,
        /// The difference this works on.
        changes: Vec<Change>,
    },
    /// Take control plane and pools up together, the only way AKS allows while a cluster upgrades itself.
    UpgradeCluster {
        /// Where to.
        to: Version,
        /// The difference this works on.
        changes: Vec<Change>,
    },
    /// Start a stopped cluster.
    StartCluster {
        /// The difference this works on.
        changes: Vec<Change>,
    },
    /// Stop a running cluster.
    StopCluster {
        /// The difference this works on.
        changes: Vec<Change>,
    },
    /// Send the cluster's own goal again after a failed operation.
    ResumeCluster,
    /// Delete the cluster and everything in it.
    DeleteCluster,
    /// Make a pool.
    CreatePool {
        /// Its name in Azure.
        pool: String,
        /// Whether the pool was there once and someone else deleted it.
        again: bool,
    },
    /// Write settings of a pool.
    UpdatePool {
        /// Its name in Azure.
        pool: String,
        /// The settings.
        changes: Vec<Change>,
    },
    /// Take the nodes of a pool up to a version.
    UpgradePool {
        /// Its name in Azure.
        pool: String,
        /// Where to.
        to: Version,
        /// The difference this works on.
        changes: Vec<Change>,
    },
    /// Send a pool's own goal again after a failed operation.
    ResumePool {
        /// Its name in Azure.
        pool: String,
    },
    /// Delete a pool and its nodes.
    DeletePool {
        /// Its name in Azure.
        pool: String,
    },
    /// Lift a lock of ours that would keep what follows from happening.
    LiftLock {
        /// Its key in status.
        lock: String,
    },
    /// Put a lock of ours back that was lifted.
    RestoreLock {
        /// Its key in status.
        lock: String,
    },
}

/// The names of all steps.
pub const NAMES: &[&str] = &[
    "CreateResourceGroup",
    "CreateCluster",
    "AdoptCluster",
    "TagCluster",
    "UpdateCluster",
    "UpgradeControlPlane",
    "UpgradeCluster",
    "StartCluster",
    "StopCluster",
    "ResumeCluster",
    "DeleteCluster",
    "CreatePool",
    "UpdatePool",
    "UpgradePool",
    "ResumePool",
    "DeletePool",
    "LiftLock",
    "RestoreLock",
];

impl Step {
    /// The name of the operation: log field, event action, metric label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateResourceGroup => "CreateResourceGroup",
            Self::CreateCluster { .. } => "CreateCluster",
            Self::AdoptCluster { .. } => "AdoptCluster",
            Self::TagCluster { .. } => "TagCluster",
            Self::UpdateCluster { .. } => "UpdateCluster",
            Self::UpgradeControlPlane { .. } => "UpgradeControlPlane",
            Self::UpgradeCluster { .. } => "UpgradeCluster",
            Self::StartCluster { .. } => "StartCluster",
            Self::StopCluster { .. } => "StopCluster",
            Self::ResumeCluster => "ResumeCluster",
            Self::DeleteCluster => "DeleteCluster",
            Self::CreatePool { .. } => "CreatePool",
            Self::UpdatePool { .. } => "UpdatePool",
            Self::UpgradePool { .. } => "UpgradePool",
            Self::ResumePool { .. } => "ResumePool",
            Self::DeletePool { .. } => "DeletePool",
            Self::LiftLock { .. } => "LiftLock",
            Self::RestoreLock { .. } => "RestoreLock",
        }
    }

    /// What the step works on.
    pub fn target(&self) -> Target {
        match self {
            Self::CreateResourceGroup
            | Self::CreateCluster { .. }
            | Self::AdoptCluster { .. }
            | Self::TagCluster { .. }
            | Self::UpdateCluster { .. }
            | Self::UpgradeControlPlane { .. }
            | Self::UpgradeCluster { .. }
            | Self::StartCluster { .. }
            | Self::StopCluster { .. }
            | Self::ResumeCluster
            | Self::DeleteCluster => Target::Cluster,
            Self::CreatePool { pool, .. }
            | Self::UpdatePool { pool, .. }
            | Self::UpgradePool { pool, .. }
            | Self::ResumePool { pool }
            | Self::DeletePool { pool } => Target::Pool(pool.clone()),
            Self::LiftLock { lock } | Self::RestoreLock { lock } => Target::Child(lock.clone()),
        }
    }

    /// Whether the step works on what hangs on the cluster.
    pub fn is_of_child(&self) -> bool {
        matches!(self, Self::LiftLock { .. } | Self::RestoreLock { .. })
    }

    /// The differences the step removes.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::AdoptCluster { changes }
            | Self::TagCluster { changes }
            | Self::UpdateCluster { changes }
            | Self::UpgradeControlPlane { changes, .. }
            | Self::UpgradeCluster { changes, .. }
            | Self::StartCluster { changes }
            | Self::StopCluster { changes }
            | Self::UpdatePool { changes, .. }
            | Self::UpgradePool { changes, .. } => changes,
            Self::CreateResourceGroup
            | Self::CreateCluster { .. }
            | Self::ResumeCluster
            | Self::DeleteCluster
            | Self::CreatePool { .. }
            | Self::ResumePool { .. }
            | Self::DeletePool { .. }
            | Self::LiftLock { .. }
            | Self::RestoreLock { .. } => &[],
        }
    }

    /// The same step with only some of its differences. Steps without any are returned as they are.
    pub fn with_changes(self, only: Vec<Change>) -> Self {
        match self {
            Self::AdoptCluster { .. } => Self::AdoptCluster { changes: only },
            Self::TagCluster { .. } => Self::TagCluster { changes: only },
            Self::UpdateCluster { .. } => Self::UpdateCluster { changes: only },
            Self::UpgradeControlPlane { to, .. } => Self::UpgradeControlPlane { to, changes: only },
            Self::UpgradeCluster { to, .. } => Self::UpgradeCluster { to, changes: only },
            Self::StartCluster { .. } => Self::StartCluster { changes: only },
            Self::StopCluster { .. } => Self::StopCluster { changes: only },
            Self::UpdatePool { pool, .. } => Self::UpdatePool { pool, changes: only },
            Self::UpgradePool { pool, to, .. } => Self::UpgradePool {
                pool,
                to,
                changes: only,
            },
            whole @ (Self::CreateResourceGroup
            | Self::CreateCluster { .. }
            | Self::ResumeCluster
            | Self::DeleteCluster
            | Self::CreatePool { .. }
            | Self::ResumePool { .. }
            | Self::DeletePool { .. }
            | Self::LiftLock { .. }
            | Self::RestoreLock { .. }) => whole,
        }
    }

    /// A short hash of what the step writes, to recognize it again.
    pub fn fingerprint(&self) -> String {
        let change = |change: &Change| json!([change.path.to_string(), change.from, change.to]);
        let changes: Vec<Value> = self.changes().iter().map(change).collect();
        applied::hash(&json!([
            self.name(),
            self.target().to_string(),
            self.to_string(),
            changes
        ]))
    }

    /// The strongest thing the step disturbs.
    pub fn effect(&self) -> Effect {
        match self {
            Self::UpgradeControlPlane { .. } => Effect::ControlPlaneRestart,
            Self::UpgradeCluster { .. } | Self::UpgradePool { .. } => Effect::RollingReplace,
            Self::StartCluster { .. } | Self::StopCluster { .. } => Effect::NodeRestart,
            // A failed operation may have left nodes half way: its repeat may touch every one of them.
            Self::ResumeCluster | Self::ResumePool { .. } => Effect::Unknown,
            Self::DeleteCluster | Self::DeletePool { .. } => Effect::NodeRestart,
            Self::LiftLock { .. } | Self::RestoreLock { .. } => Effect::InPlace,
            Self::CreateResourceGroup
            | Self::CreateCluster { .. }
            | Self::CreatePool { .. }
            | Self::AdoptCluster { .. }
            | Self::TagCluster { .. }
            | Self::UpdateCluster { .. }
            | Self::UpdatePool { .. } => self
                .changes()
                .iter()
                .map(|change| change.effect)
                .max()
                .unwrap_or(Effect::InPlace),
        }
    }

    /// What it disturbs, one sentence for people who read a plan.
    pub fn disturbs(&self) -> String {
        match self {
            Self::DeleteCluster => "the cluster, its pools and all that runs there are gone for good".to_owned(),
            Self::DeletePool { .. } => "its nodes are gone for good, and what runs there moves or stops".to_owned(),
            _ => {
                let sentence = self.effect().of(&self.target());
                let final_ones: Vec<String> = self
                    .changes()
                    .iter()
                    .filter(|change| change.one_way)
                    .map(|change| change.path.to_string())
                    .collect();
                match final_ones.as_slice() {
                    [] => sentence.to_owned(),
                    paths => format!("{sentence}; {NO_WAY_BACK} for {}", paths.join(", ")),
                }
            }
        }
    }
}

impl fmt::Display for Step {
    /// What the step does, for plans, events and progress.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateResourceGroup => write!(formatter, "create the resource group"),
            Self::CreateCluster { pools } => write!(formatter, "create the cluster with pools {}", pools.join(", ")),
            Self::AdoptCluster { .. } => write!(formatter, "put the ownership tag on the cluster"),
            Self::TagCluster { changes } => write!(formatter, "write {} of the cluster", listed(changes)),
            Self::UpdateCluster { changes } => write!(formatter, "update {}", listed(changes)),
            Self::UpgradeControlPlane { to, .. } => write!(formatter, "upgrade the control plane to {to}"),
            Self::UpgradeCluster { to, .. } => write!(formatter, "upgrade the control plane and all pools to {to}"),
            Self::StartCluster { .. } => write!(formatter, "start the cluster"),
            Self::StopCluster { .. } => write!(formatter, "stop the cluster"),
            Self::ResumeCluster => write!(formatter, "resume the operation that failed on the cluster"),
            Self::DeleteCluster => write!(formatter, "delete the cluster"),
            Self::CreatePool { pool, again: false } => write!(formatter, "create pool {pool}"),
            Self::CreatePool { pool, again: true } => write!(formatter, "create pool {pool} again"),
            Self::UpdatePool { pool, changes } => write!(formatter, "update {} of pool {pool}", listed(changes)),
            Self::UpgradePool { pool, to, .. } => write!(formatter, "upgrade pool {pool} to {to}"),
            Self::ResumePool { pool } => write!(formatter, "resume the operation that failed on pool {pool}"),
            Self::DeletePool { pool } => write!(formatter, "delete pool {pool}"),
            Self::LiftLock { lock } => write!(formatter, "lift {lock}"),
            Self::RestoreLock { lock } => write!(formatter, "put {lock} back"),
        }
    }
}

/// The paths of the first changes, and how many more there are.
fn listed(changes: &[Change]) -> String {
    const SHOWN: usize = 3;
    let mut text = changes
        .iter()
        .take(SHOWN)
        .map(|change| match change.source.list() {
            Some(list) => format!("{} ({list})", change.path),
            None => change.path.to_string(),
        })
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(more) = changes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
