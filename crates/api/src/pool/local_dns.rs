//! A DNS proxy on each node.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::field_speaks;

/// A DNS proxy on each node (Learn: localdns-custom). Every change reimages the pool, even one that leaves the proxy off.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalDnsProfile {
    /// `Required` turns the proxy on, or fails where the pool cannot have it; `Disabled` turns it off; `Preferred`
    /// (Azure's default) has Azure check the settings and leaves the proxy off for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<LocalDnsMode>,
    /// How queries of pods with `dnsPolicy: Default` and of the kubelet are answered, by zone: `.` for all names,
    /// `cluster.local` for those of the cluster, or a domain; at most 32. Owned by key.
    #[serde(rename = "vnetDNSOverrides", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = (
        "self.all(zone, zone == '.' || (size(zone) <= 253 && zone.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')))",
        "vnetDNSOverrides are keyed by zone, a domain without a dot at its end or . for all names; correct the key",
    ))]
    #[x_kube(validation = (
        "!('.' in self) || self['.'].?forwardDestination.orValue('VnetDNS') == 'VnetDNS'",
        "vnetDNSOverrides send the zone . to the DNS servers of the network; set its forwardDestination to VnetDNS",
    ))]
    #[x_kube(validation = (
        "!('cluster.local' in self) || self['cluster.local'].?forwardDestination.orValue('ClusterCoreDNS') == 'ClusterCoreDNS'",
        "vnetDNSOverrides send cluster.local to the cluster's DNS; set its forwardDestination to ClusterCoreDNS",
    ))]
    pub vnet_dns_overrides: Option<BTreeMap<String, LocalDnsOverride>>,
    /// How queries of pods with `dnsPolicy: ClusterFirst` are answered, by zone: `.` for all names, `cluster.local` for
    /// those of the cluster, or a domain; at most 32. Owned by key.
    #[serde(rename = "kubeDNSOverrides", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = (
        "self.all(zone, zone == '.' || (size(zone) <= 253 && zone.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')))",
        "kubeDNSOverrides are keyed by zone, a domain without a dot at its end or . for all names; correct the key",
    ))]
    #[x_kube(validation = (
        "!('cluster.local' in self) || self['cluster.local'].?forwardDestination.orValue('ClusterCoreDNS') == 'ClusterCoreDNS'",
        "kubeDNSOverrides send cluster.local to the cluster's DNS; set its forwardDestination to ClusterCoreDNS",
    ))]
    pub kube_dns_overrides: Option<BTreeMap<String, LocalDnsOverride>>,
}

/// When the proxy runs.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LocalDnsMode {
    /// Settings are checked; for now the proxy stays off.
    Preferred,
    /// On, or the change fails.
    Required,
    /// Off.
    Disabled,
}

/// How the queries of one zone are answered.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "self.?protocol.orValue('') != 'ForceTCP' || self.?serveStale.orValue('') != 'Verify'",
    "serveStale Verify does not go with protocol ForceTCP; use serveStale Immediate, or protocol PreferUDP",
))]
#[serde(rename_all = "camelCase")]
pub struct LocalDnsOverride {
    /// What is logged: `Error` (Azure's default) or `Log` for every query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_logging: Option<LocalDnsQueryLogging>,
    /// `PreferUDP` or `ForceTCP` towards the server; Azure's default is `ForceTCP` for `cluster.local` and `PreferUDP`
    /// for other zones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<LocalDnsProtocol>,
    /// Which server is asked: `ClusterCoreDNS` or `VnetDNS`, the DNS servers of the virtual network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_destination: Option<LocalDnsForwardDestination>,
    /// Order in which several servers are asked; Azure's default is `Sequential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_policy: Option<LocalDnsForwardPolicy>,
    /// Queries under way at once, at least 1; Azure's default is 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub max_concurrent: Option<i32>,
    /// Seconds an answer is kept at most; Azure's default is 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub cache_duration_in_seconds: Option<i32>,
    /// Seconds an answer is still served after it has run out, while the server is away; Azure's default is 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub serve_stale_duration_in_seconds: Option<i32>,
    /// Whether answers that have run out are served: at once (`Immediate`, Azure's default), after asking the server
    /// (`Verify`), or not at all (`Disable`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serve_stale: Option<LocalDnsServeStale>,
}

/// What is logged.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LocalDnsQueryLogging {
    /// Failures.
    Error,
    /// Every query.
    Log,
}

/// How a server is asked.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LocalDnsProtocol {
    /// By UDP, by TCP where it has to be.
    #[serde(rename = "PreferUDP")]
    PreferUdp,
    /// Always by TCP.
    #[serde(rename = "ForceTCP")]
    ForceTcp,
}

/// Which server is asked.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LocalDnsForwardDestination {
    /// The cluster's own DNS.
    #[serde(rename = "ClusterCoreDNS")]
    ClusterCoreDns,
    /// The DNS servers of the virtual network.
    #[serde(rename = "VnetDNS")]
    VnetDns,
}

/// Order in which several servers are asked.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LocalDnsForwardPolicy {
    /// The first that answers, in their order.
    Sequential,
    /// In turn.
    RoundRobin,
    /// Any.
    Random,
}

/// Whether answers that have run out are served.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LocalDnsServeStale {
    /// Once the server did not answer.
    Verify,
    /// At once, while the server is asked.
    Immediate,
    /// Never.
    Disable,
}
