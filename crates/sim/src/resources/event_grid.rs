//! Microsoft.EventGrid/eventSubscriptions (azure-mgmt-eventgrid 10.4.0).

use serde_json::{Value, json};

use super::id::ResourceId;
use super::resource_type::{Action, Follow, Home, Method, NameRule, Pace, Patch, ResourceType, States, Write};
use crate::arm::gateway::Context;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::schema::Definition;
use crate::world::World;

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[TYPE];

/// Subscriptions of one topic at most (general knowledge).
const MOST: usize = 500;

const TYPE: ResourceType = ResourceType {
    namespace: "Microsoft.EventGrid",
    path: "eventSubscriptions",
    calls: "EventSubscriptions",
    system_data: true,
    body: Some(Definition::EventSubscription),
    versions: &["2025-02-15", "2022-06-15", "2021-12-01"],
    home: Home::Extension,
    updated: 201,
    put: Pace::Operation {
        seconds: 20,
        follow: Follow::Resource,
        states: States::USUAL,
    },
    delete: Pace::Operation {
        seconds: 10,
        follow: Follow::Result,
        states: States::USUAL,
    },
    patch: Patch::Merge,
    write_only: &["/properties/destination/properties/endpointUrl"],
    name: Some(NameRule {
        // General knowledge: Learn, naming rules.
        holds: |name| {
            let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            (3..=64).contains(&name.len()) && name.chars().all(legal)
        },
        refuse: |name| {
            invalid(format!(
                "Event subscription name '{name}' is not valid: 3 to 64 letters, digits and hyphens."
            ))
        },
    }),
    check,
    complete,
    actions: &[Action {
        word: "getFullUrl",
        call: "GetFullUrl",
        method: Method::Post,
        right: "getFullUrl/action",
        starts_operation: false,
        run: full_url,
    }],
    ..ResourceType::PLAIN
};

/// Events of a cluster (Learn: AKS as an Event Grid source).
const EVENTS: [&str; 6] = [
    "Microsoft.ContainerService.NewKubernetesVersionAvailable",
    "Microsoft.ContainerService.ClusterSupportEnding",
    "Microsoft.ContainerService.ClusterSupportEnded",
    "Microsoft.ContainerService.NodePoolRollingStarted",
    "Microsoft.ContainerService.NodePoolRollingSucceeded",
    "Microsoft.ContainerService.NodePoolRollingFailed",
];

/// Kinds of destinations, and whether each is named by a resource id.
const DESTINATIONS: [(&str, bool); 10] = [
    ("WebHook", false),
    ("EventHub", true),
    ("HybridConnection", true),
    ("StorageQueue", true),
    ("ServiceBusQueue", true),
    ("ServiceBusTopic", true),
    ("AzureFunction", true),
    ("NamespaceTopic", true),
    ("PartnerDestination", true),
    ("MonitorAlert", false),
];

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "InvalidRequest", message)
}

fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    check_destination(world, write)?;
    let types = write.sent.pointer("/properties/filter/includedEventTypes");
    for event in types
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let known = EVENTS.iter().any(|known| known.eq_ignore_ascii_case(event)) || event == "All";
        if write.id.scope.to_lowercase().contains("/managedclusters/") && !known {
            return Err(invalid(format!(
                "The event type '{event}' is not supported for this topic."
            )));
        }
    }
    // General knowledge: Learn, delivery and retry.
    for (member, least, most) in [("maxDeliveryAttempts", 1, 30), ("eventTimeToLiveInMinutes", 1, 1440)] {
        let value = write
            .sent
            .pointer(&format!("/properties/retryPolicy/{member}"))
            .and_then(Value::as_i64);
        if value.is_some_and(|value| !(least..=most).contains(&value)) {
            return Err(invalid(format!(
                "The retry policy's {member} has to be between {least} and {most}."
            )));
        }
    }
    let own = write.id.key();
    let on_topic = world.resources.of_type(&TYPE);
    let others = on_topic.filter(|(key, other)| **key != own && super::scope::same(&other.id.scope, &write.id.scope));
    if others.count() >= MOST {
        return Err(invalid(format!("A topic has at most {MOST} event subscriptions.")));
    }
    Ok(())
}

fn check_destination(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let kind = text(write.sent, "/properties/destination/endpointType").unwrap_or_default();
    let Some((_, by_id)) = DESTINATIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(kind)) else {
        return Err(invalid("The destination of an event subscription has to be specified."));
    };
    if *by_id {
        let id = text(write.sent, "/properties/destination/properties/resourceId").unwrap_or_default();
        let Some(named) = ResourceId::parse(id).filter(|_| world.exists(id)) else {
            return Err(invalid(format!("The destination resource '{id}' was not found.")));
        };
        return write.linked(world, &format!("{}/{}/write", named.namespace, named.kind()), id);
    }
    if kind.eq_ignore_ascii_case("WebHook") {
        let sent = text(write.sent, "/properties/destination/properties/endpointUrl");
        let url = sent.and_then(|url| url::Url::parse(url).ok());
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
        // A host that cannot exist (RFC 2606) does not answer the handshake.
        let answers = url.as_ref().is_some_and(|url| url.scheme() == "https") && !host.ends_with(".invalid");
        if !answers {
            let message = format!(
                "The attempt to validate the provided endpoint https://{host} failed. For more details, visit https://aka.ms/esvalidation."
            );
            return Err(Refusal::service(400, "Url validation", message));
        }
    }
    Ok(())
}

fn complete(_: &mut World, write: &Write<'_>, body: &mut Value) {
    let properties = &mut body["properties"];
    properties["topic"] = json!(write.id.scope.to_lowercase());
    for (member, value) in [
        ("eventDeliverySchema", json!("EventGridSchema")),
        (
            "retryPolicy",
            json!({"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}),
        ),
        ("labels", json!([])),
        ("filter", json!({})),
    ] {
        if properties.get(member).is_none() {
            properties[member] = value;
        }
    }
    if properties["filter"].get("includedEventTypes").is_none() {
        properties["filter"]["includedEventTypes"] = json!(EVENTS);
    }
    let url = text(properties, "/destination/properties/endpointUrl").map(str::to_owned);
    if let Some(url) = url {
        let base = url.split('?').next().unwrap_or_default();
        properties["destination"]["properties"]["endpointBaseUrl"] = json!(base);
    }
}

fn full_url(world: &mut World, _: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    let found = world.resources.get(&id.key());
    let url = found.and_then(|found| text(&found.body, "/properties/destination/properties/endpointUrl"));
    Ok(Reply::gateway(200, json!({"endpointUrl": url})))
}
