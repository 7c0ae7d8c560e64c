//! What AKS installs: add-ons, drivers, autoscalers, ingress, metrics.

use crate::plan::compare::Compare::{Addons, Exact, Set};
use crate::plan::effect::Effect::InPlace;
use crate::plan::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.addonProfiles",
        Addons,
        always(InPlace),
        "az aks enable-addons",
        Clear::Write("enabled: false"),
    ),
    Field::new(
        "properties.storageProfile.diskCSIDriver.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.storageProfile.fileCSIDriver.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.storageProfile.blobCSIDriver.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.storageProfile.snapshotController.enabled",
        Exact,
        always(InPlace),
        "csi-storage-drivers",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.workloadAutoScalerProfile.keda.enabled",
        Exact,
        always(InPlace),
        "keda-deploy-add-on-cli",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.workloadAutoScalerProfile.verticalPodAutoscaler.enabled",
        Exact,
        always(InPlace),
        "use-vertical-pod-autoscaler",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.enabled",
        Exact,
        always(InPlace),
        "az aks update --disable-azure-monitor-metrics",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.kubeStateMetrics.metricLabelsAllowlist",
        Exact,
        always(InPlace),
        "az aks update --ksm-metric-labels-allow-list",
        Clear::Write(""),
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.kubeStateMetrics.metricAnnotationsAllowList",
        Exact,
        always(InPlace),
        "az aks update --ksm-metric-annotations-allow-list",
        Clear::Write(""),
    ),
    Field::new(
        "properties.azureMonitorProfile.metrics.controlPlane.enabled",
        Exact,
        always(InPlace),
        "control-plane-metrics-monitor",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.ingressProfile.webAppRouting.enabled",
        Exact,
        always(InPlace),
        "app-routing",
        Clear::Write("false"),
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
        Clear::Write("false"),
    ),
];
