//! What a story waits for when something is wrong: conditions that say who has to do what.

use std::sync::atomic::{AtomicU64, Ordering};

use armature_api::REQUESTED_AT_ANNOTATION;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::look::{self, Conditioned};
use crate::world::World;

/// A list of writes that is empty.
pub const NOTHING: [&str; 0] = [];

impl World {
    /// Waits until a user has to act on the cluster for this reason; what its condition says.
    pub async fn cluster_stalls(&self, name: &str, reason: &str) -> String {
        let what = format!("stalled for {reason}");
        let cluster = self.cluster_until(name, &what, |cluster| stalls(cluster, reason)).await;
        look::message(&cluster, "Ready").to_owned()
    }

    /// Waits until the cluster is tried again by itself for this reason; what its condition says.
    pub async fn cluster_retries(&self, name: &str, reason: &str) -> String {
        let what = format!("retried for {reason}");
        let cluster = self
            .cluster_until(name, &what, |cluster| retries(cluster, reason))
            .await;
        look::message(&cluster, "Ready").to_owned()
    }

    /// Waits until a user has to act on the pool for this reason; what its condition says.
    pub async fn pool_stalls(&self, name: &str, reason: &str) -> String {
        let what = format!("stalled for {reason}");
        let pool = self.pool_until(name, &what, |pool| stalls(pool, reason)).await;
        look::message(&pool, "Ready").to_owned()
    }

    /// Asks the operator to look at a cluster now, as a user who has mended something does.
    pub async fn request_reconcile(&self, name: &str) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let request = COUNT.fetch_add(1, Ordering::Relaxed).to_string();
        self.annotate(name, REQUESTED_AT_ANNOTATION, &request).await;
    }

    /// Puts an annotation on a cluster.
    pub async fn annotate(&self, name: &str, annotation: &str, value: &str) {
        let patch = json!({ "metadata": { "annotations": { annotation: value } } });
        self.clusters
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }
}

fn stalls(object: &impl Conditioned, reason: &str) -> bool {
    look::is(object, "Ready", "False")
        && look::has_reason(object, "Ready", reason)
        && look::has_reason(object, "Stalled", reason)
        && look::condition(object, "Reconciling").is_none()
}

fn retries(object: &impl Conditioned, reason: &str) -> bool {
    look::is(object, "Ready", "False")
        && look::has_reason(object, "Ready", reason)
        && look::has_reason(object, "Reconciling", "ProgressingWithRetry")
        && look::condition(object, "Stalled").is_none()
}
