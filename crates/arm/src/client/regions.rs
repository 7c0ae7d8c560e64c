//! In which region each cluster is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use armature_azure::id::ClusterId;

/// The regions of the clusters seen so far. AKS counts its quotas per region, which a resource id does not tell.
#[derive(Debug, Default)]
pub(super) struct Regions(Mutex<HashMap<ClusterId, Arc<str>>>);

impl Regions {
    pub(super) fn learn(&self, id: &ClusterId, body: &Value) {
        if let Some(location) = body.get("location").and_then(Value::as_str) {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(id.clone(), region(location).into());
        }
    }

    pub(super) fn of(&self, id: &ClusterId) -> Option<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

/// A region's short form: `West Europe` and `westeurope` are the same.
fn region(location: &str) -> String {
    location
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}
