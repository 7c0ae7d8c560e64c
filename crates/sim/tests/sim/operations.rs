//! Who waits for whom, what deletion pushes aside, what power does.

use serde_json::json;

use crate::support::{Sim, cluster_body, pool_body, with};

#[tokio::test]
async fn a_cluster_operation_blocks_the_cluster_and_its_pools() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    let again = sim
        .put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(409);
    assert_eq!(again.body["code"], "OperationNotAllowed");
    assert!(
        again.text.contains("Another operation (Updating) is in progress"),
        "{}",
        again.text
    );
    sim.put(&sim.pool("work"), pool_body()).await.expect(409);
    sim.delete(&sim.pool("system")).await.expect(409);
    sim.patch(&sim.cluster("c"), json!({"tags": {}})).await.expect(409);
    sim.minutes(30);
    sim.put(&sim.pool("work"), pool_body()).await.expect(201);
}

#[tokio::test]
async fn a_pool_operation_blocks_the_cluster_and_this_pool_but_no_other_pool() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.pool("one"), pool_body()).await.expect(201);
    sim.put(&sim.pool("two"), pool_body()).await.expect(201);
    let same = sim.put(&sim.pool("one"), pool_body()).await.expect(409);
    assert!(
        same.text.contains("Another agentpool operation (one - Creating)"),
        "{}",
        same.text
    );
    let cluster = sim
        .put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(409);
    assert!(
        cluster
            .text
            .contains("Another operation (Creating) is in progress on agent pool (one)"),
        "{}",
        cluster.text
    );
    assert_eq!(
        sim.get(&sim.cluster("c")).await.state(),
        "Succeeded",
        "the cluster itself does nothing"
    );
}

#[tokio::test]
async fn deleting_a_cluster_pushes_aside_what_runs() {
    let sim = Sim::start().await;
    sim.group().await;
    let created = sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    let creation = created.header("azure-asyncoperation").unwrap().to_owned();
    let first = sim.delete(&sim.cluster("c")).await.expect(202);
    let status = sim.get(&creation).await.expect(200).body;
    assert_eq!(status["error"]["code"], "AKSOperationPreemptedByDelete");
    let refused = sim.put(&sim.cluster("c"), cluster_body()).await.expect(409);
    assert!(refused.text.contains("deletion was issued"), "{}", refused.text);
    let second = sim.delete(&sim.cluster("c")).await.expect(202);
    assert_eq!(
        first.header("azure-asyncoperation"),
        second.header("azure-asyncoperation")
    );
    sim.minutes(30);
    sim.get(&sim.cluster("c")).await.expect(404);
}

#[tokio::test]
async fn deleting_a_pool_pushes_aside_its_own_operation() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let created = sim.put(&sim.pool("work"), pool_body()).await.expect(201);
    let creation = created.header("azure-asyncoperation").unwrap().to_owned();
    sim.delete(&sim.pool("work")).await.expect(202);
    assert_eq!(
        sim.get(&creation).await.body["error"]["code"],
        "AKSOperationPreemptedByDelete"
    );
    sim.put(&sim.pool("work"), pool_body()).await.expect(409);
    sim.minutes(30);
    sim.get(&sim.pool("work")).await.expect(404);
    sim.delete(&sim.pool("work")).await.expect(204);
}

#[tokio::test]
async fn the_state_names_what_a_pool_put_does() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.ready_pool("work").await;
    let scaled = sim
        .put(&sim.pool("work"), with(pool_body(), "count", json!(3)))
        .await
        .expect(200);
    assert_eq!(scaled.state(), "Scaling");
    sim.minutes(30);
    let labelled = with(with(pool_body(), "count", json!(3)), "nodeLabels", json!({"a": "b"}));
    assert_eq!(
        sim.put(&sim.pool("work"), labelled).await.expect(200).state(),
        "Updating"
    );
    sim.minutes(30);
    let stopped = json!({"properties": {"powerState": {"code": "Stopped"}}});
    assert_eq!(
        sim.put(&sim.pool("work"), stopped).await.expect(200).state(),
        "Stopping"
    );
    sim.minutes(30);
    let pool = sim.get(&sim.pool("work")).await.body;
    assert_eq!(pool["properties"]["powerState"]["code"], "Stopped");
    assert_eq!(pool["properties"]["count"], 3);
}

#[tokio::test]
async fn stop_and_start_show_on_cluster_and_pools() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let stopping = sim.post(&format!("{}/stop", sim.cluster("c"))).await.expect(202);
    let url = stopping.header("azure-asyncoperation").unwrap().to_owned();
    let early = sim.get(&url).await.expect(200).body;
    assert_eq!(
        (early["status"].as_str(), early["error"]["code"].as_str()),
        (Some("InProgress"), Some("NotLatestOperation"))
    );
    sim.minutes(1);
    assert!(sim.get(&url).await.body.get("error").is_none());
    sim.minutes(30);
    let stopped = sim.get(&sim.cluster("c")).await.body;
    assert_eq!(stopped["properties"]["powerState"]["code"], "Stopped");
    assert_eq!(
        stopped["properties"]["agentPoolProfiles"][0]["powerState"]["code"],
        "Stopped"
    );
    sim.post(&format!("{}/stop", sim.cluster("c"))).await.expect(409);
    sim.post(&format!("{}/start", sim.cluster("c"))).await.expect(202);
    sim.minutes(30);
    assert_eq!(
        sim.get(&sim.cluster("c")).await.body["properties"]["powerState"]["code"],
        "Running"
    );
}

#[tokio::test]
async fn abort_cancels_what_runs_and_nothing_else() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let abort = format!("{}/abort", sim.cluster("c"));
    sim.post(&abort).await.expect(409);
    let update = sim
        .put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    let url = update.header("azure-asyncoperation").unwrap().to_owned();
    sim.post(&abort).await.expect(202);
    assert_eq!(sim.get(&url).await.body["status"], "Canceled");
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Canceling");
    sim.minutes(5);
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Canceled");
    sim.put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    sim.minutes(30);
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Succeeded");
}

#[tokio::test]
async fn a_tags_patch_replaces_all_tags() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let patched = sim
        .patch(&sim.cluster("c"), json!({"tags": {"b": "2"}}))
        .await
        .expect(200);
    assert!(patched.header("azure-asyncoperation").is_some());
    sim.minutes(1);
    let cluster = sim.get(&sim.cluster("c")).await;
    assert_eq!(
        (cluster.state(), &cluster.body["tags"]),
        ("Succeeded", &json!({"b": "2"}))
    );
}

#[tokio::test]
async fn a_put_keeps_what_it_leaves_out_and_the_pools() {
    let sim = Sim::start().await;
    let before = sim.ready_cluster("c").await;
    sim.ready_pool("work").await;
    sim.put(
        &sim.cluster("c"),
        json!({"location": "westeurope", "tags": {"new": "1"}}),
    )
    .await
    .expect(200);
    sim.minutes(30);
    let after = sim.get(&sim.cluster("c")).await.body;
    assert_eq!(after["tags"], json!({"new": "1"}));
    assert_eq!(
        after["properties"]["networkProfile"],
        before["properties"]["networkProfile"]
    );
    assert_eq!(after["properties"]["agentPoolProfiles"].as_array().unwrap().len(), 2);
}
