//! `kill -9` at every point that matters: what Azure has is found again, and nothing is done twice.

use armature_lab::simulator::admin::Requests;
use armature_lab::simulator::fault::{Fault, Injection};
use serde_json::json;

use crate::look;
use crate::world::World;

async fn apply(world: &World, cluster: &str) {
    world.apply(&world.cluster(cluster, json!({}))).await;
    world.apply(&world.system_pool("system", cluster)).await;
}

#[tokio::test]
async fn killed_before_anything_is_sent_it_creates_one_cluster() {
    let world = World::new("crash-before").await;
    let mut operator = world.operator_with(&["--no-leader-elect", "--pool-quiet-period=5m"]);
    apply(&world, "shop").await;
    world
        .cluster_until("shop", "about to be created", |cluster| {
            look::has_reason(cluster, "Ready", "PoolSetSettling")
        })
        .await;
    operator.kill();
    assert_eq!(world.writes_after(0).await, Vec::<String>::new());

    let _other = world.operator();
    world.ready("shop").await;
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    assert_eq!(world.azure.cluster_names().await, ["shop"]);
}

#[tokio::test]
async fn killed_before_it_hears_that_azure_took_the_create_it_finds_the_cluster() {
    let world = World::with_manual_clock("crash-unheard").await;
    // The answer is on its way for longer than the operator lives: nothing of it is stored.
    let late = Fault::Delay { milliseconds: 600_000 };
    world
        .admin()
        .inject(&Injection::new(late).method("PUT").times(1))
        .await
        .unwrap();
    let mut operator = world.operator();
    apply(&world, "shop").await;
    world.request_until("the create", look::call("PUT", "shop")).await;
    operator.kill();
    let status = world.clusters.get("shop").await.unwrap().status.unwrap();
    assert!(status.operations.is_empty() && status.resource_id.is_none());

    operator.restart().unwrap();
    world
        .cluster_until("shop", "found while Azure makes it", |cluster| {
            cluster
                .status
                .as_ref()
                .is_some_and(|status| status.provisioning_state.as_deref() == Some("Creating"))
        })
        .await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    assert_eq!(world.azure.cluster_names().await, ["shop"]);
}

#[tokio::test]
async fn killed_while_azure_works_it_goes_on_with_the_stored_operation() {
    let world = World::with_manual_clock("crash-during").await;
    let mut operator = world.operator();
    apply(&world, "shop").await;
    let stored = world
        .cluster_until("shop", "being created", |cluster| {
            cluster
                .status
                .as_ref()
                .is_some_and(|status| status.operations.contains_key("cluster"))
        })
        .await;
    operator.kill();
    let url = &stored.status.unwrap().operations["cluster"].url;
    let path = url.split("://").nth(1).and_then(|rest| rest.split_once('/')).unwrap().1;
    let path = format!("/{}", path.split('?').next().unwrap());

    let killed = world.now().await;
    operator.restart().unwrap();
    let polls = Requests {
        path: Some(path),
        after: Some(killed),
        ..Requests::default()
    };
    world
        .request_until("a question about the stored operation", polls)
        .await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    assert_eq!(world.azure.cluster_names().await, ["shop"]);
}

#[tokio::test]
async fn killed_at_the_moment_of_the_create_again_and_again_it_makes_each_cluster_once() {
    let world = World::new("crash-moment").await;
    let mut operator = world.operator();
    for cluster in ["one", "two", "three"] {
        world.apply(&world.cluster(cluster, json!({}))).await;
        let pool = json!({ "mode": "System", "azureName": "system" });
        world
            .apply(&world.pool(&format!("{cluster}-system"), cluster, pool))
            .await;
        world.request_until("the create", look::call("PUT", cluster)).await;
        operator.restart().unwrap();
    }
    for cluster in ["one", "two", "three"] {
        world.ready(cluster).await;
        assert_eq!(world.requests(look::call("PUT", cluster)).await.len(), 1, "{cluster}");
    }
    assert_eq!(world.azure.cluster_names().await.len(), 3);
}

#[tokio::test]
async fn killed_in_the_middle_of_an_upgrade_it_goes_on_where_it_was() {
    let world = World::new("crash-upgrade").await;
    let mut operator = world.operator();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.create("shop", json!({ "kubernetesVersion": "1.34" })).await;
    let created = world.now().await;

    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.35" })))
        .await;
    for write in ["PUT shop", "PUT shop/apps", "PUT shop/system"] {
        world.write_until("the next step of the upgrade", created, write).await;
        operator.restart().unwrap();
    }
    world.ready("shop").await;
    let mut writes = world.writes_after(created).await;
    assert_eq!(writes.remove(0), "PUT shop");
    writes.sort();
    assert_eq!(writes, ["PUT shop/apps", "PUT shop/system"]);
}

#[tokio::test]
async fn killed_in_the_middle_of_a_deletion_it_sends_no_second_one() {
    let world = World::with_manual_clock("crash-delete").await;
    let mut operator = world.operator();
    apply(&world, "shop").await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    let created = world.now().await;

    world.delete_cluster("shop").await;
    world.delete_pool("system").await;
    world.write_until("the deletion", created, "DELETE shop").await;
    operator.restart().unwrap();
    let restarted = world.now().await;
    let looks = Requests {
        call: Some("ManagedClusters_Get".to_owned()),
        after: Some(restarted),
        ..Requests::default()
    };
    world.request_until("a look at the cluster", looks).await;
    world.admin().advance_until_idle().await.unwrap();
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(world.writes_after(created).await, ["DELETE shop"]);
}
