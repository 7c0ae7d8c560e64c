//! Operations of Azure in status: what is stored when, and what becomes of those that can't be asked about any more.

use std::sync::{Arc, Mutex};

use armature_api::{ActionState, AksCluster};
use armature_lab::simulator::admin::Requests;
use armature_lab::simulator::fault::{Fault, Injection};
use futures::TryStreamExt;
use k8s_openapi::api::core::v1::Event;
use kube::api::{Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::children::{is, line};
use crate::look;
use crate::world::{World, watch_log};

const WINDOW: &str = "maintenanceConfigurations/default";

fn operation(step: &str, url: &str) -> Value {
    json!({ "step": step, "url": url, "startedAt": "2026-09-10T00:00:00Z", "description": "do it" })
}

fn window() -> Value {
    json!({ "default": { "maintenanceWindow": {
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
        "durationHours": 4,
        "startTime": "02:00",
    } } })
}

fn has_operation(key: &str) -> impl Fn(&AksCluster) -> bool + Send + '_ {
    move |cluster| {
        let status = cluster.status.as_ref();
        status.is_some_and(|status| status.operations.contains_key(key))
    }
}

impl World {
    /// Lays this over the status of a cluster that no operator looks after at the moment.
    async fn record(&self, name: &str, status: Value) {
        let patch = Patch::Merge(json!({ "status": status }));
        self.clusters
            .patch_status(name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// What was told of operations that were lost.
    async fn lost(&self) -> Vec<String> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let events = events.list(&Default::default()).await.unwrap();
        let lost = events
            .into_iter()
            .filter(|event| event.reason.as_deref() == Some("OperationLost"));
        lost.filter_map(|event| event.message).collect()
    }

    /// The URL of an operation in this Azure that Azure has never heard of.
    fn operation_url(&self, id: &str) -> String {
        format!(
            "{}/subscriptions/{}/providers/Microsoft.ContainerService/locations/westeurope/operations/{id}?api-version=2026-08-01",
            self.simulator.access().endpoint,
            self.simulator.access().subscription,
        )
    }
}

#[tokio::test]
async fn operations_that_cant_be_asked_about_any_more_hold_up_nothing() {
    let world = World::new("unaskable").await;
    let mut operator = world.operator();
    let rotate = json!({ "task": { "key": "1", "rotateServiceAccountSigningKeys": {} } });
    let fields = |tier: &str| {
        json!({
            "sku": { "tier": tier },
            "actions": rotate.clone(),
            "maintenanceConfigurations": window(),
        })
    };
    world.create("shop", fields("Free")).await;
    let done = |cluster: &AksCluster| {
        let action = cluster.status.as_ref().and_then(|status| status.actions.get("task"));
        action.is_some_and(|action| action.state == ActionState::Succeeded)
    };
    world.cluster_until("shop", "done with its action", done).await;
    let children = |cluster: &AksCluster| look::is(cluster, "ChildrenReady", "True");
    world.cluster_until("shop", "ready with its window", children).await;
    operator.kill();

    let refused = Fault::refuse(403, "AuthorizationFailed", "The client does not have authorization.");
    let refused = Injection::new(refused).path("/operations/00000000-0000-0000-0000-000000000403");
    world.admin().inject(&refused).await.unwrap();
    world
        .record(
            "shop",
            json!({
                "operations": {
                    "cluster": operation("UpdateCluster", "https://management.example.com/subscriptions/x/operations/1"),
                    "pool/system": operation("UpdatePool", &world.operation_url("00000000-0000-0000-0000-000000000403")),
                    (format!("child/{WINDOW}")): operation("PutChild", &world.operation_url("00000000-0000-0000-0000-000000000404")),
                    "action/task": operation("RunAction", "no URL at all"),
                },
                "actions": { "task": { "key": "1", "state": "Running", "finishedAt": null } },
                "children": { WINDOW: { "state": "InProgress" } },
            }),
        )
        .await;
    let before = world.now().await;
    world.apply(&world.cluster("shop", fields("Standard"))).await;
    world
        .apply(&world.pool(
            "system",
            "shop",
            json!({ "mode": "System", "nodeLabels": { "a": "b" } }),
        ))
        .await;
    operator.restart().unwrap();
    let cluster = world.ready("shop").await;
    assert_eq!(cluster.status.unwrap().operations, Default::default());
    let cluster = world
        .cluster_until("shop", "ready with its window again", |cluster| {
            is(cluster, WINDOW, armature_api::ChildState::Ready)
        })
        .await;
    let status = cluster.status.unwrap();
    assert_eq!(status.actions["task"].state, ActionState::Unknown);
    assert!(
        status.actions["task"]
            .message
            .as_deref()
            .unwrap()
            .contains("set a new key"),
        "{:?}",
        status.actions["task"]
    );
    let rotations = Requests {
        call: Some("ManagedClusters_RotateServiceAccountSigningKeys".to_owned()),
        ..Requests::default()
    };
    assert_eq!(world.requests(rotations).await.len(), 1, "it is never sent again");
    let mut writes = world.writes_after(before).await;
    writes.sort();
    assert_eq!(writes, ["PUT shop", "PUT shop/system"]);

    let told = world.lost().await;
    for target in ["cluster", "pool/system", WINDOW] {
        assert!(told.iter().any(|note| note.contains(target)), "{target}: {told:?}");
    }
}

#[tokio::test]
async fn an_operation_that_azure_does_not_show_any_more_is_told_and_holds_up_nothing() {
    let world = World::new("unshown").await;
    let _operator = world.operator();
    world.create("shop", json!({ "sku": { "tier": "Free" } })).await;
    let refused = Fault::refuse(403, "AuthorizationFailed", "The client does not have authorization.");
    let refused = Injection::new(refused).path("/providers/Microsoft.ContainerService/locations/");
    world.admin().inject(&refused).await.unwrap();
    world
        .apply(&world.cluster("shop", json!({ "sku": { "tier": "Standard" } })))
        .await;
    let cluster = world.ready("shop").await;
    assert_eq!(cluster.status.unwrap().operations, Default::default());
    watch_log("told that the operation was lost", async || {
        world.lost().await.iter().any(|note| note.contains("cluster"))
    })
    .await;
}

#[tokio::test]
async fn an_operation_that_cant_be_asked_about_any_more_does_not_keep_a_cluster_from_its_deletion() {
    let world = World::new("unaskable-end").await;
    let mut operator = world.operator();
    world.create("shop", json!({})).await;
    operator.kill();
    let elsewhere = "https://management.example.com/subscriptions/x/operations/1";
    world
        .record(
            "shop",
            json!({ "operations": {
                "cluster": operation("UpdateCluster", elsewhere),
                "pool/system": operation("UpdatePool", elsewhere),
            } }),
        )
        .await;
    let before = world.now().await;
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    operator.restart().unwrap();
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(world.writes_after(before).await, ["DELETE shop"]);
}

#[tokio::test]
async fn an_operation_that_runs_without_end_on_a_target_at_rest_is_lost_and_one_on_a_target_at_work_is_not() {
    let world = World::with_manual_clock("endless").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    let before = world.now().await;
    let runs = json!([{ "op": "replace", "path": "/status", "value": "InProgress" }]);
    let endless = Injection::new(Fault::alter_body(runs)).path("/operations/");
    world.admin().inject(&endless).await.unwrap();

    world
        .apply(&world.cluster("shop", json!({ "sku": { "tier": "Standard" } })))
        .await;
    world.write_until("the edit", before, "PUT shop").await;
    // Asked so often, it would be lost for long if its target showed no work.
    let asked = Requests {
        path: Some("/operations/".to_owned()),
        after: Some(before),
        ..Requests::default()
    };
    watch_log("many questions", async || {
        world.requests(asked.clone()).await.len() >= 45
    })
    .await;
    assert_eq!(world.lost().await, Vec::<String>::new());

    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    watch_log("told that the operation was lost", async || {
        world.lost().await.iter().any(|note| note.contains("shows no work"))
    })
    .await;
    assert_eq!(world.writes_after(before).await, ["PUT shop"]);

    // The next edit of a pool, whose operation does not end either, and the deletion.
    let system = json!({ "mode": "System", "nodeLabels": { "a": "b" } });
    world.apply(&world.pool("system", "shop", system)).await;
    world.operations_end("the edit of the pool", "PUT", "shop/system").await;
    world.ready("shop").await;
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.operations_end("the deletion", "DELETE", "shop").await;
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(
        world.writes_after(before).await,
        ["PUT shop", "PUT shop/system", "DELETE shop"]
    );
}

/// Every version of a cluster object that was stored while this looked.
async fn versions(clusters: &Api<AksCluster>) -> Arc<Mutex<Vec<AksCluster>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (clusters, kept) = (clusters.clone(), Arc::clone(&seen));
    tokio::spawn(async move {
        let objects = watcher(clusters, watcher::Config::default()).applied_objects();
        let _ = objects
            .try_for_each(|cluster| {
                kept.lock().unwrap().push(cluster);
                std::future::ready(Ok(()))
            })
            .await;
    });
    seen
}

/// The first version with an operation of this key.
async fn first_with(versions: &Mutex<Vec<AksCluster>>, key: &str) -> AksCluster {
    let found = || {
        versions
            .lock()
            .unwrap()
            .iter()
            .find(|cluster| has_operation(key)(cluster))
            .cloned()
    };
    watch_log("the version with the operation", async || found().is_some()).await;
    found().unwrap()
}

#[tokio::test]
async fn an_edit_that_arrives_between_the_look_and_the_store_is_not_spoken_of_and_its_request_not_answered() {
    let world = World::with_manual_clock("edited-meanwhile").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.operations_end("the create", "PUT", "shop").await;
    let ready = world.ready("shop").await;
    let seen = versions(&world.clusters).await;
    let created = world.now().await;

    // Azure takes the first edit on, and its answer is on its way while the second one is made.
    let late = Fault::Delay { milliseconds: 3_000 };
    world
        .admin()
        .inject(&Injection::new(late).method("PUT").times(1))
        .await
        .unwrap();
    world
        .apply(&world.cluster("shop", json!({ "sku": { "tier": "Standard" } })))
        .await;
    world.write_until("the first edit", created, "PUT shop").await;
    world
        .apply(&world.cluster(
            "shop",
            json!({ "sku": { "tier": "Premium" }, "supportPlan": "AKSLongTermSupport" }),
        ))
        .await;
    world.request_reconcile("shop").await;
    let edited = world.clusters.get("shop").await.unwrap();
    world
        .cluster_until("shop", "being changed", has_operation("cluster"))
        .await;

    let stored = first_with(&seen, "cluster").await;
    assert_eq!(
        stored.metadata.generation, edited.metadata.generation,
        "it was edited before"
    );
    let status = stored.status.as_ref().unwrap();
    let looked_at = ready.metadata.generation.map(|generation| generation + 1);
    for condition in &status.conditions {
        assert_eq!(condition.observed_generation, looked_at, "{condition:?}");
    }
    assert_eq!(status.last_handled_reconcile_at, None, "nobody has carried it out");
    assert!(!look::is_ready(&stored));

    world.admin().advance_until_idle().await.unwrap();
    world.write_until("the second edit", created, "PUT shop").await;
    world
        .cluster_until("shop", "changed once more", |cluster| {
            cluster
                .status
                .as_ref()
                .is_some_and(|status| status.last_handled_reconcile_at.is_some())
        })
        .await;
}

#[tokio::test]
async fn an_operation_is_stored_before_anything_is_told_about_it() {
    let world = World::with_manual_clock("stored-first").await;
    let seen = versions(&world.clusters).await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world
        .cluster_until("shop", "being made", has_operation("cluster"))
        .await;
    let events: Api<Event> = Api::namespaced(world.client.clone(), &world.namespace);
    let started = async || {
        let events = events.list(&Default::default()).await.unwrap();
        let mut started = events.into_iter();
        started.find(|event| event.reason.as_deref() == Some("StepStarted"))
    };
    watch_log("the event", async || started().await.is_some()).await;
    // Revisions count the writes of all kinds.
    let revision = |version: Option<String>| version.unwrap().parse::<u64>().unwrap();
    let stored = revision(first_with(&seen, "cluster").await.resource_version());
    let told = revision(started().await.unwrap().resource_version());
    assert!(stored < told, "stored as {stored}, told as {told}");
}

#[tokio::test]
async fn killed_while_it_reads_other_children_it_goes_on_with_the_operation_of_the_first() {
    let world = World::with_manual_clock("child-stored-first").await;
    let mut operator = world.operator();
    let two = json!({ "extensions": {
        "one": { "extensionType": "microsoft.flux" },
        "two": { "extensionType": "microsoft.dapr" },
    } });
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    let created = world.now().await;
    // The second one is read after the first was written, and the operator does not live to see the answer.
    let late = Fault::Delay { milliseconds: 600_000 };
    let second = Injection::new(late).method("GET").path("/extensions/two").times(1);
    world.admin().inject(&second).await.unwrap();
    world.apply(&world.cluster("shop", two)).await;
    world
        .write_until("the first child", created, "PUT shop extensions/one")
        .await;
    let stored = world
        .cluster_until(
            "shop",
            "at work on the first child",
            has_operation("child/extensions/one"),
        )
        .await;
    assert!(line(&stored, "extensions/one").unwrap().owned);
    operator.restart().unwrap();
    world
        .write_until("the second child", created, "PUT shop extensions/two")
        .await;
    world.admin().advance_until_idle().await.unwrap();
    world
        .cluster_until("shop", "ready with both", |cluster| {
            look::is(cluster, "ChildrenReady", "True")
        })
        .await;
    let writes = world.writes_after(created).await;
    assert_eq!(writes, ["PUT shop extensions/one", "PUT shop extensions/two"]);
}
