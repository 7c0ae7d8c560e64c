//! Rules about what watches over a cluster.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, SUBSCRIPTION, case, id};

pub fn cases() -> Vec<Case> {
    [diagnostic_settings(), data_collection(), backup()]
        .into_iter()
        .flatten()
        .collect()
}

fn data_collection() -> Vec<Case> {
    let logs = id("Microsoft.OperationalInsights/workspaces/logs");
    let metrics = id("Microsoft.Monitor/accounts/metrics");
    let insights = |says: &str, accepted: Value, refused: Value| {
        let whole = |fields: Value| {
            let mut entry = fields;
            if entry["workspaceId"].is_null() {
                entry["workspaceId"] = json!(logs);
            }
            json!({ "dataCollection": { "containerInsights": entry } })
        };
        case(Cluster, says, whole(accepted), whole(refused))
    };
    let prometheus = |id: &str| json!({ "dataCollection": { "managedPrometheus": { "workspaceId": id } } });
    vec![
        insights(
            "this has to be the resource id of a Log Analytics workspace",
            json!({}),
            json!({ "workspaceId": metrics }),
        ),
        case(
            Cluster,
            "this has to be the resource id of an Azure Monitor workspace",
            prometheus(&metrics),
            prometheus(&logs),
        ),
        insights(
            "interval is 1m to 30m",
            json!({ "interval": "30m" }),
            json!({ "interval": "31m" }),
        ),
        insights(
            "namespaces and namespaceFilteringMode Include or Exclude",
            json!({ "namespaceFilteringMode": "Exclude", "namespaces": ["kube-system"] }),
            json!({ "namespaceFilteringMode": "Exclude" }),
        ),
        insights(
            "namespaces and namespaceFilteringMode Include or Exclude",
            json!({ "namespaceFilteringMode": "Off" }),
            json!({ "namespaces": ["kube-system"] }),
        ),
        insights(
            "this has to be the name of a namespace",
            json!({ "namespaceFilteringMode": "Include", "namespaces": ["a-1"] }),
            json!({ "namespaceFilteringMode": "Include", "namespaces": ["a_1"] }),
        ),
        insights(
            "this has to be the name of a stream",
            json!({ "streams": ["Microsoft-Perf"] }),
            json!({ "streams": ["Perf"] }),
        ),
    ]
}

fn backup() -> Vec<Case> {
    let vault = id("Microsoft.DataProtection/backupVaults/vault");
    let policy = format!("{vault}/backupPolicies/daily");
    let named = |name: &str, fields: Value| {
        let mut entry = json!({ "vaultId": vault, "policyId": policy, "snapshotResourceGroup": "snapshots" });
        for (name, value) in fields.as_object().unwrap() {
            entry[name] = value.clone();
        }
        json!({ "backup": { name: entry } })
    };
    let entry = |says: &str, accepted: Value, refused: Value| {
        case(Cluster, says, named("daily", accepted), named("daily", refused))
    };
    let other = id("Microsoft.DataProtection/backupVaults/vault2");
    vec![
        case(
            Cluster,
            "names of backups",
            named("daily", json!({})),
            named("Daily", json!({})),
        ),
        entry(
            "this has to be the resource id of a backup vault",
            json!({}),
            json!({ "vaultId": format!("/subscriptions/{SUBSCRIPTION}") }),
        ),
        entry(
            "this has to be the resource id of a backup policy",
            json!({}),
            json!({ "policyId": format!("{vault}/daily") }),
        ),
        entry(
            "policyId has to be a policy of the vault",
            json!({ "vaultId": other, "policyId": format!("{other}/backupPolicies/daily") }),
            json!({ "vaultId": other }),
        ),
        entry(
            "snapshotResourceGroup is the name",
            json!({ "snapshotResourceGroup": "snapshots.2" }),
            json!({ "snapshotResourceGroup": "/snapshots" }),
        ),
    ]
}

fn diagnostic_settings() -> Vec<Case> {
    let workspace = id("Microsoft.OperationalInsights/workspaces/logs");
    let hub = id("Microsoft.EventHub/namespaces/hub/authorizationRules/send");
    let named = |name: &str, setting: Value| json!({ "diagnosticSettings": { name: setting } });
    let setting = |says: &str, accepted: Value, refused: Value| {
        let whole = |fields: Value| {
            let mut setting = json!({ "workspaceId": workspace, "logs": { "kube-audit-admin": true } });
            for (name, value) in fields.as_object().unwrap() {
                setting[name] = value.clone();
            }
            named("audit", setting)
        };
        case(Cluster, says, whole(accepted), whole(refused))
    };
    let audit = json!({ "workspaceId": workspace, "logs": { "kube-audit-admin": true } });
    vec![
        case(
            Cluster,
            "names of diagnostic settings",
            named("audit", audit.clone()),
            named("audit logs", audit),
        ),
        setting(
            "a diagnostic setting needs a place",
            json!({ "workspaceId": null, "eventHubAuthorizationRuleId": hub }),
            json!({ "workspaceId": null }),
        ),
        setting(
            "a diagnostic setting with nothing turned on",
            json!({ "logs": { "guard": false }, "metrics": { "AllMetrics": true } }),
            json!({ "logs": { "guard": false }, "metrics": { "AllMetrics": false } }),
        ),
        setting(
            "logs and categoryGroups exclude",
            json!({ "logs": null, "categoryGroups": { "audit": true } }),
            json!({ "categoryGroups": { "audit": true } }),
        ),
        setting(
            "eventHubName goes with",
            json!({ "eventHubName": "audit", "eventHubAuthorizationRuleId": hub }),
            json!({ "eventHubName": "audit" }),
        ),
        setting(
            "logAnalyticsDestinationType is about",
            json!({ "logAnalyticsDestinationType": "Dedicated" }),
            json!({
                "workspaceId": null, "eventHubAuthorizationRuleId": hub, "logAnalyticsDestinationType": "Dedicated",
            }),
        ),
        setting(
            "log categories have names",
            json!({ "logs": { "karpenter-events": true } }),
            json!({ "logs": { "karpenter events": true } }),
        ),
        setting(
            "metrics of a cluster are",
            json!({ "metrics": { "AllMetrics": true } }),
            json!({ "metrics": { "Platform": true } }),
        ),
    ]
}
