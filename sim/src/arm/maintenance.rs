//! Maintenance configurations: synchronous, no eTag, no operation.

use serde_json::{Value, json};

use super::clusters;
use super::gateway::Context;
use super::ids::{ChildRef, ClusterRef};
use super::judge::{Question, judge};
use super::render;
use crate::defaults;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::{self, Definition};
use crate::world::World;

const KIND: &str = "maintenanceConfigurations";

/// GET of all.
///
/// # Errors
/// 404 for the cluster.
pub fn list(world: &World, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, cluster, KIND)?;
    let value: Vec<Value> = cluster
        .maintenance
        .iter()
        .map(|(name, properties)| render::maintenance(&cluster.reference, name, properties))
        .collect();
    Ok(Reply::provider(200, json!({"value": value})))
}

/// GET of one.
///
/// # Errors
/// 404: the gateway's for the cluster, AKS's own for the configuration.
pub fn get(world: &World, configuration: &ChildRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, &configuration.cluster, KIND)?;
    let (name, properties) = stored(&cluster.maintenance, &configuration.name).ok_or_else(|| {
        let message = format!("Could not find the maintenance configuration '{}'.", configuration.name);
        Refusal::provider(404, "NotFound", message)
    })?;
    Ok(Reply::provider(
        200,
        render::maintenance(&cluster.reference, name, properties),
    ))
}

/// PUT: 201 for a new one, 200 for a known one.
///
/// # Errors
/// 400 from the description or the rules, 404 for the cluster.
pub fn put(world: &mut World, cx: &Context<'_>, configuration: &ChildRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let cluster = clusters::find_parent(world, &configuration.cluster, KIND)?;
    world.no_deletion(cluster)?;
    schema::validate_request(Definition::MaintenanceConfiguration, &sent)?;
    let known = stored(&cluster.maintenance, &configuration.name)
        .map(|(name, properties)| render::maintenance(&cluster.reference, name, properties));
    let new = defaults::merge(Definition::MaintenanceConfiguration, known.as_ref(), &sent);
    let question = Question {
        operation: Operation::PutMaintenanceConfiguration,
        name: &configuration.name,
        sent: &sent,
        old: known.as_ref(),
        new: Some(&new),
    };
    judge(world, cluster, &question)?;
    let status = if known.is_some() { 200 } else { 201 };
    let reference = cluster.reference.clone();
    let properties = new.get("properties").cloned().unwrap_or_else(|| json!({}));
    let reply = Reply::provider(
        status,
        render::maintenance(&reference, &configuration.name, &properties),
    );
    if let Some(cluster) = world.clusters.get_mut(&reference.key()) {
        cluster
            .maintenance
            .retain(|name, _| !name.eq_ignore_ascii_case(&configuration.name));
        cluster.maintenance.insert(configuration.name.clone(), properties);
    }
    Ok(reply)
}

/// DELETE: 200, or 204 when it is absent.
///
/// # Errors
/// 404 for the cluster.
pub fn delete(world: &mut World, configuration: &ChildRef) -> Result<Reply, Refusal> {
    clusters::find_parent(world, &configuration.cluster, KIND)?;
    let Some(cluster) = world.clusters.get_mut(&configuration.cluster.key()) else {
        return Ok(Reply::empty(204));
    };
    let before = cluster.maintenance.len();
    cluster
        .maintenance
        .retain(|name, _| !name.eq_ignore_ascii_case(&configuration.name));
    Ok(Reply::empty(if cluster.maintenance.len() == before {
        204
    } else {
        200
    }))
}

fn stored<'a>(all: &'a std::collections::BTreeMap<String, Value>, name: &str) -> Option<(&'a String, &'a Value)> {
    all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
}
