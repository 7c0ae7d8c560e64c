//! Paths into ARM bodies.

use std::fmt;

use serde_json::{Map, Value};

/// A path into an ARM body: the dotted path of a table row, and below a keyed map the keys, which may hold dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    row: &'static str,
    keys: Vec<String>,
}

impl Path {
    /// The path of a table row, written with dots.
    pub fn new(row: &'static str) -> Self {
        Self { row, keys: Vec::new() }
    }

    /// The value at a dotted path; ARM's `null` counts as absent.
    pub fn look_up<'a>(dotted: &str, body: &'a Value) -> Option<&'a Value> {
        dotted
            .split('.')
            .try_fold(body, |value, segment| value.get(segment))
            .filter(|value| !value.is_null())
    }

    /// A dotted path as users write it: without ARM's `properties` envelope.
    pub fn shown(dotted: &str) -> &str {
        dotted.strip_prefix("properties.").unwrap_or(dotted)
    }

    /// The same path with a map key appended.
    pub fn key(&self, key: &str) -> Self {
        let mut keys = self.keys.clone();
        keys.push(key.to_owned());
        Self { row: self.row, keys }
    }

    fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.row.split('.').chain(self.keys.iter().map(String::as_str))
    }

    /// The last segment: the key of a keyed path.
    pub fn last(&self) -> &str {
        self.segments().next_back().unwrap_or_default()
    }

    /// Whether this path starts with the segments of the dotted `prefix`.
    pub fn starts_with(&self, prefix: &str) -> bool {
        let mut own = self.segments();
        prefix.split('.').all(|part| own.next() == Some(part))
    }

    /// The value at this path; ARM's `null` counts as absent.
    pub fn get<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.segments()
            .try_fold(body, |value, segment| value.get(segment))
            .filter(|value| !value.is_null())
    }

    /// Puts `value` at this path, making the objects on the way.
    pub fn set(&self, body: &mut Value, value: Value) {
        let mut place = body;
        for segment in self.segments() {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(object) = place else { return };
            place = object.entry(segment).or_insert(Value::Null);
        }
        *place = value;
    }

    /// Takes the value at this path out of the body.
    pub fn remove(&self, body: &mut Value) {
        let mut parents = self.segments();
        let Some(last) = parents.next_back() else { return };
        let parent = parents.try_fold(body, |value, segment| value.get_mut(segment));
        if let Some(Value::Object(object)) = parent {
            object.remove(last);
        }
    }
}

impl fmt::Display for Path {
    /// The path as users write it: without ARM's `properties` envelope, keys in brackets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::shown(self.row))?;
        self.keys.iter().try_for_each(|key| write!(formatter, "[{key}]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_read_written_and_removed_at_its_path() {
        let path = Path::new("properties.nodeLabels").key("team.example.com/name");
        let mut body = json!({});
        path.set(&mut body, json!("core"));
        assert_eq!(
            body,
            json!({"properties": {"nodeLabels": {"team.example.com/name": "core"}}})
        );
        assert_eq!(path.get(&body), Some(&json!("core")));
        path.remove(&mut body);
        assert_eq!(path.get(&body), None);
    }

    #[test]
    fn null_is_absent() {
        assert_eq!(Path::new("tags").get(&json!({"tags": null})), None);
    }

    #[test]
    fn people_read_the_path_without_the_envelope() {
        assert_eq!(
            Path::new("properties.addonProfiles").key("omsagent").to_string(),
            "addonProfiles[omsagent]"
        );
        assert_eq!(Path::new("sku.tier").to_string(), "sku.tier");
    }
}
