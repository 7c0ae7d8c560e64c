//! What a process remembers of objects between passes. All of it can be lost, and nothing of it outlives its object.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::runtime::reflector::ObjectRef;

use super::memory::Memory;
use armature_api::AksCluster;
use armature_arm::ClusterId;

type Key = ObjectRef<AksCluster>;

/// What is remembered of cluster objects.
#[derive(Debug, Default)]
pub struct Remembered {
    memories: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Memory>>>>,
    known: Mutex<HashMap<ClusterId, HashSet<Key>>>,
}

impl Remembered {
    /// The memory of an aggregate. One object is never in two passes at once, so nobody waits for the lock.
    pub fn memory(&self, cluster: &Key) -> Arc<tokio::sync::Mutex<Memory>> {
        lock(&self.memories).entry(cluster.clone()).or_default().clone()
    }

    /// Starts the memory of an aggregate anew.
    pub fn lose(&self, cluster: &Key) {
        lock(&self.memories).remove(cluster);
    }

    /// Notes that an object names a cluster in Azure.
    pub fn know(&self, id: &ClusterId, cluster: &Key) {
        lock(&self.known).entry(id.clone()).or_default().insert(cluster.clone());
    }

    /// The objects that name a cluster in Azure: one, and by mistake several, of which one owns it.
    pub fn objects_of(&self, id: &ClusterId) -> Vec<Key> {
        lock(&self.known).get(id).into_iter().flatten().cloned().collect()
    }

    /// Notes that an object does not name a cluster in Azure any more.
    pub fn unknow(&self, id: &ClusterId, cluster: &Key) {
        let mut known = lock(&self.known);
        if let Some(objects) = known.get_mut(id) {
            objects.remove(cluster);
            if objects.is_empty() {
                known.remove(id);
            }
        }
    }

    /// Forgets the objects that do not stay. Returns what each of them named in Azure.
    pub fn keep(&self, stays: impl Fn(&Key) -> bool) -> Vec<(ClusterId, Key)> {
        lock(&self.memories).retain(|cluster, _| stays(cluster));
        let mut left = Vec::new();
        lock(&self.known).retain(|id, objects| {
            let gone = objects.extract_if(|cluster| !stays(cluster));
            left.extend(gone.map(|cluster| (id.clone(), cluster)));
            !objects.is_empty()
        });
        left
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use armature_arm::SubscriptionId;

    fn id(name: &str) -> ClusterId {
        let subscription = SubscriptionId::parse("00000000-0000-0000-0000-000000000001").unwrap();
        ClusterId::new(subscription, "fleet", name).unwrap()
    }

    #[test]
    fn nothing_is_remembered_of_an_object_that_is_gone_however_it_went() {
        let (remembered, [a, b]) = (Remembered::default(), ["a", "b"].map(Key::new));
        for key in [&a, &b] {
            remembered.memory(key);
            remembered.know(&id("shared"), key);
        }
        remembered.know(&id("first"), &a);
        remembered.know(&id("second"), &a);
        let mut left = remembered.keep(|key| *key != a);
        left.sort_by(|(one, _), (other, _)| one.cmp(other));
        let all = ["first", "second", "shared"].map(|name| (id(name), a.clone()));
        assert_eq!(left, all, "also those it named before");
        assert_eq!(remembered.objects_of(&id("shared")), std::slice::from_ref(&b));
        assert_eq!(remembered.keep(|_| false), [(id("shared"), b)]);
        assert!(lock(&remembered.memories).is_empty() && lock(&remembered.known).is_empty());
    }
}
