//! Effects that the direction of a change or the version decides.

use serde_json::Value;

use crate::effect::{Effect, Transition};

/// Enabling restarts the API server and can't be undone (use-oidc-issuer).
pub fn oidc_issuer(change: &Transition<'_>) -> Effect {
    if change.turns_on() {
        Effect::ControlPlaneRestart
    } else {
        Effect::Forbidden
    }
}

/// kubenet moves to azure with overlay and reimages everything; every other move is refused (update-azure-cni).
pub fn network_plugin(change: &Transition<'_>) -> Effect {
    match (change.from_text().as_str(), change.to_text().as_str()) {
        ("kubenet", "azure") => Effect::NodeReimage,
        _ => Effect::Forbidden,
    }
}

/// Only towards overlay (update-azure-cni).
pub fn network_plugin_mode(change: &Transition<'_>) -> Effect {
    if change.to_text() == "overlay" {
        Effect::NodeReimage
    } else {
        Effect::Forbidden
    }
}

/// From Cilium there is no way back; a switch between azure and calico goes through `none` (use-network-policies).
pub fn network_policy(change: &Transition<'_>) -> Effect {
    match (change.from_text().as_str(), change.to_text().as_str()) {
        ("cilium", _) | ("azure", "calico") | ("calico", "azure") => Effect::Forbidden,
        _ => Effect::NodeReimage,
    }
}

/// Only towards Cilium (update-azure-cni).
pub fn network_dataplane(change: &Transition<'_>) -> Effect {
    if change.to_text() == "cilium" {
        Effect::NodeReimage
    } else {
        Effect::Forbidden
    }
}

/// Adding a family reimages every pool; nothing says how to take one away (node-disruption-policy, IPv6).
pub fn ip_families(change: &Transition<'_>) -> Effect {
    if change.shrinks() {
        Effect::Forbidden
    } else {
        Effect::NodeReimage
    }
}

/// basic to standard with downtime, never back (upgrade-basic-load-balancer-on-aks).
pub fn load_balancer_sku(change: &Transition<'_>) -> Effect {
    if change.to_text() == "standard" {
        Effect::NetworkInterruption
    } else {
        Effect::Forbidden
    }
}

/// More addresses are added silently, fewer are taken away with their connections.
pub fn address_count(change: &Transition<'_>) -> Effect {
    if change.shrinks() {
        Effect::NetworkInterruption
    } else {
        Effect::InPlace
    }
}

/// The StandardV2 gateway has no way back (egress-outboundtype).
pub fn nat_gateway_sku(change: &Transition<'_>) -> Effect {
    if change.to_text() == "standardv2" {
        Effect::NetworkInterruption
    } else {
        Effect::Forbidden
    }
}

/// To or from Unmanaged every node is reimaged (auto-upgrade-node-os-image).
pub fn node_os_channel(change: &Transition<'_>) -> Effect {
    if change.from_text() == "unmanaged" || change.to_text() == "unmanaged" {
        Effect::NodeReimage
    } else {
        Effect::InPlace
    }
}

/// A zone of one's own or of the system can be left for `none`, never entered later (private-clusters).
pub fn private_dns_zone(change: &Transition<'_>) -> Effect {
    if change.to_text() == "none" {
        Effect::NodeReimage
    } else {
        Effect::Forbidden
    }
}

/// One way on, with a reimage of all pools and a stop and start of the cluster (api-server-vnet-integration).
pub fn vnet_integration(change: &Transition<'_>) -> Effect {
    if change.turns_on() {
        Effect::NodeReimage
    } else {
        Effect::Forbidden
    }
}

/// Managed Entra is entered with a restart of the API server and never left.
pub fn entra_managed(change: &Transition<'_>) -> Effect {
    if change.turns_on() {
        Effect::ControlPlaneRestart
    } else {
        Effect::Forbidden
    }
}

/// Some settings wait for the next node image below Kubernetes 1.37 and reimage at once from it on.
pub fn node_setting(change: &Transition<'_>) -> Effect {
    if change.nodes_follow_at_once() {
        Effect::NodeReimage
    } else {
        Effect::NewNodesOnly
    }
}

/// The outbound type moves egress at once; whether the move is allowed at all is Azure's matrix.
pub fn outbound_type(change: &Transition<'_>) -> Effect {
    if change.nodes_follow_at_once() {
        Effect::NodeReimage
    } else {
        Effect::NetworkInterruption
    }
}

/// A pod network can only be widened, which existing nodes don't notice (azure-cni-overlay-pod-expand). One that was
/// never set comes with the move to overlay, which reimages (update-azure-cni).
pub fn pod_cidr(change: &Transition<'_>) -> Effect {
    let (from, to) = (ranges(change.from), ranges(change.to));
    let kept = |old: &ipnet::IpNet| to.iter().any(|new| new.contains(old));
    if change.sets_anew() {
        Effect::NodeReimage
    } else if !from.is_empty() && from.iter().all(kept) {
        Effect::InPlace
    } else {
        Effect::Forbidden
    }
}

/// One range or a list of them.
fn ranges(value: Option<&Value>) -> Vec<ipnet::IpNet> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        other => other.map(std::slice::from_ref).unwrap_or_default(),
    };
    let range = |item: &Value| item.as_str().and_then(|text| text.parse().ok());
    items.iter().filter_map(range).collect()
}

/// Automatic can be left for Base, never entered (automatic/aks-automatic-sku-migration).
pub fn sku_name(change: &Transition<'_>) -> Effect {
    if change.to_text() == "base" {
        Effect::InPlace
    } else {
        Effect::Forbidden
    }
}

/// A cluster goes private and back only with API server VNet integration, and then by other DNS records.
pub fn private_cluster(change: &Transition<'_>) -> Effect {
    if change.is_on("/properties/apiServerAccessProfile/enableVnetIntegration") {
        Effect::NetworkInterruption
    } else {
        Effect::Forbidden
    }
}

/// The subnet comes with VNet integration and stays (api-server-vnet-integration).
pub fn api_server_subnet(change: &Transition<'_>) -> Effect {
    if change.sets_anew() {
        Effect::NodeReimage
    } else {
        Effect::Forbidden
    }
}

/// How the key vault is reached changes only while the encryption is off (use-kms-etcd-encryption).
pub fn key_vault_access(change: &Transition<'_>) -> Effect {
    if change.is_on("/properties/securityProfile/azureKeyVaultKms/enabled") {
        Effect::Forbidden
    } else {
        Effect::ControlPlaneRestart
    }
}

/// Leaving a service principal reimages; between managed identities only tokens change.
pub fn identity_type(change: &Transition<'_>) -> Effect {
    match change.from_text().as_str() {
        "" | "none" => Effect::NodeReimage,
        _ => Effect::InPlace,
    }
}

/// A managed identity never gives way to a service principal.
pub fn leaves_service_principal(change: &Transition<'_>) -> bool {
    matches!(change.from_text().as_str(), "" | "none")
}

/// The second generation of NAT gateways is not left (egress-outboundtype).
pub fn enters_nat_gateway_v2(change: &Transition<'_>) -> bool {
    change.to_text() == "managednatgatewayv2"
}

/// A service principal is swapped with a reimage (update-credentials) and never comes after a managed identity, which
/// Azure reports as the client id `msi`.
pub fn service_principal(change: &Transition<'_>) -> Effect {
    match change.from_text().as_str() {
        "" | "msi" => Effect::Forbidden,
        _ => Effect::NodeReimage,
    }
}

/// Windows nodes are reimaged when service accounts come, and when they go if a DNS server was set.
pub fn service_accounts(change: &Transition<'_>) -> Effect {
    let domain = change.live.pointer("/properties/windowsProfile/gmsaProfile/dnsServer");
    let has_domain = domain.and_then(Value::as_str).is_some_and(|server| !server.is_empty());
    if change.turns_on() || has_domain {
        Effect::WindowsReimage
    } else {
        Effect::InPlace
    }
}

/// The domain of service accounts reimages Windows nodes while the accounts are on, and can't be emptied.
pub fn service_accounts_domain(change: &Transition<'_>) -> Effect {
    if change.to_text().is_empty() {
        Effect::Forbidden
    } else if change.is_on("/properties/windowsProfile/gmsaProfile/enabled") {
        Effect::WindowsReimage
    } else {
        Effect::InPlace
    }
}

/// Logs go to another workspace only after they were turned off.
pub fn logs_workspace(change: &Transition<'_>) -> Effect {
    if !change.sets_anew() && change.is_on("/properties/azureMonitorProfile/containerInsights/enabled") {
        Effect::Forbidden
    } else {
        Effect::InPlace
    }
}

/// The first ingress controller gets another load balancer; `None` leaves the one that exists
/// (app-routing-nginx-configuration).
pub fn ingress_controller(change: &Transition<'_>) -> Effect {
    if change.to_text() == "none" {
        Effect::InPlace
    } else {
        Effect::NetworkInterruption
    }
}

/// Without its definitions every Gateway is gone (managed-gateway-api).
pub fn gateway_api(change: &Transition<'_>) -> Effect {
    if change.to_text() == "disabled" {
        Effect::NetworkInterruption
    } else {
        Effect::InPlace
    }
}

/// The mesh comes beside what runs and takes its gateways and rules with it (istio-uninstall-addon).
pub fn service_mesh(change: &Transition<'_>) -> Effect {
    if change.to_text() == "disabled" {
        Effect::NetworkInterruption
    } else {
        Effect::InPlace
    }
}

/// A gateway that goes takes its address or its traffic with it.
pub fn mesh_gateways(change: &Transition<'_>) -> Effect {
    let name = |gateway: &Value| {
        let part = |name: &str, default: &str| gateway[name].as_str().unwrap_or(default).to_ascii_lowercase();
        [
            part("mode", ""),
            part("name", ""),
            part("namespace", "aks-istio-egress"),
        ]
    };
    let running = |value: Option<&Value>| -> Vec<[String; 3]> {
        let gateways = value.and_then(Value::as_array).into_iter().flatten();
        gateways
            .filter(|gateway| gateway["enabled"] == Value::Bool(true))
            .map(name)
            .collect()
    };
    let stay = running(change.to);
    if running(change.from).iter().all(|gateway| stay.contains(gateway)) {
        Effect::InPlace
    } else {
        Effect::NetworkInterruption
    }
}

/// A mesh that runs keeps its authority; what renaming its objects does, no source says (istio-plugin-ca).
pub fn mesh_authority(change: &Transition<'_>) -> Effect {
    let mode = change.live.pointer("/properties/serviceMeshProfile/mode");
    let runs = mode
        .and_then(Value::as_str)
        .is_some_and(|mode| mode.eq_ignore_ascii_case("Istio"));
    match (runs, change.sets_anew()) {
        (false, _) => Effect::InPlace,
        (true, true) => Effect::Forbidden,
        (true, false) => Effect::Unknown,
    }
}

/// Without the first set of node pools their nodes are drained and deleted (SDK: default_node_pools).
pub fn default_node_pools(change: &Transition<'_>) -> Effect {
    if change.to_text() == "none" {
        Effect::RollingReplace
    } else {
        Effect::InPlace
    }
}

/// Gateway pools are made as such; System and User may be swapped any time (use-system-pools).
pub fn pool_mode(change: &Transition<'_>) -> Effect {
    if change.from_text() == "gateway" || change.to_text() == "gateway" {
        Effect::PoolReplacement
    } else {
        Effect::InPlace
    }
}

/// Linux images move to any other Linux image; Windows needs a new pool (upgrade-os-version).
pub fn os_sku(change: &Transition<'_>) -> Effect {
    if change.from_text().starts_with("windows") || change.to_text().starts_with("windows") {
        Effect::PoolReplacement
    } else {
        Effect::NodeReimage
    }
}
