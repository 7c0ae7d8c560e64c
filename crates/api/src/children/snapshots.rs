//! Snapshots: what a pool runs, kept to make other pools from.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{GroupName, PoolName};

/// Kubernetes version, node image and settings of a pool at one moment. It is taken once and never again.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Name of the pool in Azure. Fixed once the snapshot is taken: another one takes an entry of another name.
    #[schemars(with = "PoolName")]
    #[x_kube(validation = (
        "self == oldSelf",
        "pool of a snapshot is fixed; remove the entry and add one of another name",
    ))]
    pub pool: String,
    /// Resource group of the snapshot; default: the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<GroupName>")]
    pub resource_group: Option<String>,
    /// Azure tags of the snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 48), inner(length(max = 256)))]
    pub tags: Option<BTreeMap<String, String>>,
}
