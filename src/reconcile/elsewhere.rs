//! Other clusters: their pools in the subnets of this one, and what hangs on them and on this one.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;

use super::context::Context;
use super::objects::Objects;
use super::orphans;
use super::pass::Pass;
use super::proof::Signer;
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

/// Another cluster that needs the resource of a child of this one, by a line of its status that proves that its operator
/// signed in and found it. What a manifest or an unproven line names, anybody can name.
pub fn user_of(pass: &Pass<'_>, id: &str) -> Option<String> {
    proven(pass, id, |claim| claim.may_change() || claim == Claim::Seen)
}

/// Another cluster whose operator made the resource of a child of this one, or took it over, by a line that proves that.
/// Having found it there is not enough: whoever may read could keep others from their own.
pub fn owner_of(pass: &Pass<'_>, id: &str) -> Option<String> {
    proven(pass, id, Claim::may_change)
}

fn proven(pass: &Pass<'_>, id: &str, counts: impl Fn(Claim) -> bool) -> Option<String> {
    let signer = pass.signing.as_ref().ok()?;
    let own = &pass.objects.cluster;
    let is_own = |cluster: &AksCluster| cluster.namespace() == own.namespace() && cluster.name_any() == own.name_any();
    let mut others = pass.context.clusters.state().into_iter().filter(|other| !is_own(other));
    let proven = |other: &Arc<AksCluster>| has_proven_line(&signer.for_object(other.as_ref()), other, id, &counts);
    let readable = others.find(proven).map(|user| named(user.as_ref()));
    // What proves a line of an object that can't be read is unknown: what it names is left alone until it can be.
    readable.or_else(|| {
        let mentions = |id_of_child: &String| id_of_child.eq_ignore_ascii_case(id);
        let unreadable = pass.context.caches.clusters.unreadable.state();
        let user = unreadable
            .iter()
            .find(|other| other.salvage.children.iter().any(mentions))?;
        Some(named(user.as_ref()))
    })
}

fn named(user: &impl ResourceExt) -> String {
    format!("{}/{}", user.namespace().unwrap_or_default(), user.name_any())
}

fn has_proven_line(signer: &Signer<'_>, cluster: &AksCluster, id: &str, counts: impl Fn(Claim) -> bool) -> bool {
    let mut lines = cluster.status.iter().flat_map(|status| &status.children);
    lines.any(|(key, line)| {
        let is_same = line.id.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(id));
        is_same && signer.claim(key, line).is_some_and(|(claim, _)| counts(claim))
    })
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
