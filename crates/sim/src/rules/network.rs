//! Address ranges of the cluster network.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::network_plugins::is_overlay;
use super::request::{Request, network};
use super::words::{invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::defaults::json::{integer, list, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented("network-range-form", CLUSTER, "SPEC podCidr, serviceCidr", range_form),
    inferred("network-range-mirrors", CLUSTER, "SPEC podCidrs, serviceCidrs", mirrors),
    documented(
        "service-cidr-size",
        CLUSTER,
        "Learn: configure-azure-cni, smaller than /12",
        service_cidr_size,
    ),
    documented(
        "dns-service-ip-in-range",
        CLUSTER,
        "SUP DnsServiceIpOutOfServiceCidr; SPEC dnsServiceIP",
        dns_service_ip,
    ),
    documented(
        "network-ranges-apart",
        CLUSTER,
        "SPEC serviceCidr; Learn: configure-azure-cni",
        ranges_apart,
    ),
    documented(
        "network-range-reserved",
        CLUSTER,
        "AKS release notes 2026-05-29; Learn: configure-azure-cni",
        range_reserved,
    ),
    inferred(
        "overlay-range-holds-nodes",
        POOLS,
        "Learn: azure-cni-overlay, a /24 a node",
        overlay_holds_nodes,
    ),
    documented(
        "ip-families-order",
        CLUSTER,
        "SPEC ipFamilies; Learn: configure-dual-stack",
        ip_families,
    ),
];

/// Ranges under `single` and `plural`, those that are ranges.
fn ranges(network: &Value, single: &str, plural: &str) -> Vec<IpNet> {
    let listed = texts(network, plural);
    let one = text(network, single);
    let mut ranges: Vec<IpNet> = listed
        .into_iter()
        .chain(one)
        .filter_map(|range| range.parse().ok())
        .collect();
    ranges.dedup();
    ranges
}

fn service_ranges(network: &Value) -> Vec<IpNet> {
    ranges(network, "/serviceCidr", "/serviceCidrs")
}

fn pod_ranges(network: &Value) -> Vec<IpNet> {
    ranges(network, "/podCidr", "/podCidrs")
}

fn range_form(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    for (single, plural) in [("podCidr", "podCidrs"), ("serviceCidr", "serviceCidrs")] {
        let listed = texts(network, &format!("/{plural}"));
        let one = text(network, &format!("/{single}"));
        for range in listed.into_iter().chain(one) {
            let good = range
                .parse::<IpNet>()
                .is_ok_and(|range| range.addr() == range.network());
            require(good, || {
                invalid(
                    &format!("networkProfile.{single}"),
                    format!("'{range}' is not the first address of a range with its length"),
                )
            })?;
        }
    }
    Ok(())
}

fn mirrors(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    for (single, plural) in [("podCidr", "podCidrs"), ("serviceCidr", "serviceCidrs")] {
        let first = texts(network, &format!("/{plural}")).first().copied();
        let one = text(network, &format!("/{single}"));
        require(first.is_none() || one.is_none() || first == one, || {
            invalid(
                &format!("networkProfile.{plural}"),
                format!("the first of {plural} must be {single}"),
            )
        })?;
    }
    Ok(())
}

fn service_cidr_size(request: &Request<'_>) -> Result<(), Refusal> {
    let large = service_ranges(network(request.new))
        .into_iter()
        .find(|range| range.addr().is_ipv4() && range.prefix_len() < 12);
    large.map_or(Ok(()), |range| {
        Err(invalid(
            "networkProfile.serviceCidr",
            format!("'{range}' is larger than a /12"),
        ))
    })
}

fn dns_service_ip(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let Some(address) = text(network, "/dnsServiceIP") else {
        return Ok(());
    };
    let Some(range) = service_ranges(network).into_iter().find(|range| range.addr().is_ipv4()) else {
        return Ok(());
    };
    let ip: Option<IpAddr> = address.parse().ok();
    let inside = ip.is_some_and(|ip| range.contains(&ip));
    require(inside, || {
        Refusal::provider(
            400,
            "DnsServiceIpOutOfServiceCidr",
            format!("The specified DNS service IP {address} is out of the specified service CIDR {range}."),
        )
        .on("networkProfile.dnsServiceIP")
    })?;
    let first_host = range.hosts().next();
    require(ip != Some(range.network()) && ip != first_host, || {
        invalid(
            "networkProfile.dnsServiceIP",
            format!("'{address}' is the first address of {range}, which Kubernetes takes itself"),
        )
    })
}

fn overlaps(one: &IpNet, other: &IpNet) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}

fn ranges_apart(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    for service in service_ranges(network) {
        for pods in pod_ranges(network) {
            require(!overlaps(&service, &pods), || {
                invalid(
                    "networkProfile.serviceCidr",
                    format!("service range {service} and pod range {pods} overlap"),
                )
            })?;
        }
    }
    Ok(())
}

/// Ranges that AKS keeps for itself.
const RESERVED: [&str; 4] = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"];

fn range_reserved(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    if !request.is_create() && !request.changes("/properties/networkProfile/podCidr") {
        return Ok(());
    }
    for range in service_ranges(network).into_iter().chain(pod_ranges(network)) {
        let reserved = RESERVED
            .iter()
            .find(|reserved| reserved.parse().is_ok_and(|reserved| overlaps(&range, &reserved)));
        if let Some(reserved) = reserved {
            return Err(invalid(
                "networkProfile",
                format!("'{range}' overlaps the reserved range {reserved}"),
            ));
        }
    }
    Ok(())
}

/// Each node of an overlay takes a /24 of the pod range.
fn overlay_holds_nodes(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.next_cluster());
    let range = pod_ranges(network).into_iter().find(|range| range.addr().is_ipv4());
    let (true, Some(range)) = (is_overlay(network), range) else {
        return Ok(());
    };
    let room = 1_u64
        .checked_shl(24_u32.saturating_sub(u32::from(range.prefix_len())))
        .unwrap_or(u64::MAX);
    let room = if range.prefix_len() > 24 { 0 } else { room };
    let nodes: u64 = request
        .pools_afterwards()
        .iter()
        .map(|(_, pool)| {
            integer(pool, "/count")
                .and_then(|count| u64::try_from(count).ok())
                .unwrap_or(0)
        })
        .sum();
    require(nodes <= room, || {
        invalid(
            "networkProfile.podCidr",
            format!("{range} has room for {room} nodes and the cluster would have {nodes}"),
        )
    })
}

fn ip_families(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let families: Vec<String> = texts(network, "/ipFamilies")
        .iter()
        .map(|family| family.to_ascii_lowercase())
        .collect();
    let families: Vec<&str> = families.iter().map(String::as_str).collect();
    require(matches!(families.as_slice(), ["ipv4"] | ["ipv4", "ipv6"]), || {
        invalid("networkProfile.ipFamilies", "ipFamilies must be [IPv4] or [IPv4, IPv6]")
    })?;
    for plural in ["podCidrs", "serviceCidrs"] {
        let count = list(network, &format!("/{plural}")).len();
        require(count <= families.len(), || {
            invalid(
                &format!("networkProfile.{plural}"),
                format!("{count} ranges need as many IP families"),
            )
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn create(network: Value) -> Outcome {
        World::create(json!({"properties": {"networkProfile": network}}))
    }

    #[test]
    fn ranges_are_ranges_and_their_mirrors_agree() {
        create(json!({"podCidr": "10.100.0.0/16"})).accepted();
        create(json!({"podCidr": "10.100.0.1/16"})).refused_by("network-range-form");
        create(json!({"podCidr": "999.0.0.0/16"})).refused_by("network-range-form");
        create(json!({"podCidr": "10.100.0.0/16", "podCidrs": ["10.101.0.0/16"]})).refused_by("network-range-mirrors");
    }

    #[test]
    fn service_cidr_size() {
        let service = |range: &str| create(json!({"serviceCidr": range, "dnsServiceIP": "172.16.0.10"}));
        service("172.16.0.0/13").accepted();
        create(json!({"serviceCidr": "100.0.0.0/11", "dnsServiceIP": "100.0.0.10"})).refused_by("service-cidr-size");
    }

    #[test]
    fn dns_service_ip() {
        let dns = |ip: &str| create(json!({"serviceCidr": "10.2.0.0/24", "dnsServiceIP": ip}));
        dns("10.2.0.2").accepted();
        dns("10.2.0.1").refused_by("dns-service-ip-in-range");
        let refusal = dns("10.3.0.10").refused_by("dns-service-ip-in-range");
        assert_eq!(refusal.code, "DnsServiceIpOutOfServiceCidr");
        create(json!({"serviceCidr": "10.2.0.0/24"})).refused_by("dns-service-ip-in-range");
    }

    #[test]
    fn network_ranges_apart() {
        create(json!({"podCidr": "10.1.0.0/16"})).accepted();
        create(json!({"podCidr": "10.0.0.0/8"})).refused_by("network-ranges-apart");
    }

    #[test]
    fn network_range_reserved() {
        create(json!({"podCidr": "172.29.0.0/16"})).accepted();
        create(json!({"podCidr": "172.30.0.0/17"})).refused_by("network-range-reserved");
    }

    #[test]
    fn an_overlay_range_holds_a_slice_for_each_node() {
        let world = World::with(
            json!({"networkProfile": {"podCidr": "10.244.0.0/21"}}),
            json!({}),
            json!({}),
        );
        world.put_pool("more", json!({"count": 3})).accepted();
        world
            .put_pool("more", json!({"count": 4}))
            .refused_by("overlay-range-holds-nodes");
    }

    #[test]
    fn ip_families() {
        create(json!({"ipFamilies": ["IPv4", "IPv6"]})).accepted();
        create(json!({"ipFamilies": ["IPv6"]})).refused_by("ip-families-order");
        create(json!({"podCidrs": ["10.1.0.0/16", "fd00::/64"]})).refused_by("ip-families-order");
    }
}
