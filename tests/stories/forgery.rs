//! Somebody who may write status writes there what is not so: nothing is written to Azure, deleted or called for it.

use armature_api::{APPROVE_PLAN_ANNOTATION, ActionState, AksCluster, ChildState};
use armature_lab::simulator::admin::{Requests, Seed};
use armature_lab::simulator::fault::{Fault, Injection};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use reqwest::Method;
use serde_json::{Value, json};

use crate::children::{all_ready, is, line, lines, look_again, writes_anywhere};
use crate::look;
use crate::wants::NOTHING;
use crate::world::{GROUP, World, watch_log};

const MAINTENANCE: &str = "2026-08-01";
const CREDENTIAL: &str = "2024-11-30";
const ASSIGNMENT: &str = "2022-04-01";
/// The Secret with the key that signs.
const KEY: &str = "armature-fingerprint-key";
/// The ConfigMaps of what is ours are named so.
const INVENTORY: &str = "armature-inventory-";
/// A signature that nobody made.
const MADE_UP: &str = "made:0123456789abcdef0123456789abcdef";

impl World {
    /// Writes status as `kubectl patch --subresource=status` does.
    async fn forge(&self, cluster: &str, status: Value) {
        let patch = json!({ "status": status });
        self.clusters
            .patch_status(cluster, &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .unwrap();
    }

    /// The ConfigMaps of what is ours.
    async fn inventories(&self) -> Vec<ConfigMap> {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let maps = maps.list(&Default::default()).await.unwrap().items;
        maps.into_iter()
            .filter(|map| map.name_any().starts_with(INVENTORY))
            .collect()
    }

    /// Deletes them.
    async fn lose_inventories(&self) -> Vec<ConfigMap> {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let lost = self.inventories().await;
        for map in &lost {
            maps.delete(&map.name_any(), &DeleteParams::default()).await.unwrap();
        }
        lost
    }

    /// Waits until an event says this.
    async fn event(&self, text: &str) {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        watch_log(text, async || {
            let events = events.list(&Default::default()).await.unwrap().items;
            events
                .iter()
                .any(|event| event.note.as_ref().is_some_and(|note| note.contains(text)))
        })
        .await;
    }

    /// A cluster of somebody else, with its id.
    async fn others_cluster(&self) -> String {
        let seed = Seed {
            resource_group: GROUP.to_owned(),
            prefix: "found-".to_owned(),
            tags: [("armature-owner".to_owned(), "stories/other-team/prod".to_owned())].into(),
            pool: json!({ "count": 1 }),
            ..Seed::default()
        };
        self.admin().seed(&seed).await.unwrap();
        self.azure.cluster_id("found-0001")
    }

    async fn others_window(&self, cluster: &str) -> String {
        let id = format!("{cluster}/maintenanceConfigurations/default");
        let window = json!({ "properties": { "maintenanceWindow": {
            "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
            "durationHours": 4,
            "startTime": "02:00",
        } } });
        self.azure.write_with(Method::PUT, &id, MAINTENANCE, Some(window)).await;
        id
    }

    /// Waits until a credential is for this subject.
    async fn subject_becomes(&self, credential: &str, subject: &str) {
        watch_log(subject, async || {
            let live = self.azure.resource(credential, CREDENTIAL).await;
            live.is_some_and(|live| live["properties"]["subject"] == subject)
        })
        .await;
    }

    async fn others_credential(&self, subject: &str) -> (String, String) {
        let identity = self.azure.make_identity("shared").await;
        let id = format!("{identity}/federatedIdentityCredentials/theirs");
        let body = json!({ "properties": {
            "issuer": "https://issuer.example.com/",
            "subject": subject,
            "audiences": ["api://AzureADTokenExchange"],
        } });
        self.azure.write_with(Method::PUT, &id, CREDENTIAL, Some(body)).await;
        (identity, id)
    }
}

fn window(hours: u32) -> Value {
    json!({ "default": { "maintenanceWindow": {
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
        "durationHours": hours,
        "startTime": "02:00",
    } } })
}

/// How far the action `task` is.
fn task(cluster: &AksCluster) -> Option<ActionState> {
    let line = cluster.status.as_ref()?.actions.get("task")?;
    Some(line.state)
}

/// Whether the line is as it is stored just before its resource is made.
fn is_making(cluster: &AksCluster, key: &str) -> bool {
    let proof = line(cluster, key).and_then(|line| line.proof.as_deref());
    proof.is_some_and(|proof| proof.starts_with("making:"))
}

fn forged(id: &str, api_version: &str) -> Value {
    json!({ "state": "Ready", "id": id, "apiVersion": api_version, "owned": true, "proof": MADE_UP })
}

#[tokio::test]
async fn no_line_of_status_makes_a_resource_ours_to_delete() {
    let world = World::new("forged-lines").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    drop(operator);
    let theirs = world.others_cluster().await;
    let window = world.others_window(&theirs).await;
    let (_, credential) = world.others_credential("system:serviceaccount:a:b").await;
    let pool = format!("{theirs}/agentPools/system");
    let group = format!("{}/resourceGroups/{GROUP}", world.azure.subscription_scope());
    let before = world.now().await;
    let foreign = [
        ("maintenanceConfigurations/cluster", theirs.clone()),
        (
            "maintenanceConfigurations/upper",
            theirs.to_uppercase().replacen("/SUBSCRIPTIONS", "/subscriptions", 1),
        ),
        ("maintenanceConfigurations/same-type", window.clone()),
        ("maintenanceConfigurations/pool", pool.clone()),
        ("children/cluster", theirs.clone()),
        ("children/group", group),
        (
            "children/up",
            format!("{}/../found-0001", world.azure.cluster_id("shop")),
        ),
        ("roleAssignments/cluster", theirs.clone()),
        ("roleAssignments/old~0123", theirs.clone()),
        ("federatedCredentials/same-type", credential.clone()),
        ("locks/cluster", theirs.clone()),
        ("snapshots/cluster", theirs.clone()),
        ("nothing/cluster", theirs.clone()),
    ];
    let all: serde_json::Map<String, Value> = foreign
        .iter()
        .map(|(key, id)| ((*key).to_owned(), forged(id, MAINTENANCE)))
        .collect();
    world.forge("shop", json!({ "children": all })).await;
    let operator = world.operator();
    world
        .cluster_until("shop", "without the forged lines", |cluster| lines(cluster) == 0)
        .await;
    world.event("nothing proves that Armature made it").await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    // The same while the cluster goes.
    drop(operator);
    world.forge("shop", json!({ "children": all })).await;
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    let _operator = world.operator();
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(writes_anywhere(&world, before).await, ["DELETE managedClusters/shop"]);
    assert!(world.azure.cluster("found-0001").await.is_some());
    assert!(world.azure.resource(&window, MAINTENANCE).await.is_some());
    assert!(world.azure.resource(&credential, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn a_line_that_was_bent_to_another_resource_is_bent_back() {
    let world = World::new("bent-lines").await;
    let operator = world.operator();
    world
        .create("shop", json!({ "maintenanceConfigurations": window(4) }))
        .await;
    world.cluster_until("shop", "ready with its window", all_ready).await;
    let theirs = world.others_window(&world.others_cluster().await).await;
    drop(operator);
    let before = world.now().await;
    let key = "maintenanceConfigurations/default";
    world
        .forge("shop", json!({ "children": { key: { "id": theirs } } }))
        .await;
    let operator = world.operator();
    let back = |cluster: &AksCluster| {
        let own = line(cluster, key).and_then(|line| line.id.clone());
        all_ready(cluster) && own.is_some_and(|id| id.contains("/managedClusters/shop/"))
    };
    let cluster = world.cluster_until("shop", "with its own window", back).await;
    let own = line(&cluster, key).unwrap();
    assert!(own.owned, "it is ours, whatever stood there");

    drop(operator);
    world
        .forge("shop", json!({ "children": { key: { "id": theirs } } }))
        .await;
    world.apply(&world.cluster("shop", json!({}))).await;
    let _operator = world.operator();
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, [format!("DELETE {key}")]);
    assert!(world.azure.resource(&theirs, MAINTENANCE).await.is_some());
}

#[tokio::test]
async fn no_record_makes_an_unmarked_cluster_ours() {
    let world = World::new("forged-record").await;
    let operator = world.operator();
    let seed = Seed {
        resource_group: GROUP.to_owned(),
        prefix: "found-".to_owned(),
        pool: json!({ "count": 1 }),
        ..Seed::default()
    };
    world.admin().seed(&seed).await.unwrap();
    let fields = json!({
        "azureName": "found-0001", "kubernetesVersion": null, "identity": null, "tags": { "team": "thieves" },
    });
    world.apply(&world.cluster("shop", fields)).await;
    let pool = json!({ "mode": "System", "vmSize": null, "count": 2 });
    world.apply(&world.pool("system", "shop", pool)).await;
    world.cluster_stalls("shop", "AdoptionRefused").await;
    drop(operator);
    let applied = json!({ "location": "0123456789ab", "tags[team]": "0123456789ab" });
    let id = world.azure.cluster_id("found-0001");
    world
        .forge(
            "shop",
            json!({ "applied": applied, "resourceId": id, "adopted": false }),
        )
        .await;
    let _operator = world.operator();
    world.request_reconcile("shop").await;
    world
        .cluster_until("shop", "looked at again", crate::children::looked)
        .await;
    world.cluster_stalls("shop", "AdoptionRefused").await;
    assert_eq!(world.writes_after(0).await, NOTHING);
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(world.writes_after(0).await, NOTHING);
    assert!(world.azure.cluster("found-0001").await.is_some());
}

#[tokio::test]
async fn an_operation_that_azure_did_not_give_us_is_not_asked_about() {
    let world = World::new("forged-operations").await;
    let operator = world.operator();
    world
        .create("shop", json!({ "maintenanceConfigurations": window(4) }))
        .await;
    world.cluster_until("shop", "ready with its window", all_ready).await;
    drop(operator);
    let endpoint = &world.simulator.access().endpoint;
    let subscription = world.azure.subscription_scope();
    let operation = |path: &str| {
        json!({
            "step": "DeleteChild",
            "url": format!("{endpoint}{path}"),
            "startedAt": "2026-09-10T00:00:00Z",
            "description": "forged",
            "proof": "0123456789abcdef0123456789abcdef",
        })
    };
    let aks = format!("{subscription}/providers/Microsoft.ContainerService/locations/westeurope/operations/forged-1");
    let operations = json!({
        "cluster": operation(&aks),
        "pool/system": operation(&format!("{subscription}/providers/Microsoft.Other/forged-2")),
        "child/maintenanceConfigurations/default": operation("/forged-3"),
        "action/task": operation("/forged-4"),
    });
    let before = world.now().await;
    world.forge("shop", json!({ "operations": operations })).await;
    let _operator = world.operator();
    let gone = |cluster: &AksCluster| {
        let status = cluster.status.as_ref();
        all_ready(cluster) && status.is_some_and(|status| status.operations.is_empty())
    };
    let cluster = world.cluster_until("shop", "without the forged operations", gone).await;
    assert!(line(&cluster, "maintenanceConfigurations/default").unwrap().owned);
    let calls = Requests {
        path: Some("forged-".to_owned()),
        ..Requests::default()
    };
    assert_eq!(world.requests(calls).await.len(), 0);
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_key_costs_no_ownership_and_a_lost_inventory_all_of_it() {
    let world = World::new("lost-inventory").await;
    let identity = world.azure.make_identity("shop").await;
    let fields = |account: &str| {
        json!({
            "oidcIssuerProfile": { "enabled": true },
            "maintenanceConfigurations": window(4),
            "federatedCredentials": {
                "api": { "identityId": identity, "namespace": "shop", "serviceAccount": account },
            },
        })
    };
    let operator = world.operator();
    world.create("shop", fields("api")).await;
    let key = "federatedCredentials/api";
    let owned = |cluster: &AksCluster| all_ready(cluster) && line(cluster, key).is_some_and(|line| line.owned);
    let cluster = world.cluster_until("shop", "ready with its credential", owned).await;
    let credential = line(&cluster, key).unwrap().id.clone().unwrap();
    let before = world.now().await;
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    secrets.delete(KEY, &DeleteParams::default()).await.unwrap();
    let operator = look_again(&world, "shop", operator).await;
    world.cluster_until("shop", "ready under another key", owned).await;

    let kept = world.lose_inventories().await;
    let operator = look_again(&world, "shop", operator).await;
    let disowned = |cluster: &AksCluster| all_ready(cluster) && line(cluster, key).is_some_and(|line| !line.owned);
    world
        .cluster_until("shop", "ready without an inventory", disowned)
        .await;
    world.event("they count as somebody else's").await;

    // With it all is as it was.
    world.lose_inventories().await;
    let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
    for map in kept {
        let metadata = ObjectMeta {
            name: map.metadata.name,
            ..ObjectMeta::default()
        };
        let back = ConfigMap { metadata, ..map };
        maps.create(&PostParams::default(), &back).await.unwrap();
    }
    let operator = look_again(&world, "shop", operator).await;
    world.cluster_until("shop", "ready with its inventory", owned).await;
    world.lose_inventories().await;
    let _operator = look_again(&world, "shop", operator).await;
    world.cluster_until("shop", "ready without it again", disowned).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    // What is below our cluster, or named after it alone, is changed as before.
    world.apply(&world.cluster("shop", fields("web"))).await;
    world
        .subject_becomes(&credential, "system:serviceaccount:shop:web")
        .await;
    world.cluster_until("shop", "ready with the edit", all_ready).await;

    let before = world.now().await;
    let issuer_alone = json!({ "oidcIssuerProfile": { "enabled": true } });
    world.apply(&world.cluster("shop", issuer_alone)).await;
    let none = |cluster: &AksCluster| lines(cluster) == 0;
    world.cluster_until("shop", "without children", none).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&credential, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn a_line_that_somebody_took_out_is_not_forgotten_and_proves_nothing_when_it_comes_back() {
    let world = World::new("hidden-line").await;
    let identity = world.azure.make_identity("shop").await;
    let without = json!({ "oidcIssuerProfile": { "enabled": true } });
    let mut with = without.clone();
    with["federatedCredentials"] =
        json!({ "api": { "identityId": identity, "namespace": "shop", "serviceAccount": "api", "name": "hidden" } });
    let operator = world.operator();
    world.create("shop", with).await;
    let key = "federatedCredentials/api";
    let cluster = world
        .cluster_until("shop", "ready with its credential", all_ready)
        .await;
    let kept = line(&cluster, key).unwrap().clone();
    assert!(kept.owned);
    drop(operator);
    // Who keeps a line, hides it and takes the entry out has the credential deleted as anybody would.
    world.forge("shop", json!({ "children": { key: null } })).await;
    world.apply(&world.cluster("shop", without)).await;
    let operator = world.operator();
    let credential = kept.id.clone().unwrap();
    watch_log("the credential gone", async || {
        world.azure.resource(&credential, CREDENTIAL).await.is_none()
    })
    .await;
    world.ready("shop").await;
    drop(operator);
    // Somebody makes it anew, and the line comes back.
    let body = json!({ "properties": {
        "issuer": "https://elsewhere.example.com/", "subject": "system:serviceaccount:theirs:api",
        "audiences": ["api://AzureADTokenExchange"],
    } });
    world
        .azure
        .write_with(Method::PUT, &credential, CREDENTIAL, Some(body))
        .await;
    world.forge("shop", json!({ "children": { key: kept } })).await;
    let before = world.now().await;
    let _operator = world.operator();
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&credential, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn an_object_that_was_forced_out_leaves_another_of_its_name_nothing_that_may_be_somebody_elses() {
    let world = World::new("forced-out").await;
    let identity = world.azure.make_identity("shop").await;
    let without = json!({ "oidcIssuerProfile": { "enabled": true } });
    let mut with = without.clone();
    with["federatedCredentials"] =
        json!({ "api": { "identityId": identity, "namespace": "shop", "serviceAccount": "api", "name": "forced" } });
    let operator = world.operator();
    world.create("shop", with).await;
    let cluster = world
        .cluster_until("shop", "ready with its credential", all_ready)
        .await;
    let key = "federatedCredentials/api";
    let kept = line(&cluster, key).unwrap().clone();
    let credential = kept.id.clone().unwrap();
    drop(operator);
    world.lose("shop", &[]).await;
    // Its owner deletes it, and somebody makes another one.
    world
        .azure
        .write_with(Method::DELETE, &credential, CREDENTIAL, None)
        .await;
    let body = json!({ "properties": {
        "issuer": "https://elsewhere.example.com/", "subject": "system:serviceaccount:theirs:api",
        "audiences": ["api://AzureADTokenExchange"],
    } });
    world
        .azure
        .write_with(Method::PUT, &credential, CREDENTIAL, Some(body))
        .await;
    let before = world.now().await;
    world.apply(&world.cluster("shop", without)).await;
    world.forge("shop", json!({ "children": { key: kept } })).await;
    let _operator = world.operator();
    let settled = |cluster: &AksCluster| look::is_ready(cluster) && lines(cluster) == 0;
    world.cluster_until("shop", "ready without children", settled).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&credential, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn a_credential_of_somebody_else_is_overwritten_only_by_an_approved_adoption_and_never_deleted() {
    let world = World::new("adopted-child").await;
    let (identity, theirs) = world.others_credential("system:serviceaccount:theirs:app").await;
    let fields = |policy: &str, account: &str| {
        json!({
            "oidcIssuerProfile": { "enabled": true },
            "adoptionPolicy": policy,
            "federatedCredentials": {
                "api": { "identityId": identity, "namespace": "shop", "serviceAccount": account, "name": "theirs" },
            },
        })
    };
    let key = "federatedCredentials/api";
    let message = |cluster: &AksCluster| {
        line(cluster, key)
            .and_then(|line| line.message.clone())
            .unwrap_or_default()
    };
    let _operator = world.operator();
    world.create("shop", fields("Never", "api")).await;
    let held = |cluster: &AksCluster| is(cluster, key, ChildState::Held);
    let cluster = world.cluster_until("shop", "held", held).await;
    assert!(
        message(&cluster).contains("was not made by Armature and differs from the manifest at properties.issuer"),
        "{}",
        message(&cluster)
    );
    assert!(look::is_ready(&cluster), "the cluster is fine");

    let before = world.now().await;
    world.apply(&world.cluster("shop", fields("AfterPlan", "api"))).await;
    let waits = |cluster: &AksCluster| message(cluster).contains("approve-plan=");
    let cluster = world.cluster_until("shop", "waiting for an approval", waits).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    let told = message(&cluster);
    let hash = told.split("approve-plan=").nth(1).unwrap().split(' ').next().unwrap();
    world.annotate("shop", APPROVE_PLAN_ANNOTATION, "0123456789ab").await;
    world.request_reconcile("shop").await;
    world
        .cluster_until("shop", "looked at again", crate::children::looked)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    world
        .annotate("shop", APPROVE_PLAN_ANNOTATION, &format!("0123456789ab, {hash}"))
        .await;
    let cluster = world
        .cluster_until("shop", "ready with the credential", all_ready)
        .await;
    assert!(!line(&cluster, key).unwrap().owned);
    let live = world.azure.resource(&theirs, CREDENTIAL).await.unwrap();
    assert_eq!(live["properties"]["subject"], "system:serviceaccount:shop:api");

    // From then on it is managed; deleted it is not.
    world.apply(&world.cluster("shop", fields("Never", "web"))).await;
    world.subject_becomes(&theirs, "system:serviceaccount:shop:web").await;
    world.cluster_until("shop", "ready with the edit", all_ready).await;
    let issuer_alone = json!({ "oidcIssuerProfile": { "enabled": true } });
    world.apply(&world.cluster("shop", issuer_alone)).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert!(world.azure.resource(&theirs, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn who_only_names_an_assignment_does_not_keep_its_owner_from_removing_it() {
    let world = World::new("named-only").await;
    let identity = world.azure.make_identity("app").await;
    let scope = world.azure.make_identity("scope").await;
    let reads = json!({ "reads": { "principal": identity, "role": "Reader", "scope": scope } });
    let operator = world.operator();
    world.create("shop", json!({ "roleAssignments": reads })).await;
    let key = "roleAssignments/reads";
    let owned = |cluster: &AksCluster| all_ready(cluster) && line(cluster, key).is_some_and(|line| line.owned);
    let cluster = world.cluster_until("shop", "ready with its rights", owned).await;
    let id = line(&cluster, key).unwrap().id.clone().unwrap();

    // Its identity does not exist: it never signs in.
    let names = json!({ "identityRef": { "name": "absent" }, "roleAssignments": reads });
    world.apply(&world.cluster("freeloader", names)).await;
    world
        .cluster_until("freeloader", "refused", |cluster| cluster.status.is_some())
        .await;
    drop(operator);
    let line_of_it = forged(&id, ASSIGNMENT);
    world
        .forge("freeloader", json!({ "children": { key: line_of_it } }))
        .await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(
        world.azure.resource(&id, ASSIGNMENT).await,
        None,
        "its owner removed it"
    );
}

#[tokio::test]
async fn an_action_that_ran_does_not_run_again_because_its_line_was_taken_away() {
    let world = World::new("forged-actions").await;
    let operator = world.operator();
    let rotate = json!({ "actions": { "task": { "key": "1", "rotateServiceAccountSigningKeys": {} } } });
    world.create("shop", rotate).await;
    let ran = |cluster: &AksCluster| task(cluster) == Some(ActionState::Succeeded);
    world.cluster_until("shop", "done with the action", ran).await;
    drop(operator);
    let before = world.now().await;
    world
        .forge("shop", json!({ "actions": null, "resumeAttempts": null }))
        .await;
    let _operator = world.operator();
    let unknown = |cluster: &AksCluster| task(cluster) == Some(ActionState::Unknown);
    world.cluster_until("shop", "in doubt about the action", unknown).await;
    world.ready("shop").await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
}

#[tokio::test]
async fn no_record_makes_drift_pass_for_an_edit() {
    let world = World::new("forged-drift").await;
    let operator = world.operator();
    let fields = json!({ "driftPolicy": "Report", "tags": { "team": "shop" } });
    world.create("shop", fields).await;
    drop(operator);
    let edit = json!({ "tags": { "team": "somebody" } });
    world.admin().edit(&world.azure.cluster_id("shop"), edit).await.unwrap();
    let before = world.now().await;
    for applied in [json!({ "tags[team]": "0123456789ab" }), json!({ "tags[team]": null })] {
        world.forge("shop", json!({ "applied": applied })).await;
        let _operator = world.operator();
        world.request_reconcile("shop").await;
        let held = |cluster: &AksCluster| {
            crate::children::looked(cluster) && look::has_reason(cluster, "InSync", "DriftReported")
        };
        world.cluster_until("shop", "drifted", held).await;
    }
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_line_that_somebody_kept_is_worth_nothing_once_what_it_was_about_is_gone() {
    let world = World::new("kept-lines").await;
    let identity = world.azure.make_identity("shared").await;
    let theirs = format!("{identity}/federatedIdentityCredentials/theirs");
    let key = "federatedCredentials/api";
    let fields = |account: &str| {
        json!({
            "oidcIssuerProfile": { "enabled": true },
            "federatedCredentials": {
                "api": { "identityId": identity, "namespace": "shop", "serviceAccount": account, "name": "theirs" },
            },
        })
    };
    let without = || world.cluster("shop", json!({ "oidcIssuerProfile": { "enabled": true } }));
    let operator = world.operator();
    world.create("shop", fields("api")).await;
    let made = world
        .cluster_until("shop", "ready with the credential", all_ready)
        .await;
    let kept = [json!(line(&made, key).unwrap())];
    let body = world.azure.resource(&theirs, CREDENTIAL).await.unwrap();
    world.apply(&without()).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(world.azure.resource(&theirs, CREDENTIAL).await, None);

    // What is stored just before a call that Azure refuses is worth as little afterwards.
    let refuse = Fault::refuse(403, "AuthorizationFailed", "no");
    let refused = Injection::new(refuse).call("FederatedIdentityCredentials_CreateOrUpdate");
    let fault = world.admin().inject(&refused).await.unwrap();
    world.apply(&world.cluster("shop", fields("api"))).await;
    let making = world
        .cluster_until("shop", "about to make it", |cluster| is_making(cluster, key))
        .await;
    let kept = [kept[0].clone(), json!(line(&making, key).unwrap())];
    world
        .cluster_until("shop", "refused", |cluster| is(cluster, key, ChildState::Failed))
        .await;
    drop(operator);
    world.admin().remove_fault(fault).await.unwrap();

    // Somebody else makes the same one.
    let body = json!({ "properties": body["properties"] });
    world
        .azure
        .write_with(Method::PUT, &theirs, CREDENTIAL, Some(body))
        .await;
    let before = world.now().await;
    for kept in &kept {
        world.apply(&world.cluster("shop", fields("web"))).await;
        world.forge("shop", json!({ "children": { key: kept } })).await;
        let operator = world.operator();
        world
            .cluster_until("shop", "held", |cluster| is(cluster, key, ChildState::Held))
            .await;
        drop(operator);
        world.forge("shop", json!({ "children": { key: kept } })).await;
        world.apply(&without()).await;
        let _operator = world.operator();
        world
            .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
            .await;
    }
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&theirs, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn a_child_that_somebody_made_anew_under_its_name_is_theirs() {
    let world = World::new("remade-child").await;
    let operator = world.operator();
    world
        .create("shop", json!({ "maintenanceConfigurations": window(4) }))
        .await;
    let key = "maintenanceConfigurations/default";
    world.cluster_until("shop", "ready with its window", all_ready).await;
    // Somebody keeps what is stored while another one is made.
    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    let manifest = world.cluster("shop", json!({ "maintenanceConfigurations": window(4) }));
    world.apply(&manifest).await;
    let making = world
        .cluster_until("shop", "about to make it", |cluster| is_making(cluster, key))
        .await;
    world.cluster_until("shop", "ready with its window", all_ready).await;
    drop(operator);
    let own = world.azure.cluster_id("shop");
    let id = format!("{own}/{key}");
    world.azure.write_with(Method::DELETE, &id, MAINTENANCE, None).await;
    assert_eq!(world.others_window(&own).await, id);
    let ready = |cluster: &AksCluster| all_ready(cluster) && line(cluster, key).is_some_and(|line| !line.owned);
    for kept in [None, Some(json!(line(&making, key).unwrap()))] {
        if let Some(kept) = kept {
            world.forge("shop", json!({ "children": { key: null } })).await;
            world.forge("shop", json!({ "children": { key: kept } })).await;
        }
        let _operator = world.operator();
        world.request_reconcile("shop").await;
        world
            .cluster_until("shop", "with a window of somebody else", ready)
            .await;
        world.event("was deleted and made anew").await;
    }
    let before = world.now().await;
    world.apply(&world.cluster("shop", json!({}))).await;
    let _operator = world.operator();
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&id, MAINTENANCE).await.is_some());
}

#[tokio::test]
async fn an_action_that_ran_does_not_run_again_because_an_older_record_was_put_back() {
    let world = World::new("kept-record").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    let status = world.ready("shop").await.status.unwrap();
    let kept = json!({
        "applied": status.applied,
        "resumeAttempts": status.resume_attempts,
        "actions": null,
        "proof": status.proof,
    });
    let rotate = json!({ "actions": { "task": { "key": "1", "rotateServiceAccountSigningKeys": {} } } });
    world.apply(&world.cluster("shop", rotate)).await;
    let ran = |cluster: &AksCluster| task(cluster) == Some(ActionState::Succeeded);
    world.cluster_until("shop", "done with the action", ran).await;
    drop(operator);
    let before = world.now().await;
    world.forge("shop", kept).await;
    let _operator = world.operator();
    let unknown = |cluster: &AksCluster| task(cluster) == Some(ActionState::Unknown);
    world.cluster_until("shop", "in doubt about the action", unknown).await;
    world.ready("shop").await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_child_that_was_seen_gone_is_nobodys() {
    let world = World::new("seen-gone").await;
    let identity = world.azure.make_identity("shared").await;
    let theirs = format!("{identity}/federatedIdentityCredentials/theirs");
    let fields = |drift: &str| {
        json!({
            "driftPolicy": drift,
            "oidcIssuerProfile": { "enabled": true },
            "federatedCredentials": {
                "api": { "identityId": identity, "namespace": "shop", "serviceAccount": "api", "name": "theirs" },
            },
        })
    };
    let key = "federatedCredentials/api";
    let _operator = world.operator();
    world.create("shop", fields("Report")).await;
    world
        .cluster_until("shop", "ready with the credential", all_ready)
        .await;
    world.azure.write_with(Method::DELETE, &theirs, CREDENTIAL, None).await;
    world.request_reconcile("shop").await;
    let held = |cluster: &AksCluster| is(cluster, key, ChildState::Held);
    let cluster = world.cluster_until("shop", "held", held).await;
    assert!(!line(&cluster, key).unwrap().owned);

    let (_, made) = world.others_credential("system:serviceaccount:theirs:app").await;
    assert_eq!(made, theirs);
    let before = world.now().await;
    world.apply(&world.cluster("shop", fields("Enforce"))).await;
    let refused = |cluster: &AksCluster| {
        let message = line(cluster, key).and_then(|line| line.message.clone());
        message.is_some_and(|message| message.contains("was not made by Armature"))
    };
    world.cluster_until("shop", "held because of them", refused).await;
    let without = json!({ "oidcIssuerProfile": { "enabled": true } });
    world.apply(&world.cluster("shop", without)).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&theirs, CREDENTIAL).await.is_some());
}

#[tokio::test]
async fn of_two_clusters_that_make_the_same_child_at_once_one_does() {
    let world = World::new("one-maker").await;
    let identity = world.azure.make_identity("shared").await;
    let fields = |entry: bool| {
        let api = json!({ "identityId": identity, "namespace": "shop", "serviceAccount": "api", "name": "race" });
        let entries = if entry { json!({ "api": api }) } else { json!({}) };
        json!({ "oidcIssuerProfile": { "enabled": true }, "federatedCredentials": entries })
    };
    let _operator = world.operator();
    for name in ["one", "two"] {
        world.apply(&world.cluster(name, fields(false))).await;
        world.apply(&world.system_pool(&format!("sys{name}"), name)).await;
    }
    for name in ["one", "two"] {
        world.ready(name).await;
    }
    let slow = Injection::new(Fault::Delay { milliseconds: 500 })
        .method("PUT")
        .path("federatedIdentityCredentials/race");
    world.admin().inject(&slow).await.unwrap();
    let before = world.now().await;
    for name in ["one", "two"] {
        world.apply(&world.cluster(name, fields(true))).await;
    }
    let key = "federatedCredentials/api";
    let settled = |cluster: &AksCluster| is(cluster, key, ChildState::Ready) || is(cluster, key, ChildState::Held);
    let mut owners = 0;
    for name in ["one", "two"] {
        let cluster = world.cluster_until(name, "done with the credential", settled).await;
        owners += usize::from(line(&cluster, key).unwrap().owned);
    }
    let writes = writes_anywhere(&world, before).await;
    assert_eq!((owners, writes.len()), (1, 1), "{writes:?}");
}

#[tokio::test]
async fn without_the_key_nothing_is_written_to_azure() {
    let world = World::new("no-signing-key").await;
    let broken = Secret {
        metadata: ObjectMeta {
            name: Some(KEY.to_owned()),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    };
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    secrets.create(&PostParams::default(), &broken).await.unwrap();
    let operator = world.operator();
    let before = world.now().await;
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    let waits = |cluster: &AksCluster| look::has_reason(cluster, "Ready", "FingerprintKeyUnavailable");
    world.cluster_until("shop", "waiting for the key", waits).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    drop(operator);
    secrets.delete(KEY, &DeleteParams::default()).await.unwrap();
    let _operator = world.operator();
    world.ready("shop").await;
}

#[tokio::test]
async fn while_the_inventory_cannot_be_written_that_is_told_and_nothing_is_written_to_azure() {
    let world = World::new("fixed-inventory").await;
    let _operator = world.operator();
    world
        .create("shop", json!({ "maintenanceConfigurations": window(4) }))
        .await;
    world.cluster_until("shop", "ready with its window", all_ready).await;
    let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
    let name = world.inventories().await[0].name_any();
    let fixed = Patch::Merge(json!({ "immutable": true }));
    maps.patch(&name, &PatchParams::default(), &fixed).await.unwrap();
    // What was made is not deleted when that can't be recorded.
    let before = world.now().await;
    world.apply(&world.cluster("shop", json!({}))).await;
    let key = "maintenanceConfigurations/default";
    world
        .cluster_until("shop", "kept", |cluster| is(cluster, key, ChildState::Failed))
        .await;
    let fields = json!({ "locks": { "keep": { "level": "CanNotDelete" } } });
    world.apply(&world.cluster("shop", fields)).await;
    world.request_reconcile("shop").await;
    let told = |cluster: &AksCluster| {
        look::has_reason(cluster, "Ready", "InventoryUnavailable")
            && look::message(cluster, "Ready").contains(INVENTORY)
    };
    world.cluster_until("shop", "telling what can't be written", told).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    maps.delete(&name, &DeleteParams::default()).await.unwrap();
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "ready again", all_ready).await;
    assert_eq!(world.inventories().await.len(), 1, "what was known is written anew");
}
