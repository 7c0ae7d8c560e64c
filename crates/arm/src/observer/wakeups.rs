//! Which clusters to look at: a set, so that it never holds more than there are clusters.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures::Stream;
use tokio::sync::Notify;

use armature_azure::id::ClusterId;

#[derive(Default)]
pub(super) struct Wakeups {
    waiting: Mutex<BTreeSet<ClusterId>>,
    more: Notify,
}

impl Wakeups {
    pub(super) fn wake(&self, clusters: Vec<ClusterId>) {
        if !clusters.is_empty() {
            self.waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(clusters);
            self.more.notify_one();
        }
    }

    async fn next(&self) -> ClusterId {
        loop {
            let first = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            match first {
                Some(cluster) => return cluster,
                None => self.more.notified().await,
            }
        }
    }
}

/// The clusters in the order of their ids; never ends.
pub(super) fn stream(wakeups: Arc<Wakeups>) -> impl Stream<Item = ClusterId> + Send + use<> {
    futures::stream::unfold(wakeups, |wakeups| async {
        let cluster = wakeups.next().await;
        Some((cluster, wakeups))
    })
}
