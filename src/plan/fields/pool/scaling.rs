//! How many nodes a pool has, what they carry and how they are replaced.

use crate::plan::compare::Compare::{CaseInsensitive, Count, Exact, Floor, Keyed, Once, Sizes, Tags, Taints};
use crate::plan::compare::machines;
use crate::plan::effect::Effect::{self, InPlace, NodeRestart, PoolReplacement, RollingReplace};
use crate::plan::effect::EffectRule::ByValue;
use crate::plan::effect::Transition;
use crate::plan::fields::transitions as by;
use crate::plan::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new("properties.tags", Tags, always(InPlace), "use-tags", Clear::Empty),
    Field::new(
        "properties.count",
        Count,
        always(InPlace),
        "resize-cluster",
        Clear::Never,
    ),
    Field::new(
        "properties.minCount",
        Exact,
        always(InPlace),
        "cluster-autoscaler",
        Clear::Never,
    ),
    Field::new(
        "properties.maxCount",
        Exact,
        always(InPlace),
        "cluster-autoscaler",
        Clear::Never,
    ),
    Field::new(
        "properties.enableAutoScaling",
        Exact,
        always(InPlace),
        "cluster-autoscaler",
        Clear::FALSE,
    ),
    Field::new(
        "properties.scaleDownMode",
        CaseInsensitive,
        always(InPlace),
        "scale-down-mode",
        Clear::text("Delete"),
    )
    .absent("Delete"),
    Field::new(
        "properties.virtualMachinesProfile.scale",
        Sizes,
        ByValue(machine_sizes),
        "virtual-machines-node-pools",
        Clear::Never,
    ),
    Field::new(
        "properties.mode",
        CaseInsensitive,
        ByValue(by::pool_mode),
        "use-system-pools",
        Clear::Never,
    ),
    Field::new(
        "properties.nodeLabels",
        Keyed,
        always(InPlace),
        "use-labels",
        Clear::Empty,
    ),
    Field::new(
        "properties.nodeTaints",
        Taints,
        always(InPlace),
        "use-node-taints",
        Clear::Empty,
    ),
    Field::new(
        "properties.orchestratorVersion",
        Floor,
        always(RollingReplace),
        "upgrade-aks-node-pools-rolling",
        Clear::Never,
    ),
    Field::new(
        "properties.nodeImageVersion",
        Once,
        always(RollingReplace),
        "roll-back-node-pool-version",
        Clear::Never,
    ),
    Field::new(
        "properties.creationData.sourceResourceId",
        Once,
        always(RollingReplace),
        "node-pool-snapshot",
        Clear::Never,
    ),
    Field::new(
        "properties.powerState.code",
        CaseInsensitive,
        always(NodeRestart),
        "start-stop-nodepools",
        Clear::text("Running"),
    )
    .absent("Running"),
    Field::new(
        "properties.upgradeSettings.maxSurge",
        CaseInsensitive,
        always(InPlace),
        "upgrade-aks-node-pools-rolling",
        Clear::Never,
    ),
    Field::new(
        "properties.upgradeSettings.maxUnavailable",
        CaseInsensitive,
        always(InPlace),
        "upgrade-aks-node-pools-rolling",
        Clear::text("0"),
    )
    .absent("0"),
    Field::new(
        "properties.upgradeSettings.drainTimeoutInMinutes",
        Exact,
        always(InPlace),
        "azure-rest-api-specs#27373",
        Clear::Never,
    ),
    Field::new(
        "properties.upgradeSettings.nodeSoakDurationInMinutes",
        Exact,
        always(InPlace),
        "upgrade-aks-node-pools-rolling",
        Clear::number(0),
    )
    .absent("0"),
    Field::new(
        "properties.upgradeSettings.undrainableNodeBehavior",
        CaseInsensitive,
        always(InPlace),
        "azurerm: kubernetes_cluster_node_pool",
        Clear::Never,
    ),
    Field::new(
        "properties.scaleSetPriority",
        CaseInsensitive,
        always(PoolReplacement),
        "spot-node-pool",
        Clear::Never,
    )
    .absent("Regular"),
    Field::new(
        "properties.scaleSetEvictionPolicy",
        CaseInsensitive,
        always(PoolReplacement),
        "spot-node-pool",
        Clear::Never,
    )
    .absent("Delete"),
    Field::new(
        "properties.spotMaxPrice",
        Exact,
        always(PoolReplacement),
        "spot-node-pool",
        Clear::Never,
    )
    .absent("-1"),
];

/// Another number adds or drains machines; another size replaces those of the old one (virtual-machines-node-pools).
fn machine_sizes(change: &Transition<'_>) -> Effect {
    if machines::sizes(change.from) == machines::sizes(change.to) {
        Effect::InPlace
    } else {
        Effect::RollingReplace
    }
}
