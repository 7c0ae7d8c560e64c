//! The table and the custom resources name the same fields.

use std::collections::BTreeSet;

use kube::CustomResourceExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::fields::{Field, cluster, pool};
use armature_api::{AksCluster, AksClusterSpec, AksNodePool, AksNodePoolSpec, CLUSTER_SETTINGS, POOL_SETTINGS};

/// Rows whose path only ARM has, and the field of the manifest that becomes it.
const RENAMED: &[(&str, &str)] = &[("identity.userAssignedIdentities", "identity.userAssignedIdentityId")];

/// Maps with keys that AKS fixes.
const FIXED_KEYS: &[(&str, &str)] = &[("identityProfile", "kubeletidentity")];

/// The fields of a spec without children, as users write them.
fn leaves(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    if let Some(properties) = schema["properties"].as_object() {
        for (name, schema) in properties {
            leaves(schema, &below(name), found);
        }
    } else if let Some((_, key)) = FIXED_KEYS.iter().find(|(map, _)| *map == path) {
        leaves(&schema["additionalProperties"], &below(key), found);
    } else {
        found.insert(path.to_owned());
    }
}

pub(super) fn spec<K: CustomResourceExt>() -> Value {
    let definition = serde_json::to_value(K::crd()).unwrap();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
}

/// The path of a row as users write it in the spec.
pub(super) fn written(field: &Field) -> String {
    let renamed = RENAMED.iter().find(|(row, _)| *row == field.path);
    renamed.map_or_else(
        || crate::path::Path::shown(field.path).to_owned(),
        |(_, written)| (*written).to_owned(),
    )
}

fn is_at_or_below(leaf: &str, row: &str) -> bool {
    leaf.strip_prefix(row)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn check<K: CustomResourceExt>(table: &[Field], settings: &[&str]) {
    let mut found = BTreeSet::new();
    leaves(&spec::<K>(), "", &mut found);
    found.retain(|leaf| !settings.iter().any(|setting| is_at_or_below(leaf, setting)));
    assert!(found.len() > 40, "the schema was walked: {found:?}");

    let rows: Vec<String> = table.iter().map(written).collect();
    for leaf in &found {
        let covering: Vec<&String> = rows.iter().filter(|row| is_at_or_below(leaf, row)).collect();
        assert_eq!(covering.len(), 1, "{leaf} is covered by {covering:?}");
    }
    for row in &rows {
        let used = found.iter().any(|leaf| is_at_or_below(leaf, row));
        assert!(used, "no field of the manifest is at or below the row {row}");
    }
}

#[test]
fn every_setting_of_a_cluster_has_exactly_one_row_and_every_row_a_setting() {
    check::<AksCluster>(cluster::FIELDS, CLUSTER_SETTINGS);
}

#[test]
fn every_setting_of_a_pool_has_exactly_one_row_and_every_row_a_setting() {
    check::<AksNodePool>(pool::FIELDS, POOL_SETTINGS);
}

#[test]
fn a_setting_of_armature_exists_and_is_no_setting_of_aks() {
    for (spec, settings, table) in [
        (spec::<AksCluster>(), CLUSTER_SETTINGS, cluster::FIELDS),
        (spec::<AksNodePool>(), POOL_SETTINGS, pool::FIELDS),
    ] {
        for setting in settings {
            assert!(spec["properties"].get(*setting).is_some(), "{setting} is in the schema");
            let taken = table.iter().any(|field| is_at_or_below(&written(field), setting));
            assert!(!taken, "{setting} is a name of ARM too");
        }
    }
}

/// A value with every field of the schema, in which maps have one entry down to `depth` and are empty below.
pub(super) fn filled(schema: &Value, depth: u32) -> Value {
    if let Some(allowed) = schema["enum"].as_array() {
        return allowed.iter().find(|value| !value.is_null()).cloned().unwrap();
    }
    if let Some(fields) = schema["properties"].as_object() {
        let filled = fields
            .iter()
            .map(|(name, schema)| (name.clone(), filled(schema, depth)));
        return filled.collect::<Map<String, Value>>().into();
    }
    match (schema["type"].as_str(), &schema["additionalProperties"]) {
        (Some("object"), entry @ Value::Object(_)) => match depth.checked_sub(1) {
            Some(depth) => json!({ "key": filled(entry, depth) }),
            None => json!({}),
        },
        (Some("object"), _) => json!({"any": 1}),
        (Some("array"), _) => json!([filled(&schema["items"], depth)]),
        (Some("boolean"), _) => json!(true),
        (Some("integer"), _) => json!(1),
        (Some("number"), _) => json!(1.5),
        (Some("string"), _) => json!("1"),
        _ => json!("1"),
    }
}

/// Where `written` has something else than the map that `given` has.
fn no_maps(given: &Value, written: &Value, path: &str, found: &mut Vec<String>) {
    match (given, written) {
        (Value::Object(given), Value::Object(written)) => {
            let both = |name: &String| written.get(name).map(|value| (name.clone(), value));
            for (name, value) in given.keys().filter_map(both) {
                no_maps(&given[&name], value, &format!("{path}.{name}"), found);
            }
        }
        (Value::Object(_), _) => found.push(path.to_owned()),
        (Value::Array(given), Value::Array(written)) => {
            let both = given.iter().zip(written);
            both.for_each(|(given, written)| no_maps(given, written, path, found));
        }
        _ => {}
    }
}

fn check_maps<K: CustomResourceExt, S: DeserializeOwned + Serialize>() {
    for depth in 0..4 {
        let given = filled(&spec::<K>(), depth);
        let read: S = serde_json::from_value(given.clone()).unwrap();
        let mut found = Vec::new();
        no_maps(&given, &serde_json::to_value(read).unwrap(), "spec", &mut found);
        assert_eq!(found, [""; 0], "{depth}");
    }
}

#[test]
fn a_map_is_written_as_a_map_in_every_field_however_full_it_is() {
    check_maps::<AksCluster, AksClusterSpec>();
    check_maps::<AksNodePool, AksNodePoolSpec>();
}
