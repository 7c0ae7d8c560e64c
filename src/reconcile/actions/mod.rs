//! Runs actions, each at most once: its line says `Started` before the call is made, and what became of a call that
//! nobody saw the answer of is never guessed.

mod files;
mod output;

use std::collections::{BTreeMap, BTreeSet};

use kube::runtime::events::EventType;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{info, warn};

use super::failure::Ended;
use super::pass::Pass;
use super::silence::Unaskable;
use super::write::WriteError;
use super::{events, locks, operations, report, secrets};
use crate::runtime::metrics::StepResult;
use armature_api::{Action, ActionState, ActionStatus, ManagementPolicy, OperationStatus};
use armature_arm::client::AKS_API_VERSION;
use armature_arm::{
    Accepted, ArmClient, ArmError, BodyToken, InvalidId, OperationState, PoolId, Priority, ResourceId, Retry,
};
use armature_plan::Plan;
use armature_plan::actions::{self, Call, Extra};
use armature_plan::blocker::Blocker;
use armature_plan::change::Target;
use armature_plan::live::LiveCluster;
use armature_plan::locks::{Passage, Touch};

/// The step name of an action: log field and metric label.
pub const STEP: &str = "RunAction";

/// Brings the lines in line with the manifest, before anything is decided.
pub fn settle(pass: &mut Pass<'_>) {
    let wanted = pass.objects.cluster.spec.actions.as_ref();
    let running = &pass.operations;
    actions::settle(&mut pass.actions, wanted, |name| {
        running.contains_key(&target(name).to_string())
    });
}

/// What actions of the manifest aborted.
pub fn aborted(pass: &Pass<'_>) -> BTreeMap<Target, String> {
    let wanted = pass.objects.cluster.spec.actions.as_ref();
    wanted.map_or_else(BTreeMap::new, |wanted| actions::aborted(wanted, &pass.actions))
}

/// The object sees its cluster for the first time, and the cluster is there already.
pub fn meet(pass: &mut Pass<'_>) {
    if let Some(wanted) = &pass.objects.cluster.spec.actions {
        let unknown = actions::met(wanted).into_iter();
        pass.actions = unknown.chain(std::mem::take(&mut pass.actions)).collect();
    }
}

/// What became of the turn of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It was sent.
    Sent,
    /// What keeps it from starting keeps the others, too.
    Stops,
    /// What it lacks is its own matter: the next one may start.
    Passes,
}

/// Why an action can't be sent as it is.
enum Lacks {
    /// Something that may come.
    Missing(String),
    /// What it names can't be sent, now or later.
    Unfit(String),
}

/// Sends the next action that may start. Returns whether one was sent.
///
/// # Errors
/// Kubernetes did not take the line; then nothing was sent.
pub async fn run_next(pass: &mut Pass<'_>, arm: &ArmClient, plan: &Plan) -> Result<bool, WriteError> {
    pass.memory
        .locks
        .forget_wants(|target| matches!(target, Target::Action(_)));
    let wanted = pass.objects.cluster.spec.actions.clone().unwrap_or_default();
    if !plan.may_write_children() {
        return Ok(false);
    }
    let mut ahead = actions::running(&pass.actions).cloned();
    let (mut tried, mut sent) = (BTreeSet::new(), false);
    for (name, action) in actions::turns(&wanted, &pass.actions) {
        tried.insert(name.clone());
        match turn(pass, arm, plan, name, action).await? {
            Turn::Passes => continue,
            Turn::Stops => {}
            Turn::Sent => sent = true,
        }
        ahead = Some(name.clone());
        break;
    }
    if let Some(ahead) = ahead {
        actions::queue(&mut pass.actions, &wanted, &tried, &ahead);
    }
    store_if_changed(pass).await.map(|()| sent)
}

async fn turn(
    pass: &mut Pass<'_>,
    arm: &ArmClient,
    plan: &Plan,
    name: &str,
    action: &Action,
) -> Result<Turn, WriteError> {
    let Some(call) = actions::call(action) else {
        return Ok(Turn::Passes);
    };
    if pass
        .memory
        .children
        .rests
        .resting(Instant::now())
        .contains(&target(name))
    {
        return Ok(Turn::Stops);
    }
    if let Some(why) = hindrance(pass, plan, &call) {
        wait(pass, name, action, why);
        return Ok(Turn::Stops);
    }
    let live = pass.live.as_ref();
    if let Some(why) = live.and_then(|live| actions::not_ours(&call, live, &pass.desired.pools)) {
        wait(pass, name, action, why);
        return Ok(Turn::Passes);
    }
    if let Some(why) = plan.blockers.iter().find(|blocker| aborts(blocker, &call)) {
        wait(pass, name, action, why.to_string());
        return Ok(Turn::Passes);
    }
    if let Some(why) = locked(pass, name) {
        wait(pass, name, action, why);
        return Ok(Turn::Stops);
    }
    let body = match body(pass, &call).await {
        Ok(body) => body,
        Err(Lacks::Missing(why)) => {
            wait(pass, name, action, why);
            return Ok(Turn::Passes);
        }
        Err(Lacks::Unfit(why)) => {
            wait(pass, name, action, why.clone());
            let next = "correct it, and set a new key to run it";
            fail(
                pass,
                name,
                Ended::ours(target(name), "InvalidFiles", why, next, Retry::User),
            );
            tell_end(pass, name);
            return Ok(Turn::Passes);
        }
    };
    if !pass.context.leadership.is_leader() {
        return Ok(Turn::Stops);
    }
    let started = ActionStatus {
        key: action.key.clone(),
        state: ActionState::Started,
        started_at: Some(pass.context.now()),
        ..ActionStatus::default()
    };
    pass.actions.insert(name.to_owned(), started);
    // What was recorded before it started would have it run again.
    pass.overtake_record();
    report::store(pass).await?;
    let result = send(pass, arm, name, &call, body.as_ref()).await;
    report::store(pass).await?;
    if result.is_some() {
        output::keep(pass, name, result.as_ref()).await;
        store_if_changed(pass).await?;
    }
    Ok(Turn::Sent)
}

async fn store_if_changed(pass: &mut Pass<'_>) -> Result<(), WriteError> {
    let stored = pass.objects.cluster.status.as_ref().map(|status| &status.actions);
    if stored == Some(&pass.actions) {
        return Ok(());
    }
    report::store(pass).await
}

fn hindrance(pass: &Pass<'_>, plan: &Plan, call: &Call<'_>) -> Option<String> {
    if pass.objects.cluster.spec.management_policy == Some(ManagementPolicy::Observe) {
        return Some("spec.managementPolicy is Observe".to_owned());
    }
    let Some(live) = &pass.live else {
        return Some("waits for the cluster to exist".to_owned());
    };
    if !call.needs_idle {
        return None;
    }
    if live.is_stopped() {
        return Some("waits for the cluster to run".to_owned());
    }
    let idle = plan.busy.is_empty() && plan.next_step().is_none();
    (!idle).then(|| "waits for the end of the work on the cluster".to_owned())
}

/// Whether the work was aborted on what the action is about.
fn aborts(blocker: &Blocker, call: &Call<'_>) -> bool {
    match blocker {
        _ if !call.needs_idle => false,
        Blocker::Aborted {
            target: Target::Pool(pool),
            ..
        } => call.resource.ends_with(&format!("/{pool}")),
        Blocker::Aborted { .. } => true,
        _ => false,
    }
}

/// What a lock of ours means for an action, which counts as a write.
fn locked(pass: &mut Pass<'_>, name: &str) -> Option<String> {
    match locks::known(pass).passage(Touch::Write) {
        Passage::Free => None,
        Passage::After(first) => {
            pass.memory.locks.want(target(name), Touch::Write);
            Some(format!("waits for {} to be lifted", first.join(", ")))
        }
        Passage::Never(obstacle) => Some(obstacle.to_string()),
    }
}

fn wait(pass: &mut Pass<'_>, name: &str, action: &Action, why: String) {
    let line = ActionStatus {
        key: action.key.clone(),
        message: Some(why),
        ..ActionStatus::default()
    };
    pass.actions.insert(name.to_owned(), line);
}

/// The whole body, or what is missing for it.
async fn body(pass: &Pass<'_>, call: &Call<'_>) -> Result<Option<Value>, Lacks> {
    let mut body = call.body.clone();
    let namespace = pass.objects.cluster.metadata.namespace.clone().unwrap_or_default();
    let (member, value) = match call.extra {
        Extra::None => return Ok(body),
        Extra::Files(run) => match files::archive(pass.context, &namespace, run).await? {
            Some(archive) => ("context", archive),
            None => return Ok(body),
        },
        Extra::Secret(reference) => {
            let secret = secrets::read(pass.context, pass.secrets.sensitive(), &namespace, reference).await;
            (
                "secret",
                secret
                    .map_err(|problem| Lacks::Missing(problem.to_string()))?
                    .expose()
                    .to_owned(),
            )
        }
    };
    if let Some(body) = &mut body {
        body[member] = json!(value);
    }
    Ok(body)
}

/// With Entra a command runs in the name of whoever sends it.
fn body_token(pass: &Pass<'_>, call: &Call<'_>) -> BodyToken {
    let entra = pass.live.as_ref().is_some_and(LiveCluster::signs_in_with_entra);
    match call.extra {
        Extra::Files(_) if entra => BodyToken::Cluster,
        Extra::Files(_) | Extra::Secret(_) | Extra::None => BodyToken::None,
    }
}

/// The cluster, or the pool of it, that the action is of. More than that there is not.
fn resource(pass: &Pass<'_>, call: &Call<'_>) -> Result<ResourceId, InvalidId> {
    let id = format!("{}{}", pass.cluster_id, call.resource);
    if !call.resource.is_empty() {
        PoolId::parse(&id)?;
    }
    ResourceId::parse(&id)
}

/// Sends the call and notes what Azure said, so that it is stored before anything else happens. Returns the result of a
/// call that was over at once.
async fn send(
    pass: &mut Pass<'_>,
    arm: &ArmClient,
    name: &str,
    call: &Call<'_>,
    body: Option<&Value>,
) -> Option<Value> {
    let id = match resource(pass, call) {
        Ok(id) => id,
        Err(error) => {
            let next = "correct the name of the pool";
            fail(
                pass,
                name,
                Ended::ours(target(name), "InvalidSpec", error.to_string(), next, Retry::User),
            );
            return None;
        }
    };
    pass.memory.stale = true;
    let answer = arm
        .post_action(
            &id,
            call.action,
            AKS_API_VERSION,
            body,
            body_token(pass, call),
            Priority::Config,
        )
        .await;
    match answer {
        Ok(response) => {
            info!(action = name, call = call.action, "action sent");
            let note = format!("action {name}: {}", call.action);
            events::told(pass, EventType::Normal, "ActionStarted", call.action, &note);
            pass.context.metrics.step(STEP, StepResult::Started);
            let result = response.body.clone();
            let Accepted {
                operation, retry_after, ..
            } = response.into();
            match operation {
                Some(url) => {
                    line(pass, name, ActionState::Running, "Azure runs it");
                    let key = target(name).to_string();
                    let wait = operations::pause(pass, url.as_str(), retry_after);
                    pass.memory.polls.insert(key.clone(), Instant::now() + wait);
                    let operation = OperationStatus {
                        step: STEP.to_owned(),
                        url: url.as_str().to_owned(),
                        started_at: pass.context.now(),
                        description: format!("run action {name} ({})", call.action),
                        proof: None,
                    };
                    pass.operations.insert(key, operation);
                }
                None => {
                    succeeded(pass, name, result.as_ref());
                    return result;
                }
            }
        }
        // There is nothing to abort, and there had better not be an abort that lies in wait for what comes later.
        Err(error @ ArmError::Service { status: 409, .. }) if !call.needs_idle => {
            pass.context.metrics.step(STEP, StepResult::Failed);
            let code = error.code().unwrap_or("Conflict").to_owned();
            let next = "look whether there is anything to abort, and set a new key to abort again";
            fail(
                pass,
                name,
                Ended::ours(target(name), &code, error.to_string(), next, Retry::User),
            );
        }
        Err(error) => unanswered_or_refused(pass, name, &error),
    }
    None
}

/// A refusal is definite: nothing ran. Without an answer nobody can tell.
fn unanswered_or_refused(pass: &mut Pass<'_>, name: &str, error: &ArmError) {
    warn!(action = name, code = error.code(), "{error}");
    pass.context.metrics.step(STEP, StepResult::Failed);
    match error {
        ArmError::Service { status: 409 | 429, .. } | ArmError::Budget { .. } => {
            line(
                pass,
                name,
                ActionState::Waiting,
                format!("Azure did not take it yet: {error}"),
            );
            let (poll, ended) = (pass.poll_interval(), Ended::call(target(name), error, pass.whose()));
            pass.memory
                .children
                .rests
                .fail(target(name), ended, poll, Instant::now());
        }
        ArmError::Service { status: 400..=499, .. } | ArmError::HostRefused { .. } | ArmError::SignIn { .. } => {
            fail(pass, name, Ended::call(target(name), error, pass.whose()));
        }
        ArmError::Service { .. }
        | ArmError::Transport { .. }
        | ArmError::TooLarge { .. }
        | ArmError::Malformed { .. } => {
            let message =
                format!("{error}; whether it ran is unknown: look at the cluster, and set a new key to run it again");
            line(pass, name, ActionState::Unknown, message);
        }
    }
}

/// What Azure says about the operation of an action. Its output is kept first: until the line is stored, Azure is asked
/// for it again.
pub async fn answered(
    pass: &mut Pass<'_>,
    name: &str,
    operation: &OperationStatus,
    state: OperationState,
    result: Option<Value>,
) {
    let key = target(name).to_string();
    match state {
        OperationState::Running { retry_after, .. } => operations::ask_again(pass, &key, operation, retry_after),
        OperationState::Succeeded => {
            pass.end_operation(&key, STEP, StepResult::Succeeded);
            succeeded(pass, name, result.as_ref());
            output::keep(pass, name, result.as_ref()).await;
        }
        OperationState::Failed(error) => {
            pass.end_operation(&key, STEP, StepResult::Failed);
            fail(
                pass,
                name,
                Ended::operation(target(name), &operation.description, &error),
            );
            output::keep(pass, name, result.as_ref()).await;
        }
        OperationState::Canceled => {
            pass.end_operation(&key, STEP, StepResult::Canceled);
            line(pass, name, ActionState::Failed, "it was canceled in Azure");
        }
        OperationState::Unknown => {
            pass.end_operation(&key, STEP, StepResult::Lost);
            return lost(pass, name, &Unaskable::Forgotten);
        }
    }
    tell_end(pass, name);
}

/// Nobody can be asked any more how it went, so that is never guessed, and the action not sent again.
pub fn lost(pass: &mut Pass<'_>, name: &str, why: &Unaskable) {
    let message = format!("{why}; how it went is unknown: look at the cluster, and set a new key to run it again");
    line(pass, name, ActionState::Unknown, message);
    tell_end(pass, name);
}

fn tell_end(pass: &mut Pass<'_>, name: &str) {
    let Some(line) = pass.actions.get(name).filter(|line| line.state.is_final()) else {
        return;
    };
    let good = line.state == ActionState::Succeeded;
    let type_ = if good { EventType::Normal } else { EventType::Warning };
    let reason = if good { "ActionSucceeded" } else { "ActionFailed" };
    let note = format!("action {name}: {}", line.message.as_deref().unwrap_or_default());
    events::told(pass, type_, reason, STEP, &note);
}

fn succeeded(pass: &mut Pass<'_>, name: &str, result: Option<&Value>) {
    pass.context.metrics.step(STEP, StepResult::Succeeded);
    let exit_code = result
        .and_then(|result| result.pointer("/properties/exitCode"))
        .and_then(Value::as_i64);
    match exit_code {
        None | Some(0) => line(pass, name, ActionState::Succeeded, "it ended well"),
        Some(code) => {
            let message = format!("the command ended with exit code {code}");
            let next = "read its output in outputConfigMap, and set a new key to run it again";
            fail(
                pass,
                name,
                Ended::ours(target(name), "CommandFailed", message, next, Retry::User),
            );
        }
    }
    if let Some(line) = pass.actions.get_mut(name) {
        line.exit_code = exit_code;
    }
}

fn line(pass: &mut Pass<'_>, name: &str, state: ActionState, message: impl Into<String>) {
    let now = pass.context.now();
    if let Some(line) = pass.actions.get_mut(name) {
        line.state = state;
        line.message = Some(message.into());
        line.finished_at = state.is_final().then_some(now);
    }
}

fn fail(pass: &mut Pass<'_>, name: &str, ended: Ended) {
    line(pass, name, ActionState::Failed, ended.failure.sentence());
    if let Some(line) = pass.actions.get_mut(name) {
        line.error = ended.failure.record(None);
    }
}

fn target(name: &str) -> Target {
    Target::Action(name.to_owned())
}
