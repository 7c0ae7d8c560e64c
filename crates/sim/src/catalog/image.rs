//! Node images: names by operating system, Kubernetes version and date.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::version::{Minor, Version};
use super::vm_size::is_arm;

/// First day and version of each Linux image series of 2026 (AKS release notes; from October on projected).
const LINUX: &[(Date, &str)] = &[
    (date(2026, 1, 5), "202601.05.0"),
    (date(2026, 3, 4), "202603.04.0"),
    (date(2026, 3, 18), "202603.18.1"),
    (date(2026, 3, 30), "202603.30.0"),
    (date(2026, 4, 13), "202604.13.0"),
    (date(2026, 4, 24), "202604.24.0"),
    (date(2026, 5, 5), "202605.05.1"),
    (date(2026, 5, 14), "202605.14.0"),
    (date(2026, 5, 27), "202605.27.0"),
    (date(2026, 6, 8), "202606.08.1"),
    (date(2026, 6, 19), "202606.19.0"),
    (date(2026, 7, 2), "202607.02.0"),
    (date(2026, 7, 9), "202607.09.0"),
    (date(2026, 7, 20), "202607.20.0"),
    (date(2026, 7, 29), "202607.29.0"),
    (date(2026, 8, 26), "202608.26.0"),
    (date(2026, 9, 15), "202609.15.0"),
    (date(2026, 10, 1), "202610.01.0"),
    (date(2026, 10, 14), "202610.14.0"),
    (date(2026, 10, 27), "202610.27.0"),
    (date(2026, 11, 9), "202611.09.0"),
    (date(2026, 11, 23), "202611.23.0"),
    (date(2026, 12, 7), "202612.07.0"),
];

/// First day and date part of each Windows image.
const WINDOWS: &[(Date, &str)] = &[
    (date(2026, 1, 14), "260114"),
    (date(2026, 5, 13), "260513"),
    (date(2026, 6, 10), "260610"),
    (date(2026, 7, 15), "260715"),
    (date(2026, 8, 12), "260812"),
    (date(2026, 10, 14), "261014"),
    (date(2026, 11, 11), "261111"),
];

/// The newest node image for a pool (its `properties`, defaults filled) at `kubernetes`, at `now`.
#[must_use]
pub fn node_image(pool: &Value, kubernetes: Version, now: Timestamp) -> String {
    let text = |key: &str| pool.get(key).and_then(Value::as_str).unwrap_or_default();
    let family = family(text("osType"), text("osSKU"), kubernetes.minor);
    let released = newest(if family.is_windows() { WINDOWS } else { LINUX }, now);
    let fips = if pool.get("enableFIPS").and_then(Value::as_bool).unwrap_or(false) {
        "fips"
    } else {
        ""
    };
    let trusted = if trusted_launch(pool) { "TL" } else { "" };
    let arm = if is_arm(text("vmSize")) { "arm64" } else { "" };
    match family {
        Family::Ubuntu(release) => format!("AKSUbuntu-{release}gen2{arm}{fips}{trusted}containerd-{released}"),
        Family::AzureLinux(major) => format!("AKSAzureLinux-V{major}gen2{arm}{fips}{trusted}-{released}"),
        Family::AzureContainerLinux => format!("AKSAzureContainerLinux-V1gen2{arm}TL-{released}"),
        Family::Windows(year, build) => format!("AKSWindows-{year}-gen2-{build}.{released}"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ubuntu(&'static str),
    AzureLinux(u32),
    AzureContainerLinux,
    Windows(u32, &'static str),
}

impl Family {
    const fn is_windows(self) -> bool {
        matches!(self, Self::Windows(..))
    }
}

/// What an `osSKU` means at a Kubernetes version (Learn: upgrade-os-version): the unpinned names move with it.
fn family(os_type: &str, os_sku: &str, kubernetes: Minor) -> Family {
    let sku = os_sku.to_ascii_lowercase();
    match sku.as_str() {
        "ubuntu2204" => Family::Ubuntu("2204"),
        "ubuntu2404" => Family::Ubuntu("2404"),
        "azurelinux" | "cblmariner" if kubernetes < Minor::one(32) => Family::AzureLinux(2),
        "azurelinux" | "cblmariner" | "azurelinux3" => Family::AzureLinux(3),
        "azurecontainerlinux" => Family::AzureContainerLinux,
        "windows2019" => Family::Windows(2019, "17763.8146"),
        "windows2022" => Family::Windows(2022, "20348.4405"),
        "windows2025" => Family::Windows(2025, "26100.33296"),
        _ if os_type.eq_ignore_ascii_case("Windows") && kubernetes < Minor::one(36) => {
            Family::Windows(2022, "20348.4405")
        }
        _ if os_type.eq_ignore_ascii_case("Windows") => Family::Windows(2025, "26100.33296"),
        _ if kubernetes < Minor::one(35) => Family::Ubuntu("2204"),
        _ => Family::Ubuntu("2404"),
    }
}

fn trusted_launch(pool: &Value) -> bool {
    ["enableVTPM", "enableSecureBoot"].iter().any(|key| {
        pool.pointer(&format!("/securityProfile/{key}"))
            .and_then(Value::as_bool)
            .unwrap_or(false)
    })
}

/// The series of an image, by which two images of one family compare: `202611.09.0`.
#[must_use]
pub fn image_series(image: &str) -> &str {
    let after_dash = image.rsplit('-').next().unwrap_or_default();
    // Windows images carry their build before it.
    after_dash
        .rsplit_once('.')
        .filter(|_| image.starts_with("AKSWindows"))
        .map_or(after_dash, |(_, series)| series)
}

fn newest(series: &'static [(Date, &'static str)], now: Timestamp) -> &'static str {
    let day = now.to_zoned(TimeZone::UTC).date();
    series
        .iter()
        .rev()
        .find(|(since, _)| *since <= day)
        .or(series.first())
        .map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn image(pool: Value, kubernetes: &str, now: &str) -> String {
        node_image(&pool, kubernetes.parse().unwrap(), now.parse().unwrap())
    }

    const NOW: &str = "2026-11-21T00:00:00Z";

    #[test]
    fn ubuntu_follows_the_kubernetes_version() {
        let pool = json!({"osType": "Linux", "osSKU": "Ubuntu", "vmSize": "Standard_D4s_v5"});
        assert_eq!(
            image(pool.clone(), "1.34.11", NOW),
            "AKSUbuntu-2204gen2containerd-202611.09.0"
        );
        assert_eq!(image(pool, "1.35.8", NOW), "AKSUbuntu-2404gen2containerd-202611.09.0");
    }

    #[test]
    fn variants_are_in_the_name() {
        let pool = json!({"osSKU": "Ubuntu2204", "vmSize": "Standard_D4ps_v5", "enableFIPS": true});
        assert_eq!(
            image(pool, "1.36.4", NOW),
            "AKSUbuntu-2204gen2arm64fipscontainerd-202611.09.0"
        );
        let pool = json!({"osSKU": "AzureLinux", "securityProfile": {"enableVTPM": true}});
        assert_eq!(image(pool, "1.36.4", NOW), "AKSAzureLinux-V3gen2TL-202611.09.0");
    }

    #[test]
    fn images_follow_the_clock() {
        let pool = json!({"osSKU": "AzureLinux3"});
        assert_eq!(
            image(pool.clone(), "1.35.8", "2026-10-02T00:00:00Z"),
            "AKSAzureLinux-V3gen2-202610.01.0"
        );
        assert_eq!(
            image(pool, "1.35.8", "2020-01-01T00:00:00Z"),
            "AKSAzureLinux-V3gen2-202601.05.0"
        );
    }

    #[test]
    fn windows_images_carry_a_build() {
        let pool = json!({"osType": "Windows", "osSKU": "Windows2025"});
        assert_eq!(
            image(pool, "1.35.8", "2026-09-01T00:00:00Z"),
            "AKSWindows-2025-gen2-26100.33296.260812"
        );
    }
}
