//! Names of resources: as a client spelt them, and as keys that ignore case like ARM does.

use std::fmt;

/// A resource group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRef {
    /// Subscription id.
    pub subscription: String,
    /// Group name.
    pub name: String,
}

/// A managed cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterRef {
    /// Where it is.
    pub group: GroupRef,
    /// Cluster name.
    pub name: String,
}

/// Something below a cluster: a pool or a maintenance configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildRef {
    /// Its cluster.
    pub cluster: ClusterRef,
    /// Its name.
    pub name: String,
}

/// Compares clusters as ARM does; orders them by subscription, group, name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterKey {
    /// Lower-cased subscription id.
    pub subscription: String,
    /// Lower-cased group name.
    pub group: String,
    /// Lower-cased cluster name.
    pub name: String,
}

impl GroupRef {
    /// `/subscriptions/{s}/resourceGroups/{rg}`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.name)
    }
}

impl ClusterRef {
    /// The key of this cluster.
    #[must_use]
    pub fn key(&self) -> ClusterKey {
        ClusterKey {
            subscription: self.group.subscription.to_lowercase(),
            group: self.group.name.to_lowercase(),
            name: self.name.to_lowercase(),
        }
    }

    /// The id with the casing that AKS answers with: `resourcegroups` in lower case (wire recordings).
    #[must_use]
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.ContainerService/managedClusters/{}",
            self.group.subscription, self.group.name, self.name
        )
    }
}

impl ChildRef {
    /// The id of a child of `kind`, for example `agentPools`, with AKS's casing.
    #[must_use]
    pub fn id(&self, kind: &str) -> String {
        format!("{}/{kind}/{}", self.cluster.id(), self.name)
    }
}

impl fmt::Display for ClusterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.subscription, self.group, self.name)
    }
}

/// `West Europe` is `westeurope`.
#[must_use]
pub fn normal_location(location: &str) -> String {
    location
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_lowercase()
}
