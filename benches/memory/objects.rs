//! What an object costs in the operator's cache, in bytes asked of the allocator.

use std::error::Error;
use std::sync::Arc;

use armature::api::{AksCluster, AksNodePool};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A cluster with forty fields set.
pub const CLUSTER_FIELDS: usize = 40;
/// A pool with ten fields set.
pub const POOL_FIELDS: usize = 10;

/// Bytes that an `AksCluster` with [`CLUSTER_FIELDS`] fields keeps.
pub fn cluster() -> Result<u64, Box<dyn Error>> {
    cost::<AksCluster>(
        "AksCluster",
        &json!({
            "subscriptionId": "00000000-0000-0000-0000-000000000001",
            "resourceGroup": "team-core-prod",
            "location": "westeurope",
            "tags": { "team": "core", "env": "prod" },
            "sku": { "name": "Base", "tier": "Standard" },
            "identity": { "type": "SystemAssigned" },
            "kubernetesVersion": "1.34",
            "dnsPrefix": "prod",
            "networkProfile": {
                "networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium",
                "networkPolicy": "cilium", "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
                "dnsServiceIP": "10.0.0.10", "outboundType": "loadBalancer",
                "loadBalancerProfile": { "managedOutboundIPs": { "count": 2 }, "idleTimeoutInMinutes": 30 },
            },
            "apiServerAccessProfile": { "authorizedIPRanges": ["203.0.113.0/24"], "disableRunCommand": true },
            "aadProfile": { "managed": true, "enableAzureRBAC": true },
            "disableLocalAccounts": true,
            "oidcIssuerProfile": { "enabled": true },
            "autoUpgradeProfile": { "upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage" },
            "autoScalerProfile": { "expander": "least-waste", "scan-interval": "20s" },
            "addonProfiles": { "azurepolicy": { "enabled": true } },
            "securityProfile": {
                "workloadIdentity": { "enabled": true }, "imageCleaner": { "enabled": true, "intervalHours": 48 },
            },
            "storageProfile": { "diskCSIDriver": { "enabled": true }, "blobCSIDriver": { "enabled": true } },
            "workloadAutoScalerProfile": { "keda": { "enabled": true } },
            "azureMonitorProfile": { "metrics": { "enabled": true } },
        }),
        CLUSTER_FIELDS,
    )
}

/// Bytes that an `AksNodePool` with [`POOL_FIELDS`] fields keeps.
pub fn pool() -> Result<u64, Box<dyn Error>> {
    cost::<AksNodePool>(
        "AksNodePool",
        &json!({
            "clusterRef": { "name": "prod" },
            "mode": "User",
            "vmSize": "Standard_D4s_v5",
            "enableAutoScaling": true,
            "minCount": 1,
            "maxCount": 10,
            "osSKU": "AzureLinux",
            "maxPods": 110,
            "availabilityZones": ["1", "2", "3"],
            "nodeLabels": { "team": "core" },
        }),
        POOL_FIELDS,
    )
}

/// Reads the object as a watch does, keeps it as the cache does, and counts what stays allocated. Entries of a map or list
/// belong to the field that holds them.
fn cost<K: DeserializeOwned>(kind: &str, spec: &Value, fields: usize) -> Result<u64, Box<dyn Error>> {
    let counted = leaves(spec);
    if counted != fields {
        return Err(format!("the {kind} has {counted} fields, not {fields}").into());
    }
    let manifest = serde_json::to_vec(&json!({
        "apiVersion": "aks.armature.dev/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": "prod", "namespace": "team-core", "uid": "7f3c1d0e-5f6a-4b8e-9d51-1f0f0c4a2b77",
            "resourceVersion": "1234567", "generation": 3, "creationTimestamp": "2026-09-01T08:00:00Z",
            "finalizers": ["aks.armature.dev/finalizer"],
            "labels": { "app.kubernetes.io/managed-by": "flux" },
        },
        "spec": spec,
    }))?;
    let mut kept = None;
    let allocated = allocation_counter::measure(|| kept = serde_json::from_slice::<K>(&manifest).ok().map(Arc::new));
    match kept {
        Some(_) => Ok(u64::try_from(allocated.bytes_current)?),
        None => Err(format!("the {kind} cannot be read").into()),
    }
}

/// Maps whose keys are the user's.
const MAPS: [&str; 3] = ["tags", "addonProfiles", "nodeLabels"];

fn leaves(value: &Value) -> usize {
    value.as_object().map_or(1, |fields| {
        let own = |(name, value): (&String, &Value)| {
            if MAPS.contains(&name.as_str()) {
                1
            } else {
                leaves(value)
            }
        };
        fields.iter().map(own).sum()
    })
}
