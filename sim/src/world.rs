//! Everything that the simulator remembers: one value behind one lock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::arm::children::Child;
use crate::arm::children::kinds::ChildKind;
use crate::arm::ids::{ClusterKey, ClusterRef, GroupRef};
use crate::arm::run_command::{Command, Output};
use crate::clock::Clock;
use crate::config::Config;
use crate::conformance::Conformance;
use crate::defaults::Place;
use crate::faults::Faults;
use crate::features::Registrations;
use crate::identity::directory::{Directory, Principal};
use crate::identity::roles::RoleAssignment;
use crate::identity::tokens::TokenKey;
use crate::log::RequestLog;
use crate::operations::{OperationId, Operations};
use crate::resources::authorization;
use crate::resources::id::ResourceKey;
use crate::resources::store::Store;
use crate::rules::{self, Confidence};
use crate::server::StartError;
use crate::surroundings::Surroundings;
use crate::throttle::Throttle;

/// The role `Owner`.
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

/// A resource group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Name as first written.
    pub name: String,
    /// Region.
    pub location: String,
    /// Tags.
    pub tags: Map<String, Value>,
    /// The cluster that owns this group: set on node resource groups.
    pub managed_by: Option<String>,
    /// The operation that deletes it.
    pub deletion: Option<OperationId>,
}

/// A subscription with its resource groups by lower-cased name.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Id as configured.
    pub id: String,
    /// Groups.
    pub groups: BTreeMap<String, Group>,
}

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

/// Makes GUIDs, eTags and signatures: different for every simulator, the same for the same seed and order.
#[derive(Debug)]
pub struct Ids {
    seed: String,
    made: u64,
}

impl Ids {
    /// Starts a sequence.
    #[must_use]
    pub fn new(seed: impl Into<String>) -> Self {
        Self {
            seed: seed.into(),
            made: 0,
        }
    }

    /// The next GUID, in the form of a random one.
    pub fn guid(&mut self) -> String {
        self.made += 1;
        let mut digest = Sha256::digest(format!("{}/{}", self.seed, self.made));
        digest[6] = digest[6] & 0x0f | 0x40;
        digest[8] = digest[8] & 0x3f | 0x80;
        let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// Text of `length` URL-safe characters that only this simulator can make for `subject`.
    #[must_use]
    pub fn signature(&self, subject: &str, length: usize) -> String {
        let mut text = String::with_capacity(length + 43);
        let mut block = 0_u32;
        while text.len() < length {
            let digest = Sha256::digest(format!("{}|{subject}|{block}", self.seed));
            URL_SAFE_NO_PAD.encode_string(digest, &mut text);
            block += 1;
        }
        text.truncate(length);
        text
    }
}

/// Simulated seconds that the registration of a preview feature takes (Learn: "a few minutes").
const FEATURE_REGISTRATION: u32 = 300;

/// What can be changed while the simulator runs; a reset brings back the values of the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Simulated seconds until a new cluster appears in the subscription LIST.
    pub list_delay: u32,
    /// Simulated seconds until a new role assignment takes effect.
    pub role_propagation: u32,
    /// Simulated seconds until a preview feature that was asked for is registered.
    pub feature_registration: u32,
    /// Simulated seconds until a role assignment without `principalType` finds a new identity.
    pub principal_replication: u32,
    /// Simulated seconds that a write of a federated credential takes; meanwhile another one under the same identity
    /// is refused.
    pub credential_write: u32,
    /// Simulated seconds until a new Log Analytics workspace has the tables that data collection rules write to.
    pub workspace_tables: u32,
    /// Simulated seconds until a provider that was asked for is registered.
    pub provider_registration: u32,
    /// Simulated seconds until GET finds a new role assignment or diagnostic setting.
    pub child_delay: u32,
    /// Largest number of resources on one LIST page, at least 1.
    pub page_size: u32,
    /// Whether the identity of a cluster needs rights on what the cluster names, as far as it was made here.
    pub identity_rights: bool,
    /// Whether the token buckets of ARM and AKS apply.
    pub throttling: bool,
    /// Names of switched-off rules; only those resting on general knowledge can be.
    pub disabled_rules: BTreeSet<String>,
}

impl Settings {
    /// Looks for names that switch nothing off: unknown rules, and rules that have a source.
    ///
    /// # Errors
    /// The first such name.
    pub fn check(&self) -> Result<(), UnknownRule> {
        let switchable = |name: &str| {
            rules::rules().any(|rule| rule.name == name && rule.confidence == Confidence::GeneralKnowledge)
        };
        match self.disabled_rules.iter().find(|name| !switchable(name)) {
            None => Ok(()),
            Some(name) => Err(UnknownRule(name.clone())),
        }
    }
}

/// A rule that is to be switched off does not exist, or has a source and stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule called '{0}' can be switched off; GET /rules of the admin side lists those that can")]
pub struct UnknownRule(String);

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Self {
            list_delay: config.list_delay,
            role_propagation: config.role_propagation,
            feature_registration: FEATURE_REGISTRATION,
            principal_replication: 0,
            identity_rights: true,
            credential_write: 0,
            workspace_tables: 0,
            provider_registration: 120,
            child_delay: 0,
            page_size: config.page_size,
            throttling: !config.no_throttling,
            disabled_rules: config.disabled_rules.iter().cloned().collect(),
        }
    }
}

/// Everything that the simulator remembers.
pub struct World {
    /// How it was started.
    pub config: Config,
    /// What can be changed while it runs.
    pub settings: Settings,
    /// Simulated time.
    pub clock: Clock,
    /// Subscriptions by lower-cased id.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// Clusters.
    pub clusters: BTreeMap<ClusterKey, Cluster>,
    /// Resources beside clusters.
    pub resources: Store,
    /// What surrounds clusters without being a call's doing.
    pub surroundings: Surroundings,
    /// When something was last written below each identity.
    pub credential_writes: BTreeMap<ResourceKey, Timestamp>,
    /// Long-running operations.
    pub operations: Operations,
    /// Principals and role assignments.
    pub directory: Directory,
    /// Signs and checks access tokens; survives a reset, so that clients need not sign in again.
    pub token_key: TokenKey,
    /// Preview features that subscriptions have registered.
    pub features: Registrations,
    /// Token buckets.
    pub throttle: Throttle,
    /// Faults to come.
    pub faults: Faults,
    /// Whether answers were what the descriptions say.
    pub conformance: Conformance,
    /// Requests that were answered.
    pub log: RequestLog,
    /// GUIDs and signatures.
    pub ids: Ids,
}

impl World {
    /// A world with the configured subscriptions and one principal that owns them.
    ///
    /// # Errors
    /// [`StartError`] when no token key could be made, or a rule to switch off does not exist.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let start = config.start_time.unwrap_or_else(Timestamp::now);
        let clock = if config.manual_clock {
            Clock::manual(start, config.time_scale)
        } else {
            Clock::scaled(start, config.time_scale)
        };
        let mut world = Self {
            clock,
            settings: Settings::from(&config),
            subscriptions: BTreeMap::new(),
            clusters: BTreeMap::new(),
            resources: Store::default(),
            surroundings: Surroundings::default(),
            credential_writes: BTreeMap::new(),
            operations: Operations::default(),
            directory: Directory::new(&config.tenant),
            token_key: TokenKey::generate()?,
            features: Registrations::default(),
            throttle: Throttle::default(),
            faults: Faults::default(),
            conformance: Conformance::default(),
            log: RequestLog::default(),
            ids: Ids::new(format!("{}|{}", config.tenant, start)),
            config,
        };
        world.settings.check()?;
        world.reset();
        Ok(world)
    }

    /// Forgets everything but the clock and the token key.
    pub fn reset(&mut self) {
        let subscription = |id: &String| {
            (
                id.to_lowercase(),
                Subscription {
                    id: id.clone(),
                    groups: BTreeMap::new(),
                },
            )
        };
        self.subscriptions = self.config.subscriptions.iter().map(subscription).collect();
        self.settings = Settings::from(&self.config);
        self.clusters.clear();
        self.resources = Store::default();
        self.surroundings = Surroundings::default();
        self.credential_writes.clear();
        self.operations = Operations::default();
        self.features = Registrations::default();
        self.throttle = Throttle::default();
        self.faults = Faults::default();
        self.log.clear();
        self.directory = Directory::new(&self.config.tenant);
        authorization::seed(self);
        let object_id = Ids::new(&self.config.client_id).guid();
        self.directory.assign(RoleAssignment {
            principal: object_id.clone(),
            role: OWNER.to_owned(),
            scope: "/".to_owned(),
            effective_from: Timestamp::MIN,
            condition: None,
            id: None,
        });
        self.directory.put_principal(Principal {
            client_id: self.config.client_id.clone(),
            object_id,
            secret: Some(self.config.client_secret.clone()),
            federated_credentials: Vec::new(),
            managed_identity: true,
            resource_id: None,
            replicated_from: None,
        });
    }

    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves simulated time forward and lets everything happen that falls due.
    pub fn advance(&mut self, step: SignedDuration) {
        self.clock.advance(step);
        self.settle();
    }

    /// A subscription's id with the casing of its configuration, whatever casing a path has.
    #[must_use]
    pub fn subscription_id(&self, id: &str) -> String {
        self.subscriptions
            .get(&id.to_lowercase())
            .map_or_else(|| id.to_owned(), |found| found.id.clone())
    }

    /// The group, when it exists.
    #[must_use]
    pub fn group(&self, group: &GroupRef) -> Option<&Group> {
        self.subscriptions
            .get(&group.subscription.to_lowercase())?
            .groups
            .get(&group.name.to_lowercase())
    }

    /// Where a cluster is, and the simulated time of what happens to it, for `defaults`.
    #[must_use]
    pub fn place<'a>(&'a self, cluster: &'a ClusterRef, region: &'a str, now: Timestamp) -> Place<'a> {
        Place {
            subscription_id: &cluster.group.subscription,
            resource_group: &cluster.group.name,
            cluster: &cluster.name,
            region,
            tenant_id: self.directory.tenant(),
            now,
        }
    }
}
