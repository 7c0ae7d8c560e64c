//! A cluster that does not exist yet.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;

use super::world::{World, cluster};
use crate::blocker::Wait;
use crate::change::Target;

#[test]
fn nothing_is_created_without_a_system_pool() {
    let world = cluster("").pool("apps", "mode: User");
    assert_eq!(world.steps(), [""; 0]);
    assert_eq!(world.waits(), [Wait::WaitingForSystemPool { cluster: "prod".into() }]);
}

#[test]
fn a_cluster_is_created_with_all_its_pools_and_then_nothing_is_left() {
    let mut world = cluster("tags: {team: core}")
        .pool("sys", "mode: System")
        .pool("apps", "mode: User");
    assert_eq!(world.run(), ["create the cluster with pools sys, apps"]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn a_create_waits_until_the_set_of_pools_is_quiet() {
    let mut world = cluster("").pool("sys", "mode: System");
    world.facts.pools_unchanged_since = world.now - SignedDuration::from_secs(4);
    let plan = world.plan();
    assert_eq!(plan.steps, []);
    assert_eq!(plan.waits, [Wait::PoolSetSettling]);
    assert_eq!(plan.look_again, Some(SignedDuration::from_secs(6)));
    assert_eq!(world.later(6).next().unwrap(), "create the cluster with pools sys");
}

#[test]
fn a_missing_resource_group_blocks_unless_it_may_be_made() {
    let mut world = cluster("").pool("sys", "mode: System");
    world.facts.resource_group = Some(false);
    assert_eq!(world.reasons(), ["ResourceGroupMissing"]);
    assert_eq!(world.next(), None);
    let mut world = world.edit("resourceGroupPolicy: Create");
    assert_eq!(
        world.run(),
        ["create the resource group", "create the cluster with pools sys"]
    );
}

#[test]
fn a_pool_that_trails_on_purpose_is_made_after_the_cluster_at_its_own_version() {
    let mut world = cluster("").pool("sys", "mode: System").pool(
        "old",
        "{mode: User, orchestratorVersion: '1.32', versionPolicy: Manual}",
    );
    assert_eq!(world.run(), ["create the cluster with pools sys", "create pool old"]);
    let live = world.live.unwrap();
    assert_eq!(
        live["properties"]["agentPoolProfiles"][1]["currentOrchestratorVersion"],
        json!("1.32.5")
    );
}

#[test]
fn a_floor_that_the_clusters_version_meets_keeps_no_pool_out_of_the_create() {
    for (plane, floor) in [
        ("1.33.4", "1.33"),
        ("1.33", "1.33.2"),
        ("1.33", "1.32"),
        ("v1.33", "1.33"),
    ] {
        let world = cluster(&format!("kubernetesVersion: '{plane}'"))
            .pool("sys", &format!("{{mode: System, orchestratorVersion: '{floor}'}}"));
        assert_eq!(
            world.next().unwrap(),
            "create the cluster with pools sys",
            "{plane} {floor}"
        );
    }
}

#[test]
fn a_pool_newer_than_its_cluster_is_refused_before_anything_is_created_with_it() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .pool("new", "{mode: User, orchestratorVersion: '1.34'}");
    assert_eq!(world.reasons(), ["PoolAheadOfControlPlane"]);
    assert_eq!(world.steps(), ["create the cluster with pools sys"]);
}

#[test]
fn two_objects_for_one_pool_make_one_pool() {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .pool("twin", "{mode: System, azureName: sys}");
    assert_eq!(world.reasons(), ["DuplicatePool"]);
    assert_eq!(world.run(), ["create the cluster with pools sys"]);
    assert_eq!(world.reasons(), ["DuplicatePool"]);
}

#[test]
fn a_cluster_that_vanished_is_never_made_a_second_time() {
    let mut world = cluster("").pool("sys", "mode: System").exists();
    world.live = None;
    assert_eq!(world.reasons(), ["ClusterVanished"]);
    assert_eq!(world.next(), None);
}

/// Azure has no cluster any more, a pass sees that, and then somebody makes the same one under its name.
fn made_anew(mut world: World) -> World {
    let before = world.live.take();
    assert_eq!(world.pass(), None);
    world.live = before;
    let world = world.portal(json!({"tags": {"armature-owner": null}}));
    world.portal_pool("sys", json!({"tags": {"armature-owner": null}}))
}

#[test]
fn a_cluster_that_somebody_made_anew_under_the_name_is_not_taken_over_from_old_records() {
    let world = made_anew(cluster("").pool("sys", "mode: System").exists());
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
    let asked = world.edit("adoptionPolicy: AfterPlan");
    assert_eq!(
        asked.steps()[0],
        "put the ownership tag on the cluster [AwaitingApproval]"
    );
    assert_eq!(asked.next(), None);
}

#[test]
fn records_stay_while_a_create_is_on_its_way() {
    let mut world = cluster("").pool("sys", "mode: System").exists();
    let before = world.applied();
    world.live = None;
    world.facts.running = BTreeSet::from([Target::Cluster]);
    assert_eq!(world.applied(), before);
    assert_eq!(world.reasons(), [""; 0], "it has not vanished");
}

#[test]
fn a_pool_that_somebody_made_anew_under_the_name_is_not_taken_over_from_old_records() {
    let mut world = cluster("driftPolicy: Report")
        .pool("sys", "mode: System")
        .pool("apps", "mode: User")
        .exists();
    let before = world.live.clone();
    let profiles = &mut world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"];
    profiles.as_array_mut().unwrap().retain(|pool| pool["name"] != "apps");
    assert_eq!(world.in_doubt(), ["apps"]);
    world.facts.pools_absent = BTreeSet::from(["apps".to_owned()]);
    world.pass();
    assert_eq!(
        world.steps(),
        ["create pool apps again [DriftReported]"],
        "that it was there once stays known"
    );
    world.live = before;
    world.facts.pools_absent.clear();
    let world = world.portal_pool("apps", json!({"tags": {"armature-owner": null}}));
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
}

#[test]
fn a_create_on_its_way_is_not_sent_again() {
    let mut world = cluster("").pool("sys", "mode: System");
    world.facts.running = BTreeSet::from([Target::Cluster]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn a_cluster_meant_to_be_stopped_is_created_and_then_stopped() {
    let mut world = cluster("{powerState: {code: Stopped}, driftPolicy: Report}").pool("sys", "mode: System");
    assert_eq!(world.run(), ["create the cluster with pools sys", "stop the cluster"]);
}

#[test]
fn the_create_body_carries_the_mark_and_what_arm_has_no_default_for() {
    let world = cluster("tags: {team: core}")
        .pool(
            "sys",
            "{mode: System, enableAutoScaling: true, minCount: 3, maxCount: 9}",
        )
        .exists();
    let live = world.live.unwrap();
    assert_eq!(
        live["tags"],
        json!({"team": "core", "armature-owner": "home/team/prod"})
    );
    assert_eq!(live["identity"], json!({"type": "SystemAssigned"}));
    assert_eq!(live["properties"]["dnsPrefix"], json!("prod"));
    let pool = &live["properties"]["agentPoolProfiles"][0];
    assert_eq!(pool["tags"], json!({"armature-owner": "home/team/sys"}));
    assert_eq!(pool["count"], json!(3), "inside the limits of the autoscaler");
}

#[test]
fn a_cluster_that_is_only_looked_at_shows_its_create_and_never_starts_it() {
    let world = cluster("managementPolicy: Observe").pool("sys", "mode: System");
    assert_eq!(world.steps(), ["create the cluster with pools sys [Observe]"]);
    assert_eq!(world.next(), None);
}

#[test]
fn pools_that_come_after_a_create_rest_with_it() {
    let mut world = cluster("").pool("sys", "mode: System").pool(
        "old",
        "{mode: User, orchestratorVersion: '1.32', versionPolicy: Manual}",
    );
    world.facts.resting = BTreeSet::from([Target::Cluster]);
    assert_eq!(
        world.steps(),
        [
            "create the cluster with pools sys [RetryLater]",
            "create pool old [RetryLater]"
        ]
    );
    assert_eq!(world.next(), None);
}
