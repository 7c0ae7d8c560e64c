//! Event Grid subscriptions (azure-mgmt-eventgrid 10.4.0; Learn: event-schema-aks).

use serde_json::{Map, Value, json};

use super::{Child, Condition, Draft, Encoding, Hindrance, Kind, Needs, Rule, SecretUse, View, place, provisioning};
use armature_api::{EventDeadLetter, EventDestination, EventSubscription, EventWebHook};

pub(super) static KIND: Kind = Kind {
    field: "eventSubscriptions",
    compare: &[
        ("properties.destination.endpointType", Rule::AnyCase),
        // Event Grid takes it and never shows it; that it changed is told by the entry.
        ("properties.destination.properties.endpointUrl", Rule::Ignored),
        ("properties.filter.includedEventTypes", Rule::Set),
        ("properties.labels", Rule::Set),
    ],
    drafts,
    condition,
    actions: &[
        "Microsoft.EventGrid/eventSubscriptions/read",
        "Microsoft.EventGrid/eventSubscriptions/write",
        "Microsoft.EventGrid/eventSubscriptions/delete",
        "Microsoft.ContainerService/managedClusters/eventGridFilters/read",
        "Microsoft.ContainerService/managedClusters/eventGridFilters/write",
        "Microsoft.ContainerService/managedClusters/eventGridFilters/delete",
    ],
    ..Kind::PLAIN
};

const API_VERSION: &str = "2025-02-15";

/// The code of a subscription whose web hook did not answer the handshake.
const UNCONFIRMED: &str = "AwaitingManualAction";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let subscriptions = view.spec.event_subscriptions.iter().flatten();
    subscriptions
        .map(|(name, subscription)| Draft::new(name, Needs::Cluster, child(view, name, subscription)))
        .collect()
}

fn child(view: &View<'_>, name: &str, subscription: &EventSubscription) -> Result<Child, Hindrance> {
    let hook = subscription.destination.web_hook.as_ref();
    let secret = hook.and_then(|hook| hook.endpoint_url_from.clone());
    let path = ["properties", "destination", "properties", "endpointUrl"];
    Ok(Child {
        id: place::at(view.cluster, "providers/Microsoft.EventGrid/eventSubscriptions", name)?,
        api_version: API_VERSION.into(),
        entry: serde_json::to_value(subscription)?,
        body: body(subscription)?,
        secrets: Vec::from_iter(secret.map(|reference| SecretUse {
            path: path.map(str::to_owned).to_vec(),
            reference,
            encoding: Encoding::Plain,
        })),
    })
}

/// What is not set is null, or empty where Event Grid shows it so: what somebody added is a difference.
fn body(subscription: &EventSubscription) -> Result<Value, Hindrance> {
    let EventSubscription {
        destination,
        included_event_types,
        event_delivery_schema,
        retry_policy,
        dead_letter,
        labels,
    } = subscription;
    let (endpoint, properties) = destination_of(destination)?;
    let mut properties = json!({
        "destination": { "endpointType": endpoint, "properties": properties },
        "deadLetterDestination": dead_letter.as_ref().map(storage),
        "labels": labels.clone().unwrap_or_default(),
    });
    // These have defaults that Event Grid shows.
    if let Some(types) = included_event_types {
        properties["filter"] = json!({ "includedEventTypes": types });
    }
    if let Some(schema) = event_delivery_schema {
        properties["eventDeliverySchema"] = json!(schema);
    }
    if let Some(policy) = retry_policy {
        properties["retryPolicy"] = json!(policy);
    }
    Ok(json!({ "properties": properties }))
}

fn storage(dead_letter: &EventDeadLetter) -> Value {
    json!({ "endpointType": "StorageBlob", "properties": dead_letter })
}

/// Event Grid's word for the kind of destination, and its properties.
fn destination_of(destination: &EventDestination) -> Result<(&'static str, Value), Hindrance> {
    let EventDestination {
        web_hook,
        event_hub,
        storage_queue,
        service_bus_queue,
        service_bus_topic,
        azure_function,
        namespace_topic,
    } = destination;
    let resources = [
        ("EventHub", event_hub),
        ("ServiceBusQueue", service_bus_queue),
        ("ServiceBusTopic", service_bus_topic),
        ("AzureFunction", azure_function),
        ("NamespaceTopic", namespace_topic),
    ];
    let by_id = resources
        .into_iter()
        .find_map(|(endpoint, resource)| Some((endpoint, json!(resource.as_ref()?))));
    let hook = || web_hook.as_ref().map(|hook| ("WebHook", url(hook)));
    let queue = || storage_queue.as_ref().map(|queue| ("StorageQueue", json!(queue)));
    by_id.or_else(hook).or_else(queue).ok_or_else(|| Hindrance::Invalid {
        field: "spec.eventSubscriptions".to_owned(),
        problem: "the destination names nobody".to_owned(),
    })
}

/// A URL from a Secret is put in when the body is sent.
fn url(hook: &EventWebHook) -> Value {
    let EventWebHook {
        endpoint_url,
        endpoint_url_from: _,
    } = hook;
    let members = endpoint_url.iter().map(|url| ("endpointUrl".to_owned(), json!(url)));
    Value::Object(members.collect::<Map<String, Value>>())
}

/// A web hook that has not confirmed that it wants events is waited for by nobody: it says so.
fn condition(body: &Value) -> Condition {
    match provisioning(body) {
        Condition::Busy(state) if state.eq_ignore_ascii_case(UNCONFIRMED) => Condition::Broken {
            code: UNCONFIRMED.to_owned(),
            message: "the endpoint has not confirmed that it wants events".to_owned(),
        },
        condition => condition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::differences;

    const HUB: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/n/eventhubs/h";

    fn wanted(fields: Value) -> Value {
        body(&serde_json::from_value(fields).unwrap()).unwrap()
    }

    fn found(fields: Value, live: Value) -> Vec<String> {
        differences(&wanted(fields), &json!({ "properties": live }), KIND.compare)
    }

    /// As Event Grid answers: defaults filled in, the URL without its query.
    fn answer() -> Value {
        json!({
            "topic": "/subscriptions/s/clusters/shop",
            "provisioningState": "Succeeded",
            "destination": { "endpointType": "WebHook", "properties": { "endpointBaseUrl": "https://a.example" } },
            "filter": { "includedEventTypes": ["Microsoft.ContainerService.B", "Microsoft.ContainerService.A"] },
            "labels": ["b", "a"],
            "eventDeliverySchema": "EventGridSchema",
            "retryPolicy": { "maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440 },
        })
    }

    #[test]
    fn a_url_that_is_never_shown_and_lists_in_another_order_are_no_difference() {
        let wanted = json!({
            "destination": { "webHook": { "endpointUrl": "https://a.example?key=1" } },
            "includedEventTypes": ["Microsoft.ContainerService.A", "Microsoft.ContainerService.B"],
            "labels": ["a", "b"],
        });
        assert_eq!(found(wanted, answer()), [""; 0]);
    }

    #[test]
    fn another_destination_filter_or_label_is_a_difference() {
        let wanted = json!({
            "destination": { "eventHub": { "resourceId": HUB } },
            "includedEventTypes": ["Microsoft.ContainerService.A"],
            "retryPolicy": { "maxDeliveryAttempts": 5 },
        });
        let mut live = answer();
        live["deadLetterDestination"] = json!({ "endpointType": "StorageBlob" });
        assert_eq!(
            found(wanted, live),
            [
                "properties.deadLetterDestination",
                "properties.destination.endpointType",
                "properties.destination.properties.resourceId",
                "properties.filter.includedEventTypes",
                "properties.labels",
                "properties.retryPolicy.maxDeliveryAttempts",
            ]
        );
    }

    #[test]
    fn each_destination_has_event_grids_word_and_properties() {
        let by_id = json!({ "resourceId": HUB });
        for (field, endpoint) in [
            ("eventHub", "EventHub"),
            ("serviceBusQueue", "ServiceBusQueue"),
            ("serviceBusTopic", "ServiceBusTopic"),
            ("azureFunction", "AzureFunction"),
            ("namespaceTopic", "NamespaceTopic"),
        ] {
            let body = wanted(json!({ "destination": { field: by_id } }));
            let sent = json!({ "endpointType": endpoint, "properties": by_id });
            assert_eq!(body["properties"]["destination"], sent);
        }
        let queue = json!({ "resourceId": HUB, "queueName": "q", "queueMessageTimeToLiveInSeconds": 60 });
        let body = wanted(json!({ "destination": { "storageQueue": queue } }));
        assert_eq!(
            body["properties"]["destination"],
            json!({ "endpointType": "StorageQueue", "properties": queue })
        );
    }

    #[test]
    fn a_url_from_a_secret_is_not_in_the_body() {
        let from = json!({ "name": "hook", "key": "url" });
        let body = wanted(json!({ "destination": { "webHook": { "endpointUrlFrom": from } } }));
        assert_eq!(
            body["properties"]["destination"],
            json!({ "endpointType": "WebHook", "properties": {} })
        );
    }

    #[test]
    fn an_endpoint_that_does_not_confirm_is_no_work_of_azure() {
        let state = |state: &str| condition(&json!({ "properties": { "provisioningState": state } }));
        assert!(matches!(state(UNCONFIRMED), Condition::Broken { .. }));
        assert_eq!(state("Updating"), Condition::Busy("Updating".to_owned()));
    }
}
