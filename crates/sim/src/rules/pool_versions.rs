//! Kubernetes versions of pools, against the region's offer and the control plane.

use super::pool_sources::rollback;
use super::request::{Pool, Request, properties};
use super::versions::current;
use super::words::{invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::catalog::{SupportPlan, Version, Wanted, resolve};
use crate::defaults::json::text;
use crate::refusal::Refusal;
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    documented("pool-version-form", POOLS, "AKS#1096, AKS's own text", version_form),
    documented(
        "pool-version-offered",
        POOLS,
        "simphera#29; SUP aks-upgrade-blocked",
        offered,
    ),
    inferred(
        "pool-version-equals-cluster-at-create",
        CLUSTER,
        "SPEC agentPoolProfiles orchestratorVersion",
        equals_at_create,
    ),
    documented(
        "pool-version-not-above-control-plane",
        POOLS,
        "rancher#33426, AKS's own text",
        not_above,
    ),
    documented(
        "pool-version-within-skew",
        POOLS,
        "Learn: supported-kubernetes-versions; SUP",
        within_skew,
    ),
    documented(
        "pool-version-one-minor-up",
        POOLS,
        "capz#1883, AKS's own text",
        one_minor_up,
    ),
];

/// Minors that a control plane may be ahead of its pools, since 1.28.
const SKEW: u32 = 3;

fn wanted(pool: &Value) -> Option<Wanted> {
    text(pool, "/orchestratorVersion")?.parse().ok()
}

fn running(pool: &Value) -> Option<Version> {
    text(pool, "/currentOrchestratorVersion")?.parse().ok()
}

/// Control plane version that the pools will meet: what it runs, or for an upgrade in the same PUT what it goes to.
fn control_plane(request: &Request<'_>) -> Option<Version> {
    let cluster = request.next_cluster();
    let now = current(cluster);
    let wanted: Option<Wanted> = text(cluster, "/properties/kubernetesVersion").and_then(|text| text.parse().ok());
    let upgrading = request.operation == super::Operation::PutCluster;
    wanted
        .filter(|_| upgrading)
        .and_then(|wanted| resolve(request.region, request.now, wanted, now))
        .or(now)
}

/// What the pool's version means: its own patch for its own minor, else the control plane's, else the newest.
fn target(request: &Request<'_>, pool: &Pool<'_>) -> Option<Version> {
    let wanted = wanted(pool.new)?;
    let own = pool.old.and_then(running);
    match own {
        Some(own) if wanted == Wanted::Alias(own.minor) || wanted == Wanted::Exact(own) => Some(own),
        _ => resolve(request.region, request.now, wanted, control_plane(request)),
    }
}

fn version_form(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let version = text(pool.new, "/orchestratorVersion").unwrap_or_default();
        require(version.parse::<Wanted>().is_ok(), || {
            invalid(
                "agentpool.Properties.OrchestratorVersion",
                format!("'{version}' is not a version like 1.36 or 1.36.4"),
            )
        })
    })
}

fn offered(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(wanted) = wanted(pool.new) else { return Ok(()) };
        require(target(request, pool).is_some(), || {
            Refusal::provider(
                400,
                "AgentPoolK8sVersionNotSupported",
                format!(
                    "Version {wanted} is not supported in this region. Please use [az aks get-versions] command to get \
                     the supported version list in this region. For more information, please check \
                     https://aka.ms/supported-version-list"
                ),
            )
            .on("agentPoolProfile.orchestratorVersion")
        })
    })
}

fn incompatible(pool: Version, control_plane: Version, why: String) -> Refusal {
    Refusal::provider(
        400,
        "NodePoolMcVersionIncompatible",
        format!(
            "Node pool version {pool} and control plane version {control_plane} are incompatible. {why} For more \
             information, please check https://aka.ms/version-skew-policy"
        ),
    )
    .on("agentPoolProfile.orchestratorVersion")
}

fn equals_at_create(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(cluster) = control_plane(request).filter(|_| request.is_create()) else {
        return Ok(());
    };
    request.for_each_pool(|pool| {
        let Some(version) = target(request, pool) else {
            return Ok(());
        };
        require(version == cluster, || {
            incompatible(
                version,
                cluster,
                "A node pool that is created with its cluster has the cluster's version.".into(),
            )
        })
    })
}

fn not_above(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(cluster) = control_plane(request) else {
        return Ok(());
    };
    request.for_each_pool(|pool| {
        let Some(version) = target(request, pool) else {
            return Ok(());
        };
        require(version <= cluster, || {
            let why = if version.minor > cluster.minor {
                format!(
                    "Minor version of node pool version {} is bigger than control plane version {}.",
                    version.minor.minor, cluster.minor.minor
                )
            } else {
                "Node pool version is bigger than control plane version.".into()
            };
            incompatible(version, cluster, why)
        })
    })
}

/// Looks at every pool of the cluster, because an upgrade of the control plane leaves the others behind.
fn within_skew(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(cluster) = control_plane(request) else {
        return Ok(());
    };
    let named = request.named_pools();
    let moving = named.iter().filter_map(|pool| target(request, pool));
    let upgrading = request.operation == super::Operation::PutCluster;
    let staying = request
        .pools
        .iter()
        .filter(|_| upgrading)
        .filter(|stored| !named.iter().any(|pool| text(stored, "/name") == Some(pool.name)))
        .filter_map(|stored| running(properties(stored)));
    moving.chain(staying).try_for_each(|version| {
        require(version.minor.minor + SKEW >= cluster.minor.minor, || {
            let why = format!(
                "Minor version of node pool cannot be more than {SKEW} versions less than control plane's version. Minor \
                 version of node pool is {} and control plane is {}.",
                version.minor.minor, cluster.minor.minor
            );
            incompatible(version, cluster, why)
        })
    })
}

/// Long-term support may skip minors, pools as well as control planes.
fn one_minor_up(request: &Request<'_>) -> Result<(), Refusal> {
    let plan = SupportPlan::parse(text(request.next_cluster(), "/properties/supportPlan"));
    request.for_each_pool(|pool| {
        let (Some(from), Some(to)) = (pool.old.and_then(running), target(request, pool)) else { return Ok(()) };
        let skips = to.minor > from.minor.next() && plan == SupportPlan::KubernetesOfficial;
        require((to >= from && !skips) || rollback(request, pool).is_some(), || {
            Refusal::provider(
                400,
                "AgentPoolUpgradeVersionNotAllowed",
                format!(
                    "Upgrade agent pool version from {from} to {to} is not allowed, you can only upgrade one minor \
                     version at a time. Please use [az aks get-upgrades] command to get the supported upgrade paths. For \
                     more information, please check https://aka.ms/aks-upgrade-version-not-allowed"
                ),
            )
            .on("agentPoolProfile.orchestratorVersion")
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};

    /// A cluster at `cluster` whose pool `work` is at `pool`.
    fn world(cluster: &str, pool: &str) -> World {
        World::with(
            json!({"kubernetesVersion": cluster}),
            json!({}),
            json!({"orchestratorVersion": pool}),
        )
    }

    fn put(world: &World, version: &str) -> Outcome {
        world.put_pool("work", json!({"orchestratorVersion": version}))
    }

    #[test]
    fn pool_version_form() {
        put(&World::new(), "1.35").accepted();
        let refusal = put(&World::new(), "newest").refused_by("pool-version-form");
        assert_eq!(
            refusal.target.as_deref(),
            Some("agentpool.Properties.OrchestratorVersion")
        );
    }

    #[test]
    fn pool_version_offered() {
        let refusal = put(&World::new(), "1.35.99").refused_by("pool-version-offered");
        assert_eq!(refusal.code, "AgentPoolK8sVersionNotSupported");
    }

    #[test]
    fn pools_created_with_a_cluster_have_its_version() {
        let create = |version: &str| {
            World::create(
                json!({"properties": {"kubernetesVersion": "1.36.4", "agentPoolProfiles": [
                {"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "orchestratorVersion": version}]}}),
            )
        };
        create("1.36").accepted();
        create("1.35.8").refused_by("pool-version-equals-cluster-at-create");
    }

    #[test]
    fn a_pool_is_never_above_its_control_plane() {
        put(&world("1.36.3", "1.35.8"), "1.36.3").accepted();
        put(&world("1.36.3", "1.35.8"), "1.36").accepted();
        put(&world("1.36.3", "1.35.8"), "1.36.4").refused_by("pool-version-not-above-control-plane");
        let refusal = put(&World::new(), "1.36.4").refused_by("pool-version-not-above-control-plane");
        assert!(
            refusal
                .message
                .contains("Minor version of node pool version 36 is bigger than control plane version 35.")
        );
    }

    #[test]
    fn a_pool_goes_up_one_minor_at_a_time() {
        put(&world("1.36.4", "1.34.11"), "1.35.8").accepted();
        let refusal = put(&world("1.36.4", "1.34.11"), "1.36.4").refused_by("pool-version-one-minor-up");
        assert_eq!(refusal.code, "AgentPoolUpgradeVersionNotAllowed");
        put(&world("1.36.4", "1.35.8"), "1.35.7").refused_by("pool-version-one-minor-up");
    }

    #[test]
    fn a_new_pool_may_lag_three_minors_and_an_upgrade_leaves_no_pool_further_behind() {
        let world = world("1.36.4", "1.33.13");
        world
            .put_pool("more", json!({"orchestratorVersion": "1.33.13"}))
            .accepted();
        world
            .put_pool("more", json!({"orchestratorVersion": "1.32.13"}))
            .refused_by("pool-version-within-skew");
        world
            .put_cluster(json!({"properties": {"kubernetesVersion": "1.37.1"}}))
            .refused_by("pool-version-within-skew");
    }
}
