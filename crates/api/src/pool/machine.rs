//! What a pool's machines are: operating system, disks, GPU, security.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ManagementMode;
use crate::schema::{ResourceId, field_speaks};

/// How the machines of a pool are grouped.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum PoolType {
    /// A scale set of equal machines.
    VirtualMachineScaleSets,
    /// An availability set, which AKS has retired.
    AvailabilitySet,
    /// Single machines of one or several sizes.
    VirtualMachines,
}

/// Operating system family.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum OsType {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

/// Operating system. The name without a version follows the Kubernetes version.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum OsSku {
    /// Ubuntu, the release AKS pairs with the Kubernetes version.
    Ubuntu,
    /// Azure Linux, the release AKS pairs with the Kubernetes version.
    AzureLinux,
    /// Azure Linux 3.
    AzureLinux3,
    /// The former name of Azure Linux.
    #[serde(rename = "CBLMariner")]
    CblMariner,
    /// Windows Server 2019.
    Windows2019,
    /// Windows Server 2022.
    Windows2022,
    /// Ubuntu 22.04.
    Ubuntu2204,
    /// Windows Server 2025.
    Windows2025,
    /// Ubuntu 24.04.
    Ubuntu2404,
    /// Azure Container Linux.
    AzureContainerLinux,
}

/// Where the OS disk is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum OsDiskType {
    /// A managed disk over the network.
    Managed,
    /// On the machine's cache or temporary disk; lost with the machine.
    Ephemeral,
}

/// Where the kubelet keeps its data.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum KubeletDiskType {
    /// On the OS disk.
    #[serde(rename = "OS")]
    Os,
    /// On the temporary disk.
    Temporary,
}

/// Container runtime.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum WorkloadRuntime {
    /// Ordinary containers.
    #[serde(rename = "OCIContainer")]
    OciContainer,
    /// WebAssembly, which AKS has retired.
    WasmWasi,
    /// Pods in their own virtual machines.
    KataVmIsolation,
}

/// Slice of a multi-instance GPU.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum GpuInstanceProfile {
    /// One seventh.
    #[serde(rename = "MIG1g")]
    Mig1g,
    /// Two sevenths.
    #[serde(rename = "MIG2g")]
    Mig2g,
    /// Three sevenths.
    #[serde(rename = "MIG3g")]
    Mig3g,
    /// Four sevenths.
    #[serde(rename = "MIG4g")]
    Mig4g,
    /// The whole GPU.
    #[serde(rename = "MIG7g")]
    Mig7g,
}

/// GPU settings of the nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GpuProfile {
    /// `Install` (Azure's default) or `None` for a driver of one's own. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<GpuDriver>,
    /// Management of NVIDIA GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nvidia: Option<NvidiaGpuProfile>,
}

/// Management of NVIDIA GPUs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NvidiaGpuProfile {
    /// `Managed`: AKS installs driver, device plugin and metrics exporter; `Unmanaged` (Azure's default): the driver
    /// alone. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_mode: Option<ManagementMode>,
}

/// Whether AKS installs the GPU driver.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum GpuDriver {
    /// AKS installs it.
    Install,
    /// The user installs it.
    None,
}

/// Boot security and SSH access of the nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolSecurityProfile {
    /// Virtual trusted platform module (Trusted Launch). Azure's default is false.
    #[serde(rename = "enableVTPM", skip_serializing_if = "Option::is_none")]
    pub enable_vtpm: Option<bool>,
    /// Boots signed code only (Trusted Launch). Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_secure_boot: Option<bool>,
    /// SSH access to the nodes: `LocalUser` (Azure's default), `Disabled` or `EntraId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_access: Option<SshAccess>,
}

/// SSH access to nodes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum SshAccess {
    /// With the key of the cluster's `linuxProfile`.
    LocalUser,
    /// Not at all.
    Disabled,
    /// With an Entra sign-in.
    EntraId,
}

/// Settings of Windows nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolWindowsProfile {
    /// Takes the translation of outgoing addresses out of the nodes, so that pods leave with their own; needs a NAT
    /// gateway as the cluster's `outboundType` and nodes without public addresses. Azure's default is false. Fixed at
    /// creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_outbound_nat: Option<bool>,
}

/// Streaming of container images.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactStreamingProfile {
    /// Starts containers while their image is still loading, for images in a container registry that streams them.
    /// Azure's default is false. A change reimages the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What a pool is made from.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreationData {
    /// Resource id of a node pool snapshot. A new pool takes operating system, node image and Kubernetes version from
    /// it, and needs a machine size of the same family. On an existing pool another, newer snapshot rolls the pool to
    /// it; AKS refuses an older one. What upgrades make of the pool afterwards stays: with `versionPolicy` `Follow` it is
    /// taken to the version of its cluster next. An `orchestratorVersion` of the manifest counts before the snapshot's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub source_resource_id: Option<String>,
}
