//! Workload identity: which service accounts of the cluster may sign in as a user-assigned identity.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::schema::ResourceId;

/// Lets a service account of the cluster sign in to Azure as a user-assigned identity. The cluster's issuer and the
/// audience `api://AzureADTokenExchange` are filled in; `oidcIssuerProfile.enabled` has to be true.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FederatedCredential {
    /// Resource id of the user-assigned identity. It can hold 20 credentials.
    #[schemars(with = "ResourceId")]
    #[x_kube(validation = (
        r"self.matches(r'(?i)/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/?#%\s]+$')",
        "identityId is the resource id of a user-assigned identity; copy it from the identity's properties",
    ))]
    pub identity_id: String,
    /// Namespace of the service account in the cluster.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = (
        "!format.dns1123Label().validate(self).hasValue()",
        "namespace is the name of a namespace: up to 63 lower-case letters, digits and hyphens; correct it",
    ))]
    pub namespace: String,
    /// Name of the service account. Azure takes any and refuses tokens of others only when they are used.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = (
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "serviceAccount is the name of a service account: lower-case letters, digits, hyphens and dots; correct it",
    ))]
    pub service_account: String,
    /// Name of the credential below the identity, 3 to 120 letters, digits, hyphens and underscores; default: made from
    /// the cluster and the name of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 120))]
    #[x_kube(validation = (
        "self.matches('^[a-zA-Z0-9][a-zA-Z0-9_-]*$')",
        "name has 3 to 120 letters, digits, hyphens and underscores, a letter or digit first; correct it",
    ))]
    pub name: Option<String>,
}
