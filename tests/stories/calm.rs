//! When nothing is to be done, nothing is done; and what is lost in Kubernetes is found in Azure.

use std::collections::BTreeMap;

use armature_lab::simulator::admin::Requests;
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::look;
use crate::world::World;

const LISTS: &str = "ManagedClusters_List";

/// Manifests with about everything that production clusters set.
fn rich(world: &World) -> Vec<Value> {
    let cluster = json!({
        "tags": { "team": "shop", "cost": "42" },
        "sku": { "name": "Base", "tier": "Standard" },
        "dnsPrefix": "shop",
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkDataplane": "cilium",
            "networkPolicy": "cilium",
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
            "dnsServiceIP": "10.0.0.10",
            "outboundType": "loadBalancer",
            "loadBalancerSku": "standard",
        },
        "apiServerAccessProfile": { "authorizedIPRanges": ["203.0.113.0/24", "198.51.100.0/24"] },
        "oidcIssuerProfile": { "enabled": true },
        "securityProfile": { "workloadIdentity": { "enabled": true } },
        "autoUpgradeProfile": { "upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage" },
        "autoScalerProfile": { "expander": "least-waste", "scan-interval": "20s" },
        "addonProfiles": { "azurepolicy": { "enabled": true } },
        "storageProfile": { "blobCSIDriver": { "enabled": true } },
    });
    let apps = json!({
        "enableAutoScaling": true,
        "minCount": 1,
        "maxCount": 5,
        "nodeLabels": { "tier": "web" },
        "nodeTaints": ["team=shop:NoSchedule"],
        "availabilityZones": ["3", "1"],
        "maxPods": 60,
        "osDiskSizeGB": 128,
        "upgradeSettings": { "maxSurge": "33%" },
        "tags": { "team": "shop" },
        "count": 2,
    });
    vec![
        world.cluster("shop", cluster),
        world.system_pool("system", "shop"),
        world.pool("apps", "shop", apps),
    ]
}

async fn versions(world: &World) -> BTreeMap<String, String> {
    let clusters = world.clusters.list(&Default::default()).await.unwrap();
    let pools = world.pools.list(&Default::default()).await.unwrap();
    let version = |object: &dyn Fn() -> (String, Option<String>)| {
        let (name, version) = object();
        (name, version.unwrap())
    };
    let clusters = clusters
        .iter()
        .map(|object| version(&|| (object.name_any(), object.resource_version())));
    let pools = pools
        .iter()
        .map(|object| version(&|| (object.name_any(), object.resource_version())));
    clusters.chain(pools).collect()
}

#[tokio::test]
async fn in_the_steady_state_there_is_one_list_an_interval_and_no_write_at_all() {
    let world = World::new("calm").await;
    let operator = world.operator();
    for manifest in rich(&world) {
        world.apply(&manifest).await;
    }
    world.ready("shop").await;
    // The first LIST after the last write still shows something new.
    world.lists(1).await;
    let (before, objects) = (world.now().await, versions(&world).await);
    let writes = look::kube_writes(&operator).await;

    world.lists(4).await;
    let asked = world
        .requests(Requests {
            after: Some(before),
            ..Requests::default()
        })
        .await;
    let other: Vec<String> = asked
        .iter()
        .filter(|request| request.call != LISTS)
        .map(look::brief)
        .collect();
    assert_eq!(other, Vec::<String>::new());
    assert_eq!(versions(&world).await, objects);
    assert_eq!(look::kube_writes(&operator).await, writes);
}

#[tokio::test]
async fn a_restart_costs_no_write() {
    let world = World::new("restart").await;
    let mut operator = world.operator();
    for manifest in rich(&world) {
        world.apply(&manifest).await;
    }
    world.ready("shop").await;
    world.lists(1).await;
    let (before, objects) = (world.now().await, versions(&world).await);

    operator.restart().unwrap();
    operator.ready().await.unwrap();
    world.lists(2).await;
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());
    assert_eq!(versions(&world).await, objects);
}

#[tokio::test]
async fn with_all_of_kubernetes_lost_the_same_manifests_write_nothing_to_azure() {
    let world = World::new("lost").await;
    let mut operator = world.operator();
    let manifests = rich(&world);
    for manifest in &manifests {
        world.apply(manifest).await;
    }
    world.ready("shop").await;
    operator.kill();
    let created = world.now().await;

    world.lose("shop", &["system", "apps"]).await;

    for manifest in &manifests {
        world.apply(manifest).await;
    }
    operator.restart().unwrap();
    let cluster = world.ready("shop").await;
    world.lists(2).await;
    assert_eq!(world.writes_after(created).await, Vec::<String>::new());
    let status = cluster.status.unwrap();
    assert_eq!(status.adopted, Some(false));
    assert!(status.applied.contains_key("sku.tier"), "{:?}", status.applied);
}
