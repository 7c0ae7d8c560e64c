//! Which pools a cluster PUT may name, and how many there may be.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::{Operation, Request, differ};
use super::words::{bad_request, invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::catalog::surge;
use crate::defaults::json::{flag, integer, is, list, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    inferred(
        "pool-names-unique",
        CLUSTER,
        "SPEC: pools are addressed by name",
        pool_names_unique,
    ),
    documented(
        "create-needs-system-pool",
        CLUSTER,
        "AKS#1602; Learn: use-system-pools",
        create_needs_system_pool,
    ),
    documented(
        "cluster-put-adds-no-pool",
        CLUSTER,
        "tyger#121, AKS's own text",
        adds_no_pool,
    ),
    documented(
        "cluster-put-drops-no-pool",
        CLUSTER,
        "AKS release notes 2022-04; AKS#2889",
        drops_no_pool,
    ),
    documented(
        "cluster-put-pool-only-fields",
        CLUSTER,
        "Observed 2026-05; azure-rest-api-specs#40740",
        pool_only_fields,
    ),
    documented(
        "last-system-pool-stays",
        &[Operation::DeletePool],
        "Learn: use-system-pools; rancher tests",
        last_pool_stays,
    ),
    documented(
        "last-system-pool-mode",
        POOLS,
        "Learn: use-system-pools",
        last_system_mode,
    ),
    documented("pool-limit", POOLS, "Learn: quotas-skus-regions, 100 pools", pool_limit),
    documented(
        "node-limit",
        POOLS,
        "Learn: quotas-skus-regions, 5000 nodes, 400 with kubenet",
        node_limit,
    ),
    documented(
        "pool-node-limit",
        POOLS,
        "Learn: upgrade-aks-node-pools-rolling, 1000 with surge",
        pool_node_limit,
    ),
];

fn sent_names<'a>(request: &Request<'a>) -> Vec<&'a str> {
    list(request.sent, "/properties/agentPoolProfiles")
        .iter()
        .filter_map(|pool| text(pool, "/name"))
        .collect()
}

fn pool_names_unique(request: &Request<'_>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    sent_names(request).into_iter().try_for_each(|name| {
        require(seen.insert(name.to_ascii_lowercase()), || {
            invalid(
                "agentPoolProfiles",
                format!("the name '{name}' is used by more than one agent pool"),
            )
        })
    })
}

fn create_needs_system_pool(request: &Request<'_>) -> Result<(), Refusal> {
    // An Automatic cluster brings hosted system nodes of its own.
    let hosted = flag(request.new, "/properties/hostedSystemProfile/enabled");
    let system = request
        .next_pools
        .iter()
        .any(|pool| is(pool, "/properties/mode", "System"));
    require(!request.is_create() || system || hosted, || {
        bad_request("agentPoolProfiles", "Must define at least one system pool.")
    })
}

fn adds_no_pool(request: &Request<'_>) -> Result<(), Refusal> {
    let known = |name: &str| request.pools.iter().any(|pool| is(pool, "/name", name));
    require(
        request.is_create() || sent_names(request).into_iter().all(known),
        || {
            bad_request(
                "agentPoolProfiles",
                "A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through managed \
             cluster operations. For agent pool specific change, please use per agent pool operations: \
             https://aka.ms/agent-pool-rest-api",
            )
        },
    )
}

/// A PUT without the list keeps all pools; one with the list has to name them all.
fn drops_no_pool(request: &Request<'_>) -> Result<(), Refusal> {
    let named = sent_names(request);
    if named.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = request
        .pools
        .iter()
        .filter_map(|pool| text(pool, "/name"))
        .filter(|name| !named.iter().any(|other| other.eq_ignore_ascii_case(name)))
        .collect();
    require(missing.is_empty(), || {
        bad_request(
            "agentPoolProfiles",
            format!(
                "Agent pools were dropped: {}. Removing agent pools from an existing cluster is not allowed through \
                 managed cluster operations. For agent pool specific change, please use per agent pool operations: \
                 https://aka.ms/agent-pool-rest-api",
                missing.join(", ")
            ),
        )
    })
}

/// Fields that only the pool's own API takes may be echoed and not changed through the cluster.
fn pool_only_fields(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(old) = pool.old else { return Ok(()) };
        ["securityProfile", "artifactStreamingProfile"].into_iter().try_for_each(|field| {
            let changed = pool.sent.get(field).is_some_and(|_| differ(old.get(field), pool.new.get(field)));
            require(!changed, || {
                bad_request(
                    &format!("agentPoolProfiles.{field}"),
                    format!(
                        "Changing '{field}' of agent pool '{}' is not allowed through managed cluster operations. For \
                         agent pool specific change, please use per agent pool operations: \
                         https://aka.ms/agent-pool-rest-api",
                        pool.name
                    ),
                )
            })
        })
    })
}

fn last_pool_stays(request: &Request<'_>) -> Result<(), Refusal> {
    let refuse = |message: &str| Refusal::provider(400, "OperationNotAllowed", message);
    let left = request.pools_afterwards();
    require(!left.is_empty(), || refuse("There has to be at least one agent pool."))?;
    let hosted = flag(request.next_cluster(), "/properties/hostedSystemProfile/enabled");
    require(
        hosted || left.iter().any(|(_, pool)| is(pool, "/mode", "System")),
        || refuse("There has to be at least one system agent pool."),
    )
}

fn last_system_mode(request: &Request<'_>) -> Result<(), Refusal> {
    let was_system = request.pools.iter().any(|pool| is(pool, "/properties/mode", "System"));
    let is_system = request
        .pools_afterwards()
        .iter()
        .any(|(_, pool)| is(pool, "/mode", "System"));
    require(!was_system || is_system, || {
        Refusal::provider(
            400,
            "OperationNotAllowed",
            "There has to be at least one system agent pool.",
        )
        .on("agentPoolProfile.mode")
    })
}

fn pool_limit(request: &Request<'_>) -> Result<(), Refusal> {
    let pools = request.pools_afterwards().len();
    require(pools <= 100, || {
        invalid(
            "agentPoolProfiles",
            format!("the cluster would have {pools} agent pools and 100 are allowed"),
        )
    })
}

fn count(pool: &Value) -> i64 {
    integer(pool, "/count").unwrap_or(0)
}

fn node_limit(request: &Request<'_>) -> Result<(), Refusal> {
    let kubenet = is(
        request.next_cluster(),
        "/properties/networkProfile/networkPlugin",
        "kubenet",
    );
    let limit = if kubenet { 400 } else { 5000 };
    let nodes: i64 = request.pools_afterwards().iter().map(|(_, pool)| count(pool)).sum();
    let grows = request
        .named_pools()
        .iter()
        .any(|pool| pool.old.is_none_or(|old| count(pool.new) > count(old)));
    require(nodes <= limit || !grows, || {
        invalid(
            "agentPoolProfile.count",
            format!("the cluster would have {nodes} nodes and {limit} are allowed"),
        )
    })
}

/// Surge nodes count towards the scale set's limit when a pool is upgraded.
fn pool_node_limit(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let upgrades = pool
            .old
            .is_some_and(|old| differ(old.get("orchestratorVersion"), pool.new.get("orchestratorVersion")));
        if !upgrades || pool.is_spot() {
            return Ok(());
        }
        let nodes = u32::try_from(count(pool.new)).unwrap_or(0);
        let extra = surge(text(pool.new, "/upgradeSettings/maxSurge"), nodes);
        require(nodes + extra <= 1000, || {
            invalid(
                "agentPoolProfile.upgradeSettings.maxSurge",
                format!("{nodes} nodes and {extra} surge nodes exceed the 1000 nodes of an agent pool"),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;
    use super::super::request::Operation;

    fn put_pools(world: &World, pools: serde_json::Value) -> super::super::fixture::Outcome {
        world.put_cluster(json!({"properties": {"agentPoolProfiles": pools}}))
    }

    #[test]
    fn pool_names_unique() {
        let pool = |name: &str| json!({"name": name, "mode": "System", "vmSize": "Standard_D4s_v5"});
        let create = |pools: serde_json::Value| World::create(json!({"properties": {"agentPoolProfiles": pools}}));
        create(json!([pool("a"), pool("b")])).accepted();
        create(json!([pool("a"), pool("a")])).refused_by("pool-names-unique");
    }

    #[test]
    fn create_needs_system_pool() {
        let create = |mode: &str| {
            World::create(
                json!({"properties": {"agentPoolProfiles": [{"name": "a", "mode": mode, "vmSize": "Standard_D4s_v5"}]}}),
            )
        };
        create("system").accepted();
        let refusal = create("User").refused_by("create-needs-system-pool");
        assert_eq!(refusal.message, "Must define at least one system pool.");
        World::create(json!({"properties": {"agentPoolProfiles": []}})).refused_by("create-needs-system-pool");
    }

    #[test]
    fn a_cluster_put_names_all_pools_or_none() {
        let world = World::new();
        let version = "1.35.8";
        let entry = |name: &str| json!({"name": name, "orchestratorVersion": version});
        world.put_cluster(json!({"properties": {}})).accepted();
        put_pools(&world, json!([entry("system"), entry("work")])).accepted();
        put_pools(&world, json!([entry("system")])).refused_by("cluster-put-drops-no-pool");
        let refusal = put_pools(&world, json!([entry("system"), entry("work"), entry("more")]))
            .refused_by("cluster-put-adds-no-pool");
        assert_eq!((refusal.status, refusal.code.as_ref()), (400, "BadRequest"));
        assert_eq!(refusal.target.as_deref(), Some("agentPoolProfiles"));
    }

    #[test]
    fn pool_only_fields_may_be_echoed_and_not_changed_through_the_cluster() {
        let world = World::new();
        let put = |vtpm: bool| {
            put_pools(
                &world,
                json!([{"name": "system", "orchestratorVersion": "1.35.8"},
                    {"name": "work", "orchestratorVersion": "1.35.8", "securityProfile": {"enableVTPM": vtpm}}]),
            )
        };
        put(false).accepted();
        put(true).refused_by("cluster-put-pool-only-fields");
        world
            .put_pool("work", json!({"securityProfile": {"enableVTPM": true}}))
            .accepted();
    }

    #[test]
    fn last_system_pool() {
        let world = World::new();
        world.act(Operation::DeletePool, "work").accepted();
        world
            .act(Operation::DeletePool, "system")
            .refused_by("last-system-pool-stays");
        world
            .put_pool("system", json!({"mode": "User"}))
            .refused_by("last-system-pool-mode");
        let mut two = World::with(json!({}), json!({}), json!({"mode": "System"}));
        two.act(Operation::DeletePool, "system").accepted();
        two.put_pool("system", json!({"mode": "User"})).accepted();
        two.pools.truncate(1);
        let refusal = two
            .act(Operation::DeletePool, "system")
            .refused_by("last-system-pool-stays");
        assert_eq!(refusal.message, "There has to be at least one agent pool.");
    }

    #[test]
    fn pool_limit() {
        let mut world = World::new();
        let work = world.pools[1].clone();
        for number in 2..99 {
            let mut pool = work.clone();
            pool["name"] = json!(format!("p{number}"));
            world.pools.push(pool);
        }
        world.put_pool("more", json!({})).accepted();
        world
            .pools
            .push(json!({"name": "last", "properties": work["properties"].clone()}));
        world.put_pool("more", json!({})).refused_by("pool-limit");
    }

    #[test]
    fn node_limit() {
        let kubenet = json!({"networkProfile": {"networkPlugin": "kubenet"}});
        let world = World::with(kubenet, json!({}), json!({}));
        world.put_pool("work", json!({"count": 397})).accepted();
        world.put_pool("work", json!({"count": 398})).refused_by("node-limit");
    }

    #[test]
    fn surge_counts_towards_the_limit_of_a_pool() {
        let pod_range = json!({"networkProfile": {"podCidr": "10.128.0.0/9"}, "kubernetesVersion": "1.36.4"});
        let work = |count: u32| json!({"orchestratorVersion": "1.35.8", "count": count, "upgradeSettings": {"maxSurge": "10"}});
        let upgrade = json!({"orchestratorVersion": "1.36.4"});
        World::with(pod_range.clone(), json!({}), work(990))
            .put_pool("work", upgrade.clone())
            .accepted();
        World::with(pod_range, json!({}), work(991))
            .put_pool("work", upgrade)
            .refused_by("pool-node-limit");
    }
}
