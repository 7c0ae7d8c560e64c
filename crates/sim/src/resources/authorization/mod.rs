//! Microsoft.Authorization: role assignments and definitions, the caller's own rights, locks.

pub mod linked;
pub mod locks;
mod role_assignments;
mod role_definitions;

pub(crate) use role_definitions::seed;

use serde_json::{Value, json};

use super::resource_type::{Home, Listed, ResourceType};
use crate::arm::gateway::Context;
use crate::refusal::Refusal;
use crate::world::World;

pub(super) const NAMESPACE: &str = "Microsoft.Authorization";

/// Types of this provider (azure-mgmt-authorization 4.0.0, azure-mgmt-resource-locks 1.0.0).
pub const TYPES: &[ResourceType] = &[
    role_assignments::TYPE,
    role_definitions::TYPE,
    ResourceType {
        namespace: NAMESPACE,
        path: "permissions",
        calls: "Permissions",
        versions: &["2022-04-01", "2015-07-01"],
        home: Home::Extension,
        listed: Listed::Computed(permissions),
        ..ResourceType::PLAIN
    },
    locks::TYPE,
];

/// The caller's rights at a scope, one entry for each assignment. Conditions do not show.
fn permissions(world: &World, cx: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let rights = world.directory.permissions(&cx.claims.oid, scope, world.now());
    Ok(rights.into_iter().map(|permission| json!(permission)).collect())
}

/// Whether a text is a GUID.
fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_five_groups_of_hexadecimal_digits() {
        assert!(is_guid("8E3af657-a8ff-443c-a75c-2fe8c4bcb635"));
        assert!(!is_guid("8e3af657a8ff443ca75c2fe8c4bcb635") && !is_guid("8e3af657-a8ff-443c-a75c-2fe8c4bcb63z"));
    }
}
