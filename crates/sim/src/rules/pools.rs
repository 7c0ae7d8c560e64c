//! Sizes, limits and prices of a pool.

use serde_json::Value;

use super::request::{Operation, Pool, Request};
use super::words::{invalid, require};
use super::{POOLS, Rule, documented, inferred};
use crate::catalog::{VmSize, vm_size};
use crate::defaults::json::{flag, integer, is, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "pool-count-range",
        POOLS,
        "CAPZ#5947, AKS's own text; SPEC count",
        count_range,
    ),
    documented(
        "autoscaler-limits-both",
        POOLS,
        "CLI; TF; Learn: cluster-autoscaler",
        limits_both,
    ),
    documented(
        "autoscaler-limits-order",
        POOLS,
        "CLI; SPEC minCount, maxCount",
        limits_order,
    ),
    documented("autoscaler-count-within", POOLS, "CLI; AKS#3513", count_within),
    documented("autoscaler-limits-absent", POOLS, "CLI; TF", limits_absent),
    documented(
        "max-pods-range",
        POOLS,
        "Learn: concepts-network-ip-address-planning",
        max_pods_range,
    ),
    documented(
        "vm-size-floor",
        POOLS,
        "Learn: quotas-skus-regions, 2 vCPU and 2 GB",
        vm_size_floor,
    ),
    documented(
        "spot-settings-only-on-spot",
        POOLS,
        "Learn: spot-node-pool; TF",
        spot_settings,
    ),
    documented("spot-price-form", POOLS, "Learn: spot-node-pool", spot_price),
    documented(
        "spot-without-surge",
        POOLS,
        "Learn: spot-node-pool; TF",
        spot_without_surge,
    ),
    inferred(
        "pool-power-at-create",
        &[Operation::PutPool],
        "Learn: start-stop-nodepools",
        power_at_create,
    ),
];

fn count_range(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let count = integer(pool.new, "/count").unwrap_or(1);
        let least = i64::from(pool.is_system());
        require((least..=1000).contains(&count), || {
            invalid(
                "agentPoolProfile.count",
                format!(
                    "agentPoolProfile.count was {count}. It must be greater or equal to minCount:{least} and less than \
                     or equal to maxCount:1000. If allowedMinCount was expected to be 0 but is 1: 1) The nodepool is a \
                     VMAS pool. 2) api Version is less than 2020-03-01. 3) The node is a system pool."
                ),
            )
        })
    })
}

fn limits(pool: &Pool<'_>) -> (Option<i64>, Option<i64>) {
    (integer(pool.new, "/minCount"), integer(pool.new, "/maxCount"))
}

fn autoscaled(pool: &Pool<'_>) -> bool {
    flag(pool.new, "/enableAutoScaling")
}

fn limits_both(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!autoscaled(pool) || matches!(limits(pool), (Some(_), Some(_))), || {
            invalid(
                "agentPoolProfile.minCount",
                "enableAutoScaling needs minCount and maxCount",
            )
        })
    })
}

fn limits_order(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let (Some(least), Some(most)) = limits(pool) else {
            return Ok(());
        };
        let floor = i64::from(pool.is_system());
        require(
            (floor..=1000).contains(&least) && (1..=1000).contains(&most) && least <= most,
            || {
                invalid(
                    "agentPoolProfile.minCount",
                    format!(
                        "minCount {least} and maxCount {most} must satisfy {floor} <= minCount <= maxCount <= 1000"
                    ),
                )
            },
        )
    })
}

/// Counts only what the client says: a stopped or restarted pool may be outside its limits by itself.
fn count_within(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let (true, (Some(least), Some(most))) = (autoscaled(pool), limits(pool)) else {
            return Ok(());
        };
        let Some(count) = integer(pool.sent, "/count") else {
            return Ok(());
        };
        let echoed = pool.old.is_some_and(|old| integer(old, "/count") == Some(count));
        require(echoed || (least..=most).contains(&count), || {
            invalid(
                "agentPoolProfile.count",
                format!("count {count} is not within minCount {least} and maxCount {most}"),
            )
        })
    })
}

fn limits_absent(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(autoscaled(pool) || limits(pool) == (None, None), || {
            invalid(
                "agentPoolProfile.minCount",
                "minCount and maxCount are only allowed with enableAutoScaling",
            )
        })
    })
}

fn max_pods_range(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let pods = integer(pool.new, "/maxPods").unwrap_or(30);
        require((10..=250).contains(&pods), || {
            invalid(
                "agentPoolProfile.maxPods",
                format!("maxPods {pods} must be between 10 and 250"),
            )
        })
    })
}

fn vm_size_floor(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(VmSize { name, vcpu, memory_gib }) = text(pool.new, "/vmSize").and_then(vm_size) else {
            return Ok(());
        };
        require(pool.old.is_some() || (*vcpu >= 2 && *memory_gib >= 2), || {
            Refusal::provider(
                400,
                "VMSizeNotSupported",
                format!(
                    "Virtual Machine size: '{name}' is not supported: nodes need at least 2 vCPU and 2 GB of memory."
                ),
            )
            .on("agentPoolProfile.vmSize")
        })
    })
}

fn spot_settings(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        // The defaults, which the SDKs send along, are no choice.
        let deallocates = is(pool.sent, "/scaleSetEvictionPolicy", "Deallocate");
        let priced = pool
            .sent
            .get("spotMaxPrice")
            .and_then(Value::as_f64)
            .is_some_and(|price| price > 0.0);
        let given = deallocates || priced;
        require(pool.is_spot() || !given, || {
            invalid(
                "agentPoolProfile.scaleSetPriority",
                "scaleSetEvictionPolicy and spotMaxPrice need a Spot agent pool",
            )
        })
    })
}

/// -1 for the price on demand, else above 0 with five decimals at most.
fn spot_price(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(price) = pool.new.get("spotMaxPrice").and_then(Value::as_f64) else {
            return Ok(());
        };
        let scaled = price * 100_000.0;
        let on_demand = (price + 1.0).abs() < f64::EPSILON;
        require(
            on_demand || (price > 0.0 && (scaled - scaled.round()).abs() < 1e-6),
            || {
                invalid(
                    "agentPoolProfile.spotMaxPrice",
                    format!("{price} must be -1 or above 0 with up to five decimals"),
                )
            },
        )
    })
}

fn spot_without_surge(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let given = ["/upgradeSettings/maxSurge", "/upgradeSettings/maxUnavailable"]
            .iter()
            .any(|setting| text(pool.sent, setting).is_some_and(|nodes| nodes != "0"));
        require(!pool.is_spot() || !given, || {
            invalid(
                "agentPoolProfile.upgradeSettings",
                "a Spot agent pool has no maxSurge and no maxUnavailable",
            )
        })
    })
}

fn power_at_create(request: &Request<'_>) -> Result<(), Refusal> {
    let stopped = is(request.sent, "/properties/powerState/code", "Stopped");
    require(!request.is_create() || !stopped, || {
        invalid("agentPoolProfile.powerState", "an agent pool cannot be created stopped")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    fn put(properties: Value) -> Outcome {
        World::new().put_pool("more", properties)
    }

    #[test]
    fn pool_count_range() {
        put(json!({"count": 0})).accepted();
        put(json!({"count": 1001})).refused_by("pool-count-range");
        put(json!({"count": -1})).refused_by("pool-count-range");
        let system = |count: u32| World::new().put_pool("system", json!({"count": count}));
        system(1).accepted();
        let refusal = system(0).refused_by("pool-count-range");
        assert!(
            refusal
                .message
                .contains("agentPoolProfile.count was 0. It must be greater or equal to minCount:1")
        );
    }

    #[test]
    fn autoscaler_limits() {
        let scaled = |least: Value, most: Value, count: u32| {
            put(json!({"enableAutoScaling": true, "minCount": least, "maxCount": most, "count": count}))
        };
        scaled(json!(0), json!(3), 0).accepted();
        scaled(json!(1), Value::Null, 1).refused_by("autoscaler-limits-both");
        scaled(json!(4), json!(3), 3).refused_by("autoscaler-limits-order");
        scaled(json!(1), json!(1001), 1).refused_by("autoscaler-limits-order");
        scaled(json!(1), json!(3), 4).refused_by("autoscaler-count-within");
        put(json!({"minCount": 1, "maxCount": 3})).refused_by("autoscaler-limits-absent");
        let system = |least: u32| {
            World::new().put_pool(
                "system",
                json!({"enableAutoScaling": true, "minCount": least, "maxCount": 5}),
            )
        };
        system(1).accepted();
        system(0).refused_by("autoscaler-limits-order");
    }

    #[test]
    fn max_pods_range() {
        for (pods, good) in [(9, false), (10, true), (250, true), (251, false)] {
            let outcome = put(json!({"maxPods": pods}));
            if good {
                outcome.accepted()
            } else {
                drop(outcome.refused_by("max-pods-range"))
            }
        }
    }

    #[test]
    fn vm_size_floor() {
        put(json!({"vmSize": "Standard_B2s"})).accepted();
        put(json!({"vmSize": "Standard_Never_Heard_Of"})).accepted();
        put(json!({"vmSize": "Standard_A1_v2"})).refused_by("vm-size-floor");
    }

    #[test]
    fn spot() {
        let spot = |more: Value| {
            let mut pool = json!({"scaleSetPriority": "Spot"});
            super::super::fixture::lay(&mut pool, &more);
            put(pool)
        };
        spot(json!({"spotMaxPrice": -1, "scaleSetEvictionPolicy": "Deallocate"})).accepted();
        spot(json!({"spotMaxPrice": 0.12345})).accepted();
        spot(json!({"spotMaxPrice": 0.123456})).refused_by("spot-price-form");
        spot(json!({"spotMaxPrice": 0})).refused_by("spot-price-form");
        spot(json!({"upgradeSettings": {"maxSurge": "1"}})).refused_by("spot-without-surge");
        put(json!({"scaleSetPriority": "Regular", "spotMaxPrice": -1, "scaleSetEvictionPolicy": "Delete"})).accepted();
        put(json!({"spotMaxPrice": 1})).refused_by("spot-settings-only-on-spot");
        put(json!({"scaleSetEvictionPolicy": "Deallocate"})).refused_by("spot-settings-only-on-spot");
    }
}
