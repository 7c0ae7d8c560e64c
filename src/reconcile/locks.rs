//! Locks on a cluster and around it: what is known of ours, and what Azure shows around something that is to be deleted.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use super::operations;
use super::pass::Pass;
use armature_api::{ChildState, ChildStatus, LockLevel};
use armature_arm::{ArmClient, Priority, ResourceId};
use armature_plan::Plan;
use armature_plan::change::Target;
use armature_plan::children::{kind_of, locks, place};
use armature_plan::locks::{FoundLock, Lift, LockState, Locks, OwnLock, Touch};

/// What Azure said about locks is good for this long: a deletion that one of them stops is tried again.
const LIFETIME: Duration = Duration::from_secs(60);

/// What a process remembers about locks. All of it can be lost.
#[derive(Debug, Default)]
pub struct Memory {
    /// What children and actions would do next and a lock of ours keeps from happening.
    wanted: BTreeMap<Target, Touch>,
    /// What of that was known when the plan was made.
    planned_for: BTreeMap<Target, Touch>,
    /// What Azure showed around a resource, and when.
    found: BTreeMap<String, (Instant, Vec<FoundLock>)>,
}

impl Memory {
    /// Something waits for a lock to be lifted, or for its turn while it is.
    pub fn want(&mut self, target: Target, touch: Touch) {
        self.wanted.insert(target, touch);
    }

    /// Those of these targets that still wait say so anew.
    pub fn forget_wants(&mut self, of: fn(&Target) -> bool) {
        self.wanted.retain(|target, _| !of(target));
    }

    /// Whether something else waits than what the plan was made for.
    pub fn wants_other(&self) -> bool {
        self.wanted != self.planned_for
    }

    /// Azure is asked anew.
    pub fn look_again(&mut self) {
        self.found.clear();
    }
}

/// What is known without asking Azure, for a plan.
pub fn for_plan(pass: &mut Pass<'_>) -> Locks {
    pass.memory.locks.planned_for = pass.memory.locks.wanted.clone();
    known(pass)
}

/// What is known without asking Azure.
pub fn known(pass: &Pass<'_>) -> Locks {
    let of_children = |key: &String| matches!(operations::target(key), Target::Child(_) | Target::Action(_));
    let works = |(key, line): (&String, &ChildStatus)| {
        let working = matches!(
            line.state,
            ChildState::Applying | ChildState::InProgress | ChildState::Deleting
        );
        working && !is_lock(key)
    };
    Locks {
        own: own(pass),
        found: BTreeMap::new(),
        wanted: pass.memory.locks.wanted.clone(),
        children_busy: pass.operations.keys().any(of_children) || pass.children.iter().any(works),
    }
}

/// Whether this is the key of a lock of the manifest.
pub fn is_lock(key: &str) -> bool {
    kind_of(key).is_some_and(|kind| kind.field == locks::FIELD)
}

fn own(pass: &Pass<'_>) -> BTreeMap<String, OwnLock> {
    let entries = pass.objects.cluster.spec.locks.as_ref();
    let lines = pass.children.iter().filter(|(key, _)| is_lock(key));
    lines
        .filter_map(|(key, line)| {
            let name = key.split_once('/').map_or("", |(_, name)| name);
            let entry = entries.and_then(|entries| entries.get(name));
            let lift = match entry {
                _ if !line.owned => Lift::NotOurs,
                Some(entry) if entry.suspend_for_changes != Some(true) => Lift::Refused,
                Some(_) | None => Lift::Allowed,
            };
            // What left the manifest and is not ours is nothing to us, and its line goes.
            let concerns = entry.is_some() || line.owned;
            let lock = OwnLock {
                id: line.id.clone()?,
                level: entry.map_or(LockLevel::ReadOnly, |entry| entry.level),
                state: state(line),
                wanted: entry.is_some(),
                lift,
            };
            concerns.then(|| (key.clone(), lock))
        })
        .collect()
}

fn state(line: &ChildStatus) -> LockState {
    match (line.state, &line.applied) {
        (ChildState::Suspended, _) => LockState::Lifted,
        (_, Some(_)) => LockState::Stands,
        (_, None) => LockState::Missing,
    }
}

/// The locks around the cluster and the pools that the plan is about to delete.
pub async fn around_deletions(pass: &mut Pass<'_>, arm: &ArmClient, plan: &Plan) -> BTreeMap<Target, Vec<FoundLock>> {
    let mut found = BTreeMap::new();
    for target in plan.deletions() {
        let scope = match &target {
            Target::Pool(name) => pass.id.pool(name).ok().map(|pool| pool.to_string()),
            Target::Cluster | Target::Child(_) | Target::Action(_) => None,
        };
        let scope = scope.unwrap_or_else(|| pass.cluster_id.clone());
        found.insert(target, around(pass, arm, &scope).await);
    }
    found
}

/// The locks at, above and below a resource. Without the filter `atScope()` Azure shows all of them (Learn:
/// Get-AzResourceLock). Who can't look goes on without: Azure refuses what a lock forbids, and says so.
pub async fn around(pass: &mut Pass<'_>, arm: &ArmClient, id: &str) -> Vec<FoundLock> {
    let scope = place::under(id).to_ascii_lowercase();
    let young = |at: &Instant| at.elapsed() < LIFETIME;
    if let Some((_, found)) = pass.memory.locks.found.get(&scope).filter(|(at, _)| young(at)) {
        return found.clone();
    }
    let Ok(list) = ResourceId::parse(&locks::at(place::under(id))) else {
        return Vec::new();
    };
    let answer = arm
        .list_resources(&list, locks::API_VERSION, None, Priority::Delete)
        .await;
    let found = match answer {
        Ok(found) => found.iter().flatten().filter_map(FoundLock::read).collect(),
        Err(error) => {
            debug!(%scope, "locks can't be looked at: {error}");
            Vec::new()
        }
    };
    pass.memory
        .locks
        .found
        .insert(scope, (Instant::now(), Vec::clone(&found)));
    found
}
