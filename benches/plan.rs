//! How long a decision takes: `cargo bench --bench plan` prints microseconds per plan and asserts nothing.

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use armature_api::{AksCluster, AksNodePool};
use armature_plan::desired::{DesiredCluster, DesiredPool};
use armature_plan::live::LiveCluster;
use armature_plan::{Facts, Input, body, plan};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const POOLS: usize = 10;
const BATCHES: u32 = 200;
const BATCH: u32 = 50;
const INSTALLATION: &str = "bench";

fn cluster() -> Result<AksCluster, serde_json::Error> {
    serde_json::from_value(json!({
        "apiVersion": "aks.armature.dev/v1alpha1", "kind": "AksCluster",
        "metadata": {"name": "prod", "namespace": "team"},
        "spec": {
            "subscriptionId": "00000000-0000-0000-0000-000000000001", "resourceGroup": "rg", "location": "westeurope",
            "kubernetesVersion": "1.33", "sku": {"name": "Base", "tier": "Standard"},
            "tags": {"team": "core", "cost": "42", "env": "prod"},
            "identity": {"type": "SystemAssigned"},
            "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "cilium",
                "networkDataplane": "cilium", "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
                "dnsServiceIP": "10.0.0.10", "outboundType": "loadBalancer", "loadBalancerSku": "standard"},
            "apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24", "198.51.100.7"]},
            "aadProfile": {"managed": true, "enableAzureRBAC": true},
            "disableLocalAccounts": true, "oidcIssuerProfile": {"enabled": true},
            "autoUpgradeProfile": {"upgradeChannel": "none", "nodeOSUpgradeChannel": "NodeImage"},
            "autoScalerProfile": {"expander": "least-waste", "scan-interval": "20s"},
            "addonProfiles": {"azurepolicy": {"enabled": true}, "azureKeyvaultSecretsProvider": {"enabled": true}},
            "securityProfile": {"workloadIdentity": {"enabled": true}},
        },
    }))
}

fn pool(number: usize) -> Result<AksNodePool, serde_json::Error> {
    serde_json::from_value(json!({
        "apiVersion": "aks.armature.dev/v1alpha1", "kind": "AksNodePool",
        "metadata": {"name": format!("pool{number}"), "namespace": "team"},
        "spec": {
            "clusterRef": {"name": "prod"}, "mode": if number == 0 { "System" } else { "User" },
            "vmSize": "Standard_D8s_v5", "count": 3, "enableAutoScaling": true, "minCount": 1, "maxCount": 20,
            "osDiskType": "Ephemeral", "availabilityZones": ["1", "2", "3"], "maxPods": 110,
            "nodeLabels": {"team": "core", "tier": "gold"}, "nodeTaints": ["team=core:NoSchedule"],
            "upgradeSettings": {"maxSurge": "33%"}, "tags": {"team": "core"},
        },
    }))
}

/// What Azure has after a create: what was sent, and what it computes.
fn live(cluster: &DesiredCluster, pools: &[DesiredPool]) -> LiveCluster {
    let mut body = body::create_cluster(cluster, pools.iter());
    body["properties"]["provisioningState"] = json!("Succeeded");
    body["properties"]["currentKubernetesVersion"] = json!("1.33.4");
    let profiles = body
        .pointer_mut("/properties/agentPoolProfiles")
        .and_then(Value::as_array_mut);
    for profile in profiles.into_iter().flatten() {
        profile["provisioningState"] = json!("Succeeded");
        profile["orchestratorVersion"] = json!("1.33.4");
        profile["currentOrchestratorVersion"] = json!("1.33.4");
    }
    LiveCluster::new(body)
}

/// Prints the fastest batch, which other work on the machine disturbed least, and the median.
fn measure(name: &str, input: &Input<'_>) {
    let mut batches: Vec<f64> = (0..BATCHES)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..BATCH {
                black_box(plan(black_box(input)));
            }
            start.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    let (fastest, median) = (batches[0], batches[batches.len() / 2]);
    println!("{name:<40} {fastest:>8.1} µs per plan, median {median:>8.1} µs");
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut object = cluster()?;
    let mut objects = (0..POOLS).map(pool).collect::<Result<Vec<_>, _>>()?;
    let now: Timestamp = "2026-09-01T12:00:00Z".parse()?;
    let facts = Facts {
        pools_absent: BTreeSet::new(),
        own_cluster: false,
        resource_group: Some(true),
        offered: None,
        pools_unchanged_since: now,
        running: BTreeSet::new(),
        aborted: Default::default(),
        elsewhere: Vec::new(),
        resting: BTreeSet::new(),
        children_missing: Vec::new(),
        children_leaving: Vec::new(),
        locks: Default::default(),
        definitions_terminating: false,
        secrets: Default::default(),
        previews: Default::default(),
        pool_quiet_period: SignedDuration::from_secs(10),
        pool_delete_grace: SignedDuration::from_secs(15),
    };
    let read = |object: &AksCluster, objects: &[AksNodePool]| {
        let cluster = DesiredCluster::read(object, INSTALLATION)?;
        let pools = objects
            .iter()
            .map(|pool| DesiredPool::read(pool, cluster.policies.management, INSTALLATION))
            .collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Box<dyn Error>>((cluster, pools))
    };

    let (desired, pools) = read(&object, &objects)?;
    let live = live(&desired, &pools);
    let fresh = Input {
        cluster: &desired,
        pools: &pools,
        live: Some(&live),
        facts: &facts,
        now,
    };
    let first = plan(&fresh);
    println!("a cluster with {POOLS} pools");
    measure("nothing differs, nothing on record", &fresh);

    object.status.get_or_insert_default().applied = first.applied.into_status();
    for object in &mut objects {
        let name = armature_plan::desired::azure_name(object);
        if let Some(applied) = first.pools_applied.get(&name) {
            object.status.get_or_insert_default().applied = applied.clone().into_status();
        }
    }
    let (desired, pools) = read(&object, &objects)?;
    measure(
        "nothing differs, everything on record",
        &Input {
            cluster: &desired,
            pools: &pools,
            ..fresh
        },
    );

    object.spec.kubernetes_version = Some("1.35".to_owned());
    object.spec.disable_local_accounts = Some(false);
    objects.iter_mut().for_each(|pool| pool.spec.max_count = Some(30));
    let (desired, pools) = read(&object, &objects)?;
    measure(
        "two minors up and an edit to each pool",
        &Input {
            cluster: &desired,
            pools: &pools,
            ..fresh
        },
    );
    Ok(())
}
