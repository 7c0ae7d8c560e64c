//! Cluster autoscaler settings. All values are strings, as ARM has them; all change in place for every pool that scales.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{AutoscalerDuration, TrueOrFalse, WholeNumber, field_speaks};

/// Cluster autoscaler settings. Durations are a whole number and a unit, such as `10m` or `20s`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AutoScalerProfile {
    /// `"true"` keeps similar pools at the same size; Azure's default is `"false"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TrueOrFalse>")]
    pub balance_similar_node_groups: Option<String>,
    /// Evicts DaemonSet pods from empty nodes before removal. Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daemonset_eviction_for_empty_nodes: Option<bool>,
    /// Evicts DaemonSet pods from nodes with other pods before removal. Azure's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daemonset_eviction_for_occupied_nodes: Option<bool>,
    /// Leaves DaemonSet pods out of the utilization. Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_daemonsets_utilization: Option<bool>,
    /// How a pool is chosen for a new node: `random` (Azure's default), `least-waste`, `most-pods` or `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expander: Option<Expander>,
    /// Empty nodes removed at once; Azure's default is `"10"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<WholeNumber>")]
    pub max_empty_bulk_delete: Option<String>,
    /// Seconds a pod gets to end; Azure's default is `"600"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<WholeNumber>")]
    pub max_graceful_termination_sec: Option<String>,
    /// How long a new node may take, in minutes; Azure's default is `15m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub max_node_provision_time: Option<String>,
    /// Percentage of unready nodes above which scaling halts, 0 to 100; Azure's default is `"45"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<WholeNumber>")]
    #[x_kube(validation = (
        "!self.matches('^[0-9]+$') || int(self) <= 100",
        "max-total-unready-percentage is a percentage from 0 to 100 in quotes, such as \"45\"",
    ))]
    pub max_total_unready_percentage: Option<String>,
    /// Age a pending pod must have to count; Azure's default is `0s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub new_pod_scale_up_delay: Option<String>,
    /// Unready nodes that never halt scaling; Azure's default is `"3"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<WholeNumber>")]
    pub ok_total_unready_count: Option<String>,
    /// How often the cluster is looked at, in seconds; Azure's default is `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub scan_interval: Option<String>,
    /// Pause of scale-down after a scale-up, in minutes; Azure's default is `10m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub scale_down_delay_after_add: Option<String>,
    /// Pause of scale-down after a removal; Azure's default is the scan interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub scale_down_delay_after_delete: Option<String>,
    /// Pause of scale-down after a failed one, in minutes; Azure's default is `3m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub scale_down_delay_after_failure: Option<String>,
    /// How long a node must be unneeded, in minutes; Azure's default is `10m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub scale_down_unneeded_time: Option<String>,
    /// How long an unready node must be unneeded, in minutes; Azure's default is `20m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutoscalerDuration>")]
    pub scale_down_unready_time: Option<String>,
    /// Utilization (requests by capacity) below which a node may go, `"0"` to `"1"`; Azure's default is `"0.5"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    #[x_kube(validation = (
        r"self.matches(r'^(0(\.[0-9]+)?|1(\.0+)?)$')",
        "scale-down-utilization-threshold is a number from 0 to 1 in quotes, such as \"0.5\"",
    ))]
    pub scale_down_utilization_threshold: Option<String>,
    /// `"true"` keeps nodes whose pods use local storage, `"false"` lets them go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TrueOrFalse>")]
    pub skip_nodes_with_local_storage: Option<String>,
    /// `"true"` (Azure's default) keeps nodes with pods of `kube-system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TrueOrFalse>")]
    pub skip_nodes_with_system_pods: Option<String>,
}

/// How the autoscaler chooses a pool for a new node.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = field_speaks)]
pub enum Expander {
    /// The pool with the least idle CPU afterwards.
    LeastWaste,
    /// The pool that takes the most pending pods.
    MostPods,
    /// The pool with the highest priority in the user's ConfigMap.
    Priority,
    /// Any.
    Random,
}
