//! What a refusal says beside the sentence of its rule: the field, and nothing of CEL.

use kube::api::PostParams;
use serde_json::{Value, json};

use crate::harness::Kind::{self, Cluster, Pool};
use crate::harness::management_cluster;

/// What the API server says to objects of these names with these fields.
async fn answers(objects: &[(Kind, &str, Value)]) -> Vec<String> {
    let cluster = management_cluster().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("messages").await.unwrap(),
    );
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let mut answers = Vec::new();
    for (kind, name, fields) in objects {
        let api = kind.api(client.clone(), &namespace);
        let refusal = api.create(&dry_run, &kind.object(name, fields)).await.unwrap_err();
        answers.push(refusal.to_string());
    }
    answers
}

#[tokio::test]
async fn a_refused_name_is_told_with_its_field() {
    let long = "a".repeat(64);
    let answers = answers(&[
        (Pool, "prod-user", json!({})),
        (Pool, "aksmanagedap", json!({})),
        (Cluster, &long, json!({})),
        (Cluster, "prod", json!({ "resourceGroup": "g".repeat(90) })),
    ])
    .await;
    let fields = ["azureName", "azureName", "azureName", "nodeResourceGroup"];
    for (answer, field) in answers.iter().zip(fields) {
        assert!(
            answer.contains(&format!("spec.{field}: Invalid value")) && !answer.contains("<nil>"),
            "{answer}"
        );
    }
}

/// A bound of the schema does not keep rules from being evaluated.
#[tokio::test]
async fn no_rule_fails_over_an_empty_list() {
    let network = |fields: Value| (Cluster, "prod", json!({ "networkProfile": fields }));
    let ip = "10.0.0.10";
    let answers = answers(&[
        network(json!({ "podCidrs": [], "podCidr": "10.244.0.0/16" })),
        network(json!({ "serviceCidrs": [], "dnsServiceIP": ip })),
        network(json!({ "serviceCidrs": [], "serviceCidr": "10.0.0.0/16", "dnsServiceIP": ip })),
        network(json!({ "ipFamilies": [] })),
    ])
    .await;
    for answer in answers {
        assert!(!answer.contains("evaluating rule"), "{answer}");
    }
}
