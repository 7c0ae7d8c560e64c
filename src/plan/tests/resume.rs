//! Operations that failed, and clusters that are stopped.

use serde_json::json;

use super::world::{World, cluster};
use crate::plan::existing::MAX_RESUME_ATTEMPTS;

fn failed(spec: &str) -> World {
    cluster(spec)
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal(json!({"properties": {"provisioningState": "Failed",
            "status": {"provisioningError": {"code": "QuotaExceeded", "message": "no cores"}}}}))
}

#[test]
fn a_failed_operation_is_resumed_with_the_goal_azure_keeps() {
    let mut world = failed("");
    assert_eq!(world.run(), ["resume the operation that failed on the cluster"]);
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal_pool("sys", json!({"provisioningState": "Canceled"}));
    assert_eq!(world.run(), ["resume the operation that failed on pool sys"]);
}

#[test]
fn an_edit_takes_the_place_of_the_repeat() {
    assert_eq!(
        failed("").edit("disableLocalAccounts: true").steps(),
        ["update disableLocalAccounts"]
    );
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal_pool("sys", json!({"provisioningState": "Failed"}))
        .edit_pool("sys", "scaleDownMode: Deallocate");
    assert_eq!(world.steps(), ["update scaleDownMode of pool sys"]);
}

#[test]
fn drift_that_is_only_reported_does_not() {
    let world = failed("{driftPolicy: Report, disableLocalAccounts: true}")
        .portal(json!({"properties": {"disableLocalAccounts": false}}))
        .portal_pool("sys", json!({"provisioningState": "Failed", "count": 9}));
    assert_eq!(world.next().unwrap(), "resume the operation that failed on the cluster");
    assert!(
        world
            .steps()
            .contains(&"resume the operation that failed on pool sys".to_owned())
    );
}

#[test]
fn resuming_ends_and_says_what_azure_said() {
    let mut world = failed("").edit("disableLocalAccounts: true");
    world.cluster.status.as_mut().unwrap().resume_attempts = Some(i64::from(MAX_RESUME_ATTEMPTS));
    assert_eq!(world.next(), None);
    let text = world.blockers()[0].to_string();
    assert!(text.contains("ended as Failed (QuotaExceeded: no cores)"), "{text}");
}

#[test]
fn a_stopped_cluster_accepts_nothing_but_its_start() {
    let world = cluster("powerState: {code: Stopped}")
        .pool("sys", "{mode: System, count: 3}")
        .exists();
    let world = world.edit("disableLocalAccounts: true").edit_pool("sys", "count: 4");
    assert_eq!(
        world.steps(),
        [
            "update disableLocalAccounts [ClusterStopped]",
            "update count of pool sys [ClusterStopped]"
        ]
    );
    let mut world = world.edit("powerState: {code: Running}");
    assert_eq!(
        world.run(),
        [
            "start the cluster",
            "update disableLocalAccounts",
            "update count of pool sys"
        ]
    );
}

#[test]
fn behind_a_start_that_is_held_nothing_starts() {
    let world = cluster("{driftPolicy: Report, powerState: {code: Running}}")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal(json!({"properties": {"powerState": {"code": "Stopped"}}}))
        .edit_pool("sys", "count: 4");
    assert_eq!(
        world.steps(),
        [
            "start the cluster [DriftReported]",
            "update count of pool sys [ClusterStopped]"
        ]
    );
    assert_eq!(world.next(), None);
}

#[test]
fn a_mark_is_put_back_on_a_stopped_cluster_after_its_start() {
    let world = cluster("powerState: {code: Running}")
        .pool("sys", "mode: System")
        .exists()
        .portal(json!({"tags": {"armature-owner": null}, "properties": {"powerState": {"code": "Stopped"}}}));
    assert_eq!(
        world.steps(),
        ["start the cluster", "write tags[armature-owner] of the cluster"]
    );
}
