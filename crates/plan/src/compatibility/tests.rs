//! For every rule the smallest worlds that it lets through and that it stops.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{OtherPool, reasons};
use crate::blocker::Blocker;
use crate::change::Target;
use crate::tests::world::{World, cluster};

struct Case {
    reason: &'static str,
    accepted: World,
    refused: World,
}

fn case(reason: &'static str, accepted: World, refused: World) -> Case {
    Case {
        reason,
        accepted,
        refused,
    }
}

fn subnet(network: &str, name: &str) -> String {
    format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{name}")
}

/// A cluster with this network profile and a System pool with these fields.
fn network(profile: &str, system: &str) -> World {
    cluster(&format!("networkProfile: {{{profile}}}")).pool("sys", &format!("{{mode: System, {system}}}"))
}

/// A cluster that exists, with a System pool.
fn made(profile: &str) -> World {
    network(profile, "").exists()
}

fn in_azure(world: World, properties: Value) -> World {
    world.portal(json!({ "properties": properties }))
}

fn windows(profile: &str) -> World {
    let azure = json!({ "windowsProfile": { "adminUsername": "azureuser" } });
    in_azure(made(profile), azure).pool("win", "{mode: User, osType: Windows}")
}

fn cases() -> Vec<Case> {
    [networks(), subnets(), machines(), limits(), changes()]
        .into_iter()
        .flatten()
        .collect()
}

fn networks() -> Vec<Case> {
    let gateway = "mode: Gateway";
    let nat = |profile: &str| windows(profile).edit_pool("win", "windowsProfile: {disableOutboundNat: true}");
    let public = |ranges: &str| {
        cluster(&format!("apiServerAccessProfile: {{authorizedIPRanges: {ranges}}}"))
            .pool("sys", "{mode: System, enableNodePublicIP: true}")
    };
    let balanced = |sku: &str| in_azure(made(""), json!({"networkProfile": {"loadBalancerSku": sku}}));
    let egress = |outbound: &str, pool: &str| network(&format!("outboundType: {outbound}"), pool);
    let own = format!("vnetSubnetID: {}", subnet("hub", "nodes"));
    let integrated = |more: &str| {
        cluster(&format!(
            "apiServerAccessProfile: {{enableVnetIntegration: true{more}}}"
        ))
        .pool("sys", &format!("{{mode: System, {own}}}"))
    };
    let mut npm_gone = windows("networkPolicy: azure");
    npm_gone.now = "2026-10-01T00:00:00Z".parse().unwrap();
    vec![
        case(
            "WindowsNeedsProfile",
            windows("networkPlugin: azure"),
            made("networkPlugin: azure").pool("win", "{mode: User, osType: Windows}"),
        ),
        case(
            "WindowsNeedsAzureNetwork",
            windows("networkPlugin: azure"),
            windows("networkPlugin: kubenet"),
        ),
        case(
            "WindowsNeedsAzureNetwork",
            windows("networkPlugin: azure"),
            windows("networkPlugin: azure, networkPluginMode: overlay, networkDataplane: cilium"),
        ),
        case("WindowsNetworkPolicyRetired", windows("networkPolicy: azure"), npm_gone),
        case(
            "GatewayNeedsStaticEgress",
            made("staticEgressGatewayProfile: {enabled: true}").pool("gate", gateway),
            made("networkPlugin: azure").pool("gate", gateway),
        ),
        case(
            "OutboundNatNeedsGateway",
            nat("outboundType: managedNATGateway"),
            nat("outboundType: loadBalancer"),
        ),
        case(
            "PublicNodesWithAuthorizedRanges",
            public("[]"),
            public("[192.0.2.0/24]"),
        ),
        case(
            "BasicLoadBalancerHasOnePool",
            balanced("standard").pool("apps", "mode: User"),
            balanced("basic").pool("apps", "mode: User"),
        ),
        case(
            "ManagedGatewayInOwnSubnet",
            egress("managedNATGateway", ""),
            egress("managedNATGateway", &own),
        ),
        case(
            "EgressNeedsOwnSubnet",
            egress("userDefinedRouting", &own),
            egress("userDefinedRouting", ""),
        ),
        case(
            "EgressNeedsOwnSubnet",
            egress("userAssignedNATGateway", &own),
            egress("userAssignedNATGateway", ""),
        ),
        case(
            "ApiServerNeedsSubnet",
            integrated(&format!(", subnetId: {}", subnet("hub", "api"))),
            integrated(""),
        ),
    ]
}

fn other(kubenet: bool) -> OtherPool {
    OtherPool {
        cluster: "team/other".to_owned(),
        pool: "team/apps".to_owned(),
        created_at: None,
        exists: true,
        kubenet,
        nodes: Some(subnet("hub", "nodes").to_ascii_lowercase()),
        pods: Some(subnet("hub", "pods").to_ascii_lowercase()),
        blocks: true,
    }
}

fn beside(mut world: World, other: OtherPool) -> World {
    world.facts.elsewhere = vec![other];
    world
}

fn subnets() -> Vec<Case> {
    let nodes = |network: &str| format!("vnetSubnetID: {}", subnet(network, "nodes"));
    let own = || network("networkPlugin: azure", &nodes("hub")).exists();
    let apps = |fields: &str| format!("{{mode: User, {fields}}}");
    let pods = |mode: &str| {
        format!(
            "{}, podSubnetID: {}, podIPAllocationMode: {mode}",
            nodes("hub"),
            subnet("hub", "pods")
        )
    };
    let kubenet = || network("networkPlugin: kubenet", &nodes("Hub"));
    let mut older = other(true);
    older.exists = false;
    older.created_at = "2026-08-02T00:00:00Z".parse().ok();
    vec![
        case(
            "SubnetsInTwoNetworks",
            own().pool("apps", &apps(&nodes("HUB"))),
            own().pool("apps", &apps(&nodes("spoke"))),
        ),
        case(
            "SubnetsAllOrNone",
            own().pool("apps", &apps(&nodes("hub"))),
            own().pool("apps", "mode: User"),
        ),
        case(
            "SubnetsAllOrNone",
            made("networkPlugin: azure").pool("apps", "mode: User"),
            made("networkPlugin: azure").pool("apps", &apps(&nodes("hub"))),
        ),
        case(
            "PodSubnetNeedsFlatNetwork",
            network("networkPlugin: azure", &pods("StaticBlock")),
            network("networkPlugin: azure, networkPluginMode: overlay", &pods("StaticBlock")),
        ),
        case(
            "CiliumNeedsAddresses",
            network("networkPlugin: azure, networkDataplane: cilium", &pods("StaticBlock")),
            network("networkPlugin: azure, networkDataplane: cilium", ""),
        ),
        case(
            "SubnetOfApiServer",
            own().pool("apps", &apps(&nodes("hub"))),
            in_azure(
                own(),
                json!({"apiServerAccessProfile": {"subnetId": subnet("hub", "nodes")}}),
            )
            .pool("apps", &apps(&nodes("hub"))),
        ),
        case(
            "PodSubnetInTwoModes",
            network("networkPlugin: azure", &pods("StaticBlock")).pool("apps", &apps(&pods("StaticBlock"))),
            network("networkPlugin: azure", &pods("StaticBlock")).pool("apps", &apps(&pods("DynamicIndividual"))),
        ),
        case(
            "PodSubnetInTwoModes",
            beside(network("networkPlugin: azure", &pods("StaticBlock")), other(false)),
            beside(
                network("networkPlugin: azure", &pods("DynamicIndividual")),
                other(false),
            ),
        ),
        case(
            "KubenetSubnetShared",
            beside(kubenet(), other(false)),
            beside(kubenet(), other(true)),
        ),
        case(
            "KubenetSubnetShared",
            beside(kubenet(), older),
            beside(kubenet(), other(true)),
        ),
    ]
}

fn machines() -> Vec<Case> {
    let zonal = |location: &str| {
        cluster(&format!("location: {location}")).pool("sys", "{mode: System, availabilityZones: ['1']}")
    };
    let pinned = |version: &str, fields: &str| {
        cluster(&format!("kubernetesVersion: '{version}'")).pool("sys", &format!("{{mode: System, {fields}}}"))
    };
    let upgrade = |to: &str| {
        pinned("1.35", "osSKU: Ubuntu2204")
            .exists()
            .edit(&format!("kubernetesVersion: '{to}'"))
    };
    vec![
        case("RegionWithoutZones", zonal("westeurope"), zonal("West US")),
        case(
            "OsSkuOutsideItsVersions",
            pinned("1.36.1", "osSKU: Ubuntu2204"),
            pinned("1.37", "osSKU: Ubuntu2204"),
        ),
        case(
            "OsSkuOutsideItsVersions",
            pinned("1.34", "osSKU: AzureContainerLinux"),
            pinned("1.33", "osSKU: AzureContainerLinux"),
        ),
        case(
            "SettingNeedsNewerVersion",
            pinned("1.31", "localDNSProfile: {mode: Required}"),
            pinned("1.30", "localDNSProfile: {mode: Required}"),
        ),
        case("OsSkuLeavesItsVersions", upgrade("1.36"), upgrade("1.37")),
    ]
}

fn limits() -> Vec<Case> {
    let count = |profile: &str, count: i32| network(profile, &format!("count: {count}"));
    let pools = |number: usize| {
        (1..number).fold(cluster("").pool("sys", "mode: System"), |world, index| {
            world.pool(&format!("p{index}"), "mode: User")
        })
    };
    let overlay = |range: &str| count(&format!("networkPlugin: azure, networkPluginMode: overlay{range}"), 300);
    vec![
        case("TooManyPools", pools(100), pools(101)),
        case(
            "TooManyNodes",
            count("networkPlugin: kubenet", 400),
            count("networkPlugin: kubenet", 401),
        ),
        case("PodRangeTooSmall", overlay(", podCidr: 10.128.0.0/15"), overlay("")),
    ]
}

fn changes() -> Vec<Case> {
    let moved = |own: bool, from: &str, to: &str| {
        let nodes = format!("vnetSubnetID: {}", subnet("hub", "nodes"));
        network(&format!("outboundType: {from}"), if own { &nodes } else { "" })
            .exists()
            .edit(&format!("networkProfile: {{outboundType: {to}}}"))
    };
    let provisioned = |world: World| in_azure(world, json!({"nodeProvisioningProfile": {"mode": "Auto"}}));
    let egress = || made("staticEgressGatewayProfile: {enabled: true}");
    let gateway = || egress().pool("gate", "mode: Gateway");
    let off = "networkProfile: {staticEgressGatewayProfile: {enabled: false}}";
    let stopped = |world: World| world.edit("powerState: {code: Stopped}");
    let gateway_made = || {
        let mut world = gateway();
        world.run();
        world
    };
    let with_windows = |world: World| world.portal_pool("sys", json!({"osType": "Windows"}));
    let profile = |fields: &str| format!("networkProfile: {{{fields}}}");
    let cilium = profile("networkDataplane: cilium");
    let mut npm = with_windows(made("networkPlugin: azure")).edit(&profile("networkPolicy: azure"));
    let npm_lives = npm.clone();
    npm.now = "2026-10-01T00:00:00Z".parse().unwrap();
    let ranges = "apiServerAccessProfile: {authorizedIPRanges: [192.0.2.0/24]}";
    let public = |on: bool| made("networkPlugin: azure").portal_pool("sys", json!({"enableNodePublicIP": on}));
    let rolled_back = |channel: &str| {
        made("networkPlugin: azure")
            .portal_pool(
                "sys",
                json!({"nodeImageVersion": "AKSUbuntu-2404gen2containerd-202611.09.0"}),
            )
            .edit(&format!("autoUpgradeProfile: {{upgradeChannel: {channel}}}"))
            .edit_pool("sys", "nodeImageVersion: AKSUbuntu-2404gen2containerd-202610.14.0")
    };
    vec![
        case(
            "OutboundTypeCannotMove",
            moved(false, "loadBalancer", "managedNATGateway"),
            moved(false, "managedNATGateway", "loadBalancer"),
        ),
        case(
            "OutboundTypeCannotMove",
            moved(true, "userDefinedRouting", "loadBalancer"),
            moved(true, "userDefinedRouting", "managedNATGateway"),
        ),
        case(
            "OutboundTypeCannotMove",
            moved(false, "loadBalancer", "none"),
            provisioned(moved(false, "loadBalancer", "none")),
        ),
        case(
            "CiliumHasWindowsPools",
            made("networkPlugin: azure").edit(&cilium),
            with_windows(made("networkPlugin: azure")).edit(&cilium),
        ),
        case(
            "CiliumHasWindowsPools",
            with_windows(made("networkPlugin: azure")).edit(&profile("networkPolicy: calico")),
            with_windows(made("networkPlugin: azure")).edit(&profile("networkPolicy: cilium")),
        ),
        case("RetiredPolicyHasWindowsPools", npm_lives, npm),
        case(
            "AuthorizedRangesHavePublicNodes",
            public(false).edit(ranges),
            public(true).edit(ranges),
        ),
        case("StaticEgressHasGateways", egress().edit(off), gateway_made().edit(off)),
        case(
            "NodesProvisionedByAzure",
            stopped(made("networkPlugin: azure")),
            stopped(provisioned(made("networkPlugin: azure"))),
        ),
        case(
            "StopNeedsScaleSets",
            stopped(made("networkPlugin: azure")),
            stopped(made("networkPlugin: azure").portal_pool("sys", json!({"type": "VirtualMachines"}))),
        ),
        case("RollbackNeedsChannelNone", rolled_back("none"), rolled_back("stable")),
    ]
}

#[test]
fn every_rule_lets_its_smallest_world_through_and_stops_the_other() {
    for Case {
        reason,
        accepted,
        refused,
    } in cases()
    {
        assert_eq!(accepted.reasons(), [""; 0], "{reason}: {:?}", accepted.blockers());
        assert_eq!(refused.reasons(), [reason], "{:?}", refused.blockers());
        let says = refused.blockers()[0].to_string();
        assert!(says.contains("; ") && !says.ends_with('.'), "{says}");
    }
}

#[test]
fn every_rule_has_a_case() {
    let cases = cases();
    let covered: BTreeSet<&str> = cases.iter().map(|case| case.reason).collect();
    let known: BTreeSet<&str> = reasons().collect();
    assert_eq!(known, covered);
    assert_eq!(known.len(), reasons().count(), "a reason names one rule");
}

#[test]
fn a_pool_that_does_not_fit_leaves_the_others_alone() {
    let mut world = cluster("")
        .pool("win", "{mode: User, osType: Windows}")
        .pool("sys", "mode: System")
        .pool("apps", "mode: User");
    assert_eq!(world.run(), ["create the cluster with pools sys, apps"]);
    let [Blocker::Incompatible { target, .. }] = &world.blockers()[..] else {
        panic!("{:?}", world.blockers());
    };
    assert_eq!(*target, Target::Pool("win".into()));
}

#[test]
fn the_system_pool_stays_where_two_do_not_go_together() {
    let nodes = |network: &str, mode: &str| format!("{{mode: {mode}, vnetSubnetID: {}}}", subnet(network, "nodes"));
    let world = cluster("")
        .pool("apps", &nodes("spoke", "User"))
        .pool("sys", &nodes("hub", "System"));
    assert_eq!(world.steps(), ["create the cluster with pools sys"]);
}

#[test]
fn a_change_that_is_ruled_out_leaves_the_others_alone() {
    let world = made("outboundType: managedNATGateway")
        .edit("{networkProfile: {outboundType: loadBalancer}, disableLocalAccounts: true}");
    assert_eq!(world.steps(), ["update disableLocalAccounts"]);
}

#[test]
fn an_operating_system_holds_its_own_pool_only() {
    let world = cluster("kubernetesVersion: '1.36'")
        .pool("sys", "mode: System")
        .pool("apps", "{mode: User, osSKU: Ubuntu2204}")
        .exists()
        .edit("kubernetesVersion: '1.37'");
    assert_eq!(
        world.steps(),
        ["upgrade the control plane to 1.37", "upgrade pool sys to 1.37"]
    );
}

#[test]
fn what_exists_is_not_judged_again() {
    let world = made("networkPlugin: azure")
        .pool("apps", "mode: User")
        .exists()
        .portal_pool("apps", json!({"osType": "Windows"}));
    assert_eq!(world.reasons(), [""; 0]);
}
