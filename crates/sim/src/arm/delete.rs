//! DELETE of clusters, pools and resource groups. Deletion pushes aside whatever runs.

use jiff::SignedDuration;
use serde_json::Value;

use super::gateway::Context;
use super::ids::{ChildRef, ClusterKey, ClusterRef, GroupRef};
use super::judge::{Question, judge};
use super::preconditions::{self, Intent};
use super::render::{self, Pointers};
use super::{clusters, rolling};
use crate::catalog::{self, DurationInput, Work};
use crate::operations::{Activity, NewOperation, OperationError, OperationId, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::world::{Cluster, World};

/// Simulated time to delete an empty resource group (general knowledge).
const EMPTY_GROUP: SignedDuration = SignedDuration::from_secs(15);

/// No deletion of a cluster takes longer: the group goes when nothing is left in it.
const LONGEST_CLUSTER: SignedDuration = SignedDuration::from_mins(15);

/// DELETE of a cluster: 202, even while something runs; 204 when it is absent.
///
/// # Errors
/// 404 for the group, 412.
pub fn cluster(world: &mut World, cx: &Context<'_>, reference: &ClusterRef) -> Result<Reply, Refusal> {
    if world.group(&reference.group).is_none() {
        return Err(clusters::group_not_found(&reference.group.name));
    }
    let key = reference.key();
    let Some(stored) = world.clusters.get(&key) else {
        return Ok(Reply::empty(204));
    };
    preconditions::check(cx.request, Intent::Change, Some(&stored.etag))?;
    let id = delete_cluster(world, &key, cx.fails);
    Ok(render::follow(
        world,
        cx,
        &id,
        Pointers::StatusResultAndWait,
        Reply::empty(202),
    ))
}

/// Starts the deletion, or finds the one that runs already.
fn delete_cluster(world: &mut World, key: &ClusterKey, fails: Option<&OperationError>) -> OperationId {
    let Some(stored) = world.clusters.get(key) else {
        return OperationId::new();
    };
    if let Some(running) = world.running_on_cluster(stored)
        && running.activity == Activity::Deleting
    {
        return running.id.clone();
    }
    let (region, subscription) = (stored.region.clone(), stored.reference.group.subscription.clone());
    let nodes = stored.pools.iter().map(|pool| rolling::count(&pool.properties)).sum();
    for id in running_ids(world, stored) {
        world.push_aside(&id, preempted());
    }
    let duration = time(world, Work::ClusterDelete, nodes, false, &key.to_string());
    world.start_operation(NewOperation {
        subject: Subject::Cluster(key.clone()),
        activity: Activity::Deleting,
        subscription,
        region,
        steps: Vec::new(),
        duration,
        fails: fails.cloned(),
    })
}

fn running_ids(world: &World, cluster: &Cluster) -> Vec<OperationId> {
    let pools = cluster
        .pools
        .iter()
        .filter_map(|pool| world.running_on_pool(cluster, &pool.name));
    pools
        .chain(world.running_on_cluster(cluster))
        .map(|operation| operation.id.clone())
        .collect()
}

pub(super) fn preempted() -> OperationError {
    OperationError {
        code: "AKSOperationPreemptedByDelete".to_owned(),
        message: "This operation has been preempted by Deleting operation.".to_owned(),
    }
}

fn time(world: &World, work: Work, nodes: u32, windows: bool, seed: &str) -> SignedDuration {
    let seed = format!("{seed}/{}", world.now());
    catalog::duration(
        work,
        &DurationInput {
            nodes,
            surge: 1,
            soak_minutes: 0,
            windows,
            extras: 0,
            seed: &seed,
        },
    )
}

/// DELETE of a pool: 202, even while an operation of this pool runs; 204 when it is absent.
///
/// # Errors
/// 404 for the cluster, 409 while an operation of the cluster runs, 412, the rule of the last system pool.
pub fn pool(world: &mut World, cx: &Context<'_>, reference: &ChildRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, &reference.cluster, "agentPools")?;
    let Some(stored) = cluster.pool(&reference.name) else {
        return Ok(Reply::empty(204));
    };
    preconditions::check(cx.request, Intent::Change, Some(&stored.etag))?;
    world.no_cluster_operation(cluster)?;
    if let Some(running) = world.running_on_pool(cluster, &reference.name)
        && running.activity == Activity::Deleting
    {
        let id = running.id.clone();
        return Ok(render::follow(
            world,
            cx,
            &id,
            Pointers::StatusResultAndWait,
            Reply::empty(202),
        ));
    }
    let resource = stored.resource();
    let question = Question {
        operation: Operation::DeletePool,
        name: &reference.name,
        sent: &Value::Null,
        old: Some(&resource),
        new: None,
    };
    judge(world, cluster, &question)?;
    let (nodes, windows) = (
        rolling::count(&stored.properties),
        rolling::is_windows(&stored.properties),
    );
    let (key, region) = (cluster.reference.key(), cluster.region.clone());
    if let Some(running) = world
        .running_on_pool(cluster, &reference.name)
        .map(|running| running.id.clone())
    {
        world.push_aside(&running, preempted());
    }
    let duration = time(world, Work::PoolDelete, nodes, windows, &reference.name);
    let id = world.start_operation(NewOperation {
        subject: Subject::Pool(key, reference.name.to_lowercase()),
        activity: Activity::Deleting,
        subscription: reference.cluster.group.subscription.clone(),
        region,
        steps: Vec::new(),
        duration,
        fails: cx.fails.cloned(),
    });
    Ok(render::follow(
        world,
        cx,
        &id,
        Pointers::StatusResultAndWait,
        Reply::empty(202),
    ))
}

/// DELETE of a resource group, with everything in it: 202 with `Location`.
///
/// # Errors
/// 404.
pub fn group(world: &mut World, cx: &Context<'_>, reference: &GroupRef) -> Result<Reply, Refusal> {
    let group = world
        .group(reference)
        .ok_or_else(|| clusters::group_not_found(&reference.name))?;
    let (region, running) = (group.location.clone(), group.deletion.clone());
    let id = match running {
        Some(id) => id,
        None => {
            let inside: Vec<ClusterKey> = world
                .clusters
                .keys()
                .filter(|key| {
                    key.subscription == reference.subscription.to_lowercase()
                        && key.group == reference.name.to_lowercase()
                })
                .cloned()
                .collect();
            for key in &inside {
                delete_cluster(world, key, cx.fails);
            }
            let duration = if inside.is_empty() {
                EMPTY_GROUP
            } else {
                EMPTY_GROUP + LONGEST_CLUSTER
            };
            world.start_operation(NewOperation {
                subject: Subject::Group(reference.clone()),
                activity: Activity::Deleting,
                subscription: reference.subscription.clone(),
                region,
                steps: Vec::new(),
                duration,
                fails: cx.fails.cloned(),
            })
        }
    };
    let location = super::operation_status::group_result_url(world, cx, &id);
    let wait = render::poll_wait(world).to_string();
    Ok(Reply::empty(202).with("location", location).with("retry-after", wait))
}
