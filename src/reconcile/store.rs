//! Whether the watch caches have caught up with our own writes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kube::{Resource, ResourceExt};

/// The newest version of each object that we wrote and may not have seen again. A pass that starts from an older one
/// would do its work a second time.
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<String, u64>>);

impl Written {
    /// Notes what the API server returned for a write of ours.
    pub fn note(&self, object: &impl Resource) {
        if let (Some(uid), Some(version)) = (object.meta().uid.clone(), version(object)) {
            let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            written.insert(uid, version);
        }
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
}
