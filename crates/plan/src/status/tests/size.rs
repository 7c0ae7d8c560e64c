//! A status is copied by every watch: it stays small however much there is to tell.

use serde_json::{Value, json};

use super::desk::Desk;
use crate::change::Target;
use crate::status::failure::Severity;
use crate::tests::world::cluster;

/// What fits easily below etcd's 1.5 MiB and into a terminal.
const MOST: usize = 64 * 1024;

fn size(desk: &Desk) -> usize {
    let status = desk.world.cluster.status.as_ref().unwrap();
    let pools = desk
        .world
        .pools
        .iter()
        .map(|pool| serde_json::to_vec(&pool.status).unwrap().len());
    // What Azure confirmed is one short line for each field of the manifest.
    let bounded = armature_api::AksClusterStatus {
        applied: std::collections::BTreeMap::new(),
        ..status.clone()
    };
    serde_json::to_vec(&bounded)
        .unwrap()
        .len()
        .max(pools.max().unwrap_or_default())
}

fn tags(value: &str) -> Value {
    (0..500)
        .map(|number| (format!("tag{number}"), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_plan_of_five_hundred_changes_counts_what_it_does_not_show() {
    let before = json!({"tags": tags(&"b".repeat(200))});
    let after = json!({"tags": tags(&"a".repeat(200))});
    let world = cluster(&before.to_string()).pool("sys", "mode: System").exists();
    let mut desk = Desk::new(world.edit(&after.to_string()));
    desk.report();
    let plan = desk.world.cluster.status.as_ref().unwrap().plan.clone().unwrap();
    assert_eq!(plan.changes.len(), 20);
    assert_eq!(plan.omitted, Some(480));
    assert!(size(&desk) < MOST, "{}", size(&desk));
}

#[test]
fn a_hundred_pools_of_somebody_else_do_not_fill_the_advice() {
    let mut world = cluster("").pool("sys", "mode: System").exists();
    let profiles = world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"]
        .as_array_mut()
        .unwrap();
    let strangers = (0..100).map(|number| json!({"name": format!("p{number}"), "mode": "User", "count": 1}));
    profiles.extend(strangers);
    let mut desk = Desk::new(world);
    desk.report();
    let advice = &desk.world.cluster.status.as_ref().unwrap().advice;
    assert_eq!(advice.len(), 21);
    assert_eq!(advice[20], "and 80 more");
}

#[test]
fn a_message_of_azure_of_any_length_is_cut() {
    let world = cluster("").pool("sys", "mode: System").exists();
    let mut desk = Desk::new(world).failed(Target::Cluster, Severity::User, false);
    desk.failure.as_mut().unwrap().message = "quota ".repeat(100_000);
    desk.report();
    assert!(size(&desk) < MOST, "{}", size(&desk));
}
