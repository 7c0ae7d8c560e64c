//! A model of Azure for plans: it takes the bodies a step amounts to, keeps what they leave out and ends at once.

use serde_json::{Value, json};

use crate::desired::{DesiredCluster, DesiredPool};
use crate::live::LiveCluster;
use crate::step::Step;
use crate::{Facts, body};

/// The patch an alias amounts to.
const NEWEST_PATCH: &str = "5";

/// The version of the nodes in every snapshot.
pub const SNAPSHOT_VERSION: &str = "1.32.8";

/// Does what the step asks for.
pub fn take(live: &mut Option<Value>, step: &Step, cluster: &DesiredCluster, pools: &[DesiredPool], facts: &mut Facts) {
    let wanted = |name: &str| pools.iter().find(|pool| pool.name == name).unwrap();
    if let Step::CreateResourceGroup = step {
        facts.resource_group = Some(true);
        return;
    }
    if let Step::CreateCluster { pools: first } = step {
        let first = first.iter().map(|name| wanted(name));
        *live = Some(made(body::create_cluster(cluster, first)));
        return;
    }
    if *step == Step::DeleteCluster {
        *live = None;
        return;
    }
    let stored = live.as_mut().unwrap();
    let seen = LiveCluster::new(stored.clone());
    match step {
        Step::CreateResourceGroup
        | Step::CreateCluster { .. }
        | Step::DeleteCluster
        | Step::LiftLock { .. }
        | Step::RestoreLock { .. } => {}
        Step::AdoptCluster { changes } | Step::TagCluster { changes } => {
            stored["tags"] = Value::Object(body::tags(&seen, changes));
        }
        Step::UpdateCluster { changes } => put(stored, body::update_cluster(&seen, changes)),
        Step::UpgradeControlPlane { to, .. } => put(stored, body::upgrade_control_plane(&seen, *to)),
        Step::UpgradeCluster { to, .. } => put(stored, body::upgrade_cluster(&seen, *to)),
        Step::ResumeCluster => put(stored, body::update_cluster(&seen, &[])),
        Step::StartCluster { .. } => stored["properties"]["powerState"] = json!({"code": "Running"}),
        Step::StopCluster { .. } => stored["properties"]["powerState"] = json!({"code": "Stopped"}),
        Step::CreatePool { pool, .. } => {
            let pool = wanted(pool);
            let made = body::create_pool(pool, seen.running_version());
            let mut profile = made["properties"].clone();
            profile["name"] = json!(pool.name);
            if profile.get("creationData").is_some() && profile["orchestratorVersion"].is_null() {
                profile["orchestratorVersion"] = json!(SNAPSHOT_VERSION);
            }
            let profiles = stored["properties"]["agentPoolProfiles"].as_array_mut().unwrap();
            profiles.push(profile);
        }
        Step::UpdatePool { pool, changes } => {
            put_pool(stored, pool, &body::update_pool(seen.pool(pool).unwrap(), changes))
        }
        Step::UpgradePool { pool, to, .. } => {
            put_pool(stored, pool, &body::upgrade_pool(seen.pool(pool).unwrap(), *to))
        }
        Step::ResumePool { pool } => put_pool(stored, pool, &body::update_pool(seen.pool(pool).unwrap(), &[])),
        Step::DeletePool { pool } => {
            let profiles = stored["properties"]["agentPoolProfiles"].as_array_mut().unwrap();
            profiles.retain(|profile| profile["name"] != json!(pool));
        }
    }
    settle(stored);
}

/// What a create leaves in Azure.
fn made(mut body: Value) -> Value {
    body["id"] = json!("/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/prod");
    if body["properties"]["kubernetesVersion"].is_null() {
        body["properties"]["kubernetesVersion"] = json!("1.33");
    }
    settle(&mut body);
    body
}

/// Fills in what Azure computes, and ends every operation well.
fn settle(live: &mut Value) {
    let properties = &mut live["properties"];
    properties["provisioningState"] = json!("Succeeded");
    properties["currentKubernetesVersion"] = json!(patched(properties["kubernetesVersion"].as_str().unwrap()));
    let version = properties["currentKubernetesVersion"].clone();
    for profile in properties["agentPoolProfiles"].as_array_mut().unwrap() {
        if profile["orchestratorVersion"].is_null() {
            profile["orchestratorVersion"] = version.clone();
        }
        profile["provisioningState"] = json!("Succeeded");
        profile["currentOrchestratorVersion"] = json!(patched(profile["orchestratorVersion"].as_str().unwrap()));
    }
}

fn patched(version: &str) -> String {
    if version.matches('.').count() > 1 {
        version.to_owned()
    } else {
        format!("{version}.{NEWEST_PATCH}")
    }
}

/// A PUT: what it leaves out stays; maps that Azure takes as a whole are replaced.
fn put(live: &mut Value, body: Value) {
    for replaced in ["/tags", "/identity"] {
        if let (Some(old), Some(new)) = (live.pointer_mut(replaced), body.pointer(replaced)) {
            *old = new.clone();
        }
    }
    let profiles = body.pointer("/properties/agentPoolProfiles").cloned();
    let mut rest = body;
    if let Some(properties) = rest["properties"].as_object_mut() {
        properties.remove("agentPoolProfiles");
    }
    merge(live, &rest);
    for profile in profiles.iter().filter_map(Value::as_array).flatten() {
        let name = profile["name"].as_str().unwrap().to_owned();
        merge(self::profile(live, &name), profile);
    }
}

fn put_pool(live: &mut Value, name: &str, body: &Value) {
    let profile = profile(live, name);
    for replaced in ["tags", "nodeLabels"] {
        if let (Some(old), Some(new)) = (profile.get_mut(replaced), body["properties"].get(replaced)) {
            *old = new.clone();
        }
    }
    for zones in ["vnetDNSOverrides", "kubeDNSOverrides"] {
        let place = format!("/localDNSProfile/{zones}");
        if let (Some(old), Some(new)) = (profile.pointer_mut(&place), body["properties"].pointer(&place)) {
            *old = new.clone();
        }
    }
    merge(profile, &body["properties"]);
}

/// The entry of a pool.
pub fn profile<'a>(live: &'a mut Value, name: &str) -> &'a mut Value {
    let profiles = live["properties"]["agentPoolProfiles"].as_array_mut().unwrap();
    profiles
        .iter_mut()
        .find(|profile| profile["name"] == json!(name))
        .unwrap()
}

/// Puts every field of `new` into `old`; `null` takes a field away.
pub fn merge(old: &mut Value, new: &Value) {
    let (Value::Object(old), Value::Object(new)) = (&mut *old, new) else {
        *old = new.clone();
        return;
    };
    for (key, value) in new {
        if value.is_null() {
            old.remove(key);
        } else {
            merge(old.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}
