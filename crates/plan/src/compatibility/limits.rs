//! How much there may be of something.

use ipnet::Ipv4Net;

use super::PoolRule;
use super::scene::{Member, Scene};

pub(super) const POOL_RULES: &[PoolRule] = &[
    PoolRule {
        reason: "TooManyPools",
        check: pools,
    },
    PoolRule {
        reason: "TooManyNodes",
        check: nodes,
    },
    PoolRule {
        reason: "PodRangeTooSmall",
        check: pod_range,
    },
];

/// Pools of a cluster (Learn: quotas-skus-regions), where the cluster does not say otherwise.
const POOLS: i64 = 100;
/// Nodes of a cluster (Learn: quotas-skus-regions).
const NODES: i64 = 5000;
/// Nodes of a cluster with kubenet (Learn: configure-kubenet).
const KUBENET_NODES: i64 = 400;
/// AKS' own pod range (SPEC podCidr).
const POD_RANGE: &str = "10.244.0.0/16";
/// Each node takes a range of this length (Learn: concepts-network-azure-cni-overlay).
const NODE_PREFIX: u8 = 24;

fn pools(scene: &Scene<'_>, _: &Member<'_>) -> Option<String> {
    let most = scene.cluster.number("maxAgentPools").unwrap_or(POOLS);
    let there = i64::try_from(scene.members.len()).unwrap_or(i64::MAX);
    (there >= most)
        .then(|| format!("the cluster has {there} pools and takes {most}; delete a pool first, or use another cluster"))
}

/// The nodes of all pools, this one too.
fn total(scene: &Scene<'_>, pool: &Member<'_>) -> i64 {
    scene.members.iter().map(Member::nodes).sum::<i64>() + pool.nodes()
}

fn nodes(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let (most, network) = if scene.has_plugin("kubenet") {
        (KUBENET_NODES, " with networkPlugin kubenet")
    } else {
        (NODES, "")
    };
    let total = total(scene, pool);
    (total > most).then(|| {
        format!(
            "with count {} the cluster would have {total} nodes, and a cluster{network} takes {most}; lower count, or use \
             another cluster",
            pool.nodes()
        )
    })
}

/// Learn: concepts-network-azure-cni-overlay.
fn pod_range(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    if !scene.is_overlay() {
        return None;
    }
    let first = scene.cluster.list("networkProfile.podCidrs").first();
    let range = scene.cluster.get("networkProfile.podCidr").or(first);
    let range = range.and_then(|range| range.as_str()).unwrap_or(POD_RANGE);
    let bits = NODE_PREFIX.checked_sub(range.parse::<Ipv4Net>().ok()?.prefix_len())?;
    let (most, total) = (1_i64 << bits, total(scene, pool));
    (total > most).then(|| {
        format!(
            "with count {} the cluster would have {total} nodes, and networkProfile.podCidr {range} has addresses for \
             {most}, a /{NODE_PREFIX} each; widen podCidr of the cluster, or lower count",
            pool.nodes()
        )
    })
}
