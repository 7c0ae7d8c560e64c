//! The cluster network: plugin, policy, data plane and address ranges. Egress is in `outbound`.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{Cidr, Ipv4Cidr, field_speaks};
use super::{LoadBalancerProfile, LoadBalancerSku, NatGatewayProfile, OutboundType, StaticEgressGatewayProfile};

/// The cluster network.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!has(self.podCidr) || self.podCidr == self.?podCidrs[?0].orValue(self.podCidr)",
    "networkProfile.podCidr has to be the first entry of podCidrs; give one of them only",
))]
#[x_kube(validation = (
    "!has(self.serviceCidr) || self.serviceCidr == self.?serviceCidrs[?0].orValue(self.serviceCidr)",
    "networkProfile.serviceCidr has to be the first entry of serviceCidrs; give one of them only",
))]
#[x_kube(validation = (
    "(size(self.?podCidrs.orValue([])) < 2 && size(self.?serviceCidrs.orValue([])) < 2)
        || size(self.?ipFamilies.orValue([])) == 2",
    "two ranges of pods or services need both address families; set networkProfile.ipFamilies to [IPv4, IPv6]",
))]
#[x_kube(validation = (
    "!(has(self.podCidr) || has(self.podCidrs)) || self.?networkPlugin.orValue('') != 'azure'
        || has(self.networkPluginMode)",
    "networkProfile.podCidr with networkPlugin azure needs networkPluginMode overlay, for without it pods take addresses \
     of a subnet; set it, or remove podCidr",
))]
#[x_kube(validation = (
    "!has(self.podCidr) || !has(self.serviceCidr) || !isCIDR(self.podCidr) || !isCIDR(self.serviceCidr)
        || !(cidr(self.podCidr).containsCIDR(self.serviceCidr) || cidr(self.serviceCidr).containsCIDR(self.podCidr))",
    "networkProfile.podCidr and serviceCidr overlap; choose ranges apart from each other",
))]
#[x_kube(validation = (
    "!has(self.podCidrs) || !has(self.serviceCidrs) || !self.podCidrs.all(range, isCIDR(range))
        || !self.serviceCidrs.all(range, isCIDR(range))
        || self.podCidrs.all(pods, self.serviceCidrs.all(services,
            !cidr(pods).containsCIDR(services) && !cidr(services).containsCIDR(pods)))",
    "ranges of networkProfile.podCidrs and serviceCidrs overlap; choose ranges apart from each other",
))]
#[x_kube(validation = (
    "has(self.serviceCidr) || !has(self.serviceCidrs) || !has(self.dnsServiceIP) || size(self.serviceCidrs) == 0 || !isCIDR(self.serviceCidrs[0])
        || !isIP(self.dnsServiceIP) || (cidr(self.serviceCidrs[0]).containsIP(self.dnsServiceIP)
        && !cidr(self.serviceCidrs[0].split('/')[0] + '/31').containsIP(self.dnsServiceIP))",
    "networkProfile.dnsServiceIP has to lie in the first of serviceCidrs behind its first address, which is the API server's; \
     use for example the tenth",
))]
#[x_kube(validation = (
    "!has(self.dnsServiceIP) || has(self.serviceCidr) || has(self.serviceCidrs)",
    "networkProfile.dnsServiceIP lies in the service range; set serviceCidr too",
))]
#[x_kube(validation = (
    "!has(self.serviceCidr) || has(self.dnsServiceIP)",
    "networkProfile.serviceCidr needs the address of cluster DNS inside of it; set dnsServiceIP too",
))]
#[x_kube(validation = (
    "!has(self.serviceCidr) || !has(self.dnsServiceIP) || !isCIDR(self.serviceCidr) || !isIP(self.dnsServiceIP)
        || (cidr(self.serviceCidr).containsIP(self.dnsServiceIP)
        && !cidr(self.serviceCidr.split('/')[0] + '/31').containsIP(self.dnsServiceIP))",
    "networkProfile.dnsServiceIP has to lie in serviceCidr behind its first address, which is the API server's; use for \
     example the tenth",
))]
#[x_kube(validation = (
    "!has(self.networkMode) || self.?networkPlugin.orValue('azure') == 'azure'",
    "networkProfile.networkMode is for networkPlugin azure; remove it",
))]
#[x_kube(validation = (
    "!has(self.networkPluginMode) || self.?networkPlugin.orValue('azure') == 'azure'",
    "networkProfile.networkPluginMode overlay is for networkPlugin azure; use that plugin, or remove the mode",
))]
#[x_kube(validation = (
    "self.?networkDataplane.orValue('') != 'cilium' || self.?networkPlugin.orValue('') == 'azure'",
    "networkProfile.networkDataplane cilium needs networkPlugin azure; set it, or use another data plane",
))]
#[x_kube(validation = (
    "self.?networkDataplane.orValue('') != 'cilium' || self.?networkPolicy.orValue('cilium') == 'cilium'",
    "networkProfile.networkDataplane cilium enforces policies itself; set networkPolicy to cilium, or leave it out",
))]
#[x_kube(validation = (
    "self.?networkPolicy.orValue('') != 'cilium' || self.?networkDataplane.orValue('') == 'cilium'",
    "networkProfile.networkPolicy cilium needs networkDataplane cilium; set it, or use another policy engine",
))]
#[x_kube(validation = (
    "self.?networkPolicy.orValue('') != 'azure' || self.?networkPlugin.orValue('azure') == 'azure'",
    "networkProfile.networkPolicy azure needs networkPlugin azure; use that plugin, or calico",
))]
#[x_kube(validation = (
    "self.?networkPolicy.orValue('') != 'calico' || self.?networkPlugin.orValue('azure') != 'none'",
    "networkProfile.networkPolicy calico needs networkPlugin azure or kubenet; use one of them, or install Calico yourself",
))]
#[x_kube(validation = (
    "!self.?advancedNetworking.?security.?enabled.orValue(false)
        || self.?networkDataplane.orValue('') == 'cilium'",
    "networkProfile.advancedNetworking.security needs networkDataplane cilium; set it, or turn security off",
))]
#[x_kube(validation = (
    "self.?loadBalancerSku.orValue('standard') == 'standard'
        || self.?outboundType.orValue('loadBalancer') == 'loadBalancer'",
    "networkProfile.outboundType other than loadBalancer needs loadBalancerSku standard; use it",
))]
#[x_kube(validation = (
    "self.?loadBalancerSku.orValue('standard') == 'standard' || !has(self.loadBalancerProfile)",
    "networkProfile.loadBalancerProfile needs loadBalancerSku standard; use it, or remove the profile",
))]
#[x_kube(validation = (
    "self.?outboundType.orValue('loadBalancer') == 'loadBalancer' || !has(self.loadBalancerProfile)
        || !(has(self.loadBalancerProfile.managedOutboundIPs) || has(self.loadBalancerProfile.outboundIPs)
        || has(self.loadBalancerProfile.outboundIPPrefixes))",
    "outbound addresses in networkProfile.loadBalancerProfile are for outboundType loadBalancer; remove them",
))]
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
    /// Ranges of the pods, one per address family: IPv4 first, then IPv6. The first is `podCidr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Cidr>>", length(min = 1, max = 2))]
    #[x_kube(validation = (
        "size(self) == 0 || !self.all(range, isCIDR(range)) || (cidr(self[0]).ip().family() == 4
            && (size(self) == 1 || cidr(self[1]).ip().family() == 6))",
        "podCidrs holds an IPv4 range, and with two families an IPv6 range after it; put them in this order",
    ))]
    pub pod_cidrs: Option<Vec<String>>,
    /// IPv4 range of the services; Azure's default is `10.0.0.0/16`. A /12 at most, no overlap with any network the
    /// cluster talks to. Fixed at creation; goes together with `dnsServiceIP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4Cidr>")]
    #[x_kube(validation = (
        "!isCIDR(self) || cidr(self).prefixLength() >= 12",
        "serviceCidr is too large for AKS; use a /12 or a smaller range",
    ))]
    pub service_cidr: Option<String>,
    /// Ranges of the services, one per address family: IPv4 first, then IPv6. The first is `serviceCidr`. Fixed at
    /// creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Cidr>>", length(min = 1, max = 2))]
    #[x_kube(validation = (
        "size(self) == 0 || !self.all(range, isCIDR(range)) || (cidr(self[0]).ip().family() == 4
            && (size(self) == 1 || cidr(self[1]).ip().family() == 6))",
        "serviceCidrs holds an IPv4 range, and with two families an IPv6 range after it; put them in this order",
    ))]
    // IPv6: Learn: configure-dual-stack.
    #[x_kube(validation = (
        "self.all(range, !isCIDR(range) || cidr(range).prefixLength() >= (cidr(range).ip().family() == 4 ? 12 : 108))",
        "serviceCidrs has a range too large for AKS; use a /12 or smaller for IPv4 and a /108 or smaller for IPv6",
    ))]
    pub service_cidrs: Option<Vec<String>>,
    /// Address of cluster DNS, inside `serviceCidr` but not its first; Azure's default is `10.0.0.10`. Fixed at
    /// creation.
    #[serde(rename = "dnsServiceIP", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 15))]
    #[x_kube(validation = (
        "isIP(self) && ip(self).family() == 4",
        "dnsServiceIP has to be an IPv4 address, such as 10.0.0.10",
    ))]
    pub dns_service_ip: Option<String>,
    /// Address families: `[IPv4]` (Azure's default) or `[IPv4, IPv6]`. Going to both later reimages all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2))]
    #[x_kube(validation = (
        "size(self) == 0 || self[0] == 'IPv4' && (size(self) == 1 || self[1] == 'IPv6')",
        "ipFamilies is [IPv4] or [IPv4, IPv6]; AKS has no clusters with IPv6 alone",
    ))]
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
    /// Egress of chosen pods through gateway pools with addresses that stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_egress_gateway_profile: Option<StaticEgressGatewayProfile>,
}

/// Network plugin.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = field_speaks)]
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
#[schemars(transform = field_speaks)]
pub enum NetworkPluginMode {
    /// Pod addresses come from `podCidr`, not from the virtual network.
    Overlay,
}

/// Network policy engine.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = field_speaks)]
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
#[schemars(transform = field_speaks)]
pub enum NetworkMode {
    /// No bridge; pods are routed in layer 3.
    Transparent,
    /// The old way with a bridge.
    Bridge,
}

/// Network data plane.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = field_speaks)]
pub enum NetworkDataplane {
    /// The plugin's own.
    Azure,
    /// Cilium.
    Cilium,
}

/// IP address family.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
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
#[schemars(transform = field_speaks)]
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
#[schemars(transform = field_speaks)]
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
#[schemars(transform = field_speaks)]
pub enum AccelerationMode {
    /// eBPF host routing.
    BpfVeth,
    /// None.
    None,
}
