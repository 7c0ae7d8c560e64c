//! Access, identity, security, add-ons.

use serde_json::json;

use super::{Row, azure, bound, cel, plan, row};
use crate::harness::Kind::Cluster;

pub fn rows() -> Vec<Row> {
    [api_server(), identity(), security(), features()]
        .into_iter()
        .flatten()
        .collect()
}

#[rustfmt::skip]
fn api_server() -> Vec<Row> {
    vec![
        row("private-standard", "private clusters and authorized ranges need a Standard load balancer", "Learn: private-clusters", [cel("private clusters and authorizedIPRanges need")]),
        row("private-no-ranges", "authorized ranges are for public clusters", "SPEC authorizedIPRanges", [cel("apiServerAccessProfile.authorizedIPRanges are for")]),
        row("private-zone-form", "privateDNSZone is system, none, or a zone of the right name", "Learn: private-clusters", [cel("privateDNSZone is system")]),
        row("private-zone-identity", "a zone of one's own needs a user assigned identity", "Learn: private-clusters", [cel("a private DNS zone of your own needs")]),
        row("private-zone-rights", "the identity may write to the zone", "Learn: CustomPrivateDNSZoneMissingPermissionError", [azure("CustomPrivateDNSZoneMissingPermissionError")]),
        row("private-name", "privateDNSZone none needs the public name", "Learn: private-clusters", [cel("a private cluster needs a DNS name")]),
        row("public-no-zone", "a public cluster has no privateDNSZone", "SPEC privateDNSZone", [cel("apiServerAccessProfile.privateDNSZone is for")]),
        row("public-no-public-name", "enablePrivateClusterPublicFQDN is for private clusters", "SPEC", [cel("apiServerAccessProfile.enablePrivateClusterPublicFQDN is for")]),
        row("private-later", "private and public change only with API server VNet integration", "Learn: api-server-vnet-integration", [cel("apiServerAccessProfile.enablePrivateCluster is fixed")]),
        row("private-zone-moves", "a zone changes only to none", "Learn: private-clusters", [cel("apiServerAccessProfile.privateDNSZone can")]),
        row("ranges-form", "authorized ranges are IPv4 addresses or ranges", "SPEC authorizedIPRanges", [cel("this has to be an IPv4 address or range")]),
        row("ranges-public", "authorized ranges are public", "Learn: api-server-authorized-ip-ranges", [cel("authorizedIPRanges are public")]),
        row("ranges-alone", "0.0.0.0/32 stands alone", "Learn: api-server-authorized-ip-ranges", [cel("0.0.0.0/32 in authorizedIPRanges")]),
        row("ranges-count", "200 authorized ranges, 2000 with VNet integration", "Learn: api-server-authorized-ip-ranges", [bound(Cluster, json!({ "apiServerAccessProfile": { "authorizedIPRanges": (0..2001).map(|n| format!("20.{}.{}.0/24", n / 256, n % 256)).collect::<Vec<_>>() } }))]),
        row("integration-one-way", "VNet integration stays", "Learn: api-server-vnet-integration", [cel("apiServerAccessProfile.enableVnetIntegration cannot")]),
        row("integration-subnet", "subnetId needs VNet integration", "Learn: api-server-vnet-integration", [cel("apiServerAccessProfile.subnetId needs")]),
        row("integration-own-network", "VNet integration in a network of one's own needs subnetId", "Learn: api-server-vnet-integration", [plan("ApiServerNeedsSubnet")]),
        row("integration-delegated", "the API server's subnet takes nothing else", "Learn: api-server-vnet-integration", [plan("SubnetOfApiServer"), azure("SubnetIsDelegated")]),
    ]
}

#[rustfmt::skip]
fn identity() -> Vec<Row> {
    vec![
        row("identity-one", "a user assigned identity goes with its type", "SPEC identity", [cel("identity.userAssignedIdentityId goes")]),
        row("identity-or-principal", "an identity or a service principal", "SPEC servicePrincipalProfile", [cel("servicePrincipalProfile and identity exclude")]),
        row("identity-one-way", "an identity does not give way to a service principal", "CLI", [cel("identity cannot give way")]),
        row("principal-valid", "the service principal exists and its secret is valid", "Learn: ServicePrincipalValidationClientError", [azure("ServicePrincipalValidationClientError")]),
        row("kubelet-identity", "a kubelet identity needs a user assigned control plane", "CLI", [cel("identityProfile.kubeletidentity needs"), cel("the one entry of identityProfile")]),
        row("local-accounts", "disableLocalAccounts needs aadProfile", "CAPZ", [cel("disableLocalAccounts needs")]),
        row("entra-stays", "aadProfile stays, and stays managed", "CAPZ", [cel("aadProfile cannot be taken away")]),
        row("entra-rbac-managed", "enableAzureRBAC needs the managed integration", "CLI", [cel("aadProfile.enableAzureRBAC needs the managed")]),
        row("entra-rbac-kubernetes", "enableAzureRBAC needs Kubernetes RBAC", "CLI", [cel("aadProfile.enableAzureRBAC needs Kubernetes")]),
        row("entra-legacy", "applications and secret belong to the legacy integration", "SPEC aadProfile", [cel("aadProfile.clientAppID, serverAppID and serverAppSecret"), cel("aadProfile.clientAppID and serverAppID of the legacy integration go together")]),
        row("entra-legacy-fixed", "the applications of the legacy integration are fixed", "CLI update-credentials", [cel("aadProfile.clientAppID of the legacy integration cannot"), cel("aadProfile.serverAppID of the legacy integration cannot")]),
        row("rbac-fixed", "enableRBAC is fixed at creation", "azurerm", [cel("enableRBAC is fixed")]),
        row("names-fixed", "dnsPrefix, fqdnSubdomain and nodeResourceGroup are fixed at creation", "SPEC; azurerm", [cel("dnsPrefix is part"), cel("fqdnSubdomain is part"), cel("nodeResourceGroup is fixed")]),
        row("admin-fixed", "linuxProfile.adminUsername is fixed at creation", "azurerm", [cel("linuxProfile.adminUsername is fixed")]),
        row("disk-keys-fixed", "diskEncryptionSetID is fixed at creation", "Learn: azure-disk-customer-managed-keys", [cel("diskEncryptionSetID is fixed")]),
        row("edge-zone-fixed", "extendedLocation is fixed at creation", "ARM", [cel("extendedLocation.name is fixed")]),
        row("workload-identity", "workload identity needs the issuer", "Learn: workload-identity-overview", [cel("securityProfile.workloadIdentity needs")]),
        row("issuer-stays", "the issuer stays", "Learn: use-oidc-issuer", [cel("oidcIssuerProfile.enabled cannot")]),
        row("pod-identity-order", "identities go before pod identity", "Learn: use-azure-ad-pod-identity", [cel("podIdentityProfile.userAssignedIdentities have")]),
        row("provisioning-identity", "node auto provisioning needs a managed identity", "Learn: node-auto-provisioning", [cel("nodeProvisioningProfile.mode Auto needs")]),
    ]
}

#[rustfmt::skip]
fn security() -> Vec<Row> {
    vec![
        row("kms-key", "azureKeyVaultKms needs a key", "SPEC keyId", [cel("securityProfile.azureKeyVaultKms needs a key"), cel("azureKeyVaultKms.keyId is")]),
        row("kms-identity", "azureKeyVaultKms needs a user assigned identity", "CAPZ", [cel("securityProfile.azureKeyVaultKms needs identity.type")]),
        row("kms-private", "access Private goes with keyVaultResourceId", "SPEC keyVaultResourceId", [cel("azureKeyVaultKms.keyVaultResourceId goes"), cel("azureKeyVaultKms.keyVaultResourceId is")]),
        row("kms-data-encryption", "KMS data encryption needs a managed identity", "Learn: kms-data-encryption", [cel("securityProfile.kubernetesResourceObjectEncryptionProfile needs")]),
        row("image-cleaner", "intervalHours needs a cleaner that runs", "SPEC imageCleaner", [cel("securityProfile.imageCleaner.intervalHours is")]),
        row("image-cleaner-range", "intervalHours is 24 to 2160", "Learn: image-cleaner", [bound(Cluster, json!({ "securityProfile": { "imageCleaner": { "enabled": true, "intervalHours": 23 } } }))]),
        row("trust-certificates", "customCATrustCertificates are 10 at most, in base64", "SPEC customCATrustCertificates", [cel("securityProfile.customCATrustCertificates holds"), bound(Cluster, json!({ "securityProfile": { "customCATrustCertificates": vec!["YQ=="; 11] } }))]),
        row("defender", "Defender needs a workspace", "SPEC defender", [cel("securityProfile.defender needs")]),
    ]
}

#[rustfmt::skip]
fn features() -> Vec<Row> {
    vec![
        row("addon-names", "add-ons have known names in one spelling", "CLI enable-addons", [cel("addonProfiles has a name that AKS does not know")]),
        row("autoscaler-durations", "durations of the autoscaler are a number and s, m or h", "SPEC autoScalerProfile", [cel("this has to be a whole number and s, m or h")]),
        row("autoscaler-numbers", "numbers of the autoscaler are strings", "SPEC autoScalerProfile", [cel("this has to be a whole number in quotes"), cel("max-total-unready-percentage is"), cel("scale-down-utilization-threshold is")]),
        row("autoscaler-flags", "flags of the autoscaler are strings", "SPEC autoScalerProfile", [cel("this has to be \"true\" or \"false\"")]),
        row("insights-workspace", "Container insights needs a workspace", "SPEC containerInsights", [cel("azureMonitorProfile.containerInsights needs")]),
        row("insights-network-logs", "network logs need Advanced Container Networking and the other logs", "CLI", [cel("azureMonitorProfile.containerInsights.containerNetworkLogs needs"), cel("azureMonitorProfile.containerInsights.containerNetworkLogs go")]),
        row("mesh-revisions", "Istio revisions have the form asm-1-27, each once", "SPEC revisions", [cel("serviceMeshProfile.istio.revisions names"), cel("serviceMeshProfile.istio.revisions have")]),
        row("mesh-or-osm", "Istio and Open Service Mesh exclude each other", "Learn: open-service-mesh-istio-migration-guidance", [cel("serviceMeshProfile.mode Istio and addonProfiles.openServiceMesh")]),
        row("mesh-or-app-routing", "Istio and the Istio of application routing exclude each other", "Learn: app-routing-gateway-api", [cel("serviceMeshProfile.mode Istio and the appRoutingIstio"), cel("ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio needs")]),
        row("mesh-certificates", "an authority of one's own needs the vault, its objects and the add-on", "Learn: istio-plugin-ca", [cel("serviceMeshProfile.istio.certificateAuthority.plugin needs"), cel("serviceMeshProfile.istio.certificateAuthority.plugin reads")]),
        row("mesh-ingress", "one ingress gateway of a mode", "Learn: istio-deploy-ingress", [cel("serviceMeshProfile has two ingressGateways")]),
        row("mesh-egress", "egress gateways need static egress and a configuration", "Learn: istio-deploy-egress", [cel("egressGateways of serviceMeshProfile need"), cel("an egress gateway of serviceMeshProfile"), cel("the name of an egress gateway")]),
        row("hosted-automatic", "hosted system components need Automatic", "Learn: aks-automatic-managed-system-node-pools-about", [cel("hostedSystemProfile.enabled needs")]),
        row("hosted-subnets", "hosted system components have both subnets and the API server's", "SPEC hostedSystemProfile", [cel("hostedSystemProfile.systemNodeSubnetID and nodeSubnetID go together"), cel("the subnets of hostedSystemProfile go with"), cel("the subnets of hostedSystemProfile are")]),
        row("hosted-fixed", "hosted system components are chosen at creation", "Learn: aks-automatic-managed-system-node-pools-about", [cel("hostedSystemProfile.enabled is fixed"), cel("hostedSystemProfile.systemNodeSubnetID is fixed"), cel("hostedSystemProfile.nodeSubnetID is fixed")]),
    ]
}
