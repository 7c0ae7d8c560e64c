//! What a Kubernetes version takes.

use super::PoolRule;
use super::scene::{Member, Scene};
use crate::body;
use crate::change::Target;
use crate::version::Version;

pub(super) const POOL_RULES: &[PoolRule] = &[
    PoolRule {
        reason: "OsSkuOutsideItsVersions",
        check: os_sku,
    },
    PoolRule {
        reason: "SettingNeedsNewerVersion",
        check: setting,
    },
];

/// Operating systems with a pinned name, and the first and last minor they are made for (Learn: upgrade-os-version;
/// Azure/AKS release notes).
const PINNED: &[(&str, Option<&str>, Option<&str>)] = &[
    ("Ubuntu2204", None, Some("1.36")),
    ("Ubuntu2404", Some("1.32"), None),
    ("AzureLinux3", Some("1.28"), Some("1.36")),
    ("AzureContainerLinux", Some("1.34"), None),
    ("Windows2019", None, Some("1.32")),
    ("Windows2022", None, Some("1.36")),
    ("Windows2025", Some("1.32"), None),
];

fn minor(text: &str) -> Option<Version> {
    text.parse().ok()
}

/// What is wrong with this operating system at this version.
fn unfit(pool: &Member<'_>, version: Version) -> Option<String> {
    let (name, first, last) = PINNED.iter().find(|(name, ..)| pool.body.is("osSKU", name))?;
    if let Some(first) = first.filter(|first| minor(first).is_some_and(|first| !version.meets(first))) {
        return Some(format!(
            "osSKU {name} needs Kubernetes {first} at least, and the pool runs {version}"
        ));
    }
    let last = last.filter(|last| minor(last).is_some_and(|last| version.minors_ahead_of(last) > 0))?;
    Some(format!(
        "osSKU {name} ends with Kubernetes {last}, and the pool is to run {version}"
    ))
}

fn version_of(scene: &Scene<'_>, pool: &Member<'_>) -> Option<Version> {
    body::first_version(pool.desired?, scene.version)
}

fn os_sku(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let problem = unfit(pool, version_of(scene, pool)?)?;
    Some(format!(
        "{problem}; choose another osSKU, such as Ubuntu, which follows the version"
    ))
}

/// Settings and the first version that takes them.
fn setting(scene: &Scene<'_>, pool: &Member<'_>) -> Option<String> {
    let body = &pool.body;
    let version = version_of(scene, pool)?;
    let settings = [
        // Learn: localdns-custom.
        (
            "localDNSProfile",
            body.text("localDNSProfile.mode").is_some_and(|mode| mode != "disabled"),
            "1.31",
        ),
        // Learn: configure-azure-cni-static-block-allocation.
        (
            "podIPAllocationMode StaticBlock",
            body.is("podIPAllocationMode", "StaticBlock"),
            "1.28",
        ),
        // Learn: virtual-machines-node-pools.
        ("type VirtualMachines", body.is("type", "VirtualMachines"), "1.27"),
        // Learn: use-node-public-ips.
        (
            "networkProfile.allowedHostPorts",
            !body.list("networkProfile.allowedHostPorts").is_empty(),
            "1.29",
        ),
    ];
    let (name, _, first) = settings
        .into_iter()
        .find(|(_, given, first)| *given && minor(first).is_some_and(|first| !version.meets(first)))?;
    Some(format!(
        "{name} needs Kubernetes {first} at least, and the pool is to run {version}; upgrade first, or remove it"
    ))
}

/// The pools whose operating system is not made for this version: the one named, or any.
pub(super) fn left_behind(scene: &Scene<'_>, pool: Option<&str>, to: Version) -> Vec<(Target, String)> {
    let asked = |member: &&Member<'_>| pool.is_none_or(|pool| member.name.eq_ignore_ascii_case(pool));
    let unfit = |member: &Member<'_>| {
        let problem = unfit(member, to)?;
        let target = Target::Pool(member.name.to_ascii_lowercase());
        Some((
            target,
            format!("{problem}; choose another osSKU first, such as Ubuntu, which follows the version"),
        ))
    };
    scene.members.iter().filter(asked).filter_map(unfit).collect()
}
