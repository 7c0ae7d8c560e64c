//! Network resources that clusters only refer to.

use serde_json::{Value, json};

use super::super::resource_type::{Home, Patch, ResourceType, Write};
use super::super::store::Resource;
use super::{PLAIN, bad, reference};
use crate::refusal::Refusal;
use crate::world::World;

/// Route tables.
pub const ROUTE_TABLES: ResourceType = ResourceType {
    path: "routeTables",
    calls: "RouteTables",
    complete: |_, _, body| fill(body, "routes", json!([])),
    ..PLAIN
};

/// Network security groups.
pub const SECURITY_GROUPS: ResourceType = ResourceType {
    path: "networkSecurityGroups",
    calls: "NetworkSecurityGroups",
    complete: |_, _, body| fill(body, "securityRules", json!([])),
    ..PLAIN
};

/// Public addresses.
pub const ADDRESSES: ResourceType = ResourceType {
    path: "publicIPAddresses",
    calls: "PublicIPAddresses",
    complete: complete_address,
    ..PLAIN
};

/// Ranges of public addresses.
pub const PREFIXES: ResourceType = ResourceType {
    path: "publicIPPrefixes",
    calls: "PublicIPPrefixes",
    check: |_, write| match write.property("prefixLength").and_then(Value::as_i64) {
        Some(21..=31) => Ok(()),
        _ => Err(bad(
            "InvalidPrefixLength",
            "The prefixLength of a public IP prefix has to be between 21 and 31.",
        )),
    },
    ..PLAIN
};

/// NAT gateways.
pub const NAT_GATEWAYS: ResourceType = ResourceType {
    path: "natGateways",
    calls: "NatGateways",
    check: |world, write| {
        ["publicIpAddresses", "publicIpPrefixes"].iter().try_for_each(|member| {
            let list = write.property(member).and_then(Value::as_array).into_iter().flatten();
            let mut ids = list.filter_map(|entry| entry.get("id").and_then(Value::as_str));
            ids.try_for_each(|id| reference(world, &write.id.to_string(), id))
        })
    },
    ..PLAIN
};

const DNS: ResourceType = ResourceType {
    versions: &["2024-06-01", "2020-06-01", "2020-01-01"],
    patch: Patch::Merge,
    ..PLAIN
};

/// Private DNS zones.
pub const ZONES: ResourceType = ResourceType {
    path: "privateDnsZones",
    calls: "PrivateZones",
    check: |_, write| {
        if write.region == "global" {
            return Ok(());
        }
        let message = "The provided location is not available for resource type 'Microsoft.Network/privateDnsZones'. List of available regions for the resource type is 'global'.";
        Err(bad("LocationNotAvailableForResourceType", message))
    },
    keep: |world, zone, _| without_links(world, zone),
    ..DNS
};

/// Links of private DNS zones with networks.
pub const ZONE_LINKS: ResourceType = ResourceType {
    path: "privateDnsZones/virtualNetworkLinks",
    calls: "VirtualNetworkLinks",
    home: Home::Parent,
    check: |world, write| {
        let network = write
            .sent
            .pointer("/properties/virtualNetwork/id")
            .and_then(Value::as_str);
        reference(world, &write.id.to_string(), network.unwrap_or_default())
    },
    complete: |_, _, body| body["properties"]["virtualNetworkLinkState"] = json!("Completed"),
    ..DNS
};

fn fill(body: &mut Value, member: &str, value: Value) {
    if body["properties"].get(member).is_none() {
        body["properties"][member] = value;
    }
}

fn complete_address(world: &mut World, write: &Write<'_>, body: &mut Value) {
    if body.get("sku").is_none() {
        body["sku"] = json!({"name": "Standard", "tier": "Regional"});
    }
    fill(body, "publicIPAllocationMethod", json!("Static"));
    fill(body, "publicIPAddressVersion", json!("IPv4"));
    let digest = world.ids.signature(write.id.key().as_str(), 4);
    let octets: Vec<String> = digest.bytes().map(|byte| byte.to_string()).collect();
    body["properties"]["ipAddress"] = json!(format!("20.{}", octets[1..].join(".")));
}

/// A zone with links stays (general knowledge).
fn without_links(world: &World, zone: &Resource) -> Result<(), Refusal> {
    let key = zone.id.key();
    let linked = world
        .resources
        .of_type(&ZONE_LINKS)
        .any(|(link, _)| link.is_within(&key));
    if linked {
        let message = "Can not delete resource before nested resources are deleted.";
        return Err(Refusal::service(409, "CannotDeleteResource", message));
    }
    Ok(())
}
