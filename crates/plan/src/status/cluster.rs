//! The status of a cluster.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::children::{children_ready, unready};
use super::conditions::{CHILDREN_READY, IN_SYNC, READY, Verdict, Why, conditions, find, still_ready};
use super::failure::{Failure, Severity};
use super::in_sync::{Question, in_sync};
use super::intent::{SHOWN, progress, published};
use crate::applied::Applied;
use crate::blocker::{Blocker, Wait};
use crate::change::Target;
use crate::live::LiveCluster;
use crate::owner::{Mark, Ownership};
use crate::{Fate, Hold, Plan};
use armature_api::{
    ActionStatus, AksClusterStatus, ChildStatus, IdentityStatus, KubeletIdentityStatus, OperationStatus, PoolSummary,
};

/// What a pass found out about a cluster.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The status before.
    pub previous: &'a AksClusterStatus,
    /// The generation that was looked at.
    pub generation: i64,
    /// Whether the object is going away.
    pub deleting: bool,
    /// What was decided; `None` when the pass failed before.
    pub plan: Option<&'a Plan>,
    /// What Azure has; `None` when it has nothing or nobody could look.
    pub live: Option<&'a LiveCluster>,
    /// What Azure has confirmed beside what the manifest says now, for a pass that decided nothing.
    pub applied: &'a Applied,
    /// Our mark, to tell whether the cluster was adopted.
    pub mark: &'a Mark,
    /// Operations that run on the cluster and its pools.
    pub operations: &'a BTreeMap<String, OperationStatus>,
    /// The children.
    pub children: &'a BTreeMap<String, ChildStatus>,
    /// The actions.
    pub actions: &'a BTreeMap<String, ActionStatus>,
    /// Operations that run on children and for actions.
    pub child_operations: &'a BTreeMap<String, OperationStatus>,
    /// How many operations ended well since the status before.
    pub ended: i64,
    /// Why the pass ended early, if it did.
    pub failure: Option<&'a Failure>,
    /// How often a failed operation was resumed.
    pub resume_attempts: u32,
    /// The pools, ready or not, and what is wrong with those that need a user.
    pub pools: &'a PoolsSummary,
    /// The last reconcile someone asked for.
    pub requested_at: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

/// The pools of a cluster in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolsSummary {
    /// How many objects there are.
    pub total: i64,
    /// How many of them are ready.
    pub ready: i64,
    /// The first pool that needs a user, and why.
    pub stalled: Option<String>,
}

/// The status after the pass.
pub fn status(report: &Report<'_>) -> AksClusterStatus {
    let verdict = verdict(report);
    let in_sync = report.plan.and_then(|plan| {
        in_sync(&Question {
            plan,
            target: &Target::Cluster,
            object: None,
            fate: &plan.fate,
            exists: report.live.is_some(),
            operations: report.operations,
            failure: report.failure,
        })
    });
    let mut status = AksClusterStatus {
        observed_generation: observed(report.previous.observed_generation, &verdict, report.generation),
        conditions: conditions(
            &report.previous.conditions,
            &verdict,
            &[(IN_SYNC, in_sync), (CHILDREN_READY, children_ready(report.children))],
            report.generation,
            report.now,
        ),
        operations: report
            .operations
            .iter()
            .chain(report.child_operations)
            .map(|(key, operation)| (key.clone(), operation.clone()))
            .collect(),
        children: report.children.clone(),
        actions: report.actions.clone(),
        plan: report.plan.and_then(|plan| published(plan, &Target::Cluster)),
        progress: progress(
            report.previous.progress.as_ref(),
            report.plan,
            report.operations,
            report.ended,
        ),
        applied: report
            .plan
            .map_or(report.applied, |plan| &plan.applied)
            .clone()
            .into_status(),
        advice: report
            .plan
            .map_or_else(|| report.previous.advice.clone(), |plan| advice(plan, &Target::Cluster)),
        last_error: last_error(report, &verdict),
        resume_attempts: Some(i64::from(report.resume_attempts)).filter(|attempts| *attempts > 0),
        pools: Some(PoolSummary {
            total: report.pools.total,
            ready: report.pools.ready,
            summary: format!("{}/{}", report.pools.ready, report.pools.total),
        }),
        last_handled_reconcile_at: report.requested_at.map(str::to_owned),
        ..report.previous.clone()
    };
    let working = status.progress.as_ref().map(|progress| progress.current.clone());
    status.doing = working
        .filter(|text| !text.is_empty())
        .or_else(|| unready(report.children));
    match report.live {
        Some(live) => describe(&mut status, live, report.mark),
        None if report.plan.is_some_and(is_gone) => forget(&mut status),
        None => {}
    }
    status
}

/// `observedGeneration` of the whole object moves when the generation has come to its end.
pub(super) fn observed(previous: Option<i64>, verdict: &Verdict, generation: i64) -> Option<i64> {
    if verdict.is_final() {
        Some(generation)
    } else {
        previous.or(Some(-1))
    }
}

/// Advice about one object: the first lines, and how many more there are.
pub(super) fn advice(plan: &Plan, target: &Target) -> Vec<String> {
    let of = |retires: bool| {
        let lines = plan.advice.iter().filter(|advice| advice.target == *target);
        lines.filter(move |advice| advice.retires == retires)
    };
    // What has a date must not be lost among what has none.
    let mut lines = of(true).chain(of(false));
    let mut shown: Vec<String> = lines.by_ref().take(SHOWN).map(|advice| advice.text.clone()).collect();
    match lines.count() {
        0 => {}
        more => shown.push(format!("and {more} more")),
    }
    shown
}

/// The last error stays until the object is fine again.
fn last_error(report: &Report<'_>, verdict: &Verdict) -> Option<armature_api::LastError> {
    match report.failure {
        Some(failure) => failure.record(report.previous.last_error.as_ref()),
        None if matches!(verdict, Verdict::Ready(_)) => None,
        None => report.previous.last_error.clone(),
    }
}

fn verdict(report: &Report<'_>) -> Verdict {
    if let Some(Plan {
        fate: Fate::Blocked(why),
        ..
    }) = report.plan
    {
        return Verdict::Stalled(Why::new("DeletionBlocked", why));
    }
    let own = report.failure.filter(|failure| is_ours(failure, report));
    if let Some(verdict) = own.and_then(|failure| failed(failure, report)) {
        return verdict;
    }
    let locked =
        |blocker: &&Blocker| matches!(blocker, Blocker::ScopeLocked { .. }) && blocker.target() == Target::Cluster;
    if let Some(blocker) = report.plan.and_then(|plan| plan.blockers.iter().find(locked)) {
        return Verdict::Stalled(Why::new(blocker.reason(), blocker.to_string()));
    }
    if report.deleting {
        return Verdict::Deleting(Why::new("Deleting", deleting(report)));
    }
    let Some(plan) = report.plan else {
        return Verdict::Progressing(Why::new("Progressing", "Armature is about to look at this cluster"));
    };
    if let Some(blocker) = plan.blockers.iter().find(|blocker| blocker.target() == Target::Cluster) {
        return Verdict::Stalled(Why::new(blocker.reason(), blocker.to_string()));
    }
    if let Some(running) = report.operations.values().next() {
        return Verdict::Progressing(Why::new("Progressing", &running.description));
    }
    if let Some(wait) = plan
        .waits
        .iter()
        .find(|wait| matches!(wait, Wait::WaitingForSystemPool { .. } | Wait::PoolSetSettling))
    {
        return Verdict::Waiting(Why::new(wait.reason(), wait.to_string()));
    }
    if let Some(hold @ Hold::ChildrenFirst { .. }) = plan.steps.iter().find_map(|planned| planned.hold.as_ref()) {
        return Verdict::Waiting(Why::new(hold.reason(), hold.to_string()));
    }
    if let Some(open) = plan.steps.iter().find(|planned| planned.hold.is_none()) {
        return Verdict::Progressing(Why::new("Progressing", format!("next: {}", open.step)));
    }
    settled(report)
}

/// Whether a failure is about the cluster itself: without a plan it ended the whole pass.
fn is_ours(failure: &Failure, report: &Report<'_>) -> bool {
    failure.target == Target::Cluster || report.plan.is_none()
}

/// What a failure makes of the cluster. What passes by itself takes nothing away from one that was ready at this
/// generation, and changes nothing about one that is being deleted.
fn failed(failure: &Failure, report: &Report<'_>) -> Option<Verdict> {
    if failure.severity == Severity::Passing {
        let kept = || {
            still_ready(
                &report.previous.conditions,
                report.previous.observed_generation,
                report.generation,
            )
        };
        return (!report.deleting).then(|| kept().unwrap_or_else(|| failure.verdict()));
    }
    Some(match &report.pools.stalled {
        Some(stalled) if failure.target != Target::Cluster => Verdict::Stalled(Why::new("PoolStalled", stalled)),
        _ => failure.verdict(),
    })
}

/// Nothing is left to do, or what is left is held: the cluster is as ready as it and its pools are.
fn settled(report: &Report<'_>) -> Verdict {
    let Some(live) = report.live else {
        return Verdict::Progressing(Why::new("Progressing", "Azure does not show the cluster yet"));
    };
    if let Some(stalled) = &report.pools.stalled {
        return Verdict::Stalled(Why::new("PoolStalled", stalled));
    }
    if let Some(verdict) = report.failure.and_then(|failure| failed(failure, report)) {
        return verdict;
    }
    if live.provisioning_state().busy().is_some() && !was_ready(report) {
        return Verdict::Progressing(Why::new("Progressing", "Azure is working on the cluster"));
    }
    let power = if live.is_stopped() { ", stopped" } else { "" };
    let version = live
        .running_version()
        .map_or_else(String::new, |version| format!("Kubernetes {version}, "));
    let count = live.pools.len();
    let plural = if count == 1 { "" } else { "s" };
    Verdict::Ready(Why::new(
        "Succeeded",
        format!("{version}{count} node pool{plural}{power}"),
    ))
}

/// Work that AKS does by itself takes nothing away from a cluster that was ready.
fn was_ready(report: &Report<'_>) -> bool {
    find(&report.previous.conditions, READY).is_some_and(|ready| ready.status == "True")
}

/// What happens to a cluster that is to go. It is being deleted only while Azure says so, or took it on.
fn deleting(report: &Report<'_>) -> String {
    let held = report
        .plan
        .and_then(|plan| plan.steps.iter().find_map(|planned| planned.hold.as_ref()))
        .filter(|hold| matches!(hold, Hold::ChildrenFirst { .. }));
    if let Some(running) = report.operations.values().next() {
        return running.description.clone();
    }
    if let Some(failure) = report.failure.filter(|failure| is_ours(failure, report)) {
        return format!("the cluster could not be deleted: {}", failure.sentence());
    }
    let fate = report.plan.map(|plan| &plan.fate);
    match (held, report.live) {
        (Some(hold), _) => hold.to_string(),
        (None, None) if fate == Some(&Fate::Gone) => {
            "the cluster is gone from Azure; what belongs to it goes next".to_owned()
        }
        (None, Some(live)) if live.provisioning_state().is_deleting() => {
            "the cluster is being deleted in Azure".to_owned()
        }
        (None, _) => "the cluster will be deleted in Azure".to_owned(),
    }
}

/// A resource that is stopped looks like any other by its provisioning state.
pub(super) fn state(provisioning: Option<&String>, power: Option<&String>) -> Option<String> {
    let settled = |state: &&String| state.eq_ignore_ascii_case("Succeeded");
    let stopped = power.filter(|power| power.eq_ignore_ascii_case("Stopped"));
    stopped
        .filter(|_| provisioning.is_some_and(|state| settled(&state)))
        .or(provisioning)
        .cloned()
}

/// What Azure says about the cluster.
fn describe(status: &mut AksClusterStatus, live: &LiveCluster, mark: &Mark) {
    let text = |path: &str| {
        live.body
            .pointer(path)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    status.resource_id = live.id().map(str::to_owned).or_else(|| status.resource_id.take());
    status.adopted = match Ownership::of(live.owner(), mark) {
        Ownership::Ours { adopted } => Some(adopted),
        Ownership::Unmarked | Ownership::Other(_) => status.adopted,
    };
    status.provisioning_state = text("/properties/provisioningState");
    status.power_state = text("/properties/powerState/code");
    status.state = state(status.provisioning_state.as_ref(), status.power_state.as_ref());
    status.kubernetes_version = text("/properties/kubernetesVersion");
    status.current_kubernetes_version = text("/properties/currentKubernetesVersion");
    status.fqdn = text("/properties/fqdn");
    status.private_fqdn = text("/properties/privateFQDN");
    status.portal_fqdn = text("/properties/azurePortalFQDN");
    status.oidc_issuer_url = text("/properties/oidcIssuerProfile/issuerURL");
    status.node_resource_group = text("/properties/nodeResourceGroup");
    let identity = IdentityStatus {
        principal_id: text("/identity/principalId"),
        tenant_id: text("/identity/tenantId"),
    };
    status.identity = Some(identity).filter(|identity| *identity != IdentityStatus::default());
    let kubelet = |field: &str| text(&format!("/properties/identityProfile/kubeletidentity/{field}"));
    let identity = KubeletIdentityStatus {
        resource_id: kubelet("resourceId"),
        client_id: kubelet("clientId"),
        object_id: kubelet("objectId"),
    };
    status.kubelet_identity = Some(identity).filter(|identity| *identity != KubeletIdentityStatus::default());
}

/// Whether Azure has no such cluster any more.
fn is_gone(plan: &Plan) -> bool {
    plan.fate == Fate::Gone || plan.blockers.contains(&Blocker::ClusterVanished)
}

/// Nothing is left in Azure, so nothing is said of it, but that there was something: its id stays.
fn forget(status: &mut AksClusterStatus) {
    status.adopted = None;
    status.provisioning_state = None;
    status.power_state = None;
    status.state = None;
    status.kubernetes_version = None;
    status.current_kubernetes_version = None;
    status.fqdn = None;
    status.private_fqdn = None;
    status.portal_fqdn = None;
    status.oidc_issuer_url = None;
    status.node_resource_group = None;
    status.identity = None;
    status.kubelet_identity = None;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Advice;

    #[test]
    fn what_retires_is_told_before_all_other_advice() {
        let line = |number: usize, retires| Advice {
            target: Target::Cluster,
            text: format!("{number}"),
            retires,
        };
        let plan = Plan {
            advice: (0..=SHOWN).map(|number| line(number, number == SHOWN)).collect(),
            ..Plan::default()
        };
        let told = advice(&plan, &Target::Cluster);
        assert_eq!(told[0], SHOWN.to_string());
        assert_eq!(told.last().unwrap(), "and 1 more");
    }
}
