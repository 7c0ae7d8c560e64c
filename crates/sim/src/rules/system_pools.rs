//! What a system pool must have.

use super::request::Request;
use super::words::{invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, general_knowledge};
use crate::catalog::{is_burstable, vm_size};
use crate::defaults::json::{integer, is, list, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "first-pool-linux",
        CLUSTER,
        "Learn: create-node-pools",
        first_pool_linux,
    ),
    documented("system-pool-linux", POOLS, "Learn: use-system-pools", linux),
    documented(
        "system-pool-not-spot",
        POOLS,
        "Learn: use-system-pools; spot-node-pool",
        not_spot,
    ),
    documented(
        "system-pool-pods",
        POOLS,
        "Learn: use-system-pools, room for 30 pods",
        pods,
    ),
    documented(
        "system-pool-size",
        POOLS,
        "Learn: quotas-skus-regions, 2 vCPU and 4 GB are refused below",
        size,
    ),
    documented(
        "system-pool-not-burstable",
        POOLS,
        "Learn: use-system-pools",
        not_burstable,
    ),
    documented(
        "system-pool-unavailable",
        POOLS,
        "Learn: use-system-pools, no maxUnavailable",
        unavailable,
    ),
    general_knowledge(
        "system-pool-taints",
        POOLS,
        "only CriticalAddonsOnly=true:NoSchedule keeps system pods schedulable",
        taints,
    ),
];

fn first_pool_linux(request: &Request<'_>) -> Result<(), Refusal> {
    let first = list(request.sent, "/properties/agentPoolProfiles").first();
    let windows = first.is_some_and(|pool| is(pool, "/osType", "Windows"));
    require(!request.is_create() || !windows, || {
        invalid(
            "agentPoolProfile.osType",
            "the first agent pool of a cluster must run Linux",
        )
    })
}

fn linux(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!(pool.is_system() && pool.is_windows()), || {
            invalid("agentPoolProfile.osType", "a system agent pool must run Linux")
        })
    })
}

fn not_spot(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!(pool.is_system() && pool.is_spot()), || {
            invalid(
                "agentPoolProfile.scaleSetPriority",
                "a system agent pool cannot be Spot",
            )
        })
    })
}

fn pods(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let per_node = integer(pool.new, "/maxPods").unwrap_or(30);
        let room = per_node * integer(pool.new, "/count").unwrap_or(1);
        require(!pool.is_system() || room >= 30, || {
            invalid(
                "agentPoolProfile.maxPods",
                format!("the pool has room for {room} pods and a system pool needs 30"),
            )
        })
    })
}

fn size(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(size) = text(pool.new, "/vmSize").and_then(vm_size) else {
            return Ok(());
        };
        require(!pool.is_system() || (size.vcpu >= 2 && size.memory_gib >= 4), || {
            invalid(
                "agentPoolProfile.vmSize",
                format!(
                    "'{}' is too small for a system agent pool, which needs 2 vCPU and 4 GB of memory",
                    size.name
                ),
            )
        })
    })
}

fn not_burstable(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let size = text(pool.new, "/vmSize").unwrap_or_default();
        require(!(pool.is_system() && is_burstable(size)), || {
            invalid(
                "agentPoolProfile.vmSize",
                format!("'{size}' is burstable and not allowed for a system agent pool"),
            )
        })
    })
}

fn unavailable(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let nodes = text(pool.new, "/upgradeSettings/maxUnavailable").unwrap_or("0");
        require(!pool.is_system() || nodes == "0", || {
            invalid(
                "agentPoolProfile.upgradeSettings.maxUnavailable",
                "a system agent pool has no maxUnavailable",
            )
        })
    })
}

fn taints(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let bad = texts(pool.new, "/nodeTaints")
            .into_iter()
            .find(|taint| *taint != "CriticalAddonsOnly=true:NoSchedule" && !taint.ends_with(":PreferNoSchedule"));
        match bad {
            Some(taint) if pool.is_system() => Err(invalid(
                "agentPoolProfile.nodeTaints",
                format!("'{taint}' would keep system pods off a system agent pool; only CriticalAddonsOnly=true:NoSchedule is allowed"),
            )),
            _ => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::{Outcome, World, lay};

    fn put(more: Value) -> Outcome {
        let mut pool = json!({"mode": "System", "vmSize": "Standard_D4s_v5", "count": 1});
        lay(&mut pool, &more);
        World::with(
            json!({"windowsProfile": {"adminUsername": "azureuser"}}),
            json!({}),
            json!({}),
        )
        .put_pool("more", pool)
    }

    #[test]
    fn a_system_pool_is_linux_and_regular() {
        put(json!({})).accepted();
        put(json!({"osType": "Windows"})).refused_by("system-pool-linux");
        put(json!({"scaleSetPriority": "Spot"})).refused_by("system-pool-not-spot");
    }

    #[test]
    fn the_first_pool_is_linux() {
        let windows = json!({"name": "win", "osType": "Windows", "vmSize": "Standard_D4s_v5"});
        let system = json!({"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5"});
        let create = |pools: Value| {
            World::create(
                json!({"properties": {"windowsProfile": {"adminUsername": "azureuser"}, "agentPoolProfiles": pools}}),
            )
        };
        create(json!([system, windows])).accepted();
        create(json!([windows, system])).refused_by("first-pool-linux");
    }

    #[test]
    fn a_system_pool_has_room_for_thirty_pods() {
        put(json!({"maxPods": 10, "count": 3})).accepted();
        put(json!({"maxPods": 10, "count": 2})).refused_by("system-pool-pods");
    }

    #[test]
    fn a_system_pool_has_large_enough_steady_machines() {
        put(json!({"vmSize": "Standard_A2_v2"})).accepted();
        put(json!({"vmSize": "Standard_A1_v2"})).refused_by("vm-size-floor");
        put(json!({"vmSize": "Standard_B4ms"})).refused_by("system-pool-not-burstable");
        let mut world = World::with(json!({}), json!({}), json!({"vmSize": "Standard_DS1_v2"}));
        world
            .put_pool("work", json!({"mode": "System"}))
            .refused_by("system-pool-size");
        world.pools[1]["properties"]["vmSize"] = json!("Standard_DS2_v2");
        world.put_pool("work", json!({"mode": "System"})).accepted();
    }

    #[test]
    fn a_system_pool_keeps_its_nodes_available_and_open_to_system_pods() {
        put(json!({"upgradeSettings": {"maxUnavailable": "1"}})).refused_by("system-pool-unavailable");
        put(json!({"nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"]})).accepted();
        put(json!({"nodeTaints": ["a=b:PreferNoSchedule"]})).accepted();
        put(json!({"nodeTaints": ["a=b:NoSchedule"]})).refused_by("system-pool-taints");
    }
}
