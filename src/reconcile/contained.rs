//! A fault in the code stays with the pass it shows in: without this a panic in one reconcile would end all controllers.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use kube::{Resource, ResourceExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::error;

use armature_arm::mask_tokens;

#[cfg(panic = "abort")]
compile_error!("a panic has to unwind: it is contained to the pass over one object");

/// The first pause after a panic; it doubles with each in a row.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest pause: the same input is likely to do the same again.
const MAX_PAUSE: Duration = Duration::from_secs(900);
/// What is remembered of an object that is not reconciled any more.
const FORGET_AFTER: Duration = Duration::from_secs(3600);

/// Objects whose last pass panicked.
#[derive(Debug, Default)]
pub struct Panics(Mutex<HashMap<String, Rest>>);

#[derive(Debug)]
struct Rest {
    generation: Option<i64>,
    times: u32,
    until: Instant,
}

/// What kept a pass from its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Broken {
    /// It panicked, and is tried again after the pause.
    Panicked {
        /// The pause.
        pause: Duration,
        /// What the panic said.
        message: String,
    },
    /// An earlier one panicked, and the pause is not over.
    Resting(Duration),
}

impl Broken {
    /// When the object is looked at again.
    pub fn pause(&self) -> Duration {
        match self {
            Self::Panicked { pause, .. } | Self::Resting(pause) => *pause,
        }
    }
}

impl Panics {
    /// Runs the pass over an object. After a panic the object rests, unless its manifest changes.
    ///
    /// # Errors
    /// [`Broken`]: the pass did not come to its end.
    pub async fn contain<K, T>(&self, object: &K, pass: impl Future<Output = T>) -> Result<T, Broken>
    where
        K: Resource<DynamicType = ()>,
    {
        let key = key(object);
        if let Some(left) = self.resting(&key, object.meta().generation) {
            return Err(Broken::Resting(left));
        }
        match AssertUnwindSafe(pass).catch_unwind().await {
            Ok(done) => {
                self.rests().remove(&key);
                Ok(done)
            }
            Err(panic) => {
                let message = message(panic.as_ref());
                let pause = self.note(key, object.meta().generation);
                Err(Broken::Panicked { pause, message })
            }
        }
    }

    fn resting(&self, key: &str, generation: Option<i64>) -> Option<Duration> {
        let rests = self.rests();
        let rest = rests.get(key).filter(|rest| rest.generation == generation)?;
        let left = rest.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    fn note(&self, key: String, generation: Option<i64>) -> Duration {
        let (mut rests, now) = (self.rests(), Instant::now());
        rests.retain(|_, rest| now.saturating_duration_since(rest.until) < FORGET_AFTER);
        let before = rests.get(&key).filter(|rest| rest.generation == generation);
        let times = before.map_or(0, |rest| rest.times);
        let pause = PAUSE.saturating_mul(1 << times.min(10)).min(MAX_PAUSE);
        let rest = Rest {
            generation,
            times: times + 1,
            until: now + pause,
        };
        rests.insert(key, rest);
        pause
    }

    fn rests(&self) -> MutexGuard<'_, HashMap<String, Rest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The object as the log names it: `AksCluster team/prod`.
pub fn key<K: Resource<DynamicType = ()>>(object: &K) -> String {
    let (kind, name) = (K::kind(&()), object.name_any());
    match object.namespace() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    mask_tokens(text.unwrap_or("no message")).into_owned()
}

/// Something that has to last until shutdown ended before, by itself or by a panic. The process must not go on without it:
/// it would look alive and hear nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended;

/// Runs something that has to last until shutdown.
///
/// # Errors
/// [`Ended`], when it did not.
pub async fn lasting(part: &str, shutdown: &CancellationToken, work: impl Future<Output = ()>) -> Result<(), Ended> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    if shutdown.is_cancelled() {
        return Ok(());
    }
    let why = match &ended {
        Ok(()) => "by itself".to_owned(),
        Err(panic) => format!("in a panic: {}", message(panic.as_ref())),
    };
    error!(part, why, "a part of the operator ended although it has to go on");
    Err(Ended)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use armature_api::AksCluster;

    fn cluster(name: &str, generation: i64) -> AksCluster {
        let spec = serde_json::json!({
            "apiVersion": "aks.armature.dev/v1alpha1", "kind": "AksCluster",
            "metadata": { "name": name, "namespace": "team", "generation": generation },
            "spec": { "subscriptionId": "s", "resourceGroup": "g", "location": "westeurope" },
        });
        serde_json::from_value(spec).unwrap()
    }

    async fn panics() {
        tokio::task::yield_now().await;
        panic!("out of order with token eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln");
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_stays_with_its_object_which_rests_ever_longer() {
        let contained = Panics::default();
        let (bad, good) = (cluster("bad", 1), cluster("good", 1));
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let Err(Broken::Panicked { pause, message }) = contained.contain(&bad, panics()).await else {
                panic!("it was contained")
            };
            assert_eq!(message, "out of order with token (secret)");
            assert_eq!(contained.contain(&good, ready(7)).await, Ok(7), "all others go on");
            let again = contained.contain(&bad, ready(())).await;
            assert_eq!(again, Err(Broken::Resting(pause)));
            pauses.push(pause.as_secs());
            tokio::time::advance(pause).await;
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(contained.contain(&bad, ready(())).await, Ok(()));
        assert!(contained.rests().is_empty(), "it is well again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_manifest_is_looked_at_at_once() {
        let contained = Panics::default();
        assert!(contained.contain(&cluster("bad", 1), panics()).await.is_err());
        assert_eq!(contained.contain(&cluster("bad", 2), ready(())).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_is_forgotten() {
        let contained = Panics::default();
        assert!(contained.contain(&cluster("gone", 1), panics()).await.is_err());
        tokio::time::advance(PAUSE + FORGET_AFTER).await;
        assert!(contained.contain(&cluster("bad", 1), panics()).await.is_err());
        assert_eq!(contained.rests().len(), 1);
    }

    #[tokio::test]
    async fn what_has_to_last_is_missed_when_it_ends() {
        let shutdown = CancellationToken::new();
        assert_eq!(lasting("a watch", &shutdown, ready(())).await, Err(Ended));
        assert_eq!(lasting("a watch", &shutdown, panics()).await, Err(Ended));
        assert_eq!(lasting("a watch", &shutdown, pending()).now_or_never(), None);
        shutdown.cancel();
        assert_eq!(lasting("a watch", &shutdown, ready(())).await, Ok(()));
    }
}
