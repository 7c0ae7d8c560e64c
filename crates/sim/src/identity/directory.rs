//! Who exists in the tenant, and their role assignments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::condition::Delegation;
use super::roles::{self, Permission, Role, RoleAssignment};

/// A trust between a principal and tokens of another issuer (workload identity).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FederatedCredential {
    /// `iss` of the assertion, compared exactly.
    pub issuer: String,
    /// `sub` of the assertion, compared exactly.
    pub subject: String,
    /// `aud` of the assertion.
    #[serde(default = "exchange_audience")]
    pub audience: String,
}

fn exchange_audience() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// An application or managed identity.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Principal {
    /// Application (client) id.
    pub client_id: String,
    /// Object id: what role assignments name.
    pub object_id: String,
    /// Client secret; none when it cannot sign in with one.
    #[serde(default, skip_serializing)]
    pub secret: Option<String>,
    /// Trusts for workload identity.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
    /// Whether the managed-identity endpoint hands out its tokens.
    #[serde(default)]
    pub managed_identity: bool,
    /// Resource id, by which the managed-identity endpoint can be asked for it.
    #[serde(default)]
    pub resource_id: Option<String>,
    /// Simulated time from which a role assignment that does not name the type of its principal finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicated_from: Option<Timestamp>,
}

impl Principal {
    /// A managed identity that belongs to a resource and signs in by no secret.
    #[must_use]
    pub fn managed_identity(client_id: String, object_id: String, resource_id: String) -> Self {
        Self {
            client_id,
            object_id,
            secret: None,
            federated_credentials: Vec::new(),
            managed_identity: true,
            resource_id: Some(resource_id),
            replicated_from: None,
        }
    }
}

impl std::fmt::Debug for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Principal")
            .field("client_id", &self.client_id)
            .field("object_id", &self.object_id)
            .field("secret", &self.secret.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

/// Principals and role assignments of one tenant.
#[derive(Debug)]
pub struct Directory {
    tenant: String,
    principals: Vec<Principal>,
    assignments: Vec<RoleAssignment>,
    /// Roles by the GUID of their definition.
    roles: BTreeMap<String, Role>,
}

impl Directory {
    /// A tenant without anybody.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            principals: Vec::new(),
            assignments: Vec::new(),
            roles: roles::built_in().map(|role| (role.guid.clone(), role)).collect(),
        }
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Adds a principal, or replaces the one with the same client id.
    pub fn put_principal(&mut self, principal: Principal) {
        self.principals
            .retain(|known| !known.client_id.eq_ignore_ascii_case(&principal.client_id));
        self.principals.push(principal);
    }

    /// Takes a principal out; whether it was there. Its role assignments stay, as in Azure.
    pub fn remove_principal(&mut self, client_id: &str) -> bool {
        let before = self.principals.len();
        self.principals
            .retain(|known| !known.client_id.eq_ignore_ascii_case(client_id));
        self.principals.len() != before
    }

    /// Everybody.
    #[must_use]
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// The principal with this application id.
    #[must_use]
    pub fn by_client_id(&self, client_id: &str) -> Option<&Principal> {
        self.principals
            .iter()
            .find(|principal| principal.client_id.eq_ignore_ascii_case(client_id))
    }

    /// The principal with this application id, to change.
    pub fn by_client_id_mut(&mut self, client_id: &str) -> Option<&mut Principal> {
        self.principals
            .iter_mut()
            .find(|principal| principal.client_id.eq_ignore_ascii_case(client_id))
    }

    /// The principal with this object id.
    #[must_use]
    pub fn by_object_id(&self, object_id: &str) -> Option<&Principal> {
        self.principals
            .iter()
            .find(|principal| principal.object_id.eq_ignore_ascii_case(object_id))
    }

    /// Adds a role assignment.
    pub fn assign(&mut self, assignment: RoleAssignment) {
        self.assignments.push(assignment);
    }

    /// Removes a principal's assignments: all, or those of one role; answers with how many.
    pub fn unassign(&mut self, principal: &str, role: Option<&str>) -> usize {
        let before = self.assignments.len();
        self.assignments.retain(|assignment| {
            !assignment.principal.eq_ignore_ascii_case(principal) || role.is_some_and(|role| role != assignment.role)
        });
        before - self.assignments.len()
    }

    /// Removes the assignment that is the resource `id`.
    pub fn unassign_resource(&mut self, id: &str) {
        self.assignments.retain(|assignment| {
            assignment
                .id
                .as_ref()
                .is_none_or(|known| !known.eq_ignore_ascii_case(id))
        });
    }

    /// The role with this GUID.
    #[must_use]
    pub fn role(&self, guid: &str) -> Option<&Role> {
        self.roles.get(&guid.to_lowercase())
    }

    /// The role with this name or GUID, or with one of the short names that the admin side takes.
    #[must_use]
    pub fn role_called(&self, name: &str) -> Option<&Role> {
        let name = match name {
            "AksContributor" => "Azure Kubernetes Service Contributor Role",
            "AksClusterUser" => "Azure Kubernetes Service Cluster User Role",
            other => other,
        };
        self.role(name)
            .or_else(|| self.roles.values().find(|role| role.name.eq_ignore_ascii_case(name)))
    }

    /// Adds a role, or replaces it.
    pub fn put_role(&mut self, role: Role) {
        self.roles.insert(role.guid.to_lowercase(), role);
    }

    /// Takes a role out.
    pub fn remove_role(&mut self, guid: &str) {
        self.roles.remove(&guid.to_lowercase());
    }

    fn effective(&self, principal: &str, scope: &str, now: Timestamp) -> impl Iterator<Item = &RoleAssignment> {
        self.assignments.iter().filter(move |assignment| {
            assignment.principal.eq_ignore_ascii_case(principal)
                && assignment.effective_from <= now
                && assignment.covers(scope)
        })
    }

    /// The rights that `principal` has at `scope`: one entry for each of its assignments' permissions.
    #[must_use]
    pub fn permissions(&self, principal: &str, scope: &str, now: Timestamp) -> Vec<&Permission> {
        self.effective(principal, scope, now)
            .filter_map(|assignment| self.role(&assignment.role))
            .flat_map(|role| &role.permissions)
            .collect()
    }

    /// Whether `principal` may carry out `action`, which passes on or takes away a role, under the conditions of its
    /// own assignments.
    #[must_use]
    pub fn may_delegate(
        &self,
        principal: &str,
        action: &str,
        scope: &str,
        delegation: &Delegation<'_>,
        now: Timestamp,
    ) -> bool {
        self.effective(principal, scope, now).any(|assignment| {
            self.role(&assignment.role).is_some_and(|role| role.permits(action)) && assignment.lets_delegate(delegation)
        })
    }

    /// All role assignments.
    #[must_use]
    pub fn assignments(&self) -> &[RoleAssignment] {
        &self.assignments
    }

    /// Whether `principal` may carry out `action` at `scope` (a resource id) at `now`.
    #[must_use]
    pub fn allows(&self, principal: &str, action: &str, scope: &str, now: Timestamp) -> bool {
        self.effective(principal, scope, now)
            .filter_map(|assignment| self.role(&assignment.role))
            .any(|role| role.permits(action))
    }
}
