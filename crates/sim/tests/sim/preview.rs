//! Preview api-versions over the wire: what they add, which feature it needs, and that stable versions know none of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim, pool_body, with};

const PREVIEW: &str = "2026-08-02-preview";
const TAINTS: &str = "NodeInitializationTaintsPreview";

async fn in_preview(sim: &Sim, method: Method, path: &str, body: Option<Value>) -> Answer {
    let url = format!("{}{path}?api-version={PREVIEW}", sim.simulator.endpoint());
    sim.send(method, &url, &[], body).await
}

async fn register(sim: &Sim, feature: &str) {
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/{feature}/register",
        sim.subscription()
    );
    sim.post(&path).await.expect(200);
}

fn tainted() -> Value {
    with(pool_body(), "nodeInitializationTaints", json!(["a=b:NoSchedule"]))
}

#[tokio::test]
async fn a_preview_property_needs_its_feature() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = sim.pool("work");
    let put = || in_preview(&sim, Method::PUT, &path, Some(tainted()));
    let refused = put().await.expect(400);
    assert_eq!(refused.code(), "BadRequest");
    let message = refused.body["message"].as_str().unwrap();
    assert!(
        message
            .starts_with("Preview feature Microsoft.ContainerService/NodeInitializationTaintsPreview not registered."),
        "{message}"
    );
    register(&sim, TAINTS).await;
    put().await.expect(400);
    sim.minutes(5);
    let made = put().await.expect(201).body;
    assert_eq!(
        made["properties"]["nodeInitializationTaints"],
        json!(["a=b:NoSchedule"])
    );
}

#[tokio::test]
async fn a_stable_version_neither_takes_nor_shows_it_and_leaves_it_alone() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    register(&sim, TAINTS).await;
    sim.minutes(5);
    let refused = sim.put(&sim.pool("work"), tainted()).await.expect(400);
    assert_eq!(refused.code(), "UnmarshalError");
    in_preview(&sim, Method::PUT, &sim.pool("work"), Some(tainted()))
        .await
        .expect(201);
    sim.minutes(30);
    let shows = |body: &Value| body["properties"].get("nodeInitializationTaints").is_some();
    assert!(!shows(&sim.get(&sim.pool("work")).await.expect(200).body));
    let cluster = sim.get(&sim.cluster("c")).await.expect(200).text;
    assert!(!cluster.contains("nodeInitializationTaints"));
    sim.put(&sim.pool("work"), with(pool_body(), "count", json!(2)))
        .await
        .expect(200);
    sim.minutes(30);
    let after = in_preview(&sim, Method::GET, &sim.pool("work"), None)
        .await
        .expect(200)
        .body;
    assert!(shows(&after) && after["properties"]["count"] == 2);
}

#[tokio::test]
async fn clusters_take_preview_properties_without_a_feature_where_none_is_known() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let profile = json!({"nodeDisruptionPolicy": "AllowDuringMaintenanceWindow"});
    let body = json!({"location": "westeurope", "properties": {"nodeDisruptionProfile": profile}});
    sim.put(&sim.cluster("c"), body.clone()).await.expect(400);
    in_preview(&sim, Method::PUT, &sim.cluster("c"), Some(body))
        .await
        .expect(200);
    sim.minutes(30);
    let shown = in_preview(&sim, Method::GET, &sim.cluster("c"), None).await.expect(200);
    assert_eq!(shown.body["properties"]["nodeDisruptionProfile"], profile);
}
