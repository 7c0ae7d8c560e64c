//! Microsoft.DataProtection: backup vaults, their policies and instances (azure-mgmt-dataprotection 2.2.0).

mod instances;
mod policies;
mod requirements;
mod vaults;

use super::resource_type::{Follow, Home, Pace, ResourceType, States};
use crate::refusal::Refusal;

/// What the types have in common.
const PLAIN: ResourceType = ResourceType {
    namespace: "Microsoft.DataProtection",
    versions: &["2026-06-01", "2026-03-01", "2025-09-01"],
    ..ResourceType::PLAIN
};

/// What the types below a vault have in common.
const CHILD: ResourceType = ResourceType {
    home: Home::Parent,
    system_data: true,
    ..PLAIN
};

/// Datasource of a cluster.
const CLUSTER: &str = "Microsoft.ContainerService/managedClusters";

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

fn bad(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::service(400, code, message)
}

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[
    vaults::TYPE,
    policies::TYPE,
    instances::TYPE,
    instances::DELETED,
    instances::OF_CLUSTER,
];
