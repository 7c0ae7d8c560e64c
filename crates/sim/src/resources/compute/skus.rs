//! Machine sizes that a subscription may use, by region.

use serde_json::{Value, json};

use super::super::resource_type::{Home, Listed, ResourceType};
use crate::arm::gateway::Context;
use crate::arm::ids::normal_location;
use crate::catalog::{self, Region, VmSize};
use crate::refusal::Refusal;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: "Microsoft.Compute",
    path: "skus",
    calls: "ResourceSkus",
    versions: &["2021-07-01", "2019-04-01", "2017-09-01"],
    home: Home::Extension,
    listed: Listed::Computed(list),
    ..ResourceType::PLAIN
};

/// Only `location eq '..'` filters.
fn list(world: &World, cx: &Context<'_>, _: &str) -> Result<Vec<Value>, Refusal> {
    let filter = cx.request.query("$filter").unwrap_or_default();
    let wanted = match filter.split_once(" eq ") {
        Some(("location", value)) => Some(normal_location(value.trim_matches('\''))),
        None if filter.is_empty() => None,
        _ => {
            let message = format!("The filter '{filter}' is not supported: only location can be filtered.");
            return Err(Refusal::service(400, "InvalidFilter", message));
        }
    };
    let regions = catalog::regions().iter();
    let regions: Vec<&Region> = regions
        .filter(|region| wanted.as_deref().is_none_or(|name| name == region.name))
        .collect();
    let sizes = catalog::vm_sizes();
    let all = regions
        .iter()
        .flat_map(|region| sizes.iter().map(|size| entry(world, region, size)));
    Ok(all.collect())
}

fn entry(world: &World, region: &Region, size: &VmSize) -> Value {
    let zones: &[&str] = if region.zones { &["1", "2", "3"] } else { &[] };
    json!({
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.trim_start_matches("Standard_"),
        "family": catalog::vm_family(size.name),
        "locations": [region.name],
        "locationInfo": [{"location": region.name, "zones": zones, "zoneDetails": []}],
        "capabilities": capabilities(size),
        "restrictions": restrictions(world, region, size),
    })
}

/// What the letters of a size's name tell: `s` is premium storage, `d` a local disk, `p` Arm (Learn: VM naming).
fn capabilities(size: &VmSize) -> Vec<Value> {
    let word = size.name.to_lowercase();
    let features = word.split('_').nth(1).unwrap_or_default();
    let features = features.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let premium = features.contains('s');
    let local_disk = features.contains('d') || word.ends_with("_v2") || word.ends_with("_v3");
    let arm = catalog::is_arm(size.name);
    let flag = |holds: bool| if holds { "True" } else { "False" }.to_owned();
    let mut all = vec![
        ("vCPUs", size.vcpu.to_string()),
        ("vCPUsAvailable", size.vcpu.to_string()),
        ("MemoryGB", size.memory_gib.to_string()),
        ("CpuArchitectureType", if arm { "Arm64" } else { "x64" }.to_owned()),
        ("PremiumIO", flag(premium)),
        ("AcceleratedNetworkingEnabled", flag(size.vcpu > 1)),
        ("EncryptionAtHostSupported", flag(premium)),
        ("EphemeralOSDiskSupported", flag(local_disk)),
        ("MaxDataDiskCount", (size.vcpu * 2).max(4).to_string()),
        ("MaxNetworkInterfaces", size.vcpu.clamp(2, 8).to_string()),
        ("HyperVGenerations", if arm { "V2" } else { "V1,V2" }.to_owned()),
        ("LowPriorityCapable", flag(!catalog::is_burstable(size.name))),
    ];
    if local_disk {
        all.push((
            "SupportedEphemeralOSDiskPlacements",
            "ResourceDisk,CacheDisk".to_owned(),
        ));
        all.push(("MaxResourceVolumeMB", (size.vcpu * 37_500).to_string()));
        all.push(("CachedDiskBytes", (u64::from(size.vcpu) * 26_843_545_600).to_string()));
    }
    if word.starts_with("standard_nc") {
        all.push(("GPUs", (size.vcpu / 20).max(1).to_string()));
    }
    all.into_iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn restrictions(world: &World, region: &Region, size: &VmSize) -> Vec<Value> {
    let all = world.surroundings.restrictions.iter();
    let own =
        all.filter(|one| one.size.eq_ignore_ascii_case(size.name) && normal_location(&one.location) == region.name);
    own.map(|one| {
        let kind = if one.zones.is_empty() { "Location" } else { "Zone" };
        json!({
            "type": kind,
            "values": [region.name],
            "restrictionInfo": {"locations": [region.name], "zones": one.zones},
            "reasonCode": one.reason_code,
        })
    })
    .collect()
}
