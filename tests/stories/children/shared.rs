//! One resource behind several entries: it stays as long as one of them needs it, and goes with the last.

use k8s_openapi::api::events::v1::Event;
use kube::Api;
use serde_json::{Value, json};

use super::rights::{registry, role_of};
use super::{all_ready, line, lines, writes_anywhere};
use crate::world::{World, watch_log};

const CREDENTIAL: &str = "2024-11-30";

/// The id of what a line is about, when the line is ready and what it is about is ours.
async fn owned_id(world: &World, cluster: &str, key: &str) -> String {
    let ready = |cluster: &_| all_ready(cluster) && line(cluster, key).is_some_and(|line| line.owned);
    let cluster = world.cluster_until(cluster, &format!("ready with {key}"), ready).await;
    line(&cluster, key).unwrap().id.clone().unwrap()
}

#[tokio::test]
async fn what_another_entry_comes_to_is_handed_over_without_a_write_and_goes_with_the_last_entry() {
    let world = World::new("shared-entries").await;
    let registry = registry(&world, "shared", "LegacyRegistryPermissions").await;
    let identity = world.azure.make_identity("app").await;
    let pulls = json!({ "registryId": registry });
    let reads = json!({ "principal": "kubelet", "role": "Reader", "scope": "cluster" });
    let app = json!({ "identityId": identity, "namespace": "shop", "serviceAccount": "app" });
    let apply = async |registries: Value, assignments: Value, credentials: Value| {
        let fields = json!({
            "oidcIssuerProfile": { "enabled": true },
            "attachRegistries": registries,
            "roleAssignments": assignments,
            "federatedCredentials": credentials,
        });
        world.apply(&world.cluster("shop", fields)).await;
    };
    let _operator = world.operator();
    world.apply(&world.system_pool("system", "shop")).await;
    apply(
        json!({ "first": pulls }),
        json!({ "network": reads }),
        json!({ "app": app }),
    )
    .await;
    world.ready("shop").await;
    let pull = owned_id(&world, "shop", "attachRegistries/first").await;
    let read = owned_id(&world, "shop", "roleAssignments/network").await;
    let credential = owned_id(&world, "shop", "federatedCredentials/app").await;

    let before = world.now().await;
    apply(
        json!({ "first": pulls, "images": pulls }),
        json!({ "network": reads }),
        json!({ "app": app }),
    )
    .await;
    let twice = |cluster: &_| all_ready(cluster) && lines(cluster) == 4;
    world.cluster_until("shop", "with the registry twice", twice).await;
    apply(
        json!({ "images": pulls }),
        json!({ "network": reads }),
        json!({ "app": app }),
    )
    .await;
    assert_eq!(owned_id(&world, "shop", "attachRegistries/images").await, pull);

    apply(
        json!({ "pics": pulls }),
        json!({ "net2": reads }),
        json!({ "shop": app }),
    )
    .await;
    assert_eq!(owned_id(&world, "shop", "attachRegistries/pics").await, pull);
    assert_eq!(owned_id(&world, "shop", "roleAssignments/net2").await, read);
    assert_eq!(owned_id(&world, "shop", "federatedCredentials/shop").await, credential);
    let three = |cluster: &_| all_ready(cluster) && lines(cluster) == 3;
    world.cluster_until("shop", "with the new names alone", three).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    let issuer_alone = json!({ "oidcIssuerProfile": { "enabled": true } });
    world.apply(&world.cluster("shop", issuer_alone)).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(role_of(&world, &pull).await, None);
    assert_eq!(role_of(&world, &read).await, None);
    assert_eq!(world.azure.resource(&credential, CREDENTIAL).await, None);
}

#[tokio::test]
async fn what_another_cluster_needs_stays_when_the_cluster_that_made_it_no_longer_asks_for_it() {
    let world = World::new("shared-clusters").await;
    let registry = registry(&world, "shared", "LegacyRegistryPermissions").await;
    let identity = world.azure.make_identity("kubelet").await;
    let pull = json!({ "roleAssignments": {
        "pull": { "principal": identity, "role": "AcrPull", "scope": registry },
    } });
    let _operator = world.operator();
    world.create("priv", pull.clone()).await;
    let id = owned_id(&world, "priv", "roleAssignments/pull").await;
    world.apply(&world.cluster("ua", pull)).await;
    world
        .apply(&world.pool("main", "ua", json!({ "mode": "System" })))
        .await;
    world.ready("ua").await;
    world.cluster_until("ua", "ready with its rights", all_ready).await;

    let before = world.now().await;
    world.apply(&world.cluster("priv", json!({}))).await;
    world
        .cluster_until("priv", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(role_of(&world, &id).await.is_some(), "the other cluster pulls with it");
    let kept = format!("AksCluster {}/ua needs it", world.namespace);
    watch_log("the event that says who keeps it", async || {
        let events: Api<Event> = Api::namespaced(world.client.clone(), &world.namespace);
        let events = events.list(&Default::default()).await.unwrap().items;
        let notes = events.iter().filter_map(|event| event.note.as_ref());
        notes.into_iter().any(|note| note.contains(&kept))
    })
    .await;
}
