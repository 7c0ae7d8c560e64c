//! Values as users give them.

use serde_json::{Value, json};

pub const GUID: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

/// The least that a user has to give.
pub fn smallest() -> Value {
    json!({
        "image": { "repository": "registry.example.com/armature" },
        "azure": { "tenantId": GUID, "clientId": GUID },
    })
}

/// The least without any Azure of its own.
pub fn without_identity() -> Value {
    json!({
        "image": { "repository": "registry.example.com/armature" },
        "azure": { "credential": "none" },
        "installationId": "test",
    })
}

/// Sets that together turn every switch and choose every alternative.
pub fn sets() -> Vec<(&'static str, Value)> {
    let image = json!({ "repository": "registry.example.com/armature" });
    let custom = json!({
        "image": { "repository": "registry.example.com/armature", "digest": format!("sha256:{}", "0".repeat(64)) },
        "installationId": "prod-weu",
        "ownClusterId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/hub/providers/Microsoft.ContainerService/managedClusters/hub",
        "azure": {
            "cloud": "custom",
            "armEndpoint": "https://management.local.example",
            "authorityHost": "https://login.local.example",
            "audience": "https://management.core.example",
            "credential": "client-secret",
            "namespaces": ["shop", "till"],
            "subscriptions": [GUID],
            "resourceGroups": ["rg-shop", "Hub_(1)"],
            "allowPreview": true,
            "tenantId": GUID,
            "clientId": GUID,
            "clientSecret": { "name": "sign-in" },
            "certificates": { "configMap": "proxy-ca" },
        },
        "timing": { "listInterval": "1m", "operationPollInterval": "10s", "poolQuietPeriod": "0s", "poolDeleteGrace": "2m30s" },
        "log": { "format": "text", "level": "info,armature_arm=debug" },
        "secrets": { "namespaces": ["*"] },
        "env": [{ "name": "HTTPS_PROXY", "value": "http://proxy.example:3128" }],
    });
    let surroundings = json!({
        "image": image,
        "imagePullSecrets": ["registry"],
        "azure": { "credential": "managed-identity", "cloud": "us-government", "namespaces": ["*"] },
        "rbac": { "readSecrets": ["sign-in"] },
        "secrets": { "namespaces": ["team", "default"], "fingerprintKey": "armature-key" },
        "serviceAccount": { "name": "fleet", "annotations": { "example.com/team": "platform" } },
        "metrics": { "serviceMonitor": { "enabled": true, "labels": { "release": "prometheus" } } },
        "networkPolicy": { "enabled": true, "scrapers": [{ "namespaceSelector": {} }] },
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": { "kubernetes.io/os": "linux" },
        "tolerations": [{ "operator": "Exists" }],
        "affinity": { "nodeAffinity": {} },
        "podLabels": { "team": "platform" },
        "podAnnotations": { "example.com/scrape": "yes" },
    });
    let bare = json!({
        "image": image,
        "replicas": 1,
        "azure": { "credential": "none" },
        "watchNamespace": "team",
        "crds": { "install": false },
        "admissionPolicy": { "install": false },
        "rbac": { "readSecrets": [] },
        "secrets": { "namespaces": ["*"] },
        "networkPolicy": { "enabled": true },
        "fullnameOverride": "fleet",
    });
    vec![
        ("smallest", smallest()),
        ("custom cloud", custom),
        ("surroundings", surroundings),
        ("bare", bare),
    ]
}

/// Values that are refused, and a part of what helm says about them.
pub fn refused() -> Vec<(Value, &'static str)> {
    let with = |fields: Value| {
        let mut values = smallest();
        merge(&mut values, fields);
        values
    };
    vec![
        (
            json!({ "azure": { "credential": "none" } }),
            "image.repository is required",
        ),
        (
            with(json!({ "azure": { "tenantId": "" } })),
            "azure.tenantId is required with azure.credential workload-identity",
        ),
        (
            with(json!({ "azure": { "clientId": "", "credential": "client-secret" } })),
            "azure.clientId is required with azure.credential client-secret",
        ),
        (
            with(json!({ "azure": { "credential": "client-secret" } })),
            "azure.clientSecret.name is required",
        ),
        (
            with(json!({ "azure": { "cloud": "custom" } })),
            "azure.armEndpoint is required with azure.cloud custom",
        ),
        (
            with(json!({ "azure": { "cloud": "custom", "armEndpoint": "https://a.example" } })),
            "azure.authorityHost is required with azure.cloud custom",
        ),
        (
            with(json!({ "azure": { "armEndpoint": "https://a.example" } })),
            "public has fixed endpoints",
        ),
        (
            with(json!({ "serviceAccount": { "create": false } })),
            "serviceAccount.name is required",
        ),
        (with(json!({ "azure": { "cloud": "azure" } })), "/azure/cloud"),
        (
            with(json!({ "azure": { "tenant": GUID } })),
            "additional properties 'tenant' not allowed",
        ),
        (with(json!({ "azure": { "clientId": "armature" } })), "/azure/clientId"),
        (
            with(json!({ "azure": { "namespaces": ["Team"] } })),
            "/azure/namespaces",
        ),
        (
            with(json!({ "azure": { "subscriptions": ["prod"] } })),
            "/azure/subscriptions",
        ),
        (
            with(json!({ "azure": { "resourceGroups": ["a/b"] } })),
            "/azure/resourceGroups",
        ),
        (with(json!({ "installationId": "Prod" })), "/installationId"),
        (
            with(json!({ "secrets": { "namespaces": ["Team"] } })),
            "/secrets/namespaces",
        ),
        (with(json!({ "ownClusterId": "hub" })), "/ownClusterId"),
        (
            with(json!({ "timing": { "listInterval": "soon" } })),
            "/timing/listInterval",
        ),
        (
            with(json!({ "replica": 3 })),
            "additional properties 'replica' not allowed",
        ),
    ]
}

fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}
