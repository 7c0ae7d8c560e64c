//! What an object costs in the operator's cache, in bytes asked of the allocator.

use std::error::Error;
use std::sync::Arc;

use armature::reconcile::cache;
use armature_api::{AksCluster, AksNodePool};
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A cluster with forty fields set.
pub const CLUSTER_FIELDS: usize = 40;
/// A pool with ten fields set.
pub const POOL_FIELDS: usize = 10;

/// What an object costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Bytes of the manifest.
    pub manifest: u64,
    /// Bytes with the status of an object that is Ready, and the record of what Azure confirmed for each field.
    #[allow(dead_code, reason = "the test asks for the manifest alone")]
    pub with_status: u64,
}

/// What an `AksCluster` with [`CLUSTER_FIELDS`] fields keeps.
pub fn cluster() -> Result<Cost, Box<dyn Error>> {
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
            "storageProfile": {
                "diskCSIDriver": { "enabled": true }, "fileCSIDriver": { "enabled": true },
                "blobCSIDriver": { "enabled": true }, "snapshotController": { "enabled": true },
            },
            "workloadAutoScalerProfile": { "keda": { "enabled": true } },
            "azureMonitorProfile": { "metrics": { "enabled": true } },
            "metricsProfile": { "costAnalysis": { "enabled": true } },
        }),
        CLUSTER_FIELDS,
    )
}

/// What an `AksNodePool` with [`POOL_FIELDS`] fields keeps.
pub fn pool() -> Result<Cost, Box<dyn Error>> {
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

/// Entries of a map or list belong to the field that holds them.
fn cost<K>(kind: &str, spec: &Value, fields: usize) -> Result<Cost, Box<dyn Error>>
where
    K: Resource + DeserializeOwned,
{
    let paths = leaves("", spec);
    if paths.len() != fields {
        return Err(format!("the {kind} has {} fields, not {fields}", paths.len()).into());
    }
    let mut object = manifest(kind, spec);
    let manifest = kept::<K>(&object)?;
    object["status"] = status(&paths);
    Ok(Cost {
        manifest,
        with_status: kept::<K>(&object)?,
    })
}

/// Reads the object as a watch does, keeps it as the cache does, and counts what stays allocated.
fn kept<K>(object: &Value) -> Result<u64, Box<dyn Error>>
where
    K: Resource + DeserializeOwned,
{
    let text = serde_json::to_vec(object)?;
    let mut kept = None;
    let allocated = allocation_counter::measure(|| {
        let read = serde_json::from_slice::<K>(&text);
        kept = Some(read.map(|mut object| {
            cache::trim(&mut object);
            Arc::new(object)
        }));
    });
    kept.transpose()?;
    Ok(u64::try_from(allocated.bytes_current)?)
}

/// An object as the API server sends it after `kubectl apply`, before the operator has seen it.
fn manifest(kind: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "aks.armature.dev/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": "prod", "namespace": "team-core", "uid": "7f3c1d0e-5f6a-4b8e-9d51-1f0f0c4a2b77",
            "resourceVersion": "1234567", "generation": 3, "creationTimestamp": "2026-09-01T08:00:00Z",
            "finalizers": ["aks.armature.dev/finalizer"],
            "labels": { "app.kubernetes.io/managed-by": "flux" },
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": spec.to_string() },
            "managedFields": [{
                "manager": "kubectl", "operation": "Update", "apiVersion": "aks.armature.dev/v1alpha1",
                "time": "2026-09-01T08:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": spec },
            }],
        },
        "spec": spec,
    })
}

/// What the operator writes when all is well.
fn status(paths: &[String]) -> Value {
    let condition = |name: &str, status: &str| {
        json!({
            "type": name, "status": status, "reason": "UpToDate", "message": "Azure matches the manifest",
            "lastTransitionTime": "2026-09-01T08:10:00Z", "observedGeneration": 3,
        })
    };
    json!({
        "observedGeneration": 3,
        "conditions": [condition("Ready", "True"), condition("InSync", "True"), condition("Supported", "True")],
        "resourceId": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/team-core-prod/providers/\
                       Microsoft.ContainerService/managedClusters/prod",
        "provisioningState": "Succeeded",
        "powerState": "Running",
        "kubernetesVersion": "1.34",
        "currentKubernetesVersion": "1.34.2",
        "applied": paths.iter().map(|path| (path.clone(), json!("3f9a0c41d2e8"))).collect::<serde_json::Map<_, _>>(),
    })
}

/// Maps whose keys are the user's.
const MAPS: [&str; 3] = ["tags", "addonProfiles", "nodeLabels"];

/// The paths of the fields below one.
fn leaves(path: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) if !MAPS.contains(&path) => {
            let below = |(name, value): (&String, &Value)| match path {
                "" => leaves(name, value),
                path => leaves(&format!("{path}.{name}"), value),
            };
            fields.iter().flat_map(below).collect()
        }
        _ => vec![path.to_owned()],
    }
}
