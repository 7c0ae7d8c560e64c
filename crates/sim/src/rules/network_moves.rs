//! Moves of the network plugin, mode, policy, data plane, ranges and outbound type.

use ipnet::IpNet;
use serde_json::Value;

use super::request::{Request, network, properties};
use super::words::{invalid, require, unchangeable};
use super::{CLUSTER, Rule, documented, inferred};
use crate::defaults::json::{is, present, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "network-plugin-moves",
        CLUSTER,
        "Learn: update-azure-cni; TF, kubenet to overlay only",
        plugin_moves,
    ),
    documented(
        "network-mode-moves",
        CLUSTER,
        "Learn: update-azure-cni, to overlay only",
        mode_moves,
    ),
    documented(
        "overlay-needs-no-policy",
        CLUSTER,
        "Learn: update-azure-cni; CAPZ",
        overlay_needs_no_policy,
    ),
    documented(
        "overlay-not-from-pod-subnet",
        CLUSTER,
        "Learn: update-azure-cni",
        overlay_not_from_pod_subnet,
    ),
    documented(
        "network-policy-moves",
        CLUSTER,
        "Learn: use-network-policies; TF",
        policy_moves,
    ),
    documented(
        "network-dataplane-moves",
        CLUSTER,
        "Learn: update-azure-cni; TF, azure to cilium only",
        dataplane_moves,
    ),
    documented(
        "pod-cidr-widens",
        CLUSTER,
        "Learn: azure-cni-overlay-pod-expand; TF",
        pod_cidr_widens,
    ),
    inferred(
        "ip-families-widen",
        CLUSTER,
        "TF ForceNew; node disruption policy, IPv6 dual stack",
        ip_families_widen,
    ),
    documented(
        "outbound-type-moves",
        CLUSTER,
        "Learn: egress-outboundtype, two matrices",
        outbound_type_moves,
    ),
    documented(
        "outbound-type-not-with-nap",
        CLUSTER,
        "Learn: node-auto-provisioning",
        outbound_type_not_with_nap,
    ),
];

/// The stored and the wanted network profile of an update.
fn before_and_after<'a>(request: &Request<'a>) -> Option<(&'a Value, &'a Value)> {
    request.old.map(|old| (network(old), network(request.new)))
}

fn changes(request: &Request<'_>, key: &str) -> bool {
    request.changes(&format!("/properties/networkProfile/{key}"))
}

fn becomes_overlay(request: &Request<'_>) -> bool {
    changes(request, "networkPluginMode") && is(network(request.new), "/networkPluginMode", "overlay")
}

fn plugin_moves(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((before, after)) = before_and_after(request) else {
        return Ok(());
    };
    let to_overlay = is(before, "/networkPlugin", "kubenet")
        && is(after, "/networkPlugin", "azure")
        && is(after, "/networkPluginMode", "overlay");
    require(!changes(request, "networkPlugin") || to_overlay, || {
        unchangeable("networkProfile.networkPlugin")
    })
}

fn mode_moves(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !changes(request, "networkPluginMode") || becomes_overlay(request),
        || unchangeable("networkProfile.networkPluginMode"),
    )
}

fn overlay_needs_no_policy(request: &Request<'_>) -> Result<(), Refusal> {
    let policy = text(network(request.new), "/networkPolicy").unwrap_or("none");
    require(!becomes_overlay(request) || policy.eq_ignore_ascii_case("none"), || {
        invalid(
            "networkProfile.networkPluginMode",
            format!("the cluster cannot move to overlay while network policy '{policy}' is set; set it to none first"),
        )
    })
}

fn overlay_not_from_pod_subnet(request: &Request<'_>) -> Result<(), Refusal> {
    let pod_subnet = request
        .pools
        .iter()
        .any(|pool| present(properties(pool), "/podSubnetID").is_some());
    require(!becomes_overlay(request) || !pod_subnet, || {
        invalid(
            "networkProfile.networkPluginMode",
            "a cluster with pod subnets cannot move to overlay",
        )
    })
}

/// From none to any; from azure and calico to none, or to cilium together with its data plane; from cilium nowhere.
fn policy_moves(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((before, after)) = before_and_after(request) else {
        return Ok(());
    };
    let policy = |network| text(network, "/networkPolicy").unwrap_or("none").to_ascii_lowercase();
    let (from, to) = (policy(before), policy(after));
    let allowed = from == to
        || match from.as_str() {
            "none" => true,
            "azure" | "calico" => to == "none" || (to == "cilium" && is(after, "/networkDataplane", "cilium")),
            _ => false,
        };
    require(allowed, || unchangeable("networkProfile.networkPolicy"))
}

fn dataplane_moves(request: &Request<'_>) -> Result<(), Refusal> {
    let cilium = |network| is(network, "/networkDataplane", "cilium");
    let back = before_and_after(request).is_some_and(|(before, after)| cilium(before) && !cilium(after));
    require(!back, || unchangeable("networkProfile.networkDataplane"))
}

/// The pod range of an overlay may grow to one that contains it; moving to overlay may set it; with no plugin at all it
/// is the user's.
fn pod_cidr_widens(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((before, after)) = before_and_after(request) else {
        return Ok(());
    };
    if !changes(request, "podCidr") || becomes_overlay(request) || is(after, "/networkPlugin", "none") {
        return Ok(());
    }
    let range = |network| text(network, "/podCidr").and_then(|range| range.parse::<IpNet>().ok());
    let widens = match (range(before), range(after)) {
        (Some(before), Some(after)) => after.contains(&before),
        (None, _) => true,
        (Some(_), None) => false,
    };
    let windows = request
        .pools
        .iter()
        .any(|pool| is(properties(pool), "/osType", "Windows"));
    require(widens && !windows && is(after, "/networkPluginMode", "overlay"), || {
        unchangeable("networkProfile.podCidr")
    })
}

fn ip_families_widen(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((before, after)) = before_and_after(request) else {
        return Ok(());
    };
    let kept = texts(before, "/ipFamilies").iter().all(|family| {
        texts(after, "/ipFamilies")
            .iter()
            .any(|other| other.eq_ignore_ascii_case(family))
    });
    require(kept, || unchangeable("networkProfile.ipFamilies"))
}

/// Pairs from and to, on a network that AKS manages and on one of the user's own.
const MANAGED_MOVES: &[(&str, &[&str])] = &[
    ("loadbalancer", &["managednatgateway", "none"]),
    ("managednatgateway", &["none"]),
    ("none", &["loadbalancer", "managednatgateway"]),
];
const OWN_MOVES: &[(&str, &[&str])] = &[
    (
        "loadbalancer",
        &["userassignednatgateway", "userdefinedrouting", "none"],
    ),
    (
        "userassignednatgateway",
        &["loadbalancer", "userdefinedrouting", "none"],
    ),
    (
        "userdefinedrouting",
        &["loadbalancer", "userassignednatgateway", "none"],
    ),
    (
        "none",
        &["loadbalancer", "userassignednatgateway", "userdefinedrouting"],
    ),
];

fn outbound_type_moves(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((before, after)) = before_and_after(request) else {
        return Ok(());
    };
    if !changes(request, "outboundType") {
        return Ok(());
    }
    let own = request
        .pools
        .iter()
        .any(|pool| present(properties(pool), "/vnetSubnetID").is_some());
    let moves = if own { OWN_MOVES } else { MANAGED_MOVES };
    let kind = |network| text(network, "/outboundType").unwrap_or("loadBalancer").to_owned();
    let (from, to) = (kind(before), kind(after));
    let allowed = moves
        .iter()
        .find(|(start, _)| start.eq_ignore_ascii_case(&from))
        .is_some_and(|(_, targets)| targets.iter().any(|target| target.eq_ignore_ascii_case(&to)));
    let whose = if own { "your own" } else { "a managed" };
    require(allowed, || {
        Refusal::provider(
            400,
            "PropertyChangeNotAllowed",
            format!(
                "Changing property 'networkProfile.outboundType' from '{from}' to '{to}' is not allowed for a cluster in \
                 {whose} virtual network."
            ),
        )
        .on("networkProfile.outboundType")
    })
}

fn outbound_type_not_with_nap(request: &Request<'_>) -> Result<(), Refusal> {
    let nap = is(request.new, "/properties/nodeProvisioningProfile/mode", "Auto");
    require(!changes(request, "outboundType") || !nap, || {
        invalid(
            "networkProfile.outboundType",
            "the outbound type cannot change while node auto provisioning is on",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn move_network(before: Value, after: Value) -> Outcome {
        World::with(json!({"networkProfile": before}), json!({}), json!({}))
            .put_cluster(json!({"properties": {"networkProfile": after}}))
    }

    #[test]
    fn kubenet_moves_to_overlay_and_nowhere_else() {
        let kubenet = json!({"networkPlugin": "kubenet"});
        move_network(
            kubenet.clone(),
            json!({"networkPlugin": "azure", "networkPluginMode": "overlay"}),
        )
        .accepted();
        move_network(kubenet, json!({"networkPlugin": "azure"})).refused_by("network-plugin-moves");
        move_network(json!({}), json!({"networkPlugin": "none"})).refused_by("network-plugin-moves");
    }

    #[test]
    fn overlay_is_entered_without_policy_and_without_pod_subnets() {
        let overlay = json!({"networkPluginMode": "overlay"});
        let flat = |policy: &str| json!({"networkPlugin": "azure", "networkPolicy": policy});
        move_network(flat("none"), overlay.clone()).accepted();
        move_network(flat("calico"), overlay.clone()).refused_by("overlay-needs-no-policy");
        let pods = json!({"vnetSubnetID": SUBNET, "podSubnetID": SUBNET});
        World::with(json!({"networkProfile": flat("none")}), pods.clone(), pods)
            .put_cluster(json!({"properties": {"networkProfile": overlay}}))
            .refused_by("overlay-not-from-pod-subnet");
    }

    const SUBNET: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n";

    #[test]
    fn policy_moves() {
        let policy = |policy: &str| json!({"networkPolicy": policy});
        let cilium = json!({"networkPolicy": "cilium", "networkDataplane": "cilium"});
        move_network(policy("none"), policy("calico")).accepted();
        move_network(policy("azure"), policy("none")).accepted();
        move_network(policy("calico"), cilium.clone()).accepted();
        move_network(policy("azure"), policy("calico")).refused_by("network-policy-moves");
        move_network(cilium, policy("none")).refused_by("network-policy-moves");
    }

    #[test]
    fn dataplane_moves() {
        let plane = |plane: &str| json!({"networkDataplane": plane});
        move_network(plane("azure"), plane("cilium")).accepted();
        move_network(plane("cilium"), plane("azure")).refused_by("network-dataplane-moves");
    }

    #[test]
    fn pod_cidr_widens() {
        let range = |range: &str| json!({"podCidr": range});
        move_network(range("10.244.0.0/16"), range("10.244.0.0/14")).accepted();
        move_network(range("10.244.0.0/16"), range("10.245.0.0/16")).refused_by("pod-cidr-widens");
        move_network(range("10.244.0.0/16"), range("10.244.0.0/17")).refused_by("pod-cidr-widens");
    }

    #[test]
    fn ip_families_widen() {
        let one = json!({"ipFamilies": ["IPv4"]});
        let two = json!({"ipFamilies": ["IPv4", "IPv6"]});
        move_network(one.clone(), two.clone()).accepted();
        move_network(two, one).refused_by("ip-families-widen");
    }

    #[test]
    fn outbound_type_moves_by_the_two_matrices() {
        let kind = |kind: &str| json!({"outboundType": kind});
        move_network(kind("loadBalancer"), kind("managedNATGateway")).accepted();
        move_network(kind("managedNATGateway"), kind("loadBalancer")).refused_by("outbound-type-moves");
        move_network(kind("loadBalancer"), kind("userDefinedRouting")).refused_by("outbound-type-moves");
        let subnet = json!({"vnetSubnetID": SUBNET});
        let own = World::with(json!({}), subnet.clone(), subnet);
        let go = |kind: Value| own.put_cluster(json!({"properties": {"networkProfile": kind}}));
        go(kind("userDefinedRouting")).accepted();
        go(kind("managedNATGateway")).refused_by("outbound-type-moves");
    }

    #[test]
    fn outbound_type_stays_with_node_auto_provisioning() {
        World::with(
            json!({"nodeProvisioningProfile": {"mode": "Auto"}}),
            json!({}),
            json!({}),
        )
        .put_cluster(json!({"properties": {"networkProfile": {"outboundType": "managedNATGateway"}}}))
        .refused_by("outbound-type-not-with-nap");
    }
}
