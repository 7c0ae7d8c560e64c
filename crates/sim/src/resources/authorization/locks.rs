//! Locks, and what they keep from happening (Learn: lock your resources).

use axum::http::Method;

use super::super::id::ResourceKey;
use super::super::resource_type::{Home, Listed, ResourceType};
use super::super::store::Resource;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::wire::Request;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: super::NAMESPACE,
    path: "locks",
    calls: "ManagementLocks",
    system_data: true,
    versions: &["2020-05-01", "2017-04-01", "2016-09-01"],
    home: Home::Extension,
    missing: "LockNotFound",
    body: Some(Definition::Lock),
    check: |_, write| match write.text("level") {
        Some(level) if ["cannotdelete", "readonly"].contains(&level.to_lowercase().as_str()) => Ok(()),
        _ => {
            let message = "The lock level has to be one of 'CanNotDelete', 'ReadOnly'.";
            Err(Refusal::gateway(400, "InvalidLockLevel", message))
        }
    },
    listed: Listed::Picked(listed),
    ..ResourceType::PLAIN
};

/// Locks at a scope, above and below it; `atScope()` leaves out those below.
fn listed(world: &World, scope: &str, request: &Request) -> Result<Vec<ResourceKey>, Refusal> {
    let here = ResourceKey::of(scope);
    let all_below = request
        .query("$filter")
        .is_none_or(|filter| !filter.eq_ignore_ascii_case("atScope()"));
    let shown = |resource: &Resource| {
        let at = ResourceKey::of(&resource.id.scope);
        here.is_within(&at) || (all_below && at.is_within(&here))
    };
    let all = world.resources.of_type(&TYPE);
    Ok(all
        .filter(|(_, lock)| shown(lock))
        .map(|(key, _)| key.clone())
        .collect())
}

/// Whether anything is locked at a scope, by a lock there or above.
#[must_use]
pub fn any_at(world: &World, scope: &ResourceKey) -> bool {
    let mut locks = world.resources.of_type(&TYPE);
    locks.any(|(_, lock)| scope.is_within(&ResourceKey::of(&lock.id.scope)))
}

/// Whether locks let a call through: a lock is inherited by everything below it, and it keeps what is above from being
/// deleted with it. `ReadOnly` stops POSTs too. Locks themselves are not subject to locks.
///
/// # Errors
/// 409 `ScopeLocked`.
pub fn check(world: &World, request: &Request, right: &str) -> Result<(), Refusal> {
    let right = right.to_lowercase();
    let reads = matches!(request.method, Method::GET | Method::HEAD) || right.ends_with("/read");
    if reads || right.starts_with("microsoft.authorization/locks/") {
        return Ok(());
    }
    let deletes = request.method == Method::DELETE;
    let target = ResourceKey::of(&request.path);
    let stops = |lock: &Resource| {
        let at = ResourceKey::of(&lock.id.scope);
        let read_only = lock
            .text("level")
            .is_some_and(|level| level.eq_ignore_ascii_case("ReadOnly"));
        (target.is_within(&at) && (deletes || read_only)) || (deletes && at.is_within(&target))
    };
    let locks = world.resources.of_type(&TYPE);
    let scopes: Vec<String> = locks
        .filter(|(_, lock)| stops(lock))
        .map(|(_, lock)| lock.id.scope.clone())
        .collect();
    if scopes.is_empty() {
        return Ok(());
    }
    let what = if deletes { "delete" } else { "write" };
    let message = format!(
        "The scope '{}' cannot perform {what} operation because following scope(s) are locked: '{}'. Please remove the lock and try again.",
        request.path,
        scopes.join(",")
    );
    Err(Refusal::gateway(409, "ScopeLocked", message))
}
