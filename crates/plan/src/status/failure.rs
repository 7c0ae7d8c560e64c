//! A failure as users see it.

use jiff::Timestamp;

use super::conditions::{Verdict, Why, bounded};
use crate::change::Target;
use armature_api::LastError;

/// What may be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It passes: Azure is busy, or asks to slow down. Nothing is wrong.
    Passing,
    /// It is tried again by itself.
    Retried,
    /// A user has to act.
    User,
}

/// Why a pass ended early.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The object it concerns.
    pub target: Target,
    /// Azure's code, or our word for it.
    pub code: String,
    /// What happened, where.
    pub message: String,
    /// What to do next.
    pub next_step: String,
    /// What may be done about it.
    pub severity: Severity,
    /// When it happened.
    pub at: Timestamp,
}

impl Failure {
    /// The conditions it amounts to.
    pub fn verdict(&self) -> Verdict {
        let why = Why::new(&self.code, self.sentence());
        match self.severity {
            Severity::Passing => Verdict::Progressing(why),
            Severity::Retried => Verdict::Retrying(why),
            Severity::User => Verdict::Stalled(why),
        }
    }

    /// What happened and what to do, as one sentence.
    pub fn sentence(&self) -> String {
        let message = self.message.trim_end_matches('.');
        if self.next_step.is_empty() {
            message.to_owned()
        } else {
            format!("{message}; {}", clause(&self.next_step))
        }
    }

    /// The record in status. The same failure at a later time counts up; told a second time it changes nothing.
    pub fn record(&self, previous: Option<&LastError>) -> Option<LastError> {
        let told = previous.is_some_and(|before| before.at == self.at);
        if self.severity == Severity::Passing || told {
            return previous.cloned();
        }
        let message = bounded(self.message.clone());
        let again = previous.filter(|before| before.code == self.code && before.message == message);
        Some(LastError {
            code: self.code.clone(),
            message,
            next_step: self.next_step.clone(),
            at: self.at,
            count: again.map_or(1, |before| before.count.saturating_add(1)),
        })
    }
}

/// A sentence as the end of another one. A name that is written in capitals keeps them.
fn clause(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_and_what_to_do_make_one_sentence() {
        let failure = |next_step: &str| Failure {
            target: Target::Cluster,
            code: "Code".into(),
            message: "It failed.".into(),
            next_step: next_step.into(),
            severity: Severity::User,
            at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(failure("Raise the quota.").sentence(), "It failed; raise the quota");
        assert_eq!(failure("AKS mends it.").sentence(), "It failed; AKS mends it");
        assert_eq!(failure("").sentence(), "It failed");
    }
}
