//! The children of a cluster that AKS itself serves.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case, id};

/// A cluster with a maintenance window, changed by a merge patch.
fn window(name: &str, patch: Value) -> Value {
    let mut window = json!({
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
        "durationHours": 4,
        "startTime": "02:00",
    });
    json_patch(&mut window, patch);
    json!({ "maintenanceConfigurations": { name: { "maintenanceWindow": window } } })
}

fn json_patch(target: &mut Value, patch: Value) {
    for (name, value) in patch.as_object().unwrap() {
        target[name] = value.clone();
    }
}

fn any_window(patch: Value) -> Value {
    window("aksManagedAutoUpgradeSchedule", patch)
}

fn trusted(name: &str, source: &str, role: &str) -> Value {
    json!({ "trustedAccess": { name: { "sourceResourceId": id(source), "roles": [role] } } })
}

const VAULT: &str = "Microsoft.DataProtection/backupVaults/vault";
const OPERATOR: &str = "Microsoft.DataProtection/backupVaults/backup-operator";

fn namespace(name: &str, fields: Value) -> Value {
    json!({ "managedNamespaces": { name: fields } })
}

fn quota(fields: Value) -> Value {
    namespace("team", json!({ "defaultResourceQuota": fields }))
}

fn binding(name: &str, identity: &str) -> Value {
    json!({ "identityBindings": { name: { "identityId": id(identity) } } })
}

const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/app";

const HUB: &str = "/subscriptions/*/resourceGroups/hub/providers/Microsoft.Network/privateEndpoints/*";

fn endpoint(id: &str) -> Value {
    endpoint_in("hub", id)
}

fn endpoint_in(name: &str, id: &str) -> Value {
    json!({ "privateEndpointConnections": { name: { "privateEndpointId": id, "status": "Approved" } } })
}

pub fn cases() -> Vec<Case> {
    [maintenance(), access(), namespaces()].into_iter().flatten().collect()
}

fn maintenance() -> Vec<Case> {
    let monthly = json!({ "schedule": { "absoluteMonthly": { "intervalMonths": 1, "dayOfMonth": 1 } } });
    let span = |start: &str, end: &str| any_window(json!({ "notAllowedDates": [{ "start": start, "end": end }] }));
    vec![
        case(
            Cluster,
            "maintenanceConfigurations has the entries default",
            any_window(json!({})),
            window("weekend", json!({})),
        ),
        case(
            Cluster,
            "maintenanceConfigurations.default takes a weekly schedule",
            window("default", json!({})),
            window("default", monthly.clone()),
        ),
        case(
            Cluster,
            "a schedule is exactly one of",
            any_window(monthly),
            any_window(json!({ "schedule": {} })),
        ),
        case(
            Cluster,
            "utcOffset is +HH:MM",
            any_window(json!({ "utcOffset": "-03:30" })),
            any_window(json!({ "utcOffset": "2" })),
        ),
        case(
            Cluster,
            "startDate is YYYY-MM-DD",
            any_window(json!({ "startDate": "2026-12-01" })),
            any_window(json!({ "startDate": "1.12.2026" })),
        ),
        case(
            Cluster,
            "startTime is HH:MM",
            any_window(json!({ "startTime": "23:59" })),
            any_window(json!({ "startTime": "24:00" })),
        ),
        case(
            Cluster,
            "the days of a span are YYYY-MM-DD",
            span("2026-12-24", "2026-12-24"),
            span("2026/12/24", "2026/12/25"),
        ),
        case(
            Cluster,
            "the end of a span of days",
            span("2026-12-24", "2027-01-02"),
            span("2026-12-24", "2026-12-23"),
        ),
    ]
}

fn access() -> Vec<Case> {
    let ids = "/subscriptions/*/resourceGroups/hub-*/providers/Microsoft.Network";
    vec![
        case(
            Cluster,
            "names in trustedAccess have",
            trusted("backup", VAULT, OPERATOR),
            trusted("backup_1", VAULT, OPERATOR),
        ),
        case(
            Cluster,
            "sourceResourceId is the id of an Azure resource",
            json!({ "trustedAccess": { "defender": {
                "sourceResourceId": "/subscriptions/x/providers/Microsoft.Security/pricings/CloudPosture",
                "roles": ["Microsoft.Security/pricings/microsoft-defender-operator"],
            } } }),
            json!({ "trustedAccess": { "backup": {
                "sourceResourceId": format!("/providers/{VAULT}"),
                "roles": [OPERATOR],
            } } }),
        ),
        case(
            Cluster,
            "this has to be a trusted access role",
            trusted("backup", VAULT, OPERATOR),
            trusted("backup", VAULT, "Microsoft.DataProtection/backupVaults/*"),
        ),
        case(
            Cluster,
            "roles are those of the resource type of sourceResourceId",
            trusted("backup", VAULT, &OPERATOR.to_uppercase()),
            trusted("backup", "Microsoft.MachineLearningServices/workspaces/ws", OPERATOR),
        ),
        case(
            Cluster,
            "names in identityBindings have",
            binding("app", IDENTITY),
            binding("app-", IDENTITY),
        ),
        case(
            Cluster,
            "this has to be the resource id of a user-assigned identity",
            binding("app", IDENTITY),
            binding("app", VAULT),
        ),
        case(
            Cluster,
            "names in privateEndpointConnections have",
            endpoint_in("hub_1.a", HUB),
            endpoint_in("hub/1", HUB),
        ),
        case(
            Cluster,
            "privateEndpointId is /subscriptions/ID",
            endpoint(&format!("{ids}/privateEndpoints/*")),
            endpoint(&format!("{ids}/*")),
        ),
        case(
            Cluster,
            "names in snapshots have",
            json!({ "snapshots": { "golden_1": { "pool": "system" } } }),
            json!({ "snapshots": { "golden.1": { "pool": "system" } } }),
        ),
        case(
            Cluster,
            "this has to be the name of a pool in Azure",
            json!({ "snapshots": { "golden": { "pool": "system" } } }),
            json!({ "snapshots": { "golden": { "pool": "a/b" } } }),
        ),
        case(
            Cluster,
            "this has to be the name of a resource group",
            json!({ "snapshots": { "golden": { "pool": "system", "resourceGroup": "Snapshots_(1).a" } } }),
            json!({ "snapshots": { "golden": { "pool": "system", "resourceGroup": "a/../b" } } }),
        ),
    ]
}

fn namespaces() -> Vec<Case> {
    vec![
        case(
            Cluster,
            "names in managedNamespaces are names of namespaces",
            namespace("team-a", json!({})),
            namespace("team_a", json!({})),
        ),
        case(
            Cluster,
            "managedNamespaces can't be namespaces of the system",
            namespace("system", json!({})),
            namespace("kube-system", json!({})),
        ),
        case(
            Cluster,
            "labels are Kubernetes labels",
            namespace("team", json!({ "labels": { "example.com/team": "a" } })),
            namespace("team", json!({ "labels": { "example.com/team": "a b" } })),
        ),
        case(
            Cluster,
            "this has to be a Kubernetes quantity",
            quota(json!({ "cpuRequest": "500m", "memoryLimit": "8Gi" })),
            quota(json!({ "memoryLimit": "8 GB" })),
        ),
        case(
            Cluster,
            "cpuRequest is at most cpuLimit",
            quota(json!({ "cpuRequest": "1000m", "cpuLimit": "1" })),
            quota(json!({ "cpuRequest": "2", "cpuLimit": "1500m" })),
        ),
        case(
            Cluster,
            "memoryRequest is at most memoryLimit",
            quota(json!({ "memoryRequest": "1024Mi", "memoryLimit": "1Gi" })),
            quota(json!({ "memoryRequest": "2Gi", "memoryLimit": "2000Mi" })),
        ),
    ]
}
