//! Whether Azure is what Git says, and if not, why not.

use super::conditions::{InSync, Truth, Why};
use crate::plan::blocker::Blocker;
use crate::plan::change::Target;
use crate::plan::{Hold, Plan};

/// Looks at the part of the plan that concerns `target`; the cluster answers for the whole plan. `object` is the pool
/// object that asks, for there can be several for one pool.
pub fn in_sync(plan: &Plan, target: &Target, object: Option<&str>) -> InSync {
    let concerns = |other: &Target| matches!(target, Target::Cluster) || other == target;
    let no = |reason: &str, message: String| InSync {
        truth: Truth::False,
        why: Why::new(reason, message),
    };
    let stands =
        |blocker: &&Blocker| concerns(&blocker.target()) && object.is_none_or(|object| blocker.concerns(object));
    if let Some(blocker) = plan.blockers.iter().find(stands) {
        return no(blocker.reason(), blocker.to_string());
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
    InSync {
        truth: Truth::True,
        why: Why::new("InSync", "Azure is what the manifest says"),
    }
}

fn held(step: &str, hold: &Hold) -> String {
    format!("held: {step}; {hold}")
}
