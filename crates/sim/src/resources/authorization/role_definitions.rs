//! Role definitions: the built-in ones, which are found at every scope, and those that clients make.

use serde_json::{Value, json};

use super::super::id::{ResourceId, ResourceKey};
use super::super::resource_type::{Deleted, Home, Listed, NameRule, ResourceType, Write};
use super::super::store::Resource;
use super::is_guid;
use crate::arm::provenance::Provenance;
use crate::identity::roles::{self, Permission, Role};
use crate::refusal::Refusal;
use crate::wire::Request;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: super::NAMESPACE,
    path: "roleDefinitions",
    calls: "RoleDefinitions",
    versions: &["2022-04-01", "2018-01-01-preview", "2015-07-01"],
    home: Home::Extension,
    updated: 201,
    deleted: Deleted::Shown,
    missing: "RoleDefinitionDoesNotExist",
    name: Some(NameRule {
        holds: is_guid,
        refuse: |name| {
            let message = format!("The role definition ID '{name}' is not valid. It must be a GUID.");
            Refusal::service(400, "InvalidRoleDefinitionId", message)
        },
    }),
    resolve,
    check,
    complete: |_, _, body| body["properties"]["type"] = json!("CustomRole"),
    applied,
    keep: |_, resource, _| changeable(resource),
    removed: |world, resource| world.directory.remove_role(resource.id.name()),
    listed: Listed::Picked(listed),
    ..ResourceType::PLAIN
};

fn tenant_wide(guid: &str) -> ResourceId {
    ResourceId {
        scope: String::new(),
        namespace: super::NAMESPACE.to_owned(),
        path: vec![(TYPE.path.to_owned(), guid.to_owned())],
    }
}

/// Puts the built-in roles where every scope finds them.
pub fn seed(world: &mut World) {
    for role in roles::built_in() {
        let resource = Resource {
            id: tenant_wide(&role.guid),
            kind: &TYPE,
            body: role.body(),
            provenance: Provenance::written(None, "Azure", jiff::Timestamp::MIN),
            etag: String::new(),
            operation: None,
            visible_from: jiff::Timestamp::MIN,
        };
        world.resources.put(resource);
    }
}

/// A definition is the same at every scope that it may be assigned at.
fn resolve(world: &World, id: &ResourceId) -> ResourceKey {
    let everywhere = tenant_wide(id.name()).key();
    if world.resources.get(&everywhere).is_some() {
        return everywhere;
    }
    let all = world.resources.of_type(&TYPE);
    let mut same = all.filter(|(_, known)| known.id.name().eq_ignore_ascii_case(id.name()));
    same.next().map_or_else(|| id.key(), |(key, _)| key.clone())
}

fn changeable(resource: &Resource) -> Result<(), Refusal> {
    if resource.text("type") == Some("BuiltInRole") {
        let message = "Built-in roles cannot be changed or deleted.";
        return Err(Refusal::service(400, "CannotUpdateBuiltInRole", message));
    }
    Ok(())
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    if let Some(known) = world.resources.get(&resolve(world, write.id)) {
        changeable(known)?;
    }
    let listed = |name: &str| write.property(name).and_then(Value::as_array).is_some();
    if write.text("roleName").is_none() || !listed("permissions") || !listed("assignableScopes") {
        let message = "A role definition needs roleName, permissions and assignableScopes.";
        return Err(Refusal::service(400, "InvalidRoleDefinition", message));
    }
    Ok(())
}

fn applied(world: &mut World, key: &ResourceKey) {
    let Some(resource) = world.resources.get(key) else {
        return;
    };
    let entries = resource.property("permissions").and_then(Value::as_array);
    let role = Role {
        guid: resource.id.name().to_owned(),
        name: resource.text("roleName").unwrap_or_default().to_owned(),
        permissions: entries.into_iter().flatten().map(Permission::read).collect(),
    };
    world.directory.put_role(role);
}

/// Definitions that may be assigned at a scope; filters `roleName eq '..'` and `type eq '..'`.
fn listed(world: &World, scope: &str, request: &Request) -> Result<Vec<ResourceKey>, Refusal> {
    let filter = request.query("$filter").unwrap_or_default();
    let wanted = match filter.split_once(" eq ") {
        None if filter.is_empty() || filter == "atScopeAndBelow()" => None,
        Some((name @ ("roleName" | "type"), value)) => Some((name, value.trim_matches('\''))),
        _ => {
            let message = format!("The filter '{filter}' is not supported for role definitions.");
            return Err(Refusal::service(400, "UnsupportedFilter", message));
        }
    };
    let here = ResourceKey::of(scope);
    let all = world.resources.of_type(&TYPE);
    let shown = all.filter(|(_, resource)| {
        let matches = wanted.is_none_or(|(name, value)| {
            resource
                .text(name)
                .is_some_and(|known| known.eq_ignore_ascii_case(value))
        });
        matches && here.is_within(&ResourceKey::of(&resource.id.scope))
    });
    Ok(shown.map(|(key, _)| key.clone()).collect())
}
