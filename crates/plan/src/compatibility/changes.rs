//! Changes that other settings or the pools rule out.

use super::ChangeRule;
use super::network::{NPM_ON_WINDOWS, has_own_subnets};
use super::scene::{Member, Scene};
use crate::change::{Change, Target};

pub(super) const RULES: &[ChangeRule] = &[
    ChangeRule {
        reason: "OutboundTypeCannotMove",
        check: outbound_type,
    },
    ChangeRule {
        reason: "StaticEgressHasGateways",
        check: static_egress,
    },
    ChangeRule {
        reason: "CiliumHasWindowsPools",
        check: cilium,
    },
    ChangeRule {
        reason: "RetiredPolicyHasWindowsPools",
        check: retired_policy,
    },
    ChangeRule {
        reason: "AuthorizedRangesHavePublicNodes",
        check: authorized_ranges,
    },
    ChangeRule {
        reason: "NodesProvisionedByAzure",
        check: stop,
    },
    ChangeRule {
        reason: "StopNeedsScaleSets",
        check: stop_needs_scale_sets,
    },
    ChangeRule {
        reason: "RollbackNeedsChannelNone",
        check: rollback,
    },
];

/// The moves that AKS offers, in a network of its own and in the user's (Learn: egress-outboundtype).
const MOVES_IN_MANAGED_NETWORK: &[(&str, &[&str])] = &[
    ("loadbalancer", &["managednatgateway", "none"]),
    ("managednatgateway", &["none"]),
    ("none", &["loadbalancer", "managednatgateway"]),
];
const MOVES_IN_OWN_NETWORK: &[(&str, &[&str])] = &[
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

fn text(value: Option<&serde_json::Value>) -> &str {
    value.and_then(|value| value.as_str()).unwrap_or_default()
}

fn outbound_type(scene: &Scene<'_>, change: &Change) -> Option<String> {
    if !change.path.starts_with("properties.networkProfile.outboundType") {
        return None;
    }
    let (from, to) = (text(change.from.as_ref()), text(change.to.as_ref()));
    if scene.provisions_nodes() {
        return Some(format!(
            "networkProfile.outboundType cannot change from {from} to {to} while nodeProvisioningProfile.mode is Auto; set \
             it back, or set the mode to Manual first"
        ));
    }
    let (moves, network) = if has_own_subnets(scene) {
        (MOVES_IN_OWN_NETWORK, "subnets of your own")
    } else {
        (MOVES_IN_MANAGED_NETWORK, "the network that AKS made")
    };
    // A preview type is Azure's to judge.
    let (_, targets) = moves.iter().find(|(start, _)| start.eq_ignore_ascii_case(from))?;
    let known = ["block", "managednatgatewayv2"];
    let allowed = targets
        .iter()
        .chain(&known)
        .any(|target| target.eq_ignore_ascii_case(to));
    (!allowed).then(|| {
        format!(
            "networkProfile.outboundType cannot change from {from} to {to} in {network}; set it back, or make a new \
             cluster"
        )
    })
}

/// Learn: configure-static-egress-gateway.
fn static_egress(scene: &Scene<'_>, change: &Change) -> Option<String> {
    let off = change
        .path
        .starts_with("properties.networkProfile.staticEgressGatewayProfile.enabled")
        && change.to.as_ref().and_then(serde_json::Value::as_bool) == Some(false);
    let gateway = scene.members.iter().find(|pool| pool.body.is("mode", "Gateway"))?;
    off.then(|| {
        format!(
            "networkProfile.staticEgressGatewayProfile cannot be turned off while pool {} has mode Gateway; delete that \
             pool first",
            gateway.name
        )
    })
}

fn windows_pool<'a>(scene: &'a Scene<'_>) -> Option<&'a Member<'a>> {
    scene.members.iter().find(|pool| pool.is_windows())
}

/// Learn: azure-cni-powered-by-cilium; use-network-policies.
fn cilium(scene: &Scene<'_>, change: &Change) -> Option<String> {
    let mut paths = [
        "properties.networkProfile.networkDataplane",
        "properties.networkProfile.networkPolicy",
    ]
    .into_iter();
    let enters =
        paths.any(|path| change.path.starts_with(path)) && text(change.to.as_ref()).eq_ignore_ascii_case("cilium");
    let pool = windows_pool(scene)?;
    enters.then(|| {
        format!(
            "{} cilium does not go with osType Windows, and pool {} has it; set it back, or delete that pool first",
            change.path, pool.name
        )
    })
}

/// Learn: use-network-policies.
fn retired_policy(scene: &Scene<'_>, change: &Change) -> Option<String> {
    let enters = change.path.starts_with("properties.networkProfile.networkPolicy")
        && text(change.to.as_ref()).eq_ignore_ascii_case("azure");
    let pool = windows_pool(scene)?;
    (enters && scene.today > NPM_ON_WINDOWS).then(|| {
        format!(
            "networkProfile.networkPolicy azure ended on Windows nodes on {NPM_ON_WINDOWS}, and pool {} has osType \
             Windows; set it to calico or none, or delete that pool first",
            pool.name
        )
    })
}

/// Learn: api-server-authorized-ip-ranges.
fn authorized_ranges(scene: &Scene<'_>, change: &Change) -> Option<String> {
    let restricts = change
        .path
        .starts_with("properties.apiServerAccessProfile.authorizedIPRanges")
        && change
            .to
            .as_ref()
            .and_then(serde_json::Value::as_array)
            .is_some_and(|ranges| !ranges.is_empty());
    let pool = scene.members.iter().find(|pool| pool.body.flag("enableNodePublicIP"))?;
    restricts.then(|| {
        format!(
            "apiServerAccessProfile.authorizedIPRanges do not go with enableNodePublicIP of pool {}, because the nodes' own \
             addresses are not in them; empty the ranges, or replace that pool first",
            pool.name
        )
    })
}

fn stops(change: &Change) -> bool {
    change.path.starts_with("properties.powerState") && text(change.to.as_ref()).eq_ignore_ascii_case("Stopped")
}

/// Learn: start-stop-cluster; start-stop-nodepools.
fn stop(scene: &Scene<'_>, change: &Change) -> Option<String> {
    (stops(change) && scene.provisions_nodes()).then(|| {
        "powerState Stopped does not go with nodeProvisioningProfile.mode Auto of the cluster; set the mode to Manual \
         first, or leave it running"
            .to_owned()
    })
}

/// Learn: start-stop-cluster.
fn stop_needs_scale_sets(scene: &Scene<'_>, change: &Change) -> Option<String> {
    let other = |pool: &&Member<'_>| {
        let kind = pool.body.text("type");
        kind.is_some_and(|kind| kind != "virtualmachinescalesets")
    };
    let pool = scene.members.iter().find(other)?;
    (stops(change) && change.target == Target::Cluster).then(|| {
        format!(
            "powerState Stopped needs pools of type VirtualMachineScaleSets alone, and pool {} is another; replace that \
             pool, or leave the cluster running",
            pool.name
        )
    })
}

/// Learn: roll-back-node-pool-version. A channel would take the pool up again.
fn rollback(scene: &Scene<'_>, change: &Change) -> Option<String> {
    let channel = scene.cluster.text("autoUpgradeProfile.upgradeChannel")?;
    let rolls_back = change.path.starts_with("properties.nodeImageVersion");
    (rolls_back && channel != "none").then(|| {
        format!(
            "nodeImageVersion rolls the pool back only while nothing upgrades it, and autoUpgradeProfile.upgradeChannel \
             of the cluster is {channel}; set that to none first"
        )
    })
}
