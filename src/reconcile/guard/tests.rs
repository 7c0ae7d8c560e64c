use kube::core::ObjectList;
use kube::core::watch::WatchEvent;
use serde_json::{Value, json};

use super::*;

fn cluster(spec: &Value, status: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "aks.armature.dev/v1alpha1",
        "kind": "AksCluster",
        "metadata": {
            "name": "shop", "namespace": "team", "uid": "u", "resourceVersion": "7", "generation": 3,
            "finalizers": ["aks.armature.dev/finalizer"],
            "labels": { "team": "core" },
            "annotations": { "aks.armature.dev/release": "now", "example.com/note": "x" },
        },
        "spec": {
            "subscriptionId": "00000000-0000-0000-0000-000000000001", "resourceGroup": "fleet", "location": "westeurope",
        },
        "status": status,
    });
    object["spec"]
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    object
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, level| {
        if level % 2 == 0 {
            json!([value])
        } else {
            json!({ "v": value })
        }
    })
}

fn read_value(object: &Value) -> Guarded<AksCluster> {
    read(&object.to_string()).unwrap()
}

fn problem(object: &Value) -> String {
    match read_value(object) {
        Guarded::Readable(_) => panic!("{object} can be read"),
        Guarded::Unreadable(object) => object.problem,
    }
}

/// Every way in which an object can be beyond reading, and what is said of it.
fn unreadable() -> Vec<(Value, &'static str)> {
    let time = json!({ "lastError": {
        "code": "X", "message": "x", "nextStep": "x", "at": "2026-01-01T00:00:00+99:99", "count": 1,
    } });
    let deep = json!({ "overrides": [{ "path": "a", "remove": true }, { "path": "b", "value": nested(140) }] });
    let number = json!({ "kubernetesVersion": 1.33 });
    vec![
        (cluster(&deep, &json!({})), "spec.overrides[1].value"),
        (
            cluster(&json!({}), &time),
            "status.lastError.at can't be read (it is not as the definition says)",
        ),
        (
            cluster(&number, &json!({})),
            "spec.kubernetesVersion can't be read (expected a string)",
        ),
        (
            cluster(&json!({ "driftPolicy": "hunter2" }), &json!({})),
            "spec.driftPolicy can't be read (expected `Enforce` or `Report`)",
        ),
        (
            cluster(&json!({ "sku": "Base" }), &json!({})),
            "spec.sku can't be read (expected struct",
        ),
        (
            cluster(&json!({ "dnsPrefix": "x".repeat(300 * 1024) }), &json!({})),
            "spec is longer than 256 KiB",
        ),
        (
            cluster(&json!({ "location": null }), &json!({ "conditions": 7 })),
            "spec.location can't be read (expected a string)",
        ),
    ]
}

#[test]
fn what_cannot_be_read_is_named_by_its_field_and_never_quoted() {
    for (object, expected) in unreadable() {
        let problem = problem(&object);
        assert!(problem.starts_with(expected), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
        assert!(problem.len() < 300, "{problem}");
    }
    assert!(problem(&unreadable()[0].0).ends_with("is nested more than 64 levels deep"));
}

#[test]
fn one_unreadable_object_leaves_the_others_of_its_list_readable() {
    for (bad, _) in unreadable() {
        let good = cluster(&json!({}), &json!({}));
        let list = json!({
            "apiVersion": "aks.armature.dev/v1alpha1", "kind": "AksClusterList", "metadata": {},
            "items": [good, bad, good],
        });
        let list: ObjectList<Guarded<AksCluster>> = serde_json::from_str(&list.to_string()).unwrap();
        let read: Vec<bool> = list
            .items
            .iter()
            .map(|item| matches!(item, Guarded::Readable(_)))
            .collect();
        assert_eq!(read, [true, false, true]);
        let event = format!(r#"{{"type":"MODIFIED","object":{bad}}}"#);
        let event: WatchEvent<Guarded<AksCluster>> = serde_json::from_str(&event).unwrap();
        assert!(matches!(event, WatchEvent::Modified(Guarded::Unreadable(_))));
    }
}

#[test]
fn what_is_not_read_may_be_nested_as_deeply_as_it_likes() {
    let mut object = cluster(&json!({}), &json!({}));
    object["metadata"]["managedFields"] = json!([{ "fieldsV1": nested(1000) }]);
    // The parser of a value as such has a limit of its own, and a watch has none.
    let text = object.to_string();
    assert!(matches!(read::<AksCluster>(&text), Ok(Guarded::Readable(_))));
}

#[test]
fn a_readable_object_is_what_the_cache_keeps_of_it() {
    let text = cluster(&json!({ "tags": { "a": "b" } }), &json!({ "observedGeneration": 3 })).to_string();
    let Guarded::Readable(read) = read::<AksCluster>(&text).unwrap() else {
        panic!("it can be read");
    };
    let mut whole: AksCluster = serde_json::from_str(&text).unwrap();
    cache::trim(&mut whole);
    assert_eq!(
        serde_json::to_value(read).unwrap(),
        serde_json::to_value(whole).unwrap()
    );
}

#[test]
fn the_fields_that_cannot_be_read_are_known_one_by_one() {
    let deep = json!([{ "path": "b", "value": nested(140) }]);
    let object = cluster(
        &json!({ "sku": "Base", "overrides": deep, "kubernetesVersion": 1, "dnsPrefix": "a" }),
        &json!({}),
    );
    let Guarded::Unreadable(object) = read_value(&object) else {
        panic!("it can be read");
    };
    let Spoiled::Fields(mut fields) = object.spoiled else {
        panic!("the rest can be read");
    };
    fields.sort();
    assert_eq!(fields, ["kubernetesVersion", "overrides", "sku"]);
}

#[test]
fn a_spec_that_is_missing_or_no_set_of_fields_is_named_and_the_second_is_taken_out() {
    for (spec, problem, out) in [
        (None, "spec can't be read (missing field", None),
        (Some(json!({})), "spec can't be read (missing field", None),
        (Some(json!("x")), "spec is no set of fields", Some(Value::Null)),
        (Some(json!(7)), "spec is no set of fields", Some(Value::Null)),
        (Some(json!([])), "spec is no set of fields", Some(Value::Null)),
        (Some(json!([{}])), "spec is no set of fields", Some(Value::Null)),
    ] {
        let mut object = cluster(&json!({}), &json!({}));
        match &spec {
            Some(spec) => object["spec"] = spec.clone(),
            None => drop(object.as_object_mut().unwrap().remove("spec")),
        }
        let Guarded::Unreadable(object) = read_value(&object) else {
            panic!("{spec:?} can be read");
        };
        assert!(object.problem.starts_with(problem), "{}", object.problem);
        assert_eq!(object.spoiled.without(), out, "{spec:?}");
        assert!(object.salvage.deletion.protected);
    }
}

#[test]
fn metadata_of_an_unreadable_object_is_kept() {
    let Guarded::Unreadable(object) = read_value(&unreadable()[0].0) else {
        panic!("it can be read");
    };
    assert_eq!(object.metadata.name.as_deref(), Some("shop"));
    assert_eq!(object.metadata.finalizers.as_ref().map(Vec::len), Some(1));
    assert_eq!(object.metadata.annotations.as_ref().map(BTreeMap::len), Some(1));
}
