//! What objects cost in the operator's cache.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../benches/memory/objects.rs"]
mod objects;

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
