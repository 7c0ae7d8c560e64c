//! Long operations of Azure: stored in status when they start, asked about here until they end.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::runtime::events::EventType;
use tokio::time::Instant;
use tracing::{info, warn};

use super::context::Context;
use super::doubts::Pace;
use super::failure::Ended;
use super::pass::{Interrupted, Pass, step_label};
use super::silence::{Meaning, Unaskable};
use super::{actions, children, events, in_flight, look, rests};
use crate::runtime::metrics::StepResult;
use armature_api::OperationStatus;
use armature_arm::{
    ArmClient, ArmError, OperationState, OperationUrl, Retry, RetryAfter, ServiceError, SubscriptionId,
};
use armature_plan::change::Target;
use armature_plan::resource::MAX_RESUME_ATTEMPTS;

/// Asks about every operation that is due. Those that ended leave the list.
///
/// # Errors
/// Nobody is signed in to ask, or Kubernetes did not take what follows.
pub async fn poll(pass: &mut Pass<'_>, arm: &ArmClient) -> Result<(), Interrupted> {
    // Without the key nobody knows whether Azure gave them.
    let known = if pass.signing.is_ok() {
        pass.operations.clone()
    } else {
        BTreeMap::new()
    };
    for (key, operation) in known {
        let due = pass.memory.polls.get(&key).is_none_or(|due| *due <= Instant::now());
        if due || pass.is_asked {
            ask(pass, arm, &key, &operation).await?;
        }
    }
    let running = &pass.operations;
    pass.memory.polls.retain(|key, _| running.contains_key(key));
    pass.memory.silences.keep(|key| running.contains_key(key));
    pass.memory.doubts.keep(|key| running.contains_key(key));
    Ok(())
}

/// How long to wait between two questions about one operation in a subscription.
pub fn interval(context: &Context, subscription: &SubscriptionId) -> Duration {
    let least = context.settings.timing.operation_poll_interval;
    context.in_flight.interval(subscription, least)
}

/// How long to wait before the next question about the operation at this URL.
pub fn pause(pass: &Pass<'_>, url: &str, asked: Option<RetryAfter>) -> Duration {
    let subscription = in_flight::subscription(url, pass.id.subscription());
    interval(pass.context, &subscription).max(asked.unwrap_or_default().wait())
}

/// Asks about an operation. What comes of it is the operation's own matter: one that can't be asked about any more holds
/// up neither its target nor anything else.
async fn ask(pass: &mut Pass<'_>, arm: &ArmClient, key: &str, operation: &OperationStatus) -> Result<(), Interrupted> {
    let url = match address(operation) {
        Ok(url) => url,
        Err(why) => {
            lose(pass, key, operation, &why);
            return Ok(());
        }
    };
    match arm.operation_answer(&url).await {
        Ok((OperationState::Unknown, _)) => {
            lose(pass, key, operation, &Unaskable::Forgotten);
            Ok(())
        }
        Ok((state, result)) => {
            pass.memory.silences.end(key);
            match target(key) {
                Target::Action(name) => actions::answered(pass, &name, operation, state, result).await,
                Target::Cluster | Target::Pool(_) | Target::Child(_) => {
                    answered(pass, arm, key, operation, state).await;
                }
            }
            Ok(())
        }
        Err(error) => Ok(unanswered(pass, key, operation, &error)?),
    }
}

/// Where to ask about an operation: the one place that decides whether a stored URL may be called. That it is on the
/// host of the configured cloud is seen to wherever a URL of Azure's is followed.
fn address(operation: &OperationStatus) -> Result<OperationUrl, Unaskable> {
    if operation.url.trim().is_empty() {
        return Err(Unaskable::Nowhere);
    }
    Ok(OperationUrl::new(&operation.url))
}

/// What Azure says about an operation on the cluster, a pool or a child.
async fn answered(pass: &mut Pass<'_>, arm: &ArmClient, key: &str, operation: &OperationStatus, state: OperationState) {
    let (target, step) = (target(key), operation.step.as_str());
    match state {
        OperationState::Running { .. } if is_over(pass, arm, key, operation).await => {
            lose(pass, key, operation, &Unaskable::Endless);
        }
        OperationState::Running { retry_after, .. } => ask_again(pass, key, operation, retry_after),
        OperationState::Succeeded => {
            info!(step, %target, "operation ended well");
            pass.end_operation(key, step, StepResult::Succeeded);
            match &target {
                Target::Child(child) => children::ended(pass, child, step, None),
                Target::Cluster | Target::Pool(_) | Target::Action(_) => {
                    pass.memory.rests.succeed(&target);
                    pass.ended += 1;
                }
            }
        }
        OperationState::Canceled => {
            warn!(step, %target, "operation was canceled in Azure");
            pass.end_operation(key, step, StepResult::Canceled);
            pass.memory.unwrite(&target);
        }
        OperationState::Unknown => lose(pass, key, operation, &Unaskable::Forgotten),
        OperationState::Failed(error) => failed(pass, key, operation, &error),
    }
}

/// Whether an operation that is said to run is over, by what its target shows.
async fn is_over(pass: &mut Pass<'_>, arm: &ArmClient, key: &str, operation: &OperationStatus) -> bool {
    let age = pass.context.now().duration_since(operation.started_at);
    let age = Duration::try_from(age).unwrap_or_default();
    let pace = Pace::of(pass.context.settings.timing.operation_poll_interval);
    let asked = pass.is_asked;
    let occasion = pass.memory.doubts.occasion(key, age, pace, asked, Instant::now());
    let Some(occasion) = occasion else { return false };
    match look::shown(pass, arm, &target(key)).await {
        Some(shown) => pass.memory.doubts.look(key, occasion, shown, Instant::now()),
        None => false,
    }
}

/// Azure works on it: when it is asked again.
pub fn ask_again(pass: &mut Pass<'_>, key: &str, operation: &OperationStatus, retry_after: Option<RetryAfter>) {
    let wait = pause(pass, &operation.url, retry_after);
    pass.memory.polls.insert(key.to_owned(), Instant::now() + wait);
}

fn failed(pass: &mut Pass<'_>, key: &str, operation: &OperationStatus, error: &ServiceError) {
    let (target, step) = (target(key), operation.step.as_str());
    let ended = Ended::operation(target.clone(), &operation.description, error);
    let ended = ended.map_message(|message| pass.secrets.redact(message));
    warn!(step, %target, code = %error.code, "operation failed in Azure");
    pass.end_operation(key, step, StepResult::Failed);
    if let Target::Child(child) = &target {
        return children::ended(pass, child, step, Some(ended));
    }
    pass.memory.unwrite(&target);
    if ended.retry == Retry::User {
        pass.attempts.insert(target.clone(), MAX_RESUME_ATTEMPTS);
    }
    pass.rest(target, ended);
}

/// A question that got no answer says nothing about the operation: it is asked again later, unless it will never be
/// answered.
fn unanswered(pass: &mut Pass<'_>, key: &str, operation: &OperationStatus, error: &ArmError) -> Result<(), Ended> {
    let silence = pass.memory.silences.go_on(key, Instant::now());
    match silence.means(error) {
        Meaning::Never(why) => lose(pass, key, operation, &why),
        Meaning::NobodyToAsk => return Err(Ended::call(target(key), error, pass.whose())),
        Meaning::Later(retry) => {
            warn!(%error, "the state of an operation could not be read; asking again later");
            let wait = rests::pause(retry, silence.times, pause(pass, &operation.url, None));
            pass.memory.polls.insert(key.to_owned(), Instant::now() + wait);
        }
    }
    Ok(())
}

/// An operation that can't be asked about any more is dropped. What it was about is looked at afresh and tells how it
/// went; an action, which leaves no trace, stays unknown.
fn lose(pass: &mut Pass<'_>, key: &str, operation: &OperationStatus, why: &Unaskable) {
    let (target, step) = (target(key), operation.step.as_str());
    warn!(step, %target, "an operation can't be followed any more: {why}");
    pass.end_operation(key, step, StepResult::Lost);
    match &target {
        Target::Action(name) => return actions::lost(pass, name, why),
        Target::Child(child) => pass.memory.children.forget_look(child),
        Target::Cluster | Target::Pool(_) => pass.memory.unwrite(&target),
    }
    let note = format!(
        "the operation to {} can't be followed any more: {why}; {target} is looked at afresh",
        operation.description
    );
    let note = pass.secrets.redact(note);
    events::told(pass, EventType::Warning, "OperationLost", step_label(step), &note);
}

/// The target a key of `status.operations` names.
pub fn target(key: &str) -> Target {
    match key.split_once('/') {
        Some(("pool", pool)) => Target::Pool(pool.to_owned()),
        Some(("child", child)) => Target::Child(child.to_owned()),
        Some(("action", action)) => Target::Action(action.to_owned()),
        _ => Target::Cluster,
    }
}
