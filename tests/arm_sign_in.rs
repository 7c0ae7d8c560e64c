//! The ARM client as the operator builds it, from credential to answer, over real connections.
//!
//! A managed identity is found through environment variables, which a test must not change in its own process; so the
//! test starts itself again with them set.
#![allow(clippy::expect_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use armature_arm::{ArmError, ArmMetrics, Budget, Clients, Cloud, ClusterId, Credential, Settings};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

const CLUSTER: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/\
                       Microsoft.ContainerService/managedClusters/prod";
const ENDPOINT: &str = "ARMATURE_TEST_ENDPOINT";

/// The tokens handed out, and what came with each call to the cluster.
#[derive(Clone, Default)]
struct Azure {
    tokens: Arc<Mutex<Vec<String>>>,
    bearers: Arc<Mutex<Vec<String>>>,
}

#[derive(serde::Deserialize)]
struct TokenQuery {
    resource: String,
    client_id: Option<String>,
}

async fn token(State(azure): State<Azure>, headers: HeaderMap, Query(query): Query<TokenQuery>) -> Json<Value> {
    assert_eq!(headers["x-identity-header"], "header-secret");
    assert_eq!(query.resource, "https://arm.example");
    let mut tokens = azure.tokens.lock().expect("tokens");
    let token = format!("{}-{}", query.client_id.unwrap_or_default(), tokens.len());
    tokens.push(token.clone());
    Json(json!({
        "access_token": token, "token_type": "Bearer", "resource": query.resource,
        "expires_on": (jiff::Timestamp::now().as_second() + 3600).to_string(),
    }))
}

/// Refuses the first token, as if it had been revoked.
async fn cluster(State(azure): State<Azure>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let bearer = headers["authorization"].to_str().expect("text").to_owned();
    let revoked = bearer.ends_with("-0");
    azure.bearers.lock().expect("bearers").push(bearer);
    if revoked {
        let error = json!({ "error": { "code": "InvalidAuthenticationToken", "message": "revoked" } });
        return (StatusCode::UNAUTHORIZED, Json(error));
    }
    (StatusCode::OK, Json(json!({ "id": CLUSTER, "location": "westeurope" })))
}

#[tokio::test]
async fn an_identity_signs_in_once_keeps_to_itself_and_replaces_a_refused_token() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        return as_operator(&endpoint).await;
    }
    let azure = Azure::default();
    let router = Router::new()
        .route("/token", get(token))
        .route(CLUSTER, get(cluster))
        .with_state(azure.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let status = tokio::process::Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "an_identity_signs_in_once_keeps_to_itself_and_replaces_a_refused_token",
        ])
        .env(ENDPOINT, &endpoint)
        .env("IDENTITY_ENDPOINT", format!("{endpoint}/token"))
        .env("IDENTITY_HEADER", "header-secret")
        .kill_on_drop(true)
        .status();
    let status = tokio::time::timeout(Duration::from_secs(60), status)
        .await
        .expect("in time")
        .expect("it runs");
    server.abort();
    assert!(status.success());
    assert_eq!(*azure.tokens.lock().expect("tokens"), ["one-0", "one-1", "two-2"]);
    let bearers = azure.bearers.lock().expect("bearers").clone();
    assert_eq!(
        bearers,
        ["Bearer one-0", "Bearer one-1", "Bearer one-1", "Bearer two-2"]
    );
}

/// What the operator does with it.
async fn as_operator(endpoint: &str) {
    let cloud = Cloud::custom(endpoint, "https://login.example", "https://arm.example/").expect("a cloud");
    let budget = Budget::new();
    let metrics = ArmMetrics::register(&mut Registry::default());
    let clients = Clients::new(Settings::new(cloud), budget, metrics).expect("clients");
    let identity = |id: &str| Credential::ManagedIdentity {
        client_id: Some(id.to_owned()),
    };
    let cluster: ClusterId = CLUSTER.parse().expect("an id");

    let one = clients.client(&identity("one"));
    let refused = one.get_cluster(&cluster).await;
    assert!(
        matches!(refused, Err(ArmError::Service { status: 401, .. })),
        "{refused:?}"
    );
    for _ in 0..2 {
        let found = clients
            .client(&identity("one"))
            .get_cluster(&cluster)
            .await
            .expect("an answer");
        assert_eq!(found.expect("a cluster")["location"], "westeurope");
    }
    clients
        .client(&identity("two"))
        .get_cluster(&cluster)
        .await
        .expect("an answer")
        .expect("a cluster");
}
