//! `AksCluster`: one managed cluster, its operator settings beside its Azure properties.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::addons::Addons;
use super::overrides::{ApiVersion, ArmPath, FeatureName};
use super::schema::{Guid, KubernetesVersion, ResourceId, Tags, TextMap};
use super::{
    AadProfile, Action, AddonProfile, AdoptionPolicy, AiToolchainOperatorProfile, AksClusterStatus,
    ApiServerAccessProfile, AttachedRegistry, AutoScalerProfile, AutoUpgradeProfile, AzureMonitorProfile, Backup,
    BootstrapProfile, ClusterExtension, ClusterUpgradeSettings, CustomChild, DataCollection, DeletionPolicy,
    DiagnosticSetting, DriftPolicy, EventSubscription, ExtendedLocation, FederatedCredential, FleetMembership,
    FluxConfiguration, HostedSystemProfile, HttpProxyConfig, IdentityBinding, IdentityRef, IngressProfile,
    LinuxProfile, Lock, MaintenanceConfiguration, ManagedIdentity, ManagedNamespace, ManagementPolicy, MetricsProfile,
    NetworkProfile, NodeProvisioningProfile, NodeResourceGroupProfile, OidcIssuerProfile, Override, PodIdentityProfile,
    PowerState, PrivateEndpointRule, PublicNetworkAccess, ResourceGroupPolicy, RoleAssignment, SchedulerProfile,
    SecurityProfile, ServiceMeshProfile, ServicePrincipalProfile, Sku, Snapshot, StorageProfile, SupportPlan,
    TrustedAccessRoleBinding, UserAssignedIdentity, WindowsProfile, WorkloadAutoScalerProfile,
};

/// Desired state of one AKS cluster.
///
/// The settings up to `deletionProtection` are Armature's; everything behind them is ARM's `ManagedCluster`
/// (API version 2026-08-01), with the fields of ARM's `properties` lifted to this level. A field that is absent is not
/// managed: it keeps whatever value it has in Azure.
#[derive(CustomResource, Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[kube(
    group = "aks.armature.dev",
    version = "v1alpha1",
    kind = "AksCluster",
    plural = "aksclusters",
    shortname = "aks",
    category = "armature",
    namespaced,
    status = "AksClusterStatus",
    derive = "PartialEq",
    doc = "An Azure Kubernetes Service cluster that Armature keeps as this manifest says.",
    validation = Rule::new(
        "!has(self.spec) || has(self.spec.azureName) || self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')"
    )
    .message(
        "metadata.name becomes the cluster's name in Azure and has to be 1 to 63 letters, digits and hyphens; choose a \
         shorter name without dots, or set spec.azureName",
    )
    .field_path(".spec.azureName"),
    validation = Rule::new(
        "!has(self.spec) || has(self.spec.nodeResourceGroup) || size(self.spec.resourceGroup) + size(self.spec.location)
            + size(has(self.spec.azureName) ? self.spec.azureName : self.metadata.name) <= 75"
    )
    .message(
        "the default node resource group MC_GROUP_CLUSTER_REGION would be longer than 80 characters; set \
         spec.nodeResourceGroup",
    )
    .field_path(".spec.nodeResourceGroup"),
    validation = Rule::new(
        "!has(self.spec) || !has(oldSelf.spec) || (has(self.spec.azureName) ? self.spec.azureName : self.metadata.name)
            == (has(oldSelf.spec.azureName) ? oldSelf.spec.azureName : oldSelf.metadata.name)"
    )
    .message(
        "spec.azureName is fixed: AKS cannot rename a cluster; make a new AksCluster for the other name",
    )
    .field_path(".spec.azureName"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.currentKubernetesVersion"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Pools", type_ = "string", json_path = ".status.pools.summary"),
    printcolumn(name = "Doing", type_ = "string", json_path = ".status.doing"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        priority = 1
    ),
    printcolumn(name = "Location", type_ = "string", json_path = ".spec.location", priority = 1),
    printcolumn(name = "Resource group", type_ = "string", json_path = ".spec.resourceGroup", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct AksClusterSpec {
    /// Azure subscription that holds the cluster, a GUID in lower case. Fixed from the start.
    #[schemars(with = "Guid")]
    #[x_kube(validation = (
        "self == oldSelf",
        "subscriptionId is fixed: AKS cannot move a cluster to another subscription; make a new AksCluster for it",
    ))]
    pub subscription_id: String,
    /// Resource group that holds the cluster. Fixed from the start.
    #[schemars(length(min = 1, max = 90))]
    #[x_kube(validation = (
        "self.matches('^[A-Za-z0-9._()-]*[A-Za-z0-9_()-]$')",
        "resourceGroup has 1 to 90 letters, digits and - _ . ( ), and no dot at the end; correct the name",
    ))]
    #[x_kube(validation = (
        "self == oldSelf",
        "resourceGroup is fixed: AKS cannot move a cluster to another resource group; make a new AksCluster for it",
    ))]
    pub resource_group: String,
    /// Who creates the resource group: `Existing` (default) or `Create`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_group_policy: Option<ResourceGroupPolicy>,
    /// Name of the cluster in Azure, 1 to 63 characters; default: the name of this object. Fixed from the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = (
        "self.matches('^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?$')",
        "azureName has 1 to 63 letters, digits, hyphens and underscores, with a letter or digit at both ends; correct it",
    ))]
    pub azure_name: Option<String>,
    /// The `AzureIdentity` to sign in with; default: the operator's own identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_ref: Option<IdentityRef>,
    /// Whether Armature writes to Azure: `Manage` (default) or `Observe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_policy: Option<ManagementPolicy>,
    /// What happens to a difference somebody else made: `Enforce` (default) writes the manifest's value back, `Report`
    /// only shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_policy: Option<DriftPolicy>,
    /// Whether a cluster that exists already may be taken over: `Never` (default) or `AfterPlan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,
    /// What becomes of the Azure cluster when this object is deleted. Default: `Delete` for a cluster Armature made,
    /// `Orphan` for an adopted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// While true (default), deleting this object does nothing in Azure and shows `DeletionBlocked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Properties of ARM's `ManagedCluster` by their paths, for what no field covers yet, such as a preview. They win over
    /// fields, and what they disturb counts as unknown where no field says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub overrides: Option<Vec<Override>>,
    /// Paths of properties to unset in Azure: leaving a field out of the manifest keeps its live value. A path that Azure
    /// never unsets is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ArmPath>>", length(max = 64))]
    pub clear: Option<Vec<String>>,
    /// The api-version of Microsoft.ContainerService for this cluster and its pools, such as `2026-08-02-preview`; default:
    /// the stable one that Armature knows. A preview needs `allowPreview` of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ApiVersion>")]
    pub arm_api_version: Option<String>,
    /// Preview features of Microsoft.ContainerService that have to be registered in the subscription before anything that
    /// `overrides` sets is written, beside those that Armature knows to belong to a path. It never registers one itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<FeatureName>>", length(max = 16))]
    pub preview_features: Option<Vec<String>>,

    /// Azure region in its short form, such as `westeurope`. Fixed from the start.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = (
        "self.matches('^[a-z][a-z0-9]*$')",
        "location is Azure's short name of the region in lower case, such as westeurope; az account list-locations has them",
    ))]
    #[x_kube(validation = (
        "self == oldSelf",
        "location is fixed: AKS cannot move a cluster to another region; make a new AksCluster for it",
    ))]
    pub location: String,
    /// Edge zone near the region that holds the nodes. Fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_location: Option<Box<ExtendedLocation>>,
    /// Azure tags of the cluster; AKS copies them to the load balancers and addresses it makes. Owned by key: tags that
    /// others added stay. Changes in place. An empty value is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Tags>")]
    pub tags: Option<TextMap>,
    /// Kind and price tier of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Managed identity of the control plane. Azure's default is `SystemAssigned`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<ManagedIdentity>,
    /// Service principal instead of `identity`, for clusters that have one. Cannot be entered again once the cluster has a
    /// managed identity; going to `identity` reimages nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal_profile: Option<Box<ServicePrincipalProfile>>,
    /// Identities of cluster parts; the only key is `kubeletidentity`, which needs `identity.type: UserAssigned`.
    /// A change makes AKS reimage all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 1))]
    #[x_kube(validation = (
        "self.all(name, name == 'kubeletidentity' && has(self[name].resourceId))",
        "the one entry of identityProfile is kubeletidentity with its resourceId; rename the entry or add the id",
    ))]
    pub identity_profile: Option<BTreeMap<String, UserAssignedIdentity>>,
    /// Kubernetes version of the control plane, `1.33` or `1.33.4`, with or without a leading `v`. It is a floor: a
    /// later version in Azure is left alone. Moves up one minor at a time and never down; the API server restarts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<KubernetesVersion>")]
    pub kubernetes_version: Option<String>,
    /// `KubernetesOfficial` (Azure's default) or `AKSLongTermSupport`, which needs `sku.tier: Premium`. Changes in
    /// place; back to `KubernetesOfficial` only while the version has community support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_plan: Option<SupportPlan>,
    /// First part of the API server's DNS name, 1 to 54 letters, digits and hyphens; default: made from the cluster
    /// name. Fixed at creation. Excludes `fqdnSubdomain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 54))]
    #[x_kube(validation = (
        "self.matches('^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$')",
        "dnsPrefix has 1 to 54 letters, digits and hyphens, with a letter or digit at both ends; correct it",
    ))]
    pub dns_prefix: Option<String>,
    /// First part of the API server's name in an own private DNS zone. Only for private clusters with such a zone.
    /// Fixed at creation. Excludes `dnsPrefix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 54))]
    #[x_kube(validation = (
        "self.matches('^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$')",
        "fqdnSubdomain has 1 to 54 letters, digits and hyphens, with a letter or digit at both ends; correct it",
    ))]
    pub fqdn_subdomain: Option<String>,
    /// Resource group that AKS makes for the nodes, up to 80 characters; default: `MC_GROUP_CLUSTER_REGION`. Fixed at
    /// creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 80))]
    #[x_kube(validation = (
        "self.matches('^[A-Za-z0-9._()-]*[A-Za-z0-9_()-]$')",
        "nodeResourceGroup has 1 to 80 letters, digits and - _ . ( ), and no dot at the end; correct the name",
    ))]
    pub node_resource_group: Option<String>,
    /// Protection of the node resource group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_resource_group_profile: Option<NodeResourceGroupProfile>,
    /// Kubernetes role-based access control; Azure's default is true. Fixed at creation.
    #[serde(rename = "enableRBAC", skip_serializing_if = "Option::is_none")]
    pub enable_rbac: Option<bool>,
    /// Resource id of the disk encryption set for OS and data disks. Fixed at creation.
    #[serde(rename = "diskEncryptionSetID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub disk_encryption_set_id: Option<String>,
    /// Whether the cluster runs. `Stopped` deallocates control plane and nodes; no other change is made meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<PowerState>,
    /// Network: plugin, policy, address ranges, egress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_profile: Option<Box<NetworkProfile>>,
    /// Who may reach the API server and on which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_server_access_profile: Option<Box<ApiServerAccessProfile>>,
    /// Public access to the API server; Azure's default is `Enabled`. `Disabled` cuts the public endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<PublicNetworkAccess>,
    /// Sign-in with Entra ID. Cannot be taken away once it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aad_profile: Option<Box<AadProfile>>,
    /// Refuses static cluster credentials; needs `aadProfile`. Azure's default is false. Changes in place, certificates
    /// already issued stay valid until they are rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_local_accounts: Option<bool>,
    /// OpenID Connect issuer for workload identities. Cannot be turned off once it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_issuer_profile: Option<OidcIssuerProfile>,
    /// Upgrades that AKS starts by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_upgrade_profile: Option<AutoUpgradeProfile>,
    /// Overrides for the checks AKS makes when an upgrade starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_settings: Option<ClusterUpgradeSettings>,
    /// Cluster autoscaler settings for all pools that scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_scaler_profile: Option<Box<AutoScalerProfile>>,
    /// Add-ons by ARM's name: `omsagent`, `azurepolicy`, `azureKeyvaultSecretsProvider`, `ingressApplicationGateway`,
    /// `aciConnectorLinux`, `openServiceMesh`, `httpApplicationRouting`, `kubeDashboard`, `gitops` or
    /// `ACCSGXDevicePlugin`. Owned by key: an add-on that is dropped from the manifest is disabled, add-ons others enabled
    /// stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Addons>")]
    pub addon_profiles: Option<BTreeMap<String, AddonProfile>>,
    /// Security features of cluster and nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_profile: Option<Box<SecurityProfile>>,
    /// Storage drivers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_profile: Option<StorageProfile>,
    /// Workload autoscalers that AKS installs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_auto_scaler_profile: Option<WorkloadAutoScalerProfile>,
    /// Metrics, logs and traces that Azure Monitor collects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_monitor_profile: Option<Box<AzureMonitorProfile>>,
    /// Cost analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_profile: Option<MetricsProfile>,
    /// Managed ingress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_profile: Option<Box<IngressProfile>>,
    /// The Istio service mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_mesh_profile: Option<Box<ServiceMeshProfile>>,
    /// Nodes that AKS makes to fit pods that wait (Karpenter).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_provisioning_profile: Option<NodeProvisioningProfile>,
    /// Where nodes get the images and packages of AKS from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_profile: Option<Box<BootstrapProfile>>,
    /// The operator for AI models (KAITO).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ai_toolchain_operator_profile: Option<AiToolchainOperatorProfile>,
    /// Settings of the scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_profile: Option<SchedulerProfile>,
    /// System components on nodes that AKS hosts; for `sku.name: Automatic`. Fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosted_system_profile: Option<Box<HostedSystemProfile>>,
    /// Entra pod identity, which Azure has deprecated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_identity_profile: Option<Box<PodIdentityProfile>>,
    /// Admin account on Linux nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linux_profile: Option<Box<LinuxProfile>>,
    /// Windows nodes: admin account, licence, service accounts. Cannot be added to a cluster without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_profile: Option<Box<WindowsProfile>>,
    /// FIPS-validated cryptography in everything that AKS manages; all pools need `enableFIPS` too. Azure gates it by a
    /// preview feature and documents no way to change it later.
    #[serde(rename = "enableFIPS", skip_serializing_if = "Option::is_none")]
    pub enable_fips: Option<bool>,
    /// Actions that run once for each key, such as a command or a rotation of certificates, by a name of your own. Results
    /// are in `status.actions`. The line of an action that is dropped here goes too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'))",
        "names of actions have 1 to 63 small letters, digits and hyphens; rename the action",
    ))]
    pub actions: Option<BTreeMap<String, Action>>,
    /// Planned maintenance windows, one for each kind of upkeep: `default`, `aksManagedAutoUpgradeSchedule` and
    /// `aksManagedNodeOSUpgradeSchedule`. Change in place; an entry that is dropped is deleted if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 3))]
    #[x_kube(validation = (
        "self.all(name, name in ['default', 'aksManagedAutoUpgradeSchedule', 'aksManagedNodeOSUpgradeSchedule'])",
        "maintenanceConfigurations has the entries default, aksManagedAutoUpgradeSchedule and \
         aksManagedNodeOSUpgradeSchedule; rename the other one",
    ))]
    #[x_kube(validation = (
        "!('default' in self)
            || self['default'].maintenanceWindow.?schedule.?weekly.?intervalWeeks.orValue(0) == 1",
        "maintenanceConfigurations.default takes a weekly schedule with intervalWeeks 1; use it, or another entry",
    ))]
    pub maintenance_configurations: Option<BTreeMap<String, MaintenanceConfiguration>>,
    /// Azure roles for the cluster's identities and for others. Those that the cluster needs to be made, such as on its
    /// subnet, are granted first. An entry that is dropped takes the assignment along if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 48))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$'))",
        "the names in roleAssignments have up to 63 letters, digits, hyphens, underscores and dots, a letter or digit first; \
         correct them",
    ))]
    pub role_assignments: Option<BTreeMap<String, RoleAssignment>>,
    /// Registries that the nodes pull images from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$'))",
        "the names in attachRegistries have up to 63 letters, digits, hyphens, underscores and dots, a letter or digit first; \
         correct them",
    ))]
    pub attach_registries: Option<BTreeMap<String, AttachedRegistry>>,
    /// Service accounts that may sign in to Azure as a user-assigned identity. Needs `oidcIssuerProfile.enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 64))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$'))",
        "the names in federatedCredentials have up to 63 letters, digits, hyphens, underscores and dots, a letter or digit first; \
         correct them",
    ))]
    pub federated_credentials: Option<BTreeMap<String, FederatedCredential>>,
    /// Extensions that Azure installs in the cluster. An entry that is dropped is uninstalled if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'))",
        "the names in extensions become names in Azure: up to 63 lower-case letters, digits and hyphens, with a letter or digit \
         at both ends; correct them",
    ))]
    pub extensions: Option<BTreeMap<String, ClusterExtension>>,
    /// What Flux applies to the cluster. An entry that is dropped is deleted if Armature made it; whether what it applied
    /// stays is for its kustomizations' `prune` to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'))",
        "the names in fluxConfigurations become names in Azure: up to 63 lower-case letters, digits and hyphens, with a letter or digit \
         at both ends; correct them",
    ))]
    pub flux_configurations: Option<BTreeMap<String, FluxConfiguration>>,
    /// Roles of other Azure services inside the cluster. Change in place; an entry that is dropped is deleted if
    /// Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9-]{1,24}$'))",
        "names in trustedAccess have 1 to 24 letters, digits and hyphens; rename the other one",
    ))]
    pub trusted_access: Option<BTreeMap<String, TrustedAccessRoleBinding>>,
    /// Kubernetes namespaces as Azure resources, by the name of the namespace. Change in place; for one that is dropped
    /// `deletePolicy` decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 64))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$'))",
        "names in managedNamespaces are names of namespaces, 1 to 63 lower-case letters, digits and hyphens; rename the \
         other one",
    ))]
    #[x_kube(validation = (
        "self.all(name, !(name in ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'app-routing-system',
            'istio-system', 'gatekeeper-system']))",
        "managedNamespaces can't be namespaces of the system, such as kube-system; use another namespace",
    ))]
    pub managed_namespaces: Option<BTreeMap<String, ManagedNamespace>>,
    /// Managed identities that pods may use. Needs `securityProfile.workloadIdentity`. An entry that is dropped is
    /// deleted if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$'))",
        "names in identityBindings have 1 to 63 letters, digits and hyphens, with a letter or digit at both ends; \
         rename the other one",
    ))]
    pub identity_bindings: Option<BTreeMap<String, IdentityBinding>>,
    /// Private endpoints that are let through to the API server, or refused. Connections are looked up every 15 minutes;
    /// one that no entry names, or whose entry is dropped, is left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$'))",
        "names in privateEndpointConnections have up to 63 letters, digits, -, _ and dots, a letter or digit first; correct \
         them",
    ))]
    pub private_endpoint_connections: Option<BTreeMap<String, PrivateEndpointRule>>,
    /// Snapshots of pools, for new pools in this and other clusters. One that is dropped is deleted if Armature took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$'))",
        "names in snapshots have 1 to 63 letters, digits, - and _, with a letter or digit at both ends; rename the other \
         one",
    ))]
    pub snapshots: Option<BTreeMap<String, Snapshot>>,
    /// Memberships in fleets, by the name of the member. One that is dropped is left if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 8))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$'))",
        "names in fleetMemberships have 1 to 50 lower-case letters, digits and hyphens, with a letter or digit at both \
         ends; rename the other one",
    ))]
    pub fleet_memberships: Option<BTreeMap<String, FleetMembership>>,
    /// Event Grid subscriptions to events of the cluster. Change in place; one that is dropped is deleted if Armature made
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9-]{3,64}$'))",
        "names in eventSubscriptions have 3 to 64 letters, digits and hyphens; rename the other one",
    ))]
    pub event_subscriptions: Option<BTreeMap<String, EventSubscription>>,
    /// Locks on the cluster. Change in place; one that is dropped is deleted if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 8))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9._-]{0,89}[A-Za-z0-9_-]$'))",
        "names in locks have 1 to 90 letters, digits, dots, - and _, and no dot at the end; rename the other one",
    ))]
    pub locks: Option<BTreeMap<String, Lock>>,
    /// Child and extension resources of any other type. One that is dropped is deleted if Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'))",
        "names in children have 1 to 128 letters, digits, dots, - and _, with a letter or digit at the start; rename the \
         other one",
    ))]
    pub children: Option<BTreeMap<String, CustomChild>>,
    /// Diagnostic settings by name, five at most: which logs and metrics of the control plane go where. Change in place;
    /// deleted before the cluster, because a cluster of the same name would inherit them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 5))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'))",
        "names of diagnostic settings have 1 to 128 letters, digits and - _ . and begin with a letter or digit; rename \
         the entry",
    ))]
    pub diagnostic_settings: Option<BTreeMap<String, DiagnosticSetting>>,
    /// Where Container insights and managed Prometheus send what they collect. Changes in place; deleted before the
    /// cluster, as far as Armature made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_collection: Option<Box<DataCollection>>,
    /// Backups by name: instances in backup vaults. Change in place; deleted before the cluster, and kept by a vault with
    /// soft delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 4))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$'))",
        "names of backups have 1 to 32 lower-case letters, digits and hyphens; rename the entry",
    ))]
    pub backup: Option<BTreeMap<String, Backup>>,
    /// HTTP proxy that nodes and pods use. Any change makes AKS reimage all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_proxy_config: Option<Box<HttpProxyConfig>>,
}
