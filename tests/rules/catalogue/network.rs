//! The cluster's network: addresses, plugins, egress.

use serde_json::json;

use super::{Row, azure, bound, cel, plan, row, test};
use crate::harness::Kind::Cluster;

pub fn rows() -> Vec<Row> {
    [addresses(), plugins(), egress()].into_iter().flatten().collect()
}

#[rustfmt::skip]
fn addresses() -> Vec<Row> {
    vec![
        row("ranges-apart", "pod and service ranges do not overlap", "SPEC podCidr, serviceCidr", [cel("networkProfile.podCidr and serviceCidr overlap"), cel("ranges of networkProfile.podCidrs and serviceCidrs overlap")]),
        row("ranges-network", "ranges do not overlap the virtual network", "SPEC serviceCidr", [azure("ServiceCidrOverlapExistingSubnetsCidr")]),
        row("range-form", "a range starts at its network address", "SPEC podCidrs", [cel("this has to be an IP range"), cel("this has to be an IPv4 range")]),
        row("dns-address-form", "dnsServiceIP is an IPv4 address", "SPEC dnsServiceIP", [cel("dnsServiceIP has to be an IPv4 address")]),
        row("dns-address-within", "dnsServiceIP lies in serviceCidr and is not its first address", "SPEC dnsServiceIP", [cel("networkProfile.dnsServiceIP has to lie in serviceCidr"), cel("networkProfile.dnsServiceIP has to lie in the first"), azure("DnsServiceIpOutOfServiceCidr")]),
        row("dns-address-pair", "dnsServiceIP and serviceCidr go together", "azurerm", [cel("networkProfile.dnsServiceIP lies in the service range"), cel("networkProfile.serviceCidr needs the address")]),
        row("service-range-size", "serviceCidr is smaller than a /12, or a /12", "Learn: configure-azure-cni", [cel("serviceCidr is too large"), cel("serviceCidrs has a range too large")]),
        row("addresses-fixed", "serviceCidr, serviceCidrs, dnsServiceIP are fixed at creation", "azurerm; CAPZ", [cel("networkProfile.serviceCidr is fixed"), cel("networkProfile.serviceCidrs are fixed"), cel("networkProfile.dnsServiceIP is fixed")]),
        row("one-and-many", "the first of podCidrs and serviceCidrs is podCidr and serviceCidr", "SPEC podCidrs", [cel("networkProfile.podCidr has to be the first"), cel("networkProfile.serviceCidr has to be the first"), ]),
        row("families", "ipFamilies is IPv4, or IPv4 and IPv6", "SPEC ipFamilies", [cel("ipFamilies is")]),
        row("families-ranges", "two ranges need two families", "SPEC podCidrs", [cel("two ranges of pods or services")]),
        row("families-order", "the IPv4 range is first", "SPEC podCidrs", [cel("podCidrs holds"), cel("serviceCidrs holds")]),
        row("pod-range-wider", "a pod range only widens", "Learn: azure-cni-overlay-pod-expand", [test("crates/plan/src/tests/network.rs", "a_pod_range_only_widens")]),
        row("pod-range-nodes", "overlay gives each node a /24 of podCidr", "Learn: concepts-network-azure-cni-overlay", [plan("PodRangeTooSmall")]),
    ]
}

#[rustfmt::skip]
fn plugins() -> Vec<Row> {
    vec![
        row("pod-range-plugin", "podCidr needs kubenet, or azure with overlay", "CLI; azurerm", [cel("networkProfile.podCidr with networkPlugin azure needs")]),
        row("network-mode", "networkMode is for azure", "SPEC networkMode", [cel("networkProfile.networkMode is for"), cel("networkProfile.networkMode is fixed")]),
        row("overlay-plugin", "overlay is for azure", "SPEC networkPluginMode", [cel("networkProfile.networkPluginMode overlay is for")]),
        row("plugin-moves", "only kubenet moves to azure, with overlay", "Learn: update-azure-cni", [cel("networkProfile.networkPlugin can only change")]),
        row("cilium-plugin", "the data plane cilium needs networkPlugin azure", "Learn: azure-cni-powered-by-cilium", [cel("networkProfile.networkDataplane cilium needs")]),
        row("cilium-addresses", "the data plane cilium needs overlay or subnets", "Learn: azure-cni-powered-by-cilium", [plan("CiliumNeedsAddresses")]),
        row("cilium-policy", "cilium enforces policies itself", "Learn: azure-cni-powered-by-cilium; CAPZ", [cel("networkProfile.networkDataplane cilium enforces"), cel("networkProfile.networkPolicy cilium needs")]),
        row("cilium-stays", "there is no way back from cilium", "Learn: use-network-policies", [cel("networkProfile.networkDataplane cannot"), cel("networkProfile.networkPolicy cannot")]),
        row("policy-azure", "networkPolicy azure needs networkPlugin azure", "Learn: use-network-policies", [cel("networkProfile.networkPolicy azure needs")]),
        row("policy-calico", "networkPolicy calico needs azure or kubenet", "Learn: use-network-policies", [cel("networkProfile.networkPolicy calico needs")]),
        row("advanced-security", "advanced security needs the data plane cilium", "azurerm", [cel("networkProfile.advancedNetworking.security needs")]),
        row("kubenet-subnet", "clusters with kubenet do not share a subnet", "Learn: configure-kubenet", [plan("KubenetSubnetShared")]),
        row("kubenet-pod-identity", "pod identity on kubenet is asked for", "Learn: use-azure-ad-pod-identity", [cel("podIdentityProfile lets pods")]),
        row("provisioning-families", "node auto provisioning makes no dual-stack nodes", "Learn: node-auto-provisioning", [cel("nodeProvisioningProfile.mode Auto makes")]),
        row("gateway-controller-overlay", "Application Gateway Ingress Controller does not reach overlay pods", "Learn: azure-cni-overlay", [cel("addonProfiles.ingressApplicationGateway reaches")]),
    ]
}

#[rustfmt::skip]
fn egress() -> Vec<Row> {
    vec![
        row("outbound-standard", "outboundType other than loadBalancer needs a Standard load balancer", "Learn: egress-outboundtype", [cel("networkProfile.outboundType other than")]),
        row("outbound-managed-nat", "managedNATGateway does not go with subnets of one's own", "Learn: egress-outboundtype", [plan("ManagedGatewayInOwnSubnet")]),
        row("outbound-own", "userAssignedNATGateway and userDefinedRouting need subnets of one's own", "Learn: egress-outboundtype", [plan("EgressNeedsOwnSubnet")]),
        row("outbound-none", "outboundType none needs a cache for Microsoft's registry", "azurerm", [cel("networkProfile.outboundType none leaves")]),
        row("outbound-profile", "those types take no outbound addresses of the load balancer", "CLI", [cel("outbound addresses in networkProfile.loadBalancerProfile")]),
        row("outbound-moves", "outboundType moves along two tables, and not with node auto provisioning", "Learn: egress-outboundtype", [plan("OutboundTypeCannotMove")]),
        row("load-balancer-one-group", "one of managedOutboundIPs, outboundIPs and outboundIPPrefixes", "SPEC loadBalancerProfile; CLI", [cel("managedOutboundIPs, outboundIPs and outboundIPPrefixes")]),
        row("load-balancer-managed-count", "managedOutboundIPs.count is 1 to 100, countIPv6 0 to 100", "SPEC count", [bound(Cluster, json!({ "networkProfile": { "loadBalancerProfile": { "managedOutboundIPs": { "count": 0 } } } }))]),
        row("load-balancer-ports", "allocatedOutboundPorts is 0 to 64000, a multiple of 8", "SPEC allocatedOutboundPorts", [cel("allocatedOutboundPorts has"), bound(Cluster, json!({ "networkProfile": { "loadBalancerProfile": { "allocatedOutboundPorts": 64008 } } }))]),
        row("load-balancer-idle", "idleTimeoutInMinutes is 4 to 120; the CLI still says 100", "SPEC idleTimeoutInMinutes", [bound(Cluster, json!({ "networkProfile": { "loadBalancerProfile": { "idleTimeoutInMinutes": 121 } } }))]),
        row("load-balancer-standard", "loadBalancerProfile needs a Standard load balancer", "SPEC loadBalancerProfile", [cel("networkProfile.loadBalancerProfile needs")]),
        row("load-balancer-several", "several load balancers need backendPoolType NodeIP", "Learn: use-multiple-standard-load-balancer", [cel("loadBalancerProfile.enableMultipleStandardLoadBalancers needs")]),
        row("load-balancer-one-way", "standard does not become basic", "Learn: upgrade-basic-load-balancer-on-aks", [cel("networkProfile.loadBalancerSku cannot")]),
        row("nat-count", "natGatewayProfile has 1 to 16 addresses", "SPEC count", [bound(Cluster, json!({ "networkProfile": { "natGatewayProfile": { "managedOutboundIPProfile": { "count": 17 } } } }))]),
        row("nat-idle", "natGatewayProfile.idleTimeoutInMinutes is 4 to 120", "SPEC idleTimeoutInMinutes", [bound(Cluster, json!({ "networkProfile": { "natGatewayProfile": { "idleTimeoutInMinutes": 3 } } }))]),
        row("nat-own-addresses", "addresses of one's own need StandardV2", "SPEC outboundIPs", [cel("addresses and prefixes of your own need")]),
        row("nat-one-way", "StandardV2 does not become Standard", "Learn: egress-outboundtype", [cel("networkProfile.natGatewayProfile.sku cannot")]),
        row("proxy-form", "a proxy is a URL without credentials", "Learn: http-proxy", [cel("this has to be a proxy URL")]),
        row("proxy-given", "httpProxyConfig names a proxy", "Learn: http-proxy", [cel("httpProxyConfig needs")]),
        row("proxy-certificate", "trustedCa is base64", "SPEC trustedCa", [cel("httpProxyConfig.trustedCa is")]),
        row("bootstrap-registry", "a registry for the nodes needs artifactSource Cache", "SPEC bootstrapProfile", [cel("bootstrapProfile.containerRegistryId is")]),
    ]
}
