//! Role assignments: who may do what where, in the directory that every call is checked against.
//!
//! Codes and messages: azure-mgmt-authorization 4.0.0, azure-cli 2.91 and terraform-provider-azurerm, which match them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::id::ResourceKey;
use super::super::resource_type::{Deleted, Home, Listed, NameRule, ResourceType, Write};
use super::super::scope::same;
use super::super::store::Resource;
use super::is_guid;
use crate::arm::gateway::Context;
use crate::clock::shift;
use crate::identity::condition::{Condition, Delegation};
use crate::identity::roles::RoleAssignment;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::wire::Request;
use crate::world::World;

/// Assignments that a subscription holds at most (Learn: limits of Azure RBAC).
const LIMIT: usize = 4000;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: super::NAMESPACE,
    path: "roleAssignments",
    calls: "RoleAssignments",
    versions: &["2022-04-01", "2020-10-01-preview", "2018-01-01-preview"],
    home: Home::Extension,
    deleted: Deleted::Shown,
    late: true,
    missing: "RoleAssignmentNotFound",
    body: Some(Definition::RoleAssignment),
    name: Some(NameRule {
        holds: is_guid,
        refuse: |name| {
            let message =
                format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.");
            Refusal::service(400, "InvalidRoleAssignmentId", message)
        },
    }),
    check,
    complete,
    applied,
    keep,
    removed: |world, resource| world.directory.unassign_resource(&resource.id.to_string()),
    listed: Listed::Picked(listed),
    ..ResourceType::PLAIN
};

/// Whether two role assignments, or what is to become one, give the same.
fn is(resource: &Resource, property: &str, value: &str) -> bool {
    resource
        .text(property)
        .is_some_and(|known| last(known).eq_ignore_ascii_case(last(value)))
}

/// The last segment of an id: the GUID of a role definition, whatever scope it is written with.
fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let role = write.text("roleDefinitionId").unwrap_or_default();
    let principal = write.text("principalId").unwrap_or_default();
    if !is_guid(principal) {
        let message = format!("A valid principal ID must be provided for role assignment: '{principal}'.");
        return Err(Refusal::service(400, "InvalidPrincipalId", message));
    }
    if world.directory.role(last(role)).is_none() {
        let message = format!(
            "The specified role definition with ID '{}' does not exist.",
            last(role).replace('-', "")
        );
        return Err(Refusal::service(400, "RoleDefinitionDoesNotExist", message));
    }
    if write.property("condition").is_some() && write.text("conditionVersion") != Some("2.0") {
        let message = "The condition version must be '2.0' when a condition is provided.";
        return Err(Refusal::service(400, "InvalidConditionVersion", message));
    }
    same_assignment(world, write, role, principal)?;
    principal_is_known(world, write, principal)?;
    delegation_is_allowed(
        world,
        write.caller,
        "Microsoft.Authorization/roleAssignments/write",
        &write.id.to_string(),
        &Delegation {
            role: last(role),
            principal_type: write.text("principalType").unwrap_or("ServicePrincipal"),
        },
    )
}

/// A name stands for one principal, role and scope in the whole tenant, and these for one name.
fn same_assignment(world: &World, write: &Write<'_>, role: &str, principal: &str) -> Result<(), Refusal> {
    let gives = |resource: &Resource| is(resource, "roleDefinitionId", role) && is(resource, "principalId", principal);
    let here = |resource: &Resource| same(&resource.id.scope, &write.id.scope);
    let mut in_subscription = 0_usize;
    for (_, known) in world.resources.of_type(&TYPE) {
        in_subscription += usize::from(known.id.subscription() == write.id.subscription());
        if known.id.name().eq_ignore_ascii_case(write.id.name()) {
            if gives(known) && here(known) {
                return Ok(());
            }
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(Refusal::service(400, "RoleAssignmentUpdateNotPermitted", message));
        }
        if gives(known) && here(known) {
            let message = format!(
                "The role assignment already exists. The ID of the existing role assignment is {}.",
                known.id.name().replace('-', "")
            );
            return Err(Refusal::service(409, "RoleAssignmentExists", message));
        }
    }
    if in_subscription >= LIMIT {
        let message = format!(
            "The role assignment limit for the subscription has been reached ({LIMIT}). Remove unneeded role assignments and try again."
        );
        return Err(Refusal::service(400, "RoleAssignmentLimitExceeded", message));
    }
    Ok(())
}

/// With `principalType` the service does not look the principal up; without it, it has to find it.
fn principal_is_known(world: &World, write: &Write<'_>, principal: &str) -> Result<(), Refusal> {
    let known = world.directory.by_object_id(principal);
    match (write.text("principalType"), known) {
        (Some("ServicePrincipal"), _) | (Some(_), None) => Ok(()),
        (Some(other), Some(_)) => {
            let message = format!(
                "The PrincipalId '{principal}' has type 'ServicePrincipal', which is different from specified PrincipalType '{other}'."
            );
            Err(Refusal::service(400, "UnmatchedPrincipalType", message))
        }
        (None, Some(known)) if known.replicated_from.is_none_or(|from| from <= world.now()) => Ok(()),
        (None, _) => {
            let message = format!(
                "Principal {} does not exist in the directory {}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype",
                principal.replace('-', ""),
                world.directory.tenant()
            );
            Err(Refusal::service(400, "PrincipalNotFound", message))
        }
    }
}

fn delegation_is_allowed(
    world: &World,
    caller: &str,
    action: &str,
    scope: &str,
    delegation: &Delegation<'_>,
) -> Result<(), Refusal> {
    if world
        .directory
        .may_delegate(caller, action, scope, delegation, world.now())
    {
        return Ok(());
    }
    let message = format!(
        "The client with object id '{caller}' has permission to perform action '{action}' on scope '{scope}'; however, the access is denied because of the existence of an ABAC condition not fulfilled."
    );
    Err(Refusal::gateway(403, "AuthorizationFailed", message))
}

fn complete(world: &mut World, write: &Write<'_>, body: &mut Value) {
    let now = json!(world.now());
    let properties = &mut body["properties"];
    for absent in [
        "condition",
        "conditionVersion",
        "description",
        "delegatedManagedIdentityResourceId",
    ] {
        if properties.get(absent).is_none() {
            properties[absent] = Value::Null;
        }
    }
    if properties.get("principalType").is_none() {
        properties["principalType"] = json!("ServicePrincipal");
    }
    let scope = if write.id.scope.is_empty() {
        "/"
    } else {
        &write.id.scope
    };
    properties["scope"] = json!(scope);
    properties["createdOn"] = write.stored("createdOn").cloned().unwrap_or_else(|| now.clone());
    properties["createdBy"] = write
        .stored("createdBy")
        .cloned()
        .unwrap_or_else(|| json!(write.caller));
    properties["updatedOn"] = now;
    properties["updatedBy"] = json!(write.caller);
}

/// It takes effect after the propagation delay; what is only described anew keeps its effect.
fn applied(world: &mut World, key: &ResourceKey) {
    let Some(resource) = world.resources.get(key) else {
        return;
    };
    let id = resource.id.to_string();
    let text = |name: &str| resource.text(name).unwrap_or_default().to_owned();
    let before = world.directory.assignments().iter();
    let before = before
        .filter(|known| known.id.as_ref().is_some_and(|known| same(known, &id)))
        .map(|known| known.effective_from)
        .next();
    let delay = SignedDuration::from_secs(i64::from(world.settings.role_propagation));
    let assignment = RoleAssignment {
        principal: text("principalId"),
        role: last(&text("roleDefinitionId")).to_lowercase(),
        scope: text("scope"),
        effective_from: before.unwrap_or_else(|| shift(world.now(), delay)),
        condition: resource.text("condition").map(Condition::read),
        id: Some(id.clone()),
    };
    world.directory.unassign_resource(&id);
    world.directory.assign(assignment);
}

fn keep(world: &World, resource: &Resource, cx: &Context<'_>) -> Result<(), Refusal> {
    let delegation = Delegation {
        role: last(resource.text("roleDefinitionId").unwrap_or_default()),
        principal_type: resource.text("principalType").unwrap_or_default(),
    };
    let action = "Microsoft.Authorization/roleAssignments/delete";
    delegation_is_allowed(world, &cx.claims.oid, action, &resource.id.to_string(), &delegation)
}

/// Assignments at a scope, above and below it; `atScope()` leaves out those below.
fn listed(world: &World, scope: &str, request: &Request) -> Result<Vec<ResourceKey>, Refusal> {
    let filter = Filter::read(request.query("$filter").unwrap_or_default())?;
    let here = ResourceKey::of(scope);
    let shows = |resource: &Resource| {
        let at = ResourceKey::of(&resource.id.scope);
        let placed = here.is_within(&at) || (!filter.at_scope && at.is_within(&here));
        let given = filter
            .principal
            .as_deref()
            .is_none_or(|principal| is(resource, "principalId", principal));
        placed && given
    };
    let all = world.resources.of_type(&TYPE);
    Ok(all
        .filter(|(_, resource)| shows(resource))
        .map(|(key, _)| key.clone())
        .collect())
}

/// `$filter` of the list.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    at_scope: bool,
    principal: Option<String>,
}

impl Filter {
    /// `atScope()`, `principalId eq '..'`, `assignedTo('..')`, and these joined by `and`.
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut filter = Self::default();
        for part in text.split(" and ").map(str::trim).filter(|part| !part.is_empty()) {
            let quoted = part.split('\'').nth(1).map(str::to_owned);
            if part.eq_ignore_ascii_case("atScope()") {
                filter.at_scope = true;
            } else if (part.starts_with("principalId eq ") || part.starts_with("assignedTo(")) && quoted.is_some() {
                filter.principal = quoted;
            } else {
                let message = format!("The filter '{text}' is not supported for role assignments.");
                return Err(Refusal::service(400, "UnsupportedFilter", message));
            }
        }
        Ok(filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_alone_and_joined() {
        let filter = |text| Filter::read(text).unwrap();
        assert_eq!(filter(""), Filter::default());
        assert!(filter("atScope()").at_scope);
        assert_eq!(filter("principalId eq 'p'").principal.as_deref(), Some("p"));
        let both = filter("atScope() and assignedTo('p')");
        assert!(both.at_scope && both.principal.as_deref() == Some("p"));
        assert!(Filter::read("roleName eq 'x'").is_err());
    }
}
