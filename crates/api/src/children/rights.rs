//! Rights in Azure: role assignments for the cluster's identities, and registries that it pulls from.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{ResourceId, field_speaks};

/// An Azure role for one of the cluster's identities, or for anyone else.
///
/// Armature names the assignment after scope, principal and role. Where somebody else made the same one under another
/// name, that one serves and stays. An identity that is made anew gets an assignment anew, and the old one is deleted.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Who gets the role: `cluster` (the control plane's identity), `kubelet` (the nodes' identity), an add-on such as
    /// `azureKeyvaultSecretsProvider` or `webAppRouting`, `extensions/NAME` (the identity of an extension of this
    /// cluster), the resource id of a user-assigned identity, or an object id in Entra.
    #[schemars(length(max = 1024))]
    #[x_kube(validation = (
        r"self.matches(r'^([A-Za-z][A-Za-z0-9]*|extensions/[A-Za-z0-9-]+|'
            + r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|'
            + r'(?i:/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/?#%\s]+))$')",
        "principal is cluster, kubelet, the name of an add-on, extensions/NAME, the resource id of a user-assigned \
         identity, or an object id (a GUID); correct it",
    ))]
    pub principal: String,
    /// What the principal is: `ServicePrincipal` (default; managed identities are service principals), `User` or
    /// `Group`. It matters for an object id only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_type: Option<PrincipalType>,
    /// The role: Azure's name for it, such as `Network Contributor`, or the GUID or resource id of its definition.
    #[schemars(length(min = 1, max = 512))]
    #[x_kube(validation = (
        r"!self.startsWith('/')
            || self.matches(r'(?i)^(/[^/?#%\s]+)*/providers/Microsoft.Authorization/roleDefinitions/[0-9a-f-]{36}$')",
        "role is the name of a role, the GUID of its definition, or the definition's resource id, which ends in \
         /providers/Microsoft.Authorization/roleDefinitions/GUID; correct it",
    ))]
    pub role: String,
    /// Where it counts: `cluster`, `namespace/NAME` (a namespace in the cluster, for the roles of Azure RBAC for
    /// Kubernetes), `nodeResourceGroup`, or the id of a subscription, resource group or resource. A role for `cluster`
    /// outside the cluster is granted before the cluster is made, when the cluster has a user-assigned identity.
    #[schemars(length(max = 1024))]
    #[x_kube(validation = (
        r"self.matches(r'^(cluster|nodeResourceGroup|namespace/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|(?i:/subscriptions(/[^/?#%\s]+)+))$')",
        "scope is cluster, namespace/NAME, nodeResourceGroup, or the id of a subscription, resource group or resource; \
         correct it",
    ))]
    pub scope: String,
    /// Condition that narrows what the role allows, in Azure's language for attribute-based access control, version 2.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8192))]
    pub condition: Option<String>,
    /// Why the principal has the role, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,
}

/// What a principal is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PrincipalType {
    /// An application or a managed identity.
    #[default]
    ServicePrincipal,
    /// A person.
    User,
    /// A group. What it holds can take a day to count for a managed identity in it.
    Group,
}

/// A registry that the nodes pull images from. The kubelet identity gets `AcrPull` on it, or `Container Registry
/// Repository Reader` where the registry decides by repository.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachedRegistry {
    /// Resource id of the Azure Container Registry.
    #[schemars(with = "ResourceId")]
    #[x_kube(validation = (
        "self.matches('(?i)/providers/Microsoft.ContainerRegistry/registries/[a-z0-9]+$')",
        "registryId is the resource id of an Azure Container Registry; copy it from the registry's properties",
    ))]
    pub registry_id: String,
}
