//! What happens at and inside a cluster without any call to AKS: private endpoints that ask to connect, and Kubernetes
//! namespaces that somebody made.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::outside::{cluster_mut, named_cluster};
use super::{Answer, Input, Problem, read};
use crate::arm::children::Child;
use crate::arm::children::kinds::ChildKind;
use crate::arm::ids::ChildRef;
use crate::arm::provenance::Provenance;
use crate::arm::run_command::Output;
use crate::defaults;
use crate::server::Shared;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Connect {
    /// Resource id of a private cluster.
    id: String,
    /// Name of the connection.
    name: String,
    /// Resource id of the private endpoint; one in a group of somebody else when absent.
    private_endpoint: Option<String>,
    /// What its owner writes to whoever approves.
    #[serde(default)]
    description: String,
    /// `Pending` when absent; `Disconnected` after its owner has removed it.
    status: Option<String>,
}

/// Somebody's private endpoint asks for the API server of a private cluster.
pub(super) async fn connect(State(shared): State<Shared>, input: Input) -> Answer {
    let wish: Connect = read(&input)?;
    let reference = named_cluster(&wish.id)?;
    let mut world = shared.lock();
    world.settle();
    let (etag, now) = (world.ids.guid(), world.now());
    let cluster = cluster_mut(&mut world, &reference)?;
    if !defaults::is_private(&cluster.body) {
        return Err(Problem::Invalid(format!("'{}' is not a private cluster", wish.id)));
    }
    let endpoint = wish.private_endpoint.unwrap_or_else(|| {
        format!(
            "/subscriptions/{}/resourceGroups/somebody/providers/Microsoft.Network/privateEndpoints/{}",
            cluster.reference.group.subscription, wish.name
        )
    });
    let body = json!({"properties": {
        "provisioningState": "Succeeded",
        "privateEndpoint": {"id": endpoint},
        "privateLinkServiceConnectionState": {
            "status": wish.status.as_deref().unwrap_or("Pending"),
            "description": wish.description,
        },
    }});
    let id = ChildRef {
        cluster: cluster.reference.clone(),
        name: wish.name.clone(),
    }
    .id("privateEndpointConnections");
    let slot = (ChildKind::PrivateEndpointConnection, wish.name.to_lowercase());
    let child = Child {
        name: wish.name,
        body,
        provenance: Provenance::written(None, "somebody", now),
        etag,
        operation: None,
    };
    cluster.children.insert(slot, child);
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNamespace {
    /// Resource id of a cluster.
    id: String,
    name: String,
    /// Whether it looks like the managed namespace of this name that will be asked for.
    #[serde(default)]
    identical: bool,
}

/// Somebody makes a Kubernetes namespace inside a cluster.
pub(super) async fn add_namespace(State(shared): State<Shared>, input: Input) -> Answer {
    let NewNamespace { id, name, identical } = read(&input)?;
    let reference = named_cluster(&id)?;
    let mut world = shared.lock();
    cluster_mut(&mut world, &reference)?.namespaces.insert(name, identical);
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfCluster {
    /// Resource id of a cluster.
    id: String,
}

/// Kubernetes namespaces of a cluster that are there without being managed.
pub(super) async fn namespaces(State(shared): State<Shared>, Query(query): Query<OfCluster>) -> Answer {
    let reference = named_cluster(&query.id)?;
    let mut world = shared.lock();
    world.settle();
    let names: Vec<Value> = cluster_mut(&mut world, &reference)?
        .namespaces
        .keys()
        .map(|name| json!(name))
        .collect();
    Ok(Json(json!(names)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextOutput {
    /// Resource id of a cluster.
    id: String,
    /// What its next command answers.
    output: Output,
}

/// Says what the next command that is run on a cluster answers; several are answered in turn.
pub(super) async fn add_output(State(shared): State<Shared>, input: Input) -> Answer {
    let NextOutput { id, output } = read(&input)?;
    let reference = named_cluster(&id)?;
    let mut world = shared.lock();
    cluster_mut(&mut world, &reference)?.outputs.push_back(output);
    Ok(Json(json!({})))
}
