//! Children that AKS itself serves.

use armature_api::ChildState;
use serde_json::{Value, json};

use super::{all_ready, is, line, look_again};
use crate::look;
use crate::world::World;

fn children(world: &World, team: &str, quota: &str) -> Value {
    json!({
        "oidcIssuerProfile": { "enabled": true },
        "securityProfile": { "workloadIdentity": { "enabled": true } },
        "trustedAccess": { "backup": {
            "sourceResourceId": world.azure.in_group("Microsoft.DataProtection/backupVaults/vault"),
            "roles": ["Microsoft.DataProtection/backupVaults/backup-operator"],
        } },
        "managedNamespaces": { "team": {
            "labels": { team: "yes" },
            "defaultResourceQuota": { "cpuRequest": quota },
            "deletePolicy": "Delete",
            "tags": { "team": team },
        } },
        "identityBindings": { "app": {
            "identityId": world.azure.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/app"),
        } },
    })
}

#[tokio::test]
async fn what_aks_serves_is_made_once_changed_once_and_deleted_when_it_leaves_the_manifest() {
    let world = World::new("children-aks").await;
    world.azure.make_identity("app").await;
    let operator = world.operator();
    world.create("shop", children(&world, "a", "1")).await;
    let cluster = world.cluster_until("shop", "ready with its children", all_ready).await;
    let outputs = &line(&cluster, "identityBindings/app").unwrap().outputs;
    assert!(
        ["clientId", "principalId", "issuerUrl"]
            .iter()
            .all(|name| outputs.contains_key(*name)),
        "{outputs:?}"
    );

    let before = world.now().await;
    let operator = look_again(&world, "shop", operator).await;
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());

    world.apply(&world.cluster("shop", children(&world, "b", "2"))).await;
    world
        .write_until("the change", before, "PUT shop managedNamespaces/team")
        .await;
    world.cluster_until("shop", "ready again", all_ready).await;
    let namespace = format!("{}/managedNamespaces/team", world.azure.cluster_id("shop"));
    let live = world.azure.resource(&namespace, "2026-08-01").await.unwrap();
    assert_eq!(live["properties"]["labels"], json!({ "b": "yes" }));
    assert_eq!(live["properties"]["defaultResourceQuota"]["cpuRequest"], "2");
    assert_eq!(live["tags"], json!({ "team": "b" }));

    let issuer = json!({
        "oidcIssuerProfile": { "enabled": true },
        "securityProfile": { "workloadIdentity": { "enabled": true } },
    });
    world.apply(&world.cluster("shop", issuer)).await;
    let empty = |cluster: &armature_api::AksCluster| cluster.status.as_ref().is_some_and(|s| s.children.is_empty());
    world.cluster_until("shop", "without children", empty).await;
    let mut writes = world.writes_after(before).await;
    writes.sort();
    let expected = [
        "DELETE shop identityBindings/app",
        "DELETE shop managedNamespaces/team",
        "DELETE shop trustedAccessRoleBindings/backup",
        "PUT shop managedNamespaces/team",
    ];
    assert_eq!(writes, expected);
    drop(operator);
}

#[tokio::test]
async fn a_namespace_that_is_somebody_elses_fails_by_itself() {
    let world = World::new("children-namespace").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let cluster = world.azure.cluster_id("shop");
    world.admin().add_namespace(&cluster, "taken").await.unwrap();
    let before = world.now().await;
    let fields = json!({ "managedNamespaces": { "taken": {}, "free": {} } });
    world.apply(&world.cluster("shop", fields)).await;
    let told = |cluster: &_| {
        is(cluster, "managedNamespaces/taken", ChildState::Failed)
            && is(cluster, "managedNamespaces/free", ChildState::Ready)
    };
    let cluster = world.cluster_until("shop", "told", told).await;
    let error = line(&cluster, "managedNamespaces/taken")
        .unwrap()
        .error
        .clone()
        .unwrap();
    assert_eq!(error.code, "Conflict");
    assert!(
        error.message.contains("adoption policy") && error.next_step.contains("adoptionPolicy"),
        "{error:?}"
    );
    world.lists(3).await;
    let tried = world.writes_after(before).await;
    let tries = tried
        .iter()
        .filter(|write| **write == "PUT shop managedNamespaces/taken");
    assert_eq!(tries.count(), 1, "{tried:?}");
    assert!(look::is_ready(&cluster), "the cluster itself is fine");
}

#[tokio::test]
async fn private_endpoints_are_let_through_or_refused_by_rule_and_never_removed() {
    let world = World::new("children-endpoints").await;
    let operator = world.operator();
    let endpoint = |name: &str| {
        world
            .azure
            .in_group(&format!("Microsoft.Network/privateEndpoints/{name}"))
    };
    let with = |rules: Value| {
        json!({
            "apiServerAccessProfile": { "enablePrivateCluster": true },
            "privateEndpointConnections": rules,
        })
    };
    let any = endpoint("*");
    let rules = json!({
        "hub": { "privateEndpointId": any, "status": "Approved", "description": "ours" },
        "stranger": { "privateEndpointId": endpoint("stranger"), "status": "Rejected" },
    });
    world.create("shop", with(rules.clone())).await;
    let waits = |cluster: &_| {
        is(cluster, "privateEndpointConnections/hub", ChildState::Ready)
            && is(cluster, "privateEndpointConnections/stranger", ChildState::Waiting)
    };
    world.cluster_until("shop", "told that nobody asks yet", waits).await;
    let cluster = world.azure.cluster_id("shop");
    world.apply(&world.cluster("shop", with(Value::Null))).await;
    for name in ["hub", "stranger"] {
        world.admin().connect(&cluster, name, &endpoint(name)).await.unwrap();
    }
    world.apply(&world.cluster("shop", with(rules))).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;
    for (name, status) in [("hub", "Approved"), ("stranger", "Rejected")] {
        let connection = format!("{cluster}/privateEndpointConnections/{name}");
        let live = world.azure.resource(&connection, "2026-08-01").await.unwrap();
        assert_eq!(
            live["properties"]["privateLinkServiceConnectionState"]["status"],
            status
        );
    }

    let before = world.now().await;
    let _operator = look_again(&world, "shop", operator).await;
    world.apply(&world.cluster("shop", with(Value::Null))).await;
    let empty = |cluster: &armature_api::AksCluster| cluster.status.as_ref().is_some_and(|s| s.children.is_empty());
    world.cluster_until("shop", "without children", empty).await;
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_snapshot_is_taken_once_makes_other_pools_outlives_its_own_and_goes_with_the_cluster() {
    let world = World::new("children-snapshots").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    let snapshots = json!({ "snapshots": { "golden": { "pool": "apps" } } });
    world.apply(&world.cluster("shop", snapshots)).await;
    let cluster = world.cluster_until("shop", "ready with its snapshot", all_ready).await;
    let taken = line(&cluster, "snapshots/golden").unwrap();
    assert!(
        taken.owned && taken.outputs.contains_key("nodeImageVersion"),
        "{taken:?}"
    );

    let snapshot = world.azure.in_group("Microsoft.ContainerService/snapshots/golden");
    let from_snapshot = json!({ "creationData": { "sourceResourceId": snapshot } });
    world.apply(&world.pool("copy", "shop", from_snapshot)).await;
    world.pool_until("copy", "ready", look::is_ready).await;
    let copy = world.azure.pool("shop", "copy").await.unwrap();
    assert_eq!(
        copy["properties"]["nodeImageVersion"],
        taken.outputs["nodeImageVersion"]
    );

    world.delete_pool("apps").await;
    world.pool_gone("apps").await;
    let before = world.now().await;
    let _operator = look_again(&world, "shop", operator).await;
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());

    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(world.azure.resource(&snapshot, "2026-08-01").await, None);
}
