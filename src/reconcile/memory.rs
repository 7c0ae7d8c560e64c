//! What a process remembers between passes over one aggregate. All of it can be lost.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::doubts::Doubts;
use super::features::Features;
use super::rests::Rests;
use super::silence::Silences;
use armature_arm::Sensitive;
use armature_plan::Plan;
use armature_plan::change::Target;
use armature_plan::version::Version;

/// The memory of one aggregate.
#[derive(Debug, Default)]
pub struct Memory {
    /// What failed and rests before it is tried again.
    pub rests: Rests,
    /// What hangs on the cluster.
    pub children: super::children::Memory,
    /// What is known of locks.
    pub locks: super::locks::Memory,
    /// Operations that gave no answer when they were asked about last.
    pub silences: Silences,
    /// Operations that are said to run and whose targets show no work.
    pub doubts: Doubts,
    /// Whether it was told that nothing signs what status records.
    pub unsigned_told: bool,
    /// Whether it was told that what status says of children is not recorded.
    pub unrecorded_told: bool,
    /// The set of pools when it last changed, and when that was.
    pools: Option<(Vec<(String, i64)>, Timestamp)>,
    /// Whether the snapshot of Azure is older than our last write.
    pub stale: bool,
    /// The secrets that were read while operations run, which may repeat them at their end.
    pub sensitive: Sensitive,
    /// When each running operation is asked about next.
    pub polls: BTreeMap<String, Instant>,
    /// What Azure offered, for which version, and when.
    offered: Option<(Version, Vec<Version>, Instant)>,
    /// What is known of preview features.
    pub features: Features,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use armature_plan::Planned;
    use armature_plan::change::{Change, Origin, Source};
    use armature_plan::effect::Effect;
    use armature_plan::path::Path;
    use armature_plan::step::Step;

    fn plan() -> Plan {
        let change = Change {
            target: Target::Cluster,
            path: Path::new("sku.tier"),
            from: None,
            to: Some("Standard".into()),
            origin: Origin::Edit,
            effect: Effect::InPlace,
            one_way: false,
            source: Source::Field,
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
    fn a_set_of_pools_is_unchanged_since_it_was_first_seen() {
        let mut memory = Memory::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let set = |generation| vec![("a".to_owned(), generation)];
        assert_eq!(memory.pools_unchanged_since(set(1), at(1)), at(1));
        assert_eq!(memory.pools_unchanged_since(set(1), at(5)), at(1));
        assert_eq!(memory.pools_unchanged_since(set(2), at(9)), at(9));
    }
}
