//! Microsoft.Compute: sizes, quota, disk encryption sets (azure-mgmt-compute 39.0.0).

mod skus;
mod usages;

use serde_json::{Value, json};

use super::resource_type::{Follow, Pace, Patch, ResourceType, States, Write};
use crate::refusal::Refusal;
use crate::world::World;

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[
    skus::TYPE,
    usages::TYPE,
    ResourceType {
        namespace: "Microsoft.Compute",
        path: "diskEncryptionSets",
        calls: "DiskEncryptionSets",
        versions: &["2026-03-02", "2025-01-02", "2024-03-02"],
        put: Pace::Operation {
            seconds: 10,
            follow: Follow::Result,
            states: States::USUAL,
        },
        delete: Pace::Operation {
            seconds: 10,
            follow: Follow::Result,
            states: States::USUAL,
        },
        patch: Patch::Merge,
        check,
        complete,
        ..ResourceType::PLAIN
    },
];

const ENCRYPTION: [&str; 3] = [
    "EncryptionAtRestWithCustomerKey",
    "EncryptionAtRestWithPlatformAndCustomerKeys",
    "ConfidentialVmEncryptedWithCustomerKey",
];

fn check(_: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let kind = write.text("encryptionType").unwrap_or(ENCRYPTION[0]);
    let keyed = write
        .sent
        .pointer("/properties/activeKey/keyUrl")
        .and_then(Value::as_str)
        .is_some();
    if !keyed || !ENCRYPTION.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        let message = "A disk encryption set needs activeKey.keyUrl and a known encryptionType.";
        return Err(Refusal::service(400, "InvalidParameter", message));
    }
    Ok(())
}

fn complete(world: &mut World, write: &Write<'_>, body: &mut Value) {
    if body["properties"].get("encryptionType").is_none() {
        body["properties"]["encryptionType"] = json!(ENCRYPTION[0]);
    }
    if body.pointer("/identity/type").is_some() {
        let known = write.old.and_then(|old| old.pointer("/identity/principalId")).cloned();
        body["identity"]["principalId"] = known.unwrap_or_else(|| json!(world.ids.guid()));
        body["identity"]["tenantId"] = json!(world.directory.tenant());
    }
}
