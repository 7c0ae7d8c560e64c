//! Clusters and pools as they are stored.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::arm::children::Child;
use crate::arm::children::kinds::ChildKind;
use crate::arm::ids::ClusterRef;
use crate::arm::run_command::{Command, Output};
use crate::operations::OperationId;

/// An agent pool.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Name.
    pub name: String,
    /// `properties` as AKS stores them, without eTag.
    pub properties: Value,
    /// Current eTag.
    pub etag: String,
    /// The pool operation that runs, if any. Operations of the cluster are not noted here.
    pub operation: Option<OperationId>,
    /// Versions that it ran before, the last one first; what is older than a week is not shown.
    pub used: Vec<UsedVersion>,
    /// Numbers of machines that were deleted by name.
    pub deleted_machines: BTreeSet<u32>,
}

/// A version that a pool ran, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedVersion {
    /// Full Kubernetes version.
    pub version: String,
    /// Node image.
    pub image: String,
    /// End of its use.
    pub until: Timestamp,
}

/// How long a version that was used can be gone back to (Learn: roll-back-node-pool-version).
const ROLLBACK_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A managed cluster with everything below it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Names with the casing of the create.
    pub reference: ClusterRef,
    /// Region, normalized.
    pub region: String,
    /// Simulated time from which the subscription LIST shows it.
    pub listed_from: Timestamp,
    /// The resource as AKS stores it, without pools, eTag, id, name and type.
    pub body: Value,
    /// Pools in the order of creation.
    pub pools: Vec<Pool>,
    /// Children other than pools, by kind and lower-cased name.
    pub children: BTreeMap<(ChildKind, String), Child>,
    /// Kubernetes namespaces that are in the cluster without being managed, by name: whether they look just like what
    /// a managed namespace of that name would be.
    pub namespaces: BTreeMap<String, bool>,
    /// Commands that were run, by id.
    pub commands: BTreeMap<String, Command>,
    /// What the next commands will answer.
    pub outputs: VecDeque<Output>,
    /// How often its certificates were rotated.
    pub rotations: u32,
    /// Current eTag.
    pub etag: String,
    /// The cluster operation that runs, if any.
    pub operation: Option<OperationId>,
}

impl Pool {
    /// A pool that has just been made.
    #[must_use]
    pub fn new(name: impl Into<String>, properties: Value) -> Self {
        Self {
            name: name.into(),
            properties,
            etag: String::new(),
            operation: None,
            used: Vec::new(),
            deleted_machines: BTreeSet::new(),
        }
    }

    /// The pool in resource form, as rules and catalog take it.
    #[must_use]
    pub fn resource(&self) -> Value {
        serde_json::json!({"name": self.name, "properties": self.properties})
    }

    /// `recentlyUsedVersions` at `now`.
    #[must_use]
    pub fn recently_used(&self, now: Timestamp) -> Vec<Value> {
        self.used
            .iter()
            .filter(|used| now.duration_since(used.until) <= ROLLBACK_WINDOW)
            .map(|used| {
                serde_json::json!({
                    "orchestratorVersion": used.version,
                    "nodeImageVersion": used.image,
                    "timestamp": used.until,
                })
            })
            .collect()
    }

    /// A string property, or nothing.
    #[must_use]
    pub fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property).and_then(Value::as_str)
    }
}

impl Cluster {
    /// A string below `properties`, or nothing.
    #[must_use]
    pub fn text(&self, property: &str) -> Option<&str> {
        self.body
            .get("properties")
            .and_then(|properties| properties.get(property))
            .and_then(Value::as_str)
    }

    /// The pool of this name; pool names are compared case-insensitively.
    #[must_use]
    pub fn pool(&self, name: &str) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.name.eq_ignore_ascii_case(name))
    }

    /// The pool of this name, to change.
    pub fn pool_mut(&mut self, name: &str) -> Option<&mut Pool> {
        self.pools.iter_mut().find(|pool| pool.name.eq_ignore_ascii_case(name))
    }

    /// A cluster that has just been made; its eTag comes with its first operation.
    #[must_use]
    pub fn new(
        reference: ClusterRef,
        region: impl Into<String>,
        listed_from: Timestamp,
        body: Value,
        pools: Vec<Pool>,
    ) -> Self {
        Self {
            reference,
            region: region.into(),
            listed_from,
            body,
            pools,
            children: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            commands: BTreeMap::new(),
            outputs: VecDeque::new(),
            rotations: 0,
            etag: String::new(),
            operation: None,
        }
    }

    /// The child of this kind and name; names are compared case-insensitively.
    #[must_use]
    pub fn child(&self, kind: ChildKind, name: &str) -> Option<&Child> {
        self.children.get(&(kind, name.to_lowercase()))
    }

    /// All children of a kind, by name.
    pub fn children_of(&self, kind: ChildKind) -> impl Iterator<Item = &Child> {
        self.children
            .iter()
            .filter(move |((of, _), _)| *of == kind)
            .map(|(_, child)| child)
    }

    /// All pools in resource form.
    #[must_use]
    pub fn pool_resources(&self) -> Vec<Value> {
        self.pools.iter().map(Pool::resource).collect()
    }
}
