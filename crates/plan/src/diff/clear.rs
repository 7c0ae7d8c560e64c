//! Values that the manifest wants unset, each by the way that the table names for it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Difference, Sides, change, confirm, origin, owned};
use crate::change::{Change, Origin, Source};
use crate::compare::{Compare, is_nothing};
use crate::fields::{Clear, Field, Plain};
use crate::overrides::UNKNOWN;
use crate::owner::OWNER_TAG;
use crate::path::Path;

/// Compares everything that is to be unset. Returns the rows that are managed by this, as users write them.
pub fn cleared(table: &[Field], sides: Sides<'_>, found: &mut Difference) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for path in &sides.overrides.cleared {
        let at_or_above = table.iter().find(|field| path.starts_with(field.path));
        match at_or_above {
            Some(field) if *path == Path::new(field.path) => refused(row(field, sides, found), found),
            Some(field) => below(field, path, sides, found),
            None => group(table, path, sides, found, &mut rows),
        }
        rows.insert(path.row());
    }
    rows
}

/// How unsetting a row came out.
enum Outcome {
    /// Azure has nothing there, or the change is found.
    Done,
    /// It has a value, and keeps it.
    Kept(Path),
}

fn refused(outcome: Outcome, found: &mut Difference) {
    if let Outcome::Kept(path) = outcome {
        found.never_cleared.push(path);
    }
}

/// A path above rows of the table unsets each of them as far as Azure lets it; without any, it is a property that nobody
/// knows.
fn group(table: &[Field], path: &Path, sides: Sides<'_>, found: &mut Difference, rows: &mut BTreeSet<String>) {
    let below: Vec<&Field> = table
        .iter()
        .filter(|field| path.holds(&Path::new(field.path)))
        .collect();
    if below.is_empty() {
        return unknown(path, sides, found);
    }
    let none_goes = below.iter().all(|field| field.clear == Clear::Never);
    for field in below {
        rows.insert(Path::shown(field.path).to_owned());
        match row(field, sides, found) {
            Outcome::Kept(kept) if !none_goes => found.notes.push(format!(
                "{kept} keeps its value, which Azure never unsets; the rest of {path} in spec.clear goes"
            )),
            outcome => refused(outcome, found),
        }
    }
}

/// A part of a row: an entry of a map, a member, or something deeper that only Azure knows.
fn below(field: &Field, path: &Path, sides: Sides<'_>, found: &mut Difference) {
    let entry = Path::new(field.path).key(path.last());
    let is_entry = entry.holds(path) && path.holds(&entry);
    match field.clear {
        Clear::Members(defaults) if is_entry => member(field, defaults, path.last(), sides, found),
        _ if is_entry && is_keyed(field) => refused(key(field, path, sides, found), found),
        Clear::Never if path.get(sides.live).is_some() => found.never_cleared.push(path.clone()),
        _ => unknown(path, sides, found),
    }
}

fn is_keyed(field: &Field) -> bool {
    matches!(
        field.compare,
        Compare::Keyed | Compare::Tags | Compare::Addons | Compare::Zones
    )
}

fn row(field: &Field, sides: Sides<'_>, found: &mut Difference) -> Outcome {
    let path = Path::new(field.path);
    let Some(live) = path.get(sides.live) else {
        return Outcome::Done;
    };
    let names = || live.as_object().into_iter().flat_map(|members| members.keys());
    match field.clear {
        _ if is_keyed(field) => {
            for name in names() {
                // What Azure puts back by itself is not in the way of the rest.
                let _ = key(field, &path.key(name), sides, found);
            }
        }
        Clear::Never if is_nothing(live) => {}
        Clear::Never => return Outcome::Kept(path),
        Clear::Unknown => unknown(&path, sides, found),
        Clear::Write(plain) => value(field, &path, plain.value(), live, sides, found),
        Clear::Empty => value(field, &path, emptied(field, live), live, sides, found),
        Clear::SwitchOff => value(field, &path, switched_off(live), live, sides, found),
        Clear::Members(defaults) => names().for_each(|name| member(field, defaults, name, sides, found)),
    }
    Outcome::Done
}

/// What is left of a list or map once all is taken out that may go: AKS sets taints of its own and needs them.
fn emptied(field: &Field, live: &Value) -> Value {
    match live {
        Value::Object(_) => json!({}),
        Value::Array(taints) if field.compare == Compare::Taints => taints.iter().filter(is_of_aks).cloned().collect(),
        _ => json!([]),
    }
}

fn is_of_aks(taint: &&Value) -> bool {
    taint.as_str().is_some_and(owned::is_taint_of_aks)
}

fn switched_off(live: &Value) -> Value {
    let mut entries = live.clone();
    for entry in entries.as_array_mut().into_iter().flatten() {
        Path::new("enabled").set(entry, json!(false));
    }
    entries
}

/// A member goes back to the default that Azure would fill in for it.
fn member(field: &Field, defaults: &[(&str, Plain)], name: &str, sides: Sides<'_>, found: &mut Difference) {
    let path = Path::new(field.path).key(name);
    found.applied.forget(&path);
    let Some((_, default)) = defaults.iter().find(|(known, _)| *known == name) else {
        return unknown(&path, sides, found);
    };
    let (live, default) = (path.get(sides.live), default.value());
    if live.is_some_and(|live| *live != default) && path.get(sides.wanted).is_none() {
        push(change(field, &path, Some(&default), live, Origin::Edit, sides), found);
    }
}

/// Writes the value that means "not set".
fn value(field: &Field, path: &Path, wanted: Value, live: &Value, sides: Sides<'_>, found: &mut Difference) {
    let same = field.compare.same(&wanted, Some(live));
    // Taints are compared one way: what Azure has beyond the wanted ones is no difference, but here it is.
    let is_left = field.compare == Compare::Taints && !field.compare.same(live, Some(&wanted));
    if is_nothing(live) && is_nothing(&wanted) || same && !is_left {
        return confirm(path, &wanted, sides, found);
    }
    let origin = origin(path, &wanted, sides, found);
    push(change(field, path, Some(&wanted), Some(live), origin, sides), found);
}

/// A key of a map is taken out, whoever put it there; an add-on is disabled. What AKS and Armature need stays.
fn key(field: &Field, path: &Path, sides: Sides<'_>, found: &mut Difference) -> Outcome {
    let live = path.get(sides.live);
    let name = path.last().to_ascii_lowercase();
    if live.is_some() && owned::is_always_there(field.compare, path.last()) {
        return Outcome::Kept(path.clone());
    }
    let is_theirs = name == OWNER_TAG || name.starts_with("aks-managed") || name.starts_with("k8s-azure");
    let is_wanted = path.get(sides.wanted).is_some();
    let is_off = |live: &Value| field.compare == Compare::Addons && live.get("enabled") != Some(&json!(true));
    if !is_theirs && !is_wanted && !live.is_none_or(is_off) {
        push(change(field, path, None, live, Origin::Edit, sides), found);
    }
    Outcome::Done
}

/// No source says how this is unset: ARM's own word for it is an explicit null.
fn unknown(path: &Path, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    if live.is_none() {
        found.notes.push(format!(
            "{path} in spec.clear: Azure has no such value; take the entry out, or correct it if it is misspelled"
        ));
    }
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
