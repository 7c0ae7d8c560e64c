//! Children of types that have no field: only what the identity allows, and only what the entry says.

use armature_api::{AksCluster, ChildState};
use armature_lab::OperatorProcess;
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line, look_again};
use crate::identities::SECRET;
use crate::look;
use crate::world::World;

const TARGETS: &str = "Microsoft.Chaos/targets";
const API_VERSION: &str = "2025-01-01";
const MESH: &str = "children/Microsoft-AzureKubernetesServiceChaosMesh";

fn target_id(world: &World) -> String {
    let cluster = world.azure.cluster_id("shop");
    format!("{cluster}/providers/{TARGETS}/Microsoft-AzureKubernetesServiceChaosMesh")
}

/// A cluster whose identity may use what the story gave it, with a chaos target, and a child that a field is for.
fn children(world: &World, properties: Value) -> Value {
    json!({ "identityRef": { "name": world.namespace }, "children": {
        "Microsoft-AzureKubernetesServiceChaosMesh": {
            "type": TARGETS, "apiVersion": API_VERSION, "body": { "properties": properties },
        },
    } })
}

/// An identity that allows these types, and an operator that has none of its own.
async fn start(world: &World, types: &[&str]) -> OperatorProcess {
    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", SECRET).await;
    allow(world, types).await;
    world.operator()
}

async fn allow(world: &World, types: &[&str]) {
    let mut identity = world.service_principal();
    identity["allowedTypes"] = json!(types);
    world.identity(identity).await;
}

#[tokio::test]
async fn a_child_of_any_type_is_made_changed_and_gone_before_its_cluster() {
    let world = World::new("any-type").await;
    let operator = start(&world, &[TARGETS]).await;
    world.create("shop", children(&world, json!({ "team": "a" }))).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let before = world.now().await;
    let operator = look_again(&world, "shop", operator).await;
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());

    // What the entry does not say is not its concern.
    let more = json!({ "properties": { "team": "a", "added": "elsewhere" } });
    let target = target_id(&world);
    world
        .azure
        .write_with(Method::PUT, &target, API_VERSION, Some(more))
        .await;
    let before = world.now().await;
    let _operator = look_again(&world, "shop", operator).await;
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());

    world
        .apply(&world.cluster("shop", children(&world, json!({ "team": "b" }))))
        .await;
    let write = "PUT shop targets/Microsoft-AzureKubernetesServiceChaosMesh";
    world.write_until("the change", before, write).await;
    world.cluster_until("shop", "ready again", all_ready).await;
    let live = world.azure.resource(&target, API_VERSION).await.unwrap();
    assert_eq!(live["properties"], json!({ "team": "b" }));

    let mut none = children(&world, json!({}));
    none["children"] = Value::Null;
    world.apply(&world.cluster("shop", none)).await;
    let empty = |cluster: &AksCluster| cluster.status.as_ref().is_some_and(|status| status.children.is_empty());
    world.cluster_until("shop", "without children", empty).await;
    assert_eq!(world.azure.resource(&target, API_VERSION).await, None);

    world
        .apply(&world.cluster("shop", children(&world, json!({ "team": "c" }))))
        .await;
    world.cluster_until("shop", "ready with its child", all_ready).await;
    let before = world.now().await;
    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    let delete = write.replace("PUT", "DELETE");
    assert_eq!(world.writes_after(before).await, [delete.as_str(), "DELETE shop"]);
}

#[tokio::test]
async fn a_type_that_is_not_allowed_or_has_a_field_is_refused_until_it_is_allowed() {
    let world = World::new("any-type-refused").await;
    let _operator = start(&world, &["Microsoft.EventGrid/eventSubscriptions"]).await;
    let mut fields = children(&world, json!({}));
    fields["children"]["events"] =
        json!({ "type": "Microsoft.EventGrid/eventSubscriptions", "apiVersion": "2025-02-15", "body": {} });
    world.create("shop", fields).await;
    let told = |cluster: &AksCluster| {
        is(cluster, MESH, ChildState::Failed) && is(cluster, "children/events", ChildState::Failed)
    };
    let cluster = world.cluster_until("shop", "told", told).await;
    let message = |key: &str| line(&cluster, key).unwrap().message.clone().unwrap();
    assert!(
        message(MESH).contains("does not allow Microsoft.Chaos/targets; add it to its spec.allowedTypes"),
        "{}",
        message(MESH)
    );
    assert!(
        message("children/events").contains("use eventSubscriptions"),
        "{}",
        message("children/events")
    );
    assert!(look::is_ready(&cluster), "the cluster itself is fine");
    assert_eq!(world.azure.resource(&target_id(&world), API_VERSION).await, None);
    world.lists(2).await;
    let cluster = world.cluster_until("shop", "still told", told).await;
    let count = line(&cluster, MESH).unwrap().error.as_ref().unwrap().count;
    assert_eq!(
        count, 1,
        "what is wrong with an entry is told once and not in every pass"
    );

    allow(&world, &["microsoft.chaos/TARGETS"]).await;
    let ready = |cluster: &AksCluster| is(cluster, MESH, ChildState::Ready);
    world.cluster_until("shop", "allowed", ready).await;
}
