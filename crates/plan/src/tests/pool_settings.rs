//! Settings of pools that are more than a value beside another.

use serde_json::json;

use super::world::cluster;
use crate::effect::Effect;

#[test]
fn sizes_of_machines_are_one_value_and_another_size_replaces_machines() {
    let mut world = cluster("").pool("sys", "mode: System").exists().pool(
        "vms",
        "{mode: User, type: VirtualMachines, virtualMachinesProfile: {scale: {manual: [{size: Standard_D4s_v5, count: 2}]}}}",
    );
    assert_eq!(world.run(), ["create pool vms"]);
    let scale = json!({"virtualMachinesProfile": {"scale": {
        "manual": [{"size": "standard_d4s_v5", "count": 2}], "autoscale": [],
    }}});
    let world = world.portal_pool("vms", scale);
    assert_eq!(world.steps(), [""; 0], "casing and empty lists are Azure's");
    for (entry, effect) in [
        ("{size: Standard_D4s_v5, count: 3}", Effect::InPlace),
        ("{size: Standard_D4s_v5, count: 1}", Effect::NodeRemoval),
        ("{size: Standard_D8s_v5, count: 2}", Effect::RollingReplace),
    ] {
        let world = world.clone().edit_pool(
            "vms",
            &format!("virtualMachinesProfile: {{scale: {{manual: [{entry}]}}}}"),
        );
        assert_eq!(world.steps(), ["update virtualMachinesProfile.scale of pool vms"]);
        assert_eq!(world.plan().steps[0].step.effect(), effect, "{entry}");
    }
}

#[test]
fn a_dns_zone_is_filled_up_by_azure_and_goes_with_the_manifest() {
    let world = cluster("")
        .pool(
            "sys",
            "{mode: System, localDNSProfile: {mode: Required, vnetDNSOverrides: {corp.example: {protocol: ForceTCP}, .: {queryLogging: Log}}}}",
        )
        .exists();
    let mut world = world.portal_pool(
        "sys",
        json!({"localDNSProfile": {"vnetDNSOverrides": {
            "corp.example": {"maxConcurrent": 1000}, "cluster.local": {"protocol": "ForceTCP"},
        }}}),
    );
    assert_eq!(world.run(), [""; 0], "what Azure adds is Azure's");
    let mut world = world.edit_pool(
        "sys",
        "localDNSProfile: {vnetDNSOverrides: {corp.example: {protocol: PreferUDP}}}",
    );
    assert_eq!(
        world.run(),
        ["update localDNSProfile.vnetDNSOverrides[corp.example] of pool sys"]
    );
    let live = world.live.clone().unwrap();
    let zone = &live["properties"]["agentPoolProfiles"][0]["localDNSProfile"]["vnetDNSOverrides"]["corp.example"];
    assert_eq!(zone, &json!({"protocol": "PreferUDP", "maxConcurrent": 1000}));
    let world = world.edit_pool(
        "sys",
        "localDNSProfile: {vnetDNSOverrides: {corp.example: null, .: null}}",
    );
    assert_eq!(
        world.steps(),
        ["update localDNSProfile.vnetDNSOverrides[corp.example] of pool sys"],
        "the zone of all names is Azure's again and stays"
    );
}

#[test]
fn a_windows_pool_takes_fips_only_when_it_is_made() {
    let world = |os: &str| {
        cluster("")
            .pool("sys", "mode: System")
            .pool("apps", "mode: User")
            .exists()
            .portal_pool("apps", json!({ "osType": os }))
            .edit_pool("apps", "enableFIPS: true")
    };
    assert_eq!(world("Linux").steps(), ["update enableFIPS of pool apps"]);
    assert_eq!(world("Windows").reasons(), ["ReplacementRequired"]);
}

#[test]
fn what_a_spot_pool_is_made_with_is_fixed() {
    let world = cluster("").pool("sys", "mode: System").pool(
        "spot",
        "{mode: User, scaleSetPriority: Spot, scaleSetEvictionPolicy: Delete, spotMaxPrice: 0.5}",
    );
    let world = world.exists();
    for edit in [
        "scaleSetPriority: Regular",
        "scaleSetEvictionPolicy: Deallocate",
        "spotMaxPrice: 1.5",
    ] {
        assert_eq!(
            world.clone().edit_pool("spot", edit).reasons(),
            ["ReplacementRequired"],
            "{edit}"
        );
    }
}

#[test]
fn a_pool_without_a_mode_is_a_user_pool() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .pool("apps", "count: 1")
        .exists();
    let live = world.live.unwrap();
    assert_eq!(live["properties"]["agentPoolProfiles"][1]["mode"], json!("User"));
}

#[test]
fn empty_labels_of_a_new_pool_are_an_empty_map_to_azure() {
    let mut world = cluster("").pool("sys", "{mode: System, nodeLabels: {}}");
    world.run();
    let live = world.live.unwrap();
    assert_eq!(live["properties"]["agentPoolProfiles"][0]["nodeLabels"], json!({}));
}
