//! Virtual networks: their subnets are children, and a PUT that leaves one out deletes it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::super::id::{ResourceId, ResourceKey};
use super::super::resource_type::{Action, Home, Listed, Method, ResourceType, Write};
use super::super::store::Resource;
use super::{PLAIN, bad, subnets};
use crate::arm::gateway::Context;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    path: "virtualNetworks",
    calls: "VirtualNetworks",
    check,
    complete: |_, _, body| {
        if body["properties"].get("subnets").is_none() {
            body["properties"]["subnets"] = json!([]);
        }
    },
    applied,
    keep: |world, network, _| {
        let all = subnets::of(world, &network.id.key());
        all.into_iter().try_for_each(|subnet| subnets::unused(world, subnet))
    },
    actions: &[Action {
        word: "CheckIPAddressAvailability",
        call: "CheckIPAddressAvailability",
        method: Method::Get,
        right: "checkIpAddressAvailability/read",
        starts_operation: false,
        run: availability,
    }],
    ..PLAIN
};

/// How full each subnet is.
pub const USAGES: ResourceType = ResourceType {
    path: "virtualNetworks/usages",
    calls: "VirtualNetworksUsage",
    home: Home::Parent,
    listed: Listed::Computed(usages),
    ..PLAIN
};

/// Address ranges of a network.
pub(super) fn ranges(body: &Value) -> Vec<IpNet> {
    let list = body
        .pointer("/properties/addressSpace/addressPrefixes")
        .and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.filter_map(|text| text.parse().ok()).collect()
}

fn named_subnets(write: &Write<'_>) -> Vec<Value> {
    write
        .property("subnets")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

fn name_of(subnet: &Value) -> &str {
    subnet.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let prefixes = write
        .sent
        .pointer("/properties/addressSpace/addressPrefixes")
        .and_then(Value::as_array);
    let own = ranges(write.sent);
    if own.is_empty() || prefixes.map(Vec::len) != Some(own.len()) {
        return Err(bad(
            "InvalidAddressPrefixFormat",
            "A virtual network needs addressSpace.addressPrefixes in CIDR notation.",
        ));
    }
    let named = named_subnets(write);
    let key = write.id.key();
    for subnet in subnets::of(world, &key) {
        if !named
            .iter()
            .any(|one| name_of(one).eq_ignore_ascii_case(subnet.id.name()))
        {
            subnets::unused(world, subnet)?;
        }
    }
    let mut taken: Vec<IpNet> = Vec::new();
    for subnet in &named {
        let wanted = subnets::ranges(subnet);
        subnets::fits(name_of(subnet), &wanted, &own, &taken)?;
        taken.extend(wanted);
    }
    Ok(())
}

/// Subnets of the body become resources; those that it leaves out are gone.
fn applied(world: &mut World, key: &ResourceKey) {
    let Some(network) = world.resources.get(key).cloned() else {
        return;
    };
    let named = network
        .property("subnets")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let left_out: Vec<ResourceKey> = subnets::of(world, key)
        .into_iter()
        .filter(|subnet| {
            !named
                .iter()
                .any(|one| name_of(one).eq_ignore_ascii_case(subnet.id.name()))
        })
        .map(|subnet| subnet.id.key())
        .collect();
    for subnet in left_out {
        world.remove_resource(&subnet);
    }
    for subnet in named {
        let mut id: ResourceId = network.id.clone();
        id.path.push(("subnets".to_owned(), name_of(&subnet).to_owned()));
        let mut properties = subnet.get("properties").cloned().unwrap_or_else(|| json!({}));
        subnets::fill(&mut properties);
        properties["provisioningState"] = json!("Succeeded");
        let etag = world.ids.guid();
        let visible_from = world.now();
        world.resources.put(Resource {
            id,
            kind: &subnets::TYPE,
            body: json!({"properties": properties}),
            provenance: network.provenance.clone(),
            etag,
            operation: None,
            visible_from,
        });
    }
    mirror(world, key);
}

/// The network shows its subnets as they are now.
pub(super) fn mirror(world: &mut World, network: &ResourceKey) {
    let shown: Vec<Value> = subnets::of(world, network).into_iter().map(Resource::render).collect();
    if let Some(network) = world.resources.get_mut(network) {
        network.body["properties"]["subnets"] = Value::Array(shown);
    }
}

fn usages(world: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let usage = |subnet: &Resource| {
        let (used, limit) = match subnets::used(world, subnet) {
            Some(used) => (json!(used), json!(subnets::capacity(&subnet.body))),
            None => (json!(-1), json!(-1)),
        };
        json!({
            "id": subnet.id.to_string(),
            "currentValue": used,
            "limit": limit,
            "name": {"value": "SubnetSpace", "localizedValue": "Subnet size and usage"},
            "unit": "Count",
        })
    };
    Ok(subnets::of(world, &ResourceKey::of(scope))
        .into_iter()
        .map(usage)
        .collect())
}

/// Whether an address of a subnet is free: the first ones are Azure's, then come those in use.
fn availability(world: &mut World, cx: &Context<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
    let asked = cx
        .request
        .query("ipAddress")
        .and_then(|text| text.parse::<IpAddr>().ok());
    let Some(asked) = asked else {
        return Err(bad(
            "InvalidRequestFormat",
            "The query parameter ipAddress has to be an IP address.",
        ));
    };
    let all = subnets::of(world, &id.key());
    let holding = all
        .into_iter()
        .find(|subnet| subnets::ranges(&subnet.body).iter().any(|range| range.contains(&asked)));
    let Some(subnet) = holding else {
        return Err(bad(
            "PrivateIPAddressNotInAnySubnet",
            format!("Private IP address {asked} is not in any subnet."),
        ));
    };
    let used = usize::try_from(subnets::used(world, subnet).unwrap_or(0)).unwrap_or(usize::MAX);
    let free: Vec<IpAddr> = subnets::ranges(&subnet.body)
        .iter()
        .flat_map(|range| range.hosts())
        .skip(used.saturating_add(3))
        .take(5)
        .collect();
    let available = free.first().is_some_and(|first| asked >= *first);
    Ok(Reply::gateway(
        200,
        json!({"available": available, "availableIPAddresses": free}),
    ))
}
