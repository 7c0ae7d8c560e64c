//! How nodes reach the outside: outbound type, load balancer, NAT gateway.

use serde_json::Value;

use super::request::{Request, network, properties};
use super::words::{invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::catalog::surge;
use crate::defaults::json::{integer, is, list, present, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "outbound-needs-standard",
        CLUSTER,
        "Learn: egress-outboundtype",
        needs_standard,
    ),
    documented(
        "outbound-managed-nat-network",
        CLUSTER,
        "Learn: nat-gateway; egress-outboundtype",
        managed_nat_network,
    ),
    documented(
        "outbound-own-network",
        CLUSTER,
        "Learn: egress-outboundtype",
        own_network,
    ),
    inferred(
        "outbound-none-needs-cache",
        CLUSTER,
        "TF; Learn: network-isolated",
        none_needs_cache,
    ),
    inferred(
        "load-balancer-profile-type",
        CLUSTER,
        "CLI: only with outbound type loadBalancer",
        profile_type,
    ),
    documented(
        "load-balancer-profile-standard",
        CLUSTER,
        "SPEC loadBalancerProfile",
        profile_standard,
    ),
    documented(
        "load-balancer-one-outbound-kind",
        CLUSTER,
        "Learn: configure-load-balancer-standard",
        one_kind,
    ),
    documented(
        "load-balancer-own-addresses",
        CLUSTER,
        "Learn: configure-load-balancer-standard, 400 for an empty list",
        own_addresses,
    ),
    documented(
        "load-balancer-ports-multiple",
        CLUSTER,
        "Learn: configure-load-balancer-standard, multiple of 8",
        ports_multiple,
    ),
    documented(
        "load-balancer-ports-suffice",
        POOLS,
        "SUP InvalidLoadbalancerProfileAllocatedOutboundPorts; 64000 ports an address",
        ports_suffice,
    ),
    inferred(
        "nat-gateway-profile-type",
        CLUSTER,
        "CLI: only with outbound type managedNATGateway",
        nat_profile_type,
    ),
];

const BALANCER: &str = "/properties/networkProfile/loadBalancerProfile";
/// Ports that one outbound address gives to nodes.
const PORTS_PER_ADDRESS: i64 = 64_000;

fn outbound(cluster: &Value) -> &str {
    text(network(cluster), "/outboundType").unwrap_or("loadBalancer")
}

fn is_type(cluster: &Value, kind: &str) -> bool {
    outbound(cluster).eq_ignore_ascii_case(kind)
}

fn needs_standard(request: &Request<'_>) -> Result<(), Refusal> {
    let standard = is(network(request.new), "/loadBalancerSku", "standard");
    require(is_type(request.new, "loadBalancer") || standard, || {
        invalid(
            "networkProfile.outboundType",
            format!(
                "outbound type {} needs the standard load balancer",
                outbound(request.new)
            ),
        )
    })
}

/// Whether the pools are in a virtual network of the user's own; unknown without pools.
fn own_subnets(request: &Request<'_>) -> Option<bool> {
    let pools = if request.next_pools.is_empty() {
        request.pools
    } else {
        request.next_pools
    };
    (!pools.is_empty()).then(|| {
        pools
            .iter()
            .any(|pool| present(properties(pool), "/vnetSubnetID").is_some())
    })
}

fn managed_nat_network(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !is_type(request.new, "managedNATGateway") || own_subnets(request) != Some(true),
        || {
            invalid(
                "networkProfile.outboundType",
                "managedNATGateway needs the managed virtual network; agent pools must not name a subnet",
            )
        },
    )
}

fn own_network(request: &Request<'_>) -> Result<(), Refusal> {
    let needs = ["userAssignedNATGateway", "userDefinedRouting"]
        .iter()
        .any(|kind| is_type(request.new, kind));
    require(!needs || own_subnets(request) != Some(false), || {
        invalid(
            "networkProfile.outboundType",
            format!("{} needs agent pools in a subnet of your own", outbound(request.new)),
        )
    })
}

fn none_needs_cache(request: &Request<'_>) -> Result<(), Refusal> {
    let cache = is(request.new, "/properties/bootstrapProfile/artifactSource", "Cache");
    require(!is_type(request.new, "none") || cache, || {
        invalid(
            "networkProfile.outboundType",
            "outbound type none needs bootstrapProfile.artifactSource Cache",
        )
    })
}

/// Looks at what the client sends: what is stored from before goes away with the type.
fn profile_type(request: &Request<'_>) -> Result<(), Refusal> {
    let sent = request
        .sent
        .pointer(BALANCER)
        .and_then(Value::as_object)
        .is_some_and(|profile| !profile.is_empty());
    require(!sent || is_type(request.new, "loadBalancer"), || {
        invalid(
            "networkProfile.loadBalancerProfile",
            format!(
                "a load balancer profile does not go with outbound type {}",
                outbound(request.new)
            ),
        )
    })
}

fn profile_standard(request: &Request<'_>) -> Result<(), Refusal> {
    let basic = is(network(request.new), "/loadBalancerSku", "basic");
    let customized = request.sent.pointer(BALANCER).is_some_and(|profile| !profile.is_null());
    require(!basic || !customized, || {
        invalid(
            "networkProfile.loadBalancerProfile",
            "a load balancer profile needs the standard load balancer",
        )
    })
}

fn one_kind(request: &Request<'_>) -> Result<(), Refusal> {
    let profile = request.sent.pointer(BALANCER).unwrap_or(&Value::Null);
    let kinds = ["managedOutboundIPs", "outboundIPs", "outboundIPPrefixes"];
    let given = kinds
        .iter()
        .filter(|kind| profile.get(**kind).is_some_and(|value| !value.is_null()))
        .count();
    require(given <= 1, || {
        invalid(
            "networkProfile.loadBalancerProfile",
            "managedOutboundIPs, outboundIPs and outboundIPPrefixes exclude each other",
        )
    })
}

fn own_addresses(request: &Request<'_>) -> Result<(), Refusal> {
    for (kind, items) in [("outboundIPs", "publicIPs"), ("outboundIPPrefixes", "publicIPPrefixes")] {
        let at = format!("{BALANCER}/{kind}");
        let given = request.sent.pointer(&at).is_some_and(|value| !value.is_null());
        let entries = list(request.sent, &format!("{at}/{items}"));
        let good = !entries.is_empty()
            && entries
                .iter()
                .all(|entry| text(entry, "/id").is_some_and(|id| id.starts_with('/')));
        require(!given || good, || {
            invalid(
                &format!("networkProfile.loadBalancerProfile.{kind}"),
                format!("{items} must name at least one resource by its id"),
            )
        })?;
    }
    Ok(())
}

fn ports_multiple(request: &Request<'_>) -> Result<(), Refusal> {
    let ports = integer(request.new, &format!("{BALANCER}/allocatedOutboundPorts")).unwrap_or(0);
    require(ports % 8 == 0, || {
        invalid(
            "networkProfile.loadBalancerProfile.allocatedOutboundPorts",
            format!("{ports} is not a multiple of 8"),
        )
    })
}

fn ports_suffice(request: &Request<'_>) -> Result<(), Refusal> {
    let cluster = request.next_cluster();
    let profile = cluster.pointer(BALANCER).unwrap_or(&Value::Null);
    let ports = integer(profile, "/allocatedOutboundPorts").unwrap_or(0);
    if ports == 0
        || !is_type(cluster, "loadBalancer")
        || !list(profile, "/outboundIPPrefixes/publicIPPrefixes").is_empty()
    {
        return Ok(());
    }
    let own = i64::try_from(list(profile, "/outboundIPs/publicIPs").len()).unwrap_or(i64::MAX);
    let addresses = own
        .max(integer(profile, "/managedOutboundIPs/count").unwrap_or(0))
        .max(1);
    let nodes: i64 = request
        .pools_afterwards()
        .iter()
        .map(|(_, pool)| {
            let count = integer(pool, "/maxCount").or(integer(pool, "/count")).unwrap_or(0);
            count
                + i64::from(surge(
                    text(pool, "/upgradeSettings/maxSurge"),
                    u32::try_from(count).unwrap_or(0),
                ))
        })
        .sum();
    require(
        nodes.saturating_mul(ports) <= addresses.saturating_mul(PORTS_PER_ADDRESS),
        || {
            Refusal::provider(
            400,
            "InvalidLoadbalancerProfileAllocatedOutboundPorts",
            format!(
                "Load balancer profile allocated ports {ports} is not in an allowable range given the number of nodes \
                 and IPs provisioned. Total node count {nodes} requires {} ports but only {} ports are available given \
                 {addresses} outbound public IPs. Refer to https://aka.ms/aks/slb-ports for more details.",
                nodes.saturating_mul(ports),
                addresses.saturating_mul(PORTS_PER_ADDRESS)
            ),
        )
        .on("networkProfile.loadBalancerProfile.allocatedOutboundPorts")
        },
    )
}

fn nat_profile_type(request: &Request<'_>) -> Result<(), Refusal> {
    let sent = request
        .sent
        .pointer("/properties/networkProfile/natGatewayProfile")
        .and_then(Value::as_object);
    require(
        sent.is_none_or(serde_json::Map::is_empty) || is_type(request.new, "managedNATGateway"),
        || {
            invalid(
                "networkProfile.natGatewayProfile",
                format!(
                    "a NAT gateway profile does not go with outbound type {}",
                    outbound(request.new)
                ),
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn create(network: Value) -> Outcome {
        World::create(json!({"properties": {"networkProfile": network}}))
    }

    fn create_in_subnet(network: Value) -> Outcome {
        World::create(json!({"properties": {"networkProfile": network, "agentPoolProfiles": [
            {"name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4s_v5", "vnetSubnetID":
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"}]}}))
    }

    #[test]
    fn outbound_types_go_with_their_networks() {
        create(json!({"outboundType": "managedNATGateway"})).accepted();
        create_in_subnet(json!({"outboundType": "managedNATGateway"})).refused_by("outbound-managed-nat-network");
        create_in_subnet(json!({"outboundType": "userDefinedRouting"})).accepted();
        create(json!({"outboundType": "userDefinedRouting"})).refused_by("outbound-own-network");
        create(json!({"outboundType": "none"})).refused_by("outbound-none-needs-cache");
        World::create(json!({"properties": {"networkProfile": {"outboundType": "none"},
            "bootstrapProfile": {"artifactSource": "Cache"}}}))
        .accepted();
    }

    #[test]
    fn profiles_go_with_their_types() {
        let ports = json!({"allocatedOutboundPorts": 8});
        create(json!({"loadBalancerProfile": ports})).accepted();
        create(json!({"outboundType": "managedNATGateway", "loadBalancerProfile": ports}))
            .refused_by("load-balancer-profile-type");
        create(json!({"natGatewayProfile": {"idleTimeoutInMinutes": 5}})).refused_by("nat-gateway-profile-type");
        let basic = World::with(
            json!({"networkProfile": {"loadBalancerSku": "basic"}}),
            json!({}),
            json!({}),
        );
        let put = |network: Value| basic.put_cluster(json!({"properties": {"networkProfile": network}}));
        put(json!({})).accepted();
        put(json!({"loadBalancerProfile": ports})).refused_by("load-balancer-profile-standard");
        put(json!({"outboundType": "managedNATGateway"})).refused_by("outbound-needs-standard");
    }

    #[test]
    fn outbound_addresses() {
        let profile = |profile: Value| create(json!({"loadBalancerProfile": profile}));
        let own = json!({"publicIPs": [{"id": "/x"}]});
        profile(json!({"outboundIPs": own})).accepted();
        profile(json!({"outboundIPs": own, "managedOutboundIPs": {"count": 1}}))
            .refused_by("load-balancer-one-outbound-kind");
        profile(json!({"outboundIPs": {"publicIPs": []}})).refused_by("load-balancer-own-addresses");
    }

    #[test]
    fn outbound_ports() {
        let ports = |ports: u32| create(json!({"loadBalancerProfile": {"allocatedOutboundPorts": ports}}));
        ports(16000).accepted();
        ports(16001).refused_by("load-balancer-ports-multiple");
        let refusal = ports(16008).refused_by("load-balancer-ports-suffice");
        assert_eq!(refusal.code, "InvalidLoadbalancerProfileAllocatedOutboundPorts");
    }
}
