//! Cluster switches that turn one way only, or only under a condition.

use super::request::Request;
use super::words::{bad_request, invalid, require, unchangeable};
use super::{CLUSTER, Rule, documented, inferred};
use crate::defaults::json::{flag, is, present, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "oidc-issuer-stays",
        CLUSTER,
        "Learn: use-oidc-issuer",
        oidc_issuer_stays,
    ),
    documented(
        "entra-stays",
        CLUSTER,
        "CAPZ; Learn: entra-id-control-plane-authentication",
        entra_stays,
    ),
    documented(
        "vnet-integration-stays",
        CLUSTER,
        "Learn: api-server-vnet-integration",
        vnet_integration_stays,
    ),
    inferred(
        "api-server-subnet-stays",
        CLUSTER,
        "TF: subnetId cannot be emptied",
        api_server_subnet_stays,
    ),
    documented(
        "private-cluster-switch",
        CLUSTER,
        "Learn: api-server-vnet-integration; CLI",
        private_cluster_switch,
    ),
    documented(
        "private-zone-moves",
        CLUSTER,
        "Learn: private-clusters, byo or system to none",
        private_zone_moves,
    ),
    documented(
        "windows-profile-not-added",
        CLUSTER,
        "Learn: create-node-pools",
        windows_profile_not_added,
    ),
    inferred(
        "managed-identity-stays",
        CLUSTER,
        "TF; CLI: MSI does not go back to a service principal",
        managed_identity_stays,
    ),
    documented(
        "service-principal-reset",
        CLUSTER,
        "azure-cli#24764, AKS's own text",
        service_principal_reset,
    ),
    documented(
        "sku-not-to-automatic",
        CLUSTER,
        "Learn: aks-automatic limitations",
        sku_not_to_automatic,
    ),
    documented(
        "kms-network-switch",
        CLUSTER,
        "Learn: use-kms-etcd-encryption",
        kms_network_switch,
    ),
    documented(
        "nat-gateway-sku-stays",
        CLUSTER,
        "CLI --outbound-type-sku; Learn: egress-outboundtype",
        nat_sku_stays,
    ),
    documented(
        "load-balancer-sku-moves",
        CLUSTER,
        "Learn: upgrade-basic-load-balancer-on-aks",
        load_balancer_sku_moves,
    ),
    documented(
        "load-balancer-basic-retired",
        CLUSTER,
        "Learn: Basic Load Balancer, create blocked 2025-03-31",
        basic_retired,
    ),
];

/// Whether the flag at `pointer` was on and would be off.
fn turns_off(request: &Request<'_>, pointer: &str) -> bool {
    request.old.is_some_and(|old| flag(old, pointer)) && !flag(request.new, pointer)
}

fn oidc_issuer_stays(request: &Request<'_>) -> Result<(), Refusal> {
    require(!turns_off(request, "/properties/oidcIssuerProfile/enabled"), || {
        bad_request("oidcIssuerProfile.enabled", "OIDC issuer feature cannot be disabled.")
    })
}

fn entra_stays(request: &Request<'_>) -> Result<(), Refusal> {
    require(!turns_off(request, "/properties/aadProfile/managed"), || {
        unchangeable("aadProfile.managed")
    })
}

fn vnet_integration_stays(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !turns_off(request, "/properties/apiServerAccessProfile/enableVnetIntegration"),
        || unchangeable("apiServerAccessProfile.enableVnetIntegration"),
    )
}

fn api_server_subnet_stays(request: &Request<'_>) -> Result<(), Refusal> {
    let pointer = "/properties/apiServerAccessProfile/subnetId";
    let had = request.old.is_some_and(|old| text(old, pointer).is_some());
    require(!had || !request.changes(pointer), || {
        unchangeable("apiServerAccessProfile.subnetId")
    })
}

fn private_cluster_switch(request: &Request<'_>) -> Result<(), Refusal> {
    let access = "/properties/apiServerAccessProfile";
    let private = |cluster| flag(cluster, &format!("{access}/enablePrivateCluster"));
    let integrated = flag(request.new, &format!("{access}/enableVnetIntegration"));
    let switched = request.old.is_some_and(|old| private(old) != private(request.new));
    require(!switched || integrated, || {
        unchangeable("apiServerAccessProfile.enablePrivateCluster")
    })
}

fn private_zone_moves(request: &Request<'_>) -> Result<(), Refusal> {
    let pointer = "/properties/apiServerAccessProfile/privateDNSZone";
    let to_none = is(request.new, pointer, "none");
    require(!request.changes(pointer) || to_none, || {
        unchangeable("apiServerAccessProfile.privateDNSZone")
    })
}

fn windows_profile_not_added(request: &Request<'_>) -> Result<(), Refusal> {
    let has = |cluster| present(cluster, "/properties/windowsProfile").is_some();
    let added = request.old.is_some_and(|old| !has(old) && has(request.new));
    require(!added, || unchangeable("windowsProfile"))
}

fn managed_identity_stays(request: &Request<'_>) -> Result<(), Refusal> {
    let managed = |cluster| is(cluster, "/properties/servicePrincipalProfile/clientId", "msi");
    let dropped = request.old.is_some_and(|old| managed(old) && !managed(request.new));
    require(!dropped, || unchangeable("servicePrincipalProfile.clientId"))
}

/// The client of a service principal changes through POST resetServicePrincipalProfile, or to a managed identity.
fn service_principal_reset(request: &Request<'_>) -> Result<(), Refusal> {
    let pointer = "/properties/servicePrincipalProfile/clientId";
    require(!request.changes(pointer) || is(request.new, pointer, "msi"), || {
        unchangeable("servicePrincipalProfile.clientId")
    })
}

fn sku_not_to_automatic(request: &Request<'_>) -> Result<(), Refusal> {
    let becomes = request.changes("/sku/name") && is(request.new, "/sku/name", "Automatic");
    require(!becomes, || unchangeable("sku.name"))
}

fn kms_network_switch(request: &Request<'_>) -> Result<(), Refusal> {
    let kms = "/properties/securityProfile/azureKeyVaultKms";
    let stays_on = request.old.is_some_and(|old| flag(old, &format!("{kms}/enabled")))
        && flag(request.new, &format!("{kms}/enabled"));
    require(
        !stays_on || !request.changes(&format!("{kms}/keyVaultNetworkAccess")),
        || {
            invalid(
                "securityProfile.azureKeyVaultKms.keyVaultNetworkAccess",
                "the network access of the key vault cannot change while KMS is on; turn KMS off first",
            )
        },
    )
}

fn nat_sku_stays(request: &Request<'_>) -> Result<(), Refusal> {
    let pointer = "/properties/networkProfile/natGatewayProfile/sku";
    let new_sku = |cluster| is(cluster, pointer, "StandardV2");
    let back = request.old.is_some_and(new_sku) && text(request.new, pointer).is_some() && !new_sku(request.new);
    require(!back, || unchangeable("networkProfile.natGatewayProfile.sku"))
}

fn load_balancer_sku_moves(request: &Request<'_>) -> Result<(), Refusal> {
    let pointer = "/properties/networkProfile/loadBalancerSku";
    require(
        !request.changes(pointer) || is(request.new, pointer, "standard"),
        || unchangeable("networkProfile.loadBalancerSku"),
    )
}

fn basic_retired(request: &Request<'_>) -> Result<(), Refusal> {
    let basic = is(request.new, "/properties/networkProfile/loadBalancerSku", "basic");
    require(!request.is_create() || !basic, || {
        invalid(
            "networkProfile.loadBalancerSku",
            "the Basic load balancer is retired; use standard",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::World;

    fn world(properties: Value) -> World {
        World::with(properties, json!({}), json!({}))
    }

    fn put(before: Value, after: Value) -> super::super::fixture::Outcome {
        world(before).put_cluster(json!({"properties": after}))
    }

    fn access(profile: Value) -> Value {
        json!({"apiServerAccessProfile": profile})
    }

    #[test]
    fn oidc_issuer_stays() {
        let issuer = |on: bool| json!({"oidcIssuerProfile": {"enabled": on}});
        put(issuer(false), issuer(true)).accepted();
        put(issuer(true), issuer(false)).refused_by("oidc-issuer-stays");
    }

    #[test]
    fn entra_stays() {
        let entra = |on: bool| json!({"aadProfile": {"managed": on}});
        put(json!({}), entra(true)).accepted();
        put(entra(true), entra(false)).refused_by("entra-stays");
    }

    #[test]
    fn vnet_integration_stays() {
        let integration = |on: bool| access(json!({"enableVnetIntegration": on}));
        put(json!({}), integration(true)).accepted();
        put(integration(true), integration(false)).refused_by("vnet-integration-stays");
        let subnet = |id: &str| access(json!({"enableVnetIntegration": true, "subnetId": id}));
        put(json!({}), subnet("/a")).accepted();
        put(subnet("/a"), subnet("/b")).refused_by("api-server-subnet-stays");
    }

    #[test]
    fn private_cluster_switch() {
        put(json!({}), access(json!({"enablePrivateCluster": true}))).refused_by("private-cluster-switch");
        put(
            json!({}),
            access(json!({"enablePrivateCluster": true, "enableVnetIntegration": true})),
        )
        .accepted();
    }

    #[test]
    fn private_zone_moves() {
        let zone = |zone: &str| access(json!({"enablePrivateCluster": true, "privateDNSZone": zone}));
        put(zone("system"), zone("none")).accepted();
        put(zone("none"), zone("system")).refused_by("private-zone-moves");
    }

    #[test]
    fn windows_profile_not_added() {
        let profile = json!({"windowsProfile": {"adminUsername": "azureuser"}});
        put(
            profile.clone(),
            json!({"windowsProfile": {"licenseType": "Windows_Server", "adminUsername": "azureuser"}}),
        )
        .accepted();
        put(json!({}), profile).refused_by("windows-profile-not-added");
    }

    #[test]
    fn identities() {
        let principal = |id: &str| json!({"servicePrincipalProfile": {"clientId": id}});
        put(json!({}), principal("an-app")).refused_by("managed-identity-stays");
        put(principal("an-app"), principal("other")).refused_by("service-principal-reset");
        world(principal("an-app"))
            .put_cluster(json!({"identity": {"type": "SystemAssigned"}, "properties": principal("msi")}))
            .accepted();
    }

    #[test]
    fn sku_not_to_automatic() {
        let mut automatic = World::new();
        automatic.cluster["sku"] = json!({"name": "Automatic", "tier": "Standard"});
        automatic.put_cluster(json!({"sku": {"name": "Base"}})).accepted();
        World::new()
            .put_cluster(json!({"sku": {"name": "Automatic", "tier": "Standard"}}))
            .refused_by("sku-not-to-automatic");
    }

    #[test]
    fn kms_network_switch() {
        let kms = |on: bool, network: &str| {
            let vault = if network == "Private" { "/vault" } else { "" };
            json!({"securityProfile": {"azureKeyVaultKms": {"enabled": on, "keyId": "https://v/keys/k/1",
                "keyVaultNetworkAccess": network, "keyVaultResourceId": vault}}})
        };
        let go = |on: bool, after: Value| {
            let mut world = world(kms(on, "Public"));
            world.cluster["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}});
            world.put_cluster(json!({"properties": after}))
        };
        go(false, kms(true, "Private")).accepted();
        go(true, kms(true, "Private")).refused_by("kms-network-switch");
    }

    #[test]
    fn load_balancer_sku() {
        let sku = |sku: &str| json!({"networkProfile": {"loadBalancerSku": sku}});
        put(sku("basic"), sku("standard")).accepted();
        put(json!({}), sku("STANDARD")).accepted();
        put(json!({}), sku("basic")).refused_by("load-balancer-sku-moves");
        World::create(json!({"properties": sku("basic")})).refused_by("load-balancer-basic-retired");
    }

    #[test]
    fn nat_gateway_sku_stays() {
        let nat = |sku: &str| json!({"networkProfile": {"outboundType": "managedNATGateway", "natGatewayProfile": {"sku": sku}}});
        put(nat("Standard"), nat("StandardV2")).accepted();
        put(nat("StandardV2"), nat("Standard")).refused_by("nat-gateway-sku-stays");
    }
}
