//! The outside world: the portal, the autoscaler, auto-upgrade and Azure Policy.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Input, Problem, read};
use crate::arm::calls::Call;
use crate::arm::ids::{ChildRef, ClusterRef};
use crate::arm::{cluster_put, pools};
use crate::effects::touch_all;
use crate::resources::call::{Ask, ResourceCall};
use crate::resources::id::ResourceKey;
use crate::server::Shared;
use crate::world::{Cluster, Pool, World};

/// What a resource id names.
enum Named {
    Cluster(ClusterRef),
    Pool(ChildRef),
    Resource(ResourceKey),
}

fn named(id: &str) -> Result<Named, Problem> {
    match Call::parse(&Method::GET, id) {
        Ok(Call::ManagedClustersGet(cluster)) => Ok(Named::Cluster(cluster)),
        Ok(Call::AgentPoolsGet(pool)) => Ok(Named::Pool(pool)),
        Ok(Call::Resource(ResourceCall { ask: Ask::Get(id), .. })) => Ok(Named::Resource(id.key())),
        _ => Err(Problem::Invalid(format!(
            "'{id}' is the id of nothing that the simulator has"
        ))),
    }
}

pub(super) fn named_cluster(id: &str) -> Result<ClusterRef, Problem> {
    match named(id)? {
        Named::Cluster(cluster) => Ok(cluster),
        Named::Pool(_) | Named::Resource(_) => Err(Problem::Invalid(format!("'{id}' is the id of no cluster"))),
    }
}

pub(super) fn cluster_mut<'a>(world: &'a mut World, cluster: &ClusterRef) -> Result<&'a mut Cluster, Problem> {
    let found = world.clusters.get_mut(&cluster.key());
    found.ok_or_else(|| Problem::Unknown(format!("there is no cluster {}", cluster.id())))
}

fn pool_mut<'a>(world: &'a mut World, pool: &ChildRef) -> Result<&'a mut Pool, Problem> {
    let found = cluster_mut(world, &pool.cluster)?.pool_mut(&pool.name);
    found.ok_or_else(|| Problem::Unknown(format!("there is no pool {}", pool.id("agentPools"))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Edit {
    /// Resource id of a cluster, a pool or a resource beside clusters.
    id: String,
    /// RFC 7396 on the resource as GET shows it (`{"tags": {..}, "properties": {..}}`); null removes.
    merge_patch: Value,
}

/// Changes a stored resource at once, without rules and without an operation: it is how something becomes different
/// behind a client's back. The cluster's eTag and those of its pools change, or the pool's alone.
pub(super) async fn edit(State(shared): State<Shared>, input: Input) -> Answer {
    let Edit { id, merge_patch } = read(&input)?;
    let mut guard = shared.lock();
    let world = &mut *guard;
    world.settle();
    match named(&id)? {
        Named::Cluster(reference) => {
            let mut cluster = cluster_mut(world, &reference)?.clone();
            apply(&mut cluster.body, &merge_patch);
            touch_all(&mut cluster, &mut world.ids);
            world.clusters.insert(reference.key(), cluster);
        }
        Named::Pool(reference) => {
            let etag = world.ids.guid();
            let pool = pool_mut(world, &reference)?;
            apply(
                &mut pool.properties,
                merge_patch.get("properties").unwrap_or(&json!({})),
            );
            pool.etag = etag;
        }
        Named::Resource(key) => {
            let etag = world.ids.guid();
            let resource = world.resources.get_mut(&key);
            let resource = resource.ok_or_else(|| Problem::Unknown(format!("there is no resource {id}")))?;
            apply(&mut resource.body, &merge_patch);
            resource.etag = etag;
        }
    }
    Ok(Json(json!({})))
}

/// RFC 7396.
pub(crate) fn apply(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            if let Some(target) = target.as_object_mut() {
                target.remove(name);
            }
        } else {
            apply(&mut target[name], value);
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    /// Resource id of a pool.
    id: String,
    count: u32,
}

/// Gives a pool another number of nodes, as the cluster autoscaler does: no operation is to be seen.
pub(super) async fn autoscaler(State(shared): State<Shared>, input: Input) -> Answer {
    let Scale { id, count } = read(&input)?;
    let Named::Pool(reference) = named(&id)? else {
        return Err(Problem::Invalid(format!("'{id}' is the id of no pool")));
    };
    let mut world = shared.lock();
    world.settle();
    let etag = world.ids.guid();
    let pool = pool_mut(&mut world, &reference)?;
    pool.properties["count"] = json!(count);
    pool.etag = etag;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AutoUpgrade {
    /// Resource id of a cluster (new version) or pool (new node image).
    id: String,
    /// For a cluster: the version, exact or a minor.
    kubernetes_version: Option<String>,
}

/// Starts an upgrade that nobody asked for by PUT.
pub(super) async fn auto_upgrade(State(shared): State<Shared>, input: Input) -> Answer {
    let AutoUpgrade { id, kubernetes_version } = read(&input)?;
    let mut guard = shared.lock();
    let world = &mut *guard;
    world.settle();
    let operation = match (named(&id)?, kubernetes_version) {
        (Named::Cluster(reference), Some(version)) => {
            let cluster = cluster_mut(world, &reference)?.clone();
            world
                .cluster_is_free(&cluster)
                .map_err(|refusal| Problem::Invalid(refusal.to_string()))?;
            cluster_put::start_auto_upgrade(world, &reference, &version).unwrap_or_default()
        }
        (Named::Pool(reference), None) => {
            pool_mut(world, &reference)?;
            let cluster = cluster_mut(world, &reference.cluster)?.clone();
            world
                .pool_is_free(&cluster, &reference.name)
                .map_err(|refusal| Problem::Invalid(refusal.to_string()))?;
            pools::start_image_upgrade(world, &cluster.reference.key(), &reference.name, None)
        }
        _ => {
            let message = "name a cluster with `kubernetesVersion`, or a pool without";
            return Err(Problem::Invalid(message.to_owned()));
        }
    };
    Ok(Json(json!({"operation": operation})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    /// Resource id of a subscription, resource group or cluster.
    scope: String,
    tags: Map<String, Value>,
}

/// Adds tags to every cluster in scope, as a policy with the effect `modify` does.
pub(super) async fn policy(State(shared): State<Shared>, input: Input) -> Answer {
    let Policy { scope, tags } = read(&input)?;
    let scope = scope.trim_end_matches('/').to_lowercase();
    let mut guard = shared.lock();
    let world = &mut *guard;
    world.settle();
    let mut changed = 0_u32;
    for cluster in world.clusters.values_mut() {
        let id = cluster.reference.id().to_lowercase();
        if !id
            .strip_prefix(&scope)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            continue;
        }
        let patch = json!({"tags": tags});
        apply(&mut cluster.body, &patch);
        cluster.etag = world.ids.guid();
        changed += 1;
    }
    Ok(Json(json!({"changed": changed})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_sets_nests_and_removes() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        apply(&mut target, &json!({"a": {"b": null, "e": {"f": 3}}, "d": [2]}));
        assert_eq!(target, json!({"a": {"c": 2, "e": {"f": 3}}, "d": [2]}));
    }

    #[test]
    fn what_exists_can_be_named() {
        assert!(named("/subscriptions/s/resourceGroups/rg").is_err());
        let cluster = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c";
        assert!(matches!(named(cluster), Ok(Named::Cluster(_))));
        assert!(matches!(named(&format!("{cluster}/agentPools/p")), Ok(Named::Pool(_))));
    }
}
