//! Rights of the cluster's identities: granted before the cluster where it needs them to be made, kept, taken back.

use armature_api::{AksCluster, ChildState};
use armature_lab::simulator::admin::{LoggedRequest, Requests, Role};
use armature_lab::simulator::fault::{Fault, Injection};
use kube::api::{Patch, PatchParams};
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line, writes_anywhere};
use crate::identities::APPLICATION;
use crate::look;
use crate::world::World;

const ASSIGNMENT: &str = "2022-04-01";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// A virtual network with a subnet; the subnet's id.
async fn subnet(world: &World) -> String {
    let network = world.azure.in_group("Microsoft.Network/virtualNetworks/net");
    let space = json!({ "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] } });
    let body = json!({ "location": "westeurope", "properties": space });
    world.azure.make(&network, "2026-03-01", body).await;
    let subnet = format!("{network}/subnets/nodes");
    let body = json!({ "properties": { "addressPrefix": "10.1.0.0/20" } });
    world.azure.make(&subnet, "2026-03-01", body).await;
    subnet
}

/// A container registry beside the clusters.
pub async fn registry(world: &World, name: &str, mode: &str) -> String {
    let id = (world.azure).in_group(&format!("Microsoft.ContainerRegistry/registries/{name}"));
    make_registry(world, &id, mode).await;
    id
}

/// A container registry.
pub async fn make_registry(world: &World, id: &str, mode: &str) {
    let body = json!({
        "location": "westeurope",
        "sku": { "name": "Premium" },
        "properties": { "roleAssignmentMode": mode },
    });
    world.azure.make(id, "2025-11-01", body).await;
}

/// A cluster with an identity of its own in a subnet on which that has a role.
fn in_subnet(identity: &str, subnet: &str) -> Value {
    json!({
        "identity": { "type": "UserAssigned", "userAssignedIdentityId": identity },
        "networkProfile": { "networkPlugin": "azure", "networkPluginMode": "overlay" },
        "roleAssignments": {
            "subnet": { "principal": "cluster", "role": "Network Contributor", "scope": subnet },
        },
    })
}

async fn apply(world: &World, fields: Value, subnet: &str) {
    world.apply(&world.cluster("shop", fields)).await;
    let pool = json!({ "mode": "System", "vnetSubnetID": subnet });
    world.apply(&world.pool("system", "shop", pool)).await;
}

pub async fn role_of(world: &World, id: &str) -> Option<String> {
    let assignment = world.azure.resource(id, ASSIGNMENT).await?;
    let role = assignment["properties"]["roleDefinitionId"].as_str().unwrap();
    role.rsplit('/').next().map(str::to_owned)
}

#[tokio::test]
async fn what_a_cluster_needs_to_be_made_is_granted_before_it() {
    let world = World::new("rights-birth").await;
    let (identity, subnet) = (world.azure.make_identity("shop").await, subnet(&world).await);
    let before = world.now().await;
    let operator = world.operator();
    apply(&world, in_subnet(&identity, &subnet), &subnet).await;
    let cluster = world.cluster_until("shop", "ready with its rights", all_ready).await;
    let granted = line(&cluster, "roleAssignments/subnet").unwrap();
    assert!(granted.owned && granted.id.as_ref().unwrap().starts_with(&subnet));
    let writes = writes_anywhere(&world, before).await;
    assert!(writes[0].starts_with("PUT roleAssignments/"), "{writes:?}");
    assert!(
        writes[1..].iter().all(|write| write == "PUT managedClusters/shop"),
        "{writes:?}"
    );

    drop(operator);
    let before = world.now().await;
    let _operator = world.operator();
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "looked at again", super::looked).await;
    world.cluster_until("shop", "ready with its rights", all_ready).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    let id = granted.id.clone().unwrap();
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(role_of(&world, &id).await, None, "nothing of ours stays behind");
    let last = world
        .requests(Requests {
            writes: Some(true),
            ..Requests::default()
        })
        .await;
    let deleted = |request: &&LoggedRequest| request.method == "DELETE";
    let order: Vec<String> = last.iter().filter(deleted).map(super::brief).collect();
    assert!(
        order[0].contains("managedClusters/shop"),
        "the cluster needs its rights to the end: {order:?}"
    );
}

#[tokio::test]
async fn a_right_is_granted_first_also_where_a_pool_trails_and_the_cluster_is_to_be_stopped() {
    let world = World::new("rights-stopped").await;
    let (identity, subnet) = (world.azure.make_identity("shop").await, subnet(&world).await);
    let before = world.now().await;
    // So that the cluster waits for its right when all pools are known.
    let refused = Fault::refuse(403, "AuthorizationFailed", "The client does not have authorization.");
    let refused = Injection::new(refused).method("PUT").path("/roleAssignments/");
    let refused = world.admin().inject(&refused).await.unwrap();
    let _operator = world.operator();
    let trailing = json!({
        "vnetSubnetID": subnet, "orchestratorVersion": "1.34", "versionPolicy": "Manual",
    });
    world.apply(&world.pool("old", "shop", trailing)).await;
    let mut fields = in_subnet(&identity, &subnet);
    fields["powerState"] = json!({ "code": "Stopped" });
    apply(&world, fields, &subnet).await;
    let waits = |cluster: &AksCluster| {
        let plan = cluster.status.as_ref().and_then(|status| status.plan.as_ref());
        let stops = plan.is_some_and(|plan| plan.steps.iter().any(|step| step.step == "StopCluster"));
        stops && is(cluster, "roleAssignments/subnet", ChildState::Failed)
    };
    world.cluster_until("shop", "waiting for its rights", waits).await;
    world.admin().remove_fault(refused).await.unwrap();
    world.request_reconcile("shop").await;
    let stopped = |cluster: &AksCluster| {
        let status = cluster.status.as_ref();
        all_ready(cluster) && status.and_then(|status| status.power_state.as_deref()) == Some("Stopped")
    };
    world.cluster_until("shop", "stopped with its rights", stopped).await;
    let writes = writes_anywhere_that_worked(&world, before).await;
    assert!(writes[0].starts_with("PUT roleAssignments/"), "{writes:?}");
    assert_eq!(
        writes[1..],
        ["PUT managedClusters/shop", "PUT agentPools/old", "POST shop/stop"]
    );
}

#[tokio::test]
async fn a_right_that_armature_may_not_give_is_told_and_the_cluster_waits_for_it() {
    let world = World::new("rights-refused").await;
    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", crate::identities::SECRET).await;
    world.identity(world.service_principal()).await;
    let (identity, subnet) = (world.azure.make_identity("shop").await, subnet(&world).await);
    let before = world.now().await;
    let _operator = world.operator();
    let mut fields = in_subnet(&identity, &subnet);
    fields["identityRef"] = json!({ "name": world.namespace });
    apply(&world, fields, &subnet).await;
    let refused = |cluster: &_| {
        is(cluster, "roleAssignments/subnet", ChildState::Failed) && look::has_reason(cluster, "Ready", "ChildrenFirst")
    };
    let cluster = world.cluster_until("shop", "waiting for its rights", refused).await;
    let error = line(&cluster, "roleAssignments/subnet").unwrap().error.clone().unwrap();
    assert_eq!(error.code, "AuthorizationFailed");
    assert!(error.next_step.contains("role"));
    assert!(look::message(&cluster, "Ready").contains("roleAssignments/subnet"));
    assert_eq!(writes_anywhere_that_worked(&world, before).await, Vec::<String>::new());

    let scope = world.azure.subscription_scope();
    world.admin().assign(APPLICATION, Role::Owner, &scope).await.unwrap();
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "ready with its rights", all_ready).await;
}

async fn writes_anywhere_that_worked(world: &World, after: u64) -> Vec<String> {
    let which = Requests {
        writes: Some(true),
        after: Some(after),
        ..Requests::default()
    };
    let all = world.requests(which).await;
    all.iter()
        .filter(|request| request.status < 300 && !request.path.contains("/oauth2/"))
        .map(super::brief)
        .collect()
}

#[tokio::test]
async fn another_identity_gets_its_rights_before_the_cluster_has_it_and_the_former_one_keeps_its_own_for_a_while() {
    let world = World::new("rights-swap").await;
    let (first, second) = (
        world.azure.make_identity("first").await,
        world.azure.make_identity("second").await,
    );
    let subnet = subnet(&world).await;
    let _operator = world.operator();
    apply(&world, in_subnet(&first, &subnet), &subnet).await;
    let cluster = world.cluster_until("shop", "ready with its rights", all_ready).await;
    let of_first = line(&cluster, "roleAssignments/subnet").unwrap().id.clone().unwrap();

    let before = world.now().await;
    world.apply(&world.cluster("shop", in_subnet(&second, &subnet))).await;
    let former = |cluster: &AksCluster| {
        let lines = cluster.status.as_ref().map(|status| &status.children);
        let mut lines = lines.into_iter().flatten();
        let former = lines.find(|(_, line)| line.id.as_ref() == Some(&of_first));
        former.map(|(key, line)| (key.clone(), line.clone()))
    };
    let swapped = |cluster: &AksCluster| {
        let kept = former(cluster).is_some_and(|(_, line)| line.outputs.contains_key("until"));
        all_ready(cluster) && kept && super::lines(cluster) == 2
    };
    let cluster = world.cluster_until("shop", "on its other identity", swapped).await;
    let of_second = line(&cluster, "roleAssignments/subnet").unwrap().id.clone().unwrap();
    let order = ["PUT roleAssignments", "PUT managedClusters/shop"];
    let writes = writes_anywhere(&world, before).await;
    assert_eq!(writes.len(), order.len(), "{writes:?}");
    for (write, expected) in writes.iter().zip(order) {
        assert!(write.starts_with(expected), "{writes:?}");
    }
    assert_eq!(writes_anywhere_that_worked(&world, before).await, writes);
    let live = world.azure.cluster("shop").await.unwrap();
    let has = live["identity"]["userAssignedIdentities"].as_object().unwrap();
    assert!(has.keys().all(|id| id.eq_ignore_ascii_case(&second)), "{has:?}");
    let (key, kept) = former(&cluster).unwrap();
    assert!(kept.message.unwrap().contains("former identity"));
    assert!(role_of(&world, &of_first).await.is_some() && role_of(&world, &of_second).await.is_some());

    let over = json!({ "status": { "children": { key: { "outputs": { "until": "2020-01-01T00:00:00Z" } } } } });
    let params = PatchParams::default();
    world
        .clusters
        .patch_status("shop", &params, &Patch::Merge(&over))
        .await
        .unwrap();
    let alone = |cluster: &AksCluster| all_ready(cluster) && super::lines(cluster) == 1;
    world.cluster_until("shop", "without its former rights", alone).await;
    assert_eq!(role_of(&world, &of_first).await, None);
    assert!(role_of(&world, &of_second).await.is_some());
}

#[tokio::test]
async fn an_assignment_that_somebody_else_made_serves_and_is_never_deleted() {
    let world = World::new("rights-stand-in").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    let cluster = world.azure.cluster("shop").await.unwrap();
    let kubelet = cluster["properties"]["identityProfile"]["kubeletidentity"]["objectId"].clone();
    let scope = world.azure.cluster_id("shop");
    let theirs =
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/0a0a0a0a-0000-4000-8000-00000000000a");
    let role = format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}");
    let properties = json!({ "roleDefinitionId": role, "principalId": kubelet, "principalType": "ServicePrincipal" });
    let body = Some(json!({ "properties": properties }));
    world.azure.write_with(Method::PUT, &theirs, ASSIGNMENT, body).await;

    let entry = json!({ "roleAssignments": {
        "nodes": { "principal": "kubelet", "role": "Reader", "scope": "cluster" },
    } });
    world.apply(&world.cluster("shop", entry)).await;
    let cluster = world.cluster_until("shop", "ready with its rights", all_ready).await;
    let found = line(&cluster, "roleAssignments/nodes").unwrap();
    assert!(
        !found.owned && found.id.as_ref().unwrap().eq_ignore_ascii_case(&theirs),
        "{found:?}"
    );

    let before = world.now().await;
    drop(operator);
    let _operator = world.operator();
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "looked at again", super::looked).await;
    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| {
            line(cluster, "roleAssignments/nodes").is_none()
        })
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(role_of(&world, &theirs).await.is_some());
}

#[tokio::test]
async fn a_registry_gets_the_role_that_it_goes_by() {
    let world = World::new("rights-registry").await;
    let id = registry(&world, "shared", "LegacyRegistryPermissions").await;
    let _operator = world.operator();
    world
        .create(
            "shop",
            json!({ "attachRegistries": { "shared": { "registryId": id } } }),
        )
        .await;
    let cluster = world.cluster_until("shop", "ready with its registry", all_ready).await;
    let by_registry = line(&cluster, "attachRegistries/shared").unwrap().id.clone().unwrap();
    assert_eq!(
        role_of(&world, &by_registry).await.as_deref(),
        Some("7f951dda-4ed3-4680-a7ca-43fe172d538d")
    );

    registry(&world, "shared", "AbacRepositoryPermissions").await;
    world.request_reconcile("shop").await;
    let moved = |cluster: &_| {
        let id = line(cluster, "attachRegistries/shared").and_then(|line| line.id.clone());
        all_ready(cluster) && id.is_some_and(|id| id != by_registry) && super::lines(cluster) == 1
    };
    let cluster = world.cluster_until("shop", "with the other role alone", moved).await;
    let by_repository = line(&cluster, "attachRegistries/shared").unwrap().id.clone().unwrap();
    assert_eq!(
        role_of(&world, &by_repository).await.as_deref(),
        Some("b93aa761-3e63-49ed-ac28-beffa264f7ac")
    );
    assert_eq!(role_of(&world, &by_registry).await, None);

    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without children", |cluster| super::lines(cluster) == 0)
        .await;
    assert_eq!(role_of(&world, &by_repository).await, None);
}
