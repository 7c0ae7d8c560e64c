//! Azure Monitor: diagnostic settings, data collection, rule groups, workspaces.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim};

const SETTINGS: &str = "2021-05-01-preview";
const COLLECTION: &str = "2023-03-11";
const ANALYTICS: &str = "2025-07-01";
const ACCOUNTS: &str = "2025-10-03";
const RULES: &str = "2023-03-01";

async fn workspace(sim: &Sim, name: &str) -> String {
    let path = sim.in_group(&format!("Microsoft.OperationalInsights/workspaces/{name}"));
    sim.call(Method::PUT, &path, ANALYTICS, Some(json!({"location": "westeurope"})))
        .await
        .expect(201);
    path
}

async fn account(sim: &Sim) -> String {
    let path = sim.in_group("Microsoft.Monitor/accounts/metrics");
    sim.call(Method::PUT, &path, ACCOUNTS, Some(json!({"location": "westeurope"})))
        .await
        .expect(201);
    path
}

fn setting(workspace: &str, category: &str) -> Value {
    json!({"properties": {"workspaceId": workspace, "logs": [{"category": category, "enabled": true}]}})
}

async fn put_setting(sim: &Sim, name: &str, body: Value) -> Answer {
    let path = sim.on_cluster(&format!("Microsoft.Insights/diagnosticSettings/{name}"));
    sim.call(Method::PUT, &path, SETTINGS, Some(body)).await
}

async fn get_setting(sim: &Sim, name: &str) -> Answer {
    let path = sim.on_cluster(&format!("Microsoft.Insights/diagnosticSettings/{name}"));
    sim.call(Method::GET, &path, SETTINGS, None).await
}

#[tokio::test]
async fn a_diagnostic_setting_comes_back_with_every_category_and_without_its_casing() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let workspace = workspace(&sim, "Logs").await;
    put_setting(&sim, "Audit", setting(&workspace, "kube-audit-admin"))
        .await
        .expect(200);
    let found = get_setting(&sim, "Audit").await.expect(200).body;
    assert!(
        found["id"]
            .as_str()
            .unwrap()
            .contains("/microsoft.containerservice/managedclusters/c/"),
        "{found}"
    );
    assert_eq!(found["properties"]["workspaceId"], json!(workspace.to_lowercase()));
    let logs = found["properties"]["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 15);
    let enabled: Vec<&Value> = logs
        .iter()
        .filter(|log| log["enabled"] == true)
        .map(|log| &log["category"])
        .collect();
    assert_eq!(enabled, ["kube-audit-admin"]);
}

#[tokio::test]
async fn a_setting_that_sends_nothing_is_accepted_and_not_there() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let workspace = workspace(&sim, "logs").await;
    let nothing = json!({"properties": {"workspaceId": workspace, "logs": [{"category": "guard", "enabled": false}]}});
    put_setting(&sim, "none", nothing).await.expect(200);
    get_setting(&sim, "none").await.expect(404);
}

#[tokio::test]
async fn a_sink_takes_a_category_once_and_five_settings_are_the_most() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let logs = workspace(&sim, "logs").await;
    put_setting(&sim, "one", setting(&logs, "guard")).await.expect(200);
    let conflict = put_setting(&sim, "two", setting(&logs.to_uppercase(), "guard"))
        .await
        .expect(409);
    assert_eq!(conflict.code(), "Conflict");
    assert!(
        conflict
            .text
            .contains("is already used in diagnostic setting 'one' for category 'guard'")
    );
    for (name, category) in [
        ("two", "kube-audit"),
        ("three", "kube-scheduler"),
        ("four", "kube-apiserver"),
        ("five", "karpenter-events"),
    ] {
        put_setting(&sim, name, setting(&logs, category)).await.expect(200);
    }
    let sixth = put_setting(&sim, "six", setting(&logs, "kube-audit-admin"))
        .await
        .expect(409);
    assert!(sixth.text.contains("limit of 5"), "{}", sixth.text);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let logs = workspace(&sim, "logs").await;
    let unknown = put_setting(&sim, "x", setting(&logs, "kube-proxy")).await.expect(400);
    assert!(
        unknown.text.contains("Category 'kube-proxy' is not supported."),
        "{}",
        unknown.text
    );
    put_setting(&sim, "x", setting(&format!("{logs}2"), "guard"))
        .await
        .expect(400);
    put_setting(&sim, "x", json!({"properties": {"logs": []}}))
        .await
        .expect(400);
    let mixed = json!({"properties": {"workspaceId": logs, "logs": [
        {"category": "guard", "enabled": true}, {"categoryGroup": "audit", "enabled": true}]}});
    put_setting(&sim, "x", mixed).await.expect(400);
}

#[tokio::test]
async fn a_setting_outlives_its_cluster_and_is_inherited_by_a_namesake() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let logs = workspace(&sim, "logs").await;
    put_setting(&sim, "one", setting(&logs, "guard")).await.expect(200);
    sim.delete(&sim.cluster("c")).await.expect(202);
    sim.minutes(30);
    sim.ready_cluster("c").await;
    get_setting(&sim, "one").await.expect(200);
}

#[tokio::test]
async fn categories_tell_what_a_cluster_can_emit() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let all = sim.on_cluster("Microsoft.Insights/diagnosticSettingsCategories");
    let found = sim.call(Method::GET, &all, SETTINGS, None).await.expect(200).body;
    assert_eq!(found["value"].as_array().unwrap().len(), 16);
    let one = sim
        .call(Method::GET, &format!("{all}/kube-audit"), SETTINGS, None)
        .await
        .expect(200)
        .body;
    assert_eq!(one["properties"]["categoryGroups"], json!(["audit", "allLogs"]));
}

fn rule(workspace: &str) -> Value {
    json!({"location": "westeurope", "kind": "Linux", "properties": {
        "dataSources": {"extensions": [{"name": "ContainerInsightsExtension", "extensionName": "ContainerInsights",
            "streams": ["Microsoft-ContainerInsights-Group-Default"]}]},
        "destinations": {"logAnalytics": [{"name": "la-workspace", "workspaceResourceId": workspace}]},
        "dataFlows": [{"streams": ["Microsoft-ContainerInsights-Group-Default"], "destinations": ["la-workspace"]}],
    }})
}

#[tokio::test]
async fn a_rule_waits_for_the_tables_of_a_new_workspace() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.set(json!({"workspaceTables": 60})).await;
    let logs = workspace(&sim, "logs").await;
    let path = sim.in_group("Microsoft.Insights/dataCollectionRules/MSCI-westeurope-c");
    let early = sim
        .call(Method::PUT, &path, COLLECTION, Some(rule(&logs)))
        .await
        .expect(400);
    assert_eq!(early.code(), "InvalidOutputTable");
    sim.minutes(1);
    let made = sim
        .call(Method::PUT, &path, COLLECTION, Some(rule(&logs)))
        .await
        .expect(201);
    assert!(
        made.body["properties"]["immutableId"]
            .as_str()
            .unwrap()
            .starts_with("dcr-")
    );
    let mut astray = rule(&logs);
    astray["properties"]["dataFlows"][0]["destinations"] = json!(["elsewhere"]);
    let refused = sim.call(Method::PUT, &path, COLLECTION, Some(astray)).await.expect(400);
    assert!(
        refused.body["error"]["details"][0]["message"]
            .as_str()
            .unwrap()
            .contains("elsewhere"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_rule_that_is_tied_to_something_is_kept() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let tied = sim.data_collection_rule().await;
    let association = sim.on_cluster("Microsoft.Insights/dataCollectionRuleAssociations/ContainerInsightsExtension");
    sim.call(Method::PUT, &association, COLLECTION, Some(tied))
        .await
        .expect(201);
    let rule = sim.in_group("Microsoft.Insights/dataCollectionRules/rule");
    let seen = sim
        .call(Method::GET, &format!("{rule}/associations"), COLLECTION, None)
        .await
        .expect(200)
        .body;
    assert_eq!(seen["value"][0]["name"], "ContainerInsightsExtension");
    sim.call(Method::DELETE, &rule, COLLECTION, None).await.expect(409);
    sim.call(
        Method::DELETE,
        &format!("{rule}?deleteAssociations=true"),
        COLLECTION,
        None,
    )
    .await
    .expect(200);
    sim.call(Method::GET, &association, COLLECTION, None).await.expect(404);
}

#[tokio::test]
async fn an_association_with_an_endpoint_has_one_name_only() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let endpoint = sim.in_group("Microsoft.Insights/dataCollectionEndpoints/e");
    let body = json!({"location": "westeurope", "kind": "Linux", "properties": {}});
    let made = sim
        .call(Method::PUT, &endpoint, COLLECTION, Some(body))
        .await
        .expect(201);
    assert!(made.body["properties"]["configurationAccess"]["endpoint"].is_string());
    let tie = async |name: &str, body: Value| {
        let path = sim.on_cluster(&format!("Microsoft.Insights/dataCollectionRuleAssociations/{name}"));
        sim.call(Method::PUT, &path, COLLECTION, Some(body)).await
    };
    let body = json!({"properties": {"dataCollectionEndpointId": endpoint}});
    tie("mine", body.clone()).await.expect(400);
    tie("configurationAccessEndpoint", body).await.expect(201);
    tie(
        "mine",
        json!({"properties": {"dataCollectionRuleId": format!("{endpoint}x")}}),
    )
    .await
    .expect(400);
}

#[tokio::test]
async fn a_monitor_workspace_brings_a_group_with_its_default_rule() {
    let sim = Sim::start().await;
    sim.group().await;
    let path = account(&sim).await;
    let made = sim.call(Method::GET, &path, ACCOUNTS, None).await.expect(200).body;
    let rule = made["properties"]["defaultIngestionSettings"]["dataCollectionRuleResourceId"]
        .as_str()
        .unwrap();
    assert!(rule.contains("/MA_metrics_westeurope_managed/"), "{rule}");
    let group = format!(
        "/subscriptions/{}/resourceGroups/MA_metrics_westeurope_managed",
        sim.subscription()
    );
    sim.get(&group).await.expect(200);
    sim.call(Method::DELETE, &path, ACCOUNTS, None).await.expect(202);
    sim.minutes(5);
    sim.get(&group).await.expect(404);
}

fn group_of(scope: &str, rules: Value) -> Value {
    json!({"location": "westeurope", "properties": {"scopes": [scope], "clusterName": "c", "rules": rules}})
}

#[tokio::test]
async fn rule_groups_are_checked_and_recommended_ones_fit() {
    let sim = Sim::start().await;
    sim.group().await;
    let account = account(&sim).await;
    let recommended = format!("{account}/providers/microsoft.alertsManagement/alertRuleRecommendations");
    let found = sim
        .call(Method::GET, &recommended, "2023-01-01-preview", None)
        .await
        .expect(200)
        .body;
    let put = async |name: &str, body: Value| {
        let path = sim.in_group(&format!("Microsoft.AlertsManagement/prometheusRuleGroups/{name}"));
        sim.call(Method::PUT, &path, RULES, Some(body)).await
    };
    for template in found["value"].as_array().unwrap() {
        let rules = template["properties"]["rulesArmTemplate"]["resources"][0]["properties"]["rules"].clone();
        let name = format!("{}c", template["name"].as_str().unwrap());
        put(&name, group_of(&account, rules)).await.expect(201);
    }
    let rule = |expression: &str| json!([{"record": "a:b", "expression": expression}]);
    put("bad", group_of(&account, rule("sum(up"))).await.expect(400);
    put("bad", group_of(&format!("{account}2"), rule("up")))
        .await
        .expect(400);
    put("bad", group_of(&account, json!([]))).await.expect(400);
    let mut elsewhere = group_of(&account, rule("up"));
    elsewhere["location"] = json!("northeurope");
    put("bad", elsewhere).await.expect(400);
}

#[tokio::test]
async fn whoever_ties_a_cluster_to_a_rule_has_to_be_able_to_read_the_rule() {
    let mut sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let tied = sim.data_collection_rule().await;
    let role = "10000000-0000-4000-8000-000000000001";
    let definition = json!({"properties": {"roleName": "Ties", "assignableScopes": ["/"],
        "permissions": [{"actions": ["Microsoft.Insights/dataCollectionRuleAssociations/*"]}]}});
    let path = format!("/providers/Microsoft.Authorization/roleDefinitions/{role}");
    sim.call(Method::PUT, &path, "2022-04-01", Some(definition))
        .await
        .expect(201);
    sim.become_principal("app", &["Ties"]).await;
    let association = sim.on_cluster("Microsoft.Insights/dataCollectionRuleAssociations/a");
    let refused = sim
        .call(Method::PUT, &association, COLLECTION, Some(tied))
        .await
        .expect(403);
    assert_eq!(refused.code(), "LinkedAuthorizationFailed");
}
