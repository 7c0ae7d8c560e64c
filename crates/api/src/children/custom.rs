//! Children of any type.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::overrides::ApiVersion;
use crate::schema::ResourceType;

/// A child or extension resource of a type that has no field of its own. Its name in Azure is that of the entry.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.type.lowerAscii().startsWith('microsoft.containerservice/managedclusters/')
        ? self.type.split('/').size() == 3
        : self.type.split('/').size() == 2 && !self.type.lowerAscii().startsWith('microsoft.containerservice/')",
    "type is Microsoft.ContainerService/managedClusters/TYPE or an extension NAMESPACE/TYPE such as \
     Microsoft.Chaos/targets; correct it",
))]
pub struct CustomChild {
    /// Its type. The `AzureIdentity` of the cluster has to list it in `allowedTypes`.
    #[serde(rename = "type")]
    #[schemars(with = "ResourceType")]
    pub type_: String,
    /// API version it is managed with.
    #[schemars(with = "ApiVersion")]
    pub api_version: String,
    /// Body as ARM takes it, without id, name and type, at most 32 KiB. What ARM shows beside it is not compared. Secrets
    /// have no place in it.
    #[schemars(extend("type" = "object", "x-kubernetes-preserve-unknown-fields" = true))]
    pub body: Value,
}
