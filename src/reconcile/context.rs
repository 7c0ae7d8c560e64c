//! What all passes share.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::OnceCell;

use super::children::Turns;
use super::contained::Panics;
use super::fingerprint::FingerprintKey;
use super::in_flight::InFlight;
use super::memory::Memory;
use super::slots::Slots;
use super::store::Written;
use crate::api::{AksCluster, AksNodePool, AzureIdentity};
use crate::arm::{ClusterId, Observer, clients::Clients};
use crate::runtime::leader::Leadership;
use crate::runtime::metrics::Metrics;
use crate::runtime::settings::{InstallationId, Settings};

/// What all passes share.
pub struct Context {
    /// The management cluster.
    pub client: Client,
    /// What the operator was told at start.
    pub settings: Settings,
    /// The name of this installation in the ownership tag.
    pub installation: InstallationId,
    /// Who may write.
    pub leadership: Leadership,
    /// What is counted.
    pub metrics: Metrics,
    /// All clusters.
    pub clusters: Store<AksCluster>,
    /// All node pools.
    pub pools: Store<AksNodePool>,
    /// All identities.
    pub identities: Store<AzureIdentity>,
    /// What Azure showed last.
    pub observer: Observer,
    /// A client for each way to sign in.
    pub clients: Clients,
    /// What was written to Kubernetes and may not have come back yet.
    pub written: Written,
    /// Where events go.
    pub recorder: Recorder,
    /// The key for fingerprints of secrets, once one was needed.
    pub fingerprint_key: OnceCell<FingerprintKey>,
    /// Who may write what children share.
    pub turns: Turns,
    /// Objects whose last pass panicked.
    pub panics: Panics,
    /// How many operations run in each subscription.
    pub in_flight: InFlight,
    /// How many passes may run at the same time, and whose.
    pub slots: Slots,
    memories: Mutex<HashMap<ObjectRef<AksCluster>, Arc<tokio::sync::Mutex<Memory>>>>,
    known: Mutex<HashMap<ClusterId, HashSet<ObjectRef<AksCluster>>>>,
}

/// The parts of a context that are made outside.
pub struct Parts {
    /// The management cluster.
    pub client: Client,
    /// What the operator was told at start.
    pub settings: Settings,
    /// The name of this installation in the ownership tag.
    pub installation: InstallationId,
    /// Who may write.
    pub leadership: Leadership,
    /// What is counted.
    pub metrics: Metrics,
    /// All clusters.
    pub clusters: Store<AksCluster>,
    /// All node pools.
    pub pools: Store<AksNodePool>,
    /// All identities.
    pub identities: Store<AzureIdentity>,
    /// What Azure showed last.
    pub observer: Observer,
    /// A client for each way to sign in.
    pub clients: Clients,
    /// Where events go.
    pub recorder: Recorder,
}

impl Context {
    /// A context without memories.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            client,
            settings,
            installation,
            leadership,
            metrics,
            clusters,
            pools,
            identities,
            observer,
            clients,
            recorder,
        } = parts;
        let slots = Slots::new(settings.concurrency);
        Self {
            client,
            settings,
            installation,
            leadership,
            metrics,
            clusters,
            pools,
            identities,
            observer,
            clients,
            written: Written::default(),
            recorder,
            fingerprint_key: OnceCell::new(),
            turns: Turns::default(),
            panics: Panics::default(),
            in_flight: InFlight::default(),
            slots,
            memories: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// The memory of an aggregate. One object is never in two passes at once.
    pub fn memory(&self, cluster: &ObjectRef<AksCluster>) -> Arc<tokio::sync::Mutex<Memory>> {
        lock(&self.memories).entry(cluster.clone()).or_default().clone()
    }

    /// Loses the memory of an aggregate, as a restart does.
    pub fn lose_memory(&self, cluster: &ObjectRef<AksCluster>) {
        lock(&self.memories).remove(cluster);
    }

    /// Notes that an object names a cluster in Azure.
    pub fn know(&self, id: &ClusterId, cluster: &ObjectRef<AksCluster>) {
        lock(&self.known).entry(id.clone()).or_default().insert(cluster.clone());
    }

    /// The objects that name a cluster in Azure: one, and by mistake several, of which one owns it.
    pub fn objects_of(&self, id: &ClusterId) -> Vec<ObjectRef<AksCluster>> {
        lock(&self.known).get(id).into_iter().flatten().cloned().collect()
    }

    /// Forgets an aggregate that is gone.
    pub fn forget(&self, cluster: &ObjectRef<AksCluster>, id: &ClusterId) {
        lock(&self.memories).remove(cluster);
        self.in_flight.note(cluster, Vec::new());
        let mut known = lock(&self.known);
        let Some(objects) = known.get_mut(id) else { return };
        objects.remove(cluster);
        if objects.is_empty() {
            known.remove(id);
            self.observer.unwatch(id);
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A duration as jiff counts it; settings never come near the limit.
pub fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
