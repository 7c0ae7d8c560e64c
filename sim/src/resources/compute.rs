//! Microsoft.Compute, Microsoft.ContainerRegistry and Microsoft.KeyVault: what clusters refer to.

use super::resource_type::{Follow, Pace, Patch, ResourceType, States};

const fn takes(seconds: i64) -> Pace {
    Pace::Operation {
        seconds,
        follow: Follow::Result,
        states: States::USUAL,
    }
}

/// Types of these providers.
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        namespace: "Microsoft.Compute",
        path: "diskEncryptionSets",
        calls: "DiskEncryptionSets",
        versions: &["2026-03-02", "2025-01-02", "2024-03-02"],
        put: takes(10),
        delete: takes(10),
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: "Microsoft.ContainerRegistry",
        path: "registries",
        calls: "Registries",
        versions: &["2025-11-01", "2025-04-01", "2023-07-01"],
        put: takes(10),
        delete: takes(10),
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: "Microsoft.KeyVault",
        path: "vaults",
        calls: "Vaults",
        versions: &["2026-05-15", "2026-02-01", "2025-05-01"],
        put: takes(10),
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
];
