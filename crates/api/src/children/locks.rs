//! Locks that keep a cluster from being deleted or changed.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::field_speaks;

/// A lock on the cluster and everything below it, whoever comes: portal, CLI, other tools, and Armature itself.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// What it keeps from happening.
    pub level: LockLevel,
    /// Text for whoever runs into it; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub notes: Option<String>,
    /// Whether Armature lifts it for a change of this manifest that it would keep from happening, and puts it back
    /// afterwards. Default: false, so that such a change waits for a person. Only a lock that Armature made is lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend_for_changes: Option<bool>,
}

/// What a lock keeps from happening.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LockLevel {
    /// Deletion of the cluster, its pools and what hangs on it.
    CanNotDelete,
    /// Every write, and actions such as reading credentials, starting and stopping.
    ReadOnly,
}
