//! Rules about the cluster itself: names, versions, tiers, identities, access.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, GUID, SUBSCRIPTION, case, id, named};

pub fn cases() -> Vec<Case> {
    [
        names(),
        tiers_and_versions(),
        identities(),
        service_principals(),
        api_server(),
        entra(),
        legacy_entra(),
        unset_variables(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names() -> Vec<Case> {
    vec![
        named(
            Cluster,
            "metadata.name becomes",
            ("prod-1", json!({})),
            ("prod.eu", json!({})),
        ),
        named(
            Cluster,
            "the default node resource group",
            ("a-name-of-twenty-chars", json!({ "resourceGroup": "g".repeat(43) })),
            ("a-name-of-twenty-chars", json!({ "resourceGroup": "g".repeat(44) })),
        ),
        case(
            Cluster,
            "this has to be a GUID",
            json!({ "subscriptionId": SUBSCRIPTION }),
            json!({ "subscriptionId": GUID.to_uppercase() }),
        ),
        case(
            Cluster,
            "resourceGroup has",
            json!({ "resourceGroup": "rg.1(a)" }),
            json!({ "resourceGroup": "rg." }),
        ),
        case(
            Cluster,
            "azureName has",
            json!({ "azureName": "Prod_1" }),
            json!({ "azureName": "prod_" }),
        ),
        case(
            Cluster,
            "location is Azure's",
            json!({ "location": "eastus2" }),
            json!({ "location": "East US 2" }),
        ),
        case(
            Cluster,
            "dnsPrefix has",
            json!({ "dnsPrefix": "prod-1" }),
            json!({ "dnsPrefix": "prod_1" }),
        ),
        case(
            Cluster,
            "fqdnSubdomain has",
            json!({ "fqdnSubdomain": "prod-1", "identity": user_assigned(), "apiServerAccessProfile": own_zone() }),
            json!({ "fqdnSubdomain": "prod_1", "identity": user_assigned(), "apiServerAccessProfile": own_zone() }),
        ),
        case(
            Cluster,
            "dnsPrefix and fqdnSubdomain",
            json!({ "fqdnSubdomain": "prod", "identity": user_assigned(), "apiServerAccessProfile": own_zone() }),
            json!({
                "dnsPrefix": "prod",
                "fqdnSubdomain": "prod",
                "identity": user_assigned(),
                "apiServerAccessProfile": own_zone(),
            }),
        ),
        case(
            Cluster,
            "fqdnSubdomain needs",
            json!({ "fqdnSubdomain": "prod", "identity": user_assigned(), "apiServerAccessProfile": own_zone() }),
            json!({ "fqdnSubdomain": "prod", "apiServerAccessProfile": { "enablePrivateCluster": true } }),
        ),
        case(
            Cluster,
            "nodeResourceGroup has",
            json!({ "nodeResourceGroup": "prod-nodes" }),
            json!({ "nodeResourceGroup": "prod/nodes" }),
        ),
        case(
            Cluster,
            "adminUsername starts",
            json!({ "linuxProfile": linux_profile("azure-user") }),
            json!({ "linuxProfile": linux_profile("1user") }),
        ),
        case(
            Cluster,
            "this has to be an Azure resource id",
            json!({ "diskEncryptionSetID": id("Microsoft.Compute/diskEncryptionSets/keys") }),
            json!({ "diskEncryptionSetID": "keys" }),
        ),
        case(
            Cluster,
            "tag names that start with",
            json!({ "tags": { "managed": "aks" } }),
            json!({ "tags": { "aks-managed-x": "" } }),
        ),
        case(
            Cluster,
            "the tag armature-owner",
            json!({ "tags": { "owner": "a" } }),
            json!({ "tags": { "armature-owner": "a" } }),
        ),
        case(
            Cluster,
            "tag names have",
            json!({ "tags": { "cost center": "1" } }),
            json!({ "tags": { "a/b": "1" } }),
        ),
    ]
}

fn tiers_and_versions() -> Vec<Case> {
    vec![
        case(
            Cluster,
            "this has to be a Kubernetes version",
            json!({ "kubernetesVersion": "v1.33" }),
            json!({ "kubernetesVersion": "1" }),
        ),
        case(
            Cluster,
            "supportPlan AKSLongTermSupport needs",
            json!({ "supportPlan": "AKSLongTermSupport", "sku": { "tier": "Premium" } }),
            json!({ "supportPlan": "AKSLongTermSupport", "sku": { "tier": "Standard" } }),
        ),
        case(
            Cluster,
            "metricsProfile.costAnalysis needs",
            json!({ "metricsProfile": { "costAnalysis": { "enabled": true } }, "sku": { "tier": "Standard" } }),
            json!({ "metricsProfile": { "costAnalysis": { "enabled": true } } }),
        ),
        case(
            Cluster,
            "sku.name Automatic has the tier",
            json!({ "sku": { "name": "Automatic" } }),
            json!({ "sku": { "name": "Automatic", "tier": "Free" } }),
        ),
        case(
            Cluster,
            "sku.name Automatic has the upgradeChannel",
            json!({ "sku": { "name": "Automatic" }, "autoUpgradeProfile": { "upgradeChannel": "stable" } }),
            json!({ "sku": { "name": "Automatic" }, "autoUpgradeProfile": { "upgradeChannel": "patch" } }),
        ),
        case(
            Cluster,
            "autoUpgradeProfile.upgradeChannel node-image",
            json!({ "autoUpgradeProfile": { "upgradeChannel": "node-image", "nodeOSUpgradeChannel": "NodeImage" } }),
            json!({ "autoUpgradeProfile": { "upgradeChannel": "node-image", "nodeOSUpgradeChannel": "None" } }),
        ),
        case(
            Cluster,
            "upgradeSettings.overrideSettings.forceUpgrade",
            json!({ "upgradeSettings": { "overrideSettings": {
                "forceUpgrade": true, "until": "2026-12-01T00:00:00Z",
            } } }),
            json!({ "upgradeSettings": { "overrideSettings": { "forceUpgrade": true } } }),
        ),
    ]
}

fn identities() -> Vec<Case> {
    let kubelet = json!({ "kubeletidentity": { "resourceId": identity_id() } });
    vec![
        case(
            Cluster,
            "identity.userAssignedIdentityId goes",
            json!({ "identity": { "type": "SystemAssigned" } }),
            json!({ "identity": { "type": "UserAssigned" } }),
        ),
        case(
            Cluster,
            "identity.userAssignedIdentityId goes",
            json!({ "identity": user_assigned() }),
            json!({ "identity": { "type": "SystemAssigned", "userAssignedIdentityId": identity_id() } }),
        ),
        case(
            Cluster,
            "identityProfile.kubeletidentity needs",
            json!({ "identity": user_assigned(), "identityProfile": kubelet }),
            json!({ "identity": { "type": "SystemAssigned" }, "identityProfile": kubelet }),
        ),
        case(
            Cluster,
            "the one entry of identityProfile",
            json!({ "identity": user_assigned(), "identityProfile": kubelet }),
            json!({ "identity": user_assigned(), "identityProfile": { "kubelet": { "resourceId": identity_id() } } }),
        ),
    ]
}

fn service_principals() -> Vec<Case> {
    let principal = json!({ "clientId": GUID, "secret": { "name": "principal", "key": "secret" } });
    let pod_identity =
        |fields: Value| json!({ "podIdentityProfile": fields, "networkProfile": { "networkPlugin": "kubenet" } });
    let used = json!([{ "name": "a", "namespace": "b", "identity": { "resourceId": identity_id() } }]);
    vec![
        case(
            Cluster,
            "servicePrincipalProfile and identity exclude",
            json!({ "servicePrincipalProfile": principal }),
            json!({ "servicePrincipalProfile": principal, "identity": { "type": "SystemAssigned" } }),
        ),
        case(
            Cluster,
            "securityProfile.kubernetesResourceObjectEncryptionProfile needs",
            json!({ "securityProfile": encrypted(), "identity": { "type": "SystemAssigned" } }),
            json!({ "securityProfile": encrypted(), "servicePrincipalProfile": principal }),
        ),
        case(
            Cluster,
            "podIdentityProfile lets",
            pod_identity(json!({ "enabled": true, "allowNetworkPluginKubenet": true })),
            pod_identity(json!({ "enabled": true })),
        ),
        case(
            Cluster,
            "podIdentityProfile.userAssignedIdentities have",
            json!({ "podIdentityProfile": { "enabled": true, "userAssignedIdentities": used } }),
            json!({ "podIdentityProfile": { "enabled": false, "userAssignedIdentities": used } }),
        ),
    ]
}

fn encrypted() -> Value {
    json!({ "kubernetesResourceObjectEncryptionProfile": { "infrastructureEncryption": "Enabled" } })
}

fn api_server() -> Vec<Case> {
    vec![
        case(
            Cluster,
            "private clusters and authorizedIPRanges need",
            json!({
                "apiServerAccessProfile": { "enablePrivateCluster": true },
                "networkProfile": { "loadBalancerSku": "standard" },
            }),
            json!({
                "apiServerAccessProfile": { "enablePrivateCluster": true },
                "networkProfile": { "loadBalancerSku": "basic" },
            }),
        ),
        case(
            Cluster,
            "a private DNS zone of your own needs",
            json!({ "identity": user_assigned(), "apiServerAccessProfile": own_zone() }),
            json!({ "apiServerAccessProfile": own_zone() }),
        ),
        case(
            Cluster,
            "privateDNSZone is system, none, or",
            json!({ "apiServerAccessProfile": { "enablePrivateCluster": true, "privateDNSZone": "system" } }),
            json!({
                "identity": user_assigned(),
                "apiServerAccessProfile": {
                    "enablePrivateCluster": true,
                    "privateDNSZone": id("Microsoft.Network/privateDnsZones/corp.example.com"),
                },
            }),
        ),
        case(
            Cluster,
            "apiServerAccessProfile.authorizedIPRanges are for",
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": [], "enablePrivateCluster": true } }),
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["192.0.2.1"], "enablePrivateCluster": true } }),
        ),
        case(
            Cluster,
            "apiServerAccessProfile.privateDNSZone is for",
            json!({ "apiServerAccessProfile": { "privateDNSZone": "none", "enablePrivateCluster": true } }),
            json!({ "apiServerAccessProfile": { "privateDNSZone": "none" } }),
        ),
        case(
            Cluster,
            "a private cluster needs a DNS name",
            json!({ "apiServerAccessProfile": { "privateDNSZone": "none", "enablePrivateCluster": true } }),
            json!({ "apiServerAccessProfile": {
                "privateDNSZone": "none", "enablePrivateCluster": true, "enablePrivateClusterPublicFQDN": false,
            } }),
        ),
        case(
            Cluster,
            "apiServerAccessProfile.subnetId needs",
            json!({ "apiServerAccessProfile": { "subnetId": subnet_id(), "enableVnetIntegration": true } }),
            json!({ "apiServerAccessProfile": { "subnetId": subnet_id() } }),
        ),
        case(
            Cluster,
            "0.0.0.0/32 in authorizedIPRanges",
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["0.0.0.0/32"] } }),
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["0.0.0.0/32", "192.0.2.0/24"] } }),
        ),
        case(
            Cluster,
            "authorizedIPRanges are public",
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["172.32.0.0/16", "11.0.0.1"] } }),
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["172.16.0.0/12"] } }),
        ),
        case(
            Cluster,
            "apiServerAccessProfile.enablePrivateClusterPublicFQDN is",
            json!({ "apiServerAccessProfile": {
                "enablePrivateClusterPublicFQDN": true, "enablePrivateCluster": true,
            } }),
            json!({ "apiServerAccessProfile": { "enablePrivateClusterPublicFQDN": true } }),
        ),
        case(
            Cluster,
            "this has to be an IPv4 address or range",
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["192.0.2.0/24", "192.0.2.1"] } }),
            json!({ "apiServerAccessProfile": { "authorizedIPRanges": ["2001:db8::/32"] } }),
        ),
    ]
}

fn entra() -> Vec<Case> {
    vec![
        case(
            Cluster,
            "disableLocalAccounts needs",
            json!({ "disableLocalAccounts": true, "aadProfile": { "managed": true } }),
            json!({ "disableLocalAccounts": true }),
        ),
        case(
            Cluster,
            "aadProfile.enableAzureRBAC needs the managed",
            json!({ "aadProfile": { "enableAzureRBAC": true, "managed": true } }),
            json!({ "aadProfile": { "enableAzureRBAC": true } }),
        ),
        case(
            Cluster,
            "aadProfile.enableAzureRBAC needs Kubernetes",
            json!({ "aadProfile": { "enableAzureRBAC": true, "managed": true }, "enableRBAC": true }),
            json!({ "aadProfile": { "enableAzureRBAC": true, "managed": true }, "enableRBAC": false }),
        ),
    ]
}

fn legacy_entra() -> Vec<Case> {
    let secret = json!({ "name": "entra", "key": "secret" });
    let legacy = |managed: bool| {
        json!({ "aadProfile": {
            "managed": managed, "clientAppID": GUID, "serverAppID": GUID, "serverAppSecret": secret,
        } })
    };
    vec![
        case(
            Cluster,
            "aadProfile.clientAppID, serverAppID and serverAppSecret belong",
            legacy(false),
            legacy(true),
        ),
        case(
            Cluster,
            "aadProfile.clientAppID and serverAppID of",
            legacy(false),
            json!({ "aadProfile": { "clientAppID": GUID } }),
        ),
    ]
}

/// What a substitution tool leaves of `${ID}` when nobody set the variable.
fn unset_variables() -> Vec<Case> {
    let nothing = |says: &str, path: [&str; 2], good: Value| {
        let field = |value: Value| json!({ path[0]: { path[1]: value } });
        case(Cluster, says, field(good), field(json!("")))
    };
    let identity = |id: &str| json!({ "identity": { "type": "UserAssigned", "userAssignedIdentityId": id } });
    vec![
        case(
            Cluster,
            "this has to be an Azure resource id",
            identity(&identity_id()),
            identity(""),
        ),
        case(
            Cluster,
            "this has to be an Azure resource id",
            identity(&identity_id()),
            identity(&identity_id().replace(SUBSCRIPTION, "")),
        ),
        nothing("this has to be a GUID", ["aadProfile", "tenantID"], json!(GUID)),
    ]
}

fn identity_id() -> String {
    id("Microsoft.ManagedIdentity/userAssignedIdentities/prod")
}

fn subnet_id() -> String {
    id("Microsoft.Network/virtualNetworks/hub/subnets/api")
}

pub fn user_assigned() -> serde_json::Value {
    json!({ "type": "UserAssigned", "userAssignedIdentityId": identity_id() })
}

fn own_zone() -> serde_json::Value {
    let zone = id("Microsoft.Network/privateDnsZones/eu.privatelink.westeurope.azmk8s.io");
    json!({ "enablePrivateCluster": true, "privateDNSZone": zone })
}

fn linux_profile(name: &str) -> serde_json::Value {
    json!({ "adminUsername": name, "ssh": { "publicKeys": [{ "keyData": "ssh-ed25519 AAAA" }] } })
}
