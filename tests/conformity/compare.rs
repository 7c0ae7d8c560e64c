//! Our schema against ARM's, in both directions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::arm::{Arm, is_read_only};
use super::exceptions::{About, Exceptions};

/// One comparison and what it found.
pub struct Comparison<'a> {
    pub arm: &'a Arm,
    pub exceptions: &'a Exceptions,
    /// Where our schema says something else than ARM's.
    pub faults: Vec<String>,
    /// What a client may write in ARM and our schema has no field for.
    pub missing: Vec<String>,
}

/// Limits that ours have to have where ARM has them. Where ARM has none, any is welcome: the API server wants every
/// string, list and map that a rule reads to be bounded.
const LIMITS: [&str; 6] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

impl Comparison<'_> {
    /// Compares the schemas at one path and all below.
    pub fn walk(&mut self, path: &str, own: &Value, theirs: &Value) {
        let theirs = &self.arm.resolve(theirs);
        if self.exceptions.allow(About::OwnShape, path) {
            return;
        }
        if is_read_only(theirs) {
            self.faults.push(format!("{path} is read-only in ARM"));
        }
        if own["type"] != theirs["type"] {
            self.faults
                .push(format!("{path} is {} here and {} in ARM", own["type"], theirs["type"]));
        }
        self.values(path, own, theirs);
        self.limits(path, own, theirs);
        self.properties(path, own, theirs);
        for nested in ["items", "additionalProperties"] {
            if own[nested].is_object() {
                self.walk(&format!("{path}[]"), &own[nested], &theirs[nested]);
            }
        }
    }

    fn properties(&mut self, path: &str, own: &Value, theirs: &Value) {
        let none = serde_json::Map::new();
        let fields = |schema: &'_ Value| {
            schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_else(|| none.clone())
        };
        let (own, theirs) = (fields(own), fields(theirs));
        for (name, field) in &own {
            let path = format!("{path}.{name}");
            match theirs.get(name) {
                Some(property) => self.walk(&path, field, property),
                None if self.exceptions.allow(About::OwnShape, &path) => {}
                None => self.faults.push(format!("{path} is unknown to ARM")),
            }
        }
        for (name, property) in theirs.iter().filter(|(name, _)| !own.contains_key(*name)) {
            let leaves = self.arm.writable_leaves(&format!("{path}.{name}"), property);
            let missing = leaves
                .into_iter()
                .filter(|leaf| !self.exceptions.allow(About::LeftOut, leaf));
            self.missing.extend(missing);
        }
    }

    fn values(&mut self, path: &str, own: &Value, theirs: &Value) {
        let (own, theirs) = (strings(&own["enum"]), strings(&theirs["enum"]));
        let fits = own == theirs
            || (theirs.is_empty() || own.is_subset(&theirs)) && self.exceptions.allow(About::Narrowed, path);
        if !fits {
            self.faults
                .push(format!("{path} has the values {own:?} here and {theirs:?} in ARM"));
        }
    }

    fn limits(&mut self, path: &str, own: &Value, theirs: &Value) {
        for limit in LIMITS {
            let (own, theirs) = (&own[limit], &theirs[limit]);
            // Nothing has fewer entries than none.
            let means_nothing = theirs == 0 && ["minLength", "minItems"].contains(&limit);
            if theirs.is_number() && !means_nothing && own.as_f64() != theirs.as_f64() {
                self.faults
                    .push(format!("{path} has the {limit} {own} here and {theirs} in ARM"));
            }
        }
        let has_rule = own["pattern"].is_string() || own["x-kubernetes-validations"].is_array();
        if let Some(pattern) = theirs["pattern"].as_str()
            && !(has_rule && self.exceptions.allow(About::Pattern, path))
        {
            self.faults
                .push(format!("{path} does not keep to ARM's pattern {pattern}"));
        }
        if theirs["uniqueItems"] == json!(true) && !has_rule {
            self.faults.push(format!("{path} has unique entries in ARM"));
        }
    }
}

fn strings(values: &Value) -> BTreeSet<&str> {
    let values = values.as_array().into_iter().flatten();
    values.filter_map(Value::as_str).collect()
}
