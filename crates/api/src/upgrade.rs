//! Upgrades that AKS starts by itself, and the checks it makes when one starts.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::field_speaks;

/// Upgrades that AKS starts by itself.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "self.?upgradeChannel.orValue('') != 'node-image'
        || self.?nodeOSUpgradeChannel.orValue('NodeImage') == 'NodeImage'",
    "autoUpgradeProfile.upgradeChannel node-image sets nodeOSUpgradeChannel to NodeImage; set it so, or leave it out",
))]
#[serde(rename_all = "camelCase")]
pub struct AutoUpgradeProfile {
    /// Kubernetes upgrades: `none` (Azure's default), `patch`, `stable`, `rapid` or `node-image`. Takes effect within a
    /// day; to turn it off write `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_channel: Option<UpgradeChannel>,
    /// Upgrades of the node operating system: `NodeImage` (Azure's default), `SecurityPatch`, `Unmanaged` or `None`. To
    /// or from `Unmanaged` reimages all nodes.
    #[serde(rename = "nodeOSUpgradeChannel", skip_serializing_if = "Option::is_none")]
    pub node_os_upgrade_channel: Option<NodeOsUpgradeChannel>,
}

/// Channel of Kubernetes upgrades.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = field_speaks)]
pub enum UpgradeChannel {
    /// The newest version of the newest supported minor.
    Rapid,
    /// The newest patch of the minor before the newest.
    Stable,
    /// The newest patch of the minor the cluster has.
    Patch,
    /// Node images only.
    NodeImage,
    /// None.
    None,
}

/// Channel of node operating system upgrades.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NodeOsUpgradeChannel {
    /// Nodes stay as they are.
    None,
    /// The distribution's own nightly updates; AKS does not watch over them.
    Unmanaged,
    /// A new node image each week.
    NodeImage,
    /// Security patches that AKS has tested, mostly without a new image.
    SecurityPatch,
}

/// Settings for upgrades of the whole cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterUpgradeSettings {
    /// Overrides for the checks at the start of an upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_settings: Option<UpgradeOverrideSettings>,
}

/// Overrides for the checks at the start of an upgrade.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?forceUpgrade.orValue(false) || has(self.until)",
    "upgradeSettings.overrideSettings.forceUpgrade has no effect without an end; set until",
))]
#[serde(rename_all = "camelCase")]
pub struct UpgradeOverrideSettings {
    /// Skips checks such as use of removed APIs. Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_upgrade: Option<bool>,
    /// Until when the override holds, RFC 3339 in UTC; required for it to take effect. Looked at only when an upgrade
    /// starts. Cannot be taken away once set, only moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("format" = "date-time"))]
    pub until: Option<String>,
}
