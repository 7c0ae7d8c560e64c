//! A body with every property that can be written, for tests.

use serde_json::{Map, Value, json};

use super::document::{Document, Format, Kind, Schema};

/// Definitions that a description nests in themselves stop here.
const DEEPEST: usize = 12;

/// A value that fits `schema`, with every property that can be written; `secret` stands for each secret.
pub(super) fn value(document: &Document, schema: &Schema, secret: &str, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    let inner = |schema: &Schema| value(document, schema, secret, depth + 1);
    let resolved = document.resolve(schema)?;
    Some(match &resolved.kind {
        Kind::Object { .. } => {
            let mut members = Map::new();
            for (name, property) in properties(document, resolved) {
                let writable = !property.read_only;
                let sampled = if property.secret {
                    Some(json!(secret))
                } else {
                    inner(property)
                };
                if let Some(value) = sampled.filter(|_| writable) {
                    members.insert(name.to_owned(), value);
                }
            }
            Value::Object(members)
        }
        Kind::Map(values) => json!({"key": inner(values)?}),
        Kind::Array { items, .. } => json!([inner(items)?]),
        Kind::Text {
            pattern,
            allowed,
            format,
        } => match (allowed.first(), format, pattern) {
            (Some(first), ..) => json!(first),
            (None, Format::DateTime, _) => json!("2026-11-21T00:00:00Z"),
            (None, Format::Date, _) => json!("2026-11-21"),
            (None, Format::Byte, _) => json!("aGk="),
            (None, Format::Plain, None) => json!("text"),
            (None, Format::Plain, Some(pattern)) => {
                let texts = ["text", "10.0.0.0/16", "10.0.0.10", "+01:00", "10:00", "a"];
                json!(texts.into_iter().find(|text| pattern.is_match(text))?)
            }
        },
        Kind::Integer { minimum, .. } => json!(minimum.filter(|minimum| *minimum > 0).unwrap_or(1)),
        Kind::Number => json!(1.5),
        Kind::Boolean => json!(true),
        Kind::Any => json!({"any": "thing"}),
        Kind::Reference(_) => return None,
    })
}

/// Properties of an object schema and of its parents.
fn properties<'a>(document: &'a Document, schema: &'a Schema) -> Vec<(&'a str, &'a Schema)> {
    let Kind::Object {
        properties: own,
        parents,
        ..
    } = &schema.kind
    else {
        return Vec::new();
    };
    let inherited = parents
        .iter()
        .filter_map(|parent| document.resolve(document.definition(parent)?))
        .flat_map(|parent| properties(document, parent));
    own.iter()
        .map(|(name, schema)| (name.as_str(), schema))
        .chain(inherited)
        .collect()
}
