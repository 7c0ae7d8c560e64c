//! The control plane is real, shared where tests want it, and ends with the one that started it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use armature_lab::{ControlPlane, Options, shared};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams};
use kube::runtime::conditions::is_deleted;
use kube::runtime::wait::await_condition;
use kube::{Api, ResourceExt};
use rustix::process::{Pid, test_kill_process};
use serde_json::json;

#[tokio::test]
async fn a_deleted_namespace_goes_away_as_on_a_real_cluster() {
    let cluster = shared().await.unwrap();
    let name = cluster.namespace("gone").await.unwrap();
    let namespaces = Api::<Namespace>::all(cluster.client().await.unwrap());
    let uid = namespaces.get(&name).await.unwrap().uid().unwrap();
    namespaces.delete(&name, &DeleteParams::default()).await.unwrap();
    await_condition(namespaces, &name, is_deleted(&uid)).await.unwrap();
}

#[tokio::test]
async fn tests_on_different_runtimes_share_one_control_plane() {
    let (first, second) = (shared().await.unwrap(), shared().await.unwrap());
    assert_eq!(first.kubeconfig(), second.kubeconfig());
    let (first, second) = (
        first.namespace("same").await.unwrap(),
        second.namespace("same").await.unwrap(),
    );
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_client_can_act_as_somebody_without_rights() {
    let cluster = shared().await.unwrap();
    let client = cluster.client_as("jane", &["viewers"]).await.unwrap();
    let error = Api::<Namespace>::all(client)
        .list(&ListParams::default())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, kube::Error::Api(status) if status.is_forbidden()),
        "{error}"
    );
}

#[tokio::test]
async fn installed_crds_are_served_at_once() {
    let cluster = shared().await.unwrap();
    let crd: CustomResourceDefinition = serde_json::from_value(json!({
        "metadata": { "name": "probes.lab.armature.dev" },
        "spec": {
            "group": "lab.armature.dev",
            "scope": "Namespaced",
            "names": { "kind": "Probe", "plural": "probes", "singular": "probe" },
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object" } },
            }],
        },
    }))
    .unwrap();
    cluster.install_crds(std::slice::from_ref(&crd)).await.unwrap();
    cluster.install_crds(&[crd]).await.unwrap();
    let output = cluster
        .kubectl()
        .unwrap()
        .args(["get", "probes", "-A"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_control_plane_ends_with_its_owner_and_leaves_nothing() {
    let control_plane = ControlPlane::start(Options { controllers: false }).await.unwrap();
    let processes: Vec<u32> = control_plane.processes().iter().map(|(_, pid)| *pid).collect();
    let folder = control_plane.cluster().kubeconfig().parent().unwrap().to_path_buf();
    assert_eq!(processes.len(), 2);
    assert!(processes.iter().all(|pid| runs(*pid)));
    drop(control_plane);
    assert!(!processes.iter().any(|pid| runs(*pid)));
    assert!(!folder.exists());
}

#[test]
fn a_control_plane_ends_when_its_owner_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let script = format!(
        "echo $KUBECONFIG >{0}.new; mv {0}.new {0}; exec sleep 600",
        told.display()
    );
    let mut owner = lab(&["sh", "-c", &script]).spawn().unwrap();
    let kubeconfig = PathBuf::from(wait_for(|| std::fs::read_to_string(&told).ok()).trim());
    let address = server(&kubeconfig);
    TcpStream::connect(&address).unwrap();

    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_for(|| (!kubeconfig.exists()).then_some(()));
    wait_for(|| TcpStream::connect(&address).err());
}

#[test]
fn the_exit_status_of_the_command_is_the_labs_own() {
    assert_eq!(lab(&["sh", "-c", "exit 7"]).status().unwrap().code(), Some(7));
}

#[test]
fn a_missing_binary_is_named_with_the_remedy() {
    let output = lab(&["true"])
        .env("KUBEBUILDER_ASSETS", "/nonexistent")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        text,
        "armature-lab: etcd was not found in /nonexistent: run `make control-plane`, \
         or set KUBEBUILDER_ASSETS to a folder that has it\n"
    );
}

fn lab(command: &[&str]) -> Command {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_armature-lab"));
    lab.arg("with-control-plane").arg("--").args(command);
    lab
}

/// The address of kube-apiserver in a kubeconfig.
fn server(kubeconfig: &Path) -> String {
    let config: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap();
    config["clusters"][0]["cluster"]["server"]
        .as_str()
        .unwrap()
        .trim_start_matches("https://")
        .to_owned()
}

fn runs(pid: u32) -> bool {
    test_kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap()).is_ok()
}

/// Waits for other processes, which no injected clock can hurry.
fn wait_for<T>(probe: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain");
        std::thread::sleep(Duration::from_millis(50));
    }
}
