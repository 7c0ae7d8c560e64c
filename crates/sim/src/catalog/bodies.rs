//! Answers of the reads that tell a client which versions it may have.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::image::node_image;
use super::offers::{SKEW, SupportPlan, Target, upgrades, versions};
use super::version::Version;

/// Body of GET `locations/{region}/kubernetesVersions`. `isDefault` and `isPreview` appear only when true and there is
/// no paging (REC 2023).
#[must_use]
pub fn kubernetes_versions_body(region: &str, now: Timestamp) -> Value {
    let offers = versions(region, now);
    let values: Vec<Value> = offers
        .iter()
        .map(|offer| {
            let patches: Map<String, Value> = offer
                .patches
                .iter()
                .map(|patch| {
                    let next = offers
                        .iter()
                        .filter(|other| other.minor == patch.minor || other.minor == patch.minor.next())
                        .flat_map(|other| &other.patches)
                        .filter(|other| *other > patch)
                        .map(ToString::to_string)
                        .collect::<Vec<_>>();
                    (patch.to_string(), json!({"upgrades": next}))
                })
                .collect();
            let plans: Vec<&str> = offer.plans.iter().map(|plan| plan.as_str()).collect();
            let mut value = json!({
                "version": offer.minor.to_string(),
                "capabilities": {"supportPlan": plans},
                "patchVersions": patches,
            });
            flag(&mut value, "isDefault", offer.is_default);
            flag(&mut value, "isPreview", offer.is_preview);
            value
        })
        .collect();
    json!({"values": values})
}

/// Body of GET `{cluster}/upgradeProfiles/default`; `pools` in agent pool resource form (`name`, `properties`).
#[must_use]
pub fn cluster_upgrade_profile_body(cluster: &Value, pools: &[Value], region: &str, now: Timestamp) -> Value {
    let plan = plan(cluster);
    let current = current_version(cluster, "/properties/currentKubernetesVersion");
    let ahead = current
        .map(|from| upgrades(region, now, from, plan))
        .unwrap_or_default();
    let pools: Vec<Value> = pools
        .iter()
        .map(|pool| {
            let mut profile = profile(current_version(pool, "/properties/currentOrchestratorVersion"), &ahead);
            profile["name"] = pool.get("name").cloned().unwrap_or_default();
            profile["osType"] = os_type(pool);
            profile
        })
        .collect();
    let mut control_plane = profile(current, &ahead);
    control_plane["osType"] = json!("Linux");
    json!({
        "id": child_id(cluster, "upgradeprofiles/default"),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
        "properties": {"controlPlaneProfile": control_plane, "agentPoolProfiles": pools},
    })
}

/// Body of GET `{pool}/upgradeProfiles/default`: what the pool may go to under its control plane. `upgrades` is
/// missing when there is nothing.
#[must_use]
pub fn pool_upgrade_profile_body(cluster: &Value, pool: &Value, region: &str, now: Timestamp) -> Value {
    let ceiling = current_version(cluster, "/properties/currentKubernetesVersion");
    let current = current_version(pool, "/properties/currentOrchestratorVersion");
    let targets: Vec<Target> = current
        .zip(ceiling)
        .map(|(from, ceiling)| {
            let mut targets = upgrades(region, now, from, plan(cluster));
            targets.retain(|target| target.version < ceiling && target.version.minor <= from.minor.next());
            if ceiling > from && ceiling.minor <= from.minor.next() {
                targets.insert(
                    0,
                    Target {
                        version: ceiling,
                        is_preview: false,
                    },
                );
            }
            targets
        })
        .unwrap_or_default();
    let mut properties = profile(current, &targets);
    properties["osType"] = os_type(pool);
    if let Some(current) = current {
        let image = node_image(pool.get("properties").unwrap_or(&Value::Null), current, now);
        properties["latestNodeImageVersion"] = json!(image);
    }
    json!({
        "id": child_id(pool, "upgradeProfiles/default"),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles",
        "properties": properties,
    })
}

/// Body of GET `{cluster}/availableAgentPoolVersions`: versions on offer that fit the control plane's skew.
#[must_use]
pub fn available_agent_pool_versions_body(cluster: &Value, region: &str, now: Timestamp) -> Value {
    let ceiling = current_version(cluster, "/properties/currentKubernetesVersion");
    let plan = plan(cluster);
    let fits = |version: Version| {
        ceiling.is_some_and(|ceiling| version <= ceiling && version.minor.minor + SKEW >= ceiling.minor.minor)
    };
    let values: Vec<Value> = versions(region, now)
        .iter()
        .filter(|offer| offer.plans.contains(&plan))
        .flat_map(|offer| offer.patches.iter().map(|patch| (*patch, offer.is_preview)))
        .filter(|(patch, _)| fits(*patch))
        .map(|(patch, is_preview)| {
            let mut value = json!({"kubernetesVersion": patch.to_string()});
            flag(&mut value, "default", Some(patch) == ceiling);
            flag(&mut value, "isPreview", is_preview);
            value
        })
        .collect();
    json!({
        "id": child_id(cluster, "availableagentpoolversions"),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/availableAgentpoolVersions",
        "properties": {"agentPoolVersions": values},
    })
}

fn profile(current: Option<Version>, targets: &[Target]) -> Value {
    let mut profile = json!({"kubernetesVersion": current.map(|version| version.to_string()).unwrap_or_default()});
    let targets: Vec<Value> = targets
        .iter()
        .filter(|target| current.is_some_and(|current| target.version > current))
        .map(|target| {
            let mut value = json!({"kubernetesVersion": target.version.to_string()});
            flag(&mut value, "isPreview", target.is_preview);
            value
        })
        .collect();
    if !targets.is_empty() {
        profile["upgrades"] = Value::Array(targets);
    }
    profile
}

fn flag(value: &mut Value, key: &str, set: bool) {
    if set {
        value[key] = json!(true);
    }
}

fn plan(cluster: &Value) -> SupportPlan {
    SupportPlan::parse(cluster.pointer("/properties/supportPlan").and_then(Value::as_str))
}

fn current_version(resource: &Value, pointer: &str) -> Option<Version> {
    resource.pointer(pointer)?.as_str()?.parse().ok()
}

fn os_type(pool: &Value) -> Value {
    pool.pointer("/properties/osType")
        .cloned()
        .unwrap_or_else(|| json!("Linux"))
}

fn child_id(resource: &Value, child: &str) -> String {
    format!(
        "{}/{child}",
        resource.get("id").and_then(Value::as_str).unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Definition, check_response};

    fn now() -> Timestamp {
        "2026-11-21T00:00:00Z".parse().unwrap()
    }

    fn cluster(version: &str) -> Value {
        json!({"id": "/subscriptions/s/resourcegroups/g/providers/Microsoft.ContainerService/managedClusters/c",
            "properties": {"currentKubernetesVersion": version}})
    }

    fn pool(version: &str) -> Value {
        json!({"id": "/p", "name": "work", "properties": {"currentOrchestratorVersion": version, "osType": "Linux"}})
    }

    fn listed(body: &Value, pointer: &str) -> Vec<String> {
        let list = body
            .pointer(pointer)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        list.iter()
            .map(|entry| entry["kubernetesVersion"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn every_body_conforms_to_the_description() {
        let (cluster, pool) = (cluster("1.35.8"), pool("1.34.11"));
        let pools = [pool.clone()];
        for (definition, body) in [
            (
                Definition::KubernetesVersionListResult,
                kubernetes_versions_body("westeurope", now()),
            ),
            (
                Definition::ManagedClusterUpgradeProfile,
                cluster_upgrade_profile_body(&cluster, &pools, "westeurope", now()),
            ),
            (
                Definition::AgentPoolUpgradeProfile,
                pool_upgrade_profile_body(&cluster, &pool, "westeurope", now()),
            ),
            (
                Definition::AgentPoolAvailableVersions,
                available_agent_pool_versions_body(&cluster, "westeurope", now()),
            ),
        ] {
            assert_eq!(
                check_response(definition, &body),
                Vec::<String>::new(),
                "{definition:?}"
            );
        }
    }

    #[test]
    fn a_patch_lists_later_patches_and_the_next_minor_and_flags_only_when_true() {
        let body = kubernetes_versions_body("westeurope", now());
        let minor = body["values"]
            .as_array()
            .unwrap()
            .iter()
            .find(|value| value["version"] == "1.36")
            .unwrap();
        assert_eq!(minor["isDefault"], true);
        assert_eq!(minor.get("isPreview"), None);
        assert_eq!(
            minor["patchVersions"]["1.36.3"]["upgrades"],
            json!(["1.36.4", "1.37.0", "1.37.1"])
        );
    }

    #[test]
    fn a_pool_is_offered_nothing_above_its_control_plane() {
        let body = pool_upgrade_profile_body(&cluster("1.35.2"), &pool("1.34.10"), "westeurope", now());
        assert_eq!(
            listed(&body, "/properties/upgrades"),
            ["1.35.2", "1.35.1", "1.35.0", "1.34.11"],
        );
    }

    #[test]
    fn a_pool_at_the_control_planes_version_has_no_upgrades() {
        let body = pool_upgrade_profile_body(&cluster("1.35.8"), &pool("1.35.8"), "westeurope", now());
        assert_eq!(body.pointer("/properties/upgrades"), None);
    }

    #[test]
    fn new_pools_may_lag_by_the_skew_only() {
        let body = available_agent_pool_versions_body(&cluster("1.37.1"), "westeurope", now());
        let versions = listed(&body, "/properties/agentPoolVersions");
        assert_eq!(versions.first().map(String::as_str), Some("1.34.0"));
        assert_eq!(versions.last().map(String::as_str), Some("1.37.1"));
    }
}
