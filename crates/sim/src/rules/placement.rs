//! Where the nodes of a pool are: zones, subnets, public addresses, machine sets.

use std::collections::BTreeSet;

use super::request::Request;
use super::words::{invalid, require};
use super::{POOLS, Rule, documented, general_knowledge};
use crate::catalog::region;
use crate::defaults::json::{flag, integer, is, list, present, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "zones-known",
        POOLS,
        "Learn: reliability regions-list; SUP AvailabilityZoneNotSupported",
        zones_known,
    ),
    documented(
        "zones-need-scale-sets",
        POOLS,
        "SPEC availabilityZones",
        zones_need_scale_sets,
    ),
    documented(
        "virtual-machines-sizes",
        POOLS,
        "Learn: virtual-machines-node-pools",
        virtual_machines_sizes,
    ),
    documented(
        "pools-in-one-network",
        POOLS,
        "Learn: node-pool-unique-subnet",
        one_network,
    ),
    general_knowledge(
        "subnets-all-or-none",
        POOLS,
        "pools of one cluster share one virtual network",
        subnets_all_or_none,
    ),
    documented("pool-subnet-form", POOLS, "SPEC vnetSubnetID", subnet_form),
    documented(
        "public-ip-prefix-needs-public-ip",
        POOLS,
        "SPEC nodePublicIPPrefixID",
        prefix_needs_public_ip,
    ),
    documented(
        "gateway-profile-only-on-gateway",
        POOLS,
        "SPEC gatewayProfile",
        gateway_profile,
    ),
];

fn zones_known(request: &Request<'_>) -> Result<(), Refusal> {
    let has_zones = region(request.region).is_none_or(|region| region.zones);
    request.for_each_pool(|pool| {
        let zones = texts(pool.new, "/availabilityZones");
        let distinct: BTreeSet<&str> = zones.iter().copied().collect();
        let known = zones.iter().all(|zone| has_zones && ["1", "2", "3"].contains(zone));
        require(known && distinct.len() == zones.len(), || {
            Refusal::provider(
                400,
                "AvailabilityZoneNotSupported",
                format!(
                    "The zone(s) '{}' for resource '{}' are not supported in region '{}'.",
                    zones.join(","),
                    pool.name,
                    request.region
                ),
            )
            .on("agentPoolProfile.availabilityZones")
        })
    })
}

fn zones_need_scale_sets(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let zonal = !list(pool.new, "/availabilityZones").is_empty();
        require(!zonal || is(pool.new, "/type", "VirtualMachineScaleSets"), || {
            invalid(
                "agentPoolProfile.availabilityZones",
                "zones need an agent pool of type VirtualMachineScaleSets",
            )
        })
    })
}

fn virtual_machines_sizes(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let machines = is(pool.new, "/type", "VirtualMachines");
        let scale = "/virtualMachinesProfile/scale";
        let sizes =
            list(pool.new, &format!("{scale}/manual")).len() + list(pool.new, &format!("{scale}/autoscale")).len();
        require(machines || sizes == 0, || {
            invalid(
                "agentPoolProfile.virtualMachinesProfile",
                "scale profiles need an agent pool of type VirtualMachines",
            )
        })?;
        require(sizes <= 5, || {
            invalid(
                "agentPoolProfile.virtualMachinesProfile",
                format!("{sizes} scale profiles were given and 5 are allowed"),
            )
        })
    })
}

/// Id of the virtual network of a subnet id, in lower case.
pub(super) fn virtual_network(subnet: &str) -> Option<String> {
    let lower = subnet.to_ascii_lowercase();
    lower.rsplit_once("/subnets/").map(|(network, _)| network.to_owned())
}

fn one_network(request: &Request<'_>) -> Result<(), Refusal> {
    let pools = request.pools_afterwards();
    let networks: BTreeSet<String> = pools
        .iter()
        .filter_map(|(_, pool)| virtual_network(text(pool, "/vnetSubnetID")?))
        .collect();
    require(networks.len() <= 1, || {
        invalid(
            "agentPoolProfile.vnetSubnetID",
            "all agent pools of a cluster must be in the same virtual network",
        )
    })
}

fn subnets_all_or_none(request: &Request<'_>) -> Result<(), Refusal> {
    let pools = request.pools_afterwards();
    let own = pools
        .iter()
        .filter(|(_, pool)| present(pool, "/vnetSubnetID").is_some())
        .count();
    let named = !request.named_pools().is_empty();
    require(!named || own == 0 || own == pools.len(), || {
        invalid(
            "agentPoolProfile.vnetSubnetID",
            "either all agent pools of a cluster name a subnet or none does",
        )
    })
}

fn subnet_form(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        ["vnetSubnetID", "podSubnetID"].into_iter().try_for_each(|key| {
            let Some(id) = text(pool.new, &format!("/{key}")) else {
                return Ok(());
            };
            let parts: Vec<&str> = id.split('/').collect();
            let good = parts.len() == 11 && parts[0].is_empty() && parts[9].eq_ignore_ascii_case("subnets");
            require(good, || {
                invalid(
                    &format!("agentPoolProfile.{key}"),
                    format!("'{id}' is not the id of a subnet"),
                )
            })
        })
    })
}

fn prefix_needs_public_ip(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let prefix = present(pool.new, "/nodePublicIPPrefixID").is_some();
        require(!prefix || flag(pool.new, "/enableNodePublicIP"), || {
            invalid(
                "agentPoolProfile.nodePublicIPPrefixID",
                "a public IP prefix needs enableNodePublicIP",
            )
        })
    })
}

fn gateway_profile(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let size = integer(pool.new, "/gatewayProfile/publicIPPrefixSize");
        require(size.is_none() || is(pool.new, "/mode", "Gateway"), || {
            invalid(
                "agentPoolProfile.gatewayProfile",
                "a gateway profile needs an agent pool of mode Gateway",
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::{Outcome, World};

    fn put(properties: Value) -> Outcome {
        World::new().put_pool("more", properties)
    }

    #[test]
    fn zones() {
        put(json!({"availabilityZones": ["1", "2", "3"]})).accepted();
        put(json!({"availabilityZones": ["4"]})).refused_by("zones-known");
        put(json!({"availabilityZones": ["1", "1"]})).refused_by("zones-known");
        put(json!({"availabilityZones": ["1"], "type": "AvailabilitySet"})).refused_by("zones-need-scale-sets");
    }

    #[test]
    fn virtual_machines_sizes() {
        let sizes = |kind: &str, count: usize| {
            let sizes: Vec<Value> = (0..count)
                .map(|_| json!({"size": "Standard_D4s_v5", "count": 1}))
                .collect();
            put(json!({"type": kind, "virtualMachinesProfile": {"scale": {"manual": sizes}}}))
        };
        sizes("VirtualMachines", 5).accepted();
        sizes("VirtualMachines", 6).refused_by("virtual-machines-sizes");
        sizes("VirtualMachineScaleSets", 1).refused_by("virtual-machines-sizes");
    }

    #[test]
    fn subnets() {
        let subnet = |network: &str, name: &str| {
            json!({"vnetSubnetID":
                format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{name}")})
        };
        let world = World::with(json!({}), subnet("v", "a"), subnet("v", "a"));
        world.put_pool("more", subnet("V", "b")).accepted();
        world
            .put_pool("more", subnet("w", "b"))
            .refused_by("pools-in-one-network");
        world.put_pool("more", json!({})).refused_by("subnets-all-or-none");
        let mut lenient = World::with(json!({}), subnet("v", "a"), subnet("v", "a"));
        lenient.disable("subnets-all-or-none");
        lenient.put_pool("more", json!({})).accepted();
        World::with(json!({}), subnet("v", "a"), subnet("v", "a"))
            .put_pool("more", json!({"vnetSubnetID": "/my/subnet"}))
            .refused_by("pool-subnet-form");
    }

    #[test]
    fn public_addresses_gateways_and_power() {
        put(json!({"enableNodePublicIP": true, "nodePublicIPPrefixID": "/x"})).accepted();
        put(json!({"nodePublicIPPrefixID": "/x"})).refused_by("public-ip-prefix-needs-public-ip");
        put(json!({"mode": "Gateway", "gatewayProfile": {"publicIPPrefixSize": 28}})).accepted();
        put(json!({"gatewayProfile": {"publicIPPrefixSize": 28}})).refused_by("gateway-profile-only-on-gateway");
        put(json!({"powerState": {"code": "Stopped"}})).refused_by("pool-power-at-create");
    }
}
