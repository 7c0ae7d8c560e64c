//! Whole objects: what a user writes is what is stored, read and sent.

use armature_api::{AksCluster, AksNodePool};
use kube::Api;
use kube::api::{ListParams, PostParams};
use serde_json::{Value, json};

use crate::cluster::user_assigned;
use crate::harness::Kind::{self, Cluster, Pool};
use crate::harness::{GUID, id, management_cluster};

fn production_cluster() -> Value {
    json!({
        "resourceGroupPolicy": "Create",
        "azureName": "aks-prod",
        "identityRef": { "name": "platform" },
        "tags": { "team": "platform", "empty": "" },
        "sku": { "name": "Base", "tier": "Standard" },
        "identity": user_assigned(),
        "kubernetesVersion": "1.33",
        "dnsPrefix": "prod",
        "powerState": { "code": "Running" },
        "enableRBAC": true,
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkDataplane": "cilium",
            "networkPolicy": "cilium",
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
            "dnsServiceIP": "10.0.0.10",
            "outboundType": "loadBalancer",
            "loadBalancerProfile": { "managedOutboundIPs": { "count": 2 }, "idleTimeoutInMinutes": 30 },
        },
        "apiServerAccessProfile": { "authorizedIPRanges": ["203.0.113.0/24"], "disableRunCommand": true },
        "aadProfile": { "managed": true, "enableAzureRBAC": true, "adminGroupObjectIDs": [GUID] },
        "disableLocalAccounts": true,
        "oidcIssuerProfile": { "enabled": true },
        "autoUpgradeProfile": { "upgradeChannel": "patch", "nodeOSUpgradeChannel": "SecurityPatch" },
        "autoScalerProfile": { "expander": "least-waste", "scan-interval": "20s" },
        "addonProfiles": { "azureKeyvaultSecretsProvider": { "enabled": true, "config": { "enableSecretRotation": "true" } } },
        "securityProfile": { "workloadIdentity": { "enabled": true }, "imageCleaner": { "enabled": true, "intervalHours": 48 } },
        "storageProfile": { "diskCSIDriver": { "enabled": true }, "snapshotController": { "enabled": true } },
        "workloadAutoScalerProfile": { "keda": { "enabled": true } },
        "azureMonitorProfile": { "metrics": { "enabled": true, "kubeStateMetrics": { "metricLabelsAllowlist": "pods=[app]" } } },
        "metricsProfile": { "costAnalysis": { "enabled": true } },
    })
}

fn spot_pool() -> Value {
    json!({
        "versionPolicy": "Lag",
        "deletionProtection": false,
        "mode": "User",
        "vmSize": "Standard_D4s_v5",
        "enableAutoScaling": true,
        "minCount": 0,
        "maxCount": 10,
        "type": "VirtualMachineScaleSets",
        "osType": "Linux",
        "osSKU": "AzureLinux",
        "osDiskSizeGB": 128,
        "osDiskType": "Ephemeral",
        "availabilityZones": ["1", "2"],
        "nodeLabels": { "example.com/tier": "batch" },
        "nodeTaints": ["example.com/batch=true:NoSchedule"],
        "maxPods": 50,
        "vnetSubnetID": id("Microsoft.Network/virtualNetworks/hub/subnets/nodes"),
        "orchestratorVersion": "v1.33.4",
        "scaleSetPriority": "Spot",
        "scaleSetEvictionPolicy": "Delete",
        "spotMaxPrice": 0.05,
        "upgradeSettings": { "drainTimeoutInMinutes": 45, "undrainableNodeBehavior": "Cordon" },
        "kubeletConfig": { "cpuManagerPolicy": "static", "failSwapOn": false },
        "linuxOSConfig": { "sysctls": { "netIpv4TcpkeepaliveIntvl": 30 }, "swapFileSizeMB": 1500 },
        "securityProfile": { "enableVTPM": true, "sshAccess": "EntraId" },
    })
}

/// Creates the object and returns what was asked for and what a typed reader makes of what was stored.
async fn round_trip<K>(kind: Kind, fields: &Value) -> (Value, Value)
where
    K: serde::Serialize + serde::de::DeserializeOwned,
{
    let cluster = management_cluster().await;
    let namespace = cluster.namespace("objects").await.unwrap();
    let api = kind.api(cluster.client().await.unwrap(), &namespace);
    let asked = kind.object("object", fields);
    let stored = api.create(&PostParams::default(), &asked).await.unwrap();
    let read: K = serde_json::from_value(serde_json::to_value(stored).unwrap()).unwrap();
    (
        asked.data["spec"].clone(),
        serde_json::to_value(read).unwrap()["spec"].clone(),
    )
}

#[tokio::test]
async fn the_types_read_and_write_exactly_what_the_user_wrote() {
    let (asked, read) = round_trip::<AksCluster>(Cluster, &production_cluster()).await;
    assert_eq!(asked, read);
    let (asked, read) = round_trip::<AksNodePool>(Pool, &spot_pool()).await;
    assert_eq!(asked, read);
}

#[tokio::test]
async fn a_null_means_the_same_as_an_absent_field() {
    let cluster = management_cluster().await;
    let namespace = cluster.namespace("objects").await.unwrap();
    let api = Cluster.api(cluster.client().await.unwrap(), &namespace);
    let mut object = Cluster.object("nulls", &json!({}));
    object.data["spec"]["dnsPrefix"] = Value::Null;
    object.data["spec"]["networkProfile"] = json!({ "podCidr": null });
    let stored = api.create(&PostParams::default(), &object).await.unwrap();
    assert_eq!(stored.data["spec"].get("dnsPrefix"), None);
    assert_eq!(stored.data["spec"]["networkProfile"], json!({}));
}

#[tokio::test]
async fn a_new_object_is_not_yet_observed() {
    let cluster = management_cluster().await;
    let namespace = cluster.namespace("objects").await.unwrap();
    let api = Pool.api(cluster.client().await.unwrap(), &namespace);
    let stored = api
        .create(&PostParams::default(), &Pool.object("new", &json!({})))
        .await
        .unwrap();
    assert_eq!(stored.data["status"], json!({ "observedGeneration": -1 }));
}

#[tokio::test]
async fn pools_are_found_by_the_name_of_their_cluster() {
    let cluster = management_cluster().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("objects").await.unwrap(),
    );
    let api = Pool.api(client.clone(), &namespace);
    for (name, owner) in [("one", "prod"), ("two", "prod"), ("three", "test")] {
        let pool = Pool.object(name, &json!({ "clusterRef": { "name": owner } }));
        api.create(&PostParams::default(), &pool).await.unwrap();
    }
    let pools = Api::<AksNodePool>::namespaced(client, &namespace);
    let found = pools
        .list(&ListParams::default().fields("spec.clusterRef.name=prod"))
        .await
        .unwrap();
    assert_eq!(found.items.len(), 2);
}
