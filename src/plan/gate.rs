//! The gate: which steps may start now. Calendars and rollouts will be further holds here.

use std::collections::{BTreeMap, BTreeSet};

use super::blocker::Blocker;
use super::change::{Change, Origin, Target};
use super::desired::DesiredPool;
use super::live::LiveCluster;
use super::owner::{OWNER_TAG, Ownership};
use super::step::Step;
use super::{Input, Plan, Planned, aborted, preview};
use crate::api::{DriftPolicy, ManagementPolicy};

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
    /// An action of the manifest aborted the work.
    #[error("the action {action} aborted the work; this goes on once the action is out of the manifest")]
    Aborted {
        /// The name of the action.
        action: String,
    },
    /// Azure refused it for want of a preview feature; a blocker says how to register that.
    #[error("Azure refused it: the preview feature Microsoft.ContainerService/{feature} is not registered")]
    FeatureNotRegistered {
        /// The feature.
        feature: String,
    },
    /// Children go before it.
    #[error("{children} {} first; status.children tells how far that is", if *.leaving { "have to go" } else { "have to be there" })]
    ChildrenFirst {
        /// Their keys in status.
        children: String,
        /// Whether they have to be gone, or have to be there.
        leaving: bool,
    },
    /// Locks of ours are lifted before it.
    #[error("{locks} is lifted first, and put back afterwards")]
    LockFirst {
        /// Their keys in status.
        locks: String,
    },
    /// A lock that Armature may not lift keeps it from happening; a blocker names it.
    #[error("a lock keeps it from happening")]
    Locked,
    /// It failed a moment ago.
    #[error("it failed a moment ago and is tried again after a pause; the last error says why")]
    RetryLater,
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
            Self::Aborted { .. } => "Aborted",
            Self::FeatureNotRegistered { .. } => "FeatureNotRegistered",
            Self::ChildrenFirst { .. } => "ChildrenFirst",
            Self::LockFirst { .. } => "LockFirst",
            Self::Locked => "ScopeLocked",
            Self::RetryLater => "RetryLater",
            Self::AfterHeld(first) => first.reason(),
        }
    }
}

/// Holds what may not start.
pub fn hold(input: &Input<'_>, plan: &mut Plan) {
    let approval = Approval::of(input, plan);
    let mut stopped = input.live.is_some_and(LiveCluster::is_stopped);
    let adopts = plan
        .steps
        .iter()
        .any(|planned| matches!(planned.step, Step::AdoptCluster { .. }));
    let mut unadopted: BTreeMap<Target, Hold> = BTreeMap::new();
    // Why there is no cluster of ours for what follows.
    let mut groundless: Option<Hold> = None;
    let mut gated: Vec<Planned> = Vec::with_capacity(plan.steps.len());
    for Planned { step, .. } in std::mem::take(&mut plan.steps) {
        let needs_running = !matches!(step, Step::StartCluster { .. } | Step::DeleteCluster);
        let unapproved = approval.as_ref().and_then(|approval| approval.missing_for(&step));
        if let Some(hold) = &unapproved {
            unadopted.insert(step.target(), Hold::AfterHeld(Box::new(hold.clone())));
        }
        let hold = observed(&step, input)
            .then_some(Hold::Observe)
            .or(unapproved)
            .or_else(|| unadopted.get(&step.target()).cloned())
            .or_else(|| (stopped && needs_running).then_some(Hold::ClusterStopped))
            .or_else(|| aborted::hold(&step, input))
            .or_else(|| refused(&step, input, plan))
            .or_else(|| children_first(&step, input))
            .or_else(|| rests(&step, input, adopts).then_some(Hold::RetryLater))
            .or_else(|| groundless.clone());
        if groundless.is_none() && is_ground(&step) {
            groundless = hold.clone().map(|hold| Hold::AfterHeld(Box::new(hold)));
        }
        match hold {
            Some(hold) => gated.push(Planned { step, hold: Some(hold) }),
            None if approval.as_ref().is_some_and(|approval| approval.covers(&step)) => {
                gated.push(Planned { step, hold: None })
            }
            None => split_drift(step, input, &mut gated),
        }
        if let Some(Planned {
            step: Step::StartCluster { .. },
            hold: None,
        }) = gated.last()
        {
            stopped = false;
        }
    }
    plan.steps = without_needless_repeats(follow_up(gated));
}

/// Whether all that follows stands on the step: without it there is no cluster, or none of ours.
fn is_ground(step: &Step) -> bool {
    matches!(
        step,
        Step::CreateResourceGroup | Step::CreateCluster { .. } | Step::AdoptCluster { .. }
    )
}

/// A step that Azure refused for want of a preview feature would be refused again: it is held, and a blocker says how to
/// register the feature.
fn refused(step: &Step, input: &Input<'_>, plan: &mut Plan) -> Option<Hold> {
    let blocker = preview::refusal(step, input)?;
    let Blocker::FeatureNotRegistered { feature, .. } = &blocker else {
        return None;
    };
    let hold = Hold::FeatureNotRegistered {
        feature: feature.clone(),
    };
    if !plan.blockers.contains(&blocker) {
        plan.blockers.push(blocker);
    }
    Some(hold)
}

/// What the cluster needs to be born, or to go on under another identity, comes before it; what it would leave behind
/// goes before it.
fn children_first(step: &Step, input: &Input<'_>) -> Option<Hold> {
    let leaving = match step {
        Step::CreateCluster { .. } => false,
        Step::UpdateCluster { changes } if changes.iter().any(Change::is_of_identity) => false,
        Step::DeleteCluster => true,
        _ => return None,
    };
    let children = if leaving {
        &input.facts.children_leaving
    } else {
        &input.facts.children_missing
    };
    (!children.is_empty()).then(|| Hold::ChildrenFirst {
        children: children.join(", "),
        leaving,
    })
}

/// Whether the step failed a moment ago, or stands on a cluster that was to be made or taken over and was not.
fn rests(step: &Step, input: &Input<'_>, adopts: bool) -> bool {
    let resting = &input.facts.resting;
    let without_ground = input.live.is_none() || adopts;
    resting.contains(&step.target()) || (without_ground && resting.contains(&Target::Cluster))
}

/// Whether taking over what was there before was approved.
struct Approval {
    hash: String,
    /// Whether the plan adopts the cluster itself: then every step of it needs the approval.
    whole: bool,
    given: bool,
}

impl Approval {
    /// `None` where nothing is taken over.
    fn of(input: &Input<'_>, plan: &Plan) -> Option<Self> {
        let steps = || plan.steps.iter().map(|planned| &planned.step);
        let whole = steps().any(|step| matches!(step, Step::AdoptCluster { .. }));
        if !whole && !steps().any(adopts_pool) {
            return None;
        }
        let hash = plan.hash();
        let life = &input.cluster.life;
        // The plan that adopted the cluster named its pools too; they follow one by one, under other hashes.
        let adopted = input
            .live
            .is_some_and(|live| Ownership::of(live.owner(), &input.cluster.mark) == Ownership::Ours { adopted: true });
        Some(Self {
            whole,
            given: life.approves(&hash) || (!whole && adopted && life.approved_plan.is_some()),
            hash,
        })
    }

    fn concerns(&self, step: &Step) -> bool {
        self.whole || adopts_pool(step)
    }

    fn covers(&self, step: &Step) -> bool {
        self.given && self.concerns(step)
    }

    fn missing_for(&self, step: &Step) -> Option<Hold> {
        (!self.given && self.concerns(step)).then(|| Hold::AwaitingApproval {
            hash: self.hash.clone(),
        })
    }
}

/// Whether the step puts our mark on something that never had it.
fn adopts_pool(step: &Step) -> bool {
    let marks = |change: &Change| change.origin == Origin::Unrecorded && change.path.last() == OWNER_TAG;
    step.changes().iter().any(marks)
}

fn observed(step: &Step, input: &Input<'_>) -> bool {
    let pool_observes = |pool: &DesiredPool| pool.observe && step.target() == Target::Pool(pool.name.clone());
    input.cluster.policies.management == ManagementPolicy::Observe || input.pools.iter().any(pool_observes)
}

/// Under `Report`, a step goes on with the edits alone, and what drifted is shown as held.
fn split_drift(step: Step, input: &Input<'_>, gated: &mut Vec<Planned>) {
    let reports = input.cluster.policies.drift == DriftPolicy::Report;
    let lost_pool = matches!(step, Step::CreatePool { again: true, .. });
    if reports && lost_pool {
        return gated.push(Planned {
            step,
            hold: Some(Hold::DriftReported),
        });
    }
    if !reports || step.changes().is_empty() {
        return gated.push(Planned { step, hold: None });
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

/// Upgrades rest on each other: behind a held one of the control plane the later ones are held too, and the control
/// plane waits for pools that have to move before it.
fn follow_up(mut steps: Vec<Planned>) -> Vec<Planned> {
    let (mut plane, mut pool): (Option<Hold>, Option<Hold>) = (None, None);
    for Planned { step, hold } in &mut steps {
        let control_plane = matches!(step, Step::UpgradeControlPlane { .. } | Step::UpgradeCluster { .. });
        if !control_plane && !matches!(step, Step::UpgradePool { .. }) {
            continue;
        }
        let earlier = plane.as_ref().or(pool.as_ref().filter(|_| control_plane));
        if let (None, Some(earlier)) = (&*hold, earlier) {
            *hold = Some(Hold::AfterHeld(Box::new(earlier.clone())));
        }
        let first = if control_plane { &mut plane } else { &mut pool };
        *first = first.take().or_else(|| hold.clone());
    }
    steps
}

/// A write that goes on resumes what failed before it: the repeat of the old goal is left out.
fn without_needless_repeats(mut steps: Vec<Planned>) -> Vec<Planned> {
    let writes = |planned: &&Planned| {
        planned.hold.is_none()
            && matches!(
                planned.step,
                Step::UpdateCluster { .. }
                    | Step::UpgradeControlPlane { .. }
                    | Step::UpgradeCluster { .. }
                    | Step::UpdatePool { .. }
                    | Step::UpgradePool { .. }
            )
    };
    let written: BTreeSet<Target> = steps
        .iter()
        .filter(writes)
        .map(|planned| planned.step.target())
        .collect();
    steps.retain(|Planned { step, .. }| {
        !matches!(step, Step::ResumeCluster | Step::ResumePool { .. }) || !written.contains(&step.target())
    });
    steps
}
