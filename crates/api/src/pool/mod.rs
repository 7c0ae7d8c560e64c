//! `AksNodePool`: one agent pool of a cluster.

mod kubelet;
mod linux_os;
mod local_dns;
mod machine;
mod network;
pub(super) mod rules;
mod scaling;
mod virtual_machines;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

pub use kubelet::*;
pub use linux_os::*;
pub use local_dns::*;
pub use machine::*;
pub use network::*;
pub use scaling::*;
pub use virtual_machines::*;

use super::overrides::ArmPath;
use super::schema::{
    KubernetesVersion, NodeImageVersion, NodeLabels, ResourceId, SubnetId, Tags, Taint, TextMap, VmSize,
};
use super::{AksNodePoolStatus, ClusterRef, DeletionPolicy, ManagementPolicy, Override, PowerState, VersionPolicy};

/// Desired state of one node pool.
///
/// The settings up to `deletionProtection` are Armature's; everything behind them is ARM's agent pool (API version
/// 2026-08-01), with the fields of ARM's `properties` lifted to this level. A field that is absent is not managed. What
/// AKS cannot change in place is shown in the plan as a replacement of the pool, and never done unasked.
#[derive(CustomResource, Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[kube(
    group = "aks.armature.dev",
    version = "v1alpha1",
    kind = "AksNodePool",
    plural = "aksnodepools",
    shortname = "akspool",
    category = "armature",
    namespaced,
    status = "AksNodePoolStatus",
    derive = "PartialEq",
    selectable = ".spec.clusterRef.name",
    doc = "A node pool of an Azure Kubernetes Service cluster.",
    validation = Rule::new(
        "!has(self.spec) || (has(self.spec.azureName) ? self.spec.azureName : self.metadata.name)
            .matches(self.spec.?osType.orValue('Linux') == 'Windows' ? '^[a-z][a-z0-9]{0,5}$' : '^[a-z][a-z0-9]{0,11}$')"
    )
    .message(
        "a pool's name in Azure has lower-case letters and digits, a letter first, 12 characters at most on Linux and 6 on \
         Windows; choose another metadata.name, or set spec.azureName",
    )
    .field_path(".spec.azureName"),
    validation = Rule::new(
        "!has(self.spec) || (has(self.spec.azureName) ? self.spec.azureName : self.metadata.name) != 'aksmanagedap'"
    )
    .message(
        "the pool name aksmanagedap belongs to AKS; choose another metadata.name, or set spec.azureName",
    )
    .field_path(".spec.azureName"),
    validation = Rule::new(
        "!has(self.spec) || !has(oldSelf.spec) || (has(self.spec.azureName) ? self.spec.azureName : self.metadata.name)
            == (has(oldSelf.spec.azureName) ? oldSelf.spec.azureName : oldSelf.metadata.name)"
    )
    .message(
        "spec.azureName is fixed: AKS cannot rename a pool; make a new AksNodePool for the other name",
    )
    .field_path(".spec.azureName"),
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterRef.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "Size", type_ = "string", json_path = ".spec.vmSize"),
    printcolumn(name = "Count", type_ = "integer", json_path = ".status.count"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.currentKubernetesVersion"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        priority = 1
    ),
    printcolumn(name = "Image", type_ = "string", json_path = ".status.nodeImageVersion", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct AksNodePoolSpec {
    /// The `AksCluster` the pool belongs to, in the same namespace. Fixed from the start.
    pub cluster_ref: ClusterRef,
    /// Name of the pool in Azure: lower-case letters and digits, a letter first, 1 to 12 characters (1 to 6 on
    /// Windows); default: the name of this object. Fixed from the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 12))]
    pub azure_name: Option<String>,
    /// How the pool follows the cluster's Kubernetes version: `Follow` (default), `Lag` or `Manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_policy: Option<VersionPolicy>,
    /// Whether Armature writes this pool to Azure: `Manage` or `Observe`; default: what the cluster says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_policy: Option<ManagementPolicy>,
    /// What becomes of the Azure pool when this object is deleted: `Delete` (default) or `Orphan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// While true (default), deleting this object does nothing in Azure and shows `DeletionBlocked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Properties of ARM's `AgentPool` by their paths, for what no field covers yet, such as a preview. They win over
    /// fields, and what they disturb counts as unknown where no field says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub overrides: Option<Vec<Override>>,
    /// Paths of properties to unset in Azure: leaving a field out of the manifest keeps its live value. A path that Azure
    /// never unsets is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ArmPath>>", length(max = 64))]
    pub clear: Option<Vec<String>>,

    /// `System` runs AKS' own pods and has to exist once, `User` runs only yours, `Gateway` is for static egress.
    /// `System` and `User` change in place while another system pool remains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<PoolMode>,
    /// Virtual machine size, such as `Standard_D4s_v5`; default: AKS chooses. Fixed at creation of the pool. Pools of
    /// type `VirtualMachines` have their sizes in `virtualMachinesProfile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<VmSize>")]
    pub vm_size: Option<String>,
    /// Number of nodes: 0 to 1000, at least 1 in a system pool; Azure's default is 1. With the autoscaler it is the
    /// initial number only and is never written again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub count: Option<i32>,
    /// Fewest nodes of the autoscaler, 0 to 1000, at least 1 in a system pool. Goes with `enableAutoScaling: true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub min_count: Option<i32>,
    /// Most nodes of the autoscaler, 0 to 1000. Goes with `enableAutoScaling: true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub max_count: Option<i32>,
    /// Lets the cluster autoscaler set the number of nodes. Azure's default is false. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_auto_scaling: Option<bool>,
    /// What scale-down does with machines: `Delete` (Azure's default) or `Deallocate`. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_mode: Option<ScaleDownMode>,
    /// How the machines are grouped; Azure's default is `VirtualMachineScaleSets`. Fixed at creation of the pool.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<PoolType>,
    /// `Linux` (Azure's default) or `Windows`. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_type: Option<OsType>,
    /// Operating system; Azure's default is `Ubuntu` on Linux. Changes in place between Ubuntu and Azure Linux, which
    /// reimages the pool; otherwise fixed at creation of the pool.
    #[serde(rename = "osSKU", skip_serializing_if = "Option::is_none")]
    pub os_sku: Option<OsSku>,
    /// OS disk in GiB, 0 to 2048; 0 (Azure's default) lets AKS choose by machine size. Fixed at creation of the pool.
    #[serde(rename = "osDiskSizeGB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2048))]
    pub os_disk_size_gb: Option<i32>,
    /// `Ephemeral` on the machine's own disk or `Managed`; Azure chooses `Ephemeral` where the size fits. Fixed at
    /// creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_disk_type: Option<OsDiskType>,
    /// Where the kubelet keeps its data: `OS` (Azure's default) or `Temporary`. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubelet_disk_type: Option<KubeletDiskType>,
    /// Zones the nodes are spread over, such as `["1", "2", "3"]`. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8), inner(length(min = 1, max = 8)))]
    pub availability_zones: Option<Vec<String>>,
    /// Kubernetes labels of the nodes. Owned by key. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeLabels>")]
    pub node_labels: Option<TextMap>,
    /// Kubernetes taints of the nodes, `key=value:Effect`. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Taint>>", length(max = 100))]
    pub node_taints: Option<Vec<String>>,
    /// Azure tags of the pool's machines. Owned by key. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Tags>")]
    pub tags: Option<TextMap>,
    /// Pods per node, 10 to 250; Azure's default depends on the network: overlay 250, pod subnet 110, kubenet 110,
    /// else 30. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 250))]
    pub max_pods: Option<i32>,
    /// Resource id of the nodes' subnet; default: a network that AKS makes. Fixed at creation of the pool.
    #[serde(rename = "vnetSubnetID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SubnetId>")]
    pub vnet_subnet_id: Option<String>,
    /// Resource id of the pods' subnet; default: pods take addresses of the node subnet. Fixed at creation of the pool.
    #[serde(rename = "podSubnetID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SubnetId>")]
    pub pod_subnet_id: Option<String>,
    /// How pods get the addresses of `podSubnetID`: `DynamicIndividual` (Azure's default) one by one, `StaticBlock` in
    /// blocks of 16 that stay with a node. A pod subnet is used in one way only, by all pools. Fixed at creation of the
    /// pool.
    #[serde(rename = "podIPAllocationMode", skip_serializing_if = "Option::is_none")]
    pub pod_ip_allocation_mode: Option<PodIpAllocationMode>,
    /// Kubernetes version of the nodes, `1.33` or `1.33.4`, with or without a leading `v`; default: by `versionPolicy`.
    /// It is a floor, never above the control plane. A change rolls all nodes of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<KubernetesVersion>")]
    pub orchestrator_version: Option<String>,
    /// Rolls the pool back to this node image, one it ran within the last seven days (Learn:
    /// roll-back-node-pool-version); with an `orchestratorVersion` below the running one, to that version too. All nodes
    /// are replaced in turn. It acts when the manifest changes it, on a pool that exists, with
    /// `autoUpgradeProfile.upgradeChannel` `none`; as long as the pool runs the image it does not follow the control
    /// plane. An image that Azure took further since is reported and never undone. Remove the field to go on upgrading.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeImageVersion>")]
    pub node_image_version: Option<String>,
    /// What the pool is made from, in place of the newest node image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_data: Option<CreationData>,
    /// `Regular` (Azure's default) or `Spot`. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_set_priority: Option<ScaleSetPriority>,
    /// What an evicted spot machine becomes: `Delete` (Azure's default) or `Deallocate`. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_set_eviction_policy: Option<ScaleSetEvictionPolicy>,
    /// Highest price in US dollars per hour for a spot machine, up to five decimals; -1 (Azure's default) means up to
    /// the regular price. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = (
        "self == -1.0 || (self > 0.0 && self < 1000000.0
            && self * 100000.0 - double(int(self * 100000.0 + 0.5)) < 0.001
            && double(int(self * 100000.0 + 0.5)) - self * 100000.0 < 0.001)",
        "spotMaxPrice is -1, or above 0 and below a million with five decimals at most; correct it",
    ))]
    pub spot_max_price: Option<f64>,
    /// How nodes are replaced during upgrades.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_settings: Option<Box<PoolUpgradeSettings>>,
    /// Whether the pool runs. Only user pools can be `Stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<PowerState>,
    /// Gives each node a public address. Azure's default is false. Fixed at creation of the pool.
    #[serde(rename = "enableNodePublicIP", skip_serializing_if = "Option::is_none")]
    pub enable_node_public_ip: Option<bool>,
    /// Resource id of the prefix the public addresses come from. Fixed at creation of the pool.
    #[serde(rename = "nodePublicIPPrefixID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub node_public_ip_prefix_id: Option<String>,
    /// Encrypts disks and caches on the host. Azure's default is false. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_encryption_at_host: Option<bool>,
    /// Lets pods use Ultra disks. Azure's default is false. Fixed at creation of the pool.
    #[serde(rename = "enableUltraSSD", skip_serializing_if = "Option::is_none")]
    pub enable_ultra_ssd: Option<bool>,
    /// Uses a FIPS 140 validated node image. Azure's default is false. A change reimages the pool.
    #[serde(rename = "enableFIPS", skip_serializing_if = "Option::is_none")]
    pub enable_fips: Option<bool>,
    /// Resource id of the proximity placement group. Fixed at creation of the pool.
    #[serde(rename = "proximityPlacementGroupID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub proximity_placement_group_id: Option<String>,
    /// Resource id of the capacity reservation group. Fixed at creation of the pool.
    #[serde(rename = "capacityReservationGroupID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub capacity_reservation_group_id: Option<String>,
    /// Resource id of the dedicated host group. Fixed at creation of the pool.
    #[serde(rename = "hostGroupID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub host_group_id: Option<String>,
    /// Kubelet settings. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubelet_config: Option<Box<KubeletConfig>>,
    /// Settings of the Linux operating system. Fixed at creation of the pool.
    #[serde(rename = "linuxOSConfig", skip_serializing_if = "Option::is_none")]
    pub linux_os_config: Option<Box<LinuxOsConfig>>,
    /// Boot security and SSH access of the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_profile: Option<PoolSecurityProfile>,
    /// Slice of a multi-instance GPU; only on sizes that have one. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_instance_profile: Option<GpuInstanceProfile>,
    /// GPU driver and its management.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_profile: Option<GpuProfile>,
    /// Container runtime; Azure's default is `OCIContainer`. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_runtime: Option<WorkloadRuntime>,
    /// Message shown at logins on Linux nodes, base64. Fixed at creation of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8192))]
    #[x_kube(validation = (
        "size(self) % 4 == 0 && self.matches('^[A-Za-z0-9+/]*={0,2}$')",
        "messageOfTheDay is plain text in base64, such as aGk= for hi; encode it with base64",
    ))]
    pub message_of_the_day: Option<String>,
    /// Public address tags, open host ports, security groups and device networking of the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_profile: Option<Box<PoolNetworkProfile>>,
    /// Settings of Windows nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_profile: Option<PoolWindowsProfile>,
    /// Settings of a pool with mode `Gateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_profile: Option<GatewayProfile>,
    /// Streaming of container images, on Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_streaming_profile: Option<ArtifactStreamingProfile>,
    /// Machine sizes and numbers of a pool with type `VirtualMachines`, in place of `vmSize`, `count` and the limits of
    /// the autoscaler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_machines_profile: Option<Box<VirtualMachinesProfile>>,
    /// A DNS proxy on each node.
    #[serde(rename = "localDNSProfile", skip_serializing_if = "Option::is_none")]
    pub local_dns_profile: Option<Box<LocalDnsProfile>>,
}
