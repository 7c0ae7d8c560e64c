//! What the process still waits for before it can do its work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The registry of everything that has to have happened. Cheap to clone; all clones share one registry.
///
/// A replica that does not lead is ready as soon as its caches are filled, so that a rolling update can go on.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next_key: u64,
    waiting: BTreeMap<u64, String>,
}

impl Readiness {
    /// Registers one condition; the process is not ready until [`Gate::open`] was called.
    ///
    /// `reason` continues the sentence "waiting for": `CRD aksclusters.aks.armature.dev`.
    pub fn wait_for(&self, reason: impl Into<String>) -> Gate {
        let key = self.with(|state| {
            let key = state.next_key;
            state.next_key += 1;
            state.waiting.insert(key, reason.into());
            key
        });
        Gate {
            readiness: self.clone(),
            key,
        }
    }

    /// What is still waited for, in the order it was registered; empty when ready.
    pub fn waiting_for(&self) -> Vec<String> {
        self.with(|state| state.waiting.values().cloned().collect())
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One registered condition. Dropping it unopened leaves the process waiting: what was to open it has failed.
#[derive(Debug)]
#[must_use = "a gate that nobody opens keeps the process from ever being ready"]
pub struct Gate {
    readiness: Readiness,
    key: u64,
}

impl Gate {
    /// The condition is met.
    pub fn open(self) {
        self.readiness.with(|state| state.waiting.remove(&self.key));
    }

    /// The same condition is still not met, for a more precise reason.
    pub fn explain(&self, reason: impl Into<String>) {
        self.readiness
            .with(|state| state.waiting.insert(self.key, reason.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_every_gate_was_opened() {
        let readiness = Readiness::default();
        let (first, second) = (readiness.wait_for("one"), readiness.wait_for("two"));
        first.open();
        assert_eq!(readiness.waiting_for(), ["two"]);
        second.open();
        assert!(readiness.waiting_for().is_empty());
    }

    #[test]
    fn a_gate_tells_the_newest_reason_in_its_place() {
        let readiness = Readiness::default();
        let (first, _second) = (readiness.wait_for("one"), readiness.wait_for("two"));
        first.explain("one (connection refused)");
        assert_eq!(readiness.waiting_for(), ["one (connection refused)", "two"]);
    }

    #[test]
    fn a_gate_whose_owner_failed_keeps_the_process_waiting() {
        let readiness = Readiness::default();
        drop(readiness.wait_for("the first list"));
        assert_eq!(readiness.waiting_for(), ["the first list"]);
    }
}
