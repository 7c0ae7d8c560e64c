//! Pools of single machines, in place of a scale set.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::schema::VmSize;

/// The machines of a pool with type `VirtualMachines`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct VirtualMachinesProfile {
    /// Sizes and numbers. It is one value: what it does not list is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<ScaleProfile>,
}

/// Machine sizes of one family and how many there are of each, up to five (Learn: virtual-machines-node-pools).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, KubeSchema)]
#[x_kube(validation = (
    "size(self.?manual.orValue([])) + size(self.?autoscale.orValue([])) >= 1
        && size(self.?manual.orValue([])) + size(self.?autoscale.orValue([])) <= 5",
    "virtualMachinesProfile.scale has one to five sizes in manual and autoscale together; add one or remove some",
))]
#[x_kube(validation = (
    "(!has(self.manual) || self.manual.all(one,
            self.manual.exists_one(other, other.size.lowerAscii() == one.size.lowerAscii())))
        && (!has(self.autoscale) || self.autoscale.all(one,
            self.autoscale.exists_one(other, other.size.lowerAscii() == one.size.lowerAscii())
            && (!has(self.manual) || !self.manual.exists(other, other.size.lowerAscii() == one.size.lowerAscii()))))",
    "virtualMachinesProfile.scale names each machine size once; put the numbers of a size into one entry",
))]
#[serde(rename_all = "camelCase")]
pub struct ScaleProfile {
    /// Sizes with a fixed number of machines. A change of a number adds or drains machines, another size replaces them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5))]
    pub manual: Option<Vec<ManualScaleProfile>>,
    /// Sizes with a number that the cluster autoscaler sets. A change of a limit adds or drains machines gradually,
    /// another size replaces them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5))]
    pub autoscale: Option<Vec<AutoScaleProfile>>,
}

/// A machine size with a fixed number.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManualScaleProfile {
    /// Virtual machine size, such as `Standard_D4s_v5`.
    #[schemars(with = "VmSize")]
    pub size: String,
    /// Number of machines, 0 to 1000.
    #[schemars(range(min = 0, max = 1000))]
    pub count: i32,
}

/// A machine size with limits for the autoscaler.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, KubeSchema)]
#[x_kube(validation = (
    "self.minCount <= self.maxCount",
    "an entry of virtualMachinesProfile.scale.autoscale has a minCount above its maxCount; lower it, or raise maxCount",
))]
#[serde(rename_all = "camelCase")]
pub struct AutoScaleProfile {
    /// Virtual machine size, such as `Standard_D4s_v5`.
    #[schemars(with = "VmSize")]
    pub size: String,
    /// Fewest machines, 0 to 1000.
    #[schemars(range(min = 0, max = 1000))]
    pub min_count: i32,
    /// Most machines, 0 to 1000.
    #[schemars(range(min = 0, max = 1000))]
    pub max_count: i32,
}
