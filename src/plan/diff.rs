//! Desired against live, field by field.

use serde_json::Value;

use super::applied::Applied;
use super::change::{Change, Origin, Target};
use super::compare::Compare;
use super::effect::Transition;
use super::fields::Field;
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
    /// Paths where Azure is at a later version than the manifest names.
    pub ahead: Vec<(Path, String)>,
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
    /// Whether the last operation ended well: only then does a live value count as confirmed.
    pub settled: bool,
    /// The version that runs, where a floor is compared with it and effects depend on it.
    pub running: Option<Version>,
    /// Whether the autoscaler owns the node count.
    pub autoscaled: bool,
}

/// Compares both sides along the table.
pub fn diff(table: &[Field], sides: Sides<'_>) -> Difference {
    let mut found = Difference {
        applied: sides.applied.clone(),
        ..Difference::default()
    };
    for field in table {
        let path = Path::new(field.path);
        match path.get(sides.wanted) {
            None => {
                if sides.applied.has(&path) || !sides.applied.keys_below(&path).is_empty() {
                    found.released.push(path);
                }
            }
            Some(wanted) => match field.compare {
                Compare::Keyed | Compare::Addons => keyed(field, &path, wanted, sides, &mut found),
                Compare::Taints => taints(field, &path, wanted, sides, &mut found),
                Compare::Floor => floor(field, &path, wanted, sides, &mut found),
                Compare::Count if sides.autoscaled => {}
                _ => whole(field, &path, wanted, sides, &mut found),
            },
        }
    }
    found
}

/// A value that is managed as a whole.
fn whole(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let live = path.get(sides.live);
    let default = default(field, wanted);
    if field.compare.same(wanted, live.or(default.as_ref())) {
        confirm(path, wanted, sides, found);
    } else {
        found.changes.push(change(field, path, Some(wanted), live, sides));
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

/// A map owned by key: ours are kept right, ours that were dropped are removed, others are left alone.
fn keyed(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let Some(entries) = wanted.as_object() else { return };
    for (key, value) in entries {
        let place = path.key(key);
        let live = place.get(sides.live).or_else(|| any_case(path.get(sides.live), key));
        if field.compare.same(value, live) {
            confirm(&place, value, sides, found);
        } else {
            found.changes.push(change(field, &place, Some(value), live, sides));
        }
    }
    for key in sides
        .applied
        .keys_below(path)
        .into_iter()
        .filter(|key| !entries.contains_key(key))
    {
        let place = path.key(&key);
        let gone = match (field.compare, place.get(sides.live)) {
            (_, None) => true,
            (Compare::Addons, Some(live)) => live.get("enabled") != Some(&Value::Bool(true)),
            (_, Some(_)) => false,
        };
        if gone {
            found.applied.forget(&place);
        } else {
            found.changes.push(Change {
                origin: Origin::Edit,
                ..change(field, &place, None, place.get(sides.live), sides)
            });
        }
    }
}

/// Azure compares tag names and add-on names without regard to case.
fn any_case<'a>(map: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    map?.as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

/// A list of taints owned by key and effect, written as a whole because ARM takes it so.
fn taints(field: &Field, path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    let texts = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (ours, live) = (texts(Some(wanted)), texts(path.get(sides.live)));
    let mine: Vec<String> = ours.iter().map(|taint| taint_key(taint)).collect();
    let dropped: Vec<String> = sides
        .applied
        .keys_below(path)
        .into_iter()
        .filter(|key| !mine.contains(key))
        .collect();
    let kept = live
        .iter()
        .filter(|taint| !mine.contains(&taint_key(taint)) && !dropped.contains(&taint_key(taint)));
    let target: Vec<String> = kept.chain(&ours).cloned().collect();

    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    if sorted(&target) == sorted(&live) {
        for taint in &ours {
            confirm(
                &path.key(&taint_key(taint)),
                &Value::String(taint.clone()),
                sides,
                found,
            );
        }
        dropped.iter().for_each(|key| found.applied.forget(&path.key(key)));
        return;
    }
    let known = |taint: &String| {
        sides
            .applied
            .confirms(&path.key(&taint_key(taint)), &Value::String(taint.clone()))
    };
    let origin = if sides.applied.is_empty() {
        Origin::Unrecorded
    } else if dropped.is_empty() && ours.iter().all(known) {
        Origin::Drift
    } else {
        Origin::Edit
    };
    let target = Value::Array(target.into_iter().map(Value::String).collect());
    found.changes.push(Change {
        origin,
        ..change(field, path, Some(&target), path.get(sides.live), sides)
    });
}

/// What makes a taint the same taint: its key and effect, not its value.
fn taint_key(taint: &str) -> String {
    let (pair, effect) = taint.rsplit_once(':').unwrap_or((taint, ""));
    format!("{}:{effect}", pair.split('=').next().unwrap_or(pair))
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
            found
                .changes
                .push(change(field, path, Some(wanted), live.as_ref(), sides));
        }
    }
}

fn confirm(path: &Path, wanted: &Value, sides: Sides<'_>, found: &mut Difference) {
    if sides.settled {
        found.applied.confirm(path, wanted);
    }
}

fn change(field: &Field, path: &Path, to: Option<&Value>, from: Option<&Value>, sides: Sides<'_>) -> Change {
    let origin = match to {
        _ if sides.applied.is_empty() => Origin::Unrecorded,
        Some(wanted) if sides.applied.confirms(path, wanted) => Origin::Drift,
        _ => Origin::Edit,
    };
    let effect = field.effect.of(&Transition {
        from,
        to,
        kubernetes: sides.running,
    });
    Change {
        target: sides.target.clone(),
        path: path.clone(),
        from: from.cloned(),
        to: to.cloned(),
        origin,
        effect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fields::{cluster, pool};
    use serde_json::json;

    fn look(table: &[Field], wanted: &Value, live: &Value, applied: &Applied) -> Difference {
        let sides = Sides {
            target: &Target::Cluster,
            wanted,
            live,
            applied,
            settled: true,
            running: Some("1.33.2".parse().unwrap()),
            autoscaled: false,
        };
        diff(table, sides)
    }

    fn confirmed(table: &[Field], body: &Value) -> Applied {
        look(table, body, body, &Applied::default()).applied
    }

    #[test]
    fn an_absent_field_is_never_drift() {
        let live = json!({"properties": {"disableLocalAccounts": true}, "tags": {"policy": "x"}});
        assert_eq!(
            look(cluster::FIELDS, &json!({}), &live, &Applied::default()).changes,
            []
        );
    }

    #[test]
    fn a_confirmed_value_that_changed_in_azure_is_drift_and_a_new_one_in_git_is_an_edit() {
        let before = json!({"properties": {"disableLocalAccounts": true, "publicNetworkAccess": "Enabled"}});
        let applied = confirmed(cluster::FIELDS, &before);
        let live = json!({"properties": {"disableLocalAccounts": false, "publicNetworkAccess": "Enabled"}});
        let wanted = json!({"properties": {"disableLocalAccounts": true, "publicNetworkAccess": "Disabled"}});
        let found = look(cluster::FIELDS, &wanted, &live, &applied);
        let origins: Vec<_> = found
            .changes
            .iter()
            .map(|change| (change.path.to_string(), change.origin))
            .collect();
        assert!(origins.contains(&("disableLocalAccounts".into(), Origin::Drift)));
        assert!(origins.contains(&("publicNetworkAccess".into(), Origin::Edit)));
    }

    #[test]
    fn without_a_record_nobody_can_tell() {
        let found = look(
            cluster::FIELDS,
            &json!({"sku": {"tier": "Standard"}}),
            &json!({"sku": {"tier": "Free"}}),
            &Applied::default(),
        );
        assert_eq!(found.changes[0].origin, Origin::Unrecorded);
    }

    #[test]
    fn keys_we_applied_and_dropped_are_removed_and_keys_of_others_stay() {
        let applied = confirmed(cluster::FIELDS, &json!({"tags": {"ours": "1", "old": "1"}}));
        let live = json!({"tags": {"ours": "1", "old": "1", "policy": "x"}});
        let found = look(cluster::FIELDS, &json!({"tags": {"ours": "1"}}), &live, &applied);
        assert_eq!(found.changes.len(), 1);
        assert_eq!(
            (found.changes[0].path.to_string().as_str(), &found.changes[0].to),
            ("tags[old]", &None)
        );
    }

    #[test]
    fn a_dropped_addon_counts_as_gone_once_it_is_disabled() {
        let applied = confirmed(
            cluster::FIELDS,
            &json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}}),
        );
        let wanted = json!({"properties": {"addonProfiles": {}}});
        let on = json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}});
        assert_eq!(look(cluster::FIELDS, &wanted, &on, &applied).changes.len(), 1);
        let off = json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": false}}}});
        let found = look(cluster::FIELDS, &wanted, &off, &applied);
        assert_eq!((found.changes, found.applied), (vec![], Applied::default()));
    }

    #[test]
    fn a_field_that_left_the_manifest_is_released_and_keeps_its_value() {
        let applied = confirmed(cluster::FIELDS, &json!({"sku": {"tier": "Standard"}}));
        let found = look(
            cluster::FIELDS,
            &json!({}),
            &json!({"sku": {"tier": "Standard"}}),
            &applied,
        );
        assert_eq!(found.changes, []);
        assert_eq!(found.released, [Path::new("sku.tier")]);
    }

    #[test]
    fn a_version_that_runs_beyond_the_floor_is_no_change() {
        let found = look(
            cluster::FIELDS,
            &json!({"properties": {"kubernetesVersion": "1.32"}}),
            &json!({}),
            &Applied::default(),
        );
        assert_eq!(found.changes, []);
        assert_eq!(
            found.ahead,
            [(Path::new("properties.kubernetesVersion"), "1.33.2".to_owned())]
        );
    }

    #[test]
    fn taints_are_written_as_a_whole_and_those_of_azure_are_kept() {
        let spot = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule";
        let applied = confirmed(
            pool::FIELDS,
            &json!({"properties": {"nodeTaints": ["team=a:NoSchedule", "old=1:NoExecute"]}}),
        );
        let live = json!({"properties": {"nodeTaints": [spot, "team=a:NoSchedule", "old=1:NoExecute"]}});
        let found = look(
            pool::FIELDS,
            &json!({"properties": {"nodeTaints": ["team=b:NoSchedule"]}}),
            &live,
            &applied,
        );
        assert_eq!(found.changes[0].to, Some(json!([spot, "team=b:NoSchedule"])));
    }

    #[test]
    fn the_count_is_the_autoscalers_once_it_is_on() {
        let sides = Sides {
            target: &Target::Pool("a".into()),
            wanted: &json!({"properties": {"count": 2}}),
            live: &json!({"properties": {"count": 7}}),
            applied: &Applied::default(),
            settled: true,
            running: None,
            autoscaled: true,
        };
        assert_eq!(diff(pool::FIELDS, sides).changes, []);
        assert_eq!(
            diff(
                pool::FIELDS,
                Sides {
                    autoscaled: false,
                    ..sides
                }
            )
            .changes
            .len(),
            1
        );
    }

    #[test]
    fn a_default_that_azure_leaves_out_is_no_difference() {
        let wanted =
            json!({"properties": {"spotMaxPrice": -1.0, "scaleSetPriority": "Regular", "enableUltraSSD": false}});
        assert_eq!(
            look(pool::FIELDS, &wanted, &json!({"properties": {}}), &Applied::default()).changes,
            []
        );
    }

    #[test]
    fn nothing_is_confirmed_while_the_last_operation_has_not_ended_well() {
        let body = json!({"sku": {"tier": "Standard"}});
        let sides = Sides {
            target: &Target::Cluster,
            wanted: &body,
            live: &body,
            applied: &Applied::default(),
            settled: false,
            running: None,
            autoscaled: false,
        };
        assert!(diff(cluster::FIELDS, sides).applied.is_empty());
    }
}
