//! Compute quota of a region: total and family vCPUs, taken by the pools of the simulator's clusters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::id::subscription_of;
use super::super::resource_type::{Home, Listed, ResourceType};
use crate::arm::gateway::Context;
use crate::arm::ids::normal_location;
use crate::catalog;
use crate::refusal::Refusal;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: "Microsoft.Compute",
    path: "locations/usages",
    calls: "ComputeUsage",
    versions: &["2026-04-01", "2025-11-01", "2025-04-01"],
    home: Home::Parent,
    listed: Listed::Computed(list),
    ..ResourceType::PLAIN
};

/// Limits where the admin side has not set others; made up.
const TOTAL: i64 = 1000;
const FAMILY: i64 = 350;

fn list(world: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let region = normal_location(scope.rsplit('/').next().unwrap_or_default());
    if catalog::region(&region).is_none() {
        let message = format!("The location '{region}' was not found.");
        return Err(Refusal::service(400, "InvalidParameter", message));
    }
    let mut rows: BTreeMap<String, (String, i64, i64)> = BTreeMap::new();
    for (name, shown, limit) in [
        ("cores", "Total Regional vCPUs", TOTAL),
        ("lowPriorityCores", "Total Regional Low-priority vCPUs", TOTAL),
        ("virtualMachineScaleSets", "Virtual Machine Scale Sets", 2500),
    ] {
        rows.insert(name.to_owned(), (shown.to_owned(), limit, 0));
    }
    for size in catalog::vm_sizes() {
        let family = catalog::vm_family(size.name);
        let shown = format!(
            "{} vCPUs",
            family.trim_start_matches("standard").trim_end_matches("Family")
        );
        rows.entry(family).or_insert((shown, FAMILY, 0));
    }
    let mut take = |name: &str, amount: i64| {
        if let Some(row) = rows.get_mut(name) {
            row.2 += amount;
        }
    };
    let subscription = subscription_of(scope).unwrap_or_default().to_lowercase();
    let here = world
        .clusters
        .iter()
        .filter(|(key, cluster)| key.subscription == subscription && cluster.region == region);
    for pool in here.flat_map(|(_, cluster)| &cluster.pools) {
        let Some(size) = pool.text("vmSize").and_then(catalog::vm_size) else {
            continue;
        };
        let count = pool.properties.get("count").and_then(Value::as_i64).unwrap_or(0);
        let cores = count * i64::from(size.vcpu);
        let spot = pool
            .text("scaleSetPriority")
            .is_some_and(|priority| priority.eq_ignore_ascii_case("Spot"));
        if spot {
            take("lowPriorityCores", cores);
        } else {
            take("cores", cores);
            take(&catalog::vm_family(size.name), cores);
        }
        take("virtualMachineScaleSets", 1);
    }
    let row = |(name, (shown, limit, used)): (String, (String, i64, i64))| {
        let quota = world.surroundings.quotas.get(&(region.clone(), name.to_lowercase()));
        let (limit, others) = quota.map_or((limit, 0), |quota| (quota.limit, quota.used));
        json!({
            "name": {"value": name, "localizedValue": shown},
            "currentValue": used + others,
            "limit": limit,
            "unit": "Count",
        })
    };
    Ok(rows.into_iter().map(row).collect())
}
