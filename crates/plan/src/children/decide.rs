//! What is to be done about one child.

use serde_json::{Value, json};

use super::claim::Claim;
use super::{Child, Condition, Kind, differences};
use crate::applied::hash;
use armature_api::{ChildState, ChildStatus};

/// The code of a child whose value Azure accepted and did not keep.
pub const NOT_CONVERGING: &str = "NotConverging";

/// What a decision rests on.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Its kind.
    pub kind: &'a Kind,
    /// What the manifest asks for.
    pub child: &'a Child,
    /// Its line in status.
    pub line: &'a ChildStatus,
    /// What Azure showed: `None` when nobody looked lately, `Some(None)` when it does not exist.
    pub seen: Option<Option<&'a Value>>,
    /// The keyed hash of its secrets, if it has any.
    pub secrets: Option<&'a str>,
    /// Whether it was written so lately that Azure may not show it yet.
    pub just_written: bool,
    /// Whether a look is due although nothing happened.
    pub sweep_due: bool,
    /// Whether Armature may only look.
    pub observe: bool,
    /// Whether values that were changed in Azure are only reported.
    pub report_drift: bool,
    /// Whether one that exists is ours to change: nobody else's approval is asked for.
    pub ours: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: it is as the manifest says, as far as anybody knows.
    Nothing,
    /// Ask Azure how it is.
    Look,
    /// It is as the manifest says, and Azure just showed so.
    Confirmed,
    /// It does not exist: make it.
    Create,
    /// Azure does not show yet what was written a moment ago: look again later.
    TooSoon,
    /// It exists and differs at these paths, or failed: write it.
    Update(Vec<String>),
    /// It exists, differs at these paths and is somebody else's.
    NotOurs(Vec<String>),
    /// It differs, and nothing may be written; a sentence that says why.
    Held(String),
    /// Azure works on it.
    Busy(String),
    /// Azure failed to bring it about, and that was not told yet; it is written again after a rest.
    Broken {
        /// Azure's code, or the word for its state.
        code: String,
        /// What Azure says.
        message: String,
    },
}

/// Decides.
pub fn decide(question: &Question<'_>) -> Answer {
    let Question { child, line, seen, .. } = *question;
    let applied = Applied::of(child);
    let same = line.applied.as_deref() == Some(applied.text().as_str()) && !secret_changed(question);
    let Some(seen) = seen else {
        let rests = line.state == ChildState::Ready && same && !question.sweep_due;
        return if rests { Answer::Nothing } else { Answer::Look };
    };
    match seen {
        None => absent(question),
        Some(live) => present(question, &applied, live),
    }
}

/// Whether Azure has what the child is for, as far as its line knows: the child, or what stands in for it.
pub fn serves(line: &ChildStatus, child: &Child) -> bool {
    let is_child = line.id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(&child.id));
    line.state == ChildState::Ready && (is_child || stand_in(line, child).is_some())
}

/// The resource, by its id, that does the work of the child in its place.
pub fn stand_in<'a>(line: &'a ChildStatus, child: &Child) -> Option<&'a String> {
    let same = line.applied.as_deref() == Some(Applied::of(child).text().as_str());
    let other = line.id.as_ref().filter(|id| !id.eq_ignore_ascii_case(&child.id));
    other.filter(|_| same && !line.owned)
}

fn absent(question: &Question<'_>) -> Answer {
    if question.just_written {
        Answer::TooSoon
    } else if question.observe {
        Answer::Held("it does not exist, and spec.managementPolicy is Observe".to_owned())
    } else if question.report_drift && was_there(question.line) && question.line.state != ChildState::Deleting {
        Answer::Held("it was deleted in Azure, and spec.driftPolicy is Report".to_owned())
    } else {
        Answer::Create
    }
}

/// Whether it existed, as far as its line knows.
fn was_there(line: &ChildStatus) -> bool {
    let claim = Claim::of(line);
    line.applied.is_some() || claim.is_some_and(|claim| claim.may_change() || claim == Claim::Gone)
}

fn present(question: &Question<'_>, applied: &Applied, live: &Value) -> Answer {
    let Question { kind, child, line, .. } = *question;
    let condition = (kind.condition)(live);
    if let Condition::Busy(state) = condition {
        return Answer::Busy(state);
    }
    let paths = differences(&child.body, live, kind.compare);
    let before = line.applied.as_deref().map(Applied::read);
    let edited = before.as_ref().is_some_and(|before| before.entry != applied.entry);
    let broken = matches!(condition, Condition::Broken { .. });
    if let Condition::Broken { code, message } = condition
        && !edited
        && line.state != ChildState::Failed
    {
        return Answer::Broken { code, message };
    }
    // Of somebody else's only what the entry says counts: another entry that says the same is no reason to write it.
    let owned_edit = edited && question.ours;
    if paths.is_empty() && !owned_edit && !broken && !secret_changed(question) {
        return Answer::Confirmed;
    }
    let differs = || match paths.as_slice() {
        [] => "it is not as the manifest says".to_owned(),
        paths => format!("{} differ from the manifest", paths.join(", ")),
    };
    if question.observe {
        return Answer::Held(format!("{}, and spec.managementPolicy is Observe", differs()));
    }
    if !question.ours {
        return Answer::NotOurs(paths);
    }
    // A failed change is repeated by itself only when it was ours.
    if before.is_some() && !edited && question.report_drift && !secret_changed(question) {
        return Answer::Held(format!("{}, and spec.driftPolicy is Report", differs()));
    }
    let given_up = line.error.as_ref().is_some_and(|error| error.code == NOT_CONVERGING);
    if given_up && !edited && before.is_some() {
        return Answer::Held(format!("Azure accepted {} and kept its own value", paths.join(", ")));
    }
    Answer::Update(paths)
}

/// A record under another key says nothing: the key may have been lost.
fn secret_changed(question: &Question<'_>) -> bool {
    let of_key = |fingerprint: &str| fingerprint.rsplit_once(':').map(|(key, _)| key.to_owned());
    match (question.line.secrets.as_deref(), question.secrets) {
        (Some(before), Some(now)) => before != now && of_key(before) == of_key(now),
        (None, Some(_)) => question.line.applied.is_some(),
        (_, None) => false,
    }
}

/// A fingerprint under the same key that no secret has: what was sent did not come about.
pub fn unlike(fingerprint: &str) -> String {
    let key = fingerprint.rsplit_once(':').map_or("", |(key, _)| key);
    format!("{key}:")
}

/// What was confirmed: the user's entry, and the body made from it. A new body from the same entry, such as after an
/// update of Armature, is a reason to look and none to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    entry: String,
    body: String,
}

impl Applied {
    /// The record of a child.
    pub fn of(child: &Child) -> Self {
        Self {
            entry: hash(&json!([child.id.to_ascii_lowercase(), child.entry])),
            body: hash(&json!([child.api_version, child.body])),
        }
    }

    /// As it stands in status.
    pub fn text(&self) -> String {
        format!("{}.{}", self.entry, self.body)
    }

    /// Whether a record is of another entry than this one.
    pub fn is_edited(&self, record: &str) -> bool {
        Self::read(record).entry != self.entry
    }

    fn read(text: &str) -> Self {
        let (entry, body) = text.split_once('.').unwrap_or((text, ""));
        Self {
            entry: entry.to_owned(),
            body: body.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static KIND: Kind = Kind {
        field: "things",
        ..Kind::PLAIN
    };

    fn child(size: u32) -> Child {
        Child {
            id: "/subscriptions/s/things/a".to_owned(),
            api_version: "2026-01-01".into(),
            entry: json!({ "size": size }),
            body: json!({ "properties": { "size": size } }),
            secrets: Vec::new(),
        }
    }

    fn ready(child: &Child) -> ChildStatus {
        ChildStatus {
            state: ChildState::Ready,
            applied: Some(Applied::of(child).text()),
            ..ChildStatus::default()
        }
    }

    fn live(size: u32, state: &str) -> Value {
        json!({ "properties": { "size": size, "provisioningState": state } })
    }

    fn answer(
        child: &Child,
        line: &ChildStatus,
        seen: Option<Option<&Value>>,
        change: impl Fn(&mut Question<'_>),
    ) -> Answer {
        let mut question = Question {
            kind: &KIND,
            child,
            line,
            seen,
            secrets: None,
            just_written: false,
            sweep_due: false,
            observe: false,
            report_drift: false,
            ours: true,
        };
        change(&mut question);
        decide(&question)
    }

    #[test]
    fn a_line_of_another_resource_does_not_serve_unless_that_stands_in() {
        let child = child(1);
        let at = |id: &str, line: ChildStatus| ChildStatus {
            id: Some(id.to_owned()),
            ..line
        };
        assert!(serves(&at("/SUBSCRIPTIONS/s/things/a", ready(&child)), &child));
        let other = at("/subscriptions/s/things/b", ready(&child));
        assert!(serves(&other, &child), "somebody else's does its work");
        let former = ChildStatus { owned: true, ..other };
        assert!(!serves(&former, &child), "what it amounted to before");
        let open = ChildStatus {
            state: ChildState::Pending,
            ..at("/subscriptions/s/things/a", ready(&child))
        };
        assert!(!serves(&open, &child));
    }

    #[test]
    fn what_was_confirmed_is_not_read_again_before_the_sweep() {
        let (child, other) = (child(1), child(2));
        let line = ready(&child);
        assert_eq!(answer(&child, &line, None, |_| ()), Answer::Nothing);
        assert_eq!(
            answer(&child, &line, None, |question| question.sweep_due = true),
            Answer::Look
        );
        assert_eq!(answer(&other, &line, None, |_| ()), Answer::Look);
        assert_eq!(answer(&child, &ChildStatus::default(), None, |_| ()), Answer::Look);
    }

    #[test]
    fn what_is_as_the_manifest_says_is_never_written() {
        let child = child(1);
        let live = live(1, "Succeeded");
        assert_eq!(
            answer(&child, &ChildStatus::default(), Some(Some(&live)), |_| ()),
            Answer::Confirmed
        );
    }

    #[test]
    fn a_new_body_from_the_same_entry_is_no_reason_to_write() {
        let before = child(1);
        let mut after = child(1);
        after.body["properties"]["more"] = json!(false);
        assert_eq!(
            answer(&after, &ready(&before), Some(Some(&live(1, "Succeeded"))), |_| ()),
            Answer::Confirmed
        );
    }

    #[test]
    fn a_setting_that_leaves_the_entry_is_written_because_a_child_is_owned_whole() {
        let mut before = child(1);
        before.entry["color"] = json!("red");
        let live = live(1, "Succeeded");
        assert_eq!(
            answer(&child(1), &ready(&before), Some(Some(&live)), |_| ()),
            Answer::Update(Vec::new())
        );
    }

    #[test]
    fn what_azure_does_not_show_yet_is_not_made_again() {
        let child = child(1);
        let just_written = |question: &mut Question<'_>| question.just_written = true;
        assert_eq!(
            answer(&child, &ready(&child), Some(None), just_written),
            Answer::TooSoon
        );
        assert_eq!(answer(&child, &ready(&child), Some(None), |_| ()), Answer::Create);
    }

    #[test]
    fn drift_is_reported_or_put_right_and_edits_always_go() {
        let (child, edited) = (child(1), child(2));
        let line = ready(&child);
        let live = live(3, "Succeeded");
        let report = |question: &mut Question<'_>| question.report_drift = true;
        let update = Answer::Update(vec!["properties.size".to_owned()]);
        assert_eq!(answer(&child, &line, Some(Some(&live)), |_| ()), update);
        assert!(matches!(
            answer(&child, &line, Some(Some(&live)), report),
            Answer::Held(_)
        ));
        assert!(matches!(answer(&child, &line, Some(None), report), Answer::Held(_)));
        assert_eq!(answer(&edited, &line, Some(Some(&live)), report), update);
    }

    #[test]
    fn nothing_is_written_under_observe() {
        let child = child(1);
        let observe = |question: &mut Question<'_>| question.observe = true;
        for seen in [None, Some(live(2, "Succeeded")), Some(live(1, "Failed"))] {
            let line = ChildStatus {
                state: ChildState::Failed,
                ..ChildStatus::default()
            };
            assert!(
                matches!(answer(&child, &line, Some(seen.as_ref()), observe), Answer::Held(_)),
                "{seen:?}"
            );
        }
    }

    #[test]
    fn what_is_somebody_elses_is_confirmed_where_it_is_the_same_and_never_just_written() {
        let child = child(1);
        let theirs = |question: &mut Question<'_>| question.ours = false;
        let seen = |live: Value| answer(&child, &ChildStatus::default(), Some(Some(&live)), theirs);
        assert_eq!(seen(live(1, "Succeeded")), Answer::Confirmed);
        assert_eq!(
            seen(live(2, "Succeeded")),
            Answer::NotOurs(vec!["properties.size".to_owned()])
        );
        let failed = ChildStatus {
            state: ChildState::Failed,
            ..ChildStatus::default()
        };
        assert_eq!(
            answer(&child, &failed, Some(Some(&live(1, "Failed"))), theirs),
            Answer::NotOurs(Vec::new())
        );
        let mut before = self::child(1);
        before.entry["color"] = json!("red");
        assert_eq!(
            answer(&child, &ready(&before), Some(Some(&live(1, "Succeeded"))), theirs),
            Answer::Confirmed,
            "another entry that says the same"
        );
        assert_eq!(
            answer(&child, &ChildStatus::default(), Some(None), theirs),
            Answer::Create
        );
    }

    #[test]
    fn a_resource_that_azure_works_on_is_left_alone_and_one_that_broke_is_written_after_it_was_told() {
        let child = child(1);
        let busy = live(2, "Updating");
        assert_eq!(
            answer(&child, &ready(&child), Some(Some(&busy)), |_| ()),
            Answer::Busy("Updating".to_owned())
        );
        let broken = live(1, "Failed");
        let told = ChildStatus {
            state: ChildState::Failed,
            ..ready(&child)
        };
        assert!(matches!(
            answer(&child, &ready(&child), Some(Some(&broken)), |_| ()),
            Answer::Broken { .. }
        ));
        assert_eq!(
            answer(&child, &told, Some(Some(&broken)), |_| ()),
            Answer::Update(Vec::new())
        );
    }

    #[test]
    fn a_changed_secret_is_written_and_one_recorded_under_a_lost_key_is_not() {
        let child = child(1);
        let live = live(1, "Succeeded");
        let line = |secrets: &str| ChildStatus {
            secrets: Some(secrets.to_owned()),
            ..ready(&child)
        };
        let now = |question: &mut Question<'_>| question.secrets = Some("hmac:key1:aa");
        assert_eq!(
            answer(&child, &line("hmac:key1:bb"), Some(Some(&live)), now),
            Answer::Update(Vec::new())
        );
        let failed = line(&unlike("hmac:key1:aa"));
        assert_eq!(
            answer(&child, &failed, Some(Some(&live)), now),
            Answer::Update(Vec::new())
        );
        assert_eq!(
            answer(&child, &line("hmac:key0:bb"), Some(Some(&live)), now),
            Answer::Confirmed
        );
    }
}
