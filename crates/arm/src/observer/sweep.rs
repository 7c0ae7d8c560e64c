//! The listing of one subscription, again and again.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Weak;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, sleep};

use super::{ScopeHealth, Shared};
use crate::client::{ArmClient, Scope};
use crate::codes::{Retry, classify};
use crate::error::ArmError;
use armature_azure::id::{ClusterId, SubscriptionId};

/// Before the first LIST, so that the clusters of a start are all watched when it is made.
const SETTLE: Duration = Duration::from_secs(1);
/// The longest pause after failures, unless Azure or the interval asks for a longer one.
const MAX_PAUSE: Duration = Duration::from_secs(900);
/// How long groups are listed before the subscription is tried again: a role may have been given meanwhile.
const GROUPS_FOR: Duration = Duration::from_secs(3600);

/// Sweeps until the observer is gone.
pub(super) async fn run(shared: Weak<Shared>, subscription: SubscriptionId) {
    let mut refused = Refused::default();
    let mut failures = 0_u32;
    sleep(SETTLE).await;
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let round = AssertUnwindSafe(shared.sweep(&subscription, &mut refused));
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

/// The clients that may not list the subscription, and until when they list groups.
#[derive(Default)]
struct Refused(Vec<(ArmClient, Instant)>);

impl Refused {
    fn has(&self, client: &ArmClient) -> bool {
        self.0.iter().any(|(refused, _)| refused.is(client))
    }

    fn forgive(&mut self, now: Instant) {
        self.0.retain(|(_, until)| now < *until);
    }
}

impl Shared {
    /// One round: the subscription, and the groups of those who may not list it and were not shown what they watch.
    async fn sweep(&self, subscription: &SubscriptionId, refused: &mut Refused) -> Result<(), ArmError> {
        refused.forgive(Instant::now());
        let mut shown = BTreeSet::new();
        let mut outcomes = Vec::new();
        let mut clients = self.state().known.clients_of(subscription);
        clients.retain(|client| !refused.has(client));
        if !clients.is_empty() {
            let scope = Scope::Subscription(subscription.clone());
            let may_not = |client: &ArmClient| refused.0.push((client.clone(), Instant::now() + GROUPS_FOR));
            outcomes.push(self.list(scope, clients, &mut shown, may_not).await);
        }
        let groups = self
            .state()
            .known
            .groups_of(subscription, &shown, |client| refused.has(client));
        // Who lists groups instead is not in trouble.
        if !groups.is_empty() {
            outcomes.retain(|outcome| !matches!(outcome, Err(error) if error.status() == Some(403)));
        }
        for (group, clients) in groups {
            outcomes.push(
                self.list(Scope::ResourceGroup(group), clients, &mut shown, |_| ())
                    .await,
            );
        }
        // One group's trouble must not slow the others down, and shows in its health.
        if outcomes.iter().any(Result::is_ok) {
            Ok(())
        } else {
            outcomes.into_iter().collect()
        }
    }

    /// Lists with one client after the other until all that is watched was shown, or was looked for by all who watch it:
    /// neither one identity's trouble nor its rights blind the others. Fails when every client fails, with 403 only when
    /// every one is refused.
    async fn list(
        &self,
        scope: Scope,
        clients: Vec<ArmClient>,
        shown: &mut BTreeSet<ClusterId>,
        mut may_not: impl FnMut(&ArmClient),
    ) -> Result<(), ArmError> {
        let mut failure: Option<ArmError> = None;
        let mut success: Option<Instant> = None;
        for client in clients {
            if success.is_some() && !self.state().known.waits(&scope, &client, shown) {
                continue;
            }
            let asked_at = Instant::now();
            match client.list_clusters(&scope).await {
                Ok(bodies) => {
                    let applied = self.state().known.apply(&scope, &client, bodies, asked_at);
                    self.wakeups.wake(applied.woken);
                    shown.extend(applied.shown);
                    success = Some(asked_at);
                }
                Err(error) => {
                    if error.status() == Some(403) {
                        may_not(&client);
                    }
                    let graver = failure.as_ref().is_none_or(|failure| failure.status() == Some(403));
                    if graver {
                        failure = Some(error);
                    }
                }
            }
        }
        if let Some(asked_at) = success {
            self.note(scope, Ok(asked_at));
            return Ok(());
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
