//! Simulated time: the only clock that decides how long Azure takes.
//!
//! Access tokens are the one exception, they expire in real time: a client compares their expiry with its own clock.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A clock that runs faster than real time, or stands still until it is told to move.
#[derive(Debug, Clone)]
pub struct Clock {
    mode: Mode,
    /// Simulated seconds per real second; on a manual clock it only shortens `Retry-After`.
    scale: f64,
}

#[derive(Debug, Clone)]
enum Mode {
    Scaled { started: Instant, origin: Timestamp },
    Manual { now: Timestamp },
}

impl Clock {
    /// A clock that starts at `origin` and runs `scale` simulated seconds in each real second.
    #[must_use]
    pub fn scaled(origin: Timestamp, scale: f64) -> Self {
        Self {
            mode: Mode::Scaled {
                started: Instant::now(),
                origin,
            },
            scale: usable(scale),
        }
    }

    /// A clock that stands at `now` until [`Clock::advance`].
    #[must_use]
    pub fn manual(now: Timestamp, scale: f64) -> Self {
        Self {
            mode: Mode::Manual { now },
            scale: usable(scale),
        }
    }

    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.mode {
            Mode::Manual { now } => *now,
            Mode::Scaled { started, origin } => {
                let simulated = started.elapsed().as_secs_f64() * self.scale;
                shift(
                    *origin,
                    SignedDuration::try_from_secs_f64(simulated).unwrap_or(SignedDuration::MAX),
                )
            }
        }
    }

    /// Moves simulated time forward by `step`, in both modes. Time never goes back: a negative step does nothing.
    pub fn advance(&mut self, step: SignedDuration) {
        let step = step.max(SignedDuration::ZERO);
        match &mut self.mode {
            Mode::Manual { now } => *now = shift(*now, step),
            Mode::Scaled { origin, .. } => *origin = shift(*origin, step),
        }
    }

    /// Whether the clock stands still between calls of [`Clock::advance`].
    #[must_use]
    pub fn is_manual(&self) -> bool {
        matches!(self.mode, Mode::Manual { .. })
    }

    /// Simulated seconds per real second.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The value of a `Retry-After` header: real seconds, at least 1, that a client has to wait for `simulated` to
    /// pass. A header in simulated seconds would make every client sleep `scale` times too long.
    #[must_use]
    pub fn retry_after(&self, simulated: Duration) -> u64 {
        Duration::try_from_secs_f64((simulated.as_secs_f64() / self.scale).ceil())
            .map_or(u64::from(u32::MAX), |wait| wait.as_secs())
            .max(1)
    }
}

fn usable(scale: f64) -> f64 {
    if scale.is_finite() && scale > 0.0 { scale } else { 1.0 }
}

/// `time + step`, stopping at the last instant that can be written.
pub(crate) fn shift(time: Timestamp, step: SignedDuration) -> Timestamp {
    time.saturating_add(step).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-01T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_advanced() {
        let mut clock = Clock::manual(start(), 60.0);
        assert_eq!(clock.now(), start());
        clock.advance(SignedDuration::from_mins(5));
        assert_eq!(clock.now(), start() + SignedDuration::from_mins(5));
        clock.advance(SignedDuration::from_mins(-5));
        assert_eq!(clock.now(), start() + SignedDuration::from_mins(5));
    }

    #[test]
    fn a_scaled_clock_can_be_advanced_too() {
        let mut clock = Clock::scaled(start(), 60.0);
        clock.advance(SignedDuration::from_hours(1));
        assert!(clock.now() >= start() + SignedDuration::from_hours(1));
    }

    #[test]
    fn retry_after_is_in_real_seconds_and_never_zero() {
        let clock = Clock::manual(start(), 60.0);
        assert_eq!(clock.retry_after(Duration::from_secs(300)), 5);
        assert_eq!(clock.retry_after(Duration::from_secs(301)), 6);
        assert_eq!(clock.retry_after(Duration::ZERO), 1);
    }

    #[test]
    fn a_scale_that_makes_no_sense_becomes_real_time() {
        assert_eq!(Clock::manual(start(), 0.0).retry_after(Duration::from_secs(7)), 7);
        assert_eq!(Clock::manual(start(), f64::NAN).retry_after(Duration::from_secs(7)), 7);
    }
}
