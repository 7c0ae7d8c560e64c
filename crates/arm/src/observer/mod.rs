//! Watching the clusters of Azure with as few calls as possible.

mod known;
mod sweep;
mod wakeups;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::Stream;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

pub use known::Snapshot;

use super::client::{ArmClient, Scope};
use super::error::ArmError;
use armature_azure::id::{ClusterId, SubscriptionId};
use known::Known;
use wakeups::Wakeups;

/// How a scope fares.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeHealth {
    /// The scope.
    pub scope: Scope,
    /// When the last complete LIST was asked for.
    pub last_success: Option<Instant>,
    /// The last failure, gone with the next success.
    pub last_error: Option<ArmError>,
}

/// Who watches a cluster: the object that names it. Each has its own client and sees what that was shown.
pub type Watcher = Arc<str>;

/// Lists the clusters of each subscription at an interval and tells which watched ones changed. It only wakes: nothing
/// it says proves that a cluster is absent.
///
/// One LIST serves all identities that watch clusters of a subscription, as far as it shows these: what one of them may
/// not read is missing from its LIST, and is listed with the identity that watches it. Who may not list the subscription
/// lists the resource groups of these clusters one by one. What a LIST shows is given to none but those to whom Azure has
/// shown the cluster itself.
///
/// Cheap to clone; clones are the same observer. The listing ends with the last clone.
#[derive(Clone)]
pub struct Observer {
    shared: Arc<Shared>,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("interval", &self.shared.interval)
            .finish_non_exhaustive()
    }
}

struct Shared {
    interval: Duration,
    wakeups: Arc<Wakeups>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Known,
    sweeps: HashMap<SubscriptionId, AbortOnDropHandle<()>>,
    health: BTreeMap<Scope, ScopeHealth>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer {
    /// An observer that lists each subscription every `interval` (1 s to a day, jittered by up to a tenth), and the
    /// stream of the watched clusters that appeared, changed or vanished. A cluster that changes twice before it is
    /// read from the stream is there once.
    pub fn new(interval: Duration) -> (Self, impl Stream<Item = ClusterId> + Send + use<>) {
        let interval = interval.clamp(Duration::from_secs(1), Duration::from_secs(86_400));
        let wakeups = Arc::new(Wakeups::default());
        let shared = Shared {
            interval,
            wakeups: Arc::clone(&wakeups),
            state: Mutex::default(),
        };
        (
            Self {
                shared: Arc::new(shared),
            },
            wakeups::stream(wakeups),
        )
    }

    /// Watches a cluster through this client. Calling it again is free; a new client of the same watcher replaces the old
    /// one. Must be called within a tokio runtime.
    pub fn watch(&self, cluster: &ClusterId, watcher: &Watcher, client: &ArmClient) {
        let mut state = self.shared.state();
        state.known.watch(cluster, watcher, client);
        state.sweeps.entry(cluster.subscription().clone()).or_insert_with(|| {
            let sweeps = sweep::run(Arc::downgrade(&self.shared), cluster.subscription().clone());
            AbortOnDropHandle::new(tokio::spawn(sweeps))
        });
    }

    /// Stops watching a cluster for a watcher, and forgets what that saw.
    pub fn unwatch(&self, cluster: &ClusterId, watcher: &Watcher) {
        let mut state = self.shared.state();
        state.known.unwatch(cluster, watcher);
        let State { known, sweeps, health } = &mut *state;
        health.retain(|scope, _| known.has_any_in(scope));
        if !known.has_any_in(&Scope::Subscription(cluster.subscription().clone())) {
            sweeps.remove(cluster.subscription());
        }
    }

    /// Takes over what a GET or PUT of this watcher's has just shown. A LIST asked for earlier never overwrites it, and it
    /// wakes nobody: the caller knows. Ignored where it does not watch.
    pub fn record(&self, cluster: &ClusterId, watcher: &Watcher, body: Value) {
        let known = &mut self.shared.state().known;
        known.record(cluster, watcher, Some(body), Instant::now());
    }

    /// Takes over that a GET of this watcher's has just found nothing. Ignored where it does not watch.
    pub fn record_absent(&self, cluster: &ClusterId, watcher: &Watcher) {
        let known = &mut self.shared.state().known;
        known.record(cluster, watcher, None, Instant::now());
    }

    /// The cluster as it was last seen; `None` when Azure has not shown it to the client of this watcher (lately), or its
    /// own GET found nothing.
    pub fn get(&self, cluster: &ClusterId, watcher: &Watcher) -> Option<Arc<Snapshot>> {
        self.shared.state().known.get(cluster, watcher, Instant::now())
    }

    /// How each scope fares, ordered by scope.
    pub fn health(&self) -> Vec<ScopeHealth> {
        self.shared.state().health.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests;
