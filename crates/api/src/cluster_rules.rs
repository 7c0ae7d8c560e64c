//! Rules between the topics of an `AksCluster`: what one setting demands of another, checked by the API server.
//!
//! A rule inside of one topic stands at its type; what compares an object with what it was is in `locks`.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;

use super::rule::{Rule, rule};

/// Names, versions and price.
const CLUSTER: &[Rule] = &[
    rule(
        "!(has(self.dnsPrefix) && has(self.fqdnSubdomain))",
        "dnsPrefix and fqdnSubdomain exclude each other; keep one of them",
    ),
    rule(
        "!has(self.fqdnSubdomain) || (self.?apiServerAccessProfile.?enablePrivateCluster.orValue(false)
            && !(self.?apiServerAccessProfile.?privateDNSZone.orValue('none') in ['none', 'system']))",
        "fqdnSubdomain needs a private cluster with a zone of your own; set apiServerAccessProfile.enablePrivateCluster and \
         privateDNSZone, or use dnsPrefix",
    ),
    rule(
        "self.?supportPlan.orValue('') != 'AKSLongTermSupport' || self.?sku.?tier.orValue('') == 'Premium'",
        "supportPlan AKSLongTermSupport needs sku.tier Premium; set it, or use KubernetesOfficial",
    ),
    rule(
        "!self.?metricsProfile.?costAnalysis.?enabled.orValue(false)
            || self.?sku.?tier.orValue('') in ['Standard', 'Premium']",
        "metricsProfile.costAnalysis needs sku.tier Standard or Premium; set one of them, or turn cost analysis off",
    ),
    rule(
        "self.?sku.?name.orValue('') != 'Automatic'
            || (self.?autoUpgradeProfile.?upgradeChannel.orValue('stable') == 'stable'
            && self.?autoUpgradeProfile.?nodeOSUpgradeChannel.orValue('NodeImage') == 'NodeImage')",
        "sku.name Automatic has the upgradeChannel stable and the nodeOSUpgradeChannel NodeImage; remove other values from \
         autoUpgradeProfile",
    ),
    // Learn: start-stop-cluster.
    rule(
        "self.?powerState.?code.orValue('Running') != 'Stopped'
            || self.?nodeProvisioningProfile.?mode.orValue('Manual') == 'Manual'",
        "a cluster whose nodeProvisioningProfile.mode is Auto cannot be stopped; set powerState.code to Running, or mode to Manual",
    ),
    // Learn: automatic/aks-automatic-managed-system-node-pools-about.
    rule(
        "!self.?hostedSystemProfile.?enabled.orValue(false) || self.?sku.?name.orValue('') == 'Automatic'",
        "hostedSystemProfile.enabled needs sku.name Automatic; set it, or run system components in a pool of your own",
    ),
    // SDK: system_node_subnet_id.
    rule(
        "!has(self.hostedSystemProfile) || !has(self.hostedSystemProfile.nodeSubnetID)
            || has(self.apiServerAccessProfile) && has(self.apiServerAccessProfile.subnetId)",
        "the subnets of hostedSystemProfile go with one for the API server; set apiServerAccessProfile.subnetId too",
    ),
];

/// Who the cluster is in Azure and who may sign in to it.
const SIGN_IN: &[Rule] = &[
    rule(
        "!has(self.identityProfile) || size(self.identityProfile) == 0
            || self.?identity.?type.orValue('') == 'UserAssigned'",
        "identityProfile.kubeletidentity needs identity.type UserAssigned; set it with userAssignedIdentityId, or remove \
         identityProfile",
    ),
    rule(
        "!self.?securityProfile.?workloadIdentity.?enabled.orValue(false)
            || self.?oidcIssuerProfile.?enabled.orValue(false)",
        "securityProfile.workloadIdentity needs the issuer; set oidcIssuerProfile.enabled to true",
    ),
    rule(
        "!self.?disableLocalAccounts.orValue(false) || has(self.aadProfile)",
        "disableLocalAccounts needs another way to sign in; set aadProfile, or leave local accounts on",
    ),
    rule(
        "!self.?aadProfile.?enableAzureRBAC.orValue(false) || self.?enableRBAC.orValue(true)",
        "aadProfile.enableAzureRBAC needs Kubernetes RBAC; set enableRBAC to true, or turn enableAzureRBAC off",
    ),
    rule(
        "!self.?securityProfile.?azureKeyVaultKms.?enabled.orValue(false)
            || self.?identity.?type.orValue('') == 'UserAssigned'",
        "securityProfile.azureKeyVaultKms needs identity.type UserAssigned, with an identity that may use the key; set it with \
         userAssignedIdentityId",
    ),
    // ARM has both, AKS takes one (Learn: use-managed-identity).
    rule(
        "!has(self.servicePrincipalProfile) || !has(self.identity)",
        "servicePrincipalProfile and identity exclude each other; keep identity, or servicePrincipalProfile on a cluster that has one",
    ),
    // Learn: kms-data-encryption-concepts.
    rule(
        "!has(self.servicePrincipalProfile)
            || !has(self.securityProfile) || !has(self.securityProfile.kubernetesResourceObjectEncryptionProfile)",
        "securityProfile.kubernetesResourceObjectEncryptionProfile needs a managed identity; set identity in the place of \
         servicePrincipalProfile",
    ),
    // Learn: node-auto-provisioning.
    rule(
        "!has(self.servicePrincipalProfile) || self.?nodeProvisioningProfile.?mode.orValue('Manual') == 'Manual'",
        "nodeProvisioningProfile.mode Auto needs a managed identity; set identity in the place of servicePrincipalProfile",
    ),
    // SDK: allow_network_plugin_kubenet.
    rule(
        "!self.?podIdentityProfile.?enabled.orValue(false) || self.?networkProfile.?networkPlugin.orValue('') != 'kubenet'
            || self.?podIdentityProfile.?allowNetworkPluginKubenet.orValue(false)",
        "podIdentityProfile lets pods of a kubenet cluster take each other's identity; set allowNetworkPluginKubenet to accept that, \
         or use securityProfile.workloadIdentity",
    ),
];

/// The network, its egress and what depends on it.
const NETWORK: &[Rule] = &[
    rule(
        "self.?networkProfile.?loadBalancerSku.orValue('standard') == 'standard'
            || (!self.?apiServerAccessProfile.?enablePrivateCluster.orValue(false)
            && size(self.?apiServerAccessProfile.?authorizedIPRanges.orValue([])) == 0)",
        "private clusters and authorizedIPRanges need networkProfile.loadBalancerSku standard; use it, or remove them",
    ),
    rule(
        "self.?apiServerAccessProfile.?privateDNSZone.orValue('none') in ['none', 'system']
            || self.?identity.?type.orValue('') == 'UserAssigned'",
        "a private DNS zone of your own needs identity.type UserAssigned, with an identity that may write to the zone; set it \
         with userAssignedIdentityId, or use system or none",
    ),
    // Learn: create-node-pools.
    rule(
        "!has(self.windowsProfile) || self.?networkProfile.?networkPlugin.orValue('azure') == 'azure'",
        "windowsProfile needs networkProfile.networkPlugin azure, the only one for Windows nodes; use it, or remove the profile",
    ),
    // Learn: node-auto-provisioning.
    rule(
        "self.?nodeProvisioningProfile.?mode.orValue('Manual') == 'Manual'
            || size(self.?networkProfile.?ipFamilies.orValue([])) < 2",
        "nodeProvisioningProfile.mode Auto makes no dual-stack nodes; set networkProfile.ipFamilies to [IPv4], or mode to Manual",
    ),
    // azurerm: kubernetes_cluster.
    rule(
        "self.?networkProfile.?outboundType.orValue('') != 'none'
            || self.?bootstrapProfile.?artifactSource.orValue('') == 'Cache'",
        "networkProfile.outboundType none leaves nodes without a way to Microsoft's registry; set bootstrapProfile.artifactSource to \
         Cache, or use another type",
    ),
    // az aks create --enable-container-network-logs.
    rule(
        "self.?azureMonitorProfile.?containerInsights.?containerNetworkLogs.orValue('') != 'Enabled'
            || self.?networkProfile.?advancedNetworking.?enabled.orValue(false)",
        "azureMonitorProfile.containerInsights.containerNetworkLogs needs Advanced Container Networking; set \
         networkProfile.advancedNetworking.enabled to true",
    ),
    // Learn: istio-deploy-egress.
    rule(
        "!has(self.serviceMeshProfile) || !has(self.serviceMeshProfile.istio)
            || !has(self.serviceMeshProfile.istio.components)
            || !has(self.serviceMeshProfile.istio.components.egressGateways)
            || self.serviceMeshProfile.istio.components.egressGateways.all(gateway, !gateway.enabled)
            || self.?networkProfile.?staticEgressGatewayProfile.?enabled.orValue(false)",
        "egressGateways of serviceMeshProfile need static egress gateways; set \
         networkProfile.staticEgressGatewayProfile.enabled to true",
    ),
];

/// What AKS installs.
const FEATURES: &[Rule] = &[
    // Learn: ingress-controller-overview; the add-on form routes to pod addresses of the virtual network.
    rule(
        "self.?networkProfile.?networkPluginMode.orValue('') != 'overlay' || !has(self.addonProfiles)
            || !('ingressApplicationGateway' in self.addonProfiles)
            || !self.addonProfiles['ingressApplicationGateway'].enabled",
        "addonProfiles.ingressApplicationGateway reaches no pods of an overlay network; use ingressProfile.webAppRouting or \
         Application Gateway for Containers, or a network without overlay",
    ),
    // Learn: istio-about.
    rule(
        "self.?serviceMeshProfile.?mode.orValue('') != 'Istio' || !has(self.addonProfiles)
            || !('openServiceMesh' in self.addonProfiles) || !self.addonProfiles['openServiceMesh'].enabled",
        "serviceMeshProfile.mode Istio and addonProfiles.openServiceMesh exclude each other; disable the add-on first",
    ),
    // Learn: istio-plugin-ca.
    rule(
        "!has(self.serviceMeshProfile) || !has(self.serviceMeshProfile.istio)
            || !has(self.serviceMeshProfile.istio.certificateAuthority)
            || !has(self.serviceMeshProfile.istio.certificateAuthority.plugin)
            || (has(self.addonProfiles) && 'azureKeyvaultSecretsProvider' in self.addonProfiles
            && self.addonProfiles['azureKeyvaultSecretsProvider'].enabled)",
        "serviceMeshProfile.istio.certificateAuthority.plugin reads its certificates through an add-on; enable \
         addonProfiles.azureKeyvaultSecretsProvider",
    ),
    // Learn: app-routing-gateway-api.
    rule(
        "self.?serviceMeshProfile.?mode.orValue('') != 'Istio'
            || self.?ingressProfile.?webAppRouting.?gatewayAPIImplementations.?appRoutingIstio.?mode.orValue('') != 'Enabled'",
        "serviceMeshProfile.mode Istio and the appRoutingIstio of ingressProfile exclude each other; keep one of them",
    ),
];

/// The rules for the schema of the spec of `AksCluster`.
pub(super) fn rules() -> Vec<ValidationRule> {
    let all = [CLUSTER, SIGN_IN, NETWORK, FEATURES].into_iter().flatten();
    all.map(Rule::to_validation).collect()
}
