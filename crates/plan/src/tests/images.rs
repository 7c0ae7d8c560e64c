//! Node images: a rollback acts once, what Azure does later stays.

use serde_json::json;

use super::azure::SNAPSHOT_VERSION;
use super::world::{World, cluster};

const OLD: &str = "AKSUbuntu-2404gen2containerd-202610.14.0";
const NEW: &str = "AKSUbuntu-2404gen2containerd-202611.09.0";

/// A pool that runs an image Azure gave it.
fn upgraded() -> World {
    cluster("")
        .pool("sys", "mode: System")
        .pool("apps", "mode: User")
        .exists()
        .portal_pool("apps", json!({ "nodeImageVersion": NEW }))
}

#[test]
fn an_edit_rolls_the_pool_back_once() {
    let mut world = upgraded().edit_pool("apps", &format!("nodeImageVersion: {OLD}"));
    assert_eq!(world.run(), ["update nodeImageVersion of pool apps"]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn an_image_that_azure_took_further_since_is_reported_and_not_undone() {
    let mut world = upgraded().edit_pool("apps", &format!("nodeImageVersion: {OLD}"));
    world.run();
    assert_eq!(world.pass(), None, "the rollback is on record");
    let world = world.portal_pool("apps", json!({ "nodeImageVersion": NEW }));
    assert_eq!(world.steps(), [""; 0]);
    let advice = &world.plan().advice[0].text;
    assert!(advice.contains(NEW) && advice.contains("not undone"), "{advice}");
    assert_eq!(
        world.lose_status().steps(),
        [""; 0],
        "nor from a rebuilt management cluster"
    );
}

#[test]
fn a_new_pool_has_no_image_to_go_back_to() {
    let mut world = cluster("").pool("sys", &format!("{{mode: System, nodeImageVersion: {OLD}}}"));
    assert_eq!(world.run(), ["create the cluster with pools sys"]);
    let live = world.live.clone().unwrap();
    assert!(
        live["properties"]["agentPoolProfiles"][0]
            .get("nodeImageVersion")
            .is_none()
    );
    let mut world = world.portal_pool("sys", json!({ "nodeImageVersion": NEW }));
    assert_eq!(world.run(), [""; 0]);
}

#[test]
fn a_rollback_takes_the_version_down_with_the_image_and_the_pool_stays_there() {
    let mut world = upgraded().edit("kubernetesVersion: '1.34'");
    world.run();
    let mut world = world.edit_pool(
        "apps",
        &format!("{{nodeImageVersion: {OLD}, orchestratorVersion: 1.33.5}}"),
    );
    assert_eq!(
        world.run(),
        ["update nodeImageVersion, orchestratorVersion of pool apps"],
        "and no upgrade behind the control plane"
    );
    let live = world.live.clone().unwrap();
    assert_eq!(
        live["properties"]["agentPoolProfiles"][1]["currentOrchestratorVersion"],
        json!("1.33.5")
    );
    let mut world = world.edit_pool("apps", "nodeImageVersion: null");
    assert_eq!(
        world.run(),
        ["upgrade pool apps to 1.34.5"],
        "without the field it follows again"
    );
}

#[test]
fn a_floor_without_a_patch_takes_back_the_image_alone() {
    let mut world = upgraded().edit("kubernetesVersion: '1.34'");
    world.run();
    let world = world.edit_pool(
        "apps",
        &format!("{{nodeImageVersion: {OLD}, orchestratorVersion: '1.33'}}"),
    );
    assert_eq!(world.steps(), ["update nodeImageVersion of pool apps"]);
}

#[test]
fn a_snapshot_makes_the_pool_and_an_upgrade_leaves_it_behind() {
    let snapshot = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/snapshots/one";
    let mut world = cluster("").pool("sys", "mode: System").exists().pool(
        "apps",
        &format!("{{mode: User, versionPolicy: Manual, creationData: {{sourceResourceId: {snapshot}}}}}"),
    );
    assert_eq!(world.run(), ["create pool apps"]);
    assert_eq!(world.steps(), [""; 0]);
    let world = world.portal_pool("apps", json!({ "creationData": null }));
    assert_eq!(world.steps(), [""; 0]);
    let other = snapshot.replace("one", "two");
    let world = world.edit_pool("apps", &format!("creationData: {{sourceResourceId: {other}}}"));
    assert_eq!(world.steps(), ["update creationData.sourceResourceId of pool apps"]);
}

#[test]
fn a_pool_from_a_snapshot_has_its_version_unless_the_manifest_names_one() {
    let made = |spec: &str| {
        let snapshot = "creationData: {sourceResourceId: /snapshots/one}";
        let mut world = cluster("")
            .pool("sys", "mode: System")
            .exists()
            .pool("apps", &format!("{{mode: User, {spec}, {snapshot}}}"));
        let steps = world.run();
        let live = world.live.unwrap();
        let version = live["properties"]["agentPoolProfiles"][1]["currentOrchestratorVersion"].clone();
        (steps, version)
    };
    let create = || "create pool apps".to_owned();
    assert_eq!(made("versionPolicy: Manual"), (vec![create()], json!(SNAPSHOT_VERSION)));
    assert_eq!(
        made("versionPolicy: Manual, orchestratorVersion: 1.33.5"),
        (vec![create()], json!("1.33.5"))
    );
    let follows = vec![create(), "upgrade pool apps to 1.33.5".to_owned()];
    assert_eq!(made("versionPolicy: Follow"), (follows, json!("1.33.5")));
}
