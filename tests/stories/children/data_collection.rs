//! Data collection: what agents in the cluster see arrives in a workspace.

use armature_api::{AksCluster, ChildState};
use armature_lab::simulator::admin::Requests;
use reqwest::Method;
use serde_json::{Value, json};

use super::diagnostics::workspace;
use super::{all_ready, is, line, lines, look_now};
use crate::look;
use crate::world::World;

const API_VERSION: &str = "2023-03-11";

/// An Azure Monitor workspace beside the clusters.
async fn monitor_workspace(world: &World, name: &str) -> String {
    let id = world.azure.in_group(&format!("Microsoft.Monitor/accounts/{name}"));
    let body = json!({ "location": "northeurope" });
    world.azure.make(&id, "2025-10-03", body).await;
    id
}

fn on_cluster(world: &World, association: &str) -> String {
    let cluster = world.azure.cluster_id("shop");
    format!("{cluster}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{association}")
}

fn both(logs: &str, metrics: &str) -> Value {
    json!({
        "addonProfiles": { "omsagent": {
            "enabled": true, "config": { "logAnalyticsWorkspaceResourceID": logs, "useAADAuth": "true" },
        } },
        "azureMonitorProfile": { "metrics": { "enabled": true } },
        "dataCollection": {
            "containerInsights": { "workspaceId": logs },
            "managedPrometheus": { "workspaceId": metrics },
        },
    })
}

/// Writes to Azure Monitor and to rule groups, as in `PUT dataCollectionRules`.
async fn writes_after(world: &World, after: u64) -> Vec<String> {
    let which = Requests {
        writes: Some(true),
        after: Some(after),
        ..Requests::default()
    };
    let requests = world.requests(which).await;
    let briefs = requests.iter().filter_map(|request| {
        let kinds = [
            "dataCollectionRuleAssociations",
            "dataCollectionRules",
            "dataCollectionEndpoints",
            "prometheusRuleGroups",
        ];
        let kind = kinds.iter().find(|kind| request.path.contains(*kind))?;
        Some(format!("{} {kind}", request.method))
    });
    briefs.collect()
}

#[tokio::test]
async fn logs_and_metrics_are_collected_as_the_cli_sets_it_up_and_nothing_stays_behind() {
    let world = World::new("data-collection").await;
    let operator = world.operator();
    let (logs, metrics) = (
        workspace(&world, "logs").await,
        monitor_workspace(&world, "metrics").await,
    );
    let before = world.now().await;
    world.create("shop", both(&logs, &metrics)).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let rule = world
        .azure
        .in_group("Microsoft.Insights/dataCollectionRules/MSCI-westeurope-shop");
    assert!(world.azure.resource(&rule, API_VERSION).await.is_some());
    let rule = world
        .azure
        .in_group("Microsoft.Insights/dataCollectionRules/MSProm-northeurope-shop");
    let association = on_cluster(&world, "ContainerInsightsMetricsExtension");
    let association = world.azure.resource(&association, API_VERSION).await.unwrap();
    let tied_to = association["properties"]["dataCollectionRuleId"].as_str().unwrap();
    assert!(tied_to.eq_ignore_ascii_case(&rule), "{tied_to}");
    let made = writes_after(&world, before).await;
    let groups = made.iter().filter(|write| *write == "PUT prometheusRuleGroups").count();
    assert_eq!((groups, made.len()), (3, 8), "each is written once: {made:?}");

    let before = world.now().await;
    drop(operator);
    let _operator = world.operator();
    look_now(&world, "shop").await;
    world.lists(2).await;
    assert_eq!(
        writes_after(&world, before).await,
        Vec::<String>::new(),
        "nothing differs"
    );

    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    let gone = writes_after(&world, before).await;
    let at = |write: &str| gone.iter().position(|other| other == write).unwrap();
    assert_eq!(gone.len(), 8, "{gone:?}");
    assert!(
        at("DELETE dataCollectionRuleAssociations") < at("DELETE dataCollectionRules"),
        "{gone:?}"
    );
    assert!(
        at("DELETE dataCollectionRules") < at("DELETE dataCollectionEndpoints"),
        "{gone:?}"
    );
}

#[tokio::test]
async fn a_dropped_entry_takes_its_own_resources_along_and_a_change_keeps_the_tags_of_others() {
    let world = World::new("data-collection-change").await;
    let _operator = world.operator();
    let (logs, metrics) = (
        workspace(&world, "logs").await,
        monitor_workspace(&world, "metrics").await,
    );
    let mut fields = both(&logs, &metrics);
    world.create("shop", fields.clone()).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;
    let rule = world
        .azure
        .in_group("Microsoft.Insights/dataCollectionRules/MSCI-westeurope-shop");
    let tags = json!({ "tags": { "cost": "shop" } });
    world
        .azure
        .write_with(Method::PATCH, &rule, API_VERSION, Some(tags))
        .await;

    let before = world.now().await;
    fields["dataCollection"]["containerInsights"]["interval"] = json!("5m");
    fields["dataCollection"]
        .as_object_mut()
        .unwrap()
        .remove("managedPrometheus");
    // The agent stays on, and is told to feed nobody.
    world.apply(&world.cluster("shop", fields)).await;
    world
        .cluster_until("shop", "without metrics", |cluster| {
            is(cluster, "dataCollection/managedPrometheus", ChildState::Failed)
                && is(cluster, "dataCollection/containerInsights/dcr", ChildState::Ready)
                && lines(cluster) == 3
        })
        .await;
    let live = world.azure.resource(&rule, API_VERSION).await.unwrap();
    assert_eq!(live["tags"]["cost"], "shop");
    let source = &live["properties"]["dataSources"]["extensions"][0];
    assert_eq!(source["extensionSettings"]["dataCollectionSettings"]["interval"], "5m");
    let mut writes = writes_after(&world, before).await;
    writes.sort();
    assert_eq!(
        writes,
        [
            "DELETE dataCollectionEndpoints",
            "DELETE dataCollectionRuleAssociations",
            "DELETE dataCollectionRules",
            "DELETE prometheusRuleGroups",
            "DELETE prometheusRuleGroups",
            "DELETE prometheusRuleGroups",
            "PUT dataCollectionRules",
        ]
    );
}

#[tokio::test]
async fn metrics_that_go_nowhere_are_told_until_a_rule_is_associated() {
    let world = World::new("data-collection-unfed").await;
    let _operator = world.operator();
    let metrics = json!({ "azureMonitorProfile": { "metrics": { "enabled": true } } });
    world.create("shop", metrics.clone()).await;
    let told = |cluster: &AksCluster| is(cluster, "dataCollection/managedPrometheus", ChildState::Failed);
    let cluster = world.cluster_until("shop", "told", told).await;
    let error = line(&cluster, "dataCollection/managedPrometheus")
        .unwrap()
        .error
        .clone()
        .unwrap();
    assert_eq!(error.code, "NoDataCollectionRule");
    assert!(error.next_step.contains("dataCollection"), "{error:?}");
    assert!(look::is_ready(&cluster), "it takes nothing away from the cluster");

    let workspace = monitor_workspace(&world, "metrics").await;
    let mut fields = metrics;
    fields["dataCollection"] = json!({ "managedPrometheus": { "workspaceId": workspace } });
    world.apply(&world.cluster("shop", fields)).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;
}

#[tokio::test]
async fn clusters_whose_names_differ_in_one_character_have_rules_of_their_own() {
    let world = World::new("data-collection-alike").await;
    let _operator = world.operator();
    let logs = [workspace(&world, "dashes").await, workspace(&world, "underlines").await];
    let metrics = monitor_workspace(&world, "metrics").await;
    let names = ["shop-x", "shop_x"];
    for (number, logs) in logs.iter().enumerate() {
        let mut fields = both(logs, &metrics);
        fields["azureName"] = json!(names[number]);
        let name = format!("shop{number}");
        world.apply(&world.cluster(&name, fields)).await;
        world.apply(&world.system_pool(&format!("system{number}"), &name)).await;
        world.cluster_until(&name, "ready with its children", all_ready).await;
    }
    let mut ids = std::collections::BTreeSet::new();
    for (number, logs) in logs.iter().enumerate() {
        let cluster = world.clusters.get(&format!("shop{number}")).await.unwrap();
        let id = line(&cluster, "dataCollection/containerInsights/dcr")
            .unwrap()
            .id
            .clone()
            .unwrap();
        let rule = world.azure.resource(&id, API_VERSION).await.unwrap();
        let destination = rule["properties"]["destinations"]["logAnalytics"][0]["workspaceResourceId"].clone();
        assert!(
            destination.as_str().unwrap().eq_ignore_ascii_case(logs),
            "{destination}"
        );
        ids.insert(id.to_lowercase());
    }
    assert_eq!(ids.len(), 2, "{ids:?}");
}
