//! Work that a user aborted: it stays so until the user says how it is to go on.
//!
//! An abort leaves `Canceled` behind, which any write to the resource resumes. So while the action that aborted stands in
//! the manifest, none is made: it is the user's word that what goes on now is not what should.

use super::blocker::Blocker;
use super::change::Target;
use super::live::{LiveCluster, LivePool, ProvisioningState};
use super::step::Step;
use super::{Input, Plan};

/// The action that aborted the work on the cluster, if one did.
fn on_cluster<'a>(input: &Input<'a>, live: &LiveCluster) -> Option<&'a str> {
    let aborted = live.provisioning_state() == ProvisioningState::Canceled;
    named(input, &Target::Cluster).filter(|_| aborted)
}

/// The action that aborted the work on this pool alone.
fn on_pool<'a>(input: &Input<'a>, live: &LivePool) -> Option<&'a str> {
    let aborted = live.provisioning_state() == ProvisioningState::Canceled;
    named(input, &Target::Pool(live.name.to_ascii_lowercase())).filter(|_| aborted)
}

fn named<'a>(input: &Input<'a>, target: &Target) -> Option<&'a str> {
    input.facts.aborted.get(target).map(String::as_str)
}

/// Names what was aborted: the cluster, and each pool that its abort or one of its own left half done.
pub fn block(input: &Input<'_>, live: &LiveCluster, plan: &mut Plan) {
    let whole = on_cluster(input, live);
    let blocker = |target: Target, action: &str| Blocker::Aborted {
        target,
        action: action.to_owned(),
    };
    plan.blockers
        .extend(whole.map(|action| blocker(Target::Cluster, action)));
    let pools = live.pools.iter().filter_map(|pool| {
        let with_cluster = whole.filter(|_| pool.provisioning_state().is_broken());
        let action = on_pool(input, pool).or(with_cluster)?;
        Some(blocker(Target::Pool(pool.name.to_ascii_lowercase()), action))
    });
    plan.blockers.extend(pools);
}

/// The action that holds a step, which would go on with what was aborted. Only a deletion leaves nothing of it.
pub fn holds<'a>(step: &Step, input: &Input<'a>) -> Option<&'a str> {
    let live = input.live?;
    match step {
        Step::DeleteCluster => None,
        Step::DeletePool { .. } => on_cluster(input, live),
        // It takes every pool along.
        Step::UpgradeCluster { .. } => {
            on_cluster(input, live).or_else(|| live.pools.iter().find_map(|pool| on_pool(input, pool)))
        }
        _ => on_cluster(input, live).or_else(|| match step.target() {
            Target::Pool(name) => on_pool(input, live.pool(&name)?),
            Target::Cluster | Target::Child(_) | Target::Action(_) => None,
        }),
    }
}
