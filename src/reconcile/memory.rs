//! What a process remembers between passes over one aggregate. All of it can be lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::arm::Retry;
use crate::plan::Plan;
use crate::plan::change::Target;
use crate::plan::version::Version;
use crate::status::failure::Failure;

/// The memory of one aggregate.
#[derive(Debug, Default)]
pub struct Memory {
    /// Failures in a row, for the backoff.
    pub failures: u32,
    /// What is not tried before its time.
    pub pauses: Pauses,
    /// The set of pools when it last changed, and when that was.
    pools: Option<(Vec<(String, i64)>, Timestamp)>,
    /// Whether the snapshot of Azure is older than our last write.
    pub stale: bool,
    /// When each running operation is asked about next.
    pub polls: BTreeMap<String, Instant>,
    /// What Azure offered, for which version, and when.
    offered: Option<(Version, Vec<Version>, Instant)>,
    /// Fingerprints of writes that ended well and were not looked at yet.
    written: BTreeMap<Target, String>,
    /// Fingerprints of writes that ended well and left the difference in place.
    kept: BTreeMap<Target, String>,
}

/// An answer about offered versions is good for this long: Azure adds versions over days.
const OFFER_LIFETIME: Duration = Duration::from_secs(600);

impl Memory {
    /// Since when the pools, named with their generation, have been what they are.
    pub fn pools_unchanged_since(&mut self, pools: Vec<(String, i64)>, now: Timestamp) -> Timestamp {
        match &self.pools {
            Some((known, since)) if *known == pools => *since,
            _ => {
                self.pools = Some((pools, now));
                now
            }
        }
    }

    /// What Azure offered a control plane that runs `running`, if the answer is young enough.
    pub fn offered(&self, running: Version) -> Option<Vec<Version>> {
        let (version, offered, at) = self.offered.as_ref()?;
        (*version == running && at.elapsed() < OFFER_LIFETIME).then(|| offered.clone())
    }

    /// Keeps what Azure offers.
    pub fn remember_offer(&mut self, running: Version, offered: Vec<Version>) {
        self.offered = Some((running, offered, Instant::now()));
    }

    /// A write of this step was accepted.
    pub fn wrote(&mut self, target: Target, fingerprint: String) {
        self.stale = true;
        self.written.insert(target, fingerprint);
    }

    /// Compares what was written with a plan made from a fresh look: the same write again means that Azure does not
    /// keep it. Returns the plan without such writes.
    pub fn check(&mut self, mut plan: Plan) -> Plan {
        let planned: BTreeMap<Target, String> = plan
            .steps
            .iter()
            .map(|planned| (planned.step.target(), planned.step.fingerprint()))
            .collect();
        let same = |target: &Target, fingerprint: &String| planned.get(target) == Some(fingerprint);
        self.kept.retain(|target, fingerprint| same(target, fingerprint));
        for (target, fingerprint) in std::mem::take(&mut self.written) {
            if plan.busy.contains(&target) {
                self.written.insert(target, fingerprint);
            } else if same(&target, &fingerprint) {
                self.kept.insert(target, fingerprint);
            }
        }
        plan.refuse_repeats(&self.kept);
        plan
    }

    /// Forgets what a failed write left to check.
    pub fn unwrite(&mut self, target: &Target) {
        self.written.remove(target);
    }

    /// How long to wait after one more failure.
    pub fn back_off(&mut self, retry: Retry, poll: Duration) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let grow = |first: u64, most: u64| {
            let doubled = first.saturating_mul(1 << (self.failures - 1).min(16));
            Duration::from_secs(doubled.min(most))
        };
        match retry {
            Retry::Backoff => grow(2, 300),
            Retry::WaitForOperation => poll,
            Retry::After(wait) => wait,
            Retry::Capacity => grow(300, 3600),
            Retry::Propagation => grow(15, 300),
            Retry::Refresh => grow(1, 60),
            // The environment may change: a quota is raised, a policy lifted.
            Retry::User => grow(60, 1800),
        }
    }
}

/// What failed is left alone for a while, however many events arrive meanwhile. An edit ends every pause.
#[derive(Debug, Default)]
pub struct Pauses {
    whole: Option<Instant>,
    targets: BTreeMap<Target, Pause>,
    manifests: Vec<(String, i64)>,
}

#[derive(Debug)]
struct Pause {
    end: Instant,
    failure: Failure,
}

impl Pauses {
    /// Ends what is over, and everything when the manifests are not those that were seen before.
    pub fn refresh(&mut self, manifests: Vec<(String, i64)>) {
        let now = Instant::now();
        if self.manifests != manifests {
            *self = Self {
                manifests,
                ..Self::default()
            };
        }
        self.whole = self.whole.filter(|end| *end > now);
        self.targets.retain(|_, pause| pause.end > now);
    }

    /// Pauses the whole aggregate: nothing could be decided.
    pub fn pause_all(&mut self, wait: Duration) {
        self.whole = Some(Instant::now() + wait);
    }

    /// Pauses the target of a failure.
    pub fn pause(&mut self, failure: Failure, wait: Duration) {
        let end = Instant::now() + wait;
        self.targets.insert(failure.target.clone(), Pause { end, failure });
    }

    /// The failure that is told while its target is paused; the cluster's goes before those of pools.
    pub fn failure(&self) -> Option<&Failure> {
        self.targets.values().map(|pause| &pause.failure).next()
    }

    /// Whether nothing is paused.
    pub fn is_empty(&self) -> bool {
        self.whole.is_none() && self.targets.is_empty()
    }

    /// How long nothing is tried at all.
    pub fn whole(&self) -> Option<Duration> {
        self.whole.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// The targets that are not tried now.
    pub fn targets(&self) -> BTreeSet<Target> {
        self.targets.keys().cloned().collect()
    }

    /// The end of the first pause.
    pub fn first_end(&self) -> Option<Duration> {
        let ends = self.targets.values().map(|pause| pause.end).chain(self.whole);
        ends.min().map(|end| end.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Planned;
    use crate::plan::change::{Change, Origin};
    use crate::plan::effect::Effect;
    use crate::plan::path::Path;
    use crate::plan::step::Step;
    use crate::reconcile::failure::Ended;

    fn plan() -> Plan {
        let change = Change {
            target: Target::Cluster,
            path: Path::new("sku.tier"),
            from: None,
            to: Some("Standard".into()),
            origin: Origin::Edit,
            effect: Effect::InPlace,
        };
        Plan {
            steps: vec![Planned {
                step: Step::UpdateCluster { changes: vec![change] },
                hold: None,
            }],
            ..Plan::default()
        }
    }

    #[test]
    fn a_write_that_azure_does_not_keep_is_not_sent_a_second_time() {
        let mut memory = Memory::default();
        let first = memory.check(plan());
        assert_eq!(first.steps.len(), 1);
        memory.wrote(Target::Cluster, first.steps[0].step.fingerprint());
        let again = memory.check(plan());
        assert!(again.steps.is_empty());
        assert_eq!(again.blockers[0].reason(), "NotConverging");
        assert!(
            memory.check(plan()).steps.is_empty(),
            "it stays so until the difference changes"
        );
    }

    #[test]
    fn the_same_drift_a_second_time_is_put_right_again() {
        let mut memory = Memory::default();
        memory.wrote(Target::Cluster, plan().steps[0].step.fingerprint());
        assert!(memory.check(Plan::default()).blockers.is_empty());
        assert_eq!(memory.check(plan()).steps.len(), 1);
    }

    #[test]
    fn failures_are_retried_ever_more_slowly_up_to_a_limit() {
        let mut memory = Memory::default();
        let waits: Vec<u64> = (0..12)
            .map(|_| memory.back_off(Retry::Backoff, Duration::ZERO).as_secs())
            .collect();
        assert_eq!(&waits[..4], [2, 4, 8, 16]);
        assert_eq!(waits[11], 300);
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_is_left_alone_until_its_time_or_an_edit() {
        let mut pauses = Pauses::default();
        let manifests = |generation| vec![("a".to_owned(), generation)];
        pauses.refresh(manifests(1));
        let failure = Ended::ours(Target::Cluster, "Test", "it failed", "", Retry::Backoff).failure;
        pauses.pause(failure, Duration::from_secs(10));
        pauses.refresh(manifests(1));
        assert_eq!(pauses.targets(), BTreeSet::from([Target::Cluster]));
        tokio::time::advance(Duration::from_secs(10)).await;
        pauses.refresh(manifests(1));
        assert!(pauses.targets().is_empty());
        pauses.pause_all(Duration::from_secs(10));
        pauses.refresh(manifests(2));
        assert_eq!(pauses.whole(), None, "an edit is tried at once");
    }

    #[test]
    fn a_set_of_pools_is_unchanged_since_it_was_first_seen() {
        let mut memory = Memory::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let set = |generation| vec![("a".to_owned(), generation)];
        assert_eq!(memory.pools_unchanged_since(set(1), at(1)), at(1));
        assert_eq!(memory.pools_unchanged_since(set(1), at(5)), at(1));
        assert_eq!(memory.pools_unchanged_since(set(2), at(9)), at(9));
    }
}
