//! Access to the API server: private clusters, allowed ranges, DNS zones.

use ipnet::Ipv4Net;
use serde_json::Value;

use super::request::{Operation, Request, properties};
use super::words::{bad_request, invalid, require};
use super::{CLUSTER, Rule, documented, general_knowledge, inferred};
use crate::defaults::json::{flag, is, list, present, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "private-cluster-standard",
        CLUSTER,
        "Learn: private-clusters",
        private_needs_standard,
    ),
    documented(
        "authorized-ranges-not-private",
        CLUSTER,
        "Learn: api-server-authorized-ip-ranges; CLI",
        ranges_not_private,
    ),
    documented(
        "authorized-ranges-standard",
        CLUSTER,
        "Learn: api-server-authorized-ip-ranges; CLI",
        ranges_need_standard,
    ),
    documented(
        "authorized-ranges-form",
        CLUSTER,
        "Learn: api-server-authorized-ip-ranges",
        ranges_form,
    ),
    general_knowledge(
        "authorized-ranges-limit",
        CLUSTER,
        "200 ranges, 2000 with VNet integration",
        ranges_limit,
    ),
    inferred(
        "authorized-ranges-no-node-public-ip",
        CLUSTER,
        "Learn: api-server-authorized-ip-ranges, limitations",
        ranges_without_node_ips,
    ),
    documented(
        "private-zone-form",
        CLUSTER,
        "Learn: private-clusters, custom zone names",
        zone_form,
    ),
    documented(
        "private-zone-needs-private",
        CLUSTER,
        "CLI; Learn: private-clusters",
        zone_needs_private,
    ),
    documented(
        "private-zone-needs-identity",
        CLUSTER,
        "Learn: private-clusters, custom zone",
        zone_needs_identity,
    ),
    documented(
        "private-zone-none-public-name",
        CLUSTER,
        "Learn: private-clusters",
        zone_none_public_name,
    ),
    inferred(
        "private-public-name-needs-private",
        CLUSTER,
        "CLI --disable-public-fqdn",
        public_name_needs_private,
    ),
    documented(
        "vnet-integration-subnet",
        CLUSTER,
        "Learn: api-server-vnet-integration",
        integration_subnet,
    ),
    documented(
        "static-credential-needs-local-accounts",
        &[Operation::ListAdminCredential],
        "terraform-provider-azurerm#15489, AKS's own text",
        static_credential,
    ),
];

fn access(cluster: &Value) -> &Value {
    cluster
        .pointer("/properties/apiServerAccessProfile")
        .unwrap_or(&Value::Null)
}

fn is_private(cluster: &Value) -> bool {
    flag(access(cluster), "/enablePrivateCluster")
}

fn is_basic(cluster: &Value) -> bool {
    is(cluster, "/properties/networkProfile/loadBalancerSku", "basic")
}

fn allowed(cluster: &Value) -> Vec<&str> {
    texts(access(cluster), "/authorizedIPRanges")
}

fn private_needs_standard(request: &Request<'_>) -> Result<(), Refusal> {
    require(!(is_private(request.new) && is_basic(request.new)), || {
        invalid(
            "apiServerAccessProfile.enablePrivateCluster",
            "a private cluster needs the standard load balancer",
        )
    })
}

fn ranges_not_private(request: &Request<'_>) -> Result<(), Refusal> {
    require(!is_private(request.new) || allowed(request.new).is_empty(), || {
        invalid(
            "apiServerAccessProfile.authorizedIPRanges",
            "authorized ranges do not go with a private cluster",
        )
    })
}

fn ranges_need_standard(request: &Request<'_>) -> Result<(), Refusal> {
    require(!is_basic(request.new) || allowed(request.new).is_empty(), || {
        invalid(
            "apiServerAccessProfile.authorizedIPRanges",
            "authorized ranges need the standard load balancer",
        )
    })
}

/// IPv4 addresses and ranges that are reachable from outside; `0.0.0.0/32` stands for nobody but the nodes.
fn ranges_form(request: &Request<'_>) -> Result<(), Refusal> {
    allowed(request.new).into_iter().try_for_each(|range| {
        let net: Option<Ipv4Net> = range
            .parse()
            .ok()
            .or_else(|| range.parse().ok().and_then(|address| Ipv4Net::new(address, 32).ok()));
        let good = range == "0.0.0.0/32"
            || net.is_some_and(|net| {
                let address = net.network();
                !(address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast())
                    && (net.prefix_len() > 0 && !address.is_unspecified())
            });
        require(good, || {
            invalid(
                "apiServerAccessProfile.authorizedIPRanges",
                format!("'{range}' is not a public IPv4 address or range"),
            )
        })
    })
}

fn ranges_limit(request: &Request<'_>) -> Result<(), Refusal> {
    let limit = if flag(access(request.new), "/enableVnetIntegration") {
        2000
    } else {
        200
    };
    let count = list(access(request.new), "/authorizedIPRanges").len();
    require(count <= limit, || {
        invalid(
            "apiServerAccessProfile.authorizedIPRanges",
            format!("{count} ranges were given and {limit} are allowed"),
        )
    })
}

fn ranges_without_node_ips(request: &Request<'_>) -> Result<(), Refusal> {
    let public = request
        .next_pools
        .iter()
        .any(|pool| flag(properties(pool), "/enableNodePublicIP"));
    require(!public || allowed(request.new).is_empty(), || {
        invalid(
            "apiServerAccessProfile.authorizedIPRanges",
            "authorized ranges do not go with nodes that have public addresses",
        )
    })
}

fn zone(cluster: &Value) -> Option<&str> {
    text(access(cluster), "/privateDNSZone")
}

fn is_custom(zone: &str) -> bool {
    !["system", "none"].iter().any(|word| word.eq_ignore_ascii_case(zone))
}

/// `[subzone.](privatelink|private).<region>.azmk8s.io`, the subzone with up to 32 characters.
fn zone_form(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(id) = zone(request.new).filter(|zone| is_custom(zone)) else {
        return Ok(());
    };
    let lower = id.to_ascii_lowercase();
    let name = lower
        .rsplit_once("/privatednszones/")
        .map(|(_, name)| name)
        .unwrap_or_default();
    let suffix = format!(".{}.azmk8s.io", request.region);
    let good = id.starts_with('/')
        && name.strip_suffix(&suffix).is_some_and(|rest| {
            let (subzone, kind) = rest
                .rsplit_once('.')
                .map_or(("", rest), |(subzone, kind)| (subzone, kind));
            ["privatelink", "private"].contains(&kind) && subzone.len() <= 32 && !subzone.contains('.')
        });
    require(good, || {
        invalid(
            "apiServerAccessProfile.privateDNSZone",
            format!(
                "'{id}' must be system, none, or the id of a zone [subzone.]privatelink{suffix} or [subzone.]private{suffix}"
            ),
        )
    })
}

fn zone_needs_private(request: &Request<'_>) -> Result<(), Refusal> {
    require(zone(request.new).is_none() || is_private(request.new), || {
        invalid(
            "apiServerAccessProfile.privateDNSZone",
            "a private DNS zone needs a private cluster",
        )
    })
}

fn zone_needs_identity(request: &Request<'_>) -> Result<(), Refusal> {
    let custom = zone(request.new).is_some_and(is_custom);
    let principal = !is(request.new, "/properties/servicePrincipalProfile/clientId", "msi");
    require(
        !custom || principal || is(request.new, "/identity/type", "UserAssigned"),
        || {
            invalid(
                "apiServerAccessProfile.privateDNSZone",
                "a zone of your own needs a user-assigned identity",
            )
        },
    )
}

fn zone_none_public_name(request: &Request<'_>) -> Result<(), Refusal> {
    let none = zone(request.new).is_some_and(|zone| zone.eq_ignore_ascii_case("none"));
    let hidden = access(request.new)
        .pointer("/enablePrivateClusterPublicFQDN")
        .and_then(Value::as_bool)
        == Some(false);
    require(!(none && hidden), || {
        bad_request(
            "apiServerAccessProfile.enablePrivateClusterPublicFQDN",
            "With privateDNSZone none the public name is the only one; enablePrivateClusterPublicFQDN cannot be false.",
        )
    })
}

fn public_name_needs_private(request: &Request<'_>) -> Result<(), Refusal> {
    let given = access(request.sent)
        .pointer("/enablePrivateClusterPublicFQDN")
        .and_then(Value::as_bool);
    require(given != Some(true) || is_private(request.new), || {
        invalid(
            "apiServerAccessProfile.enablePrivateClusterPublicFQDN",
            "this setting needs a private cluster",
        )
    })
}

/// In a virtual network of the user's own the API server needs a subnet there.
fn integration_subnet(request: &Request<'_>) -> Result<(), Refusal> {
    let on = flag(access(request.new), "/enableVnetIntegration");
    let own = request
        .next_pools
        .iter()
        .any(|pool| present(properties(pool), "/vnetSubnetID").is_some());
    require(!on || !own || text(access(request.new), "/subnetId").is_some(), || {
        invalid(
            "apiServerAccessProfile.subnetId",
            "VNet integration in your own virtual network needs subnetId",
        )
    })
}

fn static_credential(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !flag(request.next_cluster(), "/properties/disableLocalAccounts"),
        || {
            Refusal::provider(
                400,
                "BadRequest",
                "Getting static credential is not allowed because this cluster is set to disable local accounts.",
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn create(access: Value) -> Outcome {
        World::create(json!({"properties": {"apiServerAccessProfile": access}}))
    }

    fn with_identity(access: Value) -> Outcome {
        World::create(json!({
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
            "properties": {"apiServerAccessProfile": access}}))
    }

    #[test]
    fn authorized_ranges() {
        let ranges = |ranges: Value| create(json!({"authorizedIPRanges": ranges}));
        ranges(json!(["0.0.0.0/32"])).accepted();
        ranges(json!(["20.1.2.3", "20.1.2.0/24"])).accepted();
        ranges(json!(["10.0.0.0/8"])).refused_by("authorized-ranges-form");
        ranges(json!(["0.0.0.0/0"])).refused_by("authorized-ranges-form");
        ranges(json!(["2001:db8::/32"])).refused_by("authorized-ranges-form");
        let many = |count: usize| ranges(json!(vec!["20.1.2.3"; count]));
        many(200).accepted();
        many(201).refused_by("authorized-ranges-limit");
        create(json!({"enablePrivateCluster": true, "authorizedIPRanges": ["20.1.2.3"]}))
            .refused_by("authorized-ranges-not-private");
        World::create(
            json!({"properties": {"apiServerAccessProfile": {"authorizedIPRanges": ["20.1.2.3"]},
            "agentPoolProfiles": [{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5",
                "enableNodePublicIP": true}]}}),
        )
        .refused_by("authorized-ranges-no-node-public-ip");
    }

    #[test]
    fn the_basic_load_balancer_takes_neither_ranges_nor_private_clusters() {
        let basic = |access: Value| {
            World::with(
                json!({"networkProfile": {"loadBalancerSku": "basic"}}),
                json!({}),
                json!({}),
            )
            .put_cluster(json!({"properties": {"apiServerAccessProfile": access}}))
        };
        basic(json!({"authorizedIPRanges": ["20.1.2.3"]})).refused_by("authorized-ranges-standard");
        basic(json!({"enablePrivateCluster": true, "enableVnetIntegration": true}))
            .refused_by("private-cluster-standard");
    }

    #[test]
    fn private_zones() {
        let zone = |name: &str| {
            json!({"enablePrivateCluster": true, "privateDNSZone":
                format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/{name}")})
        };
        create(json!({"enablePrivateCluster": true, "privateDNSZone": "System"})).accepted();
        with_identity(zone("privatelink.westeurope.azmk8s.io")).accepted();
        with_identity(zone(&format!("{}.private.westeurope.azmk8s.io", "a".repeat(32)))).accepted();
        with_identity(zone(&format!("{}.private.westeurope.azmk8s.io", "a".repeat(33))))
            .refused_by("private-zone-form");
        with_identity(zone("privatelink.eastus.azmk8s.io")).refused_by("private-zone-form");
        create(zone("privatelink.westeurope.azmk8s.io")).refused_by("private-zone-needs-identity");
        create(json!({"privateDNSZone": "system"})).refused_by("private-zone-needs-private");
    }

    #[test]
    fn public_names_of_private_clusters() {
        let private = |zone: &str, public: bool| {
            create(
                json!({"enablePrivateCluster": true, "privateDNSZone": zone, "enablePrivateClusterPublicFQDN": public}),
            )
        };
        private("system", false).accepted();
        private("none", true).accepted();
        private("none", false).refused_by("private-zone-none-public-name");
        create(json!({"enablePrivateClusterPublicFQDN": true})).refused_by("private-public-name-needs-private");
    }

    #[test]
    fn vnet_integration_in_an_own_network_needs_a_subnet() {
        let create = |access: Value| {
            World::create(
                json!({"properties": {"apiServerAccessProfile": access, "agentPoolProfiles": [
                {"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "vnetSubnetID":
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"}]}}),
            )
        };
        create(json!({"enableVnetIntegration": true, "subnetId": "/api"})).accepted();
        create(json!({"enableVnetIntegration": true})).refused_by("vnet-integration-subnet");
    }

    #[test]
    fn static_credential_needs_local_accounts() {
        World::new().act(Operation::ListAdminCredential, "demo").accepted();
        World::with(json!({"disableLocalAccounts": true}), json!({}), json!({}))
            .act(Operation::ListAdminCredential, "demo")
            .refused_by("static-credential-needs-local-accounts");
    }
}
