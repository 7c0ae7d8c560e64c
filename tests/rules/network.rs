//! Rules about the cluster network and its egress.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case, id};

pub fn cases() -> Vec<Case> {
    [addresses(), engines(), egress(), proxy()]
        .into_iter()
        .flatten()
        .collect()
}

fn network(says: &str, accepted: Value, refused: Value) -> Case {
    case(
        Cluster,
        says,
        json!({ "networkProfile": accepted }),
        json!({ "networkProfile": refused }),
    )
}

fn addresses() -> Vec<Case> {
    let dual = json!(["IPv4", "IPv6"]);
    vec![
        network(
            "this has to be an IPv4 range",
            json!({ "podCidr": "10.244.0.0/16" }),
            json!({ "podCidr": "10.244.0.1/16" }),
        ),
        network(
            "this has to be an IPv4 range",
            json!({ "podCidr": "10.244.0.0/16" }),
            json!({ "podCidr": "fd00::/48" }),
        ),
        network(
            "this has to be an IP range",
            json!({ "podCidrs": ["10.244.0.0/16"] }),
            json!({ "podCidrs": ["10.244.0.0"] }),
        ),
        network(
            "serviceCidr is too large",
            json!({ "serviceCidr": "10.0.0.0/12", "dnsServiceIP": "10.0.0.10" }),
            json!({ "serviceCidr": "10.0.0.0/11", "dnsServiceIP": "10.0.0.10" }),
        ),
        network(
            "dnsServiceIP has to be",
            json!({ "dnsServiceIP": "10.0.0.10", "serviceCidr": "10.0.0.0/16" }),
            json!({ "dnsServiceIP": "10.0.0", "serviceCidr": "10.0.0.0/16" }),
        ),
        network(
            "ipFamilies is",
            json!({ "ipFamilies": dual }),
            json!({ "ipFamilies": ["IPv6"] }),
        ),
        network(
            "ipFamilies is",
            json!({ "ipFamilies": ["IPv4"] }),
            json!({ "ipFamilies": ["IPv6", "IPv4"] }),
        ),
        network(
            "podCidrs holds",
            json!({ "podCidrs": ["10.244.0.0/16", "fd00::/48"], "ipFamilies": dual }),
            json!({ "podCidrs": ["fd00::/48", "10.244.0.0/16"], "ipFamilies": dual }),
        ),
        network(
            "serviceCidrs holds",
            json!({ "serviceCidrs": ["10.0.0.0/16"] }),
            json!({ "serviceCidrs": ["fd00::/108"] }),
        ),
        network(
            "networkProfile.podCidr has to be the first",
            json!({ "podCidr": "10.244.0.0/16", "podCidrs": ["10.244.0.0/16"] }),
            json!({ "podCidr": "10.244.0.0/16", "podCidrs": ["10.245.0.0/16"] }),
        ),
        network(
            "networkProfile.serviceCidr has to be the first",
            json!({ "serviceCidr": "10.0.0.0/16", "serviceCidrs": ["10.0.0.0/16"], "dnsServiceIP": "10.0.0.10" }),
            json!({ "serviceCidr": "10.0.0.0/16", "serviceCidrs": ["10.1.0.0/16"], "dnsServiceIP": "10.0.0.10" }),
        ),
        network(
            "two ranges of pods or services",
            json!({ "serviceCidrs": ["10.0.0.0/16", "fd00::/108"], "ipFamilies": dual }),
            json!({ "serviceCidrs": ["10.0.0.0/16", "fd00::/108"] }),
        ),
        network(
            "networkProfile.podCidr with networkPlugin azure",
            json!({ "podCidr": "10.244.0.0/16", "networkPlugin": "azure", "networkPluginMode": "overlay" }),
            json!({ "podCidr": "10.244.0.0/16", "networkPlugin": "azure" }),
        ),
        network(
            "networkProfile.podCidr and serviceCidr overlap",
            json!({ "podCidr": "10.244.0.0/16", "serviceCidr": "10.245.0.0/16", "dnsServiceIP": "10.245.0.10" }),
            json!({ "podCidr": "10.240.0.0/12", "serviceCidr": "10.245.0.0/16", "dnsServiceIP": "10.245.0.10" }),
        ),
        network(
            "serviceCidrs has a range too large",
            json!({ "serviceCidrs": ["10.0.0.0/12", "fd00::/108"], "ipFamilies": dual }),
            json!({ "serviceCidrs": ["10.0.0.0/12", "fd00::/107"], "ipFamilies": dual }),
        ),
        network(
            "ranges of networkProfile.podCidrs and serviceCidrs",
            json!({
                "podCidrs": ["10.244.0.0/16", "fd01::/48"], "serviceCidrs": ["10.0.0.0/16", "fd00::/108"], "ipFamilies": dual,
            }),
            json!({
                "podCidrs": ["10.244.0.0/16", "fd00::/48"], "serviceCidrs": ["10.0.0.0/16", "fd00::/108"], "ipFamilies": dual,
            }),
        ),
        network(
            "networkProfile.dnsServiceIP has to lie in the first of",
            json!({ "serviceCidrs": ["10.0.0.0/16"], "dnsServiceIP": "10.0.0.10" }),
            json!({ "serviceCidrs": ["10.0.0.0/16"], "dnsServiceIP": "10.1.0.10" }),
        ),
        network(
            "networkProfile.dnsServiceIP lies",
            json!({ "dnsServiceIP": "10.0.0.10", "serviceCidr": "10.0.0.0/16" }),
            json!({ "dnsServiceIP": "10.0.0.10" }),
        ),
        network(
            "networkProfile.serviceCidr needs",
            json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.2" }),
            json!({ "serviceCidr": "10.0.0.0/16" }),
        ),
        network(
            "networkProfile.dnsServiceIP has to lie in serviceCidr",
            json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.2" }),
            json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.1" }),
        ),
        network(
            "networkProfile.dnsServiceIP has to lie in serviceCidr",
            json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.255.255" }),
            json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.1.0.10" }),
        ),
    ]
}

fn engines() -> Vec<Case> {
    let cilium = json!({ "networkDataplane": "cilium", "networkPlugin": "azure" });
    vec![
        network(
            "networkProfile.networkMode is for",
            json!({ "networkMode": "transparent", "networkPlugin": "azure" }),
            json!({ "networkMode": "transparent", "networkPlugin": "kubenet" }),
        ),
        network(
            "networkProfile.networkPluginMode overlay",
            json!({ "networkPluginMode": "overlay", "networkPlugin": "azure" }),
            json!({ "networkPluginMode": "overlay", "networkPlugin": "kubenet" }),
        ),
        network(
            "networkProfile.networkDataplane cilium needs",
            cilium.clone(),
            json!({ "networkDataplane": "cilium" }),
        ),
        network(
            "networkProfile.networkDataplane cilium enforces",
            cilium,
            json!({ "networkDataplane": "cilium", "networkPlugin": "azure", "networkPolicy": "azure" }),
        ),
        network(
            "networkProfile.networkPolicy cilium needs",
            json!({ "networkPolicy": "cilium", "networkDataplane": "cilium", "networkPlugin": "azure" }),
            json!({ "networkPolicy": "cilium", "networkPlugin": "azure" }),
        ),
        network(
            "networkProfile.networkPolicy azure needs",
            json!({ "networkPolicy": "azure", "networkPlugin": "azure" }),
            json!({ "networkPolicy": "azure", "networkPlugin": "kubenet" }),
        ),
        network(
            "networkProfile.networkPolicy calico needs",
            json!({ "networkPolicy": "calico", "networkPlugin": "kubenet" }),
            json!({ "networkPolicy": "calico", "networkPlugin": "none" }),
        ),
        network(
            "networkProfile.advancedNetworking.security needs",
            json!({
                "advancedNetworking": { "security": { "enabled": true } },
                "networkDataplane": "cilium",
                "networkPlugin": "azure",
            }),
            json!({ "advancedNetworking": { "security": { "enabled": true } } }),
        ),
    ]
}

fn egress() -> Vec<Case> {
    let address = json!([{ "id": id("Microsoft.Network/publicIPAddresses/egress") }]);
    let addresses = json!([id("Microsoft.Network/publicIPAddresses/egress")]);
    vec![
        network(
            "networkProfile.outboundType other",
            json!({ "outboundType": "userDefinedRouting", "loadBalancerSku": "standard" }),
            json!({ "outboundType": "userDefinedRouting", "loadBalancerSku": "basic" }),
        ),
        network(
            "networkProfile.loadBalancerProfile needs",
            json!({ "loadBalancerProfile": {} }),
            json!({ "loadBalancerProfile": {}, "loadBalancerSku": "basic" }),
        ),
        network(
            "outbound addresses in networkProfile.loadBalancerProfile",
            json!({ "outboundType": "userDefinedRouting", "loadBalancerProfile": { "backendPoolType": "NodeIP" } }),
            json!({
                "outboundType": "userDefinedRouting",
                "loadBalancerProfile": { "managedOutboundIPs": { "count": 1 } },
            }),
        ),
        network(
            "managedOutboundIPs, outboundIPs and outboundIPPrefixes",
            json!({ "loadBalancerProfile": { "outboundIPs": { "publicIPs": address } } }),
            json!({ "loadBalancerProfile": {
                "outboundIPs": { "publicIPs": address }, "managedOutboundIPs": { "count": 1 },
            } }),
        ),
        network(
            "loadBalancerProfile.enableMultipleStandardLoadBalancers needs",
            json!({ "loadBalancerProfile": {
                "enableMultipleStandardLoadBalancers": true, "backendPoolType": "NodeIP",
            } }),
            json!({ "loadBalancerProfile": { "enableMultipleStandardLoadBalancers": true } }),
        ),
        network(
            "allocatedOutboundPorts has",
            json!({ "loadBalancerProfile": { "allocatedOutboundPorts": 1024 } }),
            json!({ "loadBalancerProfile": { "allocatedOutboundPorts": 1025 } }),
        ),
        network(
            "addresses and prefixes of your own need",
            json!({ "natGatewayProfile": { "sku": "StandardV2", "outboundIPs": { "publicIPs": addresses } } }),
            json!({ "natGatewayProfile": { "outboundIPs": { "publicIPs": addresses } } }),
        ),
    ]
}

fn proxy() -> Vec<Case> {
    vec![
        case(
            Cluster,
            "this has to be a proxy URL",
            json!({ "httpProxyConfig": { "httpProxy": "http://proxy.example.com:3128" } }),
            json!({ "httpProxyConfig": { "httpProxy": "http://user:word@proxy.example.com:3128" } }),
        ),
        case(
            Cluster,
            "httpProxyConfig needs a proxy",
            json!({ "httpProxyConfig": { "enabled": false } }),
            json!({ "httpProxyConfig": { "noProxy": ["example.com"] } }),
        ),
    ]
}
