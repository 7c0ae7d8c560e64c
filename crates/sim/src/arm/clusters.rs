//! Reads of one cluster, the tags PATCH, and what every handler below a cluster asks first.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::gateway::Context;
use super::ids::{ClusterKey, ClusterRef};
use super::judge::{Question, judge};
use super::preconditions::{self, Intent};
use super::render::{self, Pointers};
use crate::operations::{Activity, NewOperation, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::{self, Definition};
use crate::world::{Cluster, World};

/// Simulated time that a change of tags takes (1 to 20 s, general knowledge).
const TAGS_DURATION: SignedDuration = SignedDuration::from_secs(10);

/// The cluster a call names.
///
/// # Errors
/// 404 in the gateway's words: `ResourceGroupNotFound` or `ResourceNotFound`.
pub fn find<'a>(world: &'a World, cluster: &ClusterRef) -> Result<&'a Cluster, Refusal> {
    if world.group(&cluster.group).is_none() {
        return Err(group_not_found(&cluster.group.name));
    }
    world.clusters.get(&cluster.key()).ok_or_else(|| {
        let message = format!(
            "The Resource 'Microsoft.ContainerService/managedClusters/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            cluster.name, cluster.group.name
        );
        Refusal::gateway(404, "ResourceNotFound", message)
    })
}

/// The cluster above the child of `kind` that a call names.
///
/// # Errors
/// 404 in the gateway's words: `ResourceGroupNotFound` or `ParentResourceNotFound`.
pub fn find_parent<'a>(world: &'a World, cluster: &ClusterRef, kind: &str) -> Result<&'a Cluster, Refusal> {
    find(world, cluster).map_err(|refusal| {
        if refusal.code == "ResourceGroupNotFound" {
            return refusal;
        }
        let message = format!(
            "Failed to perform the operation on resource(s) of type 'managedClusters/{kind}', because the parent resource '{}' could not be found.",
            cluster.id()
        );
        Refusal::gateway(404, "ParentResourceNotFound", message)
    })
}

/// 404 for a resource group.
#[must_use]
pub fn group_not_found(name: &str) -> Refusal {
    Refusal::gateway(
        404,
        "ResourceGroupNotFound",
        format!("Resource group '{name}' could not be found."),
    )
}

/// GET.
///
/// # Errors
/// 404.
pub fn get(world: &World, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    Ok(Reply::provider(200, render::cluster(find(world, cluster)?)))
}

/// PATCH of the tags, which replaces all of them. The answer is 200 with the header of an operation that takes seconds.
///
/// # Errors
/// 404, 412, 409 while another operation runs.
pub fn patch_tags(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let stored = find(world, cluster)?;
    preconditions::check(cx.request, Intent::Change, Some(&stored.etag))?;
    schema::validate_request(Definition::TagsObject, &sent)?;
    world.cluster_is_free(stored)?;
    let question = Question {
        operation: Operation::PatchCluster,
        name: &cluster.name,
        sent: &sent,
        old: None,
        new: None,
    };
    judge(world, stored, &question)?;
    let (key, region) = (cluster.key(), stored.region.clone());
    if let Some(stored) = world.clusters.get_mut(&key) {
        stored.body["tags"] = sent
            .get("tags")
            .filter(|tags| tags.is_object())
            .cloned()
            .unwrap_or_else(|| json!({}));
    }
    let id = world.start_operation(NewOperation {
        subject: Subject::Cluster(key.clone()),
        activity: Activity::Updating,
        subscription: cluster.group.subscription.clone(),
        region,
        steps: Vec::new(),
        duration: TAGS_DURATION,
        fails: cx.fails.cloned(),
    });
    let reply = Reply::provider(200, body(world, &key));
    Ok(render::follow(world, cx, &id, Pointers::StatusOnly, reply))
}

/// The cluster as GET shows it; `Null` when it is gone.
#[must_use]
pub fn body(world: &World, key: &ClusterKey) -> Value {
    world.clusters.get(key).map_or(Value::Null, render::cluster)
}
