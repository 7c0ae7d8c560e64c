//! Makes, changes and deletes what hangs on a cluster: the effects behind [`crate::plan::children`].
//!
//! Children follow the cluster's own steps. Each is by itself: one that fails rests and is told in its line, and the
//! others go on. At most one is written in a pass, and its line says so before the call is made.

mod act;
mod line;
mod locked;
mod memory;
mod reads;
mod secrets;
mod turns;

use std::cmp::Reverse;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::failure::Ended;
use super::pass::Pass;
use super::write::WriteError;
use super::{locks, report, sign_in};
use crate::api::{ChildState, ChildStatus, DriftPolicy, ManagementPolicy};
use crate::arm::{ArmClient, Priority, ResourceId, Retry};
use crate::plan::change::Target;
use crate::plan::children::decide::{Answer, Applied, Question, decide};
use crate::plan::children::{self, Child, Draft, Hindrance, Intent, KINDS, Kind, Leaves, Needs, View, successor};
use crate::plan::locks::Touch;
use crate::plan::secret::SecretProblem;
use crate::plan::step::Step;
use crate::plan::{Fate, Plan};

use act::Put;
pub use act::{DELETE, PUT, ended};
use locked::{fail_locked, locked, tell};
pub use memory::Memory;
pub use secrets::{ChildSecrets, read_ahead};
pub use turns::Turns;

/// More children than this are not read in one pass: the pass holds a slot that other clusters wait for.
const LOOKS_IN_A_PASS: u32 = 16;

/// One round over the children of a cluster.
struct Round<'a> {
    arm: &'a ArmClient,
    plan: &'a Plan,
    /// How many more may be read.
    looks: u32,
    /// Whether the one write of this pass was made.
    wrote: bool,
    /// Whether something is left to do at once.
    again: bool,
}

/// Looks after the children; returns when to look again although nothing happens.
///
/// # Errors
/// Kubernetes did not take a status.
pub async fn tend(pass: &mut Pass<'_>, arm: &ArmClient, plan: &Plan) -> Result<Option<Duration>, WriteError> {
    pass.memory
        .locks
        .forget_wants(|target| matches!(target, Target::Child(_)));
    if pass.objects.cluster.metadata.deletion_timestamp.is_some() {
        return take_leave(pass, arm, plan).await;
    }
    if !plan.may_write_children() {
        return Ok(None);
    }
    let wanted = reads::drafts(pass, arm, plan).await;
    if wanted.is_empty() && pass.children.is_empty() {
        return Ok(None);
    }
    let mut round = Round::new(arm, plan);
    let keys: Vec<String> = wanted
        .iter()
        .map(|(kind, draft)| children::key(kind, &draft.name))
        .collect();
    let parts = wanted.iter().zip(&keys).filter(|((_, draft), _)| draft.child.is_err());
    let parts: Vec<String> = parts.map(|(_, key)| format!("{key}/")).collect();
    let unwanted = pass.unwanted_children(&keys, &parts);
    let (former, unwanted): (Vec<_>, Vec<_>) = unwanted.iter().partition(|key| successor(key).is_some());
    for key in &unwanted {
        let first = children::kind_of(key).and_then(|kind| {
            let needs_it =
                |other: &&&String| pass.children.contains_key(**other) && kind.outlives.contains(&field(other));
            unwanted.iter().find(needs_it)
        });
        match first {
            Some(first) => line::set(pass.child_line(key), ChildState::Waiting, format!("goes after {first}")),
            None => round.leave(pass, key).await?,
        }
    }
    for ((kind, draft), key) in wanted.into_iter().zip(&keys) {
        round.keep(pass, kind, &draft, key).await?;
    }
    // What was made for an entry under another id stays until its successor does its work.
    for key in former {
        if successor(key).is_none_or(|successor| !keys.iter().any(|key| key == successor) || pass.is_ready(successor)) {
            round.leave(pass, key).await?;
        }
    }
    round.end(pass).await
}

/// Gives every entry that is new or has changed a line that says so.
pub fn announce(pass: &mut Pass<'_>) {
    if pass.objects.cluster.metadata.deletion_timestamp.is_none() {
        for (kind, draft) in reads::all(pass, Intent::default()) {
            line::announce(pass, &children::key(kind, &draft.name), &draft);
        }
    }
}

/// A cluster that goes takes its children along, as far as Azure does not.
async fn take_leave(pass: &mut Pass<'_>, arm: &ArmClient, plan: &Plan) -> Result<Option<Duration>, WriteError> {
    let when = match plan.fate {
        Fate::Delete if plan.keeps_cluster() => return Ok(None),
        Fate::Delete => Leaves::BeforeCluster,
        Fate::Gone => Leaves::AfterCluster,
        Fate::Alive | Fate::Blocked(_) | Fate::LetGo(_) => return Ok(None),
    };
    let mut round = Round::new(arm, plan);
    for key in pass.leaving(when) {
        round.leave(pass, &key).await?;
    }
    round.end(pass).await
}

impl Pass<'_> {
    /// The lines of children that the manifest no longer asks for, the last made first. An entry that is no child yet
    /// stands for all that it may come to: what begins with one of `parts`.
    fn unwanted_children(&self, wanted: &[String], parts: &[String]) -> Vec<String> {
        let is_part = |key: &str| parts.iter().any(|part| key.starts_with(part));
        let all = self.children.keys();
        last_made_first(all.filter(|key| !wanted.contains(key) && !is_part(key)).cloned())
    }

    /// The children of ours that have to go at this point of the cluster's end.
    pub fn leaving(&self, when: Leaves) -> Vec<String> {
        let goes = |key: &str| children::kind_of(key).is_some_and(|kind| kind.leaves == when);
        let ours = self.children.iter().filter(|(key, line)| line.owned && goes(key));
        // What is on or below the cluster went with it.
        let below = format!("{}/", self.cluster_id.to_ascii_lowercase());
        let is_below = |id: &String| id.to_ascii_lowercase().starts_with(&below);
        let ours = ours.filter(|(_, line)| when != Leaves::AfterCluster || !line.id.as_ref().is_some_and(is_below));
        last_made_first(ours.map(|(key, _)| key.clone()))
    }

    /// The children that have to be there before the cluster is made and are not.
    pub fn missing_before_cluster(&self) -> Vec<String> {
        reads::all(self, Intent::default())
            .into_iter()
            .filter(|(_, draft)| draft.needs == Needs::Nothing)
            .map(|(kind, draft)| children::key(kind, &draft.name))
            .filter(|key| !self.is_ready(key))
            .collect()
    }

    fn is_ready(&self, key: &str) -> bool {
        let line = self.children.get(key);
        line.is_some_and(|line| line.state == ChildState::Ready)
    }

    /// The entry now amounts to another resource: the one of ours that it amounted to gets a line of its own, until it
    /// can go.
    fn set_former_aside(&mut self, key: &str, child: &Child) {
        let line = self.child_line(key);
        let former = line.id.clone().filter(|id| !id.eq_ignore_ascii_case(&child.id));
        if let Some(id) = former.filter(|_| line.owned) {
            let line = std::mem::take(line);
            self.children.insert(children::former_key(key, &id), line);
            self.memory.children.forget(key);
        }
    }

    fn view<'b>(&'b self, reads: &'b children::Reads, intent: Intent<'b>, allowed_types: &'b [String]) -> View<'b> {
        View {
            spec: &self.objects.cluster.spec,
            cluster: &self.cluster_id,
            live: self.live.as_ref(),
            reads,
            intent,
            allowed_types,
        }
    }

    fn child_line(&mut self, key: &str) -> &mut ChildStatus {
        self.children.entry(key.to_owned()).or_default()
    }
}

impl<'a> Round<'a> {
    fn new(arm: &'a ArmClient, plan: &'a Plan) -> Self {
        Self {
            arm,
            plan,
            looks: LOOKS_IN_A_PASS,
            wrote: false,
            again: false,
        }
    }

    /// Stores the lines, and tells when to look again.
    async fn end(self, pass: &mut Pass<'_>) -> Result<Option<Duration>, WriteError> {
        let status = pass.objects.cluster.status.as_ref();
        let stored = status.map(|status| (&status.children, &status.operations));
        if stored != Some((&pass.children, &pass.operations)) {
            report::store(pass).await?;
        }
        // A lock that is away is put back as soon as nothing needs it away, and one in the way is lifted next.
        let has_locks = pass.children.keys().any(|key| locks::is_lock(key));
        if self.again || (has_locks && (self.wrote || pass.memory.locks.wants_other())) {
            return Ok(Some(Duration::ZERO));
        }
        Ok(pass.memory.children.next_look(Instant::now()))
    }

    /// A child that the manifest asks for.
    async fn keep(&mut self, pass: &mut Pass<'_>, kind: &Kind, draft: &Draft, key: &str) -> Result<(), WriteError> {
        let child = match &draft.child {
            Ok(child) => child,
            Err(Hindrance::Suspended(why)) => return self.suspend(pass, key, why).await,
            Err(hindrance) => {
                line::hindered(pass, key, hindrance);
                return Ok(());
            }
        };
        if is_taken(pass, key) {
            return Ok(());
        }
        pass.set_former_aside(key, child);
        if self.waits(pass, draft, key) {
            return Ok(());
        }
        if let Err(problem) = secrets::of(pass, key, child).await {
            line::secret_missing(pass, key, &problem);
            return Ok(());
        }
        let stand_in = stand_in(pass.child_line(key), child);
        let id = match checked(pass, stand_in.as_deref().unwrap_or(&child.id)) {
            Ok(id) => id,
            Err(ended) => {
                act::fail(pass, key, ended);
                return Ok(());
            }
        };
        let rests = pass.memory.children.rests(key, &Applied::of(child), Instant::now());
        if rests || decide(&question(pass, kind, child, key, None)) == Answer::Nothing {
            return Ok(());
        }
        let Some(seen) = self.look(pass, child, &id, key).await else {
            return Ok(());
        };
        if stand_in.is_some() {
            match seen {
                Some(_) => line::confirmed(pass, kind, child, key, None),
                None => self.replace_stand_in(pass, key),
            }
            return Ok(());
        }
        match decide(&question(pass, kind, child, key, Some(seen.as_ref()))) {
            Answer::Nothing | Answer::Look => {}
            Answer::TooSoon => line::not_yet_shown(pass, key),
            Answer::Confirmed => line::confirmed(pass, kind, child, key, seen.as_ref()),
            Answer::Held(why) => line::set(pass.child_line(key), ChildState::Held, why),
            Answer::Busy(state) => line::busy(pass, key, &state),
            Answer::Broken { code, message } => line::broken(pass, key, &code, &message),
            Answer::Create => {
                let new = true;
                let id = &id;
                self.write(
                    pass,
                    draft,
                    Put {
                        kind,
                        child,
                        id,
                        key,
                        new,
                        live: seen.as_ref(),
                    },
                )
                .await?
            }
            // What Azure makes of a write is seen only now, and it is not what was written.
            Answer::Update(paths) if !paths.is_empty() && is_answer_to_our_write(pass, child, key) => {
                if let Some(body) = &seen {
                    line::written(pass, kind, child, key, body);
                }
            }
            Answer::Update(_) => {
                let new = false;
                let id = &id;
                self.write(
                    pass,
                    draft,
                    Put {
                        kind,
                        child,
                        id,
                        key,
                        new,
                        live: seen.as_ref(),
                    },
                )
                .await?
            }
        }
        Ok(())
    }

    /// What did the child's work is gone: the child is made in the next pass.
    fn replace_stand_in(&mut self, pass: &mut Pass<'_>, key: &str) {
        let line = pass.child_line(key);
        line.applied = None;
        line.id = None;
        line::set(line, ChildState::Waiting, "waits for its turn");
        pass.memory.children.forget_look(key);
        self.again = true;
    }

    /// Whether a child that is still to be written has to wait. Asking Azure about it meanwhile would be for nothing.
    fn waits(&self, pass: &mut Pass<'_>, draft: &Draft, key: &str) -> bool {
        let missing = self.missing(pass, draft);
        let line = pass.child_line(key);
        match missing.filter(|_| line.state != ChildState::Ready) {
            Some(missing) => {
                line::waits(line, missing);
                true
            }
            None => false,
        }
    }

    async fn look(&mut self, pass: &mut Pass<'_>, child: &Child, id: &ResourceId, key: &str) -> Option<Option<Value>> {
        let Some(left) = self.looks.checked_sub(1) else {
            self.again = true;
            return None;
        };
        self.looks = left;
        match self.arm.get_resource(id, &child.api_version, Priority::Config).await {
            Ok(body) => {
                line::looked(pass, key, child, id.as_str());
                Some(body)
            }
            Err(error) => {
                act::refused(pass, key, &error);
                None
            }
        }
    }

    async fn write(&mut self, pass: &mut Pass<'_>, draft: &Draft, put: Put<'_>) -> Result<(), WriteError> {
        let key = put.key;
        if let Some(missing) = self.missing(pass, draft) {
            line::waits(pass.child_line(key), missing);
        } else if locked(pass, key, put.id, Touch::Write) {
            return Ok(());
        } else if !self.wrote && pass.context.leadership.is_leader() {
            self.wrote = true;
            let restores = pass.child_line(key).state == ChildState::Suspended;
            act::put(pass, self.arm, put).await?;
            if restores && pass.is_ready(key) {
                tell(pass, &Step::RestoreLock { lock: key.to_owned() }).await;
            }
            return Ok(());
        } else if self.wrote {
            pass.memory.locks.want(Target::Child(key.to_owned()), Touch::Write);
        }
        self.again |= self.wrote;
        pass.memory.children.forget_look(put.key);
        Ok(())
    }

    /// What the child needs and is not there.
    fn missing(&self, pass: &Pass<'_>, draft: &Draft) -> Option<String> {
        if let Some(other) = draft.after.iter().find(|other| !pass.is_ready(other)) {
            return Some(format!("waits for {other}"));
        }
        let needs = draft.needs;
        let live = pass.live.as_ref();
        let idle = self.plan.busy.is_empty() && self.plan.next_step().is_none();
        let running = live.is_some_and(|live| !live.is_stopped());
        let (met, waits_for) = match needs {
            Needs::Nothing => (true, ""),
            Needs::Cluster => (live.is_some(), "the cluster to exist"),
            Needs::IdleCluster => (live.is_some() && idle, "the end of the work on the cluster"),
            Needs::RunningCluster => (running && idle, "the cluster to run with no work going on"),
            Needs::AllElse => match unfinished(pass) {
                Some(other) => return Some(format!("waits for {other}")),
                None => (live.is_some() && idle, "the end of the work on the cluster"),
            },
        };
        (!met).then(|| format!("waits for {waits_for}"))
    }

    /// A child that is not to be there: it left the manifest, or its cluster goes.
    async fn leave(&mut self, pass: &mut Pass<'_>, key: &str) -> Result<(), WriteError> {
        if is_taken(pass, key) {
            return Ok(());
        }
        let line = pass.child_line(key);
        let known = line.id.clone().zip(line.api_version.clone()).filter(|_| line.owned);
        let Some((id, api_version)) = known else {
            // It was there before Armature, or nobody knows where it is: it stays in Azure.
            pass.children.remove(key);
            return Ok(());
        };
        if pass.objects.cluster.spec.management_policy == Some(ManagementPolicy::Observe) {
            let why = "it left the manifest, and spec.managementPolicy is Observe".to_owned();
            line::set(pass.child_line(key), ChildState::Held, why);
            return Ok(());
        }
        if self.delete(pass, key, &id, &api_version).await? {
            pass.children.remove(key);
            pass.memory.children.forget(key);
        }
        Ok(())
    }

    /// Deletes; whether it is gone now.
    async fn delete(
        &mut self,
        pass: &mut Pass<'_>,
        key: &str,
        id: &str,
        api_version: &str,
    ) -> Result<bool, WriteError> {
        let id = match checked(pass, id) {
            Ok(id) => id,
            Err(ended) => {
                act::fail(pass, key, ended);
                return Ok(false);
            }
        };
        if locked(pass, key, &id, Touch::Delete) {
            return Ok(false);
        }
        if self.wrote || !pass.context.leadership.is_leader() {
            if self.wrote {
                pass.memory.locks.want(Target::Child(key.to_owned()), Touch::Delete);
            }
            self.again |= self.wrote;
            return Ok(false);
        }
        self.wrote = true;
        if !locks::is_lock(key) {
            let found = locks::around(pass, self.arm, id.as_str()).await;
            if let Some(obstacle) = locks::known(pass).obstacle(&found) {
                fail_locked(pass, key, &obstacle);
                return Ok(false);
            }
        }
        act::delete(pass, self.arm, key, &id, api_version).await
    }
}

/// A child, other than a lock, that is not as the manifest says and still to be written.
fn unfinished<'a>(pass: &'a Pass<'_>) -> Option<&'a String> {
    let done = |line: &ChildStatus| matches!(line.state, ChildState::Ready | ChildState::Held);
    let mut open = pass
        .children
        .iter()
        .filter(|(key, line)| !locks::is_lock(key) && !done(line));
    open.next().map(|(key, _)| key)
}

/// Children in the order in which they go: what was made later may rest on what was made before.
fn last_made_first(keys: impl Iterator<Item = String>) -> Vec<String> {
    let mut keys: Vec<String> = keys.collect();
    let made = |key: &str| KINDS.iter().position(|kind| key.split('/').next() == Some(kind.field));
    keys.sort_by_cached_key(|key| Reverse((made(key), key.clone())));
    keys
}

/// Whether something else already happens to the child, or it rests.
fn is_taken(pass: &mut Pass<'_>, key: &str) -> bool {
    let target = Target::Child(key.to_owned());
    if pass.operations.contains_key(&target.to_string()) {
        pass.child_line(key).state = ChildState::InProgress;
        return true;
    }
    pass.memory.children.rests.resting(Instant::now()).contains(&target)
}

/// A child may be in another subscription than its cluster: there, too, the identity has to be allowed.
fn checked(pass: &Pass<'_>, id: &str) -> Result<ResourceId, Ended> {
    let id = ResourceId::parse(id).map_err(|error| {
        let next = "correct the id in the manifest";
        Ended::ours(Target::Cluster, "InvalidSpec", error.to_string(), next, Retry::User)
    })?;
    sign_in::covers(pass.context, &pass.objects.cluster, id.subscription().as_str())?;
    Ok(id)
}

/// The field that a key of status belongs to.
fn field(key: &str) -> &str {
    key.split_once('/').map_or(key, |(field, _)| field)
}

/// The resource that does the work of the child in its place.
fn stand_in(line: &ChildStatus, child: &Child) -> Option<String> {
    let same = line.applied.as_deref() == Some(Applied::of(child).text().as_str());
    let other = line.id.as_ref().filter(|id| !id.eq_ignore_ascii_case(&child.id));
    other.filter(|_| same && !line.owned).cloned()
}

fn fingerprint(found: &Result<ChildSecrets, SecretProblem>) -> Option<&str> {
    found.as_ref().ok().and_then(ChildSecrets::fingerprint)
}

/// Whether what Azure shows is what it made of what is to be written now.
fn is_answer_to_our_write(pass: &Pass<'_>, child: &Child, key: &str) -> bool {
    let secrets = pass.secrets.children.get(key).and_then(fingerprint);
    pass.memory.children.was_accepted(key, &Applied::of(child), secrets)
}

fn question<'a>(
    pass: &'a Pass<'_>,
    kind: &'a Kind,
    child: &'a Child,
    key: &str,
    seen: Option<Option<&'a Value>>,
) -> Question<'a> {
    let spec = &pass.objects.cluster.spec;
    let line = &pass.children[key];
    Question {
        kind,
        child,
        line,
        seen,
        secrets: pass.secrets.children.get(key).and_then(fingerprint),
        just_written: kind.late && line.owned && pass.memory.children.just_wrote(key, Instant::now()),
        sweep_due: (pass.memory.children).is_due(
            key,
            (kind.good_for)(&line.outputs),
            line.last_checked,
            pass.context.now(),
        ),
        observe: spec.management_policy == Some(ManagementPolicy::Observe),
        report_drift: spec.drift_policy == Some(DriftPolicy::Report),
    }
}
