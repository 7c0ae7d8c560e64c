//! Makes, changes and deletes what hangs on a cluster: the effects behind [`armature_plan::children`].
//!
//! Children follow the cluster's own steps. Each is by itself: one that fails rests and is told in its line, and the
//! others go on. At most one is written in a pass, and its line says so before the call is made.

mod act;
mod inherit;
mod keep;
mod leave;
mod line;
mod locked;
mod memory;
mod reads;
mod secrets;
mod turns;

use std::time::Duration;

use tokio::time::Instant;

use super::failure::Ended;
use super::pass::Pass;
use super::write::WriteError;
use super::{locks, report, sign_in};
use armature_api::{ChildState, ChildStatus};
use armature_arm::{ArmClient, ResourceId, Retry};
use armature_plan::Plan;
use armature_plan::change::Target;
use armature_plan::children::decide::serves;
use armature_plan::children::{self, Child, Draft, Hindrance, Intent, Kind, Needs, View, place, successor};
use armature_plan::serves::Role;

pub use act::{DELETE, PUT, ended};
use leave::take_leave;
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
    /// Children that left the manifest and wait to be deleted.
    going: Vec<String>,
    /// When something is to be done that nothing else brings up.
    later: Option<Duration>,
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
    let hides = |draft: &Draft| draft.child.as_ref().is_err_and(Hindrance::hides_children);
    let parts = wanted.iter().zip(&keys).filter(|((_, draft), _)| hides(draft));
    let parts: Vec<String> = parts.map(|(_, key)| format!("{key}/")).collect();
    let unwanted = pass.unwanted_children(&keys, &parts);
    let unwanted = inherit::hand_over(pass, unwanted, &wanted);
    let (former, unwanted): (Vec<_>, Vec<_>) = unwanted.iter().partition(|key| successor(key).is_some());
    for key in &unwanted {
        let first = children::kind_of(key).and_then(|kind| {
            let needs_it =
                |other: &&&String| pass.children.contains_key(**other) && kind.outlives.contains(&field(other));
            unwanted.iter().find(needs_it)
        });
        match first {
            Some(first) => line::set(pass.child_line(key), ChildState::Waiting, format!("goes after {first}")),
            None => round.part(pass, key, None).await?,
        }
    }
    // What is stored after the first write speaks of all: what a read has just brought up is not done either.
    for ((_, draft), key) in wanted.iter().zip(&keys) {
        line::announce(pass, key, draft);
    }
    for ((kind, draft), key) in wanted.iter().zip(&keys) {
        round.keep(pass, kind, draft, key).await?;
    }
    // What was made for an entry under another id stays until its successor does its work.
    for key in former {
        let entry = successor(key).and_then(|successor| keys.iter().position(|key| key == successor));
        if entry.is_none_or(|entry| pass.is_ready(&keys[entry])) {
            let child = entry.and_then(|entry| wanted[entry].1.child.as_ref().ok());
            round.part(pass, key, child).await?;
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

impl Pass<'_> {
    /// The children that have to be there before the cluster is made, or gets the identity that they are for, and are
    /// not.
    pub fn missing_before_cluster(&self) -> Vec<String> {
        let first = reads::all(self, Intent::default())
            .into_iter()
            .filter(|(_, draft)| draft.needs == Needs::Nothing);
        let serves = |key: &str, child: &Child| self.children.get(key).is_some_and(|line| serves(line, child));
        first
            .map(|(kind, draft)| (children::key(kind, &draft.name), draft.child))
            .filter(|(key, child)| !child.as_ref().is_ok_and(|child| serves(key, child)))
            .map(|(key, _)| key)
            .collect()
    }

    fn is_ready(&self, key: &str) -> bool {
        let line = self.children.get(key);
        line.is_some_and(|line| line.state == ChildState::Ready)
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
            going: Vec::new(),
            later: None,
        }
    }

    /// Whether nothing works on the cluster or is about to.
    fn is_idle(&self) -> bool {
        self.plan.busy.is_empty() && self.plan.next_step().is_none()
    }

    /// A child of the same kind that waits to be deleted: under its new name, one would be refused because of the old.
    fn going(&self, key: &str) -> Option<&String> {
        self.going.iter().find(|other| field(other) == field(key))
    }

    /// Stores the lines, and tells when to look again.
    async fn end(self, pass: &mut Pass<'_>) -> Result<Option<Duration>, WriteError> {
        let status = pass.objects.cluster.status.as_ref();
        let stored = status.map(|status| (&status.children, &status.operations));
        if stored != Some((&pass.sealed_children(), &pass.sealed_operations())) {
            report::store(pass).await?;
        }
        // A lock that is away is put back as soon as nothing needs it away, and one in the way is lifted next.
        let has_locks = pass.children.keys().any(|key| locks::is_lock(key));
        let stands = self.plan.waits_for_children() && pass.missing_before_cluster().is_empty();
        if self.again || stands || (has_locks && (self.wrote || pass.memory.locks.wants_other())) {
            return Ok(Some(Duration::ZERO));
        }
        let look = pass.memory.children.next_look(Instant::now());
        Ok(self.later.into_iter().chain(look).min())
    }
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

/// A child may be in another subscription or group than its cluster: there, too, the identity has to be allowed.
fn checked(pass: &Pass<'_>, id: &str) -> Result<ResourceId, Ended> {
    reached(pass, id, Role::Child)
}

/// The same for what is only read.
fn checked_read(pass: &Pass<'_>, id: &str) -> Result<ResourceId, Ended> {
    reached(pass, id, Role::Read)
}

fn reached(pass: &Pass<'_>, id: &str, role: Role) -> Result<ResourceId, Ended> {
    let id = ResourceId::parse(id).map_err(|error| {
        let next = "correct the id in the manifest";
        Ended::ours(Target::Cluster, "InvalidSpec", error.to_string(), next, Retry::User)
    })?;
    sign_in::reaches(pass.context, &pass.objects.cluster, pass.live.as_ref(), &id, role)?;
    Ok(id)
}

/// The same for a child itself, which is written and deleted: it is of a type that its kind has.
fn checked_child(pass: &Pass<'_>, kind: &Kind, id: &str) -> Result<ResourceId, Ended> {
    if !place::fits(kind, id, &pass.cluster_id) {
        let message = format!("{id} can't be a resource of spec.{}", kind.field);
        let next = "correct the manifest";
        return Err(Ended::ours(Target::Cluster, "InvalidSpec", message, next, Retry::User));
    }
    checked(pass, id)
}

/// Where the child of this key is in Azure, as far as its line says so and the identity may reach it.
pub fn whereabouts(pass: &Pass<'_>, key: &str) -> Option<(ResourceId, String)> {
    let line = pass.children.get(key)?;
    let id = checked_child(pass, children::kind_of(key)?, line.id.as_deref()?).ok()?;
    Some((id, line.api_version.clone()?))
}

/// The field that a key of status belongs to.
fn field(key: &str) -> &str {
    key.split_once('/').map_or(key, |(field, _)| field)
}
