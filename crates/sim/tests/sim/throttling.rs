//! The documented buckets over the wire: who answers 429, in which shape, for how long.

use reqwest::Method;
use serde_json::json;

use crate::support::{Sim, config};

#[tokio::test]
async fn the_twenty_first_put_of_a_cluster_within_a_minute_is_throttled_by_aks() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.minutes(60);
    for _ in 0..20 {
        sim.put(&sim.cluster("c"), json!({})).await.expect(400);
    }
    let refused = sim.put(&sim.cluster("c"), json!({})).await.expect(429);
    assert_eq!(refused.body["code"], "Throttled");
    assert_eq!(refused.header("retry-after"), Some("60"));
    sim.minutes(1);
    sim.put(&sim.cluster("c"), json!({})).await.expect(400);
    sim.put(&sim.cluster("d"), json!({})).await.expect(400);
}

#[tokio::test]
async fn pools_and_everything_else_share_sixty_calls_and_gets_of_clusters_do_not() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.minutes(60);
    for _ in 0..60 {
        sim.get(&sim.pool("system")).await.expect(200);
    }
    sim.get(&sim.pool("system")).await.expect(429);
    sim.get(&format!("{}/upgradeProfiles/default", sim.cluster("c")))
        .await
        .expect(429);
    sim.get(&sim.cluster("c")).await.expect(200);
}

#[tokio::test]
async fn the_gateway_counts_by_principal_and_says_what_is_left() {
    let sim = Sim::start().await;
    let path = format!("/subscriptions/{}/resourceGroups", sim.subscription());
    let first = sim.get(&path).await.expect(200);
    assert_eq!(first.header("x-ms-ratelimit-remaining-subscription-reads"), Some("249"));
    assert_eq!(
        first.header("x-ms-ratelimit-remaining-subscription-global-reads"),
        Some("3749")
    );
    for _ in 0..249 {
        sim.get(&path).await.expect(200);
    }
    let refused = sim.get(&path).await.expect(429);
    assert_eq!(refused.body["error"]["code"], "SubscriptionRequestsThrottled");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let group = format!("{path}/rg");
    sim.put(&group, json!({"location": "westeurope"})).await.expect(201);
}

#[tokio::test]
async fn throttling_can_be_switched_off() {
    let mut config = config();
    config.no_throttling = true;
    let sim = Sim::with(config).await;
    for _ in 0..300 {
        sim.get("/subscriptions").await.expect(200);
    }
    sim.admin(Method::PATCH, "/settings", json!({"throttling": true}))
        .await
        .expect(200);
    let path = format!("/subscriptions/{}", sim.subscription());
    assert!(
        sim.get(&path)
            .await
            .header("x-ms-ratelimit-remaining-subscription-reads")
            .is_some()
    );
}
