//! eTags over the wire: who changes whose, and what a stale one is worth.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, cluster_body, pool_body, with};

async fn etags(sim: &Sim) -> (Value, Value) {
    let cluster = sim.get(&sim.cluster("c")).await.expect(200).body;
    let pool = cluster["properties"]["agentPoolProfiles"][0]["eTag"].clone();
    assert_eq!(
        sim.get(&sim.pool("system")).await.expect(200).body["properties"]["eTag"],
        pool
    );
    (cluster["eTag"].clone(), pool)
}

#[tokio::test]
async fn a_cluster_operation_changes_both_and_a_pool_operation_only_the_pools() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let (cluster, pool) = etags(&sim).await;
    sim.put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    sim.minutes(30);
    let (cluster_after, pool_after) = etags(&sim).await;
    assert_ne!(cluster, cluster_after);
    assert_ne!(pool, pool_after);
    sim.put(&sim.pool("system"), with(pool_body(), "mode", json!("System")))
        .await
        .expect(200);
    sim.minutes(30);
    let (cluster_last, pool_last) = etags(&sim).await;
    assert_eq!(cluster_after, cluster_last);
    assert_ne!(pool_after, pool_last);
}

#[tokio::test]
async fn a_stale_etag_is_refused_and_changes_nothing() {
    let sim = Sim::start().await;
    let before = sim.ready_cluster("c").await;
    for (method, path) in [
        (Method::PUT, sim.cluster("c")),
        (Method::PATCH, sim.cluster("c")),
        (Method::DELETE, sim.cluster("c")),
        (Method::PUT, sim.pool("system")),
        (Method::DELETE, sim.pool("system")),
    ] {
        let body = (method != Method::DELETE).then(|| match &method {
            &Method::PATCH => json!({"tags": {}}),
            _ if path.contains("agentPools") => with(pool_body(), "mode", json!("System")),
            _ => json!({"location": "westeurope"}),
        });
        let answer = sim
            .send(method, &path, &[("if-match", "stale")], body)
            .await
            .expect(412);
        assert_eq!(answer.body["code"], "PreconditionFailed");
    }
    assert_eq!(sim.get(&sim.cluster("c")).await.body, before);
}

#[tokio::test]
async fn creation_can_be_told_apart_from_update() {
    let sim = Sim::start().await;
    sim.group().await;
    let put = |headers: &'static [(&'static str, &'static str)]| {
        let path = sim.cluster("c");
        let sim = &sim;
        async move { sim.send(Method::PUT, &path, headers, Some(cluster_body())).await }
    };
    assert_eq!(put(&[("if-match", "*")]).await.status, 412);
    assert_eq!(put(&[("if-none-match", "*")]).await.status, 201);
    assert_eq!(put(&[("if-none-match", "*")]).await.status, 412);
    assert_eq!(put(&[("if-none-match", "abc")]).await.status, 400);
}
