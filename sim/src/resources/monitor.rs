//! Azure Monitor: Microsoft.Insights, Microsoft.AlertsManagement, Microsoft.Monitor, Microsoft.OperationalInsights.

use super::resource_type::{Follow, Home, Pace, Patch, ResourceType, States};
use crate::schema::Definition;

const INSIGHTS: &str = "Microsoft.Insights";

const DATA_COLLECTION: ResourceType = ResourceType {
    namespace: INSIGHTS,
    versions: &["2023-03-11", "2022-06-01", "2021-04-01"],
    patch: Patch::Tags,
    ..ResourceType::PLAIN
};

/// Types of these providers.
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        namespace: INSIGHTS,
        path: "diagnosticSettings",
        calls: "DiagnosticSettings",
        body: Some(Definition::DiagnosticSetting),
        versions: &["2021-05-01-preview", "2017-05-01-preview"],
        home: Home::Extension,
        created: 200,
        late: true,
        with_scope: super::resource_type::Fate::Stays,
        ..ResourceType::PLAIN
    },
    ResourceType {
        path: "dataCollectionRules",
        calls: "DataCollectionRules",
        body: Some(Definition::DataCollectionRule),
        ..DATA_COLLECTION
    },
    ResourceType {
        path: "dataCollectionEndpoints",
        calls: "DataCollectionEndpoints",
        body: Some(Definition::DataCollectionEndpoint),
        ..DATA_COLLECTION
    },
    ResourceType {
        path: "dataCollectionRuleAssociations",
        calls: "DataCollectionRuleAssociations",
        body: Some(Definition::DataCollectionRuleAssociation),
        home: Home::Extension,
        patch: Patch::None,
        with_scope: super::resource_type::Fate::Stays,
        ..DATA_COLLECTION
    },
    ResourceType {
        namespace: "Microsoft.AlertsManagement",
        path: "prometheusRuleGroups",
        calls: "PrometheusRuleGroups",
        body: Some(Definition::PrometheusRuleGroup),
        versions: &["2023-03-01", "2021-07-22-preview"],
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: "Microsoft.Monitor",
        path: "accounts",
        calls: "AzureMonitorWorkspaces",
        body: Some(Definition::MonitorWorkspace),
        versions: &["2025-10-03", "2023-04-03", "2021-06-03-preview"],
        delete: Pace::Operation {
            seconds: 60,
            follow: Follow::Result,
            states: States::USUAL,
        },
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: "Microsoft.OperationalInsights",
        path: "workspaces",
        calls: "Workspaces",
        body: Some(Definition::LogAnalyticsWorkspace),
        versions: &["2025-07-01", "2023-09-01", "2022-10-01", "2015-11-01-preview"],
        put: Pace::Operation {
            seconds: 30,
            follow: Follow::Result,
            states: States::USUAL,
        },
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
];
