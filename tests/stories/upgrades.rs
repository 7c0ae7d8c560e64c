//! Ways up: one minor, several, and clusters that upgrade themselves.

use serde_json::{Value, json};

use crate::look;
use crate::world::World;

/// The upgrades among the writes after `after`: `shop 1.35`, `shop/apps 1.35.7`.
async fn upgrades_after(world: &World, after: u64) -> Vec<String> {
    let sent = world.write_requests_after(after).await;
    let version = |body: &Value| {
        let properties = &body["properties"];
        let version = properties
            .get("orchestratorVersion")
            .or(properties.get("kubernetesVersion"));
        version.and_then(Value::as_str).unwrap_or("?").to_owned()
    };
    sent.iter()
        .map(|request| {
            let subject = look::brief(request).replace("PUT ", "");
            format!("{subject} {}", version(request.body.as_ref().unwrap_or(&Value::Null)))
        })
        .collect()
}

/// The same upgrades without patches, the order of the pools of one hop left open.
fn minors(upgrades: &[String]) -> Vec<String> {
    let minor = |upgrade: &String| {
        let (subject, version) = upgrade.split_once(' ').unwrap();
        let minor: Vec<&str> = version.split('.').take(2).collect();
        format!("{subject} {}", minor.join("."))
    };
    let mut upgrades: Vec<String> = upgrades.iter().map(minor).collect();
    for hop in upgrades.split_mut(|upgrade| !upgrade.contains('/')) {
        hop.sort();
    }
    upgrades
}

async fn versions(world: &World, cluster: &str, pools: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let live = world.azure.cluster(cluster).await.unwrap();
    found.push(
        live["properties"]["currentKubernetesVersion"]
            .as_str()
            .unwrap()
            .to_owned(),
    );
    for pool in pools {
        let live = world.azure.pool(cluster, pool).await.unwrap();
        found.push(
            live["properties"]["currentOrchestratorVersion"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    found
}

#[tokio::test]
async fn one_minor_takes_the_control_plane_up_before_its_pools() {
    let world = World::new("upgrade").await;
    let _operator = world.operator();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.create("shop", json!({ "kubernetesVersion": "1.34" })).await;
    let created = world.now().await;

    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.35" })))
        .await;
    let cluster = world.ready("shop").await;

    let upgrades = upgrades_after(&world, created).await;
    assert_eq!(minors(&upgrades), ["shop 1.35", "shop/apps 1.35", "shop/system 1.35"]);
    let status = cluster.status.unwrap();
    let running = status.current_kubernetes_version.unwrap();
    assert!(running.starts_with("1.35."), "{running}");
    assert_eq!(status.pools.unwrap().summary, "2/2");
    assert_eq!(
        versions(&world, "shop", &["apps", "system"]).await,
        [running.clone(), running.clone(), running]
    );
}

#[tokio::test]
async fn two_minors_go_in_hops_and_the_pools_follow_each_hop() {
    let world = World::new("hops").await;
    let _operator = world.operator();
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.create("shop", json!({ "kubernetesVersion": "1.34" })).await;
    let created = world.now().await;

    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "v1.36" })))
        .await;
    world.ready("shop").await;

    let upgrades = upgrades_after(&world, created).await;
    assert_eq!(
        minors(&upgrades),
        [
            "shop 1.35",
            "shop/apps 1.35",
            "shop/system 1.35",
            "shop 1.36",
            "shop/apps 1.36",
            "shop/system 1.36"
        ]
    );
    for version in versions(&world, "shop", &["apps", "system"]).await {
        assert!(version.starts_with("1.36."), "{version}");
    }
}

#[tokio::test]
async fn a_pool_with_the_policy_lag_stays_behind_and_the_cluster_is_ready() {
    let world = World::new("lag").await;
    let _operator = world.operator();
    world
        .apply(&world.pool("apps", "shop", json!({ "versionPolicy": "Lag" })))
        .await;
    world.create("shop", json!({ "kubernetesVersion": "1.34" })).await;
    let created = world.now().await;

    world
        .apply(&world.cluster("shop", json!({ "kubernetesVersion": "1.35" })))
        .await;
    world.ready("shop").await;
    let upgrades = upgrades_after(&world, created).await;
    assert_eq!(minors(&upgrades), ["shop 1.35", "shop/system 1.35"]);
}

#[tokio::test]
async fn a_cluster_that_upgrades_itself_is_upgraded_as_a_whole() {
    let world = World::new("channel").await;
    let _operator = world.operator();
    let at =
        |version: &str| json!({ "kubernetesVersion": version, "autoUpgradeProfile": { "upgradeChannel": "stable" } });
    world.create("shop", at("1.34")).await;
    let created = world.now().await;

    world.apply(&world.cluster("shop", at("1.35"))).await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(created).await, ["PUT shop"]);
    for version in versions(&world, "shop", &["system"]).await {
        assert!(version.starts_with("1.35."), "{version}");
    }
}

#[tokio::test]
async fn an_upgrade_that_azure_made_by_itself_is_never_taken_back() {
    let world = World::new("ahead").await;
    let _operator = world.operator();
    let fields = json!({ "kubernetesVersion": "1.35", "autoUpgradeProfile": { "upgradeChannel": "rapid" } });
    world.create("shop", fields).await;
    let created = world.now().await;

    world
        .admin()
        .auto_upgrade(&world.azure.cluster_id("shop"), Some("1.36"))
        .await
        .unwrap();
    let cluster = world
        .cluster_until("shop", "at 1.36", |cluster| {
            let status = cluster.status.as_ref();
            let running = status.and_then(|status| status.current_kubernetes_version.as_deref());
            running.is_some_and(|running| running.starts_with("1.36.")) && look::is(cluster, "InSync", "True")
        })
        .await;

    assert!(look::is_ready(&cluster));
    let advice = cluster.status.unwrap().advice;
    assert!(
        advice
            .iter()
            .any(|line| line.contains("ahead of the manifest; raise it in Git when convenient")),
        "{advice:?}"
    );
    assert_eq!(world.writes_after(created).await, Vec::<String>::new());
}
