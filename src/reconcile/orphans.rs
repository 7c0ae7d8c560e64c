//! Node pools whose cluster object does not exist.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::write::{self, WriteError};
use armature_api::{AksCluster, AksNodePool, AksNodePoolStatus, RELEASE_ANNOTATION};
use armature_plan::status::pool::{below_unreadable_cluster, without_cluster};

/// When a pool is looked at again although nothing happened: the arrival of its cluster wakes the cluster and not the pool,
/// and an end that a broken watch missed wakes nobody.
const RECHECK: Duration = Duration::from_secs(60);

/// Answers for one pool. A pool whose cluster object exists belongs to that cluster's pass.
///
/// # Errors
/// [`WriteError`].
pub async fn reconcile(pool: Arc<AksNodePool>, context: Arc<Context>) -> Result<Action, WriteError> {
    let key = cluster_of(&pool);
    if context.clusters.get(&key).is_some() || !context.written.has_caught_up(pool.as_ref()) {
        return Ok(Action::requeue(RECHECK));
    }
    if context.caches.clusters.has(&key) {
        return below_unreadable(&pool, &context).await;
    }
    // Where no cluster object says which cluster it is, nothing can be told about Azure, and nothing is done there.
    if pool.metadata.deletion_timestamp.is_some() {
        if write::is_finalized(pool.as_ref()) {
            write::remove_finalizer(&context, pool.as_ref()).await?;
        }
        return Ok(Action::await_change());
    }
    store(&pool, &context, without_cluster).await?;
    Ok(Action::requeue(RECHECK))
}

/// A pool whose cluster object is there and can't be read. What it had stays as it was told last, and only a pool that
/// was released goes.
async fn below_unreadable(pool: &AksNodePool, context: &Context) -> Result<Action, WriteError> {
    if pool.metadata.deletion_timestamp.is_some() && is_released(pool) && write::is_finalized(pool) {
        write::remove_finalizer(context, pool).await?;
        return Ok(Action::await_change());
    }
    store(pool, context, below_unreadable_cluster).await?;
    Ok(Action::requeue(RECHECK))
}

/// The status after a look at a pool: from the one before, its generation, the name of its cluster and the time.
type Look = fn(&AksNodePoolStatus, i64, &str, Timestamp) -> AksNodePoolStatus;

async fn store(pool: &AksNodePool, context: &Context, look: Look) -> Result<(), WriteError> {
    let before = pool.status.clone().unwrap_or_default();
    let generation = pool.metadata.generation.unwrap_or_default();
    let status = look(&before, generation, &pool.spec.cluster_ref.name, context.now());
    if status != before {
        let changed = AksNodePool {
            status: Some(status),
            ..pool.clone()
        };
        write::status(context, &changed).await?;
    }
    Ok(())
}

/// Whether someone asked to let an object go and leave Azure alone.
pub fn is_released(object: &impl ResourceExt) -> bool {
    let released = object.annotations().get(RELEASE_ANNOTATION);
    released.is_some_and(|value| !value.is_empty())
}

/// The cluster that a pool belongs to.
pub fn cluster_of(pool: &AksNodePool) -> ObjectRef<AksCluster> {
    ObjectRef::new(&pool.spec.cluster_ref.name).within(&pool.namespace().unwrap_or_default())
}
