//! Diagnostic settings: logs and metrics of the control plane go where the manifest says.

use armature_api::ChildState;
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line};
use crate::look;
use crate::world::World;

const AUDIT: &str = "diagnosticSettings/audit";
const API_VERSION: &str = "2021-05-01-preview";

/// A Log Analytics workspace beside the clusters.
pub async fn workspace(world: &World, name: &str) -> String {
    let id = (world.azure).in_group(&format!("Microsoft.OperationalInsights/workspaces/{name}"));
    let body = json!({ "location": "westeurope", "properties": { "sku": { "name": "PerGB2018" } } });
    world.azure.make(&id, "2025-07-01", body).await;
    id
}

fn setting_id(world: &World, name: &str) -> String {
    let cluster = world.azure.cluster_id("shop");
    format!("{cluster}/providers/Microsoft.Insights/diagnosticSettings/{name}")
}

fn logs(workspace: &str, logs: Value) -> Value {
    json!({ "diagnosticSettings": { "audit": { "workspaceId": workspace, "logs": logs } } })
}

#[tokio::test]
async fn a_diagnostic_setting_is_made_changed_and_gone_before_its_cluster() {
    let world = World::new("diagnostics").await;
    let operator = world.operator();
    let workspace = workspace(&world, "logs").await;
    world
        .create("shop", logs(&workspace, json!({ "kube-audit-admin": true })))
        .await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let before = world.now().await;
    drop(operator);
    let _operator = world.operator();
    let more = logs(&workspace, json!({ "kube-audit-admin": true, "guard": true }));
    world.apply(&world.cluster("shop", more)).await;
    world
        .write_until("the change", before, "PUT shop diagnosticSettings/audit")
        .await;
    world.cluster_until("shop", "ready again", all_ready).await;
    let live = world
        .azure
        .resource(&setting_id(&world, "audit"), API_VERSION)
        .await
        .unwrap();
    let on: Vec<&str> = live["properties"]["logs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|log| log["enabled"] == true)
        .map(|log| log["category"].as_str().unwrap())
        .collect();
    assert!(on.len() == 2 && on.contains(&"guard"), "{live}");

    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(
        world.writes_after(before).await,
        [
            "PUT shop diagnosticSettings/audit",
            "DELETE shop diagnosticSettings/audit",
            "DELETE shop"
        ]
    );
}

#[tokio::test]
async fn a_place_that_another_setting_sends_to_is_told_and_the_other_setting_goes_on() {
    let world = World::new("diagnostics-sink").await;
    let _operator = world.operator();
    let workspace = workspace(&world, "logs").await;
    world.create("shop", json!({})).await;
    let foreign =
        json!({ "properties": { "workspaceId": workspace, "logs": [{ "category": "guard", "enabled": true }] } });
    world
        .azure
        .write_with(Method::PUT, &setting_id(&world, "portal"), API_VERSION, Some(foreign))
        .await;
    let mut fields = logs(&workspace, json!({ "guard": true }));
    fields["diagnosticSettings"]["scheduler"] = json!({ "workspaceId": workspace, "logs": { "kube-scheduler": true } });
    world.apply(&world.cluster("shop", fields)).await;
    let cluster = world
        .cluster_until("shop", "told", |cluster| {
            is(cluster, AUDIT, ChildState::Failed) && is(cluster, "diagnosticSettings/scheduler", ChildState::Ready)
        })
        .await;
    let error = line(&cluster, AUDIT).unwrap().error.clone().unwrap();
    assert!(
        error.next_step.contains("Remove the category from one of the two"),
        "{error:?}"
    );
    assert!(!line(&cluster, AUDIT).unwrap().owned);
    assert!(look::is_ready(&cluster) && look::has_reason(&cluster, "ChildrenReady", "ChildFailed"));
}
