//! When AKS offers which version: release notes of AKS up to September 2026 and the published support calendar.
//!
//! Dates after the last release note (1.34.11, 1.37.1, general availability of 1.37) are projections.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::version::{Minor, Version};

/// Life of one minor on AKS.
#[derive(Debug)]
pub(super) struct Life {
    /// The number after `1.`.
    minor: u32,
    /// First day on offer, as a preview.
    preview: Date,
    /// First day of general availability.
    general: Date,
    /// Last day of community support (plan `KubernetesOfficial`).
    community_end: Date,
    /// Last day of long-term support (plan `AKSLongTermSupport`).
    long_term_end: Date,
    /// Patches with their first day, oldest first.
    patches: &'static [(u32, Date)],
}

/// How far a minor is on a given day in a given region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// On offer, not generally available.
    Preview,
    /// Community and long-term support.
    Community,
    /// Long-term support only.
    LongTerm,
}

/// Patches that were there before the first release note of the calendar.
const EARLY: Date = date(2025, 12, 1);
/// The calendar is known between these days; a clock outside is treated as standing at the nearer one.
const FIRST_DAY: Date = date(2026, 1, 15);
const LAST_DAY: Date = date(2027, 2, 28);
/// A region where the newest minor is still a preview, so that both states can be tested (observed 2026-10-07).
const SLOW_REGION: &str = "uksouth";

const LIVES: &[Life] = &[
    Life {
        minor: 31,
        preview: date(2024, 10, 1),
        general: date(2024, 11, 1),
        community_end: date(2025, 11, 1),
        long_term_end: date(2026, 11, 30),
        patches: &[(13, EARLY), (14, EARLY)],
    },
    Life {
        minor: 32,
        preview: date(2025, 2, 1),
        general: date(2025, 4, 1),
        community_end: date(2026, 3, 31),
        long_term_end: date(2027, 3, 31),
        patches: &[
            (9, EARLY),
            (10, EARLY),
            (11, date(2026, 3, 5)),
            (12, date(2026, 4, 28)),
            (13, date(2026, 5, 29)),
        ],
    },
    Life {
        minor: 33,
        preview: date(2025, 5, 1),
        general: date(2025, 6, 1),
        community_end: date(2026, 7, 16),
        long_term_end: date(2027, 7, 31),
        patches: &[
            (5, EARLY),
            (6, EARLY),
            (7, EARLY),
            (8, date(2026, 4, 2)),
            (9, date(2026, 4, 28)),
            (10, date(2026, 4, 28)),
            (11, date(2026, 5, 29)),
            (12, date(2026, 5, 29)),
            (13, date(2026, 7, 17)),
        ],
    },
    Life {
        minor: 34,
        preview: date(2025, 10, 1),
        general: date(2026, 1, 4),
        community_end: date(2026, 11, 30),
        long_term_end: date(2027, 11, 30),
        patches: &[
            (0, EARLY),
            (1, EARLY),
            (2, EARLY),
            (3, EARLY),
            (4, date(2026, 4, 2)),
            (5, date(2026, 4, 28)),
            (6, date(2026, 4, 28)),
            (7, date(2026, 5, 29)),
            (8, date(2026, 5, 29)),
            (9, date(2026, 7, 17)),
            (10, date(2026, 9, 4)),
            (11, date(2026, 10, 20)),
        ],
    },
    Life {
        minor: 35,
        preview: date(2026, 2, 8),
        general: date(2026, 3, 5),
        community_end: date(2027, 3, 31),
        long_term_end: date(2028, 3, 31),
        patches: &[
            (0, date(2026, 2, 8)),
            (1, date(2026, 4, 2)),
            (2, date(2026, 4, 28)),
            (3, date(2026, 4, 28)),
            (4, date(2026, 5, 29)),
            (5, date(2026, 5, 29)),
            (6, date(2026, 7, 17)),
            (7, date(2026, 9, 4)),
            (8, date(2026, 9, 25)),
        ],
    },
    Life {
        minor: 36,
        preview: date(2026, 5, 29),
        general: date(2026, 6, 19),
        community_end: date(2027, 6, 30),
        long_term_end: date(2028, 6, 30),
        patches: &[
            (0, date(2026, 5, 29)),
            (1, date(2026, 6, 19)),
            (2, date(2026, 7, 17)),
            (3, date(2026, 9, 4)),
            (4, date(2026, 9, 25)),
        ],
    },
    Life {
        minor: 37,
        preview: date(2026, 9, 4),
        general: date(2026, 10, 20),
        community_end: date(2027, 10, 31),
        long_term_end: date(2028, 10, 31),
        patches: &[(0, date(2026, 9, 4)), (1, date(2026, 10, 20))],
    },
];

/// The day of `now` in UTC, moved into the days that the calendar knows.
pub(super) fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date().clamp(FIRST_DAY, LAST_DAY)
}

/// Every minor on offer in `region` on `day` with its phase and its patches, oldest first.
pub(super) fn on_offer(region: &str, day: Date) -> Vec<(Minor, Phase, Vec<Version>)> {
    let newest = LIVES.last().map(|life| life.minor);
    LIVES
        .iter()
        .filter_map(|life| {
            let held_back = region == SLOW_REGION && Some(life.minor) == newest;
            let phase = life.phase(day, held_back)?;
            Some((Minor::one(life.minor), phase, life.patches(day, phase, held_back)))
        })
        .collect()
}

impl Life {
    fn phase(&self, day: Date, held_back: bool) -> Option<Phase> {
        if day < self.preview || day > self.long_term_end {
            None
        } else if held_back || day < self.general {
            Some(Phase::Preview)
        } else if day <= self.community_end {
            Some(Phase::Community)
        } else {
            Some(Phase::LongTerm)
        }
    }

    /// A minor under long-term support keeps its two newest patches (Learn: long-term-support), a preview its first.
    fn patches(&self, day: Date, phase: Phase, held_back: bool) -> Vec<Version> {
        let day = if held_back {
            day.min(self.general.yesterday().unwrap_or(day))
        } else {
            day
        };
        let out: Vec<Version> = self
            .patches
            .iter()
            .filter(|(_, since)| *since <= day)
            .map(|(patch, _)| Minor::one(self.minor).patch(*patch))
            .collect();
        let skipped = if phase == Phase::LongTerm {
            out.len().saturating_sub(2)
        } else {
            0
        };
        out.into_iter().skip(skipped).collect()
    }
}
