//! A child that is not to be there: it left the manifest, or its cluster goes.

use std::cmp::Reverse;
use std::time::Duration;

use kube::runtime::events::EventType;
use tracing::info;

use super::locked::{fail_locked, locked, want};
use super::{Round, act, checked_child, field, is_taken, line};
use crate::reconcile::pass::Pass;
use crate::reconcile::write::WriteError;
use crate::reconcile::{elsewhere, events, locks};
use armature_api::{ChildState, ChildStatus, ManagementPolicy};
use armature_arm::{ArmClient, Priority};
use armature_plan::children::claim::Claim;
use armature_plan::children::former::{self, Stay, UNTIL};
use armature_plan::children::{self, Child, Intent, KINDS, Leaves, place};
use armature_plan::locks::Touch;
use armature_plan::{Fate, Plan};

/// A cluster that goes takes its children along, as far as Azure does not.
pub(super) async fn take_leave(
    pass: &mut Pass<'_>,
    arm: &ArmClient,
    plan: &Plan,
) -> Result<Option<Duration>, WriteError> {
    let when = match plan.fate {
        Fate::Delete if plan.keeps_cluster() => return Ok(None),
        Fate::Delete => Leaves::BeforeCluster,
        Fate::Gone => Leaves::AfterCluster,
        Fate::Alive | Fate::Blocked(_) | Fate::LetGo(_) => return Ok(None),
    };
    // Without the key nobody knows what is ours: nothing leaves.
    if pass.signing.is_err() {
        return Ok(None);
    }
    let mut round = Round::new(arm, plan);
    for key in pass.unproven_leaving(when) {
        leave_unproven(pass, &key);
    }
    for key in pass.leaving(when) {
        round.leave(pass, &key).await?;
    }
    round.end(pass).await
}

impl Pass<'_> {
    /// The lines of children that the manifest no longer asks for, the last made first. An entry that is no child at
    /// the moment stands for all that it may come to: what begins with one of `parts`.
    pub(super) fn unwanted_children(&self, wanted: &[String], parts: &[String]) -> Vec<String> {
        let is_part = |key: &str| parts.iter().any(|part| key.starts_with(part));
        let all = self.children.keys();
        last_made_first(all.filter(|key| !wanted.contains(key) && !is_part(key)).cloned())
    }

    /// Lines of this point of the cluster's end that nobody proves.
    fn unproven_leaving(&self, when: Leaves) -> Vec<String> {
        let goes = |key: &&String| children::kind_of(key).is_none_or(|kind| kind.leaves == when);
        self.unproven.iter().filter(goes).cloned().collect()
    }

    /// The children of ours that have to go at this point of the cluster's end.
    pub fn leaving(&self, when: Leaves) -> Vec<String> {
        let goes = |key: &str| children::kind_of(key).is_some_and(|kind| kind.leaves == when);
        let ours = self.children.iter().filter(|(key, line)| line.owned && goes(key));
        // What is on or below the cluster went with it.
        let is_below = |id: &String| place::is_below(id, &self.cluster_id);
        let ours = ours.filter(|(_, line)| when != Leaves::AfterCluster || !line.id.as_ref().is_some_and(is_below));
        last_made_first(ours.map(|(key, _)| key.clone()))
    }
}

impl Round<'_> {
    /// A child that the manifest no longer asks for goes, unless the cluster still works with it. `successor` is what
    /// its entry amounts to now.
    pub(super) async fn part(
        &mut self,
        pass: &mut Pass<'_>,
        key: &str,
        successor: Option<&Child>,
    ) -> Result<(), WriteError> {
        let now = pass.context.now();
        let view = pass.view(&pass.memory.children.reads, Intent::default(), &[]);
        let line = pass.children.get(key);
        let stay = line.map_or(Stay::No, |line| former::stay(&view, key, line, successor, now));
        let line = pass.child_line(key);
        match stay {
            Stay::No => {
                self.leave(pass, key).await?;
                let waits = |line: &ChildStatus| line.state == ChildState::Waiting;
                if pass.children.get(key).is_some_and(waits) {
                    self.going.push(key.to_owned());
                }
                return Ok(());
            }
            Stay::WhileUsed => {
                let why = "stays until the cluster has its other identity";
                line::set(line, ChildState::Waiting, why);
            }
            Stay::Until(until) => {
                line.outputs.insert(UNTIL.to_owned(), until.to_string());
                let why = format!("stays until {until:.0}: the cluster may still use its former identity");
                line::set(line, ChildState::Ready, why);
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                self.later = self.later.into_iter().chain([wait]).min();
            }
        }
        Ok(())
    }

    /// A child that is not to be there: it left the manifest, or its cluster goes.
    pub(super) async fn leave(&mut self, pass: &mut Pass<'_>, key: &str) -> Result<(), WriteError> {
        if is_taken(pass, key) {
            return Ok(());
        }
        let line = pass.child_line(key);
        let known = line.id.clone().zip(line.api_version.clone()).filter(|_| line.owned);
        let Some((id, api_version)) = known else {
            if let Err(problem) = &pass.signing {
                let why = format!("it left the manifest, and whose it is can't be told: {problem}");
                line::set(pass.child_line(key), ChildState::Held, why);
                return Ok(());
            }
            // It was there before Armature, or nobody knows where it is: it stays in Azure.
            leave_unproven(pass, key);
            return Ok(());
        };
        if pass.objects.cluster.spec.management_policy == Some(ManagementPolicy::Observe) {
            let why = "it left the manifest, and spec.managementPolicy is Observe".to_owned();
            line::set(pass.child_line(key), ChildState::Held, why);
            return Ok(());
        }
        let kept = user_elsewhere(pass, key, &id);
        if let Some(user) = &kept {
            let note = format!("{key} goes from this cluster and stays in Azure: AksCluster {user} needs it, too");
            info!(child = key, user, "child left to another cluster");
            events::told(pass, EventType::Normal, "ChildKept", act::DELETE, &note);
        }
        if kept.is_some() || self.delete(pass, key, &id, &api_version).await? != Departure::Pending {
            act::forget(pass, key);
        }
        Ok(())
    }

    /// Deletes what is still what we made.
    pub(super) async fn delete(
        &mut self,
        pass: &mut Pass<'_>,
        key: &str,
        id: &str,
        api_version: &str,
    ) -> Result<Departure, WriteError> {
        let Some(kind) = children::kind_of(key) else {
            return Ok(Departure::Pending);
        };
        let id = match checked_child(pass, kind, id) {
            Ok(id) => id,
            Err(ended) => {
                act::fail(pass, key, ended);
                return Ok(Departure::Pending);
            }
        };
        if place::is_part(id.as_str(), &pass.cluster_id) && !self.is_idle() {
            line::waits(pass.child_line(key), "waits for the end of the work on the cluster");
            return Ok(Departure::Pending);
        }
        if locked(pass, key, &id, Touch::Delete) {
            return Ok(Departure::Pending);
        }
        if self.wrote || !pass.context.leadership.is_leader() {
            if self.wrote {
                want(pass, key, &id, Touch::Delete);
            }
            self.again |= self.wrote;
            return Ok(Departure::Pending);
        }
        self.wrote = true;
        if !locks::is_lock(key) {
            let found = locks::around(pass, self.arm, id.as_str()).await;
            if let Some(obstacle) = locks::known(pass).obstacle(&found) {
                fail_locked(pass, key, &obstacle);
                return Ok(Departure::Pending);
            }
        }
        match self.arm.get_resource(&id, api_version, Priority::Delete).await {
            Ok(None) => return Ok(Departure::Gone),
            Ok(Some(live)) if !line::recognize(pass, key, &live) => return Ok(Departure::Replaced),
            Ok(Some(_)) => {}
            Err(error) => {
                act::refused(pass, key, &error);
                return Ok(Departure::Pending);
            }
        }
        // What is gone and can't be recorded as such would be deleted again when others make it anew.
        if let Err(error) = pass.try_inventory().await {
            act::fail(pass, key, error);
            return Ok(Departure::Pending);
        }
        let gone = act::delete(pass, self.arm, key, &id, api_version).await?;
        Ok(if gone { Departure::Gone } else { Departure::Pending })
    }
}

/// How far a child is that has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// It is gone.
    Gone,
    /// It is gone, and somebody else made another one under its name.
    Replaced,
    /// It is still there.
    Pending,
}

/// A line goes whose resource stays in Azure. Where it said that Armature made that, and does not prove it, that is told.
fn leave_unproven(pass: &mut Pass<'_>, key: &str) {
    let line = pass.children.get(key);
    let (id, claim) = (line.and_then(|line| line.id.clone()), line.and_then(Claim::of));
    act::forget(pass, key);
    // Nobody knows what came of the call that was to make it.
    if !pass.unproven.remove(key) && claim != Some(Claim::Making) {
        return;
    }
    let id = id.unwrap_or_else(|| "its resource".to_owned());
    let note = format!(
        "{key} goes from status and {id} stays in Azure: nothing proves that Armature made it; delete it there if nobody needs it"
    );
    info!(child = key, "{note}");
    events::told(pass, EventType::Warning, "ChildKept", act::DELETE, &note);
}

/// Another cluster that needs the resource. What is below this cluster is nobody else's.
fn user_elsewhere(pass: &Pass<'_>, key: &str, id: &str) -> Option<String> {
    children::kind_of(key).filter(|_| !place::is_below(id, &pass.cluster_id))?;
    elsewhere::user_of(pass, id)
}

/// Children in the order in which they go: what was made later may rest on what was made before.
fn last_made_first(keys: impl Iterator<Item = String>) -> Vec<String> {
    let mut keys: Vec<String> = keys.collect();
    let made = |key: &str| KINDS.iter().position(|kind| field(key) == kind.field);
    keys.sort_by_cached_key(|key| Reverse((made(key), key.clone())));
    keys
}
