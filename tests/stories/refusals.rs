//! Manifests that Azure, or the state that Azure is in, does not allow: what is said, and that nothing else suffers.

use armature_api::{HASH_LENGTH, RELEASE_ANNOTATION};
use armature_lab::simulator::admin::Requests;
use armature_lab::simulator::fault::{Fault, Injection};
use reqwest::Method;
use serde_json::{Value, json};

use crate::look;
use crate::wants::NOTHING;
use crate::world::World;

#[tokio::test]
async fn a_location_is_fixed_and_an_object_made_anew_elsewhere_writes_nothing() {
    let world = World::new("location").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let moved = world.cluster("shop", json!({ "location": "northeurope" }));
    let refusal = world.try_apply(&moved).await.unwrap_err().to_string();
    assert!(
        refusal
            .contains("location is fixed: AKS cannot move a cluster to another region; make a new AksCluster for it"),
        "{refusal}"
    );

    let before = world.now().await;
    world.annotate("shop", RELEASE_ANNOTATION, "yes").await;
    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    world.apply(&moved).await;
    assert_eq!(
        world.cluster_stalls("shop", "LocationMismatch").await,
        "the cluster in Azure is in westeurope, the manifest says northeurope; a cluster never moves and is never \
         replaced: set spec.location back to westeurope, or use another name for a new cluster"
    );
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_pool_that_azure_alone_refuses_is_told_on_the_pool_and_other_pools_go_on() {
    let world = World::new("refused-pool").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let before = world.now().await;
    // What admission knows, Azure is not asked: so something that only Azure can know.
    let message = "The value of parameter agentPoolProfile.vmSize is invalid. Error details: the size is not offered.";
    let refusal = Injection::new(Fault::refuse(400, "InvalidParameter", message))
        .method("PUT")
        .path("agentPools/refused");
    world.admin().inject(&refusal).await.unwrap();
    world.apply(&world.pool("refused", "shop", json!({}))).await;
    assert_eq!(
        world.pool_stalls("refused", "InvalidParameter").await,
        format!(
            "creating or updating {} failed: Azure answered 400 InvalidParameter: The value of parameter \
             agentPoolProfile.vmSize is invalid. Error details: the size is not offered; correct the property that the \
             message names",
            world.azure.pool_id("shop", "refused")
        )
    );
    world.apply(&world.pool("later", "shop", json!({}))).await;
    world.pool_until("later", "ready", look::is_ready).await;
    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "shop" } })))
        .await;
    world
        .cluster_until("shop", "tagged", |cluster| {
            let applied = cluster.status.as_ref().map(|status| &status.applied);
            applied.is_some_and(|applied| applied.contains_key("tags[team]"))
        })
        .await;
    world.pool_stalls("refused", "InvalidParameter").await;
    let tried = world.writes_after(before).await;
    let count = tried.iter().filter(|write| *write == "PUT shop/refused").count();
    assert!(
        count <= 3,
        "it is tried again after an edit and else left alone: {tried:?}"
    );
}

#[tokio::test]
async fn a_setting_that_azure_refuses_is_told_on_the_cluster_and_its_pools_go_on() {
    let world = World::new("setting").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let before = world.now().await;
    let policy = Fault::refuse(
        403,
        "RequestDisallowedByPolicy",
        "Policy 'local accounts stay' disallows this.",
    );
    let refusal = Injection::new(policy).call("ManagedClusters_CreateOrUpdate");
    let refusal = world.admin().inject(&refusal).await.unwrap();
    let channel = json!({ "autoUpgradeProfile": { "nodeOSUpgradeChannel": "None" } });
    world.apply(&world.cluster("shop", channel)).await;
    assert_eq!(
        world.cluster_stalls("shop", "RequestDisallowedByPolicy").await,
        format!(
            "creating or updating {} failed: Azure answered 403 RequestDisallowedByPolicy: Policy 'local accounts stay' \
             disallows this; change the spec to satisfy the policy that the message names, or ask its owner for an \
             exemption",
            world.azure.cluster_id("shop")
        )
    );
    let system = world.pool("system", "shop", json!({ "mode": "System", "count": 2 }));
    world.apply(&system).await;
    world
        .pool_until("system", "scaled", |pool| {
            look::is_ready(pool) && pool.status.as_ref().is_some_and(|status| status.count == Some(2))
        })
        .await;
    world.cluster_stalls("shop", "RequestDisallowedByPolicy").await;
    let tried = world.writes_after(before).await;
    assert_eq!(
        tried.iter().filter(|write| *write == "PUT shop/system").count(),
        1,
        "{tried:?}"
    );
    assert!(
        tried.iter().filter(|write| *write == "PUT shop").count() <= 2,
        "{tried:?}"
    );

    world.admin().remove_fault(refusal).await.unwrap();
    world.request_reconcile("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn a_one_way_change_that_azure_refuses_can_be_taken_back() {
    let world = World::new("taken-back").await;
    let _operator = world.operator();
    let network = |fields: Value| json!({ "networkProfile": fields });
    let before =
        network(json!({ "networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "azure" }));
    let after = network(json!({
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "networkDataplane": "cilium",
        "networkPolicy": "cilium",
    }));
    world.create("shop", before.clone()).await;
    let refusal = Fault::refuse(400, "CiliumNotHere", "Not with this cluster.");
    let refusal = Injection::new(refusal).call("ManagedClusters_CreateOrUpdate");
    world.admin().inject(&refusal).await.unwrap();
    world.apply(&world.cluster("shop", after)).await;
    world.cluster_stalls("shop", "CiliumNotHere").await;

    world.apply(&world.cluster("shop", before)).await;
    let ready = world.ready("shop").await;
    let record = &ready.status.unwrap().applied["networkProfile.networkDataplane"];
    assert_eq!(record.len(), HASH_LENGTH, "locked again: {record}");
}

#[tokio::test]
async fn a_create_that_azure_refuses_is_no_reason_to_make_its_pools() {
    let world = World::new("create-refused").await;
    let _operator = world.operator();
    let refusal = Injection::new(Fault::refuse(400, "SubnetIsFull", "No room.")).call("ManagedClusters_CreateOrUpdate");
    let refusal = world.admin().inject(&refusal).await.unwrap();
    // A pool with another version than its cluster's is made after the create.
    world
        .apply(&world.pool("apps", "shop", json!({ "orchestratorVersion": "1.34" })))
        .await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.apply(&world.cluster("shop", json!({}))).await;
    world.cluster_stalls("shop", "SubnetIsFull").await;
    world
        .pool_until("apps", "waiting for its cluster", |pool| {
            look::has_reason(pool, "Ready", "DependencyNotReady")
        })
        .await;
    let tried = world.writes_after(0).await;
    assert!(
        tried.len() <= 3 && tried.iter().all(|write| write == "PUT shop"),
        "{tried:?}"
    );

    world.admin().remove_fault(refusal).await.unwrap();
    world.request_reconcile("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn a_pool_that_needs_a_replacement_says_so_and_other_pools_go_on() {
    let world = World::new("replacement").await;
    let _operator = world.operator();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.create("shop", json!({})).await;
    let before = world.now().await;
    world
        .apply(&world.pool("apps", "shop", json!({ "vmSize": "Standard_D8s_v5" })))
        .await;
    assert_eq!(
        world.pool_stalls("apps", "ReplacementRequired").await,
        "vmSize of pool apps can't be changed in place (it is Standard_D4s_v5, the manifest says Standard_D8s_v5); set \
         it back, or add a new pool with the new value and delete this one"
    );
    let system = world.pool("system", "shop", json!({ "mode": "System", "count": 2 }));
    world.apply(&system).await;
    world
        .pool_until("system", "scaled", |pool| {
            look::is_ready(pool) && pool.status.as_ref().is_some_and(|status| status.count == Some(2))
        })
        .await;
    assert_eq!(world.writes_after(before).await, ["PUT shop/system"]);
    let cluster = world.cluster_stalls("shop", "PoolStalled").await;
    assert!(
        cluster.starts_with("node pool apps needs attention (ReplacementRequired): vmSize of pool apps"),
        "{cluster}"
    );
}

#[tokio::test]
async fn a_version_that_is_not_offered_is_told_before_and_after_the_create() {
    let world = World::new("version").await;
    let _operator = world.operator();
    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.20" })))
        .await;
    world.apply(&world.system_pool("system", "shop")).await;
    assert_eq!(
        world.cluster_stalls("shop", "K8sVersionNotSupported").await,
        format!(
            "creating or updating {} failed: Azure answered 400 K8sVersionNotSupported: Version 1.20 is not supported in \
             this region. Please use [az aks get-versions] command to get the supported version list in this region. \
             For more information, please check https://aka.ms/supported-version-list; choose a version from `az aks \
             get-versions`",
            world.azure.cluster_id("shop")
        )
    );
    assert!(world.azure.cluster("shop").await.is_none());

    world.apply(&world.cluster("shop", json!({}))).await;
    world.ready("shop").await;
    let before = world.now().await;
    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.35.99" })))
        .await;
    assert_eq!(
        world.cluster_stalls("shop", "VersionNotOffered").await,
        "Kubernetes 1.35.99 is not offered for this cluster, which runs 1.35.7; Azure offers 1.36.3, 1.36.2, 1.36.1, \
         1.36.0"
    );
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_missing_resource_group_is_made_only_where_the_manifest_says_so() {
    let world = World::new("group").await;
    let _operator = world.operator();
    let groups = |after: u64| Requests {
        call: Some("ResourceGroups_CreateOrUpdate".to_owned()),
        after: Some(after),
        ..Requests::default()
    };
    let start = world.now().await;
    world.apply(&world.system_pool("system", "shop")).await;
    world
        .apply(&world.cluster("shop", json!({ "resourceGroup": "absent" })))
        .await;
    assert_eq!(
        world.cluster_stalls("shop", "ResourceGroupMissing").await,
        "resource group absent does not exist; create it or set spec.resourceGroupPolicy to Create"
    );
    assert_eq!(world.writes_after(0).await, NOTHING);
    assert!(world.requests(groups(start)).await.is_empty());

    let create = json!({ "resourceGroup": "absent", "resourceGroupPolicy": "Create" });
    world.apply(&world.cluster("shop", create)).await;
    world.ready("shop").await;
    assert_eq!(world.requests(groups(start)).await.len(), 1);
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
}

#[tokio::test]
async fn of_the_system_pools_one_always_stays() {
    let world = World::new("last-system").await;
    let _operator = world.operator();
    world.apply(&world.system_pool("second", "shop")).await;
    world.create("shop", json!({})).await;
    let before = world.now().await;
    world.delete_pool("second").await;
    world.delete_pool("system").await;
    world.pool_gone("second").await;
    assert_eq!(
        world.pool_stalls("system", "DeletionBlocked").await,
        "pool system is the last System pool and AKS keeps at least one; add another System pool first, or delete the \
         cluster"
    );
    assert_eq!(world.writes_after(before).await, ["DELETE shop/second"]);
}

#[tokio::test]
async fn of_two_objects_for_one_pool_the_older_counts_and_the_other_says_so() {
    let world = World::new("duplicate").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let before = world.now().await;
    let twin = world.pool(
        "twin",
        "shop",
        json!({ "azureName": "system", "mode": "System", "count": 3 }),
    );
    world.apply(&twin).await;
    assert_eq!(
        world.pool_stalls("twin", "DuplicatePool").await,
        "AksNodePool system already describes pool system of this cluster; give this one another spec.azureName"
    );
    let first = world.pools.get("system").await.unwrap();
    assert!(look::is_ready(&first), "{:?}", first.status);
    world.delete_pool("twin").await;
    world.pool_gone("twin").await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_pool_is_never_newer_than_the_control_plane() {
    let world = World::new("ahead").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let before = world.now().await;
    world
        .apply(&world.pool("apps", "shop", json!({ "orchestratorVersion": "1.36" })))
        .await;
    assert_eq!(
        world.pool_stalls("apps", "PoolAheadOfControlPlane").await,
        "pool apps asks for 1.36 and the control plane is meant to run 1.35.7; a pool is never newer: raise \
         spec.kubernetesVersion of the cluster first"
    );
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_cluster_that_somebody_deleted_in_azure_is_not_made_a_second_time() {
    let world = World::new("vanished").await;
    // Only what was in the LIST can vanish from it.
    world.admin().change_settings(json!({ "listDelay": 0 })).await.unwrap();
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    // Two, because the first may have been asked for before the operator's own last look.
    for _ in 0..2 {
        let lists = Requests {
            call: Some("ManagedClusters_List".to_owned()),
            after: Some(world.now().await),
            ..Requests::default()
        };
        world.request_until("a LIST with the cluster", lists).await;
    }
    world
        .azure
        .write(Method::DELETE, &world.azure.cluster_id("shop"), None)
        .await;
    let before = world.now().await;
    assert_eq!(
        world.cluster_stalls("shop", "ClusterVanished").await,
        "the cluster existed and Azure no longer has it; Armature never makes a cluster a second time on its own: to \
         start anew, delete this object (armature release lets a protected one go) and apply it again"
    );
    assert_eq!(world.writes_after(before).await, NOTHING);
}
