//! Data collection: where Container insights and managed Prometheus send what they see in a cluster.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{LogAnalyticsWorkspaceId, MonitorWorkspaceId, NamespaceName, StreamName, field_speaks};

/// Where collected data goes. Armature makes the data collection rules, endpoints, associations and rule groups that
/// `az aks` sets up, in the cluster's resource group; the agents are turned on in `addonProfiles` and
/// `azureMonitorProfile`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataCollection {
    /// Container insights: logs and inventory of containers. Takes `azureMonitorProfile.containerInsights`, or
    /// `addonProfiles.omsagent` with `config.useAADAuth: "true"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_insights: Option<InsightsCollection>,
    /// Managed Prometheus: metrics. Takes `azureMonitorProfile.metrics.enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_prometheus: Option<PrometheusCollection>,
}

/// What Container insights collects and where it goes. All of it changes in place.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!(self.?namespaceFilteringMode.orValue('Off') in ['Include', 'Exclude'])
        == (size(self.?namespaces.orValue([])) == 0)",
    "namespaces and namespaceFilteringMode Include or Exclude go together; set both, or neither",
))]
pub struct InsightsCollection {
    /// Resource id of the Log Analytics workspace; any region. The one that the agent's own settings name.
    #[schemars(with = "LogAnalyticsWorkspaceId")]
    pub workspace_id: String,
    /// Time between two collections of inventory and performance data, `1m` to `30m`; Azure's default is `1m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 3))]
    #[x_kube(validation = (
        "self.matches('^([1-9]|[12][0-9]|30)m$')",
        "interval is 1m to 30m; correct it",
    ))]
    pub interval: Option<String>,
    /// What `namespaces` does: `Off` (Azure's default), `Include`: collect from those only, `Exclude`: from all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_filtering_mode: Option<NamespaceFilteringMode>,
    /// Names of namespaces, up to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<NamespaceName>>", length(max = 100))]
    pub namespaces: Option<Vec<String>>,
    /// Whether container logs go to the table `ContainerLogV2`; default true. False is the older `ContainerLog`.
    #[serde(rename = "enableContainerLogV2", skip_serializing_if = "Option::is_none")]
    pub enable_container_log_v2: Option<bool>,
    /// Streams to collect, such as `Microsoft-ContainerLogV2`; default: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<StreamName>>", length(min = 1, max = 16))]
    pub streams: Option<Vec<String>>,
    /// Whether container logs take the way for more than about 2,000 lines a second and node; default false. Adds a data
    /// collection endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_high_log_scale_mode: Option<bool>,
    /// Collects the syslog of Linux nodes; an empty object collects all of it. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syslog: Option<Syslog>,
}

/// What is collected of the syslog of nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Syslog {
    /// Facilities; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub facility_names: Option<Vec<SyslogFacility>>,
    /// Levels; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8))]
    pub log_levels: Option<Vec<SyslogLevel>>,
}

/// Where metrics go.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusCollection {
    /// Resource id of the Azure Monitor workspace; any region.
    #[schemars(with = "MonitorWorkspaceId")]
    pub workspace_id: String,
    /// Recording rules that the dashboards of Azure rest on, as the workspace recommends them: those for `Linux` nodes
    /// (default), `LinuxAndWindows`, or `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_rules: Option<RecordingRules>,
}

/// What a list of namespaces does.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NamespaceFilteringMode {
    /// Nothing.
    Off,
    /// Data of these namespaces only.
    Include,
    /// Data of all others.
    Exclude,
}

/// Which recording rules are made.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum RecordingRules {
    /// None.
    None,
    /// Those for clusters and Linux nodes.
    #[default]
    Linux,
    /// Those and the ones for Windows nodes.
    LinuxAndWindows,
}

/// A facility of syslog.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = field_speaks)]
#[allow(missing_docs, reason = "the facilities of syslog")]
pub enum SyslogFacility {
    Auth,
    Authpriv,
    Cron,
    Daemon,
    Mark,
    Kern,
    Local0,
    Local1,
    Local2,
    Local3,
    Local4,
    Local5,
    Local6,
    Local7,
    Lpr,
    Mail,
    News,
    Syslog,
    User,
    Uucp,
}

impl SyslogFacility {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Auth,
        Self::Authpriv,
        Self::Cron,
        Self::Daemon,
        Self::Mark,
        Self::Kern,
        Self::Local0,
        Self::Local1,
        Self::Local2,
        Self::Local3,
        Self::Local4,
        Self::Local5,
        Self::Local6,
        Self::Local7,
        Self::Lpr,
        Self::Mail,
        Self::News,
        Self::Syslog,
        Self::User,
        Self::Uucp,
    ];
}

/// A level of syslog.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
#[allow(missing_docs, reason = "the levels of syslog")]
pub enum SyslogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl SyslogLevel {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];
}
