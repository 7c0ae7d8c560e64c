//! Azure says what it never says: nothing of it leads to a write, and no cluster suffers for another one's entry.

use armature_lab::simulator::admin::Requests;
use armature_lab::simulator::fault::{Fault, Injection};
use serde_json::{Value, json};

use crate::look;
use crate::wants::NOTHING;
use crate::world::World;

fn add(path: &str, value: Value) -> Value {
    json!({ "op": "add", "path": path, "value": value })
}

impl World {
    /// From now on Azure answers these calls with other bodies than it should; the number takes it back.
    async fn alter(&self, call: &str, patch: Value) -> u64 {
        let fault = Injection::new(Fault::alter_body(patch)).call(call);
        self.admin().inject(&fault).await.unwrap()
    }

    /// Waits until the operator has looked at the cluster because it was asked to.
    async fn look_again(&self, name: &str) {
        self.request_reconcile(name).await;
        let object = self.clusters.get(name).await.unwrap();
        let asked = object.metadata.annotations.unwrap()[armature_api::REQUESTED_AT_ANNOTATION].clone();
        self.cluster_until(name, "looked at again", |cluster| {
            let status = cluster.status.as_ref();
            status.is_some_and(|status| status.last_handled_reconcile_at.as_ref() == Some(&asked))
        })
        .await;
    }
}

#[tokio::test]
async fn strange_entries_of_a_list_hide_no_cluster_and_cause_no_write() {
    let world = World::new("strange-list").await;
    world.admin().change_settings(json!({ "listDelay": 0 })).await.unwrap();
    let _operator = world.operator();
    world.create("shop", json!({ "tags": { "team": "shop" } })).await;
    let id = world.azure.cluster_id("shop");
    world.lists(2).await;
    let before = world.now().await;

    let strange = [
        Value::Null,
        json!(7),
        json!(1e308),
        json!("text"),
        json!([]),
        json!({}),
        json!({ "id": null }),
        json!({ "id": 7, "name": "shop" }),
        json!({ "id": "/", "tags": 7, "properties": [] }),
        json!({ "id": id.replace("fleet", "..") }),
        json!({ "id": id.to_uppercase(), "tags": 7, "properties": 7 }),
    ];
    let first: Vec<Value> = strange.iter().map(|entry| add("/value/0", entry.clone())).collect();
    let garbled = world.alter("ManagedClusters_List", json!(first)).await;
    world.lists(3).await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    assert!(look::is_ready(&world.clusters.get("shop").await.unwrap()));

    // What others do to it in Azure is still seen.
    let edit = json!({ "tags": { "team": "somebody" } });
    world.admin().edit(&id, edit).await.unwrap();
    world.write_until("the tag put back", before, "PATCH shop").await;
    world.ready("shop").await;
    world.admin().remove_fault(garbled).await.unwrap();

    // The entry of the cluster itself, once more and with next to nothing in it.
    let shells = [
        json!({ "id": id }),
        json!({ "id": id.to_uppercase(), "tags": null, "properties": null }),
        json!({ "id": id, "tags": { "armature-owner": "elsewhere/team/shop" } }),
        json!({ "id": id, "properties": { "agentPoolProfiles": [], "provisioningState": 7 } }),
        json!({ "id": id, "location": "northeurope", "properties": { "kubernetesVersion": 1.35 } }),
    ];
    let before = world.now().await;
    for shell in shells {
        let garbled = world
            .alter("ManagedClusters_List", json!([add("/value/-", shell)]))
            .await;
        world.lists(2).await;
        world.admin().remove_fault(garbled).await.unwrap();
    }
    world.lists(2).await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn strange_values_of_a_cluster_cause_no_write() {
    let world = World::new("strange-values").await;
    let _operator = world.operator();
    let autoscaled =
        json!({ "mode": "System", "count": null, "enableAutoScaling": true, "minCount": 1, "maxCount": 3 });
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.pool("system", "shop", autoscaled)).await;
    world.ready("shop").await;
    let before = world.now().await;
    let pool = |name: &str| format!("/properties/agentPoolProfiles/0/{name}");
    let mut patches = vec![
        json!([{ "op": "remove", "path": "/eTag" }]),
        json!([{ "op": "remove", "path": "/properties/provisioningState" }]),
        json!([{ "op": "remove", "path": pool("provisioningState") }]),
        json!([{ "op": "remove", "path": pool("eTag") }]),
        json!([{ "op": "remove", "path": "/properties/nodeResourceGroup" }]),
        json!([{ "op": "remove", "path": "/properties/powerState" }]),
        json!([add("/properties/agentPoolProfiles/0", Value::Null)]),
        json!([add("/properties/agentPoolProfiles/0", json!(7))]),
        json!([add("/properties/agentPoolProfiles/0", json!({}))]),
        json!([add("/properties/agentPoolProfiles/0", json!({ "name": 7 }))]),
    ];
    for value in [
        json!(1e308),
        json!(-1),
        json!(u64::MAX),
        json!("3"),
        json!(1.5),
        Value::Null,
    ] {
        for name in ["count", "maxPods", "osDiskSizeGB", "powerState"] {
            patches.push(json!([add(&pool(name), value.clone())]));
        }
        for name in [
            "eTag",
            "properties/maxAgentPools",
            "properties/currentKubernetesVersion",
            "properties/powerState",
        ] {
            patches.push(json!([add(&format!("/{name}"), value.clone())]));
        }
    }
    for patch in patches {
        let garbled = world.alter("ManagedClusters_Get", patch.clone()).await;
        world.look_again("shop").await;
        assert_eq!(world.writes_after(before).await, NOTHING, "{patch}");
        world.admin().remove_fault(garbled).await.unwrap();
    }
    world.look_again("shop").await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    let unfit = world.requests(Requests::default()).await;
    assert!(
        unfit.iter().all(|request| request.status < 500),
        "a patch that does not fit says nothing"
    );
}
