//! Names that would lead a request elsewhere if they reached a URL: no field takes one.

use kube::api::PostParams;
use serde_json::{Value, json};

use crate::harness::Kind::{self, Cluster, Pool};
use crate::harness::{GUID, id, management_cluster};

/// What a name may never be, nor have in it.
const TRICKS: [&str; 23] = [
    "..",
    ".",
    "../x",
    "x/..",
    "x/../../y",
    "a/b",
    "/a",
    "a%2fb",
    "a%2Fb",
    "%2e%2e",
    "a%00",
    "a\\b",
    "a?b=c",
    "a#b",
    "a;b",
    "a:b",
    "a b",
    "a\nb",
    "a\u{0}b",
    "a\u{2215}b",
    "a\u{ff0f}b",
    "\u{ff0e}\u{ff0e}",
    "\u{430}\u{200b}b",
];

/// A field, a value that it takes, and the manifest in which it has another.
type Field = (&'static str, Kind, &'static str, fn(&str) -> Value);

/// What becomes a part of a URL by itself, or of a path into a body. Whole ids are checked when they are read.
fn fields() -> Vec<Field> {
    vec![
        (
            "subscriptionId",
            Cluster,
            GUID,
            |text| json!({ "subscriptionId": text }),
        ),
        ("resourceGroup", Cluster, "rg", |text| json!({ "resourceGroup": text })),
        ("azureName", Cluster, "prod", |text| json!({ "azureName": text })),
        (
            "nodeResourceGroup",
            Cluster,
            "nodes",
            |text| json!({ "nodeResourceGroup": text }),
        ),
        ("location", Cluster, "westeurope", |text| json!({ "location": text })),
        (
            "armApiVersion",
            Cluster,
            "2026-08-01",
            |text| json!({ "armApiVersion": text }),
        ),
        (
            "kubernetesVersion",
            Cluster,
            "1.35",
            |text| json!({ "kubernetesVersion": text }),
        ),
        (
            "previewFeatures",
            Cluster,
            "Feature",
            |text| json!({ "previewFeatures": [text] }),
        ),
        (
            "overrides",
            Cluster,
            "a.b",
            |text| json!({ "overrides": [{ "path": text, "value": 1 }] }),
        ),
        ("clear", Cluster, "a.b", |text| json!({ "clear": [text] })),
        (
            "actions",
            Cluster,
            "rotate",
            |text| json!({ "actions": { text: { "key": "1", "rotateClusterCertificates": {} } } }),
        ),
        (
            "maintenanceConfigurations",
            Cluster,
            "aksManagedAutoUpgradeSchedule",
            |text| {
                let weekly = json!({ "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } });
                let window = json!({ "schedule": weekly, "durationHours": 4, "startTime": "02:00" });
                json!({ "maintenanceConfigurations": { text: { "maintenanceWindow": window } } })
            },
        ),
        ("trustedAccess", Cluster, "backup", |text| {
            let vault = id("Microsoft.DataProtection/backupVaults/vault");
            let roles = ["Microsoft.DataProtection/backupVaults/backup-operator"];
            json!({ "trustedAccess": { text: { "sourceResourceId": vault, "roles": roles } } })
        }),
        (
            "managedNamespaces",
            Cluster,
            "team",
            |text| json!({ "managedNamespaces": { text: {} } }),
        ),
        ("identityBindings", Cluster, "app", |text| {
            let id = id("Microsoft.ManagedIdentity/userAssignedIdentities/app");
            json!({ "identityBindings": { text: { "identityId": id } } })
        }),
        (
            "roleAssignments",
            Cluster,
            "reader",
            |text| json!({ "roleAssignments": { text: { "principal": GUID, "role": GUID, "scope": "cluster" } } }),
        ),
        (
            "attachRegistries",
            Cluster,
            "shared",
            |text| json!({ "attachRegistries": { text: { "registryId": id("Microsoft.ContainerRegistry/registries/shared") } } }),
        ),
        ("federatedCredentials", Cluster, "api", |text| {
            let identity = id("Microsoft.ManagedIdentity/userAssignedIdentities/shop");
            json!({ "federatedCredentials": { text: { "identityId": identity, "namespace": "a", "serviceAccount": "b" } } })
        }),
        (
            "extensions",
            Cluster,
            "flux",
            |text| json!({ "extensions": { text: { "extensionType": "microsoft.flux" } } }),
        ),
        (
            "fluxConfigurations",
            Cluster,
            "apps",
            |text| json!({ "fluxConfigurations": { text: { "gitRepository": { "url": "https://git.example.com/x" } } } }),
        ),
        ("diagnosticSettings", Cluster, "audit", |text| {
            let workspace = id("Microsoft.OperationalInsights/workspaces/logs");
            json!({ "diagnosticSettings": { text: { "workspaceId": workspace, "metrics": { "AllMetrics": true } } } })
        }),
        ("backup", Cluster, "daily", |text| {
            let vault = id("Microsoft.DataProtection/backupVaults/vault");
            let policy = format!("{vault}/backupPolicies/daily");
            json!({ "backup": { text: { "vaultId": vault, "policyId": policy, "snapshotResourceGroup": "s" } } })
        }),
        ("snapshotResourceGroup", Cluster, "snapshots", |text| {
            let vault = id("Microsoft.DataProtection/backupVaults/vault");
            let policy = format!("{vault}/backupPolicies/daily");
            json!({ "backup": { "a": { "vaultId": vault, "policyId": policy, "snapshotResourceGroup": text } } })
        }),
        (
            "fleetMemberships",
            Cluster,
            "shop",
            |text| json!({ "fleetMemberships": { text: { "fleetId": id("Microsoft.ContainerService/fleets/all") } } }),
        ),
        ("eventSubscriptions", Cluster, "platform", |text| {
            let hub = id("Microsoft.EventHub/namespaces/events/eventhubs/aks");
            json!({ "eventSubscriptions": { text: { "destination": { "eventHub": { "resourceId": hub } } } } })
        }),
        ("children", Cluster, "chaos", |text| {
            custom(text, "Microsoft.Chaos/targets", "2025-01-01")
        }),
        ("type of a child", Cluster, "Microsoft.Chaos/targets", |text| {
            custom("a", text, "2025-01-01")
        }),
        ("apiVersion of a child", Cluster, "2025-01-01", |text| {
            custom("a", "Microsoft.Chaos/targets", text)
        }),
        ("file of a command", Cluster, "a.yaml", |text| {
            let file = json!({ "name": text, "key": "a" });
            on_shop(json!({ "runCommand": { "command": "ls", "files": { "a": file } } }))
        }),
        ("outputConfigMap", Cluster, "output", |text| {
            on_shop(json!({ "runCommand": { "command": "ls", "outputConfigMap": text } }))
        }),
        ("secret of an action", Cluster, "principal", |text| {
            let secret = json!({ "name": text, "key": "a" });
            on_shop(json!({ "resetServicePrincipalProfile": { "clientId": GUID, "secret": secret } }))
        }),
        ("abort", Cluster, "apps", |text| {
            on_shop(json!({ "abort": { "pool": text } }))
        }),
        ("upgradeNodeImageVersion", Cluster, "apps", |text| {
            on_shop(json!({ "upgradeNodeImageVersion": { "pool": text } }))
        }),
        ("deleteMachines", Cluster, "apps", |text| {
            on_shop(json!({ "deleteMachines": { "pool": text, "machines": ["a"] } }))
        }),
        (
            "snapshots",
            Cluster,
            "before",
            |text| json!({ "snapshots": { text: { "pool": "apps" } } }),
        ),
        (
            "pool of a snapshot",
            Cluster,
            "apps",
            |text| json!({ "snapshots": { "a": { "pool": text } } }),
        ),
        (
            "resourceGroup of a snapshot",
            Cluster,
            "snapshots",
            |text| json!({ "snapshots": { "a": { "pool": "apps", "resourceGroup": text } } }),
        ),
        (
            "locks",
            Cluster,
            "keep",
            |text| json!({ "locks": { text: { "level": "CanNotDelete" } } }),
        ),
        (
            "identityRef",
            Cluster,
            "team",
            |text| json!({ "identityRef": { "name": text } }),
        ),
        ("clear of a pool", Pool, "a.b", |text| json!({ "clear": [text] })),
        ("azureName of a pool", Pool, "apps", |text| json!({ "azureName": text })),
        (
            "orchestratorVersion",
            Pool,
            "1.35",
            |text| json!({ "orchestratorVersion": text }),
        ),
    ]
}

fn on_shop(mut action: Value) -> Value {
    action["key"] = json!("1");
    json!({ "actions": { "one": action } })
}

fn custom(name: &str, type_: &str, api_version: &str) -> Value {
    json!({ "children": { name: { "type": type_, "apiVersion": api_version, "body": { "properties": {} } } } })
}

#[tokio::test]
async fn no_name_that_becomes_a_part_of_a_url_can_change_where_it_goes() {
    let cluster = management_cluster().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("tricks").await.unwrap(),
    );
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let mut wrong = Vec::new();
    for (field, kind, sound, manifest) in fields() {
        let api = kind.api(client.clone(), &namespace);
        if let Err(error) = api.create(&dry_run, &kind.object("prod", &manifest(sound))).await {
            wrong.push(format!("{field}: {sound:?} is refused: {error}"));
        }
        for trick in TRICKS {
            // Dots behind a name are a part of it and no step.
            let behind = Some(format!("{sound}{trick}")).filter(|_| !matches!(trick, "." | ".."));
            for text in behind.into_iter().chain([trick.to_owned()]) {
                match api.create(&dry_run, &kind.object("prod", &manifest(&text))).await {
                    Err(kube::Error::Api(status)) if status.code == 422 => {}
                    answer => wrong.push(format!("{field}: {text:?}: {:?}", answer.map(drop))),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
