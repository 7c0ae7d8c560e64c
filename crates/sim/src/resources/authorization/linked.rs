//! Rights on resources that a body names: ARM asks for them besides the right on the resource itself.

use crate::refusal::Refusal;
use crate::world::World;

/// Whether `caller`, who may carry out `action` at `scope`, may also do `needed` on `target`.
///
/// # Errors
/// 403 `LinkedAuthorizationFailed`.
pub fn check(
    world: &World,
    caller: &str,
    action: &str,
    scope: &str,
    needed: &str,
    target: &str,
) -> Result<(), Refusal> {
    if world.directory.allows(caller, needed, target, world.now()) {
        return Ok(());
    }
    let message = format!(
        "The client with object id '{caller}' has permission to perform action '{action}' on scope '{scope}'; however, it does not have permission to perform action(s) '{needed}' on the linked scope(s) '{target}' (respectively) or the linked scope(s) are invalid."
    );
    Err(Refusal::gateway(403, "LinkedAuthorizationFailed", message))
}
