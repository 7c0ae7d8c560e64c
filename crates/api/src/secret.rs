//! Values that ARM takes and never gives back: they stand in the manifest as references to Secrets.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The fields of a cluster that ARM never returns, as dotted paths in its body. In the manifest each holds a
/// [`SecretKeyRef`] under ARM's own name.
pub const CLUSTER_SECRETS: &[&str] = &[
    "properties.windowsProfile.adminPassword",
    "properties.servicePrincipalProfile.secret",
    "properties.aadProfile.serverAppSecret",
];

/// One value in a Secret, in the namespace of the object that refers to it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret, 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = (
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "name is the name of a Secret: small letters, digits, - and ., a letter or digit at both ends; correct it",
    ))]
    pub name: String,
    /// Key in its data, 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = (
        "self.matches('^[A-Za-z0-9._-]+$')",
        "key is a key of the Secret's data: letters, digits, -, _ and . only; correct it",
    ))]
    pub key: String,
}
