//! Whether Azure is what Git says, and if not, why not.

use std::collections::BTreeMap;

use super::conditions::{InSync, Truth, Why};
use crate::api::OperationStatus;
use crate::plan::change::Target;
use crate::plan::{Fate, Hold, Plan};

/// Looks at the part of the plan that concerns `target`, whose object has this fate and which Azure has or not; the
/// cluster answers for the whole plan. `None` where nothing was compared, because a deletion is held back.
pub fn in_sync(
    plan: &Plan,
    target: &Target,
    fate: &Fate,
    exists: bool,
    operations: &BTreeMap<String, OperationStatus>,
) -> Option<InSync> {
    let compared = ![fate, &plan.fate].iter().any(|fate| matches!(fate, Fate::Blocked(_)));
    compared.then(|| compare(plan, target, exists, operations))
}

fn compare(plan: &Plan, target: &Target, exists: bool, operations: &BTreeMap<String, OperationStatus>) -> InSync {
    let concerns = |other: &Target| matches!(target, Target::Cluster) || other == target;
    let no = |reason: &str, message: String| InSync {
        truth: Truth::False,
        why: Why::new(reason, message),
    };
    if let Some(blocker) = plan
        .blockers
        .iter()
        .find(|blocker| blocker.stops_everything() || concerns(&blocker.target()))
    {
        return no(blocker.reason(), blocker.to_string());
    }
    let mut running = operations.iter();
    if let Some((_, running)) = running.find(|(key, _)| *target == Target::Cluster || **key == target.to_string()) {
        return no("Pending", running.description.clone());
    }
    let steps = || plan.steps.iter().filter(|planned| concerns(&planned.step.target()));
    if let Some(open) = steps().find(|planned| planned.hold.is_none()) {
        return no("Pending", format!("next: {}", open.step));
    }
    if let Some((step, hold)) = steps().find_map(|planned| planned.hold.as_ref().map(|hold| (&planned.step, hold))) {
        return no(hold.reason(), held(&step.to_string(), hold));
    }
    if let Some(wait) = plan.waits.iter().find(|wait| concerns(&wait.target())) {
        return no(wait.reason(), wait.to_string());
    }
    if !exists {
        return no("Pending", "Azure does not have it yet".to_owned());
    }
    InSync {
        truth: Truth::True,
        why: Why::new("InSync", "Azure is what the manifest says"),
    }
}

fn held(step: &str, hold: &Hold) -> String {
    format!("held: {step}; {hold}")
}
