//! The gate: which steps may start now. Calendars and rollouts will be further holds here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::blocker::Blocker;
use super::change::{Change, Origin, Target};
use super::desired::DesiredPool;
use super::live::LiveCluster;
use super::owner::OWNER_TAG;
use super::step::Step;
use super::{Input, Plan, Planned, aborted, digest, incarnation, preview, step_as_json};
use armature_api::{DriftPolicy, ManagementPolicy};

/// Why a step may not start. A held step is no fault: the object keeps its `Ready`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hold {
    /// Armature may only look.
    #[error("spec.managementPolicy is Observe: nothing is written to Azure")]
    Observe,
    /// The value was changed in Azure and is only reported.
    #[error("spec.driftPolicy is Report: values changed in Azure are shown and left alone")]
    DriftReported,
    /// Taking something over waits for someone to approve exactly that.
    #[error(
        "adopting {}: read status.plan, then annotate the object with aks.armature.dev/approve-plan={hash}",
        needs_approval(.target)
    )]
    AwaitingApproval {
        /// What is taken over.
        target: Target,
        /// What approves it: its hash; for a cluster the hashes of the pools that are taken over with it, too, separated
        /// by commas.
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

fn needs_approval(target: &Target) -> String {
    match target {
        Target::Pool(pool) => format!("pool {pool} needs an approval of its own"),
        Target::Cluster | Target::Child(_) | Target::Action(_) => "this cluster needs an approval".to_owned(),
    }
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
    let approvals = Approvals::of(input, plan);
    plan.takeovers = approvals.hashes();
    let mut stopped = input.live.is_some_and(LiveCluster::is_stopped);
    let adopts = plan
        .steps
        .iter()
        .any(|planned| matches!(planned.step, Step::AdoptCluster { .. }));
    // Why there is no cluster of ours for what follows.
    let mut groundless: Option<Hold> = None;
    let mut gated: Vec<Planned> = Vec::with_capacity(plan.steps.len());
    for Planned { step, .. } in std::mem::take(&mut plan.steps) {
        let needs_running = !matches!(step, Step::StartCluster { .. } | Step::DeleteCluster);
        let hold = observed(&step, input)
            .then_some(Hold::Observe)
            .or_else(|| approvals.missing_for(&step))
            .or_else(|| (stopped && needs_running).then_some(Hold::ClusterStopped))
            .or_else(|| aborted(&step, input))
            .or_else(|| refused(&step, input, plan))
            .or_else(|| children_first(&step, input))
            .or_else(|| rests(&step, input, adopts).then_some(Hold::RetryLater))
            .or_else(|| groundless.clone());
        if groundless.is_none() && is_ground(&step) {
            groundless = hold.clone().map(|hold| Hold::AfterHeld(Box::new(hold)));
        }
        match hold {
            Some(hold) => gated.push(Planned { step, hold: Some(hold) }),
            None if approvals.cover(&step) => gated.push(Planned { step, hold: None }),
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

fn aborted(step: &Step, input: &Input<'_>) -> Option<Hold> {
    let action = aborted::holds(step, input)?.to_owned();
    Some(Hold::Aborted { action })
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

/// What is taken over that was there before, and which of it was approved. Each has a hash of its own, so that an
/// approval is of exactly what was there to be read: a pool that comes later is none of it.
struct Approvals(BTreeMap<Target, Approval>);

struct Approval {
    hash: String,
    given: bool,
}

impl Approvals {
    fn of(input: &Input<'_>, plan: &Plan) -> Self {
        let life = &input.cluster.life;
        let steps = || plan.steps.iter().map(|planned| &planned.step);
        let adopted = |step: &&Step| adopts_pool(step);
        let mut approvals: BTreeMap<Target, Approval> = steps()
            .filter(adopted)
            .map(|step| {
                let hash = pool_hash(input, plan, step);
                let own = input
                    .pools
                    .iter()
                    .find(|pool| step.target() == Target::Pool(pool.name.clone()));
                let given = life.approves(&hash) || own.is_some_and(|pool| pool.life.approves(&hash));
                (step.target(), Approval { hash, given })
            })
            .collect();
        if steps().any(|step| matches!(step, Step::AdoptCluster { .. })) {
            let hash = plan.hash_of(|step| !step.is_of_child() && !approvals.contains_key(&step.target()));
            let given = life.approves(&hash);
            approvals.insert(Target::Cluster, Approval { hash, given });
        }
        Self(approvals)
    }

    fn hashes(&self) -> BTreeMap<Target, String> {
        let hashes = self.0.iter();
        hashes
            .map(|(target, approval)| (target.clone(), approval.hash.clone()))
            .collect()
    }

    /// The approvals that the step needs: that of its pool, and where the cluster itself is taken over, that of it.
    fn concerned(&self, step: &Step) -> impl Iterator<Item = (&Target, &Approval)> {
        let target = step.target();
        let concerns = move |(other, _): &(&Target, &Approval)| **other == Target::Cluster || **other == target;
        self.0.iter().filter(concerns)
    }

    fn cover(&self, step: &Step) -> bool {
        self.concerned(step).next().is_some() && self.missing_for(step).is_none()
    }

    fn missing_for(&self, step: &Step) -> Option<Hold> {
        let (target, approval) = self.concerned(step).find(|(_, approval)| !approval.given)?;
        let hash = match target {
            Target::Cluster => self.hashes().into_values().collect::<Vec<_>>().join(","),
            _ => approval.hash.clone(),
        };
        let target = target.clone();
        let hold = Hold::AwaitingApproval { target, hash };
        Some(match step {
            Step::ResumePool { .. } | Step::UpgradePool { .. } => Hold::AfterHeld(Box::new(hold)),
            _ => hold,
        })
    }
}

/// The hash of a pool that is taken over by `step`: which one that is, what it becomes, and what is asked of its version,
/// which follows from the cluster's by the time the pool gets there.
fn pool_hash(input: &Input<'_>, plan: &Plan, step: &Step) -> String {
    let target = step.target();
    let is_target = |name: &str| target == Target::Pool(name.to_ascii_lowercase());
    let live = input
        .live
        .and_then(|live| live.pools.iter().find(|pool| is_target(&pool.name)));
    let version = input.pools.iter().find(|pool| is_target(&pool.name)).map(|pool| {
        let wanted = pool.version.map(|version| version.to_string());
        json!([wanted, pool.version_policy])
    });
    digest::proof(&json!([
        plan.of,
        live.map(incarnation::of_pool),
        version,
        step_as_json(step)
    ]))
}

/// Whether the step puts our mark on a pool that does not have it.
fn adopts_pool(step: &Step) -> bool {
    let marks = |change: &Change| change.origin == Origin::Unrecorded && change.path.last() == OWNER_TAG;
    matches!(step, Step::UpdatePool { .. }) && step.changes().iter().any(marks)
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
