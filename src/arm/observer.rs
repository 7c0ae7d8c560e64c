//! Watching the clusters of Azure with as few calls as possible.

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use serde_json::Value;
use tokio::time::Instant;

use super::client::{ArmClient, Scope};
use super::error::ArmError;
use super::id::ClusterId;

/// A cluster as it was last seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The resource as Azure showed it.
    pub body: Value,
    /// When the answer that holds it was asked for.
    pub observed_at: Instant,
    /// Whether the last complete LIST had the cluster. `false` proves nothing: a new cluster can be missing from the
    /// LIST of its subscription for a quarter of an hour, so absence needs a GET.
    pub listed: bool,
}

/// How a scope fares.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeHealth {
    /// The scope.
    pub scope: Scope,
    /// When the last complete LIST was asked for.
    pub last_success: Option<Instant>,
    /// The last failure since then.
    pub last_error: Option<ArmError>,
}

/// Lists the clusters of each subscription at an interval and tells which ones changed. It only wakes: nothing it says
/// proves that a cluster is absent.
///
/// Cheap to clone; clones are the same observer. It runs as long as a clone lives.
#[derive(Debug, Clone)]
pub struct Observer {
    shared: Arc<()>,
}

impl Observer {
    /// An observer that lists each subscription every `interval` (jittered by up to a tenth), and the stream of the
    /// watched clusters that appeared, changed or vanished.
    pub fn new(interval: Duration) -> (Self, impl Stream<Item = ClusterId> + Send + use<>) {
        let _ = interval;
        (Self { shared: Arc::default() }, futures::stream::pending())
    }

    /// Watches a cluster through this client. Calling it again is free; a new client replaces the old one.
    pub fn watch(&self, cluster: &ClusterId, client: &ArmClient) {
        let _ = (cluster, client, &self.shared);
    }

    /// Stops watching a cluster and forgets it.
    pub fn unwatch(&self, cluster: &ClusterId) {
        let _ = cluster;
    }

    /// Takes over what our own GET or PUT has just shown. A LIST asked for earlier never overwrites it, and it wakes
    /// nobody: the caller knows. Ignored for a cluster that is not watched.
    pub fn record(&self, cluster: &ClusterId, body: Value) {
        let _ = (cluster, body);
    }

    /// Takes over that our own GET has just found nothing. Ignored for a cluster that is not watched.
    pub fn record_absent(&self, cluster: &ClusterId) {
        let _ = cluster;
    }

    /// The cluster as it was last seen; `None` when it has not been seen (yet), or our own GET found nothing.
    pub fn get(&self, cluster: &ClusterId) -> Option<Arc<Snapshot>> {
        let _ = cluster;
        None
    }

    /// How each scope fares, ordered by scope.
    pub fn health(&self) -> Vec<ScopeHealth> {
        Vec::new()
    }
}
