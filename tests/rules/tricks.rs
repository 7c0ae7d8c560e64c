//! Names and ids that would lead a request elsewhere if they reached a URL, and texts that show as something else than
//! they are: no field takes one.

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

/// What becomes a part of a URL by itself, or of a path into a body.
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

/// What a segment of an id is made of in every rule.
const SEGMENT: &str = r"[^/?#%\s]";

/// The rules of a definition that speak of ids.
fn id_rules(schema: &Value, found: &mut Vec<String>) {
    let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    let rules = rules.filter_map(|rule| rule["rule"].as_str());
    let speaks_of_ids =
        |rule: &&str| rule.contains("matches(") && rule.contains("/providers/") || rule.contains("/subscriptions");
    found.extend(rules.filter(speaks_of_ids).map(str::to_owned));
    match schema {
        Value::Object(fields) => fields.values().for_each(|field| id_rules(field, found)),
        Value::Array(list) => list.iter().for_each(|item| id_rules(item, found)),
        _ => {}
    }
}

#[test]
fn every_rule_about_ids_lets_the_same_into_a_segment() {
    let mut rules = Vec::new();
    for definition in armature_api::crds::crds() {
        id_rules(&serde_json::to_value(definition).unwrap(), &mut rules);
    }
    assert!(rules.len() > 40, "{}", rules.len());
    for rule in rules {
        let rest = rule.replace(SEGMENT, "");
        for loose in ["[^", ".+", ".*"] {
            assert!(!rest.contains(loose), "{loose} in {rule}");
        }
    }
}

/// Fields that hold an id, each with the manifest in which it is another.
fn ids() -> Vec<Field> {
    vec![
        (
            "roleAssignments.scope",
            Cluster,
            "Microsoft.Network/virtualNetworks/hub",
            |text| {
                let scope = id(text);
                json!({ "roleAssignments": { "a": { "principal": GUID, "role": GUID, "scope": scope } } })
            },
        ),
        (
            "roleAssignments.principal",
            Cluster,
            "Microsoft.ManagedIdentity/userAssignedIdentities/app",
            |text| json!({ "roleAssignments": { "a": { "principal": id(text), "role": GUID, "scope": "cluster" } } }),
        ),
        (
            "attachRegistries.registryId",
            Cluster,
            "Microsoft.ContainerRegistry/registries/shared",
            |text| json!({ "attachRegistries": { "a": { "registryId": id(text) } } }),
        ),
        (
            "federatedCredentials.identityId",
            Cluster,
            "Microsoft.ManagedIdentity/userAssignedIdentities/shared",
            |text| json!({ "federatedCredentials": { "a": { "identityId": id(text), "namespace": "a", "serviceAccount": "b" } } }),
        ),
        (
            "fleetMemberships.fleetId",
            Cluster,
            "Microsoft.ContainerService/fleets/all",
            |text| json!({ "fleetMemberships": { "a": { "fleetId": id(text) } } }),
        ),
        (
            "vnetSubnetID",
            Pool,
            "Microsoft.Network/virtualNetworks/hub/subnets/nodes",
            |text| json!({ "vnetSubnetID": id(text) }),
        ),
    ]
}

#[tokio::test]
async fn no_id_has_what_would_end_its_path_or_spell_another() {
    let cluster = management_cluster().await;
    let (client, namespace) = (cluster.client().await.unwrap(), cluster.namespace("ids").await.unwrap());
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let mut wrong = Vec::new();
    for (field, kind, sound, manifest) in ids() {
        let api = kind.api(client.clone(), &namespace);
        if let Err(error) = api.create(&dry_run, &kind.object("prod", &manifest(sound))).await {
            wrong.push(format!("{field}: {sound:?} is refused: {error}"));
        }
        for trick in ["?x=", "#x", "%2f..", "%00", " x", "\n", "\t/x"] {
            let text = format!("{sound}{trick}");
            match api.create(&dry_run, &kind.object("prod", &manifest(&text))).await {
                Err(kube::Error::Api(status)) if status.code == 422 => {}
                answer => wrong.push(format!("{field}: {text:?}: {:?}", answer.map(drop))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn no_tag_has_characters_that_do_not_show() {
    let cluster = management_cluster().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("tags").await.unwrap(),
    );
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    for kind in [Cluster, Pool] {
        let api = kind.api(client.clone(), &namespace);
        let create = async |name: &str, value: &str| {
            let object = kind.object("prod", &json!({ "tags": { name: value } }));
            api.create(&dry_run, &object).await.map(drop)
        };
        create("cost center", "\u{e9}quipe \u{2713} 42").await.unwrap();
        for hidden in [
            "\u{7}",
            "\u{1b}[31m",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\n",
            "\u{7f}",
        ] {
            for (name, value) in [
                (format!("a{hidden}b"), "x".to_owned()),
                ("a".to_owned(), format!("x{hidden}y")),
            ] {
                let refused = create(&name, &value).await.unwrap_err().to_string();
                assert!(
                    refused.contains("characters that do not show"),
                    "{kind:?} {name:?} {value:?}: {refused}"
                );
            }
        }
    }
}
