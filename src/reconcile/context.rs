//! What all passes share.

use std::collections::HashSet;
use std::sync::Arc;

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
use super::remembered::Remembered;
use super::slots::Slots;
use super::store::Written;
use super::watched::Caches;
use crate::api::{AksCluster, AksNodePool, AzureIdentity};
use crate::arm::{ClusterId, Observer, Watcher, clients::Clients};
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
    /// All clusters that can be read.
    pub clusters: Store<AksCluster>,
    /// All node pools that can be read.
    pub pools: Store<AksNodePool>,
    /// All identities that can be read.
    pub identities: Store<AzureIdentity>,
    /// All objects, with those that can't be read.
    pub caches: AllCaches,
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
    remembered: Remembered,
}

/// All objects of our kinds, readable or not.
#[derive(Debug, Clone)]
pub struct AllCaches {
    /// The clusters.
    pub clusters: Caches<AksCluster>,
    /// The node pools.
    pub pools: Caches<AksNodePool>,
    /// The identities.
    pub identities: Caches<AzureIdentity>,
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
    /// All objects.
    pub caches: AllCaches,
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
            caches,
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
            clusters: caches.clusters.readable.clone(),
            pools: caches.pools.readable.clone(),
            identities: caches.identities.readable.clone(),
            caches,
            observer,
            clients,
            written: Written::default(),
            recorder,
            fingerprint_key: OnceCell::new(),
            turns: Turns::default(),
            panics: Panics::default(),
            in_flight: InFlight::default(),
            slots,
            remembered: Remembered::default(),
        }
    }

    /// The memory of an aggregate. One object is never in two passes at once.
    pub fn memory(&self, cluster: &ObjectRef<AksCluster>) -> Arc<tokio::sync::Mutex<Memory>> {
        self.remembered.memory(cluster)
    }

    /// Loses the memory of an aggregate, as a restart does.
    pub fn lose_memory(&self, cluster: &ObjectRef<AksCluster>) {
        self.remembered.lose(cluster);
    }

    /// Notes that an object names a cluster in Azure.
    pub fn know(&self, id: &ClusterId, cluster: &ObjectRef<AksCluster>) {
        self.remembered.know(id, cluster);
    }

    /// The objects that name a cluster in Azure: one, and by mistake several, of which one owns it.
    pub fn objects_of(&self, id: &ClusterId) -> Vec<ObjectRef<AksCluster>> {
        self.remembered.objects_of(id)
    }

    /// Forgets an aggregate that is gone. An object that comes later under its name starts without its past.
    pub fn forget(&self, cluster: &ObjectRef<AksCluster>) {
        self.in_flight.note(cluster, Vec::new());
        self.keep(|one| one != cluster);
    }

    /// Looks no more for an object at what it names.
    pub fn lose_sight(&self, cluster: &ObjectRef<AksCluster>, id: &ClusterId) {
        self.remembered.unknow(id, cluster);
        self.observer.unwatch(id, &watcher(cluster));
    }

    /// Forgets whatever has no object any more: a pass that ran while its object went may have noted something of it.
    pub fn sweep(&self) {
        let AllCaches { clusters, pools, .. } = &self.caches;
        self.keep(|cluster| clusters.has(cluster));
        let uids: HashSet<String> = clusters.uids().chain(pools.uids()).collect();
        self.written.keep(|uid| uids.contains(uid));
    }

    fn keep(&self, stays: impl Fn(&ObjectRef<AksCluster>) -> bool) {
        for (id, cluster) in self.remembered.keep(stays) {
            self.observer.unwatch(&id, &watcher(&cluster));
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// An object as the one that watches what it names.
pub fn watcher(cluster: &ObjectRef<AksCluster>) -> Watcher {
    format!("{}/{}", cluster.namespace.as_deref().unwrap_or_default(), cluster.name).into()
}

/// A duration as jiff counts it; settings never come near the limit.
pub fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
