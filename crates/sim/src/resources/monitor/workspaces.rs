//! Azure Monitor workspaces (Microsoft.Monitor/accounts) and Log Analytics workspaces.

use serde_json::{Map, Value, json};

use super::super::id::{ResourceId, ResourceKey};
use super::super::resource_type::{Action, Follow, Method, NameRule, Pace, Patch, ResourceType, States, Write};
use super::super::store::Resource;
use crate::arm::gateway::Context;
use crate::arm::ids::GroupRef;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::schema::Definition;
use crate::world::{Group, World};

/// Azure Monitor workspaces.
pub const MONITOR: ResourceType = ResourceType {
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
    name: Some(NameRule {
        // `^(?!-)[a-zA-Z0-9-]+[^-]$` (azure-mgmt-monitorworkspaces 1.0.0).
        holds: |name| {
            let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            name.len() >= 2 && name.chars().all(legal) && !name.starts_with('-') && !name.ends_with('-')
        },
        refuse: |name| {
            let message = format!("The Azure Monitor workspace name '{name}' is not valid.");
            Refusal::service(400, "BadRequest", message)
        },
    }),
    complete: complete_monitor,
    applied: add_managed_group,
    removed: remove_managed_group,
    ..ResourceType::PLAIN
};

/// Log Analytics workspaces.
pub const LOG_ANALYTICS: ResourceType = ResourceType {
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
    complete: complete_log_analytics,
    actions: &[Action {
        word: "sharedKeys",
        call: "GetSharedKeys",
        method: Method::Post,
        right: "sharedKeys/action",
        starts_operation: false,
        run: shared_keys,
    }],
    ..ResourceType::PLAIN
};

fn managed_group(id: &ResourceId, region: &str) -> GroupRef {
    GroupRef {
        subscription: id.subscription().unwrap_or_default().to_owned(),
        name: format!("MA_{}_{region}_managed", id.name()),
    }
}

fn complete_monitor(world: &mut World, write: &Write<'_>, body: &mut Value) {
    let account = world.ids.guid();
    let inside = managed_group(write.id, write.region).id();
    let name = write.id.name();
    let properties = &mut body["properties"];
    properties["accountId"] = write.stored("accountId").cloned().unwrap_or_else(|| json!(account));
    properties["provisioningState"] = json!("Succeeded");
    properties["metrics"] = json!({
        "prometheusQueryEndpoint": format!("https://{name}-a1b2.{}.prometheus.monitor.azure.com", write.region),
        "internalId": format!("mac_{}", name.to_lowercase()),
    });
    properties["defaultIngestionSettings"] = json!({
        "dataCollectionRuleResourceId": format!("{inside}/providers/Microsoft.Insights/dataCollectionRules/{name}"),
        "dataCollectionEndpointResourceId": format!("{inside}/providers/Microsoft.Insights/dataCollectionEndpoints/{name}"),
    });
    if properties.get("publicNetworkAccess").is_none() {
        properties["publicNetworkAccess"] = json!("Enabled");
    }
}

/// A workspace comes with a group of its own (general knowledge).
fn add_managed_group(world: &mut World, key: &ResourceKey) {
    let Some(resource) = world.resources.get(key) else {
        return;
    };
    let id = resource.id.clone();
    let region = resource
        .body
        .get("location")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let reference = managed_group(&id, &region);
    if let Some(subscription) = world.subscriptions.get_mut(&reference.subscription.to_lowercase()) {
        let group = Group {
            name: reference.name.clone(),
            location: region,
            tags: Map::new(),
            managed_by: Some(id.to_string()),
            deletion: None,
        };
        subscription
            .groups
            .entry(reference.name.to_lowercase())
            .or_insert(group);
    }
}

fn remove_managed_group(world: &mut World, resource: &Resource) {
    let region = resource
        .body
        .get("location")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let group = managed_group(&resource.id, region);
    if let Some(subscription) = world.subscriptions.get_mut(&group.subscription.to_lowercase()) {
        subscription.groups.remove(&group.name.to_lowercase());
        world.remove_below(&ResourceKey::of(&group.id()));
    }
}

fn complete_log_analytics(world: &mut World, write: &Write<'_>, body: &mut Value) {
    let customer = world.ids.guid();
    let now = json!(world.now());
    let properties = &mut body["properties"];
    properties["customerId"] = write.stored("customerId").cloned().unwrap_or_else(|| json!(customer));
    properties["createdDate"] = write.stored("createdDate").cloned().unwrap_or_else(|| now.clone());
    properties["modifiedDate"] = now;
    for (member, value) in [
        ("sku", json!({"name": "PerGB2018"})),
        ("retentionInDays", json!(30)),
        ("features", json!({"enableLogAccessUsingOnlyResourcePermissions": true})),
        ("publicNetworkAccessForIngestion", json!("Enabled")),
        ("publicNetworkAccessForQuery", json!("Enabled")),
    ] {
        if properties.get(member).is_none() {
            properties[member] = value;
        }
    }
}

fn shared_keys(world: &mut World, _: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    let key = |which: &str| world.ids.signature(&format!("{which}{}", id.key().as_str()), 88);
    let body = json!({"primarySharedKey": key("primary"), "secondarySharedKey": key("secondary")});
    Ok(Reply::gateway(200, body))
}
