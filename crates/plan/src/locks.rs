//! Locks between a plan and Azure: which of ours are lifted for it and put back, and which only a person can take away.
//!
//! A lock is inherited by everything below it; `CanNotDelete` stops deletions, `ReadOnly` stops every write and action.
//! What holds a lock below it can't be deleted either (Learn: lock-resources).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::blocker::{Blocker, Obstacle};
use super::change::Target;
use super::step::Step;
use super::{Fate, Hold, Input, Plan, Planned};
use armature_api::{LockLevel, ManagementPolicy};

/// A lock that stops a deletion is looked for again after this time.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What is known about locks around a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Locks {
    /// Those of the manifest, by their keys in status.
    pub own: BTreeMap<String, OwnLock>,
    /// Those that Azure shows around what is to be deleted; empty where nobody could look.
    pub found: BTreeMap<Target, Vec<FoundLock>>,
    /// What children and actions would do next and a lock of ours keeps from happening.
    pub wanted: BTreeMap<Target, Touch>,
    /// Whether Azure works on a child or an action.
    pub children_busy: bool,
}

/// A lock of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLock {
    /// Its resource id.
    pub id: String,
    /// What it keeps from happening.
    pub level: LockLevel,
    /// Whether it is there, as far as anybody knows, or was lifted.
    pub state: LockState,
    /// Whether it is in the manifest still.
    pub wanted: bool,
    /// Who may lift it.
    pub lift: Lift,
}

/// Whether a lock of ours is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// It was not made yet.
    Missing,
    /// It is there.
    Stands,
    /// It was lifted, and is to be put back.
    Lifted,
}

/// Who may lift a lock of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// Armature: the manifest allows it, or the entry is gone.
    Allowed,
    /// Nobody before the manifest allows it.
    Refused,
    /// Whoever made it: it was there before its entry.
    NotOurs,
}

/// A lock as Azure shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLock {
    /// Its resource id.
    pub id: String,
    /// Its level as Azure writes it.
    pub level: String,
}

impl FoundLock {
    /// Reads an entry of a list of locks; `None` for what has no id.
    pub fn read(body: &Value) -> Option<Self> {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        Some(Self {
            id: text("/id")?.to_owned(),
            level: text("/properties/level").unwrap_or("level unknown").to_owned(),
        })
    }

    /// Name, level and place, for a sentence.
    fn in_words(&self) -> String {
        let Self { id, level } = self;
        const TYPE: &str = "/providers/microsoft.authorization/locks/";
        let at = id.to_ascii_lowercase().rfind(TYPE);
        let parts = at.and_then(|at| Some((id.get(..at)?, id.get(at + TYPE.len()..)?)));
        parts.map_or_else(
            || format!("lock {id} ({level})"),
            |(scope, name)| format!("lock {name} ({level}) on {scope}"),
        )
    }
}

/// What something does to Azure, as far as locks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// It writes, or acts.
    Write,
    /// It deletes.
    Delete,
}

impl Touch {
    fn of(step: &Step) -> Self {
        match step {
            Step::DeleteCluster | Step::DeletePool { .. } => Self::Delete,
            _ => Self::Write,
        }
    }
}

/// What locks mean for something that is about to happen below the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// None of ours is in the way.
    Free,
    /// These of ours are to be lifted first, by their keys.
    After(Vec<String>),
    /// A person has to act.
    Never(Obstacle),
}

impl Locks {
    /// Whether the locks of the manifest let this happen to the cluster or to something below it.
    pub fn passage(&self, touch: Touch) -> Passage {
        let stops = |lock: &&OwnLock| lock.state == LockState::Stands && lock.stops(touch);
        let mut first = Vec::new();
        for (key, lock) in self.own.iter().filter(|(_, lock)| stops(lock)) {
            match lock.lift {
                Lift::Allowed => first.push(key.clone()),
                Lift::Refused => return Passage::Never(lock.refused(key)),
                Lift::NotOurs => return Passage::Never(lock.found().obstacle()),
            }
        }
        if first.is_empty() {
            Passage::Free
        } else {
            Passage::After(first)
        }
    }

    /// The first of these locks that is not of the manifest.
    pub fn obstacle(&self, found: &[FoundLock]) -> Option<Obstacle> {
        let known = |found: &&FoundLock| self.own.values().any(|own| own.id.eq_ignore_ascii_case(&found.id));
        found.iter().find(|found| !known(found)).map(FoundLock::obstacle)
    }

    fn step(&self, step: &Step) -> Passage {
        let found = self.found.get(&step.target()).map(Vec::as_slice).unwrap_or_default();
        match (Touch::of(step), self.obstacle(found)) {
            (Touch::Delete, Some(obstacle)) => Passage::Never(obstacle),
            (touch, _) => self.passage(touch),
        }
    }
}

impl OwnLock {
    fn stops(&self, touch: Touch) -> bool {
        self.level == LockLevel::ReadOnly || touch == Touch::Delete
    }

    fn found(&self) -> FoundLock {
        let level = match self.level {
            LockLevel::CanNotDelete => "CanNotDelete",
            LockLevel::ReadOnly => "ReadOnly",
        };
        FoundLock {
            id: self.id.clone(),
            level: level.to_owned(),
        }
    }

    fn refused(&self, key: &str) -> Obstacle {
        Obstacle {
            lock: self.found().in_words(),
            way_out: format!(
                "set spec.{}.suspendForChanges to true so that it is lifted for this, or remove the entry",
                key.replacen('/', ".", 1)
            ),
        }
    }
}

impl FoundLock {
    fn obstacle(&self) -> Obstacle {
        Obstacle {
            lock: self.in_words(),
            way_out: format!(
                "remove it with az lock delete --ids {}, or undo what needs it removed",
                self.id
            ),
        }
    }
}

/// Puts steps that lift and restore locks of ours around those that need it, and holds what only a person can free.
pub fn heed(input: &Input<'_>, plan: &mut Plan) {
    let locks = &input.facts.locks;
    if input.live.is_none() {
        return;
    }
    let mut away = Away::default();
    let mut blockers = Vec::new();
    // Nothing is lifted before what a step waits for is there.
    let may_start = |planned: &&mut Planned| planned.is_open() && !planned.waits_for_children();
    for planned in plan.steps.iter_mut().filter(may_start) {
        let Planned { step, hold } = planned;
        match locks.step(step) {
            Passage::Never(obstacle) => {
                blockers.push(Blocker::ScopeLocked {
                    target: step.target(),
                    step: step.to_string(),
                    obstacle,
                });
                *hold = Some(Hold::Locked);
                continue;
            }
            Passage::After(keys) if hold.is_none() => *hold = Some(Hold::LockFirst { locks: keys.join(", ") }),
            Passage::After(_) | Passage::Free => {}
        }
        away.keep(locks, Touch::of(step), &step.to_string());
    }
    if !blockers.is_empty() {
        plan.look_again_in(LOOK_AGAIN);
        plan.blockers.append(&mut blockers);
    }
    if plan.fate == Fate::Alive {
        for (target, touch) in &locks.wanted {
            away.keep(locks, *touch, &purpose(target, *touch));
        }
    }
    away.publish(input, plan);
}

fn purpose(target: &Target, touch: Touch) -> String {
    let verb = match (target, touch) {
        (Target::Action(_), _) => "run",
        (_, Touch::Write) => "write",
        (_, Touch::Delete) => "delete",
    };
    format!("{verb} {}", target.in_words())
}

/// Locks of ours that are to be away, and what for.
#[derive(Default)]
struct Away(BTreeMap<String, Vec<String>>);

impl Away {
    /// What stops this is lifted, or stays so, for its sake.
    fn keep(&mut self, locks: &Locks, touch: Touch, purpose: &str) {
        let liftable = |lock: &OwnLock| {
            let there = lock.state == LockState::Stands && lock.lift == Lift::Allowed;
            there || lock.state == LockState::Lifted
        };
        for (key, _) in locks.own.iter().filter(|(_, lock)| lock.stops(touch) && liftable(lock)) {
            self.0.entry(key.clone()).or_default().push(purpose.to_owned());
        }
    }

    /// Puts the steps in, and the reasons for the lines of the locks.
    fn publish(mut self, input: &Input<'_>, plan: &mut Plan) {
        let locks = &input.facts.locks;
        let is = |state: LockState| move |key: &&String| locks.own.get(*key).is_some_and(|lock| lock.state == state);
        let lifts: Vec<&String> = self.0.keys().filter(is(LockState::Stands)).collect();
        let lift = |lock: &String| Planned::free(Step::LiftLock { lock: lock.clone() });
        plan.steps.splice(0..0, lifts.into_iter().map(lift));
        if plan.fate != Fate::Alive {
            return;
        }
        let lifted: Vec<&String> = locks.own.keys().filter(is(LockState::Lifted)).collect();
        let mut back: BTreeSet<&String> = self.0.keys().chain(lifted.iter().copied()).collect();
        back.retain(|key| locks.own.get(*key).is_some_and(|lock| lock.wanted));
        let observes = input.cluster.policies.management == ManagementPolicy::Observe;
        let restore = |lock: &String| Planned {
            step: Step::RestoreLock { lock: lock.clone() },
            hold: observes.then_some(Hold::Observe),
        };
        plan.steps.extend(back.into_iter().map(restore));
        if locks.children_busy || !plan.busy.is_empty() {
            for key in lifted {
                self.0.entry(key.clone()).or_default();
            }
        }
        let reasons = self.0.into_iter().map(|(key, purposes)| (key, reason(&purposes)));
        plan.away = reasons.collect();
    }
}

fn reason(purposes: &[String]) -> String {
    match purposes {
        [] => "until the work that runs has ended".to_owned(),
        [one] => format!("to {one}"),
        [first, more @ ..] => format!("to {first} (and {} more)", more.len()),
    }
}
