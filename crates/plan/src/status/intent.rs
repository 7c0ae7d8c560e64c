//! The published plan: what Armature is about to do, or would do.

use std::collections::BTreeMap;

use crate::change::{Change, Target};
use crate::step::Step;
use crate::{Hold, Plan, Planned};
use armature_api::{OperationStatus, PlanStatus, PlannedChange, PlannedStep, Progress};

/// A status is read by people and copied by every watch: beyond this many lines of a kind, a plan only counts.
pub(super) const SHOWN: usize = 20;

/// The part of the plan that concerns `target`; the cluster shows the whole plan. `None` when there is nothing to do.
pub fn published(plan: &Plan, target: &Target) -> Option<PlanStatus> {
    let concerns = |other: &Target| matches!(target, Target::Cluster) || other == target;
    let steps: Vec<&Planned> = plan
        .steps
        .iter()
        .filter(|planned| concerns(&planned.step.target()))
        .collect();
    if steps.is_empty() {
        return None;
    }
    let changes: Vec<(&Change, Option<&Hold>)> =
        plan.changes().filter(|(change, _)| concerns(&change.target)).collect();
    let omitted = steps.len().saturating_sub(SHOWN) + changes.len().saturating_sub(SHOWN);
    Some(PlanStatus {
        hash: plan.approval(target),
        steps: steps.into_iter().take(SHOWN).map(step).collect(),
        changes: changes
            .into_iter()
            .take(SHOWN)
            .map(|(what, hold)| change(what, hold))
            .collect(),
        omitted: i64::try_from(omitted).ok().filter(|omitted| *omitted > 0),
    })
}

fn step(planned: &Planned) -> PlannedStep {
    PlannedStep {
        step: planned.step.name().to_owned(),
        target: planned.step.target().to_string(),
        description: planned.step.to_string(),
        effect: planned.step.disturbs(),
        held: planned.hold.as_ref().map(ToString::to_string),
    }
}

fn change(change: &Change, hold: Option<&Hold>) -> PlannedChange {
    PlannedChange {
        target: change.target.to_string(),
        path: change.path.to_string(),
        from: change.shown_from(),
        to: change.shown_to(),
        list: change.source.list().map(str::to_owned),
        origin: change.origin.to_string(),
        effect: change.disturbs(),
        held: hold.map(ToString::to_string),
    }
}

/// How far the work has come. Plans are made anew at every look and shrink while they are carried out, so the steps
/// that are done are counted here.
pub fn progress(
    previous: Option<&Progress>,
    plan: Option<&Plan>,
    operations: &BTreeMap<String, OperationStatus>,
    ended_now: i64,
) -> Option<Progress> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let open = count(plan.map_or(0, |plan| still_open(plan, operations)));
    let running = count(operations.len());
    if open + running == 0 {
        return None;
    }
    let completed = previous.map_or(0, |before| before.completed) + ended_now;
    let current = match operations.values().next() {
        Some(first) if running > 1 => format!("{} (and {} more)", first.description, running - 1),
        Some(first) => first.description.clone(),
        None => next_step(plan).unwrap_or_default(),
    };
    let waits: Vec<String> = plan
        .into_iter()
        .flat_map(|plan| plan.waits.iter().map(ToString::to_string))
        .collect();
    let waiting_for = if running > 0 {
        Some("Azure to finish the operation".to_owned())
    } else {
        waits.into_iter().next()
    };
    Some(Progress {
        completed,
        total: completed + running + open,
        current,
        waiting_for,
    })
}

/// The steps that were not started. Azure shows the outcome of an operation when it ends, so until then the plan still
/// has the step that runs.
fn still_open(plan: &Plan, operations: &BTreeMap<String, OperationStatus>) -> usize {
    let runs = |step: &Step| {
        let operation = operations.get(&step.target().to_string());
        operation.is_some_and(|running| running.step == step.name() && running.description == step.to_string())
    };
    let open = plan.steps.iter().filter(|planned| planned.hold.is_none());
    open.filter(|planned| !runs(&planned.step)).count()
}

fn next_step(plan: Option<&Plan>) -> Option<String> {
    plan?
        .steps
        .iter()
        .find(|planned| planned.hold.is_none())
        .map(|planned| planned.step.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_plan_calls_a_deletion_by_its_name() {
        let pool = || "apps".to_owned();
        for deletion in [Step::DeleteCluster, Step::DeletePool { pool: pool() }] {
            let planned = Planned {
                step: deletion,
                hold: None,
            };
            assert!(step(&planned).effect.contains("gone for good"), "{planned:?}");
        }
    }

    #[test]
    fn a_step_that_runs_and_is_still_planned_counts_once() {
        let step = |pool: &str| Step::CreatePool {
            pool: pool.to_owned(),
            again: false,
        };
        let planned = |pool: &str| Planned {
            step: step(pool),
            hold: None,
        };
        let plan = Plan {
            steps: vec![planned("apps"), planned("jobs")],
            ..Plan::default()
        };
        let operation = OperationStatus {
            step: step("apps").name().to_owned(),
            url: String::new(),
            started_at: Timestamp::UNIX_EPOCH,
            description: step("apps").to_string(),
            proof: None,
        };
        let count = |operations: &BTreeMap<String, OperationStatus>| {
            let progress = progress(None, Some(&plan), operations, 0).unwrap();
            (progress.completed, progress.total)
        };
        assert_eq!(count(&BTreeMap::new()), (0, 2));
        assert_eq!(count(&BTreeMap::from([("pool/apps".to_owned(), operation)])), (0, 2));
    }
}
