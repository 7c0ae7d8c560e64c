//! The Kubernetes side of an aggregate.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};

use super::context::Context;
use super::manifests::requested_at;
use super::write::{self, WriteError};
use armature_api::{AksCluster, AksNodePool};

/// A cluster object and the pool objects that name it, as they were last stored.
#[derive(Debug, Clone)]
pub struct Objects {
    /// The cluster.
    pub cluster: AksCluster,
    /// Its pools, by name.
    pub pools: Vec<AksNodePool>,
}

impl Objects {
    /// Reads the aggregate from the watch caches; `None` while a cache has not seen our last write.
    pub fn gather(context: &Context, cluster: &Arc<AksCluster>) -> Option<Self> {
        let mut pools: Vec<AksNodePool> = pools_of(context, cluster).map(|pool| (*pool).clone()).collect();
        pools.sort_by_key(ResourceExt::name_any);
        let caught_up = context.written.has_caught_up(cluster.as_ref())
            && pools.iter().all(|pool| context.written.has_caught_up(pool));
        caught_up.then(|| Self {
            cluster: (**cluster).clone(),
            pools,
        })
    }

    /// Puts our finalizer on every object that stays and lacks it. Returns whether any was written: the pass then
    /// starts anew, so that the finalizer is stored before anything is written to Azure.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn finalize(&self, context: &Context) -> Result<bool, WriteError> {
        let mut wrote = false;
        if self.cluster.meta().deletion_timestamp.is_none() && !write::is_finalized(&self.cluster) {
            write::add_finalizer(context, &self.cluster).await?;
            wrote = true;
        }
        for pool in self
            .pools
            .iter()
            .filter(|pool| pool.meta().deletion_timestamp.is_none())
        {
            if !write::is_finalized(pool) {
                write::add_finalizer(context, pool).await?;
                wrote = true;
            }
        }
        Ok(wrote)
    }

    /// What tells one set of pools from another.
    pub fn pool_set(&self) -> Vec<(String, i64)> {
        self.pools
            .iter()
            .map(|pool| (pool.name_any(), pool.meta().generation.unwrap_or_default()))
            .collect()
    }

    /// What users ask for: it changes with every edit of a manifest, annotation or identity, and with none of our own
    /// writes.
    pub fn asked(&self, context: &Context) -> u64 {
        let mut hasher = DefaultHasher::new();
        let identity = self.cluster.spec.identity_ref.as_ref().and_then(|reference| {
            let identity = context.identities.get(&ObjectRef::new(&reference.name))?;
            identity.meta().generation
        });
        (identity, self.pool_set(), self.cluster.meta().generation).hash(&mut hasher);
        self.cluster.annotations().hash(&mut hasher);
        self.pools.iter().for_each(|pool| pool.annotations().hash(&mut hasher));
        hasher.finish()
    }

    /// Whether somebody asks for a look at any of them and was not answered yet.
    pub fn is_look_asked(&self) -> bool {
        let handled = self.cluster.status.as_ref();
        let handled = handled.and_then(|status| status.last_handled_reconcile_at.as_deref());
        let asks = |asked: Option<&str>, handled: Option<&str>| asked.is_some() && asked != handled;
        asks(requested_at(&self.cluster), handled)
            || self.pools.iter().any(|pool| {
                let handled = pool.status.as_ref();
                let handled = handled.and_then(|status| status.last_handled_reconcile_at.as_deref());
                asks(requested_at(pool), handled)
            })
    }

    /// What the manifests ask for: it changes with every edit of one, and with nothing else.
    pub fn manifests(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.pool_set(), self.cluster.meta().generation).hash(&mut hasher);
        hasher.finish()
    }

    /// Whether any object is going away.
    pub fn any_going(&self) -> bool {
        self.cluster.meta().deletion_timestamp.is_some()
            || self.pools.iter().any(|pool| pool.meta().deletion_timestamp.is_some())
    }
}

fn pools_of(context: &Context, cluster: &AksCluster) -> impl Iterator<Item = Arc<AksNodePool>> {
    let (namespace, name) = (cluster.namespace(), cluster.name_any());
    context
        .pools
        .state()
        .into_iter()
        .filter(move |pool| pool.namespace() == namespace && pool.spec.cluster_ref.name == name)
}
