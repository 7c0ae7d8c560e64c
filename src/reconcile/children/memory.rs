//! What a process remembers about the children of a cluster. All of it can be lost.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::reconcile::pass::Pass;
use crate::reconcile::rests::Rests;
use armature_api::{AdoptionPolicy, DriftPolicy, ManagementPolicy};
use armature_plan::children::decide::Applied;
use armature_plan::children::{Child, Read, Reads};

/// Without a reason to look, a child is read after this time: nothing tells when somebody changes one in Azure.
const SWEEP: Duration = Duration::from_secs(4 * 3600);
/// Sweeps are spread over this much more, so that a fleet is not read at once.
const SWEEP_JITTER: Duration = Duration::from_secs(2 * 3600);
/// A resource that others refer to is read again after this time; one that was missing, much sooner.
const READ_LIFETIME: Duration = Duration::from_secs(3600);
const ABSENCE_LIFETIME: Duration = Duration::from_secs(60);
/// For this long after a write, Azure may answer from before it.
const LATE: Duration = Duration::from_secs(300);

/// The memory of the children of one cluster.
#[derive(Debug, Default)]
pub struct Memory {
    /// What failed and rests before it is tried again.
    pub rests: Rests,
    /// Other resources that were read.
    pub reads: Reads,
    /// When each of them is read again.
    expiries: BTreeMap<Read, Instant>,
    /// When each child may be looked at again, and what was asked for when that was set.
    looks: BTreeMap<String, (Instant, Asked)>,
    /// Children that somebody asked to look at now.
    due: BTreeSet<String>,
    /// When each child was written.
    written: BTreeMap<String, Instant>,
    /// What Azure took and has not shown yet, with the keyed hash of the secrets in it.
    accepted: BTreeMap<String, (Applied, Option<String>)>,
}

/// What a look at a child was for. Under other policies the same look leads to something else: what was held is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    applied: Applied,
    policies: (Option<ManagementPolicy>, Option<DriftPolicy>, AdoptionPolicy),
    approved: Option<String>,
}

impl Asked {
    /// For a child as the manifest has it.
    pub fn of(child: &Child, pass: &Pass<'_>) -> Self {
        let (spec, desired) = (&pass.objects.cluster.spec, &pass.desired.cluster);
        Self {
            applied: Applied::of(child),
            policies: (spec.management_policy, spec.drift_policy, desired.policies.adoption),
            approved: desired.life.approved_plan.clone(),
        }
    }
}

impl Memory {
    /// Notes what is asked for now. Whoever asks for something else does not wait for old failures, nor is answered by
    /// old reads.
    pub fn asked(&mut self, asked: u64) {
        if self.rests.asked(asked) {
            self.expiries.clear();
            self.reads.clear();
        }
    }

    /// Someone asked for a look at everything.
    pub fn look_at_all<'a>(&mut self, keys: impl Iterator<Item = &'a String>) {
        self.due = keys.cloned().collect();
        self.looks.clear();
        self.expiries.clear();
        self.reads.clear();
    }

    /// Keeps what was read of another resource, or was missing. `most` is how long it is good for at most.
    pub fn keep_read(&mut self, read: Read, exists: bool, most: Option<Duration>, now: Instant) {
        let lifetime = if exists { READ_LIFETIME } else { ABSENCE_LIFETIME };
        let lifetime = most.map_or(lifetime, |most| most.min(lifetime));
        self.expiries.insert(read, now + lifetime);
    }

    /// A child was written or deleted: what was read of it, or of a list that it is in, is out of date.
    pub fn wrote(&mut self, key: &str, id: &str, now: Instant) {
        self.written.insert(key.to_owned(), now);
        let id = id.to_ascii_lowercase();
        let reads = &mut self.reads;
        self.expiries.retain(|read, _| {
            let stays = !id.starts_with(&read.id.to_ascii_lowercase());
            if !stays {
                reads.remove(read);
            }
            stays
        });
    }

    /// Azure took a write; what it makes of it is seen later.
    pub fn accept(&mut self, key: &str, applied: Applied, secrets: Option<String>) {
        self.accepted.insert(key.to_owned(), (applied, secrets));
    }

    /// What came of the last write is known.
    pub fn settle(&mut self, key: &str) {
        self.accepted.remove(key);
    }

    /// Whether exactly this was written last, and what came of it was not seen before.
    pub fn was_accepted(&self, key: &str, applied: &Applied, secrets: Option<&str>) -> bool {
        let accepted = self.accepted.get(key);
        accepted.is_some_and(|(of, with)| of == applied && with.as_deref() == secrets)
    }

    /// Whether the child was written so lately that Azure may not show it yet.
    pub fn just_wrote(&self, key: &str, now: Instant) -> bool {
        let written = self.written.get(key);
        written.is_some_and(|written| now.duration_since(*written) < LATE)
    }

    /// Forgets what was read too long ago.
    pub fn expire_reads(&mut self, now: Instant) {
        let reads = &mut self.reads;
        self.expiries.retain(|read, until| {
            let good = *until > now;
            if !good {
                reads.remove(read);
            }
            good
        });
    }

    /// The child was read: it is not read again before the next sweep, unless something else is asked for.
    pub fn looked(&mut self, key: &str, asked: Asked, now: Instant) {
        self.due.remove(key);
        self.looks.insert(key.to_owned(), (now + SWEEP, asked));
    }

    /// The child is read again after this time.
    pub fn look_in(&mut self, key: &str, wait: Duration, now: Instant) {
        if let Some((until, _)) = self.looks.get_mut(key) {
            *until = now + wait;
        }
    }

    /// The child is read in the next pass.
    pub fn forget_look(&mut self, key: &str) {
        self.looks.remove(key);
    }

    /// The child is gone.
    pub fn forget(&mut self, key: &str) {
        self.looks.remove(key);
        self.due.remove(key);
        self.written.remove(key);
        self.accepted.remove(key);
    }

    /// Whether the child was read for the same manifest and need not be yet again.
    pub fn rests(&self, key: &str, asked: &Asked, now: Instant) -> bool {
        let look = self.looks.get(key);
        look.is_some_and(|(until, of)| of == asked && *until > now)
    }

    /// When the next thing is read without an event.
    pub fn next_look(&self, now: Instant) -> Option<Duration> {
        let looks = self.looks.values().map(|(until, _)| *until);
        let all = looks.chain(self.expiries.values().copied());
        all.map(|until| until.saturating_duration_since(now)).min()
    }

    /// Whether a sweep of a child of `cluster` is due that last happened at `checked`, or what was read then holds no
    /// longer.
    pub fn is_due(
        &self,
        cluster: &str,
        key: &str,
        good_for: Option<Duration>,
        checked: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let limit = good_for.unwrap_or_else(|| SWEEP + jitter(cluster, key));
        let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        self.due.contains(key) || checked.is_none_or(|checked| checked > now || now.duration_since(checked) >= limit)
    }
}

/// A part of the jitter that is always the same for one child. Clusters of one template have children of the same keys.
fn jitter(cluster: &str, key: &str) -> Duration {
    let mut hasher = DefaultHasher::new();
    (cluster, key).hash(&mut hasher);
    SWEEP_JITTER.mul_f64(f64::from(u16::try_from(hasher.finish() & 0xffff).unwrap_or_default()) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn child(size: u32) -> Child {
        Child {
            id: "/x".to_owned(),
            api_version: "2026-01-01".into(),
            entry: json!({ "size": size }),
            body: json!({ "size": size }),
            secrets: Vec::new(),
        }
    }

    fn applied(size: u32) -> Applied {
        Applied::of(&child(size))
    }

    #[test]
    fn sweeps_of_clusters_that_are_alike_are_spread_out() {
        let jitters: BTreeSet<Duration> = (0..100)
            .map(|number| jitter(&format!("/cluster{number}"), "locks/keep"))
            .collect();
        assert!(jitters.len() > 90 && jitters.iter().all(|jitter| *jitter <= SWEEP_JITTER));
        assert_eq!(jitter("/a", "locks/keep"), jitter("/a", "locks/keep"));
    }

    #[test]
    fn what_was_seen_under_a_policy_is_looked_at_again_when_the_policy_is_another() {
        let asked = |management, drift| Asked {
            applied: applied(1),
            policies: (management, drift, AdoptionPolicy::Never),
            approved: None,
        };
        let (mut memory, now) = (Memory::default(), Instant::now());
        let observed = asked(Some(ManagementPolicy::Observe), None);
        memory.looked("a/x", observed.clone(), now);
        assert!(memory.rests("a/x", &observed, now));
        assert!(!memory.rests("a/x", &asked(None, None), now));
        memory.looked("a/x", asked(None, Some(DriftPolicy::Report)), now);
        assert!(!memory.rests("a/x", &asked(None, None), now));
        memory.looked("a/x", asked(None, None), now);
        let approved = Asked {
            approved: Some("0123".to_owned()),
            ..asked(None, None)
        };
        assert!(!memory.rests("a/x", &approved, now));
    }

    #[test]
    fn what_others_change_is_read_again_within_minutes_and_everything_after_an_edit() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let (list, workspace) = (Read::resource("/list", "1"), Read::resource("/workspace", "1"));
        let keep = |memory: &mut Memory| {
            for (read, most) in [(&list, Some(Duration::from_secs(120))), (&workspace, None)] {
                memory.reads.keep(read, Some(json!({})));
                memory.keep_read(read.clone(), true, most, now);
            }
        };
        memory.asked(1);
        keep(&mut memory);
        memory.expire_reads(now + Duration::from_secs(121));
        assert!(!memory.reads.has(&list) && memory.reads.has(&workspace));
        keep(&mut memory);
        memory.asked(1);
        assert!(memory.reads.has(&list));
        memory.asked(2);
        assert!(!memory.reads.has(&list) && !memory.reads.has(&workspace));
    }

    #[test]
    fn only_what_was_sent_last_is_answered_and_only_once() {
        let mut memory = Memory::default();
        memory.accept("a/x", applied(1), Some("hmac:k:1".to_owned()));
        let was = |memory: &Memory, size, secrets| memory.was_accepted("a/x", &applied(size), secrets);
        assert!(was(&memory, 1, Some("hmac:k:1")));
        assert!(
            !was(&memory, 2, Some("hmac:k:1")),
            "another entry is still to be written"
        );
        assert!(
            !was(&memory, 1, Some("hmac:k:2")),
            "another secret is still to be written"
        );
        memory.settle("a/x");
        assert!(!was(&memory, 1, Some("hmac:k:1")), "what differs later is drift");
    }
}
