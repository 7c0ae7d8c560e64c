//! Whether a step can be sent to what Azure has.

use super::desired::DesiredPool;
use super::live::LiveCluster;
use super::step::Step;

/// Whether there is a request for the step, where Azure has `live` and Git asks for `pools`. A step that was planned for
/// another world is an error of that step, never a success.
pub fn is_possible(step: &Step, live: Option<&LiveCluster>, pools: &[DesiredPool]) -> bool {
    let wanted = |name: &String| pools.iter().any(|pool| pool.name == *name);
    let shown = |name: &String| live.is_some_and(|live| live.pool(name).is_some());
    match step {
        Step::CreateResourceGroup => live.is_none(),
        Step::CreateCluster { pools } => live.is_none() && pools.iter().all(wanted),
        Step::AdoptCluster { .. }
        | Step::TagCluster { .. }
        | Step::UpdateCluster { .. }
        | Step::UpgradeControlPlane { .. }
        | Step::UpgradeCluster { .. }
        | Step::StartCluster { .. }
        | Step::StopCluster { .. }
        | Step::ResumeCluster
        | Step::DeleteCluster => live.is_some(),
        Step::CreatePool { pool, .. } => live.is_some() && wanted(pool),
        Step::UpdatePool { pool, .. }
        | Step::UpgradePool { pool, .. }
        | Step::ResumePool { pool }
        | Step::DeletePool { pool } => shown(pool),
        // Whoever looks after children lifts and restores locks.
        Step::LiftLock { .. } | Step::RestoreLock { .. } => false,
    }
}
