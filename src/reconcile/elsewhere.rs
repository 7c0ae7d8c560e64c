//! Pools of other clusters that share a subnet with this one.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::objects::Objects;
use crate::api::{AksCluster, AksNodePool, AksNodePoolSpec, NetworkPlugin, PodIpAllocationMode};
use crate::plan::compatibility::OtherPool;

/// The pools of other clusters in subnets that pools of this one name.
pub fn pools(context: &Context, objects: &Objects) -> Vec<OtherPool> {
    let ours: BTreeSet<String> = objects.pools.iter().flat_map(|pool| subnets(&pool.spec)).collect();
    if ours.is_empty() {
        return Vec::new();
    }
    let shares = |pool: &Arc<AksNodePool>| {
        let own =
            pool.namespace() == objects.cluster.namespace() && pool.spec.cluster_ref.name == objects.cluster.name_any();
        !own && subnets(&pool.spec).any(|subnet| ours.contains(&subnet))
    };
    let pools = context.pools.state().into_iter().filter(shares);
    pools
        .map(|pool| other(&pool, cluster_of(context, &pool).as_deref()))
        .collect()
}

fn cluster_of(context: &Context, pool: &AksNodePool) -> Option<Arc<AksCluster>> {
    let reference = ObjectRef::new(&pool.spec.cluster_ref.name).within(&pool.namespace()?);
    context.clusters.get(&reference)
}

fn subnets(pool: &AksNodePoolSpec) -> impl Iterator<Item = String> {
    let ids = [&pool.vnet_subnet_id, &pool.pod_subnet_id];
    ids.into_iter().flatten().map(|id| id.to_ascii_lowercase())
}

fn other(pool: &AksNodePool, cluster: Option<&AksCluster>) -> OtherPool {
    let spec = &pool.spec;
    let plugin = cluster.and_then(|cluster| cluster.spec.network_profile.as_ref()?.network_plugin);
    let lower = |id: &Option<String>| id.as_deref().map(str::to_ascii_lowercase);
    let namespace = pool.namespace().unwrap_or_default();
    OtherPool {
        cluster: format!("{namespace}/{}", spec.cluster_ref.name),
        pool: format!("{namespace}/{}", pool.name_any()),
        created_at: pool.creation_timestamp().map(|time| time.0),
        exists: pool.status.as_ref().is_some_and(|status| status.resource_id.is_some()),
        kubenet: plugin == Some(NetworkPlugin::Kubenet),
        nodes: lower(&spec.vnet_subnet_id),
        pods: lower(&spec.pod_subnet_id),
        blocks: spec.pod_ip_allocation_mode == Some(PodIpAllocationMode::StaticBlock),
    }
}
