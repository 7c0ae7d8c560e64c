//! What hangs on a cluster.

mod backup;
mod data_collection;
mod diagnostics;
mod life;

use armature::api::{AksCluster, ChildState, ChildStatus};

use crate::look;

/// The line of a child.
pub fn line<'a>(cluster: &'a AksCluster, key: &str) -> Option<&'a ChildStatus> {
    cluster.status.as_ref()?.children.get(key)
}

/// Whether the child is in this state.
pub fn is(cluster: &AksCluster, key: &str, state: ChildState) -> bool {
    line(cluster, key).is_some_and(|line| line.state == state)
}

/// Whether the cluster is ready, and everything that hangs on it.
pub fn all_ready(cluster: &AksCluster) -> bool {
    look::is_ready(cluster) && look::is(cluster, "ChildrenReady", "True")
}
