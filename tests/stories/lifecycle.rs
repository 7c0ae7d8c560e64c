//! The ordinary life of a cluster: create, add, scale, relabel, delete.

use crate::look;
use crate::world::World;

#[tokio::test]
async fn a_cluster_is_created_with_its_pools_in_one_put_and_becomes_ready() {
    let world = World::new("create").await;
    let _operator = world.operator();
    world
        .apply(&world.cluster("shop", json!({ "tags": { "team": "shop" } })))
        .await;
    let waiting = world
        .cluster_until("shop", "waiting for a System pool", |cluster| {
            look::has_reason(cluster, "Ready", "WaitingForSystemPool")
        })
        .await;
    assert_eq!(
        look::message(&waiting, "Ready"),
        "a cluster needs a System pool: apply an AksNodePool with spec.clusterRef.name shop and spec.mode System in \
         this namespace"
    );
    assert_eq!(world.writes_after(0).await, Vec::<String>::new());

    world.apply(&world.system_pool("system", "shop")).await;
    world.apply(&world.pool("apps", "shop", json!({ "count": 2 }))).await;
    let cluster = world.ready("shop").await;

    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    let sent = world.write_requests_after(0).await;
    let body = sent[0].body.as_ref().unwrap();
    let owner = format!("stories/{}/shop", world.namespace);
    assert_eq!(body["tags"], json!({ "team": "shop", "armature-owner": owner }));
    assert_eq!(body["properties"]["agentPoolProfiles"].as_array().unwrap().len(), 2);

    let status = cluster.status.unwrap();
    assert!(
        status
            .resource_id
            .unwrap()
            .eq_ignore_ascii_case(&world.azure.cluster_id("shop"))
    );
    assert_eq!(status.power_state.as_deref(), Some("Running"));
    assert!(status.operations.is_empty());
    assert_eq!(status.pools.unwrap().summary, "2/2");
    let pool = world.azure.pool("shop", "apps").await.unwrap();
    assert_eq!(pool["properties"]["count"], 2);
}
