//! What hangs on a cluster.

mod aks;
mod any_type;
mod backup;
mod beyond;
mod data_collection;
mod diagnostics;
mod gitops;
mod life;
mod locks;
pub mod rights;
mod shared;
mod workload_identity;

use armature_api::{AksCluster, ChildState, ChildStatus, REQUESTED_AT_ANNOTATION};
use armature_lab::OperatorProcess;
use armature_lab::simulator::admin::{LoggedRequest, Requests};
use kube::ResourceExt;

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
    look_now(world, name).await;
    operator
}

/// Asks for a look at everything, and waits until all is ready again.
pub async fn look_now(world: &World, name: &str) {
    world.request_reconcile(name).await;
    let done = |cluster: &AksCluster| looked(cluster) && all_ready(cluster);
    world.cluster_until(name, "looked at again", done).await;
}

/// How many children have a line.
pub fn lines(cluster: &AksCluster) -> usize {
    cluster.status.as_ref().map_or(0, |status| status.children.len())
}

/// Whether every child was looked at since somebody asked for it.
pub fn looked(cluster: &AksCluster) -> bool {
    let asked = cluster.annotations().get(REQUESTED_AT_ANNOTATION);
    let status = cluster.status.as_ref();
    asked.is_some() && status.and_then(|status| status.last_handled_reconcile_at.as_ref()) == asked
}

/// A write to any resource in short, as in `PUT roleAssignments/NAME`.
pub fn brief(request: &LoggedRequest) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    let mut parts = path.rsplit('/');
    let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{} {kind}/{name}", request.method)
}

/// What was written anywhere in Azure after request number `after`, oldest first.
pub async fn writes_anywhere(world: &World, after: u64) -> Vec<String> {
    let which = Requests {
        writes: Some(true),
        after: Some(after),
        ..Requests::default()
    };
    let writes = world.requests(which).await;
    writes
        .iter()
        .filter(|request| !request.path.contains("/oauth2/"))
        .map(brief)
        .collect()
}
