//! Roles that other Azure services can be given inside a cluster.

use serde_json::{Value, json};

/// A role that a service defines for its own resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedRole {
    /// Type of the resources that it can be given to.
    pub source: &'static str,
    /// Its name below the type.
    pub name: &'static str,
}

/// Learn: trusted-access-feature, and the articles of the services themselves.
const ROLES: &[TrustedRole] = &[
    TrustedRole {
        source: "Microsoft.DataProtection/backupVaults",
        name: "backup-operator",
    },
    TrustedRole {
        source: "Microsoft.MachineLearningServices/workspaces",
        name: "inference-v1",
    },
    TrustedRole {
        source: "Microsoft.MachineLearningServices/workspaces",
        name: "mlworkload",
    },
    TrustedRole {
        source: "Microsoft.Security/pricings",
        name: "microsoft-defender-operator",
    },
];

/// The role called `Microsoft.X/type/name`, in any casing.
#[must_use]
pub fn trusted_role(full: &str) -> Option<TrustedRole> {
    let (source, name) = full.rsplit_once('/')?;
    ROLES
        .iter()
        .copied()
        .find(|role| role.source.eq_ignore_ascii_case(source) && role.name.eq_ignore_ascii_case(name))
}

/// Answer of GET trustedAccessRoles. What each role permits is not simulated: nothing runs inside a cluster.
#[must_use]
pub fn trusted_access_roles_body() -> Value {
    let role = |role: &TrustedRole| {
        json!({
            "sourceResourceType": role.source,
            "name": format!("{}/{}", role.source, role.name),
            "rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["namespaces"],
                "resourceNames": [], "nonResourceURLs": []}],
        })
    };
    json!({"value": ROLES.iter().map(role).collect::<Vec<_>>()})
}
