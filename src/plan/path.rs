//! Paths into ARM bodies.

use std::fmt;

use serde_json::{Map, Value};

/// A path into an ARM body: the segments of a table row, and below a keyed map the key itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    segments: Vec<String>,
    /// How many of the segments come from the table; what follows are keys, which may hold dots.
    fixed: usize,
}

impl Path {
    /// The path of a table row, written with dots.
    pub fn new(dotted: &str) -> Self {
        let segments: Vec<String> = dotted.split('.').map(str::to_owned).collect();
        Self {
            fixed: segments.len(),
            segments,
        }
    }

    /// The value at a dotted path, as [`Path::get`] finds it, without making a path first.
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
        let mut segments = self.segments.clone();
        segments.push(key.to_owned());
        Self {
            fixed: self.fixed,
            segments,
        }
    }

    /// The last segment: the key of a keyed path.
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// Whether this path starts with the segments of the dotted `prefix`.
    pub fn starts_with(&self, prefix: &str) -> bool {
        let mut own = self.segments.iter();
        prefix
            .split('.')
            .all(|part| own.next().is_some_and(|segment| segment == part))
    }

    /// The value at this path; ARM's `null` counts as absent.
    pub fn get<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.segments
            .iter()
            .try_fold(body, |value, segment| value.get(segment))
            .filter(|value| !value.is_null())
    }

    /// Puts `value` at this path, making the objects on the way.
    pub fn set(&self, body: &mut Value, value: Value) {
        let mut place = body;
        for segment in &self.segments {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(object) = place else { return };
            place = object.entry(segment.as_str()).or_insert(Value::Null);
        }
        *place = value;
    }

    /// Takes the value at this path out of the body.
    pub fn remove(&self, body: &mut Value) {
        let Some((last, parents)) = self.segments.split_last() else {
            return;
        };
        let parent = parents.iter().try_fold(body, |value, segment| value.get_mut(segment));
        if let Some(Value::Object(object)) = parent {
            object.remove(last);
        }
    }
}

impl fmt::Display for Path {
    /// The path as users write it: without ARM's `properties` envelope, keys in brackets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fixed, keys) = self.segments.split_at(self.fixed);
        let fixed = if fixed.first().is_some_and(|first| first == "properties") {
            &fixed[1..]
        } else {
            fixed
        };
        write!(formatter, "{}", fixed.join("."))?;
        keys.iter().try_for_each(|key| write!(formatter, "[{key}]"))
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
