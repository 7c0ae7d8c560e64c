//! Microsoft.ContainerService/fleets and their members.

use super::resource_type::{Follow, Home, Pace, Patch, ResourceType, States};
use crate::schema::Definition;

const FLEET: ResourceType = ResourceType {
    namespace: "Microsoft.ContainerService",
    versions: &["2026-06-01", "2025-03-01", "2024-04-01"],
    etag: Some("eTag"),
    patch: Patch::Merge,
    ..ResourceType::PLAIN
};

const MEMBER: States = States {
    creating: "Joining",
    updating: "Updating",
    deleting: "Leaving",
};

/// Types of this provider (azure-mgmt-containerservicefleet 4.0.0).
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        path: "fleets",
        calls: "Fleets",
        body: Some(Definition::Fleet),
        put: Pace::Operation {
            seconds: 30,
            follow: Follow::Resource,
            states: States::USUAL,
        },
        delete: Pace::Operation {
            seconds: 30,
            follow: Follow::Result,
            states: States::USUAL,
        },
        ..FLEET
    },
    ResourceType {
        path: "fleets/members",
        calls: "FleetMembers",
        body: Some(Definition::FleetMember),
        home: Home::Parent,
        put: Pace::Operation {
            seconds: 60,
            follow: Follow::Resource,
            states: MEMBER,
        },
        delete: Pace::Operation {
            seconds: 60,
            follow: Follow::Result,
            states: MEMBER,
        },
        ..FLEET
    },
];
