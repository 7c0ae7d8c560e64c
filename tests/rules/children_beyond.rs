//! What hangs on a cluster and reaches beyond it: fleets, events, and children of any type.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case, id};

pub const FLEET: &str = "Microsoft.ContainerService/fleets/all";
const HUB: &str = "Microsoft.EventHub/namespaces/events/eventhubs/aks";

/// A membership of this name in a fleet.
pub fn member(name: &str, fleet: &str) -> Value {
    json!({ "fleetMemberships": { name: { "fleetId": id(fleet) } } })
}

/// A subscription of this name that an event hub gets, with these fields on top.
pub fn subscription(name: &str, fields: Value) -> Value {
    let mut entry = json!({ "destination": { "eventHub": { "resourceId": id(HUB) } } });
    for (name, value) in fields.as_object().unwrap() {
        entry[name] = value.clone();
    }
    json!({ "eventSubscriptions": { name: entry } })
}

fn to(destination: Value) -> Value {
    subscription("platform", json!({ "destination": destination }))
}

fn hook(fields: Value) -> Value {
    to(json!({ "webHook": fields }))
}

fn custom(name: &str, type_: &str) -> Value {
    let child =
        json!({ "type": type_, "apiVersion": "2025-01-01", "body": { "properties": { "any": [1, { "a": "b" }] } } });
    json!({ "children": { name: child } })
}

pub fn cases() -> Vec<Case> {
    [fleets(), events(), any_type()].into_iter().flatten().collect()
}

fn fleets() -> Vec<Case> {
    let group = |name: &str| {
        let mut fields = member("shop", FLEET);
        fields["fleetMemberships"]["shop"]["group"] = json!(name);
        fields
    };
    vec![
        case(
            Cluster,
            "names in fleetMemberships have",
            member("shop-1", FLEET),
            member("Shop", FLEET),
        ),
        case(
            Cluster,
            "fleetId is /subscriptions/ID",
            member("shop", &FLEET.to_uppercase()),
            member("shop", &format!("{FLEET}/members/shop")),
        ),
        case(Cluster, "group has 1 to 50", group("canary-1"), group("canary-")),
    ]
}

fn events() -> Vec<Case> {
    let url = "https://hooks.example.com/aks?key=1";
    let from = json!({ "name": "hook", "key": "url" });
    let types = |name: &str| subscription("platform", json!({ "includedEventTypes": [name] }));
    vec![
        case(
            Cluster,
            "names in eventSubscriptions have",
            subscription("platform", json!({})),
            subscription("my_events", json!({})),
        ),
        case(
            Cluster,
            "a destination is exactly one of",
            to(
                json!({ "storageQueue": { "resourceId": id("Microsoft.Storage/storageAccounts/a"), "queueName": "aks" } }),
            ),
            to(json!({ "eventHub": { "resourceId": id(HUB) }, "webHook": { "endpointUrl": url } })),
        ),
        case(
            Cluster,
            "a destination is exactly one of",
            to(json!({ "serviceBusTopic": { "resourceId": id("Microsoft.ServiceBus/namespaces/a/topics/b") } })),
            to(json!({})),
        ),
        case(
            Cluster,
            "a web hook has either",
            hook(json!({ "endpointUrlFrom": from })),
            hook(json!({ "endpointUrlFrom": from, "endpointUrl": url })),
        ),
        case(
            Cluster,
            "a web hook has either",
            hook(json!({ "endpointUrl": url })),
            hook(json!({})),
        ),
        case(
            Cluster,
            "endpointUrl is an https URL",
            hook(json!({ "endpointUrl": url })),
            hook(json!({ "endpointUrl": url.replace("https", "http") })),
        ),
        case(
            Cluster,
            "this has to be a type of events of AKS",
            types("Microsoft.ContainerService.NodePoolRollingFailed"),
            types("Microsoft.Storage.BlobCreated"),
        ),
    ]
}

fn any_type() -> Vec<Case> {
    let cluster = "Microsoft.ContainerService/managedClusters";
    let says = "type is Microsoft.ContainerService/managedClusters/TYPE or";
    vec![
        case(
            Cluster,
            "names in children have",
            custom("Microsoft-AzureKubernetesServiceChaosMesh", "Microsoft.Chaos/targets"),
            custom("-chaos", "Microsoft.Chaos/targets"),
        ),
        case(
            Cluster,
            says,
            custom("lb", &format!("{}/loadBalancers", cluster.to_lowercase())),
            custom("lb", &format!("{cluster}/agentPools/machines")),
        ),
        case(
            Cluster,
            says,
            custom("x", "Microsoft.Chaos/targets"),
            custom("x", "Microsoft.Chaos/targets/capabilities"),
        ),
        case(
            Cluster,
            says,
            custom("x", "Microsoft.Chaos/targets"),
            custom("x", "Microsoft.ContainerService/fleets"),
        ),
    ]
}
