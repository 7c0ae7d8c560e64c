//! The way up: hops of one minor, control plane before pools, never out of the allowed skew.

use super::blocker::Blocker;
use super::change::{Change, Origin, Source, Target};
use super::effect::Effect;
use super::path::Path;
use super::step::Step;
use super::version::Version;
use armature_api::VersionPolicy;
use serde_json::json;

/// A pool may trail the control plane by three minors (Kubernetes 1.28 and later, supported-kubernetes-versions).
const MAX_SKEW: u32 = 3;

/// Where a cluster is and where it is meant to go.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// What the control plane runs.
    pub running: Version,
    /// The floor under the control plane's version.
    pub floor: Option<Version>,
    /// The difference at the control plane's version, if there is one.
    pub change: Option<&'a Change>,
    /// What Azure offers next, where it was asked.
    pub offered: Option<&'a [Version]>,
    /// Whether AKS upgrades on its own, so that control plane and pools only go together.
    pub upgrades_itself: bool,
    /// The pools that exist and stay.
    pub pools: Vec<PoolOnRoute>,
}

/// A pool on the way.
#[derive(Debug, Clone)]
pub struct PoolOnRoute {
    /// Its name in Azure.
    pub name: String,
    /// What its nodes run.
    pub running: Version,
    /// How it follows.
    pub policy: VersionPolicy,
    /// The floor its manifest names.
    pub floor: Option<Version>,
}

/// The steps, and what stands in the way.
pub fn steps(route: &Route<'_>) -> (Vec<Step>, Vec<Blocker>) {
    let mut way = Way {
        start: route.running,
        control_plane: route.running,
        pools: route.pools.clone(),
        steps: Vec::new(),
        blockers: Vec::new(),
    };
    way.climb(route);
    way.settle_pools(route);
    (way.steps, way.blockers)
}

struct Way {
    start: Version,
    control_plane: Version,
    pools: Vec<PoolOnRoute>,
    steps: Vec<Step>,
    blockers: Vec<Blocker>,
}

impl Way {
    /// Takes the control plane up hop by hop, and behind each hop the pools that follow.
    fn climb(&mut self, route: &Route<'_>) {
        let Some((target, change)) = route.floor.zip(route.change) else {
            return;
        };
        if let Some(refusal) = self.not_offered(target, route) {
            self.blockers.push(refusal);
            return;
        }
        // Pools that trail come first, so that a plan made between two steps goes on where the last one was.
        self.catch_up(Some(target));
        while !self.control_plane.meets(target) {
            let next = self.next_hop(target, route.offered);
            if !self.within_skew(next) {
                return;
            }
            let changes = vec![Change {
                to: Some(json!(next.to_string())),
                ..change.clone()
            }];
            self.control_plane = next;
            if route.upgrades_itself {
                self.steps.push(Step::UpgradeCluster { to: next, changes });
                self.pools.iter_mut().for_each(|pool| pool.running = next);
            } else {
                self.steps.push(Step::UpgradeControlPlane { to: next, changes });
                self.follow(Some(target));
            }
        }
    }

    /// One minor at a time, unless Azure offers the target itself, as it does between long-term versions. A jump past
    /// the skew would leave every pool behind it.
    fn next_hop(&self, target: Version, offered: Option<&[Version]>) -> Version {
        let offered_directly =
            offered.is_some_and(|versions| versions.iter().any(|version| version.same_minor(target)));
        match target.minors_ahead_of(self.control_plane) {
            0 | 1 => target,
            2..=MAX_SKEW if self.control_plane == self.start && offered_directly => target,
            _ => self.control_plane.next_minor(),
        }
    }

    /// A first hop that Azure does not offer is refused before anything is written.
    fn not_offered(&self, target: Version, route: &Route<'_>) -> Option<Blocker> {
        let offered = route.offered?;
        let hop = self.next_hop(target, Some(offered));
        let fits = |version: &Version| version.same_minor(hop) && (!hop.is_patch() || *version == hop);
        (!offered.iter().any(fits)).then(|| Blocker::VersionNotOffered {
            wanted: hop,
            running: self.control_plane,
            offered: listed(offered),
        })
    }

    /// Takes pools up that would fall too far behind; a pool that goes its own way stops the climb instead.
    fn within_skew(&mut self, next: Version) -> bool {
        let (steps, blockers) = (&mut self.steps, &mut self.blockers);
        for pool in &mut self.pools {
            while next.minors_ahead_of(pool.running) > MAX_SKEW {
                if pool.policy == VersionPolicy::Manual {
                    blockers.push(Blocker::SkewTooWide {
                        pool: pool.name.clone(),
                        running: pool.running,
                        next,
                    });
                    return false;
                }
                let hop = pool.running.next_minor();
                steps.push(upgrade(pool, hop));
                pool.running = hop;
            }
        }
        true
    }

    /// Takes the pools that follow to where the control plane is: to its minor, and to the very patch where the
    /// manifest names one.
    fn follow(&mut self, target: Option<Version>) {
        let control_plane = self.control_plane;
        let precise = target.filter(|target| target.same_minor(control_plane));
        let floor = precise.unwrap_or_else(|| control_plane.alias());
        for index in 0..self.pools.len() {
            if self.pools[index].policy == VersionPolicy::Follow {
                self.raise(index, floor);
            }
        }
    }

    /// Takes every pool as far as it is meant to be and the control plane lets it.
    fn catch_up(&mut self, target: Option<Version>) {
        self.follow(target);
        for index in 0..self.pools.len() {
            if let Some(floor) = self.pools[index].floor {
                self.raise(index, floor);
            }
        }
    }

    /// Takes the pools to where the control plane ends, and names those that want to be beyond it.
    fn settle_pools(&mut self, route: &Route<'_>) {
        self.catch_up(route.floor);
        let control_plane = self.control_plane;
        let beyond = self.pools.iter().filter_map(|pool| {
            let wanted = pool.floor.filter(|floor| !control_plane.meets(*floor))?;
            Some(Blocker::PoolAheadOfControlPlane {
                pool: pool.name.clone(),
                wanted,
                control_plane,
            })
        });
        self.blockers.extend(beyond);
    }

    fn raise(&mut self, index: usize, floor: Version) {
        let control_plane = self.control_plane;
        let Some(pool) = self.pools.get_mut(index).filter(|_| control_plane.meets(floor)) else {
            return;
        };
        while !pool.running.meets(floor) {
            let hop = if floor.minors_ahead_of(pool.running) > 1 {
                pool.running.next_minor()
            } else if floor.same_minor(control_plane) {
                // The very version of the control plane, so that a pool never comes out newer.
                control_plane
            } else {
                floor
            };
            self.steps.push(upgrade(pool, hop));
            pool.running = hop;
        }
    }
}

fn upgrade(pool: &PoolOnRoute, to: Version) -> Step {
    let change = Change {
        target: Target::Pool(pool.name.clone()),
        path: Path::new("properties.orchestratorVersion"),
        from: Some(json!(pool.running.to_string())),
        to: Some(json!(to.to_string())),
        origin: Origin::Edit,
        effect: Effect::RollingReplace,
        one_way: false,
        source: Source::Field,
    };
    Step::UpgradePool {
        pool: pool.name.clone(),
        to,
        changes: vec![change],
    }
}

fn listed(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "no upgrade at the moment".to_owned();
    }
    versions.iter().map(Version::to_string).collect::<Vec<_>>().join(", ")
}
