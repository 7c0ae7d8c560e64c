//! Values that ARM never returns: sent from Secrets, told apart by fingerprints, shown nowhere.

use armature_api::AksCluster;
use armature_lab::OperatorProcess;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::look;
use crate::wants::NOTHING;
use crate::world::World;

const PATH: &str = "windowsProfile.adminPassword";
const FIRST: &str = "the-1st-Pa55word";
const SECOND: &str = "the-2nd-Pa55word";
/// What the log of the simulated Azure has in the place of a password.
const LOGGED: &str = "***";

/// A cluster whose Windows password is in the Secret `windows`.
fn windows() -> Value {
    json!({
        "networkProfile": { "networkPlugin": "azure" },
        "windowsProfile": {
            "adminUsername": "operator",
            "adminPassword": { "name": "windows", "key": "password" },
        },
    })
}

impl World {
    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Applies the Secret `windows` with one key.
    async fn windows_secret(&self, key: &str, value: &str) {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": "windows" },
            "stringData": { key: value },
        });
        let params = PatchParams::apply("stories").force();
        let secrets = self.secrets();
        secrets
            .patch("windows", &params, &Patch::Apply(manifest))
            .await
            .unwrap();
    }

    /// The passwords that were sent with writes of the cluster after request number `after`.
    async fn passwords_after(&self, after: u64) -> Vec<Value> {
        let writes = self.write_requests_after(after).await;
        let password = |body: &Value| body.pointer("/properties/windowsProfile/adminPassword").cloned();
        writes
            .iter()
            .filter_map(|write| password(write.body.as_ref()?))
            .collect()
    }

    /// Everything that shows outside of Azure and of the Secret itself.
    pub async fn told(&self, operator: &mut OperatorProcess) -> String {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let log = std::fs::read_to_string(operator.process().log()).unwrap();
        let clusters = self.clusters.list(&Default::default()).await.unwrap().items;
        let events = events.list(&Default::default()).await.unwrap().items;
        let metrics = reqwest::get(format!("{}/metrics", operator.admin())).await.unwrap();
        let metrics = metrics.text().await.unwrap();
        format!("{log}{clusters:?}{events:?}{metrics}")
    }
}

fn fingerprint(cluster: &AksCluster) -> String {
    let applied = cluster.status.as_ref().and_then(|status| status.applied.get(PATH));
    applied.cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_password_is_sent_with_the_create_and_once_more_when_its_secret_changes() {
    let world = World::new("password").await;
    let mut operator = world.operator();
    world.windows_secret("password", FIRST).await;
    world.create("shop", windows()).await;
    assert_eq!(world.passwords_after(0).await, [LOGGED]);
    let before = fingerprint(&world.ready("shop").await);
    assert!(before.starts_with("hmac:"), "{before}");

    let created = world.now().await;
    world.windows_secret("password", SECOND).await;
    world.request_reconcile("shop").await;
    world.write_until("the new password", created, "PUT shop").await;
    world
        .cluster_until("shop", "confirmed with the new password", |cluster| {
            look::is_ready(cluster) && look::is(cluster, "InSync", "True") && {
                let now = fingerprint(cluster);
                now.starts_with("hmac:") && now != before
            }
        })
        .await;
    world.request_reconcile("shop").await;
    world.lists(2).await;
    assert_eq!(world.writes_after(created).await, ["PUT shop"]);
    assert_eq!(world.passwords_after(created).await, [LOGGED]);

    let told = world.told(&mut operator).await;
    assert!(!told.contains(FIRST) && !told.contains(SECOND));
}

#[tokio::test]
async fn without_the_key_nothing_is_created_and_the_message_names_it() {
    let world = World::new("no-password").await;
    let _operator = world.operator();
    world.windows_secret("other", FIRST).await;
    world.apply(&world.cluster("shop", windows())).await;
    world.apply(&world.system_pool("system", "shop")).await;
    let secret = format!("{}/windows", world.namespace);
    assert_eq!(
        world.cluster_stalls("shop", "SecretKeyMissing").await,
        format!("{PATH}: Secret {secret} has no key password; add it")
    );
    world.windows_secret("password", "short").await;
    world.request_reconcile("shop").await;
    assert_eq!(
        world.cluster_stalls("shop", "SecretRefused").await,
        format!(
            "{PATH}: what Secret {secret} holds under the key password does not have the 8 to 123 characters of a \
             Windows password; store another value there"
        )
    );
    assert_eq!(world.writes_after(0).await, NOTHING);
    world.windows_secret("password", FIRST).await;
    world.request_reconcile("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn other_settings_go_on_while_a_secret_is_missing() {
    let world = World::new("lost-secret").await;
    let _operator = world.operator();
    world.windows_secret("password", FIRST).await;
    world.create("shop", windows()).await;
    let created = world.now().await;
    world
        .secrets()
        .delete("windows", &DeleteParams::default())
        .await
        .unwrap();
    let mut fields = windows();
    fields["tags"] = json!({ "team": "shop" });
    world.apply(&world.cluster("shop", fields)).await;
    world.cluster_stalls("shop", "SecretNotFound").await;
    world.write_until("the tag", created, "PATCH shop").await;
    assert_eq!(world.passwords_after(created).await, [json!(null); 0]);
}

#[tokio::test]
async fn a_lost_key_for_fingerprints_sends_no_password_again() {
    let world = World::new("lost-key").await;
    let mut operator = world.operator();
    world.windows_secret("password", FIRST).await;
    world.create("shop", windows()).await;
    let before = fingerprint(&world.ready("shop").await);
    let created = world.now().await;

    operator.kill();
    let key = "armature-fingerprint-key";
    world.secrets().delete(key, &DeleteParams::default()).await.unwrap();
    operator.restart().unwrap();
    world
        .cluster_until("shop", "recorded under a new key", |cluster| {
            let now = fingerprint(cluster);
            now.starts_with("hmac:") && now != before
        })
        .await;
    assert_eq!(world.writes_after(created).await, NOTHING);
}
