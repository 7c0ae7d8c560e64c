//! Values that the manifest wants unset, each by the way that the table names for it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Difference, Sides, change, confirm, origin};
use crate::plan::change::{Change, Origin, Source};
use crate::plan::compare::{Compare, is_nothing};
use crate::plan::fields::{Clear, Field};
use crate::plan::overrides::UNKNOWN;
use crate::plan::owner::OWNER_TAG;
use crate::plan::path::Path;

/// Compares everything that is to be unset. Returns the rows that are managed by this, as users write them.
pub fn cleared(table: &[Field], sides: Sides<'_>, found: &mut Difference) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for path in &sides.overrides.cleared {
        let at_or_above = table.iter().find(|field| path.starts_with(field.path));
        match at_or_above {
            Some(field) if *path == Path::new(field.path) => row(field, sides, found),
            Some(field) if is_keyed(field) => key(field, path, sides, found),
            Some(_) => unknown(path, sides, found),
            None => group(table, path, sides, found, &mut rows),
        }
        rows.insert(path.row());
    }
    rows
}

/// A path above rows of the table unsets each of them; without any, it is a property that nobody knows.
fn group(table: &[Field], path: &Path, sides: Sides<'_>, found: &mut Difference, rows: &mut BTreeSet<String>) {
    let below: Vec<&Field> = table
        .iter()
        .filter(|field| path.holds(&Path::new(field.path)))
        .collect();
    if below.is_empty() {
        unknown(path, sides, found);
    }
    for field in below {
        row(field, sides, found);
        rows.insert(Path::shown(field.path).to_owned());
    }
}

fn is_keyed(field: &Field) -> bool {
    matches!(field.compare, Compare::Keyed | Compare::Tags | Compare::Addons)
}

fn row(field: &Field, sides: Sides<'_>, found: &mut Difference) {
    let path = Path::new(field.path);
    if is_keyed(field) {
        let keys = path.get(sides.live).and_then(Value::as_object);
        for name in keys.into_iter().flat_map(|keys| keys.keys()) {
            key(field, &path.key(name), sides, found);
        }
        return;
    }
    let live = path.get(sides.live);
    match field.clear {
        Clear::Never if live.is_none_or(is_nothing) => {}
        Clear::Never => found.never_cleared.push(path),
        Clear::Unknown => unknown(&path, sides, found),
        Clear::Write(text) => value(field, &path, written(text, live), sides, found),
        Clear::Empty if matches!(live, Some(Value::Object(_))) => value(field, &path, json!({}), sides, found),
        Clear::Empty => value(field, &path, json!([]), sides, found),
    }
}

/// The table writes numbers and flags as text too; the live value tells which it is.
fn written(text: &str, live: Option<&Value>) -> Value {
    match live {
        Some(Value::String(_)) => json!(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

/// Writes the value that means "not set".
fn value(field: &Field, path: &Path, wanted: Value, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    let is_default = live.is_none() && matches!(&wanted, Value::String(text) if text == field.absent);
    let is_empty = |live: &Value| is_nothing(live) && is_nothing(&wanted);
    if is_default || live.is_some_and(is_empty) || field.compare.same(&wanted, live) {
        return confirm(path, &wanted, sides, found);
    }
    let origin = origin(path, &wanted, sides, found);
    push(change(field, path, Some(&wanted), live, origin, sides), found);
}

/// A key of a map is taken out, whoever put it there; an add-on is disabled. What AKS and Armature need stays.
fn key(field: &Field, path: &Path, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    let name = path.last().to_ascii_lowercase();
    let is_theirs = name == OWNER_TAG || name.starts_with("aks-managed") || name.starts_with("k8s-azure");
    let is_wanted = path.get(sides.wanted).is_some();
    let is_off = |live: &Value| field.compare == Compare::Addons && live.get("enabled") != Some(&json!(true));
    if !is_theirs && !is_wanted && !live.is_none_or(is_off) {
        push(change(field, path, None, live, Origin::Edit, sides), found);
    }
}

/// No source says how this is unset: ARM's own word for it is an explicit null.
fn unknown(path: &Path, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    if live.is_none_or(is_nothing) {
        return confirm(path, &Value::Null, sides, found);
    }
    let origin = origin(path, &Value::Null, sides, found);
    push(change(&UNKNOWN, path, Some(&Value::Null), live, origin, sides), found);
}

fn push(change: Change, found: &mut Difference) {
    if !found.changes.iter().any(|other| other.path == change.path) {
        found.changes.push(Change {
            source: Source::Clear,
            ..change
        });
    }
}
