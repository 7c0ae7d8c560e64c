//! YAML that gives a field of a schema one line. In a schema as deep as ours indentation is a third of ordinary YAML.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use serde_saphyr::{FlowMap, FlowSeq};

/// `spec`, its fields, and theirs: what is deeper stays on the line of the field it belongs to.
const LEVELS: u8 = 3;

/// Writes what holds `properties` as a block, with a line for each of them, and everything else on one line.
pub struct OneLineAField<'a> {
    value: &'a Value,
    /// Levels of properties that get lines.
    levels: u8,
}

impl<'a> OneLineAField<'a> {
    /// The YAML of a CRD.
    pub fn new(crd: &'a Value) -> Self {
        Self {
            value: crd,
            levels: LEVELS,
        }
    }

    fn is_block(&self) -> bool {
        self.levels > 0 && has_properties(self.value)
    }
}

/// The properties of a schema.
struct Properties<'a> {
    properties: &'a Map<String, Value>,
    /// Levels below this one that get lines.
    levels: u8,
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let levels = self.levels;
        let schemas = self.properties.iter();
        serializer.collect_map(schemas.map(|(name, value)| (name, OneLineAField { value, levels })))
    }
}

impl Serialize for OneLineAField<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let levels = self.levels;
        match self.value {
            Value::Object(fields) if self.is_block() => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    match value {
                        Value::Object(properties) if name == "properties" => {
                            let levels = levels - 1;
                            map.serialize_entry(name, &Properties { properties, levels })?;
                        }
                        value => map.serialize_entry(name, &OneLineAField { value, levels })?,
                    }
                }
                map.end()
            }
            Value::Object(fields) => FlowMap(fields).serialize(serializer),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                serializer.collect_seq(items.iter().map(|value| OneLineAField { value, levels }))
            }
            Value::Array(items) => FlowSeq(items).serialize(serializer),
            value => value.serialize(serializer),
        }
    }
}

/// Whether this or anything below it is a schema with properties of its own.
fn has_properties(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("properties") || fields.values().any(has_properties),
        Value::Array(items) => items.iter().any(has_properties),
        _ => false,
    }
}
