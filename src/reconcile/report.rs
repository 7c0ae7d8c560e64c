//! What a pass tells: one status write per object, if it changed.

use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::events::EventType;

use super::context::Context;
use super::failure::Ended;
use super::guard::Unreadable;
use super::manifests::requested_at;
use super::objects::Objects;
use super::pass::{Next, Pass, unwritten};
use super::write::{self, WriteError};
use super::{events, operations, records};
use crate::runtime::metrics::ReconcileOutcome;
use armature_api::{AksCluster, AksNodePool, AksNodePoolStatus};
use armature_plan::Fate;
use armature_plan::change::Target;
use armature_plan::desired::azure_name;
use armature_plan::live::LiveCluster;
use armature_plan::status::children::new_failures;
use armature_plan::status::cluster::PoolsSummary;
use armature_plan::status::conditions::{Verdict, Why, conditions};
use armature_plan::status::failure::Failure;
use armature_plan::status::{cluster, pool};

/// How often what Azure accepted is stored again when somebody else keeps writing the object.
const STORE_ATTEMPTS: u32 = 5;

/// Writes what is intended, before it is done.
///
/// # Errors
/// [`WriteError`].
pub async fn publish(pass: &mut Pass<'_>) -> Result<(), WriteError> {
    report(pass).await
}

/// Writes what Azure accepted. Somebody else's write in between must not lose it.
///
/// # Errors
/// [`WriteError`].
pub async fn store(pass: &mut Pass<'_>) -> Result<(), WriteError> {
    let mut attempt = 1;
    loop {
        match report(pass).await {
            Err(WriteError::Conflict) if attempt < STORE_ATTEMPTS => {
                attempt += 1;
                reread(pass).await?;
            }
            result => return result,
        }
    }
}

async fn reread(pass: &mut Pass<'_>) -> Result<(), WriteError> {
    let stored = write::read(pass.context, &pass.objects.cluster).await?;
    pass.objects.cluster = write::go_on(&pass.objects.cluster, stored);
    for pool in &mut pass.objects.pools {
        match write::read(pass.context, pool).await {
            Ok(stored) => *pool = write::go_on(pool, stored),
            Err(WriteError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// One status write per object, if it changed. The cluster goes first: its status holds the operations. What there is to
/// tell in events comes last, so that nothing stands between an answer of Azure's and its record.
async fn report(pass: &mut Pass<'_>) -> Result<(), WriteError> {
    let statuses: Vec<AksNodePoolStatus> = pass.objects.pools.iter().map(|pool| pool_status(pass, pool)).collect();
    let mut summary = PoolsSummary::default();
    for (pool, status) in pass.objects.pools.iter().zip(&statuses) {
        summary.total += 1;
        summary.ready += i64::from(pool::is_ready(status));
        summary.stalled = summary
            .stalled
            .take()
            .or_else(|| pool::stalled(&pool.name_any(), status));
    }
    for pool in unreadable_pools(pass) {
        summary.total += 1;
        let told = format!(
            "node pool {} needs attention (Unreadable): {}",
            pool.name_any(),
            pool.told()
        );
        summary.stalled.get_or_insert(told);
    }
    report_cluster(pass, &summary).await?;
    for (index, status) in statuses.into_iter().enumerate() {
        report_pool(pass, index, status).await?;
    }
    events::publish_news(pass).await;
    Ok(())
}

/// The pools of this cluster whose objects can't be read. They are not gone: they are told of, and nothing else.
fn unreadable_pools(pass: &Pass<'_>) -> Vec<Arc<Unreadable<AksNodePool>>> {
    let cluster = &pass.objects.cluster;
    let (namespace, name) = (cluster.namespace(), cluster.name_any());
    let pools = &pass.context.caches.pools.unreadable;
    pools.state_filter(|pool| pool.namespace() == namespace && pool.salvage.cluster.as_ref() == Some(&name))
}

async fn report_pool(pass: &mut Pass<'_>, index: usize, status: AksNodePoolStatus) -> Result<(), WriteError> {
    let object = &mut pass.objects.pools[index];
    let before = object.status.clone().unwrap_or_default();
    if status == before {
        return Ok(());
    }
    let after = status.conditions.clone();
    let changed = AksNodePool {
        status: Some(status),
        ..object.clone()
    };
    match write::status(pass.context, &changed).await {
        Ok(stored) => *object = write::go_on(object, stored),
        Err(WriteError::Gone) => return Ok(()),
        Err(error) => return Err(error),
    }
    events::readiness(pass.context, object, &before.conditions, &after).await;
    Ok(())
}

async fn report_cluster(pass: &mut Pass<'_>, pools: &PoolsSummary) -> Result<(), WriteError> {
    let before = pass.objects.cluster.status.clone().unwrap_or_default();
    let (of_children, of_cluster) = pass
        .sealed_operations()
        .into_iter()
        .partition(|(key, _)| matches!(operations::target(key), Target::Child(_) | Target::Action(_)));
    pass.record_inventory().await?;
    let children = pass.sealed_children();
    let status = cluster::status(&cluster::Report {
        previous: &before,
        generation: pass.objects.cluster.metadata.generation.unwrap_or_default(),
        deleting: pass.objects.cluster.metadata.deletion_timestamp.is_some(),
        plan: pass.plan.as_ref(),
        live: pass.live.as_ref(),
        applied: &pass.desired.cluster.life.applied,
        mark: &pass.desired.cluster.mark,
        operations: &of_cluster,
        children: &children,
        child_operations: &of_children,
        actions: &pass.actions,
        ended: pass.ended,
        failure: cluster_failure(pass),
        resume_attempts: pass.attempts.get(&Target::Cluster).copied().unwrap_or_default(),
        pools,
        requested_at: requested_at(&pass.objects.cluster),
        now: pass.context.now(),
    });
    let status = records::sealed_cluster(&pass.signing, pass.serial, &before, status);
    if status != before {
        let changed = AksCluster {
            status: Some(status.clone()),
            ..pass.objects.cluster.clone()
        };
        let stored = write::status(pass.context, &changed).await?;
        pass.objects.cluster = write::go_on(&pass.objects.cluster, stored);
        events::readiness(
            pass.context,
            &pass.objects.cluster,
            &before.conditions,
            &status.conditions,
        )
        .await;
        for (key, failure) in new_failures(&before.children, &status.children) {
            let note = format!("{key}: {}: {} {}", failure.code, failure.message, failure.next_step);
            events::told(pass, EventType::Warning, "ChildFailed", "Reconcile", note.trim_end());
        }
    }
    pass.ended = 0;
    pass.conclude_inventory().await
}

fn pool_status(pass: &Pass<'_>, object: &AksNodePool) -> AksNodePoolStatus {
    let stored = object.status.clone().unwrap_or_default();
    let (object_name, name) = (object.name_any(), azure_name(object));
    let target = Target::Pool(name.clone());
    let mut before = stored.clone();
    if !records::is_pool_proven(&pass.signing, &object_name, &before) {
        before.applied.clear();
    }
    let status = pool::status(&pool::Report {
        previous: &before,
        generation: object.metadata.generation.unwrap_or_default(),
        object: &object_name,
        name: &name,
        cluster: &pass.desired.cluster.object,
        cluster_id: pass.live.as_ref().and_then(LiveCluster::id),
        deleting: object.metadata.deletion_timestamp.is_some(),
        fate: pass.plan.as_ref().and_then(|plan| plan.pool_fates.get(&object_name)),
        plan: pass.plan.as_ref(),
        live: pass.live.as_ref().and_then(|live| live.pool(&name)),
        operations: &pass.operations,
        failure: pool_failure(pass, &target),
        resume_attempts: pass.attempts.get(&target).copied().unwrap_or_default(),
        requested_at: requested_at(object),
        now: pass.context.now(),
    });
    records::sealed_pool(&pass.signing, &object_name, &stored, status)
}

/// What the cluster tells: why the pass ended, else its own failed step, else that of a pool. While a step is tried
/// again, what it does is told instead.
fn cluster_failure<'a>(pass: &'a Pass<'_>) -> Option<&'a Failure> {
    let rests = &pass.memory.rests;
    let of_pools = || {
        rests
            .all()
            .find(|(target, _)| !is_running(pass, target))
            .map(|(_, failure)| failure)
    };
    rests
        .of_whole()
        .or_else(|| own_failure(pass, &Target::Cluster))
        .or_else(of_pools)
}

fn pool_failure<'a>(pass: &'a Pass<'_>, target: &Target) -> Option<&'a Failure> {
    pass.memory.rests.of_whole().or_else(|| own_failure(pass, target))
}

fn own_failure<'a>(pass: &'a Pass<'_>, target: &Target) -> Option<&'a Failure> {
    pass.memory.rests.of(target).filter(|_| !is_running(pass, target))
}

fn is_running(pass: &Pass<'_>, target: &Target) -> bool {
    pass.operations.contains_key(&target.to_string())
}

/// A cluster whose manifest can't be read at all.
pub async fn unreadable(context: &Context, objects: Objects, ended: &Ended, fate: &Fate) -> Next {
    let before = objects.cluster.status.clone().unwrap_or_default();
    let generation = objects.cluster.metadata.generation.unwrap_or_default();
    let mut status = before.clone();
    status.observed_generation = Some(generation);
    status.conditions = conditions(
        &before.conditions,
        &match fate {
            Fate::Blocked(why) => Verdict::Stalled(Why::new("DeletionBlocked", why)),
            _ => ended.failure.verdict(),
        },
        &[],
        generation,
        context.now(),
    );
    if status != before {
        let changed = AksCluster {
            status: Some(status),
            ..objects.cluster
        };
        if let Err(error) = write::status(context, &changed).await {
            return unwritten(&error);
        }
    }
    Next {
        after: None,
        outcome: ReconcileOutcome::Stalled,
    }
}
