//! Diagnostic settings: which logs and metrics of the control plane go where.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{CategorySwitches, LogAnalyticsWorkspaceId, ResourceId, field_speaks};

/// Sends logs and metrics of the control plane to at least one place. What the entry leaves out is off.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "[has(self.workspaceId), has(self.storageAccountId), has(self.eventHubAuthorizationRuleId),
        has(self.marketplacePartnerId)].exists(given, given)",
    "a diagnostic setting needs a place to send to; set workspaceId, storageAccountId, eventHubAuthorizationRuleId or \
     marketplacePartnerId",
))]
#[x_kube(validation = (
    "[self.?logs.orValue({}), self.?categoryGroups.orValue({}), self.?metrics.orValue({})]
        .exists(switches, switches.exists(name, switches[name]))",
    "a diagnostic setting with nothing turned on does not exist for Azure; set a category to true, or remove the entry",
))]
#[x_kube(validation = (
    "size(self.?logs.orValue({})) == 0 || size(self.?categoryGroups.orValue({})) == 0",
    "logs and categoryGroups exclude each other in one diagnostic setting; keep one of them",
))]
#[x_kube(validation = (
    "!has(self.eventHubName) || has(self.eventHubAuthorizationRuleId)",
    "eventHubName goes with eventHubAuthorizationRuleId, the rule that allows to send; set it, or remove eventHubName",
))]
#[x_kube(validation = (
    "!has(self.logAnalyticsDestinationType) || has(self.workspaceId)",
    "logAnalyticsDestinationType is about the tables of a workspace; set workspaceId, or remove it",
))]
pub struct DiagnosticSetting {
    /// Resource id of a Log Analytics workspace to send to; any region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<LogAnalyticsWorkspaceId>")]
    pub workspace_id: Option<String>,
    /// Resource id of a storage account to send to, in the cluster's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub storage_account_id: Option<String>,
    /// Resource id of an authorization rule of an Event Hubs namespace to send to, in the cluster's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub event_hub_authorization_rule_id: Option<String>,
    /// Name of the event hub; default: Azure makes one for each category.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub event_hub_name: Option<String>,
    /// Resource id of a partner solution to send to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub marketplace_partner_id: Option<String>,
    /// Tables of the workspace that logs go to: `Dedicated`, the tables of AKS, or `AzureDiagnostics` (default), the one
    /// that all services share and that costs more to query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_analytics_destination_type: Option<LogAnalyticsDestinationType>,
    /// Log categories, on or off, such as `kube-audit-admin: true`. A category goes to one place in one setting only;
    /// `kube-audit` is by far the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<CategorySwitches>")]
    pub logs: Option<BTreeMap<String, bool>>,
    /// Groups of log categories, on or off: `audit`, `allLogs`. Excludes `logs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<CategorySwitches>")]
    pub category_groups: Option<BTreeMap<String, bool>>,
    /// Platform metrics, on or off; the one entry is `AllMetrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 1))]
    #[x_kube(validation = (
        "self.all(name, name == 'AllMetrics')",
        "metrics of a cluster are the one category AllMetrics; rename the entry",
    ))]
    pub metrics: Option<BTreeMap<String, bool>>,
}

/// Tables of a Log Analytics workspace.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LogAnalyticsDestinationType {
    /// `AKSAudit`, `AKSAuditAdmin` and `AKSControlPlane`.
    Dedicated,
    /// `AzureDiagnostics`, which all services share.
    AzureDiagnostics,
}
