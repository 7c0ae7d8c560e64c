//! Values that a fresh pool comes back with (REC: azure-cli nodepool recordings).

use serde_json::{Value, json};

use super::Place;
use super::json::{flag, integer, is, list, present, remove, set, set_default, text};
use super::network::max_pods;
use crate::catalog::{Minor, Version, Wanted, node_image, resolve};

/// What AKS adds to nodes that Azure may take back at any time (Learn: spot-node-pool).
const SPOT_KEY: &str = "kubernetes.azure.com/scalesetpriority";
const SPOT_TAINT: &str = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule";

/// Fills a pool: `pool` is its `properties` object or an entry of `agentPoolProfiles`; `cluster` has its defaults.
/// Idempotent: a value that is there stays.
pub fn fill_pool(pool: &mut Value, cluster: &Value, place: &Place<'_>) {
    fill_size(pool);
    set_default(pool, "/osType", "Linux");
    fill_count(pool);
    fill_version(pool, cluster, place);
    let windows = is(pool, "/osType", "Windows");
    let sku = match pool_version(pool) {
        _ if !windows => "Ubuntu",
        Some(version) if version.minor < Minor::one(36) => "Windows2022",
        _ => "Windows2025",
    };
    for (pointer, value) in [
        ("/osSKU", json!(sku)),
        ("/type", json!("VirtualMachineScaleSets")),
        ("/mode", json!("User")),
        ("/maxPods", json!(max_pods(cluster, pool))),
        ("/kubeletDiskType", json!("OS")),
        ("/workloadRuntime", json!("OCIContainer")),
        ("/scaleDownMode", json!("Delete")),
        ("/enableAutoScaling", json!(false)),
        ("/enableNodePublicIP", json!(false)),
        ("/enableEncryptionAtHost", json!(false)),
        ("/enableUltraSSD", json!(false)),
        ("/enableFIPS", json!(false)),
        ("/powerState/code", json!("Running")),
        ("/securityProfile/enableVTPM", json!(false)),
        ("/securityProfile/enableSecureBoot", json!(false)),
        ("/securityProfile/sshAccess", json!("LocalUser")),
    ] {
        set_default(pool, pointer, value);
    }
    if is(pool, "/mode", "Gateway") {
        set_default(pool, "/gatewayProfile/publicIPPrefixSize", 31);
    }
    fill_upgrade_settings(pool);
    fill_spot(pool);
    if let Some(version) = pool_version(pool) {
        let image = node_image(pool, version, place.now);
        set_default(pool, "/nodeImageVersion", image);
    }
}

/// The pool's part of a successful end: the version it runs, and a new node image when the version or the image's
/// family changed. A node image upgrade sets `nodeImageVersion` itself, to `catalog::node_image`.
pub fn finish_pool(pool: &mut Value, cluster: &Value, place: &Place<'_>) {
    let before = pool_version(pool);
    let Some(version) = wanted_version(pool, cluster, place) else {
        return;
    };
    set(pool, "/currentOrchestratorVersion", version.to_string());
    let image = node_image(pool, version, place.now);
    let family = |image: &str| image.rsplit_once('-').map(|(family, _)| family.to_owned());
    let same_family = text(pool, "/nodeImageVersion").is_some_and(|old| family(old) == family(&image));
    if before != Some(version) || !same_family {
        set(pool, "/nodeImageVersion", image);
    }
}

/// A pool without a size gets one that the region has room for (REC: `Standard_D4ds_v4` on its own 150 GB disk).
fn fill_size(pool: &mut Value) {
    if present(pool, "/vmSize").is_none() && present(pool, "/virtualMachinesProfile").is_none() {
        set(pool, "/vmSize", "Standard_D4ds_v4");
        set_default(pool, "/osDiskType", "Ephemeral");
        if integer(pool, "/osDiskSizeGB").unwrap_or(0) == 0 {
            set(pool, "/osDiskSizeGB", 150);
        }
    }
    set_default(pool, "/osDiskType", "Managed");
    if integer(pool, "/osDiskSizeGB").unwrap_or(0) == 0 {
        set(pool, "/osDiskSizeGB", 128);
    }
}

fn fill_count(pool: &mut Value) {
    let sizes: i64 = list(pool, "/virtualMachinesProfile/scale/manual")
        .iter()
        .filter_map(|size| integer(size, "/count"))
        .sum();
    let lowest = integer(pool, "/minCount").filter(|_| flag(pool, "/enableAutoScaling"));
    set_default(pool, "/count", lowest.unwrap_or(if sizes > 0 { sizes } else { 1 }));
}

fn fill_version(pool: &mut Value, cluster: &Value, place: &Place<'_>) {
    if let Some(version) = text(cluster, "/properties/kubernetesVersion") {
        set_default(pool, "/orchestratorVersion", version);
    }
    if present(pool, "/currentOrchestratorVersion").is_none()
        && let Some(version) = wanted_version(pool, cluster, place)
    {
        set(pool, "/currentOrchestratorVersion", version.to_string());
    }
}

fn fill_upgrade_settings(pool: &mut Value) {
    if is(pool, "/scaleSetPriority", "Spot") {
        set_default(pool, "/upgradeSettings", json!({}));
        return;
    }
    let surge = if pool_version(pool).is_some_and(|version| version.minor < Minor::one(32)) {
        "1"
    } else {
        "10%"
    };
    let unavailable = text(pool, "/upgradeSettings/maxUnavailable").is_some_and(|nodes| nodes != "0");
    if !unavailable {
        set_default(pool, "/upgradeSettings/maxSurge", surge);
        set_default(pool, "/upgradeSettings/maxUnavailable", "0");
    }
}

fn fill_spot(pool: &mut Value) {
    if !is(pool, "/scaleSetPriority", "Spot") {
        // Clients send the description's defaults with every pool; a regular one does not come back with them.
        for setting in ["/scaleSetPriority", "/scaleSetEvictionPolicy", "/spotMaxPrice"] {
            remove(pool, setting);
        }
        return;
    }
    set_default(pool, "/scaleSetEvictionPolicy", "Delete");
    set_default(pool, "/spotMaxPrice", -1.0);
    let mut labels = pool.get("nodeLabels").cloned().unwrap_or_else(|| json!({}));
    labels[SPOT_KEY] = json!("spot");
    set(pool, "/nodeLabels", labels);
    let mut taints = list(pool, "/nodeTaints").to_vec();
    if !taints.iter().any(|taint| taint == SPOT_TAINT) {
        taints.push(json!(SPOT_TAINT));
    }
    set(pool, "/nodeTaints", taints);
}

fn pool_version(pool: &Value) -> Option<Version> {
    text(pool, "/currentOrchestratorVersion")?.parse().ok()
}

/// The version that the pool's `orchestratorVersion` means. One that the region no longer offers is still good when
/// the control plane runs it (Learn: supported-kubernetes-versions).
fn wanted_version(pool: &Value, cluster: &Value, place: &Place<'_>) -> Option<Version> {
    let wanted: Wanted = text(pool, "/orchestratorVersion")?.parse().ok()?;
    let control_plane = text(cluster, "/properties/currentKubernetesVersion").and_then(|text| text.parse().ok());
    let current = pool_version(pool);
    if current.is_some_and(|current| wanted == Wanted::Alias(current.minor)) {
        return current;
    }
    resolve(place.region, place.now, wanted, control_plane)
}

#[cfg(test)]
mod tests {
    use super::super::{fill_cluster, finish_cluster};
    use super::*;
    use crate::schema::{Definition, check_response, validate_request};

    fn place() -> Place<'static> {
        Place {
            subscription_id: "00000000-0000-0000-0000-000000000001",
            resource_group: "rg",
            cluster: "demo",
            region: "westeurope",
            tenant_id: "00000000-0000-0000-0000-0000000000aa",
            now: "2026-11-21T00:00:00Z".parse().unwrap(),
        }
    }

    fn filled(properties: Value) -> Value {
        let mut cluster = json!({"location": "West Europe", "properties": properties});
        fill_cluster(&mut cluster, &place());
        cluster
    }

    fn filled_pool(cluster: &Value, mut pool: Value) -> Value {
        fill_pool(&mut pool, cluster, &place());
        pool
    }

    #[test]
    fn a_fresh_cluster_has_the_recorded_defaults() {
        let cluster = filled(json!({"dnsPrefix": "demo"}));
        let properties = &cluster["properties"];
        assert_eq!(cluster["location"], "westeurope");
        assert_eq!(cluster["sku"], json!({"name": "Base", "tier": "Free"}));
        assert_eq!(properties["kubernetesVersion"], "1.36");
        assert_eq!(properties["currentKubernetesVersion"], "1.36.4");
        assert_eq!(properties["nodeResourceGroup"], "MC_rg_demo_westeurope");
        assert_eq!(properties["servicePrincipalProfile"], json!({"clientId": "msi"}));
        assert_eq!(properties["maxAgentPools"], 100);
        assert_eq!(properties["oidcIssuerProfile"]["enabled"], true);
        assert!(
            properties["oidcIssuerProfile"]["issuerURL"]
                .as_str()
                .unwrap()
                .ends_with('/')
        );
        let fqdn = properties["fqdn"].as_str().unwrap();
        assert!(
            fqdn.starts_with("demo-") && fqdn.ends_with(".hcp.westeurope.azmk8s.io"),
            "{fqdn}"
        );
        assert_eq!(properties["networkProfile"]["podCidrs"], json!(["10.244.0.0/16"]));
        assert_eq!(properties["networkProfile"]["loadBalancerSku"], "standard");
        assert_eq!(
            properties["networkProfile"]["loadBalancerProfile"]["managedOutboundIPs"]["count"],
            1
        );
    }

    #[test]
    fn filling_twice_changes_nothing_and_a_filled_cluster_conforms() {
        let mut cluster = filled(json!({"dnsPrefix": "demo", "addonProfiles": {"azurepolicy": {"enabled": true}}}));
        let once = cluster.clone();
        fill_cluster(&mut cluster, &place());
        assert_eq!(cluster, once);
        finish_cluster(&mut cluster, &place());
        assert_eq!(
            check_response(Definition::ManagedCluster, &cluster),
            Vec::<String>::new()
        );
        assert_eq!(
            validate_request(Definition::ManagedCluster, &cluster),
            Ok(()),
            "an answer can be sent back"
        );
    }

    #[test]
    fn success_shows_outbound_addresses_and_flips_the_sku_to_standard() {
        let mut cluster = filled(json!({"dnsPrefix": "demo",
            "networkProfile": {"loadBalancerProfile": {"managedOutboundIPs": {"count": 2}}}}));
        finish_cluster(&mut cluster, &place());
        let network = &cluster["properties"]["networkProfile"];
        assert_eq!(network["loadBalancerSku"], "Standard");
        let addresses = network["loadBalancerProfile"]["effectiveOutboundIPs"]
            .as_array()
            .unwrap();
        assert_eq!(addresses.len(), 2);
        assert!(
            addresses[0]["id"]
                .as_str()
                .unwrap()
                .contains("/resourceGroups/MC_rg_demo_westeurope/")
        );
    }

    #[test]
    fn max_pods_follow_the_network_plugin() {
        let max_pods = |network: Value| {
            filled_pool(&filled(json!({"dnsPrefix": "a", "networkProfile": network})), json!({}))["maxPods"].clone()
        };
        assert_eq!(max_pods(json!({})), 250);
        assert_eq!(max_pods(json!({"networkPlugin": "azure"})), 30);
        assert_eq!(max_pods(json!({"networkPlugin": "kubenet"})), 110);
        let flat = filled(json!({"dnsPrefix": "a", "networkProfile": {"networkPlugin": "azure"}}));
        assert_eq!(filled_pool(&flat, json!({"podSubnetID": "/x"}))["maxPods"], 110);
    }

    #[test]
    fn a_fresh_pool_has_the_recorded_defaults_and_conforms() {
        let cluster = filled(json!({"dnsPrefix": "a"}));
        let pool = filled_pool(&cluster, json!({"vmSize": "Standard_DS2_v2", "mode": "System"}));
        assert_eq!(pool["osDiskSizeGB"], 128);
        assert_eq!(pool["osDiskType"], "Managed");
        assert_eq!(pool["orchestratorVersion"], "1.36");
        assert_eq!(pool["currentOrchestratorVersion"], "1.36.4");
        assert_eq!(pool["nodeImageVersion"], "AKSUbuntu-2404gen2containerd-202611.09.0");
        assert_eq!(
            pool["upgradeSettings"],
            json!({"maxSurge": "10%", "maxUnavailable": "0"})
        );
        assert_eq!(pool["count"], 1);
        assert_eq!(filled_pool(&cluster, pool.clone()), pool, "filling is idempotent");
        let body = json!({"properties": pool});
        assert_eq!(check_response(Definition::AgentPool, &body), Vec::<String>::new());
    }

    #[test]
    fn spot_nodes_come_back_with_a_label_and_a_taint() {
        let cluster = filled(json!({"dnsPrefix": "a"}));
        let pool = filled_pool(
            &cluster,
            json!({"scaleSetPriority": "Spot", "nodeTaints": ["a=b:NoSchedule"]}),
        );
        assert_eq!(pool["nodeLabels"][SPOT_KEY], "spot");
        assert_eq!(pool["nodeTaints"], json!(["a=b:NoSchedule", SPOT_TAINT]));
        assert_eq!(pool["spotMaxPrice"], -1.0);
        assert_eq!(filled_pool(&cluster, pool.clone()), pool);
    }

    #[test]
    fn an_upgraded_pool_gets_the_newest_image_and_a_scaled_one_keeps_its_own() {
        let cluster = filled(json!({"dnsPrefix": "a", "kubernetesVersion": "1.36.4"}));
        let mut pool = filled_pool(&cluster, json!({"orchestratorVersion": "1.35.8"}));
        pool["nodeImageVersion"] = json!("AKSUbuntu-2404gen2containerd-202609.15.0");
        finish_pool(&mut pool, &cluster, &place());
        assert_eq!(pool["nodeImageVersion"], "AKSUbuntu-2404gen2containerd-202609.15.0");
        pool["orchestratorVersion"] = json!("1.36.4");
        finish_pool(&mut pool, &cluster, &place());
        assert_eq!(pool["currentOrchestratorVersion"], "1.36.4");
        assert_eq!(pool["nodeImageVersion"], "AKSUbuntu-2404gen2containerd-202611.09.0");
    }

    #[test]
    fn a_user_assigned_identity_shows_its_principal_and_a_system_one_its_own() {
        let mut cluster = json!({"location": "westeurope", "properties": {"dnsPrefix": "a"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/x/y": {}}}});
        fill_cluster(&mut cluster, &place());
        assert_eq!(cluster.pointer("/identity/principalId"), None);
        assert!(cluster["identity"]["userAssignedIdentities"]["/x/y"]["principalId"].is_string());
        assert!(filled(json!({}))["properties"]["identityProfile"]["kubeletidentity"]["clientId"].is_string());
    }
}
