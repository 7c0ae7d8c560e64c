//! Pure decisions: what differs, what that would disturb, and the steps that put it right.
//!
//! [`plan`] is the whole of it: no client, no clock, no I/O. Everything it needs is in its [`Input`], everything it
//! found is in the [`Plan`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod aborted;
pub mod actions;
pub mod applied;
pub mod blocker;
pub mod body;
pub mod change;
pub mod children;
mod compare;
pub mod compatibility;
mod create;
mod deletion;
pub mod desired;
mod diff;
pub mod digest;
pub mod effect;
mod existing;
pub mod fields;
mod gate;
pub mod incarnation;
mod layers;
pub mod live;
pub mod locks;
pub mod overrides;
pub mod owner;
pub mod path;
mod pools;
pub mod possible;
pub mod preview;
pub mod resource;
mod retirements;
mod rollback;
pub mod secret;
pub mod segment;
pub mod serves;
pub mod status;
pub mod step;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod upgrade;
pub mod version;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use applied::Applied;
use blocker::{Blocker, Wait};
use change::{Change, Source, Target};
use compatibility::OtherPool;
pub use deletion::{Fate, released_pools, unread_fate, without_azure};
use desired::{DesiredCluster, DesiredPool, Life};
use effect::Effect;
pub use gate::Hold;
use live::LiveCluster;
use locks::Locks;
use path::Path;
pub use pools::in_doubt;
use preview::Previews;
use secret::Secrets;
use step::Step;
use version::Version;

/// Everything a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What Git asks of the cluster.
    pub cluster: &'a DesiredCluster,
    /// What Git asks of its pools.
    pub pools: &'a [DesiredPool],
    /// What Azure has: `None` when a GET of the cluster itself said that it does not exist.
    pub live: Option<&'a LiveCluster>,
    /// What else is known.
    pub facts: &'a Facts,
    /// The time.
    pub now: Timestamp,
}

impl Input<'_> {
    /// The date, in UTC.
    fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }

    /// Whether the resource is known from before: Azure has had it since its object exists, or we work on it.
    fn knows(&self, life: &Life, target: &Target) -> bool {
        (life.once_existed && !life.unproven) || self.facts.running.contains(target)
    }
}

/// What else is known when a decision is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Whether this is the cluster the operator runs on.
    pub own_cluster: bool,
    /// Whether the resource group exists; `None` while nobody looked.
    pub resource_group: Option<bool>,
    /// The versions Azure offers the control plane next; `None` while nobody asked.
    pub offered: Option<Vec<Version>>,
    /// Since when the set of pools has not changed.
    pub pools_unchanged_since: Timestamp,
    /// Operations of ours that still run.
    pub running: BTreeSet<Target>,
    /// What an action of the manifest aborted, or is aborting, and the name of that action.
    pub aborted: BTreeMap<Target, String>,
    /// Pools that Azure does not have, by the word of a GET of the pool itself: what shows the cluster may trail.
    pub pools_absent: BTreeSet<String>,
    /// Pools of other clusters in the subnets of this one.
    pub elsewhere: Vec<OtherPool>,
    /// What failed a moment ago and rests before it is tried again.
    pub resting: BTreeSet<Target>,
    /// Children that have to be there before the cluster is made or gets another identity, and are not.
    pub children_missing: Vec<String>,
    /// Children of ours that have to be gone before the cluster is deleted.
    pub children_leaving: Vec<String>,
    /// Locks on the cluster and around it.
    pub locks: Locks,
    /// Whether our resource definitions are being deleted: then nothing is deleted in Azure.
    pub definitions_terminating: bool,
    /// What the Secrets hold that the cluster's manifest names.
    pub secrets: Secrets,
    /// What is known about previews.
    pub previews: Previews,
    /// How long a set of pools has to be quiet before a cluster is made with it.
    pub pool_quiet_period: SignedDuration,
    /// How long the deletion of a pool waits for its cluster to go too.
    pub pool_delete_grace: SignedDuration,
}

/// One step and what holds it, if anything does.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The step.
    pub step: Step,
    /// Why it may not start now.
    pub hold: Option<Hold>,
}

impl Planned {
    fn free(step: Step) -> Self {
        Self { step, hold: None }
    }

    /// Whether the step will not happen by itself: a policy or a lock holds it.
    pub fn is_held_for_good(&self) -> bool {
        !self.is_next() && self.hold != Some(Hold::RetryLater)
    }

    /// Whether the step on the cluster or a pool starts as soon as its turn comes.
    pub fn is_open(&self) -> bool {
        self.is_next() && !self.step.is_of_child()
    }

    /// Whether children have to be there first.
    fn waits_for_children(&self) -> bool {
        matches!(self.hold, Some(Hold::ChildrenFirst { leaving: false, .. }))
    }

    fn is_next(&self) -> bool {
        matches!(
            self.hold,
            None | Some(Hold::ChildrenFirst { .. } | Hold::LockFirst { .. })
        )
    }
}

/// What is to be done, in order, and what stands in the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The steps, in the order they are taken.
    pub steps: Vec<Planned>,
    /// Which of the clusters that have had the id the steps are about.
    pub of: Value,
    /// What the plan takes over, each with the hash that approves exactly that.
    pub takeovers: BTreeMap<Target, String>,
    /// What a user has to put right.
    pub blockers: Vec<Blocker>,
    /// What passes by itself.
    pub waits: Vec<Wait>,
    /// What is worth knowing and changes nothing.
    pub advice: Vec<Advice>,
    /// What Azure has confirmed of the cluster.
    pub applied: Applied,
    /// What Azure has confirmed of each pool, by its name in Azure.
    pub pools_applied: BTreeMap<String, Applied>,
    /// What becomes of the cluster object.
    pub fate: Fate,
    /// What becomes of each pool object, by its name.
    pub pool_fates: BTreeMap<String, Fate>,
    /// Locks of ours, by their keys in status, that have to be away at this moment; each with a clause that says why.
    pub away: BTreeMap<String, String>,
    /// What Azure or we are working on.
    pub busy: BTreeSet<Target>,
    /// When to look again although nothing happens.
    pub look_again: Option<SignedDuration>,
}

/// Something worth knowing about an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// The object it concerns.
    pub target: Target,
    /// One sentence.
    pub text: String,
    /// Whether it names a date, or an end of support that is past: it is told before all other advice.
    pub retires: bool,
}

/// Decides.
pub fn plan(input: &Input<'_>) -> Plan {
    let mut plan = Plan {
        fate: deletion::cluster_fate(input),
        of: input.live.map(incarnation::of_cluster).unwrap_or_default(),
        ..Plan::default()
    };
    plan.busy = busy(input);
    plan.pool_fates = input
        .pools
        .iter()
        .map(|pool| (pool.object.clone(), deletion::pool_fate(pool, &plan.fate, input)))
        .collect();
    match (&plan.fate, input.live) {
        (Fate::Alive, _) if preview::not_allowed(input).is_some() => {
            keep_records(input, &mut plan);
            plan.blockers.extend(preview::not_allowed(input));
        }
        (Fate::Alive, None) => {
            create::plan(input, &mut plan);
            compatibility::advise(input, None, &mut plan);
        }
        (Fate::Alive, Some(live)) => {
            existing::plan(input, live, &mut plan);
            compatibility::advise(input, Some(live), &mut plan);
        }
        (Fate::Delete, live) => deletion::cluster_step(input, live, &mut plan),
        (Fate::Gone, _) => end_records(input, &mut plan),
        (Fate::Blocked(_) | Fate::LetGo(_), _) => keep_records(input, &mut plan),
    }
    deletion::pool_steps(input, &mut plan);
    if plan.fate == Fate::Alive {
        plan.advise_on_overrides(input);
    }
    preview::hold_back(input, &mut plan);
    if plan.blockers.iter().any(Blocker::stops_everything) {
        plan.steps.clear();
    }
    gate::hold(input, &mut plan);
    locks::heed(input, &mut plan);
    plan
}

impl Plan {
    pub(crate) fn push(&mut self, step: Step) {
        self.steps.push(Planned::free(step));
    }

    fn advise(&mut self, target: Target, text: String) {
        self.advice.push(Advice {
            target,
            text,
            retires: false,
        });
    }

    /// Tells in one line what left the manifest, as far as Azure still has a value there.
    fn advise_released(&mut self, target: Target, released: &[Path], live: &Value) {
        let kept = released.iter().filter(|path| path.get(live).is_some());
        let paths: Vec<String> = kept.map(Path::to_string).collect();
        match paths.as_slice() {
            [] => {}
            [path] => self.advise(
                target,
                format!("{path} left the manifest: it is no longer managed and keeps its live value"),
            ),
            paths => self.advise(
                target,
                format!(
                    "{} left the manifest: they are no longer managed and keep their live values",
                    paths.join(", ")
                ),
            ),
        }
    }

    fn advise_on_overrides(&mut self, input: &Input<'_>) {
        for text in input.cluster.overrides.advice() {
            self.advise(Target::Cluster, text);
        }
        for pool in input.pools.iter().filter(|pool| !pool.is_going()) {
            for text in pool.overrides.advice() {
                self.advise(Target::Pool(pool.name.clone()), text);
            }
        }
    }

    /// Names the secrets of the cluster that can't be used.
    fn block_on_secrets(&mut self, input: &Input<'_>) {
        let problems = input
            .cluster
            .secrets
            .iter()
            .filter_map(|secret| match input.facts.secrets.get(secret.path) {
                Some(Err(problem)) => Some(Blocker::Secret {
                    field: Path::shown(secret.path),
                    problem: problem.clone(),
                }),
                Some(Ok(_)) | None => None,
            });
        self.blockers.extend(problems);
    }

    /// What is about to be deleted.
    pub fn deletions(&self) -> Vec<Target> {
        let open = self.steps.iter().filter(|planned| planned.is_open());
        open.filter(|planned| matches!(planned.step, Step::DeleteCluster | Step::DeletePool { .. }))
            .map(|planned| planned.step.target())
            .collect()
    }

    /// Whether the deletion of the cluster can't start: then what hangs on it stays, too.
    pub fn keeps_cluster(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|planned| planned.step == Step::DeleteCluster && planned.is_held_for_good())
    }

    /// Whether a step waits for children to be there.
    pub fn waits_for_children(&self) -> bool {
        self.steps.iter().any(Planned::waits_for_children)
    }

    fn look_again_in(&mut self, wait: SignedDuration) {
        self.look_again = Some(self.look_again.map_or(wait, |sooner| sooner.min(wait)));
    }

    /// Every difference the plan removes or reports.
    pub fn changes(&self) -> impl Iterator<Item = (&Change, Option<&Hold>)> {
        self.steps.iter().flat_map(|planned| {
            planned
                .step
                .changes()
                .iter()
                .map(|change| (change, planned.hold.as_ref()))
        })
    }

    /// Whether children of the cluster may be looked after: it is ours, and being taken over it is approved.
    pub fn may_write_children(&self) -> bool {
        let adopts = |planned: &Planned| matches!(planned.step, Step::AdoptCluster { .. });
        !self.blockers.iter().any(Blocker::stops_everything) && !self.steps.iter().any(adopts)
    }

    /// Whether nothing is left to do that may be done.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(|planned| planned.hold.is_some())
    }

    /// The first step that may start now: nothing holds it, nothing before it waits, and AKS is not working on
    /// something it would collide with.
    ///
    /// AKS runs one operation per cluster, and pool operations beside each other only for different pools. Steps that
    /// roll nodes run one at a time, so that a cluster never loses nodes in two pools at once. What is about a child is
    /// done by those who look after children.
    pub fn next_step(&self) -> Option<&Step> {
        let mut waiting: BTreeSet<Target> = BTreeSet::new();
        for step in self
            .steps
            .iter()
            .filter(|planned| planned.hold.is_none() && !planned.step.is_of_child())
            .map(|planned| &planned.step)
        {
            let target = step.target();
            let pools_only = matches!(target, Target::Pool(_));
            if step == &Step::DeleteCluster {
                // A DELETE preempts whatever runs.
                return Some(step);
            }
            if !pools_only {
                return (self.busy.is_empty() && waiting.is_empty()).then_some(step);
            }
            let alone = step.effect() >= Effect::NodeRestart && !matches!(step, Step::DeletePool { .. });
            let free = !self.busy.contains(&Target::Cluster)
                && !self.busy.contains(&target)
                && !waiting.contains(&target)
                && (!alone || (self.busy.is_empty() && waiting.is_empty()));
            if free {
                return Some(step);
            }
            waiting.insert(target);
        }
        None
    }

    /// Takes out the writes that Azure accepted before without keeping them: sent again, they would go on for ever.
    /// `kept` holds the fingerprints of those writes by target.
    pub fn refuse_repeats(&mut self, kept: &BTreeMap<Target, String>) {
        let repeats = |step: &Step| {
            kept.get(&step.target())
                .is_some_and(|fingerprint| *fingerprint == step.fingerprint())
        };
        let (repeated, steps) = std::mem::take(&mut self.steps)
            .into_iter()
            .partition(|planned| repeats(&planned.step));
        self.steps = steps;
        self.blockers.extend(repeated.into_iter().map(|Planned { step, .. }| {
            Blocker::NotConverging {
                target: step.target(),
                paths: step
                    .changes()
                    .iter()
                    .map(|change| change.path.to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
                cleared: step.changes().iter().any(|change| change.source == Source::Clear),
            }
        }));
    }

    /// A hash of what the plan would do and to which cluster, so that a published intent names exactly one plan. Locks
    /// that are lifted and put back around it change nothing about that.
    pub fn hash(&self) -> String {
        self.hash_of(|step| !step.is_of_child())
    }

    /// The value that approves what the plan takes over of `target`; of the cluster, all of it. The hash of the plan,
    /// where it takes over nothing.
    pub fn approval(&self, target: &Target) -> String {
        let concerns = |other: &Target| *target == Target::Cluster || other == target;
        let hashes = self.takeovers.iter().filter(|(other, _)| concerns(other));
        let hashes: Vec<&str> = hashes.map(|(_, hash)| hash.as_str()).collect();
        if hashes.is_empty() {
            self.hash()
        } else {
            hashes.join(",")
        }
    }

    /// A hash of some of the steps, and of the cluster that they are about.
    fn hash_of(&self, counts: impl Fn(&Step) -> bool) -> String {
        let steps = self.steps.iter().map(|planned| &planned.step);
        let steps: Vec<Value> = steps.filter(|step| counts(step)).map(step_as_json).collect();
        digest::proof(&json!([self.of, steps]))
    }
}

fn step_as_json(step: &Step) -> Value {
    let change = |change: &Change| {
        json!([
            change.target.to_string(),
            change.path.to_string(),
            change.from,
            change.to
        ])
    };
    let changes: Vec<Value> = step.changes().iter().map(change).collect();
    json!([step.name(), step.target().to_string(), step.to_string(), changes])
}

/// What may not be touched now: what AKS works on and what we started.
fn busy(input: &Input<'_>) -> BTreeSet<Target> {
    let mut busy = input.facts.running.clone();
    let Some(live) = input.live else { return busy };
    if live.provisioning_state().busy().is_some() {
        busy.insert(Target::Cluster);
    }
    let pools = live
        .pools
        .iter()
        .filter(|pool| pool.provisioning_state().busy().is_some());
    busy.extend(pools.map(|pool| Target::Pool(pool.name.to_ascii_lowercase())));
    busy
}

/// An object that goes, or that nothing is written to, keeps its records: it may be found later as it was.
fn keep_records(input: &Input<'_>, plan: &mut Plan) {
    plan.applied = input.cluster.life.applied.clone();
    keep_pool_records(input, plan);
}

/// Azure has no cluster, by its own word: what it had confirmed of one is over. Whoever makes another one under the name
/// owns it, and it is taken over like any other that was there before. That there was one stays known by its id.
fn end_records(input: &Input<'_>, plan: &mut Plan) {
    plan.applied = Applied::default();
    plan.pools_applied = input
        .pools
        .iter()
        .map(|pool| (pool.name.clone(), Applied::default()))
        .collect();
}

/// Keeps the records of the pools that were not looked at.
fn keep_pool_records(input: &Input<'_>, plan: &mut Plan) {
    for pool in input.pools {
        if !plan.pools_applied.contains_key(&pool.name) {
            plan.pools_applied.insert(pool.name.clone(), pool.life.applied.clone());
        }
    }
}
