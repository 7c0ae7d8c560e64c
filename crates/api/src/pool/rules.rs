//! Rules that look at more than one field of a pool.
//!
//! [`crds`](crate::crds) puts them on the schema of the spec.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;

use crate::rule::{Rule, rule};

/// The rules, each below its source. Where sources disagree the rule follows the first.
const RULES: &[Rule] = &[
    // Learn: cluster-autoscaler.
    rule(
        "!self.?enableAutoScaling.orValue(false) || (has(self.minCount) && has(self.maxCount))",
        "enableAutoScaling needs its limits; set minCount and maxCount",
    ),
    // CLI; azurerm: kubernetes_cluster_node_pool.
    rule(
        "self.?enableAutoScaling.orValue(false) || !(has(self.minCount) || has(self.maxCount))",
        "minCount and maxCount are limits of the autoscaler; set enableAutoScaling to true, or remove them",
    ),
    // SPEC minCount, maxCount.
    rule(
        "!has(self.minCount) || !has(self.maxCount) || self.minCount <= self.maxCount",
        "minCount is above maxCount; lower it, or raise maxCount",
    ),
    // CLI.
    rule(
        "!has(self.count) || (self.count >= self.?minCount.orValue(self.count) && self.count <= self.?maxCount.orValue(self.count))",
        "count is the initial number of nodes and has to lie between minCount and maxCount; change it, or leave it out",
    ),
    // Learn: use-system-pools.
    rule(
        "self.?mode.orValue('') != 'System' || self.?osType.orValue('Linux') == 'Linux'",
        "a pool with mode System runs Linux; set osType to Linux, or mode to User",
    ),
    // Learn: use-system-pools.
    rule(
        "self.?mode.orValue('') != 'System' || self.?scaleSetPriority.orValue('Regular') == 'Regular'",
        "a pool with mode System cannot be a spot pool; set scaleSetPriority to Regular, or mode to User",
    ),
    // Learn: start-stop-nodepools.
    rule(
        "self.?mode.orValue('') != 'System' || self.?powerState.?code.orValue('Running') == 'Running'",
        "a pool with mode System cannot be stopped; stop the cluster, or set mode to User",
    ),
    // SPEC count.
    rule(
        "self.?mode.orValue('') != 'System' || (self.?count.orValue(1) >= 1 && self.?minCount.orValue(1) >= 1)",
        "a pool with mode System has one node at least; raise count and minCount, or set mode to User",
    ),
    // Learn: use-system-pools.
    rule(
        "self.?mode.orValue('') != 'System' || !has(self.maxPods) || !has(self.count) || self.maxPods * self.count \
         >= 30",
        "a pool with mode System has to hold 30 pods at least; raise maxPods or count",
    ),
    // Learn: use-system-pools.
    rule(
        "self.?mode.orValue('') != 'System' || !has(self.upgradeSettings) || !has(self.upgradeSettings.maxUnavailable)",
        "upgradeSettings.maxUnavailable is not for pools with mode System; use maxSurge",
    ),
    // Learn: use-system-pools.
    rule(
        "self.?mode.orValue('') != 'System' || !has(self.vmSize) || !self.vmSize.lowerAscii().startsWith('standard_b')",
        "a pool with mode System does not run on burstable machines (Standard_B...); choose another vmSize, or set \
         mode to User",
    ),
    // general knowledge: AKS refuses such a pool at creation.
    rule(
        "self.?mode.orValue('') != 'System' || !has(self.nodeTaints) || self.nodeTaints.all(taint, taint == \
         'CriticalAddonsOnly=true:NoSchedule' || taint.endsWith(':PreferNoSchedule'))",
        "a pool with mode System keeps the pods of AKS off with these nodeTaints; use \
         CriticalAddonsOnly=true:NoSchedule or an effect PreferNoSchedule, or set mode to User",
    ),
    // azurerm: kubernetes_cluster_node_pool.
    rule(
        "!('kubernetes.azure.com/scalesetpriority' in self.?nodeLabels.orValue({})) || \
         self.?scaleSetPriority.orValue('') == 'Spot'",
        "the label kubernetes.azure.com/scalesetpriority is for spot pools; set scaleSetPriority to Spot, or remove it",
    ),
    // Learn: spot-node-pool.
    rule(
        "!has(self.scaleSetEvictionPolicy) || self.?scaleSetPriority.orValue('') == 'Spot'",
        "scaleSetEvictionPolicy is for spot pools; set scaleSetPriority to Spot, or remove it",
    ),
    // Learn: spot-node-pool.
    rule(
        "!has(self.spotMaxPrice) || self.?scaleSetPriority.orValue('') == 'Spot'",
        "spotMaxPrice is for spot pools; set scaleSetPriority to Spot, or remove it",
    ),
    // Learn: spot-node-pool; azurerm: kubernetes_cluster_node_pool.
    rule(
        "self.?scaleSetPriority.orValue('') != 'Spot' || !has(self.upgradeSettings) || \
         !(has(self.upgradeSettings.maxSurge) || has(self.upgradeSettings.maxUnavailable))",
        "upgradeSettings.maxSurge and maxUnavailable are not for spot pools; remove them",
    ),
    // SPEC gatewayProfile.
    rule(
        "!has(self.gatewayProfile) || self.?mode.orValue('') == 'Gateway'",
        "gatewayProfile is for pools with mode Gateway; set that mode, or remove it",
    ),
    // Learn: configure-static-egress-gateway.
    rule(
        "self.?mode.orValue('') != 'Gateway' || self.?osType.orValue('Linux') == 'Linux'",
        "a pool with mode Gateway runs Linux; set osType to Linux, or mode to User",
    ),
    // Learn: configure-static-egress-gateway.
    rule(
        "self.?mode.orValue('') != 'Gateway' || !self.?enableAutoScaling.orValue(false)",
        "a pool with mode Gateway has a fixed number of nodes; remove enableAutoScaling, minCount and maxCount, and \
         set count",
    ),
    // Learn: configure-static-egress-gateway.
    rule(
        "self.?mode.orValue('') != 'Gateway' || !has(self.count) || self.count <= {28: 16, 29: 8, 30: 4, 31: \
         2}[?int(self.?gatewayProfile.?publicIPPrefixSize.orValue(31))].orValue(self.count)",
        "count of a pool with mode Gateway is above the addresses of its prefix (28: 16, 29: 8, 30: 4, 31 or none: \
         2); lower it, or lower gatewayProfile.publicIPPrefixSize",
    ),
    // SPEC availabilityZones.
    rule(
        "size(self.?availabilityZones.orValue([])) == 0 || self.?type.orValue('VirtualMachineScaleSets') == \
         'VirtualMachineScaleSets'",
        "availabilityZones are for pools of type VirtualMachineScaleSets; use that type, or remove the zones",
    ),
    // Learn: reliability-availability-zones-configure.
    rule(
        "!has(self.availabilityZones) || self.availabilityZones.all(zone, zone in ['1', '2', '3'] && \
         self.availabilityZones.exists_one(other, other == zone))",
        "availabilityZones name some of \"1\", \"2\" and \"3\", each once; correct the list",
    ),
    // Learn: virtual-machines-node-pools.
    rule(
        "!has(self.virtualMachinesProfile) || self.?type.orValue('') == 'VirtualMachines'",
        "virtualMachinesProfile is for pools of type VirtualMachines; set that type, or remove it",
    ),
    // CLI: vm-set-type VirtualMachines.
    rule(
        "!has(self.virtualMachinesProfile) || !(has(self.vmSize) || has(self.count) || has(self.minCount) || \
         has(self.maxCount) || self.?enableAutoScaling.orValue(false))",
        "virtualMachinesProfile has sizes and numbers of its own; remove vmSize, count, enableAutoScaling, minCount \
         and maxCount",
    ),
    // Learn: scale-down-mode.
    rule(
        "self.?scaleDownMode.orValue('') != 'Deallocate' || self.?osDiskType.orValue('') != 'Ephemeral'",
        "scaleDownMode Deallocate needs a disk that outlives the machine; set osDiskType to Managed, or \
         scaleDownMode to Delete",
    ),
    // Learn: gpu-multi-instance.
    rule(
        "!has(self.gpuInstanceProfile) || !has(self.vmSize) || \
         self.vmSize.lowerAscii().matches('a100|h100|h200|gb200|^standard_nd96')",
        "gpuInstanceProfile is for machines with a GPU that can be divided (A100, H100, H200, GB200); choose such a \
         vmSize, or remove it",
    ),
    // Learn: enable-fips-nodes; use-trusted-launch.
    rule(
        "self.?workloadRuntime.orValue('') != 'KataVmIsolation' || (self.?osType.orValue('Linux') == 'Linux' && \
         !self.?enableFIPS.orValue(false) && !self.?securityProfile.?enableVTPM.orValue(false) && \
         !self.?securityProfile.?enableSecureBoot.orValue(false))",
        "workloadRuntime KataVmIsolation runs on Linux without enableFIPS, enableVTPM and enableSecureBoot; remove \
         them, or use OCIContainer",
    ),
    // SPEC nodePublicIPPrefixID.
    rule(
        "!has(self.nodePublicIPPrefixID) || self.?enableNodePublicIP.orValue(false)",
        "nodePublicIPPrefixID needs public addresses; set enableNodePublicIP to true, or remove the prefix",
    ),
    // Learn: use-node-public-ips.
    rule(
        "size(self.?networkProfile.?nodePublicIPTags.orValue([])) == 0 || self.?enableNodePublicIP.orValue(false)",
        "networkProfile.nodePublicIPTags need public addresses; set enableNodePublicIP to true, or remove the tags",
    ),
    // Learn: configure-azure-cni-dynamic-ip-allocation.
    rule(
        "!has(self.podSubnetID) || has(self.vnetSubnetID)",
        "podSubnetID needs a subnet of your own for the nodes too; set vnetSubnetID, or remove podSubnetID",
    ),
    // Learn: configure-azure-cni-static-block-allocation.
    rule(
        "!has(self.podSubnetID) || !has(self.vnetSubnetID) || (self.podSubnetID.lowerAscii() != \
         self.vnetSubnetID.lowerAscii() && self.podSubnetID.lowerAscii().split('/subnets/')[0] == \
         self.vnetSubnetID.lowerAscii().split('/subnets/')[0])",
        "podSubnetID and vnetSubnetID are two subnets of one virtual network; correct one of them",
    ),
    // SPEC podIPAllocationMode.
    rule(
        "!has(self.podIPAllocationMode) || has(self.podSubnetID)",
        "podIPAllocationMode says how pods get addresses of their subnet; set podSubnetID, or remove it",
    ),
    // SPEC disableOutboundNat.
    rule(
        "!self.?windowsProfile.?disableOutboundNat.orValue(false) || !self.?enableNodePublicIP.orValue(false)",
        "windowsProfile.disableOutboundNat does not go with public addresses; set enableNodePublicIP to false, or \
         leave the translation on",
    ),
    // SPEC messageOfTheDay, linuxOSConfig; Learn: artifact-streaming, localdns-custom.
    rule(
        "self.?osType.orValue('') != 'Windows' || !(has(self.messageOfTheDay) || has(self.linuxOSConfig) || \
         self.?artifactStreamingProfile.?enabled.orValue(false) || self.?localDNSProfile.?mode.orValue('Disabled') \
         != 'Disabled')",
        "messageOfTheDay, linuxOSConfig, artifactStreamingProfile and localDNSProfile are for Linux pools; remove them",
    ),
    // Learn: use-trusted-launch.
    rule(
        "self.?osType.orValue('') != 'Windows' || !(self.?securityProfile.?enableVTPM.orValue(false) || \
         self.?securityProfile.?enableSecureBoot.orValue(false))",
        "securityProfile.enableVTPM and enableSecureBoot are for Linux pools; remove them",
    ),
    // Learn: custom-node-configuration.
    rule(
        "self.?osType.orValue('') != 'Windows' || !has(self.kubeletConfig) || \
         !(has(self.kubeletConfig.cpuManagerPolicy) || has(self.kubeletConfig.cpuCfsQuota) || \
         has(self.kubeletConfig.cpuCfsQuotaPeriod) || has(self.kubeletConfig.topologyManagerPolicy) || \
         has(self.kubeletConfig.allowedUnsafeSysctls) || has(self.kubeletConfig.failSwapOn) || \
         has(self.kubeletConfig.podMaxPids))",
        "kubeletConfig of a Windows pool has imageGcHighThreshold, imageGcLowThreshold, containerLogMaxSizeMB and \
         containerLogMaxFiles only; remove the others",
    ),
    // SPEC windowsProfile.disableOutboundNat.
    rule(
        "!has(self.windowsProfile) || !has(self.windowsProfile.disableOutboundNat) || self.?osType.orValue('Linux') \
         == 'Windows'",
        "windowsProfile is for Windows pools; set osType to Windows, or remove it",
    ),
    // SPEC osSKU.
    rule(
        "!has(self.osSKU) || (self.osSKU in ['Windows2019', 'Windows2022', 'Windows2025']) == \
         (self.?osType.orValue('Linux') == 'Windows')",
        "osSKU does not fit osType; Windows2019, Windows2022 and Windows2025 go with osType Windows, all others with \
         Linux",
    ),
    // Learn: upgrade-os-version.
    rule(
        "self.?osSKU.orValue('') != 'Windows2025' || self.?enableFIPS.orValue(true)",
        "osSKU Windows2025 has a FIPS image only; set enableFIPS to true or leave it out, or use Windows2022",
    ),
    // Learn: migrate-nodes-azure-container-linux.
    rule(
        "self.?osSKU.orValue('') != 'AzureContainerLinux' || (self.?securityProfile.?enableVTPM.orValue(true) && \
         self.?securityProfile.?enableSecureBoot.orValue(true))",
        "osSKU AzureContainerLinux boots with Trusted Launch only; set securityProfile.enableVTPM and \
         enableSecureBoot to true or leave them out",
    ),
    // Learn: custom-node-configuration.
    rule(
        "!has(self.linuxOSConfig) || !has(self.linuxOSConfig.swapFileSizeMB) || \
         !self.?kubeletConfig.?failSwapOn.orValue(true)",
        "linuxOSConfig.swapFileSizeMB needs a kubelet that accepts swap; set kubeletConfig.failSwapOn to false",
    ),
];

/// The rules for the schema of the spec of `AksNodePool`.
pub(crate) fn rules() -> Vec<ValidationRule> {
    RULES.iter().map(Rule::to_validation).collect()
}
