//! What AKS installs: add-ons, drivers, autoscalers, ingress, metrics.

use crate::compare::Compare::{Addons, CaseInsensitive, Exact, Set};
use crate::effect::Effect::InPlace;
use crate::effect::EffectRule::ByValue;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.addonProfiles",
        Addons,
        always(InPlace),
        "az aks enable-addons",
        Clear::SwitchOff,
    ),
    Field::new(
        "properties.storageProfile.diskCSIDriver.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::FALSE,
    ),
    Field::new(
        "properties.storageProfile.fileCSIDriver.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::FALSE,
    ),
    Field::new(
        "properties.storageProfile.blobCSIDriver.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::FALSE,
    ),
    Field::new(
        "properties.storageProfile.snapshotController.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::FALSE,
    ),
    Field::new(
        "properties.workloadAutoScalerProfile.keda.enabled",
        Exact,
        always(InPlace),
        "keda-deploy-add-on-cli",
        Clear::FALSE,
    ),
    Field::new(
        "properties.workloadAutoScalerProfile.verticalPodAutoscaler.enabled",
        Exact,
        always(InPlace),
        "use-vertical-pod-autoscaler",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.enabled",
        Exact,
        always(InPlace),
        "az aks update --disable-azure-monitor-metrics",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.kubeStateMetrics.metricLabelsAllowlist",
        Exact,
        always(InPlace),
        "az aks update --ksm-metric-labels-allow-list",
        Clear::text(""),
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.kubeStateMetrics.metricAnnotationsAllowList",
        Exact,
        always(InPlace),
        "az aks update --ksm-metric-annotations-allow-list",
        Clear::text(""),
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.controlPlane.enabled",
        Exact,
        always(InPlace),
        "control-plane-metrics-monitor",
        Clear::FALSE,
    ),
    Field::new(
        "properties.ingressProfile.webAppRouting.enabled",
        Exact,
        always(InPlace),
        "app-routing",
        Clear::FALSE,
    ),
    Field::new(
        "properties.ingressProfile.webAppRouting.dnsZoneResourceIds",
        Set,
        always(InPlace),
        "az aks approuting zone",
        Clear::Empty,
    ),
    Field::new(
        "properties.metricsProfile.costAnalysis.enabled",
        Exact,
        always(InPlace),
        "cost-analysis",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.containerInsights.enabled",
        Exact,
        always(InPlace),
        "az aks update --enable-azure-monitor-logs",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.containerInsights.logAnalyticsWorkspaceResourceId",
        CaseInsensitive,
        ByValue(by::logs_workspace),
        "az aks update --enable-azure-monitor-logs",
        Clear::Never,
    ),
    Field::new(
        "properties.azureMonitorProfile.containerInsights.syslogPort",
        Exact,
        always(InPlace),
        "az aks update --enable-azure-monitor-logs",
        Clear::number(28330),
    )
    .absent("28330"),
    Field::new(
        "properties.azureMonitorProfile.containerInsights.disablePrometheusMetricsScraping",
        Exact,
        always(InPlace),
        "az aks update --enable-azure-monitor-logs",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.containerInsights.containerNetworkLogs",
        CaseInsensitive,
        always(InPlace),
        "az aks update --enable-azure-monitor-logs",
        Clear::text("Disabled"),
    )
    .absent("Disabled"),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.autoInstrumentation.enabled",
        Exact,
        always(InPlace),
        "SDK: auto_instrumentation",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.openTelemetryMetrics.enabled",
        Exact,
        always(InPlace),
        "az aks update --enable-opentelemetry-metrics",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.openTelemetryMetrics.httpPort",
        Exact,
        always(InPlace),
        "az aks update --enable-opentelemetry-metrics",
        Clear::number(28333),
    )
    .absent("28333"),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.openTelemetryMetrics.grpcPort",
        Exact,
        always(InPlace),
        "az aks update --enable-opentelemetry-metrics",
        Clear::number(28334),
    )
    .absent("28334"),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.openTelemetryLogsAndTraces.enabled",
        Exact,
        always(InPlace),
        "az aks update --enable-opentelemetry-logs",
        Clear::FALSE,
    ),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.openTelemetryLogsAndTraces.httpPort",
        Exact,
        always(InPlace),
        "az aks update --enable-opentelemetry-logs",
        Clear::number(28331),
    )
    .absent("28331"),
    Field::new(
        "properties.azureMonitorProfile.appMonitoring.openTelemetryLogsAndTraces.grpcPort",
        Exact,
        always(InPlace),
        "az aks update --enable-opentelemetry-logs",
        Clear::number(28332),
    )
    .absent("28332"),
    Field::new(
        "properties.ingressProfile.webAppRouting.nginx.defaultIngressControllerType",
        CaseInsensitive,
        ByValue(by::ingress_controller),
        "app-routing-nginx-configuration",
        Clear::text("AnnotationControlled"),
    )
    .absent("AnnotationControlled"),
    Field::new(
        "properties.ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio.mode",
        CaseInsensitive,
        always(InPlace),
        "app-routing-gateway-api",
        Clear::text("Disabled"),
    )
    .absent("Disabled"),
    Field::new(
        "properties.ingressProfile.gatewayAPI.installation",
        CaseInsensitive,
        ByValue(by::gateway_api),
        "managed-gateway-api",
        Clear::text("Disabled"),
    )
    .absent("Disabled"),
    Field::new(
        "properties.aiToolchainOperatorProfile.enabled",
        Exact,
        always(InPlace),
        "ai-toolchain-operator",
        Clear::FALSE,
    ),
];
