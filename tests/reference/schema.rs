//! Reading a schema of a CRD.

use serde_json::Value;

/// A field: its path below `spec` and its schema.
pub struct Field<'a> {
    pub path: String,
    pub schema: &'a Value,
    pub required: bool,
}

/// A field and all fields below it, outermost first.
pub fn walk<'a>(path: &str, schema: &'a Value, required: bool) -> Vec<Field<'a>> {
    let mut fields = vec![Field {
        path: path.to_owned(),
        schema,
        required,
    }];
    below(path, schema, &mut fields);
    fields
}

fn below<'a>(path: &str, schema: &'a Value, fields: &mut Vec<Field<'a>>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"]
            .as_array()
            .is_some_and(|names| names.contains(&Value::from(name.as_str())));
        fields.extend(walk(&format!("{path}.{name}"), property, required));
    }
    if schema["additionalProperties"].is_object() {
        below(&format!("{path}.NAME"), &schema["additionalProperties"], fields);
    }
    if schema["items"].is_object() {
        below(&format!("{path}[]"), &schema["items"], fields);
    }
}

/// The rules on this schema and, where they have no path of their own, on its values or items.
pub fn rules(schema: &Value) -> Vec<&str> {
    let own = [schema, &schema["additionalProperties"], &schema["items"]];
    let rules = own
        .into_iter()
        .flat_map(|schema| schema["x-kubernetes-validations"].as_array().into_iter().flatten());
    rules.map(|rule| rule["message"].as_str().unwrap()).collect()
}

/// What kind of value it is, with its limits and the values it may have.
pub fn kind(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{}`", plain(value))).collect();
        return format!("one of {}", values.join(", "));
    }
    let kind = match schema["type"].as_str() {
        Some("array") => format!(
            "list of {}{}",
            items(&schema["items"]),
            range(schema, "Items", "entries")
        ),
        Some("object") if schema["additionalProperties"].is_object() => {
            let entries = range(schema, "Properties", "entries");
            format!("map of name to {}{entries}", items(&schema["additionalProperties"]))
        }
        Some("object") => "object".to_owned(),
        Some("string") => format!("string{}", range(schema, "Length", "characters")),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => format!("whole number{}", bounds(schema)),
        Some("number") => format!("number{}", bounds(schema)),
        _ => "any value".to_owned(),
    };
    match &schema["default"] {
        Value::Null => kind,
        default => format!("{kind}; default `{}`", plain(default)),
    }
}

fn items(schema: &Value) -> String {
    match schema["type"].as_str() {
        Some("object") => "objects".to_owned(),
        _ => kind(schema),
    }
}

fn range(schema: &Value, of: &str, unit: &str) -> String {
    let limit = |which: &str| schema[format!("{which}{of}")].as_u64().filter(|limit| *limit > 0);
    match (limit("min"), limit("max")) {
        (Some(least), Some(most)) if least == most => format!(", {least} {unit}"),
        (Some(least), Some(most)) => format!(", {least} to {most} {unit}"),
        (None, Some(most)) => format!(", up to {most} {unit}"),
        (Some(least), None) => format!(", at least {least} {unit}"),
        (None, None) => String::new(),
    }
}

fn bounds(schema: &Value) -> String {
    let bound = |name: &str| schema[name].as_f64();
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", {least} or more"),
        (None, Some(most)) => format!(", up to {most}"),
        (None, None) => String::new(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The description in one line that Markdown leaves as it is.
pub fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('|', "\\|").replace('<', "&lt;")
}
