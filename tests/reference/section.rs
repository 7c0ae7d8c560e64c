//! The section about one field of a spec and all that is below it.

use std::fmt::Write;

use serde_json::Value;

use crate::change::{Table, change};
use crate::schema::{Field, description, kind, rules, walk};

/// Writes the section.
pub fn section(page: &mut String, name: &str, schema: &Value, required: bool, table: Table) {
    let fields = walk(name, schema, required);
    writeln!(page, "\n## `{name}`\n\n{}\n", description(schema)).unwrap();
    writeln!(page, "- Type: {}", typed(&fields[0])).unwrap();
    if let Some(change) = change(table, name) {
        writeln!(page, "- A change: {change}").unwrap();
    }
    if fields.len() > 1 {
        rows(page, &fields[1..], table);
    }
    refusals(page, &fields);
}

fn rows(page: &mut String, fields: &[Field<'_>], table: Table) {
    let has_changes = fields.iter().any(|field| change(table, &field.path).is_some());
    page.push_str(if has_changes {
        "\n| Field | Type | Meaning | A change |\n|---|---|---|---|\n"
    } else {
        "\n| Field | Type | Meaning |\n|---|---|---|\n"
    });
    for field in fields {
        let (kind, meaning) = (typed(field), description(field.schema));
        // The section names the outermost field already.
        let path = field
            .path
            .split_once(['.', '['])
            .map_or("", |(first, _)| &field.path[first.len()..]);
        let path = path.trim_start_matches('.');
        write!(page, "| `{path}` | {kind} | {meaning} |").unwrap();
        if has_changes {
            write!(page, " {} |", change(table, &field.path).unwrap_or_default()).unwrap();
        }
        page.push('\n');
    }
}

fn typed(field: &Field<'_>) -> String {
    let required = if field.required { "**required**, " } else { "" };
    format!("{required}{}", kind(field.schema))
}

fn refusals(page: &mut String, fields: &[Field<'_>]) {
    let all: Vec<(&str, &str)> = fields
        .iter()
        .flat_map(|field| rules(field.schema).into_iter().map(|rule| (field.path.as_str(), rule)))
        .collect();
    if all.is_empty() {
        return;
    }
    page.push_str("\nRefused at `kubectl apply`:\n\n");
    for (path, rule) in all {
        writeln!(page, "- `{path}`: {}", escaped(rule)).unwrap();
    }
}

/// A message with what Markdown would take for markup kept as it is.
pub fn escaped(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "&lt;")
}
