//! Backup instances: clusters that are backed up, and deleted ones that are kept for a while.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::handlers;
use super::super::id::{ResourceId, ResourceKey};
use super::super::operation;
use super::super::resource_type::{Action, Home, Listed, Method, ResourceType, Write};
use super::super::scope::same;
use super::super::store::Resource;
use super::{CHILD, PLAIN, bad, policies, requirements, takes, vaults};
use crate::arm::gateway::Context;
use crate::clock::shift;
use crate::operations::{Activity, Outcome};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::schema::Definition;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    path: "backupVaults/backupInstances",
    calls: "BackupInstances",
    body: Some(Definition::BackupInstance),
    put: takes(120),
    delete: takes(60),
    check,
    complete,
    fails: |world, write| {
        let vault = write.id.parent()?;
        requirements::unmet(world, &vault, write.sent)
    },
    ended,
    removed: keep_deleted,
    actions: &[
        action("stopProtection", "StopProtection", "stopProtection/action", stop),
        action(
            "resumeProtection",
            "ResumeProtection",
            "resumeProtection/action",
            resume,
        ),
        action("backup", "AdhocBackup", "backup/action", back_up),
    ],
    ..CHILD
};

/// Instances that were deleted from a vault with soft delete.
pub const DELETED: ResourceType = ResourceType {
    path: "backupVaults/deletedBackupInstances",
    calls: "DeletedBackupInstances",
    listed: Listed::Picked(listed_deleted),
    ..CHILD
};

/// Instances, as seen from their cluster.
pub const OF_CLUSTER: ResourceType = ResourceType {
    path: "backupInstances",
    calls: "BackupInstancesExtensionRouting",
    home: Home::Extension,
    listed: Listed::Computed(of_cluster),
    ..PLAIN
};

type Run = fn(&mut World, &Context<'_>, &ResourceId) -> Result<Reply, Refusal>;

const fn action(word: &'static str, call: &'static str, right: &'static str, run: Run) -> Action {
    Action {
        word,
        call,
        method: Method::Post,
        right,
        starts_operation: true,
        run,
    }
}

/// The cluster that an instance is about.
pub(super) fn datasource(body: &Value) -> Option<&str> {
    body.pointer("/properties/dataSourceInfo/resourceID")?.as_str()
}

/// Instances that a vault holds, deleted ones included.
pub(super) fn held_by(world: &World, vault: &ResourceId) -> usize {
    let vault = vault.key();
    let below = |kind: &'static ResourceType| {
        let all = world.resources.of_type(kind).map(|(_, instance)| instance);
        all.filter(|instance| instance.id.key().is_within(&vault))
            .collect::<Vec<_>>()
    };
    below(&TYPE).len() + below(&DELETED).into_iter().filter(|one| is_kept(world, one)).count()
}

fn is_kept(world: &World, deleted: &Resource) -> bool {
    let purged = deleted
        .body
        .pointer("/properties/deletionInfo/scheduledPurgeTime")
        .and_then(Value::as_str)
        .and_then(|time| time.parse::<jiff::Timestamp>().ok());
    purged.is_some_and(|purged| purged > world.now())
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let policy = write
        .sent
        .pointer("/properties/policyInfo/policyId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known = world
        .resources
        .by_id(policy)
        .filter(|found| *found.kind == policies::TYPE);
    if known.and_then(|policy| policy.id.parent()).map(|vault| vault.key())
        != write.id.parent().map(|vault| vault.key())
    {
        return Err(bad(
            "BMSUserErrorInvalidInput",
            format!("The backup policy '{policy}' was not found in the vault."),
        ));
    }
    let cluster = datasource(write.sent).unwrap_or_default();
    if !world.exists(cluster) {
        return Err(bad(
            "BMSUserErrorInvalidInput",
            format!("The datasource '{cluster}' was not found."),
        ));
    }
    let own = write.id.key();
    let twice = world
        .resources
        .of_type(&TYPE)
        .any(|(key, other)| *key != own && datasource(&other.body).is_some_and(|known| same(known, cluster)));
    if twice {
        // General knowledge.
        let message = format!("The datasource '{cluster}' is already protected by another backup instance.");
        return Err(bad("UserErrorDatasourceAlreadyProtected", message));
    }
    write.linked(world, "Microsoft.ContainerService/managedClusters/read", cluster)
}

fn complete(_: &mut World, write: &Write<'_>, body: &mut Value) {
    let properties = &mut body["properties"];
    if properties.get("friendlyName").is_none() {
        properties["friendlyName"] = json!(write.id.name());
    }
    show(properties, "ConfiguringProtection", None);
}

fn show(properties: &mut Value, state: &str, error: Option<Value>) {
    properties["currentProtectionState"] = json!(state);
    properties["protectionStatus"] = json!({"status": state});
    if let Some(properties) = properties.as_object_mut() {
        properties.remove("protectionErrorDetails");
    }
    if let Some(error) = error {
        properties["protectionErrorDetails"] = error;
    }
}

fn ended(world: &mut World, key: &ResourceKey, outcome: &Outcome) {
    if let Some(instance) = world.resources.get_mut(key) {
        let properties = &mut instance.body["properties"];
        match outcome {
            Outcome::Succeeded if properties["currentProtectionState"] == "ProtectionStopped" => {}
            Outcome::Succeeded => show(properties, "ProtectionConfigured", None),
            Outcome::Failed(error) | Outcome::Canceled(error) => {
                let details = json!({
                    "code": error.code, "message": error.message, "isRetryable": true, "isUserError": true,
                    "recommendedAction": ["Grant what is missing and retry."],
                });
                show(properties, "ConfiguringProtectionFailed", Some(details));
            }
        }
    }
}

/// What was deleted is kept for the time that the vault says.
fn keep_deleted(world: &mut World, instance: &Resource) {
    let vault = instance.id.parent().and_then(|vault| world.resources.get(&vault.key()));
    let Some(days) = vault.and_then(vaults::soft_delete_days) else {
        return;
    };
    let mut id = instance.id.clone();
    if let Some((kind, _)) = id.path.last_mut() {
        *kind = "deletedBackupInstances".to_owned();
    }
    let mut body = instance.body.clone();
    body["properties"]["currentProtectionState"] = json!("SoftDeleted");
    body["properties"]["deletionInfo"] = json!({
        "deletionTime": world.now(),
        "scheduledPurgeTime": shift(world.now(), SignedDuration::from_hours(24 * days)),
    });
    world.resources.put(Resource {
        id,
        kind: &DELETED,
        body,
        provenance: instance.provenance.clone(),
        etag: String::new(),
        operation: None,
        visible_from: world.now(),
    });
}

fn listed_deleted(world: &World, scope: &str, _: &crate::wire::Request) -> Result<Vec<ResourceKey>, Refusal> {
    let vault = ResourceKey::of(scope);
    let all = world.resources.of_type(&DELETED);
    let kept = all.filter(|(key, deleted)| key.is_within(&vault) && is_kept(world, deleted));
    Ok(kept.map(|(key, _)| key.clone()).collect())
}

fn of_cluster(world: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let all = world.resources.of_type(&TYPE).map(|(_, instance)| instance);
    let its = all.filter(|instance| datasource(&instance.body).is_some_and(|cluster| same(cluster, scope)));
    Ok(its.map(Resource::render).collect())
}

fn change(world: &mut World, cx: &Context<'_>, id: &ResourceId, state: Option<&str>) -> Result<Reply, Refusal> {
    let instance = handlers::stored(world, &TYPE, id)?.clone();
    operation::is_free(world, &instance)?;
    let region = world.region_of(
        &id.parent().map_or_else(String::new, |vault| vault.to_string()),
        super::super::scope::As::Parent,
    )?;
    let fails = cx.fails.cloned();
    let started = match state {
        None => operation::start_beside(world, &id.key(), 600, &region, fails),
        Some(state) => {
            if let Some(stored) = world.resources.get_mut(&id.key()) {
                show(&mut stored.body["properties"], state, None);
            }
            operation::start(world, &id.key(), takes(30), Activity::Updating, &region, fails)
        }
    };
    Ok(operation::pointed(world, cx, started, Reply::empty(202)))
}

fn stop(world: &mut World, cx: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    change(world, cx, id, Some("ProtectionStopped"))
}

fn resume(world: &mut World, cx: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    change(world, cx, id, Some("ConfiguringProtection"))
}

fn back_up(world: &mut World, cx: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    change(world, cx, id, None)
}
