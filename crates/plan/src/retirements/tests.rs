//! What is retired is told, and nothing new is made with it.

use std::fs;
use std::path::Path;

use super::{REASON, policy};
use crate::change::Target;
use crate::tests::world::{World, cluster};

fn at(day: &str, mut world: World) -> World {
    world.now = format!("{day}T12:00:00Z").parse().unwrap();
    world.facts.pools_unchanged_since = world.now - jiff::SignedDuration::from_hours(1);
    world
}

fn advice(world: &World) -> Vec<String> {
    world.plan().advice.into_iter().map(|advice| advice.text).collect()
}

#[test]
fn a_new_cluster_is_made_with_it_up_to_the_last_day_and_not_after() {
    let kubenet = || cluster("networkProfile: {networkPlugin: kubenet}").pool("sys", "mode: System");
    let world = at("2028-03-31", kubenet());
    assert_eq!(world.next().unwrap(), "create the cluster with pools sys");
    assert_eq!(
        advice(&world),
        [
            "networkProfile.networkPlugin kubenet is supported until 2028-03-31; use networkPlugin azure with \
          networkPluginMode overlay"
        ]
    );
    let world = at("2028-04-01", kubenet());
    assert_eq!(world.reasons(), [REASON]);
    assert_eq!(world.next(), None);
    assert_eq!(
        world.blockers()[0].to_string(),
        "networkProfile.networkPlugin kubenet has been out of support since 2028-03-31, and nothing new is made with it; \
         use networkPlugin azure with networkPluginMode overlay"
    );
}

/// Settings of a new cluster that AKS has retired or will, with what the advice says of them on 2028-12-01.
const RETIRED: [(&str, &str); 8] = [
    (
        "networkProfile: {networkPlugin: kubenet}",
        "networkProfile.networkPlugin kubenet has been out of support since 2028-03-31",
    ),
    (
        "networkProfile: {networkPolicy: azure, networkPlugin: azure}",
        "networkProfile.networkPolicy azure has been out of support since 2028-09-30",
    ),
    (
        "networkProfile: {loadBalancerSku: basic}",
        "networkProfile.loadBalancerSku basic has been out of support since 2025-09-30",
    ),
    (
        "aadProfile: {clientAppID: 00000000-0000-0000-0000-00000000000c, serverAppID: 00000000-0000-0000-0000-00000000000d}",
        "aadProfile with clientAppID and serverAppID (legacy Entra integration) has been out of support since 2023-12-01",
    ),
    (
        "podIdentityProfile: {enabled: true}",
        "podIdentityProfile has been out of support since 2025-09-30",
    ),
    (
        "addonProfiles: {httpApplicationRouting: {enabled: true}}",
        "addonProfiles.httpApplicationRouting has been out of support since 2025-03-03",
    ),
    (
        "addonProfiles: {openServiceMesh: {enabled: true}}",
        "addonProfiles.openServiceMesh has been out of support since 2027-09-30",
    ),
    (
        "addonProfiles: {omsagent: {enabled: true}}",
        "addonProfiles.omsagent without useAADAuth (legacy authentication of Container insights) has been out of support \
         since 2026-09-30",
    ),
];

#[test]
fn no_new_cluster_is_made_with_what_is_retired_and_the_date_is_told() {
    for (spec, told) in RETIRED {
        let new = at("2028-12-01", cluster(spec).pool("sys", "mode: System"));
        assert_eq!(new.next(), None, "{spec}");
        let refused = new.blockers().into_iter().map(|blocker| blocker.to_string());
        let refused: Vec<String> = refused.filter(|text| text.starts_with(told)).collect();
        assert_eq!(refused.len(), 1, "{spec}: {:?}", new.blockers());
        assert!(
            advice(&new).iter().any(|text| text.starts_with(told)),
            "{spec}: {:?}",
            advice(&new)
        );
    }
}

#[test]
fn a_cluster_that_has_it_goes_on_and_the_date_is_told() {
    for (spec, told) in RETIRED {
        let made = at("2023-11-01", cluster(spec).pool("sys", "mode: System")).exists();
        let there = at("2028-12-01", made);
        assert!(!there.reasons().contains(&REASON), "{spec}: {:?}", there.blockers());
        assert!(
            advice(&there).iter().any(|text| text.starts_with(told)),
            "{spec}: {:?}",
            advice(&there)
        );
    }
}

#[test]
fn windows_server_2019_gets_no_new_pool_after_its_last_day() {
    let world = || {
        cluster("{kubernetesVersion: '1.32', windowsProfile: {adminUsername: azureuser}}")
            .pool("sys", "mode: System")
            .pool("win", "{mode: User, osType: Windows, osSKU: Windows2019}")
    };
    let told = |world: &World| advice(world).iter().any(|text| text.starts_with("osSKU Windows2019 "));
    let last = at("2026-03-01", world());
    assert!(
        !last.reasons().contains(&REASON) && told(&last),
        "{:?}",
        last.blockers()
    );
    let after = at("2026-03-02", world());
    assert_eq!((after.reasons(), told(&after)), (vec![REASON], true));
    assert_eq!(after.next().unwrap(), "create the cluster with pools sys");
}

#[test]
fn a_service_principal_is_told_and_made_because_azure_names_no_date() {
    let world = cluster("servicePrincipalProfile: {clientId: 00000000-0000-0000-0000-00000000000e}")
        .pool("sys", "mode: System");
    assert!(!world.reasons().contains(&REASON));
    assert!(advice(&world)[0].starts_with("servicePrincipalProfile is a legacy setting; use a managed identity"));
}

#[test]
fn a_new_pool_is_held_alone() {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .pool("old", "{mode: User, type: AvailabilitySet}");
    assert_eq!(world.run(), ["create the cluster with pools sys"]);
    assert_eq!(world.blockers()[0].target(), Target::Pool("old".into()));
    assert_eq!(world.reasons(), [REASON]);
}

#[test]
fn what_exists_goes_on_and_is_told_the_dates() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal(serde_json::json!({"properties": {"networkProfile": {"loadBalancerSku": "Basic"}}}))
        .portal_pool("sys", serde_json::json!({"osSKU": "CBLMariner"}));
    assert_eq!(world.reasons(), [""; 0]);
    assert_eq!(
        advice(&world),
        [
            "networkProfile.loadBalancerSku basic has been out of support since 2025-09-30; use loadBalancerSku standard",
            "osSKU CBLMariner (Azure Linux 2.0) has been out of support since 2025-11-30 and was removed on 2026-03-31; \
             use AzureLinux or AzureLinux3",
        ]
    );
}

#[test]
fn what_is_merely_old_is_told_and_made() {
    let world = cluster("autoUpgradeProfile: {upgradeChannel: node-image}").pool("sys", "mode: System");
    assert_eq!(world.reasons(), [""; 0]);
    assert!(advice(&world)[0].contains("upgradeChannel node-image is a legacy setting; use"));
}

/// `make warnings` runs this with the variable set.
#[test]
fn the_charts_warnings_are_those_of_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/armature/files/retirement-warnings.yaml");
    if std::env::var_os("ARMATURE_WRITE_WARNINGS").is_some() {
        fs::write(&file, policy::text()).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&file).unwrap_or_default(),
        policy::text(),
        "run `make warnings`"
    );
}
