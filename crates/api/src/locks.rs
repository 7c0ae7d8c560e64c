//! What AKS fixes at creation or lets go one way only, as rules that compare an `AksCluster` with what it was.
//!
//! A path is locked while `status.applied` has a plain hash for it, that is, while Azure has confirmed the value that the
//! manifest says: a wrong value can be corrected, be it after a failed create, in a manifest for a cluster that existed
//! before, or after an edit that Azure refused or has not got yet. Azure may have it by then: the plan refuses what Azure
//! has and does not let go. A locked value can neither change nor leave the manifest, for a value that may leave could
//! come back changed. The rules stand at the root of the schema because a rule on an optional field is skipped when the
//! field is missing on either side.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;

/// The length of a plain hash in `status.applied`; every other record has another one.
pub const HASH_LENGTH: usize = 12;

/// A path of the spec that Azure does not let change freely.
struct Lock {
    /// The path below `spec`, as in `status.applied`.
    path: &'static str,
    /// CEL: changes that are allowed all the same.
    allowed: Option<&'static str>,
    /// What the user reads.
    message: &'static str,
}

/// The locks. Sources: the mutability column of ARM's documentation and of Terraform's provider for what is fixed; for
/// the one-way changes Learn as named.
const LOCKS: &[Lock] = &[
    fixed(
        "dnsPrefix",
        "dnsPrefix is part of the API server's name and fixed; put the old value back, or make a new cluster",
    ),
    fixed(
        "fqdnSubdomain",
        "fqdnSubdomain is part of the API server's name and fixed; put the old value back, or make a new cluster",
    ),
    fixed(
        "nodeResourceGroup",
        "nodeResourceGroup is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "enableRBAC",
        "enableRBAC is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "diskEncryptionSetID",
        "diskEncryptionSetID is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "linuxProfile.adminUsername",
        "linuxProfile.adminUsername is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "networkProfile.networkMode",
        "networkProfile.networkMode is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "networkProfile.serviceCidr",
        "networkProfile.serviceCidr is fixed at creation; put the old value back, and from Kubernetes 1.33 on add a \
         ServiceCIDR object inside the cluster for more addresses",
    ),
    fixed(
        "networkProfile.serviceCidrs",
        "networkProfile.serviceCidrs are fixed at creation; put the old value back, and from Kubernetes 1.33 on add a \
         ServiceCIDR object inside the cluster for more addresses",
    ),
    fixed(
        "networkProfile.dnsServiceIP",
        "networkProfile.dnsServiceIP is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "extendedLocation.name",
        "extendedLocation.name is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "windowsProfile.adminUsername",
        "windowsProfile.adminUsername is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "hostedSystemProfile.enabled",
        "hostedSystemProfile.enabled is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "hostedSystemProfile.systemNodeSubnetID",
        "hostedSystemProfile.systemNodeSubnetID is fixed at creation; put the old value back, or make a new cluster",
    ),
    fixed(
        "hostedSystemProfile.nodeSubnetID",
        "hostedSystemProfile.nodeSubnetID is fixed at creation; put the old value back, or make a new cluster",
    ),
    // Learn: use-managed-identity.
    Lock {
        path: "identity.type",
        allowed: Some("!has(self.spec.servicePrincipalProfile)"),
        message: "identity cannot give way to a service principal; put identity back and remove servicePrincipalProfile",
    },
    // az aks update-credentials --reset-aad.
    Lock {
        path: "aadProfile.clientAppID",
        allowed: Some("self.spec.?aadProfile.?managed.orValue(false)"),
        message: "aadProfile.clientAppID of the legacy integration cannot change; put the old value back, or set \
                  aadProfile.managed to true without it",
    },
    Lock {
        path: "aadProfile.serverAppID",
        allowed: Some("self.spec.?aadProfile.?managed.orValue(false)"),
        message: "aadProfile.serverAppID of the legacy integration cannot change; put the old value back, or set \
                  aadProfile.managed to true without it",
    },
    // azurerm: kubernetes_cluster.
    Lock {
        path: "windowsProfile.gmsaProfile.dnsServer",
        allowed: Some("self.spec.?windowsProfile.?gmsaProfile.?dnsServer.orValue('') != ''"),
        message: "windowsProfile.gmsaProfile.dnsServer cannot be emptied; put a server back",
    },
    Lock {
        path: "windowsProfile.gmsaProfile.rootDomainName",
        allowed: Some("self.spec.?windowsProfile.?gmsaProfile.?rootDomainName.orValue('') != ''"),
        message: "windowsProfile.gmsaProfile.rootDomainName cannot be emptied; put a domain back",
    },
    // Learn: update-azure-cni.
    Lock {
        path: "networkProfile.networkDataplane",
        allowed: Some("oldSelf.spec.?networkProfile.?networkDataplane.orValue('') == 'azure'"),
        message: "networkProfile.networkDataplane cannot leave cilium; put cilium back",
    },
    // Learn: use-network-policies.
    Lock {
        path: "networkProfile.networkPolicy",
        allowed: Some(
            "oldSelf.spec.?networkProfile.?networkPolicy.orValue('') == 'none'
            || (oldSelf.spec.?networkProfile.?networkPolicy.orValue('') != 'cilium'
            && self.spec.?networkProfile.?networkPolicy.orValue('') in ['none', 'cilium'])",
        ),
        message: "networkProfile.networkPolicy cannot leave cilium, and changes between azure and calico by way of none; put the \
                  old value back, or none",
    },
    // Learn: automatic/aks-automatic-sku-migration.
    Lock {
        path: "sku.name",
        allowed: Some("oldSelf.spec.?sku.?name.orValue('') == 'Automatic'"),
        message: "sku.name cannot go from Base to Automatic; put Base back, or make a new cluster",
    },
    // Learn: use-oidc-issuer.
    Lock {
        path: "oidcIssuerProfile.enabled",
        allowed: Some("!oldSelf.spec.?oidcIssuerProfile.?enabled.orValue(false)"),
        message: "oidcIssuerProfile.enabled cannot be turned off again; put true back",
    },
    // Learn: entra-id-control-plane-authentication.
    Lock {
        path: "aadProfile.managed",
        allowed: Some("!oldSelf.spec.?aadProfile.?managed.orValue(false)"),
        message: "aadProfile cannot be taken away again; put aadProfile.managed true back",
    },
    // Learn: api-server-vnet-integration.
    Lock {
        path: "apiServerAccessProfile.enableVnetIntegration",
        allowed: Some("!oldSelf.spec.?apiServerAccessProfile.?enableVnetIntegration.orValue(false)"),
        message: "apiServerAccessProfile.enableVnetIntegration cannot be turned off again; put true back",
    },
    // Learn: api-server-vnet-integration.
    Lock {
        path: "apiServerAccessProfile.enablePrivateCluster",
        allowed: Some("self.spec.?apiServerAccessProfile.?enableVnetIntegration.orValue(false)"),
        message: "apiServerAccessProfile.enablePrivateCluster is fixed at creation without API server VNet integration; put \
                  the old value back, or set enableVnetIntegration to true too",
    },
    // Learn: private-clusters.
    Lock {
        path: "apiServerAccessProfile.privateDNSZone",
        allowed: Some("self.spec.?apiServerAccessProfile.?privateDNSZone.orValue('') == 'none'"),
        message: "apiServerAccessProfile.privateDNSZone can only change to none; put the old value back, or use none",
    },
    // Learn: update-azure-cni.
    Lock {
        path: "networkProfile.networkPlugin",
        allowed: Some(
            "oldSelf.spec.?networkProfile.?networkPlugin.orValue('') == 'kubenet'
            && self.spec.?networkProfile.?networkPlugin.orValue('') == 'azure'
            && self.spec.?networkProfile.?networkPluginMode.orValue('') == 'overlay'",
        ),
        message: "networkProfile.networkPlugin can only change from kubenet to azure, together with networkPluginMode overlay; \
                  put the old value back, or set both",
    },
    // Learn: upgrade-basic-load-balancer-on-aks.
    Lock {
        path: "networkProfile.loadBalancerSku",
        allowed: Some("oldSelf.spec.?networkProfile.?loadBalancerSku.orValue('') == 'basic'"),
        message: "networkProfile.loadBalancerSku cannot go back to basic; put standard back",
    },
    // Learn: egress-outboundtype.
    Lock {
        path: "networkProfile.natGatewayProfile.sku",
        allowed: Some("oldSelf.spec.?networkProfile.?natGatewayProfile.?sku.orValue('') == 'Standard'"),
        message: "networkProfile.natGatewayProfile.sku cannot go back to Standard; put StandardV2 back",
    },
];

const fn fixed(path: &'static str, message: &'static str) -> Lock {
    Lock {
        path,
        allowed: None,
        message,
    }
}

impl Lock {
    fn rule(&self) -> ValidationRule {
        let Self { path, allowed, message } = self;
        let value = format!(".?{}", path.replace('.', ".?"));
        let mut rule = format!(
            "oldSelf.?status.?applied[?'{path}'].orValue('').size() != {HASH_LENGTH} || !oldSelf.?spec{value}.hasValue() \
             || (self.?spec{value}.hasValue() && self.spec.{path} == oldSelf.spec.{path})"
        );
        if let Some(allowed) = allowed {
            rule.push_str(&format!(" || ({allowed})"));
        }
        ValidationRule {
            // Comparing the optional values themselves would read better, but the API server cannot bound what it costs.
            rule,
            message: Some((*message).to_owned()),
            field_path: Some(format!(".spec.{path}")),
            ..ValidationRule::default()
        }
    }
}

/// The rules of all locks, for the root of the schema of `AksCluster`.
pub(super) fn rules() -> Vec<ValidationRule> {
    LOCKS.iter().map(Lock::rule).collect()
}
