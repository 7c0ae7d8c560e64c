//! Status codes, header fields, casing, formatting and both error shapes.

use armature_sim::arm::api_versions::STABLE;
use armature_sim::schema::{Definition, check_response};
use reqwest::Method;
use serde_json::json;

use crate::support::{Sim, cluster_body, pool_body};

#[tokio::test]
async fn create_answers_201_with_operation_and_wait_and_the_whole_resource() {
    let sim = Sim::start().await;
    sim.group().await;
    let created = sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    assert_eq!(created.state(), "Creating");
    assert!(created.header("azure-asyncoperation").is_some());
    assert!(created.header("retry-after").is_some());
    assert_eq!(created.header("location"), None);
    assert_eq!(
        created.body["properties"]["agentPoolProfiles"][0]["provisioningState"],
        "Creating"
    );
    sim.minutes(30);
    let pool = sim.put(&sim.pool("work"), pool_body()).await.expect(201);
    assert_eq!(pool.state(), "Creating");
    assert!(pool.header("azure-asyncoperation").is_some());
}

#[tokio::test]
async fn update_answers_200_and_still_names_its_operation() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let updated = sim
        .put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    assert_eq!(updated.state(), "Updating");
    assert!(updated.header("azure-asyncoperation").is_some());
    assert_eq!(updated.header("retry-after"), None);
}

#[tokio::test]
async fn delete_answers_202_with_both_headers_then_204_when_nothing_is_left() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let deleted = sim.delete(&sim.cluster("c")).await.expect(202);
    assert_eq!(deleted.text, "");
    assert!(deleted.header("azure-asyncoperation").unwrap().contains("/operations/"));
    let location = deleted.header("location").unwrap().to_owned();
    assert!(location.contains("/operationresults/"));
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Deleting");
    sim.get(&location).await.expect(202);
    sim.minutes(30);
    sim.get(&location).await.expect(204);
    sim.get(&sim.cluster("c")).await.expect(404);
    sim.delete(&sim.cluster("c")).await.expect(204);
}

#[tokio::test]
async fn ids_and_types_come_back_in_the_casing_of_aks() {
    let sim = Sim::start().await;
    let cluster = sim.ready_cluster("c").await;
    let id = cluster["id"].as_str().unwrap();
    assert!(
        id.contains("/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/c"),
        "{id}"
    );
    assert_eq!(cluster["type"], "Microsoft.ContainerService/ManagedClusters");
    let pool = sim.get(&sim.pool("system")).await.expect(200).body;
    assert_eq!(pool["type"], "Microsoft.ContainerService/managedClusters/agentPools");
}

#[tokio::test]
async fn paths_and_query_names_ignore_case() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = sim.cluster("C").to_uppercase();
    let url = format!("{}{path}?API-VERSION=2026-08-01", sim.simulator.endpoint());
    assert_eq!(sim.get(&url).await.expect(200).body["name"], "c");
}

#[tokio::test]
async fn aks_pretty_prints_and_the_gateway_writes_compact_json() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let cluster = sim.get(&sim.cluster("c")).await;
    assert!(cluster.text.starts_with("{\n"));
    assert_eq!(cluster.header("content-type"), Some("application/json"));
    let missing = sim.get(&sim.cluster("absent")).await;
    assert!(missing.text.starts_with("{\"error\""));
    assert_eq!(missing.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn what_is_missing_is_told_by_the_gateway_except_pools() {
    let sim = Sim::start().await;
    let without_group = sim.get(&sim.cluster("c")).await.expect(404);
    assert_eq!(without_group.body["error"]["code"], "ResourceGroupNotFound");
    sim.ready_cluster("c").await;
    let cluster = sim.get(&sim.cluster("absent")).await.expect(404);
    assert_eq!(cluster.body["error"]["code"], "ResourceNotFound");
    assert_eq!(cluster.header("x-ms-failure-cause"), Some("gateway"));
    let parent = sim
        .get(&format!("{}/agentPools/a", sim.cluster("absent")))
        .await
        .expect(404);
    assert_eq!(parent.body["error"]["code"], "ParentResourceNotFound");
    let pool = sim.get(&sim.pool("absent")).await.expect(404);
    assert_eq!(pool.body["code"], "NotFound");
    assert!(pool.body.get("details").is_some_and(serde_json::Value::is_null));
    assert_eq!(pool.header("x-ms-failure-cause"), None);
}

#[tokio::test]
async fn operation_urls_are_long_signed_and_have_a_version_of_their_own() {
    let sim = Sim::start().await;
    sim.group().await;
    let created = sim.put(&sim.cluster("c"), cluster_body()).await;
    let url = created.header("azure-asyncoperation").unwrap().to_owned();
    assert!(url.len() > 2048 && url.len() < 4096, "{}", url.len());
    assert!(url.contains("api-version=2025-03-01&t="));
    let running = sim.get(&url).await.expect(200).body;
    assert_eq!(running["status"], "InProgress");
    assert!(running.get("endTime").is_none());
    let id = url.split("/operations/").nth(1).unwrap().split('?').next().unwrap();
    assert_ne!(
        running["name"], id,
        "the name has the bytes of its first groups reversed"
    );
    assert_eq!(running["name"].as_str().unwrap()[19..], id[19..]);
    sim.minutes(30);
    let done = sim.get(&url).await.expect(200).body;
    assert_eq!(done["status"], "Succeeded");
    assert!(done["endTime"].as_str() > done["startTime"].as_str());
}

#[tokio::test]
async fn an_operation_url_that_was_rebuilt_is_refused() {
    let sim = Sim::start().await;
    sim.group().await;
    let created = sim.put(&sim.cluster("c"), cluster_body()).await;
    let url = created.header("azure-asyncoperation").unwrap();
    let rebuilt = format!("{}?api-version=2026-08-01", url.split('?').next().unwrap());
    sim.get(&rebuilt).await.expect(400);
}

#[tokio::test]
async fn every_stable_version_is_served_and_no_other() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let at = |version: &str| format!("{}{}?api-version={version}", sim.simulator.endpoint(), sim.cluster("c"));
    for version in STABLE {
        sim.minutes(1);
        sim.get(&at(version)).await.expect(200);
    }
    assert_eq!(
        sim.get(&at("2025-06-01")).await.expect(400).code(),
        "NoRegisteredProviderFound"
    );
    assert_eq!(
        sim.get(&at("2026-06-02-preview")).await.expect(400).code(),
        "NoRegisteredProviderFound"
    );
    assert_eq!(
        sim.get(&at("latest")).await.expect(400).code(),
        "InvalidApiVersionParameter"
    );
    assert_eq!(sim.get(&at("")).await.expect(400).code(), "MissingApiVersionParameter");
}

#[tokio::test]
async fn a_location_is_needed_and_cannot_change() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    assert_eq!(
        sim.put(&sim.cluster("c"), json!({})).await.expect(400).code(),
        "LocationRequired"
    );
    let elsewhere = sim
        .put(&sim.cluster("c"), json!({"location": "northeurope"}))
        .await
        .expect(409);
    assert_eq!(elsewhere.code(), "InvalidResourceLocation");
    let spelt = sim
        .put(&sim.cluster("c"), json!({"location": "West Europe"}))
        .await
        .expect(200);
    assert_eq!(spelt.body["location"], "westeurope");
    let nowhere = sim
        .put(&sim.cluster("d"), json!({"location": "atlantis"}))
        .await
        .expect(400);
    assert_eq!(nowhere.code(), "LocationNotAvailableForResourceType");
}

#[tokio::test]
async fn answers_conform_to_the_api_description() {
    let sim = Sim::start().await;
    sim.group().await;
    let creating = sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    assert_eq!(
        check_response(Definition::ManagedCluster, &creating.body),
        Vec::<String>::new()
    );
    sim.minutes(30);
    let ready = sim.get(&sim.cluster("c")).await.expect(200);
    assert_eq!(
        check_response(Definition::ManagedCluster, &ready.body),
        Vec::<String>::new()
    );
    let pool = sim.get(&sim.pool("system")).await.expect(200);
    assert_eq!(check_response(Definition::AgentPool, &pool.body), Vec::<String>::new());
}

#[tokio::test]
async fn a_cluster_brings_the_group_of_its_nodes_and_takes_it_along() {
    let sim = Sim::start().await;
    let cluster = sim.ready_cluster("c").await;
    let name = cluster["properties"]["nodeResourceGroup"].as_str().unwrap();
    let path = format!("/subscriptions/{}/resourceGroups/{name}", sim.subscription());
    let group = sim.get(&path).await.expect(200);
    assert_eq!(group.body["managedBy"], cluster["id"]);
    sim.delete(&sim.cluster("c")).await.expect(202);
    sim.minutes(30);
    sim.get(&path).await.expect(404);
}

#[tokio::test]
async fn deleting_a_group_deletes_its_clusters_and_refuses_new_ones() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = format!("/subscriptions/{}/resourcegroups/rg", sim.subscription());
    let deleted = sim.delete(&path).await.expect(202);
    let location = deleted.header("location").unwrap().to_owned();
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Deleting");
    assert_eq!(
        sim.put(&sim.cluster("d"), cluster_body()).await.expect(409).code(),
        "ResourceGroupBeingDeleted"
    );
    sim.get(&location).await.expect(202);
    sim.minutes(30);
    sim.get(&location).await.expect(200);
    sim.send(Method::HEAD, &path, &[], None).await.expect(404);
}

#[tokio::test]
async fn maintenance_configurations_are_synchronous() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = format!(
        "{}/maintenanceConfigurations/aksManagedNodeOSUpgradeSchedule",
        sim.cluster("c")
    );
    sim.get(&path).await.expect(404);
    let body = json!({"properties": {"maintenanceWindow": {
        "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}},
        "durationHours": 4, "startTime": "03:00", "utcOffset": "+00:00",
    }}});
    let created = sim.put(&path, body.clone()).await.expect(201);
    assert_eq!(created.header("azure-asyncoperation"), None);
    sim.put(&path, body).await.expect(200);
    let all = sim
        .get(&format!("{}/maintenanceConfigurations", sim.cluster("c")))
        .await
        .expect(200);
    assert_eq!(all.body["value"].as_array().unwrap().len(), 1);
    sim.delete(&path).await.expect(200);
    sim.delete(&path).await.expect(204);
}

#[tokio::test]
async fn reads_of_versions_and_credentials_answer() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let versions = format!(
        "/subscriptions/{}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions",
        sim.subscription()
    );
    assert!(
        !sim.get(&versions).await.expect(200).body["values"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let profile = sim
        .get(&format!("{}/upgradeProfiles/default", sim.cluster("c")))
        .await
        .expect(200);
    assert_eq!(
        profile.body["properties"]["controlPlaneProfile"]["kubernetesVersion"],
        "1.35.8"
    );
    sim.get(&format!("{}/upgradeProfiles/default", sim.pool("system")))
        .await
        .expect(200);
    sim.get(&format!("{}/availableAgentPoolVersions", sim.cluster("c")))
        .await
        .expect(200);
    for kind in [
        "listClusterUserCredential",
        "listClusterAdminCredential",
        "listClusterMonitoringUserCredential",
    ] {
        let credentials = sim.post(&format!("{}/{kind}", sim.cluster("c"))).await.expect(200);
        assert!(credentials.body["kubeconfigs"][0]["value"].is_string());
    }
}

#[tokio::test]
async fn subscriptions_locations_and_providers_can_be_read() {
    let sim = Sim::start().await;
    let subscription = format!("/subscriptions/{}", sim.subscription());
    assert_eq!(
        sim.get("/tenants").await.expect(200).body["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        sim.get("/subscriptions").await.expect(200).body["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(sim.get(&subscription).await.expect(200).body["state"], "Enabled");
    assert!(
        sim.get(&format!("{subscription}/locations")).await.expect(200).body["value"]
            .as_array()
            .unwrap()
            .len()
            > 30
    );
    let provider = format!("{subscription}/providers/Microsoft.ContainerService");
    assert_eq!(
        sim.get(&provider).await.expect(200).body["registrationState"],
        "Registered"
    );
    sim.post(&format!("{provider}/register")).await.expect(200);
    let other = sim
        .get("/subscriptions/99999999-9999-4999-8999-999999999999")
        .await
        .expect(404);
    assert_eq!(other.code(), "SubscriptionNotFound");
}
