//! Rules about what a manifest says beyond its fields.

use serde_json::{Value, json};

use crate::harness::Kind::{Cluster, Pool};
use crate::harness::{Case, case};

fn at(path: &str) -> Value {
    json!({ "overrides": [{ "path": path, "value": { "mode": "IPVS", "list": [1, "a"] } }] })
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            Cluster,
            "this has to be a path such as",
            at("networkProfile.kubeProxyConfig"),
            at("networkProfile..kubeProxyConfig"),
        ),
        case(
            Pool,
            "this has to be a path such as",
            json!({ "clear": ["nodeLabels[team.example.com/name]"] }),
            json!({ "clear": ["nodeLabels[]"] }),
        ),
        case(
            Cluster,
            "remove is true or absent",
            json!({ "overrides": [{ "path": "kind", "remove": true }] }),
            json!({ "overrides": [{ "path": "kind", "remove": false }] }),
        ),
        case(
            Cluster,
            "clear names a property that this manifest sets",
            json!({ "clear": ["disableLocalAccounts"], "supportPlan": "KubernetesOfficial" }),
            json!({ "clear": ["supportPlan"], "supportPlan": "KubernetesOfficial" }),
        ),
        case(
            Pool,
            "clear names a property that this manifest sets",
            json!({ "clear": ["nodeLabels"], "count": 1 }),
            json!({ "clear": ["nodeLabels"], "nodeLabels": { "a": "b" } }),
        ),
        case(
            Cluster,
            "this has to be an api-version",
            json!({ "armApiVersion": "2026-08-02-preview" }),
            json!({ "armApiVersion": "preview" }),
        ),
        case(
            Cluster,
            "this has to be the name of a feature",
            json!({ "previewFeatures": ["KubeProxyConfigurationPreview"] }),
            json!({ "previewFeatures": ["Microsoft.ContainerService/KubeProxyConfigurationPreview"] }),
        ),
    ];
    let refused = [
        "id",
        "name",
        "location",
        "properties.dnsPrefix",
        "agentPoolProfiles",
        "kubernetesVersion",
        "tags[armature-owner]",
        "windowsProfile.adminPassword",
    ];
    cases.extend(refused.map(|path| {
        let says = "names, ids, location, versions, power state";
        case(Cluster, says, at("tags[team]"), at(path))
    }));
    cases
}
