//! What kind of cluster is bought, for how long it is supported, and whether it runs.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::field_speaks;

/// Kind and price tier of a cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "self.?name.orValue('') != 'Automatic' || self.?tier.orValue('Standard') == 'Standard'",
    "sku.name Automatic has the tier Standard only; set sku.tier to Standard, or leave it out",
))]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    /// `Base`, or `Automatic` for a cluster whose nodes and add-ons AKS runs. `Base` cannot become `Automatic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<SkuName>,
    /// `Free` (Azure's default), `Standard` with an uptime SLA, or `Premium` with long-term support. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<SkuTier>,
}

/// Kind of cluster.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum SkuName {
    /// An ordinary cluster with pools of one's own.
    Base,
    /// AKS Automatic.
    Automatic,
}

/// Price tier.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum SkuTier {
    /// Without an uptime SLA.
    Free,
    /// With an uptime SLA.
    Standard,
    /// With an uptime SLA and long-term support.
    Premium,
}

/// How long the Kubernetes version is supported.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum SupportPlan {
    /// For as long as the community supports the version.
    KubernetesOfficial,
    /// Two years; needs `sku.tier: Premium`.
    #[serde(rename = "AKSLongTermSupport")]
    AksLongTermSupport,
}

/// Whether a cluster or pool runs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PowerState {
    /// `Running` or `Stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<PowerStateCode>,
}

/// `Running` or `Stopped`.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PowerStateCode {
    /// Machines are allocated.
    Running,
    /// Machines are deallocated; Azure keeps the state.
    Stopped,
}
