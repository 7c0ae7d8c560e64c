//! Settings that AKS accepts only in certain combinations: what a change leaves behind in the live body is put right.

use serde_json::{Value, json};

use crate::change::Change;
use crate::live::LivePool;
use crate::path::Path;

fn number(body: &Value, path: &str) -> Option<i64> {
    Path::look_up(path, body).and_then(Value::as_i64)
}

fn is_autoscaled(body: &Value) -> bool {
    Path::look_up("properties.enableAutoScaling", body).and_then(Value::as_bool) == Some(true)
}

fn touches(changes: &[Change], path: &str) -> bool {
    changes.iter().any(|change| change.path.starts_with(path))
}

/// Of settings that belong together, once one of them changes, only those that change are written.
fn only_touched(body: &mut Value, changes: &[Change], together: &[&'static str]) {
    if together.iter().any(|path| touches(changes, path)) {
        for path in together.iter().filter(|path| !touches(changes, path)) {
            Path::new(path).remove(body);
        }
    }
}

/// A pool that scales is made with a count inside its limits; Azure's own default of 1 may lie outside (aks-rules:
/// `min <= count <= max`).
pub fn first_count(body: &mut Value) {
    if is_autoscaled(body)
        && number(body, "properties.count").is_none()
        && let Some(min) = number(body, "properties.minCount")
    {
        Path::new("properties.count").set(body, json!(min));
    }
}

/// Keeps count and autoscaler limits in the combination AKS accepts: limits only with the autoscaler, no count with it
/// unless the limits move past the count that is live.
pub fn scaling(body: &mut Value, live: &LivePool) {
    if !is_autoscaled(body) {
        // Left out, they would be kept; AKS wants them null.
        for limit in ["properties.minCount", "properties.maxCount"].map(Path::new) {
            if limit.get(body).is_some() {
                limit.set(body, Value::Null);
            }
        }
        return;
    }
    let (min, max) = (number(body, "properties.minCount"), number(body, "properties.maxCount"));
    let inside = |count: i64| min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max);
    let count = Path::new("properties.count");
    match live.count() {
        Some(nodes) if !inside(nodes) => {
            let bounded = nodes.min(max.unwrap_or(nodes)).max(min.unwrap_or(0));
            count.set(body, json!(bounded));
        }
        _ => count.remove(body),
    }
}

/// A system-assigned identity goes without user-assigned ones, and the ids of a kubelet identity name one identity.
pub fn identities(body: &mut Value, changes: &[Change]) {
    let kind = Path::look_up("identity.type", body).and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("SystemAssigned")) {
        Path::new("identity.userAssignedIdentities").remove(body);
    }
    only_touched(
        body,
        changes,
        &[
            "properties.identityProfile.kubeletidentity.resourceId",
            "properties.identityProfile.kubeletidentity.clientId",
            "properties.identityProfile.kubeletidentity.objectId",
        ],
    );
}

/// Where AKS takes one of several ways to say something, the way that was changed counts.
pub fn network(body: &mut Value, changes: &[Change]) {
    // Exactly one of the three groups of egress addresses may be set (aks-rules).
    only_touched(
        body,
        changes,
        &[
            "properties.networkProfile.loadBalancerProfile.managedOutboundIPs",
            "properties.networkProfile.loadBalancerProfile.outboundIPs",
            "properties.networkProfile.loadBalancerProfile.outboundIPPrefixes",
        ],
    );
    // AKS returns the first range in both forms; they have to agree.
    const ONE: &str = "properties.networkProfile.podCidr";
    const MANY: &str = "properties.networkProfile.podCidrs";
    if touches(changes, ONE)
        && let Some(range) = Path::look_up(ONE, body).cloned()
        && let Some(first) = Path::look_up(MANY, body).and_then(Value::as_array)
    {
        let rest = first.iter().skip(1).cloned();
        let ranges = std::iter::once(range).chain(rest).collect();
        Path::new(MANY).set(body, ranges);
    } else if touches(changes, MANY)
        && Path::look_up(ONE, body).is_some()
        && let Some(first) = Path::look_up(MANY, body).and_then(|ranges| ranges.get(0)).cloned()
    {
        Path::new(ONE).set(body, first);
    }
}
