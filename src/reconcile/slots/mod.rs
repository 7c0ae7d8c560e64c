//! Slots for passes: so many run at the same time, shared out fairly by namespace and subscription.

mod allocator;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::ResourceExt;
use tokio::sync::oneshot;

pub use allocator::Key;

use allocator::{Allocator, Ticket};
use armature_api::AksCluster;

/// The slots of a process. Cheap to clone; clones are the same slots.
#[derive(Clone)]
pub struct Slots {
    state: Arc<Mutex<State>>,
}

struct State {
    allocator: Allocator,
    waiting: HashMap<Ticket, (Key, oneshot::Sender<Slot>)>,
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").finish_non_exhaustive()
    }
}

/// A slot, given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    key: Key,
}

impl Key {
    /// Whose slot a pass over this cluster takes.
    pub fn of(cluster: &AksCluster) -> Self {
        Self {
            namespace: cluster.namespace().unwrap_or_default().into(),
            subscription: cluster.spec.subscription_id.to_ascii_lowercase().into(),
        }
    }
}

impl Slots {
    /// So many slots, at least one.
    pub fn new(slots: u16) -> Self {
        let state = State {
            allocator: Allocator::new(usize::from(slots.max(1))),
            waiting: HashMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Waits for a slot, for as long as it takes: passes end, because every call in them has a deadline. Dropping the
    /// future leaves the line.
    pub async fn take(&self, key: Key) -> Slot {
        let (grant, granted) = oneshot::channel();
        let ticket = {
            let mut state = self.state();
            let ticket = state.allocator.join(key.clone());
            state.waiting.insert(ticket, (key.clone(), grant));
            ticket
        };
        let _line = InLine { slots: self, ticket };
        self.serve();
        match granted.await {
            Ok(slot) => slot,
            // Whoever waits is dropped from the list only when served, so this does not happen.
            Err(_) => std::future::pending().await,
        }
    }

    /// Hands out what may be handed out.
    fn serve(&self) {
        let mut state = self.state();
        let mut grants = Vec::new();
        while let Some(ticket) = state.allocator.next() {
            match state.waiting.remove(&ticket) {
                Some((key, grant)) => grants.push((key, grant)),
                None => debug_assert!(false, "who is in line waits"),
            }
        }
        drop(state);
        for (key, grant) in grants {
            let slots = self.clone();
            // Who has gone meanwhile gives the slot back by dropping it.
            drop(grant.send(Slot { slots, key }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.state().allocator.release(&self.key);
        self.slots.serve();
    }
}

/// A place in line, left when the wait ends, however it ends.
struct InLine<'a> {
    slots: &'a Slots,
    ticket: Ticket,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let mut state = self.slots.state();
        if state.waiting.remove(&self.ticket).is_some() {
            state.allocator.leave(self.ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    fn key(namespace: &str) -> Key {
        Key {
            namespace: namespace.into(),
            subscription: namespace.into(),
        }
    }

    #[test]
    fn a_slot_is_taken_in_the_name_of_the_namespace_and_of_the_subscription_however_it_is_written() {
        let of = |namespace: &str, subscription: &str| {
            let mut cluster = AksCluster::new("shop", Default::default());
            cluster.metadata.namespace = Some(namespace.to_owned());
            cluster.spec.subscription_id = subscription.to_owned();
            Key::of(&cluster)
        };
        let key = of("team", "AA-1");
        assert_eq!((&*key.namespace, &*key.subscription), ("team", "aa-1"));
        assert_ne!(of("other", "aa-1").namespace, key.namespace);
        assert_eq!(of("other", "aa-1").subscription, key.subscription);
    }

    #[tokio::test]
    async fn a_slot_that_is_given_back_goes_to_who_waits() {
        let slots = Slots::new(1);
        let held = slots.take(key("a")).await;
        let mut waiting = Box::pin(slots.take(key("b")));
        assert!((&mut waiting).now_or_never().is_none());
        drop(held);
        assert!(waiting.now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_nothing_along() {
        let slots = Slots::new(2);
        let held = slots.take(key("a")).await;
        let mut before = Box::pin(slots.take(key("a")));
        let mut granted = Box::pin(slots.take(key("a")));
        assert!((&mut before).now_or_never().is_none());
        assert!((&mut granted).now_or_never().is_none());
        drop(before);
        drop(held);
        // The slot is on its way to this one.
        drop(granted);
        assert!(slots.take(key("a")).now_or_never().is_some());
        let state = slots.state();
        assert!(state.waiting.is_empty());
    }

    #[tokio::test]
    async fn others_go_on_while_everything_of_one_hangs() {
        let slots = Slots::new(32);
        let hanging = join_all((0..40).map(|_| {
            let slots = slots.clone();
            async move {
                let _slot = slots.take(key("hanging")).await;
                std::future::pending::<()>().await;
            }
        }));
        tokio::select! {
            biased;
            _ = hanging => unreachable!("it hangs"),
            () = async { for _ in 0..100 { slots.take(key("other")).await; } } => {}
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_at_once_all_get_their_turn() {
        let slots = Slots::new(5);
        let passes = (0..500).map(|n| {
            let slots = slots.clone();
            tokio::spawn(async move {
                let _slot = slots.take(key(&(n % 7).to_string())).await;
                tokio::task::yield_now().await;
            })
        });
        for pass in join_all(passes).await {
            pass.unwrap();
        }
        assert!(slots.state().waiting.is_empty());
    }
}
