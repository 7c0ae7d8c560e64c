//! Diagnostic settings (azure-mgmt-monitor 6.0.2, 2021-05-01-preview; there is no stable version).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Child, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, place};
use armature_api::{DiagnosticSetting, LogAnalyticsDestinationType};

pub(super) static KIND: Kind = Kind {
    field: "diagnosticSettings",
    // Azure leaves it behind, and a cluster of the same name inherits it (Learn: diagnostic settings).
    leaves: Leaves::BeforeCluster,
    compare: &[
        ("properties.logs", Rule::Switches),
        ("properties.metrics", Rule::Switches),
        // Some resources show the default by its name (azure-rest-api-specs#9281).
        (
            "properties.logAnalyticsDestinationType",
            Rule::NoneIs("AzureDiagnostics"),
        ),
    ],
    drafts,
    late: true,
    actions: &[
        "Microsoft.EventHub/namespaces/authorizationRules/listkeys/action",
        "Microsoft.Insights/diagnosticSettings/delete",
        "Microsoft.Insights/diagnosticSettings/read",
        "Microsoft.Insights/diagnosticSettings/write",
        "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
    ],
    ..Kind::PLAIN
};

const API_VERSION: &str = "2021-05-01-preview";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let settings = view.spec.diagnostic_settings.iter().flatten();
    settings
        .map(|(name, setting)| {
            let entry = serde_json::to_value(setting);
            let id = place::at(view.cluster, "providers/Microsoft.Insights/diagnosticSettings", name);
            let child = entry.map_err(Hindrance::from).and_then(|entry| {
                Ok(Child {
                    id: id?,
                    api_version: API_VERSION.into(),
                    body: body(setting),
                    entry,
                    secrets: Vec::new(),
                })
            });
            Draft::new(name, Needs::Cluster, child)
        })
        .collect()
}

/// A sink that is not named is null: one that somebody added is a difference.
fn body(setting: &DiagnosticSetting) -> Value {
    let DiagnosticSetting {
        workspace_id,
        storage_account_id,
        event_hub_authorization_rule_id,
        event_hub_name,
        marketplace_partner_id,
        log_analytics_destination_type,
        logs,
        category_groups,
        metrics,
    } = setting;
    let categories = switches("category", logs).chain(switches("categoryGroup", category_groups));
    let tables = log_analytics_destination_type
        .filter(|tables| *tables == LogAnalyticsDestinationType::Dedicated)
        .map(|_| "Dedicated");
    json!({ "properties": {
        "workspaceId": workspace_id,
        "storageAccountId": storage_account_id,
        "eventHubAuthorizationRuleId": event_hub_authorization_rule_id,
        "eventHubName": event_hub_name,
        "marketplacePartnerId": marketplace_partner_id,
        "logAnalyticsDestinationType": tables,
        "logs": categories.collect::<Vec<_>>(),
        "metrics": switches("category", metrics).collect::<Vec<_>>(),
    } })
}

fn switches(name: &str, map: &Option<BTreeMap<String, bool>>) -> impl Iterator<Item = Value> {
    let entries = map.iter().flatten();
    entries.map(move |(category, enabled)| json!({ name: category, "enabled": enabled }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::differences;

    const WORKSPACE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w";

    fn setting(fields: Value) -> Value {
        body(&serde_json::from_value(fields).unwrap())
    }

    /// As Azure answers: all categories, nulls, ids in lower case.
    fn answer() -> Value {
        json!({ "id": "/subscriptions/s/resourcegroups/rg", "properties": {
            "storageAccountId": null,
            "workspaceId": WORKSPACE.to_lowercase(),
            "eventHubName": null,
            "logAnalyticsDestinationType": null,
            "logs": [
                { "category": "kube-apiserver", "categoryGroup": null, "enabled": false, "retentionPolicy": { "days": 0 } },
                { "category": "kube-audit-admin", "categoryGroup": null, "enabled": true, "retentionPolicy": { "days": 0 } },
            ],
            "metrics": [{ "category": "AllMetrics", "enabled": false, "timeGrain": null }],
        } })
    }

    #[test]
    fn what_azure_answers_to_a_setting_is_no_difference() {
        let wanted = setting(json!({ "workspaceId": WORKSPACE, "logs": { "kube-audit-admin": true } }));
        assert_eq!(differences(&wanted, &answer(), KIND.compare), [""; 0]);
    }

    #[test]
    fn another_sink_table_or_category_is_a_difference() {
        let wanted = setting(json!({ "workspaceId": WORKSPACE, "logs": { "kube-audit-admin": true } }));
        let mut live = answer();
        live["properties"]["storageAccountId"] = json!("/subscriptions/s/x");
        live["properties"]["logAnalyticsDestinationType"] = json!("Dedicated");
        live["properties"]["logs"][0]["enabled"] = json!(true);
        assert_eq!(
            differences(&wanted, &live, KIND.compare),
            [
                "properties.logAnalyticsDestinationType",
                "properties.logs",
                "properties.storageAccountId"
            ]
        );
    }

    #[test]
    fn groups_and_categories_are_told_apart() {
        let wanted = setting(json!({
            "workspaceId": WORKSPACE, "categoryGroups": { "audit": true }, "metrics": { "AllMetrics": true },
            "logAnalyticsDestinationType": "Dedicated",
        }));
        assert_eq!(
            wanted["properties"]["logs"],
            json!([{ "categoryGroup": "audit", "enabled": true }])
        );
        assert_eq!(
            wanted["properties"]["metrics"],
            json!([{ "category": "AllMetrics", "enabled": true }])
        );
        assert_eq!(wanted["properties"]["logAnalyticsDestinationType"], "Dedicated");
    }
}
