//! The cluster network: plugin, policy, data plane and address ranges. Egress is in `outbound`.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{Cidr, Ipv4Cidr};
use super::{LoadBalancerProfile, LoadBalancerSku, NatGatewayProfile, OutboundType};

/// The cluster network.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkProfile {
    /// `azure`, `kubenet` or `none` (bring your own). After creation only `kubenet` to `azure` together with
    /// `networkPluginMode: overlay`; that reimages all nodes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_plugin: Option<NetworkPlugin>,
    /// `overlay` gives pods addresses outside the virtual network. Can be turned on later, which reimages all nodes;
    /// never off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_plugin_mode: Option<NetworkPluginMode>,
    /// Engine that enforces Kubernetes network policies. Changes reimage all nodes; from `cilium` there is no way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_policy: Option<NetworkPolicy>,
    /// Only for `networkPlugin: azure`. Fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<NetworkMode>,
    /// `azure` (Azure's default) or `cilium`. Can go to `cilium` later, which reimages all nodes; not back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_dataplane: Option<NetworkDataplane>,
    /// Advanced Container Networking Services: flow logs, metrics, FQDN and L7 policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advanced_networking: Option<AdvancedNetworking>,
    /// IPv4 range of the pods with `kubenet` or overlay; Azure's default is `10.244.0.0/16`. After creation it can only
    /// be widened, on overlay clusters with Linux pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4Cidr>")]
    pub pod_cidr: Option<String>,
    /// Ranges of the pods, one per address family: IPv4 first, then IPv6. Excludes `podCidr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Cidr>>", length(min = 1, max = 2))]
    pub pod_cidrs: Option<Vec<String>>,
    /// IPv4 range of the services; Azure's default is `10.0.0.0/16`. Prefix /12 to /28, no overlap with any network the
    /// cluster talks to. Fixed at creation; goes together with `dnsServiceIP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4Cidr>")]
    pub service_cidr: Option<String>,
    /// Ranges of the services, one per address family: IPv4 first, then IPv6. Fixed at creation. Excludes
    /// `serviceCidr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Cidr>>", length(min = 1, max = 2))]
    pub service_cidrs: Option<Vec<String>>,
    /// Address of cluster DNS, inside `serviceCidr` but not its first; Azure's default is `10.0.0.10`. Fixed at
    /// creation.
    #[serde(rename = "dnsServiceIP", skip_serializing_if = "Option::is_none")]
    pub dns_service_ip: Option<String>,
    /// Address families: `[IPv4]` (Azure's default) or `[IPv4, IPv6]`. Going to both later reimages all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2))]
    pub ip_families: Option<Vec<IpFamily>>,
    /// How traffic leaves the cluster; Azure's default is `loadBalancer`. Changes give the nodes other egress addresses
    /// and drop connections; not every way between two types exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_type: Option<OutboundType>,
    /// `standard` (Azure's default) or `basic`. Can go to `standard` with downtime; never back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer_sku: Option<LoadBalancerSku>,
    /// Egress addresses and ports of the cluster's load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer_profile: Option<Box<LoadBalancerProfile>>,
    /// Egress addresses of the NAT gateway that AKS makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nat_gateway_profile: Option<Box<NatGatewayProfile>>,
}

/// Network plugin.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkPlugin {
    /// Azure CNI.
    Azure,
    /// Kubenet, which Azure retires on 31 March 2028.
    Kubenet,
    /// No plugin: install one yourself.
    None,
}

/// Mode of the network plugin.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkPluginMode {
    /// Pod addresses come from `podCidr`, not from the virtual network.
    Overlay,
}

/// Network policy engine.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkPolicy {
    /// Policies are not enforced.
    None,
    /// Calico.
    Calico,
    /// Azure network policy manager.
    Azure,
    /// Cilium; needs `networkDataplane: cilium`.
    Cilium,
}

/// Mode of Azure CNI.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkMode {
    /// No bridge; pods are routed in layer 3.
    Transparent,
    /// The old way with a bridge.
    Bridge,
}

/// Network data plane.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkDataplane {
    /// The plugin's own.
    Azure,
    /// Cilium.
    Cilium,
}

/// IP address family.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum IpFamily {
    /// IP version 4.
    #[serde(rename = "IPv4")]
    Ipv4,
    /// IP version 6.
    #[serde(rename = "IPv6")]
    Ipv6,
}

/// Advanced Container Networking Services.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvancedNetworking {
    /// Turns the suite on. Azure's default is false. Turning it off blocks traffic that FQDN or L7 policies match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Network metrics and flow logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observability: Option<AdvancedNetworkingObservability>,
    /// FQDN and L7 policies, encryption between nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<AdvancedNetworkingSecurity>,
    /// Faster paths through the data plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance: Option<AdvancedNetworkingPerformance>,
}

/// Network metrics and flow logs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvancedNetworkingObservability {
    /// Turns them on. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Policies and encryption of the data plane.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvancedNetworkingSecurity {
    /// Turns them on; needs `networkDataplane: cilium`. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Policies beyond layer 4: `FQDN`, `L7` (which includes FQDN) or `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advanced_network_policies: Option<AdvancedNetworkPolicies>,
    /// Encryption of pod traffic between nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_encryption: Option<TransitEncryption>,
}

/// Policies beyond layer 4.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum AdvancedNetworkPolicies {
    /// HTTP, gRPC and Kafka rules, and FQDN rules.
    L7,
    /// Rules on DNS names.
    #[serde(rename = "FQDN")]
    Fqdn,
    /// Neither.
    None,
}

/// Encryption of pod traffic between nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransitEncryption {
    /// `WireGuard` or `None` (Azure's default). A change restarts the Cilium agents of all nodes.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<TransitEncryptionType>,
}

/// Kind of encryption between nodes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum TransitEncryptionType {
    /// WireGuard tunnels.
    WireGuard,
    /// No encryption.
    None,
}

/// Faster paths through the data plane.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvancedNetworkingPerformance {
    /// `BpfVeth` turns eBPF host routing on, `None` (Azure's default) off. Both ways reimage all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceleration_mode: Option<AccelerationMode>,
}

/// Kind of acceleration.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum AccelerationMode {
    /// eBPF host routing.
    BpfVeth,
    /// None.
    None,
}
