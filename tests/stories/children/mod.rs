//! What hangs on a cluster.

mod aks;
mod backup;
mod data_collection;
mod diagnostics;
mod life;
mod locks;

use armature::api::{AksCluster, ChildState, ChildStatus, REQUESTED_AT_ANNOTATION};
use armature_lab::OperatorProcess;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::look;
use crate::world::World;

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

/// Restarts the operator, asks for a look at everything, and waits until all is ready again.
pub async fn look_again(world: &World, name: &str, operator: OperatorProcess) -> OperatorProcess {
    drop(operator);
    let operator = world.operator();
    let request = json!({ "metadata": { "annotations": { REQUESTED_AT_ANNOTATION: "again" } } });
    let params = PatchParams::default();
    world
        .clusters
        .patch(name, &params, &Patch::Merge(request))
        .await
        .unwrap();
    let looked = |cluster: &AksCluster| {
        let handled = cluster
            .status
            .as_ref()
            .and_then(|status| status.last_handled_reconcile_at.as_deref());
        handled == Some("again") && all_ready(cluster)
    };
    world.cluster_until(name, "looked at again", looked).await;
    operator
}
