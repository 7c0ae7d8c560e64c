//! What Armature may say about a child that it signs: how the resource came to be under its care.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::incarnation::created_at;
use armature_api::ChildStatus;

/// What is said about the resource of a line. It counts as the operator's inventory has it, whatever status says; while a
/// pass goes on, `proof` of a line is its claim and the serial of that alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Claim {
    /// It was made or taken over, and is gone: what stands there next is somebody else's until Armature makes it anew.
    Gone,
    /// Azure showed it as the manifest has it. It is somebody else's.
    Seen,
    /// It did not exist, and Armature was about to make it: when it is there as it was to be, Armature did.
    Making,
    /// It is somebody else's, and taking it over was approved: it is changed and never deleted.
    Adopted,
    /// Azure took it from Armature when it did not exist.
    Made,
}

/// When a claim began, so that what was signed under an older one is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(i64);

impl Serial {
    /// Where they begin: before anything that a clock tells.
    pub const START: Self = Self(0);

    /// The serial of what begins now and comes after `last`, should the clock have gone back.
    pub fn after(last: Option<Self>, now: Timestamp) -> Self {
        let now = now.as_microsecond();
        Self(last.map_or(now, |Self(last)| now.max(last.saturating_add(1))))
    }

    /// As it was written.
    pub fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Serial {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Claim {
    const ALL: [Self; 5] = [Self::Gone, Self::Seen, Self::Making, Self::Adopted, Self::Made];

    /// The word for it, as status has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Seen => "seen",
            Self::Making => "making",
            Self::Adopted => "adopted",
            Self::Made => "made",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.word() == word)
    }

    /// What the beginning of a proof claims, with its serial.
    pub fn read(proof: &str) -> Option<(Self, Serial)> {
        let mut parts = proof.split(':');
        let claim = Self::of_word(parts.next()?)?;
        Some((claim, Serial::read(parts.next()?)?))
    }

    /// The beginning of a proof.
    pub fn text(self, serial: Serial) -> String {
        format!("{}:{serial}", self.word())
    }

    /// The claim of a line that was believed.
    pub fn of(line: &ChildStatus) -> Option<Self> {
        Self::with_serial(line).map(|(claim, _)| claim)
    }

    /// The claim of a line that was believed, and its serial.
    pub fn with_serial(line: &ChildStatus) -> Option<(Self, Serial)> {
        line.proof.as_deref().and_then(Self::read)
    }

    /// Makes it the claim of a line.
    pub fn set(self, line: &mut ChildStatus, serial: Serial) {
        line.owned = self == Self::Made;
        line.proof = Some(self.text(serial));
    }

    /// The claim of a line becomes another one about the same resource.
    pub fn becomes(line: &mut ChildStatus, claim: Self) {
        if let Some((_, serial)) = Self::with_serial(line) {
            claim.set(line, serial);
        }
    }

    /// Takes the claim off a line, with what is known of that resource alone.
    pub fn end(line: &mut ChildStatus) {
        line.owned = false;
        line.proof = None;
        line.created_at = None;
    }

    /// Whether the resource may be changed without anybody's approval.
    pub fn may_change(self) -> bool {
        matches!(self, Self::Made | Self::Adopted)
    }
}

/// What is left of a line that nobody can prove: where its resource is said to be, and how that was told. The rest is
/// found anew.
pub fn disbelieve(line: &mut ChildStatus) {
    Claim::end(line);
    line.applied = None;
    line.secrets = None;
    line.outputs.clear();
}

/// Whether Azure shows another resource under the id than the one that the line is about: the times at which they were
/// created differ.
pub fn is_another(line: &ChildStatus, live: &Value) -> bool {
    line.created_at
        .zip(created_at(live))
        .is_some_and(|(before, now)| before != now)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_claim_is_read_back_from_its_word_and_only_what_was_made_is_owned() {
        for claim in Claim::ALL {
            let mut line = ChildStatus::default();
            claim.set(&mut line, Serial::START);
            assert_eq!(Claim::with_serial(&line), Some((claim, Serial::START)));
            assert_eq!(line.owned, claim == Claim::Made);
        }
        let mut line = ChildStatus {
            owned: true,
            ..ChildStatus::default()
        };
        assert_eq!(Claim::of(&line), None, "the word of status alone is none");
        Claim::becomes(&mut line, Claim::Made);
        assert_eq!(Claim::of(&line), None, "what was not believed becomes nothing");
        disbelieve(&mut line);
        assert!(!line.owned);
    }

    #[test]
    fn what_begins_later_has_a_higher_serial_even_when_the_clock_goes_back() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = Serial::after(None, at(10));
        for now in [at(5), at(10), at(11)] {
            assert!(Serial::after(Some(first), now) > first);
        }
        assert_eq!(Serial::read(&first.to_string()), Some(first));
    }

    #[test]
    fn another_time_of_creation_is_another_resource_and_no_time_says_nothing() {
        let dated = |time: &str| json!({ "systemData": { "createdAt": time } });
        let line = |live: &Value| ChildStatus {
            created_at: created_at(live),
            ..ChildStatus::default()
        };
        let first = line(&dated("2026-12-01T10:00:00.1234567Z"));
        assert!(!is_another(&first, &dated("2026-12-01T10:00:00Z")), "fewer digits");
        assert!(
            !is_another(&first, &dated("2026-12-01T11:00:00.5+01:00")),
            "another zone"
        );
        assert!(is_another(&first, &dated("2026-12-01T10:00:01Z")));
        for silent in [json!({}), dated("soon"), json!({ "systemData": null })] {
            assert!(!is_another(&first, &silent) && !is_another(&line(&silent), &dated("2026-12-01T10:00:00Z")));
        }
        let assignment = json!({ "properties": { "createdOn": "2026-12-01T10:00:00Z" } });
        assert!(created_at(&assignment).is_some());
    }
}
