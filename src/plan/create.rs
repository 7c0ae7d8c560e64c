//! A cluster that does not exist yet.

use jiff::SignedDuration;

use super::blocker::{Blocker, Wait};
use super::desired::DesiredPool;
use super::step::Step;
use super::{Input, Plan, keep_records};
use crate::api::{PowerStateCode, ResourceGroupPolicy};
use crate::plan::change::Target;

/// Plans the first PUT: it waits for a System pool and for the pools to settle, then takes all of them at once.
pub fn plan(input: &Input<'_>, plan: &mut Plan) {
    let cluster = input.cluster;
    keep_records(input, plan);
    if cluster.life.once_existed {
        plan.blockers.push(Blocker::ClusterVanished);
        return;
    }
    if input.facts.running.contains(&Target::Cluster) {
        // Our create is on its way and Azure does not show the cluster yet.
        return;
    }
    let pools = initial_pools(input);
    if !pools.iter().any(|pool| pool.is_system()) {
        plan.waits.push(Wait::WaitingForSystemPool {
            cluster: cluster.object.clone(),
        });
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
    plan.push(Step::CreateCluster {
        pools: pools.iter().map(|pool| pool.name.clone()).collect(),
    });
    later_pools(input, &pools).for_each(|pool| {
        plan.push(Step::CreatePool {
            pool: pool.name.clone(),
            again: false,
        })
    });
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

/// The pools of the first PUT. One that asks for another version than its cluster is made afterwards, because AKS
/// wants all pools of a create at the cluster's version.
fn initial_pools<'a>(input: &Input<'a>) -> Vec<&'a DesiredPool> {
    let same_version = |pool: &&DesiredPool| pool.version.is_none() || pool.version == input.cluster.version;
    living(input).filter(same_version).collect()
}

fn later_pools<'a>(input: &Input<'a>, first: &[&DesiredPool]) -> impl Iterator<Item = &'a DesiredPool> {
    let first: Vec<String> = first.iter().map(|pool| pool.name.clone()).collect();
    living(input).filter(move |pool| !first.contains(&pool.name))
}

fn living<'a>(input: &Input<'a>) -> impl Iterator<Item = &'a DesiredPool> {
    input.pools.iter().filter(|pool| !pool.is_going() && !pool.observe)
}
