//! The pools of a cluster that exists.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::applied::Applied;
use super::blocker::{Blocker, Wait};
use super::body::owner_tag;
use super::change::{Change, Origin, Source, Target};
use super::compatibility::{self, Making};
use super::desired::DesiredPool;
use super::diff::{Sides, diff};
use super::effect::Effect;
use super::fields;
use super::live::{LiveCluster, LivePool, ProvisioningState};
use super::owner::Ownership;
use super::path::Path;
use super::resource::{MAX_RESUME_ATTEMPTS, NO_RECORDS, broken_state, error_clause, shown};
use super::step::Step;
use super::upgrade::PoolOnRoute;
use super::version::Version;
use super::{Fate, Input, Plan, keep_pool_records, rollback};
use armature_api::{AdoptionPolicy, ManagementPolicy, VersionPolicy};

/// Plans every pool that stays: made where it is missing, brought to what Git asks for where it exists.
pub fn plan(input: &Input<'_>, live: &LiveCluster, plan: &mut Plan) {
    let mut making = Making::pools(input, live);
    for pool in distinct(input, plan) {
        match live.pool(&pool.name) {
            None => missing(input, live, pool, &mut making, plan),
            Some(found) => existing(input, live, pool, found, plan),
        }
    }
    report_unlisted(input, live, plan);
    keep_pool_records(input, plan);
}

/// The pools that stay, one object each: the older one counts, the other says so.
pub fn distinct<'a>(input: &Input<'a>, plan: &mut Plan) -> Vec<&'a DesiredPool> {
    let mut pools: Vec<&DesiredPool> = input.pools.iter().filter(|pool| !pool.is_going()).collect();
    pools.sort_by(|a, b| (a.created_at, &a.object).cmp(&(b.created_at, &b.object)));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    pools.retain(|pool| match first.get(pool.name.as_str()) {
        None => {
            first.insert(&pool.name, &pool.object);
            true
        }
        Some(other) => {
            plan.blockers.push(Blocker::DuplicatePool {
                pool: pool.name.clone(),
                other: (*other).to_owned(),
            });
            false
        }
    });
    pools
}

fn missing<'a>(input: &Input<'a>, live: &LiveCluster, pool: &'a DesiredPool, making: &mut Making<'a>, plan: &mut Plan) {
    if input.facts.running.contains(&Target::Pool(pool.name.clone())) {
        return;
    }
    if input.facts.pools_absent.contains(&pool.name) {
        // Whoever makes another one under the name owns it.
        plan.pools_applied.insert(pool.name.clone(), Applied::default());
    }
    let ahead = |(wanted, control_plane): &(Version, Version)| !control_plane.meets(*wanted);
    if let Some((wanted, control_plane)) = pool.version.zip(live.running_version()).filter(ahead) {
        // Made once the control plane is there, if it is meant to get there.
        if !input.cluster.version.is_some_and(|plane| plane.meets(wanted)) {
            plan.blockers.push(Blocker::PoolAheadOfControlPlane {
                pool: pool.name.clone(),
                wanted,
                control_plane,
            });
        }
    } else if making.takes(pool, plan) {
        plan.push(Step::CreatePool {
            pool: pool.name.clone(),
            again: pool.life.once_existed || !pool.life.applied.is_empty(),
        });
    }
}

fn existing(input: &Input<'_>, cluster: &LiveCluster, pool: &DesiredPool, live: &LivePool, plan: &mut Plan) {
    let target = Target::Pool(pool.name.clone());
    let mark = match mark_change(input, pool, live) {
        Ok(change) => change,
        Err(blocker) => return plan.blockers.push(blocker),
    };
    let state = live.provisioning_state();
    if let Some(busy) = state.busy().filter(|_| !input.facts.running.contains(&target)) {
        plan.waits.push(Wait::AzureBusy {
            target: target.clone(),
            state: busy.to_owned(),
        });
    }
    let adopting = mark.is_some();
    let ours = !adopting && !pool.observe;
    let sides = Sides {
        target: &target,
        wanted: &pool.body,
        live: &live.body,
        applied: if adopting { &NO_RECORDS } else { &pool.life.applied },
        ours,
        known: ours && input.knows(&pool.life, &target),
        settled: state == ProvisioningState::Succeeded,
        running: live.running_version().or(cluster.running_version()),
        autoscaled: wants_autoscaler(pool).unwrap_or_else(|| live.is_autoscaled()),
        // No property of a pool is a secret (SPEC 2026-08-01 AgentPool).
        secrets: &[],
        overrides: &pool.overrides,
        under_way: input.facts.running.contains(&target),
    };
    let found = diff(fields::pool::FIELDS, sides);
    plan.pools_applied.insert(pool.name.clone(), found.applied);
    plan.blockers
        .extend(found.never_cleared.into_iter().map(|path| Blocker::NeverCleared {
            target: target.clone(),
            path,
        }));
    plan.advise_released(target.clone(), &found.released, &live.body);
    for note in found.notes {
        plan.advise(target.clone(), note);
    }
    for (path, now) in found.ahead.into_iter().filter(|(path, _)| !is_version(path)) {
        plan.advise(
            target.clone(),
            format!(
                "{path} is {now} in Azure by now, which is not undone; take it out of the manifest when convenient"
            ),
        );
    }
    let (refused, writable): (Vec<Change>, Vec<Change>) = found
        .changes
        .into_iter()
        .filter(|change| !is_version(&change.path))
        .partition(|change| change.effect.is_refused());
    plan.blockers
        .extend(refused.into_iter().map(|change| Blocker::ReplacementRequired {
            pool: pool.name.clone(),
            from: shown(change.shown_from()),
            to: shown(change.shown_to()),
            path: change.path,
        }));
    let writable = writable.into_iter().filter(|change| {
        keeps_a_system_pool(input, cluster, live, change, plan)
            && compatibility::takes_change(input, cluster, change, plan)
    });
    let mut changes: Vec<Change> = mark.into_iter().chain(writable).collect();
    changes.extend(rollback::version(pool, live, &changes));
    write_or_resume(pool, live, changes, plan);
}

fn is_version(path: &Path) -> bool {
    path.starts_with("properties.orchestratorVersion")
}

/// The last System pool does not become a User pool; where another is on its way the change waits for it.
fn keeps_a_system_pool(
    input: &Input<'_>,
    cluster: &LiveCluster,
    live: &LivePool,
    change: &Change,
    plan: &mut Plan,
) -> bool {
    if !change.path.starts_with("properties.mode") || !cluster.is_last_system_pool(live) {
        return true;
    }
    let other = |pool: &DesiredPool| pool.is_system() && !pool.is_going() && !pool.observe;
    if !input.pools.iter().any(other) {
        plan.blockers.push(Blocker::LastSystemPool {
            pool: live.name.to_ascii_lowercase(),
        });
    }
    false
}

/// An operation that failed is resumed; the gate takes the repeat out again where a write of settings or an upgrade
/// does so too.
fn write_or_resume(pool: &DesiredPool, live: &LivePool, changes: Vec<Change>, plan: &mut Plan) {
    let state = live.provisioning_state();
    if exhausted(pool, live) {
        plan.blockers.push(Blocker::ResumeExhausted {
            target: Target::Pool(pool.name.clone()),
            state: broken_state(&state).to_owned(),
            error: error_clause(live.provisioning_error()),
        });
        return;
    }
    if state.is_broken() {
        plan.push(Step::ResumePool {
            pool: pool.name.clone(),
        });
    }
    if !changes.is_empty() {
        plan.push(Step::UpdatePool {
            pool: pool.name.clone(),
            changes,
        });
    }
}

fn exhausted(pool: &DesiredPool, live: &LivePool) -> bool {
    live.provisioning_state().is_broken() && pool.life.resume_attempts >= MAX_RESUME_ATTEMPTS
}

/// Pools that something depends on and that what shows the cluster does not show: only a GET of the pool itself says that
/// Azure has none.
pub fn in_doubt(input: &Input<'_>, plan: &Plan) -> Vec<String> {
    let Some(live) = input
        .live
        .filter(|_| matches!(plan.fate, Fate::Alive | Fate::Blocked(_)))
    else {
        return Vec::new();
    };
    let depends = |pool: &&DesiredPool| match plan.pool_fates.get(&pool.object) {
        Some(Fate::Delete) => true,
        Some(Fate::Alive) => !pool.life.applied.is_empty(),
        Some(Fate::Blocked(_) | Fate::LetGo(_) | Fate::Gone) | None => false,
    };
    let unknown = |pool: &&DesiredPool| {
        live.pool(&pool.name).is_none()
            && !input.facts.pools_absent.contains(&pool.name)
            && !input.facts.running.contains(&Target::Pool(pool.name.clone()))
    };
    let pools = input.pools.iter().filter(unknown).filter(depends);
    pools.map(|pool| pool.name.clone()).collect()
}

/// The change that puts our mark on the pool, if it lacks it and may have it. What status records says nothing about
/// whose it is.
fn mark_change(input: &Input<'_>, pool: &DesiredPool, live: &LivePool) -> Result<Option<Change>, Blocker> {
    let refused = |owner: String| Blocker::PoolAdoptionRefused {
        pool: pool.name.clone(),
        owner,
    };
    let mark = match Ownership::of(live.owner(), &pool.mark) {
        Ownership::Ours { .. } => return Ok(None),
        _ if pool.observe => return Ok(None),
        Ownership::Other(mark) => return Err(refused(format!("belongs to {mark:?} by its tag armature-owner"))),
        Ownership::Unmarked if input.cluster.policies.adoption == AdoptionPolicy::AfterPlan => pool.mark.adopted(),
        Ownership::Unmarked if pool.life.has_records() => {
            return Err(refused(format!(
                "lost its tag armature-owner (put {} back if that was a mistake)",
                pool.mark
            )));
        }
        Ownership::Unmarked => return Err(refused("was not made by Armature".to_owned())),
    };
    Ok(Some(Change {
        target: Target::Pool(pool.name.clone()),
        path: owner_tag("properties.tags"),
        from: live.owner().map(|owner| json!(owner)),
        to: Some(json!(mark.to_string())),
        origin: Origin::Unrecorded,
        effect: Effect::InPlace,
        one_way: false,
        source: Source::Field,
    }))
}

fn wants_autoscaler(pool: &DesiredPool) -> Option<bool> {
    Path::new("properties.enableAutoScaling")
        .get(&pool.body)
        .and_then(Value::as_bool)
}

/// Pools that Git does not know are somebody's: they are named and left alone.
fn report_unlisted(input: &Input<'_>, live: &LiveCluster, plan: &mut Plan) {
    let listed = |name: &str| input.pools.iter().any(|pool| pool.name.eq_ignore_ascii_case(name));
    for pool in live.pools.iter().filter(|pool| !listed(&pool.name)) {
        plan.advise(
            Target::Cluster,
            format!(
                "pool {} is in Azure and no AksNodePool describes it; it is left alone",
                pool.name
            ),
        );
    }
}

/// The pools an upgrade has to think of: those that exist, stay and are ours to move.
pub fn on_route(input: &Input<'_>, live: &LiveCluster, plan: &Plan) -> Vec<PoolOnRoute> {
    let blocked = |pool: &DesiredPool| {
        plan.blockers.iter().any(|blocker| match blocker {
            Blocker::PoolAdoptionRefused { pool: name, .. } | Blocker::DuplicatePool { pool: name, .. } => {
                *name == pool.name
            }
            Blocker::ResumeExhausted { target, .. } => *target == Target::Pool(pool.name.clone()),
            _ => false,
        })
    };
    // A pool that is only looked at never moves by us.
    let looking = |pool: &DesiredPool| pool.observe && input.cluster.policies.management == ManagementPolicy::Manage;
    let movable = input.pools.iter().filter(|pool| !pool.is_going() && !blocked(pool));
    movable
        .filter_map(|pool| {
            let found = live.pool(&pool.name)?;
            Some(PoolOnRoute {
                name: pool.name.clone(),
                running: found.running_version()?,
                policy: if looking(pool) || rollback::stays(pool, found, plan) {
                    VersionPolicy::Manual
                } else {
                    pool.version_policy
                },
                floor: pool.version.filter(|_| !looking(pool)),
            })
        })
        .collect()
}
