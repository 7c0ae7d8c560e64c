//! Who may reach the API server and how they sign in.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;
use super::schema::{AuthorizedRange, Guid, ResourceId, field_speaks};

/// Access to the API server.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?enablePrivateCluster.orValue(false) || size(self.?authorizedIPRanges.orValue([])) == 0",
    "apiServerAccessProfile.authorizedIPRanges are for public clusters; remove them, or set enablePrivateCluster to false",
))]
#[x_kube(validation = (
    "!has(self.privateDNSZone) || self.?enablePrivateCluster.orValue(false)",
    "apiServerAccessProfile.privateDNSZone is for private clusters; set enablePrivateCluster to true, or remove the zone",
))]
#[x_kube(validation = (
    "self.?privateDNSZone.orValue('') != 'none' || self.?enablePrivateClusterPublicFQDN.orValue(true)",
    "a private cluster needs a DNS name; set enablePrivateClusterPublicFQDN to true, or privateDNSZone to system or a zone",
))]
#[x_kube(validation = (
    "!has(self.subnetId) || self.?enableVnetIntegration.orValue(false)",
    "apiServerAccessProfile.subnetId needs VNet integration; set enableVnetIntegration to true, or remove the subnet",
))]
#[x_kube(validation = (
    "!self.?enablePrivateClusterPublicFQDN.orValue(false) || self.?enablePrivateCluster.orValue(false)",
    "apiServerAccessProfile.enablePrivateClusterPublicFQDN is for private clusters; set enablePrivateCluster to true, or \
     remove it",
))]
#[serde(rename_all = "camelCase")]
pub struct ApiServerAccessProfile {
    /// IPv4 ranges or addresses that may reach a public API server, up to 200; empty means everyone. The one entry
    /// `0.0.0.0/32` lets only the nodes in. Changes in place within two minutes. Leaving out the nodes' own egress
    /// addresses cuts them off. Not for private clusters.
    #[serde(rename = "authorizedIPRanges", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<AuthorizedRange>>", length(max = 200))]
    #[x_kube(validation = (
        "!('0.0.0.0/32' in self) || size(self) == 1",
        "0.0.0.0/32 in authorizedIPRanges lets nobody but the nodes in and stands alone; remove it or the others",
    ))]
    // The ranges that az aks refuses in --api-server-authorized-ip-ranges: private, shared, loopback, link-local, multicast.
    #[x_kube(validation = (
        r"self.all(range, !range.matches(r'^(10|127|22[4-9]|2[345][0-9])\.|^172\.(1[6-9]|2[0-9]|3[01])\.|^192\.168\.|'
            + r'^169\.254\.|^100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.'))",
        "authorizedIPRanges are public addresses that come from outside; remove private, shared and local ranges, whose traffic \
         arrives with the address of a gateway",
    ))]
    pub authorized_ip_ranges: Option<Vec<String>>,
    /// Gives the API server a private address only. Fixed at creation, unless API server VNet integration is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_private_cluster: Option<bool>,
    /// Where a private cluster's name is kept: `system` (Azure's default), `none`, or the resource id of a private DNS
    /// zone, which needs a user-assigned identity. After creation only a change to `none`; it reimages all nodes.
    #[serde(rename = "privateDNSZone", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = (
        r"self in ['system', 'none'] || self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/'
            + r'Microsoft\.Network/privateDnsZones/([a-z0-9-]{1,32}\.)?(privatelink|private)\.[a-z0-9]+\.azmk8s\.io$')",
        "privateDNSZone is system, none, or the id of a zone named privatelink.REGION.azmk8s.io or private.REGION.azmk8s.io, \
             with one label of up to 32 characters before it at most; correct the value",
    ))]
    pub private_dns_zone: Option<String>,
    /// Adds a public DNS name for the private address. Changes in place.
    #[serde(rename = "enablePrivateClusterPublicFQDN", skip_serializing_if = "Option::is_none")]
    pub enable_private_cluster_public_fqdn: Option<bool>,
    /// Turns `az aks command invoke` off. Azure's default is false. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_run_command: Option<bool>,
    /// Puts the API server into a subnet of the cluster's network. Cannot be turned off; turning it on later reimages
    /// all nodes and needs a stop and start of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_vnet_integration: Option<bool>,
    /// Resource id of the API server's subnet, required with VNet integration in a network of one's own; at least a
    /// /28, delegated to AKS. Cannot be taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub subnet_id: Option<String>,
}

/// Public access to the API server.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PublicNetworkAccess {
    /// The public endpoint answers.
    Enabled,
    /// The public endpoint does not answer.
    Disabled,
}

/// Sign-in with Entra ID.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?enableAzureRBAC.orValue(false) || self.?managed.orValue(false)",
    "aadProfile.enableAzureRBAC needs the managed integration; set aadProfile.managed to true",
))]
#[x_kube(validation = (
    "!self.?managed.orValue(false) || !(has(self.clientAppID) || has(self.serverAppID) || has(self.serverAppSecret))",
    "aadProfile.clientAppID, serverAppID and serverAppSecret belong to the legacy integration; remove them, or set \
     aadProfile.managed to false",
))]
#[x_kube(validation = (
    "has(self.clientAppID) == has(self.serverAppID)",
    "aadProfile.clientAppID and serverAppID of the legacy integration go together; set both or neither",
))]
#[serde(rename_all = "camelCase")]
pub struct AadProfile {
    /// Uses the integration that AKS manages, the only one left. Cannot go back to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<bool>,
    /// Uses Azure role assignments for Kubernetes authorization. Azure's default is false. Changes in place; make the
    /// assignments first.
    #[serde(rename = "enableAzureRBAC", skip_serializing_if = "Option::is_none")]
    pub enable_azure_rbac: Option<bool>,
    /// Object ids of the Entra groups whose members administer the cluster. The list is replaced in place; once set it
    /// cannot be emptied.
    #[serde(rename = "adminGroupObjectIDs", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Guid>>", length(max = 100))]
    pub admin_group_object_ids: Option<Vec<String>>,
    /// Entra tenant that users sign in to, a GUID; default: the tenant of the subscription. Changes in place.
    #[serde(rename = "tenantID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub tenant_id: Option<String>,
    /// Client application of the legacy integration, which AKS no longer offers to new clusters. Cannot change; migrate
    /// with `managed: true`.
    #[serde(rename = "clientAppID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub client_app_id: Option<String>,
    /// Server application of the legacy integration; goes with `clientAppID`. Cannot change.
    #[serde(rename = "serverAppID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub server_app_id: Option<String>,
    /// Where the secret of the legacy server application is kept. Cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_app_secret: Option<SecretKeyRef>,
}

/// OpenID Connect issuer.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcIssuerProfile {
    /// Turns the issuer on; the API server restarts briefly. Cannot be turned off again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}
