//! Other clusters: their pools in the subnets of this one, and what hangs on them and on this one.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::objects::Objects;
use super::orphans;
use super::pass::Pass;
use armature_api::{AksCluster, AksNodePool, AksNodePoolSpec, NetworkPlugin, PodIpAllocationMode};
use armature_plan::children::claim::Claim;
use armature_plan::compatibility::OtherPool;

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

/// Another cluster that needs the resource of a child of this one: its operator signed in and found it. What a manifest
/// or a status names, anybody can name.
pub fn user_of(pass: &Pass<'_>, id: &str) -> Option<String> {
    holder(pass, id, |claim| claim.may_change() || claim == Claim::Seen)
}

/// Another cluster whose operator made the resource of a child of this one, or took it over. Having found it there is not
/// enough: whoever may read could keep others from their own.
pub fn owner_of(pass: &Pass<'_>, id: &str) -> Option<String> {
    holder(pass, id, Claim::may_change)
}

fn holder(pass: &Pass<'_>, id: &str, counts: impl Fn(Claim) -> bool) -> Option<String> {
    let (own, clusters) = (&pass.objects.cluster, &pass.context.caches.clusters);
    let own = (own.namespace().unwrap_or_default(), own.name_any());
    let is_other = |holder: &String| {
        let (namespace, name) = holder.split_once('/').unwrap_or_default();
        (namespace, name) != (&*own.0, &*own.1) && clusters.has(&ObjectRef::new(name).within(namespace))
    };
    let holders = pass.context.inventories.holders(id, counts);
    holders.into_iter().find(is_other)
}

fn cluster_of(context: &Context, pool: &AksNodePool) -> Option<Arc<AksCluster>> {
    context.clusters.get(&orphans::cluster_of(pool))
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
