//! Rules about Azure identities.

use serde_json::json;

use crate::harness::Kind::Identity;
use crate::harness::{Case, GUID, SUBSCRIPTION, case};

pub fn cases() -> Vec<Case> {
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
    ]
}
