//! Extensions, Flux configurations, and the Secrets they are given.

use armature_api::ChildState;
use armature_lab::simulator::admin::{LoggedRequest, Requests};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::{all_ready, is, line, lines, writes_anywhere};
use crate::world::World;

const APPS: &str = "fluxConfigurations/apps";

fn with_flux(url: &str) -> Value {
    json!({
        "extensions": { "flux": { "extensionType": "microsoft.flux" } },
        "fluxConfigurations": { "apps": {
            "namespace": "flux-system",
            "gitRepository": { "url": url, "repositoryRef": { "branch": "main" } },
            "kustomizations": {
                "base": { "path": "./base", "prune": true },
                "apps": { "path": "./apps", "dependsOn": ["base"] },
            },
        } },
    })
}

fn with_key(mut fields: Value) -> Value {
    let reference = json!({ "name": "git", "key": "token" });
    fields["fluxConfigurations"]["apps"]["configurationProtectedSettings"] = json!({ "httpsKey": reference });
    fields
}

async fn secret(world: &World, value: &str) {
    let manifest = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "git" },
        "stringData": { "token": value },
    });
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    let params = PatchParams::apply("stories").force();
    secrets.patch("git", &params, &Patch::Apply(manifest)).await.unwrap();
}

/// What was sent of the configuration after this request.
async fn sent(world: &World, after: u64) -> Vec<LoggedRequest> {
    let which = Requests {
        method: Some("PUT".to_owned()),
        path: Some("/fluxConfigurations/apps".to_owned()),
        after: Some(after),
        ..Requests::default()
    };
    world.requests(which).await
}

#[tokio::test]
async fn flux_is_installed_before_what_it_applies_and_uninstalled_after_it() {
    let world = World::new("flux").await;
    let operator = world.operator();
    let before = world.now().await;
    world.create("shop", with_flux("https://git.example.com/shop")).await;
    let cluster = world.cluster_until("shop", "ready with Flux", all_ready).await;
    let outputs = |key: &str| line(&cluster, key).unwrap().outputs.clone();
    assert!(outputs("extensions/flux").contains_key("principalId"));
    assert_eq!(outputs("extensions/flux")["version"], "1.18.2");
    assert_eq!(outputs(APPS)["complianceState"], "Compliant");
    let writes = writes_anywhere(&world, before).await;
    assert_eq!(
        &writes[writes.len() - 2..],
        ["PUT extensions/flux", "PUT fluxConfigurations/apps"]
    );

    drop(operator);
    let before = world.now().await;
    let _operator = world.operator();
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "looked at again", super::looked).await;
    world.cluster_until("shop", "ready", all_ready).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(
        writes_anywhere(&world, before).await,
        ["DELETE fluxConfigurations/apps", "DELETE extensions/flux"]
    );
}

#[tokio::test]
async fn what_flux_cannot_fetch_is_told_and_the_line_stays_ready() {
    let world = World::new("flux-unreachable").await;
    let _operator = world.operator();
    world.create("shop", with_flux("https://git.invalid/shop")).await;
    let cluster = world.cluster_until("shop", "ready with Flux", all_ready).await;
    let line = line(&cluster, APPS).unwrap();
    assert_eq!(line.outputs["complianceState"], "Non-Compliant");
    assert!(
        line.message.as_ref().unwrap().starts_with("Flux reports Non-Compliant"),
        "{line:?}"
    );
}

#[tokio::test]
async fn a_secret_is_sent_encoded_when_it_is_there_and_again_when_it_changes() {
    let world = World::new("flux-secret").await;
    let operator = world.operator();
    world
        .create("shop", with_key(with_flux("https://git.example.com/shop")))
        .await;
    let waits =
        |cluster: &_| is(cluster, APPS, ChildState::Failed) && is(cluster, "extensions/flux", ChildState::Ready);
    let cluster = world.cluster_until("shop", "without its Secret", waits).await;
    let error = line(&cluster, APPS).unwrap().error.clone().unwrap();
    assert_eq!(error.code, "SecretNotFound");
    assert!(
        error.message.contains(&format!("{}/git", world.namespace)),
        "{}",
        error.message
    );

    let before = world.now().await;
    secret(&world, "first-token").await;
    world.request_reconcile("shop").await;
    let cluster = world.cluster_until("shop", "ready with its Secret", all_ready).await;
    // What the simulator logs has the value taken out; that something was sent shows in the fingerprint.
    let first = line(&cluster, APPS).unwrap().secrets.clone().unwrap();
    assert!(first.starts_with("hmac:"));
    assert_eq!(sent(&world, before).await.len(), 1);

    drop(operator);
    let mut operator = world.operator();
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "looked at again", super::looked).await;
    assert_eq!(sent(&world, before).await.len(), 1, "the same value is not sent again");

    secret(&world, "second-token").await;
    world.request_reconcile("shop").await;
    let other = |cluster: &_| all_ready(cluster) && line(cluster, APPS).unwrap().secrets.as_ref() != Some(&first);
    let cluster = world.cluster_until("shop", "ready with the other value", other).await;
    assert_eq!(sent(&world, before).await.len(), 2);
    let log = std::fs::read_to_string(operator.process().log()).unwrap();
    let shown = serde_json::to_string(&cluster).unwrap() + &log;
    for value in ["first-token", "second-token", "Zmlyc3QtdG9rZW4=", "c2Vjb25kLXRva2Vu"] {
        assert!(!shown.contains(value), "{value} is shown");
    }
}

#[tokio::test]
async fn an_extension_that_fails_says_why_and_the_others_go_on() {
    let world = World::new("extensions-fail").await;
    let _operator = world.operator();
    let fields = json!({ "extensions": {
        "dapr": { "extensionType": "microsoft.dapr" },
        "nothing": { "extensionType": "microsoft.nothing" },
    } });
    world.create("shop", fields).await;
    let told = |cluster: &_| {
        is(cluster, "extensions/nothing", ChildState::Failed) && is(cluster, "extensions/dapr", ChildState::Ready)
    };
    let cluster = world.cluster_until("shop", "with one extension of two", told).await;
    let error = line(&cluster, "extensions/nothing").unwrap().error.clone().unwrap();
    assert_eq!(error.code, "ExtensionTypeRegistrationGetFailed");
    assert!(error.next_step.contains("extensionType"));
}
