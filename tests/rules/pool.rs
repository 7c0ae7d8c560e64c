//! Rules about node pools.

use serde_json::{Value, json};

use crate::harness::Kind::Pool;
use crate::harness::{Case, case, id, named};

pub fn cases() -> Vec<Case> {
    [
        names(),
        scaling(),
        system_pools(),
        spot_pools(),
        machines(),
        operating_system(),
        gateways(),
        network(),
        single_machines(),
        local_dns(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pool(says: &str, accepted: Value, refused: Value) -> Case {
    case(Pool, says, accepted, refused)
}

/// The label that AKS gives the nodes of spot pools.
const SPOT: &str = "kubernetes.azure.com/scalesetpriority";

fn names() -> Vec<Case> {
    let says = "a pool's name in Azure";
    let subnet =
        |name: &str| json!({ "vnetSubnetID": id(&format!("Microsoft.Network/virtualNetworks/hub/subnets/{name}")) });
    vec![
        named(Pool, says, ("linux1234567", json!({})), ("linux12345678", json!({}))),
        named(
            Pool,
            says,
            ("prod-user", json!({ "azureName": "user" })),
            ("prod-user", json!({})),
        ),
        named(
            Pool,
            "the pool name aksmanagedap",
            ("aksmanaged", json!({})),
            ("aksmanagedap", json!({})),
        ),
        named(
            Pool,
            says,
            ("win123", json!({ "osType": "Windows" })),
            ("win1234", json!({ "osType": "Windows" })),
        ),
        pool(
            "this has to be the resource id of a subnet",
            subnet(&"s".repeat(63)),
            subnet(&"s".repeat(64)),
        ),
        pool(
            "label keys that start with",
            json!({ "nodeLabels": { "example.com/azure": "a" } }),
            json!({ "nodeLabels": { "kubernetes.azure.com/mode": "a" } }),
        ),
        pool(
            "label keys that start with",
            json!({ "scaleSetPriority": "Spot", "nodeLabels": { SPOT: "spot" } }),
            json!({ "scaleSetPriority": "Spot", "nodeLabels": { SPOT: "regular" } }),
        ),
        pool(
            "the label kubernetes.azure.com/scalesetpriority is",
            json!({ "scaleSetPriority": "Spot", "nodeLabels": { SPOT: "spot" } }),
            json!({ "nodeLabels": { SPOT: "spot" } }),
        ),
        pool(
            "label keys are",
            json!({ "nodeLabels": { "example.com/team": "a" } }),
            json!({ "nodeLabels": { "example.com/team/x": "a" } }),
        ),
        pool(
            "label values are",
            json!({ "nodeLabels": { "a": "" } }),
            json!({ "nodeLabels": { "a": "b c" } }),
        ),
        pool(
            "this has to be a taint",
            json!({ "nodeTaints": ["dedicated=gpu:NoSchedule"] }),
            json!({ "nodeTaints": ["dedicated:NoSchedule"] }),
        ),
    ]
}

fn scaling() -> Vec<Case> {
    vec![
        pool(
            "enableAutoScaling needs",
            json!({ "enableAutoScaling": true, "minCount": 0, "maxCount": 3 }),
            json!({ "enableAutoScaling": true, "maxCount": 3 }),
        ),
        pool(
            "minCount and maxCount are",
            json!({ "enableAutoScaling": false }),
            json!({ "maxCount": 3 }),
        ),
        pool(
            "minCount is above maxCount",
            json!({ "enableAutoScaling": true, "minCount": 3, "maxCount": 3 }),
            json!({ "enableAutoScaling": true, "minCount": 4, "maxCount": 3 }),
        ),
        pool(
            "count is the initial number",
            json!({ "enableAutoScaling": true, "minCount": 1, "maxCount": 3, "count": 3 }),
            json!({ "enableAutoScaling": true, "minCount": 1, "maxCount": 3, "count": 4 }),
        ),
        pool(
            "this has to be a number of nodes",
            json!({ "upgradeSettings": { "maxSurge": "33%" } }),
            json!({ "upgradeSettings": { "maxSurge": "133%" } }),
        ),
        pool(
            "upgradeSettings.maxSurge 0",
            json!({ "upgradeSettings": { "maxSurge": "0", "maxUnavailable": "1" } }),
            json!({ "upgradeSettings": { "maxSurge": "0" } }),
        ),
    ]
}

fn system_pools() -> Vec<Case> {
    vec![
        pool(
            "a pool with mode System runs Linux",
            json!({ "mode": "System", "osType": "Linux" }),
            json!({ "mode": "System", "osType": "Windows" }),
        ),
        pool(
            "a pool with mode System cannot be a spot",
            json!({ "mode": "User", "scaleSetPriority": "Spot" }),
            json!({ "mode": "System", "scaleSetPriority": "Spot" }),
        ),
        pool(
            "a pool with mode System cannot be stopped",
            json!({ "mode": "User", "powerState": { "code": "Stopped" } }),
            json!({ "mode": "System", "powerState": { "code": "Stopped" } }),
        ),
        pool(
            "a pool with mode System has one node",
            json!({ "mode": "System", "count": 1 }),
            json!({ "mode": "System", "count": 0 }),
        ),
        pool(
            "a pool with mode System has to hold",
            json!({ "mode": "System", "count": 2, "maxPods": 15 }),
            json!({ "mode": "System", "count": 1, "maxPods": 29 }),
        ),
        pool(
            "a pool with mode System does not run on burstable",
            json!({ "mode": "System", "vmSize": "Standard_D4s_v5" }),
            json!({ "mode": "System", "vmSize": "standard_B4ms" }),
        ),
        pool(
            "a pool with mode System keeps the pods of AKS off",
            json!({ "mode": "System", "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule", "a=b:PreferNoSchedule"] }),
            json!({ "mode": "System", "nodeTaints": ["a=b:NoSchedule"] }),
        ),
        pool(
            "upgradeSettings.maxUnavailable is not",
            json!({ "mode": "User", "upgradeSettings": { "maxUnavailable": "1" } }),
            json!({ "mode": "System", "upgradeSettings": { "maxUnavailable": "1" } }),
        ),
    ]
}

fn spot_pools() -> Vec<Case> {
    let price = |price: Value| json!({ "scaleSetPriority": "Spot", "spotMaxPrice": price });
    vec![
        pool(
            "scaleSetEvictionPolicy is",
            json!({ "scaleSetPriority": "Spot", "scaleSetEvictionPolicy": "Delete" }),
            json!({ "scaleSetEvictionPolicy": "Delete" }),
        ),
        pool("spotMaxPrice is for", price(json!(-1)), json!({ "spotMaxPrice": -1 })),
        pool("spotMaxPrice is -1", price(json!(0.12345)), price(json!(0.123_456))),
        pool("spotMaxPrice is -1", price(json!(17)), price(json!(0))),
        pool("spotMaxPrice is -1", price(json!(17)), price(json!(1.0e300))),
        pool(
            "upgradeSettings.maxSurge and maxUnavailable",
            json!({ "scaleSetPriority": "Spot", "upgradeSettings": { "drainTimeoutInMinutes": 5 } }),
            json!({ "scaleSetPriority": "Spot", "upgradeSettings": { "maxSurge": "1" } }),
        ),
    ]
}

fn machines() -> Vec<Case> {
    let prefix = id("Microsoft.Network/publicIPPrefixes/nodes");
    vec![
        pool(
            "availabilityZones are",
            json!({ "availabilityZones": ["1"], "type": "VirtualMachineScaleSets" }),
            json!({ "availabilityZones": ["1"], "type": "VirtualMachines" }),
        ),
        pool(
            "nodePublicIPPrefixID needs",
            json!({ "nodePublicIPPrefixID": prefix, "enableNodePublicIP": true }),
            json!({ "nodePublicIPPrefixID": prefix }),
        ),
        pool(
            "availabilityZones name some of",
            json!({ "availabilityZones": ["1", "3"] }),
            json!({ "availabilityZones": ["1", "1"] }),
        ),
        pool(
            "availabilityZones name some of",
            json!({ "availabilityZones": [] }),
            json!({ "availabilityZones": ["eu-1"] }),
        ),
        pool(
            "this has to be a virtual machine size",
            json!({ "vmSize": "Standard_NC24ads_A100_v4" }),
            json!({ "vmSize": "" }),
        ),
        pool(
            "scaleDownMode Deallocate needs",
            json!({ "scaleDownMode": "Deallocate", "osDiskType": "Managed" }),
            json!({ "scaleDownMode": "Deallocate", "osDiskType": "Ephemeral" }),
        ),
        pool(
            "gpuInstanceProfile is for",
            json!({ "gpuInstanceProfile": "MIG1g", "vmSize": "Standard_NC24ads_A100_v4" }),
            json!({ "gpuInstanceProfile": "MIG1g", "vmSize": "Standard_D4s_v5" }),
        ),
        pool(
            "workloadRuntime KataVmIsolation runs",
            json!({ "workloadRuntime": "KataVmIsolation", "osSKU": "AzureLinux" }),
            json!({ "workloadRuntime": "KataVmIsolation", "enableFIPS": true }),
        ),
        pool(
            "this has to be a node image",
            json!({ "nodeImageVersion": "AKSWindows-2025-gen2-26100.33296.260812" }),
            json!({ "nodeImageVersion": "latest" }),
        ),
    ]
}

fn operating_system() -> Vec<Case> {
    vec![
        pool(
            "messageOfTheDay, linuxOSConfig, artifactStreamingProfile and",
            json!({ "messageOfTheDay": "aGk=" }),
            json!({ "messageOfTheDay": "aGk=", "osType": "Windows" }),
        ),
        pool(
            "messageOfTheDay is plain text",
            json!({ "messageOfTheDay": "aGVsbG8=" }),
            json!({ "messageOfTheDay": "hello" }),
        ),
        pool(
            "securityProfile.enableVTPM and enableSecureBoot are for Linux",
            json!({ "securityProfile": { "enableVTPM": true } }),
            json!({ "securityProfile": { "enableVTPM": true }, "osType": "Windows" }),
        ),
        pool(
            "kubeletConfig of a Windows pool has",
            json!({ "kubeletConfig": { "containerLogMaxFiles": 6 }, "osType": "Windows" }),
            json!({ "kubeletConfig": { "podMaxPids": 100 }, "osType": "Windows" }),
        ),
        pool(
            "windowsProfile is for Windows",
            json!({ "windowsProfile": { "disableOutboundNat": true }, "osType": "Windows" }),
            json!({ "windowsProfile": { "disableOutboundNat": true } }),
        ),
        pool(
            "osSKU Windows2025 has",
            json!({ "osSKU": "Windows2025", "osType": "Windows" }),
            json!({ "osSKU": "Windows2025", "osType": "Windows", "enableFIPS": false }),
        ),
        pool(
            "osSKU AzureContainerLinux boots",
            json!({ "osSKU": "AzureContainerLinux" }),
            json!({ "osSKU": "AzureContainerLinux", "securityProfile": { "enableSecureBoot": false } }),
        ),
        pool(
            "osSKU does not fit",
            json!({ "osSKU": "Windows2022", "osType": "Windows" }),
            json!({ "osSKU": "Windows2022" }),
        ),
        pool(
            "linuxOSConfig.swapFileSizeMB needs",
            json!({ "linuxOSConfig": { "swapFileSizeMB": 1500 }, "kubeletConfig": { "failSwapOn": false } }),
            json!({ "linuxOSConfig": { "swapFileSizeMB": 1500 } }),
        ),
        pool(
            "kubeletConfig.imageGcLowThreshold is",
            json!({ "kubeletConfig": { "imageGcLowThreshold": 80, "imageGcHighThreshold": 80 } }),
            json!({ "kubeletConfig": { "imageGcLowThreshold": 81, "imageGcHighThreshold": 80 } }),
        ),
        pool(
            "cpuCfsQuotaPeriod is",
            json!({ "kubeletConfig": { "cpuCfsQuotaPeriod": "100ms" } }),
            json!({ "kubeletConfig": { "cpuCfsQuotaPeriod": "100" } }),
        ),
        pool(
            "allowedUnsafeSysctls are",
            json!({ "kubeletConfig": { "allowedUnsafeSysctls": ["net.*", "kernel.shm_rmid_forced", "kernel.sem"] } }),
            json!({ "kubeletConfig": { "allowedUnsafeSysctls": ["vm.swappiness"] } }),
        ),
        pool(
            "netIpv4IpLocalPortRange is",
            json!({ "linuxOSConfig": { "sysctls": { "netIpv4IpLocalPortRange": "1024 65535" } } }),
            json!({ "linuxOSConfig": { "sysctls": { "netIpv4IpLocalPortRange": "1023 65535" } } }),
        ),
    ]
}

fn gateways() -> Vec<Case> {
    let gateway = |more: Value| {
        let mut fields = json!({ "mode": "Gateway" });
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fields
    };
    let prefix = |size: i32| json!({ "publicIPPrefixSize": size });
    vec![
        pool(
            "gatewayProfile is for",
            gateway(json!({ "gatewayProfile": prefix(28) })),
            json!({ "gatewayProfile": prefix(28) }),
        ),
        pool(
            "a pool with mode Gateway runs Linux",
            gateway(json!({ "osType": "Linux" })),
            gateway(json!({ "osType": "Windows" })),
        ),
        pool(
            "a pool with mode Gateway has a fixed number",
            gateway(json!({ "count": 2 })),
            gateway(json!({ "enableAutoScaling": true, "minCount": 1, "maxCount": 2 })),
        ),
        pool(
            "count of a pool with mode Gateway",
            gateway(json!({ "count": 4, "gatewayProfile": prefix(30) })),
            gateway(json!({ "count": 3 })),
        ),
    ]
}

fn network() -> Vec<Case> {
    let subnet = |network: &str, name: &str| id(&format!("Microsoft.Network/virtualNetworks/{network}/subnets/{name}"));
    let subnets = |nodes: &str, pods: &str| json!({ "vnetSubnetID": nodes, "podSubnetID": pods });
    let (nodes, pods) = (subnet("hub", "nodes"), subnet("hub", "pods"));
    let tags = json!({ "nodePublicIPTags": [{ "ipTagType": "RoutingPreference", "tag": "Internet" }] });
    let ports = |start: i32| {
        let range = json!({ "portStart": start, "portEnd": 443, "protocol": "TCP" });
        json!({ "networkProfile": { "allowedHostPorts": [range] } })
    };
    vec![
        pool(
            "networkProfile.nodePublicIPTags need",
            json!({ "enableNodePublicIP": true, "networkProfile": tags }),
            json!({ "networkProfile": tags }),
        ),
        pool("allowedHostPorts have", ports(443), ports(444)),
        pool(
            "podSubnetID needs",
            subnets(&nodes, &pods),
            json!({ "podSubnetID": pods }),
        ),
        pool(
            "podSubnetID and vnetSubnetID are",
            subnets(&nodes, &pods),
            subnets(&nodes, &nodes),
        ),
        pool(
            "podSubnetID and vnetSubnetID are",
            subnets(&nodes.to_lowercase(), &pods),
            subnets(&nodes, &subnet("spoke", "pods")),
        ),
        pool(
            "podIPAllocationMode says",
            json!({ "podIPAllocationMode": "StaticBlock", "vnetSubnetID": nodes, "podSubnetID": pods }),
            json!({ "podIPAllocationMode": "StaticBlock" }),
        ),
        pool(
            "windowsProfile.disableOutboundNat does not",
            json!({ "windowsProfile": { "disableOutboundNat": true }, "osType": "Windows", "enableNodePublicIP": false }),
            json!({ "windowsProfile": { "disableOutboundNat": true }, "osType": "Windows", "enableNodePublicIP": true }),
        ),
    ]
}

fn single_machines() -> Vec<Case> {
    let scale = |scale: Value| json!({ "type": "VirtualMachines", "virtualMachinesProfile": { "scale": scale } });
    let manual = |size: &str| json!({ "size": size, "count": 2 });
    let autoscale = |min: i32| json!({ "size": "Standard_D4s_v5", "minCount": min, "maxCount": 3 });
    let one = || json!({ "manual": [manual("Standard_D4s_v5")] });
    let many = |number: i32| -> Vec<Value> { (8..8 + number).map(|n| manual(&format!("Standard_D{n}s_v5"))).collect() };
    let mut with_count = scale(one());
    with_count["count"] = json!(2);
    vec![
        pool(
            "virtualMachinesProfile is for",
            scale(one()),
            json!({ "virtualMachinesProfile": { "scale": one() } }),
        ),
        pool("virtualMachinesProfile has sizes", scale(one()), with_count),
        pool(
            "virtualMachinesProfile.scale has one to five",
            scale(json!({ "manual": many(4), "autoscale": [autoscale(1)] })),
            scale(json!({ "manual": many(5), "autoscale": [autoscale(1)] })),
        ),
        pool(
            "virtualMachinesProfile.scale has one to five",
            scale(one()),
            scale(json!({})),
        ),
        pool(
            "virtualMachinesProfile.scale names",
            scale(json!({ "manual": [manual("Standard_D4s_v5"), manual("Standard_D8s_v5")] })),
            scale(json!({ "manual": [manual("Standard_D4s_v5"), manual("standard_d4s_v5")] })),
        ),
        pool(
            "virtualMachinesProfile.scale names",
            scale(json!({ "manual": [manual("Standard_D8s_v5")], "autoscale": [autoscale(1)] })),
            scale(json!({ "manual": [manual("Standard_D4s_v5")], "autoscale": [autoscale(1)] })),
        ),
        pool(
            "an entry of virtualMachinesProfile.scale.autoscale",
            scale(json!({ "autoscale": [autoscale(3)] })),
            scale(json!({ "autoscale": [autoscale(4)] })),
        ),
    ]
}

fn local_dns() -> Vec<Case> {
    let zones = |overrides: &str, zone: &str, settings: Value| json!({ "localDNSProfile": { "mode": "Required", overrides: { zone: settings } } });
    let forward = |overrides: &str, zone: &str, to: &str| zones(overrides, zone, json!({ "forwardDestination": to }));
    let mut cases: Vec<Case> = ["vnetDNSOverrides", "kubeDNSOverrides"]
        .into_iter()
        .flat_map(|overrides| {
            [
                pool(
                    &format!("{overrides} are keyed by zone"),
                    zones(overrides, "corp.example", json!({})),
                    zones(overrides, "corp.example.", json!({})),
                ),
                pool(
                    &format!("{overrides} send cluster.local"),
                    forward(overrides, "cluster.local", "ClusterCoreDNS"),
                    forward(overrides, "cluster.local", "VnetDNS"),
                ),
            ]
        })
        .collect();
    cases.push(pool(
        "vnetDNSOverrides send the zone .",
        forward("vnetDNSOverrides", ".", "VnetDNS"),
        forward("vnetDNSOverrides", ".", "ClusterCoreDNS"),
    ));
    cases.push(pool(
        "serveStale Verify does not",
        zones(
            "kubeDNSOverrides",
            ".",
            json!({ "protocol": "ForceTCP", "serveStale": "Immediate" }),
        ),
        zones(
            "kubeDNSOverrides",
            ".",
            json!({ "protocol": "ForceTCP", "serveStale": "Verify" }),
        ),
    ));
    cases
}
