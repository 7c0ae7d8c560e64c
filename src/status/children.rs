//! What the children of a cluster come to, in one condition.

use std::collections::BTreeMap;

use super::conditions::{Mark, Truth, Why};
use crate::api::{ChildState, ChildStatus};

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
