//! Metrics and cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What Azure Monitor collects.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureMonitorProfile {
    /// Managed Prometheus metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<AzureMonitorMetrics>,
}

/// Managed Prometheus metrics.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureMonitorMetrics {
    /// Whether metrics are collected. Changes in place; where they go is set by data collection rules, not here.
    pub enabled: bool,
    /// Labels and annotations that kube-state-metrics adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_state_metrics: Option<KubeStateMetrics>,
    /// Metrics of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<ControlPlaneMetrics>,
}

/// Labels and annotations that kube-state-metrics adds.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KubeStateMetrics {
    /// Labels per resource, such as `namespaces=[team],pods=[app]`; Azure's default is none. The name is ARM's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub metric_labels_allowlist: Option<String>,
    /// Annotations per resource, in the same form; Azure's default is none. The name is ARM's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub metric_annotations_allow_list: Option<String>,
}

/// Metrics of the control plane.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlaneMetrics {
    /// Whether API server and etcd metrics are collected. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Cost metrics.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsProfile {
    /// Cost analysis by namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_analysis: Option<CostAnalysis>,
}

/// Cost analysis by namespace.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostAnalysis {
    /// Turns it on; needs `sku.tier` Standard or Premium. Azure's default is false. Gives nodes a second identity, so
    /// that logins on nodes have to name the identity they mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}
