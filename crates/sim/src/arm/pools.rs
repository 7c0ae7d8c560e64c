//! Reads of one pool and the node image upgrade.

use serde_json::Value;

use super::clusters;
use super::gateway::Context;
use super::ids::{ChildRef, ClusterKey};
use super::judge::{Question, judge};
use super::render::{self, Pointers};
use super::rolling::Rolling;
use crate::catalog::Work;
use crate::operations::{Activity, NewOperation, OperationError, OperationId, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::world::{Cluster, Pool, World};

/// The cluster and pool that a call names.
///
/// # Errors
/// 404: the gateway's for the cluster, AKS's own `NotFound` for the pool.
pub fn find<'a>(world: &'a World, pool: &ChildRef) -> Result<(&'a Cluster, &'a Pool), Refusal> {
    let cluster = clusters::find_parent(world, &pool.cluster, "agentPools")?;
    let found = cluster.pool(&pool.name).ok_or_else(|| {
        Refusal::provider(
            404,
            "NotFound",
            format!("Could not find the agent pool '{}'.", pool.name),
        )
        .with_subcode("GetAgentPool_NotFound")
    })?;
    Ok((cluster, found))
}

/// GET.
///
/// # Errors
/// 404.
pub fn get(world: &World, pool: &ChildRef) -> Result<Reply, Refusal> {
    let (cluster, pool) = find(world, pool)?;
    Ok(Reply::provider(200, render::pool(&cluster.reference, pool)))
}

/// The pool as GET shows it.
pub(super) fn reply(world: &World, key: &ClusterKey, name: &str, status: u16) -> Reply {
    let found = world
        .clusters
        .get(key)
        .and_then(|cluster| Some((cluster, cluster.pool(name)?)));
    found.map_or_else(
        || Reply::empty(status),
        |(cluster, pool)| Reply::provider(status, render::pool(&cluster.reference, pool)),
    )
}

/// POST upgradeNodeImageVersion: every node gets the newest image of the version that the pool runs.
///
/// # Errors
/// 404, 409 while another operation runs, what the rules refuse.
pub fn upgrade_node_image(world: &mut World, cx: &Context<'_>, pool: &ChildRef) -> Result<Reply, Refusal> {
    let (cluster, stored) = find(world, pool)?;
    world.pool_is_free(cluster, &pool.name)?;
    let resource = stored.resource();
    let question = Question {
        operation: Operation::UpgradeNodeImage,
        name: &pool.name,
        sent: &Value::Null,
        old: Some(&resource),
        new: None,
    };
    judge(world, cluster, &question)?;
    let key = cluster.reference.key();
    let id = start_image_upgrade(world, &key, &pool.name, cx.fails);
    let reply = reply(world, &key, &pool.name, 202);
    Ok(render::follow(world, cx, &id, Pointers::StatusResultAndWait, reply))
}

/// Starts the replacement of every node by one with the newest image, whoever wants it.
pub(crate) fn start_image_upgrade(
    world: &mut World,
    key: &ClusterKey,
    name: &str,
    fails: Option<&OperationError>,
) -> OperationId {
    let Some(cluster) = world.clusters.get(key) else {
        return OperationId::new();
    };
    let Some(stored) = cluster.pool(name) else {
        return OperationId::new();
    };
    let rolling = Rolling::of(stored, stored.text("currentOrchestratorVersion"), world.now());
    let (region, subscription) = (cluster.region.clone(), cluster.reference.group.subscription.clone());
    let duration = rolling.duration(Work::NodeReimage, &format!("{key}/{name}/{}", world.now()));
    world.start_operation(NewOperation {
        subject: Subject::Pool(key.clone(), name.to_lowercase()),
        activity: Activity::UpgradingNodeImageVersion,
        subscription,
        region,
        steps: vec![(duration, rolling.step())],
        duration,
        fails: fails.cloned(),
    })
}
