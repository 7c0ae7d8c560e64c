//! Bodies in which one value is not what Azure ever says.

use serde_json::{Value, json};

use super::world::{World, cluster};
use crate::change::{Change, Target};
use crate::step::Step;

/// A cluster with a bit of everything: settings that the manifest names, and such that it leaves to Azure.
fn world() -> World {
    cluster("{tags: {one: x}, sku: {tier: Standard}, autoScalerProfile: {scan-interval: 10s}}")
        .pool(
            "sys",
            "{mode: System, enableAutoScaling: true, minCount: 1, maxCount: 3, nodeTaints: ['a=1:NoSchedule']}",
        )
        .pool("apps", "{mode: User, count: 2}")
        .exists()
        .portal(json!({"etag": "1", "properties": {
            "nodeResourceGroup": "MC_rg", "maxAgentPools": 100, "currentKubernetesVersion": "1.33.5",
            "powerState": {"code": "Running"}, "networkProfile": {"loadBalancerProfile": {"effectiveOutboundIPs": []}},
        }}))
        .portal_pool(
            "sys",
            json!({"count": 1, "maxPods": 30, "osDiskSizeGB": 128, "eTag": "1"}),
        )
}

fn strange() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1e308),
        json!(-1e-308),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!("3"),
        json!("x".repeat(100_000)),
        json!("\u{0}\u{202e}/../"),
        json!([]),
        json!([null, 7, {}]),
        json!({}),
        json!({"": {"": null}}),
    ]
}

/// The pointers to everything in a body, the whole first.
fn places(body: &Value, at: String) -> Vec<String> {
    let below: Vec<String> = match body {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| places(value, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| places(item, format!("{at}/{index}")))
            .collect(),
        _ => Vec::new(),
    };
    std::iter::once(at).chain(below).collect()
}

/// Where a value of the body is, in the words of a change: its target, and its path with dots alone.
fn place_of(pointer: &str) -> (Target, String) {
    const PROFILES: &str = "/properties/agentPoolProfiles";
    let dotted = |rest: &str| rest.trim_start_matches('/').replace('/', ".");
    for (index, pool) in ["sys", "apps"].iter().enumerate() {
        if let Some(rest) = pointer.strip_prefix(&format!("{PROFILES}/{index}")) {
            return (Target::Pool((*pool).to_owned()), dotted(rest));
        }
    }
    (
        Target::Cluster,
        dotted(pointer.strip_prefix("/properties").unwrap_or(pointer)),
    )
}

/// Whether a step is about what stands, or no longer stands, at this place.
fn is_about(step: &Step, pointer: &str) -> bool {
    let (target, place) = place_of(pointer);
    let covers = |outer: &str, inner: &str| {
        let rest = inner.strip_prefix(outer);
        outer.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let touches = |change: &Change| {
        let path = change.path.to_string().replace('[', ".").replace(']', "");
        change.target == target && (covers(&place, &path) || covers(&path, &place))
    };
    match step {
        Step::TagCluster { changes } | Step::UpdateCluster { changes } | Step::UpdatePool { changes, .. } => {
            changes.iter().all(touches)
        }
        // It is sent on the condition that there is none, so a list that lost its pools makes none twice.
        Step::CreatePool { pool, again: true } => match target {
            Target::Pool(name) => name == *pool && covers(&place, "name"),
            _ => covers(&place, "agentPoolProfiles"),
        },
        _ => false,
    }
}

#[test]
fn what_one_value_says_moves_nothing_that_it_is_not_about() {
    let sound = world();
    assert_eq!(sound.steps(), [""; 0]);
    for place in places(sound.live.as_ref().unwrap(), String::new()) {
        for value in strange() {
            let mut world = sound.clone();
            *world.live.as_mut().unwrap().pointer_mut(&place).unwrap() = value.clone();
            for planned in world.plan().steps {
                assert!(
                    is_about(&planned.step, &place),
                    "{place} is {value:.40}: {}",
                    planned.step
                );
            }
        }
    }
}
