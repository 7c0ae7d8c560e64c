//! Kubelet settings of a pool.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::field_speaks;

/// Kubelet settings. Fixed at creation of the pool.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!has(self.imageGcLowThreshold) || !has(self.imageGcHighThreshold)
        || self.imageGcLowThreshold <= self.imageGcHighThreshold",
    "kubeletConfig.imageGcLowThreshold is above imageGcHighThreshold; lower it",
))]
#[serde(rename_all = "camelCase")]
pub struct KubeletConfig {
    /// `static` pins the CPUs of guaranteed pods with whole CPUs; Azure's default is `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_manager_policy: Option<CpuManagerPolicy>,
    /// Enforces CPU limits. Azure's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cfs_quota: Option<bool>,
    /// Period of the CPU quota, a number and a unit, `1ms` to `1s`; Azure's default is `100ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 32))]
    #[x_kube(validation = (
        r"self.matches(r'^[0-9]+(\.[0-9]+)?(us|ms|s)$')",
        "cpuCfsQuotaPeriod is a number and us, ms or s, such as 100ms",
    ))]
    pub cpu_cfs_quota_period: Option<String>,
    /// Disk use in percent at which images are removed; 100 turns it off. Azure's default is 85.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub image_gc_high_threshold: Option<i32>,
    /// Disk use in percent down to which images are removed, not above the high threshold. Azure's default is 80.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub image_gc_low_threshold: Option<i32>,
    /// How CPUs and devices are aligned with NUMA nodes; Azure's default is `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topology_manager_policy: Option<TopologyManagerPolicy>,
    /// Unsafe sysctls that pods may set: names or patterns under `kernel.shm*`, `kernel.msg*`, `kernel.sem`,
    /// `fs.mqueue.*` and `net.*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    #[x_kube(validation = (
        r"self.all(name, name.matches(r'^(kernel\.shm|kernel\.msg|kernel\.sem$|fs\.mqueue\.|net\.)'))",
        "allowedUnsafeSysctls are names or patterns under kernel.shm, kernel.msg, kernel.sem, fs.mqueue. and net.; remove \
             others",
    ))]
    pub allowed_unsafe_sysctls: Option<Vec<String>>,
    /// Refuses to start with swap on. Azure's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_swap_on: Option<bool>,
    /// Size in MB at which a container log file is rotated; Azure's default is 50.
    #[serde(rename = "containerLogMaxSizeMB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub container_log_max_size_mb: Option<i32>,
    /// Log files kept per container, at least 2; Azure's default is 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 1000))]
    pub container_log_max_files: Option<i32>,
    /// Processes per pod; -1 (Azure's default) means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 4_194_304))]
    pub pod_max_pids: Option<i32>,
}

/// How CPUs are given to pods.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = field_speaks)]
pub enum CpuManagerPolicy {
    /// From a shared pool.
    None,
    /// Whole CPUs exclusively.
    Static,
}

/// How CPUs and devices are aligned with NUMA nodes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = field_speaks)]
pub enum TopologyManagerPolicy {
    /// Not at all.
    None,
    /// Where it is possible.
    BestEffort,
    /// Pods that cannot be aligned are refused.
    Restricted,
    /// Pods that do not fit one NUMA node are refused.
    SingleNumaNode,
}
