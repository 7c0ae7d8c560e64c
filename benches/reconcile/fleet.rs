//! Clusters that Azure has already, and the manifests that describe them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use armature_api::{AksCluster, AksNodePool};
use armature_lab::Simulator;
use armature_lab::simulator::admin::Seed;
use armature_plan::status::conditions::{READY, find};
use futures::{StreamExt, TryStreamExt, stream};
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::meter::until;
use crate::{Arguments, Failure};

/// The installation of the operator that is measured.
pub const INSTALLATION: &str = "bench";
/// Where the clusters are.
const GROUP: &str = "fleet";
const LOCATION: &str = "westeurope";
/// Requests to the Kubernetes API at the same time.
const PARALLEL: usize = 16;
/// How long objects may take to become ready.
const PATIENCE: Duration = Duration::from_secs(300);

/// What every cluster of the fleet is set to, flat as in a manifest.
fn settings() -> Value {
    json!({
        "networkProfile": {
            "networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "cilium",
            "networkDataplane": "cilium", "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
            "dnsServiceIP": "10.0.0.10", "outboundType": "loadBalancer", "loadBalancerSku": "standard",
        },
        "disableLocalAccounts": true,
        "aadProfile": {"managed": true, "enableAzureRBAC": true},
        "oidcIssuerProfile": {"enabled": true},
        "securityProfile": {"workloadIdentity": {"enabled": true}},
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"},
        "autoScalerProfile": {"expander": "least-waste", "scan-interval": "20s"},
        "addonProfiles": {"azurepolicy": {"enabled": true}},
    })
}

/// What every pool is set to.
fn pool_settings() -> Value {
    json!({
        "vmSize": "Standard_D4s_v5", "count": 1, "enableAutoScaling": true, "minCount": 1, "maxCount": 9,
        "availabilityZones": ["1", "2", "3"], "nodeLabels": {"team": "core", "tier": "gold"},
        "upgradeSettings": {"maxSurge": "33%"},
    })
}

/// Puts clusters with pools into Azure as this operator would have made them. Returns their names.
pub async fn seed(simulator: &Simulator, namespace: &str, arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let owner = |name: &str| {
        BTreeMap::from([(
            "armature-owner".to_owned(),
            format!("{INSTALLATION}/{namespace}/{name}"),
        )])
    };
    let seed = Seed {
        clusters: arguments.clusters,
        pools: arguments.pools,
        resource_group: GROUP.to_owned(),
        location: LOCATION.to_owned(),
        prefix: "c".to_owned(),
        tags: owner("{name}"),
        pool_tags: owner("{name}-{pool}"),
        cluster: json!({"properties": settings()}),
        pool: pool_settings(),
    };
    let ids = simulator.admin().seed(&seed).await?;
    let name = |id: &String| Some(id.rsplit_once('/')?.1.to_owned());
    Ok(ids.iter().filter_map(name).collect())
}

/// The manifest of a cluster.
///
/// # Errors
/// When the settings do not fit the type.
pub fn cluster(simulator: &Simulator, name: &str) -> Result<AksCluster, serde_json::Error> {
    let ours = json!({
        "subscriptionId": simulator.access().subscription, "resourceGroup": GROUP, "location": LOCATION,
        "resourceGroupPolicy": "Create", "identity": {"type": "SystemAssigned"}, "dnsPrefix": name,
    });
    object("AksCluster", name, ours, settings())
}

/// The manifest of pool `number` of a cluster, from 1; the first is the System pool. Its name in Azure is the one that
/// a seeded cluster has.
///
/// # Errors
/// When the settings do not fit the type.
pub fn pool(cluster: &str, number: u32) -> Result<AksNodePool, serde_json::Error> {
    let (name, mode) = match number {
        1 => ("system".to_owned(), "System"),
        _ => (format!("pool{number}"), "User"),
    };
    let ours = json!({"clusterRef": {"name": cluster}, "azureName": name, "mode": mode});
    object("AksNodePool", &format!("{cluster}-{name}"), ours, pool_settings())
}

fn object<K: DeserializeOwned>(kind: &str, name: &str, mut spec: Value, more: Value) -> Result<K, serde_json::Error> {
    if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
        spec.extend(more);
    }
    serde_json::from_value(json!({
        "apiVersion": "aks.armature.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec,
    }))
}

/// Applies manifests to a namespace.
pub async fn apply<K>(api: &Api<K>, objects: Vec<K>) -> Result<(), Failure>
where
    K: Clone + Debug + DeserializeOwned + Serialize,
{
    let params = PostParams::default();
    let created = stream::iter(&objects).map(|object| api.create(&params, object));
    created.buffer_unordered(PARALLEL).try_collect::<Vec<K>>().await?;
    Ok(())
}

/// Wakes every cluster without giving it anything to do.
pub async fn touch(api: &Api<AksCluster>, names: &[String], round: u32) -> Result<(), Failure> {
    let patch = Patch::Merge(json!({"metadata": {"labels": {"round": round.to_string()}}}));
    let params = PatchParams::default();
    let touched = stream::iter(names).map(|name| api.patch(name, &params, &patch));
    touched
        .buffer_unordered(PARALLEL)
        .try_collect::<Vec<AksCluster>>()
        .await?;
    Ok(())
}

/// Waits until so many clusters are ready, with all their pools.
pub async fn ready(api: &Api<AksCluster>, clusters: usize) -> Result<(), Failure> {
    until("all clusters are ready", PATIENCE, async || {
        let listed = api.list(&ListParams::default()).await?;
        Ok(listed.iter().filter(|cluster| is_ready(cluster)).count() == clusters)
    })
    .await
}

fn is_ready(cluster: &AksCluster) -> bool {
    let Some(status) = &cluster.status else { return false };
    let ready = find(&status.conditions, READY).is_some_and(|ready| ready.status == "True");
    ready && status.pools.as_ref().is_some_and(|pools| pools.ready == pools.total)
}
