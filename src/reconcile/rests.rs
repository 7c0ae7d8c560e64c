//! What failed, and how long it rests before it is tried again.
//!
//! A pass runs at every event, its own status writes included, so a pause has to be remembered: without it each failure
//! would be repeated at once. What failed rests by itself; the other parts of the aggregate go on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::failure::Ended;
use armature_arm::Retry;
use armature_plan::Plan;
use armature_plan::blocker::Blocker;
use armature_plan::change::Target;
use armature_plan::status::failure::{Failure, Severity};

/// A failure that is told until it is over.
#[derive(Debug)]
struct Rest {
    failure: Failure,
    until: Instant,
    /// How often it failed in a row with each code: unlike failures do not add up, and two that take turns do not start
    /// anew each time.
    times: BTreeMap<String, u32>,
}

/// So many codes of one target are told apart; what comes under yet another one counts as the last of them.
const CODES: usize = 8;

/// The failures of one aggregate.
#[derive(Debug, Default)]
pub struct Rests {
    /// What was asked for when they happened.
    asked: u64,
    /// The failure that kept the whole pass from going on: Azure could not be read.
    whole: Option<Rest>,
    /// Steps that failed, by what they work on.
    steps: BTreeMap<Target, Rest>,
}

impl Rests {
    /// Notes what is asked for now; whether it is something else than before. Whoever asks for something else, or asks
    /// again, does not wait for old failures.
    pub fn asked(&mut self, asked: u64) -> bool {
        let other = self.asked != asked;
        if other {
            *self = Self {
                asked,
                ..Self::default()
            };
        }
        other
    }

    /// How long the whole aggregate rests from now on, if it does.
    pub fn whole_for(&self, now: Instant) -> Option<Duration> {
        self.whole.as_ref().and_then(|rest| rest.left(now))
    }

    /// What rests at this moment.
    pub fn resting(&self, now: Instant) -> BTreeSet<Target> {
        let resting = self.steps.iter().filter(|(_, rest)| rest.left(now).is_some());
        resting.map(|(target, _)| target.clone()).collect()
    }

    /// When the first rest ends.
    pub fn next_end(&self, now: Instant) -> Option<Duration> {
        let all = self.whole.iter().chain(self.steps.values());
        all.filter_map(|rest| rest.left(now)).min()
    }

    /// The pass could not go on. `poll` is the wait for work of Azure.
    pub fn fail_whole(&mut self, ended: Ended, poll: Duration, now: Instant) {
        let before = self.whole.take().map(|rest| rest.times);
        self.whole = Some(Rest::new(ended, before.unwrap_or_default(), poll, now));
    }

    /// Whether the last pass could not go on.
    pub fn has_failed_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// The pass could go on.
    pub fn pass_whole(&mut self) {
        self.whole = None;
    }

    /// A step failed, at its call or at the end of its operation.
    pub fn fail(&mut self, target: Target, ended: Ended, poll: Duration, now: Instant) {
        let before = self.steps.remove(&target).map(|rest| rest.times);
        self.steps
            .insert(target, Rest::new(ended, before.unwrap_or_default(), poll, now));
    }

    /// A step succeeded.
    pub fn succeed(&mut self, target: &Target) {
        self.steps.remove(target);
    }

    /// Forgets the failures that the plan has nothing left to do about. One that only a user can put right is told for
    /// as long as the failed state lasts: it says more than that state does.
    pub fn settle(&mut self, plan: &Plan) {
        let planned: BTreeSet<Target> = plan.steps.iter().map(|planned| planned.step.target()).collect();
        let lasts = |target: &Target| {
            let exhausted =
                |blocker: &Blocker| matches!(blocker, Blocker::ResumeExhausted { target: of, .. } if of == target);
            plan.blockers.iter().any(exhausted)
        };
        self.steps.retain(|target, rest| {
            planned.contains(target) || (rest.failure.severity == Severity::User && lasts(target))
        });
    }

    /// How often the whole pass, or a step on this target, failed in a row with this code.
    pub fn times(&self, target: &Target, code: &str) -> u32 {
        let all = self.whole.iter().chain(self.steps.get(target));
        all.map(|rest| rest.times_with(code)).max().unwrap_or_default()
    }

    /// The failure of the whole pass.
    pub fn of_whole(&self) -> Option<&Failure> {
        self.whole.as_ref().map(|rest| &rest.failure)
    }

    /// The failure of a step on this target.
    pub fn of(&self, target: &Target) -> Option<&Failure> {
        self.steps.get(target).map(|rest| &rest.failure)
    }

    /// The failures of all steps.
    pub fn all(&self) -> impl Iterator<Item = (&Target, &Failure)> {
        self.steps.iter().map(|(target, rest)| (target, &rest.failure))
    }
}

impl Rest {
    fn new(ended: Ended, before: BTreeMap<String, u32>, poll: Duration, now: Instant) -> Self {
        let Ended { failure, retry } = ended;
        let mut times = before;
        let code = told_apart(&times, &failure.code).to_owned();
        let in_a_row = times.entry(code).or_default();
        *in_a_row = in_a_row.saturating_add(1);
        let wait = pause(retry, *in_a_row, poll);
        Self {
            failure: *failure,
            until: now + wait,
            times,
        }
    }

    fn times_with(&self, code: &str) -> u32 {
        self.times
            .get(told_apart(&self.times, code))
            .copied()
            .unwrap_or_default()
    }

    fn left(&self, now: Instant) -> Option<Duration> {
        self.until.checked_duration_since(now).filter(|left| !left.is_zero())
    }
}

/// What a code counts as: Azure may name a new one each time.
fn told_apart<'a>(times: &'a BTreeMap<String, u32>, code: &'a str) -> &'a str {
    let last = times.keys().next_back().filter(|_| times.len() >= CODES);
    last.filter(|_| !times.contains_key(code)).map_or(code, String::as_str)
}

/// What stays busy is tried again after this time at the latest.
const BUSY: Duration = Duration::from_secs(60);

/// How long to wait after the failure number `times` in a row, from 1. `poll` is the wait for work of Azure.
pub fn pause(retry: Retry, times: u32, poll: Duration) -> Duration {
    let grow = |first: u64, most: u64| {
        let doubled = first.saturating_mul(1 << times.saturating_sub(1).min(16));
        Duration::from_secs(doubled.min(most))
    };
    match retry {
        Retry::Backoff => grow(2, 300),
        // What is said to be busy may be stuck, or something else is in the way: nobody is asked every second for ever.
        Retry::WaitForOperation => poll
            .saturating_mul(1 << times.saturating_sub(1).min(6))
            .min(poll.max(BUSY)),
        // Azure may lengthen a pause and never shorten it: by a Retry-After of nothing, or a date that our clock is past,
        // the same write would go out again and again.
        Retry::After(wait) => wait.max(grow(2, 300)),
        Retry::Capacity => grow(300, 3600),
        Retry::Propagation => grow(15, 300),
        Retry::Refresh => grow(1, 60),
        // The environment may change: a quota is raised, a policy lifted.
        Retry::User => grow(60, 1800),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use armature_arm::{ArmError, Call, RetryAfter, ServiceError, Site, classify, codes};

    const POLL: Duration = Duration::from_secs(1);

    fn ended(retry: Retry) -> Ended {
        Ended::ours(Target::Cluster, "Test", "it failed", "", retry)
    }

    fn pool(name: &str) -> Target {
        Target::Pool(name.to_owned())
    }

    #[test]
    fn failures_are_retried_ever_more_slowly_up_to_a_limit() {
        let waits: Vec<u64> = (1..=12)
            .map(|times| pause(Retry::Backoff, times, POLL).as_secs())
            .collect();
        assert_eq!(&waits[..4], [2, 4, 8, 16]);
        assert_eq!(waits[11], 300);
    }

    #[test]
    fn what_stays_busy_is_tried_ever_more_slowly_up_to_a_minute_or_the_interval_of_polls() {
        let wait = |times, poll| pause(Retry::WaitForOperation, times, Duration::from_secs(poll)).as_secs();
        assert_eq!([wait(1, 1), wait(2, 1), wait(3, 1), wait(40, 1)], [1, 2, 4, 60]);
        assert_eq!([wait(1, 120), wait(9, 120)], [120, 120]);
    }

    /// What Azure may answer with a code and a status, with a `Retry-After` or without.
    fn answered(status: u16, code: &str, retry_after: Option<RetryAfter>) -> ArmError {
        let error = ServiceError {
            code: code.to_owned(),
            ..ServiceError::default()
        };
        ArmError::Service {
            at: Site {
                call: Call::PutCluster,
                resource: "/x".to_owned(),
            },
            status,
            retry_after,
            error: Box::new(error),
        }
    }

    #[test]
    fn a_time_that_azure_names_lengthens_a_pause_and_never_shortens_it() {
        let now = jiff::Timestamp::now();
        let said = [
            "0",
            "1",
            "17",
            "86400",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Thu, 31 Dec 9998 23:59:59 GMT",
        ];
        let said: Vec<RetryAfter> = said.iter().filter_map(|text| RetryAfter::read(text, now)).collect();
        assert_eq!(said.len(), 6);
        let table = codes::entries().map(|entry| entry.code);
        for code in table.chain(["", "NeverSeenBefore"]) {
            for status in [400, 401, 403, 404, 408, 409, 412, 429, 500, 502, 503, 504] {
                let own = classify(&answered(status, code, None));
                for retry_after in &said {
                    let told = classify(&answered(status, code, Some(*retry_after)));
                    for times in [1, 2, 3, 8, 40] {
                        let (least, pause) = (pause(own, times, POLL), pause(told, times, POLL));
                        assert!(
                            pause >= least,
                            "{status} {code} {retry_after:?} {times}: {pause:?} < {least:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_pause_grows_or_stays_and_none_is_nothing() {
        let all = [
            Retry::Backoff,
            Retry::WaitForOperation,
            Retry::After(Duration::ZERO),
            Retry::After(RetryAfter::MAX.wait()),
            Retry::Capacity,
            Retry::Propagation,
            Retry::Refresh,
            Retry::User,
        ];
        for retry in all {
            let pauses: Vec<Duration> = (1..=40).map(|times| pause(retry, times, POLL)).collect();
            assert!(pauses[0] >= Duration::from_secs(1), "{retry:?}");
            assert!(pauses.is_sorted(), "{retry:?} {pauses:?}");
            let grows = pauses[39] >= Duration::from_secs(60);
            assert!(grows, "{retry:?} {pauses:?}");
        }
    }

    #[test]
    fn what_failed_rests_alone_and_longer_each_time() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.fail(pool("a"), ended(Retry::Backoff), POLL, now);
        assert_eq!(rests.resting(now), BTreeSet::from([pool("a")]));
        let later = now + Duration::from_secs(2);
        assert_eq!(rests.resting(later), BTreeSet::new());
        assert!(rests.of(&pool("a")).is_some(), "it is told until it succeeds");
        rests.fail(pool("a"), ended(Retry::Backoff), POLL, later);
        assert_eq!(rests.next_end(later), Some(Duration::from_secs(4)));
        rests.succeed(&pool("a"));
        assert!(rests.of(&pool("a")).is_none());
    }

    fn coded(code: &str) -> Ended {
        Ended::ours(Target::Cluster, code, "it failed", "", Retry::Backoff)
    }

    #[test]
    fn failures_count_by_their_codes_also_when_two_take_turns_and_when_each_has_a_new_one() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        let mut waits = Vec::new();
        for code in ["a", "a", "a", "b", "a", "b"] {
            rests.fail_whole(coded(code), POLL, now);
            waits.push(rests.whole_for(now).unwrap().as_secs());
        }
        assert_eq!(waits, [2, 4, 8, 2, 16, 4]);
        assert_eq!(rests.times(&Target::Cluster, "a"), 4);
        assert_eq!(rests.times(&Target::Cluster, "b"), 2);
        assert_eq!(rests.times(&Target::Cluster, "c"), 0);
        for code in 0..100 {
            rests.fail_whole(coded(&code.to_string()), POLL, now);
        }
        assert_eq!(rests.whole_for(now), Some(Duration::from_secs(300)));
    }

    #[test]
    fn a_new_request_ends_every_rest() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.asked(1);
        rests.fail_whole(ended(Retry::User), POLL, now);
        rests.asked(1);
        assert_eq!(rests.whole_for(now), Some(Duration::from_secs(60)));
        rests.asked(2);
        assert_eq!(rests.whole_for(now), None);
    }

    #[test]
    fn a_failure_is_forgotten_when_nothing_is_left_to_do_about_it() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.fail(pool("a"), ended(Retry::Backoff), POLL, now);
        rests.settle(&Plan::default());
        assert!(rests.of(&pool("a")).is_none());
    }

    #[test]
    fn a_failure_for_a_user_is_told_for_as_long_as_its_state_lasts() {
        let mut plan = Plan::default();
        plan.blockers.push(Blocker::ResumeExhausted {
            target: pool("a"),
            state: "Failed".to_owned(),
            error: String::new(),
        });
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.fail(pool("a"), ended(Retry::User), POLL, now);
        rests.settle(&plan);
        assert!(rests.of(&pool("a")).is_some());
        rests.fail(pool("a"), ended(Retry::Backoff), POLL, now);
        rests.settle(&plan);
        assert!(
            rests.of(&pool("a")).is_none(),
            "that it is given up says more than how it failed last"
        );
    }
}
