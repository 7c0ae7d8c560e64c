//! The ordinary life of a cluster: create, add, scale, relabel, delete.

use armature_lab::simulator::admin::Requests;
use serde_json::json;

use crate::look;
use crate::world::World;

#[tokio::test]
async fn a_cluster_is_created_with_its_pools_in_one_put_and_becomes_ready() {
    let world = World::new("create").await;
    let _operator = world.operator();
    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "shop" } })))
        .await;
    let waiting = world
        .cluster_until("shop", "waiting for a System pool", |cluster| {
            look::has_reason(cluster, "Ready", "WaitingForSystemPool")
        })
        .await;
    assert_eq!(
        look::message(&waiting, "Ready"),
        "a cluster needs a System pool: apply an AksNodePool with spec.clusterRef.name shop and spec.mode System in \
         this namespace"
    );
    assert_eq!(world.writes_after(0).await, Vec::<String>::new());

    world.apply(&world.system_pool("system", "shop")).await;
    world.apply(&world.pool("apps", "shop", json!({ "count": 2 }))).await;
    let cluster = world.ready("shop").await;

    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    let sent = world.write_requests_after(0).await;
    let body = sent[0].body.as_ref().unwrap();
    let owner = format!("stories/{}/shop", world.namespace);
    assert_eq!(body["tags"], json!({ "team": "shop", "armature-owner": owner }));
    assert_eq!(body["properties"]["agentPoolProfiles"].as_array().unwrap().len(), 2);

    let status = cluster.status.unwrap();
    assert!(
        status
            .resource_id
            .unwrap()
            .eq_ignore_ascii_case(&world.azure.cluster_id("shop"))
    );
    assert_eq!(status.power_state.as_deref(), Some("Running"));
    assert!(status.operations.is_empty());
    assert_eq!(status.pools.unwrap().summary, "2/2");
    let pool = world.azure.pool("shop", "apps").await.unwrap();
    assert_eq!(pool["properties"]["count"], 2);
}

#[tokio::test]
async fn a_pool_is_added_scaled_relabeled_and_deleted_with_one_call_each() {
    let world = World::new("pools").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let created = world.now().await;

    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(created).await, ["PUT shop/apps"]);
    assert_eq!(
        world.azure.pool("shop", "apps").await.unwrap()["properties"]["tags"]["armature-owner"],
        format!("stories/{}/apps", world.namespace)
    );

    let added = world.now().await;
    world.apply(&world.pool("apps", "shop", json!({ "count": 3 }))).await;
    let pool = world.pool_until("apps", "ready", look::is_ready).await;
    assert_eq!(pool.status.unwrap().count, Some(3));
    assert_eq!(world.writes_after(added).await, ["PUT shop/apps"]);

    let scaled = world.now().await;
    let labels = json!({ "count": 3, "nodeLabels": { "tier": "web" } });
    world.apply(&world.pool("apps", "shop", labels)).await;
    world.pool_until("apps", "ready", look::is_ready).await;
    assert_eq!(world.writes_after(scaled).await, ["PUT shop/apps"]);
    let pool = world.azure.pool("shop", "apps").await.unwrap();
    assert_eq!(pool["properties"]["nodeLabels"], json!({ "tier": "web" }));
    assert_eq!(pool["properties"]["count"], 3);

    let relabeled = world.now().await;
    world.delete_pool("apps").await;
    world.pool_gone("apps").await;
    assert_eq!(world.writes_after(relabeled).await, ["DELETE shop/apps"]);
    assert_eq!(world.azure.pool("shop", "apps").await, None);
    world.ready("shop").await;
    assert_eq!(world.writes_after(relabeled).await, ["DELETE shop/apps"]);
}

#[tokio::test]
async fn a_tag_goes_by_patch_and_a_setting_by_a_put_without_pools() {
    let world = World::new("edits").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;

    let created = world.now().await;
    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "shop" } })))
        .await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(created).await, ["PATCH shop"]);

    let tagged = world.now().await;
    world
        .apply(&world.cluster(
            "shop",
            json!({ "tags": { "team": "shop" }, "sku": { "tier": "Standard" } }),
        ))
        .await;
    world.ready("shop").await;
    let sent = world.write_requests_after(tagged).await;
    assert_eq!(sent.iter().map(look::brief).collect::<Vec<_>>(), ["PUT shop"]);
    assert!(sent[0].if_match.is_some());
    assert_eq!(
        sent[0].body.as_ref().unwrap()["properties"].get("agentPoolProfiles"),
        None
    );
    let cluster = world.azure.cluster("shop").await.unwrap();
    assert_eq!(cluster["sku"]["tier"], "Standard");
    assert_eq!(cluster["tags"]["team"], "shop");
}

#[tokio::test]
async fn a_key_that_left_the_manifest_is_removed_and_a_field_that_left_it_keeps_its_value() {
    let world = World::new("released").await;
    let _operator = world.operator();
    let fields = json!({ "tags": { "team": "shop", "cost": "42" }, "sku": { "tier": "Standard" } });
    world.create("shop", fields).await;
    let created = world.now().await;

    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "shop" } })))
        .await;
    let cluster = world.ready("shop").await;

    assert_eq!(world.writes_after(created).await, ["PATCH shop"]);
    let live = world.azure.cluster("shop").await.unwrap();
    assert_eq!(live["tags"].get("cost"), None);
    assert_eq!(live["sku"]["tier"], "Standard");
    assert!(
        cluster
            .status
            .unwrap()
            .advice
            .contains(&"sku.tier left the manifest: it is no longer managed and keeps its live value".to_owned())
    );
}

#[tokio::test]
async fn a_cluster_and_its_pools_are_deleted_by_one_call_and_their_objects_end_with_it() {
    let world = World::with_manual_clock("delete").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    let created = world.now().await;

    // A prune deletes pools before their cluster.
    world.delete_pool("system").await;
    world.delete_pool("apps").await;
    world.delete_cluster("shop").await;
    world
        .request_until(
            "the DELETE",
            Requests {
                method: Some("DELETE".into()),
                ..Requests::default()
            },
        )
        .await;
    let deleting = world
        .cluster_until("shop", "deleting", |cluster| {
            look::has_reason(cluster, "Ready", "Deleting")
        })
        .await;
    assert!(
        deleting
            .metadata
            .finalizers
            .is_some_and(|finalizers| finalizers.len() == 1)
    );
    let pool = world.pools.get("apps").await.unwrap();
    assert!(pool.metadata.finalizers.is_some_and(|finalizers| finalizers.len() == 1));

    world.admin().advance_until_idle().await.unwrap();
    world.cluster_gone("shop").await;
    world.pool_gone("apps").await;
    world.pool_gone("system").await;
    assert_eq!(world.writes_after(created).await, ["DELETE shop"]);
    assert_eq!(world.azure.cluster("shop").await, None);
}

#[tokio::test]
async fn a_cluster_stops_and_starts_by_its_power_state_and_stays_ready_meanwhile_stopped() {
    let world = World::new("power").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let created = world.now().await;

    world
        .apply(&world.cluster("shop", json!({ "powerState": { "code": "Stopped" } })))
        .await;
    let stopped = world.ready("shop").await;
    assert_eq!(stopped.status.unwrap().power_state.as_deref(), Some("Stopped"));
    assert_eq!(world.writes_after(created).await, ["POST shop:stop"]);

    // A stopped cluster takes no change; one that is asked for waits without a fault.
    let fields = json!({ "powerState": { "code": "Stopped" }, "sku": { "tier": "Standard" } });
    world.apply(&world.cluster("shop", fields)).await;
    world
        .cluster_until("shop", "ready with a held change", |cluster| {
            look::is_ready(cluster) && look::has_reason(cluster, "InSync", "ClusterStopped")
        })
        .await;
    assert_eq!(world.writes_after(created).await, ["POST shop:stop"]);

    let fields = json!({ "powerState": { "code": "Running" }, "sku": { "tier": "Standard" } });
    world.apply(&world.cluster("shop", fields)).await;
    let running = world.ready("shop").await;
    assert_eq!(running.status.unwrap().power_state.as_deref(), Some("Running"));
    assert_eq!(
        world.writes_after(created).await,
        ["POST shop:stop", "POST shop:start", "PUT shop"]
    );
}
