//! Locks: ours are made last and lifted only where the manifest says so; others keep a deletion waiting.

use armature_api::{AksCluster, ChildState};
use armature_lab::simulator::fault::{Fault, Injection};
use reqwest::Method;
use serde_json::{Value, json};

use super::diagnostics::workspace;
use super::rights::registry;
use super::{all_ready, is, line, lines, look_again, writes_anywhere};
use crate::look;
use crate::wants::NOTHING;
use crate::world::{GROUP, World};

const KEY: &str = "locks/keep";
const WINDOW: &str = "maintenanceConfigurations/default";
const API_VERSION: &str = "2020-05-01";

fn locks(level: &str, suspend: bool) -> Value {
    json!({ "locks": { "keep": { "level": level, "suspendForChanges": suspend } } })
}

fn with(mut fields: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

fn window(hours: u32) -> Value {
    json!({ "maintenanceConfigurations": { "default": { "maintenanceWindow": {
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
        "durationHours": hours,
        "startTime": "02:00",
    } } } })
}

fn lock_at(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/locks/keep")
}

fn group(world: &World) -> String {
    format!("{}/resourceGroups/{GROUP}", world.azure.subscription_scope())
}

impl World {
    /// The lock that the manifest asks for, as Azure has it.
    async fn lock(&self) -> Option<Value> {
        let id = lock_at(&self.azure.cluster_id("shop"));
        self.azure.resource(&id, API_VERSION).await
    }

    /// Somebody locks the resource group.
    async fn lock_group(&self) {
        let body = json!({ "properties": { "level": "CanNotDelete" } });
        let id = lock_at(&group(self));
        self.azure.write_with(Method::PUT, &id, API_VERSION, Some(body)).await;
    }

    async fn unlock_group(&self) {
        let id = lock_at(&group(self));
        self.azure.write_with(Method::DELETE, &id, API_VERSION, None).await;
    }

    /// Waits until all is ready again, the lock included.
    async fn locked_again(&self) -> AksCluster {
        self.cluster_until("shop", "locked again", |cluster| {
            all_ready(cluster) && is(cluster, KEY, ChildState::Ready) && look::is(cluster, "InSync", "True")
        })
        .await
    }
}

#[tokio::test]
async fn a_lock_is_made_after_everything_else_and_then_nothing_is_written() {
    let world = World::new("locks").await;
    let operator = world.operator();
    world.create("shop", with(locks("ReadOnly", false), window(4))).await;
    let cluster = world.cluster_until("shop", "ready with its children", all_ready).await;
    assert!(line(&cluster, KEY).unwrap().owned);
    let writes = world.writes_after(0).await;
    assert_eq!(
        writes[writes.len() - 2..],
        ["PUT shop maintenanceConfigurations/default", "PUT shop locks/keep"]
    );
    let before = world.now().await;
    let _operator = look_again(&world, "shop", operator).await;
    world
        .apply(&world.cluster("shop", with(locks("ReadOnly", true), window(4))))
        .await;
    world.locked_again().await;
    assert_eq!(world.writes_after(before).await, NOTHING);
}

#[tokio::test]
async fn a_lock_of_others_keeps_a_deletion_waiting_without_a_call() {
    let world = World::new("locks-foreign").await;
    let _operator = world.operator();
    world.create("shop", locks("CanNotDelete", true)).await;
    world.cluster_until("shop", "ready with its lock", all_ready).await;
    world.lock_group().await;
    let before = world.now().await;
    world.delete_cluster("shop").await;
    let told = world.cluster_stalls("shop", "ScopeLocked").await;
    let lock = format!("lock keep (CanNotDelete) on {}", group(&world));
    assert!(told.contains(&lock) && told.contains("az lock delete --ids"), "{told}");
    world.request_reconcile("shop").await;
    world.lists(2).await;
    assert_eq!(world.writes_after(before).await, NOTHING);

    world.unlock_group().await;
    world.request_reconcile("shop").await;
    world.cluster_gone("shop").await;
    assert_eq!(
        world.writes_after(before).await,
        ["DELETE shop locks/keep", "DELETE shop"]
    );
}

#[tokio::test]
async fn pools_and_what_hangs_on_a_cluster_stay_under_a_lock_of_others_and_go_when_it_is_gone() {
    let world = World::new("locks-foreign-parts").await;
    let _operator = world.operator();
    world.create("shop", window(4)).await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.pool_until("apps", "ready", look::is_ready).await;
    world.cluster_until("shop", "ready with its window", all_ready).await;
    world.lock_group().await;
    let before = world.now().await;
    world.delete_pool("apps").await;
    let told = world.pool_stalls("apps", "ScopeLocked").await;
    assert!(told.contains("delete pool apps"), "{told}");
    world.apply(&world.cluster("shop", json!({}))).await;
    let failed = |cluster: &AksCluster| is(cluster, WINDOW, ChildState::Failed);
    let cluster = world.cluster_until("shop", "kept from losing its window", failed).await;
    let error = line(&cluster, WINDOW).unwrap().error.clone().unwrap();
    assert!(
        error.code == "ScopeLocked" && error.next_step.contains("az lock delete"),
        "{error:?}"
    );
    assert_eq!(world.writes_after(before).await, NOTHING);

    world.unlock_group().await;
    world.request_reconcile("shop").await;
    world.pool_gone("apps").await;
    let empty = |cluster: &AksCluster| cluster.status.as_ref().is_some_and(|status| status.children.is_empty());
    world.cluster_until("shop", "without its window", empty).await;
}

#[tokio::test]
async fn who_may_not_look_at_locks_is_told_by_azure() {
    let world = World::new("locks-unseen").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let hidden = Fault::refuse(403, "AuthorizationFailed", "No right to read locks.");
    let hidden = Injection::new(hidden).call("ManagementLocks_List").times(100);
    world.admin().inject(&hidden).await.unwrap();
    world.lock_group().await;
    world.delete_cluster("shop").await;
    let told = world.cluster_stalls("shop", "ScopeLocked").await;
    assert!(told.contains("cannot perform delete operation"), "{told}");
    world.unlock_group().await;
    world.request_reconcile("shop").await;
    world.cluster_gone("shop").await;
}

#[tokio::test]
async fn a_lock_is_lifted_for_a_deletion_and_put_back_even_by_another_operator() {
    let world = World::with_manual_clock("locks-lifted").await;
    let mut operator = world.operator();
    world.apply(&world.cluster("shop", locks("CanNotDelete", true))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    world.cluster_until("shop", "ready with its lock", all_ready).await;

    let before = world.now().await;
    world.delete_pool("apps").await;
    let runs = |cluster: &AksCluster| {
        let operations = cluster.status.as_ref().map(|status| &status.operations);
        operations.is_some_and(|operations| operations.contains_key("pool/apps"))
            && is(cluster, KEY, ChildState::Suspended)
    };
    let cluster = world.cluster_until("shop", "at work without its lock", runs).await;
    let message = line(&cluster, KEY).unwrap().message.clone().unwrap();
    assert!(message.contains("put back afterwards"), "{message}");
    let plan = cluster.status.unwrap().plan.unwrap();
    assert!(plan.steps.iter().any(|step| step.step == "RestoreLock"), "{plan:?}");
    assert_eq!(world.lock().await, None);

    operator.kill();
    let _operator = world.operator();
    world.admin().advance_until_idle().await.unwrap();
    world.pool_gone("apps").await;
    world.locked_again().await;
    assert!(world.lock().await.is_some());
    assert_eq!(
        world.writes_after(before).await,
        ["DELETE shop locks/keep", "DELETE shop/apps", "PUT shop locks/keep"]
    );
}

#[tokio::test]
async fn a_lock_is_put_back_although_nobody_heard_that_it_was_lifted_and_the_change_was_taken_back() {
    let world = World::new("locks-unheard").await;
    let mut operator = world.operator();
    let fields = |tier: &str| {
        let more = json!({ "sku": { "name": "Base", "tier": tier }, "driftPolicy": "Report" });
        with(locks("ReadOnly", true), more)
    };
    world.create("shop", fields("Free")).await;
    world.cluster_until("shop", "ready with its lock", all_ready).await;

    let before = world.now().await;
    let late = Injection::new(Fault::Delay { milliseconds: 600_000 }).call("ManagementLocks_Delete");
    world.admin().inject(&late.times(1)).await.unwrap();
    world.apply(&world.cluster("shop", fields("Standard"))).await;
    world
        .write_until("the lock to be lifted", before, "DELETE shop locks/keep")
        .await;
    let plan = world.clusters.get("shop").await.unwrap().status.unwrap().plan.unwrap();
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["LiftLock", "UpdateCluster", "RestoreLock"], "published before");
    operator.kill();
    world.apply(&world.cluster("shop", fields("Free"))).await;
    let _other = world.operator();
    world.write_until("the lock", before, "PUT shop locks/keep").await;
    world.locked_again().await;
    assert_eq!(
        world.writes_after(before).await,
        ["DELETE shop locks/keep", "PUT shop locks/keep"]
    );
}

#[tokio::test]
async fn what_the_manifest_locks_waits_until_the_manifest_allows_it() {
    let world = World::new("locks-own").await;
    let _operator = world.operator();
    world
        .create("shop", with(locks("CanNotDelete", false), window(4)))
        .await;
    world.apply(&world.pool("apps", "shop", json!({}))).await;
    world.pool_until("apps", "ready", look::is_ready).await;
    world.cluster_until("shop", "ready with its lock", all_ready).await;

    let before = world.now().await;
    world.delete_pool("apps").await;
    let told = world.pool_stalls("apps", "ScopeLocked").await;
    assert!(told.contains("set spec.locks.keep.suspendForChanges to true"), "{told}");
    world.apply(&world.cluster("shop", locks("CanNotDelete", false))).await;
    let failed = |cluster: &AksCluster| is(cluster, WINDOW, ChildState::Failed);
    let cluster = world.cluster_until("shop", "kept from losing its window", failed).await;
    let error = line(&cluster, WINDOW).unwrap().error.clone().unwrap();
    assert!(
        error.code == "ScopeLocked" && error.next_step.contains("suspendForChanges"),
        "{error:?}"
    );
    assert_eq!(world.writes_after(before).await, NOTHING);

    world.apply(&world.cluster("shop", locks("CanNotDelete", true))).await;
    world.pool_gone("apps").await;
    world.locked_again().await;
    let writes = world.writes_after(before).await;
    let count = |write: &str| writes.iter().filter(|other| *other == write).count();
    assert_eq!(
        (count("DELETE shop/apps"), writes.last().map(String::as_str)),
        (1, Some("PUT shop locks/keep"))
    );
    assert_eq!(count("DELETE shop maintenanceConfigurations/default"), 1, "{writes:?}");
    assert!(writes[0] == "DELETE shop locks/keep", "{writes:?}");

    world.apply(&world.cluster("shop", locks("CanNotDelete", false))).await;
    let before = world.now().await;
    world.delete_cluster("shop").await;
    let told = world.cluster_stalls("shop", "ScopeLocked").await;
    assert!(told.contains("or remove the entry"), "{told}");
    assert_eq!(world.writes_after(before).await, NOTHING);
    world.apply(&world.cluster("shop", json!({}))).await;
    world.cluster_gone("shop").await;
    assert_eq!(
        world.writes_after(before).await,
        ["DELETE shop locks/keep", "DELETE shop"]
    );
}

#[tokio::test]
async fn a_read_only_lock_is_lifted_for_every_kind_of_change() {
    let world = World::new("locks-read-only").await;
    let _operator = world.operator();
    let fields = |more: Value| with(locks("ReadOnly", true), more);
    world.create("shop", fields(window(4))).await;
    world.cluster_until("shop", "ready with its lock", all_ready).await;

    let standard = json!({ "sku": { "name": "Base", "tier": "Standard" } });
    let rotation = json!({ "actions": { "rotate": { "key": "1", "rotateClusterCertificates": {} } } });
    let (cluster, child) = (with(window(4), standard.clone()), with(window(8), standard));
    let action = with(child.clone(), rotation);
    for (change, write) in [
        (cluster, "PUT shop"),
        (child, "PUT shop maintenanceConfigurations/default"),
        (action, "POST shop:rotateClusterCertificates"),
    ] {
        let before = world.now().await;
        world.apply(&world.cluster("shop", fields(change))).await;
        world.write_until("the lock", before, "PUT shop locks/keep").await;
        world.locked_again().await;
        assert_eq!(
            world.writes_after(before).await,
            ["DELETE shop locks/keep", write, "PUT shop locks/keep"]
        );
    }
}

#[tokio::test]
async fn a_lock_stays_when_what_is_deleted_is_not_below_it() {
    let world = World::new("locks-beside").await;
    let _operator = world.operator();
    let mut registries = json!({});
    for name in ["alpha", "bravo"] {
        registries[name] = json!({ "registryId": registry(&world, name, "LegacyRegistryPermissions").await });
    }
    let fields = with(locks("CanNotDelete", true), json!({ "attachRegistries": registries }));
    world.create("shop", fields).await;
    world.cluster_until("shop", "ready with its children", all_ready).await;

    let before = world.now().await;
    world.apply(&world.cluster("shop", locks("CanNotDelete", true))).await;
    let alone = |cluster: &AksCluster| lines(cluster) == 1 && all_ready(cluster);
    world.cluster_until("shop", "with its lock alone", alone).await;
    world.locked_again().await;
    let writes = writes_anywhere(&world, before).await;
    let deletions = writes
        .iter()
        .filter(|write| write.starts_with("DELETE roleAssignments/"));
    assert_eq!((deletions.count(), writes.len()), (2, 2), "{writes:?}");
}

#[tokio::test]
async fn a_child_under_a_new_name_is_made_after_the_old_one_could_go() {
    let world = World::new("locks-renamed").await;
    let _operator = world.operator();
    let workspace = workspace(&world, "logs").await;
    let named = |name: &str| {
        let mut settings = json!({});
        settings[name] = json!({ "workspaceId": workspace, "logs": { "guard": true } });
        with(locks("CanNotDelete", true), json!({ "diagnosticSettings": settings }))
    };
    world.create("shop", named("audit")).await;
    world.cluster_until("shop", "ready with its setting", all_ready).await;

    let before = world.now().await;
    world.apply(&world.cluster("shop", named("guard"))).await;
    let renamed = |cluster: &AksCluster| is(cluster, "diagnosticSettings/guard", ChildState::Ready);
    world.cluster_until("shop", "with the other setting", renamed).await;
    world.locked_again().await;
    assert_eq!(
        world.writes_after(before).await,
        [
            "DELETE shop locks/keep",
            "DELETE shop diagnosticSettings/audit",
            "PUT shop diagnosticSettings/guard",
            "PUT shop locks/keep",
        ]
    );
}
