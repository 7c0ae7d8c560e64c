//! The buckets, and who waits for them in which order. Time is passed in.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::bucket::Bucket;
use crate::call::Priority;

/// A place in the queue: smaller goes first.
pub(super) type Place = (Priority, u64);

/// Buckets are looked through for idle ones when there are this many, and then at each doubling.
const SWEEP_AT: usize = 1024;

/// A whole token, less what adding fractions of a second may lose.
const ONE: f64 = 1.0 - 1e-6;

/// Whether calls may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// As long as there are tokens.
    Open,
    /// Azure refused one: none until then.
    Closed(Instant),
    /// The time that Azure named is over, or what was believed of it: one call, whose answer tells, if somebody makes it.
    HalfOpen(Option<Place>),
}

struct Level {
    tokens: f64,
    at: Instant,
    gate: Gate,
}

/// What the answer to a probe is waited for, before the others are told to come back later.
const PROBE: Duration = Duration::from_secs(2);
/// A probe that is refused closes its bucket for this long; a time that Azure names may be longer, and never makes it
/// shorter.
const REFUSED_PROBE: Duration = Duration::from_secs(10);

impl Level {
    fn full(bucket: &Bucket, now: Instant) -> Self {
        Self {
            tokens: bucket.kind.capacity(),
            at: now,
            gate: Gate::Open,
        }
    }

    fn refill(&mut self, bucket: &Bucket, now: Instant) {
        // Nothing comes back while closed: Azure has just said that its count is lower than ours.
        let since = match self.gate {
            Gate::Closed(until) => until.max(self.at),
            Gate::Open | Gate::HalfOpen(_) => self.at,
        };
        let grown = now.saturating_duration_since(since).as_secs_f64() * bucket.kind.refill();
        self.tokens = (self.tokens + grown).min(bucket.kind.capacity());
        self.at = now.max(self.at);
        if matches!(self.gate, Gate::Closed(until) if until <= now) {
            self.gate = Gate::HalfOpen(None);
        }
    }

    fn is_idle(&self, bucket: &Bucket) -> bool {
        self.gate == Gate::Open && self.tokens >= bucket.kind.capacity()
    }

    fn lets_pass(&self) -> bool {
        matches!(self.gate, Gate::Open | Gate::HalfOpen(None)) && self.tokens >= ONE
    }

    /// Closes for this time, unless it is closed for longer; what it seemed to hold was not really there.
    fn close(&mut self, time: Duration, now: Instant) {
        let until = match self.gate {
            Gate::Closed(until) => until.max(now + time),
            Gate::Open | Gate::HalfOpen(_) => now + time,
        };
        self.tokens = self.tokens.min(1.0);
        self.gate = Gate::Closed(until);
    }

    /// How long until the bucket holds `wanted` tokens.
    fn until(&self, wanted: f64, bucket: &Bucket, now: Instant) -> Duration {
        let closed = match self.gate {
            Gate::Closed(until) => until.saturating_duration_since(now),
            Gate::HalfOpen(Some(_)) => PROBE,
            Gate::Open | Gate::HalfOpen(None) => Duration::ZERO,
        };
        let missing = (wanted - self.tokens).max(0.0);
        closed + Duration::from_secs_f64(missing / bucket.kind.refill())
    }
}

struct Waiting {
    buckets: Vec<Bucket>,
    grant: oneshot::Sender<()>,
}

pub(super) struct Queue {
    levels: HashMap<Bucket, Level>,
    waiting: BTreeMap<Place, Waiting>,
    arrivals: u64,
    sweep_at: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            levels: HashMap::new(),
            waiting: BTreeMap::new(),
            arrivals: 0,
            sweep_at: SWEEP_AT,
        }
    }
}

impl Queue {
    /// Gets in line.
    pub(super) fn join(&mut self, buckets: &[Bucket], priority: Priority) -> (Place, oneshot::Receiver<()>) {
        let (grant, granted) = oneshot::channel();
        let place = (priority, self.arrivals);
        self.arrivals += 1;
        self.waiting.insert(
            place,
            Waiting {
                buckets: buckets.to_vec(),
                grant,
            },
        );
        (place, granted)
    }

    /// Steps out of line. Who was served and leaves without an answer has told nothing: somebody else may ask.
    pub(super) fn leave(&mut self, place: Place, buckets: &[Bucket]) {
        self.waiting.remove(&place);
        self.end_probe(place, buckets, |level| level.gate = Gate::HalfOpen(None));
    }

    /// Azure answered the one that was served at this place, and it was no refusal for the rate of calls.
    pub(super) fn answered(&mut self, place: Place, buckets: &[Bucket]) {
        self.end_probe(place, buckets, |level| level.gate = Gate::Open);
    }

    /// Azure refused the one that was served at this place.
    pub(super) fn refused(&mut self, place: Place, bucket: &Bucket, now: Instant) {
        self.end_probe(place, std::slice::from_ref(bucket), |level| {
            level.close(REFUSED_PROBE, now)
        });
    }

    fn end_probe(&mut self, place: Place, buckets: &[Bucket], end: impl Fn(&mut Level)) {
        for bucket in buckets {
            let level = self.levels.get_mut(bucket);
            if let Some(level) = level.filter(|level| level.gate == Gate::HalfOpen(Some(place))) {
                end(level);
            }
        }
    }

    /// Serves everyone whose turn it is. Who lacks a token in a bucket holds that bucket, and no other, for those
    /// behind.
    pub(super) fn serve(&mut self, now: Instant) {
        let mut held: HashSet<Bucket> = HashSet::new();
        let mut served = Vec::new();
        for (place, waiting) in &self.waiting {
            let mut lacking = Vec::new();
            for bucket in &waiting.buckets {
                let level = self
                    .levels
                    .entry(bucket.clone())
                    .or_insert_with(|| Level::full(bucket, now));
                level.refill(bucket, now);
                if !level.lets_pass() || held.contains(bucket) {
                    lacking.push(bucket.clone());
                }
            }
            if lacking.is_empty() {
                for bucket in &waiting.buckets {
                    if let Some(level) = self.levels.get_mut(bucket) {
                        level.tokens -= 1.0;
                        if level.gate == Gate::HalfOpen(None) {
                            level.gate = Gate::HalfOpen(Some(*place));
                        }
                    }
                }
                served.push(*place);
            } else {
                held.extend(lacking);
            }
        }
        for place in served {
            if let Some(waiting) = self.waiting.remove(&place) {
                // Who has gone away meanwhile has spent its tokens; Azure's count can only be higher.
                let _ = waiting.grant.send(());
            }
        }
        self.sweep(now);
    }

    /// How long the one at this place still waits, as things stand, and for which bucket; `None` when it is served.
    pub(super) fn wait(&self, place: Place, now: Instant) -> Option<(Bucket, Duration)> {
        let waiting = self.waiting.get(&place)?;
        let wait = |bucket: &Bucket| {
            let level = self.levels.get(bucket)?;
            let ahead = self
                .waiting
                .range(..place)
                .filter(|(_, other)| other.buckets.contains(bucket))
                .count();
            Some((bucket.clone(), level.until(ahead as f64 + 1.0, bucket, now)))
        };
        waiting.buckets.iter().filter_map(wait).max_by_key(|(_, wait)| *wait)
    }

    /// Closes a bucket for this time, unless it is closed for longer.
    pub(super) fn close(&mut self, bucket: &Bucket, time: Duration, now: Instant) {
        let level = self
            .levels
            .entry(bucket.clone())
            .or_insert_with(|| Level::full(bucket, now));
        level.refill(bucket, now);
        level.close(time, now);
    }

    /// See [`super::Budget::levels`].
    pub(super) fn levels(&mut self, now: Instant) -> Vec<(String, f64)> {
        let mut shown: BTreeMap<String, f64> = BTreeMap::new();
        for (bucket, level) in &mut self.levels {
            level.refill(bucket, now);
            let name = if bucket.kind.is_per_resource() {
                bucket.kind.name().to_owned()
            } else {
                bucket.to_string()
            };
            let tokens = if level.gate == Gate::Open { level.tokens } else { 0.0 };
            shown
                .entry(name)
                .and_modify(|lowest| *lowest = lowest.min(tokens))
                .or_insert(tokens);
        }
        shown.into_iter().collect()
    }

    /// Drops full buckets, which say no more than absent ones, so that memory follows use and not history.
    fn sweep(&mut self, now: Instant) {
        if self.levels.len() < self.sweep_at {
            return;
        }
        self.levels.retain(|bucket, level| {
            level.refill(bucket, now);
            !level.is_idle(bucket)
        });
        self.sweep_at = (2 * self.levels.len()).max(SWEEP_AT);
    }

    #[cfg(test)]
    pub(super) fn buckets(&self) -> usize {
        self.levels.len()
    }
}
