//! Managed Prometheus: a data collection rule for an Azure Monitor workspace, and recording rules in it.

use serde_json::{Value, json};

use super::{METRICS_ASSOCIATION, Named, Parts, agents};
use crate::children::{Child, Draft, Needs, View, place};
use armature_api::{PrometheusCollection, RecordingRules};

const ACCOUNTS_API_VERSION: &str = "2025-10-03";
const RULE_GROUPS_API_VERSION: &str = "2023-03-01";
const RECOMMENDATIONS_API_VERSION: &str = "2023-01-01-preview";
/// Far more than Azure recommends: lines in status are not without cost.
const MOST_GROUPS: usize = 16;

pub(super) fn drafts(view: &View<'_>, metrics: &PrometheusCollection) -> Vec<Draft> {
    let parts = Parts {
        cluster: view.cluster,
        entry: "managedPrometheus",
        region: agents::metrics_on(view)
            .and_then(|()| place::region(view, &metrics.workspace_id, ACCOUNTS_API_VERSION)),
    };
    let endpoint_id = parts.id(Named::MetricsEndpoint);
    let rule_id = parts.id(Named::MetricsRule);
    let entry = json!({ "workspaceId": metrics.workspace_id });
    let rule = parts.regional(rule_id.clone(), entry, || {
        Ok(json!({
            "dataCollectionEndpointId": endpoint_id.clone()?,
            "dataSources": { "prometheusForwarder": [{
                "name": "PrometheusDataSource",
                "streams": ["Microsoft-PrometheusMetrics"],
                "labelIncludeFilter": {},
            }] },
            "destinations": { "monitoringAccounts": [{
                "name": "MonitoringAccount1",
                "accountResourceId": metrics.workspace_id,
            }] },
            "dataFlows": [{ "streams": ["Microsoft-PrometheusMetrics"], "destinations": ["MonitoringAccount1"] }],
        }))
    });
    let mut drafts = vec![
        parts.endpoint(endpoint_id.clone()),
        Draft::new(parts.name("dcr"), Needs::Cluster, rule).after(vec![parts.key("dce")]),
        parts.association(
            METRICS_ASSOCIATION,
            rule_id,
            "routes metrics to an Azure Monitor workspace",
        ),
    ];
    let wanted = metrics.recording_rules.unwrap_or_default();
    if wanted != RecordingRules::None {
        drafts.extend(recordings(view, &parts, &metrics.workspace_id, wanted));
    }
    drafts
}

/// While nobody knows what the workspace recommends, one draft stands for all that it may come to.
fn recordings(view: &View<'_>, parts: &Parts<'_>, workspace: &str, wanted: RecordingRules) -> Vec<Draft> {
    let groups = parts.region.clone().and_then(|region| {
        let list = format!("{workspace}/providers/Microsoft.AlertsManagement/alertRuleRecommendations");
        let recommended = view.list(&list, RECOMMENDATIONS_API_VERSION, None)?;
        Ok((region, recommended.iter().filter_map(Group::read).collect::<Vec<_>>()))
    });
    match groups {
        Err(hindrance) => vec![Draft::new(parts.name("recordings"), Needs::Cluster, Err(hindrance))],
        Ok((region, groups)) => groups
            .iter()
            .filter(|group| wanted == RecordingRules::LinuxAndWindows || !group.is_for_windows())
            .take(MOST_GROUPS)
            .map(|group| {
                let name = parts.name(&format!("recordings/{}", group.name));
                Draft::new(name, Needs::Cluster, Ok(group.child(view.cluster, workspace, &region)))
            })
            .collect(),
    }
}

/// A group of recording rules that a workspace recommends.
struct Group<'a> {
    name: String,
    rules: &'a Value,
}

impl<'a> Group<'a> {
    /// `None` for what is no group of recording rules alone: alerts are the user's own choice.
    fn read(recommendation: &'a Value) -> Option<Self> {
        let is_rule_group = |kind: &Value| {
            kind.as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case(Named::RuleGroup.type_()))
        };
        let properties = &recommendation["properties"];
        if !is_rule_group(&properties["alertRuleType"]) {
            return None;
        }
        let template = properties["rulesArmTemplate"]["resources"].as_array()?;
        let rules = &template.iter().find(|resource| is_rule_group(&resource["type"]))?["properties"]["rules"];
        let records = |rule: &Value| rule["record"].is_string() && rule["expression"].is_string();
        let all = rules.as_array()?;
        if all.is_empty() || !all.iter().all(records) {
            return None;
        }
        let name = recommendation["name"].as_str()?;
        let legal = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let name: String = name.chars().filter(|letter| legal(*letter)).collect();
        let name = name.trim_end_matches('-').to_owned();
        (!name.is_empty()).then_some(Self { name, rules })
    }

    fn is_for_windows(&self) -> bool {
        self.name.to_ascii_lowercase().contains("win")
    }

    fn child(&self, cluster: &str, workspace: &str, region: &str) -> Child {
        let cluster_name = place::name(cluster);
        Child {
            id: Named::RuleGroup.id(&self.name, cluster),
            api_version: RULE_GROUPS_API_VERSION.into(),
            entry: json!({ "workspaceId": workspace }),
            body: json!({
                "location": region,
                "properties": {
                    "scopes": [workspace, cluster],
                    "clusterName": cluster_name,
                    "enabled": true,
                    "interval": "PT1M",
                    "rules": self.rules,
                },
            }),
            secrets: Vec::new(),
        }
    }
}
