//! Cluster extensions: software that Azure installs in the cluster and keeps up to date.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SecretKeyRef;
use crate::schema::{Guid, ResourceId, field_speaks};

/// An extension of the cluster, such as `microsoft.flux`, `microsoft.dapr` or `Microsoft.DataProtection.Kubernetes`. Its
/// nodes have to run while it is installed, changed or removed.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!(has(self.version) && self.?autoUpgradeMinorVersion.orValue(false))",
    "version pins the extension, and autoUpgradeMinorVersion would move it; remove one of them",
))]
pub struct ClusterExtension {
    /// Type of the extension; `az k8s-extension extension-types list` has them. Fixed: for another type make another
    /// entry.
    #[schemars(length(max = 128))]
    #[x_kube(validation = (
        "self.matches('^[A-Za-z0-9]+([.-][A-Za-z0-9]+)+$')",
        "extensionType is a name such as microsoft.flux; az k8s-extension extension-types list has them",
    ))]
    #[x_kube(validation = (
        "self.lowerAscii() == oldSelf.lowerAscii()",
        "extensionType of an extension is fixed; put the old one back, or remove the entry and add one of another name",
    ))]
    pub extension_type: String,
    /// Version to stay on, such as `1.18.2`; default: the newest of the release train.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub version: Option<String>,
    /// Release train to follow; Azure's default is `Stable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub release_train: Option<String>,
    /// Whether Azure installs new minor versions by itself. Default: true without `version`, false with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_upgrade_minor_version: Option<bool>,
    /// How far Azure upgrades by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_upgrade_mode: Option<AutoUpgradeMode>,
    /// Where it is installed; default: what the extension says of itself. Fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ExtensionScope>,
    /// Settings by the names that the extension gives them. Values are texts: put quotes around `true` and numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 64), inner(length(max = 8192)))]
    pub configuration_settings: Option<BTreeMap<String, String>>,
    /// Secret settings by the names that the extension gives them, each a key of a Secret in this namespace. Azure never
    /// shows them; Armature sends them again when the Secret changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    pub configuration_protected_settings: Option<BTreeMap<String, SecretKeyRef>>,
    /// Marketplace plan of an extension that is sold there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<ExtensionPlan>,
    /// Identity that Azure makes for the extension's resource, for extension types that want one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<ExtensionIdentity>,
    /// Identity that the extension uses in the cluster; default: one that AKS makes, told in the output `principalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aks_assigned_identity: Option<AksAssignedIdentity>,
}

/// How far Azure upgrades an extension by itself.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
#[serde(rename_all = "camelCase")]
pub enum AutoUpgradeMode {
    /// Not at all.
    None,
    /// To patches.
    Patch,
    /// To versions that are compatible.
    Compatible,
}

/// Where an extension is installed.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.cluster) != has(self.namespace)",
    "the scope of an extension is either cluster or namespace; keep one of them",
))]
pub struct ExtensionScope {
    /// Once for the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ExtensionClusterScope>,
    /// For one namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<ExtensionNamespaceScope>,
}

/// An extension for the whole cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionClusterScope {
    /// Namespace that it is installed in; it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub release_namespace: Option<String>,
}

/// An extension for one namespace.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionNamespaceScope {
    /// The namespace; it is created.
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: String,
}

/// A Marketplace plan. Its terms have to be accepted in the subscription.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionPlan {
    /// Name of the plan.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Who publishes it.
    #[schemars(length(min = 1, max = 128))]
    pub publisher: String,
    /// The product that it is a plan of.
    #[schemars(length(min = 1, max = 128))]
    pub product: String,
    /// Promotion code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub promotion_code: Option<String>,
    /// Version of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub version: Option<String>,
}

/// Identity of the extension's resource.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionIdentity {
    /// `SystemAssigned`, the only kind.
    #[serde(rename = "type")]
    pub type_: ExtensionIdentityType,
}

/// Kind of identity of the extension's resource.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ExtensionIdentityType {
    /// Made and deleted with the extension.
    SystemAssigned,
}

/// Identity that an extension uses in the cluster.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.type != 'UserAssigned' || has(self.resourceId)",
    "aksAssignedIdentity of type UserAssigned needs its resourceId; add it",
))]
pub struct AksAssignedIdentity {
    /// `SystemAssigned`, `UserAssigned` or `Workload`.
    #[serde(rename = "type")]
    pub type_: AksAssignedIdentityType,
    /// Resource id of a user-assigned identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub resource_id: Option<String>,
    /// Its client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub client_id: Option<String>,
    /// Its object id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub object_id: Option<String>,
}

/// Kind of identity that an extension uses in the cluster.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum AksAssignedIdentityType {
    /// AKS makes it.
    SystemAssigned,
    /// One that exists.
    UserAssigned,
    /// Workload identity.
    Workload,
}
