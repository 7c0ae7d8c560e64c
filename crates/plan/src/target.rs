//! What is spoken of: the cluster, or one of what belongs to it.

use std::fmt;

/// What a change or a step is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The cluster itself.
    Cluster,
    /// The node pool with this name in Azure.
    Pool(String),
    /// The child with this key, its field and name in the spec: `extensions/flux`.
    Child(String),
    /// The action with this name in the spec.
    Action(String),
}

impl Target {
    /// The target inside a sentence: `the cluster`, `pool apps`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Cluster => "the cluster".to_owned(),
            Self::Pool(name) => format!("pool {name}"),
            Self::Child(key) => key.clone(),
            Self::Action(name) => format!("action {name}"),
        }
    }
}

impl fmt::Display for Target {
    /// The key under which status and logs know it: `cluster`, `pool/apps`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => write!(formatter, "cluster"),
            Self::Pool(name) => write!(formatter, "pool/{name}"),
            Self::Child(key) => write!(formatter, "child/{key}"),
            Self::Action(name) => write!(formatter, "action/{name}"),
        }
    }
}
