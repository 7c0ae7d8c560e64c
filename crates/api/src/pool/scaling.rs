//! How a pool's machines come, go and are replaced.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{NodeAmount, field_speaks};

/// What a pool is for.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PoolMode {
    /// Runs AKS' own pods; a cluster always has one.
    System,
    /// Runs only the user's pods.
    User,
    /// Routes static egress.
    Gateway,
}

/// What scale-down does with machines.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ScaleDownMode {
    /// Machines are deleted.
    Delete,
    /// Machines are kept deallocated, with their disks, for a faster scale-up.
    Deallocate,
}

/// Price class of the machines.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ScaleSetPriority {
    /// Spare capacity that Azure may take back at any time.
    Spot,
    /// Ordinary machines.
    Regular,
}

/// What an evicted spot machine becomes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ScaleSetEvictionPolicy {
    /// It is deleted.
    Delete,
    /// It is kept deallocated and counts against the quota.
    Deallocate,
}

/// How nodes are replaced during upgrades. All change in place.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!(self.?maxSurge.orValue('1') in ['0', '0%']) || !(self.?maxUnavailable.orValue('0') in ['0', '0%'])",
    "upgradeSettings.maxSurge 0 needs nodes that may be missing instead; raise maxSurge or maxUnavailable",
))]
#[serde(rename_all = "camelCase")]
pub struct PoolUpgradeSettings {
    /// Extra nodes during an upgrade, a number (`"2"`) or a percentage (`"33%"`, rounded up); Azure's default is
    /// `10%`. Not on spot pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeAmount>")]
    pub max_surge: Option<String>,
    /// Nodes that may be missing during an upgrade, a number or a percentage; Azure's default is `0`. Only on user
    /// pools that are not spot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeAmount>")]
    pub max_unavailable: Option<String>,
    /// Minutes a node may take to drain, 1 to 1440; Azure's default is 30. Cannot be unset once set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1440))]
    pub drain_timeout_in_minutes: Option<i32>,
    /// Minutes to wait after a node before the next, 0 to 30; Azure's default is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 30))]
    pub node_soak_duration_in_minutes: Option<i32>,
    /// What a node that cannot be drained becomes: `Schedule` (Azure's default) fails the upgrade, `Cordon` sets the
    /// node aside and goes on. Cannot be unset once set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undrainable_node_behavior: Option<UndrainableNodeBehavior>,
}

/// What a node that cannot be drained becomes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum UndrainableNodeBehavior {
    /// It is set aside, cordoned and labeled, and the upgrade goes on.
    Cordon,
    /// It stays schedulable and the upgrade fails.
    Schedule,
}
