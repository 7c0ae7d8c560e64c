//! Microsoft.DataProtection: backup vaults, their policies and instances.

use super::resource_type::{Follow, Home, Pace, Patch, ResourceType, States};
use crate::schema::Definition;

const VAULT: ResourceType = ResourceType {
    namespace: "Microsoft.DataProtection",
    versions: &["2026-06-01", "2026-03-01", "2025-09-01"],
    ..ResourceType::PLAIN
};

const fn takes(seconds: i64) -> Pace {
    Pace::Operation {
        seconds,
        follow: Follow::StatusAndResult,
        states: States {
            creating: "Provisioning",
            updating: "Updating",
            deleting: "Deleting",
        },
    }
}

/// Types of this provider (azure-mgmt-dataprotection 2.2.0).
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        path: "backupVaults",
        calls: "BackupVaults",
        body: Some(Definition::BackupVault),
        put: takes(30),
        delete: takes(30),
        patch: Patch::Merge,
        ..VAULT
    },
    ResourceType {
        path: "backupVaults/backupPolicies",
        calls: "BackupPolicies",
        body: Some(Definition::BackupPolicy),
        home: Home::Parent,
        created: 200,
        ..VAULT
    },
    ResourceType {
        path: "backupVaults/backupInstances",
        calls: "BackupInstances",
        body: Some(Definition::BackupInstance),
        home: Home::Parent,
        put: takes(120),
        delete: takes(120),
        ..VAULT
    },
];
