//! What Azure offers: Kubernetes versions by region and date, node images, regions, machine sizes, durations.
//!
//! Pure data and arithmetic. Time is always a parameter.

mod version;

pub use version::{Minor, NotAVersion, Version, Wanted};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Which support a cluster pays for (SPEC `supportPlan`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportPlan {
    /// `KubernetesOfficial`: community support, about twelve months a minor.
    KubernetesOfficial,
    /// `AKSLongTermSupport`: two years a minor, Premium tier only.
    LongTermSupport,
}

/// One minor that a region offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The minor.
    pub minor: Minor,
    /// Patches on offer, oldest first, never empty.
    pub patches: Vec<Version>,
    /// Plans under which it can be had.
    pub plans: Vec<SupportPlan>,
    /// Taken when a create names no version.
    pub is_default: bool,
    /// Not yet generally available.
    pub is_preview: bool,
}

/// A version that a cluster or pool may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The version.
    pub version: Version,
    /// Not yet generally available.
    pub is_preview: bool,
}

/// Minors that `region` offers at `now`, oldest first.
#[must_use]
pub fn versions(_region: &str, _now: Timestamp) -> Vec<Offer> {
    Vec::new()
}

/// What a create without a version gets: the newest patch of N-1, N being the newest generally available minor.
#[must_use]
pub fn default_version(_region: &str, _now: Timestamp) -> Version {
    Minor::one(36).patch(4)
}

/// The version that `wanted` means in `region` at `now`: an alias stays at `current` when that is of its minor,
/// else it is the newest patch. `None` when it is not on offer.
#[must_use]
pub fn resolve(_region: &str, _now: Timestamp, _wanted: Wanted, _current: Option<Version>) -> Option<Version> {
    None
}

/// Where a cluster at `from` may go, newest first.
#[must_use]
pub fn upgrades(_region: &str, _now: Timestamp, _from: Version, _plan: SupportPlan) -> Vec<Target> {
    Vec::new()
}

/// Body of GET `locations/{region}/kubernetesVersions`.
#[must_use]
pub fn kubernetes_versions_body(_region: &str, _now: Timestamp) -> Value {
    Value::Null
}

/// Body of GET `{cluster}/upgradeProfiles/default`; `pools` in agent pool resource form (`name`, `properties`).
#[must_use]
pub fn cluster_upgrade_profile_body(_cluster: &Value, _pools: &[Value], _region: &str, _now: Timestamp) -> Value {
    Value::Null
}

/// Body of GET `{pool}/upgradeProfiles/default`.
#[must_use]
pub fn pool_upgrade_profile_body(_cluster: &Value, _pool: &Value, _region: &str, _now: Timestamp) -> Value {
    Value::Null
}

/// Body of GET `{cluster}/availableAgentPoolVersions`.
#[must_use]
pub fn available_agent_pool_versions_body(_cluster: &Value, _region: &str, _now: Timestamp) -> Value {
    Value::Null
}

/// The newest node image for a pool (its `properties`, defaults filled) at `kubernetes`, at `now`.
#[must_use]
pub fn node_image(_pool: &Value, _kubernetes: Version, _now: Timestamp) -> String {
    String::new()
}

/// An Azure region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// `westeurope`.
    pub name: &'static str,
    /// `West Europe`.
    pub display_name: &'static str,
    /// Whether it has availability zones (then three, `1` to `3`).
    pub zones: bool,
    /// The paired region's name.
    pub pair: Option<&'static str>,
}

/// Every public region that the simulator knows, by name.
#[must_use]
pub fn regions() -> &'static [Region] {
    &[]
}

/// The region called `name`, with spaces and case ignored as ARM does (`West Europe` is `westeurope`).
#[must_use]
pub fn region(_name: &str) -> Option<&'static Region> {
    None
}

/// A machine size that the rules know something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmSize {
    /// `Standard_D4s_v5`.
    pub name: &'static str,
    /// Number of vCPU.
    pub vcpu: u32,
    /// Memory in GiB, rounded down.
    pub memory_gib: u32,
}

/// The size called `name`, case-insensitively; `None` for a size the table does not have, which is accepted.
#[must_use]
pub fn vm_size(_name: &str) -> Option<&'static VmSize> {
    None
}

/// Work whose duration AKS decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Creation of a cluster with its first pools.
    ClusterCreate,
    /// A cluster PUT that leaves nodes and traffic alone.
    ClusterUpdate,
    /// A cluster PUT that changes load balancer, egress or API server access.
    ClusterNetworkUpdate,
    /// The control plane's part of an upgrade.
    ControlPlaneUpgrade,
    /// DELETE of a cluster.
    ClusterDelete,
    /// Start of a stopped cluster.
    ClusterStart,
    /// Stop of a cluster.
    ClusterStop,
    /// Rotation of certificates or signing keys.
    Rotation,
    /// Creation of a pool.
    PoolCreate,
    /// A pool PUT that leaves nodes alone.
    PoolUpdate,
    /// More nodes.
    ScaleUp,
    /// Fewer nodes.
    ScaleDown,
    /// DELETE of a pool.
    PoolDelete,
    /// Rolling replacement by an upgrade, a rollback.
    NodeUpgrade,
    /// Rolling replacement by a new node image or by a reimaging setting.
    NodeReimage,
    /// Stop of a pool.
    PoolStop,
    /// Start of a pool.
    PoolStart,
}

/// What a duration depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationInput<'a> {
    /// Nodes touched.
    pub nodes: u32,
    /// Nodes replaced at the same time; see [`surge`]. At least 1 is assumed.
    pub surge: u32,
    /// `upgradeSettings.nodeSoakDurationInMinutes`, waited after each batch.
    pub soak_minutes: u32,
    /// Windows nodes take longer to come up.
    pub windows: bool,
    /// Private cluster, own virtual network, add-ons: each adds to a create.
    pub extras: u32,
    /// Spreads durations over their range, the same for the same text (use the resource id and the operation's number).
    pub seed: &'a str,
}

/// Simulated time that `work` takes: deterministic, within the range of the reference for that work.
#[must_use]
pub fn duration(_work: Work, _input: &DurationInput<'_>) -> SignedDuration {
    SignedDuration::ZERO
}

/// Nodes that `maxSurge` (`"2"` or `"33%"`, rounded up, absent 10%) adds to a pool of `count` nodes, at least 1.
#[must_use]
pub fn surge(_max_surge: Option<&str>, _count: u32) -> u32 {
    1
}
