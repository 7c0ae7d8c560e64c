//! The examples, as a newcomer applies them: every object gets ready, and then nothing differs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use armature::api::REQUESTED_AT_ANNOTATION;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::children::all_ready;
use crate::look;
use crate::world::World;

/// The subscription in all examples.
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The manifests in a folder, one after the other.
fn manifests(name: &str) -> String {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let texts: Vec<String> = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    texts.join("\n---\n")
}

impl World {
    /// What Kustomize makes of a folder.
    async fn kustomized(&self, name: &str) -> String {
        let mut kubectl = tokio::process::Command::from(self.management.kubectl().unwrap());
        let output = kubectl.arg("kustomize").arg(folder(name)).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Applies manifests in the subscription of this world.
    async fn apply_example(&self, manifests: &str) {
        let manifests = manifests.replace(SUBSCRIPTION, &self.simulator.access().subscription);
        let mut kubectl = tokio::process::Command::from(self.management.kubectl().unwrap());
        kubectl.args([
            "--namespace",
            &self.namespace,
            "apply",
            "--server-side",
            "--validate=strict",
            "-f",
            "-",
        ]);
        let mut apply = kubectl
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = apply.stdin.take().unwrap();
        input.write_all(manifests.as_bytes()).await.unwrap();
        drop(input);
        let output = apply.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Waits until every cluster of the namespace, its pools and what hangs on it are ready, asks for a look at
    /// everything, and sees that nothing is written.
    async fn settles(&self) {
        for cluster in self.clusters.list(&Default::default()).await.unwrap() {
            let name = cluster.name_any();
            self.ready(&name).await;
            if has_children(&cluster) {
                self.cluster_until(&name, "ready with its children", all_ready).await;
            }
            let written = self.now().await;
            let request = json!({ "metadata": { "annotations": { REQUESTED_AT_ANNOTATION: "now" } } });
            let params = PatchParams::default();
            self.clusters
                .patch(&name, &params, &Patch::Merge(request))
                .await
                .unwrap();
            self.cluster_until(&name, "looked at", |cluster| {
                let status = cluster.status.as_ref();
                status.and_then(|status| status.last_handled_reconcile_at.as_deref()) == Some("now")
                    && look::is_ready(cluster)
                    && look::is(cluster, "InSync", "True")
            })
            .await;
            self.lists(2).await;
            assert_eq!(self.all_writes_after(written).await, Vec::<String>::new());
        }
    }
}

fn has_children(cluster: &armature::api::AksCluster) -> bool {
    let spec = serde_json::to_value(&cluster.spec).unwrap();
    spec.as_object()
        .unwrap()
        .keys()
        .any(|field| armature::plan::children::kind(field).is_some())
}

#[tokio::test]
async fn the_quickstart_gets_ready_and_stays_as_it_is() {
    let world = World::new("example-quickstart").await;
    let _operator = world.operator();
    world.apply_example(&manifests("quickstart")).await;
    world.settles().await;
}

#[tokio::test]
async fn the_minimal_cluster_gets_ready_and_stays_as_it_is() {
    let world = World::new("example-minimal").await;
    let _operator = world.operator();
    world.apply_example(&manifests("minimal")).await;
    world.settles().await;
}

#[tokio::test]
async fn an_overlay_renames_everything_and_the_names_still_find_each_other() {
    let world = World::new("example-overlay").await;
    let _operator = world.operator();
    world
        .apply_example(&world.kustomized("kustomize/overlays/staging").await)
        .await;
    world.settles().await;
    let cluster = world.clusters.get("staging-shop").await.unwrap();
    let windows: Vec<String> = cluster.spec.maintenance_configurations.unwrap().into_keys().collect();
    assert_eq!(windows, ["aksManagedNodeOSUpgradeSchedule", "default"]);
    let secret = cluster.spec.windows_profile.unwrap().admin_password.unwrap().name;
    assert!(secret.starts_with("staging-windows-admin-"), "{secret}");
}

#[tokio::test]
async fn windows_gpu_and_spot_pools_get_ready_and_stay_as_they_are() {
    let world = World::new("example-special").await;
    let _operator = world.operator();
    world.apply_example(&manifests("special-pools")).await;
    world.settles().await;
    let pool = world.pools.get("spot").await.unwrap();
    let id = pool.status.unwrap().resource_id.unwrap();
    let spot = world.azure.resource(&id, "2026-08-01").await.unwrap();
    assert_eq!(spot["properties"]["scaleSetPriority"], "Spot");
}
