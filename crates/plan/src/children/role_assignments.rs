//! Role assignments (azure-mgmt-authorization 4.0.0; Learn: role-based-access-control).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Child, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, place, principals, roles, texts};
use armature_api::{PrincipalType, RoleAssignment};

pub(super) static KIND: Kind = Kind {
    field: "roleAssignments",
    drafts,
    actions: &[
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "Microsoft.Authorization/roleDefinitions/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    ],
    ..ASSIGNMENT
};

/// What all kinds that amount to role assignments have in common.
pub(super) const ASSIGNMENT: Kind = Kind {
    // The cluster needs its rights to the end.
    leaves: Leaves::AfterCluster,
    compare: &[
        ("properties.roleDefinitionId", Rule::LastSegment),
        ("properties.principalId", Rule::AnyCase),
        ("properties.principalType", Rule::AnyCase),
    ],
    outputs: |body| texts(body, &[(PRINCIPAL, "/properties/principalId")]),
    stand_in,
    late: true,
    ..Kind::PLAIN
};

/// The output that tells who has the role.
pub(super) const PRINCIPAL: &str = "principalId";
const API_VERSION: &str = "2022-04-01";
const TYPE: &str = "providers/Microsoft.Authorization/roleAssignments";

/// The namespace of ARM's own `guid()`, so that a template arrives at the same names.
const GUIDS: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let assignments = view.spec.role_assignments.iter().flatten();
    assignments
        .map(|(name, assignment)| Draft::new(name, needs(view, assignment), child(view, name, assignment)))
        .collect()
}

/// A cluster can only be made in a subnet, with a route table, a zone or a disk encryption set, that its identity may
/// use already. Its own identity, which AKS makes, exists only with it.
fn needs(view: &View<'_>, assignment: &RoleAssignment) -> Needs {
    let outside = assignment.scope.starts_with('/') && !is_within(&assignment.scope, view.cluster);
    if outside && assignment.principal == "cluster" && principals::given(view).is_some() {
        Needs::Nothing
    } else {
        Needs::Cluster
    }
}

fn is_within(scope: &str, cluster: &str) -> bool {
    let (scope, cluster) = (scope.to_ascii_lowercase(), cluster.to_ascii_lowercase());
    scope
        .strip_prefix(&cluster)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn child(view: &View<'_>, name: &str, assignment: &RoleAssignment) -> Result<Child, Hindrance> {
    let RoleAssignment {
        principal,
        principal_type,
        role,
        scope,
        condition,
        description,
    } = assignment;
    let scope = scope_id(view, scope)?;
    let grant = Grant {
        role: role_guid(view, name, role, &scope)?,
        principal: principals::object_id(view, principal)?,
        scope,
    };
    let mut child = grant.child(serde_json::to_value(assignment)?);
    let properties = &mut child.body["properties"];
    let principal_type = match principal_type.unwrap_or_default() {
        PrincipalType::ServicePrincipal => "ServicePrincipal",
        PrincipalType::User => "User",
        PrincipalType::Group => "Group",
    };
    properties["principalType"] = json!(principal_type);
    if let Some(condition) = condition {
        properties["condition"] = json!(condition);
        properties["conditionVersion"] = json!("2.0");
    }
    if let Some(description) = description {
        properties["description"] = json!(description);
    }
    Ok(child)
}

fn scope_id(view: &View<'_>, scope: &str) -> Result<String, Hindrance> {
    match scope {
        "cluster" => Ok(view.cluster.to_owned()),
        "nodeResourceGroup" => {
            let group = view.live_text("/properties/nodeResourceGroup", "the node resource group")?;
            let subscription = &view.spec.subscription_id;
            place::at(&format!("/subscriptions/{subscription}"), "resourceGroups", &group)
        }
        other => Ok(match other.strip_prefix("namespace/") {
            Some(namespace) => place::at(view.cluster, "namespaces", namespace)?,
            None => other.trim_end_matches('/').to_owned(),
        }),
    }
}

/// The GUID of a role: a definition has the same one wherever it can be assigned.
fn role_guid(view: &View<'_>, name: &str, role: &str, scope: &str) -> Result<String, Hindrance> {
    let last = role.rsplit('/').next().unwrap_or(role);
    if let Ok(guid) = Uuid::try_parse(last) {
        return Ok(guid.to_string());
    }
    if let Some(guid) = roles::built_in(role) {
        return Ok(guid.to_owned());
    }
    let invalid = |problem: String| Hindrance::Invalid {
        field: format!("spec.roleAssignments.{name}.role"),
        problem,
    };
    let definitions = format!(
        "{}/providers/Microsoft.Authorization/roleDefinitions",
        subscription(scope)
    );
    let filter = format!("roleName eq '{}'", role.replace('\'', "''"));
    let found = view.list(&definitions, API_VERSION, Some(&filter))?;
    match found {
        [definition] => match definition["name"].as_str() {
            Some(guid) => Ok(guid.to_ascii_lowercase()),
            None => Err(invalid(format!("Azure names no id of the role {role}; use its GUID"))),
        },
        [] => Err(invalid(format!(
            "there is no role {role} that can be assigned in {}; correct the name, or use the GUID",
            subscription(scope)
        ))),
        several => Err(invalid(format!(
            "{} roles are called {role}; use the GUID of the one you mean",
            several.len()
        ))),
    }
}

/// The subscription that a scope is in, as an id.
fn subscription(scope: &str) -> String {
    scope.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// A role for a principal at a scope.
pub(super) struct Grant {
    /// Where.
    pub scope: String,
    /// Object id of who.
    pub principal: String,
    /// GUID of what.
    pub role: String,
}

impl Grant {
    /// The assignment. Its name follows from what it gives, so that everybody arrives at the same one, and a principal
    /// that was made anew at another. With the type of the principal Azure does not look it up, which for a new one it
    /// could not.
    pub fn child(&self, entry: Value) -> Child {
        let Self { scope, principal, role } = self;
        let seed = format!("{scope}-{principal}-{role}").to_ascii_lowercase();
        let name = Uuid::new_v5(&GUIDS, seed.as_bytes());
        let definitions = format!(
            "{}/providers/Microsoft.Authorization/roleDefinitions",
            subscription(scope)
        );
        Child {
            id: format!("{scope}/{TYPE}/{name}"),
            api_version: API_VERSION.into(),
            body: json!({ "properties": {
                "roleDefinitionId": format!("{definitions}/{role}"),
                "principalId": principal,
                "principalType": "ServicePrincipal",
            } }),
            entry,
            secrets: Vec::new(),
        }
    }
}

/// Azure takes one assignment of a role to a principal at a scope, whatever its name, and tells that of the one there
/// is: "The ID of the existing role assignment is 0123...", without hyphens.
fn stand_in(child: &Child, code: &str, message: &str) -> Option<String> {
    if code != "RoleAssignmentExists" {
        return None;
    }
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let name = words
        .filter(|word| word.len() == 32)
        .find_map(|word| Uuid::try_parse(word).ok());
    Some(match (name, child.id.rsplit_once('/')) {
        (Some(name), Some((all, _))) => format!("{all}/{name}"),
        _ => child.id.clone(),
    })
}

#[cfg(test)]
mod tests;
