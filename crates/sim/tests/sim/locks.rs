//! Locks: what they stop, where they reach, and that they do not stop their own removal.

use reqwest::Method;
use serde_json::json;

use crate::support::{Sim, cluster_body, pool_body};

const VERSION: &str = "2020-05-01";

async fn lock(sim: &Sim, scope: &str, level: &str) -> String {
    let path = format!("{scope}/providers/Microsoft.Authorization/locks/keep");
    let body = json!({"properties": {"level": level}});
    sim.call(Method::PUT, &path, VERSION, Some(body)).await.expect(201);
    path
}

#[tokio::test]
async fn a_delete_lock_on_a_cluster_keeps_all_that_is_below_it() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.ready_pool("work").await;
    let association = sim.on_cluster("Microsoft.Insights/dataCollectionRuleAssociations/a");
    let tied = sim.data_collection_rule().await;
    sim.call(Method::PUT, &association, "2023-03-11", Some(tied))
        .await
        .expect(201);
    let lock = lock(&sim, &sim.cluster("c"), "CanNotDelete").await;
    for (path, version) in [
        (sim.cluster("c"), "2026-08-01"),
        (sim.pool("work"), "2026-08-01"),
        (association.clone(), "2023-03-11"),
    ] {
        let refused = sim.call(Method::DELETE, &path, version, None).await.expect(409);
        assert_eq!(refused.code(), "ScopeLocked");
        assert!(
            refused.text.contains("cannot perform delete operation"),
            "{}",
            refused.text
        );
    }
    sim.put(&sim.pool("work"), pool_body()).await.expect(200);
    sim.minutes(30);
    sim.call(Method::DELETE, &lock, VERSION, None).await.expect(200);
    sim.delete(&sim.cluster("c")).await.expect(202);
}

#[tokio::test]
async fn a_lock_inside_keeps_the_group_and_is_inherited_from_above() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let group = format!("/subscriptions/{}/resourceGroups/rg", sim.subscription());
    let inside = lock(&sim, &sim.cluster("c"), "CanNotDelete").await;
    assert_eq!(sim.delete(&group).await.expect(409).code(), "ScopeLocked");
    sim.call(Method::DELETE, &inside, VERSION, None).await.expect(200);
    lock(&sim, &group, "CanNotDelete").await;
    assert_eq!(sim.delete(&sim.cluster("c")).await.expect(409).code(), "ScopeLocked");
    let at = |filter| format!("{}/providers/Microsoft.Authorization/locks{filter}", sim.cluster("c"));
    let found = sim
        .call(Method::GET, &at("?$filter=atScope()"), VERSION, None)
        .await
        .expect(200)
        .body;
    assert_eq!(found["value"].as_array().unwrap().len(), 1, "{found}");
}

#[tokio::test]
async fn a_read_only_lock_stops_writes_and_posts_and_lets_reads_through() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    lock(&sim, &sim.cluster("c"), "ReadOnly").await;
    sim.get(&sim.cluster("c")).await.expect(200);
    assert_eq!(
        sim.put(&sim.cluster("c"), cluster_body()).await.expect(409).code(),
        "ScopeLocked"
    );
    let credentials = format!("{}/listClusterUserCredential", sim.cluster("c"));
    let refused = sim.post(&credentials).await.expect(409);
    assert!(
        refused.text.contains("cannot perform write operation"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn contributors_cannot_lock() {
    let mut sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.become_principal("app", &["Contributor"]).await;
    let path = sim.on_cluster("Microsoft.Authorization/locks/keep");
    let body = json!({"properties": {"level": "CanNotDelete"}});
    let refused = sim.call(Method::PUT, &path, VERSION, Some(body)).await.expect(403);
    assert_eq!(refused.code(), "AuthorizationFailed");
}

#[tokio::test]
async fn a_level_that_does_not_exist_is_refused() {
    let sim = Sim::start().await;
    sim.group().await;
    let group = format!("/subscriptions/{}/resourceGroups/rg", sim.subscription());
    let path = format!("{group}/providers/Microsoft.Authorization/locks/keep");
    let body = json!({"properties": {"level": "Never"}});
    sim.call(Method::PUT, &path, VERSION, Some(body)).await.expect(400);
}
