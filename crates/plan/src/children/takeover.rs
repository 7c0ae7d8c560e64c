//! Taking over a resource that exists and that Armature did not make.

use serde_json::{Value, json};

use super::Child;
use crate::{digest, incarnation};

/// What taking over one resource would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The hash of it: the value that approves exactly this.
    pub hash: String,
    differs: String,
}

impl Takeover {
    /// Of a resource that Azure shows as `live` and that differs from `child` at `paths`.
    pub fn of(key: &str, child: &Child, paths: &[String], live: Option<&Value>) -> Self {
        let at = |body: &Value, path: &str| body.pointer(&format!("/{}", path.replace('.', "/"))).cloned();
        let values: Vec<Value> = paths
            .iter()
            .map(|path| json!([path, live.and_then(|live| at(live, path))]))
            .collect();
        let differs = match paths {
            [] => "is not as the manifest says".to_owned(),
            paths => format!("differs from the manifest at {}", paths.join(", ")),
        };
        Self {
            hash: digest::proof(&json!([
                key,
                child.id.to_ascii_lowercase(),
                incarnation::of_resource(live),
                child.body,
                values
            ])),
            differs,
        }
    }

    /// Why it is not done under `Never`, and the way out.
    pub fn refused(&self) -> String {
        format!(
            "it exists in Azure, was not made by Armature and {}; set the entry to what Azure has, give it another name, or set \
             spec.adoptionPolicy to AfterPlan to take it over with an approval",
            self.differs
        )
    }

    /// Why it is not done where another object manages the resource.
    pub fn managed_by(&self, owner: &str) -> String {
        format!(
            "it exists in Azure, {owner} manages it and it {}; set the entry to what Azure has, give it another name, or take \
             it out of the manifest of {owner} first",
            self.differs
        )
    }

    /// What it waits for under `AfterPlan`.
    pub fn waits(&self) -> String {
        format!(
            "it exists in Azure, was not made by Armature and {}; to take it over, annotate the object with \
             aks.armature.dev/approve-plan={} (several hashes are separated by commas)",
            self.differs, self.hash
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, id: &str, wanted: &str, live: &str) -> String {
        made_at(key, id, wanted, live, "2026-12-01T10:00:00Z")
    }

    fn made_at(key: &str, id: &str, wanted: &str, live: &str, time: &str) -> String {
        let child = Child {
            id: id.to_owned(),
            api_version: "1".into(),
            entry: json!({}),
            body: json!({ "properties": { "subject": wanted } }),
            secrets: Vec::new(),
        };
        let live = json!({ "systemData": { "createdAt": time }, "properties": { "subject": live, "etag": "x" } });
        Takeover::of(key, &child, &["properties.subject".to_owned()], Some(&live)).hash
    }

    #[test]
    fn an_approval_is_of_one_entry_one_resource_and_one_change() {
        let hash = of("a/x", "/A", "s", "t");
        assert_eq!(hash, of("a/x", "/a", "s", "t"));
        for other in [
            of("a/y", "/A", "s", "t"),
            of("a/x", "/B", "s", "t"),
            of("a/x", "/A", "u", "t"),
            of("a/x", "/A", "s", "u"),
            made_at("a/x", "/A", "s", "t", "2026-12-01T11:00:00Z"),
        ] {
            assert_ne!(hash, other);
            assert_eq!(other.len(), digest::PROOF_LENGTH);
        }
    }
}
