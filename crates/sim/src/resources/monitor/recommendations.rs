//! Templates of rule groups that an Azure Monitor workspace recommends, as azure-cli reads them.

use serde_json::{Value, json};

use super::super::resource_type::{Home, Listed, ResourceType};
use crate::arm::gateway::Context;
use crate::refusal::Refusal;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: "Microsoft.AlertsManagement",
    path: "alertRuleRecommendations",
    calls: "AlertRuleRecommendations",
    versions: &["2023-01-01-preview", "2023-08-01-preview"],
    home: Home::Extension,
    listed: Listed::Computed(recommended),
    ..ResourceType::PLAIN
};

/// Groups by name, with a few of their recording rules (azure-cli 2.91: names; expressions are shortened).
const GROUPS: [(&str, &[(&str, &str)]); 6] = [
    (
        "NodeRecordingRulesRuleGroup",
        &[
            (
                "instance:node_num_cpu:sum",
                "count without (cpu, mode) (node_cpu_seconds_total{mode=\"idle\"})",
            ),
            (
                "instance:node_load1_per_cpu:ratio",
                "node_load1 / instance:node_num_cpu:sum",
            ),
        ],
    ),
    (
        "KubernetesRecordingRulesRuleGroup",
        &[
            (
                "node_namespace_pod:kube_pod_info:",
                "max by (cluster, node, namespace, pod) (kube_pod_info{node!=\"\"})",
            ),
            (
                ":node_memory_MemAvailable_bytes:sum",
                "sum(node_memory_MemAvailable_bytes) by (cluster)",
            ),
        ],
    ),
    (
        "UXRecordingRulesRuleGroup - ",
        &[(
            "ux:pod_cpu_usage:sum_irate",
            "sum by (cluster, pod, namespace) (irate(container_cpu_usage_seconds_total[5m]))",
        )],
    ),
    (
        "NodeRecordingRulesRuleGroup-Win-",
        &[(
            "node:windows_node:sum",
            "count by (cluster) (windows_system_system_up_time)",
        )],
    ),
    (
        "NodeAndKubernetesRecordingRulesRuleGroup-Win-",
        &[(
            "node:windows_node_num_cpu:sum",
            "count by (cluster, instance) (windows_cpu_time_total)",
        )],
    ),
    (
        "UXRecordingRulesRuleGroup-Win - ",
        &[(
            "ux:pod_cpu_usage_windows:sum_irate",
            "sum by (cluster) (irate(windows_container_cpu_usage_seconds_total[5m]))",
        )],
    ),
];

fn recommended(_: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let group = |(name, rules): &(&str, &[(&str, &str)])| {
        let rules: Vec<Value> = rules
            .iter()
            .map(|(record, expression)| json!({"record": record, "expression": expression}))
            .collect();
        json!({
            "id": format!("{scope}/providers/microsoft.alertsManagement/alertRuleRecommendations/{name}"),
            "name": name,
            "type": "Microsoft.AlertsManagement/alertRuleRecommendations",
            "properties": {
                "alertRuleType": "Microsoft.AlertsManagement/prometheusRuleGroups",
                "displayInformation": {},
                "rulesArmTemplate": {
                    "contentVersion": "1.0.0.0",
                    "parameters": {},
                    "variables": {},
                    "resources": [{
                        "name": name,
                        "type": "Microsoft.AlertsManagement/prometheusRuleGroups",
                        "apiVersion": "2023-03-01",
                        "properties": {"interval": "PT1M", "rules": rules},
                    }],
                },
            },
        })
    };
    Ok(GROUPS.iter().map(group).collect())
}
