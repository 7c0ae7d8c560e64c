//! How the nodes of a pool stand in the network.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{ResourceId, field_speaks};

/// How pods get the addresses of their subnet.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PodIpAllocationMode {
    /// One by one, from a shared reserve.
    DynamicIndividual,
    /// In blocks of 16 that stay with a node.
    StaticBlock,
}

/// Ports, addresses and device networking of a pool's nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolNetworkProfile {
    /// Tags of the nodes' public addresses, at most 32, such as `RoutingPreference: Internet`; need
    /// `enableNodePublicIP: true`. Fixed at creation of the pool.
    #[serde(rename = "nodePublicIPTags", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub node_public_ip_tags: Option<Vec<IpTag>>,
    /// Ports of the nodes that are open to the internet, at most 128 ranges, which may overlap. AKS writes allow rules
    /// into its own network security group; on a subnet of your own the group there needs them too. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub allowed_host_ports: Option<Vec<PortRange>>,
    /// Resource ids of the application security groups the nodes are in, at most 10. Azure's documentation says that the
    /// list can change, not when running nodes follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ResourceId>>", length(max = 10))]
    pub application_security_groups: Option<Vec<String>>,
    /// Dynamic resource allocation of network devices (DRANET).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dranet: Option<Dranet>,
}

/// A tag of a public address.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IpTag {
    /// Kind of tag, such as `RoutingPreference` or `FirstPartyUsage`.
    #[schemars(length(min = 1, max = 64))]
    pub ip_tag_type: String,
    /// Value of the tag, such as `Internet`.
    #[schemars(length(min = 1, max = 256))]
    pub tag: String,
}

/// A range of ports.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, KubeSchema)]
#[x_kube(validation = (
    "self.portStart <= self.portEnd",
    "allowedHostPorts have a portStart that is not above portEnd; swap the two",
))]
#[serde(rename_all = "camelCase")]
pub struct PortRange {
    /// First port, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub port_start: i32,
    /// Last port, 1 to 65535, not below the first.
    #[schemars(range(min = 1, max = 65535))]
    pub port_end: i32,
    /// `TCP` or `UDP`.
    pub protocol: PortProtocol,
}

/// Protocol of a port.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = field_speaks)]
pub enum PortProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Dynamic resource allocation of network devices.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dranet {
    /// `Managed`: AKS installs and runs the driver; `Unmanaged` (Azure's default) leaves it to the user. No source says
    /// what a change disturbs, nor that `Managed` can be left again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ManagementMode>,
}

/// Who runs a driver on the nodes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ManagementMode {
    /// The user.
    Unmanaged,
    /// AKS.
    Managed,
}

/// Static egress: what a pool with mode `Gateway` is.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayProfile {
    /// Length of the prefix the gateway's public addresses come from, 28 to 31, for 16 to 2 nodes; Azure's default is
    /// 31. Fixed at creation of the pool.
    #[serde(rename = "publicIPPrefixSize", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 28, max = 31))]
    pub public_ip_prefix_size: Option<i32>,
}
