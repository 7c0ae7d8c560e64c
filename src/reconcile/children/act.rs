//! One write to a child.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tracing::{info, warn};

use super::{line, secrets};
use crate::reconcile::failure::Ended;
use crate::reconcile::pass::Pass;
use crate::reconcile::write::WriteError;
use crate::reconcile::{operations, report};
use crate::runtime::metrics::StepResult;
use armature_api::{ChildState, OperationStatus};
use armature_arm::{Accepted, ArmClient, ArmError, Deletion, Priority, ResourceId, Retry};
use armature_plan::change::Target;
use armature_plan::children::claim::Claim;
use armature_plan::children::decide::{Applied, unlike};
use armature_plan::children::{Child, Kind, kind_of};

/// The step names of children: log field and metric label.
pub const PUT: &str = "PutChild";
/// The step name of a deletion.
pub const DELETE: &str = "DeleteChild";

/// What somebody made while it was about to be made is looked at again after this time.
const AGAIN: Duration = Duration::from_secs(1);

/// What is written.
#[derive(Clone, Copy)]
pub struct Put<'a> {
    /// Its kind.
    pub kind: &'a Kind,
    /// What is sent.
    pub child: &'a Child,
    /// Where to.
    pub id: &'a ResourceId,
    /// Its key in status.
    pub key: &'a str,
    /// Why it may be written.
    pub right: Right,
    /// What Azure has.
    pub live: Option<&'a Value>,
}

/// Why a child may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// It did not exist a moment ago: then it is ours.
    New,
    /// It is ours, or belongs to a cluster of ours.
    Ours,
    /// It is somebody else's, and taking it over was approved.
    Approved,
}

/// Makes or changes a child. Its line is stored first: should the process end between call and answer, it is known what
/// it was about to do.
///
/// # Errors
/// Kubernetes did not take the line; then nothing was sent.
pub async fn put(pass: &mut Pass<'_>, arm: &ArmClient, put: Put<'_>) -> Result<(), WriteError> {
    let Put {
        kind,
        child,
        id,
        key,
        right,
        live,
    } = put;
    let new = right == Right::New;
    // What is made or taken over without a signature would be nobody's for good.
    if let Err(problem) = &pass.signing {
        let ended = Ended::unproven(Target::Child(key.to_owned()), problem);
        fail(pass, key, ended);
        return Ok(());
    }
    line::name(pass.child_line(key), child, id.as_str());
    match right {
        Right::New => line::begin(pass, key, Claim::Making),
        Right::Approved => line::begin(pass, key, Claim::Adopted),
        Right::Ours => {}
    }
    let line = pass.child_line(key);
    let doing = if new { "is made" } else { "is changed" };
    line::set(line, ChildState::Applying, doing);
    report::store(pass).await?;

    let (mut body, fingerprint) = match secrets::of(pass, key, child).await {
        Ok(secrets) => (secrets.complete(&child.body), secrets.fingerprint().map(str::to_owned)),
        // They were there a moment ago.
        Err(problem) => {
            line::secret_missing(pass, key, &problem);
            return Ok(());
        }
    };
    keep_tags(&mut body, live);
    // One that is new has its name for all clusters of this operator.
    let shared = (kind.shares)(id.as_str()).or_else(|| new.then(|| id.as_str().to_ascii_lowercase()));
    let Some(turn) = pass.context.turns.take(shared).await else {
        give_up(pass, key, new);
        return Ok(());
    };
    // Since it was looked for, others had the time that storing and waiting took.
    if new && !is_still_absent(pass, arm, &put).await {
        drop(turn);
        Claim::end(pass.child_line(key));
        return Ok(());
    }
    let answer = arm.put_resource(id, &child.api_version, &body, Priority::Config).await;
    drop(turn);
    pass.memory.children.wrote(key, id.as_str(), Instant::now());
    match answer {
        Ok(accepted) => {
            info!(child = key, new, "child written");
            pass.context.metrics.step(PUT, StepResult::Started);
            let line = pass.child_line(key);
            if new {
                Claim::becomes(line, Claim::Made);
            }
            // Some services give another time after a change.
            line.created_at = None;
            line.applied = Some(Applied::of(child).text());
            line.secrets.clone_from(&fingerprint);
            pass.memory.children.accept(key, Applied::of(child), fingerprint);
            pass.memory.children.forget_look(key);
            took(pass, kind, child, key, accepted);
            // Other children are read next.
            report::store(pass).await?;
        }
        Err(error) => {
            if right != Right::Ours && was_refused(&error) {
                Claim::end(pass.child_line(key));
            }
            if let Some(other) = stand_in(kind, child, &error) {
                info!(child = key, other, "another resource does what the child is for");
                line::stands_in(pass, kind, child, key, other);
                return Ok(());
            }
            pass.context.metrics.step(PUT, StepResult::Failed);
            refused(pass, key, &error);
        }
    }
    Ok(())
}

/// It is not this one's turn: nothing was sent.
fn give_up(pass: &mut Pass<'_>, key: &str, new: bool) {
    if new {
        Claim::end(pass.child_line(key));
    }
    not_our_turn(pass, key);
}

/// Whether what is to be made does not exist, as of now.
async fn is_still_absent(pass: &mut Pass<'_>, arm: &ArmClient, put: &Put<'_>) -> bool {
    let found = arm.get_resource(put.id, &put.child.api_version, Priority::Config).await;
    match found {
        Ok(None) => return true,
        Ok(Some(_)) => {
            line::set(
                pass.child_line(put.key),
                ChildState::Pending,
                "somebody has made it a moment ago",
            );
            pass.memory.children.look_in(put.key, AGAIN, Instant::now());
        }
        Err(error) => refused(pass, put.key, &error),
    }
    false
}

/// Tags are others' to give: a body without any would take them away.
fn keep_tags(body: &mut Value, live: Option<&Value>) {
    let tags = live.and_then(|live| live.get("tags")).filter(|tags| tags.is_object());
    if let (Some(body), Some(tags)) = (body.as_object_mut(), tags) {
        body.entry("tags").or_insert_with(|| tags.clone());
    }
}

/// The resource that already does what the child is for, when that is why Azure refused to make it.
fn stand_in(kind: &Kind, child: &Child, error: &ArmError) -> Option<String> {
    match error {
        ArmError::Service { error, .. } => (kind.stand_in)(child, &error.code, &error.message),
        _ => None,
    }
}

fn took(pass: &mut Pass<'_>, kind: &Kind, child: &Child, key: &str, accepted: Accepted) {
    let Accepted {
        body,
        operation,
        retry_after,
    } = accepted;
    match (operation, body) {
        (Some(url), _) => {
            line::set(pass.child_line(key), ChildState::InProgress, "Azure works on it");
            let wait = operations::pause(pass, url.as_str(), retry_after);
            run(pass, key, PUT, url.as_str(), wait);
        }
        (None, Some(body)) => {
            pass.context.metrics.step(PUT, StepResult::Succeeded);
            line::written(pass, kind, child, key, &body);
        }
        (None, None) => pass.context.metrics.step(PUT, StepResult::Succeeded),
    }
}

/// Deletes a child; whether it is gone already.
///
/// # Errors
/// Kubernetes did not take the line; then nothing was sent.
pub async fn delete(
    pass: &mut Pass<'_>,
    arm: &ArmClient,
    key: &str,
    id: &ResourceId,
    api_version: &str,
) -> Result<bool, WriteError> {
    line::set(pass.child_line(key), ChildState::Deleting, "is deleted");
    report::store(pass).await?;
    let shared = kind_of(key).and_then(|kind| (kind.shares)(id.as_str()));
    let Some(turn) = pass.context.turns.take(shared).await else {
        not_our_turn(pass, key);
        return Ok(false);
    };
    let answer = arm.delete_resource(id, api_version).await;
    drop(turn);
    pass.memory.children.wrote(key, id.as_str(), Instant::now());
    // It may have been a lock.
    pass.memory.locks.look_again();
    match answer {
        Ok(Deletion::Gone) => Ok(true),
        Ok(Deletion::Accepted(Accepted { operation: None, .. })) => {
            info!(child = key, "child deleted");
            Ok(true)
        }
        Ok(Deletion::Accepted(Accepted {
            operation: Some(url),
            retry_after,
            ..
        })) => {
            info!(child = key, "child is being deleted");
            let wait = operations::pause(pass, url.as_str(), retry_after);
            run(pass, key, DELETE, url.as_str(), wait);
            report::store(pass).await?;
            Ok(false)
        }
        Err(error) => {
            refused(pass, key, &error);
            Ok(false)
        }
    }
}

/// Keeps an operation until it ends.
fn run(pass: &mut Pass<'_>, key: &str, step: &str, url: &str, wait: Duration) {
    let target = Target::Child(key.to_owned()).to_string();
    pass.memory.polls.insert(target.clone(), Instant::now() + wait);
    let doing = if step == DELETE { "delete" } else { "write" };
    let operation = OperationStatus {
        step: step.to_owned(),
        url: url.to_owned(),
        started_at: pass.context.now(),
        description: format!("{doing} {key}"),
        proof: None,
    };
    pass.operations.insert(target, operation);
}

/// Others write what the child shares with them, and take long: it is tried again later.
fn not_our_turn(pass: &mut Pass<'_>, key: &str) {
    let target = Target::Child(key.to_owned());
    let doing = "waits until what it shares with others has been written for them";
    line::set(pass.child_line(key), ChildState::Waiting, doing);
    let ended = Ended::ours(target.clone(), "ChildrenFirst", doing, "", Retry::WaitForOperation);
    let poll = pass.poll_interval();
    pass.memory.children.rests.fail(target, ended, poll, Instant::now());
}

/// A definite no: nothing was made.
fn was_refused(error: &ArmError) -> bool {
    matches!(error, ArmError::Service { status: 400..=499, .. })
}

/// A call about the child failed.
pub fn refused(pass: &mut Pass<'_>, key: &str, error: &ArmError) {
    let target = Target::Child(key.to_owned());
    let ended = Ended::call(target, error, pass.whose()).map_message(|message| pass.secrets.redact(message));
    let ended = ended.in_a_row(&pass.memory.children.rests);
    let (call, code, message) = (error.site().call.name(), error.code(), &ended.failure.message);
    warn!(child = key, call, code, "{message}");
    fail(pass, key, ended);
}

/// The child failed: it rests, and its line says why.
pub fn fail(pass: &mut Pass<'_>, key: &str, ended: Ended) {
    let poll = pass.poll_interval();
    line::tell(pass.child_line(key), &ended);
    pass.memory.children.settle(key);
    pass.memory.children.forget_look(key);
    let target = Target::Child(key.to_owned());
    pass.memory.children.rests.fail(target, ended, poll, Instant::now());
}

/// What the end of an operation means for the line of its child.
pub fn ended(pass: &mut Pass<'_>, key: &str, step: &str, failure: Option<Ended>) {
    pass.memory.children.forget_look(key);
    match failure {
        Some(failure) => {
            // What was sent did not come about: the next look starts from nothing.
            let line = pass.child_line(key);
            line.applied = None;
            line.secrets = line.secrets.as_deref().map(unlike);
            fail(pass, key, failure);
        }
        None => {
            pass.memory.children.rests.succeed(&Target::Child(key.to_owned()));
            if step == DELETE {
                forget(pass, key);
            }
        }
    }
}

/// A line goes, and what it claimed ends.
pub fn forget(pass: &mut Pass<'_>, key: &str) {
    pass.children.remove(key);
    pass.memory.children.forget(key);
}
