//! Backup of a cluster: its instance in a backup vault.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{BackupPolicyId, BackupVaultId, NamespaceName, field_speaks};

/// Backs the cluster up to a vault, by a policy of that vault. It takes the Backup extension on the cluster and a trusted
/// access binding for the vault, and waits for both. Changes in place, except the vault.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.policyId.lowerAscii().startsWith(self.vaultId.lowerAscii() + '/')",
    "policyId has to be a policy of the vault in vaultId; correct one of them",
))]
pub struct Backup {
    /// Resource id of the backup vault, in the cluster's region.
    #[schemars(with = "BackupVaultId")]
    pub vault_id: String,
    /// Resource id of the backup policy: when backups are made and how long they are kept.
    #[schemars(with = "BackupPolicyId")]
    pub policy_id: String,
    /// Resource group of the cluster's subscription that volume snapshots go to. It must have no locks.
    #[schemars(length(min = 1, max = 90))]
    #[x_kube(validation = (
        "self.matches('^[A-Za-z0-9._()-]*[A-Za-z0-9_()-]$')",
        "snapshotResourceGroup is the name of a resource group, not an id; correct it",
    ))]
    pub snapshot_resource_group: String,
    /// Whether volumes are backed up too, as snapshots; default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_volumes: Option<bool>,
    /// Whether resources outside namespaces are backed up; default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_cluster_scope_resources: Option<bool>,
    /// Namespaces to back up; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<NamespaceName>>", length(max = 100))]
    pub included_namespaces: Option<Vec<String>>,
    /// Namespaces not to back up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<NamespaceName>>", length(max = 100))]
    pub excluded_namespaces: Option<Vec<String>>,
    /// Kinds of resources to back up, such as `deployments`; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub included_resource_types: Option<Vec<String>>,
    /// Kinds of resources not to back up, such as `v1/Secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub excluded_resource_types: Option<Vec<String>>,
    /// Labels that resources have to have to be backed up, `key=value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 400)))]
    pub label_selectors: Option<Vec<String>>,
    /// Kinds of volumes to back up, `AzureDisk` and `AzureFileShareSMB`; Azure's default is `AzureDisk`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2))]
    pub included_volume_types: Option<Vec<BackupVolumeType>>,
    /// `BackupHook` objects of the cluster to run around a backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub backup_hook_references: Option<Vec<BackupHookReference>>,
}

/// A kind of volume.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum BackupVolumeType {
    /// Azure Disk.
    AzureDisk,
    /// Azure Files over SMB.
    AzureFileShareSMB,
}

/// A `BackupHook` in the cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupHookReference {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Its namespace.
    #[schemars(with = "NamespaceName")]
    pub namespace: String,
}
