//! Managed namespaces: Kubernetes namespaces as Azure resources.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{NamespaceLabels, Quantity, field_speaks};

/// A Kubernetes namespace that AKS makes and keeps, with quota and network policy; roles can be given on it in Azure.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedNamespace {
    /// Labels of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NamespaceLabels>")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32), inner(length(max = 4096)))]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Resource quota `defaultresourcequota` that AKS keeps in the namespace; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_resource_quota: Option<NamespaceQuota>,
    /// Network policy `defaultnetworkpolicy` that AKS keeps in the namespace; needs a network policy engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_network_policy: Option<NamespaceNetworkPolicy>,
    /// What happens when the namespace is in the cluster already; Azure's default is `Never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<NamespaceAdoption>,
    /// What becomes of the namespace in the cluster when this entry goes; Azure's default is `Keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_policy: Option<NamespaceDeletion>,
    /// Azure tags of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 48), inner(length(max = 256)))]
    pub tags: Option<BTreeMap<String, String>>,
}

/// Sums over all pods of the namespace.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!(has(self.cpuRequest) && has(self.cpuLimit) && isQuantity(self.cpuRequest) && isQuantity(self.cpuLimit))
        || !quantity(self.cpuRequest).isGreaterThan(quantity(self.cpuLimit))",
    "cpuRequest is at most cpuLimit; raise the limit or lower the request",
))]
#[x_kube(validation = (
    "!(has(self.memoryRequest) && has(self.memoryLimit) && isQuantity(self.memoryRequest) && isQuantity(self.memoryLimit))
        || !quantity(self.memoryRequest).isGreaterThan(quantity(self.memoryLimit))",
    "memoryRequest is at most memoryLimit; raise the limit or lower the request",
))]
pub struct NamespaceQuota {
    /// CPU that pods may request, such as `500m` or `4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Quantity>")]
    pub cpu_request: Option<String>,
    /// CPU that pods may have as limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Quantity>")]
    pub cpu_limit: Option<String>,
    /// Memory that pods may request, such as `8Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Quantity>")]
    pub memory_request: Option<String>,
    /// Memory that pods may have as limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Quantity>")]
    pub memory_limit: Option<String>,
}

/// What traffic the namespace lets through.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceNetworkPolicy {
    /// Into its pods; Azure's default is `AllowSameNamespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<NamespaceTraffic>,
    /// Out of its pods; Azure's default is `AllowAll`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<NamespaceTraffic>,
}

/// Traffic that is let through.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NamespaceTraffic {
    /// None.
    DenyAll,
    /// All.
    AllowAll,
    /// That of its own pods.
    AllowSameNamespace,
}

/// What happens when a namespace is in the cluster already.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NamespaceAdoption {
    /// The entry fails.
    Never,
    /// It is taken over if it is as the entry says, else the entry fails.
    IfIdentical,
    /// It is taken over and changed to what the entry says.
    Always,
}

/// What becomes of a namespace in the cluster.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NamespaceDeletion {
    /// It stays and is nobody's.
    Keep,
    /// It is deleted with everything in it.
    Delete,
}
