//! Container insights: a data collection rule for a Log Analytics workspace.

use serde_json::{Value, json};

use super::{INSIGHTS_ASSOCIATION, Named, Parts, agents};
use crate::children::{Draft, Hindrance, Needs, View, place};
use armature_api::{InsightsCollection, NamespaceFilteringMode, Syslog, SyslogFacility, SyslogLevel};

const ALL_STREAMS: &[&str] = &["Microsoft-ContainerInsights-Group-Default"];
/// What the group above stands for, with the other way for container logs.
const HIGH_SCALE_STREAMS: &[&str] = &[
    "Microsoft-ContainerLog",
    "Microsoft-ContainerLogV2-HighScale",
    "Microsoft-KubeEvents",
    "Microsoft-KubePodInventory",
    "Microsoft-KubeNodeInventory",
    "Microsoft-KubePVInventory",
    "Microsoft-KubeServices",
    "Microsoft-KubeMonAgentEvents",
    "Microsoft-InsightsMetrics",
    "Microsoft-ContainerInventory",
    "Microsoft-ContainerNodeInventory",
    "Microsoft-Perf",
    "Microsoft-ContainerNetworkLogs",
];

pub(super) fn drafts(view: &View<'_>, insights: &InsightsCollection) -> Vec<Draft> {
    let parts = Parts {
        cluster: view.cluster,
        entry: "containerInsights",
        region: agents::insights_on(view).and_then(|()| place::region(view, &insights.workspace_id, "2025-07-01")),
    };
    let high_scale = insights.enable_high_log_scale_mode.unwrap_or_default();
    let endpoint = high_scale.then(|| parts.id(Named::InsightsEndpoint));
    let rule_id = parts.id(Named::InsightsRule);
    let entry = serde_json::to_value(insights).map_err(Hindrance::from);
    let rule = entry.and_then(|entry| {
        let properties = || Ok(properties(insights, endpoint.clone().transpose()?));
        parts.regional(rule_id.clone(), entry, properties)
    });
    let rule = Draft::new(parts.name("dcr"), Needs::Cluster, rule);
    let association = parts.association(
        INSIGHTS_ASSOCIATION,
        rule_id,
        "routes monitoring data to a Log Analytics workspace",
    );
    match endpoint {
        Some(endpoint) => vec![
            parts.endpoint(endpoint),
            rule.after(vec![parts.key("dce")]),
            association,
        ],
        None => vec![rule, association],
    }
}

fn properties(insights: &InsightsCollection, endpoint: Option<String>) -> Value {
    let InsightsCollection {
        workspace_id,
        interval,
        namespace_filtering_mode,
        namespaces,
        enable_container_log_v2,
        streams: named,
        enable_high_log_scale_mode,
        syslog,
    } = insights;
    let high_scale = enable_high_log_scale_mode.unwrap_or_default();
    let streams = streams(named.as_deref(), high_scale);
    let mut settings = json!({
        "enableContainerLogV2": enable_container_log_v2.unwrap_or(true),
        "namespaceFilteringMode": namespace_filtering_mode.unwrap_or(NamespaceFilteringMode::Off),
    });
    let optional = [
        ("interval", interval.as_ref().map(|interval| json!(interval))),
        ("namespaces", namespaces.as_ref().map(|namespaces| json!(namespaces))),
        ("streams", named.as_ref().map(|_| json!(streams))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            settings[name] = value;
        }
    }
    let flow = |streams: Value| json!({ "streams": streams, "destinations": ["la-workspace"] });
    let mut body = json!({
        "dataCollectionEndpointId": endpoint,
        "dataSources": { "extensions": [{
            "name": "ContainerInsightsExtension",
            "extensionName": "ContainerInsights",
            "streams": streams,
            "extensionSettings": { "dataCollectionSettings": settings },
        }] },
        "dataFlows": [flow(json!(streams))],
        "destinations": { "logAnalytics": [{ "name": "la-workspace", "workspaceResourceId": workspace_id }] },
    });
    if let Some(syslog) = syslog {
        body["dataSources"]["syslog"] = json!([syslog_source(syslog)]);
        body["dataFlows"] = json!([flow(json!(streams)), flow(json!(["Microsoft-Syslog"]))]);
    }
    body
}

fn streams(named: Option<&[String]>, high_scale: bool) -> Vec<String> {
    let all = if high_scale { HIGH_SCALE_STREAMS } else { ALL_STREAMS };
    let to_scale = |stream: &String| match stream.as_str() {
        "Microsoft-ContainerLogV2" if high_scale => "Microsoft-ContainerLogV2-HighScale".to_owned(),
        _ => stream.clone(),
    };
    match named {
        Some(named) => named.iter().map(to_scale).collect(),
        None => all.iter().copied().map(str::to_owned).collect(),
    }
}

fn syslog_source(syslog: &Syslog) -> Value {
    let Syslog {
        facility_names,
        log_levels,
    } = syslog;
    json!({
        "name": "sysLogsDataSource",
        "streams": ["Microsoft-Syslog"],
        "facilityNames": facility_names.as_deref().unwrap_or(&SyslogFacility::ALL),
        "logLevels": log_levels.as_deref().unwrap_or(&SyslogLevel::ALL),
    })
}
