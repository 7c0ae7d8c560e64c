//! Network defaults by plugin, and the outbound addresses that a finished cluster has.

use serde_json::{Value, json};

use super::Place;
use super::json::{flag, integer, is, list, present, remove, set, set_default, text};

const PROFILE: &str = "/properties/networkProfile";

/// Fills `networkProfile` (SPEC defaults; REC for the mirrors and the managed address).
pub(super) fn fill(cluster: &mut Value) {
    let mut network = cluster.pointer(PROFILE).cloned().unwrap_or_else(|| json!({}));
    if present(&network, "/networkPlugin").is_none() {
        set(&mut network, "/networkPlugin", "azure");
        set_default(&mut network, "/networkPluginMode", "overlay");
    }
    if !is(&network, "/networkPlugin", "none") {
        set_default(&mut network, "/networkPolicy", "none");
    }
    if is(&network, "/networkPlugin", "azure") {
        set_default(&mut network, "/networkDataplane", "azure");
    }
    set_default(&mut network, "/loadBalancerSku", "standard");
    set_default(&mut network, "/outboundType", "loadBalancer");
    set_default(&mut network, "/dnsServiceIP", "10.0.0.10");
    set_default(&mut network, "/ipFamilies", json!(["IPv4"]));
    mirror(&mut network, "/serviceCidr", "/serviceCidrs", Some("10.0.0.0/16"));
    let pods = has_pod_range(&network).then_some("10.244.0.0/16");
    mirror(&mut network, "/podCidr", "/podCidrs", pods);
    fill_outbound(&mut network);
    set(cluster, PROFILE, network);
}

/// Pods have a range of their own with kubenet and with the overlay (azure-cli, azurerm).
fn has_pod_range(network: &Value) -> bool {
    is(network, "/networkPlugin", "kubenet") || is(network, "/networkPluginMode", "overlay")
}

/// Fills a range and the list that mirrors it from each other, or from the default.
fn mirror(network: &mut Value, single: &str, plural: &str, default: Option<&str>) {
    if let Some(first) = list(network, plural).first().cloned() {
        set_default(network, single, first);
    } else if let Some(default) = default {
        set_default(network, single, default);
    }
    if let Some(range) = present(network, single).cloned() {
        set_default(network, plural, json!([range]));
    }
}

fn fill_outbound(network: &mut Value) {
    if is(network, "/outboundType", "loadBalancer") {
        let own = ["outboundIPs", "outboundIPPrefixes"]
            .iter()
            .any(|group| network.pointer(&format!("/loadBalancerProfile/{group}")).is_some());
        if !own {
            set_default(network, "/loadBalancerProfile/managedOutboundIPs/count", 1);
        }
        set_default(network, "/loadBalancerProfile/backendPoolType", "nodeIPConfiguration");
    } else if is(network, "/outboundType", "managedNATGateway") {
        set_default(network, "/natGatewayProfile/managedOutboundIPProfile/count", 1);
        set_default(network, "/natGatewayProfile/idleTimeoutInMinutes", 4);
    }
}

/// Sets what appears after success: outbound addresses, and `Standard` where the request said `standard` (REC).
pub(super) fn finish(cluster: &mut Value, place: &Place<'_>) {
    let group = text(cluster, "/properties/nodeResourceGroup")
        .unwrap_or_default()
        .to_owned();
    let Some(network) = cluster.pointer_mut(PROFILE) else {
        return;
    };
    if is(network, "/loadBalancerSku", "standard") {
        set(network, "/loadBalancerSku", "Standard");
    }
    let addresses = |what: &str, count: i64| -> Vec<Value> {
        (0..count.max(0))
            .map(|number| {
                let name = place.guid(&format!("{what} {number}"));
                json!({"id": place.node_resource(&group, "Microsoft.Network/publicIPAddresses", &name)})
            })
            .collect()
    };
    if is(network, "/outboundType", "loadBalancer") {
        let profile = network.pointer("/loadBalancerProfile").unwrap_or(&Value::Null);
        let mut effective = list(profile, "/outboundIPs/publicIPs").to_vec();
        let prefixes = list(profile, "/outboundIPPrefixes/publicIPPrefixes").len();
        effective.extend(addresses("prefix", i64::try_from(prefixes).unwrap_or(0)));
        effective.extend(addresses(
            "outbound",
            integer(profile, "/managedOutboundIPs/count").unwrap_or(0),
        ));
        set(network, "/loadBalancerProfile/effectiveOutboundIPs", effective);
    } else {
        remove(network, "/loadBalancerProfile");
    }
    if is(network, "/outboundType", "managedNATGateway") {
        let count = integer(network, "/natGatewayProfile/managedOutboundIPProfile/count").unwrap_or(0);
        set(
            network,
            "/natGatewayProfile/effectiveOutboundIPs",
            addresses("nat", count),
        );
    } else {
        remove(network, "/natGatewayProfile");
    }
}

/// Pods a node holds when the request does not say (Learn: concepts-network-ip-address-planning).
pub(super) fn max_pods(cluster: &Value, pool: &Value) -> u32 {
    let network = cluster.pointer(PROFILE).unwrap_or(&Value::Null);
    if is(network, "/networkPluginMode", "overlay") || is(network, "/networkPlugin", "none") {
        250
    } else if is(network, "/networkPlugin", "kubenet") || present(pool, "/podSubnetID").is_some() {
        110
    } else {
        30
    }
}

/// Whether the API server has a private address only.
pub(crate) fn is_private(cluster: &Value) -> bool {
    flag(cluster, "/properties/apiServerAccessProfile/enablePrivateCluster")
}
