//! The bodies of writes: what Azure has, plus exactly the changes of one step.

use serde_json::{Map, Value, json};

use super::change::Change;
use super::desired::{DesiredCluster, DesiredPool};
use super::live::{LiveCluster, LivePool};
use super::owner::OWNER_TAG;
use super::path::Path;
use super::version::Version;

/// Paths of a cluster that only Azure writes (read-only in the 2026-08-01 specification).
const CLUSTER_READ_ONLY: &[&str] = &[
    "id",
    "name",
    "type",
    "systemData",
    "eTag",
    "identity.principalId",
    "identity.tenantId",
    "properties.provisioningState",
    "properties.powerState",
    "properties.maxAgentPools",
    "properties.currentKubernetesVersion",
    "properties.fqdn",
    "properties.privateFQDN",
    "properties.azurePortalFQDN",
    "properties.resourceUID",
    "properties.status",
    "properties.oidcIssuerProfile.issuerURL",
    "properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs",
    "properties.networkProfile.natGatewayProfile.effectiveOutboundIPs",
    "properties.ingressProfile.webAppRouting.identity",
];

/// Paths of a pool that only Azure writes, or that start something of their own when they are written back: the image
/// version rolls a pool back, the power state starts and stops it.
const POOL_READ_ONLY: &[&str] = &[
    "id",
    "name",
    "type",
    "systemData",
    "properties.eTag",
    "properties.provisioningState",
    "properties.currentOrchestratorVersion",
    "properties.nodeImageVersion",
    "properties.powerState",
    "properties.status",
    "properties.virtualMachineNodesStatus",
    "properties.localDNSProfile.state",
];

/// Properties of a pool that AKS refuses inside a cluster PUT once the cluster exists (seen in 2026-05).
const REFUSED_INLINE: &[&str] = &["securityProfile", "artifactStreamingProfile"];

/// The body that makes a cluster with its first pools.
pub fn create_cluster<'a>(cluster: &DesiredCluster, pools: impl Iterator<Item = &'a DesiredPool>) -> Value {
    let mut body = cluster.body.clone();
    owner_tag("tags").set(&mut body, json!(cluster.mark.to_string()));
    Path::new("properties.powerState").remove(&mut body);
    name_api_server(&mut body, &cluster.azure_name);
    let profiles = pools
        .map(|pool| {
            let mut profile = create_pool(pool, None);
            let mut properties = profile.get_mut("properties").map(Value::take).unwrap_or_default();
            Path::new("name").set(&mut properties, json!(pool.name));
            // Pools that are made with a cluster take its version; another one is refused.
            Path::new("orchestratorVersion").remove(&mut properties);
            properties
        })
        .collect();
    Path::new("properties.agentPoolProfiles").set(&mut body, Value::Array(profiles));
    body
}

/// AKS makes no cluster without a name for its API server, and has no default for it: the cluster's own name, as far as
/// it is a DNS label.
fn name_api_server(body: &mut Value, cluster: &str) {
    const LONGEST: usize = 54;
    let (prefix, subdomain) = (Path::new("properties.dnsPrefix"), Path::new("properties.fqdnSubdomain"));
    if prefix.get(body).is_none() && subdomain.get(body).is_none() {
        let label: String = cluster
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(LONGEST)
            .collect();
        prefix.set(body, json!(label.trim_matches('-')));
    }
}

/// The body of a cluster PUT that applies `changes` to what Azure has. The pools are left out: AKS keeps them so, and
/// refuses some of their fields here.
pub fn update_cluster(live: &LiveCluster, changes: &[Change]) -> Value {
    let mut body = writable_cluster(&live.body);
    Path::new("properties.agentPoolProfiles").remove(&mut body);
    apply(&mut body, changes);
    body
}

/// The body of a cluster PUT that takes the control plane to a version.
pub fn upgrade_control_plane(live: &LiveCluster, to: Version) -> Value {
    let mut body = update_cluster(live, &[]);
    Path::new("properties.kubernetesVersion").set(&mut body, json!(to.to_string()));
    body
}

/// The body of a cluster PUT that takes control plane and pools to a version: with auto-upgrade on AKS wants every
/// pool named with the target.
pub fn upgrade_cluster(live: &LiveCluster, to: Version) -> Value {
    let mut body = upgrade_control_plane(live, to);
    let profiles = live.pools.iter().map(|pool| {
        let mut profile = writable_pool(pool)
            .get_mut("properties")
            .map(Value::take)
            .unwrap_or_default();
        Path::new("name").set(&mut profile, json!(pool.name));
        Path::new("orchestratorVersion").set(&mut profile, json!(to.to_string()));
        REFUSED_INLINE
            .iter()
            .for_each(|field| Path::new(field).remove(&mut profile));
        profile
    });
    Path::new("properties.agentPoolProfiles").set(&mut body, profiles.collect());
    body
}

/// All tags of the cluster after `changes`, as PATCH replaces the whole map.
pub fn tags(live: &LiveCluster, changes: &[Change]) -> Map<String, Value> {
    let mut body = json!({ "tags": live.body.get("tags").cloned().unwrap_or_default() });
    apply(&mut body, changes);
    match body.get_mut("tags").map(Value::take) {
        Some(Value::Object(tags)) => tags,
        _ => Map::new(),
    }
}

/// The body that makes a pool, at the version the control plane runs unless the manifest names one.
pub fn create_pool(pool: &DesiredPool, control_plane: Option<Version>) -> Value {
    let mut body = pool.body.clone();
    owner_tag("properties.tags").set(&mut body, json!(pool.mark.to_string()));
    Path::new("properties.powerState").remove(&mut body);
    // ARM has no default for the mode (use-system-pools).
    let mode = Path::new("properties.mode");
    if mode.get(&body).is_none() {
        mode.set(&mut body, json!("User"));
    }
    if let (None, Some(version)) = (pool.version, control_plane) {
        Path::new("properties.orchestratorVersion").set(&mut body, json!(version.to_string()));
    }
    body
}

/// The body of a pool PUT that applies `changes` to what Azure has.
pub fn update_pool(live: &LivePool, changes: &[Change]) -> Value {
    let mut body = writable_pool(live);
    apply(&mut body, changes);
    settle_scaling(&mut body, live);
    body
}

/// The body of a pool PUT that takes the nodes to a version.
pub fn upgrade_pool(live: &LivePool, to: Version) -> Value {
    let mut body = update_pool(live, &[]);
    Path::new("properties.orchestratorVersion").set(&mut body, json!(to.to_string()));
    body
}

/// The ownership tag below a map of tags.
pub fn owner_tag(tags: &str) -> Path {
    Path::new(tags).key(OWNER_TAG)
}

fn writable_cluster(live: &Value) -> Value {
    let mut body = live.clone();
    CLUSTER_READ_ONLY
        .iter()
        .for_each(|path| Path::new(path).remove(&mut body));
    if let Some(Value::Object(identities)) = body.pointer_mut("/identity/userAssignedIdentities") {
        identities.values_mut().for_each(|identity| *identity = json!({}));
    }
    if let Some(Value::Object(addons)) = body.pointer_mut("/properties/addonProfiles") {
        addons
            .values_mut()
            .for_each(|addon| Path::new("identity").remove(addon));
    }
    body
}

fn writable_pool(live: &LivePool) -> Value {
    let mut body = live.body.clone();
    POOL_READ_ONLY.iter().for_each(|path| Path::new(path).remove(&mut body));
    body
}

fn apply(body: &mut Value, changes: &[Change]) {
    for change in changes {
        match &change.to {
            Some(value) => change.path.set(body, value.clone()),
            // AKS can't take an add-on away, only switch it off.
            None if change.path.starts_with("properties.addonProfiles") => {
                change.path.set(body, json!({ "enabled": false }));
            }
            None => change.path.remove(body),
        }
    }
}

/// Keeps count and autoscaler limits in the combination AKS accepts: limits only with the autoscaler, no count with it
/// unless the limits move past the count that is live.
fn settle_scaling(body: &mut Value, live: &LivePool) {
    let number = |body: &Value, path: &str| Path::new(path).get(body).and_then(Value::as_i64);
    let autoscaled = body
        .pointer("/properties/enableAutoScaling")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    if !autoscaled {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::change::{Origin, Target};
    use crate::plan::effect::Effect;

    fn change(path: Path, to: Option<Value>) -> Change {
        Change {
            target: Target::Cluster,
            path,
            from: None,
            to,
            origin: Origin::Edit,
            effect: Effect::InPlace,
        }
    }

    fn pool(properties: Value) -> LivePool {
        LivePool::new("a", json!({ "properties": properties }))
    }

    #[test]
    fn an_update_is_the_live_body_plus_the_changes_and_nothing_else() {
        let live = LiveCluster::new(json!({
            "id": "/x", "eTag": "1", "location": "eastus", "tags": {"policy": "x"},
            "properties": {"provisioningState": "Succeeded", "disableLocalAccounts": false, "unknownToUs": {"a": 1},
                           "agentPoolProfiles": [{"name": "sys", "count": 3}]}
        }));
        let body = update_cluster(
            &live,
            &[change(Path::new("properties.disableLocalAccounts"), Some(json!(true)))],
        );
        assert_eq!(
            body,
            json!({"location": "eastus", "tags": {"policy": "x"}, "properties": {"disableLocalAccounts": true, "unknownToUs": {"a": 1}}})
        );
    }

    #[test]
    fn a_dropped_addon_is_disabled_and_a_dropped_tag_removed() {
        let live = LiveCluster::new(
            json!({"tags": {"a": "1"}, "properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}}),
        );
        let addon = Path::new("properties.addonProfiles").key("azurepolicy");
        let body = update_cluster(&live, &[change(addon, None), change(Path::new("tags").key("a"), None)]);
        assert_eq!(
            body,
            json!({"tags": {}, "properties": {"addonProfiles": {"azurepolicy": {"enabled": false}}}})
        );
    }

    #[test]
    fn an_autoscaled_count_is_never_written() {
        let live = pool(json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 9, "count": 7}));
        let body = update_pool(&live, &[change(Path::new("properties.maxCount"), Some(json!(12)))]);
        assert_eq!(
            body,
            json!({"properties": {"enableAutoScaling": true, "minCount": 1, "maxCount": 12}})
        );
    }

    #[test]
    fn limits_that_exclude_the_live_count_bring_it_inside() {
        let live = pool(json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 9, "count": 7}));
        let body = update_pool(&live, &[change(Path::new("properties.maxCount"), Some(json!(5)))]);
        assert_eq!(body.pointer("/properties/count"), Some(&json!(5)));
    }

    #[test]
    fn switching_the_autoscaler_off_takes_its_limits_away() {
        let live = pool(json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 9, "count": 7}));
        let body = update_pool(
            &live,
            &[change(Path::new("properties.enableAutoScaling"), Some(json!(false)))],
        );
        assert_eq!(
            body,
            json!({"properties": {"enableAutoScaling": false, "count": 7, "minCount": null, "maxCount": null}})
        );
    }

    #[test]
    fn a_pool_update_never_starts_stops_or_rolls_back() {
        let live = pool(
            json!({"nodeImageVersion": "x", "powerState": {"code": "Running"}, "currentOrchestratorVersion": "1.33.1", "count": 1}),
        );
        assert_eq!(update_pool(&live, &[]), json!({"properties": {"count": 1}}));
    }

    #[test]
    fn a_whole_upgrade_names_every_pool_with_the_target_and_without_what_is_refused_inline() {
        let live = LiveCluster::new(
            json!({"properties": {"kubernetesVersion": "1.33", "agentPoolProfiles": [
            {"name": "sys", "count": 3, "orchestratorVersion": "1.33", "securityProfile": {"enableVTPM": true}}]}}),
        );
        let body = upgrade_cluster(&live, "1.34".parse().unwrap());
        assert_eq!(
            body,
            json!({"properties": {"kubernetesVersion": "1.34", "agentPoolProfiles": [{"name": "sys", "count": 3, "orchestratorVersion": "1.34"}]}})
        );
    }
}
