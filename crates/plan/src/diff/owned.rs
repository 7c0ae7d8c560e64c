//! Maps and lists of which only a part is ours: what the manifest names and what it named before.

use serde_json::Value;

use super::{Difference, Sides, change, confirm, origin, release};
use crate::change::Origin;
use crate::compare::{Compare, fold_text};
use crate::fields::Field;
use crate::path::Path;

/// A map owned by key: ours are kept right, ours that were dropped are removed, others are left alone.
pub fn keys(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let Some(entries) = wanted.as_object() else { return };
    let live = path.get(sides.live);
    found.applied.forget(path);
    let recorded = sides.applied.keys_below(path);
    if entries.is_empty() && field.compare == Compare::Keyed {
        let ours = |key: &String| recorded.iter().any(|(known, ours)| *ours && known == key);
        let labels = live.and_then(Value::as_object).into_iter().flat_map(|map| map.keys());
        tell_left(path, labels.filter(|key| !ours(key)).cloned().collect(), found);
    }
    for (key, value) in entries {
        let place = path.key(key);
        let (spelled, live) = live_key(field.compare, live, key);
        if field.compare.same(value, live) {
            confirm(&place, value, sides, found);
        } else {
            let origin = origin(&place, value, sides, found);
            let there = path.key(spelled);
            found
                .changes
                .push(change(field, &there, Some(value), live, origin, sides));
        }
    }
    for (key, ours) in recorded {
        if entries.keys().any(|wanted| same_key(field.compare, wanted, &key)) {
            continue;
        }
        let place = path.key(&key);
        let (spelled, live) = live_key(field.compare, live, &key);
        let gone = match (field.compare, live) {
            (_, None) => true,
            (Compare::Addons, Some(live)) => live.get("enabled") != Some(&Value::Bool(true)),
            (_, Some(_)) => false,
        };
        if gone || !ours {
            found.applied.forget(&place);
        } else if is_always_there(field.compare, &key) {
            release(place, found);
        } else {
            let there = path.key(spelled);
            found
                .changes
                .push(change(field, &there, None, live, Origin::Edit, sides));
        }
    }
}

/// Azure fills two zones in again as soon as they are taken away (localdns-custom), and the marks of spot pools
/// (spot-node-pool).
pub fn is_always_there(compare: Compare, key: &str) -> bool {
    match compare {
        Compare::Zones => matches!(key, "." | "cluster.local"),
        Compare::Keyed | Compare::Taints => key.starts_with("kubernetes.azure.com/scalesetpriority"),
        _ => false,
    }
}

fn same_key(compare: Compare, one: &str, other: &str) -> bool {
    match compare {
        Compare::Tags | Compare::Addons | Compare::Zones => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// The key as Azure spells it, so that a write replaces it instead of adding a second one, and its live value.
fn live_key<'a>(compare: Compare, map: Option<&'a Value>, key: &'a str) -> (&'a str, Option<&'a Value>) {
    let map = map.and_then(Value::as_object);
    let exact = map.and_then(|map| map.get_key_value(key));
    let found = exact.or_else(|| map?.iter().find(|(name, _)| same_key(compare, name, key)));
    match found {
        Some((name, value)) => (name, Some(value).filter(|value| !value.is_null())),
        None => (key, None),
    }
}

/// An object whose members are managed one by one: a member that left the manifest is released.
pub fn members(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let Some(entries) = wanted.as_object() else { return };
    found.applied.forget(path);
    for (key, value) in entries {
        let place = path.key(key);
        let live = place.get(sides.live);
        if field.compare.same(value, live) {
            confirm(&place, value, sides, found);
        } else {
            let origin = origin(&place, value, sides, found);
            found
                .changes
                .push(change(field, &place, Some(value), live, origin, sides));
        }
    }
    for (key, _) in sides.applied.keys_below(path) {
        let place = path.key(&key);
        let is_cleared = sides.overrides.cleared.iter().any(|cleared| cleared.holds(&place));
        if !entries.contains_key(&key) && !is_cleared {
            release(place, found);
        }
    }
}

/// A list of which the manifest owns the items it names, written as a whole because ARM takes it so.
pub fn items(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let identity = Identity::of(field.compare);
    let (ours, live) = (texts(Some(wanted)), texts(path.get(sides.live)));
    let mine: Vec<String> = ours.iter().map(|item| identity.key(item)).collect();
    let left = sides
        .applied
        .keys_below(path)
        .into_iter()
        .filter(|(key, ours)| *ours && !mine.contains(key))
        .map(|(key, _)| key);
    let (stay, dropped): (Vec<String>, Vec<String>) = left.partition(|key| is_always_there(field.compare, key));
    stay.iter().for_each(|key| release(path.key(key), found));
    let kept = live
        .iter()
        .filter(|item| !mine.contains(&identity.key(item)) && !dropped.contains(&identity.key(item)));
    if ours.is_empty() && field.compare == Compare::Taints {
        let theirs = kept.clone().filter(|taint| !is_taint_of_aks(taint));
        tell_left(path, theirs.cloned().collect(), found);
    }
    let target: Vec<String> = kept.chain(&ours).cloned().collect();
    let place = |item: &String| path.key(&identity.key(item));
    found.applied.forget(path);

    if identity.sorted(&target) == identity.sorted(&live) {
        for item in &ours {
            confirm(&place(item), &Value::String(item.clone()), sides, found);
        }
        dropped.iter().for_each(|key| found.applied.forget(&path.key(key)));
        return;
    }
    let missing = ours
        .iter()
        .filter(|item| !live.iter().any(|live| identity.same(item, live)));
    let mut origins: Vec<Origin> = missing
        .map(|item| origin(&place(item), &Value::String(item.clone()), sides, found))
        .collect();
    if live.iter().any(|item| dropped.contains(&identity.key(item))) {
        origins.push(Origin::Edit);
    }
    // The list is one value to ARM: one edit in it makes the whole write an edit.
    let origin = [Origin::Edit, Origin::Unrecorded]
        .into_iter()
        .find(|origin| origins.contains(origin))
        .unwrap_or(Origin::Drift);
    let target = Value::Array(target.into_iter().map(Value::String).collect());
    found
        .changes
        .push(change(field, path, Some(&target), path.get(sides.live), origin, sides));
}

/// Taints that AKS sets itself, such as the one of spot pools.
pub fn is_taint_of_aks(taint: &str) -> bool {
    taint.starts_with("kubernetes.azure.com/")
}

/// An empty list takes out what is on record as ours and nothing else, which a reader of the manifest may not expect.
fn tell_left(path: &Path, theirs: Vec<String>, found: &mut Difference) {
    if !theirs.is_empty() {
        found.notes.push(format!(
            "{path} is empty and {} stays, because it is not on record as Armature's; put {path} into spec.clear instead of the empty value to take it away",
            theirs.join(", ")
        ));
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What makes two items of a list the same item.
#[derive(Clone, Copy)]
enum Identity {
    /// Key and effect of a taint; its value may change.
    Taint,
    /// The text without regard to case.
    Text,
}

impl Identity {
    fn of(compare: Compare) -> Self {
        match compare {
            Compare::Taints => Self::Taint,
            _ => Self::Text,
        }
    }

    fn key(self, item: &str) -> String {
        match self {
            Self::Taint => {
                let (pair, effect) = item.rsplit_once(':').unwrap_or((item, ""));
                format!("{}:{effect}", pair.split('=').next().unwrap_or(pair))
            }
            Self::Text => fold_text(item),
        }
    }

    fn same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Taint => one == other,
            Self::Text => one.eq_ignore_ascii_case(other),
        }
    }

    fn sorted(self, items: &[String]) -> Vec<String> {
        let mut items: Vec<String> = items
            .iter()
            .map(|item| match self {
                Self::Taint => item.clone(),
                Self::Text => fold_text(item),
            })
            .collect();
        items.sort();
        items
    }
}
