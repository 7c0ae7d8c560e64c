//! Identity bindings: managed identities for pods without a federated credential per service account.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::schema::UserAssignedIdentityId;

/// Lets pods of the cluster use a managed identity, by RBAC inside the cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityBinding {
    /// Id of the user-assigned identity. Fixed: another identity takes an entry of another name.
    #[schemars(with = "UserAssignedIdentityId")]
    #[x_kube(validation = (
        "self.lowerAscii() == oldSelf.lowerAscii()",
        "identityId of an identity binding is fixed; remove the entry and add one of another name",
    ))]
    pub identity_id: String,
}
