//! Trusted access: roles of other Azure services inside the cluster.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::schema::TrustedRole;

/// What an Azure resource may do inside the cluster, without any way of its own through network and sign-in.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.roles.all(role, self.sourceResourceId.lowerAscii().contains('/providers/'
        + role.lowerAscii().substring(0, role.lastIndexOf('/') + 1)))",
    "roles are those of the resource type of sourceResourceId, such as \
     Microsoft.DataProtection/backupVaults/backup-operator for a backup vault; correct one of the two",
))]
pub struct TrustedAccessRoleBinding {
    /// Id of the resource that gets the roles, such as a machine learning workspace or a backup vault.
    #[schemars(length(max = 1024))]
    #[x_kube(validation = (
        r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/(resourceGroups/[^/?#%\s]+/)?providers(/[^/?#%\s]+){3,}$')",
        "sourceResourceId is the id of an Azure resource, /subscriptions/ID/resourceGroups/GROUP/providers/TYPE/NAME; \
         copy it from the resource's properties",
    ))]
    pub source_resource_id: String,
    /// Roles, `TYPE/ROLE`. `az aks trustedaccess role list --location REGION` has them. Change in place.
    #[schemars(with = "Vec<TrustedRole>", length(min = 1, max = 8), extend("x-kubernetes-list-type" = "set"))]
    pub roles: Vec<String>,
}
