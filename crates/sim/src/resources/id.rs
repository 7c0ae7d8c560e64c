//! Ids of resources: what one sits on, its provider, its types and names.

use std::fmt;

/// The id of a resource, as a client spelt it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceId {
    /// What it is in or extends: empty for the tenant, else the id of a subscription, a group or a resource.
    pub scope: String,
    /// Provider, for example `Microsoft.KubernetesConfiguration`.
    pub namespace: String,
    /// Types and names from the outermost resource of this provider inwards; at least one.
    pub path: Vec<(String, String)>,
}

/// What a path below a provider ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A resource.
    One(ResourceId),
    /// All resources of a type (`extensions`, or `fleets/members`) in, on or below something, or an action on it.
    Below {
        /// Id of what the type, or the action, follows.
        scope: String,
        /// Provider.
        namespace: String,
        /// Type path, the last word included.
        kind: String,
    },
}

/// Orders and compares resources as ARM does: without case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey(String);

impl ResourceKey {
    /// The key of any id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(id.trim_end_matches('/').to_lowercase())
    }

    /// Whether it is `scope` or below it.
    #[must_use]
    pub fn is_within(&self, scope: &Self) -> bool {
        self.0
            .strip_prefix(&scope.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The lower-cased id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Named {
    /// Reads a path. `None` when no provider is named in it, or nothing of the provider.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        // Keys stand at even places, so a resource may well be called `providers`.
        let at = (0..segments.len())
            .step_by(2)
            .rfind(|place| segments[*place].eq_ignore_ascii_case("providers"))?;
        let scope: String = segments[..at].iter().map(|segment| format!("/{segment}")).collect();
        let (namespace, rest) = segments[at + 1..].split_first()?;
        let pairs: Vec<(String, String)> = rest
            .chunks_exact(2)
            .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
            .collect();
        let namespace = (*namespace).to_owned();
        if rest.len().is_multiple_of(2) {
            (!pairs.is_empty()).then_some(Self::One(ResourceId {
                scope,
                namespace,
                path: pairs,
            }))
        } else {
            let last = rest.last().copied().unwrap_or_default();
            let kind = pairs.iter().map(|(kind, _)| kind.as_str()).chain([last]);
            let kind = kind.collect::<Vec<_>>().join("/");
            let above = segments[..segments.len() - 1].iter();
            let scope = if pairs.is_empty() {
                scope
            } else {
                above.map(|segment| format!("/{segment}")).collect()
            };
            Some(Self::Below { scope, namespace, kind })
        }
    }
}

impl ResourceId {
    /// Reads the id of a resource.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        match Named::parse(id)? {
            Named::One(id) => Some(id),
            Named::Below { .. } => None,
        }
    }

    /// `fleets/members`.
    #[must_use]
    pub fn kind(&self) -> String {
        let kinds: Vec<&str> = self.path.iter().map(|(kind, _)| kind.as_str()).collect();
        kinds.join("/")
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last().map_or("", |(_, name)| name)
    }

    /// The resource of the same provider that it is a child of.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.path.split_last()?;
        (!above.is_empty()).then(|| Self {
            scope: self.scope.clone(),
            namespace: self.namespace.clone(),
            path: above.to_vec(),
        })
    }

    /// The key to find it by.
    #[must_use]
    pub fn key(&self) -> ResourceKey {
        ResourceKey::of(&self.to_string())
    }

    /// The subscription it is in.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        subscription_of(&self.scope)
    }

    /// The resource group it is in.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        part(&self.scope, 2, "resourcegroups")
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/providers/{}", self.scope, self.namespace)?;
        self.path
            .iter()
            .try_for_each(|(kind, name)| write!(f, "/{kind}/{name}"))
    }
}

/// The subscription in an id.
#[must_use]
pub fn subscription_of(id: &str) -> Option<&str> {
    part(id, 0, "subscriptions")
}

fn part<'a>(id: &'a str, place: usize, key: &str) -> Option<&'a str> {
    let mut segments = id.split('/').filter(|segment| !segment.is_empty()).skip(place);
    let found = segments.next()?;
    found.eq_ignore_ascii_case(key).then(|| segments.next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c";

    #[test]
    fn an_extension_is_told_from_what_it_extends() {
        let path = format!("{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/flux");
        let id = ResourceId::parse(&path).unwrap();
        assert_eq!(
            (id.scope.as_str(), id.kind().as_str(), id.name()),
            (CLUSTER, "extensions", "flux")
        );
        assert_eq!((id.subscription(), id.group()), (Some("S"), Some("rg")));
        assert_eq!(id.to_string(), path);
        assert_eq!(id.parent(), None);
    }

    #[test]
    fn a_child_knows_its_parent_and_a_type_at_the_end_means_all_below() {
        let path = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.ContainerService/fleets/f/members/m";
        let id = ResourceId::parse(path).unwrap();
        assert_eq!(id.kind(), "fleets/members");
        assert_eq!(id.parent().unwrap().name(), "f");
        let all = path.trim_end_matches("/m");
        assert_eq!(
            Named::parse(all),
            Some(Named::Below {
                scope: all.trim_end_matches("/members").to_owned(),
                namespace: "Microsoft.ContainerService".to_owned(),
                kind: "fleets/members".to_owned(),
            })
        );
    }

    #[test]
    fn a_resource_may_be_called_providers_and_the_tenant_has_resources_too() {
        let path = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Network/routeTables/providers";
        assert_eq!(ResourceId::parse(path).unwrap().name(), "providers");
        let role = ResourceId::parse("/providers/Microsoft.Authorization/roleDefinitions/g").unwrap();
        assert_eq!((role.scope.as_str(), role.subscription()), ("", None));
        assert_eq!(Named::parse("/subscriptions/S/resourceGroups/rg"), None);
    }

    #[test]
    fn below_means_whole_segments_in_any_casing() {
        let cluster = ResourceKey::of(CLUSTER);
        assert!(ResourceKey::of(&CLUSTER.to_uppercase()).is_within(&cluster));
        assert!(ResourceKey::of(&format!("{CLUSTER}/agentPools/a")).is_within(&cluster));
        assert!(!ResourceKey::of(&format!("{CLUSTER}2")).is_within(&cluster));
        assert!(cluster.is_within(&ResourceKey::of("/")));
    }
}
