//! Everything that the simulator remembers: one value behind one lock.

mod cluster;
mod ids;
mod settings;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

pub use self::cluster::{Cluster, Pool, UsedVersion};
pub use self::ids::Ids;
pub use self::settings::{Settings, UnknownRule};

use crate::arm::ids::{ClusterKey, ClusterRef, GroupRef};
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
