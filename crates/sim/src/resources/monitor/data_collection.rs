//! Data collection: rules, endpoints, and what ties a cluster to them.

use serde_json::{Value, json};

use super::super::id::ResourceKey;
use super::super::resource_type::{Fate, Home, Listed, NameRule, Patch, ResourceType, Write};
use super::super::scope::same;
use super::super::store::Resource;
use super::{INSIGHTS, destination_exists};
use crate::arm::gateway::Context;
use crate::clock::shift;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// The only name that an association with an endpoint may have (Learn: data collection rule associations).
const ENDPOINT_NAME: &str = "configurationAccessEndpoint";

const PLAIN: ResourceType = ResourceType {
    namespace: INSIGHTS,
    versions: &["2023-03-11", "2022-06-01", "2021-04-01"],
    system_data: true,
    ..ResourceType::PLAIN
};

/// Rules.
pub const RULES: ResourceType = ResourceType {
    path: "dataCollectionRules",
    calls: "DataCollectionRules",
    body: Some(Definition::DataCollectionRule),
    patch: Patch::Tags,
    name: Some(at_most_64()),
    check: check_rule,
    complete: |world, write, body| complete(world, write, body, "dcr"),
    keep: |world, rule, cx| keep(world, rule, cx),
    removed,
    ..PLAIN
};

/// Endpoints.
pub const ENDPOINTS: ResourceType = ResourceType {
    path: "dataCollectionEndpoints",
    calls: "DataCollectionEndpoints",
    body: Some(Definition::DataCollectionEndpoint),
    patch: Patch::Tags,
    name: Some(NameRule {
        holds: |name| is_legal(name, 44),
        refuse: |name| bad_name(name, 44),
    }),
    complete: complete_endpoint,
    keep: |world, endpoint, cx| keep(world, endpoint, cx),
    removed,
    ..PLAIN
};

/// Associations, on what is observed.
pub const ASSOCIATIONS: ResourceType = ResourceType {
    path: "dataCollectionRuleAssociations",
    calls: "DataCollectionRuleAssociations",
    body: Some(Definition::DataCollectionRuleAssociation),
    home: Home::Extension,
    with_scope: Fate::Stays,
    check: check_association,
    complete: |_, _, body| body["properties"]["provisioningState"] = json!("Succeeded"),
    ..PLAIN
};

/// Associations, as seen from their rule.
pub const RULE_ASSOCIATIONS: ResourceType = ResourceType {
    path: "dataCollectionRules/associations",
    calls: "DataCollectionRuleAssociationsByRule",
    home: Home::Parent,
    listed: Listed::Computed(associations),
    ..PLAIN
};

/// Associations, as seen from their endpoint.
pub const ENDPOINT_ASSOCIATIONS: ResourceType = ResourceType {
    path: "dataCollectionEndpoints/associations",
    calls: "DataCollectionRuleAssociationsByEndpoint",
    home: Home::Parent,
    listed: Listed::Computed(associations),
    ..PLAIN
};

const fn at_most_64() -> NameRule {
    NameRule {
        holds: |name| is_legal(name, 64),
        refuse: |name| bad_name(name, 64),
    }
}

fn is_legal(name: &str, longest: usize) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=longest).contains(&name.len()) && name.chars().all(legal)
}

fn bad_name(name: &str, longest: usize) -> Refusal {
    let message = format!("The name '{name}' is not valid: 1 to {longest} letters, digits, '-', '_' and '.'.");
    Refusal::service(400, "InvalidPayload", message)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "InvalidPayload", "Data collection rule is invalid").with_detail(crate::refusal::Detail {
        code: "InvalidProperty".to_owned(),
        message: message.into(),
        target: Some("properties".to_owned()),
    })
}

fn listed<'a>(value: Option<&'a Value>, member: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.and_then(|value| value.get(member)).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn check_rule(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let destinations = write.property("destinations");
    let mut named: Vec<&str> = Vec::new();
    for (list, member, right) in [
        (
            "logAnalytics",
            "workspaceResourceId",
            "Microsoft.OperationalInsights/workspaces/read",
        ),
        (
            "monitoringAccounts",
            "accountResourceId",
            "Microsoft.Monitor/accounts/read",
        ),
    ] {
        for destination in listed(destinations, list) {
            named.extend(destination.get("name").and_then(Value::as_str));
            let id = destination.get(member).and_then(Value::as_str).unwrap_or_default();
            destination_exists(world, id, "InvalidPayload")?;
            write.linked(world, right, id)?;
            tables_are_there(world, id)?;
        }
    }
    if let Some(endpoint) = write.text("dataCollectionEndpointId") {
        destination_exists(world, endpoint, "InvalidPayload")?;
    }
    for flow in listed(write.sent.get("properties"), "dataFlows") {
        for destination in listed(Some(flow), "destinations").filter_map(Value::as_str) {
            let metrics = write.sent.pointer("/properties/destinations/azureMonitorMetrics/name");
            let known = named.contains(&destination) || metrics.and_then(Value::as_str) == Some(destination);
            if !known {
                return Err(invalid(format!(
                    "Data flow destination '{destination}' is not among the destinations."
                )));
            }
        }
        if listed(Some(flow), "streams").next().is_none() {
            return Err(invalid("A data flow needs at least one stream."));
        }
    }
    Ok(())
}

/// A workspace that was just made has no tables yet (azure-cli acs: five attempts, 15 s apart).
fn tables_are_there(world: &World, workspace: &str) -> Result<(), Refusal> {
    let created = world
        .resources
        .by_id(workspace)
        .and_then(|workspace| workspace.text("createdDate"))
        .and_then(|created| created.parse::<jiff::Timestamp>().ok());
    let delay = jiff::SignedDuration::from_secs(i64::from(world.settings.workspace_tables));
    if created.is_some_and(|created| shift(created, delay) > world.now()) {
        let message =
            "Table for output stream 'Microsoft-ContainerInsights-Group-Default' is not available for destination.";
        return Err(Refusal::service(400, "InvalidOutputTable", message));
    }
    Ok(())
}

fn complete(world: &mut World, write: &Write<'_>, body: &mut Value, prefix: &str) {
    let made = format!("{prefix}-{}", world.ids.guid().replace('-', ""));
    let properties = &mut body["properties"];
    properties["immutableId"] = write.stored("immutableId").cloned().unwrap_or_else(|| json!(made));
    properties["provisioningState"] = json!("Succeeded");
}

fn complete_endpoint(world: &mut World, write: &Write<'_>, body: &mut Value) {
    complete(world, write, body, "dce");
    let host = format!("{}-x1y2.{}", write.id.name().to_lowercase(), write.region);
    let properties = &mut body["properties"];
    for (member, service) in [
        ("configurationAccess", "handler.control"),
        ("logsIngestion", "ingest"),
        ("metricsIngestion", "metrics.ingest"),
    ] {
        properties[member] = json!({"endpoint": format!("https://{host}-1.{service}.monitor.azure.com")});
    }
    if properties.get("networkAcls").is_none() {
        properties["networkAcls"] = json!({"publicNetworkAccess": "Enabled"});
    }
}

fn tied_to<'a>(world: &'a World, target: &str) -> Vec<&'a Resource> {
    let names = |association: &Resource, member: &str| association.text(member).is_some_and(|id| same(id, target));
    let all = world
        .resources
        .of_type(&ASSOCIATIONS)
        .map(|(_, association)| association);
    all.filter(|one| names(one, "dataCollectionRuleId") || names(one, "dataCollectionEndpointId"))
        .collect()
}

fn associations(world: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    Ok(tied_to(world, scope).into_iter().map(Resource::render).collect())
}

/// What is tied to something stays until it is untied, or the deletion is asked to do that (general knowledge).
fn keep(world: &World, resource: &Resource, cx: &Context<'_>) -> Result<(), Refusal> {
    let unties = cx
        .request
        .query("deleteAssociations")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let tied = tied_to(world, &resource.id.to_string()).len();
    if unties || tied == 0 {
        return Ok(());
    }
    let message = format!(
        "'{}' has {tied} association(s): delete them first, or use deleteAssociations=true.",
        resource.id
    );
    Err(Refusal::service(409, "Conflict", message))
}

fn removed(world: &mut World, resource: &Resource) {
    let tied: Vec<ResourceKey> = tied_to(world, &resource.id.to_string())
        .into_iter()
        .map(|association| association.id.key())
        .collect();
    for key in tied {
        world.remove_resource(&key);
    }
}

fn check_association(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let (rule, endpoint) = (
        write.text("dataCollectionRuleId"),
        write.text("dataCollectionEndpointId"),
    );
    let (target, right) = match (rule, endpoint) {
        (Some(rule), None) => (rule, "Microsoft.Insights/dataCollectionRules/read"),
        (None, Some(endpoint)) if write.id.name().eq_ignore_ascii_case(ENDPOINT_NAME) => {
            (endpoint, "Microsoft.Insights/dataCollectionEndpoints/read")
        }
        (None, Some(_)) => {
            return Err(invalid(format!(
                "The association with a data collection endpoint has to be named '{ENDPOINT_NAME}'."
            )));
        }
        _ => {
            return Err(invalid(
                "An association names either dataCollectionRuleId or dataCollectionEndpointId.",
            ));
        }
    };
    if world.resources.by_id(target).is_none() {
        return Err(invalid(format!("The resource '{target}' was not found.")));
    }
    write.linked(world, right, target)
}
