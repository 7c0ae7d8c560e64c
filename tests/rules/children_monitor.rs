//! Rules about what watches over a cluster.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case, id};

pub fn cases() -> Vec<Case> {
    diagnostic_settings()
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
