//! Role definitions and their assignment at a scope.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::built_in::BUILT_IN;
use super::condition::{Condition, Delegation};

/// A built-in role. Actions are those that calls of the simulator ask for; rights to support tickets, alert rules and
/// deployments, which most of them have too, are left out (Learn: Azure built-in roles).
#[derive(Debug)]
pub struct BuiltIn {
    /// Name of the definition: the same GUID in every tenant.
    pub guid: &'static str,
    /// `roleName`.
    pub name: &'static str,
    /// What it allows on the control plane.
    pub actions: &'static [&'static str],
    /// What it takes away from that.
    pub not_actions: &'static [&'static str],
    /// What it allows on data.
    pub data_actions: &'static [&'static str],
}

/// A role: built in, or made by a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// GUID of its definition.
    pub guid: String,
    /// Its name.
    pub name: String,
    /// Rights; each entry stands alone.
    pub permissions: Vec<Permission>,
}

/// Rights of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Allowed on the control plane; `*` stands for anything.
    pub actions: Vec<String>,
    /// Taken away from that.
    pub not_actions: Vec<String>,
    /// Allowed on data.
    pub data_actions: Vec<String>,
    /// Taken away from that.
    pub not_data_actions: Vec<String>,
}

impl Permission {
    /// Reads an entry of `properties.permissions`.
    #[must_use]
    pub fn read(entry: &Value) -> Self {
        let list = |name: &str| -> Vec<String> {
            let list = entry.get(name).and_then(Value::as_array);
            let texts = list.into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        Self {
            actions: list("actions"),
            not_actions: list("notActions"),
            data_actions: list("dataActions"),
            not_data_actions: list("notDataActions"),
        }
    }

    /// Whether it has `action`.
    #[must_use]
    pub fn permits(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        any(&self.actions) && !any(&self.not_actions)
    }
}

/// Whether an action is one of those that a pattern stands for; `*` stands for any text, slashes included.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

impl Role {
    /// Whether the role has `action`, for example `Microsoft.ContainerService/managedClusters/write`.
    #[must_use]
    pub fn permits(&self, action: &str) -> bool {
        self.permissions.iter().any(|permission| permission.permits(action))
    }

    /// The definition as a resource, without id, name and type.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({"properties": {
            "roleName": self.name,
            "type": "BuiltInRole",
            "description": self.name,
            "assignableScopes": ["/"],
            "permissions": self.permissions,
        }})
    }
}

impl From<&BuiltIn> for Role {
    fn from(role: &BuiltIn) -> Self {
        let owned = |list: &[&str]| list.iter().map(|action| (*action).to_owned()).collect();
        Self {
            guid: role.guid.to_owned(),
            name: role.name.to_owned(),
            permissions: vec![Permission {
                actions: owned(role.actions),
                not_actions: owned(role.not_actions),
                data_actions: owned(role.data_actions),
                not_data_actions: Vec::new(),
            }],
        }
    }
}

/// Every built-in role.
pub fn built_in() -> impl Iterator<Item = Role> {
    BUILT_IN.iter().map(Role::from)
}

/// A role given to a principal at a scope and everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Object id.
    pub principal: String,
    /// GUID of the role definition.
    pub role: String,
    /// Resource id of a subscription, resource group or resource; `/` for all.
    pub scope: String,
    /// Simulated time from which it counts: assignments take minutes to reach every region.
    pub effective_from: Timestamp,
    /// What it restricts its holder to when assigning roles.
    #[serde(skip)]
    pub condition: Option<Condition>,
    /// Id of the assignment as a resource; none for one that the admin side made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl RoleAssignment {
    /// Whether the resource id `scope` is at or below the assignment's scope.
    #[must_use]
    pub fn covers(&self, scope: &str) -> bool {
        let own = self.scope.trim_end_matches('/').to_ascii_lowercase();
        let scope = scope.to_ascii_lowercase();
        scope
            .strip_prefix(&own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether its condition, if it has one, lets its holder pass a role on.
    #[must_use]
    pub fn lets_delegate(&self, delegation: &Delegation<'_>) -> bool {
        self.condition
            .as_ref()
            .is_none_or(|condition| condition.allows(delegation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scope: &str) -> RoleAssignment {
        RoleAssignment {
            principal: "p".into(),
            role: "r".into(),
            scope: scope.into(),
            effective_from: Timestamp::UNIX_EPOCH,
            condition: None,
            id: None,
        }
    }

    fn role(name: &str) -> Role {
        built_in().find(|role| role.name == name).unwrap()
    }

    #[test]
    fn an_assignment_covers_its_scope_and_everything_below_in_any_casing() {
        let group = at("/subscriptions/S/resourceGroups/rg");
        assert!(group.covers("/subscriptions/s/resourcegroups/RG"));
        assert!(group.covers("/subscriptions/s/resourceGroups/rg/providers/x/y/z"));
        assert!(!group.covers("/subscriptions/s/resourceGroups/rg2"));
        assert!(!group.covers("/subscriptions/s"));
        assert!(at("/").covers("/subscriptions/s"));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*", "a/b"));
        assert!(matches("*/read", "Microsoft.Network/virtualNetworks/READ"));
        assert!(!matches("*/read", "Microsoft.Network/virtualNetworks/readers"));
        assert!(matches(
            "Microsoft.Authorization/*/Write",
            "microsoft.authorization/locks/write"
        ));
        assert!(matches("a/b", "A/B") && !matches("a/b", "a/b/c"));
    }

    #[test]
    fn roles_hold_what_azure_gives_them() {
        const WRITE: &str = "Microsoft.ContainerService/managedClusters/write";
        const READ: &str = "Microsoft.ContainerService/managedClusters/read";
        const POOL: &str = "Microsoft.ContainerService/managedClusters/agentPools/write";
        const GROUP: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";
        const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";
        const LOCK: &str = "Microsoft.Authorization/locks/write";
        let permits = |name, action| role(name).permits(action);
        assert!(permits("Owner", ASSIGN));
        assert!(permits("Contributor", WRITE) && permits("Contributor", GROUP));
        assert!(!permits("Contributor", ASSIGN) && !permits("Contributor", LOCK));
        assert!(permits("Reader", READ) && !permits("Reader", WRITE));
        let narrow = "Azure Kubernetes Service Contributor Role";
        assert!(permits(narrow, WRITE) && !permits(narrow, POOL) && !permits(narrow, GROUP));
        let administrator = "Role Based Access Control Administrator";
        assert!(permits(administrator, ASSIGN) && !permits(administrator, WRITE) && !permits(administrator, LOCK));
    }
}
