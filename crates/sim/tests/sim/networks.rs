//! Virtual networks and subnets: what a PUT drops, what is in use, how full it is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim, cluster_body};

const VERSION: &str = "2026-03-01";

fn network(sim: &Sim) -> String {
    sim.in_group("Microsoft.Network/virtualNetworks/net")
}

fn subnet(sim: &Sim, name: &str) -> String {
    format!("{}/subnets/{name}", network(sim))
}

async fn put(sim: &Sim, path: &str, body: Value) -> Answer {
    let answer = sim.call(Method::PUT, path, VERSION, Some(body)).await;
    sim.minutes(1);
    answer
}

fn with_subnets(names: &[(&str, &str)]) -> Value {
    let subnets: Vec<Value> = names
        .iter()
        .map(|(name, range)| json!({"name": name, "properties": {"addressPrefix": range}}))
        .collect();
    json!({"location": "westeurope", "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}})
}

/// A network with a subnet `nodes`, in which the cluster `c` is.
async fn in_use() -> Sim {
    let sim = Sim::start().await;
    sim.group().await;
    put(
        &sim,
        &network(&sim),
        with_subnets(&[("nodes", "10.0.1.0/24"), ("free", "10.0.2.0/24")]),
    )
    .await
    .expect(201);
    let mut body = cluster_body();
    body["properties"]["agentPoolProfiles"][0]["vnetSubnetID"] = json!(subnet(&sim, "nodes"));
    sim.put(&sim.cluster("c"), body).await.expect(201);
    sim.minutes(30);
    sim
}

#[tokio::test]
async fn a_put_of_the_network_drops_subnets_that_it_leaves_out_unless_they_are_in_use() {
    let sim = in_use().await;
    let refused = put(&sim, &network(&sim), with_subnets(&[("free", "10.0.2.0/24")]))
        .await
        .expect(400);
    assert_eq!(refused.code(), "InUseSubnetCannotBeDeleted");
    put(&sim, &network(&sim), with_subnets(&[("nodes", "10.0.1.0/24")]))
        .await
        .expect(200);
    sim.call(Method::GET, &subnet(&sim, "free"), VERSION, None)
        .await
        .expect(404);
    let shown = sim
        .call(Method::GET, &network(&sim), VERSION, None)
        .await
        .expect(200)
        .body;
    assert_eq!(shown["properties"]["subnets"].as_array().unwrap().len(), 1);
    assert_eq!(
        shown["properties"]["subnets"][0]["properties"]["addressPrefix"],
        "10.0.1.0/24"
    );
    let used = sim
        .call(Method::DELETE, &subnet(&sim, "nodes"), VERSION, None)
        .await
        .expect(400);
    assert_eq!(used.code(), "InUseSubnetCannotBeDeleted");
    sim.call(Method::DELETE, &network(&sim), VERSION, None)
        .await
        .expect(400);
}

#[tokio::test]
async fn usages_count_nodes_and_what_the_outside_world_takes() {
    let sim = in_use().await;
    let usage = async || {
        let path = format!("{}/usages", network(&sim));
        let found = sim.call(Method::GET, &path, VERSION, None).await.expect(200).body;
        let all = found["value"].as_array().unwrap();
        let nodes = all
            .iter()
            .find(|one| one["id"].as_str().unwrap().ends_with("/nodes"))
            .unwrap();
        assert_eq!(nodes["name"]["value"], "SubnetSpace");
        (
            nodes["currentValue"].as_i64().unwrap(),
            nodes["limit"].as_i64().unwrap(),
        )
    };
    assert_eq!(usage().await, (1, 251));
    let fill = async |used: i64| {
        let body = json!({"id": subnet(&sim, "nodes"), "used": used});
        sim.admin(Method::POST, "/subnet-usage", body).await.expect(200);
    };
    fill(240).await;
    assert_eq!(usage().await, (241, 251));
    fill(-1).await;
    assert_eq!(usage().await, (-1, -1));
}

#[tokio::test]
async fn subnets_are_checked_and_written_one_at_a_time() {
    let sim = Sim::start().await;
    sim.group().await;
    put(&sim, &network(&sim), with_subnets(&[("a", "10.0.1.0/24")]))
        .await
        .expect(201);
    let body = |range: &str| json!({"properties": {"addressPrefix": range}});
    let code = |answer: Answer| answer.expect(400).code().to_owned();
    assert_eq!(
        code(put(&sim, &subnet(&sim, "b"), body("10.0.1.128/25")).await),
        "NetcfgSubnetRangesOverlap"
    );
    assert_eq!(
        code(put(&sim, &subnet(&sim, "b"), body("10.9.0.0/24")).await),
        "NetcfgInvalidSubnet"
    );
    let mut routed = body("10.0.2.0/24");
    routed["properties"]["routeTable"] = json!({"id": sim.in_group("Microsoft.Network/routeTables/none")});
    assert_eq!(
        code(put(&sim, &subnet(&sim, "b"), routed).await),
        "InvalidResourceReference"
    );
    sim.call(Method::PUT, &subnet(&sim, "b"), VERSION, Some(body("10.0.2.0/24")))
        .await
        .expect(201);
    let busy = sim
        .call(Method::PUT, &subnet(&sim, "c"), VERSION, Some(body("10.0.3.0/24")))
        .await
        .expect(409);
    assert_eq!(busy.code(), "AnotherOperationInProgress");
    sim.minutes(1);
    put(&sim, &subnet(&sim, "c"), body("10.0.3.0/24")).await.expect(201);
}

#[tokio::test]
async fn a_delegation_in_use_stays() {
    let sim = Sim::start().await;
    sim.group().await;
    put(&sim, &network(&sim), with_subnets(&[("nodes", "10.0.1.0/24")]))
        .await
        .expect(201);
    let delegated = json!({"properties": {"addressPrefix": "10.0.2.0/28", "delegations": [
        {"name": "aks", "properties": {"serviceName": "Microsoft.ContainerService/managedClusters"}}]}});
    put(&sim, &subnet(&sim, "server"), delegated.clone()).await.expect(201);
    let read = sim
        .call(Method::GET, &subnet(&sim, "server"), VERSION, None)
        .await
        .expect(200)
        .body;
    assert_eq!(
        read["properties"]["delegations"],
        delegated["properties"]["delegations"]
    );
    put(
        &sim,
        &subnet(&sim, "server"),
        json!({"properties": {"addressPrefix": "10.0.2.0/28"}}),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn whoever_puts_a_cluster_into_a_subnet_has_to_be_allowed_to_join_it() {
    let mut sim = Sim::start().await;
    sim.group().await;
    put(&sim, &network(&sim), with_subnets(&[("nodes", "10.0.1.0/24")]))
        .await
        .expect(201);
    let mut body = cluster_body();
    body["properties"]["agentPoolProfiles"][0]["vnetSubnetID"] = json!(subnet(&sim, "nodes"));
    sim.become_principal("app", &["AksContributor"]).await;
    let refused = sim.put(&sim.cluster("c"), body.clone()).await.expect(403);
    assert_eq!(refused.code(), "LinkedAuthorizationFailed");
    assert!(refused.text.contains("subnets/join/action"), "{}", refused.text);
    let grant = json!({"principal": "app", "role": "Network Contributor", "scope": "/"});
    sim.admin(Method::POST, "/role-assignments", grant).await.expect(200);
    sim.put(&sim.cluster("c"), body).await.expect(201);
}

#[tokio::test]
async fn zones_are_global_and_keep_while_they_are_linked() {
    let sim = Sim::start().await;
    sim.group().await;
    put(&sim, &network(&sim), with_subnets(&[])).await.expect(201);
    let zone = sim.in_group("Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io");
    let call = async |method, path: &str, body| {
        let answer = sim.call(method, path, "2024-06-01", body).await;
        sim.minutes(1);
        answer
    };
    call(Method::PUT, &zone, Some(json!({"location": "westeurope"})))
        .await
        .expect(400);
    call(Method::PUT, &zone, Some(json!({"location": "global"})))
        .await
        .expect(201);
    let link = format!("{zone}/virtualNetworkLinks/net");
    let body = json!({"location": "global", "properties": {
        "virtualNetwork": {"id": network(&sim)}, "registrationEnabled": false}});
    call(Method::PUT, &link, Some(body)).await.expect(201);
    call(Method::DELETE, &zone, None).await.expect(409);
    call(Method::DELETE, &link, None).await.expect(202);
    call(Method::DELETE, &zone, None).await.expect(202);
}
