//! How an object fares, judged from its status by the rules of kstatus, as Flux and Argo CD judge it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta};
use serde::Serialize;

/// How an object fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Health {
    /// The operator has not looked at it yet.
    New,
    /// `Ready=True` for the newest generation.
    Ready,
    /// Something is under way, or the newest generation was not looked at yet.
    Progressing,
    /// `Ready` is not true and nothing is under way.
    NotReady,
    /// `Stalled=True`: only a person can put it right.
    Stalled,
    /// It is being deleted.
    Deleting,
}

/// A verdict with the operator's own words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) health: Health,
    /// The reason of the condition that decided, such as `Progressing` or `SkuNotAvailable`.
    pub(super) reason: Option<String>,
    /// The message of that condition.
    pub(super) message: Option<String>,
}

/// What is the same in the status of clusters and of pools.
#[derive(Clone, Copy)]
pub(super) struct Observed<'a> {
    pub(super) metadata: &'a ObjectMeta,
    pub(super) observed_generation: Option<i64>,
    pub(super) conditions: &'a [Condition],
}

impl<'a> Observed<'a> {
    pub(super) fn condition(&self, kind: &str) -> Option<&'a Condition> {
        self.conditions.iter().find(|condition| condition.type_ == kind)
    }

    fn with_status(&self, kind: &str, status: &str) -> Option<&'a Condition> {
        self.condition(kind).filter(|condition| condition.status == status)
    }

    pub(super) fn verdict(&self) -> Verdict {
        let ready = self.condition("Ready");
        let (health, decided) = if self.metadata.deletion_timestamp.is_some() {
            (Health::Deleting, self.with_status("Stalled", "True").or(ready))
        } else if self.conditions.is_empty() {
            (Health::New, None)
        } else if self.observed_generation != self.metadata.generation {
            (Health::Progressing, self.with_status("Reconciling", "True").or(ready))
        } else if let Some(reconciling) = self.with_status("Reconciling", "True") {
            (Health::Progressing, ready.or(Some(reconciling)))
        } else if let Some(stalled) = self.with_status("Stalled", "True") {
            (Health::Stalled, Some(stalled))
        } else if self.with_status("Ready", "True").is_some() {
            (Health::Ready, ready)
        } else {
            (Health::NotReady, ready)
        };
        let words = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Verdict {
            health,
            reason: decided.and_then(|condition| words(&condition.reason)),
            message: decided.and_then(|condition| words(&condition.message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    fn condition(kind: &str, status: &str) -> Condition {
        Condition {
            type_: kind.into(),
            status: status.into(),
            reason: format!("{kind}{status}"),
            message: String::new(),
            last_transition_time: Time(Timestamp::UNIX_EPOCH),
            observed_generation: None,
        }
    }

    fn judge(observed: i64, conditions: &[Condition], deleting: bool) -> Health {
        let metadata = ObjectMeta {
            generation: Some(2),
            deletion_timestamp: deleting.then_some(Time(Timestamp::UNIX_EPOCH)),
            ..ObjectMeta::default()
        };
        Observed {
            metadata: &metadata,
            observed_generation: Some(observed),
            conditions,
        }
        .verdict()
        .health
    }

    #[test]
    fn an_object_nobody_looked_at_is_new() {
        assert_eq!(judge(-1, &[], false), Health::New);
    }

    #[test]
    fn an_older_generation_is_never_called_ready_or_stalled() {
        assert_eq!(judge(1, &[condition("Ready", "True")], false), Health::Progressing);
        assert_eq!(
            judge(1, &[condition("Ready", "False"), condition("Stalled", "True")], false),
            Health::Progressing
        );
    }

    #[test]
    fn conditions_decide_in_the_order_of_kstatus() {
        assert_eq!(judge(2, &[condition("Ready", "True")], false), Health::Ready);
        assert_eq!(judge(2, &[condition("Ready", "False")], false), Health::NotReady);
        assert_eq!(
            judge(
                2,
                &[condition("Ready", "Unknown"), condition("Reconciling", "True")],
                false
            ),
            Health::Progressing
        );
        assert_eq!(
            judge(2, &[condition("Ready", "False"), condition("Stalled", "True")], false),
            Health::Stalled
        );
        assert_eq!(judge(2, &[condition("Ready", "True")], true), Health::Deleting);
    }
}
