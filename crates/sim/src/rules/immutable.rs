//! Properties that are fixed at creation.

use super::request::{Operation, Pool, Request, differ};
use super::words::{require, unchangeable};
use super::{CLUSTER, POOLS, Rule, documented};
use crate::defaults::json::is;
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "cluster-property-immutable",
        CLUSTER,
        "SPEC texts; TF ForceNew; azure-cli#9038",
        cluster_properties,
    ),
    documented(
        "pool-gateway-mode-immutable",
        &[Operation::PutPool],
        "Learn: configure-static-egress-gateway",
        gateway_mode,
    ),
    documented(
        "pool-property-immutable",
        POOLS,
        "Learn: create-node-pools; CAPZ; TF; ACS#76",
        pool_properties,
    ),
    documented("pool-vm-size-immutable", POOLS, "bicep-registry-modules#7130", vm_size),
    documented(
        "pool-type-immutable",
        POOLS,
        "TF ForceNew; Learn: availability-sets-on-aks",
        pool_type,
    ),
    documented(
        "pool-os-sku-moves",
        POOLS,
        "Learn: upgrade-os-version, Linux only",
        os_sku,
    ),
    documented(
        "windows-fips-immutable",
        POOLS,
        "Learn: enable-fips-nodes",
        windows_fips,
    ),
];

/// Cluster properties that never change, as a path below `properties` (or, with a slash, from the root).
const CLUSTER_PROPERTIES: &[&str] = &[
    "dnsPrefix",
    "fqdnSubdomain",
    "nodeResourceGroup",
    "enableRBAC",
    "diskEncryptionSetID",
    "linuxProfile.adminUsername",
    "windowsProfile.adminUsername",
    "networkProfile.networkMode",
    "networkProfile.serviceCidr",
    "networkProfile.serviceCidrs",
    "networkProfile.dnsServiceIP",
    "aadProfile.clientAppID",
    "aadProfile.serverAppID",
    "hostedSystemProfile.enabled",
    "hostedSystemProfile.systemNodeSubnetID",
    "hostedSystemProfile.nodeSubnetID",
    "/extendedLocation",
];

/// Pool properties that never change.
const POOL_PROPERTIES: &[&str] = &[
    "osType",
    "osDiskSizeGB",
    "osDiskType",
    "kubeletDiskType",
    "workloadRuntime",
    "messageOfTheDay",
    "vnetSubnetID",
    "podSubnetID",
    "podIPAllocationMode",
    "maxPods",
    "availabilityZones",
    "enableNodePublicIP",
    "nodePublicIPPrefixID",
    "scaleSetPriority",
    "scaleSetEvictionPolicy",
    "spotMaxPrice",
    "proximityPlacementGroupID",
    "hostGroupID",
    "capacityReservationGroupID",
    "kubeletConfig",
    "linuxOSConfig",
    "enableEncryptionAtHost",
    "enableUltraSSD",
    "gpuInstanceProfile",
    "gpuProfile.driver",
    "gpuProfile.nvidia.managementMode",
    "networkProfile.nodePublicIPTags",
    "windowsProfile.disableOutboundNat",
    "gatewayProfile.publicIPPrefixSize",
];

fn cluster_properties(request: &Request<'_>) -> Result<(), Refusal> {
    CLUSTER_PROPERTIES.iter().try_for_each(|path| {
        let pointer = match path.strip_prefix('/') {
            Some(rooted) => format!("/{rooted}"),
            None => format!("/properties/{}", path.replace('.', "/")),
        };
        require(!request.changes(&pointer), || {
            unchangeable(path.trim_start_matches('/'))
        })
    })
}

fn pool_changes(pool: &Pool<'_>, path: &str) -> bool {
    let pointer = format!("/{}", path.replace('.', "/"));
    pool.old
        .is_some_and(|old| differ(old.pointer(&pointer), pool.new.pointer(&pointer)))
}

fn pool_properties(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        POOL_PROPERTIES.iter().try_for_each(|path| {
            require(!pool_changes(pool, path), || {
                unchangeable(&format!("agentPoolProfile.{path}"))
            })
        })
    })
}

fn vm_size(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!pool_changes(pool, "vmSize"), || {
            Refusal::provider(
                400,
                "PropertyChangeNotAllowed",
                "Changing property \"agentPoolProfile.vmSize\" is not allowed in an api-version before \
                 \"2026-01-02-preview\".",
            )
            .on("agentPoolProfile.vmSize")
        })
    })
}

/// Availability sets are on their way out and may become virtual machine pools; nothing else changes its type.
fn pool_type(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let migrates =
            pool.old.is_some_and(|old| is(old, "/type", "AvailabilitySet")) && is(pool.new, "/type", "VirtualMachines");
        require(migrates || !pool_changes(pool, "type"), || {
            unchangeable("agentPoolProfile.type")
        })
    })
}

fn os_sku(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!(pool.is_windows() && pool_changes(pool, "osSKU")), || {
            unchangeable("agentPoolProfile.osSKU")
        })
    })
}

fn windows_fips(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!(pool.is_windows() && pool_changes(pool, "enableFIPS")), || {
            unchangeable("agentPoolProfile.enableFIPS")
        })
    })
}

fn gateway_mode(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let gateway = |pool| is(pool, "/mode", "Gateway");
        let crosses = pool.old.is_some_and(|old| gateway(old) != gateway(pool.new));
        require(!crosses, || unchangeable("agentPoolProfile.mode"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;

    #[test]
    fn cluster_properties_are_fixed_and_may_be_echoed() {
        let put = |properties: serde_json::Value| World::new().put_cluster(json!({"properties": properties}));
        put(json!({"dnsPrefix": "DEMO"})).accepted();
        let refusal =
            put(json!({"networkProfile": {"dnsServiceIP": "10.0.0.11"}})).refused_by("cluster-property-immutable");
        assert_eq!(
            refusal.message,
            "Changing property 'networkProfile.dnsServiceIP' is not allowed."
        );
        assert_eq!(refusal.target.as_deref(), Some("networkProfile.dnsServiceIP"));
        for properties in [
            json!({"dnsPrefix": "other"}),
            json!({"nodeResourceGroup": "other"}),
            json!({"enableRBAC": false}),
            json!({"networkProfile": {"serviceCidr": "10.1.0.0/16"}}),
            json!({"diskEncryptionSetID": "/x"}),
        ] {
            put(properties).refused_by("cluster-property-immutable");
        }
    }

    #[test]
    fn pool_properties_are_fixed_and_may_be_echoed() {
        let put = |properties: serde_json::Value| World::new().put_pool("work", properties);
        put(json!({"osDiskSizeGB": 128, "maxPods": 250, "osDiskType": "managed"})).accepted();
        for properties in [
            json!({"osDiskSizeGB": 256}),
            json!({"maxPods": 100}),
            json!({"availabilityZones": ["1"]}),
            json!({"osType": "Windows"}),
            json!({"kubeletConfig": {"podMaxPids": 100}}),
            json!({"enableEncryptionAtHost": true}),
        ] {
            put(properties).refused_by("pool-property-immutable");
        }
    }

    #[test]
    fn vm_size_has_words_of_its_own() {
        World::new()
            .put_pool("work", json!({"vmSize": "standard_d4s_v5"}))
            .accepted();
        let refusal = World::new()
            .put_pool("work", json!({"vmSize": "Standard_D8s_v5"}))
            .refused_by("pool-vm-size-immutable");
        assert!(refusal.message.contains("2026-01-02-preview"));
    }

    #[test]
    fn pool_type() {
        let world = World::with(json!({}), json!({}), json!({"type": "AvailabilitySet"}));
        world.put_pool("work", json!({"type": "VirtualMachines"})).accepted();
        world
            .put_pool("work", json!({"type": "VirtualMachineScaleSets"}))
            .refused_by("pool-type-immutable");
    }

    #[test]
    fn linux_changes_its_sku_and_its_fips_mode_and_windows_does_not() {
        World::new().put_pool("work", json!({"osSKU": "AzureLinux"})).accepted();
        World::new().put_pool("work", json!({"enableFIPS": true})).accepted();
        let windows = World::with(
            json!({"windowsProfile": {"adminUsername": "azureuser"}}),
            json!({}),
            json!({"osType": "Windows", "osSKU": "Windows2022"}),
        );
        windows
            .put_pool("work", json!({"osSKU": "Windows2025"}))
            .refused_by("pool-os-sku-moves");
        windows
            .put_pool("work", json!({"enableFIPS": true}))
            .refused_by("windows-fips-immutable");
    }

    #[test]
    fn a_pool_does_not_become_a_gateway() {
        World::new().put_pool("work", json!({"mode": "System"})).accepted();
        World::new()
            .put_pool("work", json!({"mode": "Gateway"}))
            .refused_by("pool-gateway-mode-immutable");
    }
}
