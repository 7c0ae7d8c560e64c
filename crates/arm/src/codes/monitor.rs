//! Azure Monitor and what backs up a cluster.

use super::Retry::{Propagation, User};
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "InvalidOutputTable",
        Propagation,
        "The Log Analytics workspace was just made and does not have its tables yet.",
        "Nothing at first: it is tried again; if it lasts, check that the workspace that the message names is in order.",
    ),
    row(
        "NoDataCollectionRule",
        User,
        "An agent that collects data is on in the cluster, and no data collection rule says where its data goes: no data arrives.",
        "Name the workspace in `spec.dataCollection`, or associate a data collection rule with the cluster, or turn the agent off.",
    ),
    row(
        "InvalidPayload",
        User,
        "Azure Monitor refuses a value of a data collection rule, endpoint or association.",
        "Correct the entry of `dataCollection` that the line belongs to; the details of the message name the property.",
    ),
    row(
        "UserErrorKubernetesBackupExtensionNotFoundError",
        Propagation,
        "The extension Microsoft.DataProtection.Kubernetes is not installed on the cluster, or does not run.",
        "Install it with its storage account, and see that its pods run in the namespace dataprotection-microsoft.",
    ),
    row(
        "UserErrorTrustedAccessGatewayReturnedForbidden",
        Propagation,
        "The cluster does not let the backup vault in.",
        "Add a trusted access binding of the vault with the role Microsoft.DataProtection/backupVaults/backup-operator.",
    ),
    row(
        "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
        Propagation,
        "The identity of the Backup extension may not write to the storage account.",
        "Give the extension's identity Storage Blob Data Contributor on the account; it takes minutes to take effect.",
    ),
    row(
        "UserErrorBackupStorageLocationNotReady",
        Propagation,
        "The Backup extension cannot reach its storage yet; new rights take up to an hour.",
        "Nothing at first; if it lasts, check the extension's storage account, container and rights.",
    ),
    row(
        "KubernetesBackupListExtensionsError",
        Propagation,
        "The backup vault's identity may not read the cluster.",
        "Give the vault's identity Reader on the cluster and on the snapshot resource group.",
    ),
    row(
        "UserErrorSnapshotResourceGroupNotFound",
        User,
        "The resource group for snapshots does not exist in the cluster's subscription.",
        "Create it, or correct `snapshotResourceGroup`.",
    ),
    row(
        "UserErrorSnapshotResourceGroupHasLocks",
        User,
        "A lock on the resource group for snapshots keeps the vault from managing them.",
        "Remove the lock, or name another group in `snapshotResourceGroup`.",
    ),
    row(
        "DppUserErrorVaultTierPolicyNotSupported",
        User,
        "The backup policy keeps backups in the vault, and the cluster's volumes or region do not allow that.",
        "Use a policy that keeps backups in the operational store only.",
    ),
    row(
        "UserErrorDatasourceAlreadyProtected",
        User,
        "Another backup instance protects the cluster already.",
        "Keep one entry, or delete the other backup instance in its vault.",
    ),
    row(
        "BMSUserErrorInvalidInput",
        User,
        "The backup vault refuses a value of the backup.",
        "Correct what the message names, often the policy, which has to be one for AKS in the same vault.",
    ),
];
