//! Microsoft.EventGrid/eventSubscriptions.

use super::resource_type::{Follow, Home, Pace, Patch, ResourceType, States};
use crate::schema::Definition;

/// Types of this provider (azure-mgmt-eventgrid 10.4.0).
pub const TYPES: &[ResourceType] = &[ResourceType {
    namespace: "Microsoft.EventGrid",
    path: "eventSubscriptions",
    calls: "EventSubscriptions",
    body: Some(Definition::EventSubscription),
    versions: &["2025-02-15", "2022-06-15", "2021-12-01"],
    home: Home::Extension,
    updated: 201,
    put: Pace::Operation {
        seconds: 20,
        follow: Follow::Resource,
        states: States::USUAL,
    },
    delete: Pace::Operation {
        seconds: 10,
        follow: Follow::Result,
        states: States::USUAL,
    },
    patch: Patch::Merge,
    ..ResourceType::PLAIN
}];
