//! Microsoft.KubernetesConfiguration: cluster extensions and Flux configurations.

use super::resource_type::{Follow, Home, Pace, Patch, ResourceType, States};
use crate::schema::Definition;

const NAMESPACE: &str = "Microsoft.KubernetesConfiguration";

const fn takes(seconds: i64) -> Pace {
    Pace::Operation {
        seconds,
        follow: Follow::Status,
        states: States::USUAL,
    }
}

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        namespace: NAMESPACE,
        path: "extensions",
        calls: "Extensions",
        body: Some(Definition::Extension),
        versions: &["2025-03-01", "2024-11-01", "2023-05-01", "2022-11-01"],
        home: Home::Extension,
        own_operations: true,
        put: takes(120),
        delete: takes(60),
        patch: Patch::Merge,
        write_only: &["/properties/configurationProtectedSettings"],
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: NAMESPACE,
        path: "fluxConfigurations",
        calls: "FluxConfigurations",
        body: Some(Definition::FluxConfiguration),
        versions: &["2025-04-01", "2024-11-01", "2023-05-01", "2022-11-01"],
        home: Home::Extension,
        own_operations: true,
        put: takes(60),
        delete: takes(30),
        patch: Patch::Merge,
        write_only: &["/properties/configurationProtectedSettings"],
        ..ResourceType::PLAIN
    },
];
