//! Lists: late appearance, pages.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, cluster_body, config};

fn names(body: &Value) -> Vec<String> {
    body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

fn in_subscription(sim: &Sim) -> String {
    format!(
        "/subscriptions/{}/providers/Microsoft.ContainerService/managedClusters",
        sim.subscription()
    )
}

fn in_group(sim: &Sim) -> String {
    sim.cluster("").trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn a_new_cluster_is_missing_from_the_subscription_list_for_a_quarter_of_an_hour() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.put(&sim.cluster("c"), cluster_body()).await.expect(201);
    assert_eq!(names(&sim.get(&in_group(&sim)).await.expect(200).body), ["c"]);
    sim.minutes(14);
    assert_eq!(names(&sim.get(&in_subscription(&sim)).await.expect(200).body), [""; 0]);
    sim.get(&sim.cluster("c")).await.expect(200);
    sim.minutes(1);
    assert_eq!(names(&sim.get(&in_subscription(&sim)).await.expect(200).body), ["c"]);
}

#[tokio::test]
async fn pages_are_followed_to_the_end_without_gaps_or_repeats() {
    let mut config = config();
    config.page_size = 4;
    let sim = Sim::with(config).await;
    sim.admin(Method::POST, "/seed", json!({"clusters": 10}))
        .await
        .expect(200);
    let mut next = Some(in_subscription(&sim));
    let mut seen = Vec::new();
    let mut pages = 0;
    while let Some(path) = next {
        let page = sim.get(&path).await.expect(200).body;
        seen.extend(names(&page));
        next = page["nextLink"].as_str().map(str::to_owned);
        pages += 1;
    }
    assert_eq!(pages, 3);
    assert_eq!(
        seen,
        (1..=10).map(|number| format!("seed-{number:04}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_token_that_nobody_made_is_refused() {
    let sim = Sim::start().await;
    sim.get(&format!("{}?$skipToken=%21", in_subscription(&sim)))
        .await
        .expect(400);
}

#[tokio::test]
async fn the_list_of_an_absent_group_is_not_found() {
    let sim = Sim::start().await;
    assert_eq!(
        sim.get(&in_group(&sim)).await.expect(404).code(),
        "ResourceGroupNotFound"
    );
}
