//! Network plugins, data planes and policies that go together.

use serde_json::Value;

use super::request::{Request, network, properties};
use super::words::{invalid, require};
use super::{CLUSTER, Rule, documented, inferred};
use crate::defaults::json::{flag, is, present, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    inferred("pod-cidr-needs-overlay-or-kubenet", CLUSTER, "CLI; TF", pod_cidr_plugin),
    documented("network-mode-needs-azure", CLUSTER, "SPEC networkMode", network_mode),
    inferred(
        "plugin-mode-needs-azure",
        CLUSTER,
        "SPEC networkPluginMode",
        plugin_mode,
    ),
    documented(
        "cilium-dataplane-plugin",
        CLUSTER,
        "Learn: azure-cni-powered-by-cilium",
        cilium_plugin,
    ),
    documented(
        "cilium-policy-pair",
        CLUSTER,
        "Learn: azure-cni-powered-by-cilium; CAPZ",
        cilium_policy,
    ),
    documented(
        "cilium-linux-only",
        CLUSTER,
        "Learn: azure-cni-powered-by-cilium",
        cilium_linux,
    ),
    documented(
        "network-policy-plugin",
        CLUSTER,
        "Learn: use-network-policies",
        policy_plugin,
    ),
    inferred(
        "advanced-network-security",
        CLUSTER,
        "TF; Learn: advanced-container-networking-services",
        advanced_security,
    ),
];

/// Whether pods have addresses of their own, outside the virtual network.
pub(super) fn is_overlay(network: &Value) -> bool {
    is(network, "/networkPluginMode", "overlay")
}

fn pod_cidr_plugin(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let takes =
        is_overlay(network) || is(network, "/networkPlugin", "kubenet") || is(network, "/networkPlugin", "none");
    require(takes || text(network, "/podCidr").is_none(), || {
        invalid(
            "networkProfile.podCidr",
            "a pod range needs network plugin kubenet, or azure in overlay mode",
        )
    })
}

fn network_mode(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    require(
        text(network, "/networkMode").is_none() || is(network, "/networkPlugin", "azure"),
        || invalid("networkProfile.networkMode", "networkMode needs network plugin azure"),
    )
}

fn plugin_mode(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    require(!is_overlay(network) || is(network, "/networkPlugin", "azure"), || {
        invalid("networkProfile.networkPluginMode", "overlay needs network plugin azure")
    })
}

fn has_cilium(network: &Value) -> bool {
    is(network, "/networkDataplane", "cilium")
}

fn pools<'a>(request: &Request<'a>) -> &'a [Value] {
    request.next_pools
}

fn cilium_plugin(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let pod_subnets = pools(request)
        .iter()
        .any(|pool| present(properties(pool), "/podSubnetID").is_some());
    let own_subnets = pools(request)
        .iter()
        .any(|pool| present(properties(pool), "/vnetSubnetID").is_some());
    let fits = is(network, "/networkPlugin", "azure") && (is_overlay(network) || pod_subnets || own_subnets);
    require(!has_cilium(network) || fits, || {
        invalid(
            "networkProfile.networkDataplane",
            "data plane cilium needs network plugin azure with overlay or a subnet of its own",
        )
    })
}

fn cilium_policy(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let policy = text(network, "/networkPolicy").unwrap_or("none");
    let is_policy = |wanted: &str| policy.eq_ignore_ascii_case(wanted);
    require(!is_policy("cilium") || has_cilium(network), || {
        invalid(
            "networkProfile.networkPolicy",
            "network policy cilium needs networkDataplane cilium",
        )
    })?;
    require(!has_cilium(network) || is_policy("cilium") || is_policy("none"), || {
        invalid(
            "networkProfile.networkPolicy",
            format!("network policy '{policy}' does not go with networkDataplane cilium"),
        )
    })
}

fn cilium_linux(request: &Request<'_>) -> Result<(), Refusal> {
    let windows = pools(request)
        .iter()
        .any(|pool| is(properties(pool), "/osType", "Windows"));
    require(!has_cilium(network(request.new)) || !windows, || {
        invalid(
            "networkProfile.networkDataplane",
            "data plane cilium does not take Windows agent pools",
        )
    })
}

fn policy_plugin(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let kubenet = is(network, "/networkPlugin", "kubenet");
    let azure_policy = is(network, "/networkPolicy", "azure");
    require(!(azure_policy && kubenet), || {
        invalid(
            "networkProfile.networkPolicy",
            "network policy azure needs network plugin azure",
        )
    })?;
    let none = is(network, "/networkPlugin", "none");
    let policy = text(network, "/networkPolicy").is_some_and(|policy| !policy.eq_ignore_ascii_case("none"));
    require(!(policy && none), || {
        invalid(
            "networkProfile.networkPolicy",
            "a cluster without a network plugin brings its own network policy",
        )
    })
}

fn advanced_security(request: &Request<'_>) -> Result<(), Refusal> {
    let network = network(request.new);
    let on = flag(network, "/advancedNetworking/security/enabled");
    require(!on || has_cilium(network), || {
        invalid(
            "networkProfile.advancedNetworking.security",
            "advanced network security needs networkDataplane cilium",
        )
    })
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
    fn plugins_and_modes() {
        create(json!({"networkPlugin": "azure", "podCidr": "10.1.0.0/16"}))
            .refused_by("pod-cidr-needs-overlay-or-kubenet");
        create(json!({"networkPlugin": "kubenet", "podCidr": "10.1.0.0/16"})).accepted();
        create(json!({"networkPlugin": "azure", "networkMode": "transparent"})).accepted();
        create(json!({"networkPlugin": "kubenet", "networkMode": "transparent"}))
            .refused_by("network-mode-needs-azure");
        create(json!({"networkPlugin": "kubenet", "networkPluginMode": "overlay"}))
            .refused_by("plugin-mode-needs-azure");
    }

    #[test]
    fn cilium() {
        let cilium = json!({"networkDataplane": "cilium", "networkPolicy": "cilium"});
        create(cilium.clone()).accepted();
        create(json!({"networkPlugin": "azure", "networkDataplane": "cilium"})).refused_by("cilium-dataplane-plugin");
        create(json!({"networkPolicy": "cilium"})).refused_by("cilium-policy-pair");
        create(json!({"networkDataplane": "cilium", "networkPolicy": "calico"})).refused_by("cilium-policy-pair");
        World::create(
            json!({"properties": {"windowsProfile": {"adminUsername": "azureuser"}, "networkProfile": cilium,
            "agentPoolProfiles": [{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5"},
                {"name": "win", "osType": "Windows", "vmSize": "Standard_D4s_v5"}]}}),
        )
        .refused_by("windows-pool-needs-azure-cni");
        let windows = World::with(
            json!({"windowsProfile": {"adminUsername": "azureuser"}}),
            json!({}),
            json!({"osType": "Windows"}),
        );
        windows
            .put_cluster(json!({"properties": {"networkProfile": cilium}}))
            .refused_by("cilium-linux-only");
    }

    #[test]
    fn policies_go_with_their_plugins() {
        create(json!({"networkPlugin": "kubenet", "networkPolicy": "calico"})).accepted();
        create(json!({"networkPlugin": "kubenet", "networkPolicy": "azure"})).refused_by("network-policy-plugin");
        create(json!({"networkPlugin": "none", "networkPolicy": "calico"})).refused_by("network-policy-plugin");
    }

    #[test]
    fn advanced_network_security() {
        let advanced = json!({"enabled": true, "security": {"enabled": true}});
        create(json!({"networkDataplane": "cilium", "networkPolicy": "cilium", "advancedNetworking": advanced}))
            .accepted();
        create(json!({"advancedNetworking": advanced})).refused_by("advanced-network-security");
    }
}
