//! The examples, as a newcomer applies them: every object gets ready, and then nothing differs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use armature_api::AksCluster;
use armature_plan::children::KINDS;
use kube::ResourceExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::children::{all_ready, looked};
use crate::look;
use crate::world::World;

/// The subscription in all examples.
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// API version of networks.
const NETWORK: &str = "2026-03-01";

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
            if !kinds(&cluster).is_empty() {
                self.cluster_until(&name, "ready with its children", all_ready).await;
            }
            let written = self.now().await;
            self.request_reconcile(&name).await;
            self.cluster_until(&name, "looked at", |cluster| {
                looked(cluster) && look::is_ready(cluster) && look::is(cluster, "InSync", "True")
            })
            .await;
            self.lists(2).await;
            assert_eq!(self.all_writes_after(written).await, Vec::<String>::new());
        }
    }
}

impl World {
    /// What `examples/production/prerequisites.md` asks for.
    async fn make_prerequisites(&self) {
        for group in ["shop-network", "shop-shared", "shop-monitoring"] {
            self.azure.make_group(group).await;
        }
        let table = self.resource("shop-network", "Microsoft.Network/routeTables/shop");
        let to_firewall = json!({
            "name": "out",
            "properties": {
                "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.1.255.4",
            },
        });
        let network = self.resource("shop-network", "Microsoft.Network/virtualNetworks/shop");
        let space = json!({ "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] } });
        let nodes = json!({ "addressPrefix": "10.1.0.0/20", "routeTable": { "id": table } });
        let here = |properties: Value| json!({ "location": "westeurope", "properties": properties });
        for (id, version, body) in [
            (table.clone(), NETWORK, here(json!({ "routes": [to_firewall] }))),
            (network.clone(), NETWORK, here(space)),
            (
                format!("{network}/subnets/nodes"),
                NETWORK,
                json!({ "properties": nodes }),
            ),
            (
                self.resource(
                    "shop-network",
                    "Microsoft.ManagedIdentity/userAssignedIdentities/shop-prod",
                ),
                "2024-11-30",
                json!({ "location": "westeurope" }),
            ),
            (
                self.resource(
                    "shop-shared",
                    "Microsoft.ManagedIdentity/userAssignedIdentities/checkout",
                ),
                "2024-11-30",
                json!({ "location": "westeurope" }),
            ),
            (
                self.resource("shop-shared", "Microsoft.ContainerRegistry/registries/shopimages"),
                "2025-11-01",
                json!({ "location": "westeurope", "sku": { "name": "Premium" } }),
            ),
            (
                self.resource("shop-monitoring", "Microsoft.OperationalInsights/workspaces/shop"),
                "2025-07-01",
                here(json!({ "sku": { "name": "PerGB2018" } })),
            ),
            (
                self.resource("shop-monitoring", "Microsoft.Monitor/accounts/shop"),
                "2025-10-03",
                here(json!({})),
            ),
        ] {
            self.azure.make(&id, version, body).await;
        }
    }

    fn resource(&self, group: &str, type_and_name: &str) -> String {
        let subscription = self.azure.subscription_scope();
        format!("{subscription}/resourceGroups/{group}/providers/{type_and_name}")
    }
}

/// The kinds of children that a manifest has.
fn kinds(cluster: &AksCluster) -> Vec<&'static str> {
    let spec = serde_json::to_value(&cluster.spec).unwrap();
    let fields = KINDS.iter().map(|kind| kind.field);
    fields.filter(|field| spec.get(field).is_some()).collect()
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
    let pool = world.pools.get("workshop-spot").await.unwrap();
    let id = pool.status.unwrap().resource_id.unwrap();
    let spot = world.azure.resource(&id, "2026-08-01").await.unwrap();
    assert_eq!(spot["properties"]["scaleSetPriority"], "Spot");
}

#[tokio::test]
async fn the_production_baseline_gets_ready_with_all_that_hangs_on_it_and_stays_as_it_is() {
    let world = World::new("example-production").await;
    world.make_prerequisites().await;
    let _operator = world.operator();
    world.apply_example(&manifests("production")).await;
    world.settles().await;
    let cluster = world.clusters.get("shop-prod").await.unwrap();
    assert_eq!(kinds(&cluster).len(), 8);
    let lines = cluster.status.as_ref().unwrap().children.keys();
    let with_lines: BTreeSet<&str> = lines.filter_map(|key| Some(key.split_once('/')?.0)).collect();
    assert_eq!(with_lines, kinds(&cluster).into_iter().collect());
}
