//! What locks mean for children, and locks that are lifted for a while.

use super::leave::Departure;
use super::{Round, act, is_taken, line};
use crate::reconcile::failure::Ended;
use crate::reconcile::pass::Pass;
use crate::reconcile::write::WriteError;
use crate::reconcile::{events, locks};
use armature_api::ChildState;
use armature_arm::{ResourceId, Retry};
use armature_plan::blocker::Obstacle;
use armature_plan::change::Target;
use armature_plan::children::claim::Claim;
use armature_plan::children::place;
use armature_plan::locks::{Passage, Touch};
use armature_plan::step::Step;

impl Round<'_> {
    /// A lock that has to be away for a while: it is lifted when everything else that is to happen can happen.
    pub(super) async fn suspend(&mut self, pass: &mut Pass<'_>, key: &str, why: &str) -> Result<(), WriteError> {
        if pass.child_line(key).state != ChildState::Suspended {
            let idle = self.is_idle();
            let line = pass.child_line(key);
            let known = line.id.clone().zip(line.api_version.clone());
            let known = known.filter(|_| idle && line.owned);
            let Some((id, api_version)) = known else {
                return Ok(());
            };
            if is_taken(pass, key) || self.delete(pass, key, &id, &api_version).await? != Departure::Gone {
                return Ok(());
            }
            let line = pass.child_line(key);
            Claim::end(line);
            line.applied = None;
            pass.memory.children.forget(key);
            tell(pass, &Step::LiftLock { lock: key.to_owned() });
        }
        let told = format!("is lifted {why}, and put back afterwards");
        line::set(pass.child_line(key), ChildState::Suspended, told);
        Ok(())
    }
}

/// Whether locks on the cluster mean anything for a child: it is below the cluster. They do not keep locks from being
/// written.
fn is_below_locks(pass: &Pass<'_>, key: &str, id: &ResourceId) -> bool {
    !locks::is_lock(key) && place::is_below(id.as_str(), &pass.cluster_id)
}

/// Says that the child waits for its turn, so that a lock that is away for it stays so.
pub fn want(pass: &mut Pass<'_>, key: &str, id: &ResourceId, touch: Touch) {
    if is_below_locks(pass, key, id) {
        pass.memory.locks.want(Target::Child(key.to_owned()), touch);
    }
}

/// Whether a lock of ours keeps this from happening to a child of the cluster. One that may be lifted is, in the next
/// pass; for another the child fails.
pub fn locked(pass: &mut Pass<'_>, key: &str, id: &ResourceId, touch: Touch) -> bool {
    if !is_below_locks(pass, key, id) {
        return false;
    }
    match locks::known(pass).passage(touch) {
        Passage::Free => return false,
        Passage::After(first) => {
            pass.memory.locks.want(Target::Child(key.to_owned()), touch);
            let waits = format!("waits for {} to be lifted", first.join(", "));
            line::set(pass.child_line(key), ChildState::Waiting, waits);
            pass.memory.children.forget_look(key);
        }
        Passage::Never(obstacle) => fail_locked(pass, key, &obstacle),
    }
    true
}

/// A lock that Armature may not lift keeps this from happening.
pub fn fail_locked(pass: &mut Pass<'_>, key: &str, obstacle: &Obstacle) {
    let message = format!("{} keeps Armature from it", obstacle.lock);
    let target = Target::Child(key.to_owned());
    act::fail(
        pass,
        key,
        Ended::ours(target, "ScopeLocked", message, &obstacle.way_out, Retry::User),
    );
}

/// A step of the plan that is about a lock was taken.
pub fn tell(pass: &mut Pass<'_>, step: &Step) {
    pass.ended += 1;
    events::started(pass, step);
}
