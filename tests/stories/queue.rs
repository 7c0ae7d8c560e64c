//! Edits that arrive while Azure works: they wait for the end of it and run at once after it.

use serde_json::json;

use crate::look;
use crate::world::World;

#[tokio::test]
async fn edits_during_an_operation_wait_and_run_after_it() {
    let world = World::with_manual_clock("queue").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.request_until("the create", look::call("PUT", "shop")).await;

    // A setting, a new pool and another count, all while the cluster is being created.
    world
        .apply(&world.cluster("shop", json!({ "sku": { "tier": "Standard" } })))
        .await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world
        .apply(&world.pool("system", "shop", json!({ "mode": "System", "count": 2 })))
        .await;
    let waiting = world
        .cluster_until("shop", "waiting for the create at the new generation", |cluster| {
            look::is(cluster, "Reconciling", "True") && look::condition(cluster, "Ready").is_some()
        })
        .await;
    assert_eq!(look::message(&waiting, "Ready"), "create the cluster with pools system");
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);

    world.admin().advance_until_idle().await.unwrap();
    world.write_until("the setting", 0, "PUT shop").await;
    let second = async || world.writes_after(0).await.len() >= 2;
    crate::world::watch_log("the queued setting", second).await;
    assert_eq!(world.writes_after(0).await[1], "PUT shop");

    world.admin().advance_until_idle().await.unwrap();
    world.write_until("the new pool", 0, "PUT shop/apps").await;
    world.write_until("the other count", 0, "PUT shop/system").await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    assert_eq!(world.writes_after(0).await.len(), 4);
    assert_eq!(
        world.azure.pool("shop", "system").await.unwrap()["properties"]["count"],
        2
    );
}

#[tokio::test]
async fn an_edit_taken_back_before_its_turn_is_never_sent() {
    let world = World::with_manual_clock("taken-back").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.request_until("the create", look::call("PUT", "shop")).await;

    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "shop" } })))
        .await;
    world.apply(&world.cluster("shop", json!({}))).await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
}

#[tokio::test]
async fn a_deletion_does_not_wait_for_the_operation_that_runs() {
    let world = World::with_manual_clock("preempt").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.request_until("the create", look::call("PUT", "shop")).await;

    world.delete_cluster("shop").await;
    world.delete_pool("system").await;
    world.write_until("the deletion", 0, "DELETE shop").await;
    world.admin().advance_until_idle().await.unwrap();
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(world.writes_after(0).await, ["PUT shop", "DELETE shop"]);
}

#[tokio::test]
async fn two_pools_change_side_by_side_but_roll_one_after_the_other() {
    let world = World::with_manual_clock("side").await;
    let _operator = world.operator();
    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.34" })))
        .await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    let created = world.now().await;

    world
        .apply(&world.pool("system", "shop", json!({ "mode": "System", "count": 2 })))
        .await;
    world.apply(&world.pool("apps", "shop", json!({ "count": 2 }))).await;
    // Time stands still: both have started before either has ended.
    world.write_until("one pool", created, "PUT shop/apps").await;
    world.write_until("the other pool", created, "PUT shop/system").await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;

    let scaled = world.now().await;
    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.35" })))
        .await;
    world.write_until("the control plane", scaled, "PUT shop").await;
    world.admin().advance_until_idle().await.unwrap();
    world
        .cluster_until("shop", "rolling one pool", |cluster| {
            let status = cluster.status.as_ref();
            status.is_some_and(|status| status.operations.keys().any(|key| key.starts_with("pool/")))
        })
        .await;
    world.lists(1).await;
    assert_eq!(world.writes_after(scaled).await.len(), 2);
    world.admin().advance_until_idle().await.unwrap();
    crate::world::watch_log("the other pool", async || world.writes_after(scaled).await.len() == 3).await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
}
