//! When waiting is over.

use clap::ValueEnum;

use super::fleet::Fleet;
use super::health::Health;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// Something is there, and all of it is ready; ends with an error as soon as something is stalled
    Ready,
    /// The same, and everything that hangs on the clusters is ready, too
    Complete,
    /// Nothing is there any longer
    Gone,
}

/// Where the waiting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// It goes on, for this.
    For(String),
    /// What was waited for is reached.
    Over,
    /// It cannot be reached without a person.
    Vain(String),
}

impl Until {
    /// Judges the fleet; `Stalled` ends a wait for `ready` at once, as it does in Flux.
    pub(super) fn judge(self, fleet: &Fleet) -> Waiting {
        let count = fleet.rows.len();
        match self {
            Self::Gone if count == 0 => Waiting::Over,
            Self::Gone => Waiting::For(format!("{count} to be gone")),
            Self::Ready | Self::Complete if count == 0 => Waiting::For("something to appear".to_owned()),
            Self::Ready => {
                if let Some(row) = fleet.rows.iter().find(|row| row.health == Health::Stalled) {
                    let reason = row.reason.as_deref().unwrap_or("Stalled");
                    return Waiting::Vain(format!("{} is stalled: {reason}: {}", row.key(), row.activity));
                }
                match fleet.rows.iter().filter(|row| row.health != Health::Ready).count() {
                    0 => Waiting::Over,
                    missing => Waiting::For(format!("{missing} of {count} to be ready")),
                }
            }
            Self::Complete => match Self::Ready.judge(fleet) {
                Waiting::Over => complete(fleet),
                waiting => waiting,
            },
        }
    }
}

/// A child that failed may still come about: Armature tries again, and somebody mends what is in the way.
fn complete(fleet: &Fleet) -> Waiting {
    let children = || fleet.rows.iter().flat_map(|row| &row.children);
    let mut open = children().filter(|child| !child.is_fine());
    match open.next() {
        None => Waiting::Over,
        Some(first) => {
            let (missing, all) = (1 + open.count(), children().count());
            let why = first.message.as_deref().unwrap_or("no message");
            Waiting::For(format!(
                "{missing} of {all} children to be ready; {}: {why}",
                first.name
            ))
        }
    }
}
