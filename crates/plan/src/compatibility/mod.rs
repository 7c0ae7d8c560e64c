//! Rules that need more than one object: a pool against its cluster and its neighbors, a change against the pools.
//!
//! Azure would refuse all of them, some only after minutes. They are told before any write, and only what they concern is
//! held: a pool that does not fit leaves the others alone. What exists already was accepted by Azure and is not judged
//! again. A rule speaks only where both sides are known: what neither the manifest nor Azure says has Azure's default,
//! and Azure changes its defaults.

mod changes;
mod limits;
mod network;
mod places;
mod scene;
mod subnets;
#[cfg(test)]
mod tests;
mod versions;

use super::blocker::Blocker;
use super::change::{Change, Target};
use super::desired::DesiredPool;
use super::live::LiveCluster;
use super::step::Step;
use super::{Input, Plan, retirements};
use scene::Member;
pub use scene::OtherPool;
use scene::Scene;

/// A rule about a pool that is to be made. It returns what is wrong: field, value and way out.
struct PoolRule {
    /// The condition's reason.
    reason: &'static str,
    check: fn(&Scene<'_>, &Member<'_>) -> Option<String>,
}

/// A rule about a cluster that is to be made, and the pools it is made with.
struct ClusterRule {
    reason: &'static str,
    check: fn(&Scene<'_>) -> Option<String>,
}

/// A rule about a change of what exists.
struct ChangeRule {
    reason: &'static str,
    check: fn(&Scene<'_>, &Change) -> Option<String>,
}

/// A rule about an upgrade of the nodes of a pool.
const UPGRADE_RULE: &str = "OsSkuLeavesItsVersions";

fn pool_rules() -> impl Iterator<Item = &'static PoolRule> {
    [
        network::POOL_RULES,
        subnets::POOL_RULES,
        places::POOL_RULES,
        versions::POOL_RULES,
        limits::POOL_RULES,
    ]
    .into_iter()
    .flatten()
}

/// The reasons of all rules.
pub fn reasons() -> impl Iterator<Item = &'static str> {
    let pools = pool_rules().map(|rule| rule.reason);
    let clusters = network::CLUSTER_RULES.iter().map(|rule| rule.reason);
    let changes = changes::RULES.iter().map(|rule| rule.reason);
    pools.chain(clusters).chain(changes).chain([UPGRADE_RULE])
}

/// Pools that are about to be made, beside those that exist.
pub struct Making<'a> {
    scene: Scene<'a>,
}

impl<'a> Making<'a> {
    /// Nothing exists yet.
    pub fn cluster(input: &Input<'a>) -> Self {
        Self {
            scene: Scene::of(input, None),
        }
    }

    /// The cluster exists.
    pub fn pools(input: &Input<'a>, live: &'a LiveCluster) -> Self {
        Self {
            scene: Scene::of(input, Some(live)),
        }
    }

    /// Whether the pool fits the cluster and the pools before it; what does not fit is said.
    pub fn takes(&mut self, pool: &'a DesiredPool, plan: &mut Plan) -> bool {
        let member = Member::made(pool);
        let wrong = pool_rules().filter_map(|rule| {
            let problem = (rule.check)(&self.scene, &member)?;
            Some(Blocker::Incompatible {
                target: Target::Pool(pool.name.clone()),
                reason: rule.reason,
                problem,
            })
        });
        let before = plan.blockers.len();
        plan.blockers.extend(wrong);
        let target = Target::Pool(pool.name.clone());
        plan.blockers
            .extend(retirements::refuse(&target, member.body, self.scene.today));
        let fits = plan.blockers.len() == before;
        if fits {
            self.scene.members.push(member);
        }
        fits
    }

    /// Whether the cluster fits the pools it is made with.
    pub fn is_consistent(&self, plan: &mut Plan) -> bool {
        let wrong = network::CLUSTER_RULES.iter().filter_map(|rule| {
            let problem = (rule.check)(&self.scene)?;
            Some(Blocker::Incompatible {
                target: Target::Cluster,
                reason: rule.reason,
                problem,
            })
        });
        let before = plan.blockers.len();
        plan.blockers.extend(wrong);
        plan.blockers.extend(retirements::refuse(
            &Target::Cluster,
            self.scene.cluster,
            self.scene.today,
        ));
        plan.blockers.len() == before
    }
}

/// Tells of the settings that AKS retires, in what exists and in what is to come.
pub fn advise(input: &Input<'_>, live: Option<&LiveCluster>, plan: &mut Plan) {
    let scene = Scene::of(input, live);
    retirements::advise(&Target::Cluster, scene.cluster, scene.today, plan);
    let new = input.pools.iter().filter(|pool| {
        let exists = live.is_some_and(|live| live.pool(&pool.name).is_some());
        !exists && !pool.is_going()
    });
    for member in scene.members.into_iter().chain(new.map(Member::made)) {
        // What is not ours to describe is not ours to judge.
        if let Some(desired) = member.desired {
            retirements::advise(&Target::Pool(desired.name.clone()), member.body, scene.today, plan);
        }
    }
}

/// Whether Azure takes this change of what exists; what it would refuse is said.
pub fn takes_change(input: &Input<'_>, live: &LiveCluster, change: &Change, plan: &mut Plan) -> bool {
    let scene = Scene::of(input, Some(live));
    let wrong = changes::RULES.iter().find_map(|rule| {
        let problem = (rule.check)(&scene, change)?;
        Some(Blocker::Incompatible {
            target: change.target.clone(),
            reason: rule.reason,
            problem,
        })
    });
    let fits = wrong.is_none();
    plan.blockers.extend(wrong);
    fits
}

/// Takes upgrades out that lead a pool past the versions its operating system is made for, and those behind them.
pub fn hold_upgrades(input: &Input<'_>, live: &LiveCluster, plan: &mut Plan) {
    let scene = Scene::of(input, Some(live));
    let wrong: Vec<(Target, String)> = plan
        .steps
        .iter()
        .flat_map(|planned| match &planned.step {
            Step::UpgradePool { pool, to, .. } => versions::left_behind(&scene, Some(pool.as_str()), *to),
            Step::UpgradeCluster { to, .. } => versions::left_behind(&scene, None, *to),
            _ => Vec::new(),
        })
        .collect();
    for (target, problem) in wrong {
        plan.steps.retain(|planned| match &planned.step {
            Step::UpgradePool { .. } => planned.step.target() != target,
            Step::UpgradeCluster { .. } => false,
            _ => true,
        });
        let blocker = Blocker::Incompatible {
            target,
            reason: UPGRADE_RULE,
            problem,
        };
        if !plan.blockers.contains(&blocker) {
            plan.blockers.push(blocker);
        }
    }
}
