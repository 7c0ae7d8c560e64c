//! Who made and changed a resource, and when: `systemData`, which the gateway keeps for most types.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Who made and last changed a resource, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    created_by: String,
    created_at: Timestamp,
    changed_by: String,
    changed_at: Timestamp,
}

impl Provenance {
    /// Of a resource that is made now, or changed when it was there: then its making stays as it was.
    #[must_use]
    pub fn written(before: Option<&Self>, by: &str, now: Timestamp) -> Self {
        let (created_by, created_at) = match before {
            Some(before) => (before.created_by.clone(), before.created_at),
            None => (by.to_owned(), now),
        };
        Self {
            created_by,
            created_at,
            changed_by: by.to_owned(),
            changed_at: now,
        }
    }

    /// As answers show it (SPEC: SystemData; every caller here is an application).
    #[must_use]
    pub fn render(&self) -> Value {
        json!({
            "createdBy": self.created_by,
            "createdByType": "Application",
            "createdAt": self.created_at.to_string(),
            "lastModifiedBy": self.changed_by,
            "lastModifiedByType": "Application",
            "lastModifiedAt": self.changed_at.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_the_making_as_it_was_and_a_new_making_does_not() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let made = Provenance::written(None, "one", at(1));
        let changed = Provenance::written(Some(&made), "other", at(2));
        assert_eq!(changed.render()["createdAt"], made.render()["createdAt"]);
        assert_eq!((&changed.created_by[..], &changed.changed_by[..]), ("one", "other"));
        assert_ne!(
            Provenance::written(None, "one", at(2)).render()["createdAt"],
            made.render()["createdAt"]
        );
    }
}
