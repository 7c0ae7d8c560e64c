//! Whether Azure is what Git says, and if not, why not.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::conditions::{Mark, Truth, Why};
use super::failure::{Failure, Severity};
use crate::blocker::Blocker;
use crate::change::Target;
use crate::{Fate, Hold, Plan};
use armature_api::OperationStatus;

/// Whether one object is in sync with Azure. The cluster answers for the whole plan.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What was decided.
    pub plan: &'a Plan,
    /// What the object stands for.
    pub target: &'a Target,
    /// The name of a pool object, for there can be several for one pool.
    pub object: Option<&'a str>,
    /// What becomes of the object.
    pub fate: &'a Fate,
    /// Whether Azure has it.
    pub exists: bool,
    /// Operations that run, of the whole cluster.
    pub operations: &'a BTreeMap<String, OperationStatus>,
    /// What failed, if anything did.
    pub failure: Option<&'a Failure>,
}

/// The answer; `None` where nothing was compared, because a deletion is held back.
pub fn in_sync(question: &Question<'_>) -> Option<Mark> {
    let fates = [question.fate, &question.plan.fate];
    let compared = !fates.iter().any(|fate| matches!(fate, Fate::Blocked(_)));
    compared.then(|| compare(question))
}

fn compare(question: &Question<'_>) -> Mark {
    let Question {
        plan,
        target,
        object,
        fate: _,
        exists,
        operations,
        failure,
    } = *question;
    let concerns = |other: &Target| matches!(target, Target::Cluster) || other == target;
    let no = |reason: &str, message: String| Mark {
        truth: Truth::False,
        why: Why::new(reason, message),
    };
    let stands = |blocker: &&Blocker| {
        let ours = concerns(&blocker.target()) && object.is_none_or(|object| blocker.concerns(object));
        ours || blocker.stops_everything()
    };
    if let Some(blocker) = plan.blockers.iter().find(stands) {
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
        // What a user has to put right is not a matter of a pause.
        let stalled = failure.filter(|failure| failure.severity == Severity::User && concerns(&failure.target));
        return match (hold, stalled) {
            (Hold::RetryLater, Some(failure)) => no(&failure.code, held(&step.to_string(), failure.sentence())),
            _ => no(hold.reason(), held(&step.to_string(), hold)),
        };
    }
    if let Some(wait) = plan.waits.iter().find(|wait| concerns(&wait.target())) {
        return no(wait.reason(), wait.to_string());
    }
    if !exists {
        return no("Pending", "Azure does not have it yet".to_owned());
    }
    Mark {
        truth: Truth::True,
        why: Why::new("InSync", "Azure is what the manifest says"),
    }
}

fn held(step: &str, why: impl Display) -> String {
    format!("held: {step}; {why}")
}
