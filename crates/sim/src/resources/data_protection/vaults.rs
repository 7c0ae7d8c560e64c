//! Backup vaults.

use serde_json::{Value, json};

use super::super::handlers;
use super::super::id::{ResourceId, ResourceKey};
use super::super::operation;
use super::super::resource_type::{Action, Method, Patch, ResourceType, Write};
use super::super::store::Resource;
use super::{PLAIN, bad, instances, requirements, takes};
use crate::arm::gateway::Context;
use crate::identity::directory::Principal;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::schema::Definition;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    path: "backupVaults",
    calls: "BackupVaults",
    body: Some(Definition::BackupVault),
    put: takes(30),
    delete: takes(30),
    patch: Patch::Merge,
    check,
    complete,
    applied,
    keep: |world, vault, _| keep(world, vault),
    removed: |world, vault| {
        if let Some(principal) = principal(vault) {
            world.directory.remove_principal(principal);
        }
    },
    actions: &[Action {
        word: "validateForBackup",
        call: "ValidateForBackup",
        method: Method::Post,
        right: "validateForBackup/action",
        starts_operation: true,
        run: validate,
    }],
    ..PLAIN
};

/// Object id of a vault's identity.
pub(super) fn principal(vault: &Resource) -> Option<&str> {
    vault.body.pointer("/identity/principalId")?.as_str()
}

/// How deleted instances are kept: not at all, or for this many days.
pub(super) fn soft_delete_days(vault: &Resource) -> Option<i64> {
    let settings = vault.body.pointer("/properties/securitySettings/softDeleteSettings");
    let state = settings
        .and_then(|settings| settings.get("state"))
        .and_then(Value::as_str);
    if state.is_some_and(|state| state.eq_ignore_ascii_case("Off")) {
        return None;
    }
    let days = settings.and_then(|settings| settings.get("retentionDurationInDays"));
    Some(days.and_then(Value::as_f64).map_or(14, |days| days as i64))
}

fn check(_: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let storage = write.property("storageSettings").and_then(Value::as_array);
    if storage.is_none_or(Vec::is_empty) {
        return Err(bad("BMSUserErrorInvalidInput", "A backup vault needs storageSettings."));
    }
    Ok(())
}

fn complete(world: &mut World, write: &Write<'_>, body: &mut Value) {
    let wanted = body
        .pointer("/identity/type")
        .and_then(Value::as_str)
        .unwrap_or("None")
        .to_owned();
    if wanted.to_lowercase().contains("systemassigned") {
        let known = write.old.and_then(|old| old.pointer("/identity/principalId")).cloned();
        let principal = known.unwrap_or_else(|| json!(world.ids.guid()));
        body["identity"]["principalId"] = principal;
        body["identity"]["tenantId"] = json!(world.directory.tenant());
    }
    let properties = &mut body["properties"];
    if properties.pointer("/securitySettings/softDeleteSettings").is_none() {
        if !properties["securitySettings"].is_object() {
            properties["securitySettings"] = json!({});
        }
        properties["securitySettings"]["softDeleteSettings"] = json!({"state": "On", "retentionDurationInDays": 14.0});
    }
}

fn applied(world: &mut World, key: &ResourceKey) {
    let Some(vault) = world.resources.get(key) else {
        return;
    };
    let (id, principal) = (vault.id.to_string(), principal(vault).map(str::to_owned));
    if let Some(principal) = principal
        && world.directory.by_object_id(&principal).is_none()
    {
        let principal = Principal::managed_identity(principal.clone(), principal, id);
        world.directory.put_principal(principal);
    }
}

/// A vault stays while it holds instances, deleted ones included (Learn: delete a backup vault; code: general
/// knowledge).
fn keep(world: &World, vault: &Resource) -> Result<(), Refusal> {
    if instances::held_by(world, &vault.id) == 0 {
        return Ok(());
    }
    let message = format!(
        "The backup vault '{}' cannot be deleted: it holds backup instances, or soft-deleted ones.",
        vault.id.name()
    );
    Err(bad("BMSUserErrorVaultNotEmpty", message))
}

fn validate(world: &mut World, cx: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let vault = handlers::stored(world, &TYPE, id)?;
    let region = vault
        .body
        .get("location")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let instance = json!({"properties": sent.get("backupInstance").cloned().unwrap_or(Value::Null)});
    let bound = cx.fails.cloned().or_else(|| requirements::unmet(world, id, &instance));
    let started = operation::start_beside(world, &id.key(), 20, &region, bound);
    Ok(operation::pointed(world, cx, started, Reply::empty(202)))
}
