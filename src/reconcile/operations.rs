//! Long operations of Azure: stored in status when they start, asked about here until they end.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::context::Context;
use super::failure::Ended;
use super::pass::Pass;
use super::{actions, children, in_flight, rests};
use crate::api::OperationStatus;
use crate::arm::{
    ArmClient, ArmError, OperationState, OperationUrl, Retry, RetryAfter, ServiceError, SubscriptionId, classify,
};
use crate::plan::change::Target;
use crate::plan::existing::MAX_RESUME_ATTEMPTS;
use crate::runtime::metrics::StepResult;

/// Asks about every operation that is due. Those that ended leave the list.
///
/// # Errors
/// Azure may not be asked any more.
pub async fn poll(pass: &mut Pass<'_>, arm: &ArmClient) -> Result<(), Ended> {
    for (key, operation) in pass.operations.clone() {
        let due = pass.memory.polls.get(&key).is_none_or(|due| *due <= Instant::now());
        if due {
            ask(pass, arm, &key, &operation).await?;
        }
    }
    let running = &pass.operations;
    pass.memory.polls.retain(|key, _| running.contains_key(key));
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

async fn ask(pass: &mut Pass<'_>, arm: &ArmClient, key: &str, operation: &OperationStatus) -> Result<(), Ended> {
    let target = target(key);
    let step = operation.step.as_str();
    if let Target::Action(name) = &target {
        return match actions::ask(pass, arm, name, operation).await {
            Ok(()) => Ok(()),
            Err(error) => postponed(pass, key, operation, &error),
        };
    }
    let answer = arm.operation_status(&OperationUrl::new(&operation.url)).await;
    pass.memory.unanswered = if answer.is_ok() {
        0
    } else {
        pass.memory.unanswered.saturating_add(1)
    };
    match answer {
        Ok(OperationState::Running { retry_after, .. }) => {
            let wait = pause(pass, &operation.url, retry_after);
            pass.memory.polls.insert(key.to_owned(), Instant::now() + wait);
            Ok(())
        }
        Ok(OperationState::Succeeded) => {
            info!(step, %target, "operation ended well");
            pass.end_operation(key, step, StepResult::Succeeded);
            match &target {
                Target::Child(child) => children::ended(pass, child, step, None),
                Target::Cluster | Target::Pool(_) | Target::Action(_) => {
                    pass.memory.rests.succeed(&target);
                    pass.ended += 1;
                }
            }
            Ok(())
        }
        Ok(OperationState::Canceled) => {
            warn!(step, %target, "operation was canceled in Azure");
            pass.end_operation(key, step, StepResult::Canceled);
            pass.memory.unwrite(&target);
            Ok(())
        }
        Ok(OperationState::Unknown) => {
            warn!(step, %target, "Azure no longer knows the operation; the resource itself tells how it went");
            pass.end_operation(key, step, StepResult::Canceled);
            Ok(())
        }
        Ok(OperationState::Failed(error)) => {
            failed(pass, key, operation, &error);
            Ok(())
        }
        Err(error) => postponed(pass, key, operation, &error),
    }
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

/// A question that got no answer says nothing about the operation: it is asked again later.
fn postponed(pass: &mut Pass<'_>, key: &str, operation: &OperationStatus, error: &ArmError) -> Result<(), Ended> {
    let retry = classify(error);
    if retry == Retry::User {
        return Err(Ended::call(target(key), error, pass.memory.unanswered));
    }
    warn!(%error, "the state of an operation could not be read; asking again later");
    let wait = rests::pause(retry, pass.memory.unanswered, pause(pass, &operation.url, None));
    pass.memory.polls.insert(key.to_owned(), Instant::now() + wait);
    Ok(())
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
