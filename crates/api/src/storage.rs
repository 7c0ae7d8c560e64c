//! Storage drivers that AKS installs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Storage drivers. Turning one off makes volumes of its kind unmountable: delete them first.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageProfile {
    /// Azure Disks; Azure's default is on.
    #[serde(rename = "diskCSIDriver", skip_serializing_if = "Option::is_none")]
    pub disk_csi_driver: Option<StorageDriver>,
    /// Azure Files; Azure's default is on.
    #[serde(rename = "fileCSIDriver", skip_serializing_if = "Option::is_none")]
    pub file_csi_driver: Option<StorageDriver>,
    /// Azure Blob storage; Azure's default is off.
    #[serde(rename = "blobCSIDriver", skip_serializing_if = "Option::is_none")]
    pub blob_csi_driver: Option<StorageDriver>,
    /// Volume snapshots; Azure's default is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_controller: Option<StorageDriver>,
}

/// A storage driver or controller.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageDriver {
    /// Whether it is installed. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}
