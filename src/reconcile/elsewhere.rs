//! Other clusters: their pools in the subnets of this one, and what hangs on them and on this one.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;

use super::context::Context;
use super::objects::Objects;
use super::pass::Pass;
use super::{manifests, orphans};
use crate::api::{AksCluster, AksNodePool, AksNodePoolSpec, NetworkPlugin, PodIpAllocationMode};
use crate::plan::children::{Intent, KINDS, Kind, View, heir};
use crate::plan::compatibility::OtherPool;
use crate::plan::live::LiveCluster;

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

/// Another cluster that needs the resource of a child of this one: it is in a line of its status, or an entry of its
/// manifest comes to it, as far as that is known without asking Azure.
pub fn user_of(pass: &Pass<'_>, kind: &Kind, id: &str) -> Option<String> {
    let own = &pass.objects.cluster;
    let is_own = |cluster: &AksCluster| cluster.namespace() == own.namespace() && cluster.name_any() == own.name_any();
    let uses = |cluster: &Arc<AksCluster>| has_line(cluster, id) || asks_for(pass, cluster, kind, id);
    let mut others = pass.context.clusters.state().into_iter().filter(|other| !is_own(other));
    let readable = others.find(uses).map(|user| named(user.as_ref()));
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

fn has_line(cluster: &AksCluster, id: &str) -> bool {
    let mut lines = cluster.status.iter().flat_map(|status| status.children.values());
    lines.any(|line| line.id.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(id)))
}

fn asks_for(pass: &Pass<'_>, cluster: &AksCluster, kind: &Kind, id: &str) -> bool {
    let Ok(cluster_id) = manifests::cluster_id(cluster) else {
        return false;
    };
    if cluster.metadata.deletion_timestamp.is_some() {
        return false;
    }
    let snapshot = pass.context.observer.get(&cluster_id);
    let live = snapshot.map(|snapshot| LiveCluster::new(snapshot.body.clone()));
    let view = View {
        spec: &cluster.spec,
        cluster: &cluster_id.to_string(),
        live: live.as_ref(),
        reads: &pass.memory.children.reads,
        allowed_types: &[],
        intent: Intent::default(),
    };
    let kinds = KINDS.iter().filter(|other| heir::may_meet(kind, other));
    let mut drafts = kinds.flat_map(|kind| (kind.drafts)(&view));
    drafts.any(|draft| draft.child.is_ok_and(|child| child.id.eq_ignore_ascii_case(id)))
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
