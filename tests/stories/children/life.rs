//! The life of a child: made when the cluster is ready for it, kept as the manifest says, deleted only if it is ours.

use armature_api::ChildState;
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line};
use crate::look;
use crate::world::World;

const KEY: &str = "maintenanceConfigurations/default";

fn weekly(hours: u32) -> Value {
    json!({ "maintenanceWindow": {
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
        "durationHours": hours,
        "startTime": "02:00",
    } })
}

fn with_window(hours: u32) -> Value {
    json!({ "maintenanceConfigurations": { "default": weekly(hours) } })
}

fn window_id(world: &World, cluster: &str) -> String {
    format!("{}/maintenanceConfigurations/default", world.azure.cluster_id(cluster))
}

async fn window(world: &World, cluster: &str) -> Option<Value> {
    world.azure.resource(&window_id(world, cluster), "2026-08-01").await
}

#[tokio::test]
async fn a_child_is_made_once_changed_once_and_deleted_when_it_leaves_the_manifest() {
    let world = World::new("children").await;
    let _operator = world.operator();
    world.create("shop", with_window(4)).await;
    let cluster = world.cluster_until("shop", "ready with its children", all_ready).await;
    let made = line(&cluster, KEY).unwrap();
    assert!(
        made.owned && made.last_checked.is_some() && made.error.is_none(),
        "{made:?}"
    );
    assert_eq!(
        window(&world, "shop").await.unwrap()["properties"]["maintenanceWindow"]["durationHours"],
        4
    );

    let before = world.now().await;
    world.apply(&world.cluster("shop", with_window(8))).await;
    world
        .write_until("the change", before, &format!("PUT shop {KEY}"))
        .await;
    world.cluster_until("shop", "ready again", all_ready).await;
    assert_eq!(
        window(&world, "shop").await.unwrap()["properties"]["maintenanceWindow"]["durationHours"],
        8
    );

    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| line(cluster, KEY).is_none())
        .await;
    assert_eq!(window(&world, "shop").await, None);
    let writes = [format!("PUT shop {KEY}"), format!("DELETE shop {KEY}")];
    assert_eq!(world.writes_after(before).await, writes);
}

#[tokio::test]
async fn a_child_that_was_there_before_is_brought_in_line_and_never_deleted() {
    let world = World::new("children-found").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    let body = json!({ "properties": weekly(4) });
    world
        .azure
        .write(Method::PUT, &window_id(&world, "shop"), Some(body))
        .await;
    let before = world.now().await;

    world.apply(&world.cluster("shop", with_window(4))).await;
    let cluster = world.cluster_until("shop", "ready with its children", all_ready).await;
    assert!(!line(&cluster, KEY).unwrap().owned);
    assert_eq!(
        world.writes_after(before).await,
        Vec::<String>::new(),
        "nothing differs"
    );

    drop(operator);
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| line(cluster, KEY).is_none())
        .await;
    assert!(window(&world, "shop").await.is_some(), "it is not ours to delete");
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_child_changed_in_azure_is_found_by_a_requested_look_and_put_right() {
    let world = World::new("children-drift").await;
    let _operator = world.operator();
    world.create("shop", with_window(4)).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;
    let other = json!({ "properties": weekly(12) });
    world
        .azure
        .write(Method::PUT, &window_id(&world, "shop"), Some(other))
        .await;
    let before = world.now().await;

    world.request_reconcile("shop").await;
    world
        .write_until("the window to be put right", before, &format!("PUT shop {KEY}"))
        .await;
    world.cluster_until("shop", "ready again", all_ready).await;
    assert_eq!(
        window(&world, "shop").await.unwrap()["properties"]["maintenanceWindow"]["durationHours"],
        4
    );
}

#[tokio::test]
async fn under_observe_a_child_is_compared_and_nothing_is_written() {
    let world = World::new("children-observe").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    drop(operator);
    let before = world.now().await;
    let mut fields = with_window(4);
    fields["managementPolicy"] = json!("Observe");
    world.apply(&world.cluster("shop", fields)).await;
    let _operator = world.operator();
    let held = |cluster: &_| is(cluster, KEY, ChildState::Held);
    let cluster = world.cluster_until("shop", "held", held).await;
    assert!(
        look::is_ready(&cluster),
        "what is held takes nothing away from the cluster"
    );
    assert!(look::has_reason(&cluster, "ChildrenReady", "ChildHeld"));
    assert_eq!(world.writes_after(before).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_policy_held_is_done_as_soon_as_the_policy_is_lifted() {
    let world = World::new("children-held").await;
    let _operator = world.operator();
    let held = |cluster: &_| is(cluster, KEY, ChildState::Held);
    let under = |hours, policy: &str, value: &str| {
        let mut fields = with_window(hours);
        fields[policy] = json!(value);
        fields
    };
    world.create("shop", with_window(4)).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let observed = under(8, "managementPolicy", "Observe");
    world.apply(&world.cluster("shop", observed)).await;
    world.cluster_until("shop", "held", held).await;
    let before = world.now().await;
    world.apply(&world.cluster("shop", with_window(8))).await;
    world.cluster_until("shop", "managed", all_ready).await;
    assert_eq!(world.writes_after(before).await, [format!("PUT shop {KEY}")]);

    let reported = under(8, "driftPolicy", "Report");
    world.apply(&world.cluster("shop", reported)).await;
    let gone = window_id(&world, "shop");
    world.azure.write(Method::DELETE, &gone, None).await;
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "held", held).await;
    let before = world.now().await;
    world.apply(&world.cluster("shop", with_window(8))).await;
    world.cluster_until("shop", "put right", all_ready).await;
    assert_eq!(world.writes_after(before).await, [format!("PUT shop {KEY}")]);
}

#[tokio::test]
async fn what_is_part_of_a_cluster_is_deleted_when_the_work_on_the_cluster_has_ended() {
    let world = World::with_manual_clock("children-busy").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", with_window(4))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let before = world.now().await;
    let standard = json!({ "sku": { "name": "Base", "tier": "Standard" } });
    world.apply(&world.cluster("shop", standard)).await;
    let waits = |cluster: &_| is(cluster, KEY, ChildState::Waiting);
    world.cluster_until("shop", "at work", waits).await;
    world.lists(2).await;
    assert_eq!(world.writes_after(before).await, ["PUT shop"]);
    world.admin().advance_until_idle().await.unwrap();
    world
        .cluster_until("shop", "without children", |cluster| line(cluster, KEY).is_none())
        .await;
    let writes = ["PUT shop".to_owned(), format!("DELETE shop {KEY}")];
    assert_eq!(world.writes_after(before).await, writes);
}
