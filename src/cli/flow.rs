//! YAML that gives a field of a schema one line. In a schema as deep as ours indentation is a third of ordinary YAML.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use serde_saphyr::{DoubleQuoted, FlowMap, FlowSeq, SingleQuoted};

/// Bytes of JSON up to which fields below a field stay on its line: long enough that indentation costs little, short
/// enough that a change can be found in its line.
const LINE: usize = 3000;

/// Writes what holds `properties` and is too long for a line as a block, with a line for each of them, and everything else
/// on one line.
pub struct OneLineAField<'a>(pub &'a Value);

/// The properties of a schema.
struct Properties<'a>(&'a Map<String, Value>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, schema)| (name, OneLineAField(schema))))
    }
}

impl Serialize for OneLineAField<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) if has_properties(self.0) && is_long(self.0) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    match value {
                        Value::Object(properties) if name == "properties" => {
                            map.serialize_entry(name, &Properties(properties))?;
                        }
                        value => map.serialize_entry(name, &Self(value))?,
                    }
                }
                map.end()
            }
            Value::Array(items) if items.iter().any(Value::is_object) && is_long(self.0) => {
                serializer.collect_seq(items.iter().map(OneLineAField))
            }
            value @ Value::Object(_) => FlowMap(Inside(value)).serialize(serializer),
            value @ Value::Array(_) => FlowSeq(Inside(value)).serialize(serializer),
            value => Inside(value).serialize(serializer),
        }
    }
}

/// A value inside of braces or brackets, which hold for all that is below them.
struct Inside<'a>(&'a Value);

impl Serialize for Inside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, Inside(value)))),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Inside)),
            Value::String(text) if is_word(text) => serializer.serialize_str(text),
            // Other plain text inside of braces is read in another way by other parsers.
            Value::String(text) if text.contains(['\'', '\n', '\\']) => DoubleQuoted(text).serialize(serializer),
            Value::String(text) => SingleQuoted(text).serialize(serializer),
            value => value.serialize(serializer),
        }
    }
}

/// Whether the text needs no quotes anywhere, unless it means something in YAML, such as `null`.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(|each| each.is_ascii_alphanumeric())
}

/// Whether this or anything below it is a schema with properties of its own.
fn has_properties(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("properties") || fields.values().any(has_properties),
        Value::Array(items) => items.iter().any(has_properties),
        _ => false,
    }
}

fn is_long(value: &Value) -> bool {
    value.to_string().len() > LINE
}
