//! How traffic leaves the cluster: load balancer, NAT gateway, HTTP proxy.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ProxyUrl, ResourceId, field_speaks};

/// How traffic leaves the cluster.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = field_speaks)]
pub enum OutboundType {
    /// Through the cluster's load balancer.
    LoadBalancer,
    /// Through the routes of the subnet, which has to exist.
    UserDefinedRouting,
    /// Through a NAT gateway that AKS makes; only in a network that AKS makes.
    #[serde(rename = "managedNATGateway")]
    ManagedNatGateway,
    /// Through a NAT gateway on the subnet, which has to exist.
    #[serde(rename = "userAssignedNATGateway")]
    UserAssignedNatGateway,
    /// AKS sets nothing up. For network-isolated clusters.
    None,
}

/// Kind of load balancer.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = field_speaks)]
pub enum LoadBalancerSku {
    /// The standard load balancer.
    Standard,
    /// The basic one, which Azure has retired.
    Basic,
}

/// Egress of the cluster's load balancer.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "[has(self.managedOutboundIPs), has(self.outboundIPs), has(self.outboundIPPrefixes)]
        .filter(given, given).size() <= 1",
    "managedOutboundIPs, outboundIPs and outboundIPPrefixes of loadBalancerProfile exclude each other; keep one of them",
))]
#[x_kube(validation = (
    "!self.?enableMultipleStandardLoadBalancers.orValue(false) || self.?backendPoolType.orValue('') == 'NodeIP'",
    "loadBalancerProfile.enableMultipleStandardLoadBalancers needs backendPoolType NodeIP; set it, or use one load \
     balancer",
))]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancerProfile {
    /// Addresses that AKS makes. Excludes the two other address groups.
    #[serde(rename = "managedOutboundIPs", skip_serializing_if = "Option::is_none")]
    pub managed_outbound_ips: Option<ManagedOutboundIps>,
    /// Public IP prefixes of one's own.
    #[serde(rename = "outboundIPPrefixes", skip_serializing_if = "Option::is_none")]
    pub outbound_ip_prefixes: Option<OutboundIpPrefixes>,
    /// Public IP addresses of one's own.
    #[serde(rename = "outboundIPs", skip_serializing_if = "Option::is_none")]
    pub outbound_ips: Option<OutboundIps>,
    /// SNAT ports per node, 0 to 64000 in steps of 8; 0 (Azure's default) lets Azure choose. A change rewrites the
    /// outbound rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 64000))]
    #[x_kube(validation = (
        "self % 8 == 0",
        "allocatedOutboundPorts has to be a multiple of 8; use the next one",
    ))]
    pub allocated_outbound_ports: Option<i32>,
    /// Minutes an idle flow is kept, 4 to 120; Azure's default is 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 4, max = 120))]
    pub idle_timeout_in_minutes: Option<i32>,
    /// Allows several load balancers for inbound traffic; needs `backendPoolType: NodeIP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_multiple_standard_load_balancers: Option<bool>,
    /// `NodeIPConfiguration` (Azure's default) or `NodeIP`. A change to `NodeIP` interrupts inbound traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend_pool_type: Option<BackendPoolType>,
}

/// Egress addresses that AKS makes for the load balancer.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedOutboundIps {
    /// IPv4 addresses, 1 to 100; Azure's default is 1. Fewer addresses drop outbound connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub count: Option<i32>,
    /// IPv6 addresses of a dual-stack cluster, 0 to 100; Azure's default is 1 there and 0 otherwise.
    #[serde(rename = "countIPv6", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub count_ipv6: Option<i32>,
}

/// Public IP prefixes for egress.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboundIpPrefixes {
    /// Resource ids of the prefixes, at least one.
    #[serde(rename = "publicIPPrefixes", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    pub public_ip_prefixes: Option<Vec<ResourceReference>>,
}

/// Public IP addresses for egress.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboundIps {
    /// Resource ids of the addresses, at least one.
    #[serde(rename = "publicIPs", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub public_ips: Option<Vec<ResourceReference>>,
}

/// An Azure resource by its id.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReference {
    /// Azure resource id.
    #[schemars(with = "ResourceId")]
    pub id: String,
}

/// How the load balancer names its backends.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum BackendPoolType {
    /// By network interface.
    #[serde(rename = "NodeIPConfiguration")]
    NodeIpConfiguration,
    /// By IP address.
    #[serde(rename = "NodeIP")]
    NodeIp,
}

/// Egress of the NAT gateway that AKS makes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!(has(self.outboundIPs) || has(self.outboundIPPrefixes)) || self.?sku.orValue('') == 'StandardV2'",
    "addresses and prefixes of your own need natGatewayProfile.sku StandardV2; set it, or use managedOutboundIPProfile",
))]
#[serde(rename_all = "camelCase")]
pub struct NatGatewayProfile {
    /// `Standard` or `StandardV2`. Can go to `StandardV2`, with other egress addresses; not back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<NatGatewaySku>,
    /// Addresses that AKS makes.
    #[serde(rename = "managedOutboundIPProfile", skip_serializing_if = "Option::is_none")]
    pub managed_outbound_ip_profile: Option<ManagedOutboundIpProfile>,
    /// Public IP prefixes of one's own; only with `StandardV2`.
    #[serde(rename = "outboundIPPrefixes", skip_serializing_if = "Option::is_none")]
    pub outbound_ip_prefixes: Option<NatGatewayIpPrefixes>,
    /// Public IP addresses of one's own; only with `StandardV2`.
    #[serde(rename = "outboundIPs", skip_serializing_if = "Option::is_none")]
    pub outbound_ips: Option<NatGatewayIps>,
    /// Minutes an idle flow is kept, 4 to 120; Azure's default is 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 4, max = 120))]
    pub idle_timeout_in_minutes: Option<i32>,
}

/// Kind of NAT gateway.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NatGatewaySku {
    /// In one zone.
    Standard,
    /// Across zones.
    StandardV2,
}

/// Egress addresses that AKS makes for the NAT gateway.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedOutboundIpProfile {
    /// IPv4 addresses, 1 to 16; Azure's default is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16))]
    pub count: Option<i32>,
    /// IPv6 addresses, 0 to 16.
    #[serde(rename = "countIPv6", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 16))]
    pub count_ipv6: Option<i32>,
}

/// Public IP prefixes of the NAT gateway.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NatGatewayIpPrefixes {
    /// Resource ids of the prefixes.
    #[serde(rename = "publicIPPrefixes", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ResourceId>>", length(max = 16))]
    pub public_ip_prefixes: Option<Vec<String>>,
}

/// Public IP addresses of the NAT gateway.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NatGatewayIps {
    /// Resource ids of the addresses.
    #[serde(rename = "publicIPs", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ResourceId>>", length(max = 16))]
    pub public_ips: Option<Vec<String>>,
}

/// Egress of chosen pods through gateway pools.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaticEgressGatewayProfile {
    /// Whether the controllers run. Changes in place; before turning it off delete all `StaticGatewayConfiguration`
    /// objects and gateway pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// HTTP proxy of nodes and pods.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?enabled.orValue(true) || has(self.httpProxy) || has(self.httpsProxy)",
    "httpProxyConfig needs a proxy; set httpProxy or httpsProxy, or enabled to false",
))]
#[serde(rename_all = "camelCase")]
pub struct HttpProxyConfig {
    /// Turns the proxy on. Azure's default is true when the block is given; false keeps the block but does not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Proxy for plain http, a URL such as `http://proxy.example.com:3128`. User and password are
    /// refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ProxyUrl>")]
    pub http_proxy: Option<String>,
    /// Proxy for https, a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ProxyUrl>")]
    pub https_proxy: Option<String>,
    /// Hosts, domains and ranges that are reached without the proxy. AKS adds its own entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 253)))]
    pub no_proxy: Option<Vec<String>>,
    /// Certificate of a further authority that nodes trust, PEM in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65536))]
    #[x_kube(validation = (
        "!self.startsWith('-----BEGIN')",
        "httpProxyConfig.trustedCa is plain PEM; encode the certificate in base64",
    ))]
    pub trusted_ca: Option<String>,
}
