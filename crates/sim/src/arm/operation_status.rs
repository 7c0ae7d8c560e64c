//! Status and result of operations, at the signed URLs that calls hand out.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::gateway::Context;
use super::render::{self, Signature};
use crate::operations::{Activity, Operation, Outcome, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::resources;
use crate::world::World;

/// How long after its begin a start or stop shows `NotLatestOperation` (wire recording of 2023-12: the first polls).
const NOT_LATEST: SignedDuration = SignedDuration::from_secs(20);

/// GET of the status: always 200 when it can be read, whatever became of the operation.
///
/// # Errors
/// 404 for an unknown operation, 400 for a URL that was not taken verbatim.
pub fn status(world: &World, cx: &Context<'_>, id: &str) -> Result<Reply, Refusal> {
    let operation = find(world, cx, id)?;
    Ok(Reply::provider(200, body(operation, world.now())))
}

fn body(operation: &Operation, now: Timestamp) -> Value {
    let mut body = json!({"name": swapped(&operation.id), "startTime": time(operation.started)});
    let (word, error) = match &operation.ended {
        None => {
            let early = matches!(operation.activity, Activity::Starting | Activity::Stopping)
                && now.duration_since(operation.started) < NOT_LATEST;
            let error = early.then(|| {
                json!({"code": "NotLatestOperation", "message": "Cannot get operation status: this is not the latest operation."})
            });
            ("InProgress", error)
        }
        Some((_, Outcome::Succeeded)) => ("Succeeded", None),
        Some((_, Outcome::Failed(error))) => ("Failed", Some(error.body())),
        Some((_, Outcome::Canceled(error))) => ("Canceled", Some(error.body())),
    };
    body["status"] = json!(word);
    if let Some((ended, _)) = &operation.ended {
        body["endTime"] = json!(time(*ended));
    }
    if let Some(error) = error {
        body["error"] = error;
    }
    body
}

/// GET of the result: 202 while the operation runs, 204 at its good end, its error otherwise.
///
/// # Errors
/// 404 for an unknown operation, 400 for a URL that was not taken verbatim, the operation's error.
pub fn result(world: &World, cx: &Context<'_>, id: &str) -> Result<Reply, Refusal> {
    let operation = find(world, cx, id)?;
    if matches!(operation.subject, Subject::Resource(_)) {
        return resources::operation::result(world, cx, id);
    }
    match &operation.ended {
        None => Ok(Reply::empty(202)
            .with(
                "location",
                render::operation_url(world, cx, &operation.id, "operationresults"),
            )
            .with("retry-after", render::poll_wait(world).to_string())),
        Some((_, Outcome::Succeeded)) => Ok(Reply::empty(204)),
        Some((_, Outcome::Failed(error) | Outcome::Canceled(error))) => {
            Err(failure(error.code.clone(), &error.message))
        }
    }
}

/// The result URL of a resource group's deletion, which ARM itself serves.
#[must_use]
pub fn group_result_url(world: &World, cx: &Context<'_>, id: &str) -> String {
    let subscription = world
        .operations
        .get(id)
        .map_or("", |operation| operation.subscription.as_str());
    format!(
        "{}/subscriptions/{subscription}/operationresults/{id}?api-version=2021-04-01",
        cx.request.origin
    )
}

/// GET of the result of a resource group's deletion: 202 while it runs, then 200.
///
/// # Errors
/// 404 for an unknown operation, the operation's error.
pub fn group_result(world: &World, cx: &Context<'_>, id: &str) -> Result<Reply, Refusal> {
    let operation = world.operations.get(id).ok_or_else(|| not_found(id))?;
    match &operation.ended {
        None => Ok(Reply::empty(202)
            .with("location", group_result_url(world, cx, id))
            .with("retry-after", render::poll_wait(world).to_string())),
        Some((_, Outcome::Succeeded)) => Ok(Reply::empty(200)),
        Some((_, Outcome::Failed(error) | Outcome::Canceled(error))) => {
            Err(failure(error.code.clone(), &error.message))
        }
    }
}

pub(crate) fn failure(code: String, message: &str) -> Refusal {
    let mut refusal = Refusal::provider(409, "Conflict", message);
    refusal.code = code.into();
    refusal
}

fn not_found(id: &str) -> Refusal {
    Refusal::provider(404, "NotFound", format!("The operation '{id}' could not be found."))
}

pub(crate) fn find<'a>(world: &'a World, cx: &Context<'_>, id: &str) -> Result<&'a Operation, Refusal> {
    let operation = world.operations.get(&id.to_lowercase()).ok_or_else(|| not_found(id))?;
    let wanted = Signature::of(world, &operation.id);
    let text = |name| cx.request.query(name).unwrap_or_default().to_owned();
    let given = Signature {
        t: text("t"),
        c: text("c"),
        s: text("s"),
        h: text("h"),
    };
    // Azure does not say what it does here; a client that rebuilds the URL has to find out before it meets Azure.
    if given != wanted {
        let message = "The signature of the operation URL does not match: call the URL exactly as it was returned.";
        return Err(Refusal::gateway(400, "BadRequest", message));
    }
    Ok(operation)
}

/// `2023-06-29T11:21:05.5958342Z`: seven digits of fraction.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string()
}

/// The GUID with the bytes of its first three groups reversed, as AKS writes it into `name` (wire recordings).
fn swapped(id: &str) -> String {
    let reversed = |group: &str| -> String {
        let mut bytes: Vec<&str> = (0..group.len())
            .step_by(2)
            .filter_map(|at| group.get(at..at + 2))
            .collect();
        bytes.reverse();
        bytes.concat()
    };
    let groups = id.split('-').enumerate();
    groups
        .map(|(index, group)| if index < 3 { reversed(group) } else { group.to_owned() })
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_guid_with_its_first_groups_reversed() {
        // Both from one wire recording of 2023.
        assert_eq!(
            swapped("ca39582e-8d77-4a87-981d-c21692f0706b"),
            "2e5839ca-778d-874a-981d-c21692f0706b"
        );
    }

    #[test]
    fn times_have_seven_digits_of_fraction() {
        assert_eq!(
            time("2023-06-29T11:21:05.5958342Z".parse().unwrap()),
            "2023-06-29T11:21:05.5958342Z"
        );
    }
}
