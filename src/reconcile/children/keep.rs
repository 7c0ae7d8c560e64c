//! A child that the manifest asks for: what is looked at, what is waited for, and when it is written.

use serde_json::Value;
use tokio::time::Instant;

use super::act::{self, Put, Right};
use super::locked::{locked, tell, want};
use super::memory::Asked;
use super::{ChildSecrets, Round, checked_child, is_taken, line, secrets};
use crate::reconcile::elsewhere;
use crate::reconcile::locks;
use crate::reconcile::pass::Pass;
use crate::reconcile::write::WriteError;
use armature_api::{AdoptionPolicy, ChildState, ChildStatus, DriftPolicy, ManagementPolicy};
use armature_arm::{Priority, ResourceId};
use armature_plan::children::claim::Claim;
use armature_plan::children::decide::{Answer, Applied, Question, decide, stand_in};
use armature_plan::children::takeover::Takeover;
use armature_plan::children::{self, Belonging, Child, Draft, Hindrance, Kind, Needs};
use armature_plan::desired::DesiredCluster;
use armature_plan::locks::Touch;
use armature_plan::secret::SecretProblem;
use armature_plan::step::Step;

impl Round<'_> {
    /// A child that the manifest asks for.
    pub(super) async fn keep(
        &mut self,
        pass: &mut Pass<'_>,
        kind: &Kind,
        draft: &Draft,
        key: &str,
    ) -> Result<(), WriteError> {
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
        let stand_in = stand_in(pass.child_line(key), child).cloned();
        let id = match checked_child(pass, kind, stand_in.as_deref().unwrap_or(&child.id)) {
            Ok(id) => id,
            Err(ended) => {
                act::fail(pass, key, ended);
                return Ok(());
            }
        };
        let asked = Asked::of(child, pass);
        let rests = pass.memory.children.rests(key, &asked, Instant::now());
        // Whose it is counts once it was looked at.
        if rests || decide(&question(pass, kind, child, key, None, false)) == Answer::Nothing {
            return Ok(());
        }
        let Some(seen) = self.look(pass, child, &id, key).await else {
            return Ok(());
        };
        let ours = is_ours(pass, kind, draft, child, key);
        if stand_in.is_some() {
            match seen {
                Some(_) => line::confirmed(pass, kind, child, key, None),
                None => self.replace_stand_in(pass, key),
            }
            return Ok(());
        }
        let put = |right| Put {
            kind,
            child,
            id: &id,
            key,
            right,
            live: seen.as_ref(),
        };
        let answer = decide(&question(pass, kind, child, key, Some(seen.as_ref()), ours));
        if seen.is_none() && answer != Answer::TooSoon {
            line::gone(pass, key);
        }
        match answer {
            Answer::Nothing | Answer::Look => {}
            Answer::TooSoon => line::not_yet_shown(pass, key),
            Answer::Confirmed => line::confirmed(pass, kind, child, key, seen.as_ref()),
            Answer::Held(why) => line::set(pass.child_line(key), ChildState::Held, why),
            Answer::Busy(state) => line::busy(pass, key, &state),
            Answer::Broken { code, message } => line::broken(pass, key, &code, &message),
            Answer::NotOurs(paths) => match adoption(pass, key, child, &paths, seen.as_ref()) {
                Ok(()) => self.write(pass, draft, put(Right::Approved)).await?,
                Err(why) => line::set(pass.child_line(key), ChildState::Held, why),
            },
            Answer::Create => self.write(pass, draft, put(Right::New)).await?,
            // What Azure makes of a write is seen only now, and it is not what was written.
            Answer::Update(paths) if !paths.is_empty() && is_answer_to_our_write(pass, child, key) => {
                if let Some(body) = &seen {
                    line::written(pass, kind, child, key, body);
                }
            }
            Answer::Update(_) => self.write(pass, draft, put(Right::Ours)).await?,
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
        let missing = self.missing(pass, draft, key);
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
                line::looked(pass, key, child, id.as_str(), body.as_ref());
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
        if let Some(missing) = self.missing(pass, draft, key) {
            line::waits(pass.child_line(key), missing);
        } else if locked(pass, key, put.id, Touch::Write) {
            return Ok(());
        } else if !self.wrote && pass.context.leadership.is_leader() {
            self.wrote = true;
            let restores = pass.child_line(key).state == ChildState::Suspended;
            act::put(pass, self.arm, put).await?;
            if restores && pass.is_ready(key) {
                tell(pass, &Step::RestoreLock { lock: key.to_owned() });
            }
            return Ok(());
        } else if self.wrote {
            want(pass, key, put.id, Touch::Write);
        }
        self.again |= self.wrote;
        pass.memory.children.forget_look(put.key);
        Ok(())
    }

    /// What the child needs and is not there.
    fn missing(&self, pass: &Pass<'_>, draft: &Draft, key: &str) -> Option<String> {
        if let Some(other) = draft.after.iter().find(|other| !pass.is_ready(other)) {
            return Some(format!("waits for {other}"));
        }
        let is_new = pass.children.get(key).is_none_or(|line| line.applied.is_none());
        if let Some(other) = self.going(key).filter(|_| is_new) {
            return Some(format!("waits for {other} to be gone"));
        }
        let needs = draft.needs;
        let live = pass.live.as_ref();
        let idle = self.is_idle();
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
}

impl Pass<'_> {
    /// The entry now amounts to another resource: the one of ours that it amounted to gets a line of its own, until it
    /// can go.
    pub(super) fn set_former_aside(&mut self, key: &str, child: &Child) {
        let line = self.child_line(key);
        let former = line.id.clone().filter(|id| !id.eq_ignore_ascii_case(&child.id));
        if let Some(id) = former.filter(|_| line.owned) {
            let mut line = std::mem::take(line);
            line::set(&mut line, ChildState::Waiting, format!("goes when {key} does its work"));
            self.children.insert(children::former_key(key, &id), line);
            self.memory.children.forget(key);
        }
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

/// Whether Armature made it, or was about to.
fn was_ours_to_make(line: &ChildStatus) -> bool {
    matches!(Claim::of(line), Some(Claim::Made | Claim::Making))
}

fn fingerprint(found: &Result<ChildSecrets, SecretProblem>) -> Option<&str> {
    found.as_ref().ok().and_then(ChildSecrets::fingerprint)
}

/// Whether what Azure shows is what it made of what is to be written now.
fn is_answer_to_our_write(pass: &Pass<'_>, child: &Child, key: &str) -> bool {
    let secrets = pass.secrets.children.get(key).and_then(fingerprint);
    pass.memory.children.was_accepted(key, &Applied::of(child), secrets)
}

/// Whether the child, where it exists, may be changed without anybody's approval: Armature made it or took it over, or it
/// belongs to the cluster, which is ours by its mark. A name makes nothing ours that another object provably manages.
fn is_ours(pass: &Pass<'_>, kind: &Kind, draft: &Draft, child: &Child, key: &str) -> bool {
    let claim = pass.children.get(key).and_then(Claim::of);
    claim.is_some_and(Claim::may_change)
        || match kind.belonging(&pass.cluster_id, &draft.name, &child.id) {
            Belonging::Below => true,
            Belonging::Named => elsewhere::owner_of(pass, &child.id).is_none(),
            Belonging::Elsewhere => false,
        }
}

/// Whether taking over somebody else's resource was approved, exactly as it is and as it would be; else why not.
fn adoption(pass: &Pass<'_>, key: &str, child: &Child, paths: &[String], live: Option<&Value>) -> Result<(), String> {
    let takeover = Takeover::of(key, child, paths, live);
    if let Some(owner) = elsewhere::owner_of(pass, &child.id) {
        return Err(takeover.managed_by(&owner));
    }
    let DesiredCluster { policies, life, .. } = &pass.desired.cluster;
    match policies.adoption {
        AdoptionPolicy::AfterPlan if life.approves(&takeover.hash) => Ok(()),
        AdoptionPolicy::AfterPlan => Err(takeover.waits()),
        AdoptionPolicy::Never => Err(takeover.refused()),
    }
}

fn question<'a>(
    pass: &'a Pass<'_>,
    kind: &'a Kind,
    child: &'a Child,
    key: &str,
    seen: Option<Option<&'a Value>>,
    ours: bool,
) -> Question<'a> {
    let spec = &pass.objects.cluster.spec;
    let line = &pass.children[key];
    Question {
        kind,
        child,
        line,
        seen,
        secrets: pass.secrets.children.get(key).and_then(fingerprint),
        ours,
        just_written: kind.late && was_ours_to_make(line) && pass.memory.children.just_wrote(key, Instant::now()),
        sweep_due: (pass.memory.children).is_due(
            &pass.cluster_id,
            key,
            (kind.good_for)(&line.outputs),
            line.last_checked,
            pass.context.now(),
        ),
        observe: spec.management_policy == Some(ManagementPolicy::Observe),
        report_drift: spec.drift_policy == Some(DriftPolicy::Report),
    }
}
