//! Fleets with their members, and event subscriptions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim};

const FLEET: &str = "2026-06-01";
const EVENTS: &str = "2025-02-15";

async fn fleet() -> (Sim, String) {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = sim.in_group("Microsoft.ContainerService/fleets/fleet");
    sim.call(
        Method::PUT,
        &path,
        FLEET,
        Some(json!({"location": "northeurope", "properties": {}})),
    )
    .await
    .expect(201);
    sim.minutes(5);
    (sim, path)
}

fn member(cluster: &str) -> Value {
    json!({"properties": {"clusterResourceId": cluster, "group": "ring-1"}})
}

#[tokio::test]
async fn a_member_joins_and_leaves_and_is_told_by_its_own_state() {
    let (sim, fleet) = fleet().await;
    let path = format!("{fleet}/members/c");
    let joining = sim
        .call(Method::PUT, &path, FLEET, Some(member(&sim.cluster("c"))))
        .await
        .expect(201);
    assert_eq!(
        (joining.state(), joining.header("azure-asyncoperation")),
        ("Joining", None)
    );
    assert!(joining.header("retry-after").is_some());
    sim.minutes(5);
    let joined = sim.call(Method::GET, &path, FLEET, None).await.expect(200);
    assert_eq!(joined.state(), "Succeeded");
    let url = format!("{}{path}?api-version={FLEET}", sim.simulator.endpoint());
    let body = Some(member(&sim.cluster("c")));
    let stale = sim.send(Method::PUT, &url, &[("if-match", "stale")], body);
    stale.await.expect(412);
    let patch = json!({"properties": {"labels": {"env": "prod"}}});
    sim.call(Method::PATCH, &path, FLEET, Some(patch)).await.expect(200);
    sim.minutes(5);
    let leaving = sim.call(Method::DELETE, &path, FLEET, None).await.expect(202);
    assert!(leaving.header("location").is_some());
    assert_eq!(
        sim.call(Method::GET, &path, FLEET, None).await.expect(200).state(),
        "Leaving"
    );
    sim.minutes(5);
    sim.call(Method::GET, &path, FLEET, None).await.expect(404);
}

#[tokio::test]
async fn a_cluster_is_in_one_fleet_once_and_a_member_keeps_its_cluster() {
    let (sim, fleet) = fleet().await;
    sim.ready_cluster("d").await;
    let put = async |name: &str, body: Value| {
        sim.call(Method::PUT, &format!("{fleet}/members/{name}"), FLEET, Some(body))
            .await
    };
    put("c", member(&sim.cluster("c"))).await.expect(201);
    sim.minutes(5);
    put("again", member(&sim.cluster("c").to_uppercase())).await.expect(409);
    put("c", member(&sim.cluster("d"))).await.expect(400);
    put("none", member(&sim.cluster("none"))).await.expect(400);
    put("Upper", member(&sim.cluster("d"))).await.expect(400);
}

fn hook(url: &str) -> Value {
    json!({"properties": {
        "destination": {"endpointType": "WebHook", "properties": {"endpointUrl": url}},
        "filter": {"includedEventTypes": ["Microsoft.ContainerService.NewKubernetesVersionAvailable"]},
    }})
}

async fn subscribe(sim: &Sim, body: Value) -> Answer {
    let path = sim.on_cluster("Microsoft.EventGrid/eventSubscriptions/versions");
    sim.call(Method::PUT, &path, EVENTS, Some(body)).await
}

#[tokio::test]
async fn an_event_subscription_is_created_again_and_again_and_keeps_its_address() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let made = subscribe(&sim, hook("https://example.com/hook?code=hidden"))
        .await
        .expect(201);
    assert_eq!(made.state(), "Creating");
    sim.minutes(5);
    let again = subscribe(&sim, hook("https://example.com/hook?code=hidden"))
        .await
        .expect(201);
    assert!(!again.text.contains("hidden"), "{}", again.text);
    sim.minutes(5);
    let path = sim.on_cluster("Microsoft.EventGrid/eventSubscriptions/versions");
    let found = sim.call(Method::GET, &path, EVENTS, None).await.expect(200);
    assert_eq!(found.state(), "Succeeded");
    assert_eq!(
        found.body["properties"]["topic"],
        json!(sim.cluster("c").to_lowercase())
    );
    assert_eq!(
        found.body["properties"]["destination"]["properties"]["endpointBaseUrl"],
        "https://example.com/hook"
    );
    let full = sim
        .call(Method::POST, &format!("{path}/getFullUrl"), EVENTS, None)
        .await
        .expect(200)
        .body;
    assert_eq!(full["endpointUrl"], "https://example.com/hook?code=hidden");
}

#[tokio::test]
async fn event_subscriptions_are_checked() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    assert_eq!(
        subscribe(&sim, hook("https://hook.invalid/")).await.expect(400).code(),
        "Url validation"
    );
    subscribe(&sim, json!({"properties": {}})).await.expect(400);
    let mut unknown = hook("https://example.com/hook");
    unknown["properties"]["filter"]["includedEventTypes"] = json!(["Microsoft.ContainerService.Anything"]);
    subscribe(&sim, unknown).await.expect(400);
    let mut eager = hook("https://example.com/hook");
    eager["properties"]["retryPolicy"] = json!({"maxDeliveryAttempts": 31});
    subscribe(&sim, eager).await.expect(400);
}
