//! One test for each situation of the status table.

use serde_json::json;

use super::desk::Desk;
use crate::change::Target;
use crate::status::failure::Severity;
use crate::step::Step;
use crate::tests::world::{World, cluster};

fn world() -> World {
    cluster("sku: {tier: Free}").pool("sys", "{mode: System, count: 3}")
}

/// A cluster that was reported ready.
fn ready() -> Desk {
    let mut desk = Desk::new(world().exists());
    desk.report();
    assert_eq!(desk.cluster(), IN_SYNC);
    assert_eq!(desk.first_pool(), IN_SYNC);
    desk
}

fn reported(mut desk: Desk) -> Desk {
    desk.report();
    desk
}

fn sys() -> Target {
    Target::Pool("sys".to_owned())
}

const IN_SYNC: [&str; 3] = ["Ready=True Succeeded", "InSync=True InSync", "observed"];

#[test]
fn a_cluster_as_the_manifest_says_is_ready_and_says_what_it_is() {
    assert_eq!(ready().message("Ready"), "Kubernetes 1.33.5, 1 node pool");
}

#[test]
fn a_change_under_observe_keeps_ready_at_the_new_generation() {
    let desk = reported(ready().edited(|world| world.edit("{managementPolicy: Observe, sku: {tier: Premium}}")));
    assert_eq!(
        desk.cluster(),
        ["Ready=True Succeeded", "InSync=False Observe", "observed"]
    );
    assert_eq!(desk.first_pool(), IN_SYNC);
    assert!(
        desk.message("InSync").starts_with("held: update sku.tier; "),
        "{}",
        desk.message("InSync")
    );
}

#[test]
fn drift_that_is_only_reported_keeps_ready() {
    let desk = ready().edited(|world| world.edit("driftPolicy: Report"));
    let desk = reported(desk.then(|world| world.portal(json!({"sku": {"tier": "Premium"}}))));
    assert_eq!(
        desk.cluster(),
        ["Ready=True Succeeded", "InSync=False DriftReported", "observed"]
    );
}

#[test]
fn an_adoption_that_waits_for_approval_keeps_ready() {
    let mut unmarked = world().exists().lose_status().edit("adoptionPolicy: AfterPlan");
    unmarked.live.as_mut().unwrap()["tags"] = json!({});
    let desk = reported(Desk::new(unmarked));
    assert_eq!(
        desk.cluster(),
        ["Ready=True Succeeded", "InSync=False AwaitingApproval", "observed"]
    );
}

#[test]
fn work_that_aks_does_by_itself_keeps_ready() {
    let desk = reported(ready().then(|world| world.azure_works_on(&Target::Cluster, "Upgrading")));
    assert_eq!(
        desk.cluster(),
        ["Ready=True Succeeded", "InSync=False AzureBusy", "observed"]
    );
    assert_eq!(desk.first_pool(), IN_SYNC);
    let desk = reported(ready().then(|world| world.azure_works_on(&sys(), "Upgrading")));
    assert_eq!(
        desk.cluster(),
        ["Ready=True Succeeded", "InSync=False AzureBusy", "observed"]
    );
    assert_eq!(
        desk.first_pool(),
        ["Ready=True Succeeded", "InSync=False AzureBusy", "observed"]
    );
}

#[test]
fn a_cluster_that_aks_works_on_was_not_ready_before_and_is_not_now() {
    let desk = reported(Desk::new(world().exists().azure_works_on(&Target::Cluster, "Creating")));
    assert_eq!(
        desk.cluster(),
        [
            "Ready=Unknown Progressing",
            "Reconciling=True Progressing",
            "InSync=False AzureBusy",
            "not observed"
        ]
    );
}

#[test]
fn a_cluster_that_is_stopped_as_asked_is_ready() {
    let mut desk = ready().edited(|world| world.edit("powerState: {code: Stopped}"));
    desk.world.run();
    desk.report();
    assert_eq!(desk.cluster(), IN_SYNC);
    assert_eq!(desk.message("Ready"), "Kubernetes 1.33.5, 1 node pool, stopped");
    assert_eq!(desk.world.cluster.status.unwrap().state.as_deref(), Some("Stopped"));
}

#[test]
fn an_edit_of_a_stopped_cluster_is_held_and_keeps_ready() {
    let mut desk = ready().edited(|world| world.edit("powerState: {code: Stopped}"));
    desk.world.run();
    let desk = reported(desk.edited(|world| world.edit("sku: {tier: Premium}")));
    assert_eq!(
        desk.cluster(),
        ["Ready=True Succeeded", "InSync=False ClusterStopped", "observed"]
    );
}

#[test]
fn an_edit_is_in_progress_from_the_plan_to_the_end_of_the_operation() {
    const PROGRESSING: [&str; 4] = [
        "Ready=Unknown Progressing",
        "Reconciling=True Progressing",
        "InSync=False Pending",
        "not observed",
    ];
    let desk = reported(ready().edited(|world| world.edit("sku: {tier: Premium}")));
    assert_eq!(desk.cluster(), PROGRESSING);
    assert_eq!(desk.message("Ready"), "next: update sku.tier");
    let desk = reported(desk.started());
    assert_eq!(desk.cluster(), PROGRESSING);
    assert_eq!(desk.message("Ready"), "update sku.tier");
    assert_eq!(desk.first_pool(), IN_SYNC, "the pool has nothing to do with it");
}

#[test]
fn an_edit_of_a_pool_is_in_progress_on_both() {
    let desk = reported(ready().edited(|world| world.edit_pool("sys", "count: 5")).started());
    let progressing = [
        "Ready=Unknown Progressing",
        "Reconciling=True Progressing",
        "InSync=False Pending",
        "not observed",
    ];
    assert_eq!(desk.first_pool(), progressing);
    assert_eq!(desk.cluster(), progressing);
}

#[test]
fn a_failure_that_is_tried_again_is_reconciling_with_retry() {
    let edited = || ready().edited(|world| world.edit("sku: {tier: Premium}"));
    for planned in [true, false] {
        let desk = reported(edited().failed(Target::Cluster, Severity::Retried, planned));
        let conditions = desk.cluster();
        assert_eq!(
            conditions[..2],
            ["Ready=False QuotaExceeded", "Reconciling=True ProgressingWithRetry"]
        );
        assert_eq!(conditions.last().unwrap(), "not observed");
        assert_eq!(desk.message("Ready"), "Azure has no cores left; ask for more");
    }
}

#[test]
fn what_passes_by_itself_takes_nothing_away_from_what_was_ready() {
    for target in [Target::Cluster, sys()] {
        for planned in [true, false] {
            let desk = reported(ready().failed(target.clone(), Severity::Passing, planned));
            assert_eq!(
                desk.cluster()[0],
                "Ready=True Succeeded",
                "{target}, planned: {planned}"
            );
            assert_eq!(
                desk.first_pool()[0],
                "Ready=True Succeeded",
                "{target}, planned: {planned}"
            );
            assert_eq!(desk.message("Ready"), "Kubernetes 1.33.5, 1 node pool");
        }
    }
}

#[test]
fn an_edit_that_nobody_could_plan_yet_is_not_called_ready() {
    let desk = ready().edited(|world| world.edit_pool("sys", "count: 5"));
    let desk = reported(desk.failed(Target::Cluster, Severity::Passing, false));
    for conditions in [desk.cluster(), desk.first_pool()] {
        assert_ne!(conditions[0], "Ready=True Succeeded", "{conditions:?}");
        assert_eq!(conditions.last().unwrap(), "not observed");
    }
}

#[test]
fn a_cluster_without_a_system_pool_waits_and_says_for_what() {
    let desk = reported(Desk::new(cluster("").pool("user", "mode: User")));
    let [ready, reconciling, in_sync, observed] = <[String; 4]>::try_from(desk.cluster()).unwrap();
    assert_eq!(ready, "Ready=False WaitingForSystemPool");
    assert_eq!(reconciling, "Reconciling=True Progressing");
    assert_eq!(in_sync, "InSync=False WaitingForSystemPool");
    assert_eq!(observed, "not observed");
    assert!(
        desk.message("Ready")
            .starts_with("a cluster needs a System pool: apply an AksNodePool")
    );
    assert_eq!(
        desk.first_pool(),
        [
            "Ready=False DependencyNotReady",
            "Reconciling=True Progressing",
            "InSync=False Pending",
            "not observed"
        ]
    );
}

#[test]
fn what_only_a_user_can_put_right_is_stalled_at_this_generation() {
    let desk = reported(ready().edited(|world| world.edit("location: westus")));
    let stalled = [
        "Ready=False LocationMismatch",
        "Stalled=True LocationMismatch",
        "InSync=False LocationMismatch",
    ];
    assert_eq!(desk.cluster()[..3], stalled);
    assert_eq!(desk.cluster()[3], "observed");
    assert_eq!(
        desk.first_pool()[..3],
        [
            "Ready=False DependencyNotReady",
            "Reconciling=True Progressing",
            "InSync=False LocationMismatch"
        ]
    );

    let desk = reported(ready().failed(Target::Cluster, Severity::User, false));
    assert_eq!(
        desk.cluster()[..2],
        ["Ready=False QuotaExceeded", "Stalled=True QuotaExceeded"]
    );
    assert_eq!(desk.cluster().last().unwrap(), "observed");
}

#[test]
fn what_a_user_has_to_put_right_is_not_said_to_be_tried_again_after_a_pause() {
    let told = |severity| {
        let mut desk = ready().edited(|world| world.edit("sku: {tier: Standard}"));
        desk.world.facts.resting.insert(Target::Cluster);
        reported(desk.failed(Target::Cluster, severity, true))
    };
    let stalled = told(Severity::User);
    assert_eq!(
        stalled.cluster()[1..3],
        ["Stalled=True QuotaExceeded", "InSync=False QuotaExceeded"]
    );
    let message = stalled.message("InSync");
    assert!(
        message.starts_with("held: update sku.tier; ") && message.ends_with("ask for more"),
        "{message}"
    );
    assert_eq!(told(Severity::Retried).cluster()[2], "InSync=False RetryLater");
}

#[test]
fn a_pool_that_needs_a_user_stalls_the_cluster_too() {
    let desk = reported(ready().edited(|world| world.edit_pool("sys", "vmSize: Standard_D8s_v5")));
    assert_eq!(desk.first_pool()[0], "Ready=False ReplacementRequired");
    assert_eq!(
        desk.cluster()[..2],
        ["Ready=False PoolStalled", "Stalled=True PoolStalled"]
    );
    assert!(
        desk.message("Ready")
            .starts_with("node pool sys needs attention (ReplacementRequired): ")
    );
}

#[test]
fn a_failed_operation_of_a_pool_is_told_on_the_cluster_at_once() {
    for (severity, reason) in [(Severity::Retried, "QuotaExceeded"), (Severity::User, "PoolStalled")] {
        let desk = reported(ready().failed(sys(), severity, false));
        assert_eq!(desk.cluster()[0], format!("Ready=False {reason}"));
        assert_eq!(desk.first_pool()[0], "Ready=False QuotaExceeded");
    }
}

#[test]
fn a_cluster_that_is_being_deleted_says_so_even_while_azure_asks_to_wait() {
    let going = ready().edited(|world| world.edit("deletionProtection: false").delete());
    let deleting = ["Ready=False Deleting", "Reconciling=True Progressing"];
    for desk in [
        reported(going.clone()),
        reported(going.clone().started()),
        reported(going.failed(Target::Cluster, Severity::Passing, true)),
    ] {
        assert_eq!(desk.cluster()[..2], deleting);
        assert_eq!(desk.cluster().last().unwrap(), "not observed");
    }
}

#[test]
fn what_is_to_go_is_said_to_be_deleted_in_azure_only_while_azure_deletes_it() {
    let going = || {
        ready().edited(|world| {
            let world = world.edit("deletionProtection: false").delete();
            world.delete_pool("sys")
        })
    };
    let failed = |severity| going().failed(Target::Cluster, severity, false);
    let deletes = Step::DeleteCluster.to_string();
    let cores = "Azure has no cores left; ask for more";
    let of_cluster = format!("the cluster could not be deleted: {cores}");
    let of_pool = format!("the node pool could not be deleted: {cores}");
    for (desk, cluster, pool) in [
        (
            going(),
            "the cluster will be deleted in Azure",
            "the node pool will be deleted in Azure",
        ),
        (failed(Severity::Passing), of_cluster.as_str(), of_pool.as_str()),
        (failed(Severity::Retried), cores, of_pool.as_str()),
        (
            going().started(),
            deletes.as_str(),
            "the node pool goes with its cluster",
        ),
    ] {
        let desk = reported(desk);
        assert_eq!((desk.message("Ready"), desk.pool_message("Ready")), (cluster, pool));
    }
}

#[test]
fn a_deletion_that_is_held_back_is_stalled_and_makes_no_claim_about_azure() {
    let desk = reported(ready().edited(World::delete));
    assert_eq!(
        desk.cluster(),
        [
            "Ready=False DeletionBlocked",
            "Stalled=True DeletionBlocked",
            "observed"
        ]
    );
    let desk = reported(ready().edited(|world| world.delete_pool("sys")));
    assert_eq!(
        desk.first_pool(),
        [
            "Ready=False DeletionBlocked",
            "Stalled=True DeletionBlocked",
            "observed"
        ]
    );
}
