//! Teams that share an operator: what happens to one holds up no other.

use armature_api::AksCluster;
use armature_api::crds::crds;
use armature_lab::simulator::admin::Requests;
use armature_lab::simulator::fault::{Fault, Injection};
use armature_lab::{ControlPlane, OperatorProcess, Options, SimOptions};
use kube::{Api, ResourceExt};
use serde_json::json;

use crate::world::{INSTALLATION, World};

/// So many clusters are reconciled at the same time.
const SLOTS: usize = 32;
/// More than that.
const MANY: usize = 40;

#[tokio::test]
async fn a_team_whose_reads_hang_keeps_no_other_team_waiting() {
    // A control plane of its own: this operator serves all namespaces.
    let control_plane = ControlPlane::start(Options { controllers: false }).await.unwrap();
    control_plane.cluster().install_crds(&crds()).await.unwrap();
    let mut hanging = World::on(control_plane.cluster().clone(), "hanging", &SimOptions::default()).await;
    let fault = Fault::Delay {
        milliseconds: 3_600_000,
    };
    let reads = Injection::new(fault).method("GET").path("/managedClusters/hanging-");
    hanging.admin().inject(&reads).await.unwrap();
    let other = hanging.management.namespace("other").await.unwrap();
    let line = [
        "--no-leader-elect".to_owned(),
        format!("--operator-namespace={}", hanging.namespace),
        format!("--installation-id={INSTALLATION}"),
        format!("--own-identity-namespaces={},{other}", hanging.namespace),
        "--list-interval=1s".to_owned(),
        "--operation-poll-interval=100ms".to_owned(),
        "--pool-quiet-period=300ms".to_owned(),
    ];
    let environment = hanging.simulator.access().operator_environment();
    let _operator = OperatorProcess::start(&hanging.management, line.to_vec(), environment).unwrap();

    for n in 0..MANY {
        hanging
            .apply(&hanging.cluster(&format!("hanging-{n}"), json!({})))
            .await;
    }
    // All of them have been looked at once: with the next look each asks Azure, and hangs.
    for n in 0..MANY {
        let finalized = |cluster: &AksCluster| !cluster.finalizers().is_empty();
        hanging
            .cluster_until(&format!("hanging-{n}"), "taken up", finalized)
            .await;
    }

    let of_hanging = hanging.clusters.clone();
    hanging.clusters = Api::namespaced(hanging.client.clone(), &other);
    hanging.pools = Api::namespaced(hanging.client.clone(), &other);
    hanging.namespace = other;
    hanging.apply(&hanging.cluster("shop", json!({}))).await;
    hanging.apply(&hanging.system_pool("system", "shop")).await;
    hanging.cluster_until("shop", "looked at", is_told).await;

    // It did not wait until those before it in line had given up.
    let clusters = of_hanging.list(&Default::default()).await.unwrap();
    let given_up = clusters.iter().filter(|cluster| is_told(cluster)).count();
    assert!(given_up < SLOTS, "{given_up} gave up first");
}

/// Whether a pass over the cluster came to anything: a look that succeeded, or one that was given up.
fn is_told(cluster: &AksCluster) -> bool {
    let status = cluster.status.as_ref();
    status.is_some_and(|status| !status.conditions.is_empty())
}

/// With so many operations in a subscription each is asked about every twelve seconds.
const RUNNING: usize = 24;

#[tokio::test]
async fn the_more_operations_run_in_a_subscription_the_less_often_each_is_asked_about() {
    let world = World::with_manual_clock("in-flight").await;
    let _operator = world.operator();
    let names: Vec<String> = (0..RUNNING).map(|n| format!("shop{n}")).collect();
    for name in &names {
        world.apply(&world.cluster(name, json!({}))).await;
        world.apply(&world.system_pool(name, name)).await;
    }
    for name in &names {
        let runs = |cluster: &AksCluster| {
            cluster
                .status
                .as_ref()
                .is_some_and(|status| !status.operations.is_empty())
        };
        world.cluster_until(name, "being created", runs).await;
    }
    let all_run = world.now().await;
    // They come every second, and so would the questions.
    world.lists(6).await;
    let questions = Requests {
        after: Some(all_run),
        path: Some("/operations/".to_owned()),
        ..Requests::default()
    };
    let asked = world.requests(questions).await.len();
    assert!(asked < 3 * RUNNING, "{asked} questions");
}
