//! Desired against live, field by field.

mod clear;
mod owned;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::applied::Applied;
use super::change::{Change, Origin, Source, Target};
use super::compare::Compare;
use super::effect::Transition;
use super::fields::Field;
use super::overrides::{Overrides, UNKNOWN};
use super::path::Path;
use super::version::Version;

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Where Git and Azure differ.
    pub changes: Vec<Change>,
    /// The record after this look: what Azure has confirmed by now.
    pub applied: Applied,
    /// Paths we once managed and the manifest no longer mentions: they keep their live value.
    pub released: Vec<Path>,
    /// Paths that the manifest wants unset and that never are, once they have a value.
    pub never_cleared: Vec<Path>,
    /// Paths where Azure is at a later version than the manifest names.
    pub ahead: Vec<(Path, String)>,
    /// What else is worth knowing, one sentence each.
    pub notes: Vec<String>,
}

/// The two sides of a comparison and what is known about them.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// What the two bodies are about.
    pub target: &'a Target,
    /// The ARM body the manifest amounts to.
    pub wanted: &'a Value,
    /// The ARM body Azure returned.
    pub live: &'a Value,
    /// What Azure confirmed before.
    pub applied: &'a Applied,
    /// Whether the resource is ours: nothing is recorded about one that is not.
    pub ours: bool,
    /// Whether we knew the resource before this look: then a difference without a record is an edit.
    pub known: bool,
    /// Whether the last operation ended well: only then does a live value count as confirmed.
    pub settled: bool,
    /// The version that runs, where a floor is compared with it and effects depend on it.
    pub running: Option<Version>,
    /// Whether the autoscaler owns the node count.
    pub autoscaled: bool,
    /// The secrets that the manifest names.
    pub secrets: &'a [secret::Known<'a>],
    /// What the manifest says beyond its fields.
    pub overrides: &'a Overrides,
    /// Whether an operation on the resource has not ended yet.
    pub under_way: bool,
}

/// Compares both sides along the table.
pub fn diff(table: &[Field], sides: Sides<'_>) -> Difference {
    let mut found = Difference {
        applied: sides.applied.clone(),
        ..Difference::default()
    };
    secret::secrets(table, sides, &mut found);
    let mut unnamed = sides.applied.rows();
    for (path, _) in sides.secrets {
        unnamed.remove(Path::shown(path));
    }
    let properties = sides.wanted.get("properties");
    for field in table {
        let wanted = match field.path.strip_prefix("properties.") {
            Some(path) => properties.and_then(|properties| Path::look_up(path, properties)),
            None => Path::look_up(field.path, sides.wanted),
        };
        let Some(wanted) = wanted else { continue };
        unnamed.remove(Path::shown(field.path));
        let path = Path::new(field.path);
        match field.compare {
            Compare::Members => owned::members(field, &path, wanted, sides, &mut found),
            Compare::Keyed | Compare::Tags | Compare::Addons | Compare::Zones => {
                owned::keys(field, &path, wanted, sides, &mut found)
            }
            Compare::Taints | Compare::Entries => owned::items(field, &path, wanted, sides, &mut found),
            Compare::Floor => floor(field, &path, wanted, sides, &mut found),
            Compare::Once => once(field, &path, wanted, sides, &mut found),
            Compare::Secret => {}
            Compare::Count if sides.autoscaled => {}
            _ => whole(field, &path, wanted, sides, &mut found),
        }
    }
    for path in &sides.overrides.unknown {
        if let Some(wanted) = path.get(sides.wanted) {
            whole(&UNKNOWN, path, wanted, sides, &mut found);
        }
    }
    let cleared = clear::cleared(table, sides, &mut found);
    let recorded = found.applied.rows();
    unnamed.retain(|row| !cleared.contains(*row) && recorded.contains(row));
    if !unnamed.is_empty() {
        release_left(table, unnamed, &cleared, sides, &mut found);
    }
    let fields = |change: &&mut Change| change.source == Source::Field;
    for change in found.changes.iter_mut().filter(fields) {
        if sides.overrides.touch(&change.path) {
            change.source = Source::Override;
        }
    }
    if !sides.ours {
        found.applied = sides.applied.clone();
    }
    found
}

/// A value that is managed as a whole.
fn whole(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    let default = live.is_none().then(|| default(field, wanted)).flatten();
    if field.compare.same(wanted, live.or(default.as_ref())) {
        confirm(path, wanted, sides, found);
    } else {
        let origin = origin(path, wanted, sides, found);
        found
            .changes
            .push(change(field, path, Some(wanted), live, origin, sides));
    }
}

/// What Azure means when it leaves the field out; the table writes numbers and flags as text too.
fn default(field: &Field, wanted: &Value) -> Option<Value> {
    match field.absent {
        "" => None,
        text if wanted.is_string() => Some(Value::String(text.to_owned())),
        text => serde_json::from_str(text).ok(),
    }
}

/// A version: met by what runs, never lowered.
fn floor(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let Some(asked) = wanted.as_str().and_then(|text| text.parse::<Version>().ok()) else {
        return;
    };
    match sides.running {
        Some(running) if running.meets(asked) => {
            confirm(path, wanted, sides, found);
            if running.exceeds(asked) {
                found.ahead.push((path.clone(), running.to_string()));
            }
        }
        running => {
            let live = running.map(|version| Value::String(version.to_string()));
            let origin = origin(path, wanted, sides, found);
            found
                .changes
                .push(change(field, path, Some(wanted), live.as_ref(), origin, sides));
        }
    }
}

/// An instruction about the node image. On a pool that was just made, or whose record was lost, the manifest may name an
/// image the pool has long left: only a later edit is a wish.
fn once(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    if field.compare.same(wanted, live) {
        return confirm(path, wanted, sides, found);
    }
    if sides.applied.is_empty() {
        found.applied.note_different(path, wanted);
    }
    if !sides.applied.is_empty() && origin(path, wanted, sides, found) == Origin::Edit {
        let change = change(field, path, Some(wanted), live, Origin::Edit, sides);
        found.changes.push(change);
    } else {
        let live = live.and_then(Value::as_str).unwrap_or("not set").to_owned();
        found.ahead.push((path.clone(), live));
    }
}

/// Releases what is on record and left the manifest: fields of the table, and properties that an override named.
fn release_left(
    table: &[Field],
    mut left: BTreeSet<&str>,
    cleared: &BTreeSet<String>,
    sides: Sides<'_>,
    found: &mut Difference,
) {
    for field in table {
        if left.remove(Path::shown(field.path)) {
            release(Path::new(field.path), found);
        }
    }
    let is_named = |entry: &str| {
        let unknown = &sides.overrides.unknown;
        cleared.contains(entry) || unknown.iter().any(|path| path.to_string() == entry)
    };
    for row in left {
        let entries = sides.applied.entries_of(row).filter(|entry| !is_named(entry));
        let paths: Vec<Path> = entries.filter_map(|entry| Path::read(entry, &[])).collect();
        paths.into_iter().for_each(|path| release(path, found));
    }
}

/// A path that left the manifest keeps its live value, and coming back it is new.
fn release(path: Path, found: &mut Difference) {
    found.applied.release(&path);
    found.released.push(path);
}

fn confirm(path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    if sides.settled {
        found.applied.confirm(path, wanted);
    }
}

/// Who made the two sides differ at this path. A difference that nobody can explain is noted, so that it does not pass
/// for an edit as soon as other values are on record.
fn origin(path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) -> Origin {
    if sides.applied.confirms(path, wanted) {
        return Origin::Drift;
    }
    let unexplained = sides.applied.is_empty() && !sides.known || sides.applied.found_different(path, wanted);
    if !unexplained {
        return Origin::Edit;
    }
    found.applied.note_different(path, wanted);
    Origin::Unrecorded
}

fn change(
    field: &Field,
    path: &Path,
    to: Option<&Value>,
    from: Option<&Value>,
    origin: Origin,
    sides: Sides<'_>,
) -> Change {
    let transition = Transition {
        from,
        to,
        live: sides.live,
        kubernetes: sides.running,
    };
    let effect = field.effect.of(&transition);
    Change {
        target: sides.target.clone(),
        path: path.clone(),
        from: from.cloned(),
        to: to.cloned(),
        origin,
        effect,
        one_way: !effect.is_refused() && field.one_way.holds(&transition),
        source: Source::Field,
    }
}
