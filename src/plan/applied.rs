//! The record of what Azure last confirmed, kept as short hashes.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::path::Path;

/// Managed paths and the hash of the value Azure last confirmed at each.
///
/// It tells an edit in Git from a change made elsewhere, and which keys of a shared map are ours to remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied(BTreeMap<String, String>);

impl Applied {
    /// The record as status holds it.
    pub fn from_status(entries: &BTreeMap<String, String>) -> Self {
        Self(entries.clone())
    }

    /// The record as status stores it.
    pub fn into_status(self) -> BTreeMap<String, String> {
        self.0
    }

    /// Whether nothing was ever confirmed: a new object, or one whose status was lost.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether Azure confirmed any value at this path.
    pub fn has(&self, path: &Path) -> bool {
        self.0.contains_key(&path.to_string())
    }

    /// Whether Azure confirmed exactly this value at this path.
    pub fn confirms(&self, path: &Path, value: &Value) -> bool {
        self.0.get(&path.to_string()).is_some_and(|known| *known == hash(value))
    }

    /// Notes that Azure has this value at this path.
    pub fn confirm(&mut self, path: &Path, value: &Value) {
        self.0.insert(path.to_string(), hash(value));
    }

    /// Forgets a key that is gone from Azure.
    pub fn forget(&mut self, path: &Path) {
        self.0.remove(&path.to_string());
    }

    /// The keys confirmed below a keyed path.
    pub fn keys_below(&self, path: &Path) -> Vec<String> {
        let prefix = format!("{path}[");
        let key = |entry: &String| {
            entry
                .strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(']'))
                .map(str::to_owned)
        };
        self.0.keys().filter_map(key).collect()
    }
}

/// The first 12 hex digits of SHA-256 over the canonical JSON (serde_json orders keys): short enough for a status,
/// long enough to tell edits apart.
pub fn hash(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_confirmed_value_is_recognized_and_another_is_not() {
        let path = Path::new("properties.disableLocalAccounts");
        let mut applied = Applied::default();
        applied.confirm(&path, &json!(true));
        assert!(applied.confirms(&path, &json!(true)));
        assert!(!applied.confirms(&path, &json!(false)));
    }

    #[test]
    fn keys_with_dots_and_brackets_are_found_again() {
        let labels = Path::new("properties.nodeLabels");
        let mut applied = Applied::default();
        applied.confirm(&labels.key("team.example.com/name"), &json!("a"));
        assert_eq!(applied.keys_below(&labels), ["team.example.com/name"]);
    }

    #[test]
    fn a_record_survives_its_way_through_status() {
        let mut applied = Applied::default();
        applied.confirm(&Path::new("sku.tier"), &json!("Standard"));
        assert_eq!(Applied::from_status(&applied.clone().into_status()), applied);
    }
}
