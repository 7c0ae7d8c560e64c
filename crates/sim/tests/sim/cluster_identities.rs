//! Identities of clusters over the wire: who they are, who finds them, and what they have to be allowed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GROUP, Sim, cluster_body, pool_body, with};

const NETWORK_CONTRIBUTOR: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

fn in_group(sim: &Sim, rest: &str) -> String {
    let subscription = sim.subscription();
    format!("/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/{rest}")
}

async fn put(sim: &Sim, path: &str, version: &str, body: Value) -> Value {
    let url = format!("{}{path}?api-version={version}", sim.simulator.endpoint());
    let answer = sim.send(Method::PUT, &url, &[], Some(body)).await;
    assert!(answer.status < 300, "{}", answer.text);
    sim.minutes(1);
    answer.body
}

async fn identity(sim: &Sim, name: &str) -> (String, Value) {
    let path = in_group(sim, &format!("Microsoft.ManagedIdentity/userAssignedIdentities/{name}"));
    let made = put(sim, &path, "2024-11-30", json!({"location": "westeurope"})).await;
    (path, made["properties"].clone())
}

async fn subnet(sim: &Sim) -> String {
    let network = in_group(sim, "Microsoft.Network/virtualNetworks/v");
    let prefix =
        json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}});
    put(sim, &network, "2026-03-01", prefix).await;
    let path = format!("{network}/subnets/nodes");
    put(
        sim,
        &path,
        "2026-03-01",
        json!({"properties": {"addressPrefix": "10.1.0.0/20"}}),
    )
    .await;
    path
}

fn cluster_of(identity: &str, subnet: &str) -> Value {
    let mut body = cluster_body();
    body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {identity: {}}});
    body["properties"]["agentPoolProfiles"][0]["vnetSubnetID"] = json!(subnet);
    body
}

async fn assign(sim: &Sim, principal: &str, role: &str, scope: &str) {
    let body = json!({"principal": principal, "role": role, "scope": scope, "propagation": 300});
    sim.admin(Method::POST, "/role-assignments", body).await.expect(200);
}

#[tokio::test]
async fn a_users_own_identity_needs_rights_on_the_subnet_and_they_take_time() {
    let sim = Sim::start().await;
    sim.group().await;
    let (id, properties) = identity(&sim, "own").await;
    let subnet = subnet(&sim).await;
    let create = || cluster_of(&id, &subnet);
    let refused = sim.put(&sim.cluster("c"), create()).await.expect(400);
    assert_eq!(refused.code(), "ResourceMissingPermissionError");
    assert!(refused.text.contains("subnets/join/action"), "{}", refused.text);
    let principal = properties["principalId"].as_str().unwrap();
    assign(&sim, principal, NETWORK_CONTRIBUTOR, &subnet).await;
    sim.put(&sim.cluster("c"), create()).await.expect(400);
    sim.minutes(6);
    let made = sim.put(&sim.cluster("c"), create()).await.expect(201).body;
    assert_eq!(
        made["identity"]["userAssignedIdentities"][&id]["principalId"],
        properties["principalId"]
    );
    // Pools stand in subnets too.
    sim.minutes(30);
    let other = format!("{}/subnets/others", subnet.rsplit_once("/subnets").unwrap().0);
    put(
        &sim,
        &other,
        "2026-03-01",
        json!({"properties": {"addressPrefix": "10.1.16.0/20"}}),
    )
    .await;
    let pool = sim
        .put(&sim.pool("work"), with(pool_body(), "vnetSubnetID", json!(other)))
        .await
        .expect(400);
    assert_eq!(pool.code(), "ResourceMissingPermissionError");
}

#[tokio::test]
async fn what_the_simulator_does_not_know_is_not_asked_about_and_the_check_can_be_off() {
    let sim = Sim::start().await;
    sim.group().await;
    let unknown = in_group(&sim, "Microsoft.ManagedIdentity/userAssignedIdentities/unknown");
    let subnet = subnet(&sim).await;
    sim.put(&sim.cluster("c"), cluster_of(&unknown, &subnet))
        .await
        .expect(201);
    let (id, _) = identity(&sim, "own").await;
    let nowhere = in_group(&sim, "Microsoft.Network/virtualNetworks/nowhere/subnets/nodes");
    sim.put(&sim.cluster("d"), cluster_of(&id, &nowhere)).await.expect(201);
    sim.put(&sim.cluster("e"), cluster_of(&id, &subnet)).await.expect(400);
    sim.admin(Method::PATCH, "/settings", json!({"identityRights": false}))
        .await
        .expect(200);
    sim.put(&sim.cluster("e"), cluster_of(&id, &subnet)).await.expect(201);
}

#[tokio::test]
async fn a_kubelet_identity_of_ones_own_has_to_be_assignable() {
    let sim = Sim::start().await;
    sim.group().await;
    let (id, properties) = identity(&sim, "own").await;
    let (kubelet, kubelet_properties) = identity(&sim, "kubelet").await;
    let mut body = cluster_body();
    body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {&id: {}}});
    let body = with(
        body,
        "identityProfile",
        json!({"kubeletidentity": {"resourceId": kubelet}}),
    );
    let refused = sim.put(&sim.cluster("c"), body.clone()).await.expect(400);
    assert_eq!(refused.code(), "CustomKubeletIdentityMissingPermissionError");
    let principal = properties["principalId"].as_str().unwrap();
    assign(&sim, principal, "Managed Identity Operator", &kubelet).await;
    sim.minutes(6);
    let made = sim.put(&sim.cluster("c"), body).await.expect(201).body;
    assert_eq!(
        made["properties"]["identityProfile"]["kubeletidentity"]["objectId"],
        kubelet_properties["principalId"]
    );
}

#[tokio::test]
async fn identities_that_come_with_a_cluster_are_in_the_directory_and_go_with_it() {
    let sim = Sim::start().await;
    sim.group().await;
    let body = with(
        cluster_body(),
        "addonProfiles",
        json!({"azureKeyvaultSecretsProvider": {"enabled": true}, "azurepolicy": {"enabled": false}}),
    );
    let body = with(body, "ingressProfile", json!({"webAppRouting": {"enabled": true}}));
    let made = sim.put(&sim.cluster("c"), body).await.expect(201).body;
    let shown = [
        made["identity"]["principalId"].clone(),
        made["properties"]["identityProfile"]["kubeletidentity"]["objectId"].clone(),
        made["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]["identity"]["objectId"].clone(),
        made["properties"]["ingressProfile"]["webAppRouting"]["identity"]["objectId"].clone(),
    ];
    assert_eq!(made["properties"]["addonProfiles"]["azurepolicy"].get("identity"), None);
    let known = async || {
        let all = sim.admin(Method::GET, "/principals", json!({})).await.expect(200).body;
        let all = all.as_array().unwrap().clone();
        shown
            .iter()
            .filter(|id| all.iter().any(|principal| principal["objectId"] == **id))
            .count()
    };
    assert_eq!(known().await, 4);
    sim.minutes(30);
    sim.delete(&sim.cluster("c")).await.expect(202);
    sim.minutes(30);
    assert_eq!(known().await, 0);
}
