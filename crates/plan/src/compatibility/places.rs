//! What a region offers.

use super::PoolRule;
use super::scene::{Member, Scene};

pub(super) const POOL_RULES: &[PoolRule] = &[PoolRule {
    reason: "RegionWithoutZones",
    check: zones,
}];

/// Regions that have no availability zones (Learn: reliability regions-list, 2026-07-28). A region that is not listed may
/// be new and is left to Azure.
const WITHOUT_ZONES: &[&str] = &[
    "australiacentral",
    "australiacentral2",
    "australiasoutheast",
    "brazilsoutheast",
    "canadaeast",
    "francesouth",
    "germanynorth",
    "koreasouth",
    "northcentralus",
    "norwaywest",
    "southafricawest",
    "southindia",
    "switzerlandwest",
    "uaecentral",
    "ukwest",
    "westcentralus",
    "westindia",
    "westus",
];

fn zones(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let zonal = !pool.body.list("availabilityZones").is_empty();
    (zonal && WITHOUT_ZONES.contains(&scene.location.as_str())).then(|| {
        format!(
            "availabilityZones are set, and region {} has none; remove them, or choose another region",
            scene.location
        )
    })
}
