//! Backup of clusters: vaults, policies, instances, and what they need.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim};

const VERSION: &str = "2026-06-01";

fn vault(sim: &Sim) -> String {
    sim.in_group("Microsoft.DataProtection/backupVaults/vault")
}

async fn put(sim: &Sim, path: &str, body: Value) -> Answer {
    sim.call(Method::PUT, path, VERSION, Some(body)).await
}

fn policy() -> Value {
    let store = json!({"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"});
    json!({"properties": {
        "objectType": "BackupPolicy",
        "datasourceTypes": ["Microsoft.ContainerService/managedClusters"],
        "policyRules": [
            {"objectType": "AzureBackupRule", "name": "BackupHourly", "dataStore": store,
                "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
                "trigger": {"objectType": "ScheduleBasedTriggerContext",
                    "schedule": {"repeatingTimeIntervals": ["R/2026-01-01T02:30:00+00:00/PT4H"], "timeZone": "UTC"},
                    "taggingCriteria": [{"isDefault": true, "taggingPriority": 99,
                        "tagInfo": {"id": "Default_", "tagName": "Default"}}]}},
            {"objectType": "AzureRetentionRule", "name": "Default", "isDefault": true, "lifecycles": [
                {"deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P7D"}, "sourceDataStore": store,
                    "targetDataStoreCopySettings": []}]},
        ],
    }})
}

fn instance(sim: &Sim) -> Value {
    let cluster = sim.cluster("c");
    let source = |kind: &str| {
        json!({"objectType": kind, "resourceID": cluster, "resourceName": "c", "resourceLocation": "westeurope",
            "resourceType": "Microsoft.ContainerService/managedClusters", "resourceUri": cluster,
            "datasourceType": "Microsoft.ContainerService/managedClusters"})
    };
    json!({"properties": {
        "objectType": "BackupInstance",
        "friendlyName": "c",
        "validationType": "ShallowValidation",
        "dataSourceInfo": source("Datasource"),
        "dataSourceSetInfo": source("DatasourceSet"),
        "policyInfo": {"policyId": format!("{}/backupPolicies/daily", vault(sim)), "policyParameters": {
            "dataStoreParametersList": [{"objectType": "AzureOperationalStoreParameters",
                "dataStoreType": "OperationalStore",
                "resourceGroupId": format!("/subscriptions/{}/resourceGroups/rg", sim.subscription())}],
            "backupDatasourceParametersList": [{"objectType": "KubernetesClusterBackupDatasourceParameters",
                "snapshotVolumes": true, "includeClusterScopeResources": true}],
        }},
    }})
}

/// A ready cluster, a vault without soft delete and a policy; answers with the vault's principal.
async fn prepared() -> (Sim, String) {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let body = json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {
        "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
        "securitySettings": {"softDeleteSettings": {"state": "Off"}}}});
    let made = put(&sim, &vault(&sim), body).await.expect(201);
    sim.minutes(5);
    let path = format!("{}/backupPolicies/daily", vault(&sim));
    put(&sim, &path, policy()).await.expect(200);
    let principal = made.body["identity"]["principalId"].as_str().unwrap().to_owned();
    (sim, principal)
}

async fn grant(sim: &Sim, principal: &str, role: &str) {
    let body = json!({"principal": principal, "role": role, "scope": "/"});
    sim.admin(Method::POST, "/role-assignments", body).await.expect(200);
}

async fn extension(sim: &Sim) -> String {
    let path = sim.on_cluster("Microsoft.KubernetesConfiguration/extensions/backup");
    let prefix = "configuration.backupStorageLocation";
    let body = json!({"properties": {"extensionType": "Microsoft.DataProtection.Kubernetes", "configurationSettings": {
        format!("{prefix}.bucket"): "backups", format!("{prefix}.config.storageAccount"): "account",
        format!("{prefix}.config.resourceGroup"): "rg",
        format!("{prefix}.config.subscriptionId"): sim.subscription()}}});
    let made = sim.call(Method::PUT, &path, "2025-03-01", Some(body)).await.expect(201);
    sim.minutes(5);
    made.body["properties"]["aksAssignedIdentity"]["principalId"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn trust(sim: &Sim) {
    let path = format!("{}/trustedAccessRoleBindings/vault", sim.cluster("c"));
    let body = json!({"properties": {"sourceResourceId": vault(sim),
        "roles": ["Microsoft.DataProtection/backupVaults/backup-operator"]}});
    let made = sim.put(&path, body).await;
    assert!(made.status < 300, "{}", made.text);
    sim.minutes(5);
}

/// What the validation misses; nothing when it is content.
async fn missing(sim: &Sim) -> Option<String> {
    let body = json!({"backupInstance": instance(sim)["properties"]});
    let path = format!("{}/validateForBackup", vault(sim));
    let accepted = sim.call(Method::POST, &path, VERSION, Some(body)).await.expect(202);
    let status = accepted.header("azure-asyncoperation").unwrap().to_owned();
    sim.minutes(5);
    let status = sim.get(&status).await.expect(200).body;
    status["error"]["code"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn validation_names_what_is_missing_one_after_the_other() {
    let (sim, principal) = prepared().await;
    assert_eq!(
        missing(&sim).await.as_deref(),
        Some("KubernetesBackupListExtensionsError")
    );
    grant(&sim, &principal, "Reader").await;
    assert_eq!(
        missing(&sim).await.as_deref(),
        Some("UserErrorKubernetesBackupExtensionNotFoundError")
    );
    let extension = extension(&sim).await;
    assert_eq!(
        missing(&sim).await.as_deref(),
        Some("UserErrorTrustedAccessGatewayReturnedForbidden")
    );
    trust(&sim).await;
    assert_eq!(missing(&sim).await.as_deref(), Some("LinkedAuthorizationFailed"));
    grant(&sim, &principal, "Disk Snapshot Contributor").await;
    let without = "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation";
    assert_eq!(missing(&sim).await.as_deref(), Some(without));
    grant(&sim, &extension, "Storage Blob Data Contributor").await;
    assert_eq!(missing(&sim).await, None);
    let group = format!("/subscriptions/{}/resourceGroups/rg", sim.subscription());
    let lock = format!("{group}/providers/Microsoft.Authorization/locks/keep");
    let body = json!({"properties": {"level": "CanNotDelete"}});
    sim.call(Method::PUT, &lock, "2020-05-01", Some(body)).await.expect(201);
    assert_eq!(
        missing(&sim).await.as_deref(),
        Some("UserErrorSnapshotResourceGroupHasLocks")
    );
}

#[tokio::test]
async fn an_instance_protects_its_cluster_and_holds_its_vault() {
    let (sim, principal) = prepared().await;
    let path = format!("{}/backupInstances/c", vault(&sim));
    put(&sim, &path, instance(&sim)).await.expect(201);
    sim.minutes(5);
    let failed = sim.call(Method::GET, &path, VERSION, None).await.expect(200).body;
    assert_eq!(
        failed["properties"]["currentProtectionState"],
        "ConfiguringProtectionFailed"
    );
    assert_eq!(
        failed["properties"]["protectionErrorDetails"]["code"],
        "KubernetesBackupListExtensionsError"
    );
    grant(&sim, &principal, "Contributor").await;
    grant(&sim, &extension(&sim).await, "Storage Blob Data Contributor").await;
    trust(&sim).await;
    put(&sim, &path, instance(&sim)).await.expect(200);
    sim.minutes(5);
    let state = async || {
        let found = sim.call(Method::GET, &path, VERSION, None).await.expect(200);
        found.body["properties"]["currentProtectionState"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(state().await, "ProtectionConfigured");
    let seen = sim.on_cluster("Microsoft.DataProtection/backupInstances");
    let seen = sim.call(Method::GET, &seen, VERSION, None).await.expect(200).body;
    assert_eq!(seen["value"].as_array().unwrap().len(), 1);
    sim.call(Method::POST, &format!("{path}/stopProtection"), VERSION, None)
        .await
        .expect(202);
    sim.minutes(5);
    assert_eq!(state().await, "ProtectionStopped");
    sim.call(Method::DELETE, &vault(&sim), VERSION, None).await.expect(400);
    sim.call(Method::DELETE, &path, VERSION, None).await.expect(202);
    sim.minutes(5);
    sim.call(Method::DELETE, &vault(&sim), VERSION, None).await.expect(202);
}

#[tokio::test]
async fn soft_delete_holds_the_vault_for_two_weeks() {
    let (sim, _) = prepared().await;
    let body = json!({"properties": {"securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 14.0}}}});
    sim.call(Method::PATCH, &vault(&sim), VERSION, Some(body))
        .await
        .expect(200);
    sim.minutes(5);
    let path = format!("{}/backupInstances/c", vault(&sim));
    put(&sim, &path, instance(&sim)).await.expect(201);
    sim.minutes(5);
    sim.call(Method::DELETE, &path, VERSION, None).await.expect(202);
    sim.minutes(5);
    let deleted = format!("{}/deletedBackupInstances", vault(&sim));
    let deleted = sim.call(Method::GET, &deleted, VERSION, None).await.expect(200).body;
    assert_eq!(
        deleted["value"][0]["properties"]["currentProtectionState"],
        "SoftDeleted"
    );
    sim.call(Method::DELETE, &vault(&sim), VERSION, None).await.expect(400);
    sim.minutes(14 * 24 * 60);
    sim.call(Method::DELETE, &vault(&sim), VERSION, None).await.expect(202);
}

#[tokio::test]
async fn a_policy_keeps_what_it_tags() {
    let (sim, _) = prepared().await;
    let mut untagged = policy();
    untagged["properties"]["policyRules"][0]["trigger"]["taggingCriteria"][0]["tagInfo"]["tagName"] = json!("Weekly");
    let path = format!("{}/backupPolicies/daily", vault(&sim));
    let refused = put(&sim, &path, untagged).await.expect(400);
    assert!(
        refused.text.contains("'Weekly' has no retention rule"),
        "{}",
        refused.text
    );
}
