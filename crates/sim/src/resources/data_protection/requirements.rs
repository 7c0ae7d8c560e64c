//! What has to be in place before a cluster can be backed up, in the order in which the service misses it (Learn: AKS
//! backup prerequisites, troubleshooting).

use serde_json::Value;

use super::super::authorization::locks;
use super::super::id::{ResourceId, ResourceKey};
use super::super::kubernetes_configuration::backup_extension;
use super::{instances, vaults};
use crate::arm::calls::Call;
use crate::arm::children::kinds::ChildKind;
use crate::operations::OperationError;
use crate::world::World;

/// The first requirement of a backup instance that is not met.
pub(super) fn unmet(world: &World, vault: &ResourceId, instance: &Value) -> Option<OperationError> {
    let error = |code: &str, message: &str| {
        Some(OperationError {
            code: code.to_owned(),
            message: message.to_owned(),
        })
    };
    let cluster = instances::datasource(instance).unwrap_or_default();
    let principal = world
        .resources
        .get(&vault.key())
        .and_then(vaults::principal)
        .unwrap_or_default();
    let may =
        |principal: &str, action: &str, scope: &str| world.directory.allows(principal, action, scope, world.now());
    if !may(principal, "Microsoft.ContainerService/managedClusters/read", cluster) {
        return error(
            "KubernetesBackupListExtensionsError",
            "The backup vault's managed identity is missing Reader permission on the AKS cluster.",
        );
    }
    let Some(extension) = backup_extension(world, cluster) else {
        return error(
            "UserErrorKubernetesBackupExtensionNotFoundError",
            "The AKS backup extension is not installed on the cluster.",
        );
    };
    if !is_trusted(world, cluster, vault) {
        return error(
            "UserErrorTrustedAccessGatewayReturnedForbidden",
            "The Trusted Access role binding between the AKS cluster and the backup vault is missing.",
        );
    }
    let group = instance
        .pointer("/properties/policyInfo/policyParameters/dataStoreParametersList/0/resourceGroupId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if group.is_empty() || !world.exists(group) {
        return error(
            "UserErrorSnapshotResourceGroupNotFound",
            "The snapshot resource group was not found.",
        );
    }
    if locks::any_at(world, &ResourceKey::of(group)) {
        return error(
            "UserErrorSnapshotResourceGroupHasLocks",
            "The snapshot resource group has locks: remove them.",
        );
    }
    if !may(principal, "Microsoft.Compute/snapshots/write", group) {
        return error(
            "LinkedAuthorizationFailed",
            "The backup vault's managed identity is missing Disk Snapshot Contributor on the snapshot resource group.",
        );
    }
    let account = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Storage/storageAccounts/{}",
        extension.subscription, extension.group, extension.account
    );
    let containers = "Microsoft.Storage/storageAccounts/blobServices/containers/write";
    if !may(&extension.principal, containers, &account) {
        return error(
            "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
            "The extension's managed identity is missing Storage Blob Data Contributor on the storage account.",
        );
    }
    None
}

/// Whether the cluster lets the vault in.
fn is_trusted(world: &World, cluster: &str, vault: &ResourceId) -> bool {
    let Ok(Call::ManagedClustersGet(cluster)) = Call::parse(&axum::http::Method::GET, cluster) else {
        return false;
    };
    let Some(cluster) = world.clusters.get(&cluster.key()) else {
        return false;
    };
    cluster.children_of(ChildKind::TrustedAccessRoleBinding).any(|binding| {
        let source = binding
            .body
            .pointer("/properties/sourceResourceId")
            .and_then(Value::as_str);
        source.is_some_and(|source| ResourceKey::of(source) == vault.key())
    })
}
