//! The bodies of writes: what Azure has, plus exactly the changes of one step.

mod settle;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::change::{Change, Source};
use super::desired::{DesiredCluster, DesiredPool};
use super::live::{LiveCluster, LivePool, ProvisioningState};
use super::owner::OWNER_TAG;
use super::path::Path;
use super::version::Version;
use armature_api::VersionPolicy;

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

/// Maps whose entries AKS fills up: a write changes in them only what the manifest names.
const FILLED_UP: &[&str] = &[
    "properties.addonProfiles",
    "properties.localDNSProfile.vnetDNSOverrides",
    "properties.localDNSProfile.kubeDNSOverrides",
];

/// The body that makes a cluster with its first pools. What ARM requires and the manifest may leave out is filled in:
/// the identity and the first part of the API server's name.
pub fn create_cluster<'a>(cluster: &DesiredCluster, pools: impl Iterator<Item = &'a DesiredPool>) -> Value {
    let mut body = cluster.body.clone();
    owner_tag("tags").set(&mut body, json!(cluster.mark.to_string()));
    Path::new("properties.powerState").remove(&mut body);
    name_api_server(&mut body, &cluster.azure_name);
    if let Some(version) = cluster.version {
        Path::new("properties.kubernetesVersion").set(&mut body, json!(version.to_string()));
    }
    let signs_in = |path| Path::look_up(path, &body).is_some();
    if !signs_in("identity") && !signs_in("properties.servicePrincipalProfile") {
        Path::new("identity.type").set(&mut body, json!("SystemAssigned"));
    }
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
    if let Some(running) = given_up(&live.provisioning_state(), live.goal_version(), live.running_version()) {
        Path::new("properties.kubernetesVersion").set(&mut body, json!(running.to_string()));
    }
    apply(&mut body, changes);
    settle::identities(&mut body, changes);
    settle::network(&mut body, changes);
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

/// The body that makes a pool beside a control plane that runs `control_plane`.
pub fn create_pool(pool: &DesiredPool, control_plane: Option<Version>) -> Value {
    let mut body = pool.body.clone();
    owner_tag("properties.tags").set(&mut body, json!(pool.mark.to_string()));
    Path::new("properties.powerState").remove(&mut body);
    // A new pool has no image to go back to.
    Path::new("properties.nodeImageVersion").remove(&mut body);
    // ARM has no default for the mode (use-system-pools).
    let mode = Path::new("properties.mode");
    if mode.get(&body).is_none() {
        mode.set(&mut body, json!("User"));
    }
    if let Some(version) = first_version(pool, control_plane) {
        Path::new("properties.orchestratorVersion").set(&mut body, json!(version.to_string()));
    }
    settle::first_count(&mut body);
    body
}

/// The version a pool is made at: the control plane's own wherever the floor lets it, so that the pool neither comes
/// out newer nor is upgraded the moment it is there; a pool that trails on purpose at its floor; one from a snapshot at
/// the snapshot's, which only Azure knows.
pub(super) fn first_version(pool: &DesiredPool, control_plane: Option<Version>) -> Option<Version> {
    let Some(floor) = pool.version else {
        return control_plane.filter(|_| !is_from_snapshot(pool));
    };
    let follows = |running: &Version| {
        running.meets(floor) && (running.same_minor(floor) || pool.version_policy == VersionPolicy::Follow)
    };
    Some(control_plane.filter(follows).unwrap_or(floor))
}

/// A pool that is made from a snapshot has the version of the snapshot, unless the manifest names one (node-pool-snapshot).
fn is_from_snapshot(pool: &DesiredPool) -> bool {
    Path::look_up("properties.creationData.sourceResourceId", &pool.body).is_some()
}

/// The body of a pool PUT that applies `changes` to what Azure has.
pub fn update_pool(live: &LivePool, changes: &[Change]) -> Value {
    let mut body = writable_pool(live);
    if let Some(running) = given_up(&live.provisioning_state(), live.goal_version(), live.running_version()) {
        Path::new("properties.orchestratorVersion").set(&mut body, json!(running.to_string()));
    }
    apply(&mut body, changes);
    settle::scaling(&mut body, live);
    body
}

/// The body of a pool PUT that takes the nodes to a version.
pub fn upgrade_pool(live: &LivePool, to: Version) -> Value {
    let mut body = update_pool(live, &[]);
    // Sent along, the snapshot would ask for its own version and image (as `az aks nodepool upgrade` leaves it out).
    Path::new("properties.creationData").remove(&mut body);
    Path::new("properties.orchestratorVersion").set(&mut body, json!(to.to_string()));
    body
}

/// The version to stay at where an upgrade was aborted. AKS keeps its goal, which any write would take up again; whether
/// it is still wanted is for the manifest to say, and the step of an upgrade sets it anew.
fn given_up(state: &ProvisioningState, goal: Option<Version>, running: Option<Version>) -> Option<Version> {
    let ahead = |running: &Version| goal.is_some_and(|goal| !running.meets(goal));
    running.filter(|running| *state == ProvisioningState::Canceled && ahead(running))
}

/// The ownership tag below a map of tags.
pub fn owner_tag(tags: &'static str) -> Path {
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
    let pod_identities = body.pointer_mut("/properties/podIdentityProfile/userAssignedIdentities");
    for identity in pod_identities.and_then(Value::as_array_mut).into_iter().flatten() {
        Path::new("provisioningState").remove(identity);
        Path::new("provisioningInfo").remove(identity);
    }
    body
}

fn writable_pool(live: &LivePool) -> Value {
    let mut body = live.body.clone();
    POOL_READ_ONLY.iter().for_each(|path| Path::new(path).remove(&mut body));
    body
}

fn apply(body: &mut Value, changes: &[Change]) {
    // The value of a secret comes to the body at the last moment, from where it is kept.
    for change in changes.iter().filter(|change| change.source != Source::Secret) {
        match &change.to {
            // What AKS put into an add-on's configuration, or into the settings of a DNS zone, stays there.
            Some(value) if FILLED_UP.iter().any(|path| change.path.starts_with(path)) => {
                let mut entry = change.path.get(body).cloned().unwrap_or_default();
                merge(&mut entry, value);
                change.path.set(body, entry);
            }
            Some(value) => change.path.set(body, value.clone()),
            // AKS can't take an add-on away, only switch it off.
            None if change.path.starts_with("properties.addonProfiles") => {
                change.path.set(body, json!({ "enabled": false }));
            }
            None => change.path.remove(body),
        }
    }
}

/// Puts every field of `wanted` into `live` and leaves the others.
fn merge(live: &mut Value, wanted: &Value) {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            for (key, value) in wanted {
                merge(live.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (live, wanted) => *live = wanted.clone(),
    }
}
