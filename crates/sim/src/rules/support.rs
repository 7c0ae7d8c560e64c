//! Tier, support plan, channels, and which node operating systems a version takes.

use super::request::Request;
use super::words::{bad_request, invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::catalog::{Minor, SupportPlan, Version, versions};
use crate::defaults::json::{flag, is, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    inferred(
        "long-term-support-needs-premium",
        CLUSTER,
        "CLI; Learn: long-term-support",
        lts_needs_premium,
    ),
    documented(
        "long-term-support-left-while-supported",
        CLUSTER,
        "Learn: long-term-support",
        lts_left_while_supported,
    ),
    documented(
        "cost-analysis-needs-tier",
        CLUSTER,
        "Learn: cost-analysis; TF",
        cost_analysis_needs_tier,
    ),
    documented(
        "automatic-needs-tier",
        CLUSTER,
        "Learn: aks-automatic, Standard tier",
        automatic_needs_tier,
    ),
    inferred(
        "channel-node-image-pair",
        CLUSTER,
        "TF; Learn: auto-upgrade-cluster",
        channel_pair,
    ),
    documented(
        "os-sku-fits-version",
        POOLS,
        "Learn: upgrade-os-version; AKS release notes",
        os_sku_fits_version,
    ),
    inferred("os-sku-fits-type", POOLS, "SPEC osSKU", os_sku_fits_type),
];

fn lts_needs_premium(request: &Request<'_>) -> Result<(), Refusal> {
    let lts = is(request.new, "/properties/supportPlan", "AKSLongTermSupport");
    require(!lts || is(request.new, "/sku/tier", "Premium"), || {
        bad_request(
            "sku.tier",
            "Long term support is only available for premium tier clusters.",
        )
    })
}

fn lts_left_while_supported(request: &Request<'_>) -> Result<(), Refusal> {
    let was = request
        .old
        .is_some_and(|old| is(old, "/properties/supportPlan", "AKSLongTermSupport"));
    let leaves = was && !is(request.new, "/properties/supportPlan", "AKSLongTermSupport");
    let running = request.old.and_then(|old| {
        text(old, "/properties/currentKubernetesVersion")?
            .parse::<Version>()
            .ok()
    });
    let community = running.is_some_and(|running| {
        versions(request.region, request.now)
            .iter()
            .any(|offer| offer.minor == running.minor && offer.plans.contains(&SupportPlan::KubernetesOfficial))
    });
    require(!leaves || community, || {
        bad_request(
            "supportPlan",
            "The cluster's Kubernetes version is only available for Long-Term Support (LTS); upgrade to a version with \
             community support before leaving it.",
        )
    })
}

fn cost_analysis_needs_tier(request: &Request<'_>) -> Result<(), Refusal> {
    let on = flag(request.new, "/properties/metricsProfile/costAnalysis/enabled");
    require(!on || !is(request.new, "/sku/tier", "Free"), || {
        bad_request(
            "metricsProfile.costAnalysis.enabled",
            "Cost analysis needs the Standard or Premium tier.",
        )
    })
}

fn automatic_needs_tier(request: &Request<'_>) -> Result<(), Refusal> {
    let automatic = is(request.new, "/sku/name", "Automatic");
    require(!automatic || !is(request.new, "/sku/tier", "Free"), || {
        bad_request("sku.tier", "The Automatic SKU needs the Standard or Premium tier.")
    })
}

fn channel_pair(request: &Request<'_>) -> Result<(), Refusal> {
    let profile = "/properties/autoUpgradeProfile";
    let node_image = is(request.new, &format!("{profile}/upgradeChannel"), "node-image");
    let os = text(request.sent, &format!("{profile}/nodeOSUpgradeChannel")).unwrap_or("NodeImage");
    require(!node_image || os.eq_ignore_ascii_case("NodeImage"), || {
        invalid(
            "autoUpgradeProfile.nodeOSUpgradeChannel",
            format!("'{os}' does not go with upgradeChannel node-image, which needs NodeImage"),
        )
    })
}

/// First and last minor that takes an `osSKU` by its pinned name.
const PINNED: &[(&str, Option<u32>, Option<u32>)] = &[
    ("ubuntu2204", None, Some(36)),
    ("ubuntu2404", Some(32), None),
    ("azurelinux3", Some(28), Some(36)),
    ("azurecontainerlinux", Some(34), None),
    ("windows2019", None, Some(32)),
    ("windows2022", None, Some(36)),
    ("windows2025", Some(32), None),
];

fn os_sku_fits_version(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let (Some(sku), Some(version)) = (text(pool.new, "/osSKU"), text(pool.new, "/orchestratorVersion")) else {
            return Ok(());
        };
        let Ok(wanted) = version.parse::<crate::catalog::Wanted>() else {
            return Ok(());
        };
        let minor = wanted.minor();
        let fits = PINNED
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(sku))
            .is_none_or(|(_, first, last)| {
                first.is_none_or(|first| minor >= Minor::one(first))
                    && last.is_none_or(|last| minor <= Minor::one(last))
            });
        require(fits, || {
            invalid(
                "agentPoolProfile.osSKU",
                format!("'{sku}' is not supported with Kubernetes version {minor}"),
            )
        })
    })
}

fn os_sku_fits_type(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(sku) = text(pool.new, "/osSKU") else {
            return Ok(());
        };
        let windows = sku.to_ascii_lowercase().starts_with("windows");
        require(windows == pool.is_windows(), || {
            let os = text(pool.new, "/osType").unwrap_or("Linux");
            invalid(
                "agentPoolProfile.osSKU",
                format!("'{sku}' does not go with osType {os}"),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;

    #[test]
    fn long_term_support_needs_premium() {
        let create = |tier: &str| {
            World::create(json!({"sku": {"tier": tier}, "properties": {"supportPlan": "AKSLongTermSupport"}}))
        };
        create("Premium").accepted();
        create("Standard").refused_by("long-term-support-needs-premium");
    }

    #[test]
    fn long_term_support_is_left_only_on_a_community_version() {
        let leave = |version: &str| {
            let plan = json!({"supportPlan": "AKSLongTermSupport", "kubernetesVersion": version});
            let mut world = World::with(plan, json!({}), json!({}));
            world.cluster["sku"]["tier"] = json!("Premium");
            world.put_cluster(json!({"properties": {"supportPlan": "KubernetesOfficial"}}))
        };
        leave("1.34.11").accepted();
        leave("1.33.13").refused_by("long-term-support-left-while-supported");
    }

    #[test]
    fn paid_features_need_a_paid_tier() {
        let costs = |tier: &str| {
            World::create(
                json!({"sku": {"tier": tier}, "properties": {"metricsProfile": {"costAnalysis": {"enabled": true}}}}),
            )
        };
        costs("Standard").accepted();
        costs("Free").refused_by("cost-analysis-needs-tier");
        World::create(json!({"sku": {"name": "Automatic"}})).accepted();
        World::create(json!({"sku": {"name": "Automatic", "tier": "Free"}})).refused_by("automatic-needs-tier");
    }

    #[test]
    fn channel_node_image_pair() {
        let channels = |os: &str| {
            World::create(json!({"properties": {
                "autoUpgradeProfile": {"upgradeChannel": "node-image", "nodeOSUpgradeChannel": os}}}))
        };
        channels("NodeImage").accepted();
        channels("None").refused_by("channel-node-image-pair");
    }

    #[test]
    fn os_sku_fits_version_and_type() {
        let put = |sku: &str| World::new().put_pool("more", json!({"osSKU": sku}));
        put("Ubuntu2404").accepted();
        put("Windows2022").refused_by("os-sku-fits-type");
        let at_37 = World::with(json!({"kubernetesVersion": "1.37.1"}), json!({}), json!({}));
        at_37.put_pool("more", json!({"osSKU": "Ubuntu2404"})).accepted();
        at_37
            .put_pool("more", json!({"osSKU": "Ubuntu2204"}))
            .refused_by("os-sku-fits-version");
    }
}
