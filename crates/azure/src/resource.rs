//! Ids of resources that the operator knows nothing else about.

use std::fmt;

use super::id::{InvalidId, SubscriptionId};

/// The id of a resource inside a subscription, checked so that it can be the path of a request. It keeps the casing it
/// was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceId {
    path: String,
    subscription: SubscriptionId,
}

/// Longer than any id of Azure's.
const MAX_LENGTH: usize = 2048;

impl ResourceId {
    /// Reads `/subscriptions/{guid}/...`. Ids come from manifests: nothing may be in one that would change where a
    /// request goes, such as a query, an escape or a step up.
    ///
    /// # Errors
    /// [`InvalidId`] when it is not such an id.
    pub fn parse(id: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::Shape {
            id: id.chars().take(200).collect(),
            expected: "an Azure resource",
        };
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '?' | '#' | '%' | '\\');
        if id.len() > MAX_LENGTH || !id.chars().all(plain) {
            return Err(invalid());
        }
        let mut segments = id.strip_prefix('/').ok_or_else(invalid)?.split('/');
        if !segments
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("subscriptions"))
        {
            return Err(invalid());
        }
        let subscription = SubscriptionId::parse(segments.next().unwrap_or_default())?;
        if segments.any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(invalid());
        }
        Ok(Self {
            path: id.to_owned(),
            subscription,
        })
    }

    /// The subscription that holds the resource.
    pub fn subscription(&self) -> &SubscriptionId {
        &self.subscription
    }

    /// The name of the resource group that holds it; `None` for what a subscription has outside of any.
    pub fn resource_group(&self) -> Option<&str> {
        let mut segments = self.path.split('/').skip(3);
        let is_group = segments.next()?.eq_ignore_ascii_case("resourceGroups");
        segments.next().filter(|_| is_group)
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// Whether AKS itself serves it: then it counts in the quotas of AKS.
    pub fn is_of_aks(&self) -> bool {
        let path = self.path.to_ascii_lowercase();
        path.rsplit_once("/providers/")
            .is_some_and(|(_, type_)| type_.starts_with("microsoft.containerservice/managedclusters/"))
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg";

    #[test]
    fn an_id_keeps_its_casing_and_names_its_subscription() {
        let id = ResourceId::parse(&format!("{GROUP}/providers/Microsoft.Insights/x/Y")).unwrap();
        assert!(id.as_str().ends_with("/x/Y"));
        assert_eq!(id.subscription().as_str(), "11111111-1111-4111-8111-111111111111");
    }

    #[test]
    fn only_the_third_part_of_an_id_tells_its_resource_group() {
        let subscription = "/subscriptions/11111111-1111-4111-8111-111111111111";
        let provider = format!("{subscription}/providers/Microsoft.Authorization");
        for (id, group) in [
            (GROUP.to_owned(), Some("rg")),
            (
                format!("{subscription}/RESOURCEGROUPS/Rg/providers/Microsoft.X/y/z"),
                Some("Rg"),
            ),
            (format!("{provider}/roleAssignments/a"), None),
            (format!("{provider}/resourceGroups/rg"), None),
            (subscription.to_owned(), None),
        ] {
            assert_eq!(ResourceId::parse(&id).unwrap().resource_group(), group, "{id}");
        }
    }

    #[test]
    fn nothing_in_an_id_can_change_where_a_request_goes() {
        for wrong in [
            "",
            "subscriptions/x",
            "/subscriptions/not-a-guid/resourceGroups/rg",
            "/providers/Microsoft.Authorization",
            &format!("{GROUP}/../other"),
            &format!("{GROUP}/./x"),
            &format!("{GROUP}//x"),
            &format!("{GROUP}/x/"),
            &format!("{GROUP}/x?api-version=1"),
            &format!("{GROUP}/x#y"),
            &format!("{GROUP}/%2e%2e"),
            &format!("{GROUP}/a b"),
            &format!("{GROUP}/a\\b"),
            &format!("{GROUP}/{}", "a".repeat(MAX_LENGTH)),
        ] {
            assert!(ResourceId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn children_that_aks_serves_are_told_from_extensions_of_a_cluster() {
        let of = |rest: &str| {
            let id = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/c/{rest}");
            ResourceId::parse(&id).unwrap().is_of_aks()
        };
        assert!(of("maintenanceConfigurations/default"));
        assert!(!of("providers/Microsoft.KubernetesConfiguration/extensions/flux"));
    }
}
