//! Start and stop of a cluster, abort of the operation that runs.

use jiff::SignedDuration;
use serde_json::Value;

use super::gateway::Context;
use super::ids::{ChildRef, ClusterRef};
use super::judge::{Question, judge};
use super::render::{self, Pointers};
use super::{clusters, pools};
use crate::catalog::{self, DurationInput, Work};
use crate::operations::{Activity, NewOperation, OperationError, OperationId, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::world::World;

/// Simulated time that an abort takes (general knowledge).
const ABORT_DURATION: SignedDuration = SignedDuration::from_secs(60);

/// POST start.
///
/// # Errors
/// 404; 409 when the cluster runs already or something runs on it.
pub fn start(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    change(
        world,
        cx,
        cluster,
        Operation::StartCluster,
        Activity::Starting,
        Work::ClusterStart,
    )
}

/// POST stop.
///
/// # Errors
/// 404; 409 when the cluster is stopped already or something runs on it.
pub fn stop(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    change(
        world,
        cx,
        cluster,
        Operation::StopCluster,
        Activity::Stopping,
        Work::ClusterStop,
    )
}

fn change(
    world: &mut World,
    cx: &Context<'_>,
    reference: &ClusterRef,
    operation: Operation,
    activity: Activity,
    work: Work,
) -> Result<Reply, Refusal> {
    let cluster = clusters::find(world, reference)?;
    // The rules have words of their own for a start or stop in the wrong state.
    let question = Question {
        operation,
        name: &reference.name,
        sent: &Value::Null,
        old: None,
        new: None,
    };
    judge(world, cluster, &question)?;
    world.cluster_is_free(cluster)?;
    let (key, region) = (cluster.reference.key(), cluster.region.clone());
    let seed = format!("{key}/{}", world.now());
    let input = DurationInput {
        nodes: 0,
        surge: 1,
        soak_minutes: 0,
        windows: false,
        extras: 0,
        seed: &seed,
    };
    let id = world.start_operation(NewOperation {
        subject: Subject::Cluster(key),
        activity,
        subscription: reference.group.subscription.clone(),
        region,
        steps: Vec::new(),
        duration: catalog::duration(work, &input),
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

/// POST abort of a cluster: cancels the cluster operation that runs.
///
/// # Errors
/// 404; 409 when nothing runs, or a deletion does.
pub fn abort_cluster(world: &mut World, cx: &Context<'_>, reference: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find(world, reference)?;
    let running = world
        .running_on_cluster(cluster)
        .map(|running| (running.id.clone(), running.activity));
    let (key, region) = (cluster.reference.key(), cluster.region.clone());
    let id = abort(
        world,
        cx,
        running,
        Subject::Cluster(key),
        &reference.group.subscription,
        region,
    )?;
    Ok(render::follow(
        world,
        cx,
        &id,
        Pointers::StatusResultAndWait,
        Reply::empty(202),
    ))
}

/// POST abort of a pool: cancels the pool operation that runs.
///
/// # Errors
/// 404; 409 when nothing runs, or a deletion does.
pub fn abort_pool(world: &mut World, cx: &Context<'_>, reference: &ChildRef) -> Result<Reply, Refusal> {
    let (cluster, pool) = pools::find(world, reference)?;
    let running = world
        .running_on_pool(cluster, &pool.name)
        .map(|running| (running.id.clone(), running.activity));
    let subject = Subject::Pool(cluster.reference.key(), pool.name.to_lowercase());
    let region = cluster.region.clone();
    let id = abort(
        world,
        cx,
        running,
        subject,
        &reference.cluster.group.subscription,
        region,
    )?;
    Ok(render::follow(
        world,
        cx,
        &id,
        Pointers::StatusResultAndWait,
        Reply::empty(202),
    ))
}

fn abort(
    world: &mut World,
    cx: &Context<'_>,
    running: Option<(OperationId, Activity)>,
    subject: Subject,
    subscription: &str,
    region: String,
) -> Result<OperationId, Refusal> {
    let refuse = |message: &str| Err(Refusal::provider(409, "OperationNotAllowed", message));
    match running {
        None => return refuse("There is no operation in progress that could be aborted."),
        Some((_, Activity::Deleting | Activity::Canceling)) => {
            return refuse("The operation in progress cannot be aborted.");
        }
        Some((id, _)) => {
            let message = "The operation was canceled by an abort request.".to_owned();
            world.push_aside(
                &id,
                OperationError {
                    code: "OperationCanceled".to_owned(),
                    message,
                },
            );
        }
    }
    Ok(world.start_operation(NewOperation {
        subject,
        activity: Activity::Canceling,
        subscription: subscription.to_owned(),
        region,
        steps: Vec::new(),
        duration: ABORT_DURATION,
        fails: cx.fails.cloned(),
    }))
}
