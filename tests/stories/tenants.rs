//! Whom an identity serves: namespaces, subscriptions and resource groups that are named, and nobody else.

use armature_api::{AksCluster, ChildState, RELEASE_ANNOTATION};
use armature_lab::simulator::admin::Requests;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::children::rights::make_registry;
use crate::children::{all_ready, is, line};
use crate::identities::SECRET;
use crate::look;
use crate::world::{GROUP, World};

impl World {
    /// Everything that anybody asked Azure about a cluster after request number `after`, sign-in and lists aside.
    async fn calls_about(&self, cluster: &str, after: u64) -> Vec<String> {
        let which = Requests {
            after: Some(after),
            path: Some(format!("/managedClusters/{cluster}")),
            ..Requests::default()
        };
        let calls = self.requests(which).await;
        calls
            .iter()
            .map(|call| format!("{} {}", call.method, call.path))
            .collect()
    }

    /// Puts the release annotation on a pool.
    async fn release_pool(&self, name: &str) {
        let patch = json!({ "metadata": { "annotations": { RELEASE_ANNOTATION: "now" } } });
        self.pools
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// What is said of a namespace that the operator's own identity does not serve.
    fn not_served(&self) -> String {
        format!(
            "the operator's own identity does not serve namespace {}; set spec.identityRef to an AzureIdentity that does, \
             or have the installation name the namespace in the chart's azure.namespaces (--own-identity-namespaces)",
            self.namespace
        )
    }
}

const NO_CALLS: [&str; 0] = [];
const NOBODY: &str = "--own-identity-namespaces=another";

#[tokio::test]
async fn the_operators_own_identity_serves_nobody_that_the_installation_does_not_name() {
    let world = World::new("tenant-unnamed").await;
    let before = world.now().await;
    let mut operator = world.operator_with(&["--no-leader-elect", NOBODY]);
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    assert_eq!(
        world.cluster_stalls("shop", "IdentityNotAllowed").await,
        world.not_served()
    );
    world
        .pool_until("system", "waiting for its cluster", |pool| {
            look::has_reason(pool, "Ready", "DependencyNotReady")
        })
        .await;
    operator.stop().await.unwrap();
    assert!(
        world
            .requests(Requests {
                after: Some(before),
                ..Requests::default()
            })
            .await
            .is_empty()
    );

    let _operator = world.operator();
    world.ready("shop").await;
}

#[tokio::test]
async fn a_star_serves_every_namespace() {
    let world = World::new("tenant-star").await;
    let _operator = world.operator_with(&["--no-leader-elect", "--own-identity-namespaces=*"]);
    world.create("shop", json!({})).await;
}

#[tokio::test]
async fn what_a_namespace_without_the_right_deletes_is_told_makes_no_call_and_can_be_released() {
    let world = World::new("tenant-lost").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.ready("shop").await;
    drop(operator);

    let before = world.now().await;
    let _operator = world.operator_with(&["--no-leader-elect", NOBODY]);
    world.cluster_stalls("shop", "IdentityNotAllowed").await;
    // A pool of a cluster that stays.
    world.delete_pool("apps").await;
    world.release_pool("apps").await;
    world.pool_gone("apps").await;

    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    let told = format!(
        "{}, or run armature release to let this object go and leave Azure alone",
        world.not_served()
    );
    world
        .cluster_until("shop", "held by its finalizer, with the ways out", |cluster| {
            cluster.metadata.deletion_timestamp.is_some() && look::message(cluster, "Ready") == told
        })
        .await;
    world.annotate("shop", RELEASE_ANNOTATION, "now").await;
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(world.calls_about("shop", before).await, NO_CALLS);
    for pool in ["system", "apps"] {
        assert!(world.azure.pool("shop", pool).await.is_some(), "{pool}");
    }
}

#[tokio::test]
async fn the_operators_own_identity_stays_in_the_subscriptions_and_groups_that_are_named() {
    let world = World::new("tenant-places").await;
    let before = world.now().await;
    let other = "--own-identity-subscriptions=99999999-0000-4000-8000-000000000000";
    let mut operator = world.operator_with(&["--no-leader-elect", other]);
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    assert_eq!(
        world.cluster_stalls("shop", "IdentityNotAllowed").await,
        format!(
            "the operator's own identity may not be used for subscription {}; have the installation add the subscription \
             to the chart's azure.subscriptions (--own-identity-subscriptions) or use another identity",
            world.simulator.access().subscription
        )
    );
    operator.stop().await.unwrap();

    let mut operator = world.operator_with(&["--no-leader-elect", "--own-identity-resource-groups=hub,spoke"]);
    let told = format!(
        "the operator's own identity may not be used for resource group {GROUP}; have the installation add the group to the \
         chart's azure.resourceGroups (--own-identity-resource-groups) or use another identity"
    );
    world
        .cluster_until("shop", "refused its group", |cluster| {
            look::message(cluster, "Ready") == told
        })
        .await;
    operator.stop().await.unwrap();
    assert_eq!(world.calls_about("shop", before).await, NO_CALLS);

    let upper = format!("--own-identity-resource-groups=hub,{}", GROUP.to_uppercase());
    let _operator = world.operator_with(&["--no-leader-elect", &upper]);
    world.ready("shop").await;
}

#[tokio::test]
async fn an_identity_reaches_what_hangs_on_a_cluster_only_in_the_groups_that_it_names() {
    let world = World::new("tenant-groups").await;
    world.make_application().await;
    let scope = world.azure.subscription_scope();
    let owner = armature_lab::simulator::admin::Role::Owner;
    world
        .admin()
        .assign(crate::identities::APPLICATION, owner, &scope)
        .await
        .unwrap();
    world.secret("clientSecret", SECRET).await;
    world.azure.make_group("shared").await;
    let elsewhere = format!("{scope}/resourceGroups/shared/providers/Microsoft.ContainerRegistry/registries/shared");
    make_registry(&world, &elsewhere, "LegacyRegistryPermissions").await;
    let with_groups = |groups: &[&str]| {
        let mut identity = world.service_principal();
        identity["resourceGroups"] = json!(groups);
        identity
    };
    world.identity(with_groups(&[GROUP])).await;
    let before = world.now().await;
    let _operator = world.operator_without_identity(&[]);
    let fields = json!({
        "identityRef": { "name": world.namespace },
        "attachRegistries": { "images": { "registryId": elsewhere } },
        // The group of the machines belongs to the cluster, and a subscription's own roles may be read.
        "roleAssignments": { "machines": {
            "principal": "cluster", "role": "Reader", "scope": "nodeResourceGroup",
        } },
    });
    world.create("shop", fields).await;
    let refused = |cluster: &AksCluster| {
        is(cluster, "attachRegistries/images", ChildState::Failed)
            && is(cluster, "roleAssignments/machines", ChildState::Ready)
    };
    let cluster = world.cluster_until("shop", "kept out of the group", refused).await;
    let error = line(&cluster, "attachRegistries/images")
        .unwrap()
        .error
        .clone()
        .unwrap();
    assert_eq!(
        (error.code.as_str(), format!("{}; {}", error.message, error.next_step)),
        (
            "IdentityNotAllowed",
            format!(
                "AzureIdentity {} may not be used for resource group shared; add the group to its spec.resourceGroups or \
                 name a resource of another one",
                world.namespace
            )
        )
    );
    let which = Requests {
        after: Some(before),
        path: Some("/resourceGroups/shared/".to_owned()),
        ..Requests::default()
    };
    assert!(world.requests(which).await.is_empty());

    world.identity(with_groups(&["Shared", GROUP])).await;
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "ready with its registry", all_ready).await;
}

#[tokio::test]
async fn an_identity_shows_nothing_of_a_cluster_that_it_may_not_read_and_blinds_nobody() {
    let world = World::new("tenant-blind").await;
    let _operator = world.operator();
    world.create("shop", json!({ "tags": { "team": "shop" } })).await;
    world.lists(2).await;

    world.make_application().await;
    world.secret("clientSecret", SECRET).await;
    world.identity(world.service_principal()).await;
    let spy = json!({
        "azureName": "shop", "identityRef": { "name": world.namespace }, "managementPolicy": "Observe",
    });
    world.apply(&world.cluster("spy", spy)).await;
    let refused = |cluster: &AksCluster| {
        let status = cluster.status.as_ref();
        let error = status.and_then(|status| status.last_error.as_ref());
        error.is_some_and(|error| error.code == "AuthorizationFailed")
    };
    world.cluster_until("spy", "refused by Azure", refused).await;
    world.lists(2).await;
    let spy = world.clusters.get("spy").await.unwrap();
    assert!(!look::is_ready(&spy));
    let told = serde_json::to_string(&spy.status).unwrap();
    for secret in ["azmk8s.io", "oic.", "principalId"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }

    let edit = json!({ "tags": { "team": "somebody" } });
    world.admin().edit(&world.azure.cluster_id("shop"), edit).await.unwrap();
    let after = world.now().await;
    let put_back = Requests {
        method: Some("PATCH".to_owned()),
        after: Some(after),
        ..Requests::default()
    };
    world.request_until("the tag put back", put_back).await;
}
