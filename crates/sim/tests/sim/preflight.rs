//! What clients read before they write: sizes, quota, registrations, policies, references.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, cluster_body};

const SKUS: &str = "2021-07-01";
const COMPUTE: &str = "2026-04-01";

fn subscription(sim: &Sim) -> String {
    format!("/subscriptions/{}", sim.subscription())
}

async fn sku(sim: &Sim, size: &str) -> Value {
    let path = format!(
        "{}/providers/Microsoft.Compute/skus?$filter=location%20eq%20'westeurope'",
        subscription(sim)
    );
    let found = sim.call(Method::GET, &path, SKUS, None).await.expect(200).body;
    found["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == size)
        .unwrap()
        .clone()
}

fn capability<'a>(sku: &'a Value, name: &str) -> &'a str {
    let all = sku["capabilities"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap()["value"]
        .as_str()
        .unwrap()
}

async fn usage(sim: &Sim, provider: &str, name: &str) -> (i64, i64) {
    let path = format!("{}/providers/{provider}/locations/westeurope/usages", subscription(sim));
    let version = if provider == "Microsoft.Compute" {
        COMPUTE
    } else {
        "2026-03-01"
    };
    let found = sim.call(Method::GET, &path, version, None).await.expect(200).body;
    let all = found["value"].as_array().unwrap();
    let row = all.iter().find(|one| one["name"]["value"] == name).unwrap();
    (row["currentValue"].as_i64().unwrap(), row["limit"].as_i64().unwrap())
}

#[tokio::test]
async fn sizes_tell_what_they_can_and_where_they_are_barred() {
    let sim = Sim::start().await;
    let free = sku(&sim, "Standard_D4ds_v5").await;
    assert_eq!(
        (
            capability(&free, "vCPUs"),
            capability(&free, "EphemeralOSDiskSupported")
        ),
        ("4", "True")
    );
    assert_eq!(free["locationInfo"][0]["zones"], json!(["1", "2", "3"]));
    assert_eq!(free["restrictions"], json!([]));
    assert_eq!(
        capability(&sku(&sim, "Standard_D4ps_v5").await, "CpuArchitectureType"),
        "Arm64"
    );
    let body = json!({"size": "Standard_D4ds_v5", "location": "West Europe", "zones": ["2"]});
    sim.admin(Method::POST, "/sku-restrictions", body).await.expect(200);
    let barred = sku(&sim, "Standard_D4ds_v5").await;
    assert_eq!(
        (
            &barred["restrictions"][0]["type"],
            &barred["restrictions"][0]["restrictionInfo"]["zones"]
        ),
        (&json!("Zone"), &json!(["2"]))
    );
    let other = format!(
        "{}/providers/Microsoft.Compute/skus?$filter=name%20eq%20'x'",
        subscription(&sim)
    );
    sim.call(Method::GET, &other, SKUS, None).await.expect(400);
}

#[tokio::test]
async fn quota_counts_the_pools_of_the_region() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    assert_eq!(usage(&sim, "Microsoft.Compute", "cores").await, (4, 1000));
    assert_eq!(usage(&sim, "Microsoft.Compute", "standardDSv5Family").await, (4, 350));
    let body = json!({"location": "westeurope", "name": "standardDSv5Family", "limit": 10, "used": 3});
    sim.admin(Method::POST, "/quotas", body).await.expect(200);
    assert_eq!(usage(&sim, "Microsoft.Compute", "standardDSv5Family").await, (7, 10));
    assert_eq!(usage(&sim, "Microsoft.Network", "RouteTables").await, (0, 200));
}

#[tokio::test]
async fn a_provider_has_to_be_registered_before_anything_is_written() {
    let sim = Sim::start().await;
    sim.group().await;
    let state = async |namespace: &str| {
        let path = format!("{}/providers/{namespace}", subscription(&sim));
        sim.get(&path).await.expect(200).body["registrationState"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let set = async |state: &str| {
        let body = json!({"namespace": "Microsoft.ContainerService", "state": state});
        sim.admin(Method::POST, "/providers", body).await.expect(200);
    };
    assert_eq!(state("Microsoft.KubernetesConfiguration").await, "Registered");
    set("NotRegistered").await;
    let refused = sim.put(&sim.cluster("c"), cluster_body()).await.expect(409);
    assert_eq!(refused.code(), "MissingSubscriptionRegistration");
    let register = format!("{}/providers/Microsoft.ContainerService/register", subscription(&sim));
    assert_eq!(
        sim.post(&register).await.expect(200).body["registrationState"],
        "Registering"
    );
    sim.minutes(5);
    assert_eq!(state("microsoft.containerservice").await, "Registered");
    sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    set("Registering").await;
    sim.minutes(600);
    assert_eq!(state("Microsoft.ContainerService").await, "Registering", "it is stuck");
}

async fn assign_policy(sim: &Sim, effect: Value, condition: Value) {
    let body = json!({"name": "rule", "scope": subscription(sim), "effect": effect, "condition": condition,
        "types": ["Microsoft.ContainerService/managedClusters", "Microsoft.ManagedIdentity/userAssignedIdentities"]});
    sim.admin(Method::POST, "/policies", body).await.expect(200);
}

#[tokio::test]
async fn a_policy_refuses_what_it_forbids_and_tells_beforehand() {
    let sim = Sim::start().await;
    sim.group().await;
    assign_policy(
        &sim,
        json!({"deny": {}}),
        json!({"field": "tags.owner", "exists": false}),
    )
    .await;
    let refused = sim.put(&sim.cluster("c"), cluster_body()).await.expect(403);
    assert_eq!(refused.code(), "RequestDisallowedByPolicy");
    assert!(refused.text.contains("policyAssignments/rule"), "{}", refused.text);
    let identity = sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/app");
    let body = json!({"location": "westeurope"});
    sim.call(Method::PUT, &identity, "2024-11-30", Some(body))
        .await
        .expect(403);
    let check = format!(
        "{}/resourceGroups/rg/providers/Microsoft.PolicyInsights/checkPolicyRestrictions",
        subscription(&sim)
    );
    let ask = async |tags: Value| {
        let content = json!({"type": "Microsoft.ContainerService/managedClusters", "name": "c",
            "location": "westeurope", "tags": tags, "properties": {}});
        let body = json!({"resourceDetails": {"resourceContent": content, "apiVersion": "2026-08-01"}});
        sim.call(Method::POST, &check, "2024-10-01", Some(body))
            .await
            .expect(200)
            .body
    };
    let objections = ask(json!({})).await;
    assert_eq!(
        objections["contentEvaluationResult"]["policyEvaluations"][0]["effectDetails"]["policyEffect"],
        "Deny"
    );
    assert_eq!(
        objections["fieldRestrictions"][0]["restrictions"][0]["result"],
        "Required"
    );
    let content = ask(json!({"owner": "me"})).await;
    assert_eq!(content["contentEvaluationResult"]["policyEvaluations"], json!([]));
}

#[tokio::test]
async fn a_policy_adds_tags_to_what_is_written() {
    let sim = Sim::start().await;
    sim.group().await;
    assign_policy(
        &sim,
        json!({"modify": {"tags": {"costCenter": "42"}}}),
        json!({"field": "location", "equals": "westeurope"}),
    )
    .await;
    let made = sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    assert_eq!(made.body["tags"], json!({"team": "a", "costCenter": "42"}));
}

#[tokio::test]
async fn registries_and_vaults_are_found_and_tell_how_rights_work() {
    let sim = Sim::start().await;
    sim.group().await;
    let registry = sim.in_group("Microsoft.ContainerRegistry/registries/images");
    let body = json!({"location": "westeurope", "sku": {"name": "Premium"},
        "properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}});
    let made = sim
        .call(Method::PUT, &registry, "2025-11-01", Some(body))
        .await
        .expect(201);
    assert_eq!(made.body["properties"]["loginServer"], "images.azurecr.io");
    let vault = sim.in_group("Microsoft.KeyVault/vaults/secrets");
    let made = sim
        .call(
            Method::PUT,
            &vault,
            "2026-05-15",
            Some(json!({"location": "westeurope"})),
        )
        .await
        .expect(201);
    assert_eq!(made.body["properties"]["enableRbacAuthorization"], true);
    let filter = "resourceType%20eq%20'Microsoft.ContainerRegistry/registries'%20and%20name%20eq%20'images'";
    let found = sim
        .get(&format!("{}/resources?$filter={filter}", subscription(&sim)))
        .await
        .expect(200)
        .body;
    assert_eq!(found["value"][0]["id"], json!(registry));
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_edit_behind_everybodys_back_reaches_resources_beside_clusters_too() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/app");
    sim.call(
        Method::PUT,
        &path,
        "2024-11-30",
        Some(json!({"location": "westeurope"})),
    )
    .await
    .expect(201);
    let edit = json!({"id": path, "mergePatch": {"tags": {"by": "portal"}}});
    sim.admin(Method::PATCH, "/resource", edit).await.expect(200);
    let found = sim.call(Method::GET, &path, "2024-11-30", None).await.expect(200).body;
    assert_eq!(found["tags"]["by"], "portal");
}
