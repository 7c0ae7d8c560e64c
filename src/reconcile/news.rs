//! Who hears of which change: queues of keys from the watches to the controllers.
//!
//! The queues have no limit, so that no watch ever waits for a controller. A key is small, and a controller takes it out
//! at once: it remembers by itself what it has not come to yet.

use std::sync::Arc;

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use kube::runtime::reflector::{Lookup, ObjectRef};

use super::context::Context;
use super::guard::Unreadable;
use super::orphans::cluster_of;
use super::watched::{Change, Seen};
use armature_api::{AksCluster, AksNodePool, AzureIdentity};

/// Keys of objects to look at.
pub type Keys<K> = UnboundedReceiver<ObjectRef<K>>;

/// What the controllers hear.
pub struct Heard {
    /// Clusters to reconcile.
    pub clusters: Keys<AksCluster>,
    /// Clusters that came, went or changed between readable and not: their pools are to be looked at.
    pub clusters_of_pools: Keys<AksCluster>,
    /// Pools to look at by themselves.
    pub pools: Keys<AksNodePool>,
    /// Identities to look at.
    pub identities: Keys<AzureIdentity>,
    /// Identities whose clusters are to be reconciled.
    pub identities_of_clusters: Keys<AzureIdentity>,
    /// Objects that can't be read.
    pub unreadable: UnreadableKeys,
}

/// Objects that can't be read.
pub struct UnreadableKeys {
    /// Clusters.
    pub clusters: Keys<Unreadable<AksCluster>>,
    /// Pools.
    pub pools: Keys<Unreadable<AksNodePool>>,
    /// Identities.
    pub identities: Keys<Unreadable<AzureIdentity>>,
}

/// The other ends of [`Heard`].
pub struct News {
    clusters: Queue<AksCluster>,
    clusters_of_pools: Queue<AksCluster>,
    pools: Queue<AksNodePool>,
    identities: Queue<AzureIdentity>,
    identities_of_clusters: Queue<AzureIdentity>,
    unreadable_clusters: Queue<Unreadable<AksCluster>>,
    unreadable_pools: Queue<Unreadable<AksNodePool>>,
    unreadable_identities: Queue<Unreadable<AzureIdentity>>,
}

struct Queue<K: Lookup>(UnboundedSender<ObjectRef<K>>);

impl<K: Lookup> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Lookup> Queue<K> {
    fn new() -> (Self, Keys<K>) {
        let (sender, receiver) = mpsc::unbounded();
        (Self(sender), receiver)
    }

    /// Whoever is to hear of it has ended when nobody does.
    fn put(&self, key: ObjectRef<K>) {
        drop(self.0.unbounded_send(key));
    }
}

/// All queues.
pub fn news() -> (News, Heard) {
    let (clusters, clusters_heard) = Queue::new();
    let (clusters_of_pools, clusters_of_pools_heard) = Queue::new();
    let (pools, pools_heard) = Queue::new();
    let (identities, identities_heard) = Queue::new();
    let (identities_of_clusters, identities_of_clusters_heard) = Queue::new();
    let (unreadable_clusters, unreadable_clusters_heard) = Queue::new();
    let (unreadable_pools, unreadable_pools_heard) = Queue::new();
    let (unreadable_identities, unreadable_identities_heard) = Queue::new();
    (
        News {
            clusters,
            clusters_of_pools,
            pools,
            identities,
            identities_of_clusters,
            unreadable_clusters,
            unreadable_pools,
            unreadable_identities,
        },
        Heard {
            clusters: clusters_heard,
            clusters_of_pools: clusters_of_pools_heard,
            pools: pools_heard,
            identities: identities_heard,
            identities_of_clusters: identities_of_clusters_heard,
            unreadable: UnreadableKeys {
                clusters: unreadable_clusters_heard,
                pools: unreadable_pools_heard,
                identities: unreadable_identities_heard,
            },
        },
    )
}

impl News {
    /// What follows from a change of a cluster object.
    pub fn of_clusters(&self, context: Arc<Context>) -> impl FnMut(Change<'_, AksCluster>) + Send + use<> {
        let (clusters, pools) = (self.clusters.clone(), self.clusters_of_pools.clone());
        let unreadable = self.unreadable_clusters.clone();
        move |change| match change {
            Change::Here(Seen::Readable(cluster)) => clusters.put(ObjectRef::from_obj(cluster)),
            Change::Here(Seen::Unreadable(cluster)) => {
                unreadable.put(ObjectRef::from_obj(cluster));
                pools.put(ObjectRef::from_obj(cluster).into_kind_unchecked(()));
            }
            Change::Gone(seen) => {
                let key = match seen {
                    Seen::Readable(cluster) => ObjectRef::from_obj(cluster),
                    Seen::Unreadable(cluster) => ObjectRef::from_obj(cluster).into_kind_unchecked(()),
                };
                context.forget(&key);
                pools.put(key);
            }
        }
    }

    /// What follows from a change of a pool object.
    pub fn of_pools(&self, context: Arc<Context>) -> impl FnMut(Change<'_, AksNodePool>) + Send + use<> {
        let (clusters, pools) = (self.clusters.clone(), self.pools.clone());
        let unreadable = self.unreadable_pools.clone();
        move |change| match change {
            Change::Here(Seen::Readable(pool)) => {
                pools.put(ObjectRef::from_obj(pool));
                clusters.put(cluster_of(pool));
            }
            Change::Here(Seen::Unreadable(pool)) => {
                unreadable.put(ObjectRef::from_obj(pool));
                cluster_of_unreadable(pool)
                    .into_iter()
                    .for_each(|key| clusters.put(key));
            }
            Change::Gone(Seen::Readable(pool)) => {
                context.written.forget(pool);
                clusters.put(cluster_of(pool));
            }
            Change::Gone(Seen::Unreadable(pool)) => {
                context.written.forget(pool);
                cluster_of_unreadable(pool)
                    .into_iter()
                    .for_each(|key| clusters.put(key));
            }
        }
    }

    /// What follows from a change of an identity.
    pub fn of_identities(&self) -> impl FnMut(Change<'_, AzureIdentity>) + Send + use<> {
        let (identities, clusters) = (self.identities.clone(), self.identities_of_clusters.clone());
        let unreadable = self.unreadable_identities.clone();
        move |change| match change {
            Change::Here(Seen::Readable(identity)) => {
                identities.put(ObjectRef::from_obj(identity));
                clusters.put(ObjectRef::from_obj(identity));
            }
            Change::Here(Seen::Unreadable(identity)) => {
                unreadable.put(ObjectRef::from_obj(identity));
                clusters.put(ObjectRef::from_obj(identity).into_kind_unchecked(()));
            }
            Change::Gone(_) => {}
        }
    }
}

fn cluster_of_unreadable(pool: &Unreadable<AksNodePool>) -> Option<ObjectRef<AksCluster>> {
    let name = pool.salvage.cluster.as_deref()?;
    Some(ObjectRef::new(name).within(pool.metadata.namespace.as_deref().unwrap_or_default()))
}
