//! Upgrades: control plane first, pools after it, images, and what nobody asked for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, pool_body, with};

fn upgrade() -> Value {
    json!({"location": "westeurope", "properties": {"kubernetesVersion": "1.36.4"}})
}

#[tokio::test]
async fn a_put_without_pools_upgrades_the_control_plane_alone() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let upgrading = sim.put(&sim.cluster("c"), upgrade()).await.expect(200).body;
    assert_eq!(upgrading["properties"]["provisioningState"], "Upgrading");
    assert_eq!(
        upgrading["properties"]["kubernetesVersion"], "1.36.4",
        "the goal shows at once"
    );
    assert_eq!(
        upgrading["properties"]["currentKubernetesVersion"], "1.35.8",
        "what runs does not"
    );
    assert_eq!(
        upgrading["properties"]["agentPoolProfiles"][0]["provisioningState"],
        "Succeeded"
    );
    sim.minutes(60);
    let done = sim.get(&sim.cluster("c")).await.body;
    assert_eq!(done["properties"]["currentKubernetesVersion"], "1.36.4");
    assert_eq!(
        done["properties"]["agentPoolProfiles"][0]["currentOrchestratorVersion"],
        "1.35.8"
    );
}

#[tokio::test]
async fn an_upgrade_that_is_aborted_does_not_happen() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.cluster("c"), upgrade()).await.expect(200);
    sim.post(&format!("{}/abort", sim.cluster("c"))).await.expect(202);
    sim.minutes(60);
    let aborted = sim.get(&sim.cluster("c")).await.body;
    assert_eq!(aborted["properties"]["provisioningState"], "Canceled");
    assert_eq!(aborted["properties"]["kubernetesVersion"], "1.36.4", "the goal stays");
    assert_eq!(aborted["properties"]["currentKubernetesVersion"], "1.35.8");
}

#[tokio::test]
async fn a_put_with_pools_at_the_target_upgrades_them_after_the_control_plane() {
    let sim = Sim::start().await;
    let mut cluster = sim.ready_cluster("c").await;
    cluster["properties"]["kubernetesVersion"] = json!("1.36.4");
    cluster["properties"]["agentPoolProfiles"][0]["orchestratorVersion"] = json!("1.36.4");
    sim.put(&sim.cluster("c"), cluster).await.expect(200);
    let mut seen = Vec::new();
    for _ in 0..60 {
        sim.minutes(1);
        let world = sim.simulator.world();
        let cluster = world.clusters.values().next().unwrap();
        let now = (
            cluster.text("currentKubernetesVersion").unwrap().to_owned(),
            cluster.pools[0].text("currentOrchestratorVersion").unwrap().to_owned(),
        );
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let pair = |control_plane: &str, pool: &str| (control_plane.to_owned(), pool.to_owned());
    assert_eq!(
        seen,
        [
            pair("1.35.8", "1.35.8"),
            pair("1.36.4", "1.35.8"),
            pair("1.36.4", "1.36.4")
        ]
    );
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Succeeded");
}

#[tokio::test]
async fn a_pool_upgrade_shows_its_goal_first_and_its_version_last() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.cluster("c"), upgrade()).await.expect(200);
    sim.minutes(60);
    let body = json!({"properties": {"orchestratorVersion": "1.36.4"}});
    let upgrading = sim.put(&sim.pool("system"), body).await.expect(200);
    assert_eq!(upgrading.state(), "Upgrading");
    assert_eq!(upgrading.body["properties"]["orchestratorVersion"], "1.36.4");
    assert_eq!(upgrading.body["properties"]["currentOrchestratorVersion"], "1.35.8");
    sim.minutes(60);
    let done = sim.get(&sim.pool("system")).await.body;
    assert_eq!(done["properties"]["currentOrchestratorVersion"], "1.36.4");
}

#[tokio::test]
async fn larger_pools_take_longer_to_roll() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    for (name, count) in [("small", 1), ("large", 12)] {
        sim.put(&sim.pool(name), with(pool_body(), "count", json!(count)))
            .await
            .expect(201);
    }
    sim.minutes(30);
    sim.put(&sim.cluster("c"), upgrade()).await.expect(200);
    sim.minutes(60);
    for name in ["small", "large"] {
        let body = json!({"properties": {"orchestratorVersion": "1.36.4"}});
        sim.put(&sim.pool(name), body).await.expect(200);
    }
    sim.minutes(15);
    assert_eq!(sim.get(&sim.pool("small")).await.state(), "Succeeded");
    assert_eq!(sim.get(&sim.pool("large")).await.state(), "Upgrading");
}

#[tokio::test]
async fn a_node_image_upgrade_answers_202_with_the_pool() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let old = "AKSUbuntu-2404gen2containerd-202001.01.0";
    let edit = json!({"id": sim.pool("system"), "mergePatch": {"properties": {"nodeImageVersion": old}}});
    sim.admin(Method::PATCH, "/resource", edit).await.expect(200);
    let upgrading = sim
        .post(&format!("{}/upgradeNodeImageVersion", sim.pool("system")))
        .await
        .expect(202);
    assert_eq!(upgrading.state(), "UpgradingNodeImageVersion");
    assert!(upgrading.header("location").is_some());
    sim.minutes(60);
    let pool = sim.get(&sim.pool("system")).await.body;
    assert_ne!(pool["properties"]["nodeImageVersion"], old);
    assert_eq!(pool["properties"]["currentOrchestratorVersion"], "1.35.8");
}

#[tokio::test]
async fn auto_upgrade_starts_by_itself_and_blocks_like_any_other_operation() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let order = json!({"id": sim.cluster("c"), "kubernetesVersion": "1.36.4"});
    sim.admin(Method::POST, "/auto-upgrade", order).await.expect(200);
    let cluster = sim.get(&sim.cluster("c")).await;
    assert_eq!(cluster.state(), "Upgrading");
    assert_eq!(
        cluster.body["properties"]["agentPoolProfiles"][0]["provisioningState"],
        "Upgrading"
    );
    sim.put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(409);
    sim.minutes(60);
    let cluster = sim.get(&sim.cluster("c")).await.body;
    assert_eq!(cluster["properties"]["currentKubernetesVersion"], "1.36.4");
    assert_eq!(
        cluster["properties"]["agentPoolProfiles"][0]["currentOrchestratorVersion"],
        "1.36.4"
    );
}
