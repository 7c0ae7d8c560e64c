//! Operations of which Azure says that they run, without end, although their targets show no work. What a target itself
//! shows, again and again, counts more.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// What the target of an operation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Work.
    Work,
    /// None: it is in a final state, or not there.
    Rest,
}

/// Why a target is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Its operation has lasted for a while.
    Turn,
    /// Somebody asked for a look.
    Request,
}

/// How long things take, in intervals of questions about operations: minutes, where nobody set another interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From this age on an operation is doubted: 5 minutes. Azure shows its work within seconds.
    doubted_after: Duration,
    /// Between two looks: a minute. Before this age of the operation no look says anything.
    between: Duration,
}

impl Pace {
    /// The pace where operations are asked about at this interval.
    pub fn of(poll: Duration) -> Self {
        Self {
            doubted_after: poll.saturating_mul(20),
            between: poll.saturating_mul(4),
        }
    }
}

/// As many looks in a row without work mean that nothing runs.
const LOOKS: u32 = 3;

#[derive(Debug, Clone, Copy)]
struct Doubt {
    looks: u32,
    last: Instant,
}

/// The looks at targets of operations that showed no work, by the keys of the operations in status.
#[derive(Debug, Default)]
pub struct Doubts(BTreeMap<String, Doubt>);

impl Doubts {
    /// Why the target of an operation of this age is to be looked at now, if it is.
    pub fn occasion(&self, key: &str, age: Duration, pace: Pace, asked: bool, now: Instant) -> Option<Occasion> {
        if asked && age >= pace.between {
            return Some(Occasion::Request);
        }
        let rested = |doubt: &Doubt| now.saturating_duration_since(doubt.last) >= pace.between;
        (age >= pace.doubted_after && self.0.get(key).is_none_or(rested)).then_some(Occasion::Turn)
    }

    /// A look. Whether the operation is taken for lost: nobody who asks for a look waits for more of them.
    pub fn look(&mut self, key: &str, occasion: Occasion, shown: Shown, now: Instant) -> bool {
        let before = self.0.get(key).map_or(0, |doubt| doubt.looks);
        let looks = match shown {
            Shown::Work => 0,
            Shown::Rest => before.saturating_add(1),
        };
        self.0.insert(key.to_owned(), Doubt { looks, last: now });
        match occasion {
            Occasion::Turn => looks >= LOOKS,
            Occasion::Request => looks >= 1,
        }
    }

    /// Forgets those that are not to be kept.
    pub fn keep(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| is_kept(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    fn pace() -> Pace {
        Pace::of(15 * SECOND)
    }

    /// How old an operation is when it is taken for lost, if its target is looked at whenever there is an occasion.
    fn lost_at(shown: impl Fn(Duration) -> Shown, asked_at: Option<Duration>) -> Option<Duration> {
        let (mut doubts, start) = (Doubts::default(), Instant::now());
        (0..100).map(|poll| poll * 15 * SECOND).find(|age| {
            let now = start + *age;
            let occasion = doubts.occasion("cluster", *age, pace(), asked_at == Some(*age), now);
            occasion.is_some_and(|occasion| doubts.look("cluster", occasion, shown(*age), now))
        })
    }

    #[test]
    fn an_operation_whose_target_rests_for_minutes_is_lost_and_one_whose_target_works_never() {
        assert_eq!(lost_at(|_| Shown::Rest, None), Some(7 * MINUTE));
        assert_eq!(lost_at(|_| Shown::Work, None), None);
        let ends_later = |age| if age < 10 * MINUTE { Shown::Work } else { Shown::Rest };
        assert_eq!(lost_at(ends_later, None), Some(12 * MINUTE));
        let flickers = |age: Duration| {
            if age.as_secs().is_multiple_of(120) {
                Shown::Work
            } else {
                Shown::Rest
            }
        };
        assert_eq!(lost_at(flickers, None), None);
    }

    #[test]
    fn who_asks_for_a_look_gets_it_at_once_and_needs_no_second() {
        assert_eq!(lost_at(|_| Shown::Rest, Some(2 * MINUTE)), Some(2 * MINUTE));
        assert_eq!(lost_at(|_| Shown::Work, Some(2 * MINUTE)), None);
        let too_early = lost_at(|_| Shown::Rest, Some(15 * SECOND));
        assert_eq!(too_early, Some(7 * MINUTE), "Azure may not show its work yet");
    }

    #[test]
    fn each_operation_is_doubted_by_itself() {
        let (mut doubts, now) = (Doubts::default(), Instant::now());
        doubts.look("cluster", Occasion::Turn, Shown::Rest, now);
        doubts.look("cluster", Occasion::Turn, Shown::Rest, now);
        assert!(!doubts.look("pool/a", Occasion::Turn, Shown::Rest, now));
        assert!(doubts.look("cluster", Occasion::Turn, Shown::Rest, now));
        doubts.keep(|key| key == "pool/a");
        assert!(!doubts.look("cluster", Occasion::Turn, Shown::Rest, now));
    }
}
