//! Paths into ARM bodies.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

/// A path into an ARM body: the dotted path of a table row, and below a keyed map the keys, which may hold dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    row: Cow<'static, str>,
    keys: Vec<String>,
}

impl Path {
    /// The path of a table row, written with dots.
    pub fn new(row: &'static str) -> Self {
        Self {
            row: Cow::Borrowed(row),
            keys: Vec::new(),
        }
    }

    /// The path that users write as `text`, in the form in which paths are shown: names joined by dots, map keys in
    /// brackets, without ARM's `properties` envelope unless the first name is one of `beside` it. `None` for a text that
    /// is no path.
    pub fn read(text: &str, beside: &[&str]) -> Option<Self> {
        let end = text.find('[').unwrap_or(text.len());
        let (row, mut rest) = text.split_at(end);
        if row.split('.').any(|name| !is_name(name)) {
            return None;
        }
        let first = row.split('.').next().unwrap_or_default();
        let row = if beside.contains(&first) {
            row.to_owned()
        } else {
            format!("properties.{row}")
        };
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let key = rest.strip_prefix('[').and_then(|inside| inside.split_once(']'));
            let (key, after) = match key {
                Some(key) => key,
                None => rest.strip_prefix('.').map(|name| {
                    let end = name.find(['.', '[']).unwrap_or(name.len());
                    name.split_at(end)
                })?,
            };
            if key.is_empty() {
                return None;
            }
            keys.push(key.to_owned());
            rest = after;
        }
        Some(Self {
            row: Cow::Owned(row),
            keys,
        })
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
        Self {
            row: self.row.clone(),
            keys,
        }
    }

    /// The same path with a property appended: written with a dot where that can be read again, else as a key.
    pub fn property(&self, name: &str) -> Self {
        if !self.keys.is_empty() || !is_name(name) {
            return self.key(name);
        }
        Self {
            row: Cow::Owned(format!("{}.{name}", self.row)),
            keys: Vec::new(),
        }
    }

    fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.row.split('.').chain(self.keys.iter().map(String::as_str))
    }

    /// The path without its keys, as users write it.
    pub fn row(&self) -> String {
        Self::shown(&self.row).to_owned()
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

    /// Whether the value at `other` is the one at this path, or a part of it.
    pub fn holds(&self, other: &Self) -> bool {
        let mut of_other = other.segments();
        self.segments().all(|part| of_other.next() == Some(part))
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
        formatter.write_str(Self::shown(&self.row))?;
        self.keys.iter().try_for_each(|key| write!(formatter, "[{key}]"))
    }
}

/// Whether this is the name of a property of ARM's, as opposed to a key of a map.
fn is_name(text: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '@');
    !text.is_empty() && text.chars().all(is_part)
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
    fn a_path_is_read_as_it_is_shown() {
        let beside = &["tags", "sku"];
        for (text, pointer) in [
            ("sku.tier", "/sku/tier"),
            ("tags[team.example.com/name]", "/tags/team.example.com~1name"),
            (
                "addonProfiles[omsagent].config",
                "/properties/addonProfiles/omsagent/config",
            ),
            (
                "addonProfiles[omsagent][config]",
                "/properties/addonProfiles/omsagent/config",
            ),
        ] {
            let path = Path::read(text, beside).unwrap();
            let mut body = json!({});
            path.set(&mut body, json!(1));
            assert_eq!(body.pointer(pointer), Some(&json!(1)), "{text}: {body}");
            assert_eq!(Path::read(&path.to_string(), beside), Some(path), "{text}");
        }
        for text in ["", ".", "a.", "a b", "a[", "a[]", "a[b]c", "a[b]..c"] {
            assert_eq!(Path::read(text, beside), None, "{text}");
        }
    }

    #[test]
    fn a_property_that_is_no_name_becomes_a_key() {
        let path = Path::new("properties.a").property("b").property("c.d").property("e");
        assert_eq!(path.to_string(), "a.b[c.d][e]");
        assert!(Path::new("properties.a").holds(&path) && !path.holds(&Path::new("properties.a")));
        assert!(!Path::new("properties.a.bc").holds(&path));
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
