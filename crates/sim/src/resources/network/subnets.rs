//! Subnets: ranges, delegations, what refers to them and how full they are.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::super::id::ResourceKey;
use super::super::operation;
use super::super::resource_type::{Home, Patch, ResourceType, Write};
use super::super::scope::same;
use super::super::store::Resource;
use super::{PLAIN, bad, reference, virtual_networks};
use crate::refusal::Refusal;
use crate::surroundings::Used;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    path: "virtualNetworks/subnets",
    calls: "Subnets",
    home: Home::Parent,
    patch: Patch::None,
    check,
    complete: |_, _, body| fill(&mut body["properties"]),
    applied: |world, key| mirror_network(world, key),
    ended: |world, key, _| mirror_network(world, key),
    keep: |world, subnet, _| {
        alone(world, &subnet.id.key())?;
        unused(world, subnet)
    },
    removed: |world, subnet| mirror_network(world, &subnet.id.key()),
    ..PLAIN
};

/// Addresses that Azure keeps in every range (Learn: virtual networks FAQ).
const RESERVED: u64 = 5;

/// Properties by which a pool or a cluster refers to a subnet.
const POOL_SUBNETS: [&str; 2] = ["vnetSubnetID", "podSubnetID"];

/// Subnets of a network.
pub(super) fn of<'a>(world: &'a World, network: &ResourceKey) -> Vec<&'a Resource> {
    let all = world.resources.of_type(&TYPE);
    all.filter(|(key, _)| key.is_within(network))
        .map(|(_, subnet)| subnet)
        .collect()
}

/// Ranges of a subnet: either of the two properties.
pub(super) fn ranges(subnet: &Value) -> Vec<IpNet> {
    let properties = subnet.get("properties");
    let one = properties
        .and_then(|all| all.get("addressPrefix"))
        .and_then(Value::as_str);
    let list = properties
        .and_then(|all| all.get("addressPrefixes"))
        .and_then(Value::as_array);
    let texts = one
        .into_iter()
        .chain(list.into_iter().flatten().filter_map(Value::as_str));
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// Whether ranges are in those of the network and free of those of other subnets.
///
/// # Errors
/// 400 `NetcfgInvalidSubnet`, `NetcfgSubnetRangesOverlap` (general knowledge).
pub(super) fn fits(name: &str, wanted: &[IpNet], network: &[IpNet], taken: &[IpNet]) -> Result<(), Refusal> {
    let inside = |range: &IpNet| network.iter().any(|whole| whole.contains(range));
    if wanted.is_empty() || !wanted.iter().all(inside) {
        return Err(bad(
            "NetcfgInvalidSubnet",
            format!(
                "Subnet '{name}' is not valid because its IP address range is outside the IP address range of virtual network."
            ),
        ));
    }
    let overlaps = |range: &IpNet| taken.iter().any(|other| range.contains(other) || other.contains(range));
    if wanted.iter().any(overlaps) {
        return Err(bad(
            "NetcfgSubnetRangesOverlap",
            format!(
                "Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet."
            ),
        ));
    }
    Ok(())
}

/// Defaults.
pub(super) fn fill(properties: &mut Value) {
    for (member, value) in [
        ("privateEndpointNetworkPolicies", json!("Disabled")),
        ("privateLinkServiceNetworkPolicies", json!("Enabled")),
        ("delegations", json!([])),
    ] {
        if properties.get(member).is_none() {
            properties[member] = value;
        }
    }
}

fn mirror_network(world: &mut World, subnet: &ResourceKey) {
    let network = subnet.as_str().rsplitn(3, '/').last().map(ResourceKey::of);
    if let Some(network) = network {
        virtual_networks::mirror(world, &network);
    }
}

/// One write a network at a time.
fn alone(world: &World, subnet: &ResourceKey) -> Result<(), Refusal> {
    let Some(network) = subnet.as_str().rsplitn(3, '/').last().map(ResourceKey::of) else {
        return Ok(());
    };
    if let Some(network) = world.resources.get(&network) {
        operation::is_free(world, network)?;
    }
    of(world, &network)
        .into_iter()
        .try_for_each(|sibling| operation::is_free(world, sibling))
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let key = write.id.key();
    alone(world, &key)?;
    let network = write.id.parent().map(|network| network.key());
    let network = network.as_ref().and_then(|network| world.resources.get(network));
    let whole = network
        .map(|network| virtual_networks::ranges(&network.body))
        .unwrap_or_default();
    let others = network.map(|network| of(world, &network.id.key())).unwrap_or_default();
    let taken: Vec<IpNet> = others
        .iter()
        .filter(|other| other.id.key() != key)
        .flat_map(|other| ranges(&other.body))
        .collect();
    fits(write.id.name(), &ranges(write.sent), &whole, &taken)?;
    for member in ["networkSecurityGroup", "routeTable", "natGateway"] {
        if let Some(id) = write
            .property(member)
            .and_then(|target| target.get("id"))
            .and_then(Value::as_str)
        {
            reference(world, &write.id.to_string(), id)?;
        }
    }
    let delegations = |body: Option<&Value>| -> Vec<String> {
        let list = body
            .and_then(|body| body.pointer("/properties/delegations"))
            .and_then(Value::as_array);
        let names = list.into_iter().flatten();
        names
            .filter_map(|one| one.pointer("/properties/serviceName").and_then(Value::as_str))
            .map(str::to_lowercase)
            .collect()
    };
    let (before, after) = (delegations(write.old), delegations(Some(write.sent)));
    let lost = before.iter().any(|one| !after.contains(one));
    if lost && !users(world, &write.id.to_string()).is_empty() {
        return Err(bad(
            "SubnetMissingRequiredDelegation",
            format!(
                "The delegations of subnet '{}' cannot be removed while it is in use.",
                write.id.name()
            ),
        ));
    }
    Ok(())
}

/// Ids of clusters and pools that refer to a subnet.
fn users(world: &World, subnet: &str) -> Vec<String> {
    let is = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|id| same(id, subnet));
    let mut users = Vec::new();
    for cluster in world.clusters.values() {
        if is(cluster.body.pointer("/properties/apiServerAccessProfile/subnetId")) {
            users.push(cluster.reference.id());
        }
        for pool in &cluster.pools {
            if POOL_SUBNETS.iter().any(|member| is(pool.properties.get(member))) {
                users.push(format!("{}/agentPools/{}", cluster.reference.id(), pool.name));
            }
        }
    }
    users
}

/// Refuses the deletion of a subnet that something is in.
///
/// # Errors
/// 400 `InUseSubnetCannotBeDeleted`.
pub(super) fn unused(world: &World, subnet: &Resource) -> Result<(), Refusal> {
    let users = users(world, &subnet.id.to_string());
    let Some(user) = users.first() else {
        return Ok(());
    };
    let message = format!(
        "Subnet {} is in use by {user} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
        subnet.id.name()
    );
    Err(bad("InUseSubnetCannotBeDeleted", message))
}

/// Addresses that can be given out: each range without Azure's own.
pub(super) fn capacity(subnet: &Value) -> u64 {
    let of = |range: &IpNet| {
        let bits = u32::from(range.max_prefix_len() - range.prefix_len()).min(62);
        (1_u64 << bits).saturating_sub(RESERVED)
    };
    ranges(subnet).iter().map(of).sum()
}

/// Addresses in use; nothing when the service does not say. A node takes one, and with flat pod networking one for each
/// pod that it may run; an API server takes nine (Learn: plan addressing, API server VNet integration).
pub(super) fn used(world: &World, subnet: &Resource) -> Option<u64> {
    const API_SERVER: u64 = 9;
    let id = subnet.id.to_string();
    let clusters: u64 = world
        .clusters
        .values()
        .map(|cluster| {
            let text = |pointer: &str| {
                cluster
                    .body
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let flat = text("/properties/networkProfile/networkPlugin").eq_ignore_ascii_case("azure")
                && !text("/properties/networkProfile/networkPluginMode").eq_ignore_ascii_case("overlay");
            let server = same(text("/properties/apiServerAccessProfile/subnetId"), &id);
            let pools = cluster.pools.iter().map(|pool| {
                let number = |member: &str| pool.properties.get(member).and_then(Value::as_u64).unwrap_or(0);
                let is = |member: &str| pool.text(member).is_some_and(|named| same(named, &id));
                let own_pods = pool.text("podSubnetID").is_some();
                let per_node = match (is("vnetSubnetID"), is("podSubnetID")) {
                    (true, _) if flat && !own_pods => 1 + number("maxPods"),
                    (true, true) => 1 + number("maxPods"),
                    (true, false) => 1,
                    (false, true) => number("maxPods"),
                    (false, false) => 0,
                };
                number("count") * per_node
            });
            pools.sum::<u64>() + if server { API_SERVER } else { 0 }
        })
        .sum();
    match world.surroundings.subnet_use.get(&subnet.id.key()) {
        Some(Used::Unknown) => None,
        Some(Used::Addresses(others)) => Some(others + clusters),
        None => Some(clusters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_all_but_five_addresses() {
        assert_eq!(capacity(&json!({"properties": {"addressPrefix": "10.0.0.0/24"}})), 251);
        assert_eq!(
            capacity(&json!({"properties": {"addressPrefixes": ["10.0.0.0/28", "10.0.1.0/28"]}})),
            22
        );
    }

    #[test]
    fn ranges_have_to_be_inside_and_apart() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        let network = [net("10.0.0.0/16")];
        assert!(fits("s", &[net("10.0.1.0/24")], &network, &[net("10.0.2.0/24")]).is_ok());
        let code = |result: Result<(), Refusal>| result.unwrap_err().code.into_owned();
        assert_eq!(
            code(fits("s", &[net("10.1.0.0/24")], &network, &[])),
            "NetcfgInvalidSubnet"
        );
        let overlap = fits("s", &[net("10.0.0.0/23")], &network, &[net("10.0.1.0/24")]);
        assert_eq!(code(overlap), "NetcfgSubnetRangesOverlap");
    }
}
