//! Which versions a region offers, and where a cluster may go from the one it runs.

use jiff::Timestamp;

use super::calendar::{Phase, day, on_offer};
use super::version::{Minor, Version, Wanted};

/// Which support a cluster pays for (SPEC `supportPlan`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportPlan {
    /// `KubernetesOfficial`: community support, about twelve months a minor.
    KubernetesOfficial,
    /// `AKSLongTermSupport`: two years a minor, Premium tier only.
    LongTermSupport,
}

impl SupportPlan {
    /// The plan's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KubernetesOfficial => "KubernetesOfficial",
            Self::LongTermSupport => "AKSLongTermSupport",
        }
    }

    /// The plan of a cluster's `supportPlan`; anything else, and absence, is the community plan.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some(text) if text.eq_ignore_ascii_case(Self::LongTermSupport.as_str()) => Self::LongTermSupport,
            _ => Self::KubernetesOfficial,
        }
    }
}

/// One minor that a region offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The minor.
    pub minor: Minor,
    /// Patches on offer, oldest first, never empty.
    pub patches: Vec<Version>,
    /// Plans under which it can be had.
    pub plans: Vec<SupportPlan>,
    /// Taken when a create names no version.
    pub is_default: bool,
    /// Not yet generally available.
    pub is_preview: bool,
}

/// A version that a cluster or pool may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The version.
    pub version: Version,
    /// Not yet generally available.
    pub is_preview: bool,
}

/// Minors that `region` offers at `now`, oldest first. `uksouth` still has the newest one in preview.
#[must_use]
pub fn versions(region: &str, now: Timestamp) -> Vec<Offer> {
    let minors = on_offer(region, day(now));
    let newest = minors
        .iter()
        .rev()
        .find(|(_, phase, _)| *phase == Phase::Community)
        .map(|(minor, ..)| *minor);
    minors
        .into_iter()
        .filter(|(_, _, patches)| !patches.is_empty())
        .map(|(minor, phase, patches)| Offer {
            minor,
            patches,
            plans: match phase {
                Phase::Preview => vec![SupportPlan::KubernetesOfficial],
                Phase::Community => vec![SupportPlan::KubernetesOfficial, SupportPlan::LongTermSupport],
                Phase::LongTerm => vec![SupportPlan::LongTermSupport],
            },
            is_default: Some(minor.next()) == newest,
            is_preview: phase == Phase::Preview,
        })
        .collect()
}

/// What a create without a version gets: the newest patch of N-1, N being the newest generally available minor
/// (REC 2025-10: 1.32 while N was 1.33). `None` only for a region that offers nothing.
#[must_use]
pub fn default_version(region: &str, now: Timestamp) -> Option<Version> {
    let offers = versions(region, now);
    let offer = offers.iter().find(|offer| offer.is_default).or(offers.last())?;
    offer.patches.last().copied()
}

/// The version that `wanted` means in `region` at `now`: an alias stays at `current` when that is of its minor,
/// else it is the newest patch (SPEC `kubernetesVersion`). `None` when it is not on offer.
#[must_use]
pub fn resolve(region: &str, now: Timestamp, wanted: Wanted, current: Option<Version>) -> Option<Version> {
    if let Some(current) = current
        && (wanted == Wanted::Exact(current) || wanted == Wanted::Alias(current.minor))
    {
        return Some(current);
    }
    let offers = versions(region, now);
    let offer = offers.iter().find(|offer| offer.minor == wanted.minor())?;
    match wanted {
        Wanted::Alias(_) => offer.patches.last().copied(),
        Wanted::Exact(version) => offer.patches.contains(&version).then_some(version),
    }
}

/// Minors that a control plane may be ahead of a pool, and that long-term support may skip to (Learn:
/// supported-kubernetes-versions; three since 1.28).
pub(super) const SKEW: u32 = 3;

/// Where a cluster at `from` may go, newest first: later patches and the next minor; with long-term support any later
/// minor within the skew; out of support the oldest supported minor (Learn: supported-kubernetes-versions).
#[must_use]
pub fn upgrades(region: &str, now: Timestamp, from: Version, plan: SupportPlan) -> Vec<Target> {
    let offers: Vec<Offer> = versions(region, now)
        .into_iter()
        .filter(|offer| offer.plans.contains(&plan))
        .collect();
    let supported = offers.iter().any(|offer| offer.minor == from.minor);
    let rescue = offers
        .iter()
        .find(|offer| !offer.is_preview && offer.minor > from.minor)
        .map(|offer| offer.minor);
    let reachable = |minor: Minor| match plan {
        _ if minor < from.minor => false,
        SupportPlan::KubernetesOfficial if supported => minor <= from.minor.next(),
        SupportPlan::KubernetesOfficial => Some(minor) == rescue,
        SupportPlan::LongTermSupport => minor.minor <= from.minor.minor + SKEW,
    };
    let mut targets: Vec<Target> = offers
        .iter()
        .filter(|offer| reachable(offer.minor))
        .flat_map(|offer| {
            offer.patches.iter().map(|version| Target {
                version: *version,
                is_preview: offer.is_preview,
            })
        })
        .filter(|target| target.version > from)
        .collect();
    targets.sort_by_key(|target| std::cmp::Reverse(target.version));
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T00:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn offered(region: &str, now: &str) -> Vec<(String, usize, bool, bool)> {
        versions(region, at(now))
            .iter()
            .map(|offer| {
                (
                    offer.patches.last().unwrap().to_string(),
                    offer.plans.len(),
                    offer.is_default,
                    offer.is_preview,
                )
            })
            .collect()
    }

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    fn targets(from: &str, plan: SupportPlan) -> Vec<String> {
        upgrades("westeurope", at(NOW), version(from), plan)
            .iter()
            .map(|target| target.version.to_string())
            .collect()
    }

    #[test]
    fn the_ordinary_region_has_the_newest_minor_and_defaults_to_the_one_before() {
        assert_eq!(
            offered("westeurope", NOW),
            [
                ("1.31.14".into(), 1, false, false),
                ("1.32.13".into(), 1, false, false),
                ("1.33.13".into(), 1, false, false),
                ("1.34.11".into(), 2, false, false),
                ("1.35.8".into(), 2, false, false),
                ("1.36.4".into(), 2, true, false),
                ("1.37.1".into(), 2, false, false),
            ]
        );
    }

    #[test]
    fn the_slow_region_still_previews_the_newest_minor() {
        let offers = offered("uksouth", NOW);
        assert_eq!(offers[4], ("1.35.8".into(), 2, true, false));
        assert_eq!(offers[6], ("1.37.0".into(), 1, false, true));
    }

    #[test]
    fn the_clock_takes_minors_out_of_support() {
        let offers = offered("westeurope", "2026-12-01T00:00:00Z");
        assert_eq!(
            offers[0].0, "1.32.13",
            "1.31 leaves long-term support at the end of November"
        );
        assert_eq!(
            offers[2],
            ("1.34.11".into(), 1, false, false),
            "1.34 leaves community support with it"
        );
    }

    #[test]
    fn a_clock_outside_the_calendar_still_has_three_community_minors() {
        for now in ["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"] {
            let community = versions("westeurope", at(now))
                .iter()
                .filter(|offer| offer.plans.len() == 2)
                .count();
            assert_eq!(community, 3, "{now}");
            assert!(default_version("westeurope", at(now)).is_some());
        }
    }

    #[test]
    fn an_alias_means_the_newest_patch_and_stays_where_it_is() {
        let alias = Wanted::Alias(Minor::one(35));
        assert_eq!(resolve("westeurope", at(NOW), alias, None), Some(version("1.35.8")));
        assert_eq!(
            resolve("westeurope", at(NOW), alias, Some(version("1.35.2"))),
            Some(version("1.35.2"))
        );
        assert_eq!(
            resolve("westeurope", at(NOW), Wanted::Exact(version("1.35.99")), None),
            None
        );
    }

    #[test]
    fn community_upgrades_reach_the_next_minor_and_not_further() {
        let targets = targets("1.35.7", SupportPlan::KubernetesOfficial);
        assert_eq!(targets, ["1.36.4", "1.36.3", "1.36.2", "1.36.1", "1.36.0", "1.35.8"]);
    }

    #[test]
    fn long_term_support_may_skip_minors_within_the_skew() {
        let targets = targets("1.32.13", SupportPlan::LongTermSupport);
        assert_eq!(targets.first().map(String::as_str), Some("1.35.8"));
        assert!(targets.iter().all(|target| !target.starts_with("1.36")));
    }

    #[test]
    fn an_unsupported_version_goes_to_the_oldest_supported_minor() {
        let targets = targets("1.32.13", SupportPlan::KubernetesOfficial);
        assert_eq!(targets.first().map(String::as_str), Some("1.34.11"));
        assert!(targets.iter().all(|target| target.starts_with("1.34.")));
    }

    #[test]
    fn the_newest_version_has_no_upgrade() {
        assert_eq!(targets("1.37.1", SupportPlan::KubernetesOfficial), Vec::<String>::new());
    }
}
