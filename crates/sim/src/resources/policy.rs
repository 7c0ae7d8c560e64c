//! Azure Policy: what would be refused, and what is assigned (azure-mgmt-policyinsights 1.0.1).

use super::resource_type::{Home, Listed, ResourceType};
use crate::policies;

/// Types of these providers.
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        namespace: "Microsoft.PolicyInsights",
        path: "checkPolicyRestrictions",
        calls: "PolicyRestrictions",
        versions: &["2024-10-01", "2023-03-01", "2022-03-01", "2020-07-01"],
        home: Home::Extension,
        listed: Listed::Asked(policies::restrictions),
        ..ResourceType::PLAIN
    },
    ResourceType {
        namespace: "Microsoft.Authorization",
        path: "policyAssignments",
        calls: "PolicyAssignments",
        versions: &["2026-06-01", "2024-05-01", "2023-04-01", "2022-06-01"],
        home: Home::Extension,
        listed: Listed::Computed(policies::assignments),
        ..ResourceType::PLAIN
    },
];
