//! Children of a cluster over the wire: their pace, what they show on the way, and that they go with the cluster.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, cluster_body, with};

const VAULT: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/v";

fn binding() -> Value {
    json!({"properties": {"sourceResourceId": VAULT,
        "roles": ["Microsoft.DataProtection/backupVaults/backup-operator"]}})
}

fn child(sim: &Sim, segment: &str, name: &str) -> String {
    format!("{}/{segment}/{name}", sim.cluster("c"))
}

fn namespace(policy: Value) -> Value {
    let mut body = json!({"location": "westeurope", "tags": {"team": "a"}, "properties": {
        "labels": {"a": "b"},
        "defaultResourceQuota": {"cpuRequest": "500m", "cpuLimit": "1", "memoryRequest": "1Gi", "memoryLimit": "2Gi"}}});
    if let (Some(properties), Some(policy)) = (body["properties"].as_object_mut(), policy.as_object()) {
        properties.extend(policy.clone());
    }
    body
}

#[tokio::test]
async fn a_trusted_access_binding_is_updating_until_its_operation_ends() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = child(&sim, "trustedAccessRoleBindings", "backup");
    let made = sim.put(&path, binding()).await.expect(201);
    assert_eq!(made.state(), "Updating");
    assert!(made.header("azure-asyncoperation").is_some() && made.header("retry-after").is_some());
    sim.put(&path, binding()).await.expect(409);
    sim.minutes(1);
    assert_eq!(sim.get(&path).await.expect(200).state(), "Succeeded");
    let again = sim.put(&path, binding()).await.expect(200);
    assert!(again.header("azure-asyncoperation").is_some());
    sim.minutes(1);
    let gone = sim.delete(&path).await.expect(202);
    assert!(gone.header("location").is_some());
    assert_eq!(sim.get(&path).await.expect(200).state(), "Deleting");
    sim.minutes(1);
    assert_eq!(sim.get(&path).await.expect(404).code(), "NotFound");
    sim.delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_managed_namespace_has_defaults_tags_an_etag_and_a_kubeconfig() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = child(&sim, "managedNamespaces", "team-a");
    let made = sim.put(&path, namespace(json!({}))).await.expect(201);
    assert_eq!(made.state(), "Creating");
    sim.minutes(1);
    let stored = sim.get(&path).await.expect(200).body;
    assert_eq!(stored["properties"]["provisioningState"], "Succeeded");
    assert_eq!(stored["properties"]["adoptionPolicy"], "Never");
    assert_eq!(
        stored["properties"]["defaultNetworkPolicy"],
        json!({"ingress": "AllowSameNamespace", "egress": "AllowAll"})
    );
    sim.send(Method::PUT, &path, &[("if-match", "stale")], Some(namespace(json!({}))))
        .await
        .expect(412);
    let tagged = sim.patch(&path, json!({"tags": {"team": "b"}})).await.expect(200);
    assert_eq!(tagged.body["tags"], json!({"team": "b"}));
    assert_ne!(tagged.body["eTag"], stored["eTag"]);
    let credential = sim.post(&format!("{path}/listCredential")).await.expect(200);
    assert_eq!(credential.body["kubeconfigs"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn adoption_and_delete_policies_decide_what_becomes_of_the_kubernetes_namespace() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let id = sim.cluster("c");
    for (name, identical) in [("theirs", false), ("same", true)] {
        let body = json!({"id": id, "name": name, "identical": identical});
        sim.admin(Method::POST, "/namespaces", body).await.expect(200);
    }
    let path = |name: &str| child(&sim, "managedNamespaces", name);
    let refused = sim.put(&path("theirs"), namespace(json!({}))).await.expect(409);
    assert_eq!(refused.code(), "Conflict");
    let if_identical = || namespace(json!({"adoptionPolicy": "IfIdentical"}));
    sim.put(&path("theirs"), if_identical()).await.expect(409);
    sim.put(&path("same"), if_identical()).await.expect(201);
    let always = namespace(json!({"adoptionPolicy": "Always", "deletePolicy": "Delete"}));
    sim.put(&path("theirs"), always).await.expect(201);
    sim.minutes(1);
    sim.delete(&path("theirs")).await.expect(202);
    sim.delete(&path("same")).await.expect(202);
    sim.minutes(1);
    let left = sim
        .admin(Method::GET, &format!("/namespaces?id={id}"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        left.body,
        json!(["same"]),
        "Keep, the default, leaves the namespace in the cluster"
    );
}

#[tokio::test]
async fn an_identity_binding_shows_the_identity_and_the_issuer() {
    let sim = Sim::start().await;
    sim.group().await;
    let body = with(
        cluster_body(),
        "securityProfile",
        json!({"workloadIdentity": {"enabled": true}}),
    );
    let body = with(body, "oidcIssuerProfile", json!({"enabled": true}));
    sim.put(&sim.cluster("c"), body).await.expect(201);
    sim.minutes(30);
    let identity = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
    let path = child(&sim, "identityBindings", "b");
    let sent = json!({"properties": {"managedIdentity": {"resourceId": identity}}});
    let made = sim.put(&path, sent).await.expect(201);
    assert!(made.header("location").is_some());
    sim.minutes(1);
    let stored = sim.get(&path).await.expect(200).body;
    assert!(stored["eTag"].is_string() && stored["properties"]["managedIdentity"]["clientId"].is_string());
    let issuer = stored["properties"]["oidcIssuer"]["oidcIssuerUrl"].as_str().unwrap();
    assert!(issuer.starts_with("https://ib.oic.prod-aks.azure.com/"), "{issuer}");
}

#[tokio::test]
async fn a_private_endpoint_asks_and_is_approved_and_removed() {
    let sim = Sim::start().await;
    sim.ready_cluster("public").await;
    let private = with(
        cluster_body(),
        "apiServerAccessProfile",
        json!({"enablePrivateCluster": true}),
    );
    sim.put(&sim.cluster("c"), private).await.expect(201);
    sim.minutes(30);
    let links = |name: &str| format!("{}/privateLinkResources", sim.cluster(name));
    let resources = sim.get(&links("c")).await.expect(200);
    assert_eq!(resources.body["value"][0]["groupId"], "management");
    assert_eq!(sim.get(&links("public")).await.expect(200).body["value"], json!([]));
    let ask = |cluster: &str| json!({"id": sim.cluster(cluster), "name": "pe.1", "description": "please"});
    sim.admin(Method::POST, "/private-endpoint-connections", ask("public"))
        .await
        .expect(400);
    let path = child(&sim, "privateEndpointConnections", "pe.1");
    let decide = |status: &str| json!({"properties": {"privateLinkServiceConnectionState": {"status": status}}});
    sim.put(&path, decide("Approved")).await.expect(404);
    sim.admin(Method::POST, "/private-endpoint-connections", ask("c"))
        .await
        .expect(200);
    let pending = sim.get(&path).await.expect(200).body;
    let state = |body: &Value| body["properties"]["privateLinkServiceConnectionState"]["status"].clone();
    assert_eq!(state(&pending), "Pending");
    let approved = sim.put(&path, decide("Approved")).await.expect(200).body;
    assert_eq!(state(&approved), "Approved");
    assert_eq!(
        approved["properties"]["privateEndpoint"],
        pending["properties"]["privateEndpoint"]
    );
    sim.delete(&path).await.expect(200);
    sim.minutes(1);
    sim.get(&path).await.expect(404);
}

#[tokio::test]
async fn children_wait_for_the_cluster_and_maintenance_does_not() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    let busy = sim
        .put(&child(&sim, "trustedAccessRoleBindings", "backup"), binding())
        .await
        .expect(409);
    assert_eq!(busy.code(), "OperationNotAllowed");
    let window = json!({"properties": {"maintenanceWindow": {"durationHours": 4, "startTime": "01:00",
        "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}}}}});
    let path = child(&sim, "maintenanceConfigurations", "default");
    let made = sim.put(&path, window).await.expect(201);
    assert_eq!(made.body["properties"]["maintenanceWindow"]["utcOffset"], "+00:00");
}

#[tokio::test]
async fn children_are_listed_and_go_with_the_cluster() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let list = format!("{}/trustedAccessRoleBindings", sim.cluster("c"));
    for name in ["b", "a"] {
        sim.put(&format!("{list}/{name}"), binding()).await.expect(201);
    }
    let listed = sim.get(&list).await.expect(200).body["value"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(
        listed[0]["type"],
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings"
    );
    sim.delete(&sim.cluster("c")).await.expect(202);
    sim.put(&format!("{list}/late"), binding()).await.expect(409);
    sim.minutes(30);
    assert_eq!(sim.get(&list).await.expect(404).code(), "ParentResourceNotFound");
    sim.ready_cluster("c").await;
    assert_eq!(sim.get(&list).await.expect(200).body["value"], json!([]));
}

#[tokio::test]
async fn a_failed_operation_of_a_child_leaves_it_failed_and_can_be_repeated() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(
        json!({"match": {"call": "TrustedAccessRoleBindings_CreateOrUpdate"}, "times": 1,
        "fault": {"operationFails": {"code": "InternalOperationError", "message": "no"}}}),
    )
    .await;
    let path = child(&sim, "trustedAccessRoleBindings", "backup");
    sim.put(&path, binding()).await.expect(201);
    sim.minutes(1);
    assert_eq!(sim.get(&path).await.expect(200).state(), "Failed");
    sim.put(&path, binding()).await.expect(200);
    sim.minutes(1);
    assert_eq!(sim.get(&path).await.expect(200).state(), "Succeeded");
}

#[tokio::test]
async fn roles_for_trusted_access_are_listed_by_region() {
    let sim = Sim::start().await;
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.ContainerService/locations/westeurope/trustedAccessRoles",
        sim.subscription()
    );
    let roles = sim.get(&path).await.expect(200);
    assert_eq!(
        roles.body["value"][0]["sourceResourceType"],
        "Microsoft.DataProtection/backupVaults"
    );
}
