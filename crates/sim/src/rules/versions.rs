//! The cluster's Kubernetes version: what may be asked for, and how far one upgrade goes.

use serde_json::Value;

use super::request::{Operation, Request};
use super::words::{invalid, require};
use super::{CLUSTER, Rule, documented, inferred};
use crate::catalog::{SupportPlan, Version, Wanted, resolve, upgrades, versions};
use crate::defaults::json::{flag, integer, list, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented("version-form", CLUSTER, "SPEC kubernetesVersion; CLI", version_form),
    documented(
        "version-not-downgraded",
        CLUSTER,
        "rancher#33561, AKS's own text",
        not_downgraded,
    ),
    documented(
        "version-offered",
        CLUSTER,
        "SUP aks-upgrade-blocked; observed 2026-07 for the LTS form",
        offered,
    ),
    documented(
        "version-one-minor-at-a-time",
        CLUSTER,
        "Learn: supported-kubernetes-versions; rancher/dashboard#11884",
        one_minor,
    ),
    documented(
        "version-pools-all-or-none",
        CLUSTER,
        "azure-cli#22807, AKS's own text",
        pools_all_or_none,
    ),
    documented(
        "version-control-plane-alone-without-channel",
        CLUSTER,
        "Learn: auto-upgrade-cluster",
        alone_without_channel,
    ),
    documented(
        "version-not-with-count",
        CLUSTER,
        "AKS#1245, AKS's own text",
        not_with_count,
    ),
    inferred(
        "node-image-upgrade-needs-version",
        &[Operation::UpgradeNodeImage],
        "Learn: upgrade-node-image",
        node_image_upgrade,
    ),
];

fn wanted(cluster: &Value) -> Option<Wanted> {
    text(cluster, "/properties/kubernetesVersion")?.parse().ok()
}

fn plan(cluster: &Value) -> SupportPlan {
    SupportPlan::parse(text(cluster, "/properties/supportPlan"))
}

/// The version that a cluster runs.
pub(super) fn current(cluster: &Value) -> Option<Version> {
    text(cluster, "/properties/currentKubernetesVersion")?.parse().ok()
}

/// From where to where an update takes the control plane; `None` for a create, for no change, and for a version that
/// is not on offer.
fn upgrade(request: &Request<'_>) -> Option<(Version, Version)> {
    let from = current(request.old?)?;
    let to = resolve(request.region, request.now, wanted(request.new)?, Some(from))?;
    (from != to).then_some((from, to))
}

fn version_form(request: &Request<'_>) -> Result<(), Refusal> {
    let version = text(request.new, "/properties/kubernetesVersion").unwrap_or_default();
    require(version.parse::<Wanted>().is_ok(), || {
        invalid(
            "properties.kubernetesVersion",
            format!("'{version}' is not a version like 1.36 or 1.36.4"),
        )
    })
}

fn not_downgraded(request: &Request<'_>) -> Result<(), Refusal> {
    let (Some(from), Some(wanted)) = (request.old.and_then(current), wanted(request.new)) else {
        return Ok(());
    };
    let down = match wanted {
        Wanted::Alias(minor) => minor < from.minor,
        Wanted::Exact(version) => version < from,
    };
    require(!down, || {
        Refusal::provider(
            400,
            "OperationNotAllowed",
            format!("Downgrading Kubernetes version {from} to {wanted} is not allowed."),
        )
    })
}

fn offered(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(wanted) = wanted(request.new) else {
        return Ok(());
    };
    let running = request.old.and_then(current);
    let Some(target) = resolve(request.region, request.now, wanted, running) else {
        return Err(not_supported(&wanted.to_string()));
    };
    if running == Some(target) {
        return Ok(());
    }
    let offers = versions(request.region, request.now);
    let plans = offers
        .iter()
        .find(|offer| offer.minor == target.minor)
        .map(|offer| offer.plans.clone())
        .unwrap_or_default();
    require(plans.contains(&plan(request.new)), || {
        Refusal::provider(
            400,
            "K8sVersionNotSupported",
            if plans.contains(&SupportPlan::LongTermSupport) {
                format!(
                    "Managed cluster is on version {target}, which is only available for Long-Term Support (LTS). If you \
                     intend to onboard to LTS, please ensure the cluster is in Premium tier and LTS support plan. \
                     Otherwise, use [az aks get-versions] command to get the supported version list in this region. For \
                     more information, please check https://aka.ms/supported-version-list"
                )
            } else {
                format!("Version {target} is a preview and is not available for Long-Term Support (LTS).")
            },
        )
        .on("properties.kubernetesVersion")
    })
}

fn not_supported(version: &str) -> Refusal {
    Refusal::provider(
        400,
        "K8sVersionNotSupported",
        format!(
            "Version {version} is not supported in this region. Please use [az aks get-versions] command to get the \
             supported version list in this region. For more information, please check \
             https://aka.ms/supported-version-list"
        ),
    )
    .on("properties.kubernetesVersion")
}

fn one_minor(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((from, to)) = upgrade(request) else {
        return Ok(());
    };
    let allowed = upgrades(request.region, request.now, from, plan(request.new));
    require(allowed.iter().any(|target| target.version == to), || {
        let allowed: Vec<String> = allowed.iter().map(|target| target.version.to_string()).collect();
        Refusal::provider(
            400,
            "OperationNotAllowed",
            format!(
                "Upgrading Kubernetes version {from} to {to} is not allowed. Available upgrades: [{}]. Please see \
                 https://aka.ms/aks-supported-k8s-ver for version details.",
                allowed.join(" ")
            ),
        )
    })
}

fn all_or_none_refusal() -> Refusal {
    Refusal::provider(
        400,
        "NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged",
        "Using managed cluster api, all Agent pools' OrchestratorVersion must be all specified or all unspecified. If all \
         specified, they must be stay unchanged or the same with control plane. For agent pool specific change, please \
         use per agent pool operations: https://aka.ms/agent-pool-rest-api",
    )
    .on("agentPoolProfiles")
}

fn pools_all_or_none(request: &Request<'_>) -> Result<(), Refusal> {
    if request.is_create() {
        return Ok(());
    }
    let sent = list(request.sent, "/properties/agentPoolProfiles");
    let specified = sent
        .iter()
        .filter(|pool| text(pool, "/orchestratorVersion").is_some())
        .count();
    require(specified == 0 || specified == sent.len(), all_or_none_refusal)?;
    request.for_each_pool(|pool| {
        let Some(version) = text(pool.sent, "/orchestratorVersion") else {
            return Ok(());
        };
        let same = |other: Option<&str>| other.is_some_and(|other| other == version);
        let unchanged = pool.old.is_some_and(|old| {
            same(text(old, "/orchestratorVersion")) || same(text(old, "/currentOrchestratorVersion"))
        });
        let follows = same(text(request.new, "/properties/kubernetesVersion"));
        require(unchanged || follows, all_or_none_refusal)
    })
}

fn channel_is_on(cluster: &Value) -> bool {
    text(cluster, "/properties/autoUpgradeProfile/upgradeChannel").is_some_and(|channel| {
        !["none", "node-image"]
            .iter()
            .any(|off| off.eq_ignore_ascii_case(channel))
    })
}

/// With an auto-upgrade channel the control plane never moves without its pools.
fn alone_without_channel(request: &Request<'_>) -> Result<(), Refusal> {
    let Some((_, to)) = upgrade(request) else { return Ok(()) };
    let follows = |pool: &Value| {
        text(pool, "/properties/orchestratorVersion")
            .and_then(|version| version.parse::<Wanted>().ok())
            .is_some_and(|wanted| wanted == Wanted::Exact(to) || wanted == Wanted::Alias(to.minor))
    };
    let alone = !request.next_pools.iter().all(follows);
    require(!alone || !channel_is_on(request.new), all_or_none_refusal)
}

fn not_with_count(request: &Request<'_>) -> Result<(), Refusal> {
    if upgrade(request).is_none() {
        return Ok(());
    }
    request.for_each_pool(|pool| {
        let scaled = pool.old.is_some_and(|old| {
            !flag(old, "/enableAutoScaling") && integer(old, "/count") != integer(pool.new, "/count")
        });
        require(!scaled, || {
            Refusal::provider(
                409,
                "Conflict",
                "Updating Kubernetes version and agent node scaling are mutually exclusive operations.",
            )
        })
    })
}

fn node_image_upgrade(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        text(request.new, "/properties/currentOrchestratorVersion").is_some(),
        || {
            Refusal::provider(
                400,
                "BadRequest",
                "The agent pool has never been provisioned; its node image cannot be upgraded.",
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn create(version: &str) -> Outcome {
        World::create(json!({"properties": {"kubernetesVersion": version}}))
    }

    fn put(version: &str) -> Outcome {
        World::new().put_cluster(json!({"properties": {"kubernetesVersion": version}}))
    }

    #[test]
    fn version_form() {
        create("1.36").accepted();
        create("v1.36.4").accepted();
        create("latest").refused_by("version-form");
    }

    #[test]
    fn only_offered_versions_can_be_had() {
        create("1.34.11").accepted();
        let refusal = create("1.29.1").refused_by("version-offered");
        assert_eq!((refusal.status, refusal.code.as_ref()), (400, "K8sVersionNotSupported"));
        assert!(
            refusal
                .message
                .starts_with("Version 1.29.1 is not supported in this region.")
        );
        let refusal = create("1.33.13").refused_by("version-offered");
        assert!(refusal.message.contains("only available for Long-Term Support"));
        World::create(json!({"sku": {"tier": "Premium"},
            "properties": {"kubernetesVersion": "1.33.13", "supportPlan": "AKSLongTermSupport"}}))
        .accepted();
    }

    #[test]
    fn a_version_goes_up_one_minor_at_a_time_and_never_down() {
        put("1.35").accepted();
        put("1.36").accepted();
        put("1.36.4").accepted();
        let refusal = put("1.37.1").refused_by("version-one-minor-at-a-time");
        assert_eq!(
            refusal.message,
            "Upgrading Kubernetes version 1.35.8 to 1.37.1 is not allowed. Available upgrades: [1.36.4 1.36.3 1.36.2 \
             1.36.1 1.36.0]. Please see https://aka.ms/aks-supported-k8s-ver for version details."
        );
        let refusal = put("1.35.7").refused_by("version-not-downgraded");
        assert_eq!(
            refusal.message,
            "Downgrading Kubernetes version 1.35.8 to 1.35.7 is not allowed."
        );
        put("1.34").refused_by("version-not-downgraded");
    }

    fn with_pools(version: &str, system: Value, work: Value) -> Outcome {
        let mut pools = json!([{"name": "system"}, {"name": "work"}]);
        super::super::fixture::lay(&mut pools[0], &system);
        super::super::fixture::lay(&mut pools[1], &work);
        World::new().put_cluster(json!({"properties": {"kubernetesVersion": version, "agentPoolProfiles": pools}}))
    }

    #[test]
    fn pool_versions_are_all_specified_or_none() {
        let at = |version: &str| json!({"orchestratorVersion": version});
        with_pools("1.36.4", json!({}), json!({})).accepted();
        with_pools("1.36.4", at("1.36.4"), at("1.36.4")).accepted();
        with_pools("1.36.4", at("1.35.8"), at("1.35.8")).accepted();
        with_pools("1.36.4", at("1.35.8"), json!({})).refused_by("version-pools-all-or-none");
        with_pools("1.36.4", at("1.36.3"), at("1.36.3")).refused_by("version-pools-all-or-none");
    }

    #[test]
    fn the_control_plane_moves_alone_only_without_a_channel() {
        let channel = |channel: &str| {
            World::with(
                json!({"autoUpgradeProfile": {"upgradeChannel": channel}}),
                json!({}),
                json!({}),
            )
        };
        let alone = json!({"properties": {"kubernetesVersion": "1.36.4"}});
        let entry = |name: &str| json!({"name": name, "orchestratorVersion": "1.36.4"});
        let together = json!({"properties": {"kubernetesVersion": "1.36.4", "agentPoolProfiles": [entry("system"), entry("work")]}});
        channel("none").put_cluster(alone.clone()).accepted();
        channel("patch").put_cluster(together).accepted();
        let refusal = channel("patch")
            .put_cluster(alone)
            .refused_by("version-control-plane-alone-without-channel");
        assert_eq!(refusal.code, "NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged");
    }

    #[test]
    fn version_not_with_count() {
        let refusal = with_pools("1.36.4", json!({"count": 5}), json!({})).refused_by("version-not-with-count");
        assert_eq!((refusal.status, refusal.code.as_ref()), (409, "Conflict"));
        with_pools("1.35.8", json!({"count": 5}), json!({})).accepted();
    }

    #[test]
    fn a_running_pool_takes_a_node_image_upgrade() {
        World::new().act(Operation::UpgradeNodeImage, "work").accepted();
    }
}
