//! Who exists in the tenant, and their role assignments.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::roles::{Role, RoleAssignment};

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
}

impl Directory {
    /// A tenant without anybody.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            principals: Vec::new(),
            assignments: Vec::new(),
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
    pub fn unassign(&mut self, principal: &str, role: Option<Role>) -> usize {
        let before = self.assignments.len();
        self.assignments.retain(|assignment| {
            !assignment.principal.eq_ignore_ascii_case(principal) || role.is_some_and(|role| role != assignment.role)
        });
        before - self.assignments.len()
    }

    /// All role assignments.
    #[must_use]
    pub fn assignments(&self) -> &[RoleAssignment] {
        &self.assignments
    }

    /// Whether `principal` may carry out `action` at `scope` (a resource id) at `now`.
    #[must_use]
    pub fn allows(&self, principal: &str, action: &str, scope: &str, now: Timestamp) -> bool {
        self.assignments.iter().any(|assignment| {
            assignment.principal.eq_ignore_ascii_case(principal)
                && assignment.effective_from <= now
                && assignment.covers(scope)
                && assignment.role.permits(action)
        })
    }
}
