//! Several replicas of the built operator on a real API server: one leads, and what becomes of the others.
#![allow(clippy::expect_used)]

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use armature_lab::ManagementCluster;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::wait::await_condition;
use serde_json::json;

const LEASE: &str = "armature-leader";
/// The shortest that the operator accepts, so that the tests wait little.
const LEASE_DURATION: &str = "2s";
/// Far more than any of the steps takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A replica that ends with the test.
struct Replica(Child);

impl Replica {
    fn start(cluster: &ManagementCluster, namespace: &str, name: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_armature"))
            .args(["run", "--credential", "none", "--admin-address", "127.0.0.1:0"])
            .args(["--operator-namespace", namespace, "--namespace", namespace])
            .args(["--replica-name", name, "--lease-duration", LEASE_DURATION])
            .env_clear()
            .env("KUBECONFIG", cluster.kubeconfig())
            .stderr(Stdio::null())
            .spawn()
            .expect("the operator starts");
        Self(child)
    }

    fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.0.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// How it ends by itself.
    async fn end(mut self) -> ExitStatus {
        tokio::task::spawn_blocking(move || self.0.wait().expect("the operator is our child"))
            .await
            .expect("it ends")
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // One that has ended already needs no killing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the lease names `holder`, or nobody.
async fn held_by(leases: &Api<Lease>, holder: Option<&str>) {
    let condition = |lease: Option<&Lease>| {
        lease
            .and_then(|lease| lease.spec.as_ref())
            .is_some_and(|spec| spec.holder_identity.as_deref() == holder)
    };
    let wait = await_condition(leases.clone(), LEASE, condition);
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("the lease changes hands")
        .expect("the API server answers");
}

async fn stage(prefix: &str) -> (ManagementCluster, String, Api<Lease>) {
    let cluster = armature_lab::shared().await.expect("a control plane");
    let namespace = cluster.namespace(prefix).await.expect("a namespace");
    let leases = Api::namespaced(cluster.client().await.expect("a client"), &namespace);
    (cluster, namespace, leases)
}

#[tokio::test]
async fn a_standby_replica_takes_over_from_a_killed_leader() {
    let (cluster, namespace, leases) = stage("replicas").await;
    let one = Replica::start(&cluster, &namespace, "one");
    held_by(&leases, Some("one")).await;
    let _two = Replica::start(&cluster, &namespace, "two");
    drop(one);
    held_by(&leases, Some("two")).await;
}

#[tokio::test]
async fn a_leader_asked_to_end_gives_its_lease_back() {
    let (cluster, namespace, leases) = stage("replicas").await;
    let one = Replica::start(&cluster, &namespace, "one");
    held_by(&leases, Some("one")).await;
    one.terminate();
    assert!(one.end().await.success());
    held_by(&leases, None).await;
}

#[tokio::test]
async fn a_leader_that_lost_its_lease_ends_with_an_error() {
    let (cluster, namespace, leases) = stage("replicas").await;
    let one = Replica::start(&cluster, &namespace, "one");
    held_by(&leases, Some("one")).await;
    let thief = json!({ "spec": { "holderIdentity": "thief" } });
    leases
        .patch(LEASE, &PatchParams::default(), &Patch::Merge(thief))
        .await
        .expect("the lease is changed");
    assert_eq!(one.end().await.code(), Some(1));
}
