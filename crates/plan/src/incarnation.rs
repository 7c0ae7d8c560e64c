//! Which of the resources that have had the same id one after the other: what was approved of one is not approved of the
//! next.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::live::{LiveCluster, LivePool};

/// A cluster by its id and the UID that AKS gives each cluster anew (SPEC 2026-08-01: `resourceUID`); where Azure shows
/// none, by the time at which it was created.
pub fn of_cluster(live: &LiveCluster) -> Value {
    let id = live.id().unwrap_or_default().to_ascii_lowercase();
    let uid = live.body.pointer("/properties/resourceUID").and_then(Value::as_str);
    match uid {
        Some(uid) => json!([id, uid]),
        None => json!([id, created_at(&live.body)]),
    }
}

/// A pool within its cluster: Azure gives it neither a UID nor a time, so it is known by all that it shows and that does
/// not move by itself.
pub fn of_pool(live: &LivePool) -> Value {
    let properties = live.body.get("properties").and_then(Value::as_object);
    let lasting: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .filter(|(name, _)| !MOVES.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!([live.name.to_ascii_lowercase(), lasting])
}

/// What AKS or the autoscaler changes of a pool without anybody's word.
const MOVES: [&str; 11] = [
    "count",
    "currentOrchestratorVersion",
    "eTag",
    "nodeImageVersion",
    "orchestratorVersion",
    "powerState",
    "provisioningState",
    "recentlyUsedVersions",
    "status",
    "virtualMachineNodesStatus",
    "virtualMachinesProfile",
];

/// Any other resource by the time at which it was created, where Azure tells that.
pub fn of_resource(body: Option<&Value>) -> Value {
    json!(body.and_then(created_at))
}

/// When Azure says that a resource was created (SPEC: `systemData.createdAt`; role assignments: `properties.createdOn`),
/// to the second: not every service gives all digits each time. Federated credentials, private endpoints and what hangs
/// on them, and diagnostic settings do not tell.
pub fn created_at(live: &Value) -> Option<Timestamp> {
    let text = ["/systemData/createdAt", "/properties/createdOn"]
        .iter()
        .find_map(|pointer| live.pointer(pointer).and_then(Value::as_str))?;
    let time: Timestamp = text.parse().ok()?;
    Timestamp::from_second(time.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(uid: Option<&str>, created_at: Option<&str>) -> Value {
        let body = json!({
            "id": "/A", "systemData": { "createdAt": created_at }, "properties": { "resourceUID": uid, "state": "x" },
        });
        of_cluster(&LiveCluster::new(body))
    }

    #[test]
    fn a_cluster_that_is_made_anew_is_another_one() {
        let (early, late) = (Some("2026-12-01T10:00:00Z"), Some("2026-12-01T11:00:00Z"));
        assert_eq!(cluster(Some("a"), early), cluster(Some("a"), early));
        assert_ne!(cluster(Some("a"), early), cluster(Some("b"), early));
        assert_ne!(cluster(None, early), cluster(None, late));
        assert_ne!(cluster(None, early), cluster(Some("a"), early));
        let lower = LiveCluster::new(json!({ "id": "/a", "properties": { "resourceUID": "a" } }));
        assert_eq!(of_cluster(&lower), cluster(Some("a"), None), "ids have no case");
    }

    #[test]
    fn a_pool_is_known_by_what_people_say_of_it_and_not_by_what_moves() {
        let pool = |body: Value| of_pool(&LivePool::new("Pool2", json!({ "properties": body })));
        let one = pool(json!({ "vmSize": "a", "count": 1, "provisioningState": "Succeeded", "eTag": "1" }));
        let moved = pool(json!({ "vmSize": "a", "count": 5, "provisioningState": "Scaling", "eTag": "2" }));
        assert_eq!(one, moved);
        assert_ne!(one, pool(json!({ "vmSize": "b", "count": 1 })));
        assert_ne!(one, pool(json!({ "vmSize": "a", "tags": { "team": "b" } })));
    }

    #[test]
    fn another_resource_has_another_time_wherever_azure_tells_it() {
        let system = |time: &str| of_resource(Some(&json!({ "systemData": { "createdAt": time } })));
        let properties = |time: &str| of_resource(Some(&json!({ "properties": { "createdOn": time } })));
        let (early, late) = ("2026-12-01T10:00:00.1234567Z", "2026-12-01T10:00:01Z");
        for of in [&system as &dyn Fn(&str) -> Value, &properties] {
            assert_ne!(of(early), of(late));
            assert_eq!(of(early), of("2026-12-01T10:00:00Z"), "fewer digits");
        }
        for silent in [
            None,
            Some(&json!({})),
            Some(&json!({ "systemData": { "createdAt": "soon" } })),
        ] {
            assert_eq!(of_resource(silent), json!(null));
        }
    }
}
