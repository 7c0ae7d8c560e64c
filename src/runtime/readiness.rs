//! What the process still waits for before it can do its work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

/// Who waits for longer than this says for what, and says it again each time as long has passed.
const LONG: Duration = Duration::from_secs(60);
/// How often it is looked whether somebody does.
const LOOK: Duration = Duration::from_secs(5);

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
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    reason: String,
    since: Instant,
}

impl Readiness {
    /// Registers one condition; the process is not ready until [`Gate::open`] was called.
    ///
    /// `reason` continues the sentence "waiting for": `CRD aksclusters.aks.armature.dev`.
    pub fn wait_for(&self, reason: impl Into<String>) -> Gate {
        let key = self.with(|state| {
            let key = state.next_key;
            state.next_key += 1;
            let (reason, since) = (reason.into(), Instant::now());
            state.waiting.insert(key, Waiting { reason, since });
            key
        });
        Gate {
            readiness: self.clone(),
            key,
        }
    }

    /// What is still waited for, in the order it was registered; empty when ready.
    pub fn waiting_for(&self) -> Vec<String> {
        self.waiting_since(Instant::now())
    }

    /// What has been waited for since then, or for longer.
    fn waiting_since(&self, then: Instant) -> Vec<String> {
        let since = |one: &&Waiting| one.since <= then;
        self.with(|state| {
            state
                .waiting
                .values()
                .filter(since)
                .map(|one| one.reason.clone())
                .collect()
        })
    }

    /// Says in the log what is waited for when that takes long; never returns.
    pub async fn tell(&self) {
        self.tell_to(|reasons| warn!("still waiting for {}", reasons.join(" and for ")))
            .await;
    }

    async fn tell_to(&self, mut say: impl FnMut(&[String])) {
        let mut told = None::<Instant>;
        loop {
            tokio::time::sleep(LOOK).await;
            let now = Instant::now();
            let long = now
                .checked_sub(LONG)
                .map(|then| self.waiting_since(then))
                .unwrap_or_default();
            if !long.is_empty() && told.is_none_or(|told| now.duration_since(told) >= LONG) {
                say(&long);
                told = Some(now);
            }
        }
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
        self.readiness.with(|state| {
            if let Some(waiting) = state.waiting.get_mut(&self.key) {
                waiting.reason = reason.into();
            }
        });
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

    #[tokio::test(start_paused = true)]
    async fn a_start_that_takes_longer_than_a_minute_says_for_what() {
        let readiness = Readiness::default();
        tokio::time::advance(LONG).await;
        let (gate, quick) = (readiness.wait_for("one"), readiness.wait_for("two"));
        let mut said = Vec::new();
        let told = readiness.tell_to(|reasons| said.push(reasons.to_vec()));
        let opened = async {
            tokio::time::sleep(LONG - LOOK).await;
            quick.open();
            gate.explain("one (connection refused)");
            tokio::time::sleep(LONG).await;
            let late = readiness.wait_for("three");
            gate.open();
            tokio::time::sleep(LONG / 2).await;
            late.open();
            tokio::time::sleep(LONG * 3).await;
        };
        tokio::select! {
            () = told => {}
            () = opened => {}
        }
        assert_eq!(said, [["one (connection refused)"]]);
    }

    #[test]
    fn a_gate_whose_owner_failed_keeps_the_process_waiting() {
        let readiness = Readiness::default();
        drop(readiness.wait_for("the first list"));
        assert_eq!(readiness.waiting_for(), ["the first list"]);
    }
}
