//! The admin side: seeding, the outside world, clock, log, reset.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Sim;

#[tokio::test]
async fn seeded_clusters_are_ready_and_listed_at_once() {
    let sim = Sim::start().await;
    let order = json!({"clusters": 1000, "pools": 3, "tags": {"armature-owner": "lab/fleet/{name}"},
        "poolTags": {"armature-owner": "lab/fleet/{name}-{pool}"}});
    let ids = sim.admin(Method::POST, "/seed", order).await.expect(200).body["ids"].clone();
    assert_eq!(ids.as_array().unwrap().len(), 1000);
    let cluster = sim.get(ids[41].as_str().unwrap()).await.expect(200);
    assert_eq!(cluster.state(), "Succeeded");
    assert_eq!(cluster.body["tags"]["armature-owner"], "lab/fleet/seed-0042");
    let pool = &cluster.body["properties"]["agentPoolProfiles"][1];
    assert_eq!(pool["tags"], json!({"armature-owner": "lab/fleet/seed-0042-pool2"}));
    assert_eq!(
        cluster.body["properties"]["agentPoolProfiles"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.ContainerService/managedClusters",
        sim.subscription()
    );
    let page = sim.get(&path).await.expect(200).body;
    assert_eq!(page["value"].as_array().unwrap().len(), 100);
    assert!(page["nextLink"].is_string());
}

#[tokio::test]
async fn a_portal_edit_changes_the_resource_and_its_etag() {
    let sim = Sim::start().await;
    let before = sim.ready_cluster("c").await;
    let edit = json!({"id": sim.cluster("c"), "mergePatch": {"tags": {"team": null, "by": "portal"}}});
    sim.admin(Method::PATCH, "/resource", edit).await.expect(200);
    let after = sim.get(&sim.cluster("c")).await.body;
    assert_eq!(after["tags"], json!({"by": "portal"}));
    assert_ne!(before["eTag"], after["eTag"]);
    assert_eq!(
        before["properties"]["networkProfile"],
        after["properties"]["networkProfile"]
    );
}

#[tokio::test]
async fn the_autoscaler_changes_a_count_without_an_operation() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let before = sim.get(&sim.pool("system")).await.body["properties"]["eTag"].clone();
    sim.admin(
        Method::POST,
        "/autoscaler",
        json!({"id": sim.pool("system"), "count": 5}),
    )
    .await
    .expect(200);
    let pool = sim.get(&sim.pool("system")).await;
    assert_eq!(
        (pool.state(), &pool.body["properties"]["count"]),
        ("Succeeded", &json!(5))
    );
    assert_ne!(pool.body["properties"]["eTag"], before);
}

#[tokio::test]
async fn a_policy_adds_tags_in_its_scope_and_keeps_others() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let scope = format!("/subscriptions/{}/resourceGroups/RG", sim.subscription());
    let order = json!({"scope": scope, "tags": {"costCenter": "42"}});
    assert_eq!(
        sim.admin(Method::POST, "/policy", order).await.expect(200).body,
        json!({"changed": 1})
    );
    assert_eq!(
        sim.get(&sim.cluster("c")).await.body["tags"],
        json!({"team": "a", "costCenter": "42"})
    );
    let elsewhere = json!({"scope": format!("{scope}-other"), "tags": {"x": "y"}});
    assert_eq!(
        sim.admin(Method::POST, "/policy", elsewhere).await.expect(200).body,
        json!({"changed": 0})
    );
}

#[tokio::test]
async fn the_clock_moves_on_order_and_to_the_end_of_what_runs() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.cluster("c"), json!({"location": "westeurope"}))
        .await
        .expect(200);
    let clock = sim.admin(Method::GET, "/clock", Value::Null).await.expect(200).body;
    assert_eq!(
        (&clock["manual"], &clock["runningOperations"]),
        (&json!(true), &json!(1))
    );
    let later = sim
        .admin(Method::POST, "/clock/advance", json!({"by": "1s"}))
        .await
        .expect(200)
        .body;
    assert!(later["now"].as_str() > clock["now"].as_str());
    let idle = sim
        .admin(Method::POST, "/clock/advance-until-idle", Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(idle["runningOperations"], 0);
    assert_eq!(sim.get(&sim.cluster("c")).await.state(), "Succeeded");
    sim.admin(Method::POST, "/clock/advance", json!({"by": "-1s"}))
        .await
        .expect(400);
}

#[tokio::test]
async fn the_log_tells_who_asked_what_and_counters_add_up() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.admin(Method::DELETE, "/requests", Value::Null).await.expect(200);
    sim.send(
        Method::PUT,
        &sim.cluster("c"),
        &[("if-match", "*")],
        Some(json!({"location": "westeurope"})),
    )
    .await
    .expect(200);
    sim.get(&sim.cluster("c")).await.expect(200);
    let writes = sim
        .admin(Method::GET, "/requests?writes=true&bodies=true", Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(writes.as_array().unwrap().len(), 1);
    assert_eq!(writes[0]["call"], "ManagedClusters_CreateOrUpdate");
    assert_eq!(writes[0]["ifMatch"], "*");
    assert_eq!(writes[0]["body"], json!({"location": "westeurope"}));
    assert!(writes[0]["principal"].is_string());
    let counters = sim.admin(Method::GET, "/counters", Value::Null).await.expect(200).body;
    assert_eq!(
        counters,
        json!({"ManagedClusters_CreateOrUpdate": {"200": 1}, "ManagedClusters_Get": {"200": 1}})
    );
}

#[tokio::test]
async fn no_secret_of_a_sign_in_is_in_the_log() {
    let sim = Sim::start().await;
    let log = sim
        .admin(Method::GET, "/requests?bodies=true", Value::Null)
        .await
        .expect(200);
    assert!(log.text.contains("Entra_Token"));
    let secret = sim.simulator.world().config.client_secret.clone();
    assert!(!log.text.contains(&secret) && !log.text.contains(&sim.token));
}

#[tokio::test]
async fn a_reset_forgets_everything_but_tokens_stay_good() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.admin(Method::POST, "/reset", Value::Null).await.expect(200);
    assert_eq!(
        sim.get(&sim.cluster("c")).await.expect(404).code(),
        "ResourceGroupNotFound"
    );
}

#[tokio::test]
async fn only_rules_without_a_source_can_be_switched_off() {
    let sim = Sim::start().await;
    let rules = sim.admin(Method::GET, "/rules", Value::Null).await.expect(200).body;
    let named = |confidence: &str| {
        let rules = rules.as_array().unwrap();
        rules.iter().find(|rule| rule["confidence"] == confidence).unwrap()["name"].clone()
    };
    let switch = |name: Value| json!({"disabledRules": [name]});
    sim.admin(Method::PATCH, "/settings", switch(named("generalKnowledge")))
        .await
        .expect(200);
    sim.admin(Method::PATCH, "/settings", switch(named("documented")))
        .await
        .expect(400);
}

#[tokio::test]
async fn a_misspelt_order_is_refused() {
    let sim = Sim::start().await;
    sim.admin(Method::POST, "/seed", json!({"cluster_count": 3}))
        .await
        .expect(400);
    sim.admin(Method::PATCH, "/settings", json!({"listDelays": 3}))
        .await
        .expect(400);
    sim.admin(Method::POST, "/faults", json!({"fault": "boom"}))
        .await
        .expect(400);
    sim.admin(Method::POST, "/autoscaler", json!({"id": sim.cluster("c"), "count": 1}))
        .await
        .expect(400);
    sim.admin(Method::POST, "/autoscaler", json!({"id": sim.pool("p"), "count": 1}))
        .await
        .expect(404);
}
