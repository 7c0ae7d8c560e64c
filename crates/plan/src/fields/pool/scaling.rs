//! How many nodes a pool has, what they carry and how they are replaced.

use serde_json::Value;

use crate::compare::Compare::{CaseInsensitive, Count, Exact, Floor, Keyed, Once, Sizes, Tags, Taints};
use crate::compare::machines;
use crate::effect::Effect::{self, InPlace, NodeRestart, PoolReplacement, RollingReplace};
use crate::effect::EffectRule::ByValue;
use crate::effect::Transition;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new("properties.tags", Tags, always(InPlace), "use-tags", Clear::Empty),
    Field::new(
        "properties.count",
        Count,
        ByValue(node_count),
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
        ByValue(greatest_count),
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
        ByValue(taints),
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
    if machines::sizes(change.from) != machines::sizes(change.to) {
        Effect::RollingReplace
    } else if machines::are_fewer(change.from, change.to) {
        Effect::NodeRemoval
    } else {
        Effect::InPlace
    }
}

/// Fewer nodes: those that are too many are drained and deleted (resize-cluster).
fn node_count(change: &Transition<'_>) -> Effect {
    if change.shrinks() {
        Effect::NodeRemoval
    } else {
        Effect::InPlace
    }
}

/// A limit below the nodes that run takes nodes away.
fn greatest_count(change: &Transition<'_>) -> Effect {
    let running = change.live.pointer("/properties/count").and_then(Value::as_i64);
    match (running, change.to.and_then(Value::as_i64)) {
        (Some(running), Some(limit)) if limit < running => Effect::NodeRemoval,
        _ => Effect::InPlace,
    }
}

/// A new taint with NoExecute evicts what does not tolerate it; the others are for pods to come (use-node-taints).
fn taints(change: &Transition<'_>) -> Effect {
    let before = change
        .from
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let evicts = |taint: &&Value| taint.as_str().is_some_and(|taint| taint.ends_with(":NoExecute"));
    let after = change.to.and_then(Value::as_array).into_iter().flatten();
    if after.filter(evicts).any(|taint| !before.contains(taint)) {
        Effect::Eviction
    } else {
        Effect::InPlace
    }
}
