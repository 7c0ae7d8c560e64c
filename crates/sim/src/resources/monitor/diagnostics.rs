//! Diagnostic settings: which logs and metrics of a resource go where.
//!
//! Messages: terraform-provider-azurerm#2985 (categories), bicep-registry-modules#3407 (data sinks), Learn.

use serde_json::{Map, Value, json};

use super::super::id::ResourceKey;
use super::super::resource_type::{Fate, Home, Listed, ResourceType, Write};
use super::super::scope::same;
use super::super::store::Resource;
use super::{INSIGHTS, destination_exists};
use crate::arm::gateway::Context;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

const VERSIONS: &[&str] = &["2021-05-01-preview", "2017-05-01-preview"];

/// Settings that one resource has at most (Learn: diagnostic settings).
const MOST: usize = 5;

/// Log categories of a cluster (Learn: monitor AKS reference).
const LOGS: [&str; 15] = [
    "kube-apiserver",
    "kube-audit",
    "kube-audit-admin",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
    "cloud-controller-manager",
    "guard",
    "csi-azuredisk-controller",
    "csi-azurefile-controller",
    "csi-snapshot-controller",
    "karpenter-events",
    "fleet-member-agent",
    "fleet-member-net-controller-manager",
    "fleet-mcs-controller-manager",
];

const METRICS: [&str; 1] = ["AllMetrics"];
const GROUPS: [&str; 2] = ["allLogs", "audit"];

/// Where data goes: the property that names each kind of sink.
const SINKS: [&str; 4] = [
    "workspaceId",
    "storageAccountId",
    "eventHubAuthorizationRuleId",
    "marketplacePartnerId",
];

/// The settings.
pub const SETTINGS: ResourceType = ResourceType {
    namespace: INSIGHTS,
    path: "diagnosticSettings",
    calls: "DiagnosticSettings",
    body: Some(Definition::DiagnosticSetting),
    versions: VERSIONS,
    home: Home::Extension,
    created: 200,
    late: true,
    lower_id: true,
    with_scope: Fate::Stays,
    check,
    complete,
    applied,
    ..ResourceType::PLAIN
};

/// What a resource can emit.
pub const CATEGORIES: ResourceType = ResourceType {
    namespace: INSIGHTS,
    path: "diagnosticSettingsCategories",
    calls: "DiagnosticSettingsCategories",
    versions: VERSIONS,
    home: Home::Extension,
    listed: Listed::Computed(categories),
    ..ResourceType::PLAIN
};

fn is_cluster(scope: &str) -> bool {
    let scope = scope.to_lowercase();
    scope.contains("/microsoft.containerservice/managedclusters/")
}

fn logs_of(scope: &str) -> &'static [&'static str] {
    if is_cluster(scope) { &LOGS } else { &[] }
}

fn categories(_: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let one = |name: &str, kind: &str, groups: &[&str]| {
        json!({
            "id": format!("{scope}/providers/microsoft.insights/diagnosticSettingsCategories/{name}"),
            "name": name,
            "type": "microsoft.insights/diagnosticSettingsCategories",
            "properties": {"categoryType": kind, "categoryGroups": groups},
        })
    };
    let logs = logs_of(scope).iter().map(|name| {
        let audit = ["kube-audit", "kube-audit-admin", "guard"].contains(name);
        one(name, "Logs", if audit { &["audit", "allLogs"] } else { &["allLogs"] })
    });
    Ok(logs
        .chain(METRICS.iter().map(|name| one(name, "Metrics", &[])))
        .collect())
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "BadRequest", message)
}

fn entries(properties: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    properties
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

fn text<'a>(entry: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    entry
        .get(member)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn is_enabled(entry: &Map<String, Value>) -> bool {
    entry.get("enabled") == Some(&Value::Bool(true))
}

/// Names of what a setting sends: categories and groups, of logs and metrics.
fn sent(logs: Option<&Value>, metrics: Option<&Value>) -> Vec<String> {
    entries(logs)
        .chain(entries(metrics))
        .filter(|entry| is_enabled(entry))
        .filter_map(|entry| text(entry, "category").or_else(|| text(entry, "categoryGroup")))
        .map(str::to_lowercase)
        .collect()
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let sinks: Vec<(&str, &str)> = SINKS
        .iter()
        .filter_map(|sink| write.text(sink).map(|id| (*sink, id)))
        .collect();
    if sinks.is_empty() {
        return Err(bad("At least one data sink needs to be specified."));
    }
    categories_are_known(write)?;
    for (_, id) in &sinks {
        destination_exists(world, id, "ResourceNotFound")?;
    }
    if let Some(workspace) = write.text("workspaceId") {
        write.linked(
            world,
            "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
            workspace,
        )?;
    }
    if let Some(rule) = write.text("eventHubAuthorizationRuleId") {
        write.linked(
            world,
            "Microsoft.EventHub/namespaces/authorizationRules/listkeys/action",
            rule,
        )?;
    }
    let own = write.id.key();
    let others: Vec<&Resource> = world
        .resources
        .of_type(&SETTINGS)
        .filter(|(key, other)| **key != own && same(&other.id.scope, &write.id.scope))
        .map(|(_, other)| other)
        .collect();
    let mine = sent(write.property("logs"), write.property("metrics"));
    for other in &others {
        let theirs = sent(other.property("logs"), other.property("metrics"));
        let shared = mine.iter().find(|category| theirs.contains(category));
        let sink = sinks
            .iter()
            .find(|(sink, id)| other.text(sink).is_some_and(|known| same(known, id)));
        if let (Some(category), Some((_, sink))) = (shared, sink) {
            let message = format!(
                "Data sink '{sink}' is already used in diagnostic setting '{}' for category '{category}'. Data sinks can't be reused in different settings on the same category for the same resource.",
                other.id.name()
            );
            return Err(Refusal::service(409, "Conflict", message));
        }
    }
    if others.len() >= MOST {
        // General knowledge.
        let message = format!(
            "The limit of {MOST} diagnostic settings was reached. To create new one, delete an existing diagnostic setting."
        );
        return Err(Refusal::service(409, "Conflict", message));
    }
    Ok(())
}

fn categories_are_known(write: &Write<'_>) -> Result<(), Refusal> {
    let among = |known: &[&str], name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut named = (false, false);
    for log in entries(write.property("logs")) {
        match (text(log, "category"), text(log, "categoryGroup")) {
            (Some(category), None) if is_cluster(&write.id.scope) && !among(&LOGS, category) => {
                return Err(bad(format!("Category '{category}' is not supported.")));
            }
            (Some(_), None) => named.0 = true,
            (None, Some(group)) if !among(&GROUPS, group) => {
                return Err(bad(format!("Category group '{group}' is not supported.")));
            }
            (None, Some(_)) => named.1 = true,
            _ => return Err(bad("Each log names either a category or a category group.")),
        }
    }
    if named == (true, true) {
        // General knowledge.
        return Err(bad(
            "Categories and category groups cannot be mixed in one diagnostic setting.",
        ));
    }
    for metric in entries(write.property("metrics")) {
        let category = text(metric, "category").unwrap_or_default();
        if !among(&METRICS, category) {
            return Err(bad(format!("Metric category '{category}' is not supported.")));
        }
    }
    Ok(())
}

/// Every category comes back, the disabled ones too; ids of sinks lose their casing.
fn complete(_: &mut World, write: &Write<'_>, body: &mut Value) {
    let grouped = entries(write.property("logs")).any(|log| text(log, "categoryGroup").is_some());
    let properties = &mut body["properties"];
    let logs = if grouped { &[] } else { logs_of(&write.id.scope) };
    properties["logs"] = all_of(properties.get("logs"), logs);
    properties["metrics"] = all_of(properties.get("metrics"), &METRICS);
    for sink in SINKS {
        let lowered = properties.get(sink).and_then(Value::as_str).map(str::to_lowercase);
        properties[sink] = json!(lowered);
    }
    for member in ["eventHubName", "logAnalyticsDestinationType"] {
        if properties.get(member).is_none() {
            properties[member] = Value::Null;
        }
    }
}

fn all_of(named: Option<&Value>, known: &[&str]) -> Value {
    let shown = |entry: &Map<String, Value>| {
        json!({
            "category": text(entry, "category"),
            "categoryGroup": text(entry, "categoryGroup"),
            "enabled": is_enabled(entry),
            "retentionPolicy": {"days": 0, "enabled": false},
        })
    };
    let mut all: Vec<Value> = entries(named).map(shown).collect();
    for name in known {
        let there =
            entries(named).any(|entry| text(entry, "category").is_some_and(|own| own.eq_ignore_ascii_case(name)));
        if !there {
            all.push(shown(&Map::from_iter([("category".to_owned(), json!(name))])));
        }
    }
    Value::Array(all)
}

/// A setting that sends nothing is accepted, and is not there (terraform-provider-azurerm).
fn applied(world: &mut World, key: &ResourceKey) {
    let empty = world
        .resources
        .get(key)
        .is_some_and(|setting| sent(setting.property("logs"), setting.property("metrics")).is_empty());
    if empty {
        world.remove_resource(key);
    }
}
