//! Node pools whose cluster object does not exist.

use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::write::{self, WriteError};
use crate::api::{AksCluster, AksNodePool};
use crate::status::pool::without_cluster;

/// When a pool is looked at again although nothing happened: the arrival of its cluster wakes the cluster and not the pool,
/// and an end that a broken watch missed wakes nobody.
const RECHECK: Duration = Duration::from_secs(60);

/// Answers for one pool. A pool whose cluster object exists belongs to that cluster's pass.
///
/// # Errors
/// [`WriteError`].
pub async fn reconcile(pool: Arc<AksNodePool>, context: Arc<Context>) -> Result<Action, WriteError> {
    if context.clusters.get(&cluster_of(&pool)).is_some() || !context.written.has_caught_up(pool.as_ref()) {
        return Ok(Action::requeue(RECHECK));
    }
    // Where no cluster object says which cluster it is, nothing can be told about Azure, and nothing is done there.
    if pool.metadata.deletion_timestamp.is_some() {
        if write::is_finalized(pool.as_ref()) {
            write::remove_finalizer(&context, pool.as_ref()).await?;
        }
        return Ok(Action::await_change());
    }
    let before = pool.status.clone().unwrap_or_default();
    let generation = pool.metadata.generation.unwrap_or_default();
    let status = without_cluster(&before, generation, &pool.spec.cluster_ref.name, context.now());
    if status != before {
        let changed = AksNodePool {
            status: Some(status),
            ..(*pool).clone()
        };
        write::status(&context, &changed).await?;
    }
    Ok(Action::requeue(RECHECK))
}

/// The cluster that a pool belongs to.
pub fn cluster_of(pool: &AksNodePool) -> ObjectRef<AksCluster> {
    ObjectRef::new(&pool.spec.cluster_ref.name).within(&pool.namespace().unwrap_or_default())
}
