//! Two replicas: one writes, and when it is killed the other goes on.

use armature_lab::OperatorProcess;
use serde_json::json;

use crate::look;
use crate::world::World;

/// The lease is long enough for a busy machine: a replica that renews too late ends, and nobody starts it again here.
fn replica(world: &World, name: &str) -> OperatorProcess {
    world.operator_with(&["--lease-duration=6s", &format!("--replica-name={name}")])
}

/// What the operator has written to Kubernetes, by its own count.
async fn kubernetes_writes(operator: &OperatorProcess) -> f64 {
    look::kube_writes(operator).await
}

#[tokio::test]
async fn of_two_replicas_one_writes_and_the_other_goes_on_when_it_is_killed() {
    let world = World::with_manual_clock("replicas").await;
    let mut first = replica(&world, "first");
    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "seen by the first replica", |cluster| {
            look::has_reason(cluster, "Ready", "WaitingForSystemPool")
        })
        .await;
    let mut second = replica(&world, "second");
    second.process().check().unwrap();

    world.apply(&world.system_pool("system", "shop")).await;
    world
        .cluster_until("shop", "being created", |cluster| {
            cluster
                .status
                .as_ref()
                .is_some_and(|status| !status.operations.is_empty())
        })
        .await;
    assert!(kubernetes_writes(&first).await > 0.0);
    assert_eq!(kubernetes_writes(&second).await, 0.0);

    first.kill();
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    assert!(kubernetes_writes(&second).await > 0.0);
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
    assert_eq!(world.azure.cluster_names().await, ["shop"]);
}
