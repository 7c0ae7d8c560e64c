//! Versions: floors, hops, skew, and who follows whom.

use serde_json::json;

use super::world::{World, cluster};

fn at_1_33(sys: &str, apps: &str) -> World {
    cluster("")
        .pool("sys", &format!("{{mode: System, {sys}}}"))
        .pool("apps", &format!("{{mode: User, {apps}}}"))
        .exists()
}

#[test]
fn the_control_plane_goes_first_and_the_pools_follow_one_by_one() {
    let mut world = at_1_33("", "").edit("kubernetesVersion: '1.34'");
    assert_eq!(
        world.run(),
        [
            "upgrade the control plane to 1.34",
            "upgrade pool sys to 1.34.5",
            "upgrade pool apps to 1.34.5",
        ]
    );
}

#[test]
fn every_minor_between_is_a_hop_of_its_own() {
    let mut world = at_1_33("", "versionPolicy: Manual").edit("kubernetesVersion: '1.35'");
    assert_eq!(
        world.run(),
        [
            "upgrade the control plane to 1.34",
            "upgrade pool sys to 1.34.5",
            "upgrade the control plane to 1.35",
            "upgrade pool sys to 1.35.5",
        ]
    );
}

#[test]
fn a_patch_of_the_control_plane_reaches_the_pools_that_follow() {
    let mut world = at_1_33("", "versionPolicy: Manual").edit("kubernetesVersion: '1.33.7'");
    assert_eq!(
        world.run(),
        ["upgrade the control plane to 1.33.7", "upgrade pool sys to 1.33.7"]
    );
}

#[test]
fn a_version_is_a_floor() {
    let world = at_1_33("", "").edit("kubernetesVersion: '1.32'");
    let plan = world.plan();
    assert_eq!(plan.steps, []);
    assert_eq!(plan.blockers, []);
    assert!(
        plan.advice[0].text.contains("is 1.33.5, ahead of the manifest"),
        "{:?}",
        plan.advice
    );
}

#[test]
fn a_pool_that_lags_moves_only_when_the_skew_makes_it() {
    let mut world = at_1_33("", "versionPolicy: Lag").edit("kubernetesVersion: '1.37'");
    let steps = world.run();
    let of_apps: Vec<&String> = steps.iter().filter(|step| step.contains("apps")).collect();
    assert_eq!(of_apps, ["upgrade pool apps to 1.34"]);
    let before = steps.iter().position(|step| step == "upgrade pool apps to 1.34");
    let plane = steps
        .iter()
        .position(|step| step == "upgrade the control plane to 1.37");
    assert!(before < plane, "{steps:?}");
}

#[test]
fn a_pool_that_goes_its_own_way_stops_the_climb_before_the_skew_breaks() {
    let mut world = at_1_33("", "versionPolicy: Manual").edit("kubernetesVersion: '1.37'");
    let steps = world.run();
    assert_eq!(steps.last().unwrap(), "upgrade pool sys to 1.36.5");
    assert_eq!(world.reasons(), ["SkewTooWide"]);
    let mut world = world.edit_pool("apps", "orchestratorVersion: '1.35'");
    assert_eq!(
        world.run()[..2],
        ["upgrade pool apps to 1.34", "upgrade pool apps to 1.35"],
        "its own floor moves it"
    );
}

#[test]
fn a_pool_that_is_only_looked_at_stops_the_climb_too() {
    let mut world = at_1_33("", "")
        .edit("kubernetesVersion: '1.37'")
        .edit_pool("apps", "managementPolicy: Observe");
    world.run();
    assert_eq!(world.reasons(), ["SkewTooWide"]);
}

#[test]
fn a_pool_is_never_newer_than_the_control_plane() {
    let world = at_1_33("", "").edit_pool("apps", "orchestratorVersion: '1.34'");
    assert_eq!(world.reasons(), ["PoolAheadOfControlPlane"]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn a_pool_newer_than_the_control_plane_is_made_once_the_control_plane_is_there() {
    let mut world = at_1_33("versionPolicy: Manual", "versionPolicy: Manual")
        .edit("kubernetesVersion: '1.34'")
        .pool("fresh", "{mode: User, orchestratorVersion: '1.34'}");
    assert_eq!(world.run(), ["upgrade the control plane to 1.34", "create pool fresh"]);
}

#[test]
fn a_cluster_that_upgrades_itself_goes_up_as_a_whole() {
    let mut world = at_1_33("", "versionPolicy: Manual").edit("autoUpgradeProfile: {upgradeChannel: stable}");
    world.run();
    let mut world = world.edit("kubernetesVersion: '1.34'");
    assert_eq!(world.run(), ["upgrade the control plane and all pools to 1.34"]);
}

#[test]
fn a_version_that_azure_does_not_offer_is_refused_before_anything_is_written() {
    let mut world = at_1_33("", "").edit("kubernetesVersion: '1.34.9'");
    world.facts.offered = Some(vec!["1.34.1".parse().unwrap(), "1.34.5".parse().unwrap()]);
    assert_eq!(world.reasons(), ["VersionNotOffered"]);
    assert_eq!(
        world.blockers()[0].to_string(),
        "Kubernetes 1.34.9 is not offered for this cluster, which runs 1.33.5; Azure offers 1.34.1, 1.34.5"
    );
    assert_eq!(world.next(), None);
    assert_eq!(
        world.edit("kubernetesVersion: '1.34'").next().unwrap(),
        "upgrade the control plane to 1.34"
    );
}

#[test]
fn a_long_term_version_that_azure_offers_is_reached_in_one_hop_but_never_past_the_skew() {
    let mut world = at_1_33("", "").edit("kubernetesVersion: '1.36'");
    world.facts.offered = Some(vec!["1.36.2".parse().unwrap(), "1.34.5".parse().unwrap()]);
    assert_eq!(world.next().unwrap(), "upgrade the control plane to 1.36");
    let mut world = world.edit("kubernetesVersion: '1.37'");
    world.facts.offered = Some(vec!["1.37.2".parse().unwrap(), "1.34.5".parse().unwrap()]);
    assert_eq!(world.next().unwrap(), "upgrade the control plane to 1.34");
}

#[test]
fn an_upgrade_that_failed_is_sent_again_and_takes_the_place_of_a_repeat() {
    let world = at_1_33("", "")
        .edit("kubernetesVersion: '1.34'")
        .portal(json!({"properties": {"provisioningState": "Failed", "kubernetesVersion": "1.34"}}));
    assert_eq!(world.next().unwrap(), "upgrade the control plane to 1.34");
    assert!(
        !world.steps().iter().any(|step| step.contains("resume")),
        "{:?}",
        world.steps()
    );
}

#[test]
fn behind_a_held_upgrade_the_later_ones_are_held_too() {
    let world = at_1_33("", "")
        .edit("{managementPolicy: Observe, kubernetesVersion: '1.35'}")
        .edit_pool("apps", "managementPolicy: Manage");
    assert!(
        world.plan().steps.iter().all(|planned| planned.hold.is_some()),
        "{:?}",
        world.steps()
    );
}
