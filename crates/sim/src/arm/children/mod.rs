//! Children of a cluster other than pools: one handler for every kind, by the facts in [`kinds`].

pub mod kinds;

use serde_json::{Value, json};

use self::kinds::{ChildCall, ChildKind, Pace, Verb};
use super::gateway::Context;
use super::ids::ClusterKey;
use super::judge::{Question, judge};
use super::preconditions::{self, Intent};
use super::provenance::Provenance;
use super::render::{self, Pointers};
use super::{clusters, credentials};
use crate::defaults;
use crate::operations::{Activity, NewOperation, OperationId, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::{self, Definition};
use crate::world::{Cluster, World};

/// A child as it is stored.
#[derive(Debug, Clone)]
pub struct Child {
    /// Name as first written.
    pub name: String,
    /// `properties`, and `location` and `tags` where the kind has them.
    pub body: Value,
    /// Who made and changed it.
    pub provenance: Provenance,
    /// Current eTag; not shown by kinds that have none.
    pub etag: String,
    /// The operation that runs on it.
    pub operation: Option<OperationId>,
}

/// Answers a call about children.
///
/// # Errors
/// 404: the gateway's for the cluster, AKS's own for the child; 400 from the description or the rules; 409 while an
/// operation runs; 412.
pub fn answer(world: &mut World, cx: &Context<'_>, call: &ChildCall) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, &call.cluster, call.kind.facts().segment)?;
    match call.verb {
        Verb::List => Ok(list(cluster, call.kind)),
        Verb::Get => Ok(Reply::provider(200, find(cluster, call)?)),
        Verb::Put => put(world, cx, call),
        Verb::PatchTags => patch_tags(world, cx, call),
        Verb::Delete => delete(world, cx, call),
        Verb::ListCredential => {
            find(cluster, call)?;
            Ok(credentials::namespace(world, cluster, &call.name))
        }
    }
}

fn list(cluster: &Cluster, kind: ChildKind) -> Reply {
    let value: Vec<Value> = cluster
        .children_of(kind)
        .map(|child| render::child(&cluster.reference, kind, child))
        .collect();
    Reply::provider(200, json!({"value": value}))
}

fn find(cluster: &Cluster, call: &ChildCall) -> Result<Value, Refusal> {
    cluster
        .child(call.kind, &call.name)
        .map(|child| render::child(&cluster.reference, call.kind, child))
        .ok_or_else(|| not_found(call))
}

fn not_found(call: &ChildCall) -> Refusal {
    let message = format!("Could not find the {} '{}'.", call.kind.facts().noun, call.name);
    Refusal::provider(404, "NotFound", message)
}

fn put(world: &mut World, cx: &Context<'_>, call: &ChildCall) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let facts = call.kind.facts();
    let cluster = clusters::find_parent(world, &call.cluster, facts.segment)?;
    world.no_deletion(cluster)?;
    schema::validate_request(facts.definition, &sent)?;
    let stored = cluster.child(call.kind, &call.name);
    // Connections are made by the private endpoint at the other end (SPEC: the PUT is an update).
    if call.kind == ChildKind::PrivateEndpointConnection && stored.is_none() {
        return Err(not_found(call));
    }
    if facts.tagged {
        preconditions::check(cx.request, Intent::Put, stored.map(|stored| stored.etag.as_str()))?;
    }
    if let Some(stored) = stored {
        world.child_is_free(facts.noun, stored)?;
    }
    let known = stored.map(|stored| render::child(&cluster.reference, call.kind, stored));
    let mut new = defaults::merge(facts.definition, known.as_ref(), &sent);
    let place = world.place(&cluster.reference, &cluster.region, world.now());
    defaults::fill_child(call.kind, &mut new, &cluster.body, &place);
    if let Some(identity) = new.pointer_mut("/properties/managedIdentity") {
        world.name_identity(identity);
    }
    let question = Question {
        operation: Operation::PutChild(call.kind),
        name: &call.name,
        sent: &sent,
        old: known.as_ref(),
        new: Some(&new),
    };
    judge(world, cluster, &question)?;
    if call.kind == ChildKind::ManagedNamespace && known.is_none() {
        adopt(cluster, call, &new)?;
    }
    let (key, region) = (cluster.reference.key(), cluster.region.clone());
    let created = known.is_none();
    store(world, cx, &key, call, &new);
    let status = if created { 201 } else { 200 };
    let pointers = match facts.put {
        Pace::AtOnce => return Ok(shown(world, &key, call, status)),
        // Updates by PUT carry the status alone, as those of clusters do (wire recordings).
        Pace::Operation(..) if !created => Pointers::StatusOnly,
        Pace::Operation(pointers, _) => pointers,
    };
    let activity = if created {
        Activity::Creating
    } else {
        Activity::Updating
    };
    let id = start(world, cx, &key, region, call, activity, facts.put);
    let reply = shown(world, &key, call, status);
    Ok(render::follow(world, cx, &id, pointers, reply))
}

/// A namespace that is in the cluster already is taken over only as `adoptionPolicy` allows (Learn: managed-namespaces).
fn adopt(cluster: &Cluster, call: &ChildCall, new: &Value) -> Result<(), Refusal> {
    let Some(identical) = cluster.namespaces.get(&call.name.to_lowercase()) else {
        return Ok(());
    };
    let policy = new["properties"]["adoptionPolicy"].as_str().unwrap_or("Never");
    if policy.eq_ignore_ascii_case("Always") || (policy.eq_ignore_ascii_case("IfIdentical") && *identical) {
        return Ok(());
    }
    let message = format!(
        "The namespace '{}' already exists in the cluster and cannot be adopted with adoption policy '{policy}'.",
        call.name
    );
    Err(Refusal::provider(409, "Conflict", message))
}

fn store(world: &mut World, cx: &Context<'_>, key: &ClusterKey, call: &ChildCall, new: &Value) {
    let (etag, now) = (world.ids.guid(), world.now());
    let Some(cluster) = world.clusters.get_mut(key) else {
        return;
    };
    let mut body = json!({});
    for member in ["location", "tags", "properties"] {
        if let Some(value) = new.get(member) {
            body[member] = value.clone();
        }
    }
    let slot = (call.kind, call.name.to_lowercase());
    match cluster.children.get_mut(&slot) {
        Some(child) => {
            child.body = body;
            child.provenance = Provenance::written(Some(&child.provenance), &cx.claims.oid, now);
            child.etag = etag;
        }
        None => {
            let child = Child {
                name: call.name.clone(),
                body,
                provenance: Provenance::written(None, &cx.claims.oid, now),
                etag,
                operation: None,
            };
            cluster.children.insert(slot, child);
        }
    }
}

fn shown(world: &World, key: &ClusterKey, call: &ChildCall, status: u16) -> Reply {
    let body = world.clusters.get(key).and_then(|cluster| {
        let child = cluster.child(call.kind, &call.name)?;
        Some(render::child(&cluster.reference, call.kind, child))
    });
    Reply::provider(status, body.unwrap_or(Value::Null))
}

fn start(
    world: &mut World,
    cx: &Context<'_>,
    key: &ClusterKey,
    region: String,
    call: &ChildCall,
    activity: Activity,
    pace: Pace,
) -> OperationId {
    let Pace::Operation(_, duration) = pace else {
        return OperationId::new();
    };
    world.start_operation(NewOperation {
        subject: Subject::Child(key.clone(), call.kind, call.name.to_lowercase()),
        activity,
        subscription: call.cluster.group.subscription.clone(),
        region,
        steps: Vec::new(),
        duration,
        fails: cx.fails.cloned(),
    })
}

/// PATCH of the tags of a managed namespace, which replaces all of them.
fn patch_tags(world: &mut World, cx: &Context<'_>, call: &ChildCall) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    schema::validate_request(Definition::TagsObject, &sent)?;
    let cluster = clusters::find_parent(world, &call.cluster, call.kind.facts().segment)?;
    world.no_deletion(cluster)?;
    let mut new = find(cluster, call)?;
    let key = cluster.reference.key();
    new["tags"] = sent
        .get("tags")
        .filter(|tags| tags.is_object())
        .cloned()
        .unwrap_or_else(|| json!({}));
    store(world, cx, &key, call, &new);
    Ok(shown(world, &key, call, 200))
}

fn delete(world: &mut World, cx: &Context<'_>, call: &ChildCall) -> Result<Reply, Refusal> {
    let facts = call.kind.facts();
    let cluster = clusters::find_parent(world, &call.cluster, facts.segment)?;
    let Some(stored) = cluster.child(call.kind, &call.name) else {
        return Ok(Reply::empty(204));
    };
    if facts.tagged {
        preconditions::check(cx.request, Intent::Change, Some(&stored.etag))?;
    }
    if call.kind != ChildKind::MaintenanceConfiguration {
        world.no_deletion(cluster)?;
    }
    let (key, region) = (cluster.reference.key(), cluster.region.clone());
    let resource = render::child(&cluster.reference, call.kind, stored);
    let question = Question {
        operation: Operation::DeleteChild(call.kind),
        name: &call.name,
        sent: &Value::Null,
        old: Some(&resource),
        new: None,
    };
    judge(world, cluster, &question)?;
    let running = world
        .running_on_child(stored)
        .map(|running| (running.id.clone(), running.activity));
    let (status, pace) = facts.delete;
    let Pace::Operation(pointers, _) = pace else {
        if let Some(cluster) = world.clusters.get_mut(&key) {
            cluster.children.remove(&(call.kind, call.name.to_lowercase()));
        }
        return Ok(Reply::empty(status));
    };
    let id = match running {
        Some((id, Activity::Deleting)) => id,
        running => {
            if let Some((id, _)) = running {
                world.push_aside(&id, super::delete::preempted());
            }
            start(world, cx, &key, region, call, Activity::Deleting, pace)
        }
    };
    Ok(render::follow(world, cx, &id, pointers, Reply::empty(status)))
}
