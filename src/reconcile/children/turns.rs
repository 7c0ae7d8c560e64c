//! Writes that Azure takes only one after the other, across all clusters of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

/// How long a pass waits for its turn. It holds one of few slots meanwhile, and the one before it may hang.
const PATIENCE: Duration = Duration::from_secs(5);

/// A turn, which lasts as long as this is held.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its end")] Option<OwnedMutexGuard<()>>);

/// Who may write what several children share, such as the credentials of one identity.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits for the turn of whoever shares `what`; nothing to wait for without it. `None` when others take too long: then
    /// nothing is written, and the caller comes back.
    pub async fn take(&self, what: Option<String>) -> Option<Turn> {
        let Some(what) = what else { return Some(Turn(None)) };
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // What nobody holds or waits for is forgotten.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(what.to_ascii_lowercase()).or_default().clone()
        };
        let turn = timeout(PATIENCE, turn.lock_owned()).await.ok()?;
        Some(Turn(Some(turn)))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn whoever_shares_something_waits_and_others_do_not() {
        let turns = Turns::default();
        let of = |what: &str| turns.take(Some(what.to_owned()));
        let first = of("/identities/A").await.unwrap();
        assert!(of("/identities/a").now_or_never().is_none(), "it is taken");
        assert!(of("/identities/b").now_or_never().is_some());
        assert!(turns.take(None).now_or_never().is_some());
        drop(first);
        assert!(of("/identities/a").now_or_never().flatten().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_for_one_that_hangs() {
        let turns = Turns::default();
        let of = |what: &str| turns.take(Some(what.to_owned()));
        let hanging = of("/identities/a").await.unwrap();
        assert!(of("/identities/a").await.is_none());
        drop(hanging);
        assert!(of("/identities/a").await.is_some());
    }
}
