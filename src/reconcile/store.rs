//! Whether the watch caches have caught up with our own writes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kube::{Resource, ResourceExt};

/// The newest version of each object that we wrote and may not have seen again. A pass that starts from an older one
/// would do its work a second time.
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<String, u64>>);

impl Written {
    /// Notes what the API server returned for a write of ours. An object that ended with it never comes again.
    pub fn note(&self, object: &impl Resource) {
        let finalizers = object.meta().finalizers.as_deref().unwrap_or_default();
        if object.meta().deletion_timestamp.is_some() && finalizers.is_empty() {
            return self.forget(object);
        }
        if let (Some(uid), Some(version)) = (object.meta().uid.clone(), version(object)) {
            let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            written.insert(uid, version);
        }
    }

    /// Forgets an object that is gone.
    pub fn forget(&self, object: &impl Resource) {
        let gone = object.meta().uid.as_deref();
        self.keep(|uid| Some(uid) != gone);
    }

    /// Forgets the objects that do not stay.
    pub fn keep(&self, stays: impl Fn(&str) -> bool) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.retain(|uid, _| stays(uid));
    }

    /// Of how many objects a write is remembered.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether this copy is at least as new as our last write. Kubernetes compares resource versions as numbers from
    /// 1.35 on and etcd has always counted them up.
    pub fn has_caught_up(&self, object: &impl Resource) -> bool {
        let Some(uid) = object.meta().uid.as_deref() else {
            return true;
        };
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (written.get(uid), version(object)) {
            (Some(ours), Some(seen)) if seen < *ours => false,
            _ => {
                written.remove(uid);
                true
            }
        }
    }
}

fn version(object: &impl Resource) -> Option<u64> {
    object.resource_version()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn object(version: &str) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.uid = Some("u".into());
        object.metadata.resource_version = Some(version.into());
        object
    }

    #[test]
    fn a_copy_older_than_our_write_has_not_caught_up() {
        let written = Written::default();
        written.note(&object("100"));
        assert!(!written.has_caught_up(&object("99")));
        assert!(written.has_caught_up(&object("100")));
        assert!(written.has_caught_up(&object("99")), "once seen it is forgotten");
    }

    #[test]
    fn nothing_is_remembered_of_an_object_that_is_gone() {
        let written = Written::default();
        written.note(&object("100"));
        written.forget(&object("99"));
        assert_eq!(written.len(), 0);
        // The answer to the write that takes off its last finalizer may be later than the news that it is gone.
        let mut ended = object("101");
        ended.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(
            jiff::Timestamp::UNIX_EPOCH,
        ));
        written.note(&ended);
        assert_eq!(written.len(), 0);
    }
}
