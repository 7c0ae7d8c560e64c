//! What the tests of several folders start from.

use armature_api::AksCluster;
use serde_json::{Map, Value, json};

/// A cluster `prod` whose spec has the given lines of YAML besides what every one has.
pub fn cluster(spec: &str) -> AksCluster {
    let mut object = json!({
        "apiVersion": "aks.armature.dev/v1alpha1",
        "kind": "AksCluster",
        "metadata": {"name": "prod", "namespace": "team"},
        "spec": {
            "subscriptionId": "00000000-0000-0000-0000-000000000001",
            "resourceGroup": "rg",
            "location": "eastus",
            "kubernetesVersion": "1.33",
        },
    });
    if !spec.is_empty() {
        let lines: Map<String, Value> = serde_saphyr::from_str(spec).unwrap();
        object["spec"].as_object_mut().unwrap().extend(lines);
    }
    serde_json::from_value(object).unwrap()
}
