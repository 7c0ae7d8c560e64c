//! Rules about Azure identities.

use serde_json::json;

use crate::harness::Kind::Identity;
use crate::harness::{Case, GUID, SUBSCRIPTION, case};

pub fn cases() -> Vec<Case> {
    let secret = |name: &str, key: &str| {
        let reference = json!({ "name": name, "key": key });
        json!({
            "managedIdentity": null,
            "servicePrincipal": { "clientId": GUID, "tenantId": GUID, "secretRef": reference },
        })
    };
    let workload = json!({ "clientId": GUID, "tenantId": GUID });
    vec![
        case(
            Identity,
            "this has to be the type of an Azure resource",
            json!({ "allowPreview": true, "allowedTypes": ["Microsoft.Chaos/targets"] }),
            json!({ "allowedTypes": ["metricAlerts"] }),
        ),
        case(
            Identity,
            "set exactly one of",
            json!({ "managedIdentity": null, "workloadIdentity": workload }),
            json!({ "managedIdentity": {}, "workloadIdentity": workload }),
        ),
        case(
            Identity,
            "set exactly one of",
            json!({
                "managedIdentity": null,
                "servicePrincipal": { "clientId": GUID, "tenantId": GUID, "secretRef": { "name": "azure" } },
            }),
            json!({ "managedIdentity": null }),
        ),
        case(
            Identity,
            "this has to be a GUID",
            json!({ "subscriptions": [SUBSCRIPTION] }),
            json!({ "subscriptions": ["production"] }),
        ),
        case(
            Identity,
            "this has to be the name of a resource group",
            json!({ "resourceGroups": ["rg-shop", "Hub_(1).a"] }),
            json!({ "resourceGroups": ["rg-shop."] }),
        ),
        case(
            Identity,
            "this has to be the name of a namespace",
            json!({ "allowedNamespaces": { "names": ["shop"] } }),
            json!({ "allowedNamespaces": { "names": ["Shop"] } }),
        ),
        case(
            Identity,
            "this has to be the name of an object",
            secret("azure.v1", "secret"),
            secret("azure/status", "secret"),
        ),
        case(
            Identity,
            "this has to be a key of its data",
            secret("azure", "client_secret"),
            secret("azure", "client secret"),
        ),
    ]
}
