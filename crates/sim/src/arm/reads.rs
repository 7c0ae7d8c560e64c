//! Reads that the catalog answers: versions and upgrade profiles.

use serde_json::{Value, json};

use super::calls::LocationRef;
use super::ids::{ChildRef, ClusterRef, normal_location};
use super::{clusters, pools, render};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;
use crate::{catalog, defaults};

/// GET `locations/{region}/kubernetesVersions`.
///
/// # Errors
/// 400 for a region that does not exist.
pub fn kubernetes_versions(world: &World, location: &LocationRef) -> Result<Reply, Refusal> {
    let region = known_region(&location.region)?;
    Ok(Reply::provider(
        200,
        catalog::kubernetes_versions_body(region, world.now()),
    ))
}

/// The canonical name of a region.
///
/// # Errors
/// 400 `LocationNotAvailableForResourceType`.
pub fn known_region(name: &str) -> Result<&'static str, Refusal> {
    catalog::region(name).map(|region| region.name).ok_or_else(|| {
        let known: Vec<&str> = catalog::regions().iter().map(|region| region.name).collect();
        let message = format!(
            "The provided location '{}' is not available for resource type 'Microsoft.ContainerService/managedClusters'. List of available regions for the resource type is '{}'.",
            normal_location(name),
            known.join(",")
        );
        Refusal::gateway(400, "LocationNotAvailableForResourceType", message)
    })
}

/// GET `{cluster}/upgradeProfiles/default`.
///
/// # Errors
/// 404.
pub fn cluster_upgrade_profile(world: &World, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find(world, cluster)?;
    let (body, pools) = (render::cluster(cluster), cluster.pool_resources());
    Ok(Reply::provider(
        200,
        catalog::cluster_upgrade_profile_body(&body, &pools, &cluster.region, world.now()),
    ))
}

/// GET `{pool}/upgradeProfiles/default`.
///
/// # Errors
/// 404.
pub fn pool_upgrade_profile(world: &World, pool: &ChildRef) -> Result<Reply, Refusal> {
    let (cluster, pool) = pools::find(world, pool)?;
    let used = pool.recently_used(world.now());
    let (body, pool) = (render::cluster(cluster), render::pool(&cluster.reference, pool));
    let mut profile = catalog::pool_upgrade_profile_body(&body, &pool, &cluster.region, world.now());
    profile["properties"]["recentlyUsedVersions"] = used.into();
    Ok(Reply::provider(200, profile))
}

/// GET `{cluster}/availableAgentPoolVersions`.
///
/// # Errors
/// 404.
pub fn available_pool_versions(world: &World, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, cluster, "availableAgentPoolVersions")?;
    let body = render::cluster(cluster);
    Ok(Reply::provider(
        200,
        catalog::available_agent_pool_versions_body(&body, &cluster.region, world.now()),
    ))
}

/// GET `locations/{region}/trustedAccessRoles`.
///
/// # Errors
/// 400 for a region that does not exist.
pub fn trusted_access_roles(location: &LocationRef) -> Result<Reply, Refusal> {
    known_region(&location.region)?;
    Ok(Reply::provider(200, catalog::trusted_access_roles_body()))
}

/// GET `{cluster}/privateLinkResources`: the API server of a private cluster, nothing for any other.
///
/// # Errors
/// 404.
pub fn private_link_resources(world: &World, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, cluster, "privateLinkResources")?;
    let value: Vec<Value> = if defaults::is_private(&cluster.body) {
        vec![json!({
            "id": format!("{}/privateLinkResources/management", cluster.reference.id()),
            "name": "management",
            "type": "Microsoft.ContainerService/managedClusters/privateLinkResources",
            "groupId": "management",
            "requiredMembers": ["management"],
        })]
    } else {
        Vec::new()
    };
    Ok(Reply::provider(200, json!({"value": value})))
}
