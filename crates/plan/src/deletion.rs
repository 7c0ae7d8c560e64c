//! What becomes of an object that is going away.

use std::collections::BTreeMap;

use super::blocker::{Blocker, Wait};
use super::change::Target;
use super::desired::{Deletion, DesiredCluster, DesiredPool, Life};
use super::live::LiveCluster;
use super::owner::Ownership;
use super::step::Step;
use super::{Facts, Input, Plan, keep_records};
use armature_api::{DeletionPolicy, ManagementPolicy};
use jiff::Timestamp;

/// What becomes of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    #[default]
    Alive,
    /// It is to go and may not: no call to Azure, the finalizer stays. One sentence with the way out.
    Blocked(String),
    /// It goes and Azure is left alone: why.
    LetGo(&'static str),
    /// The Azure resource is to be deleted first.
    Delete,
    /// Azure has nothing (any more): the object goes.
    Gone,
}

impl Fate {
    /// Whether the finalizer comes off now.
    pub fn ends(&self) -> bool {
        matches!(self, Self::LetGo(_) | Self::Gone)
    }
}

const PROTECTED: &str = "deletion is protected: nothing is deleted in Azure; set spec.deletionProtection to false to delete it there too, or run armature release to let this object go and leave Azure alone";
const DEFINITIONS: &str = "the resource definitions of Armature are being deleted, so nothing is deleted in Azure; restore them, or run armature release to let this object go and leave Azure alone";
const WAITS_FOR_CLUSTER: &str =
    "the cluster of this pool is going away and held back; the pool waits for what becomes of it";
const OWN: &str =
    "this is the cluster Armature runs on, which it never deletes; run armature release to let this object go";
const UNMARKED: &str = "the tag armature-owner is gone from the Azure resource, so it can't be told whose it is and it is not deleted; put the tag back, or run armature release to let this object go";

const UNREADABLE: &str = "what becomes of the Azure resource can't be decided while the object can't be read; correct it, or run armature release to let this object go and leave Azure alone";

const RELEASED: &str = "released: the Azure resource is left alone";
const ORPHANED: &str = "deletionPolicy is Orphan: the Azure resource is left alone";
const NOT_OURS: &str = "the Azure resource is not ours: it is left alone";
const OBSERVED: &str = "managementPolicy is Observe: the Azure resource is left alone";
const WITH_CLUSTER: &str = "the cluster is no longer managed: the pool goes with it";

/// What becomes of the cluster object.
pub fn cluster_fate(input: &Input<'_>) -> Fate {
    let DesiredCluster {
        policies, life, mark, ..
    } = input.cluster;
    if let Some(early) = refusals(life, policies.deletion.protected, input) {
        return early;
    }
    let fate = match input.live {
        // An operation of ours runs on what Azure does not show: a create that is late, or the deletion itself.
        None if input.facts.running.contains(&Target::Cluster) => Fate::Delete,
        None => Fate::Gone,
        Some(_) if policies.management == ManagementPolicy::Observe => Fate::LetGo(OBSERVED),
        Some(live) => by_owner(Ownership::of(live.owner(), mark), life, |adopted| {
            policies.deletion.outcome(adopted)
        }),
    };
    match fate {
        Fate::Delete if input.facts.own_cluster => Fate::Blocked(OWN.to_owned()),
        fate => fate,
    }
}

/// What becomes of a pool object, given what becomes of its cluster.
pub fn pool_fate(pool: &DesiredPool, cluster: &Fate, input: &Input<'_>) -> Fate {
    if !pool.is_going() {
        return Fate::Alive;
    }
    match cluster {
        Fate::Gone | Fate::LetGo(_) => return Fate::LetGo(WITH_CLUSTER),
        // A pool is never deleted under a cluster that goes: its finalizer ends with the cluster's.
        Fate::Delete => return Fate::Delete,
        Fate::Alive | Fate::Blocked(_) => {}
    }
    if let Some(early) = refusals(&pool.life, pool.deletion.protected, input) {
        return early;
    }
    match (by_azure(pool, input), cluster) {
        (Fate::Delete, Fate::Blocked(_)) => Fate::Blocked(WAITS_FOR_CLUSTER.to_owned()),
        (fate, _) => fate,
    }
}

/// What becomes of a pool object under a cluster that stays, by what Azure has.
fn by_azure(pool: &DesiredPool, input: &Input<'_>) -> Fate {
    // What Azure does not show yet may still come of an operation of ours.
    let unless = |may_come: bool| if may_come { Fate::Delete } else { Fate::Gone };
    let Some(cluster) = input.live else {
        return unless(input.facts.running.contains(&Target::Cluster));
    };
    let Some(live) = cluster.pool(&pool.name) else {
        let running = input.facts.running.contains(&Target::Pool(pool.name.clone()));
        return unless(running || !input.facts.pools_absent.contains(&pool.name));
    };
    if pool.observe || input.cluster.policies.management == ManagementPolicy::Observe {
        return Fate::LetGo(OBSERVED);
    }
    match Ownership::of(cluster.owner(), &input.cluster.mark) {
        Ownership::Ours { .. } => {}
        Ownership::Unmarked if input.cluster.life.has_records() => return Fate::Blocked(UNMARKED.to_owned()),
        Ownership::Unmarked | Ownership::Other(_) => return Fate::LetGo(NOT_OURS),
    }
    let fate = by_owner(Ownership::of(live.owner(), &pool.mark), &pool.life, |adopted| {
        pool.deletion.outcome(adopted)
    });
    match fate {
        Fate::Delete if !live.provisioning_state().is_deleting() && cluster.is_last_system_pool(live) => {
            let last = Blocker::LastSystemPool {
                pool: pool.name.clone(),
            };
            Fate::Blocked(last.to_string())
        }
        fate => fate,
    }
}

/// What becomes of a cluster that is to go and whose fate does not depend on Azure: a protected or released object
/// makes no call. `None` when Azure has to be asked.
pub fn without_azure(cluster: &DesiredCluster, pools: &[DesiredPool], facts: &Facts, now: Timestamp) -> Option<Plan> {
    let input = Input {
        cluster,
        pools,
        live: None,
        facts,
        now,
    };
    let fate =
        refusals(&cluster.life, cluster.policies.deletion.protected, &input).filter(|fate| *fate != Fate::Alive)?;
    let pool_fate = |pool: &DesiredPool| match (&fate, refusals(&pool.life, pool.deletion.protected, &input)) {
        (_, Some(Fate::Alive)) => Fate::Alive,
        (Fate::LetGo(_), _) => Fate::LetGo(WITH_CLUSTER),
        (_, Some(own)) => own,
        (_, None) => Fate::Blocked(WAITS_FOR_CLUSTER.to_owned()),
    };
    let mut plan = Plan {
        pool_fates: pools
            .iter()
            .map(|pool| (pool.object.clone(), pool_fate(pool)))
            .collect(),
        ..Plan::default()
    };
    plan.fate = fate;
    keep_records(&input, &mut plan);
    Some(plan)
}

/// The pools whose objects go whatever Azure has, and whatever becomes of their cluster: somebody released them.
pub fn released_pools(pools: &[DesiredPool]) -> BTreeMap<String, Fate> {
    let released = pools.iter().filter(|pool| pool.is_going() && pool.life.released);
    released
        .map(|pool| (pool.object.clone(), Fate::LetGo(RELEASED)))
        .collect()
}

/// The answers that don't depend on Azure.
fn refusals(life: &Life, protected: bool, input: &Input<'_>) -> Option<Fate> {
    if life.deleting_since.is_none() {
        Some(Fate::Alive)
    } else if life.released {
        Some(Fate::LetGo(RELEASED))
    } else if protected {
        Some(Fate::Blocked(PROTECTED.to_owned()))
    } else if input.facts.definitions_terminating {
        Some(Fate::Blocked(DEFINITIONS.to_owned()))
    } else {
        None
    }
}

/// What becomes of an object that is to go and whose manifest can't be read: it goes where Azure is left alone, and
/// waits for a person otherwise.
pub fn unread_fate(released: bool, deletion: Deletion, observe: bool) -> Fate {
    if released {
        Fate::LetGo(RELEASED)
    } else if deletion.protected {
        Fate::Blocked(PROTECTED.to_owned())
    } else if observe {
        Fate::LetGo(OBSERVED)
    } else if deletion.policy == Some(DeletionPolicy::Orphan) {
        Fate::LetGo(ORPHANED)
    } else {
        Fate::Blocked(UNREADABLE.to_owned())
    }
}

fn by_owner(owner: Ownership, life: &Life, outcome: impl Fn(bool) -> DeletionPolicy) -> Fate {
    match owner {
        Ownership::Ours { adopted } => match outcome(adopted) {
            DeletionPolicy::Delete => Fate::Delete,
            DeletionPolicy::Orphan => Fate::LetGo(ORPHANED),
        },
        Ownership::Unmarked if life.has_records() => Fate::Blocked(UNMARKED.to_owned()),
        Ownership::Unmarked | Ownership::Other(_) => Fate::LetGo(NOT_OURS),
    }
}

/// Deletes the cluster, once: a DELETE that Azure works on is not sent again.
pub fn cluster_step(input: &Input<'_>, live: Option<&LiveCluster>, plan: &mut Plan) {
    keep_records(input, plan);
    let state = live.map(LiveCluster::provisioning_state);
    match state {
        Some(state) if !state.is_deleting() => plan.push(Step::DeleteCluster),
        _ => plan.waits.push(being_deleted(Target::Cluster)),
    }
}

fn being_deleted(target: Target) -> Wait {
    Wait::AzureBusy {
        target,
        state: "Deleting".to_owned(),
    }
}

/// Deletes the pools whose objects go, once it is clear that their cluster stays: a prune deletes pools first.
pub fn pool_steps(input: &Input<'_>, plan: &mut Plan) {
    let Some(live) = input.live.filter(|_| plan.fate == Fate::Alive) else {
        return;
    };
    for pool in input.pools {
        let (Some(Fate::Delete), Some(since)) = (plan.pool_fates.get(&pool.object), pool.life.deleting_since) else {
            continue;
        };
        let found = live.pool(&pool.name);
        let rest = input.facts.pool_delete_grace - input.now.duration_since(since);
        if found.is_none_or(|found| found.provisioning_state().is_deleting()) {
            plan.waits.push(being_deleted(Target::Pool(pool.name.clone())));
        } else if rest.is_positive() {
            plan.waits.push(Wait::PoolDeleteGrace {
                pool: pool.name.clone(),
            });
            plan.look_again_in(rest);
        } else {
            plan.push(Step::DeletePool {
                pool: pool.name.clone(),
            });
        }
    }
}
