//! What a cluster is: place, price, identity, versions, power.

use crate::compare::Compare::{
    CaseInsensitive, Exact, Floor, IdentityMap, Location, Members, Secret, Tags, Time, Trimmed,
};
use crate::effect::Effect::{ControlPlaneRestart, Forbidden, InPlace, NodeReimage, NodeRestart, Unknown};
use crate::effect::EffectRule::ByValue;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, Plain, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "location",
        Location,
        always(Forbidden),
        "ARM: tracked resources don't move",
        Clear::Never,
    ),
    Field::new("tags", Tags, always(InPlace), "use-tags", Clear::Empty),
    Field::new(
        "sku.name",
        CaseInsensitive,
        ByValue(by::sku_name),
        "automatic/aks-automatic-sku-migration",
        Clear::Never,
    )
    .one_way()
    .absent("Base"),
    Field::new(
        "sku.tier",
        CaseInsensitive,
        always(InPlace),
        "free-standard-pricing-tiers",
        Clear::text("Free"),
    )
    .absent("Free"),
    Field::new(
        "identity.type",
        CaseInsensitive,
        ByValue(by::identity_type),
        "user-assigned-managed-identity",
        Clear::Never,
    )
    .one_way_if(by::leaves_service_principal),
    Field::new(
        "identity.userAssignedIdentities",
        IdentityMap,
        always(InPlace),
        "user-assigned-managed-identity",
        Clear::Never,
    ),
    Field::new(
        "properties.kubernetesVersion",
        Floor,
        always(ControlPlaneRestart),
        "upgrade-aks-control-plane",
        Clear::Never,
    )
    .one_way(),
    Field::new(
        "properties.supportPlan",
        CaseInsensitive,
        always(InPlace),
        "long-term-support",
        Clear::text("KubernetesOfficial"),
    )
    .absent("KubernetesOfficial"),
    Field::new(
        "properties.dnsPrefix",
        CaseInsensitive,
        always(Forbidden),
        "SDK: dns_prefix can't be updated",
        Clear::Never,
    ),
    Field::new(
        "properties.fqdnSubdomain",
        CaseInsensitive,
        always(Forbidden),
        "SDK: fqdn_subdomain can't be updated",
        Clear::Never,
    ),
    Field::new(
        "properties.nodeResourceGroup",
        CaseInsensitive,
        always(Forbidden),
        "azurerm: kubernetes_cluster",
        Clear::Never,
    ),
    Field::new(
        "properties.nodeResourceGroupProfile.restrictionLevel",
        CaseInsensitive,
        always(InPlace),
        "node-resource-group-lockdown",
        Clear::text("Unrestricted"),
    )
    .absent("Unrestricted"),
    Field::new(
        "properties.enableRBAC",
        Exact,
        always(Forbidden),
        "azurerm: kubernetes_cluster",
        Clear::Never,
    ),
    Field::new(
        "properties.diskEncryptionSetID",
        CaseInsensitive,
        always(Forbidden),
        "azure-disk-customer-managed-keys",
        Clear::Never,
    ),
    Field::new(
        "properties.powerState.code",
        CaseInsensitive,
        always(NodeRestart),
        "start-stop-cluster",
        Clear::text("Running"),
    )
    .absent("Running"),
    Field::new(
        "properties.linuxProfile.adminUsername",
        Exact,
        always(Forbidden),
        "azurerm: kubernetes_cluster",
        Clear::Never,
    ),
    Field::new(
        "properties.linuxProfile.ssh.publicKeys",
        Trimmed,
        ByValue(by::node_setting),
        "manage-ssh-node-access",
        Clear::Never,
    ),
    Field::new(
        "properties.identityProfile.kubeletidentity.resourceId",
        CaseInsensitive,
        always(NodeReimage),
        "pre-created-kubelet-managed-identity",
        Clear::Never,
    ),
    Field::new(
        "properties.identityProfile.kubeletidentity.clientId",
        CaseInsensitive,
        always(NodeReimage),
        "pre-created-kubelet-managed-identity",
        Clear::Never,
    ),
    Field::new(
        "properties.identityProfile.kubeletidentity.objectId",
        CaseInsensitive,
        always(NodeReimage),
        "pre-created-kubelet-managed-identity",
        Clear::Never,
    ),
    Field::new(
        "properties.autoUpgradeProfile.upgradeChannel",
        CaseInsensitive,
        always(InPlace),
        "auto-upgrade-cluster",
        Clear::text("none"),
    )
    .absent("none"),
    Field::new(
        "properties.autoUpgradeProfile.nodeOSUpgradeChannel",
        CaseInsensitive,
        ByValue(by::node_os_channel),
        "auto-upgrade-node-os-image",
        Clear::text("None"),
    )
    .absent("None"),
    Field::new(
        "properties.upgradeSettings.overrideSettings.forceUpgrade",
        Exact,
        always(InPlace),
        "stop-cluster-upgrade-api-breaking-changes",
        Clear::FALSE,
    ),
    Field::new(
        "properties.upgradeSettings.overrideSettings.until",
        Time,
        always(InPlace),
        "stop-cluster-upgrade-api-breaking-changes",
        Clear::Never,
    ),
    Field::new(
        "properties.autoScalerProfile",
        Members,
        always(InPlace),
        "cluster-autoscaler",
        Clear::Members(AUTOSCALER_DEFAULTS),
    ),
    Field::new(
        "extendedLocation.name",
        CaseInsensitive,
        always(Forbidden),
        "azurerm: kubernetes_cluster",
        Clear::Never,
    ),
    Field::new(
        "extendedLocation.type",
        CaseInsensitive,
        always(Forbidden),
        "azurerm: kubernetes_cluster",
        Clear::Never,
    ),
    Field::new(
        "properties.servicePrincipalProfile.clientId",
        CaseInsensitive,
        ByValue(by::service_principal),
        "update-credentials",
        Clear::Never,
    ),
    Field::new(
        "properties.servicePrincipalProfile.secret",
        Secret,
        always(NodeReimage),
        "update-credentials",
        Clear::Never,
    ),
    Field::new("properties.enableFIPS", Exact, always(Unknown), "", Clear::Unknown),
];

/// What Azure fills in for a setting of the autoscaler that nobody made (cluster-autoscaler).
const AUTOSCALER_DEFAULTS: &[(&str, Plain)] = &[
    ("balance-similar-node-groups", Plain::Text("false")),
    ("daemonset-eviction-for-empty-nodes", Plain::Flag(false)),
    ("daemonset-eviction-for-occupied-nodes", Plain::Flag(true)),
    ("expander", Plain::Text("random")),
    ("ignore-daemonsets-utilization", Plain::Flag(false)),
    ("max-empty-bulk-delete", Plain::Text("10")),
    ("max-graceful-termination-sec", Plain::Text("600")),
    ("max-node-provision-time", Plain::Text("15m")),
    ("max-total-unready-percentage", Plain::Text("45")),
    ("new-pod-scale-up-delay", Plain::Text("0s")),
    ("ok-total-unready-count", Plain::Text("3")),
    ("scale-down-delay-after-add", Plain::Text("10m")),
    ("scale-down-delay-after-delete", Plain::Text("10s")),
    ("scale-down-delay-after-failure", Plain::Text("3m")),
    ("scale-down-unneeded-time", Plain::Text("10m")),
    ("scale-down-unready-time", Plain::Text("20m")),
    ("scale-down-utilization-threshold", Plain::Text("0.5")),
    ("scan-interval", Plain::Text("10s")),
    ("skip-nodes-with-local-storage", Plain::Text("false")),
    ("skip-nodes-with-system-pods", Plain::Text("true")),
];
