//! Operations that fail: what stays, and how they are resumed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, cluster_body};

fn fails(call: &str) -> Value {
    json!({"match": {"call": call}, "times": 1, "fault": {"operationFails": {"code": "QuotaExceeded", "message": "no cores"}}})
}

#[tokio::test]
async fn a_failed_operation_keeps_the_goal_and_the_next_put_resumes_it() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(fails("ManagedClusters_CreateOrUpdate")).await;
    let upgrade = json!({"location": "westeurope", "properties": {"kubernetesVersion": "1.36.4"}});
    let accepted = sim.put(&sim.cluster("c"), upgrade.clone()).await.expect(200);
    let url = accepted.header("azure-asyncoperation").unwrap().to_owned();
    sim.minutes(60);
    let status = sim.get(&url).await.expect(200).body;
    assert_eq!(
        (&status["status"], &status["error"]["code"]),
        (&json!("Failed"), &json!("QuotaExceeded"))
    );
    let failed = sim.get(&sim.cluster("c")).await;
    assert_eq!(failed.state(), "Failed");
    assert_eq!(failed.body["properties"]["kubernetesVersion"], "1.36.4");
    assert_eq!(
        failed.body["properties"]["status"]["provisioningError"]["code"],
        "QuotaExceeded"
    );
    sim.put(&sim.cluster("c"), upgrade).await.expect(200);
    sim.minutes(60);
    let resumed = sim.get(&sim.cluster("c")).await;
    assert_eq!(resumed.state(), "Succeeded");
    assert_eq!(resumed.body["properties"]["currentKubernetesVersion"], "1.36.4");
    assert!(resumed.body["properties"].get("status").is_none());
}

#[tokio::test]
async fn a_failed_pool_upgrade_leaves_the_old_nodes() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let upgrade = json!({"location": "westeurope", "properties": {"kubernetesVersion": "1.36.4"}});
    sim.put(&sim.cluster("c"), upgrade).await.expect(200);
    sim.minutes(60);
    sim.fault(fails("AgentPools_CreateOrUpdate")).await;
    let body = json!({"properties": {"orchestratorVersion": "1.36.4"}});
    sim.put(&sim.pool("system"), body.clone()).await.expect(200);
    sim.minutes(60);
    let failed = sim.get(&sim.pool("system")).await;
    assert_eq!(failed.state(), "Failed");
    assert_eq!(failed.body["properties"]["currentOrchestratorVersion"], "1.35.8");
    assert_eq!(
        sim.put(&sim.pool("system"), body).await.expect(200).state(),
        "Upgrading"
    );
    sim.minutes(60);
    assert_eq!(
        sim.get(&sim.pool("system")).await.body["properties"]["currentOrchestratorVersion"],
        "1.36.4"
    );
}

#[tokio::test]
async fn a_failed_create_leaves_a_failed_cluster_that_can_be_deleted() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.fault(fails("ManagedClusters_CreateOrUpdate")).await;
    sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    sim.minutes(30);
    let failed = sim.get(&sim.cluster("c")).await;
    assert_eq!(failed.state(), "Failed");
    assert_eq!(
        failed.body["properties"]["agentPoolProfiles"][0]["provisioningState"],
        "Failed"
    );
    sim.delete(&sim.cluster("c")).await.expect(202);
    sim.minutes(30);
    sim.get(&sim.cluster("c")).await.expect(404);
}

#[tokio::test]
async fn a_failed_delete_leaves_the_cluster() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(fails("ManagedClusters_Delete")).await;
    let deleted = sim.delete(&sim.cluster("c")).await.expect(202);
    let location = deleted.header("location").unwrap().to_owned();
    sim.minutes(30);
    assert_eq!(sim.get(&location).await.expect(409).code(), "QuotaExceeded");
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Failed");
}

#[tokio::test]
async fn a_refusal_by_fault_has_no_effect_and_happens_as_often_as_ordered() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.fault(json!({
        "match": {"method": "PUT", "path": "/managedClusters/c"},
        "times": 2,
        "fault": {"refuse": {"status": 503, "code": "ServiceUnavailable", "message": "later", "retryAfter": 7, "gateway": true}},
    }))
    .await;
    for _ in 0..2 {
        let refused = sim.put(&sim.cluster("c"), cluster_body()).await.expect(503);
        assert_eq!(refused.body["error"]["code"], "ServiceUnavailable");
        assert_eq!(refused.header("retry-after"), Some("7"));
    }
    sim.get(&sim.cluster("c")).await.expect(404);
    sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    assert_eq!(sim.admin(Method::GET, "/faults", Value::Null).await.body, json!([]));
}
