//! What Armature may say about a child that it signs: how the resource came to be under its care.

use crate::api::ChildStatus;

/// What a line claims about its resource. A claim is believed only where it was signed for exactly this line; while a
/// pass goes on, `proof` of a line that was believed is the word of its claim alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Azure showed it as the manifest has it. It is somebody else's.
    Seen,
    /// It did not exist, and Armature was about to make it: when it is there as it was to be, Armature did.
    Making,
    /// It is somebody else's, and taking it over was approved: it is changed and never deleted.
    Adopted,
    /// Azure took it from Armature when it did not exist.
    Made,
}

impl Claim {
    const ALL: [Self; 4] = [Self::Seen, Self::Making, Self::Adopted, Self::Made];

    /// The word for it, as status has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Making => "making",
            Self::Adopted => "adopted",
            Self::Made => "made",
        }
    }

    /// The claim with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.word() == word)
    }

    /// The claim of a line that was believed.
    pub fn of(line: &ChildStatus) -> Option<Self> {
        line.proof.as_deref().and_then(Self::of_word)
    }

    /// Puts a claim on a line, or takes it off.
    pub fn set(line: &mut ChildStatus, claim: Option<Self>) {
        line.owned = claim == Some(Self::Made);
        line.proof = claim.map(|claim| claim.word().to_owned());
    }

    /// Whether the resource may be changed without anybody's approval.
    pub fn may_change(self) -> bool {
        matches!(self, Self::Made | Self::Adopted)
    }
}

/// What is left of a line that nobody can prove: where its resource is said to be, and how that was told. The rest is
/// found anew.
pub fn disbelieve(line: &mut ChildStatus) {
    Claim::set(line, None);
    line.applied = None;
    line.secrets = None;
    line.outputs.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_is_read_back_from_its_word_and_only_what_was_made_is_owned() {
        for claim in Claim::ALL {
            let mut line = ChildStatus::default();
            Claim::set(&mut line, Some(claim));
            assert_eq!(Claim::of(&line), Some(claim));
            assert_eq!(line.owned, claim == Claim::Made);
        }
        let mut line = ChildStatus {
            owned: true,
            ..ChildStatus::default()
        };
        assert_eq!(Claim::of(&line), None, "the word of status alone is none");
        disbelieve(&mut line);
        assert!(!line.owned);
    }
}
