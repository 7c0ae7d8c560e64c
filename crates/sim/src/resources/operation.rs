//! Long-running operations on resources of the table: their begin, their end, and what clients see of them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::id::ResourceKey;
use super::resource_type::{Follow, Pace, ResourceType};
use super::store::Resource;
use crate::arm::gateway::Context;
use crate::arm::operation_status::{failure, find, time};
use crate::arm::render::{self, Signature};
use crate::effects::set;
use crate::operations::{Activity, NewOperation, Operation, OperationError, OperationId, Outcome, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

/// What leads the client to the end of an operation that has been started.
pub type Started = Option<(OperationId, Follow)>;

/// From when GET finds a new resource of this type.
#[must_use]
pub fn visible_from(world: &World, kind: &ResourceType) -> Timestamp {
    let delay = if kind.late { world.settings.child_delay } else { 0 };
    crate::clock::shift(world.now(), SignedDuration::from_secs(i64::from(delay)))
}

/// Refuses a change while an operation runs.
///
/// # Errors
/// 409 `Conflict`.
pub fn is_free(world: &World, resource: &Resource) -> Result<(), Refusal> {
    let running = resource.operation.as_ref().and_then(|id| world.operations.get(id));
    match running.filter(|operation| operation.ended.is_none()) {
        None => Ok(()),
        Some(operation) => {
            let message = format!(
                "Another operation ({}) is in progress on the resource '{}'. Please retry after it has completed.",
                operation.activity.provisioning_state(),
                resource.id
            );
            Err(Refusal::service(409, resource.kind.busy, message))
        }
    }
}

/// Starts the operation of a change, when its type has one.
pub fn start(
    world: &mut World,
    key: &ResourceKey,
    pace: Pace,
    activity: Activity,
    region: &str,
    fails: Option<OperationError>,
) -> Started {
    let (duration, follow, _) = pace.operation()?;
    let resource = world.resources.get(key)?;
    let subscription = resource.id.subscription().unwrap_or_default().to_owned();
    let before = resource.operation.clone();
    if let Some(before) = before {
        let error = OperationError {
            code: "OperationPreempted".to_owned(),
            message: "A later operation has taken the place of this one.".to_owned(),
        };
        world.push_aside(&before, error);
    }
    let id = world.start_operation(NewOperation {
        subject: Subject::Resource(key.clone()),
        activity,
        subscription,
        region: region.to_owned(),
        steps: Vec::new(),
        duration,
        fails,
    });
    Some((id, follow))
}

/// Starts something that leaves its resource as it is: a validation, a backup.
#[must_use]
pub fn start_beside(
    world: &mut World,
    key: &ResourceKey,
    seconds: i64,
    region: &str,
    fails: Option<OperationError>,
) -> Started {
    let resource = world.resources.get(key)?;
    let subscription = resource.id.subscription().unwrap_or_default().to_owned();
    let id = world.start_operation(NewOperation {
        subject: Subject::Beside(key.clone()),
        activity: Activity::Updating,
        subscription,
        region: region.to_owned(),
        steps: Vec::new(),
        duration: SignedDuration::from_secs(seconds),
        fails,
    });
    Some((id, Follow::StatusAndResult))
}

/// Adds the header fields that lead to the end of an operation.
#[must_use]
pub fn pointed(world: &World, cx: &Context<'_>, started: Started, reply: Reply) -> Reply {
    let Some((id, follow)) = started else { return reply };
    let mut reply = reply;
    if matches!(follow, Follow::Status | Follow::StatusAndResult) {
        reply = reply.with("azure-asyncoperation", url(world, cx, &id, "operationStatuses"));
    }
    if matches!(follow, Follow::Result | Follow::StatusAndResult) {
        reply = reply.with("location", url(world, cx, &id, "operationResults"));
    }
    reply.with("retry-after", render::poll_wait(world).to_string())
}

fn url(world: &World, cx: &Context<'_>, id: &str, collection: &str) -> String {
    let Some((operation, key)) = subject(world, id) else {
        return String::new();
    };
    let place = match world.resources.get(key) {
        Some(resource) if resource.kind.own_operations => format!("{}/operations", resource.id),
        Some(resource) => format!(
            "/subscriptions/{}/providers/{}/locations/{}/{collection}",
            operation.subscription, resource.kind.namespace, operation.region
        ),
        None => return String::new(),
    };
    let version = cx.request.query("api-version").unwrap_or_default();
    let Signature { t, c, s, h } = Signature::of(world, id);
    format!(
        "{}{place}/{id}?api-version={version}&t={t}&c={c}&s={s}&h={h}",
        cx.request.origin
    )
}

fn subject<'a>(world: &'a World, id: &str) -> Option<(&'a Operation, &'a ResourceKey)> {
    let operation = world.operations.get(id)?;
    match &operation.subject {
        Subject::Resource(key) | Subject::Beside(key) => Some((operation, key)),
        _ => None,
    }
}

/// GET of the status (ARM RPC: asynchronous operations).
///
/// # Errors
/// 404 for an unknown operation, 400 for a URL that was not taken verbatim.
pub fn status(world: &World, cx: &Context<'_>, id: &str) -> Result<Reply, Refusal> {
    let operation = find(world, cx, id)?;
    // Operations below their resource have no times (Microsoft.KubernetesConfiguration, OperationStatusResult).
    let timed = cx.request.path.to_lowercase().contains("/locations/");
    let mut body = json!({"id": cx.request.path, "name": operation.id});
    if timed {
        body["startTime"] = json!(time(operation.started));
    }
    let (word, error) = match &operation.ended {
        None => ("InProgress", None),
        Some((_, Outcome::Succeeded)) => ("Succeeded", None),
        Some((_, Outcome::Failed(error))) => ("Failed", Some(error)),
        Some((_, Outcome::Canceled(error))) => ("Canceled", Some(error)),
    };
    body["status"] = json!(word);
    if let Some((ended, _)) = operation.ended.as_ref().filter(|_| timed) {
        body["endTime"] = json!(time(*ended));
    }
    if let Some(error) = error {
        body["error"] = error.body();
    }
    let reply = Reply::gateway(200, body);
    Ok(match operation.ended {
        None => reply.with("retry-after", render::poll_wait(world).to_string()),
        Some(_) => reply,
    })
}

/// GET of the result: 202 while it runs, then the resource, or nothing when it is deleted.
///
/// # Errors
/// 404 for an unknown operation, 400 for a URL that was not taken verbatim, the operation's error.
pub fn result(world: &World, cx: &Context<'_>, id: &str) -> Result<Reply, Refusal> {
    let operation = find(world, cx, id)?;
    match &operation.ended {
        None => Ok(Reply::empty(202)
            .with("location", url(world, cx, &operation.id, "operationResults"))
            .with("retry-after", render::poll_wait(world).to_string())),
        Some((_, Outcome::Succeeded)) => Ok(match subject(world, &operation.id) {
            Some((_, key)) => match world.resources.get(key) {
                _ if matches!(operation.subject, Subject::Beside(_)) => Reply::empty(200),
                Some(resource) if operation.activity != Activity::Deleting => Reply::gateway(200, resource.render()),
                _ => Reply::empty(204),
            },
            None => Reply::empty(204),
        }),
        Some((_, Outcome::Failed(error) | Outcome::Canceled(error))) => {
            Err(failure(error.code.clone(), &error.message))
        }
    }
}

impl World {
    /// Shows on a resource that an operation has begun.
    pub(crate) fn resource_begins(&mut self, key: &ResourceKey, operation: &Operation) {
        let etag = self.ids.guid();
        let Some(resource) = self.resources.get_mut(key) else {
            return;
        };
        let pace = match operation.activity {
            Activity::Deleting => resource.kind.delete,
            _ => resource.kind.put,
        };
        if let Some((_, _, states)) = pace.operation() {
            let state = match operation.activity {
                Activity::Creating => states.creating,
                Activity::Deleting => states.deleting,
                _ => states.updating,
            };
            show(resource, state);
        }
        resource.operation = Some(operation.id.clone());
        resource.etag = etag;
    }

    /// Shows on a resource how an operation has ended.
    pub(crate) fn resource_ended(&mut self, key: &ResourceKey, operation: &Operation, outcome: &Outcome) {
        if operation.activity == Activity::Deleting && *outcome == Outcome::Succeeded {
            self.remove_resource(key);
            return;
        }
        let etag = self.ids.guid();
        let Some(resource) = self.resources.get_mut(key) else {
            return;
        };
        let state = match outcome {
            Outcome::Succeeded => "Succeeded",
            Outcome::Failed(_) => "Failed",
            Outcome::Canceled(_) => "Canceled",
        };
        show(resource, state);
        resource.etag = etag;
        let ended = resource.kind.ended;
        ended(self, key, outcome);
    }
}

fn show(resource: &mut Resource, state: &str) {
    let mut properties = resource.body.get("properties").cloned().unwrap_or(Value::Null);
    set(&mut properties, "provisioningState", json!(state));
    resource.body["properties"] = properties;
}
