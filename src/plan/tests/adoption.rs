//! Whose a resource is: adopted, refused, somebody else's, or ours without a record.

use serde_json::json;

use super::world::{World, cluster};
use crate::plan::change::Origin;

/// A cluster that was there before, made by nobody we know.
fn foreign(spec: &str) -> World {
    cluster("")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .edit(spec)
        .portal(json!({"tags": {"armature-owner": null}}))
        .portal_pool("sys", json!({"tags": {"armature-owner": null}}))
        .lose_status()
}

#[test]
fn a_cluster_that_was_there_before_is_refused() {
    let world = foreign("");
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn an_adoption_waits_for_the_approval_of_exactly_its_plan() {
    let world = foreign("adoptionPolicy: AfterPlan").edit("disableLocalAccounts: true");
    let plan = world.plan();
    assert_eq!(
        world.steps(),
        [
            "put the ownership tag on the cluster [AwaitingApproval]",
            "update disableLocalAccounts [AwaitingApproval]",
            "update tags[armature-owner] of pool sys [AwaitingApproval]",
        ]
    );
    assert_eq!(world.clone().approve("0123456789ab").next(), None);
    let mut world = world.approve(&plan.hash());
    assert_eq!(
        world.run(),
        [
            "put the ownership tag on the cluster",
            "update disableLocalAccounts",
            "update tags[armature-owner] of pool sys",
        ]
    );
    assert_eq!(
        world.live.unwrap()["tags"]["armature-owner"],
        json!("home/team/prod/adopted")
    );
}

#[test]
fn approving_an_adoption_approves_its_changes_although_drift_is_only_reported() {
    let world = foreign("{adoptionPolicy: AfterPlan, driftPolicy: Report}").edit("disableLocalAccounts: true");
    let hash = world.plan().hash();
    let mut world = world.approve(&hash);
    assert_eq!(world.run().len(), 3);
    assert_eq!(world.live.unwrap()["properties"]["disableLocalAccounts"], json!(true));
}

#[test]
fn waiting_for_an_approval_records_nothing_so_that_the_cluster_never_passes_for_ours() {
    let mut world = foreign("adoptionPolicy: AfterPlan").edit("disableLocalAccounts: true");
    for _ in 0..3 {
        assert_eq!(world.pass(), None);
    }
    assert!(world.applied().is_empty());
    assert_eq!(
        world.steps()[0],
        "put the ownership tag on the cluster [AwaitingApproval]"
    );
}

#[test]
fn a_pool_that_was_there_before_is_refused_or_waits_for_an_approval() {
    let world = cluster("").pool("sys", "mode: System").exists();
    let mut world = world.pool("found", "{mode: User, count: 5}");
    let profiles = world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"]
        .as_array_mut()
        .unwrap();
    profiles.push(
        json!({"name": "found", "mode": "User", "count": 1, "provisioningState": "Succeeded",
                         "orchestratorVersion": "1.32", "currentOrchestratorVersion": "1.32.5"}),
    );
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);

    let world = world.edit("adoptionPolicy: AfterPlan");
    assert_eq!(
        world.steps(),
        [
            "update tags[armature-owner], count of pool found [AwaitingApproval]",
            "upgrade pool found to 1.33.5 [AwaitingApproval]",
        ]
    );
    let hash = world.plan().hash();
    assert_eq!(
        world.approve(&hash).next().unwrap(),
        "update tags[armature-owner], count of pool found"
    );
}

#[test]
fn a_cluster_of_another_owner_is_never_written_to() {
    for policy in ["adoptionPolicy: AfterPlan", "adoptionPolicy: Never"] {
        let world = foreign(policy).portal(json!({"tags": {"armature-owner": "away/team/prod"}}));
        assert_eq!(world.reasons(), ["ConflictingManager"]);
        assert_eq!(world.steps(), [""; 0]);
    }
}

/// A cluster of which status says that it was ours, and that does not carry the mark: the tag was taken off, somebody made
/// it anew, or somebody wrote that status.
fn unmarked(spec: &str) -> World {
    cluster(spec)
        .pool("sys", "mode: System")
        .exists()
        .edit("disableLocalAccounts: true")
        .portal(json!({"tags": {"armature-owner": null}}))
}

#[test]
fn no_record_makes_a_cluster_ours_that_does_not_carry_the_mark() {
    let world = unmarked("tags: {team: core}");
    assert!(!world.applied().is_empty());
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
    let told = world.plan().blockers[0].to_string();
    assert!(told.contains("put home/team/prod back if that was a mistake"), "{told}");
}

#[test]
fn a_cluster_that_lost_its_mark_is_adopted_with_approval_and_its_records_do_not_count() {
    let mut world = unmarked("adoptionPolicy: AfterPlan");
    assert_eq!(
        world.steps(),
        [
            "put the ownership tag on the cluster [AwaitingApproval]",
            "update disableLocalAccounts [AwaitingApproval]",
        ]
    );
    assert!(
        world
            .plan()
            .changes()
            .all(|(change, _)| change.origin == Origin::Unrecorded),
        "no record explains a value of somebody else's cluster"
    );
    assert_eq!(world.pass(), None);
    assert!(world.applied().is_empty(), "and none is kept");
    let hash = world.plan().hash();
    let mut world = world.approve(&hash);
    world.run();
    assert_eq!(
        world.live.unwrap()["tags"]["armature-owner"],
        json!("home/team/prod/adopted")
    );
}

#[test]
fn no_record_makes_a_pool_ours_that_does_not_carry_the_mark() {
    let world = cluster("")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal_pool("sys", json!({"tags": {"armature-owner": null}, "count": 5}));
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
    assert_eq!(
        world.edit("adoptionPolicy: AfterPlan").steps(),
        ["update tags[armature-owner], count of pool sys [AwaitingApproval]"]
    );
}

#[test]
fn a_management_cluster_rebuilt_from_git_alone_writes_nothing() {
    let mut world = cluster("{tags: {team: core}, sku: {tier: Standard}, autoScalerProfile: {scan-interval: 20s}}")
        .pool(
            "sys",
            "{mode: System, nodeLabels: {a: ''}, nodeTaints: ['CriticalAddonsOnly=true:NoSchedule']}",
        )
        .exists()
        .lose_status();
    assert_eq!(world.run(), [""; 0]);
    assert!(!world.applied().is_empty(), "and knows again what it manages");
}

#[test]
fn a_difference_without_a_record_stays_one_of_unknown_origin_on_every_later_pass() {
    let mut world = cluster("{driftPolicy: Report, sku: {tier: Standard}, disableLocalAccounts: true}")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal(json!({"properties": {"disableLocalAccounts": false}}))
        .portal_pool("sys", json!({"count": 5}))
        .lose_status();
    for _ in 0..3 {
        assert_eq!(world.pass(), None);
    }
    assert_eq!(
        world.steps(),
        [
            "update disableLocalAccounts [DriftReported]",
            "update count of pool sys [DriftReported]"
        ]
    );
    let mut world = world.edit_pool("sys", "count: 4");
    assert_eq!(
        world.run(),
        ["update count of pool sys"],
        "an edit since then is an edit"
    );
}

#[test]
fn a_cluster_that_is_only_looked_at_is_shown_with_its_differences_whoever_owns_it() {
    let world = foreign("managementPolicy: Observe").edit("disableLocalAccounts: true");
    assert_eq!(world.steps(), ["update disableLocalAccounts [Observe]"]);
    assert_eq!(world.next(), None);
    assert!(world.applied().is_empty());
}
