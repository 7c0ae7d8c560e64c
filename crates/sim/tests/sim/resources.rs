//! What all types of resources beside clusters have in common: existence, pages, operations, what a deletion takes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GROUP, Sim};

const IDENTITY: &str = "2024-11-30";
const EXTENSION: &str = "2025-03-01";
const NETWORK: &str = "2026-03-01";

fn located() -> Value {
    json!({"location": "westeurope", "properties": {}})
}

#[tokio::test]
async fn a_tracked_resource_is_created_replaced_and_deleted() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/own");
    let call = |method, body| sim.call(method, &path, IDENTITY, body);
    call(Method::GET, None).await.expect(404);
    let body = json!({"location": "West Europe", "tags": {"a": "1"}, "properties": {}});
    let created = call(Method::PUT, Some(body)).await.expect(201);
    assert_eq!(created.body["location"], "westeurope");
    assert_eq!(created.body["type"], "Microsoft.ManagedIdentity/userAssignedIdentities");
    let replaced = call(Method::PUT, Some(located())).await.expect(200);
    assert!(replaced.body.get("tags").is_none(), "a PUT replaces: {}", replaced.text);
    let elsewhere = call(Method::PUT, Some(json!({"location": "northeurope"})))
        .await
        .expect(409);
    assert_eq!(elsewhere.code(), "InvalidResourceLocation");
    assert_eq!(
        call(Method::PUT, Some(json!({}))).await.expect(400).code(),
        "LocationRequired"
    );
    call(Method::DELETE, None).await.expect(200);
    call(Method::DELETE, None).await.expect(204);
}

#[tokio::test]
async fn what_is_above_has_to_exist_and_versions_are_checked() {
    let sim = Sim::start().await;
    let identity = sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/own");
    let no_group = sim.call(Method::GET, &identity, IDENTITY, None).await.expect(404);
    assert_eq!(no_group.code(), "ResourceGroupNotFound");
    sim.group().await;
    let credential = format!("{identity}/federatedIdentityCredentials/f");
    let no_parent = sim
        .call(Method::PUT, &credential, IDENTITY, Some(json!({})))
        .await
        .expect(404);
    assert_eq!(no_parent.code(), "ParentResourceNotFound");
    let extension = format!(
        "{}/providers/Microsoft.KubernetesConfiguration/extensions/e",
        sim.cluster("c")
    );
    let no_cluster = sim
        .call(Method::PUT, &extension, EXTENSION, Some(json!({})))
        .await
        .expect(404);
    assert_eq!(no_cluster.code(), "ResourceNotFound");
    let version = sim.call(Method::GET, &identity, "2001-01-01", None).await.expect(400);
    assert_eq!(version.code(), "NoRegisteredProviderFound");
    let unknown = format!("{}/providers/Microsoft.Unknown/things/t", sim.cluster("c"));
    assert_eq!(sim.get(&unknown).await.expect(404).code(), "InvalidResourceType");
}

#[tokio::test]
async fn an_operation_leads_to_its_end() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = sim.in_group("Microsoft.Network/routeTables/r");
    let created = sim.call(Method::PUT, &path, NETWORK, Some(located())).await.expect(201);
    assert_eq!(created.state(), "Creating");
    let status = created.header("azure-asyncoperation").unwrap().to_owned();
    assert_eq!(sim.get(&status).await.expect(200).body["status"], "InProgress");
    let busy = sim.call(Method::PUT, &path, NETWORK, Some(located())).await.expect(409);
    assert_eq!(busy.code(), "AnotherOperationInProgress");
    sim.minutes(1);
    assert_eq!(sim.get(&status).await.expect(200).body["status"], "Succeeded");
    assert_eq!(
        sim.call(Method::GET, &path, NETWORK, None).await.expect(200).state(),
        "Succeeded"
    );
    let deleted = sim.call(Method::DELETE, &path, NETWORK, None).await.expect(202);
    let result = deleted.header("location").unwrap().to_owned();
    sim.get(&result).await.expect(202);
    sim.minutes(1);
    sim.get(&result).await.expect(204);
    sim.call(Method::GET, &path, NETWORK, None).await.expect(404);
}

#[tokio::test]
async fn operations_of_fleets_are_found_among_those_of_aks() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = sim.in_group("Microsoft.ContainerService/fleets/f");
    sim.call(Method::PUT, &path, "2026-06-01", Some(located()))
        .await
        .expect(201);
    sim.minutes(5);
    let deleted = sim.call(Method::DELETE, &path, "2026-06-01", None).await.expect(202);
    let result = deleted.header("location").unwrap().to_owned();
    sim.get(&result).await.expect(202);
    sim.minutes(5);
    sim.get(&result).await.expect(204);
}

#[tokio::test]
async fn an_ordered_fault_fails_the_operation_and_a_put_repairs_it() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = sim.in_group("Microsoft.Network/routeTables/r");
    sim.fault(json!({"match": {"call": "RouteTables_CreateOrUpdate"}, "times": 1,
        "fault": {"operationFails": {"code": "InternalServerError", "message": "no"}}}))
        .await;
    let created = sim.call(Method::PUT, &path, NETWORK, Some(located())).await.expect(201);
    let status = created.header("azure-asyncoperation").unwrap().to_owned();
    sim.minutes(1);
    let failed = sim.get(&status).await.expect(200).body;
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("Failed"), &json!("InternalServerError"))
    );
    assert_eq!(
        sim.call(Method::GET, &path, NETWORK, None).await.expect(200).state(),
        "Failed"
    );
    sim.call(Method::PUT, &path, NETWORK, Some(located())).await.expect(200);
    sim.minutes(1);
    assert_eq!(
        sim.call(Method::GET, &path, NETWORK, None).await.expect(200).state(),
        "Succeeded"
    );
}

#[tokio::test]
async fn lists_show_their_scope_in_pages() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.admin(Method::PATCH, "/settings", json!({"pageSize": 2}))
        .await
        .expect(200);
    for name in ["id-a", "id-b", "id-c"] {
        let path = sim.in_group(&format!("Microsoft.ManagedIdentity/userAssignedIdentities/{name}"));
        sim.call(Method::PUT, &path, IDENTITY, Some(located()))
            .await
            .expect(201);
    }
    let names = |body: &Value| -> Vec<String> {
        let value = body["value"].as_array().unwrap().iter();
        value.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities");
    let first = sim.call(Method::GET, &all, IDENTITY, None).await.expect(200).body;
    assert_eq!(names(&first), ["id-a", "id-b"]);
    let second = sim.get(first["nextLink"].as_str().unwrap()).await.expect(200).body;
    assert_eq!(
        (names(&second), second.get("nextLink")),
        (vec!["id-c".to_owned()], None)
    );
    let subscription = format!(
        "/subscriptions/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
        sim.subscription()
    );
    let everywhere = sim
        .call(Method::GET, &subscription, IDENTITY, None)
        .await
        .expect(200)
        .body;
    assert_eq!(names(&everywhere), ["id-a", "id-b"]);
}

#[tokio::test]
async fn a_deleted_cluster_takes_its_extensions_along_and_leaves_what_azure_monitor_keeps() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let cluster = sim.cluster("c");
    let association = format!("{cluster}/providers/Microsoft.Insights/dataCollectionRuleAssociations/a");
    let events = format!("{cluster}/providers/Microsoft.EventGrid/eventSubscriptions/events");
    let tied = sim.data_collection_rule().await;
    sim.call(Method::PUT, &association, "2023-03-11", Some(tied))
        .await
        .expect(201);
    let destination = json!({"endpointType": "WebHook", "properties": {"endpointUrl": "https://example.com/hook"}});
    sim.call(
        Method::PUT,
        &events,
        "2025-02-15",
        Some(json!({"properties": {"destination": destination}})),
    )
    .await
    .expect(201);
    sim.delete(&cluster).await.expect(202);
    sim.minutes(30);
    let gone = sim
        .call(Method::GET, &association, "2023-03-11", None)
        .await
        .expect(404);
    assert_eq!(gone.code(), "ResourceNotFound");
    sim.ready_cluster("c").await;
    sim.call(Method::GET, &events, "2025-02-15", None).await.expect(404);
    sim.call(Method::GET, &association, "2023-03-11", None)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_deleted_group_takes_everything_in_it_along() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = sim.in_group("Microsoft.Network/virtualNetworks/net");
    let subnet = format!("{path}/subnets/s");
    let body = json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    sim.call(Method::PUT, &path, NETWORK, Some(body)).await.expect(201);
    sim.minutes(1);
    let body = json!({"properties": {"addressPrefix": "10.0.0.0/24"}});
    sim.call(Method::PUT, &subnet, NETWORK, Some(body)).await.expect(201);
    let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", sim.subscription());
    sim.delete(&group).await.expect(202);
    let going = sim.call(Method::PUT, &path, NETWORK, Some(located())).await.expect(409);
    assert_eq!(going.code(), "ResourceGroupBeingDeleted");
    sim.minutes(5);
    sim.group().await;
    sim.call(Method::GET, &path, NETWORK, None).await.expect(404);
    sim.call(Method::GET, &subnet, NETWORK, None).await.expect(404);
}

#[tokio::test]
async fn a_right_is_asked_for_by_the_name_of_the_type() {
    let mut sim = Sim::start().await;
    sim.group().await;
    sim.admin(
        Method::POST,
        "/principals",
        json!({"clientId": "reader", "secret": "s"}),
    )
    .await
    .expect(200);
    let body = json!({"principal": "reader", "role": "Reader", "scope": "/"});
    sim.admin(Method::POST, "/role-assignments", body).await.expect(200);
    let token = sim.sign_in("reader", &[("client_secret", "s")]).await.expect(200);
    sim.token = token.body["access_token"].as_str().unwrap().to_owned();
    let path = sim.in_group("Microsoft.Network/virtualNetworks/v/subnets/s");
    let refused = sim.call(Method::PUT, &path, NETWORK, Some(located())).await.expect(403);
    assert_eq!(refused.code(), "AuthorizationFailed");
    assert!(
        refused
            .text
            .contains("'Microsoft.Network/virtualNetworks/subnets/write'"),
        "{}",
        refused.text
    );
}
