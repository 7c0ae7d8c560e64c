//! Settings of the Linux operating system of a pool.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::field_speaks;

/// Settings of the Linux operating system. Fixed at creation of the pool.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinuxOsConfig {
    /// Kernel parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sysctls: Option<Box<SysctlConfig>>,
    /// Transparent huge pages; Azure's default is `always`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transparent_huge_page_enabled: Option<TransparentHugePageEnabled>,
    /// How memory is compacted for huge pages; Azure's default is `madvise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transparent_huge_page_defrag: Option<TransparentHugePageDefrag>,
    /// Swap file in MB on the temporary disk; needs `kubeletConfig.failSwapOn: false`. Azure's default is none.
    #[serde(rename = "swapFileSizeMB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub swap_file_size_mb: Option<i32>,
}

/// Transparent huge pages.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = field_speaks)]
pub enum TransparentHugePageEnabled {
    /// For all memory.
    Always,
    /// For memory that asks for it.
    Madvise,
    /// Never.
    Never,
}

/// How memory is compacted for huge pages.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum TransparentHugePageDefrag {
    /// At once, the caller waits.
    #[serde(rename = "always")]
    Always,
    /// In the background.
    #[serde(rename = "defer")]
    Defer,
    /// In the background, at once for memory that asks for it.
    #[serde(rename = "defer+madvise")]
    DeferMadvise,
    /// At once for memory that asks for it.
    #[serde(rename = "madvise")]
    Madvise,
    /// Never.
    #[serde(rename = "never")]
    Never,
}

/// Kernel parameters. Each field names its sysctl; the ranges are those that AKS documents (Learn:
/// custom-node-configuration). A field without a range takes what the kernel takes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SysctlConfig {
    /// `net.core.somaxconn`: waiting connections per socket, 4096 to 3240000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 4096, max = 3_240_000))]
    pub net_core_somaxconn: Option<i32>,
    /// `net.core.netdev_max_backlog`: packets queued per interface, 1000 to 3240000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1000, max = 3_240_000))]
    pub net_core_netdev_max_backlog: Option<i32>,
    /// `net.core.rmem_default`: default receive buffer in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub net_core_rmem_default: Option<i32>,
    /// `net.core.rmem_max`: largest receive buffer in bytes, 212992 to 134217728.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 212_992, max = 134_217_728))]
    pub net_core_rmem_max: Option<i32>,
    /// `net.core.wmem_default`: default send buffer in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub net_core_wmem_default: Option<i32>,
    /// `net.core.wmem_max`: largest send buffer in bytes, 212992 to 134217728.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 212_992, max = 134_217_728))]
    pub net_core_wmem_max: Option<i32>,
    /// `net.core.optmem_max`: ancillary buffer per socket in bytes, 20480 to 4194304.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 20_480, max = 4_194_304))]
    pub net_core_optmem_max: Option<i32>,
    /// `net.ipv4.tcp_max_syn_backlog`: half-open connections remembered, 128 to 3240000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 128, max = 3_240_000))]
    pub net_ipv4_tcp_max_syn_backlog: Option<i32>,
    /// `net.ipv4.tcp_max_tw_buckets`: sockets in time-wait, 8000 to 1440000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8000, max = 1_440_000))]
    pub net_ipv4_tcp_max_tw_buckets: Option<i32>,
    /// `net.ipv4.tcp_fin_timeout`: seconds in FIN-WAIT-2, 5 to 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 120))]
    pub net_ipv4_tcp_fin_timeout: Option<i32>,
    /// `net.ipv4.tcp_keepalive_time`: seconds before the first keepalive, 30 to 432000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 432_000))]
    pub net_ipv4_tcp_keepalive_time: Option<i32>,
    /// `net.ipv4.tcp_keepalive_probes`: keepalives before a connection is given up, 1 to 15.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 15))]
    pub net_ipv4_tcp_keepalive_probes: Option<i32>,
    /// `net.ipv4.tcp_keepalive_intvl`: seconds between keepalives, 10 to 90. The odd spelling of the name is ARM's.
    #[serde(rename = "netIpv4TcpkeepaliveIntvl", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 90))]
    pub net_ipv4_tcp_keepalive_intvl: Option<i32>,
    /// `net.ipv4.tcp_tw_reuse`: reuses sockets in time-wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_ipv4_tcp_tw_reuse: Option<bool>,
    /// `net.ipv4.ip_local_port_range`: first and last local port, `"32768 60999"`; first 1024 to 60999, last 32768 to
    /// 65535.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 10, max = 11))]
    #[x_kube(validation = (
        "self.matches('^[0-9]{4,5} [0-9]{5}$')
            && int(self.split(' ')[0]) >= 1024 && int(self.split(' ')[0]) <= 60999
            && int(self.split(' ')[1]) >= 32768 && int(self.split(' ')[1]) <= 65535
            && int(self.split(' ')[0]) < int(self.split(' ')[1])",
        "netIpv4IpLocalPortRange is the first and the last port, 1024 to 60999 and 32768 to 65535, such as \"32768 60999\"",
    ))]
    pub net_ipv4_ip_local_port_range: Option<String>,
    /// `net.ipv4.neigh.default.gc_thresh1`: neighbor entries that are never collected, 128 to 80000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 128, max = 80_000))]
    pub net_ipv4_neigh_default_gc_thresh1: Option<i32>,
    /// `net.ipv4.neigh.default.gc_thresh2`: soft limit of neighbor entries, 512 to 90000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 512, max = 90_000))]
    pub net_ipv4_neigh_default_gc_thresh2: Option<i32>,
    /// `net.ipv4.neigh.default.gc_thresh3`: hard limit of neighbor entries, 1024 to 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024, max = 100_000))]
    pub net_ipv4_neigh_default_gc_thresh3: Option<i32>,
    /// `net.netfilter.nf_conntrack_max`: tracked connections, 131072 to 2097152.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 131_072, max = 2_097_152))]
    pub net_netfilter_nf_conntrack_max: Option<i32>,
    /// `net.netfilter.nf_conntrack_buckets`: buckets of the tracking table, 65536 to 524288.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 65_536, max = 524_288))]
    pub net_netfilter_nf_conntrack_buckets: Option<i32>,
    /// `fs.inotify.max_user_watches`: watched files per user, 781250 to 2097152.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 781_250, max = 2_097_152))]
    pub fs_inotify_max_user_watches: Option<i32>,
    /// `fs.file-max`: open files of the system, at least 8192.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8192, max = 2_147_483_647))]
    pub fs_file_max: Option<i32>,
    /// `fs.aio-max-nr`: asynchronous requests of the system, 65536 to 6553500.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 65_536, max = 6_553_500))]
    pub fs_aio_max_nr: Option<i32>,
    /// `fs.nr_open`: open files of a process, 8192 to 20000500.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8192, max = 20_000_500))]
    pub fs_nr_open: Option<i32>,
    /// `kernel.threads-max`: threads of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub kernel_threads_max: Option<i32>,
    /// `vm.max_map_count`: memory maps of a process.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub vm_max_map_count: Option<i32>,
    /// `vm.swappiness`: readiness to swap, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub vm_swappiness: Option<i32>,
    /// `vm.vfs_cache_pressure`: readiness to drop directory caches, 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub vm_vfs_cache_pressure: Option<i32>,
}
