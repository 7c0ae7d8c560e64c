//! Microsoft.Authorization.

use super::resource_type::{Deleted, Home, ResourceType};
use crate::schema::Definition;

const NAMESPACE: &str = "Microsoft.Authorization";

/// Types of this provider (azure-mgmt-authorization 4.0.0, azure-mgmt-resource-locks 1.0.0).
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        namespace: NAMESPACE,
        path: "roleAssignments",
        calls: "RoleAssignments",
        body: Some(Definition::RoleAssignment),
        versions: &["2022-04-01", "2020-10-01-preview", "2018-01-01-preview"],
        home: Home::Extension,
        deleted: Deleted::Shown,
        late: true,
        missing: "RoleAssignmentNotFound",
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: NAMESPACE,
        path: "locks",
        calls: "ManagementLocks",
        body: Some(Definition::Lock),
        versions: &["2020-05-01", "2017-04-01", "2016-09-01"],
        home: Home::Extension,
        missing: "LockNotFound",
        ..ResourceType::PLAIN
    },
];
