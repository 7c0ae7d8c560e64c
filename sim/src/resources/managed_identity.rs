//! Microsoft.ManagedIdentity.

use super::resource_type::{Home, Patch, ResourceType};
use crate::schema::Definition;

const VERSIONS: &[&str] = &["2024-11-30", "2023-01-31", "2018-11-30"];

/// Types of this provider (azure-mgmt-msi 7.1.0).
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        namespace: "Microsoft.ManagedIdentity",
        path: "userAssignedIdentities",
        calls: "UserAssignedIdentities",
        body: Some(Definition::UserAssignedIdentity),
        versions: VERSIONS,
        patch: Patch::Merge,
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: "Microsoft.ManagedIdentity",
        path: "userAssignedIdentities/federatedIdentityCredentials",
        calls: "FederatedIdentityCredentials",
        body: Some(Definition::FederatedIdentityCredential),
        versions: VERSIONS,
        home: Home::Parent,
        ..ResourceType::PLAIN
    },
];
