//! Cluster extensions and Flux configurations.

use armature_sim::schema::{Definition, check_response};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim};

const EXTENSIONS: &str = "2025-03-01";
const FLUX: &str = "2025-04-01";

async fn put_extension(sim: &Sim, name: &str, properties: Value) -> Answer {
    let path = sim.on_cluster(&format!("Microsoft.KubernetesConfiguration/extensions/{name}"));
    let body = json!({"identity": {"type": "SystemAssigned"}, "properties": properties});
    sim.call(Method::PUT, &path, EXTENSIONS, Some(body)).await
}

async fn extension(sim: &Sim, name: &str) -> Answer {
    let path = sim.on_cluster(&format!("Microsoft.KubernetesConfiguration/extensions/{name}"));
    sim.call(Method::GET, &path, EXTENSIONS, None).await
}

async fn put_flux(sim: &Sim, properties: Value) -> Answer {
    let path = sim.on_cluster("Microsoft.KubernetesConfiguration/fluxConfigurations/apps");
    sim.call(Method::PUT, &path, FLUX, Some(json!({"properties": properties})))
        .await
}

async fn flux(sim: &Sim) -> Answer {
    let path = sim.on_cluster("Microsoft.KubernetesConfiguration/fluxConfigurations/apps");
    sim.call(Method::GET, &path, FLUX, None).await
}

async fn with_flux() -> Sim {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    put_extension(&sim, "flux", json!({"extensionType": "microsoft.flux"}))
        .await
        .expect(201);
    sim.minutes(5);
    sim
}

fn git(url: &str) -> Value {
    json!({
        "namespace": "apps",
        "sourceKind": "GitRepository",
        "gitRepository": {"url": url, "repositoryRef": {"branch": "main"}},
        "kustomizations": {"infra": {"path": "./infra"}, "apps": {"path": "./apps", "dependsOn": ["infra"]}},
        "configurationProtectedSettings": {"httpsKey": "aGlkZGVu"},
    })
}

#[tokio::test]
async fn an_extension_is_installed_with_an_identity_and_keeps_its_secrets() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let properties = json!({
        "extensionType": "Microsoft.Dapr", "configurationSettings": {"a": "1"},
        "configurationProtectedSettings": {"password": "hidden"},
    });
    let created = put_extension(&sim, "dapr", properties).await.expect(201);
    assert_eq!(created.state(), "Creating");
    assert!(!created.text.contains("hidden") && !created.text.contains("configurationProtectedSettings"));
    let status = created.header("azure-asyncoperation").unwrap().to_owned();
    assert!(status.contains("/extensions/dapr/operations/"), "{status}");
    sim.minutes(5);
    assert_eq!(sim.get(&status).await.expect(200).body["status"], "Succeeded");
    let installed = extension(&sim, "dapr").await.expect(200);
    let properties = &installed.body["properties"];
    assert_eq!(
        (installed.state(), &properties["releaseTrain"]),
        ("Succeeded", &json!("Stable"))
    );
    assert!(properties["currentVersion"].is_string() && properties["aksAssignedIdentity"]["principalId"].is_string());
    assert_eq!(
        check_response(Definition::Extension, &installed.body),
        Vec::<String>::new()
    );
    let log = sim
        .admin(Method::GET, "/requests?bodies=true", Value::Null)
        .await
        .expect(200);
    assert!(!log.text.contains("hidden"));
}

#[tokio::test]
async fn an_extension_type_that_nobody_knows_is_refused() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let refused = put_extension(&sim, "x", json!({"extensionType": "microsoft.unheard"}))
        .await
        .expect(400);
    assert_eq!(refused.code(), "ExtensionTypeRegistrationGetFailed");
    let both = json!({"extensionType": "microsoft.dapr", "version": "1.15.4", "autoUpgradeMinorVersion": true});
    assert_eq!(
        put_extension(&sim, "x", both).await.expect(400).code(),
        "ValidationFailed"
    );
}

#[tokio::test]
async fn a_failed_installation_says_why_and_the_next_put_repairs_it() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.fault(json!({"match": {"call": "Extensions_CreateOrUpdate"}, "times": 1,
        "fault": {"operationFails": {"code": "ExtensionOperationFailed", "message": "Helm installation failed"}}}))
        .await;
    put_extension(&sim, "dapr", json!({"extensionType": "microsoft.dapr"}))
        .await
        .expect(201);
    sim.minutes(5);
    let failed = extension(&sim, "dapr").await.expect(200);
    let error = &failed.body["properties"]["errorInfo"];
    assert_eq!(
        (failed.state(), &error["code"]),
        ("Failed", &json!("ExtensionOperationFailed"))
    );
    put_extension(&sim, "dapr", json!({"extensionType": "microsoft.dapr"}))
        .await
        .expect(200);
    sim.minutes(5);
    let repaired = extension(&sim, "dapr").await.expect(200);
    assert_eq!(
        (repaired.state(), repaired.body["properties"].get("errorInfo")),
        ("Succeeded", None)
    );
}

#[tokio::test]
async fn a_flux_configuration_needs_the_extension() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let refused = put_flux(&sim, git("https://example.com/r.git")).await.expect(400);
    assert!(
        refused.text.contains("Microsoft.Flux extension is not installed"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_flux_configuration_complies_and_shows_each_kustomization() {
    let sim = with_flux().await;
    let created = put_flux(&sim, git("https://example.com/r.git")).await.expect(201);
    assert_eq!(created.body["properties"]["complianceState"], "Pending");
    assert!(!created.text.contains("aGlkZGVu"));
    sim.minutes(5);
    let applied = flux(&sim).await.expect(200).body;
    assert_eq!(applied["properties"]["complianceState"], "Compliant");
    let names: Vec<&Value> = applied["properties"]["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|status| &status["name"])
        .collect();
    assert_eq!(names, ["apps", "apps-apps", "apps-infra"]);
    assert_eq!(
        check_response(Definition::FluxConfiguration, &applied),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_source_that_cannot_be_fetched_is_not_compliant() {
    let sim = with_flux().await;
    put_flux(&sim, git("https://git.invalid/r.git")).await.expect(201);
    sim.minutes(5);
    let broken = flux(&sim).await.expect(200);
    assert_eq!(
        (broken.state(), &broken.body["properties"]["complianceState"]),
        ("Succeeded", &json!("Non-Compliant"))
    );
    let condition = &broken.body["properties"]["statuses"][0]["statusConditions"][0];
    assert_eq!(
        (&condition["status"], &condition["reason"]),
        (&json!("False"), &json!("GitOperationFailed"))
    );
}

#[tokio::test]
async fn bad_flux_configurations_are_refused_or_fail() {
    let sim = with_flux().await;
    assert_eq!(
        put_flux(&sim, git("example.com/r.git")).await.expect(400).code(),
        "ValidationFailed"
    );
    let mut unknown = git("https://example.com/r.git");
    unknown["kustomizations"]["apps"]["dependsOn"] = json!(["nothing"]);
    assert_eq!(put_flux(&sim, unknown).await.expect(400).code(), "ValidationFailed");
    let mut mismatched = git("https://example.com/r.git");
    mismatched["sourceKind"] = json!("Bucket");
    let created = put_flux(&sim, mismatched).await.expect(201);
    sim.minutes(5);
    let status = sim
        .get(created.header("azure-asyncoperation").unwrap())
        .await
        .expect(200)
        .body;
    assert_eq!(status["error"]["code"], "ValidationFailed");
    assert_eq!(flux(&sim).await.expect(200).state(), "Failed");
    let mut elsewhere = git("https://example.com/r.git");
    elsewhere["namespace"] = json!("other");
    assert_eq!(put_flux(&sim, elsewhere).await.expect(400).code(), "ValidationFailed");
}
