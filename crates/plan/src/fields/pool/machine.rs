//! What the machines of a pool are: size, disks, operating system, GPU, security.

use serde_json::Value;

use crate::compare::Compare::{CaseInsensitive, Contains, Exact, Set, Size};
use crate::effect::Effect::{self, NodeReimage, PoolReplacement};
use crate::effect::EffectRule::ByValue;
use crate::effect::Transition;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.osSKU",
        CaseInsensitive,
        ByValue(by::os_sku),
        "upgrade-os-version",
        Clear::Never,
    ),
    Field::new(
        "properties.enableFIPS",
        Exact,
        ByValue(fips),
        "enable-fips-nodes",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.enableVTPM",
        Exact,
        always(NodeReimage),
        "use-trusted-launch",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.enableSecureBoot",
        Exact,
        always(NodeReimage),
        "use-trusted-launch",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.sshAccess",
        CaseInsensitive,
        ByValue(by::node_setting),
        "manage-ssh-node-access",
        Clear::text("LocalUser"),
    )
    .absent("LocalUser"),
    Field::new(
        "properties.vmSize",
        CaseInsensitive,
        always(PoolReplacement),
        "create-node-pools",
        Clear::Never,
    ),
    Field::new(
        "properties.type",
        CaseInsensitive,
        always(PoolReplacement),
        "availability-sets-on-aks",
        Clear::Never,
    ),
    Field::new(
        "properties.osType",
        CaseInsensitive,
        always(PoolReplacement),
        "azurerm: kubernetes_cluster_node_pool",
        Clear::Never,
    )
    .absent("Linux"),
    Field::new(
        "properties.osDiskSizeGB",
        Size,
        always(PoolReplacement),
        "concepts-storage",
        Clear::Never,
    ),
    Field::new(
        "properties.osDiskType",
        CaseInsensitive,
        always(PoolReplacement),
        "concepts-storage",
        Clear::Never,
    ),
    Field::new(
        "properties.kubeletDiskType",
        CaseInsensitive,
        always(PoolReplacement),
        "azurerm: kubernetes_cluster_node_pool",
        Clear::Never,
    )
    .absent("OS"),
    Field::new(
        "properties.availabilityZones",
        Set,
        always(PoolReplacement),
        "reliability-availability-zones-configure",
        Clear::Never,
    ),
    Field::new(
        "properties.enableEncryptionAtHost",
        Exact,
        always(PoolReplacement),
        "enable-host-encryption",
        Clear::Never,
    ),
    Field::new(
        "properties.enableUltraSSD",
        Exact,
        always(PoolReplacement),
        "use-ultra-disks",
        Clear::Never,
    ),
    Field::new(
        "properties.proximityPlacementGroupID",
        CaseInsensitive,
        always(PoolReplacement),
        "reduce-latency-ppg",
        Clear::Never,
    ),
    Field::new(
        "properties.capacityReservationGroupID",
        CaseInsensitive,
        always(PoolReplacement),
        "use-capacity-reservation-groups",
        Clear::Never,
    ),
    Field::new(
        "properties.hostGroupID",
        CaseInsensitive,
        always(PoolReplacement),
        "use-azure-dedicated-hosts",
        Clear::Never,
    ),
    Field::new(
        "properties.kubeletConfig",
        Contains,
        always(PoolReplacement),
        "custom-node-configuration",
        Clear::Never,
    ),
    Field::new(
        "properties.linuxOSConfig",
        Contains,
        always(PoolReplacement),
        "custom-node-configuration",
        Clear::Never,
    ),
    Field::new(
        "properties.gpuInstanceProfile",
        CaseInsensitive,
        always(PoolReplacement),
        "gpu-multi-instance",
        Clear::Never,
    ),
    Field::new(
        "properties.gpuProfile.driver",
        CaseInsensitive,
        always(PoolReplacement),
        "aks-managed-gpu-nodes",
        Clear::Never,
    )
    .absent("Install"),
    Field::new(
        "properties.workloadRuntime",
        CaseInsensitive,
        always(PoolReplacement),
        "use-pod-sandboxing",
        Clear::Never,
    )
    .absent("OCIContainer"),
    Field::new(
        "properties.messageOfTheDay",
        Exact,
        always(PoolReplacement),
        "enable-fips-nodes",
        Clear::Never,
    ),
    Field::new(
        "properties.gpuProfile.nvidia.managementMode",
        CaseInsensitive,
        always(PoolReplacement),
        "aks-managed-gpu-nodes",
        Clear::Never,
    )
    .absent("Unmanaged"),
    Field::new(
        "properties.artifactStreamingProfile.enabled",
        Exact,
        always(NodeReimage),
        "node-disruption-policy: Artifact streaming",
        Clear::FALSE,
    ),
];

/// Linux nodes are reimaged both ways; Windows takes a new pool (enable-fips-nodes).
fn fips(change: &Transition<'_>) -> Effect {
    let os = change.live.pointer("/properties/osType").and_then(Value::as_str);
    if os.is_some_and(|os| os.eq_ignore_ascii_case("Windows")) {
        Effect::PoolReplacement
    } else {
        Effect::NodeReimage
    }
}
