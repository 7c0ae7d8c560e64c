//! Snapshots of pools, pools made from them, and pools that go back, over the wire.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{GROUP, Sim, pool_body, with};

fn snapshot(sim: &Sim) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{GROUP}/providers/Microsoft.ContainerService/snapshots/s",
        sim.subscription()
    )
}

fn made_of(source: &str) -> Value {
    json!({"location": "westeurope", "tags": {"a": "b"}, "properties": {"creationData": {"sourceResourceId": source}}})
}

#[tokio::test]
async fn a_snapshot_holds_what_its_pool_ran_and_new_pools_get_it() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.ready_pool("work").await;
    let pool = sim.get(&sim.pool("work")).await.expect(200).body;
    let path = snapshot(&sim);
    let made = sim.put(&path, made_of(&sim.pool("work"))).await.expect(201).body;
    assert_eq!(
        made["properties"]["nodeImageVersion"],
        pool["properties"]["nodeImageVersion"]
    );
    assert_eq!(made["properties"]["kubernetesVersion"], "1.35.8");
    assert_eq!(made["properties"]["osSku"], "Ubuntu");
    sim.put(&path, made_of(&sim.pool("absent"))).await.expect(400);
    // A newer image appears, and the pool moves on.
    sim.simulator.world().advance(SignedDuration::from_hours(24 * 14));
    sim.post(&format!("{}/upgradeNodeImageVersion", sim.pool("work")))
        .await
        .expect(202);
    sim.minutes(60);
    let newer = sim.get(&sim.pool("work")).await.expect(200).body;
    assert_ne!(
        newer["properties"]["nodeImageVersion"],
        made["properties"]["nodeImageVersion"]
    );
    let from = with(pool_body(), "creationData", json!({"sourceResourceId": path}));
    sim.put(&sim.pool("copy"), from.clone()).await.expect(201);
    sim.minutes(30);
    let copy = sim.get(&sim.pool("copy")).await.expect(200).body;
    assert_eq!(
        copy["properties"]["nodeImageVersion"],
        made["properties"]["nodeImageVersion"]
    );
    let other = with(from, "vmSize", json!("Standard_E4s_v5"));
    sim.put(&sim.pool("other"), other).await.expect(400);
    let tags = sim.patch(&path, json!({"tags": {"c": "d"}})).await.expect(200).body;
    assert_eq!(tags["tags"], json!({"c": "d"}));
    assert_eq!(tags["properties"], made["properties"]);
    sim.delete(&path).await.expect(200);
    sim.delete(&path).await.expect(204);
}

async fn used(sim: &Sim) -> Value {
    let path = format!("{}/upgradeProfiles/default", sim.pool("work"));
    sim.get(&path).await.expect(200).body["properties"]["recentlyUsedVersions"].clone()
}

#[tokio::test]
async fn a_pool_goes_back_to_its_last_image_once_and_within_a_week() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.ready_pool("work").await;
    let before = sim.get(&sim.pool("work")).await.expect(200).body["properties"].clone();
    assert_eq!(used(&sim).await, json!([]));
    sim.simulator.world().advance(SignedDuration::from_hours(24 * 14));
    let upgrade = format!("{}/upgradeNodeImageVersion", sim.pool("work"));
    sim.post(&upgrade).await.expect(202);
    sim.minutes(60);
    let last = used(&sim).await[0].clone();
    assert_eq!(last["nodeImageVersion"], before["nodeImageVersion"]);
    let back = with(
        with(pool_body(), "orchestratorVersion", last["orchestratorVersion"].clone()),
        "nodeImageVersion",
        last["nodeImageVersion"].clone(),
    );
    let accepted = sim.put(&sim.pool("work"), back.clone()).await.expect(200);
    assert_eq!(accepted.state(), "UpgradingNodeImageVersion");
    sim.minutes(60);
    let after = sim.get(&sim.pool("work")).await.expect(200).body["properties"].clone();
    assert_eq!(after["nodeImageVersion"], before["nodeImageVersion"]);
    assert_eq!(used(&sim).await, json!([]), "there is no second step back");
    sim.post(&upgrade).await.expect(202);
    sim.minutes(60);
    sim.simulator.world().advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(used(&sim).await, json!([]));
    sim.put(&sim.pool("work"), back).await.expect(400);
}
