//! The lines of children in status.

use std::time::Duration;

use kube::runtime::events::EventType;
use serde_json::Value;
use tokio::time::Instant;
use tracing::info;

use super::act;
use super::memory::Asked;
use crate::reconcile::events;
use crate::reconcile::failure::Ended;
use crate::reconcile::pass::Pass;
use armature_api::{ChildState, ChildStatus};
use armature_arm::codes::explain;
use armature_arm::{Retry, ServiceError};
use armature_plan::change::Target;
use armature_plan::children::claim::{Claim, Serial, disbelieve, is_another};
use armature_plan::children::decide::{Applied, NOT_CONVERGING};
use armature_plan::children::{Child, Condition, Draft, Hindrance, Kind, differences};
use armature_plan::incarnation::created_at;
use armature_plan::secret::SecretProblem;

/// What Azure does not show yet is looked at again after this time.
const NOT_YET_SHOWN: Duration = Duration::from_secs(30);

/// Sets state and message.
pub fn set(line: &mut ChildStatus, state: ChildState, message: impl Into<String>) {
    line.state = state;
    line.message = Some(message.into());
}

/// The manifest asks for it: an entry that is new or has changed is not done, however its line was before. Said before
/// anything is published about this generation.
pub fn announce(pass: &mut Pass<'_>, key: &str, draft: &Draft) {
    let known = |key: &str| {
        let part = format!("{key}/");
        pass.children
            .keys()
            .any(|other| other == key || other.starts_with(&part))
    };
    match &draft.child {
        Err(Hindrance::Pointless { .. } | Hindrance::Suspended(_)) => {}
        Ok(_) | Err(_) if !known(key) => set(pass.child_line(key), ChildState::Pending, "nobody has looked yet"),
        Ok(child) => {
            let line = pass.child_line(key);
            let edited = line
                .applied
                .as_deref()
                .is_some_and(|record| Applied::of(child).is_edited(record));
            if edited && line.state == ChildState::Ready {
                set(line, ChildState::Pending, "the entry has changed");
            }
        }
        Err(_) => {}
    }
}

/// It can't be written yet. A lock that was lifted is told as such until it is back.
pub fn waits(line: &mut ChildStatus, why: impl Into<String>) {
    let state = match line.state {
        ChildState::Suspended => ChildState::Suspended,
        _ => ChildState::Waiting,
    };
    set(line, state, why);
}

/// The entry is no child yet.
pub fn hindered(pass: &mut Pass<'_>, key: &str, hindrance: &Hindrance) {
    match hindrance {
        // The read failed a moment ago, and its line says why.
        Hindrance::Look(_) | Hindrance::Ask(_) | Hindrance::Suspended(_) => {}
        Hindrance::NoneYet { what, awaited: true } => set(pass.child_line(key), ChildState::Waiting, what),
        Hindrance::NoneYet { what, awaited: false } => set(pass.child_line(key), ChildState::Ready, what),
        Hindrance::NotYet(what) => set(pass.child_line(key), ChildState::Waiting, format!("waits for {what}")),
        Hindrance::Invalid { field, problem } => {
            let message = format!("{field} is invalid: {problem}");
            let ended = Ended::ours(Target::Child(key.to_owned()), "InvalidSpec", message, "", Retry::User);
            tell_once(pass.child_line(key), &ended);
        }
        Hindrance::Pointless { code, problem } => {
            let next = explain(code).map_or("", |entry| entry.next_step);
            let ended = Ended::ours(Target::Child(key.to_owned()), code, problem.clone(), next, Retry::User);
            tell_once(pass.child_line(key), &ended);
        }
    }
}

/// A claim about the resource that the line names begins.
pub fn begin(pass: &mut Pass<'_>, key: &str, claim: Claim) {
    let now = pass.context.now();
    let line = pass.child_line(key);
    let before = Claim::with_serial(line).map(|(_, serial)| serial);
    let serial = Serial::after(before, now);
    Claim::end(line);
    claim.set(line, serial);
}

/// Azure was asked, and showed this.
pub fn looked(pass: &mut Pass<'_>, key: &str, child: &Child, id: &str, live: Option<&Value>) {
    let asked = Asked::of(child, pass);
    pass.memory.children.looked(key, asked, Instant::now());
    let now = pass.context.now();
    let line = pass.child_line(key);
    line.last_checked = Some(now);
    name(line, child, id);
    if let Some(live) = live {
        recognize(pass, key, live);
    }
}

/// Azure was asked, and does not have it: what is there later is not what the line was about.
pub fn gone(pass: &mut Pass<'_>, key: &str) {
    match pass.children.get(key).and_then(Claim::of) {
        Some(Claim::Made | Claim::Adopted) => begin(pass, key, Claim::Gone),
        Some(Claim::Making | Claim::Seen) => Claim::end(pass.child_line(key)),
        Some(Claim::Gone) | None => {}
    }
}

/// Whether what Azure shows is what the line is about: somebody may have deleted that and made another one under its
/// name, which is theirs.
pub fn recognize(pass: &mut Pass<'_>, key: &str, live: &Value) -> bool {
    let line = pass.child_line(key);
    let claim = Claim::of(line);
    if claim == Some(Claim::Gone) {
        disbelieve(line);
        return false;
    }
    let is_other = is_another(line, live);
    if is_other && claim.is_some_and(|claim| claim != Claim::Seen) {
        let id = line.id.clone().unwrap_or_default();
        let since = created_at(live).map(|time| time.to_string()).unwrap_or_default();
        let note = format!(
            "{key}: {id} was deleted and made anew at {since}, not by Armature: it is never deleted from now on, and changed only where \
             it can only belong to this cluster"
        );
        disbelieve(line);
        info!(child = key, "{note}");
        events::told(pass, EventType::Warning, "ChildReplaced", "Reconcile", &note);
    }
    let line = pass.child_line(key);
    if Claim::of(line) != Some(Claim::Making) {
        line.created_at = created_at(live).or(line.created_at);
    }
    !is_other
}

/// Where the child is. What was claimed of another resource is nothing to this one.
pub fn name(line: &mut ChildStatus, child: &Child, id: &str) {
    if line.id.as_ref().is_none_or(|before| !before.eq_ignore_ascii_case(id)) {
        Claim::end(line);
    }
    line.id = Some(id.to_owned());
    line.api_version = Some(child.api_version.to_string());
}

/// Azure shows it as the manifest has it.
pub fn confirmed(pass: &mut Pass<'_>, kind: &Kind, child: &Child, key: &str, live: Option<&Value>) {
    pass.memory.children.rests.succeed(&Target::Child(key.to_owned()));
    pass.memory.children.settle(key);
    let line = pass.child_line(key);
    line.state = ChildState::Ready;
    line.message = live.and_then(kind.note);
    line.error = None;
    line.applied = Some(Applied::of(child).text());
    line.outputs = live.map(kind.outputs).unwrap_or_default();
    match Claim::of(line) {
        // It did not exist, and now it is what was sent.
        Some(Claim::Making) => {
            if let Some(live) = live {
                Claim::becomes(line, Claim::Made);
                line.created_at = created_at(live);
            }
        }
        Some(_) => {}
        None => {
            begin(pass, key, Claim::Seen);
            pass.child_line(key).created_at = live.and_then(created_at);
        }
    }
    // A record that is missing, or was made under a key that is lost, is made anew.
    let secrets = pass.secrets.children.get(key).and_then(|found| found.as_ref().ok());
    let secrets = secrets.and_then(|secrets| secrets.fingerprint().map(str::to_owned));
    let line = pass.child_line(key);
    line.secrets = secrets;
    if let Some(limit) = (kind.good_for)(&line.outputs) {
        pass.memory.children.look_in(key, limit, Instant::now());
    }
}

/// Another resource does what the child is for. It is not ours.
pub fn stands_in(pass: &mut Pass<'_>, kind: &Kind, child: &Child, key: &str, other: String) {
    looked(pass, key, child, &other, None);
    confirmed(pass, kind, child, key, None);
}

/// A Secret that the child names can't be used.
pub fn secret_missing(pass: &mut Pass<'_>, key: &str, problem: &SecretProblem) {
    let target = Target::Child(key.to_owned());
    let ended = Ended::ours(target, problem.reason(), problem.to_string(), "", Retry::User);
    tell_once(pass.child_line(key), &ended);
}

/// Azure does not show yet what was written.
pub fn not_yet_shown(pass: &mut Pass<'_>, key: &str) {
    pass.memory.children.look_in(key, NOT_YET_SHOWN, Instant::now());
}

/// Azure works on it.
pub fn busy(pass: &mut Pass<'_>, key: &str, state: &str) {
    set(pass.child_line(key), ChildState::InProgress, format!("Azure: {state}"));
    let wait = pass.poll_interval().max(Duration::from_secs(1));
    pass.memory.children.look_in(key, wait, Instant::now());
}

/// Azure failed to bring it about. It is written again, ever more seldom.
pub fn broken(pass: &mut Pass<'_>, key: &str, code: &str, message: &str) {
    let error = ServiceError {
        code: code.to_owned(),
        message: message.to_owned(),
        ..ServiceError::default()
    };
    let ended = Ended::operation(Target::Child(key.to_owned()), &format!("bring about {key}"), &error);
    let ended = ended.map_message(|message| pass.secrets.redact(message));
    act::fail(pass, key, ended);
}

/// Azure took it at once, and shows what it made of it.
pub fn written(pass: &mut Pass<'_>, kind: &Kind, child: &Child, key: &str, body: &Value) {
    looked(pass, key, child, &child.id, Some(body));
    match (kind.condition)(body) {
        Condition::Busy(state) => return busy(pass, key, &state),
        Condition::Broken { code, message } => return broken(pass, key, &code, &message),
        Condition::Settled => {}
    }
    let paths = differences(&child.body, body, kind.compare);
    confirmed(pass, kind, child, key, Some(body));
    if !paths.is_empty() {
        let message = format!("Azure accepted {} and kept its own value", paths.join(", "));
        let next = "set the manifest to the value that Azure keeps";
        let target = Target::Child(key.to_owned());
        tell(
            pass.child_line(key),
            &Ended::ours(target, NOT_CONVERGING, message, next, Retry::User),
        );
    }
}

/// Tells a failure in the line of the child.
pub fn tell(line: &mut ChildStatus, ended: &Ended) {
    line.state = ChildState::Failed;
    line.message = Some(ended.failure.sentence());
    line.error = ended.failure.record(line.error.as_ref()).or(line.error.take());
}

/// Tells what is wrong with a manifest. Every pass finds it again, and a status that changed each time would start the
/// next one: it is told once.
fn tell_once(line: &mut ChildStatus, ended: &Ended) {
    let told = line.state == ChildState::Failed && line.message.as_deref() == Some(&ended.failure.sentence());
    if !told {
        tell(line, ended);
    }
}
