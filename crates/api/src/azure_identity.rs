//! `AzureIdentity`: how to sign in to Azure, and who may use it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::AzureIdentityStatus;
use super::schema::{DataKey, GroupName, Guid, NamespaceName, ObjectName, ResourceType};

/// How to sign in to Azure, and who may use it. Exactly one of the three ways is set.
#[allow(clippy::duplicated_attributes, reason = "each print column has its own type")]
#[derive(CustomResource, Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[kube(
    group = "aks.armature.dev",
    version = "v1alpha1",
    kind = "AzureIdentity",
    plural = "azureidentities",
    shortname = "azid",
    category = "armature",
    status = "AzureIdentityStatus",
    derive = "PartialEq",
    doc = "A way to sign in to Azure and the namespaces, subscriptions and resource groups that may use it.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        priority = 1
    )
)]
#[x_kube(validation = (
    "[has(self.workloadIdentity), has(self.managedIdentity), has(self.servicePrincipal)]
        .filter(given, given).size() == 1",
    "set exactly one of workloadIdentity, managedIdentity and servicePrincipal",
))]
#[serde(rename_all = "camelCase")]
pub struct AzureIdentitySpec {
    /// A federated credential for the operator's service account. No secret is stored anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_identity: Option<WorkloadIdentitySource>,
    /// A managed identity of the machine the operator runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_identity: Option<ManagedIdentitySource>,
    /// An application with a client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal: Option<ServicePrincipalSource>,
    /// Namespaces whose objects may use this identity. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
    /// Subscriptions this identity may be used for, at least one, each a GUID in lower case.
    #[schemars(with = "Vec<Guid>", length(min = 1, max = 256))]
    pub subscriptions: Vec<String>,
    /// Resource groups of these subscriptions that this identity may be used for, by name: those of clusters, and those
    /// of what hangs on them elsewhere, such as registries. The groups that AKS makes for nodes belong to their clusters.
    /// Absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<GroupName>>", length(min = 1, max = 256))]
    pub resource_groups: Option<Vec<String>>,
    /// Whether clusters may use preview api-versions (`armApiVersion`) with this identity. Default: false, for previews come
    /// without support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_preview: Option<bool>,
    /// Types of resources that the `children` of clusters may have with this identity, each as in ARM, such as
    /// `Microsoft.Chaos/targets`. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ResourceType>>", length(max = 64))]
    pub allowed_types: Option<Vec<String>>,
}

/// A federated credential for the operator's service account.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadIdentitySource {
    /// Client id of the application or user-assigned identity that trusts the service account.
    #[schemars(with = "Guid")]
    pub client_id: String,
    /// Entra tenant of that identity.
    #[schemars(with = "Guid")]
    pub tenant_id: String,
}

/// A managed identity of the machine the operator runs on.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedIdentitySource {
    /// Client id of a user-assigned identity; default: the machine's system-assigned one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub client_id: Option<String>,
}

/// An application with a client secret.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipalSource {
    /// Client id (application id).
    #[schemars(with = "Guid")]
    pub client_id: String,
    /// Entra tenant of the application.
    #[schemars(with = "Guid")]
    pub tenant_id: String,
    /// Where the client secret is kept.
    pub secret_ref: SecretRef,
}

/// A key of a Secret in the operator's own namespace.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// Name of the Secret.
    #[schemars(with = "ObjectName")]
    pub name: String,
    /// Key in the Secret.
    #[serde(default = "default_secret_key")]
    #[schemars(with = "DataKey")]
    pub key: String,
}

fn default_secret_key() -> String {
    "clientSecret".to_owned()
}

/// Namespaces whose objects may use an identity: any that one of the three ways names.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllowedNamespaces {
    /// Every namespace. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// These namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<NamespaceName>>", length(max = 1024))]
    pub names: Option<Vec<String>>,
    /// Namespaces with these labels. An empty selector picks every namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}
