//! Metrics, logs, traces and cost.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ResourceId, field_speaks};

/// What Azure Monitor collects.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureMonitorProfile {
    /// Managed Prometheus metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<AzureMonitorMetrics>,
    /// Logs and events of containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_insights: Option<ContainerInsights>,
    /// Telemetry of the applications themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_monitoring: Option<AppMonitoring>,
}

/// Logs and events of containers.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?enabled.orValue(false) || has(self.logAnalyticsWorkspaceResourceId)",
    "azureMonitorProfile.containerInsights needs a workspace for its logs; set logAnalyticsWorkspaceResourceId",
))]
#[x_kube(validation = (
    "self.?containerNetworkLogs.orValue('') != 'Enabled' || self.?enabled.orValue(false)",
    "azureMonitorProfile.containerInsights.containerNetworkLogs go the way of the other logs; set \
     containerInsights.enabled to true, or containerNetworkLogs to Disabled",
))]
#[serde(rename_all = "camelCase")]
pub struct ContainerInsights {
    /// Whether logs are collected. Azure's default is false. Changes in place; off resets the other settings and stops
    /// OpenTelemetry logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Resource id of the Log Analytics workspace that takes the logs; required while enabled. To change it turn
    /// collection off first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub log_analytics_workspace_resource_id: Option<String>,
    /// Port for syslog on every node, 1 to 65535; Azure's default is 28330. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub syslog_port: Option<i32>,
    /// Stops the log agents from scraping Prometheus endpoints. Azure's default is false. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_prometheus_metrics_scraping: Option<bool>,
    /// Flow logs of the cluster network: `Enabled` or `Disabled` (Azure's default); needs
    /// `networkProfile.advancedNetworking`. What is logged is set in the cluster. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_network_logs: Option<ContainerNetworkLogs>,
}

/// Whether flow logs are collected.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ContainerNetworkLogs {
    /// They are not.
    Disabled,
    /// They are.
    Enabled,
}

/// Telemetry of applications.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppMonitoring {
    /// Instrumentation of pods without changes to their images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_instrumentation: Option<AutoInstrumentation>,
    /// Receiver of OpenTelemetry metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_telemetry_metrics: Option<OpenTelemetryMetrics>,
    /// Receiver of OpenTelemetry logs and traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_telemetry_logs_and_traces: Option<OpenTelemetryLogsAndTraces>,
}

/// Instrumentation of pods without changes to their images.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutoInstrumentation {
    /// Whether the webhook runs. Changes in place; pods follow when they are made anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Receiver of OpenTelemetry metrics on every node.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenTelemetryMetrics {
    /// Whether it runs. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Port of the node for HTTP, 1 to 65535; Azure's default is 28333.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub http_port: Option<i32>,
    /// Port of the node for gRPC, 1 to 65535; Azure's default is 28334.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub grpc_port: Option<i32>,
}

/// Receiver of OpenTelemetry logs and traces on every node.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenTelemetryLogsAndTraces {
    /// Whether it runs. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Port of the node for HTTP, 1 to 65535; Azure's default is 28331.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub http_port: Option<i32>,
    /// Port of the node for gRPC, 1 to 65535; Azure's default is 28332.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub grpc_port: Option<i32>,
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
