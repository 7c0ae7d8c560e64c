//! Conditions: what they are called, and how a set of them is kept.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The object is as it should be, and its parts are.
pub const READY: &str = "Ready";
/// Armature works on it, or is going to. Present only while true.
pub const RECONCILING: &str = "Reconciling";
/// A user has to put something right. Present only while true.
pub const STALLED: &str = "Stalled";
/// Azure is what Git says.
pub const IN_SYNC: &str = "InSync";

/// What hangs on the cluster is as it should be.
pub const CHILDREN_READY: &str = "ChildrenReady";

/// The status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It is so.
    True,
    /// It is not so.
    False,
    /// It can't be told yet.
    Unknown,
}

impl Truth {
    fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// Why an object is in its state: a CamelCase word and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The condition reason.
    pub reason: String,
    /// The condition message.
    pub message: String,
}

impl Why {
    /// A reason with its sentence. Azure's codes are reasons too; what a reason may not hold is dropped.
    pub fn new(reason: &str, message: impl Into<String>) -> Self {
        let mut reason: String = reason.chars().filter(char::is_ascii_alphanumeric).collect();
        if !reason.starts_with(|first: char| first.is_ascii_alphabetic()) {
            reason.insert_str(0, "Azure");
        }
        Self {
            reason,
            message: bounded(message.into()),
        }
    }
}

/// The API server takes messages of up to 32 KiB; people read far less.
const MESSAGE_LENGTH: usize = 2_000;

pub(super) fn bounded(message: String) -> String {
    match message.char_indices().nth(MESSAGE_LENGTH) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message,
    }
}

/// What the standard conditions say together, by the rules of kstatus: never both `Reconciling` and `Stalled`, and
/// `Ready` false or unknown with either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ready(Why),
    /// On its way without a fault.
    Progressing(Why),
    /// Not there and tried again.
    Retrying(Why),
    /// Waits for something else to be there first.
    Waiting(Why),
    /// A user has to act.
    Stalled(Why),
    /// Going away.
    Deleting(Why),
}

impl Verdict {
    /// The reason and the sentence.
    pub fn why(&self) -> &Why {
        match self {
            Self::Ready(why)
            | Self::Progressing(why)
            | Self::Retrying(why)
            | Self::Waiting(why)
            | Self::Stalled(why)
            | Self::Deleting(why) => why,
        }
    }

    /// Whether this generation has come to its end: only then is it reported as observed.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Ready(_) | Self::Stalled(_))
    }

    fn ready(&self) -> Truth {
        match self {
            Self::Ready(_) => Truth::True,
            Self::Progressing(_) => Truth::Unknown,
            Self::Retrying(_) | Self::Waiting(_) | Self::Stalled(_) | Self::Deleting(_) => Truth::False,
        }
    }

    fn reconciling(&self) -> Option<&'static str> {
        match self {
            Self::Progressing(_) | Self::Waiting(_) | Self::Deleting(_) => Some("Progressing"),
            Self::Retrying(_) => Some("ProgressingWithRetry"),
            Self::Ready(_) | Self::Stalled(_) => None,
        }
    }
}

/// What a condition beside the standard ones says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whether it is so.
    pub truth: Truth,
    /// Why, or why not.
    pub why: Why,
}

/// The conditions of an object after a look at it. `lastTransitionTime` moves only with the status of a condition.
pub fn conditions(
    previous: &[Condition],
    verdict: &Verdict,
    marks: &[(&str, Option<Mark>)],
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    let set = |type_: &str, truth: Truth, why: &Why| condition(previous, type_, truth, why, generation, now);
    let why = verdict.why();
    let mut conditions = vec![set(READY, verdict.ready(), why)];
    if let Some(reason) = verdict.reconciling() {
        conditions.push(set(
            RECONCILING,
            Truth::True,
            &Why {
                reason: reason.to_owned(),
                message: why.message.clone(),
            },
        ));
    }
    if matches!(verdict, Verdict::Stalled(_)) {
        conditions.push(set(STALLED, Truth::True, why));
    }
    let given = marks.iter().filter_map(|(type_, mark)| Some((type_, mark.as_ref()?)));
    conditions.extend(given.map(|(type_, mark)| set(type_, mark.truth, &mark.why)));
    conditions
}

fn condition(
    previous: &[Condition],
    type_: &str,
    truth: Truth,
    why: &Why,
    generation: i64,
    now: Timestamp,
) -> Condition {
    let status = truth.as_str().to_owned();
    let before = previous
        .iter()
        .find(|before| before.type_ == type_ && before.status == status);
    Condition {
        type_: type_.to_owned(),
        last_transition_time: before.map_or(Time(now), |before| before.last_transition_time.clone()),
        status,
        reason: why.reason.clone(),
        message: why.message.clone(),
        observed_generation: Some(generation),
    }
}

/// `Ready` as it was, if it was true of this generation.
pub fn still_ready(previous: &[Condition], observed: Option<i64>, generation: i64) -> Option<Verdict> {
    let ready = find(previous, READY).filter(|ready| ready.status == "True")?;
    (observed == Some(generation)).then(|| Verdict::Ready(Why::new(&ready.reason, &ready.message)))
}

/// The condition of this type.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn every_verdict() -> Vec<Verdict> {
        let why = || Why::new("Test", "test");
        vec![
            Verdict::Ready(why()),
            Verdict::Progressing(why()),
            Verdict::Retrying(why()),
            Verdict::Waiting(why()),
            Verdict::Stalled(why()),
            Verdict::Deleting(why()),
        ]
    }

    #[test]
    fn the_rules_of_kstatus_hold_for_every_verdict() {
        for verdict in every_verdict() {
            let set = conditions(&[], &verdict, &[], 3, at(0));
            let is_true = |type_| find(&set, type_).is_some_and(|condition| condition.status == "True");
            assert!(find(&set, READY).is_some(), "{verdict:?}");
            assert!(!(is_true(RECONCILING) && is_true(STALLED)), "{verdict:?}");
            assert!(
                !(is_true(READY) && (is_true(RECONCILING) || is_true(STALLED))),
                "{verdict:?}"
            );
            assert!(
                set.iter().all(|condition| condition.observed_generation == Some(3)),
                "{verdict:?}"
            );
            assert!(
                find(&set, READY).unwrap().status != "Unknown" || is_true(RECONCILING),
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn the_time_of_a_condition_moves_only_with_its_status() {
        let first = conditions(&[], &Verdict::Progressing(Why::new("A", "a")), &[], 1, at(1));
        let second = conditions(&first, &Verdict::Progressing(Why::new("B", "b")), &[], 1, at(2));
        assert_eq!(find(&second, READY).unwrap().last_transition_time, Time(at(1)));
        let third = conditions(&second, &Verdict::Ready(Why::new("C", "c")), &[], 1, at(3));
        assert_eq!(find(&third, READY).unwrap().last_transition_time, Time(at(3)));
    }

    #[test]
    fn any_code_of_azure_becomes_a_valid_reason() {
        assert_eq!(Why::new("Quota.Exceeded-2", "").reason, "QuotaExceeded2");
        assert_eq!(Why::new("409", "").reason, "Azure409");
        assert_eq!(Why::new("", "").reason, "Azure");
    }

    #[test]
    fn a_message_is_cut_on_a_character() {
        let long = "ä".repeat(MESSAGE_LENGTH + 5);
        assert!(Why::new("A", long).message.ends_with("ä..."));
    }
}
