//! Registries and key vaults, which clusters are given rights on (azure-mgmt-containerregistry 15.0.0,
//! azure-mgmt-keyvault 14.1.0).

use serde_json::{Value, json};

use super::resource_type::{Follow, NameRule, Pace, Patch, ResourceType, States};
use crate::refusal::Refusal;

const fn takes(seconds: i64) -> Pace {
    Pace::Operation {
        seconds,
        follow: Follow::Result,
        states: States::USUAL,
    }
}

/// Types of these providers.
pub const TYPES: &[ResourceType] = &[REGISTRIES, VAULTS];

fn is_alphanumeric(name: &str, shortest: usize, longest: usize, more: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || more.contains(letter);
    (shortest..=longest).contains(&name.len()) && name.chars().all(legal)
}

fn fill(body: &mut Value, member: &str, value: Value) {
    if body["properties"].get(member).is_none() {
        body["properties"][member] = value;
    }
}

const REGISTRIES: ResourceType = ResourceType {
    namespace: "Microsoft.ContainerRegistry",
    path: "registries",
    calls: "Registries",
    versions: &["2025-11-01", "2025-04-01", "2023-07-01"],
    put: takes(10),
    delete: takes(10),
    patch: Patch::Merge,
    name: Some(NameRule {
        holds: |name| is_alphanumeric(name, 5, 50, ""),
        refuse: |name| {
            let message = format!("The registry name '{name}' is not valid: 5 to 50 letters and digits.");
            Refusal::service(400, "InvalidRegistryName", message)
        },
    }),
    complete: |_, write, body| {
        fill(body, "roleAssignmentMode", json!("LegacyRegistryPermissions"));
        fill(body, "publicNetworkAccess", json!("Enabled"));
        fill(body, "adminUserEnabled", json!(false));
        body["properties"]["loginServer"] = json!(format!("{}.azurecr.io", write.id.name().to_lowercase()));
    },
    ..ResourceType::PLAIN
};

const VAULTS: ResourceType = ResourceType {
    namespace: "Microsoft.KeyVault",
    path: "vaults",
    calls: "Vaults",
    versions: &["2026-05-15", "2026-02-01", "2025-05-01"],
    put: takes(10),
    patch: Patch::Merge,
    name: Some(NameRule {
        holds: |name| is_alphanumeric(name, 3, 24, "-"),
        refuse: |name| {
            let message = format!("The vault name '{name}' is invalid: 3 to 24 letters, digits and hyphens.");
            Refusal::service(400, "VaultNameNotValid", message)
        },
    }),
    complete: |world, write, body| {
        let tenant = json!(world.directory.tenant());
        fill(body, "tenantId", tenant);
        fill(body, "enableRbacAuthorization", json!(true));
        fill(body, "publicNetworkAccess", json!("Enabled"));
        fill(body, "enableSoftDelete", json!(true));
        body["properties"]["vaultUri"] = json!(format!("https://{}.vault.azure.net/", write.id.name().to_lowercase()));
    },
    ..ResourceType::PLAIN
};
