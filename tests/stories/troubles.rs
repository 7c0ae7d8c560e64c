//! Azure refuses, stalls, breaks off or fails: what passes by itself leaves no mark, what does not is told.

use std::sync::{Arc, Mutex};

use armature_api::AksCluster;
use armature_lab::simulator::admin::{LoggedRequest, Requests};
use armature_lab::simulator::fault::{Fault, Injection};
use futures::TryStreamExt;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, ResourceExt};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::look;
use crate::world::World;

/// Every value of `Ready` that the clusters of a namespace have had: `False QuotaExceeded`.
struct History {
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl History {
    fn record(clusters: &Api<AksCluster>) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (clusters, kept) = (clusters.clone(), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            let objects = watcher(clusters, watcher::Config::default()).applied_objects();
            let keep = objects.try_for_each(|cluster| {
                if let Some(ready) = look::condition(&cluster, "Ready") {
                    let state = format!("{} {}", ready.status, ready.reason);
                    let mut kept = kept.lock().unwrap();
                    if kept.last() != Some(&state) {
                        kept.push(state);
                    }
                }
                std::future::ready(Ok(()))
            });
            keep.await.unwrap();
        });
        Self { seen, task }
    }

    /// The values that told of a fault.
    fn faults(self) -> Vec<String> {
        self.task.abort();
        let seen = self.seen.lock().unwrap().clone();
        let fine = |state: &String| {
            state.starts_with("True")
                || state.starts_with("Unknown")
                || state == "False WaitingForSystemPool"
                || state == "False PoolSetSettling"
        };
        seen.into_iter().filter(|state| !fine(state)).collect()
    }
}

fn puts() -> Requests {
    Requests {
        call: Some("ManagedClusters_CreateOrUpdate".to_owned()),
        ..Requests::default()
    }
}

fn put_fault(fault: Fault) -> Injection {
    Injection::new(fault).call("ManagedClusters_CreateOrUpdate").times(1)
}

#[tokio::test]
async fn a_throttled_write_waits_as_long_as_azure_asks_and_is_no_failure() {
    let world = World::new("throttled").await;
    let history = History::record(&world.clusters);
    world.admin().inject(&put_fault(Fault::throttle(3))).await.unwrap();
    let _operator = world.operator();
    world.create("shop", json!({})).await;

    let sent = world.requests(puts()).await;
    let statuses: Vec<u16> = sent.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [429, 201]);
    // The log counts simulated seconds, 1200 of which pass in a second.
    let waited = sent[1].time.duration_since(sent[0].time).as_secs();
    assert!(
        waited >= 3 * 1200,
        "the write was repeated after {waited} simulated seconds"
    );
    assert_eq!(history.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_conflict_with_azures_own_work_is_waited_out_and_is_no_failure() {
    let world = World::new("conflict").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let history = History::record(&world.clusters);
    let created = world.now().await;

    // Another tool starts something the operator has not seen when it writes.
    let message = "Operation is not allowed because there's an in progress update managed cluster operation";
    let busy = put_fault(Fault::refuse(409, "OperationNotAllowed", message)).times(2);
    world.admin().inject(&busy).await.unwrap();
    world
        .apply(&world.cluster("shop", json!({ "sku": { "tier": "Standard" } })))
        .await;
    world.ready("shop").await;

    let sent = world
        .requests(Requests {
            after: Some(created),
            ..puts()
        })
        .await;
    assert_eq!(
        sent.iter().map(|request| request.status).collect::<Vec<_>>(),
        [409, 409, 200]
    );
    assert_eq!(history.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_broken_answer_to_a_create_leads_to_one_cluster() {
    let world = World::new("broken").await;
    let _operator = world.operator();
    let faults = [
        ("reset-before", Fault::ConnectionReset { after: false }),
        ("reset-after", Fault::ConnectionReset { after: true }),
        ("truncated", Fault::TruncatedBody {}),
        ("server-error", Fault::refuse(500, "InternalServerError", "try again")),
    ];
    for (name, fault) in &faults {
        let on_this = put_fault(fault.clone()).path(name);
        world.admin().inject(&on_this).await.unwrap();
        world.apply(&world.cluster(name, json!({}))).await;
        world
            .apply(&world.pool(
                &format!("{name}-pool"),
                name,
                json!({ "mode": "System", "azureName": "system" }),
            ))
            .await;
    }
    for (name, fault) in faults {
        world.ready(name).await;
        let sent = world
            .requests(Requests {
                path: Some(format!("/managedClusters/{name}?")),
                ..puts()
            })
            .await;
        // What Azure carried out although nobody heard of it is not sent again.
        let unheard = matches!(fault, Fault::ConnectionReset { after: true } | Fault::TruncatedBody {});
        assert_eq!(sent.len(), if unheard { 1 } else { 2 }, "{name}: {sent:?}");
    }
    assert_eq!(world.azure.cluster_names().await.len(), 4);
}

#[tokio::test]
async fn broken_reads_and_broken_questions_about_an_operation_are_asked_again() {
    let world = World::new("reads").await;
    let history = History::record(&world.clusters);
    let reads = |call: &str, fault: Fault| Injection::new(fault).call(call).times(1);
    for injection in [
        reads(
            "ManagedClusters_Get",
            Fault::refuse(503, "ServiceUnavailable", "try again"),
        ),
        reads("ManagedClusters_Get", Fault::TruncatedBody {}),
        Injection::new(Fault::ConnectionReset { after: false })
            .path("/operations/")
            .times(1),
        Injection::new(Fault::refuse(500, "InternalServerError", "try again"))
            .path("/operations/")
            .times(1),
    ] {
        world.admin().inject(&injection).await.unwrap();
    }
    let _operator = world.operator();
    world.create("shop", json!({})).await;

    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    assert_eq!(world.admin().faults_left().await.unwrap(), 0);
    assert_eq!(history.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_failing_azure_is_asked_ever_more_slowly() {
    let world = World::new("down").await;
    let down = Injection::new(Fault::refuse(500, "InternalServerError", "try again")).call("ManagedClusters_Get");
    world.admin().inject(&down).await.unwrap();
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;

    let failing = world
        .cluster_until("shop", "told as failing", |cluster| look::is(cluster, "Ready", "False"))
        .await;
    assert_eq!(
        look::condition(&failing, "Ready").unwrap().reason,
        "InternalServerError"
    );
    assert_eq!(
        look::condition(&failing, "Reconciling").unwrap().reason,
        "ProgressingWithRetry"
    );
    // 2, 4 and 8 seconds lie between the first four reads.
    let gets = world
        .requests(Requests {
            call: Some("ManagedClusters_Get".to_owned()),
            ..Requests::default()
        })
        .await;
    let waits = waits(&gets);
    assert!(waits.len() >= 3, "{waits:?}");
    assert!(
        waits.iter().zip([2, 4, 8]).all(|(waited, least)| *waited >= least),
        "{waits:?}"
    );
    assert_eq!(world.writes_after(0).await, Vec::<String>::new());
}

/// The real seconds between calls.
fn waits(calls: &[LoggedRequest]) -> Vec<i64> {
    let between = |pair: &[LoggedRequest]| pair[1].time.duration_since(pair[0].time).as_secs() / 1200;
    calls.windows(2).map(between).collect()
}

#[tokio::test]
async fn a_write_that_azure_lets_repeat_at_once_is_repeated_ever_more_slowly_all_the_same() {
    let world = World::new("at-once").await;
    let busy = Fault::Refuse {
        status: 503,
        code: "ServiceUnavailable".to_owned(),
        message: "try again".to_owned(),
        retry_after: Some(0),
        gateway: true,
    };
    let busy = Injection::new(busy).call("ManagedClusters_CreateOrUpdate");
    world.admin().inject(&busy).await.unwrap();
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world
        .cluster_until("shop", "told as failing", |cluster| {
            look::has_reason(cluster, "Reconciling", "ProgressingWithRetry")
        })
        .await;
    let waits = waits(&world.requests(puts()).await);
    assert!(waits.len() >= 3, "{waits:?}");
    assert!(
        waits.iter().zip([2, 4, 8]).all(|(waited, least)| *waited >= least),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_step_whose_look_fails_again_and_again_is_tried_ever_more_slowly_and_told() {
    let world = World::new("look-fails").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    world.lists(1).await;
    let before = world.now().await;
    let down = Injection::new(Fault::refuse(500, "InternalServerError", "try again")).call("ManagedClusters_Get");
    world.admin().inject(&down).await.unwrap();
    world
        .apply(&world.pool("system", "shop", json!({ "mode": "System", "count": 2 })))
        .await;
    let failing = world
        .cluster_until("shop", "told as failing", |cluster| {
            look::has_reason(cluster, "Reconciling", "ProgressingWithRetry")
        })
        .await;
    let error = failing.status.unwrap().last_error.unwrap();
    assert_eq!(error.code, "InternalServerError");
    let gets = world
        .requests(Requests {
            call: Some("ManagedClusters_Get".to_owned()),
            after: Some(before),
            ..Requests::default()
        })
        .await;
    let waits = waits(&gets);
    assert!(waits.len() >= 3, "{waits:?}");
    assert!(
        waits.iter().zip([2, 4, 8]).all(|(waited, least)| *waited >= least),
        "{waits:?}"
    );
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_operation_that_fails_for_good_says_why_and_goes_on_after_an_edit() {
    let world = World::new("fails").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let created = world.now().await;

    let fails = Fault::operation_fails("VMSizeNotSupported", "The VM size is not supported in this region.");
    world
        .admin()
        .inject(&Injection::new(fails).path("/agentPools/").times(1))
        .await
        .unwrap();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    let pool = world
        .pool_until("apps", "stalled", |pool| look::is(pool, "Stalled", "True"))
        .await;
    let error = pool.status.as_ref().unwrap().last_error.clone().unwrap();
    assert_eq!(error.code, "VMSizeNotSupported");
    assert_eq!(
        error.next_step,
        "Choose a size from `az vm list-skus --location REGION`."
    );
    let message = look::message(&pool, "Ready");
    assert!(
        message.contains("The VM size is not supported in this region"),
        "{message}"
    );
    let cluster = world
        .cluster_until("shop", "stalled for its pool", |cluster| {
            look::has_reason(cluster, "Stalled", "PoolStalled")
        })
        .await;
    assert!(look::message(&cluster, "Ready").contains("apps"));
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps"]);

    world.apply(&world.pool("apps", "shop", json!({ "count": 2 }))).await;
    world.ready("shop").await;
    let pool = world.pools.get("apps").await.unwrap();
    assert_eq!(pool.status.unwrap().last_error, None);
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps", "PUT shop/apps"]);
    assert_eq!(
        world.azure.pool("shop", "apps").await.unwrap()["properties"]["count"],
        2
    );
}

#[tokio::test]
async fn a_failed_operation_is_resumed_three_times_and_then_waits_for_a_user() {
    let world = World::new("resume").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let created = world.now().await;

    let fails = Fault::operation_fails("InternalOperationError", "Something went wrong.");
    let fault = world
        .admin()
        .inject(&Injection::new(fails).path("/agentPools/apps"))
        .await
        .unwrap();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    let pool = world
        .pool_until("apps", "given up", |pool| {
            look::has_reason(pool, "Stalled", "ResumeExhausted")
        })
        .await;
    let message = look::message(&pool, "Stalled");
    assert!(message.contains("InternalOperationError"), "{message}");
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps"; 4]);

    world.admin().remove_fault(fault).await.unwrap();
    world
        .apply(&world.pool("apps", "shop", json!({ "nodeLabels": { "tier": "web" } })))
        .await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps"; 5]);
}

#[tokio::test]
async fn what_lacks_capacity_is_not_tried_again_at_once() {
    let world = World::new("capacity").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let created = world.now().await;

    let fails = Fault::operation_fails(
        "QuotaExceeded",
        "Operation could not be completed as it exceeds the quota.",
    );
    world
        .admin()
        .inject(&Injection::new(fails).path("/agentPools/apps").times(1))
        .await
        .unwrap();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    let pool = world
        .pool_until("apps", "told as failing", |pool| {
            look::has_reason(pool, "Ready", "QuotaExceeded")
        })
        .await;
    assert!(look::has_reason(&pool, "Reconciling", "ProgressingWithRetry"));
    assert_eq!(
        look::message(&pool, "Ready"),
        "the operation to create pool apps failed in Azure: QuotaExceeded: Operation could not be completed as it \
         exceeds the quota; raise the quota that the message names, or ask for less; surge nodes count too"
    );
    let seen = pool.resource_version();
    world.lists(3).await;
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps"]);
    assert_eq!(world.pools.get("apps").await.unwrap().resource_version(), seen);

    // Whoever asks does not wait.
    world
        .apply(&world.pool("apps", "shop", json!({ "nodeLabels": { "tier": "web" } })))
        .await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps"; 2]);
}

#[tokio::test]
async fn a_pool_that_azure_refuses_holds_up_no_other() {
    let world = World::new("refused").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let created = world.now().await;

    let refused = Fault::refuse(400, "InvalidParameter", "The value of parameter vmSize is invalid.");
    world
        .admin()
        .inject(&Injection::new(refused).path("/agentPools/apps"))
        .await
        .unwrap();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.apply(&world.pool("batch", "shop", json!({}))).await;
    let pool = world
        .pool_until("apps", "stalled", |pool| look::is(pool, "Stalled", "True"))
        .await;
    assert!(look::has_reason(&pool, "Stalled", "InvalidParameter"));
    world.pool_until("batch", "ready", look::is_ready).await;
    world
        .apply(&world.cluster("shop", json!({ "sku": { "tier": "Standard" } })))
        .await;
    world
        .write_until("the setting of the cluster", created, "PUT shop")
        .await;
    world
        .cluster_until("shop", "stalled for its pool alone", |cluster| {
            look::has_reason(cluster, "Stalled", "PoolStalled")
        })
        .await;
    world.lists(2).await;
    let mut writes = world.writes_after(created).await;
    writes.retain(|write| write == "PUT shop/apps");
    // The two pools may be met by one pass or by two.
    assert!(
        writes.len() <= 3,
        "once for each edit, of the pools and of the cluster: {writes:?}"
    );
}
