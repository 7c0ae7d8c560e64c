//! Backup: a cluster is protected by a vault once everything for it is there.

use armature_api::{AksCluster, ChildState};
use armature_lab::simulator::admin::{Requests, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line};
use crate::world::{GROUP, World};

const KEY: &str = "backup/daily";
const API_VERSION: &str = "2026-06-01";

/// A vault without soft delete and with a policy; the id of its identity comes back.
async fn vault(world: &World) -> String {
    let vault = vault_id(world);
    let body = json!({ "location": "westeurope", "identity": { "type": "SystemAssigned" }, "properties": {
        "storageSettings": [{ "datastoreType": "VaultStore", "type": "LocallyRedundant" }],
        "securitySettings": { "softDeleteSettings": { "state": "Off" } },
    } });
    let put = async |path: &str, body: Value| world.azure.write_with(Method::PUT, path, API_VERSION, Some(body)).await;
    put(&vault, body).await;
    let store = json!({ "objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore" });
    let policy = json!({ "properties": {
        "objectType": "BackupPolicy",
        "datasourceTypes": ["Microsoft.ContainerService/managedClusters"],
        "policyRules": [
            {
                "objectType": "AzureBackupRule", "name": "BackupHourly", "dataStore": store,
                "backupParameters": { "objectType": "AzureBackupParams", "backupType": "Incremental" },
                "trigger": {
                    "objectType": "ScheduleBasedTriggerContext",
                    "schedule": { "repeatingTimeIntervals": ["R/2026-01-01T02:30:00+00:00/PT4H"], "timeZone": "UTC" },
                    "taggingCriteria": [{
                        "isDefault": true, "taggingPriority": 99, "tagInfo": { "id": "Default_", "tagName": "Default" },
                    }],
                },
            },
            {
                "objectType": "AzureRetentionRule", "name": "Default", "isDefault": true,
                "lifecycles": [{
                    "deleteAfter": { "objectType": "AbsoluteDeleteOption", "duration": "P7D" },
                    "sourceDataStore": store, "targetDataStoreCopySettings": [],
                }],
            },
        ],
    } });
    put(&format!("{vault}/backupPolicies/daily"), policy).await;
    principal(world, &vault, API_VERSION, "/identity/principalId").await
}

fn vault_id(world: &World) -> String {
    world.azure.in_group("Microsoft.DataProtection/backupVaults/vault")
}

async fn principal(world: &World, id: &str, api_version: &str, pointer: &str) -> String {
    let resource = world.azure.resource(id, api_version).await.unwrap();
    resource.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

/// What a backup needs on the cluster: the extension, whose identity comes back, and trust in the vault.
async fn prepare_cluster(world: &World) -> String {
    let cluster = world.azure.cluster_id("shop");
    let trust = json!({ "properties": {
        "sourceResourceId": vault_id(world), "roles": ["Microsoft.DataProtection/backupVaults/backup-operator"],
    } });
    let binding = format!("{cluster}/trustedAccessRoleBindings/vault");
    world.azure.write(Method::PUT, &binding, Some(trust)).await;
    let extension = format!("{cluster}/providers/Microsoft.KubernetesConfiguration/extensions/backup");
    let storage = |name: &str| format!("configuration.backupStorageLocation.{name}");
    let body = json!({ "properties": {
        "extensionType": "Microsoft.DataProtection.Kubernetes",
        "configurationSettings": {
            storage("bucket"): "backups",
            storage("config.storageAccount"): "account",
            storage("config.resourceGroup"): GROUP,
            storage("config.subscriptionId"): world.simulator.access().subscription,
        },
    } });
    let version = "2025-03-01";
    world
        .azure
        .write_with(Method::PUT, &extension, version, Some(body))
        .await;
    principal(
        world,
        &extension,
        version,
        "/properties/aksAssignedIdentity/principalId",
    )
    .await
}

fn backed_up(world: &World) -> Value {
    let vault = vault_id(world);
    json!({ "backup": { "daily": {
        "vaultId": vault, "policyId": format!("{vault}/backupPolicies/daily"), "snapshotResourceGroup": GROUP,
    } } })
}

#[tokio::test]
async fn a_backup_waits_for_what_it_needs_tells_what_is_missing_and_goes_before_its_cluster() {
    let world = World::new("backup").await;
    let _operator = world.operator();
    let vault_identity = vault(&world).await;
    world.create("shop", backed_up(&world)).await;
    let waits = |cluster: &AksCluster| {
        let line = line(cluster, KEY);
        line.is_some_and(|line| {
            line.message
                .as_ref()
                .is_some_and(|told| told.contains("trusted access binding"))
        })
    };
    world.cluster_until("shop", "waiting for the binding", waits).await;

    let extension_identity = prepare_cluster(&world).await;
    world.request_reconcile("shop").await;
    let failed = |cluster: &AksCluster| is(cluster, KEY, ChildState::Failed);
    let cluster = world.cluster_until("shop", "told what is missing", failed).await;
    let error = line(&cluster, KEY).unwrap().error.clone().unwrap();
    assert_eq!(error.code, "KubernetesBackupListExtensionsError");
    assert!(error.next_step.contains("Reader"), "{error:?}");

    for identity in [&vault_identity, &extension_identity] {
        world.admin().assign(identity, Role::Contributor, "/").await.unwrap();
    }
    world.request_reconcile("shop").await;
    let cluster = world.cluster_until("shop", "ready with its children", all_ready).await;
    let outputs = &line(&cluster, KEY).unwrap().outputs;
    assert_eq!(outputs["currentProtectionState"], "ProtectionConfigured");

    let before = world.now().await;
    world.request_reconcile("shop").await;
    world.lists(2).await;
    assert_eq!(
        writes_after(&world, before).await,
        Vec::<String>::new(),
        "nothing differs"
    );
    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(writes_after(&world, before).await, ["DELETE backupInstances"]);
    let deletes = world.writes_after(before).await;
    assert_eq!(deletes, ["DELETE shop"], "the cluster went last");
}

async fn writes_after(world: &World, after: u64) -> Vec<String> {
    let which = Requests {
        writes: Some(true),
        after: Some(after),
        path: Some("/backupInstances/".to_owned()),
        ..Requests::default()
    };
    let requests = world.requests(which).await;
    requests
        .iter()
        .map(|request| format!("{} backupInstances", request.method))
        .collect()
}
