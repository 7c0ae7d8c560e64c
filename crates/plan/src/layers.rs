//! A cluster or pool as it will be: what the manifest says lies over what Azure has.

use serde_json::Value;

use super::path::Path;

/// A body in two layers.
#[derive(Clone, Copy)]
pub struct Body<'a> {
    wanted: Option<&'a Value>,
    live: Option<&'a Value>,
}

impl<'a> Body<'a> {
    /// What the manifest says, over what Azure has.
    pub fn new(wanted: Option<&'a Value>, live: Option<&'a Value>) -> Self {
        Self { wanted, live }
    }

    /// Whether there is a tag of this name, which Azure compares without regard to case.
    pub fn has_tag(&self, name: &str) -> bool {
        // Tags stand beside the properties of a cluster and among those of a pool.
        let places = ["tags", "properties.tags"];
        let mut maps = [self.wanted, self.live]
            .into_iter()
            .flatten()
            .flat_map(|body| places.map(|place| Path::look_up(place, body)))
            .flatten()
            .filter_map(Value::as_object);
        maps.any(|tags| tags.keys().any(|tag| tag.eq_ignore_ascii_case(name)))
    }

    /// The value at a path below `properties`: the manifest's, or Azure's.
    pub fn get(&self, path: &str) -> Option<&'a Value> {
        let below = |body: Option<&'a Value>| Path::look_up(path, body?.get("properties")?);
        below(self.wanted).or_else(|| below(self.live))
    }

    /// Text at a path, in lower case.
    pub fn text(&self, path: &str) -> Option<String> {
        self.get(path).and_then(Value::as_str).map(str::to_ascii_lowercase)
    }

    /// Whether there is text at a path and it is this, whatever the casing.
    pub fn is(&self, path: &str, text: &str) -> bool {
        self.get(path)
            .and_then(Value::as_str)
            .is_some_and(|found| found.eq_ignore_ascii_case(text))
    }

    /// Whether the flag at a path is on.
    pub fn flag(&self, path: &str) -> bool {
        self.get(path).and_then(Value::as_bool) == Some(true)
    }

    /// The list at a path.
    pub fn list(&self, path: &str) -> &'a [Value] {
        let list = self.get(path).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    /// The number at a path.
    pub fn number(&self, path: &str) -> Option<i64> {
        self.get(path).and_then(Value::as_i64)
    }
}
