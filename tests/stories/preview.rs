//! Beyond the fields: overrides, previews and the features they take, and values to unset.

use armature_lab::simulator::admin::Requests;
use armature_lab::simulator::fault::{Fault, Injection};
use reqwest::Method;
use serde_json::{Value, json};

use crate::children::looked;
use crate::look;
use crate::wants::NOTHING;
use crate::world::World;

const PREVIEW: &str = "2026-08-02-preview";

/// A cluster with a property that only previews have.
fn previewing(path: &str, value: Value) -> Value {
    json!({ "armApiVersion": PREVIEW, "overrides": [{ "path": path, "value": value }] })
}

impl World {
    /// Registers a preview feature, as `az feature register` does, and waits until Azure has done so.
    async fn register(&self, feature: &str) {
        let id = format!(
            "{}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/{feature}",
            self.azure.subscription_scope()
        );
        let (post, version) = (Method::POST, "2021-07-01");
        self.azure
            .write_with(post, &format!("{id}/register"), version, None)
            .await;
        crate::world::watch_log("the registration", async || {
            let shown = self.azure.resource(&id, version).await.unwrap();
            shown["properties"]["state"] == "Registered"
        })
        .await;
    }

    async fn apply_with_pool(&self, name: &str, fields: Value) {
        self.apply(&self.cluster(name, fields)).await;
        self.apply(&self.system_pool("system", name)).await;
    }

    async fn previewed(&self, name: &str) -> Value {
        let id = self.azure.cluster_id(name);
        self.azure.resource(&id, PREVIEW).await.unwrap()
    }
}

#[tokio::test]
async fn a_preview_property_reaches_azure_once_its_feature_is_registered_and_then_nothing_is_left() {
    let world = World::new("preview").await;
    let _operator = world.operator_with(&["--no-leader-elect", "--allow-preview"]);
    let proxy = json!({ "enabled": true, "mode": "IPVS" });
    world
        .apply_with_pool("shop", previewing("networkProfile.kubeProxyConfig", proxy.clone()))
        .await;
    let said = world.cluster_stalls("shop", "FeatureNotRegistered").await;
    assert!(
        said.contains(
            "az feature register --namespace Microsoft.ContainerService --name KubeProxyConfigurationPreview"
        ),
        "{said}"
    );
    assert_eq!(world.writes_after(0).await, NOTHING);

    world.register("KubeProxyConfigurationPreview").await;
    world.request_reconcile("shop").await;
    world.ready("shop").await;
    let live = world.previewed("shop").await;
    assert_eq!(live["properties"]["networkProfile"]["kubeProxyConfig"], proxy);

    let settled = world.now().await;
    world.lists(4).await;
    assert_eq!(world.writes_after(settled).await, NOTHING);
    let reads = world
        .requests(Requests {
            after: Some(settled),
            call: Some("ManagedClusters_Get".to_owned()),
            ..Requests::default()
        })
        .await;
    assert!(
        reads.len() <= 2,
        "a LIST in the stable api-version does not wake for ever: {}",
        reads.len()
    );
}

#[tokio::test]
async fn a_preview_needs_the_leave_of_the_identity() {
    let world = World::new("no-preview").await;
    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", crate::identities::SECRET).await;
    world.identity(world.service_principal()).await;
    let _operator = world.operator_without_identity(&[]);
    let mut fields = previewing("nodeDisruptionProfile.nodeDisruptionPolicy", json!("Allow"));
    fields["identityRef"] = json!({ "name": world.namespace });
    world.apply_with_pool("shop", fields).await;
    assert_eq!(
        world.cluster_stalls("shop", "PreviewNotAllowed").await,
        format!(
            "spec.armApiVersion {PREVIEW} is a preview, and AzureIdentity {} may not use previews; set its \
             spec.allowPreview to true, or use a stable api-version",
            world.namespace
        )
    );
    assert_eq!(world.writes_after(0).await, NOTHING);
    let mut identity = world.service_principal();
    identity["allowPreview"] = json!(true);
    world.identity(identity).await;
    world.ready("shop").await;
}

#[tokio::test]
async fn a_feature_that_only_azure_knows_of_is_missed_once_and_waited_for() {
    let world = World::new("feature").await;
    let _operator = world.operator_with(&["--no-leader-elect", "--allow-preview"]);
    world
        .apply_with_pool(
            "shop",
            previewing("securityProfile.nodeRestriction.enabled", json!(true)),
        )
        .await;
    let said = world.cluster_stalls("shop", "FeatureNotRegistered").await;
    assert!(
        said.contains("Microsoft.ContainerService/NodeRestrictionPreview"),
        "{said}"
    );
    world.request_reconcile("shop").await;
    world.lists(2).await;
    assert_eq!(world.writes_after(0).await, ["PUT shop"], "it is refused once");
    world.register("NodeRestrictionPreview").await;
    world.request_reconcile("shop").await;
    world.ready("shop").await;
}

impl World {
    /// Azure misses a feature for this call, which `ask` leads to: that is told, the call is made once, and once the feature
    /// is registered it is made again.
    async fn missed_once_and_waited_for(&self, feature: &str, call: &str, ask: impl AsyncFnOnce()) {
        let message = format!("Preview feature Microsoft.ContainerService/{feature} not registered.");
        let refusal = Injection::new(Fault::refuse(400, "BadRequest", &message)).call(call);
        let refusal = self.admin().inject(&refusal).await.unwrap();
        let before = self.now().await;
        ask().await;
        let said = self.cluster_stalls("shop", "FeatureNotRegistered").await;
        assert!(said.contains(&format!("--name {feature}")), "{said}");
        self.request_reconcile("shop").await;
        self.cluster_until("shop", "looked at again", looked).await;
        self.lists(2).await;
        let sent = self.writes_after(before).await;
        assert_eq!(sent.len(), 1, "{call} is refused once: {sent:?}");

        self.admin().remove_fault(refusal).await.unwrap();
        self.register(feature).await;
        self.request_reconcile("shop").await;
        self.ready("shop").await;
    }
}

#[tokio::test]
async fn a_stop_a_start_a_resume_and_an_upgrade_that_miss_a_feature_are_told_and_sent_once_until_it_is_registered() {
    let world = World::new("feature-steps").await;
    let _operator = world.operator();
    world.create("shop", json!({ "kubernetesVersion": "1.34" })).await;
    let apply = async |fields: Value| world.apply(&world.cluster("shop", fields)).await;
    let power = |code: &str| json!({ "kubernetesVersion": "1.34", "powerState": { "code": code } });
    let stop = async || apply(power("Stopped")).await;
    world
        .missed_once_and_waited_for("NodeRestrictionPreview", "ManagedClusters_Stop", stop)
        .await;
    let start = async || apply(power("Running")).await;
    world
        .missed_once_and_waited_for("EnableImageIntegrityPreview", "ManagedClusters_Start", start)
        .await;

    // Work of Azure that failed is resumed by a repeat of what it was to do.
    let put = "ManagedClusters_CreateOrUpdate";
    let failed = json!({ "properties": { "provisioningState": "Failed" } });
    let id = world.azure.cluster_id("shop");
    let fail = async || world.admin().edit(&id, failed).await.unwrap();
    world
        .missed_once_and_waited_for("KubeProxyConfigurationPreview", put, fail)
        .await;
    let upgrade = async || apply(json!({ "powerState": { "code": "Running" } })).await;
    world
        .missed_once_and_waited_for("AKS-AddonAutoscalingPreview", put, upgrade)
        .await;
    let live = world.azure.cluster("shop").await.unwrap();
    assert_eq!(live["properties"]["kubernetesVersion"], "1.35");
}

#[tokio::test]
async fn an_override_of_a_stable_property_is_brought_back_like_a_field() {
    let world = World::new("override").await;
    let _operator = world.operator();
    let tier = json!({ "overrides": [{ "path": "sku.tier", "value": "Standard" }] });
    world.create("shop", tier).await;
    let created = world.now().await;
    let id = world.azure.cluster_id("shop");
    world
        .admin()
        .edit(&id, json!({ "sku": { "tier": "Free" } }))
        .await
        .unwrap();
    world.write_until("the tier", created, "PUT shop").await;
    world.ready("shop").await;
    assert_eq!(world.azure.cluster("shop").await.unwrap()["sku"]["tier"], "Standard");
    assert_eq!(world.writes_after(created).await, ["PUT shop"]);
}

#[tokio::test]
async fn what_the_manifest_clears_is_unset_in_azure_with_one_write() {
    let world = World::new("clear").await;
    let _operator = world.operator();
    let ranges = json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["203.0.113.0/24"] } });
    world.create("shop", ranges).await;
    let created = world.now().await;

    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "told that the ranges are kept", |cluster| {
            let advice = cluster.status.as_ref().map(|status| status.advice.join(" "));
            look::is_ready(cluster) && advice.is_some_and(|advice| advice.contains("keeps its live value"))
        })
        .await;
    assert_eq!(world.writes_after(created).await, NOTHING, "absent means not managed");

    let clear = json!({ "clear": ["apiServerAccessProfile.authorizedIPRanges"] });
    world.apply(&world.cluster("shop", clear)).await;
    world.write_until("the ranges to go", created, "PUT shop").await;
    world.ready("shop").await;
    let live = world.azure.cluster("shop").await.unwrap();
    let ranges = live.pointer("/properties/apiServerAccessProfile/authorizedIPRanges");
    assert!(ranges.is_none_or(|ranges| *ranges == json!([])), "{ranges:?}");
    assert_eq!(world.writes_after(created).await, ["PUT shop"]);
}
