//! Operations that failed, and clusters that are stopped.

use serde_json::json;

use super::world::{World, cluster};
use crate::change::Target;
use crate::resource::MAX_RESUME_ATTEMPTS;

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

/// Pool and cluster stand half way to 1.34, and the action `stop` is in the manifest.
fn aborted(target: Target) -> World {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .pool("apps", "mode: User")
        .exists()
        .edit("kubernetesVersion: '1.34'");
    world.facts.aborted.insert(target, "stop".to_owned());
    world
}

fn canceled_upgrade() -> World {
    aborted(Target::Cluster)
        .portal(json!({"properties": {"provisioningState": "Canceled", "kubernetesVersion": "1.34"}}))
        .edit_pool("apps", "scaleDownMode: Deallocate")
}

#[test]
fn what_was_aborted_stays_so_until_the_action_is_out_of_the_manifest() {
    let mut world = canceled_upgrade();
    assert_eq!(world.run(), [""; 0]);
    let steps = world.steps();
    assert_eq!(steps[0], "resume the operation that failed on the cluster [Aborted]");
    assert!(steps.iter().all(|step| step.ends_with("[Aborted]")), "{steps:?}");
    assert_eq!(world.reasons(), ["Aborted"]);
    let text = world.blockers()[0].to_string();
    assert!(
        text.starts_with("the action stop aborted the work on the cluster"),
        "{text}"
    );
    world.facts.aborted.clear();
    assert_eq!(
        world.steps(),
        [
            "update scaleDownMode of pool apps",
            "upgrade the control plane to 1.34",
            "upgrade pool sys to 1.34",
            "upgrade pool apps to 1.34"
        ]
    );
}

#[test]
fn an_upgrade_that_was_aborted_and_is_no_longer_wanted_does_not_go_on() {
    let mut world = canceled_upgrade().edit("kubernetesVersion: '1.33'");
    world.facts.aborted.clear();
    assert!(
        world
            .run()
            .contains(&"resume the operation that failed on the cluster".to_owned())
    );
    let live = world.live.unwrap();
    assert_eq!(live["properties"]["currentKubernetesVersion"], "1.33.5");
}

#[test]
fn a_pool_that_was_aborted_does_not_hold_up_the_others() {
    let world = aborted(Target::Pool("apps".to_owned())).portal_pool("apps", json!({"provisioningState": "Canceled"}));
    assert_eq!(
        world.steps(),
        [
            "resume the operation that failed on pool apps [Aborted]",
            "upgrade the control plane to 1.34",
            "upgrade pool sys to 1.34",
            "upgrade pool apps to 1.34 [Aborted]"
        ]
    );
    let blockers = world.blockers();
    assert_eq!(blockers[0].target(), Target::Pool("apps".to_owned()));
    let world = world.edit("autoUpgradeProfile: {upgradeChannel: stable}");
    assert!(
        !world
            .steps()
            .iter()
            .any(|step| step.contains("all pools") && !step.contains("[Aborted]"))
    );
}

#[test]
fn what_was_aborted_may_still_be_deleted() {
    let world = canceled_upgrade().edit("deletionProtection: false").delete();
    assert_eq!(world.next().unwrap(), "delete the cluster");
}

#[test]
fn an_abort_holds_nothing_where_the_work_ended_before_it() {
    let mut world = aborted(Target::Cluster);
    assert_eq!(world.next().unwrap(), "upgrade the control plane to 1.34");
    world.run();
    assert_eq!(world.blockers(), []);
}
