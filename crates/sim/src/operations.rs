//! Long-running operations: what runs, what it changes at which simulated time, how it ends.
//!
//! Nothing runs in the background. Each operation puts its steps into one queue ordered by time, and
//! [`World::settle`] carries out those that are due before any request is answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::arm::children::kinds::ChildKind;
use crate::arm::ids::{ClusterKey, GroupRef};
use crate::clock::shift;
use crate::resources::id::ResourceKey;
use crate::world::World;

/// GUID of an operation.
pub type OperationId = String;

/// What an operation does; its name is the `provisioningState` while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// First PUT.
    Creating,
    /// PUT or PATCH.
    Updating,
    /// A PUT that changes the Kubernetes version.
    Upgrading,
    /// New node image, same version.
    UpgradingNodeImageVersion,
    /// A pool PUT that changes the number of nodes.
    Scaling,
    /// Machines named by a client go.
    DeletingMachines,
    /// New certificates for everything.
    RotatingClusterCertificates,
    /// Start of a stopped cluster or pool.
    Starting,
    /// Stop of a cluster or pool.
    Stopping,
    /// DELETE.
    Deleting,
    /// Abort of another operation.
    Canceling,
}

impl Activity {
    /// `provisioningState` while it runs.
    #[must_use]
    pub fn provisioning_state(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::Upgrading => "Upgrading",
            Self::UpgradingNodeImageVersion => "UpgradingNodeImageVersion",
            Self::Scaling => "Scaling",
            // General knowledge: no recording shows this one.
            Self::DeletingMachines => "DeletingMachines",
            Self::RotatingClusterCertificates => "RotatingClusterCertificates",
            Self::Starting => "Starting",
            Self::Stopping => "Stopping",
            Self::Deleting => "Deleting",
            Self::Canceling => "Canceling",
        }
    }
}

/// What an operation works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A cluster, and with it its pools.
    Cluster(ClusterKey),
    /// One pool, by lower-cased name.
    Pool(ClusterKey, String),
    /// A child of a cluster other than a pool, by kind and lower-cased name.
    Child(ClusterKey, ChildKind, String),
    /// A resource group that is being deleted.
    Group(GroupRef),
    /// A resource beside clusters.
    Resource(ResourceKey),
    /// Something that is done for such a resource and leaves it as it is.
    Beside(ResourceKey),
}

/// Why an operation ended badly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    /// Azure's code.
    pub code: String,
    /// Azure's sentence.
    pub message: String,
}

impl OperationError {
    /// The error as it stands in status bodies.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Succeeded,
    /// Badly; the goal state stays.
    Failed(OperationError),
    /// It was aborted or pushed aside.
    Canceled(OperationError),
}

/// A change on the way of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The control plane runs this version from now on.
    ControlPlaneUpgraded {
        /// Full version.
        version: String,
    },
    /// Every node of a pool runs this version and image from now on.
    PoolRolled {
        /// Lower-cased name.
        pool: String,
        /// Full version.
        version: String,
        /// `nodeImageVersion`.
        image: String,
    },
    /// These machines of a pool are gone from now on.
    MachinesDeleted {
        /// Lower-cased name.
        pool: String,
        /// Their numbers.
        machines: Vec<u32>,
    },
    /// Kubeconfigs of before are void from now on.
    CertificatesRotated,
    /// The end.
    Finish,
}

impl Step {
    /// The pool that rolls in this step.
    fn pool(&self) -> Option<&str> {
        match self {
            Self::PoolRolled { pool, .. } => Some(pool),
            Self::ControlPlaneUpgraded { .. }
            | Self::MachinesDeleted { .. }
            | Self::CertificatesRotated
            | Self::Finish => None,
        }
    }
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// GUID.
    pub id: OperationId,
    /// What it works on.
    pub subject: Subject,
    /// What it does.
    pub activity: Activity,
    /// Subscription of its status URL.
    pub subscription: String,
    /// Region of its status URL.
    pub region: String,
    /// Simulated start.
    pub started: Timestamp,
    /// Simulated end and outcome, once it has ended.
    pub ended: Option<(Timestamp, Outcome)>,
    /// Set when a fault was ordered: it will end with this.
    pub fails: Option<OperationError>,
}

/// What is to be started.
#[derive(Debug, Clone)]
pub struct NewOperation {
    /// What it works on.
    pub subject: Subject,
    /// What it does.
    pub activity: Activity,
    /// Subscription of its status URL.
    pub subscription: String,
    /// Region of its status URL.
    pub region: String,
    /// Changes on the way, each at its distance from the start.
    pub steps: Vec<(SignedDuration, Step)>,
    /// Duration of the whole.
    pub duration: SignedDuration,
    /// How it is to fail, if so.
    pub fails: Option<OperationError>,
}

/// All operations, and the queue of what they will change.
#[derive(Debug, Default)]
pub struct Operations {
    known: HashMap<OperationId, Operation>,
    queue: BTreeMap<(Timestamp, u64), (OperationId, Step)>,
    queued: u64,
}

impl Operations {
    /// The operation with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Operation> {
        self.known.get(id)
    }

    /// Operations that have not ended.
    #[must_use]
    pub fn running(&self) -> usize {
        self.known
            .values()
            .filter(|operation| operation.ended.is_none())
            .count()
    }

    /// When the last step of what runs falls due; nothing when nothing runs.
    #[must_use]
    pub fn idle_at(&self) -> Option<Timestamp> {
        let running = |(id, _): &(OperationId, Step)| self.get(id).is_some_and(|operation| operation.ended.is_none());
        self.queue
            .iter()
            .rev()
            .find(|(_, entry)| running(entry))
            .map(|((at, _), _)| *at)
    }

    fn push(&mut self, at: Timestamp, id: &str, step: Step) {
        self.queued += 1;
        self.queue.insert((at, self.queued), (id.to_owned(), step));
    }

    fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, Operation, Step)> {
        while let Some(entry) = self.queue.first_entry() {
            let at = entry.key().0;
            if at > now {
                return None;
            }
            let (id, step) = entry.remove();
            // Steps of an operation that was pushed aside do not happen.
            if let Some(operation) = self.known.get(&id).filter(|operation| operation.ended.is_none()) {
                return Some((at, operation.clone(), step));
            }
        }
        None
    }

    fn end(&mut self, id: &str, at: Timestamp, outcome: Outcome) {
        if let Some(operation) = self.known.get_mut(id).filter(|operation| operation.ended.is_none()) {
            operation.ended = Some((at, outcome));
        }
    }
}

impl World {
    /// Starts an operation: shows its activity on its subject, changes eTags, puts its steps into the queue.
    pub fn start_operation(&mut self, new: NewOperation) -> OperationId {
        let NewOperation {
            subject,
            activity,
            subscription,
            region,
            steps,
            duration,
            fails,
        } = new;
        let id = self.ids.guid();
        let started = self.now();
        let rolled: BTreeSet<String> = steps
            .iter()
            .filter_map(|(_, step)| step.pool())
            .map(str::to_owned)
            .collect();
        for (after, step) in steps {
            // What fails has not been done; an upgrade's control plane comes before its pools and has.
            if fails.is_none() || matches!(step, Step::ControlPlaneUpgraded { .. }) {
                self.operations.push(shift(started, after), &id, step);
            }
        }
        self.operations.push(shift(started, duration), &id, Step::Finish);
        let operation = Operation {
            id: id.clone(),
            subject,
            activity,
            subscription,
            region,
            started,
            ended: None,
            fails,
        };
        self.show_activity(&operation, &rolled);
        self.operations.known.insert(id.clone(), operation);
        id
    }

    /// Carries out every step that is due.
    pub fn settle(&mut self) {
        let now = self.now();
        while let Some((at, operation, step)) = self.operations.pop_due(now) {
            match step {
                Step::ControlPlaneUpgraded { version } => self.control_plane_upgraded(&operation, version),
                Step::PoolRolled { pool, version, image } => self.pool_rolled(&operation, &pool, &version, &image, at),
                Step::MachinesDeleted { pool, machines } => self.machines_deleted(&operation, &pool, machines),
                Step::CertificatesRotated => self.certificates_rotated(&operation),
                Step::Finish => {
                    let outcome = operation.fails.clone().map_or(Outcome::Succeeded, Outcome::Failed);
                    self.operations.end(&operation.id, at, outcome.clone());
                    self.show_outcome(&operation, &outcome, at);
                }
            }
        }
    }

    /// Ends a running operation before its time; its remaining steps do not happen. The subject keeps its state: it
    /// belongs to whatever pushed the operation aside.
    pub fn push_aside(&mut self, id: &str, error: OperationError) {
        let now = self.now();
        self.operations.end(id, now, Outcome::Canceled(error));
    }
}
