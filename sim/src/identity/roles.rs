//! Built-in roles, as far as clusters need them, and their assignment at a scope.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A built-in role. Which actions each one has: Learn, Azure built-in roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but role assignments.
    Contributor,
    /// Reads only.
    Reader,
    /// `Azure Kubernetes Service Contributor Role`: clusters and pools, but no resource groups.
    AksContributor,
    /// `Azure Kubernetes Service Cluster User Role`: the user kubeconfig and GET of the cluster.
    AksClusterUser,
}

impl Role {
    /// Whether the role has `action`, for example `Microsoft.ContainerService/managedClusters/write`.
    #[must_use]
    pub fn permits(self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let one_of = |allowed: &[&str]| allowed.contains(&action.as_str());
        match self {
            Self::Owner => true,
            Self::Contributor => {
                !(action.starts_with("microsoft.authorization/")
                    && (action.ends_with("/write") || action.ends_with("/delete")))
            }
            Self::Reader => action.ends_with("/read"),
            Self::AksContributor => {
                action.starts_with("microsoft.containerservice/managedclusters/")
                    || (action.starts_with("microsoft.containerservice/locations/") && action.ends_with("/read"))
                    || one_of(&["microsoft.resources/subscriptions/resourcegroups/read"])
            }
            Self::AksClusterUser => one_of(&[
                "microsoft.containerservice/managedclusters/listclusterusercredential/action",
                "microsoft.containerservice/managedclusters/read",
            ]),
        }
    }
}

/// A role given to a principal at a scope and everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Object id.
    pub principal: String,
    /// Role.
    pub role: Role,
    /// Resource id of a subscription, resource group or resource; `/` for all.
    pub scope: String,
    /// Simulated time from which it counts: assignments take minutes to reach every region.
    pub effective_from: Timestamp,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scope: &str) -> RoleAssignment {
        RoleAssignment {
            principal: "p".into(),
            role: Role::Reader,
            scope: scope.into(),
            effective_from: Timestamp::UNIX_EPOCH,
        }
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
    fn roles_hold_what_azure_gives_them() {
        const WRITE: &str = "Microsoft.ContainerService/managedClusters/write";
        const READ: &str = "Microsoft.ContainerService/managedClusters/read";
        const GROUP: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";
        const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";
        assert!(Role::Owner.permits(ASSIGN));
        assert!(
            Role::Contributor.permits(WRITE) && Role::Contributor.permits(GROUP) && !Role::Contributor.permits(ASSIGN)
        );
        assert!(Role::Reader.permits(READ) && !Role::Reader.permits(WRITE));
        assert!(Role::AksContributor.permits(WRITE) && !Role::AksContributor.permits(GROUP));
        assert!(Role::AksClusterUser.permits(READ) && !Role::AksClusterUser.permits(WRITE));
    }
}
