//! Which subnets go together, in one cluster and between clusters.

use super::PoolRule;
use super::scene::{Member, OtherPool, Scene};
use crate::desired::DesiredPool;

pub(super) const POOL_RULES: &[PoolRule] = &[
    PoolRule {
        reason: "SubnetsInTwoNetworks",
        check: one_network,
    },
    PoolRule {
        reason: "SubnetsAllOrNone",
        check: all_or_none,
    },
    PoolRule {
        reason: "PodSubnetNeedsFlatNetwork",
        check: pod_subnet,
    },
    PoolRule {
        reason: "CiliumNeedsAddresses",
        check: cilium,
    },
    PoolRule {
        reason: "SubnetOfApiServer",
        check: api_server,
    },
    PoolRule {
        reason: "PodSubnetInTwoModes",
        check: one_mode,
    },
    PoolRule {
        reason: "KubenetSubnetShared",
        check: shared_kubenet,
    },
];

/// The virtual network of a subnet's id, in lower case.
fn network(subnet: &str) -> &str {
    subnet.split("/subnets/").next().unwrap_or(subnet)
}

fn last_name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Learn: node-pool-unique-subnet.
fn one_network(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let own = pool.body.text("vnetSubnetID")?;
    scene.members.iter().find_map(|other| {
        let theirs = other.body.text("vnetSubnetID")?;
        (network(&own) != network(&theirs)).then(|| {
            format!(
                "vnetSubnetID is in the virtual network {}, and pool {} is in {}; all pools of a cluster are in one \
                 network: choose a subnet of that one",
                last_name(network(&own)),
                other.name,
                last_name(network(&theirs))
            )
        })
    })
}

/// General knowledge: pools of one cluster share one network, so either all of them name a subnet or none.
fn all_or_none(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let own = |member: &Member<'_>| member.body.get("vnetSubnetID").is_some();
    let other = scene.members.iter().find(|other| own(other) != own(pool))?;
    Some(if own(pool) {
        format!(
            "vnetSubnetID is set, and pool {} is in the network that AKS made; remove it, or use a cluster whose pools \
             all have subnets of your own",
            other.name
        )
    } else {
        format!(
            "vnetSubnetID is missing, and pool {} is in a subnet of your own; set it to a subnet of the same network",
            other.name
        )
    })
}

/// Learn: configure-azure-cni-dynamic-ip-allocation.
fn pod_subnet(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let plugin = scene.cluster.text("networkProfile.networkPlugin");
    let found = if scene.is_overlay() {
        "networkPluginMode overlay".to_owned()
    } else {
        format!("networkPlugin {}", plugin.filter(|plugin| plugin != "azure")?)
    };
    pool.body.get("podSubnetID").map(|_| {
        format!(
            "podSubnetID needs networkPlugin azure without overlay, and the cluster has {found}; remove podSubnetID"
        )
    })
}

/// Learn: azure-cni-powered-by-cilium.
fn cilium(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let cilium = scene.cluster.is("networkProfile.networkDataplane", "cilium");
    let subnet = pool.body.get("podSubnetID").or(pool.body.get("vnetSubnetID"));
    let mode = scene.cluster.get("networkProfile.networkPluginMode");
    (cilium && mode.is_none() && subnet.is_none()).then(|| {
        "networkDataplane cilium of the cluster needs networkPluginMode overlay, or a vnetSubnetID and podSubnetID of \
         each pool; set one of them"
            .to_owned()
    })
}

/// Learn: api-server-vnet-integration. The API server's subnet is delegated to it.
fn api_server(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let delegated = scene.cluster.text("apiServerAccessProfile.subnetId")?;
    let path = ["vnetSubnetID", "podSubnetID"]
        .into_iter()
        .find(|path| pool.body.text(path).as_ref() == Some(&delegated))?;
    Some(format!(
        "{path} is the subnet of the API server (apiServerAccessProfile.subnetId of the cluster), which takes nothing \
         else; choose another subnet"
    ))
}

fn has_blocks(member: &Member<'_>) -> bool {
    member.body.is("podIPAllocationMode", "StaticBlock")
}

/// Learn: configure-azure-cni-static-block-allocation.
fn one_mode(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let subnet = pool.body.text("podSubnetID")?;
    let mut members = scene.members.iter();
    let member = members
        .find(|other| other.body.text("podSubnetID").as_ref() == Some(&subnet) && has_blocks(other) != has_blocks(pool))
        .map(|other| format!("pool {}", other.name));
    let mut elsewhere = scene.elsewhere.iter();
    let other = member.or_else(|| {
        let clash = |other: &&OtherPool| {
            other.pods.as_ref() == Some(&subnet) && other.blocks != has_blocks(pool) && other.goes_before(pool)
        };
        let other = elsewhere.find(clash)?;
        Some(format!("AksNodePool {} of cluster {}", other.pool, other.cluster))
    })?;
    Some(format!(
        "podSubnetID is used by {other} with another podIPAllocationMode, and a subnet has one mode; use that mode, or \
         another subnet"
    ))
}

/// Learn: configure-kubenet. Each cluster needs the route table of its subnet for itself.
fn shared_kubenet(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let subnet = pool.body.text("vnetSubnetID")?;
    let clash = |other: &&OtherPool| other.kubenet && other.nodes.as_ref() == Some(&subnet) && other.goes_before(pool);
    let other = scene
        .elsewhere
        .iter()
        .find(clash)
        .filter(|_| scene.has_plugin("kubenet"))?;
    Some(format!(
        "vnetSubnetID is the subnet of cluster {} too, and clusters with networkPlugin kubenet do not share a subnet; \
         choose a subnet of its own, or networkPlugin azure with networkPluginMode overlay",
        other.cluster
    ))
}

impl OtherPool {
    /// Of two pools that do not go together the one that exists stays, and of two new ones the older.
    fn goes_before(&self, pool: &Member<'_>) -> bool {
        let older = |desired: &DesiredPool| {
            let ours = format!("{}/{}", desired.mark.namespace, desired.mark.name);
            (self.created_at, &self.pool) < (desired.created_at, &ours)
        };
        self.exists || pool.desired.is_some_and(older)
    }
}
