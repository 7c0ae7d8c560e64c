//! Add-ons, the service mesh and node auto-provisioning: which exist, and which exclude each other.

use serde_json::Value;

use super::request::Request;
use super::words::{bad_request, invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, general_knowledge, inferred};
use crate::defaults::json::{flag, is, present};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    inferred(
        "addon-known",
        CLUSTER,
        "CLI _consts ADDONS; the code is general knowledge",
        addon_known,
    ),
    general_knowledge(
        "application-gateway-not-with-overlay",
        CLUSTER,
        "Learn: azure-cni-overlay, limitations; lifted for some gateways since",
        gateway_without_overlay,
    ),
    documented(
        "mesh-not-with-open-service-mesh",
        CLUSTER,
        "Learn: istio-about, limitations",
        one_mesh,
    ),
    inferred(
        "mesh-own-authority-needs-key-vault-addon",
        CLUSTER,
        "Learn: istio-plugin-ca, prerequisites",
        authority_needs_addon,
    ),
    documented(
        "auto-provisioning-not-with-autoscaler",
        POOLS,
        "Learn: node-autoprovision, limitations",
        provisioning_without_autoscaler,
    ),
    documented(
        "auto-provisioning-needs-managed-identity",
        CLUSTER,
        "Learn: node-autoprovision, limitations",
        provisioning_needs_identity,
    ),
];

const ADDONS: [&str; 11] = [
    "omsagent",
    "azurepolicy",
    "azureKeyvaultSecretsProvider",
    "ingressApplicationGateway",
    "aciConnectorLinux",
    "openServiceMesh",
    "httpApplicationRouting",
    "kubeDashboard",
    "gitops",
    "extensionManager",
    "ACCSGXDevicePlugin",
];
const KEY_VAULT: &str = "azureKeyvaultSecretsProvider";

/// Whether an add-on is on, whatever casing its key has.
fn enabled(cluster: &Value, addon: &str) -> bool {
    let addons = cluster.pointer("/properties/addonProfiles").and_then(Value::as_object);
    addons.is_some_and(|addons| {
        addons
            .iter()
            .any(|(key, profile)| key.eq_ignore_ascii_case(addon) && flag(profile, "/enabled"))
    })
}

fn addon_known(request: &Request<'_>) -> Result<(), Refusal> {
    let sent = request
        .sent
        .pointer("/properties/addonProfiles")
        .and_then(Value::as_object);
    // Virtual nodes carry the system of their nodes in their name.
    let known = |key: &str| {
        ADDONS.iter().any(|addon| addon.eq_ignore_ascii_case(key)) || key.to_lowercase().starts_with("aciconnector")
    };
    match sent.and_then(|sent| sent.keys().find(|key| !known(key))) {
        None => Ok(()),
        Some(key) => Err(invalid(
            "addonProfiles",
            format!(
                "'{key}' is not a supported addon, supported addons are: {}",
                ADDONS.join(", ")
            ),
        )),
    }
}

fn gateway_without_overlay(request: &Request<'_>) -> Result<(), Refusal> {
    let overlay = is(request.new, "/properties/networkProfile/networkPluginMode", "overlay");
    require(!overlay || !enabled(request.new, "ingressApplicationGateway"), || {
        bad_request(
            "addonProfiles.ingressApplicationGateway",
            "Ingress Application Gateway addon is not supported with Azure CNI Overlay.",
        )
    })
}

fn has_mesh(cluster: &Value) -> bool {
    is(cluster, "/properties/serviceMeshProfile/mode", "Istio")
}

fn one_mesh(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !has_mesh(request.new) || !enabled(request.new, "openServiceMesh"),
        || {
            bad_request(
                "serviceMeshProfile",
                "Azure Service Mesh cannot be enabled on a cluster with the Open Service Mesh addon.",
            )
        },
    )
}

fn authority_needs_addon(request: &Request<'_>) -> Result<(), Refusal> {
    const AUTHORITY: &str = "/properties/serviceMeshProfile/istio/certificateAuthority/plugin";
    let own = has_mesh(request.new) && present(request.new, AUTHORITY).is_some();
    require(!own || enabled(request.new, KEY_VAULT), || {
        bad_request(
            "serviceMeshProfile.istio.certificateAuthority",
            "The Azure Key Vault Secrets Provider addon is required for a plugin certificate authority.",
        )
    })
}

fn provisions(cluster: &Value) -> bool {
    is(cluster, "/properties/nodeProvisioningProfile/mode", "Auto")
}

fn provisioning_without_autoscaler(request: &Request<'_>) -> Result<(), Refusal> {
    let scaled = request
        .pools_afterwards()
        .iter()
        .any(|(_, pool)| flag(pool, "/enableAutoScaling"));
    require(!provisions(request.next_cluster()) || !scaled, || {
        bad_request(
            "nodeProvisioningProfile.mode",
            "Node auto provisioning cannot be enabled while an agent pool has the cluster autoscaler enabled.",
        )
    })
}

fn provisioning_needs_identity(request: &Request<'_>) -> Result<(), Refusal> {
    let managed = is(request.new, "/properties/servicePrincipalProfile/clientId", "msi");
    require(!provisions(request.new) || managed, || {
        bad_request(
            "nodeProvisioningProfile.mode",
            "Node auto provisioning requires a managed identity; it is not supported with a service principal.",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};

    fn create(properties: serde_json::Value) -> Outcome {
        World::create(json!({"properties": properties}))
    }

    #[test]
    fn add_ons_are_those_that_exist_in_any_casing() {
        create(json!({"addonProfiles": {"AzurePolicy": {"enabled": true}, "aciConnectorLinux": {"enabled": false}}}))
            .accepted();
        create(json!({"addonProfiles": {"azure-policy": {"enabled": true}}})).refused_by("addon-known");
    }

    #[test]
    fn an_application_gateway_reaches_no_overlay() {
        let with = |mode: serde_json::Value| {
            create(
                json!({"networkProfile": {"networkPlugin": "azure", "networkPluginMode": mode},
                "addonProfiles": {"ingressApplicationGateway": {"enabled": true}}}),
            )
        };
        with(json!(null)).accepted();
        with(json!("overlay")).refused_by("application-gateway-not-with-overlay");
    }

    #[test]
    fn a_mesh_is_alone_and_its_authority_comes_from_a_vault() {
        let mesh = |more: serde_json::Value, addons: serde_json::Value| {
            let mut istio = json!({"components": {}});
            super::super::fixture::lay(&mut istio, &more);
            create(json!({"serviceMeshProfile": {"mode": "Istio", "istio": istio}, "addonProfiles": addons}))
        };
        mesh(json!({}), json!({})).accepted();
        mesh(json!({}), json!({"openServiceMesh": {"enabled": true}})).refused_by("mesh-not-with-open-service-mesh");
        let own = || json!({"certificateAuthority": {"plugin": {"keyVaultId": "/v"}}});
        mesh(own(), json!({})).refused_by("mesh-own-authority-needs-key-vault-addon");
        mesh(own(), json!({"azurekeyvaultsecretsprovider": {"enabled": true}})).accepted();
    }

    #[test]
    fn nodes_are_provisioned_by_one_of_two() {
        let auto = || json!({"nodeProvisioningProfile": {"mode": "Auto"}});
        create(auto()).accepted();
        let scaled = json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 3});
        World::with(auto(), json!({}), json!({}))
            .put_pool("work", scaled)
            .refused_by("auto-provisioning-not-with-autoscaler");
        let principal = json!({"nodeProvisioningProfile": {"mode": "Auto"}, "servicePrincipalProfile": {"clientId": "a", "secret": "b"}});
        create(principal).refused_by("auto-provisioning-needs-managed-identity");
    }
}
