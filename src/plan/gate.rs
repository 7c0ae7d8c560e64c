//! The gate: which steps may start now. Calendars and rollouts will be further holds here.

use super::change::{Change, Origin};
use super::desired::DesiredPool;
use super::step::Step;
use super::{Input, Plan, Planned};
use crate::api::{AdoptionPolicy, DriftPolicy, ManagementPolicy};
use crate::plan::change::Target;

/// Why a step may not start. A held step is no fault: the object keeps its `Ready`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hold {
    /// Armature may only look.
    #[error("spec.managementPolicy is Observe: nothing is written to Azure")]
    Observe,
    /// The value was changed in Azure and is only reported.
    #[error("spec.driftPolicy is Report: values changed in Azure are shown and left alone")]
    DriftReported,
    /// The plan of an adoption waits for someone to approve it.
    #[error(
        "adopting this cluster needs an approval: read status.plan, then annotate the object with aks.armature.dev/approve-plan={hash}"
    )]
    AwaitingApproval {
        /// The hash of the plan.
        hash: String,
    },
    /// A stopped cluster accepts nothing but a start or a deletion.
    #[error("the cluster is stopped and accepts no change; set spec.powerState.code to Running")]
    ClusterStopped,
    /// An earlier step it rests on is held.
    #[error("an earlier step is held: {0}")]
    AfterHeld(Box<Hold>),
}

impl Hold {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Observe => "Observe",
            Self::DriftReported => "DriftReported",
            Self::AwaitingApproval { .. } => "AwaitingApproval",
            Self::ClusterStopped => "ClusterStopped",
            Self::AfterHeld(first) => first.reason(),
        }
    }
}

/// Holds what may not start.
pub fn hold(input: &Input<'_>, plan: &mut Plan) {
    let hash = plan.hash();
    let adopts = plan
        .steps
        .iter()
        .any(|planned| matches!(planned.step, Step::AdoptCluster { .. }));
    let approval = (adopts && input.cluster.life.approved_plan.as_deref() != Some(hash.as_str()))
        .then_some(Hold::AwaitingApproval { hash });
    let stopped = input.live.is_some_and(super::live::LiveCluster::is_stopped);
    let starts = plan
        .steps
        .iter()
        .any(|planned| matches!(planned.step, Step::StartCluster { .. }));

    let mut gated = Vec::with_capacity(plan.steps.len());
    for Planned { step, hold } in std::mem::take(&mut plan.steps) {
        let whole = hold
            .or_else(|| observed(&step, input).then_some(Hold::Observe))
            .or_else(|| approval.clone())
            .or_else(|| (stopped && !starts && step != Step::DeleteCluster).then_some(Hold::ClusterStopped));
        match whole {
            Some(hold) => gated.push(Planned { step, hold: Some(hold) }),
            None => split_drift(step, input, &mut gated),
        }
    }
    plan.steps = follow_up(gated);
}

fn observed(step: &Step, input: &Input<'_>) -> bool {
    let pool_observes = |pool: &DesiredPool| pool.observe && step.target() == Target::Pool(pool.name.clone());
    input.cluster.policies.management == ManagementPolicy::Observe || input.pools.iter().any(pool_observes)
}

/// Under `Report`, a step goes on with the edits alone, and what drifted is shown as held.
fn split_drift(step: Step, input: &Input<'_>, gated: &mut Vec<Planned>) {
    let reports = input.cluster.policies.drift == DriftPolicy::Report;
    // Approving the plan of an adoption approves its changes.
    let adopting = input.cluster.policies.adoption == AdoptionPolicy::AfterPlan
        && input.cluster.life.approved_plan.is_some()
        && step.changes().iter().all(|change| change.origin == Origin::Unrecorded);
    let lost_pool = matches!(step, Step::CreatePool { again: true, .. });
    if !reports || adopting || (step.changes().is_empty() && !lost_pool) {
        return gated.push(Planned { step, hold: None });
    }
    if lost_pool {
        return gated.push(Planned {
            step,
            hold: Some(Hold::DriftReported),
        });
    }
    let (drift, edits): (Vec<Change>, Vec<Change>) = step
        .changes()
        .iter()
        .cloned()
        .partition(|change| change.origin.is_drift());
    if !edits.is_empty() {
        gated.push(Planned {
            step: step.clone().with_changes(edits),
            hold: None,
        });
    }
    if !drift.is_empty() {
        gated.push(Planned {
            step: step.with_changes(drift),
            hold: Some(Hold::DriftReported),
        });
    }
}

/// Upgrades rest on each other: behind a held one the later ones are held too.
fn follow_up(steps: Vec<Planned>) -> Vec<Planned> {
    let mut first: Option<Hold> = None;
    let rests = |step: &Step| {
        matches!(
            step,
            Step::UpgradeControlPlane { .. } | Step::UpgradeCluster { .. } | Step::UpgradePool { .. }
        )
    };
    steps
        .into_iter()
        .map(|Planned { step, hold }| {
            let hold = match (&first, hold) {
                (Some(earlier), None) if rests(&step) => Some(Hold::AfterHeld(Box::new(earlier.clone()))),
                (_, hold) => hold,
            };
            let control_plane = matches!(step, Step::UpgradeControlPlane { .. } | Step::UpgradeCluster { .. });
            if control_plane && first.is_none() {
                first.clone_from(&hold);
            }
            Planned { step, hold }
        })
        .collect()
}
