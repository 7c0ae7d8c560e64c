//! Backup policies.

use serde_json::Value;

use super::super::resource_type::{ResourceType, Write};
use super::super::scope::same;
use super::super::store::Resource;
use super::{CHILD, CLUSTER, bad, instances};
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    path: "backupVaults/backupPolicies",
    calls: "BackupPolicies",
    body: Some(Definition::BackupPolicy),
    created: 200,
    check,
    keep: |world, policy, _| keep(world, policy),
    ..CHILD
};

fn check(_: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let invalid = |message: String| Err(bad("BMSUserErrorInvalidInput", message));
    let list = |member: &str| {
        write
            .property(member)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let types = list("datasourceTypes");
    if !types
        .iter()
        .filter_map(Value::as_str)
        .any(|kind| kind.eq_ignore_ascii_case(CLUSTER))
    {
        return invalid(format!("The policy's datasourceTypes have to hold '{CLUSTER}'."));
    }
    let rules = list("policyRules");
    let of_type = |kind: &str| -> Vec<&Value> {
        let is = |rule: &&Value| rule.get("objectType").and_then(Value::as_str) == Some(kind);
        rules.iter().filter(is).collect()
    };
    let (backups, retentions) = (of_type("AzureBackupRule"), of_type("AzureRetentionRule"));
    let is_default = |rule: &&&Value| rule.get("isDefault") == Some(&Value::Bool(true));
    if backups.is_empty() || retentions.iter().filter(is_default).count() != 1 {
        return invalid("A policy needs a backup rule and exactly one default retention rule.".to_owned());
    }
    for backup in backups {
        let tags = backup.pointer("/trigger/taggingCriteria").and_then(Value::as_array);
        for tag in tags.into_iter().flatten() {
            let name = tag
                .pointer("/tagInfo/tagName")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !retentions
                .iter()
                .any(|rule| rule.get("name").and_then(Value::as_str) == Some(name))
            {
                return invalid(format!("The tag '{name}' has no retention rule of that name."));
            }
        }
    }
    Ok(())
}

/// A policy that is in use stays (general knowledge).
fn keep(world: &World, policy: &Resource) -> Result<(), Refusal> {
    let id = policy.id.to_string();
    let used = world.resources.of_type(&instances::TYPE).any(|(_, instance)| {
        let named = instance
            .body
            .pointer("/properties/policyInfo/policyId")
            .and_then(Value::as_str);
        named.is_some_and(|named| same(named, &id))
    });
    if used {
        return Err(bad(
            "BMSUserErrorPolicyInUse",
            "The backup policy is in use by backup instances.",
        ));
    }
    Ok(())
}
