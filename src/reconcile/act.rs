//! One write to Azure.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;
use tracing::info;

use super::failure::Ended;
use super::pass::Pass;
use super::{events, features, look, operations, secrets};
use crate::api::OperationStatus;
use crate::arm::{Accepted, ArmClient, ArmError, Deletion, PoolId, Precondition, Priority};
use crate::plan::change::{Origin, Target};
use crate::plan::desired::DesiredPool;
use crate::plan::live::{LiveCluster, LivePool};
use crate::plan::step::Step;
use crate::plan::{Plan, body};
use crate::runtime::metrics::StepResult;

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
    if !pass.fresh {
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
            events::started(pass, &step).await;
            Ok(Acted::Started)
        }
        Err(error) => {
            pass.context.metrics.step(step.name(), StepResult::Failed);
            pass.memory.stale = true;
            if features::note_refusal(pass, &target, &error) {
                return Ok(Acted::Refused);
            }
            let ended = pass.call_failed(target.clone(), &error);
            pass.rest(target, ended);
            Ok(Acted::Refused)
        }
    }
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
        pass.context.observer.record(&pass.id, body.clone());
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

async fn call(pass: &Pass<'_>, arm: &ArmClient, step: &Step) -> Result<Accepted, ArmError> {
    match &pass.live {
        None => create(pass, arm, step).await,
        Some(live) => write(pass, arm, step, live).await,
    }
}

async fn create(pass: &Pass<'_>, arm: &ArmClient, step: &Step) -> Result<Accepted, ArmError> {
    let desired = &pass.desired.cluster;
    match step {
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
        // Nothing else is planned for a cluster that does not exist.
        _ => Ok(Accepted {
            body: None,
            operation: None,
            retry_after: None,
        }),
    }
}

async fn write(pass: &Pass<'_>, arm: &ArmClient, step: &Step, live: &LiveCluster) -> Result<Accepted, ArmError> {
    let id = &pass.id;
    let unchanged = precondition(live.body.get("eTag"));
    let put = async |mut body: Value, priority: Priority| {
        pass.secrets.complete(&mut body, step);
        pass.desired.cluster.overrides.leave_out(&mut body);
        arm.put_cluster(id, &body, unchanged.clone(), priority).await
    };
    match step {
        Step::AdoptCluster { changes } | Step::TagCluster { changes } => {
            let tags = body::tags(live, changes)
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())));
            let unchanged = precondition(live.body.get("eTag"));
            arm.patch_cluster_tags(id, &tags.collect(), unchanged, priority(step))
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
        | Step::DeletePool { pool } => match id.pool(pool) {
            Ok(id) => write_pool(pass, arm, step, &id).await,
            // A name that is no pool name is refused when the object is read.
            Err(_) => Ok(Accepted {
                body: None,
                operation: None,
                retry_after: None,
            }),
        },
        // The cluster exists; who looks after children lifts and restores locks.
        Step::CreateResourceGroup | Step::CreateCluster { .. } | Step::LiftLock { .. } | Step::RestoreLock { .. } => {
            Ok(Accepted {
                body: None,
                operation: None,
                retry_after: None,
            })
        }
    }
}

async fn write_pool(pass: &Pass<'_>, arm: &ArmClient, step: &Step, id: &PoolId) -> Result<Accepted, ArmError> {
    let name = id.name().as_str();
    let wanted: Option<&DesiredPool> = pass.desired.pools.iter().find(|pool| pool.name == name);
    let put = async |mut body: Value, unchanged: Precondition, priority: Priority| {
        if let Some(pool) = wanted {
            pool.overrides.leave_out(&mut body);
        }
        arm.put_pool(id, &body, unchanged, priority).await
    };
    match step {
        Step::CreatePool { .. } => {
            let running = pass.live.as_ref().and_then(LiveCluster::running_version);
            let body = wanted.map(|pool| body::create_pool(pool, running)).unwrap_or_default();
            put(body, Precondition::IfAbsent, Priority::Create).await
        }
        Step::DeletePool { .. } => arm.delete_pool(id, Priority::Delete).await.map(accepted),
        _ => {
            // The pool itself knows fields that its entry in the cluster does not.
            let Some(current) = arm.get_pool(id, priority(step)).await? else {
                return Ok(Accepted {
                    body: None,
                    operation: None,
                    retry_after: None,
                });
            };
            let unchanged = precondition(current.pointer("/properties/eTag"));
            let live = LivePool::new(name, current);
            let body = match step {
                Step::UpgradePool { to, .. } => body::upgrade_pool(&live, *to),
                _ => body::update_pool(&live, step.changes()),
            };
            put(body, unchanged, priority(step)).await
        }
    }
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
