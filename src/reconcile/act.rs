//! One write to Azure.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;
use tracing::{info, warn};

use super::failure::Ended;
use super::pass::Pass;
use super::{events, features, look, operations, secrets};
use crate::runtime::metrics::StepResult;
use armature_api::OperationStatus;
use armature_arm::{Accepted, ArmClient, ArmError, Deletion, PoolId, Precondition, Priority, Retry};
use armature_plan::change::{Origin, Target};
use armature_plan::desired::DesiredPool;
use armature_plan::live::{LiveCluster, LivePool};
use armature_plan::possible::is_possible;
use armature_plan::step::Step;
use armature_plan::{Plan, body};

/// What became of the step that was to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// Nothing may start now.
    Nothing,
    /// Azure took it on.
    Started,
    /// Azure refused it; it rests.
    Refused,
    /// Azure is no longer what the published plan was made from: it is made and published anew first.
    Changed,
}

/// Starts the next step of the published plan, if one may start.
///
/// # Errors
/// Azure could not be looked at.
pub async fn act(pass: &mut Pass<'_>, arm: &ArmClient, published: &Plan) -> Result<Acted, Ended> {
    let Some(step) = published.next_step().cloned() else {
        return Ok(Acted::Nothing);
    };
    if has_to_look(pass.fresh, pass.live.as_ref()) {
        look::fresh(pass, arm).await?;
        if look::decide(pass, arm).await?.hash() != published.hash() {
            return Ok(Acted::Changed);
        }
    }
    if !pass.context.leadership.is_leader() {
        return Ok(Acted::Nothing);
    }
    let target = step.target();
    match call(pass, arm, &step).await {
        Ok(accepted) => {
            info!(step = step.name(), %target, "{step}");
            pass.context.metrics.step(step.name(), StepResult::Started);
            note(pass, &step, accepted);
            events::started(pass, &step);
            Ok(Acted::Started)
        }
        Err(unsent) => {
            pass.context.metrics.step(step.name(), StepResult::Failed);
            pass.memory.stale = true;
            let ended = match unsent {
                Unsent::Azure(error) if features::note_refusal(pass, &step, &error) => return Ok(Acted::Refused),
                Unsent::Azure(error) => pass.call_failed(target.clone(), &error),
                Unsent::Outdated => outdated(pass, &step),
            };
            pass.rest(target, ended);
            Ok(Acted::Refused)
        }
    }
}

/// Why a step was not taken on.
enum Unsent {
    /// Azure refused it, or gave no answer.
    Azure(ArmError),
    /// Azure does not have what the step was planned on: there is nothing to send.
    Outdated,
}

impl From<ArmError> for Unsent {
    fn from(error: ArmError) -> Self {
        Self::Azure(error)
    }
}

/// A step that does not go with what Azure has is no success: it rests, and all is looked at afresh.
fn outdated(pass: &Pass<'_>, step: &Step) -> Ended {
    let message = format!("Azure no longer has what this step was planned on: {step}; it is looked at afresh");
    warn!(cluster = %pass.id, step = step.name(), "{message}");
    Ended::ours(step.target(), "StepOutdated", message, "", Retry::Refresh).in_a_row(&pass.memory.rests)
}

/// Whether Azure is read before a write: a body is that of a GET a moment ago. Where that shows an eTag, the write is
/// bound to it; where it shows none, nothing tells what came between, and the GET is made once more.
fn has_to_look(fresh: bool, live: Option<&LiveCluster>) -> bool {
    let is_guarded = |live: &LiveCluster| precondition(live.body.get("eTag")) != Precondition::None;
    !fresh || !live.is_none_or(is_guarded)
}

/// Keeps what Azure accepted, so that it is stored before anything else happens.
fn note(pass: &mut Pass<'_>, step: &Step, accepted: Accepted) {
    let Accepted {
        body,
        operation,
        retry_after,
    } = accepted;
    let target = step.target();
    let key = target.to_string();
    if pass.is_broken(&target) {
        *pass.attempts.entry(target.clone()).or_default() += 1;
    }
    if !step.changes().is_empty() {
        pass.memory.wrote(target.clone(), step.fingerprint());
    }
    pass.memory.stale = true;
    secrets::note_sent(pass, step);
    if let Some(body) = body.filter(|_| target == Target::Cluster && *step != Step::CreateResourceGroup) {
        pass.context.observer.record(&pass.id, &pass.watcher(), body.clone());
        pass.live = Some(LiveCluster::new(body));
        pass.memory.stale = operation.is_none();
    }
    match operation {
        Some(url) => {
            let wait = operations::pause(pass, url.as_str(), retry_after);
            pass.memory.polls.insert(key.clone(), Instant::now() + wait);
            let running = OperationStatus {
                step: step.name().to_owned(),
                url: url.as_str().to_owned(),
                started_at: pass.context.now(),
                description: step.to_string(),
                proof: None,
            };
            pass.operations.insert(key, running);
        }
        None => {
            pass.memory.rests.succeed(&target);
            pass.context.metrics.step(step.name(), StepResult::Succeeded);
            pass.ended += 1;
        }
    }
}

async fn call(pass: &Pass<'_>, arm: &ArmClient, step: &Step) -> Result<Accepted, Unsent> {
    if !is_possible(step, pass.live.as_ref(), &pass.desired.pools) {
        return Err(Unsent::Outdated);
    }
    match &pass.live {
        None => create(pass, arm, step).await,
        Some(live) => write(pass, arm, step, live).await,
    }
}

async fn create(pass: &Pass<'_>, arm: &ArmClient, step: &Step) -> Result<Accepted, Unsent> {
    let desired = &pass.desired.cluster;
    let sent = match step {
        Step::CreateResourceGroup => {
            let location = pass.objects.cluster.spec.location.as_str();
            arm.put_resource_group(pass.id.group(), location, &BTreeMap::new())
                .await
        }
        Step::CreateCluster { pools } => {
            let first = pass.desired.pools.iter().filter(|pool| pools.contains(&pool.name));
            let mut body = body::create_cluster(desired, first);
            pass.secrets.complete(&mut body, step);
            desired.overrides.leave_out(&mut body);
            arm.put_cluster(&pass.id, &body, Precondition::IfAbsent, Priority::Create)
                .await
        }
        _ => return Err(Unsent::Outdated),
    };
    Ok(sent?)
}

async fn write(pass: &Pass<'_>, arm: &ArmClient, step: &Step, live: &LiveCluster) -> Result<Accepted, Unsent> {
    let id = &pass.id;
    let unchanged = precondition(live.body.get("eTag"));
    let put = async |mut body: Value, priority: Priority| {
        pass.secrets.complete(&mut body, step);
        pass.desired.cluster.overrides.leave_out(&mut body);
        arm.put_cluster(id, &body, unchanged.clone(), priority).await
    };
    let sent = match step {
        Step::AdoptCluster { changes } | Step::TagCluster { changes } => {
            let tags = body::tags(live, changes)
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())));
            arm.patch_cluster_tags(id, &tags.collect(), unchanged.clone(), priority(step))
                .await
        }
        Step::UpdateCluster { changes } => put(body::update_cluster(live, changes), priority(step)).await,
        Step::UpgradeControlPlane { to, .. } => put(body::upgrade_control_plane(live, *to), Priority::Upgrade).await,
        Step::UpgradeCluster { to, .. } => put(body::upgrade_cluster(live, *to), Priority::Upgrade).await,
        Step::ResumeCluster => put(body::update_cluster(live, &[]), Priority::Repair).await,
        Step::StartCluster { .. } => arm.start_cluster(id, Priority::Config).await,
        Step::StopCluster { .. } => arm.stop_cluster(id, Priority::Config).await,
        Step::DeleteCluster => arm.delete_cluster(id).await.map(accepted),
        Step::CreatePool { pool, .. }
        | Step::UpdatePool { pool, .. }
        | Step::UpgradePool { pool, .. }
        | Step::ResumePool { pool }
        | Step::DeletePool { pool } => {
            // A name that is no pool name is refused when the object is read.
            let id = id.pool(pool).map_err(|_| Unsent::Outdated)?;
            return write_pool(pass, arm, step, &id).await;
        }
        Step::CreateResourceGroup | Step::CreateCluster { .. } | Step::LiftLock { .. } | Step::RestoreLock { .. } => {
            return Err(Unsent::Outdated);
        }
    };
    Ok(sent?)
}

async fn write_pool(pass: &Pass<'_>, arm: &ArmClient, step: &Step, id: &PoolId) -> Result<Accepted, Unsent> {
    let name = id.name().as_str();
    let wanted: Option<&DesiredPool> = pass.desired.pools.iter().find(|pool| pool.name == name);
    let put = async |mut body: Value, unchanged: Precondition, priority: Priority| {
        if let Some(pool) = wanted {
            pool.overrides.leave_out(&mut body);
        }
        arm.put_pool(id, &body, unchanged, priority).await
    };
    let sent = match step {
        Step::CreatePool { .. } => {
            let running = pass.live.as_ref().and_then(LiveCluster::running_version);
            let body = body::create_pool(wanted.ok_or(Unsent::Outdated)?, running);
            put(body, Precondition::IfAbsent, Priority::Create).await
        }
        Step::DeletePool { .. } => arm.delete_pool(id, Priority::Delete).await.map(accepted),
        _ => {
            // The pool itself knows fields that its entry in the cluster does not.
            let current = arm.get_pool(id, priority(step)).await?.ok_or(Unsent::Outdated)?;
            let unchanged = precondition(current.pointer("/properties/eTag"));
            let live = LivePool::new(name, current);
            let body = match step {
                Step::UpgradePool { to, .. } => body::upgrade_pool(&live, *to),
                _ => body::update_pool(&live, step.changes()),
            };
            put(body, unchanged, priority(step)).await
        }
    };
    Ok(sent?)
}

fn accepted(deletion: Deletion) -> Accepted {
    match deletion {
        Deletion::Accepted(accepted) => accepted,
        Deletion::Gone => Accepted {
            body: None,
            operation: None,
            retry_after: None,
        },
    }
}

/// What binds a write to what was read. A body without an eTag, which some older api-versions show, binds it to nothing.
fn precondition(etag: Option<&Value>) -> Precondition {
    etag.and_then(Value::as_str)
        .map_or(Precondition::None, |etag| Precondition::IfMatch(etag.to_owned()))
}

fn priority(step: &Step) -> Priority {
    match step {
        Step::UpgradePool { .. } => Priority::Upgrade,
        Step::ResumePool { .. } => Priority::Repair,
        _ if step.changes().iter().all(|change| change.origin != Origin::Edit) => Priority::Drift,
        _ => Priority::Config,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_shows_no_etag_is_read_once_more_before_it_is_written() {
        let guarded = LiveCluster::new(json!({ "eTag": "1" }));
        let unguarded = LiveCluster::new(json!({}));
        for (fresh, live, looks) in [
            (true, Some(&guarded), false),
            (true, Some(&unguarded), true),
            (true, None, false),
            (false, Some(&guarded), true),
            (false, Some(&unguarded), true),
            (false, None, true),
        ] {
            assert_eq!(has_to_look(fresh, live), looks, "{fresh} {live:?}");
        }
    }
}
