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
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pool(says: &str, accepted: Value, refused: Value) -> Case {
    case(Pool, says, accepted, refused)
}

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
    ]
}

fn operating_system() -> Vec<Case> {
    vec![
        pool(
            "messageOfTheDay and linuxOSConfig are",
            json!({ "messageOfTheDay": "aGk=" }),
            json!({ "messageOfTheDay": "aGk=", "osType": "Windows" }),
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
