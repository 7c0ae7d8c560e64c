//! What the cluster's network takes.

use jiff::civil::{Date, date};

use super::scene::{Member, Scene};
use super::{ClusterRule, PoolRule};

pub(super) const POOL_RULES: &[PoolRule] = &[
    PoolRule {
        reason: "WindowsNeedsProfile",
        check: windows_profile,
    },
    PoolRule {
        reason: "WindowsNeedsAzureNetwork",
        check: windows_network,
    },
    PoolRule {
        reason: "WindowsNetworkPolicyRetired",
        check: windows_policy,
    },
    PoolRule {
        reason: "GatewayNeedsStaticEgress",
        check: gateway,
    },
    PoolRule {
        reason: "OutboundNatNeedsGateway",
        check: outbound_nat,
    },
    PoolRule {
        reason: "PublicNodesWithAuthorizedRanges",
        check: public_nodes,
    },
    PoolRule {
        reason: "BasicLoadBalancerHasOnePool",
        check: basic_load_balancer,
    },
];

pub(super) const CLUSTER_RULES: &[ClusterRule] = &[
    ClusterRule {
        reason: "ManagedGatewayInOwnSubnet",
        check: managed_gateway,
    },
    ClusterRule {
        reason: "EgressNeedsOwnSubnet",
        check: own_egress,
    },
    ClusterRule {
        reason: "ApiServerNeedsSubnet",
        check: api_server_subnet,
    },
];

/// Learn: create-node-pools. The profile is given when the cluster is made, never later.
fn windows_profile(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    (pool.is_windows() && scene.cluster.get("windowsProfile").is_none()).then(|| {
        "osType Windows needs windowsProfile of the cluster, which AKS takes only when the cluster is made; use osType \
         Linux, or a new cluster with spec.windowsProfile"
            .to_owned()
    })
}

/// Learn: create-node-pools; azure-cni-powered-by-cilium.
fn windows_network(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let plugin = scene.cluster.text("networkProfile.networkPlugin");
    let other = plugin.filter(|plugin| plugin != "azure");
    let cilium = scene.cluster.is("networkProfile.networkDataplane", "cilium");
    let found = match other {
        Some(plugin) => format!("networkPlugin {plugin}"),
        None if cilium => "networkDataplane cilium".to_owned(),
        None => return None,
    };
    pool.is_windows().then(|| {
        format!(
            "osType Windows needs networkPlugin azure without the data plane cilium, and the cluster has {found}; use \
             osType Linux, or another cluster"
        )
    })
}

/// The last day of Azure's own policy engine on Windows nodes (Learn: use-network-policies).
pub(super) const NPM_ON_WINDOWS: Date = date(2026, 9, 30);

/// Learn: use-network-policies.
fn windows_policy(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let policy = scene.cluster.is("networkProfile.networkPolicy", "azure");
    (pool.is_windows() && policy && scene.today > NPM_ON_WINDOWS).then(|| {
        "networkPolicy azure ended on Windows nodes on 2026-09-30; set networkProfile.networkPolicy of the cluster to \
         calico or none, or use osType Linux"
            .to_owned()
    })
}

/// Learn: configure-static-egress-gateway.
fn gateway(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    if !pool.body.is("mode", "Gateway") {
        return None;
    }
    if !scene.cluster.flag("networkProfile.staticEgressGatewayProfile.enabled") {
        return Some(
            "mode Gateway needs static egress; set networkProfile.staticEgressGatewayProfile.enabled of the cluster to \
             true first, or use mode User"
                .to_owned(),
        );
    }
    let mut pools = scene.members.iter();
    let pods = pools.find(|other| other.body.get("podSubnetID").is_some())?;
    Some(format!(
        "mode Gateway does not go with pod subnets, and pool {} has a podSubnetID; use a cluster with networkPluginMode \
         overlay",
        pods.name
    ))
}

/// SPEC disableOutboundNat.
fn outbound_nat(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let outbound = scene.cluster.text("networkProfile.outboundType");
    let outbound = outbound.unwrap_or_else(|| "loadbalancer".to_owned());
    let gateway = outbound.contains("natgateway");
    (pool.body.flag("windowsProfile.disableOutboundNat") && !gateway).then(|| {
        "windowsProfile.disableOutboundNat needs a NAT gateway; set networkProfile.outboundType of the cluster to \
         managedNATGateway or userAssignedNATGateway, or leave the translation on"
            .to_owned()
    })
}

/// Learn: api-server-authorized-ip-ranges.
fn public_nodes(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let ranges = !scene
        .cluster
        .list("apiServerAccessProfile.authorizedIPRanges")
        .is_empty();
    (pool.body.flag("enableNodePublicIP") && ranges).then(|| {
        "enableNodePublicIP does not go with apiServerAccessProfile.authorizedIPRanges of the cluster, because the nodes' \
         own addresses are not in them; set it to false, or empty the ranges"
            .to_owned()
    })
}

/// Learn: create-node-pools; reliability-availability-zones-configure.
fn basic_load_balancer(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    if !scene.cluster.is("networkProfile.loadBalancerSku", "basic") {
        return None;
    }
    let second = !scene.members.is_empty();
    let zonal = !pool.body.list("availabilityZones").is_empty();
    (second || zonal).then(|| {
        "networkProfile.loadBalancerSku basic takes one pool without zones; move the cluster to standard first"
            .to_owned()
    })
}

/// Whether the pools are in subnets of the user's.
pub(super) fn has_own_subnets(scene: &Scene<'_>) -> bool {
    let mut pools = scene.members.iter();
    pools.any(|pool| pool.body.get("vnetSubnetID").is_some())
}

/// Learn: egress-outboundtype.
fn managed_gateway(scene: &Scene<'_>) -> Option<String> {
    let managed = scene.cluster.is("networkProfile.outboundType", "managedNATGateway");
    (managed && has_own_subnets(scene)).then(|| {
        "networkProfile.outboundType managedNATGateway does not go with vnetSubnetID of its pools; use \
         userAssignedNATGateway with a gateway on the subnet, or remove vnetSubnetID"
            .to_owned()
    })
}

/// Learn: egress-outboundtype.
fn own_egress(scene: &Scene<'_>) -> Option<String> {
    let outbound = scene.cluster.text("networkProfile.outboundType")?;
    let (needs, what) = match outbound.as_str() {
        "userassignednatgateway" => ("userAssignedNATGateway", "a NAT gateway"),
        "userdefinedrouting" => ("userDefinedRouting", "a route table"),
        _ => return None,
    };
    (!has_own_subnets(scene)).then(|| {
        format!(
            "networkProfile.outboundType {needs} needs subnets of your own with {what}; set vnetSubnetID of every pool, \
             or use another outboundType"
        )
    })
}

/// Learn: api-server-vnet-integration.
fn api_server_subnet(scene: &Scene<'_>) -> Option<String> {
    let integrated = scene.cluster.flag("apiServerAccessProfile.enableVnetIntegration");
    let without = scene.cluster.get("apiServerAccessProfile.subnetId").is_none();
    (integrated && without && has_own_subnets(scene)).then(|| {
        "apiServerAccessProfile.enableVnetIntegration needs a subnet for the API server where the pools have subnets of \
         their own; set apiServerAccessProfile.subnetId"
            .to_owned()
    })
}
