//! Values that a fresh cluster comes back with (REC: azure-cli `test_aks_stop_and_start`).

use serde_json::{Value, json};

use super::json::{flag, is, present, remove, set, set_default, text};
use super::{Place, ids, network};
use crate::catalog::{Minor, Version, Wanted, default_version, region, resolve};

/// Fills what the request left out. Idempotent: a value that is there stays.
pub fn fill_cluster(cluster: &mut Value, place: &Place<'_>) {
    if let Some(known) = text(cluster, "/location").and_then(region) {
        set(cluster, "/location", known.name);
    }
    fill_sku(cluster);
    fill_version(cluster, place);
    network::fill(cluster);
    fill_names(cluster, place);
    fill_identity(cluster, place);
    fill_profiles(cluster, place);
}

/// What appears only when an operation has ended well: the version it runs, outbound addresses, `Standard`.
pub fn finish_cluster(cluster: &mut Value, place: &Place<'_>) {
    if let Some(version) = wanted_version(cluster, place) {
        set(cluster, "/properties/currentKubernetesVersion", version.to_string());
    }
    network::finish(cluster, place);
}

fn fill_sku(cluster: &mut Value) {
    set_default(cluster, "/sku/name", "Base");
    let tier = if is(cluster, "/sku/name", "Automatic") {
        "Standard"
    } else {
        "Free"
    };
    set_default(cluster, "/sku/tier", tier);
}

/// A create without a version stores the alias of the default minor and runs its newest patch (REC 2025-10).
fn fill_version(cluster: &mut Value, place: &Place<'_>) {
    if let Some(default) = default_version(place.region, place.now) {
        set_default(cluster, "/properties/kubernetesVersion", default.minor.to_string());
    }
    if present(cluster, "/properties/currentKubernetesVersion").is_none()
        && let Some(version) = wanted_version(cluster, place)
    {
        set(cluster, "/properties/currentKubernetesVersion", version.to_string());
    }
}

fn wanted_version(cluster: &Value, place: &Place<'_>) -> Option<Version> {
    let wanted: Wanted = text(cluster, "/properties/kubernetesVersion")?.parse().ok()?;
    let current = text(cluster, "/properties/currentKubernetesVersion").and_then(|text| text.parse().ok());
    resolve(place.region, place.now, wanted, current)
}

fn fill_names(cluster: &mut Value, place: &Place<'_>) {
    let Place {
        resource_group,
        cluster: name,
        region,
        ..
    } = place;
    set_default(
        cluster,
        "/properties/nodeResourceGroup",
        format!("MC_{resource_group}_{name}_{region}"),
    );
    // SPEC: it tells clusters apart that have had the same id one after the other.
    let incarnation = format!("uid {}", place.now);
    set_default(cluster, "/properties/resourceUID", place.hex(&incarnation, 24));
    let suffix = place.hex("fqdn", 8);
    let label = match (
        text(cluster, "/properties/fqdnSubdomain"),
        text(cluster, "/properties/dnsPrefix"),
    ) {
        (Some(subdomain), _) => subdomain.to_owned(),
        (None, Some(prefix)) => format!("{prefix}-{suffix}"),
        (None, None) => return,
    };
    let public = !network::is_private(cluster)
        || cluster
            .pointer("/properties/apiServerAccessProfile/enablePrivateClusterPublicFQDN")
            .is_none_or(|flag| flag.as_bool().unwrap_or(true));
    if public {
        set_default(cluster, "/properties/fqdn", format!("{label}.hcp.{region}.azmk8s.io"));
    } else {
        remove(cluster, "/properties/fqdn");
    }
    if network::is_private(cluster) {
        let zone = place.guid("zone");
        set_default(
            cluster,
            "/properties/privateFQDN",
            format!("{label}.{zone}.privatelink.{region}.azmk8s.io"),
        );
    }
    set_default(
        cluster,
        "/properties/azurePortalFQDN",
        format!("{label}.portal.hcp.{region}.azmk8s.io"),
    );
}

fn fill_identity(cluster: &mut Value, place: &Place<'_>) {
    if present(cluster, "/properties/servicePrincipalProfile/clientId").is_none_or(|id| id == "msi") {
        set(cluster, "/properties/servicePrincipalProfile/clientId", "msi");
        set_default(cluster, "/identity/type", "SystemAssigned");
        fill_kubelet_identity(cluster, place);
    }
    if is(cluster, "/identity/type", "SystemAssigned") {
        set(cluster, "/identity/principalId", place.guid("principal"));
        set(cluster, "/identity/tenantId", place.tenant_id);
    } else {
        remove(cluster, "/identity/principalId");
        remove(cluster, "/identity/tenantId");
    }
    if let Some(Value::Object(identities)) = cluster.pointer_mut("/identity/userAssignedIdentities") {
        for (id, identity) in identities {
            *identity = json!({"clientId": ids::guid(&[id, "client"]), "principalId": ids::guid(&[id, "principal"])});
        }
    }
}

fn fill_kubelet_identity(cluster: &mut Value, place: &Place<'_>) {
    const AT: &str = "/properties/identityProfile/kubeletidentity";
    let group = text(cluster, "/properties/nodeResourceGroup")
        .unwrap_or_default()
        .to_owned();
    let name = format!("{}-agentpool", place.cluster);
    let made = place.node_resource(&group, "Microsoft.ManagedIdentity/userAssignedIdentities", &name);
    set_default(cluster, &format!("{AT}/resourceId"), made);
    let id = text(cluster, &format!("{AT}/resourceId"))
        .unwrap_or_default()
        .to_owned();
    set(cluster, &format!("{AT}/clientId"), ids::guid(&[&id, "client"]));
    set(cluster, &format!("{AT}/objectId"), ids::guid(&[&id, "principal"]));
}

fn fill_profiles(cluster: &mut Value, place: &Place<'_>) {
    // AKS Automatic upgrades itself (aks-automatic: stable channel).
    if is(cluster, "/sku/name", "Automatic") {
        set_default(cluster, "/properties/autoUpgradeProfile/upgradeChannel", "stable");
    }
    for (pointer, value) in [
        ("/properties/supportPlan", json!("KubernetesOfficial")),
        ("/properties/maxAgentPools", json!(100)),
        ("/properties/enableRBAC", json!(true)),
        ("/properties/disableLocalAccounts", json!(false)),
        ("/properties/powerState/code", json!("Running")),
        (
            "/properties/autoUpgradeProfile/nodeOSUpgradeChannel",
            json!("NodeImage"),
        ),
        ("/properties/storageProfile/diskCSIDriver/enabled", json!(true)),
        ("/properties/storageProfile/fileCSIDriver/enabled", json!(true)),
        ("/properties/storageProfile/snapshotController/enabled", json!(true)),
        ("/properties/securityProfile", json!({})),
        ("/properties/workloadAutoScalerProfile", json!({})),
        ("/properties/bootstrapProfile/artifactSource", json!("Direct")),
        ("/properties/nodeProvisioningProfile/mode", json!("Manual")),
    ] {
        set_default(cluster, pointer, value);
    }
    if is(cluster, "/properties/autoUpgradeProfile/upgradeChannel", "node-image") {
        set(
            cluster,
            "/properties/autoUpgradeProfile/nodeOSUpgradeChannel",
            "NodeImage",
        );
    }
    fill_oidc_issuer(cluster, place);
    if flag(cluster, "/properties/aadProfile/managed") {
        set_default(cluster, "/properties/aadProfile/tenantID", place.tenant_id);
    }
    fill_addons(cluster, place);
}

/// New clusters have the issuer on from 1.34 (AKS release notes 2025-08-29), older ones off.
fn fill_oidc_issuer(cluster: &mut Value, place: &Place<'_>) {
    let version = text(cluster, "/properties/currentKubernetesVersion").and_then(|text| text.parse::<Version>().ok());
    let default = version.is_some_and(|version| version.minor >= Minor::one(34));
    set_default(cluster, "/properties/oidcIssuerProfile/enabled", default);
    if flag(cluster, "/properties/oidcIssuerProfile/enabled") {
        let url = format!(
            "https://{}.oic.prod-aks.azure.com/{}/{}/",
            place.region,
            place.tenant_id,
            place.guid("issuer")
        );
        set_default(cluster, "/properties/oidcIssuerProfile/issuerURL", url);
    }
}

/// An enabled add-on gets an identity of its own; a disabled one has none. Application routing is no add-on of the
/// map, and gets one all the same (SPEC webAppRouting.identity).
fn fill_addons(cluster: &mut Value, place: &Place<'_>) {
    const ROUTING: &str = "/properties/ingressProfile/webAppRouting";
    let group = text(cluster, "/properties/nodeResourceGroup")
        .unwrap_or_default()
        .to_owned();
    let identity = |name: &str| {
        let name = format!("{}-{}", name.to_lowercase(), place.cluster);
        let id = place.node_resource(&group, "Microsoft.ManagedIdentity/userAssignedIdentities", &name);
        json!({"clientId": ids::guid(&[&id, "client"]), "objectId": ids::guid(&[&id, "principal"]), "resourceId": id})
    };
    if let Some(routing) = cluster.pointer_mut(ROUTING) {
        show_identity(routing, identity("webapprouting"));
    }
    let Some(Value::Object(addons)) = cluster.pointer_mut("/properties/addonProfiles") else {
        return;
    };
    for (key, addon) in addons {
        show_identity(addon, identity(key));
    }
}

fn show_identity(addon: &mut Value, identity: Value) {
    if flag(addon, "/enabled") {
        set_default(addon, "/identity", identity);
    } else {
        remove(addon, "/identity");
    }
}
