//! What reaches beyond a cluster: fleets and events.

use armature_api::{AksCluster, ChildState};
use armature_lab::simulator::admin::Requests;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{Patch, PatchParams};
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line, look_again};
use crate::look;
use crate::wants::NOTHING;
use crate::world::World;

const FLEET_VERSION: &str = "2026-06-01";
const EVENTS_VERSION: &str = "2025-02-15";
const MEMBER: &str = "fleetMemberships/shop";

/// Makes a fleet; its id.
async fn fleet(world: &World, name: &str) -> String {
    let id = world
        .azure
        .in_group(&format!("Microsoft.ContainerService/fleets/{name}"));
    let body = json!({ "location": "westeurope", "properties": {} });
    world
        .azure
        .write_with(Method::PUT, &id, FLEET_VERSION, Some(body))
        .await;
    id
}

fn membership(fleet: &str, group: &str) -> Value {
    json!({ "fleetMemberships": { "shop": { "fleetId": fleet, "group": group, "labels": { "tier": "shop" } } } })
}

/// Writes with this method to paths with this part, after request number `after`.
fn write(method: &str, part: &str, after: u64) -> Requests {
    Requests {
        method: Some(method.to_owned()),
        path: Some(part.to_owned()),
        after: Some(after),
        ..Requests::default()
    }
}

fn without_children(cluster: &AksCluster) -> bool {
    cluster.status.as_ref().is_some_and(|status| status.children.is_empty())
}

#[tokio::test]
async fn a_cluster_joins_its_fleet_changes_its_group_and_leaves_before_it_goes() {
    let world = World::new("fleet").await;
    let fleet = fleet(&world, "all").await;
    let operator = world.operator();
    world.create("shop", membership(&fleet, "canary")).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;
    let member = format!("{fleet}/members/shop");
    let live = world.azure.resource(&member, FLEET_VERSION).await.unwrap();
    assert_eq!(live["properties"]["group"], "canary");
    assert_eq!(live["properties"]["labels"], json!({ "tier": "shop" }));

    let before = world.now().await;
    let operator = look_again(&world, "shop", operator).await;
    assert_eq!(world.all_writes_after(before).await, NOTHING);

    world.apply(&world.cluster("shop", membership(&fleet, "stable"))).await;
    world
        .request_until("the other group", write("PUT", "/members/shop", before))
        .await;
    world.cluster_until("shop", "ready again", all_ready).await;
    let live = world.azure.resource(&member, FLEET_VERSION).await.unwrap();
    assert_eq!(live["properties"]["group"], "stable");

    world.apply(&world.cluster("shop", json!({}))).await;
    world.cluster_until("shop", "without children", without_children).await;
    assert_eq!(world.azure.resource(&member, FLEET_VERSION).await, None);

    world.apply(&world.cluster("shop", membership(&fleet, "stable"))).await;
    world.cluster_until("shop", "a member again", all_ready).await;
    let before = world.now().await;
    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    let writes = world.all_writes_after(before).await;
    assert_eq!(writes.len(), 2, "{writes:?}");
    assert!(
        writes[0].starts_with("DELETE") && writes[0].contains("/members/shop"),
        "{writes:?}"
    );
    assert_eq!(world.azure.resource(&member, FLEET_VERSION).await, None);
    drop(operator);
}

#[tokio::test]
async fn a_cluster_of_another_fleet_and_a_hook_that_does_not_answer_say_what_to_do_and_others_go_on() {
    let world = World::new("fleet-taken").await;
    let (ours, theirs) = (fleet(&world, "ours").await, fleet(&world, "theirs").await);
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let member = json!({ "properties": { "clusterResourceId": world.azure.cluster_id("shop") } });
    let foreign = format!("{theirs}/members/shop");
    world
        .azure
        .write_with(Method::PUT, &foreign, FLEET_VERSION, Some(member))
        .await;
    let mut fields = membership(&ours, "canary");
    let hook = |url: &str| json!({ "destination": { "webHook": { "endpointUrl": url } } });
    fields["eventSubscriptions"] =
        json!({ "deaf": hook("https://hook.invalid/aks"), "fine": hook("https://hook.example.com/aks") });
    world.apply(&world.cluster("shop", fields)).await;
    let told = |cluster: &AksCluster| {
        is(cluster, MEMBER, ChildState::Failed)
            && is(cluster, "eventSubscriptions/deaf", ChildState::Failed)
            && is(cluster, "eventSubscriptions/fine", ChildState::Ready)
    };
    let cluster = world.cluster_until("shop", "told", told).await;
    let error = |key: &str| line(&cluster, key).unwrap().error.clone().unwrap();
    assert_eq!(error(MEMBER).code, "Conflict");
    assert!(error(MEMBER).next_step.contains("Delete the other membership"));
    assert_eq!(error("eventSubscriptions/deaf").code, "Url validation");
    assert!(
        error("eventSubscriptions/deaf")
            .next_step
            .contains("answer the validation event")
    );
    assert!(look::is_ready(&cluster), "the cluster itself is fine");
    assert!(!line(&cluster, MEMBER).unwrap().owned);

    world.apply(&world.cluster("shop", json!({}))).await;
    world.cluster_until("shop", "without children", without_children).await;
    assert!(world.azure.resource(&foreign, FLEET_VERSION).await.is_some());
}

/// Applies the Secret with the URL of the hook.
async fn hook(world: &World, url: &str) {
    let manifest = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "hook" }, "stringData": { "url": url },
    });
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    let params = PatchParams::apply("stories").force();
    secrets.patch("hook", &params, &Patch::Apply(manifest)).await.unwrap();
}

fn subscriptions(url: &str) -> Value {
    json!({ "eventSubscriptions": {
        "plain": {
            "destination": { "webHook": { "endpointUrl": url } },
            "includedEventTypes": [
                "Microsoft.ContainerService.NodePoolRollingFailed",
                "Microsoft.ContainerService.ClusterSupportEnded",
            ],
        },
        "keyed": { "destination": { "webHook": { "endpointUrlFrom": { "name": "hook", "key": "url" } } } },
    } })
}

#[tokio::test]
async fn events_go_to_web_hooks_whose_urls_are_sent_once_and_when_they_change() {
    let world = World::new("events").await;
    let mut operator = world.operator();
    hook(&world, "https://keyed.example.com/aks?key=first-key").await;
    world
        .create("shop", subscriptions("https://plain.example.com/one"))
        .await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let before = world.now().await;
    operator = look_again(&world, "shop", operator).await;
    assert_eq!(world.all_writes_after(before).await, NOTHING);

    world
        .apply(&world.cluster("shop", subscriptions("https://plain.example.com/two")))
        .await;
    world
        .write_until("the other URL", before, "PUT shop eventSubscriptions/plain")
        .await;
    hook(&world, "https://keyed.example.com/aks?key=second-key").await;
    world.request_reconcile("shop").await;
    world
        .write_until("the other key", before, "PUT shop eventSubscriptions/keyed")
        .await;
    world.cluster_until("shop", "ready again", all_ready).await;
    let id = |name: &str| {
        let cluster = world.azure.cluster_id("shop");
        format!("{cluster}/providers/Microsoft.EventGrid/eventSubscriptions/{name}")
    };
    let live = world.azure.resource(&id("plain"), EVENTS_VERSION).await.unwrap();
    assert_eq!(
        live["properties"]["destination"]["properties"]["endpointBaseUrl"],
        "https://plain.example.com/two"
    );

    let cluster = world.cluster_until("shop", "still ready", all_ready).await;
    let log = std::fs::read_to_string(operator.process().log()).unwrap();
    let told = format!("{cluster:?}{log}");
    assert!(!told.contains("first-key") && !told.contains("second-key"));

    let mut rest = subscriptions("https://plain.example.com/two");
    rest["eventSubscriptions"].as_object_mut().unwrap().remove("keyed");
    world.apply(&world.cluster("shop", rest)).await;
    let gone = |cluster: &AksCluster| line(cluster, "eventSubscriptions/keyed").is_none();
    world.cluster_until("shop", "without the one", gone).await;
    assert_eq!(world.azure.resource(&id("keyed"), EVENTS_VERSION).await, None);

    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(
        world.writes_after(before).await,
        [
            "PUT shop eventSubscriptions/plain",
            "PUT shop eventSubscriptions/keyed",
            "DELETE shop eventSubscriptions/keyed",
            "DELETE shop",
        ]
    );
    assert_eq!(world.azure.resource(&id("plain"), EVENTS_VERSION).await, None);
}
