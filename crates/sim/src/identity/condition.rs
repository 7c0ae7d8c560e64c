//! Conditions of role assignments, as far as they restrict which roles may be passed on to whom.
//!
//! Of the language only what constrains delegation is read: the lists of role definitions and principal types after
//! `RoleDefinitionId]` and `PrincipalType]` (Learn: delegate role assignments with conditions).

use std::collections::BTreeSet;

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    roles: Option<BTreeSet<String>>,
    principal_types: Option<BTreeSet<String>>,
}

/// A role assignment that is to be made or deleted.
#[derive(Debug, Clone, Copy)]
pub struct Delegation<'a> {
    /// GUID of the role.
    pub role: &'a str,
    /// Type of the principal.
    pub principal_type: &'a str,
}

impl Condition {
    /// Reads a condition.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self {
            roles: listed(text, "RoleDefinitionId]"),
            principal_types: listed(text, "PrincipalType]"),
        }
    }

    /// Whether it lets this role be passed on.
    #[must_use]
    pub fn allows(&self, delegation: &Delegation<'_>) -> bool {
        let among = |allowed: &Option<BTreeSet<String>>, value: &str| {
            allowed
                .as_ref()
                .is_none_or(|allowed| allowed.contains(&value.to_lowercase()))
        };
        among(&self.roles, delegation.role) && among(&self.principal_types, delegation.principal_type)
    }
}

/// The entries between the braces that follow the first mention of an attribute.
fn listed(text: &str, attribute: &str) -> Option<BTreeSet<String>> {
    let (_, after) = text.split_once(attribute)?;
    let (_, list) = after.split_once('{')?;
    let (list, _) = list.split_once('}')?;
    let entries = list
        .split(',')
        .map(|entry| entry.trim().trim_matches(['\'', '"']).to_lowercase());
    Some(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_the_roles_and_the_kinds_of_principals() {
        let condition = Condition::read(
            "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR \
             (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals \
             {7F951DDA-4ed3-4680-a7ca-43fe172d538d, acdd72a7-3385-48ef-bd42-f606fba81ae7} AND \
             @Request[Microsoft.Authorization/roleAssignments:PrincipalType] \
             ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))",
        );
        let allows = |role, principal_type| condition.allows(&Delegation { role, principal_type });
        assert!(allows("7f951dda-4ed3-4680-a7ca-43fe172d538d", "ServicePrincipal"));
        assert!(!allows("7f951dda-4ed3-4680-a7ca-43fe172d538d", "User"));
        assert!(!allows("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "ServicePrincipal"));
    }
}
