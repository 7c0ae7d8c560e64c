//! What becomes of an object that is going away.

use super::blocker::Wait;
use super::change::Target;
use super::desired::{DesiredCluster, DesiredPool, Life};
use super::live::{LiveCluster, LivePool};
use super::owner::Ownership;
use super::step::Step;
use super::{Facts, Input, Plan, keep_records};
use crate::api::{DeletionPolicy, ManagementPolicy};
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
    if input.facts.own_cluster {
        return Fate::Blocked(OWN.to_owned());
    }
    let Some(live) = input.live else { return Fate::Gone };
    if policies.management == ManagementPolicy::Observe {
        return Fate::LetGo(OBSERVED);
    }
    by_owner(Ownership::of(live.owner(), mark), life, |adopted| {
        policies.deletion.outcome(adopted)
    })
}

/// What becomes of a pool object, given what becomes of its cluster.
pub fn pool_fate(pool: &DesiredPool, cluster: &Fate, input: &Input<'_>) -> Fate {
    match cluster {
        Fate::Gone | Fate::LetGo(_) if pool.is_going() => return Fate::LetGo(WITH_CLUSTER),
        // A pool is never deleted under a cluster that goes: its finalizer ends with the cluster's.
        Fate::Delete if pool.is_going() => return Fate::Delete,
        _ => {}
    }
    if let Some(early) = refusals(&pool.life, pool.deletion.protected, input) {
        return early;
    }
    let live = input
        .live
        .and_then(|live| live.pool(&pool.name).map(|found| (live, found)));
    let Some((cluster, live)) = live else { return Fate::Gone };
    if pool.observe {
        return Fate::LetGo(OBSERVED);
    }
    if !matches!(
        Ownership::of(cluster.owner(), &input.cluster.mark),
        Ownership::Ours { .. }
    ) {
        return Fate::LetGo(NOT_OURS);
    }
    let fate = by_owner(Ownership::of(live.owner(), &pool.mark), &pool.life, |adopted| {
        pool.deletion.outcome(adopted)
    });
    match fate {
        Fate::Delete if is_last_system_pool(cluster, live) => Fate::Blocked(format!(
            "pool {} is the last System pool and AKS keeps at least one; add another System pool first, or delete the cluster",
            pool.name
        )),
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

fn by_owner(owner: Ownership, life: &Life, outcome: impl Fn(bool) -> DeletionPolicy) -> Fate {
    match owner {
        Ownership::Ours { adopted } => match outcome(adopted) {
            DeletionPolicy::Delete => Fate::Delete,
            DeletionPolicy::Orphan => Fate::LetGo(ORPHANED),
        },
        Ownership::Unmarked if !life.applied.is_empty() => Fate::Blocked(UNMARKED.to_owned()),
        Ownership::Unmarked | Ownership::Other(_) => Fate::LetGo(NOT_OURS),
    }
}

fn is_last_system_pool(cluster: &LiveCluster, pool: &LivePool) -> bool {
    pool.is_system() && cluster.pools.iter().filter(|other| other.is_system()).count() == 1
}

/// Deletes the cluster: sent once, and at once whatever else runs, because AKS lets a DELETE preempt it.
pub fn cluster_step(live: Option<&LiveCluster>, plan: &mut Plan) {
    let deleting = live.is_some_and(|live| live.provisioning_state().busy() == Some("Deleting"));
    if deleting {
        plan.waits.push(Wait::AzureBusy {
            target: Target::Cluster,
            state: "Deleting".to_owned(),
        });
    } else {
        plan.push(Step::DeleteCluster);
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
        let deleting = live
            .pool(&pool.name)
            .is_some_and(|pool| pool.provisioning_state().busy() == Some("Deleting"));
        let rest = input.facts.pool_delete_grace - input.now.duration_since(since);
        if deleting {
            plan.waits.push(Wait::AzureBusy {
                target: Target::Pool(pool.name.clone()),
                state: "Deleting".to_owned(),
            });
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
