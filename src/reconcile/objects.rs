//! The Kubernetes side of an aggregate.

use std::sync::Arc;

use kube::{Resource, ResourceExt};

use super::context::Context;
use super::manifests::requested_at;
use super::write::{self, WriteError};
use crate::api::{AksCluster, AksNodePool};

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

    /// What tells one state of the manifests from another: generations, and the reconciles that were asked for.
    pub fn manifests(&self) -> Vec<(String, i64)> {
        let asked = requested_at(&self.cluster).unwrap_or_default().to_owned();
        let cluster = (asked, self.cluster.meta().generation.unwrap_or_default());
        self.pool_set().into_iter().chain([cluster]).collect()
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
