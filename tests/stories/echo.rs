//! Azure likes to repeat a request that it refuses. What stood in it as a secret, and the token it came with, show nowhere:
//! not in status, not in an event, not in the log, whatever its level.

use armature_api::{ActionState, AksCluster};
use armature_lab::OperatorProcess;
use armature_lab::simulator::fault::{Fault, Injection};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::look;
use crate::world::World;

/// What no part of may show: in each, a word that stands for what is before it and one for what is after it.
const PASSWORD: &str = r#"canary1-"Pa55"\with\all-canary2"#;
const PRINCIPAL: &str = r#"canary3-s3cr3t/with+all=of%it-canary4"#;
const CHILD: &str = "canary5-\"and\\\"-canary6";
/// How every token begins, as it is and within other base64.
const TOKEN: &str = "eyJ";
const CLIENT: &str = "00000000-0000-0000-0000-00000000000e";

/// What Azure says: so much that a cut falls into the middle of what it repeats.
fn repeating(length: usize) -> String {
    format!("{} {{body}} by {{authorization}} for {{body}}", "x".repeat(length))
}

fn refuse(call: &str, length: usize) -> Injection {
    Injection::new(Fault::refuse(400, "InvalidParameter", &repeating(length))).call(call)
}

impl World {
    fn wordy_operator(&self) -> OperatorProcess {
        self.operator_with(&["--no-leader-elect", "--log-level=trace"])
    }

    async fn keep(&self, name: &str, value: &str) {
        let manifest = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": { "key": value },
        });
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let params = PatchParams::apply("stories").force();
        secrets.patch(name, &params, &Patch::Apply(manifest)).await.unwrap();
    }

    /// Nothing of the canaries shows, although what Azure said does.
    async fn shows_no_canary(&self, operator: &mut OperatorProcess) {
        let told = self.told(operator).await;
        assert!(told.contains("(secret)"), "what Azure said is told");
        for canary in ["canary", TOKEN, "Pa55", "s3cr3t"] {
            if let Some(at) = told.find(canary) {
                let (from, to) = (
                    told.floor_char_boundary(at.saturating_sub(300)),
                    told.ceil_char_boundary(at + 100),
                );
                panic!("{canary} shows: {}", &told[from..to]);
            }
        }
        // Of a token, which has no canaries: nothing of it is left behind its start.
        let goes_on = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let left = told.split("(secret)").skip(1).find(goes_on);
        assert_eq!(left.map(|rest| &rest[..rest.floor_char_boundary(100)]), None);
    }
}

fn windows() -> Value {
    json!({
        "identity": null,
        "networkProfile": { "networkPlugin": "azure" },
        "windowsProfile": { "adminUsername": "operator", "adminPassword": { "name": "windows", "key": "key" } },
        "servicePrincipalProfile": { "clientId": CLIENT, "secret": { "name": "principal", "key": "key" } },
    })
}

fn tells_of_a_secret(cluster: &AksCluster) -> bool {
    serde_json::to_string(&cluster.status).unwrap().contains("(secret)")
}

#[tokio::test]
async fn a_refused_create_shows_no_secret_of_it() {
    let world = World::new("echo-create").await;
    world.keep("windows", PASSWORD).await;
    world.keep("principal", PRINCIPAL).await;
    let mut operator = world.wordy_operator();
    world.apply(&world.cluster("shop", windows())).await;
    world.apply(&world.system_pool("system", "shop")).await;
    for length in [0, 400, 900, 1300, 1500] {
        let refused = refuse("ManagedClusters_CreateOrUpdate", length);
        let fault = world.admin().inject(&refused).await.unwrap();
        world.request_reconcile("shop").await;
        let says = |cluster: &AksCluster| {
            let message = look::message(cluster, "Ready");
            // In a long message the cut comes before the first secret, or in the middle of it.
            message.contains(&"x".repeat(length)) && (length > 400 || message.contains("(secret)"))
        };
        world.cluster_until("shop", "refused", says).await;
        world.shows_no_canary(&mut operator).await;
        world.admin().remove_fault(fault).await.unwrap();
    }
}

#[tokio::test]
async fn an_operation_that_fails_under_another_process_shows_no_secret_that_it_was_sent_with() {
    let world = World::with_manual_clock("echo-operation").await;
    world.keep("windows", PASSWORD).await;
    world.keep("principal", PRINCIPAL).await;
    let fails = Injection::new(Fault::operation_fails("InternalError", &repeating(100)));
    world.admin().inject(&fails.times(1)).await.unwrap();
    let operator = world.wordy_operator();
    world.apply(&world.cluster("shop", windows())).await;
    world.apply(&world.system_pool("system", "shop")).await;
    let runs = |cluster: &AksCluster| {
        cluster
            .status
            .as_ref()
            .is_some_and(|status| !status.operations.is_empty())
    };
    world.cluster_until("shop", "being created", runs).await;
    drop(operator);
    let mut operator = world.wordy_operator();
    world.admin().advance_until_idle().await.unwrap();
    world.cluster_until("shop", "failed", tells_of_a_secret).await;
    world.shows_no_canary(&mut operator).await;
}

#[tokio::test]
async fn a_refused_action_shows_neither_its_secret_nor_its_token() {
    let world = World::new("echo-actions").await;
    world.keep("principal", PRINCIPAL).await;
    world.keep("next", PASSWORD).await;
    let mut operator = world.wordy_operator();
    let without = json!({
        "identity": null,
        "aadProfile": { "managed": true },
        "servicePrincipalProfile": { "clientId": CLIENT, "secret": { "name": "principal", "key": "key" } },
    });
    let fields = |actions: Value| {
        let mut fields = without.clone();
        fields["actions"] = actions;
        fields
    };
    world.create("shop", without.clone()).await;
    let says = |cluster: &AksCluster| tells_of_a_secret(cluster);

    let run = refuse("ManagedClusters_RunCommand", 300);
    world.admin().inject(&run).await.unwrap();
    let action = json!({ "run": { "key": "1", "runCommand": { "command": "id" } } });
    world.apply(&world.cluster("shop", fields(action))).await;
    world.cluster_until("shop", "refused", says).await;
    world.shows_no_canary(&mut operator).await;

    world.apply(&world.cluster("shop", without.clone())).await;
    world
        .cluster_until("shop", "without the action", |cluster| !tells_of_a_secret(cluster))
        .await;
    let reset = refuse("ManagedClusters_ResetServicePrincipalProfile", 300);
    world.admin().inject(&reset).await.unwrap();
    let action = json!({ "reset": { "key": "1", "resetServicePrincipalProfile": {
        "clientId": CLIENT, "secret": { "name": "next", "key": "key" },
    } } });
    world.apply(&world.cluster("shop", fields(action))).await;
    world.cluster_until("shop", "refused", says).await;
    world.shows_no_canary(&mut operator).await;
}

#[tokio::test]
async fn an_action_that_fails_under_another_process_shows_no_secret_that_it_was_sent_with() {
    let world = World::with_manual_clock("echo-action").await;
    world.keep("principal", PRINCIPAL).await;
    world.keep("next", PASSWORD).await;
    let operator = world.wordy_operator();
    let mut fields = json!({
        "identity": null,
        "servicePrincipalProfile": { "clientId": CLIENT, "secret": { "name": "principal", "key": "key" } },
    });
    world.apply(&world.cluster("shop", fields.clone())).await;
    world.apply(&world.system_pool("system", "shop")).await;
    let runs = |cluster: &AksCluster| {
        let status = cluster.status.as_ref();
        status.is_some_and(|status| !status.operations.is_empty())
    };
    world.cluster_until("shop", "being created", runs).await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;

    let fails = Injection::new(Fault::operation_fails("InternalError", &repeating(100)));
    let reset = fails.call("ManagedClusters_ResetServicePrincipalProfile");
    world.admin().inject(&reset).await.unwrap();
    fields["actions"] = json!({ "reset": { "key": "1", "resetServicePrincipalProfile": {
        "clientId": CLIENT, "secret": { "name": "next", "key": "key" },
    } } });
    world.apply(&world.cluster("shop", fields)).await;
    world.cluster_until("shop", "with its secret reset", runs).await;
    drop(operator);
    let mut operator = world.wordy_operator();
    world.admin().advance_until_idle().await.unwrap();
    world.cluster_until("shop", "failed", tells_of_a_secret).await;
    world.shows_no_canary(&mut operator).await;
}

#[tokio::test]
async fn a_refused_child_shows_no_secret_of_it() {
    let world = World::new("echo-child").await;
    world.keep("git", CHILD).await;
    let mut operator = world.wordy_operator();
    let refused = Injection::new(Fault::refuse(400, "InvalidParameter", &repeating(300))).method("PUT");
    world
        .admin()
        .inject(&refused.path("/fluxConfigurations/"))
        .await
        .unwrap();
    let fields = json!({
        "extensions": { "flux": { "extensionType": "microsoft.flux" } },
        "fluxConfigurations": { "apps": {
            "namespace": "flux-system",
            "gitRepository": { "url": "https://git.example.com/shop", "repositoryRef": { "branch": "main" } },
            "kustomizations": { "base": { "path": "./base", "prune": true } },
            "configurationProtectedSettings": { "httpsKey": { "name": "git", "key": "key" } },
        } },
    });
    world.create("shop", fields).await;
    world.cluster_until("shop", "refused", tells_of_a_secret).await;
    world.shows_no_canary(&mut operator).await;
}

impl World {
    /// A cluster beside others, with a pool of its own.
    async fn add(&self, name: &str, fields: Value) {
        self.apply(&self.cluster(name, fields)).await;
        self.apply(&self.system_pool(&format!("{name}sys"), name)).await;
        self.ready(name).await;
    }
}

/// An extension that is given a secret.
fn guarded() -> Value {
    json!({ "extensions": { "flux": {
        "extensionType": "microsoft.flux",
        "configurationProtectedSettings": { "token": { "name": "long", "key": "key" } },
    } } })
}

#[tokio::test]
async fn a_long_secret_in_a_long_output_keeps_neither_a_neighbour_nor_a_probe_waiting() {
    let world = World::new("echo-long").await;
    world.keep("long", &"a".repeat(64 * 1024)).await;
    let operator = world.operator();
    let tenants = ["one", "two"];
    for name in tenants {
        world.add(name, guarded()).await;
        let id = world.azure.cluster_id(name);
        let logs = format!("begin {} end", "a".repeat(400_000));
        world.admin().add_output(&id, &logs).await.unwrap();
        let mut fields = guarded();
        let run = json!({ "command": "id", "outputConfigMap": name });
        fields["actions"] = json!({ "run": { "key": "1", "runCommand": run } });
        world.apply(&world.cluster(name, fields)).await;
    }
    world.add("neighbour", json!({})).await;
    for name in tenants {
        let done = |cluster: &AksCluster| {
            let line = cluster.status.as_ref().and_then(|status| status.actions.get("run"));
            line.is_some_and(|line| line.state == ActionState::Succeeded)
        };
        world.cluster_until(name, "done", done).await;
        let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
        let output = maps.get(name).await.unwrap().data.unwrap();
        assert_eq!(
            output["logs"],
            "[only the last 256 KiB of its output are kept]\n(secret) end"
        );
    }
    let health = reqwest::get(format!("{}/healthz", operator.admin())).await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn a_secret_that_is_too_long_is_named_and_not_sent() {
    let world = World::new("echo-too-long").await;
    world.keep("long", &"a".repeat(64 * 1024 + 1)).await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", guarded())).await;
    world.apply(&world.system_pool("system", "shop")).await;
    let says = |cluster: &AksCluster| {
        let told = serde_json::to_string(&cluster.status).unwrap();
        let rule = "/long holds under the key key is larger than 64 KiB; store less there";
        told.contains("SecretTooLarge") && told.contains(rule)
    };
    world.cluster_until("shop", "told about the secret", says).await;
    let writes = world.all_writes_after(0).await;
    assert!(!writes.iter().any(|write| write.contains("extensions")), "{writes:?}");
}
