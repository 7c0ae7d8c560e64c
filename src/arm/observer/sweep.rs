//! The listing of one subscription, again and again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Weak;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, sleep};

use super::{ScopeHealth, Shared};
use crate::arm::client::{ArmClient, Scope};
use crate::arm::codes::{Retry, classify};
use crate::arm::error::ArmError;
use crate::arm::id::SubscriptionId;

/// Before the first LIST, so that the clusters of a start are all watched when it is made.
const SETTLE: Duration = Duration::from_secs(1);
/// The longest pause after failures, unless Azure or the interval asks for a longer one.
const MAX_PAUSE: Duration = Duration::from_secs(900);
/// How long groups are listed before the subscription is tried again: a role may have been given meanwhile.
const GROUPS_FOR: Duration = Duration::from_secs(3600);

/// Sweeps until the observer is gone.
pub(super) async fn run(shared: Weak<Shared>, subscription: SubscriptionId) {
    let mut groups_until = None;
    let mut failures = 0_u32;
    sleep(SETTLE).await;
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let round = AssertUnwindSafe(shared.sweep(&subscription, &mut groups_until));
        let outcome = round.catch_unwind().await;
        let interval = shared.interval;
        drop(shared);
        failures = if matches!(outcome, Ok(Ok(()))) {
            0
        } else {
            failures.saturating_add(1)
        };
        let asked = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => match classify(&error) {
                Retry::After(wait) => Some(wait),
                _ => None,
            },
            // The clusters of the subscription would be watched by nobody.
            Err(_) => {
                tracing::error!(
                    subscription = subscription.as_str(),
                    "a fault in Armature ended a listing; it goes on"
                );
                None
            }
        };
        sleep(jittered(pause(interval, failures)).max(asked.unwrap_or_default())).await;
    }
}

/// The interval, doubled with each failure in a row.
fn pause(interval: Duration, failures: u32) -> Duration {
    interval
        .saturating_mul(1 << failures.min(10))
        .min(MAX_PAUSE.max(interval))
}

/// Up to a tenth more or less, so that the observers of many installations do not ask in step.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 2001;
    pause.mul_f64(0.9 + random as f64 / 10_000.0)
}

impl Shared {
    /// One round: the subscription, or its groups where nobody may list the subscription.
    async fn sweep(&self, subscription: &SubscriptionId, groups_until: &mut Option<Instant>) -> Result<(), ArmError> {
        if groups_until.is_none_or(|until| Instant::now() >= until) {
            let clients = self.state().known.clients_of(subscription);
            match self.list(Scope::Subscription(subscription.clone()), clients).await {
                Err(error) if error.status() == Some(403) => *groups_until = Some(Instant::now() + GROUPS_FOR),
                outcome => {
                    *groups_until = None;
                    return outcome;
                }
            }
        }
        let groups = self.state().known.groups_of(subscription);
        let mut outcomes = Vec::new();
        for (group, clients) in groups {
            outcomes.push(self.list(Scope::ResourceGroup(group), clients).await);
        }
        // One group's trouble must not slow the others down, and shows in its health.
        if outcomes.iter().any(Result::is_ok) {
            Ok(())
        } else {
            outcomes.into_iter().collect()
        }
    }

    /// One LIST, by the first client that succeeds: one identity's trouble must not blind the others. Fails with 403
    /// only when every client is refused.
    async fn list(&self, scope: Scope, clients: Vec<ArmClient>) -> Result<(), ArmError> {
        let mut failure: Option<ArmError> = None;
        for client in clients {
            let asked_at = Instant::now();
            match client.list_clusters(&scope).await {
                Ok(bodies) => {
                    let woken = self.state().known.apply(&scope, bodies, asked_at);
                    self.wakeups.wake(woken);
                    self.note(scope, Ok(asked_at));
                    return Ok(());
                }
                Err(error) => {
                    let graver = failure.as_ref().is_none_or(|failure| failure.status() == Some(403));
                    if graver {
                        failure = Some(error);
                    }
                }
            }
        }
        let Some(error) = failure else { return Ok(()) };
        tracing::warn!(%scope, %error, "clusters could not be listed");
        self.note(scope, Err(error.clone()));
        Err(error)
    }

    fn note(&self, scope: Scope, outcome: Result<Instant, ArmError>) {
        let mut state = self.state();
        if !state.known.has_any_in(&scope) {
            return;
        }
        let empty = ScopeHealth {
            scope: scope.clone(),
            last_success: None,
            last_error: None,
        };
        let health = state.health.entry(scope).or_insert(empty);
        match outcome {
            Ok(asked_at) => (health.last_success, health.last_error) = (Some(asked_at), None),
            Err(error) => health.last_error = Some(error),
        }
    }
}
