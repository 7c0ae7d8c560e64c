//! What the children of a cluster come to, in one condition.

use std::collections::BTreeMap;

use super::conditions::{Mark, Truth, Why};
use armature_api::{ChildState, ChildStatus, LastError};

/// More children than this are counted and not named.
const NAMED: usize = 3;

/// Whether all children are as the manifest says; `None` for a cluster without any. `Ready` does not depend on it: it
/// is about the cluster and its pools.
pub fn children_ready(children: &BTreeMap<String, ChildStatus>) -> Option<Mark> {
    if children.is_empty() {
        return None;
    }
    let is = |state: fn(ChildState) -> bool| children.iter().filter(move |(_, line)| state(line.state));
    let failed = |state| state == ChildState::Failed;
    let held = |state| state == ChildState::Held;
    let open = |state| !matches!(state, ChildState::Ready | ChildState::Failed | ChildState::Held);
    let ready = is(|state| state == ChildState::Ready).count();
    let count = format!("{ready} of {} ready", children.len());
    let (truth, reason, rest) = if is(failed).next().is_some() {
        (Truth::False, "ChildFailed", named(is(failed)))
    } else if is(open).next().is_some() {
        (Truth::Unknown, "Progressing", named(is(open)))
    } else if is(held).next().is_some() {
        (Truth::False, "ChildHeld", named(is(held)))
    } else {
        return Some(Mark {
            truth: Truth::True,
            why: Why::new("Succeeded", count),
        });
    };
    Some(Mark {
        truth,
        why: Why::new(reason, format!("{count}; {rest}")),
    })
}

/// How many are not ready, for a column; `None` where all are.
pub fn unready(children: &BTreeMap<String, ChildStatus>) -> Option<String> {
    let open = children.values().filter(|line| line.state != ChildState::Ready).count();
    let verb = if open == 1 { "is" } else { "are" };
    (open > 0).then(|| format!("{open} of {} children {verb} not ready", children.len()))
}

/// The failures that were not told before, as key, code and sentence.
pub fn new_failures<'a>(
    before: &'a BTreeMap<String, ChildStatus>,
    after: &'a BTreeMap<String, ChildStatus>,
) -> impl Iterator<Item = (&'a str, &'a LastError)> {
    let error = |line: &'a ChildStatus| line.error.as_ref().filter(|_| line.state == ChildState::Failed);
    after.iter().filter_map(move |(key, line)| {
        let failure = error(line)?;
        let told = before.get(key).and_then(|line| line.error.as_ref());
        let known = told.is_some_and(|told| (&told.code, &told.message) == (&failure.code, &failure.message));
        (!known).then_some((key.as_str(), failure))
    })
}

fn named<'a>(children: impl Iterator<Item = (&'a String, &'a ChildStatus)>) -> String {
    let mut children = children.map(|(key, line)| match &line.message {
        Some(message) => format!("{key}: {message}"),
        None => key.clone(),
    });
    let mut text = children.by_ref().take(NAMED).collect::<Vec<_>>().join("; ");
    match children.count() {
        0 => {}
        more => text.push_str(&format!("; and {more} more")),
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ready(lines: &[(&str, ChildState)]) -> Option<(Truth, String)> {
        let line = |state| ChildStatus {
            state,
            message: (state != ChildState::Ready).then(|| "why".to_owned()),
            ..ChildStatus::default()
        };
        let children = lines
            .iter()
            .map(|(key, state)| ((*key).to_owned(), line(*state)))
            .collect();
        children_ready(&children).map(|mark| (mark.truth, mark.why.message))
    }

    #[test]
    fn what_is_not_ready_is_counted_for_a_column() {
        let line = |state| ChildStatus {
            state,
            ..ChildStatus::default()
        };
        let mut children = BTreeMap::from([("a/x".to_owned(), line(ChildState::Ready))]);
        assert_eq!(unready(&children), None);
        children.insert("b/y".to_owned(), line(ChildState::Held));
        assert_eq!(unready(&children).unwrap(), "1 of 2 children is not ready");
    }

    #[test]
    fn a_failure_is_new_until_it_was_told() {
        let failed = |code: &str| {
            let error =
                json!({ "code": code, "message": "m", "nextStep": "", "at": "2026-03-01T12:00:00Z", "count": 1 });
            let error: LastError = serde_json::from_value(error).unwrap();
            let line = ChildStatus {
                state: ChildState::Failed,
                error: Some(error),
                ..ChildStatus::default()
            };
            BTreeMap::from([("a/x".to_owned(), line)])
        };
        let new = |before: &BTreeMap<String, ChildStatus>, after: &BTreeMap<String, ChildStatus>| {
            new_failures(before, after)
                .map(|(key, error)| format!("{key} {}", error.code))
                .collect::<Vec<_>>()
        };
        assert_eq!(new(&BTreeMap::new(), &failed("Conflict")), ["a/x Conflict"]);
        assert_eq!(new(&failed("Conflict"), &failed("Conflict")), [""; 0]);
        assert_eq!(new(&failed("Conflict"), &failed("Forbidden")), ["a/x Forbidden"]);
    }

    #[test]
    fn a_cluster_without_children_says_nothing_about_them() {
        assert_eq!(ready(&[]), None);
    }

    #[test]
    fn a_failed_child_is_told_before_one_that_is_on_its_way() {
        let lines = [
            ("a/x", ChildState::Waiting),
            ("b/y", ChildState::Failed),
            ("c/z", ChildState::Ready),
        ];
        assert_eq!(ready(&lines), Some((Truth::False, "1 of 3 ready; b/y: why".to_owned())));
    }

    #[test]
    fn children_on_their_way_are_neither_ready_nor_not() {
        let lines = [("a/x", ChildState::Applying), ("b/y", ChildState::Held)];
        assert_eq!(
            ready(&lines),
            Some((Truth::Unknown, "0 of 2 ready; a/x: why".to_owned()))
        );
        assert_eq!(
            ready(&[("c/z", ChildState::Ready)]),
            Some((Truth::True, "1 of 1 ready".to_owned()))
        );
    }
}
