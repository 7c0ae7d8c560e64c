//! Short reads and writes by JSON pointer.

use serde_json::{Map, Value};

/// The text at `pointer`; empty texts count as absent, as in AKS's own models.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// Whether the text at `pointer` is `wanted`, without case.
pub(crate) fn is(value: &Value, pointer: &str, wanted: &str) -> bool {
    text(value, pointer).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
}

/// The flag at `pointer`; absent is false.
pub(crate) fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// The whole number at `pointer`.
pub(crate) fn integer(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer)?.as_i64()
}

/// The list at `pointer`; absent is empty.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The texts of the list at `pointer`.
pub(crate) fn texts<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    list(value, pointer).iter().filter_map(Value::as_str).collect()
}

/// The value at `pointer` unless it is absent, null or an empty text.
pub(crate) fn present<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value
        .pointer(pointer)
        .filter(|found| !found.is_null() && found.as_str() != Some(""))
}

/// Writes `new` at `pointer` and makes the objects on the way.
pub(crate) fn set(value: &mut Value, pointer: &str, new: impl Into<Value>) {
    let mut at = value;
    for key in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else { return };
        at = members.entry(key.to_owned()).or_insert(Value::Null);
    }
    *at = new.into();
}

/// Writes `new` at `pointer` when nothing is there.
pub(crate) fn set_default(value: &mut Value, pointer: &str, new: impl Into<Value>) {
    if present(value, pointer).is_none() {
        set(value, pointer, new);
    }
}

/// Removes what is at `pointer`.
pub(crate) fn remove(value: &mut Value, pointer: &str) {
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(Value::Object(members)) = value.pointer_mut(parent)
    {
        members.remove(key);
    }
}
