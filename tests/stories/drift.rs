//! What others change in Azure: brought back, reported, or left to them.

use std::collections::BTreeMap;

use armature_lab::simulator::admin::Seed;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::look;
use crate::world::{GROUP, World};

fn standard() -> serde_json::Value {
    json!({ "tier": "Standard" })
}

#[tokio::test]
async fn an_edit_in_the_portal_is_brought_back_with_one_write() {
    let world = World::new("drift").await;
    let _operator = world.operator();
    world
        .apply(&world.pool("apps", "shop", json!({ "nodeLabels": { "tier": "web" } })))
        .await;
    world.create("shop", json!({ "sku": standard() })).await;
    let created = world.now().await;

    let id = world.azure.cluster_id("shop");
    world
        .admin()
        .edit(&id, json!({ "sku": { "tier": "Free" } }))
        .await
        .unwrap();
    world
        .write_until("the tier to be brought back", created, "PUT shop")
        .await;
    world.ready("shop").await;
    assert_eq!(world.azure.cluster("shop").await.unwrap()["sku"]["tier"], "Standard");

    let id = world.azure.pool_id("shop", "apps");
    let someone = json!({ "properties": { "nodeLabels": { "tier": "db" } } });
    world.admin().edit(&id, someone).await.unwrap();
    world
        .write_until("the label to be brought back", created, "PUT shop/apps")
        .await;
    world.ready("shop").await;
    let pool = world.azure.pool("shop", "apps").await.unwrap();
    assert_eq!(pool["properties"]["nodeLabels"]["tier"], "web");

    assert_eq!(world.writes_after(created).await, ["PUT shop", "PUT shop/apps"]);
}

#[tokio::test]
async fn reported_drift_is_shown_and_left_alone_while_edits_still_go() {
    let world = World::new("report").await;
    let _operator = world.operator();
    let fields = json!({ "driftPolicy": "Report", "sku": standard() });
    world.create("shop", fields).await;
    let created = world.now().await;

    let id = world.azure.cluster_id("shop");
    world
        .admin()
        .edit(&id, json!({ "sku": { "tier": "Free" } }))
        .await
        .unwrap();
    let cluster = world
        .cluster_until("shop", "ready with reported drift", |cluster| {
            look::is_ready(cluster) && look::has_reason(cluster, "InSync", "DriftReported")
        })
        .await;
    assert_eq!(
        look::message(&cluster, "InSync"),
        "held: update sku.tier; spec.driftPolicy is Report: values changed in Azure are shown and left alone"
    );
    let plan = cluster.status.unwrap().plan.unwrap();
    assert_eq!(plan.changes[0].path, "sku.tier");
    assert_eq!(plan.changes[0].from.as_deref(), Some("Free"));
    assert_eq!(plan.changes[0].to.as_deref(), Some("Standard"));
    assert_eq!(plan.changes[0].origin, "Drift");
    assert_eq!(world.writes_after(created).await, Vec::<String>::new());

    let edited = json!({
        "driftPolicy": "Report",
        "sku": standard(),
        "autoUpgradeProfile": { "nodeOSUpgradeChannel": "SecurityPatch" },
    });
    world.apply(&world.cluster("shop", edited)).await;
    world.write_until("the edit", created, "PUT shop").await;
    world
        .cluster_until("shop", "ready with reported drift again", |cluster| {
            look::is_ready(cluster) && look::has_reason(cluster, "InSync", "DriftReported")
        })
        .await;
    let live = world.azure.cluster("shop").await.unwrap();
    assert_eq!(
        live["properties"]["autoUpgradeProfile"]["nodeOSUpgradeChannel"],
        "SecurityPatch"
    );
    assert_eq!(live["sku"]["tier"], "Free");
    assert_eq!(world.writes_after(created).await, ["PUT shop"]);
}

#[tokio::test]
async fn an_observed_cluster_is_never_written_to_not_even_when_its_object_goes() {
    let world = World::new("observe").await;
    let seed = Seed {
        resource_group: GROUP.to_owned(),
        prefix: "theirs-".to_owned(),
        ..Seed::default()
    };
    world.admin().seed(&seed).await.unwrap();
    let name = world.azure.cluster_names().await.remove(0);
    let _operator = world.operator();
    let before = world.azure.cluster(&name).await;

    let fields = json!({ "managementPolicy": "Observe", "tags": { "team": "shop" }, "kubernetesVersion": null });
    world.apply(&world.cluster(&name, fields)).await;
    let cluster = world
        .cluster_until(&name, "ready and observed", |cluster| {
            look::is_ready(cluster) && look::has_reason(cluster, "InSync", "Observe")
        })
        .await;
    let plan = cluster.status.unwrap().plan.unwrap();
    assert_eq!(plan.steps[0].description, "write tags[team] of the cluster");
    assert_eq!(
        plan.steps[0].held.as_deref(),
        Some("spec.managementPolicy is Observe: nothing is written to Azure")
    );

    world.delete_cluster(&name).await;
    world.cluster_gone(&name).await;
    assert_eq!(world.writes_after(0).await, Vec::<String>::new());
    assert_eq!(world.azure.cluster(&name).await, before);
}

#[tokio::test]
async fn tags_of_azure_policy_stay() {
    let world = World::new("policy").await;
    let _operator = world.operator();
    world.create("shop", json!({ "tags": { "team": "shop" } })).await;
    let created = world.now().await;

    let tags = BTreeMap::from([("costCenter".to_owned(), "42".to_owned())]);
    world
        .admin()
        .policy(&world.azure.subscription_scope(), &tags)
        .await
        .unwrap();
    // An edit makes the operator look and write; the tag of others has to survive the write.
    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "web" } })))
        .await;
    world.ready("shop").await;

    let live = world.azure.cluster("shop").await.unwrap();
    let owner = format!("stories/{}/shop", world.namespace);
    assert_eq!(
        live["tags"],
        json!({ "team": "web", "costCenter": "42", "armature-owner": owner })
    );
    assert_eq!(world.writes_after(created).await, ["PATCH shop"]);
}

#[tokio::test]
async fn the_count_of_an_autoscaled_pool_is_never_written() {
    let world = World::new("autoscaler").await;
    let _operator = world.operator();
    let scaled = |max: u32| json!({ "enableAutoScaling": true, "minCount": 1, "maxCount": max, "count": 2 });
    world.apply(&world.pool("apps", "shop", scaled(5))).await;
    world.create("shop", json!({})).await;
    let created = world.now().await;

    let id = world.azure.pool_id("shop", "apps");
    world.admin().autoscale(&id, 4).await.unwrap();
    world
        .pool_until("apps", "seen with four nodes", |pool| {
            look::is_ready(pool) && pool.status.as_ref().is_some_and(|status| status.count == Some(4))
        })
        .await;
    assert_eq!(world.writes_after(created).await, Vec::<String>::new());

    world.apply(&world.pool("apps", "shop", scaled(8))).await;
    world.pool_until("apps", "ready", look::is_ready).await;
    let sent = world.write_requests_after(created).await;
    assert_eq!(sent.iter().map(look::brief).collect::<Vec<_>>(), ["PUT shop/apps"]);
    assert_eq!(sent[0].body.as_ref().unwrap()["properties"].get("count"), None);
    let pool = world.azure.pool("shop", "apps").await.unwrap();
    assert_eq!(pool["properties"]["maxCount"], 8);
    assert_eq!(pool["properties"]["count"], 4);
}

#[tokio::test]
async fn a_requested_reconcile_looks_at_azure_at_once_and_is_acknowledged() {
    let world = World::new("requested").await;
    // The LIST alone would show the change after an hour.
    let _operator = world.operator_with(&["--no-leader-elect", "--list-interval=1h"]);
    world.create("shop", json!({ "sku": standard() })).await;
    let created = world.now().await;

    let id = world.azure.cluster_id("shop");
    world
        .admin()
        .edit(&id, json!({ "sku": { "tier": "Free" } }))
        .await
        .unwrap();
    let request = json!({ "metadata": { "annotations": { "reconcile.aks.armature.dev/requestedAt": "now" } } });
    let merge = Patch::Merge(&request);
    world
        .clusters
        .patch("shop", &PatchParams::default(), &merge)
        .await
        .unwrap();
    world
        .write_until("the tier to be brought back", created, "PUT shop")
        .await;
    let cluster = world.ready("shop").await;
    assert_eq!(
        cluster.status.unwrap().last_handled_reconcile_at.as_deref(),
        Some("now")
    );
}
