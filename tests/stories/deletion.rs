//! What deletes objects and must not delete clusters, and what deletes clusters.

use std::process::Command;

use armature_api::crds::crds;
use armature_api::{AksCluster, AksNodePool};
use armature_lab::simulator::fault::{Fault, Injection};
use armature_lab::{ControlPlane, Options, SimOptions};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::DeleteParams;
use kube::{Api, CustomResourceExt};
use serde_json::{Value, json};

use crate::look;
use crate::wants::NOTHING;
use crate::world::{INSTALLATION, World, gone};

const PROTECTED: &str = "deletion is protected: nothing is deleted in Azure; set spec.deletionProtection to false to \
                         delete it there too, or run armature release to let this object go and leave Azure alone";

fn protected() -> Value {
    json!({ "deletionProtection": null })
}

impl World {
    /// A ready cluster `shop` with the pools `system` and `apps`, all under deletion protection, which is the default.
    async fn create_protected(&self) {
        self.apply(&self.cluster("shop", protected())).await;
        let system = json!({ "mode": "System", "deletionProtection": null });
        self.apply(&self.pool("system", "shop", system)).await;
        self.apply(&self.pool("apps", "shop", protected())).await;
        self.ready("shop").await;
    }

    /// Waits until all three say that their deletion is blocked.
    async fn all_blocked(&self) {
        for pool in ["apps", "system"] {
            assert_eq!(self.pool_stalls(pool, "DeletionBlocked").await, PROTECTED);
        }
        assert_eq!(self.cluster_stalls("shop", "DeletionBlocked").await, PROTECTED);
    }

    /// Waits until all three objects are gone.
    async fn all_gone(&self) {
        for pool in ["apps", "system"] {
            self.pool_gone(pool).await;
        }
        self.cluster_gone("shop").await;
    }

    /// Runs `armature release`.
    fn release(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_armature"))
            .args(["release", "--namespace", &self.namespace])
            .args(arguments)
            .env("KUBECONFIG", self.management.kubeconfig())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[tokio::test]
async fn a_prune_of_protected_objects_deletes_nothing_until_they_are_released_and_then_only_the_objects() {
    let world = World::new("prune-protected").await;
    let _operator = world.operator();
    world.create_protected().await;
    let before = world.now().await;
    // The reverse of the order in which they were applied, as Flux prunes.
    world.delete_pool("apps").await;
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.all_blocked().await;
    assert_eq!(world.writes_after(before).await, NOTHING);

    let told = world.release(&["shop"]);
    assert!(
        told.contains("stays as it is, goes on costing money, and is no longer managed"),
        "{told}"
    );
    world.all_gone().await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    assert!(world.azure.pool("shop", "apps").await.is_some());
}

#[tokio::test]
async fn a_released_pool_goes_and_stays_in_azure() {
    let world = World::new("release-pool").await;
    let _operator = world.operator();
    world.create_protected().await;
    let before = world.now().await;
    world.release(&["--pool", "apps"]);
    world.delete_pool("apps").await;
    world.pool_gone("apps").await;
    let advice = ["pool apps is in Azure and no AksNodePool describes it; it is left alone"];
    world
        .cluster_until("shop", "aware of a pool that nobody describes", |cluster| {
            cluster.status.as_ref().is_some_and(|status| status.advice == advice)
        })
        .await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    assert!(world.azure.pool("shop", "apps").await.is_some());
}

#[tokio::test]
async fn a_prune_of_unprotected_objects_is_one_delete_of_the_cluster() {
    let world = World::new("prune").await;
    // Longer than the story: a pool whose deletion waited for it would hold the story up.
    let _operator = world.operator_with(&["--no-leader-elect", "--pool-delete-grace=10m"]);
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.create("shop", json!({})).await;
    let before = world.now().await;
    world.delete_pool("apps").await;
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.all_gone().await;
    assert_eq!(world.writes_after(before).await, ["DELETE shop"]);
    assert_eq!(world.azure.cluster_names().await, NOTHING);
}

#[tokio::test]
async fn a_pool_that_stays_when_its_cluster_goes_says_so() {
    let world = World::new("pool-left").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    world.delete_cluster("shop").await;
    let pool = world
        .pool_until("system", "without its cluster", |pool| {
            look::has_reason(pool, "Ready", "ClusterNotFound")
        })
        .await;
    assert_eq!(pool.status.unwrap().provisioning_state, None);
}

#[tokio::test]
async fn orphans_stay_in_azure() {
    let world = World::new("orphan").await;
    let _operator = world.operator();
    let orphan = json!({ "deletionPolicy": "Orphan" });
    world.apply(&world.pool("apps", "shop", orphan.clone())).await;
    world.create("shop", orphan).await;
    let before = world.now().await;
    world.delete_pool("apps").await;
    world.pool_gone("apps").await;
    world.delete_cluster("shop").await;
    world.delete_pool("system").await;
    world.all_gone().await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    assert!(world.azure.pool("shop", "apps").await.is_some());
}

#[tokio::test]
async fn deleting_the_namespace_deletes_nothing_in_azure() {
    let world = World::new("namespace").await;
    let _operator = world.operator();
    world.create_protected().await;
    let before = world.now().await;
    let namespaces: Api<Namespace> = Api::all(world.client.clone());
    namespaces
        .delete(&world.namespace, &DeleteParams::default())
        .await
        .unwrap();
    world.all_blocked().await;
    assert_eq!(world.writes_after(before).await, NOTHING);

    world.release(&["shop"]);
    gone(&namespaces, &world.namespace).await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    assert!(world.azure.cluster("shop").await.is_some());
}

#[tokio::test]
async fn deleting_the_resource_definitions_deletes_nothing_in_azure() {
    // A control plane of its own: the definitions of the shared one are everybody's.
    let control_plane = ControlPlane::start(Options { controllers: false }).await.unwrap();
    control_plane.cluster().install_crds(&crds()).await.unwrap();
    let world = World::on(control_plane.cluster().clone(), "definitions", &SimOptions::default()).await;
    let _operator = world.operator();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.create("shop", json!({})).await;
    let before = world.now().await;
    let definitions: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    for name in [AksNodePool::crd_name(), AksCluster::crd_name()] {
        definitions.delete(name, &DeleteParams::default()).await.unwrap();
    }
    let blocked = "the resource definitions of Armature are being deleted, so nothing is deleted in Azure; restore them, \
                   or run armature release to let this object go and leave Azure alone";
    assert_eq!(world.cluster_stalls("shop", "DeletionBlocked").await, blocked);
    for pool in ["apps", "system"] {
        world
            .pool_until(pool, "blocked", |pool| {
                look::has_reason(pool, "Stalled", "DeletionBlocked")
            })
            .await;
    }
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_pool_that_only_its_own_get_shows_is_deleted_before_its_object_goes() {
    let world = World::new("late-pool").await;
    // What is known of the cluster stays as old as it is.
    let _operator = world.operator_with(&["--no-leader-elect", "--list-interval=1h"]);
    world.create("shop", json!({})).await;
    let refused = Fault::refuse(400, "InvalidParameter", "The value of parameter vmSize is invalid.");
    let refused = Injection::new(refused).method("PUT").path("/agentPools/apps");
    world.admin().inject(&refused).await.unwrap();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.pool_stalls("apps", "InvalidParameter").await;
    world.admin().clear_faults().await.unwrap();
    // As though the answer to our own write had been lost.
    let mark = format!("{INSTALLATION}/{}/apps", world.namespace);
    let body = json!({ "properties": {
        "count": 1, "vmSize": "Standard_D4s_v5", "mode": "User", "tags": { "armature-owner": mark },
    } });
    world
        .azure
        .make(&world.azure.pool_id("shop", "apps"), "2026-08-01", body)
        .await;
    world.delete_pool("apps").await;
    world.pool_gone("apps").await;
    assert_eq!(world.azure.pool("shop", "apps").await, None);
}
