//! TLS, and faults of the connection itself.

use armature_sim::server::Simulator;
use reqwest::{Certificate, Client, Method};
use serde_json::json;

use crate::support::{Sim, cluster_body, config};

#[tokio::test]
async fn a_reset_connection_carries_no_answer_and_has_no_effect() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.fault(json!({"match": {"method": "PUT"}, "times": 1, "fault": {"connectionReset": {}}}))
        .await;
    assert!(
        sim.try_send(Method::PUT, &sim.cluster("c"), &[], Some(cluster_body()))
            .await
            .is_err()
    );
    sim.get(&sim.cluster("c")).await.expect(404);
}

#[tokio::test]
async fn a_connection_reset_after_the_call_leaves_its_effect() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.fault(json!({"match": {"method": "PUT"}, "times": 1, "fault": {"connectionReset": {"after": true}}}))
        .await;
    assert!(
        sim.try_send(Method::PUT, &sim.cluster("c"), &[], Some(cluster_body()))
            .await
            .is_err()
    );
    assert_eq!(sim.get(&sim.cluster("c")).await.expect(200).state(), "Creating");
}

#[tokio::test]
async fn a_truncated_body_ends_before_its_promised_length() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(json!({"match": {"call": "ManagedClusters_Get"}, "times": 1, "fault": {"truncatedBody": {}}}))
        .await;
    assert!(sim.try_send(Method::GET, &sim.cluster("c"), &[], None).await.is_err());
    sim.get(&sim.cluster("c")).await.expect(200);
}

#[tokio::test]
async fn a_delayed_answer_is_the_ordinary_one() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(json!({"match": {"call": "ManagedClusters_Get"}, "times": 1, "fault": {"delay": {"milliseconds": 1}}}))
        .await;
    sim.get(&sim.cluster("c")).await.expect(200);
}

#[tokio::test]
async fn an_altered_answer_lies_and_the_world_does_not() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let alter = |fault: serde_json::Value| {
        sim.fault(json!({"match": {"call": "ManagedClusters_Get"}, "times": 1, "fault": {"alter": fault}}))
    };
    let lies = json!([
        {"op": "replace", "path": "/properties/agentPoolProfiles/0/count", "value": "many"},
        {"op": "add", "path": "/properties/agentPoolProfiles/0", "value": null},
    ]);
    alter(json!({"body": lies, "headers": {"ETag": null, "location": "https://evil.example/x"}})).await;
    let answer = sim.get(&sim.cluster("c")).await.expect(200);
    assert_eq!(answer.body["properties"]["agentPoolProfiles"][0], json!(null));
    assert_eq!(answer.body["properties"]["agentPoolProfiles"][1]["count"], "many");
    assert_eq!(answer.header("location"), Some("https://evil.example/x"));
    let true_answer = sim.get(&sim.cluster("c")).await.expect(200);
    assert_eq!(true_answer.body["properties"]["agentPoolProfiles"][0]["count"], 1);

    alter(json!({"body": [{"op": "remove", "path": "/nothing"}]})).await;
    sim.get(&sim.cluster("c")).await.expect(500);
}

#[tokio::test]
async fn tls_is_trusted_through_its_own_authority_alone() {
    let folder = std::env::temp_dir().join(format!("armature-sim-tls-{}", std::process::id()));
    let mut config = config();
    config.tls = true;
    config.state_dir = Some(folder.clone());
    let simulator = armature_sim::server::Simulator::start(config).await.unwrap();
    let url = format!("{}/metadata/endpoints", simulator.endpoint());
    assert!(url.starts_with("https://"));
    assert!(Client::new().get(&url).send().await.is_err());
    let authority = Certificate::from_pem(&std::fs::read(simulator.ca().unwrap()).unwrap()).unwrap();
    let trusting = Client::builder().tls_certs_only([authority]).build().unwrap();
    assert_eq!(trusting.get(&url).send().await.unwrap().status(), 200);
    simulator.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_ready_line_tells_how_to_sign_in() {
    let sim = Sim::start().await;
    let line: serde_json::Value = serde_json::from_str(&sim.simulator.ready_line()).unwrap();
    for name in [
        "endpoint",
        "admin",
        "ca",
        "tenant",
        "subscription",
        "clientId",
        "clientSecret",
    ] {
        assert!(line.get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_stopped_simulator_answers_nobody_not_even_on_an_open_connection() {
    let simulator = Simulator::start(config()).await.unwrap();
    let http = Client::new();
    let url = format!("{}/metadata/endpoints", simulator.endpoint());
    assert_eq!(http.get(&url).send().await.unwrap().status(), 200);
    simulator.stop().await;
    assert!(http.get(&url).send().await.is_err());
}
