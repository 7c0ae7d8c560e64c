//! A cluster that does not exist yet.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::blocker::{Blocker, Wait};
use super::compatibility::Making;
use super::desired::DesiredPool;
use super::secret::SecretField;
use super::step::Step;
use super::version::Version;
use super::{Input, Plan, end_records, keep_records, pools};
use crate::change::Target;
use armature_api::{ManagementPolicy, PowerStateCode, ResourceGroupPolicy, VersionPolicy};

/// Plans the first PUT: it waits for a System pool and for the pools to settle, then takes all of them at once.
pub fn plan(input: &Input<'_>, plan: &mut Plan) {
    let cluster = input.cluster;
    if input.facts.running.contains(&Target::Cluster) {
        // Our create is on its way and Azure does not show the cluster yet.
        return keep_records(input, plan);
    }
    end_records(input, plan);
    if cluster.life.once_existed {
        plan.blockers.push(Blocker::ClusterVanished);
        return;
    }
    plan.block_on_secrets(input);
    let mut making = Making::cluster(input);
    let Pools { first, later } = sort(input, &mut making, plan);
    if !first.iter().any(|pool| pool.is_system()) {
        plan.waits.push(Wait::WaitingForSystemPool {
            cluster: cluster.object.clone(),
        });
        return;
    }
    if !making.is_consistent(plan) {
        return;
    }
    match (input.facts.resource_group, cluster.policies.resource_group) {
        (Some(false), ResourceGroupPolicy::Existing) => {
            plan.blockers.push(Blocker::ResourceGroupMissing {
                group: cluster.resource_group.clone(),
            });
            return;
        }
        (Some(false), ResourceGroupPolicy::Create) => plan.push(Step::CreateResourceGroup),
        (Some(true) | None, _) => {}
    }
    let is_known = |secret: &SecretField| matches!(input.facts.secrets.get(secret.path), Some(Ok(_)));
    if !cluster.secrets.iter().all(is_known) {
        return;
    }
    plan.push(Step::CreateCluster {
        pools: first.iter().map(|pool| pool.name.clone()).collect(),
    });
    for pool in later {
        plan.push(Step::CreatePool {
            pool: pool.name.clone(),
            again: false,
        });
    }
    if cluster.power == Some(PowerStateCode::Stopped) {
        plan.push(Step::StopCluster { changes: Vec::new() });
    }
    let quiet = input.now.duration_since(input.facts.pools_unchanged_since);
    if let Some(rest) = input
        .facts
        .pool_quiet_period
        .checked_sub(quiet)
        .filter(SignedDuration::is_positive)
    {
        plan.steps.clear();
        plan.waits.push(Wait::PoolSetSettling);
        plan.look_again_in(rest);
    }
}

/// The pools of the first PUT and those made afterwards.
struct Pools<'a> {
    first: Vec<&'a DesiredPool>,
    later: Vec<&'a DesiredPool>,
}

/// AKS wants all pools of a create at the cluster's version. A pool whose floor that version meets goes in, unless it
/// trails on purpose; a System pool goes in all the same, because nothing is created without one.
fn sort<'a>(input: &Input<'a>, making: &mut Making<'a>, plan: &mut Plan) -> Pools<'a> {
    let looking = input.cluster.policies.management == ManagementPolicy::Observe;
    let mut pools = pools::distinct(input, plan);
    pools.retain(|pool| looking || !pool.observe);
    if let Some(version) = input.cluster.version {
        pools.retain(|pool| {
            let ahead = pool.version.filter(|floor| !version.meets(*floor));
            plan.blockers
                .extend(ahead.map(|wanted| Blocker::PoolAheadOfControlPlane {
                    pool: pool.name.clone(),
                    wanted,
                    control_plane: version,
                }));
            ahead.is_none()
        });
    }
    fitting(&mut pools, making, plan);
    let trails = |pool: &&DesiredPool| {
        let apart = |(floor, version): (Version, Version)| !floor.same_minor(version);
        pool.version_policy != VersionPolicy::Follow
            && !pool.is_system()
            && pool.version.zip(input.cluster.version).is_some_and(apart)
    };
    let (later, first) = pools.into_iter().partition(trails);
    Pools { first, later }
}

/// Leaves out the pools that do not fit. System pools are asked first: where two pools do not go together, the one without
/// which there is no cluster stays.
fn fitting<'a>(pools: &mut Vec<&'a DesiredPool>, making: &mut Making<'a>, plan: &mut Plan) {
    let (system, others): (Vec<_>, Vec<_>) = pools.iter().copied().partition(|pool| pool.is_system());
    let fit: BTreeSet<&str> = system
        .into_iter()
        .chain(others)
        .filter(|pool| making.takes(pool, plan))
        .map(|pool| pool.name.as_str())
        .collect();
    pools.retain(|pool| fit.contains(pool.name.as_str()));
}
