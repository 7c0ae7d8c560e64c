//! The status of a node pool.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::cluster::{advice, observed, state};
use super::conditions::{IN_SYNC, READY, STALLED, Verdict, Why, conditions, find, still_ready};
use super::failure::{Failure, Severity};
use super::in_sync::{Question, in_sync};
use super::intent::published;
use crate::applied::Applied;
use crate::blocker::Blocker;
use crate::change::Target;
use crate::live::LivePool;
use crate::step::Step;
use crate::{Fate, Plan};
use armature_api::{AksNodePoolStatus, LastError, OperationStatus};

/// What a pass found out about a pool.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The status before.
    pub previous: &'a AksNodePoolStatus,
    /// The generation that was looked at.
    pub generation: i64,
    /// The name of the object.
    pub object: &'a str,
    /// The name of the pool in Azure.
    pub name: &'a str,
    /// The name of the cluster object.
    pub cluster: &'a str,
    /// The id of the cluster in Azure.
    pub cluster_id: Option<&'a str>,
    /// Whether the object is going away.
    pub deleting: bool,
    /// What becomes of the object; `None` when the pass failed before that was decided.
    pub fate: Option<&'a Fate>,
    /// What was decided.
    pub plan: Option<&'a Plan>,
    /// What Azure has.
    pub live: Option<&'a LivePool>,
    /// Operations that run, of the whole cluster.
    pub operations: &'a BTreeMap<String, OperationStatus>,
    /// Why the pass ended early, if it did.
    pub failure: Option<&'a Failure>,
    /// How often a failed operation was resumed.
    pub resume_attempts: u32,
    /// The last reconcile someone asked for.
    pub requested_at: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

/// The status after the pass.
pub fn status(report: &Report<'_>) -> AksNodePoolStatus {
    let target = Target::Pool(report.name.to_owned());
    let verdict = verdict(report, &target);
    let in_sync = report.plan.and_then(|plan| {
        in_sync(&Question {
            plan,
            target: &target,
            object: Some(report.object),
            fate: report.fate.unwrap_or(&Fate::Alive),
            exists: report.live.is_some(),
            operations: report.operations,
            failure: report.failure,
        })
    });
    let applied = report.plan.and_then(|plan| plan.pools_applied.get(report.name));
    let mut status = AksNodePoolStatus {
        observed_generation: observed(report.previous.observed_generation, &verdict, report.generation),
        conditions: conditions(
            &report.previous.conditions,
            &verdict,
            &[(IN_SYNC, in_sync)],
            report.generation,
            report.now,
        ),
        plan: report.plan.and_then(|plan| published(plan, &target)),
        applied: applied.map_or_else(
            || report.previous.applied.clone(),
            |applied| applied.clone().into_status(),
        ),
        advice: report
            .plan
            .map_or_else(|| report.previous.advice.clone(), |plan| advice(plan, &target)),
        last_error: last_error(report, &target, &verdict),
        resume_attempts: Some(i64::from(report.resume_attempts)).filter(|attempts| *attempts > 0),
        last_handled_reconcile_at: report.requested_at.map(str::to_owned),
        ..report.previous.clone()
    };
    match report.live {
        Some(live) => describe(&mut status, live, report),
        None if applied.is_some_and(Applied::is_empty) => forget(&mut status),
        None => {}
    }
    status
}

fn last_error(report: &Report<'_>, target: &Target, verdict: &Verdict) -> Option<LastError> {
    match report.failure.filter(|failure| failure.target == *target) {
        Some(failure) => failure.record(report.previous.last_error.as_ref()),
        None if matches!(verdict, Verdict::Ready(_)) => None,
        None => report.previous.last_error.clone(),
    }
}

fn verdict(report: &Report<'_>, target: &Target) -> Verdict {
    if let Some(Fate::Blocked(why)) = report.fate {
        return Verdict::Stalled(Why::new("DeletionBlocked", why));
    }
    let own = report.failure.filter(|failure| failure.target == *target);
    if let Some(failure) = own.filter(|failure| !(report.deleting && failure.severity == Severity::Passing)) {
        return kept_through(failure, report).unwrap_or_else(|| failure.verdict());
    }
    let running = report.operations.get(&target.to_string());
    let locked = |blocker: &&Blocker| matches!(blocker, Blocker::ScopeLocked { .. }) && blocker.target() == *target;
    if let Some(blocker) = report.plan.and_then(|plan| plan.blockers.iter().find(locked)) {
        return Verdict::Stalled(Why::new(blocker.reason(), blocker.to_string()));
    }
    if report.deleting {
        return Verdict::Deleting(Why::new("Deleting", deleting(report, running)));
    }
    let Some(plan) = report.plan else {
        return without_plan(report);
    };
    let stands = |blocker: &&Blocker| blocker.target() == *target && blocker.concerns(report.object);
    if let Some(blocker) = plan.blockers.iter().find(stands) {
        return Verdict::Stalled(Why::new(blocker.reason(), blocker.to_string()));
    }
    if let Some(running) = running {
        return Verdict::Progressing(Why::new("Progressing", &running.description));
    }
    if plan
        .blockers
        .iter()
        .any(|blocker| blocker.target() == Target::Cluster && blocker.stops_everything())
    {
        return cluster_not_ready(report);
    }
    let open = plan
        .steps
        .iter()
        .find(|planned| planned.hold.is_none() && planned.step.target() == *target);
    if let Some(open) = open {
        return Verdict::Progressing(Why::new("Progressing", format!("next: {}", open.step)));
    }
    match report.live {
        Some(live) if live.provisioning_state().busy().is_some() && !was_ready(report) => {
            Verdict::Progressing(Why::new("Progressing", "Azure is working on the node pool"))
        }
        Some(live) => Verdict::Ready(Why::new("Succeeded", summary(live))),
        None => match report.operations.get("cluster") {
            Some(running) => Verdict::Progressing(Why::new("Progressing", &running.description)),
            None => cluster_not_ready(report),
        },
    }
}

/// What happens to a pool that is to go. It is being deleted only while Azure says so, or took it on.
fn deleting(report: &Report<'_>, running: Option<&OperationStatus>) -> String {
    if let Some(running) = running {
        return running.description.clone();
    }
    let of_cluster = report.operations.get(&Target::Cluster.to_string());
    if of_cluster.is_some_and(|running| running.step == Step::DeleteCluster.name()) {
        return "the node pool goes with its cluster".to_owned();
    }
    if let Some(failure) = report.failure {
        return format!("the node pool could not be deleted: {}", failure.sentence());
    }
    match report.live {
        Some(live) if live.provisioning_state().is_deleting() => "the node pool is being deleted in Azure".to_owned(),
        Some(_) | None => "the node pool will be deleted in Azure".to_owned(),
    }
}

/// The pass failed before anything was decided about this pool.
fn without_plan(report: &Report<'_>) -> Verdict {
    let kept = report.failure.and_then(|failure| kept_through(failure, report));
    kept.unwrap_or_else(|| cluster_not_ready(report))
}

/// What passes by itself takes nothing away from a pool that was ready at this generation.
fn kept_through(failure: &Failure, report: &Report<'_>) -> Option<Verdict> {
    let kept = still_ready(
        &report.previous.conditions,
        report.previous.observed_generation,
        report.generation,
    );
    kept.filter(|_| failure.severity == Severity::Passing)
}

fn cluster_not_ready(report: &Report<'_>) -> Verdict {
    let message = format!(
        "waits for AksCluster {}; its conditions say what it waits for",
        report.cluster
    );
    Verdict::Waiting(Why::new("DependencyNotReady", message))
}

fn was_ready(report: &Report<'_>) -> bool {
    find(&report.previous.conditions, READY).is_some_and(|ready| ready.status == "True")
}

fn summary(live: &LivePool) -> String {
    let version = live
        .running_version()
        .map_or_else(String::new, |version| format!(", Kubernetes {version}"));
    let count = live.count().unwrap_or_default();
    format!("{count} node{}{version}", if count == 1 { "" } else { "s" })
}

/// What Azure says about the pool.
fn describe(status: &mut AksNodePoolStatus, live: &LivePool, report: &Report<'_>) {
    let text = |path: &str| live.body.pointer(path).and_then(Value::as_str).map(str::to_owned);
    status.resource_id = report.cluster_id.map(|id| format!("{id}/agentPools/{}", live.name));
    status.provisioning_state = text("/properties/provisioningState");
    status.power_state = text("/properties/powerState/code");
    status.state = state(status.provisioning_state.as_ref(), status.power_state.as_ref());
    status.count = live.count();
    status.kubernetes_version = text("/properties/orchestratorVersion");
    status.current_kubernetes_version = text("/properties/currentOrchestratorVersion");
    status.node_image_version = text("/properties/nodeImageVersion");
}

/// Azure has no such pool, so nothing is said of it, but that there was one: its id stays.
fn forget(status: &mut AksNodePoolStatus) {
    status.provisioning_state = None;
    status.power_state = None;
    status.state = None;
    status.count = None;
    status.kubernetes_version = None;
    status.current_kubernetes_version = None;
    status.node_image_version = None;
}

/// Why a pool needs a user, if it does.
pub fn stalled(name: &str, status: &AksNodePoolStatus) -> Option<String> {
    let stalled = find(&status.conditions, STALLED).filter(|condition| condition.status == "True")?;
    Some(format!(
        "node pool {name} needs attention ({}): {}",
        stalled.reason, stalled.message
    ))
}

/// Whether a pool is ready.
pub fn is_ready(status: &AksNodePoolStatus) -> bool {
    find(&status.conditions, READY).is_some_and(|ready| ready.status == "True")
}

/// The status of a pool whose cluster object does not exist. Nobody looks at Azure for it, so what it is doing there is
/// unknown.
pub fn without_cluster(
    previous: &AksNodePoolStatus,
    generation: i64,
    cluster: &str,
    now: Timestamp,
) -> AksNodePoolStatus {
    let message =
        format!("AksCluster {cluster} does not exist in this namespace; apply it, or correct spec.clusterRef.name");
    AksNodePoolStatus {
        provisioning_state: None,
        power_state: None,
        state: None,
        plan: None,
        ..waiting(previous, generation, Why::new("ClusterNotFound", message), now)
    }
}

/// The status of a pool whose cluster object is there and can't be read: nobody looks at Azure for it, and what was seen
/// last is told on.
pub fn below_unreadable_cluster(
    previous: &AksNodePoolStatus,
    generation: i64,
    cluster: &str,
    now: Timestamp,
) -> AksNodePoolStatus {
    let message =
        format!("AksCluster {cluster} can't be read, so nothing is done for its pools; its events say what to correct");
    waiting(previous, generation, Why::new("ClusterUnreadable", message), now)
}

/// What was seen last, of a pool that nobody looks at before something else is put right.
fn waiting(previous: &AksNodePoolStatus, generation: i64, why: Why, now: Timestamp) -> AksNodePoolStatus {
    let verdict = Verdict::Waiting(why);
    AksNodePoolStatus {
        observed_generation: observed(previous.observed_generation, &verdict, generation),
        conditions: conditions(&previous.conditions, &verdict, &[], generation, now),
        ..previous.clone()
    }
}
