//! What objects cost in the operator's cache.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../benches/memory/objects.rs"]
mod objects;

use armature::reconcile::guard::Guarded;
use armature_api::AksCluster;
use kube::core::ObjectList;
use serde_json::{Value, json};

#[test]
fn a_cluster_with_forty_fields_costs_less_than_six_kibibytes() {
    let cost = objects::cluster().unwrap();
    assert!(
        cost.manifest <= 6 * 1024,
        "{} fields: {cost:?}",
        objects::CLUSTER_FIELDS
    );
}

#[test]
fn a_pool_with_ten_fields_costs_less_than_two_kibibytes() {
    let cost = objects::pool().unwrap();
    assert!(cost.manifest <= 2 * 1024, "{} fields: {cost:?}", objects::POOL_FIELDS);
}

/// Objects as large as etcd takes them, of values that are a dozen times as large in memory.
fn page_of_huge_objects() -> String {
    let value = Value::from(vec![0; 600_000]);
    let object = json!({
        "metadata": { "name": "huge", "namespace": "team", "uid": "u", "resourceVersion": "7" },
        "spec": {
            "subscriptionId": "00000000-0000-0000-0000-000000000001", "resourceGroup": "fleet", "location": "westeurope",
            "overrides": [{ "path": "a.b", "value": value }],
        },
    });
    let page = json!({ "kind": "AksClusterList", "apiVersion": "v1", "metadata": {}, "items": vec![object; 20] });
    page.to_string()
}

#[test]
fn twenty_huge_objects_cost_the_text_of_one() {
    let text = page_of_huge_objects();
    let mut kept = None;
    let allocated = allocation_counter::measure(|| {
        kept = Some(serde_json::from_str::<ObjectList<Guarded<AksCluster>>>(&text).unwrap());
    });
    let items = kept.unwrap().items;
    assert_eq!(items.len(), 20);
    let one = u64::try_from(text.len() / 20).unwrap();
    assert!(allocated.bytes_max < 2 * one, "{} bytes at once", allocated.bytes_max);
    // The places of the list, each as large as a readable object takes, and what is told of each object.
    let most = items.capacity() * size_of::<Guarded<AksCluster>>() + 20 * 1024;
    assert!(
        allocated.bytes_current < i64::try_from(most).unwrap(),
        "{} bytes kept",
        allocated.bytes_current
    );
}
