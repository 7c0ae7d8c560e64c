//! Writes that Azure takes only one after the other, across all clusters of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Who may write what several children share, such as the credentials of one identity.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits for the turn of whoever shares `what`; the turn lasts as long as the guard. Nothing to wait for without it.
    pub async fn take(&self, what: Option<String>) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // What nobody holds or waits for is forgotten.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(what?.to_ascii_lowercase()).or_default().clone()
        };
        Some(turn.lock_owned().await)
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
        let first = of("/identities/A").await;
        assert!(of("/identities/a").now_or_never().is_none(), "it is taken");
        assert!(of("/identities/b").now_or_never().is_some());
        assert!(turns.take(None).now_or_never().is_some());
        drop(first);
        assert!(of("/identities/a").now_or_never().is_some());
    }
}
