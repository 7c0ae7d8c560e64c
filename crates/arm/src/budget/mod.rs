//! Azure's documented request quotas, kept on this side, so that the operator waits instead of being refused.
//!
//! Each quota is a token bucket. A call takes one token from every bucket that Azure counts it in. When one is empty the
//! call waits its turn, by [`Priority`] and then by arrival, but never long: past [`MAX_WAIT`] it fails at once as
//! [`ArmError::Budget`] and the caller comes back later instead of being parked.
//!
//! A call that Azure refuses for its rate closes a bucket for the time that Azure names, [`RetryAfter::MAX`] at most. Then
//! one call is let through, and its answer decides about the others.

mod bucket;
mod levels;
mod queue;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

pub use bucket::{Bucket, Kind};

use super::call::Priority;
use super::error::ArmError;
use super::metrics::ArmMetrics;
use super::retry_after::RetryAfter;
use super::wire::{Arm, Request, Response};
use queue::{Place, Queue};

/// The longest that a call waits for tokens. A reconcile holds one of few slots meanwhile.
pub const MAX_WAIT: Duration = Duration::from_secs(5);

/// The buckets of all identities. Cheap to clone; clones are the same buckets.
#[derive(Clone, Default)]
pub struct Budget {
    queue: Arc<Mutex<Queue>>,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").finish_non_exhaustive()
    }
}

/// The refusal to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// The bucket that makes the wait long.
    pub bucket: Bucket,
    /// When a token can be expected.
    pub retry_after: Duration,
}

impl Budget {
    /// Full buckets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one token from each bucket, waiting at most [`MAX_WAIT`], for a call whose answer the permit is told.
    ///
    /// Dropping the future leaves the queue; tokens already granted are then lost, which errs on Azure's side.
    ///
    /// # Errors
    /// [`Exhausted`] when the wait is, or becomes, too long.
    pub async fn take(&self, buckets: &[Bucket], priority: Priority) -> Result<Permit, Exhausted> {
        let give_up = Instant::now() + MAX_WAIT;
        let (place, mut granted) = self.queue().join(buckets, priority);
        let permit = Permit {
            budget: self.clone(),
            place,
            buckets: buckets.to_vec(),
        };
        loop {
            let now = Instant::now();
            let wait = {
                let mut queue = self.queue();
                queue.serve(now);
                queue.wait(place, now)
            };
            let Some((bucket, wait)) = wait else { return Ok(permit) };
            if now + wait > give_up {
                return Err(Exhausted {
                    bucket,
                    retry_after: wait,
                });
            }
            tokio::select! {
                biased;
                _ = &mut granted => return Ok(permit),
                // At least a tick, or rounding could make this spin.
                () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
            }
        }
    }

    /// Closes a bucket: Azure has refused a call and says how long to stay away.
    pub fn close(&self, bucket: &Bucket, time: RetryAfter) {
        self.queue().close(bucket, time.wait(), Instant::now());
    }

    /// The tokens left in each bucket that is not full, the lowest of a kind where there is one for each resource.
    pub fn levels(&self) -> Vec<(String, f64)> {
        self.queue().levels(Instant::now())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that may be made. Dropped without an answer it leaves the queue, and says nothing about what it tried.
#[derive(Debug)]
pub struct Permit {
    budget: Budget,
    place: Place,
    buckets: Vec<Bucket>,
}

impl Permit {
    /// What Azure answered. No answer says nothing, and a refusal for the rate of calls tells of one bucket only.
    fn tell(self, answer: &Result<Response, ArmError>) {
        match answer {
            Err(ArmError::Service {
                status: 429,
                retry_after,
                error,
                ..
            }) => {
                let Some(bucket) = Bucket::throttled(&self.buckets, &error.code) else {
                    return;
                };
                self.budget.queue().refused(self.place, bucket, Instant::now());
                if let Some(wait) = retry_after {
                    self.budget.close(bucket, *wait);
                }
            }
            Ok(_) | Err(ArmError::Service { .. } | ArmError::TooLarge { .. } | ArmError::Malformed { .. }) => {
                self.budget.queue().answered(self.place, &self.buckets);
            }
            Err(
                ArmError::Transport { .. }
                | ArmError::SignIn { .. }
                | ArmError::Budget { .. }
                | ArmError::HostRefused { .. },
            ) => {}
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queue = self.budget.queue();
        queue.leave(self.place, &self.buckets);
        // Others may wait for what this one told.
        queue.serve(Instant::now());
    }
}

/// Keeps the calls of one identity within the budget.
pub(super) struct Budgeted<A> {
    inner: A,
    budget: Budget,
    principal: Arc<str>,
    metrics: ArmMetrics,
}

impl<A> Budgeted<A> {
    pub(super) fn new(inner: A, budget: Budget, principal: String, metrics: ArmMetrics) -> Self {
        Self {
            inner,
            budget,
            principal: principal.into(),
            metrics,
        }
    }
}

impl<A: Arm> Arm for Budgeted<A> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ArmError>> {
        async move {
            let buckets = Bucket::of(&request, &self.principal);
            let asked = Instant::now();
            let taken = self.budget.take(&buckets, request.priority).await;
            self.metrics.waited(asked.elapsed());
            let permit = match taken {
                Ok(permit) => permit,
                Err(Exhausted { bucket, retry_after }) => {
                    self.metrics.refused(request.call);
                    return Err(ArmError::Budget {
                        at: request.site(),
                        bucket: bucket.to_string(),
                        retry_after,
                    });
                }
            };
            let answer = self.inner.send(request).await;
            permit.tell(&answer);
            answer
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
