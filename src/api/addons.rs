//! Add-ons and workload features that AKS installs.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::ResourceId;

/// One add-on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddonProfile {
    /// Whether the add-on runs. Changes in place.
    pub enabled: bool,
    /// Settings of the add-on by its own names; values are strings (`"true"`). Owned by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    pub config: Option<BTreeMap<String, String>>,
}

/// Workload autoscalers that AKS installs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadAutoScalerProfile {
    /// Event-driven autoscaling (KEDA).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keda: Option<Keda>,
    /// The vertical pod autoscaler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical_pod_autoscaler: Option<VerticalPodAutoscaler>,
}

/// Event-driven autoscaling (KEDA).
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Keda {
    /// Whether it is installed. Changes in place.
    pub enabled: bool,
}

/// The vertical pod autoscaler.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerticalPodAutoscaler {
    /// Whether it is installed. Changes in place.
    pub enabled: bool,
}

/// Managed ingress.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngressProfile {
    /// The application routing add-on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_app_routing: Option<WebAppRouting>,
}

/// The application routing add-on.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebAppRouting {
    /// Whether it is installed. Changes in place; turned off, controller and secrets stay behind unmanaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Resource ids of the DNS zones it writes records to, up to five; public zones all in one resource group, private
    /// ones likewise. Grant its identity the roles first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ResourceId>>", length(max = 5))]
    pub dns_zone_resource_ids: Option<Vec<String>>,
}
