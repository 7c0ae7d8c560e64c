//! Node configuration: operating system settings, kubelet, upgrades.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::request::Request;
use super::words::{invalid, require};
use super::{POOLS, Rule, documented, inferred};
use crate::defaults::json::{flag, integer, is, present, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "linux-only-settings",
        POOLS,
        "SPEC messageOfTheDay, linuxOSConfig; Learn: artifact-streaming",
        linux_only,
    ),
    documented(
        "windows-only-settings",
        POOLS,
        "SPEC windowsProfile.disableOutboundNat",
        windows_only,
    ),
    documented(
        "windows-pool-needs-profile",
        POOLS,
        "Learn: create-node-pools, limits",
        windows_needs_profile,
    ),
    documented(
        "windows-pool-needs-azure-cni",
        POOLS,
        "Learn: create-node-pools, limits",
        windows_needs_azure_cni,
    ),
    inferred(
        "kubelet-cfs-quota-period",
        POOLS,
        "Learn: custom-node-configuration, like 100ms",
        cfs_quota_period,
    ),
    documented(
        "kubelet-image-gc-order",
        POOLS,
        "SPEC imageGcLowThreshold, imageGcHighThreshold",
        image_gc_order,
    ),
    inferred(
        "kubelet-unsafe-sysctls",
        POOLS,
        "Learn: custom-node-configuration",
        unsafe_sysctls,
    ),
    inferred(
        "swap-needs-fail-swap-off",
        POOLS,
        "Learn: custom-node-configuration; CAPZ",
        swap,
    ),
    inferred(
        "local-port-range",
        POOLS,
        "CAPZ; Learn: custom-node-configuration",
        local_port_range,
    ),
    documented("surge-form", POOLS, "SPEC maxSurge, maxUnavailable", surge_form),
    documented(
        "surge-not-both-zero",
        POOLS,
        "Learn: upgrade-aks-node-pools-rolling",
        surge_not_both_zero,
    ),
    documented(
        "trusted-launch-linux",
        POOLS,
        "Learn: use-trusted-launch",
        trusted_launch_linux,
    ),
    documented("mig-needs-gpu-size", POOLS, "Learn: gpu-multi-instance", mig_needs_gpu),
];

fn linux_only(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let settings = ["messageOfTheDay", "linuxOSConfig", "artifactStreamingProfile"];
        let given = settings
            .into_iter()
            .find(|setting| present(pool.new, &format!("/{setting}")).is_some());
        match given {
            Some(setting) if pool.is_windows() => Err(invalid(
                &format!("agentPoolProfile.{setting}"),
                format!("{setting} is for Linux agent pools"),
            )),
            _ => Ok(()),
        }
    })
}

fn windows_only(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let given = pool.new.pointer("/windowsProfile/disableOutboundNat").is_some();
        require(pool.is_windows() || !given, || {
            invalid(
                "agentPoolProfile.windowsProfile.disableOutboundNat",
                "disableOutboundNat is for Windows agent pools",
            )
        })
    })
}

fn windows_needs_profile(request: &Request<'_>) -> Result<(), Refusal> {
    let profile = present(request.next_cluster(), "/properties/windowsProfile").is_some();
    request.for_each_pool(|pool| {
        require(profile || !pool.is_windows(), || {
            invalid(
                "windowsProfile",
                "a Windows agent pool needs the cluster's windowsProfile, which is set at its creation",
            )
        })
    })
}

fn windows_needs_azure_cni(request: &Request<'_>) -> Result<(), Refusal> {
    let network = request
        .next_cluster()
        .pointer("/properties/networkProfile")
        .unwrap_or(&Value::Null);
    let fits = !is(network, "/networkPlugin", "kubenet") && !is(network, "/networkDataplane", "cilium");
    request.for_each_pool(|pool| {
        require(fits || !pool.is_windows(), || {
            invalid(
                "networkProfile.networkPlugin",
                "a Windows agent pool needs network plugin azure and no cilium data plane",
            )
        })
    })
}

fn cfs_quota_period(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(period) = text(pool.new, "/kubeletConfig/cpuCfsQuotaPeriod") else {
            return Ok(());
        };
        let number = period.strip_suffix("ms").and_then(|number| number.parse::<u32>().ok());
        require(number.is_some_and(|number| (1..=1000).contains(&number)), || {
            invalid(
                "agentPoolProfile.kubeletConfig.cpuCfsQuotaPeriod",
                format!("'{period}' must be like 100ms, from 1ms to 1000ms"),
            )
        })
    })
}

fn image_gc_order(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let threshold = |key: &str, default| integer(pool.new, &format!("/kubeletConfig/{key}")).unwrap_or(default);
        let (low, high) = (
            threshold("imageGcLowThreshold", 80),
            threshold("imageGcHighThreshold", 85),
        );
        let percent = |value| (0..=100).contains(&value);
        require(percent(low) && percent(high) && low <= high, || {
            invalid(
                "agentPoolProfile.kubeletConfig.imageGcLowThreshold",
                format!("the thresholds {low} and {high} must be percentages, the low one not above the high one"),
            )
        })
    })
}

fn unsafe_sysctls(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let allowed = |name: &&str| {
            ["kernel.shm", "kernel.msg", "fs.mqueue.", "net."]
                .iter()
                .any(|prefix| name.starts_with(prefix))
                || *name == "kernel.sem"
        };
        let bad = texts(pool.new, "/kubeletConfig/allowedUnsafeSysctls")
            .into_iter()
            .find(|name| !allowed(name));
        bad.map_or(Ok(()), |name| {
            Err(invalid(
                "agentPoolProfile.kubeletConfig.allowedUnsafeSysctls",
                format!("'{name}' must be one of kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.*, net.*"),
            ))
        })
    })
}

fn swap(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let swap = integer(pool.new, "/linuxOSConfig/swapFileSizeMB").unwrap_or(0) > 0;
        let tolerated = pool.new.pointer("/kubeletConfig/failSwapOn").and_then(Value::as_bool) == Some(false);
        require(!swap || tolerated, || {
            invalid(
                "agentPoolProfile.linuxOSConfig.swapFileSizeMB",
                "a swap file needs kubeletConfig.failSwapOn set to false",
            )
        })
    })
}

const LOWEST_PORTS: RangeInclusive<u32> = 1024..=60999;
const HIGHEST_PORTS: RangeInclusive<u32> = 32768..=65535;

fn local_port_range(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(range) = text(pool.new, "/linuxOSConfig/sysctls/netIpv4IpLocalPortRange") else {
            return Ok(());
        };
        let ports: Vec<Option<u32>> = range.split_whitespace().map(|port| port.parse().ok()).collect();
        let good = match ports.as_slice() {
            [Some(low), Some(high)] => LOWEST_PORTS.contains(low) && HIGHEST_PORTS.contains(high) && low < high,
            _ => false,
        };
        require(good, || {
            invalid(
                "agentPoolProfile.linuxOSConfig.sysctls.netIpv4IpLocalPortRange",
                format!("'{range}' must be two ports, the first from 1024 to 60999 and the second from 32768 to 65535"),
            )
        })
    })
}

fn is_amount(text: &str) -> bool {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse::<u32>().is_ok_and(|percent| percent <= 100),
        None => text.parse::<u32>().is_ok_and(|nodes| nodes <= 1000),
    }
}

fn surge_form(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        ["maxSurge", "maxUnavailable"].into_iter().try_for_each(|key| {
            let amount = text(pool.new, &format!("/upgradeSettings/{key}")).unwrap_or("1");
            require(is_amount(amount), || {
                invalid(
                    &format!("agentPoolProfile.upgradeSettings.{key}"),
                    format!("'{amount}' must be a number of nodes or a percentage up to 100%"),
                )
            })
        })
    })
}

fn surge_not_both_zero(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let zero = |key: &str| {
            text(pool.new, &format!("/upgradeSettings/{key}")).map(|amount| amount.trim_end_matches('%') == "0")
        };
        let stuck = zero("maxSurge") == Some(true) && zero("maxUnavailable").unwrap_or(true);
        require(!stuck, || {
            invalid(
                "agentPoolProfile.upgradeSettings.maxSurge",
                "maxSurge and maxUnavailable cannot both be 0",
            )
        })
    })
}

fn trusted_launch_linux(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let on = flag(pool.new, "/securityProfile/enableVTPM") || flag(pool.new, "/securityProfile/enableSecureBoot");
        require(!on || !pool.is_windows(), || {
            invalid(
                "agentPoolProfile.securityProfile",
                "vTPM and secure boot are for Linux agent pools",
            )
        })
    })
}

fn mig_needs_gpu(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let size = text(pool.new, "/vmSize").unwrap_or_default().to_ascii_lowercase();
        let gpu = ["a100", "h100", "h200", "gb200"]
            .iter()
            .any(|model| size.contains(model))
            || size.starts_with("standard_nd96");
        require(text(pool.new, "/gpuInstanceProfile").is_none() || gpu, || {
            invalid(
                "agentPoolProfile.gpuInstanceProfile",
                format!("'{size}' has no GPU that can be divided"),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn put(properties: Value) -> Outcome {
        World::with(
            json!({"windowsProfile": {"adminUsername": "azureuser"}}),
            json!({}),
            json!({}),
        )
        .put_pool("more", properties)
    }

    #[test]
    fn settings_go_with_their_operating_system() {
        put(json!({"messageOfTheDay": "aGk="})).accepted();
        put(json!({"osType": "Windows", "messageOfTheDay": "aGk="})).refused_by("linux-only-settings");
        put(json!({"osType": "Windows", "windowsProfile": {"disableOutboundNat": true}})).accepted();
        put(json!({"windowsProfile": {"disableOutboundNat": true}})).refused_by("windows-only-settings");
        put(json!({"securityProfile": {"enableVTPM": true}})).accepted();
        put(json!({"osType": "Windows", "securityProfile": {"enableVTPM": true}})).refused_by("trusted-launch-linux");
    }

    #[test]
    fn windows_needs_its_profile_and_azure_cni() {
        put(json!({"osType": "Windows"})).accepted();
        World::new()
            .put_pool("more", json!({"osType": "Windows"}))
            .refused_by("windows-pool-needs-profile");
        let kubenet =
            json!({"windowsProfile": {"adminUsername": "azureuser"}, "networkProfile": {"networkPlugin": "kubenet"}});
        World::with(kubenet, json!({}), json!({}))
            .put_pool("more", json!({"osType": "Windows"}))
            .refused_by("windows-pool-needs-azure-cni");
    }

    #[test]
    fn kubelet_settings() {
        let kubelet = |config: Value| put(json!({"kubeletConfig": config}));
        kubelet(json!({"cpuCfsQuotaPeriod": "100ms"})).accepted();
        kubelet(json!({"cpuCfsQuotaPeriod": "1s"})).refused_by("kubelet-cfs-quota-period");
        kubelet(json!({"imageGcLowThreshold": 70, "imageGcHighThreshold": 70})).accepted();
        kubelet(json!({"imageGcLowThreshold": 71, "imageGcHighThreshold": 70})).refused_by("kubelet-image-gc-order");
        kubelet(json!({"allowedUnsafeSysctls": ["net.core.somaxconn", "kernel.sem"]})).accepted();
        kubelet(json!({"allowedUnsafeSysctls": ["vm.swappiness"]})).refused_by("kubelet-unsafe-sysctls");
    }

    #[test]
    fn linux_settings() {
        put(json!({"linuxOSConfig": {"swapFileSizeMB": 100}, "kubeletConfig": {"failSwapOn": false}})).accepted();
        put(json!({"linuxOSConfig": {"swapFileSizeMB": 100}})).refused_by("swap-needs-fail-swap-off");
        let ports = |range: &str| put(json!({"linuxOSConfig": {"sysctls": {"netIpv4IpLocalPortRange": range}}}));
        ports("1024 65000").accepted();
        ports("1023 65000").refused_by("local-port-range");
        ports("60000").refused_by("local-port-range");
    }

    #[test]
    fn upgrade_settings() {
        let settings = |surge: &str, unavailable: &str| {
            put(json!({"upgradeSettings": {"maxSurge": surge, "maxUnavailable": unavailable}}))
        };
        settings("100%", "0").accepted();
        settings("0", "1").accepted();
        settings("101%", "0").refused_by("surge-form");
        settings("many", "0").refused_by("surge-form");
        settings("0", "0").refused_by("surge-not-both-zero");
        settings("0%", "0%").refused_by("surge-not-both-zero");
    }

    #[test]
    fn mig_needs_gpu_size() {
        let mig = |size: &str| put(json!({"gpuInstanceProfile": "MIG1g", "vmSize": size}));
        mig("Standard_NC24ads_A100_v4").accepted();
        mig("Standard_D4s_v5").refused_by("mig-needs-gpu-size");
    }
}
