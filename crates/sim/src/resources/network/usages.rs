//! Network quota of a region.

use serde_json::{Value, json};

use super::super::resource_type::{Home, Listed, ResourceType};
use super::PLAIN;
use crate::arm::gateway::Context;
use crate::arm::ids::normal_location;
use crate::refusal::Refusal;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    path: "locations/usages",
    calls: "NetworkUsages",
    home: Home::Parent,
    listed: Listed::Computed(usages),
    ..PLAIN
};

/// Rows with their usual limits (Learn: Azure networking limits), and the type that fills each.
const ROWS: [(&str, &str, i64, Option<&str>); 5] = [
    ("VirtualNetworks", "Virtual Networks", 1000, Some("virtualNetworks")),
    (
        "NetworkSecurityGroups",
        "Network Security Groups",
        5000,
        Some("networkSecurityGroups"),
    ),
    ("RouteTables", "Route Tables", 200, Some("routeTables")),
    (
        "PublicIPAddresses",
        "Public IP Addresses",
        1000,
        Some("publicIPAddresses"),
    ),
    (
        "IPv4StandardSkuPublicIpAddresses",
        "Standard SKU Public IPv4 Addresses",
        1000,
        Some("publicIPAddresses"),
    ),
];

fn usages(world: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let region = normal_location(scope.rsplit('/').next().unwrap_or_default());
    let row = |(name, shown, limit, path): &(&str, &str, i64, Option<&str>)| {
        let kind = path.and_then(|path| super::super::types::find("Microsoft.Network", path));
        let own = kind.map_or(0, |kind| {
            let here = |body: &Value| body.get("location").and_then(Value::as_str) == Some(&region);
            world
                .resources
                .of_type(kind)
                .filter(|(_, resource)| here(&resource.body))
                .count()
        });
        let quota = world.surroundings.quotas.get(&(region.clone(), name.to_lowercase()));
        let (limit, others) = quota.map_or((*limit, 0), |quota| (quota.limit, quota.used));
        json!({
            "name": {"value": name, "localizedValue": shown},
            "currentValue": i64::try_from(own).unwrap_or(i64::MAX).saturating_add(others),
            "limit": limit,
            "unit": "Count",
        })
    };
    Ok(ROWS.iter().map(row).collect())
}
