//! The identities a cluster itself uses in Azure.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;
use super::schema::{Guid, ResourceId, field_speaks};

/// Managed identity of the control plane.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "(self.type == 'UserAssigned') == has(self.userAssignedIdentityId)",
    "identity.userAssignedIdentityId goes with identity.type UserAssigned and with no other; set both or neither",
))]
#[serde(rename_all = "camelCase")]
pub struct ManagedIdentity {
    /// `SystemAssigned` or `UserAssigned`. Both ways in place; Azure may use the former identity for some hours.
    #[serde(rename = "type")]
    pub type_: ManagedIdentityType,
    /// Resource id of the identity, required with `UserAssigned`. Stands for ARM's map `userAssignedIdentities`, whose
    /// one key it becomes. Grant its roles before a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub user_assigned_identity_id: Option<String>,
}

/// Kind of managed identity. ARM's `None` stands for a service principal, for which `identity` is left out.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ManagedIdentityType {
    /// Azure makes the identity and deletes it with the cluster.
    SystemAssigned,
    /// An identity that exists already.
    UserAssigned,
}

/// A service principal in the place of a managed identity.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipalProfile {
    /// Client id (application id) of the service principal. A change reimages all nodes; Windows pools have to be made
    /// anew.
    #[schemars(with = "Guid")]
    pub client_id: String,
    /// Where its client secret is kept; Azure wants it at creation. A change reimages all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretKeyRef>,
}

/// A user-assigned identity of a cluster part.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAssignedIdentity {
    /// Azure resource id of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub resource_id: Option<String>,
    /// Client id (application id) of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub client_id: Option<String>,
    /// Object id of the identity in Entra.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub object_id: Option<String>,
}
