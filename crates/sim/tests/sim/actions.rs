//! Actions on clusters and pools over the wire: commands, rotations, machines.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sim, cluster_body, pool_body, with};

async fn post(sim: &Sim, path: &str, body: Value) -> crate::support::Answer {
    sim.send(Method::POST, path, &[], Some(body)).await
}

fn location(answer: &crate::support::Answer) -> String {
    let url = url::Url::parse(answer.header("location").unwrap()).unwrap();
    url.path().to_owned()
}

#[tokio::test]
async fn a_command_answers_at_its_location_with_what_was_ordered() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let output = json!({"exitCode": 3, "logs": "no such pod\n", "seconds": 30});
    sim.admin(
        Method::POST,
        "/run-command-outputs",
        json!({"id": sim.cluster("c"), "output": output}),
    )
    .await
    .expect(200);
    let run = format!("{}/runCommand", sim.cluster("c"));
    let accepted = post(&sim, &run, json!({"command": "kubectl get pod x"}))
        .await
        .expect(202);
    let result = location(&accepted);
    let waiting = sim.get(&result).await.expect(202);
    assert!(waiting.header("location").is_some() && waiting.text.is_empty());
    sim.minutes(1);
    let done = sim.get(&result).await.expect(200).body;
    assert_eq!(done["properties"]["exitCode"], 3);
    assert_eq!(done["properties"]["logs"], "no such pod\n");
    assert_eq!(done["properties"]["provisioningState"], "succeeded");
    // The next one answers as if nothing had been ordered.
    let next = post(&sim, &run, json!({"command": "ls"})).await.expect(202);
    sim.minutes(1);
    let done = sim.get(&location(&next)).await.expect(200).body;
    assert_eq!(done["properties"]["exitCode"], 0);
    sim.get(&format!("{}/commandResults/absent", sim.cluster("c")))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_command_that_cannot_run_fails_with_a_reason_and_no_exit_code() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(json!({"match": {"call": "ManagedClusters_RunCommand"}, "times": 1,
        "fault": {"operationFails": {"code": "KubernetesOperationError", "message": "no node is ready"}}}))
        .await;
    let run = format!("{}/runCommand", sim.cluster("c"));
    let accepted = post(&sim, &run, json!({"command": "ls"})).await.expect(202);
    sim.minutes(1);
    let done = sim.get(&location(&accepted)).await.expect(200).body;
    assert_eq!(done["properties"]["provisioningState"], "failed");
    assert_eq!(done["properties"]["reason"], "no node is ready");
    assert_eq!(done["properties"].get("exitCode"), None);
}

#[tokio::test]
async fn rotated_certificates_void_the_kubeconfigs_of_before() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let credential = format!("{}/listClusterUserCredential", sim.cluster("c"));
    let before = sim.post(&credential).await.expect(200).body;
    let rotate = format!("{}/rotateClusterCertificates", sim.cluster("c"));
    let accepted = sim.post(&rotate).await.expect(202);
    assert!(accepted.header("location").is_some());
    assert_eq!(
        sim.get(&sim.cluster("c")).await.expect(200).state(),
        "RotatingClusterCertificates"
    );
    sim.post(&format!("{}/rotateServiceAccountSigningKeys", sim.cluster("c")))
        .await
        .expect(409);
    sim.minutes(60);
    assert_eq!(sim.get(&sim.cluster("c")).await.expect(200).state(), "Succeeded");
    let after = sim.post(&credential).await.expect(200).body;
    assert_ne!(before, after);
    sim.post(&format!("{}/rotateServiceAccountSigningKeys", sim.cluster("c")))
        .await
        .expect(202);
}

#[tokio::test]
async fn a_service_principal_is_reset_and_its_secret_never_shown() {
    let sim = Sim::start().await;
    sim.group().await;
    let mut body = with(
        cluster_body(),
        "servicePrincipalProfile",
        json!({"clientId": "old", "secret": "hush"}),
    );
    body["identity"] = Value::Null;
    sim.put(&sim.cluster("c"), body).await.expect(201);
    sim.minutes(30);
    let reset = format!("{}/resetServicePrincipalProfile", sim.cluster("c"));
    post(&sim, &reset, json!({"clientId": "new", "secret": "hush"}))
        .await
        .expect(202);
    sim.minutes(30);
    let cluster = sim.get(&sim.cluster("c")).await.expect(200);
    assert_eq!(
        cluster.body["properties"]["servicePrincipalProfile"],
        json!({"clientId": "new"})
    );
    assert!(!cluster.text.contains("hush"));
}

#[tokio::test]
async fn machines_follow_the_count_and_a_deleted_one_does_not_come_back() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.put(&sim.pool("work"), with(pool_body(), "count", json!(3)))
        .await
        .expect(201);
    sim.minutes(30);
    let machines = format!("{}/machines", sim.pool("work"));
    let names = |body: &Value| -> Vec<String> {
        let all = body["value"].as_array().unwrap();
        all.iter()
            .map(|machine| machine["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = names(&sim.get(&machines).await.expect(200).body);
    assert_eq!(before.len(), 3);
    let one = sim.get(&format!("{machines}/{}", before[1])).await.expect(200).body;
    assert!(
        one["properties"]["resourceId"]
            .as_str()
            .unwrap()
            .contains("virtualMachineScaleSets")
    );
    let delete = format!("{}/deleteMachines", sim.pool("work"));
    post(&sim, &delete, json!({"machineNames": ["nobody"]}))
        .await
        .expect(400);
    let accepted = post(&sim, &delete, json!({"machineNames": [before[1]]}))
        .await
        .expect(202);
    assert!(accepted.header("azure-asyncoperation").is_some());
    sim.minutes(30);
    assert_eq!(
        sim.get(&sim.pool("work")).await.expect(200).body["properties"]["count"],
        2
    );
    let left = names(&sim.get(&machines).await.expect(200).body);
    assert_eq!(left, [before[0].clone(), before[2].clone()]);
    sim.get(&format!("{machines}/{}", before[1])).await.expect(404);
    sim.put(&sim.pool("work"), with(pool_body(), "count", json!(3)))
        .await
        .expect(200);
    sim.minutes(30);
    let again = names(&sim.get(&machines).await.expect(200).body);
    assert!(again.len() == 3 && !again.contains(&before[1]));
}
