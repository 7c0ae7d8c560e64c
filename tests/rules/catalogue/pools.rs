//! Pools: modes, numbers, machines, nodes.

use serde_json::json;

use super::{Row, azure, bound, cel, plan, row, test};
use crate::harness::Kind::Pool;

pub fn rows() -> Vec<Row> {
    [modes(), numbers(), machines(), nodes(), places()]
        .into_iter()
        .flatten()
        .collect()
}

#[rustfmt::skip]
fn modes() -> Vec<Row> {
    vec![
        row("one-system-pool", "a cluster is made with a System pool", "Learn: use-system-pools", [test("crates/plan/src/tests/creation.rs", "a_cluster_is_created_with_all_its_pools_and_then_nothing_is_left"), test("crates/plan/src/tests/creation.rs", "nothing_is_created_without_a_system_pool")]),
        row("last-system-pool-stays", "the last System pool is not deleted", "Learn: use-system-pools; CAPZ", [test("crates/plan/src/tests/deletion.rs", "the_last_system_pool_stays_also_while_another_one_is_being_deleted")]),
        row("last-system-pool-mode", "the last System pool does not become a User pool", "Learn: use-system-pools; CAPZ", [test("crates/plan/src/tests/refusals.rs", "the_last_system_pool_stays_one_until_another_is_there")]),
        row("system-linux", "a System pool runs Linux", "Learn: use-system-pools", [cel("a pool with mode System runs Linux")]),
        row("system-not-spot", "a System pool is no spot pool", "Learn: use-system-pools", [cel("a pool with mode System cannot be a spot")]),
        row("system-not-stopped", "a System pool cannot be stopped", "Learn: start-stop-nodepools", [cel("a pool with mode System cannot be stopped")]),
        row("system-count", "a System pool has one node at least", "SPEC count", [cel("a pool with mode System has one node")]),
        row("system-pods", "a System pool holds 30 pods at least", "Learn: use-system-pools", [cel("a pool with mode System has to hold")]),
        row("system-not-burstable", "a System pool does not run on burstable machines", "Learn: use-system-pools", [cel("a pool with mode System does not run on burstable")]),
        row("system-size-floor", "a System pool has machines with 2 vCPU and 4 GB at least", "Learn: quotas-skus-regions", [azure("VMSizeNotSupported")]),
        row("system-unavailable", "maxUnavailable is not for System pools", "Learn: use-system-pools", [cel("upgradeSettings.maxUnavailable is not")]),
        row("system-taints", "only CriticalAddonsOnly=true:NoSchedule keeps pods off a System pool", "general knowledge", [cel("a pool with mode System keeps the pods of AKS off")]),
        row("mode-explicit", "the mode is always sent", "Learn: use-system-pools", [test("crates/plan/src/tests/pool_settings.rs", "a_pool_without_a_mode_is_a_user_pool")]),
        row("gateway-profile", "gatewayProfile is for pools with mode Gateway", "SPEC gatewayProfile", [cel("gatewayProfile is for")]),
        row("gateway-prefix", "publicIPPrefixSize is 28 to 31", "SPEC publicIPPrefixSize", [bound(Pool, json!({ "mode": "Gateway", "count": 1, "gatewayProfile": { "publicIPPrefixSize": 27 } }))]),
        row("gateway-linux", "a Gateway pool runs Linux", "Learn: configure-static-egress-gateway", [cel("a pool with mode Gateway runs Linux")]),
        row("gateway-fixed-count", "a Gateway pool does not autoscale", "Learn: configure-static-egress-gateway", [cel("a pool with mode Gateway has a fixed number")]),
        row("gateway-count", "a Gateway pool has no more nodes than its prefix has addresses", "Learn: configure-static-egress-gateway", [cel("count of a pool with mode Gateway")]),
        row("gateway-needs-static-egress", "a Gateway pool needs static egress, and no pod subnets", "Learn: configure-static-egress-gateway", [plan("GatewayNeedsStaticEgress")]),
        row("gateway-before-off", "static egress stays on while there are Gateway pools", "Learn: configure-static-egress-gateway", [plan("StaticEgressHasGateways")]),
    ]
}

#[rustfmt::skip]
fn numbers() -> Vec<Row> {
    vec![
        row("count-range", "count is 0 to 1000", "SPEC count", [bound(Pool, json!({ "count": 1001 })), bound(Pool, json!({ "count": -1 }))]),
        row("limits-range", "minCount and maxCount are 0 to 1000", "SPEC minCount, maxCount", [bound(Pool, json!({ "enableAutoScaling": true, "minCount": 0, "maxCount": 1001 }))]),
        row("limits-given", "with enableAutoScaling both limits are given", "Learn: cluster-autoscaler", [cel("enableAutoScaling needs")]),
        row("limits-absent", "without enableAutoScaling both limits are absent", "CLI; azurerm", [cel("minCount and maxCount are"), test("crates/plan/src/body/tests.rs", "switching_the_autoscaler_off_takes_its_limits_away")]),
        row("limits-order", "minCount is not above maxCount", "SPEC minCount, maxCount", [cel("minCount is above maxCount")]),
        row("count-within", "count lies between the limits", "CLI", [cel("count is the initial number"), test("crates/plan/src/tests/creation.rs", "the_create_body_carries_the_mark_and_what_arm_has_no_default_for")]),
        row("count-autoscaled", "the live count belongs to the autoscaler", "Learn: cluster-autoscaler", [test("crates/plan/src/tests/drift.rs", "an_autoscaled_count_is_never_written")]),
        row("max-pods", "maxPods is 10 to 250", "Learn: concepts-network-ip-address-planning", [bound(Pool, json!({ "maxPods": 9 })), bound(Pool, json!({ "maxPods": 251 }))]),
        row("pool-limit", "100 pools in a cluster", "Learn: quotas-skus-regions", [plan("TooManyPools")]),
        row("node-limit", "5000 nodes in a cluster, 400 with kubenet", "Learn: quotas-skus-regions", [plan("TooManyNodes")]),
        row("surge-form", "maxSurge and maxUnavailable are a number or a percentage", "SPEC maxSurge", [cel("this has to be a number of nodes")]),
        row("surge-not-both-zero", "maxSurge and maxUnavailable are not both 0", "Learn: upgrade-aks-node-pools-rolling", [cel("upgradeSettings.maxSurge 0")]),
        row("drain-timeout", "drainTimeoutInMinutes is 1 to 1440; the how-to says 5, the service takes 1", "SPEC drainTimeoutInMinutes", [bound(Pool, json!({ "upgradeSettings": { "drainTimeoutInMinutes": 0 } }))]),
        row("soak", "nodeSoakDurationInMinutes is 0 to 30", "SPEC nodeSoakDurationInMinutes", [bound(Pool, json!({ "upgradeSettings": { "nodeSoakDurationInMinutes": 31 } }))]),
        row("quota", "nodes fit the subscription's quota of cores", "Learn: quotas-skus-regions", [azure("QuotaExceeded")]),
    ]
}

#[rustfmt::skip]
fn machines() -> Vec<Row> {
    vec![
        row("spot-policy", "scaleSetEvictionPolicy is for spot pools", "Learn: spot-node-pool", [cel("scaleSetEvictionPolicy is")]),
        row("spot-price-pool", "spotMaxPrice is for spot pools", "Learn: spot-node-pool", [cel("spotMaxPrice is for")]),
        row("spot-price", "spotMaxPrice is -1, or above 0 with five decimals", "Learn: spot-node-pool", [cel("spotMaxPrice is -1")]),
        row("spot-surge", "spot pools have no maxSurge and maxUnavailable", "Learn: spot-node-pool; azurerm", [cel("upgradeSettings.maxSurge and maxUnavailable")]),
        row("spot-fixed", "priority, eviction policy and price are fixed at creation", "Learn: spot-node-pool", [test("crates/plan/src/tests/pool_settings.rs", "what_a_spot_pool_is_made_with_is_fixed")]),
        row("spot-taint", "label and taint that AKS adds to spot nodes are no drift", "Learn: spot-node-pool", [test("crates/plan/src/compare.rs", "taints_of_others_are_left_alone")]),
        row("size-form", "vmSize is a machine size", "Learn: quotas-skus-regions", [cel("this has to be a virtual machine size")]),
        row("size-offered", "the size is offered in region and zones", "Learn: quotas-skus-regions", [azure("SkuNotAvailable")]),
        row("size-fixed", "the machine size is fixed at creation", "Learn: create-node-pools", [test("crates/plan/src/tests/refusals.rs", "a_pool_change_that_needs_a_new_pool_says_so_and_the_rest_goes_on")]),
        row("os-disk-size", "osDiskSizeGB is 0 to 2048, 0 for AKS' choice", "SPEC osDiskSizeGB", [bound(Pool, json!({ "osDiskSizeGB": 2049 })), test("crates/plan/src/tests/refusals.rs", "a_size_of_zero_leaves_the_disk_to_azure")]),
        row("ephemeral-fits", "an ephemeral disk fits the machine's cache or temporary disk", "Learn: concepts-storage", [azure("InvalidParameter")]),
        row("scale-down-disk", "scaleDownMode Deallocate needs managed disks", "Learn: scale-down-mode", [cel("scaleDownMode Deallocate needs")]),
        row("mig-size", "gpuInstanceProfile is for GPUs that can be divided", "Learn: gpu-multi-instance", [cel("gpuInstanceProfile is for")]),
        row("vms-type", "virtualMachinesProfile is for type VirtualMachines", "Learn: virtual-machines-node-pools", [cel("virtualMachinesProfile is for")]),
        row("vms-own-numbers", "virtualMachinesProfile stands in the place of vmSize and count", "CLI", [cel("virtualMachinesProfile has sizes")]),
        row("vms-profiles", "one to five scale profiles", "Learn: virtual-machines-node-pools", [cel("virtualMachinesProfile.scale has one to five")]),
        row("vms-one-size", "one size in a scale profile", "Learn: virtual-machines-node-pools", [cel("virtualMachinesProfile.scale names")]),
        row("vms-limits", "an autoscaled size has a minCount not above its maxCount", "SPEC AutoScaleProfile", [cel("an entry of virtualMachinesProfile.scale.autoscale")]),
        row("vms-whole-block", "the whole scale block is sent", "Learn: virtual-machines-node-pools", [test("crates/plan/src/tests/pool_settings.rs", "sizes_of_machines_are_one_value_and_another_size_replaces_machines")]),
        row("vms-family", "all sizes of a pool are of one family", "Learn: virtual-machines-node-pools", [azure("InvalidParameter")]),
        row("vms-version", "VirtualMachines, StaticBlock, localDNSProfile and open host ports need their first version", "Learn: virtual-machines-node-pools, localdns-custom, use-node-public-ips", [plan("SettingNeedsNewerVersion")]),
        row("kata", "pod sandboxing runs on Linux without FIPS and Trusted Launch", "Learn: enable-fips-nodes, use-trusted-launch", [cel("workloadRuntime KataVmIsolation runs")]),
        row("snapshot-fits", "a snapshot fits operating system and machine family", "Learn: node-pool-snapshot", [azure("InvalidParameter")]),
        row("snapshot-left", "an upgrade leaves the snapshot behind", "CLI nodepool upgrade", [test("crates/plan/src/body/tests.rs", "an_upgrade_of_a_pool_leaves_its_snapshot_out"), test("crates/plan/src/tests/images.rs", "a_snapshot_makes_the_pool_and_an_upgrade_leaves_it_behind")]),
    ]
}

#[rustfmt::skip]
fn nodes() -> Vec<Row> {
    vec![
        row("linux-only", "messageOfTheDay, linuxOSConfig, artifact streaming and LocalDNS are for Linux", "SPEC; Learn: artifact-streaming, localdns-custom", [cel("messageOfTheDay, linuxOSConfig")]),
        row("motd-base64", "messageOfTheDay is base64", "SPEC messageOfTheDay", [cel("messageOfTheDay is plain text")]),
        row("trusted-launch-linux", "Trusted Launch is for Linux", "Learn: use-trusted-launch", [cel("securityProfile.enableVTPM and enableSecureBoot are")]),
        row("windows-profile-linux", "windowsProfile is for Windows", "SPEC disableOutboundNat", [cel("windowsProfile is for")]),
        row("windows-kubelet", "Windows takes four kubelet settings", "Learn: custom-node-configuration", [cel("kubeletConfig of a Windows pool")]),
        row("os-sku-type", "osSKU fits osType", "SPEC osSKU", [cel("osSKU does not fit")]),
        row("os-sku-version", "a pinned osSKU is made for a range of versions", "Learn: upgrade-os-version", [plan("OsSkuOutsideItsVersions"), plan("OsSkuLeavesItsVersions")]),
        row("windows-2025-fips", "Windows Server 2025 has a FIPS image only", "Learn: upgrade-os-version", [cel("osSKU Windows2025 has")]),
        row("container-linux-launch", "Azure Container Linux boots with Trusted Launch only", "Learn: migrate-nodes-azure-container-linux", [cel("osSKU AzureContainerLinux boots")]),
        row("cfs-quota-period", "cpuCfsQuotaPeriod is like 100ms", "Learn: custom-node-configuration", [cel("cpuCfsQuotaPeriod is")]),
        row("image-gc-order", "imageGcLowThreshold is not above imageGcHighThreshold", "SPEC", [cel("kubeletConfig.imageGcLowThreshold is")]),
        row("image-gc-range", "the thresholds are percentages", "Learn: custom-node-configuration", [bound(Pool, json!({ "kubeletConfig": { "imageGcHighThreshold": 101 } }))]),
        row("log-files", "containerLogMaxFiles is 2 at least", "SPEC containerLogMaxFiles", [bound(Pool, json!({ "kubeletConfig": { "containerLogMaxFiles": 1 } }))]),
        row("kubelet-policies", "cpuManagerPolicy and topologyManagerPolicy have known values", "Learn: custom-node-configuration", [bound(Pool, json!({ "kubeletConfig": { "cpuManagerPolicy": "dynamic" } })), bound(Pool, json!({ "kubeletConfig": { "topologyManagerPolicy": "any" } }))]),
        row("unsafe-sysctls", "allowedUnsafeSysctls are of five groups", "Learn: custom-node-configuration", [cel("allowedUnsafeSysctls are")]),
        row("swap", "a swap file needs failSwapOn false", "Learn: custom-node-configuration", [cel("linuxOSConfig.swapFileSizeMB needs")]),
        row("port-range", "netIpv4IpLocalPortRange is two ports in their ranges; the newer page allows 65535", "Learn: custom-node-configuration; CAPZ", [cel("netIpv4IpLocalPortRange is")]),
        row("sysctl-ranges", "kernel parameters have documented ranges", "Learn: custom-node-configuration", [bound(Pool, json!({ "linuxOSConfig": { "sysctls": { "vmSwappiness": 101 } } })), bound(Pool, json!({ "linuxOSConfig": { "sysctls": { "netCoreSomaxconn": 4095 } } }))]),
        row("conntrack-ranges", "the tracking table has documented ranges", "SPEC netNetfilterNfConntrackMax, netNetfilterNfConntrackBuckets", [bound(Pool, json!({ "linuxOSConfig": { "sysctls": { "netNetfilterNfConntrackMax": 131_071 } } }))]),
        row("keepalive-interval", "netIpv4TcpkeepaliveIntvl is 10 to 90", "SPEC", [bound(Pool, json!({ "linuxOSConfig": { "sysctls": { "netIpv4TcpkeepaliveIntvl": 91 } } }))]),
        row("huge-pages", "transparent huge pages have known values", "Learn: custom-node-configuration", [bound(Pool, json!({ "linuxOSConfig": { "transparentHugePageEnabled": "on" } }))]),
        row("dns-zones", "LocalDNS overrides are keyed by zone", "Learn: localdns-custom", [cel("vnetDNSOverrides are keyed"), cel("kubeDNSOverrides are keyed")]),
        row("dns-root", "the zone . of vnetDNSOverrides goes to the network's servers", "Learn: localdns-custom", [cel("vnetDNSOverrides send the zone .")]),
        row("dns-cluster", "cluster.local goes to the cluster's DNS", "Learn: localdns-custom", [cel("vnetDNSOverrides send cluster.local"), cel("kubeDNSOverrides send cluster.local")]),
        row("dns-stale", "serveStale Verify does not go with ForceTCP", "Learn: localdns-custom", [cel("serveStale Verify does not")]),
    ]
}

#[rustfmt::skip]
fn places() -> Vec<Row> {
    vec![
        row("zones-scale-sets", "zones need a scale set", "SPEC availabilityZones", [cel("availabilityZones are for")]),
        row("zones-values", "zones are 1, 2 and 3, each once", "Learn: reliability-availability-zones-configure", [cel("availabilityZones name")]),
        row("zones-region", "zones need a region that has them", "Learn: reliability regions-list", [plan("RegionWithoutZones")]),
        row("zones-size", "the size is offered in the zones", "Learn: AvailabilityZoneNotSupported", [azure("AvailabilityZoneNotSupported")]),
        row("public-ip-prefix", "nodePublicIPPrefixID needs enableNodePublicIP", "SPEC nodePublicIPPrefixID", [cel("nodePublicIPPrefixID needs")]),
        row("public-ip-tags", "nodePublicIPTags need enableNodePublicIP", "Learn: use-node-public-ips", [cel("networkProfile.nodePublicIPTags need")]),
        row("public-ip-ranges", "public addresses on nodes do not go with authorizedIPRanges", "Learn: api-server-authorized-ip-ranges", [plan("PublicNodesWithAuthorizedRanges"), plan("AuthorizedRangesHavePublicNodes")]),
        row("host-ports", "allowedHostPorts are 1 to 65535 and in order", "SPEC PortRange", [cel("allowedHostPorts have"), bound(Pool, json!({ "networkProfile": { "allowedHostPorts": [{ "portStart": 0, "portEnd": 1, "protocol": "TCP" }] } }))]),
        row("one-network", "all pools of a cluster are in one network", "Learn: node-pool-unique-subnet", [plan("SubnetsInTwoNetworks")]),
        row("subnets-all-or-none", "all pools name a subnet, or none", "general knowledge", [plan("SubnetsAllOrNone")]),
        row("subnet-full", "the subnet has addresses for nodes and pods", "Learn: concepts-network-ip-address-planning", [azure("InsufficientSubnetSize"), azure("SubnetIsFull")]),
        row("pod-subnet-nodes", "podSubnetID needs vnetSubnetID", "Learn: configure-azure-cni-dynamic-ip-allocation", [cel("podSubnetID needs")]),
        row("pod-subnet-network", "podSubnetID and vnetSubnetID are two subnets of one network", "Learn: configure-azure-cni-static-block-allocation", [cel("podSubnetID and vnetSubnetID")]),
        row("pod-subnet-flat", "pod subnets need networkPlugin azure without overlay", "Learn: configure-azure-cni-dynamic-ip-allocation", [plan("PodSubnetNeedsFlatNetwork")]),
        row("pod-allocation", "podIPAllocationMode needs podSubnetID", "SPEC podIPAllocationMode", [cel("podIPAllocationMode says")]),
        row("pod-subnet-one-mode", "a pod subnet is used in one mode, by all clusters", "Learn: configure-azure-cni-static-block-allocation", [plan("PodSubnetInTwoModes")]),
        row("outbound-nat-public", "disableOutboundNat does not go with public addresses", "SPEC disableOutboundNat", [cel("windowsProfile.disableOutboundNat does not")]),
        row("outbound-nat-gateway", "disableOutboundNat needs a NAT gateway", "SPEC disableOutboundNat", [plan("OutboundNatNeedsGateway")]),
        row("basic-one-pool", "a Basic load balancer takes one pool without zones", "Learn: create-node-pools", [plan("BasicLoadBalancerHasOnePool")]),
    ]
}
