//! Azure names and resource ids: they keep the casing they were given and compare without it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// Why a text is not an Azure id or name. The text itself is not repeated beyond what is needed to find it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// A subscription id is a GUID, for example `00000000-0000-0000-0000-000000000000`.
    #[error("`{0}` is not a subscription id: a GUID of 8-4-4-4-12 hexadecimal digits is expected")]
    Subscription(String),
    /// A resource group name: 1 to 90 letters, digits, `-`, `_`, `(`, `)` or `.`, and no `.` at the end.
    #[error(
        "`{0}` is not a resource group name: 1 to 90 letters, digits or -_(). are expected, without a final period"
    )]
    ResourceGroup(String),
    /// A cluster name: 1 to 63 letters, digits, `-` or `_`, beginning and ending with a letter or digit.
    #[error(
        "`{0}` is not a cluster name: 1 to 63 letters, digits, - or _ are expected, with a letter or digit at both ends"
    )]
    Cluster(String),
    /// A pool name: 1 to 12 letters or digits, the first a letter.
    #[error("`{0}` is not an agent pool name: 1 to 12 letters or digits are expected, the first a letter")]
    Pool(String),
    /// The text is not the resource id of the expected kind.
    #[error("`{id}` is not the resource id of {expected}")]
    Shape {
        /// The text that was given, cut to 200 characters.
        id: String,
        /// What was expected, in words.
        expected: &'static str,
    },
}

/// An Azure name: it keeps the casing it was given and compares without it (RPC: names are case-insensitive).
#[derive(Clone)]
pub struct Name(Box<str>);

impl Name {
    /// The name in the casing it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = char> + '_ {
        self.0.chars().flat_map(char::to_lowercase)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.folded().eq(other.folded())
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|c| c.hash(state));
        // A terminator keeps ("ab", "c") and ("a", "bc") apart, as `str` does.
        state.write_u8(0xff);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A subscription: a GUID, kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(Box<str>);

impl SubscriptionId {
    /// Reads a GUID in any casing.
    ///
    /// # Errors
    /// [`InvalidId::Subscription`] when the text is not a GUID in its hyphenated form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let groups = text.split('-').map(str::len);
        let shaped = groups.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        if shaped {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(InvalidId::Subscription(excerpt(text)))
        }
    }

    /// The GUID in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the subscription below the ARM endpoint: `/subscriptions/{guid}`.
    pub fn path(&self) -> String {
        format!("/subscriptions/{}", self.0)
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A resource group of a subscription. `Display` is the canonical resource id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceGroupId {
    subscription: SubscriptionId,
    name: Name,
}

impl ResourceGroupId {
    /// Checks the name by Azure's rule for resource groups.
    ///
    /// # Errors
    /// [`InvalidId::ResourceGroup`] when Azure would refuse the name.
    pub fn new(subscription: SubscriptionId, name: &str) -> Result<Self, InvalidId> {
        let name = Self::parse_name(name)?;
        Ok(Self { subscription, name })
    }

    /// Checks the name of a group in whichever subscription.
    ///
    /// # Errors
    /// [`InvalidId::ResourceGroup`] when Azure would refuse the name.
    pub fn parse_name(name: &str) -> Result<Name, InvalidId> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '(' | ')' | '.');
        let valid = (1..=90).contains(&name.chars().count()) && name.chars().all(allowed) && !name.ends_with('.');
        if valid {
            Ok(Name(name.into()))
        } else {
            Err(InvalidId::ResourceGroup(excerpt(name)))
        }
    }

    /// The subscription that holds the group.
    pub fn subscription(&self) -> &SubscriptionId {
        &self.subscription
    }

    /// The name of the group.
    pub fn name(&self) -> &Name {
        &self.name
    }
}

impl fmt::Display for ResourceGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/subscriptions/{}/resourceGroups/{}", self.subscription, self.name)
    }
}

/// A managed cluster. `Display` is the canonical resource id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId {
    group: ResourceGroupId,
    name: Name,
}

impl ClusterId {
    /// Checks both names by Azure's rules.
    ///
    /// # Errors
    /// [`InvalidId::ResourceGroup`] or [`InvalidId::Cluster`] when Azure would refuse the name.
    pub fn new(subscription: SubscriptionId, resource_group: &str, name: &str) -> Result<Self, InvalidId> {
        let group = ResourceGroupId::new(subscription, resource_group)?;
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let valid =
            name.len() <= 63 && edge(name.chars().next()) && edge(name.chars().next_back()) && name.chars().all(inner);
        if valid {
            Ok(Self {
                group,
                name: Name(name.into()),
            })
        } else {
            Err(InvalidId::Cluster(excerpt(name)))
        }
    }

    /// Reads a resource id in whatever casing a service wrote it.
    ///
    /// # Errors
    /// [`InvalidId`] when the text is not the id of a managed cluster.
    pub fn parse(id: &str) -> Result<Self, InvalidId> {
        match segments(id).as_slice() {
            [subscription, group, name] => Self::new(SubscriptionId::parse(subscription)?, group, name),
            _ => Err(InvalidId::Shape {
                id: excerpt(id),
                expected: "a managed cluster",
            }),
        }
    }

    /// The subscription that holds the cluster.
    pub fn subscription(&self) -> &SubscriptionId {
        &self.group.subscription
    }

    /// The name of the resource group that holds the cluster.
    pub fn resource_group(&self) -> &Name {
        &self.group.name
    }

    /// The resource group that holds the cluster.
    pub fn group(&self) -> &ResourceGroupId {
        &self.group
    }

    /// The name of the cluster.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The pool of this cluster with the given name.
    ///
    /// # Errors
    /// [`InvalidId::Pool`] when Azure would refuse the name.
    pub fn pool(&self, name: &str) -> Result<PoolId, InvalidId> {
        PoolId::new(self.clone(), name)
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/providers/Microsoft.ContainerService/managedClusters/{}",
            self.group, self.name
        )
    }
}

impl FromStr for ClusterId {
    type Err = InvalidId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::parse(id)
    }
}

/// An agent pool of a managed cluster. `Display` is the canonical resource id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolId {
    cluster: ClusterId,
    name: Name,
}

impl PoolId {
    /// Checks the name by the rule that holds for pools of every operating system; Windows pools are shorter still
    /// (6 characters), which the pool's own rules check.
    ///
    /// # Errors
    /// [`InvalidId::Pool`] when Azure would refuse the name.
    pub fn new(cluster: ClusterId, name: &str) -> Result<Self, InvalidId> {
        let valid = name.len() <= 12
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        if valid {
            Ok(Self {
                cluster,
                name: Name(name.into()),
            })
        } else {
            Err(InvalidId::Pool(excerpt(name)))
        }
    }

    /// Reads a resource id in whatever casing a service wrote it.
    ///
    /// # Errors
    /// [`InvalidId`] when the text is not the id of an agent pool.
    pub fn parse(id: &str) -> Result<Self, InvalidId> {
        match segments(id).as_slice() {
            [subscription, group, cluster, pool] => {
                ClusterId::new(SubscriptionId::parse(subscription)?, group, cluster)?.pool(pool)
            }
            _ => Err(InvalidId::Shape {
                id: excerpt(id),
                expected: "an agent pool",
            }),
        }
    }

    /// The cluster that the pool belongs to.
    pub fn cluster(&self) -> &ClusterId {
        &self.cluster
    }

    /// The name of the pool.
    pub fn name(&self) -> &Name {
        &self.name
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/agentPools/{}", self.cluster, self.name)
    }
}

impl FromStr for PoolId {
    type Err = InvalidId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::parse(id)
    }
}

/// The fixed words of a pool's id and between them, as `None`, the places of the names; a cluster's id is a prefix.
const TEMPLATE: [Option<&str>; 10] = [
    Some("subscriptions"),
    None,
    Some("resourcegroups"),
    None,
    Some("providers"),
    Some("microsoft.containerservice"),
    Some("managedclusters"),
    None,
    Some("agentpools"),
    None,
];

/// The names in an id that follows [`TEMPLATE`] up to the end of the id, or nothing when it departs from it.
fn segments(id: &str) -> Vec<&str> {
    let Some(rest) = id.strip_prefix('/') else {
        return Vec::new();
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let follows = parts.len() <= TEMPLATE.len()
        && parts
            .iter()
            .zip(TEMPLATE)
            .all(|(part, word)| word.is_none_or(|word| part.eq_ignore_ascii_case(word)));
    if !follows {
        return Vec::new();
    }
    parts
        .iter()
        .zip(TEMPLATE)
        .filter(|(_, word)| word.is_none())
        .map(|(part, _)| *part)
        .collect()
}

/// Enough of a refused text to find it, and no more.
fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests;
