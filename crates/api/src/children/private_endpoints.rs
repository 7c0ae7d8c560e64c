//! Private endpoint connections: who of those that ask may reach a private API server.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::field_speaks;

/// A decision about private endpoints that want to reach the API server.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateEndpointRule {
    /// Resource id of the private endpoint; `*` stands for any part of one segment, as in
    /// `/subscriptions/*/resourceGroups/hub-*/providers/Microsoft.Network/privateEndpoints/*`.
    #[schemars(length(max = 512))]
    #[x_kube(validation = (
        r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.Network/privateEndpoints/[^/?#%\s]+$')",
        "privateEndpointId is /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Network/privateEndpoints/NAME, \
         where * may stand for any part of ID, GROUP and NAME; correct it",
    ))]
    pub private_endpoint_id: String,
    /// The decision. Where several entries name one endpoint, `Rejected` goes first.
    pub status: PrivateEndpointDecision,
    /// Text that the owner of the endpoint sees; default: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
}

/// A decision about a private endpoint.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PrivateEndpointDecision {
    /// It may reach the API server.
    Approved,
    /// It may not.
    Rejected,
}
