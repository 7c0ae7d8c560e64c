//! Nodes that AKS makes by itself, where nodes get their software from, and the scheduler.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ResourceId, SubnetId, field_speaks};

/// Node auto-provisioning (Karpenter).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeProvisioningProfile {
    /// `Auto` lets AKS make nodes to fit pods that wait, `Manual` (Azure's default) leaves nodes to pools. To `Auto` any
    /// time; back only when no node of that kind is left and all its limits are zero, otherwise Azure refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<NodeProvisioningMode>,
    /// `Auto` (Azure's default) makes a first set of `NodePool` objects, `None` does not; matters with mode `Auto`.
    /// From `Auto` to `None` deletes them and drains their nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_node_pools: Option<DefaultNodePools>,
}

/// Who makes nodes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NodeProvisioningMode {
    /// Pools alone.
    Manual,
    /// AKS, beside the pools.
    Auto,
}

/// First set of `NodePool` objects.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum DefaultNodePools {
    /// None: write your own.
    None,
    /// AKS' own set.
    Auto,
}

/// Where nodes get the images and packages of AKS from.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!has(self.containerRegistryId) || self.?artifactSource.orValue('Direct') == 'Cache'",
    "bootstrapProfile.containerRegistryId is the registry that caches for the nodes; set artifactSource to Cache, or remove it",
))]
#[serde(rename_all = "camelCase")]
pub struct BootstrapProfile {
    /// `Direct` (Azure's default) from Microsoft's registry, `Cache` from a registry that caches it, as clusters without
    /// egress need. Below Kubernetes 1.37 nodes follow when you reimage them, from 1.37 on all are reimaged at once; keep
    /// the old way out open until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_source: Option<ArtifactSource>,
    /// Resource id of the registry with `Cache`: premium, private, zone-redundant; default: one that AKS makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub container_registry_id: Option<String>,
}

/// Source of the nodes' software.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ArtifactSource {
    /// A container registry that caches.
    Cache,
    /// Microsoft's registry.
    Direct,
}

/// System components that AKS runs on nodes of its own; for `sku.name: Automatic`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "has(self.systemNodeSubnetID) == has(self.nodeSubnetID)",
    "hostedSystemProfile.systemNodeSubnetID and nodeSubnetID go together; set both, or leave both to AKS",
))]
#[x_kube(validation = (
    "!has(self.nodeSubnetID) || self.?enabled.orValue(false)",
    "the subnets of hostedSystemProfile are for hosted system components; set hostedSystemProfile.enabled to true, or remove \
     them",
))]
#[serde(rename_all = "camelCase")]
pub struct HostedSystemProfile {
    /// Runs system components on nodes that AKS hosts. Fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Resource id of the subnet of those nodes; default: a /26 that AKS makes. Goes with `nodeSubnetID` and
    /// `apiServerAccessProfile.subnetId`, all in one virtual network. Fixed at creation.
    #[serde(rename = "systemNodeSubnetID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SubnetId>")]
    pub system_node_subnet_id: Option<String>,
    /// Resource id of the subnet of the nodes that run your pods; default: a /16 that AKS makes. Goes with
    /// `systemNodeSubnetID`. Fixed at creation.
    #[serde(rename = "nodeSubnetID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SubnetId>")]
    pub node_subnet_id: Option<String>,
}

/// Schedulers that AKS runs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulerProfile {
    /// The Kubernetes scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<SchedulerInstance>,
}

/// One scheduler.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulerInstance {
    /// `Default` (Azure's default) for AKS' settings, `ManagedByCRD` for those in a `SchedulerConfiguration` object of the
    /// cluster, which has to be deleted before going back. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_config_mode: Option<SchedulerConfigMode>,
}

/// Who configures a scheduler.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum SchedulerConfigMode {
    /// AKS.
    Default,
    /// An object in the cluster.
    #[serde(rename = "ManagedByCRD")]
    ManagedByCrd,
}
