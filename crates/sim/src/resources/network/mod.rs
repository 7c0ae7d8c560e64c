//! Microsoft.Network: what a cluster is put into. Bodies are not described to the simulator: only what is named in the
//! rules is looked at (azure-mgmt-network 33.1.0, azure-mgmt-privatedns 2.0.0, Learn).

mod plain;
mod subnets;
mod usages;
mod virtual_networks;

use super::resource_type::{Follow, Pace, Patch, ResourceType, States};
use crate::refusal::Refusal;
use crate::world::World;

const fn takes(follow: Follow) -> Pace {
    Pace::Operation {
        seconds: 10,
        follow,
        states: States::USUAL,
    }
}

/// What the types have in common.
const PLAIN: ResourceType = ResourceType {
    namespace: "Microsoft.Network",
    versions: &["2026-03-01", "2025-09-01", "2025-07-01"],
    put: takes(Follow::Status),
    delete: takes(Follow::StatusAndResult),
    busy: "AnotherOperationInProgress",
    patch: Patch::Tags,
    etag: Some("etag"),
    ..ResourceType::PLAIN
};

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[
    virtual_networks::TYPE,
    virtual_networks::USAGES,
    subnets::TYPE,
    plain::ROUTE_TABLES,
    plain::SECURITY_GROUPS,
    plain::ADDRESSES,
    plain::PREFIXES,
    plain::NAT_GATEWAYS,
    plain::ZONES,
    plain::ZONE_LINKS,
    usages::TYPE,
];

fn bad(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::service(400, code, message)
}

/// Refuses a reference to what is not there.
fn reference(world: &World, owner: &str, id: &str) -> Result<(), Refusal> {
    if world.exists(id) {
        return Ok(());
    }
    let message = format!(
        "Resource {id} referenced by resource {owner} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region."
    );
    Err(bad("InvalidResourceReference", message))
}
