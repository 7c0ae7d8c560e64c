//! Node pools whose cluster object does not exist.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::write::{self, WriteError};
use crate::api::AksNodePool;
use crate::status::pool::without_cluster;

/// When a pool is looked at again although nothing happened: the arrival of its cluster wakes the cluster and not the
/// pool, and an end that no pass of the cluster saw wakes nobody.
const RECHECK: Duration = Duration::from_secs(60);

/// The same while the pool or its cluster goes: what is asked of a pool while the last pass of its cluster ends reaches
/// neither that pass nor another, and its object would stay.
const GOING: Duration = Duration::from_secs(1);

/// Answers for one pool. A pool whose cluster object exists belongs to that cluster's pass.
///
/// # Errors
/// [`WriteError`].
pub async fn reconcile(pool: Arc<AksNodePool>, context: Arc<Context>) -> Result<Action, WriteError> {
    let cluster = ObjectRef::new(&pool.spec.cluster_ref.name).within(&pool.namespace().unwrap_or_default());
    let going = |metadata: &ObjectMeta| metadata.deletion_timestamp.is_some();
    let cluster = context.clusters.get(&cluster);
    if cluster.is_some() || !context.written.has_caught_up(pool.as_ref()) {
        let soon = going(&pool.metadata) || cluster.is_some_and(|cluster| going(&cluster.metadata));
        return Ok(Action::requeue(if soon { GOING } else { RECHECK }));
    }
    // Where no cluster object says which cluster it is, nothing can be told about Azure, and nothing is done there.
    if going(&pool.metadata) {
        if write::is_finalized(pool.as_ref()) {
            write::remove_finalizer(&context, pool.as_ref()).await?;
        }
        return Ok(Action::await_change());
    }
    tell(&context, &pool).await?;
    Ok(Action::requeue(RECHECK))
}

/// Says in the pool's status that it has no cluster object.
///
/// # Errors
/// [`WriteError`].
pub async fn tell(context: &Context, pool: &AksNodePool) -> Result<(), WriteError> {
    let before = pool.status.clone().unwrap_or_default();
    let generation = pool.metadata.generation.unwrap_or_default();
    let status = without_cluster(&before, generation, &pool.spec.cluster_ref.name, context.now());
    if status == before {
        return Ok(());
    }
    let changed = AksNodePool {
        status: Some(status),
        ..pool.clone()
    };
    write::status(context, &changed).await.map(drop)
}
