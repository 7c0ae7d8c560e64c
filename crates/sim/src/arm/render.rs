//! Resources as they leave the simulator, and the header fields that lead to an operation.

use std::time::Duration;

use serde_json::{Value, json};

use super::children::Child;
use super::children::kinds::ChildKind;
use super::gateway::Context;
use super::ids::{ChildRef, ClusterRef};
use crate::operations::OperationId;
use crate::reply::Reply;
use crate::world::{Cluster, Pool, World};

/// The operations endpoint pins a version of its own (2016-03-30 until October 2025).
pub const OPERATIONS_API_VERSION: &str = "2025-03-01";

/// Simulated seconds that `Retry-After` asks for while an operation runs: the least that ARM's contract allows.
pub const POLL_SECONDS: u64 = 10;

/// A cluster in the form of GET.
#[must_use]
pub fn cluster(cluster: &Cluster) -> Value {
    let mut body = cluster.body.clone();
    body["id"] = json!(cluster.reference.id());
    body["name"] = json!(cluster.reference.name);
    body["type"] = json!("Microsoft.ContainerService/ManagedClusters");
    body["location"] = json!(cluster.region);
    body["eTag"] = json!(cluster.etag);
    let profile = |pool: &Pool| {
        let mut profile = pool.properties.clone();
        profile["name"] = json!(pool.name);
        profile["eTag"] = json!(pool.etag);
        profile
    };
    body["properties"]["agentPoolProfiles"] = cluster.pools.iter().map(profile).collect();
    body
}

/// A pool in the form of GET.
#[must_use]
pub fn pool(cluster: &ClusterRef, pool: &Pool) -> Value {
    let mut properties = pool.properties.clone();
    properties["eTag"] = json!(pool.etag);
    json!({
        "id": ChildRef { cluster: cluster.clone(), name: pool.name.clone() }.id("agentPools"),
        "name": pool.name,
        "type": "Microsoft.ContainerService/managedClusters/agentPools",
        "properties": properties,
    })
}

/// A child of `kind` in the form of GET.
#[must_use]
pub fn child(cluster: &ClusterRef, kind: ChildKind, child: &Child) -> Value {
    let facts = kind.facts();
    let mut body = child.body.clone();
    body["id"] = json!(
        ChildRef {
            cluster: cluster.clone(),
            name: child.name.clone()
        }
        .id(facts.segment)
    );
    body["name"] = json!(child.name);
    body["type"] = json!(kind.resource_type());
    body["systemData"] = child.provenance.render();
    if facts.tagged {
        body["eTag"] = json!(child.etag);
    }
    body
}

/// Which header fields an accepted call carries besides `Azure-AsyncOperation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointers {
    /// Nothing more: an update by PUT (wire recordings).
    StatusOnly,
    /// `Retry-After`: a create by PUT (SPEC).
    StatusAndWait,
    /// `Location` and `Retry-After`: 202 answers.
    StatusResultAndWait,
}

/// Adds the header fields by which the client follows an operation.
#[must_use]
pub fn follow(world: &World, cx: &Context<'_>, operation: &OperationId, pointers: Pointers, reply: Reply) -> Reply {
    let mut reply = reply.with(
        "azure-asyncoperation",
        operation_url(world, cx, operation, "operations"),
    );
    if pointers == Pointers::StatusResultAndWait {
        reply = reply.with("location", operation_url(world, cx, operation, "operationresults"));
    }
    if pointers != Pointers::StatusOnly {
        reply = reply.with("retry-after", poll_wait(world).to_string());
    }
    reply
}

/// Real seconds to wait before the next poll.
#[must_use]
pub fn poll_wait(world: &World) -> u64 {
    world.clock.retry_after(Duration::from_secs(POLL_SECONDS))
}

/// The signed URL of an operation's status (`operations`) or result (`operationresults`): over 2 KB, as since 2023.
#[must_use]
pub fn operation_url(world: &World, cx: &Context<'_>, id: &str, collection: &str) -> String {
    let Some(operation) = world.operations.get(id) else {
        return String::new();
    };
    let signature = Signature::of(world, id);
    format!(
        "{}/subscriptions/{}/providers/Microsoft.ContainerService/locations/{}/{collection}/{id}?api-version={OPERATIONS_API_VERSION}&t={}&c={}&s={}&h={}",
        cx.request.origin, operation.subscription, operation.region, signature.t, signature.c, signature.s, signature.h
    )
}

/// The parameters that ARM signs an operation's URL with.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// Ticks of .NET at the start of the operation.
    pub t: String,
    /// A certificate's worth of characters.
    pub c: String,
    /// The signature proper.
    pub s: String,
    /// Its hash.
    pub h: String,
}

impl Signature {
    /// What belongs to the operation `id`.
    #[must_use]
    pub fn of(world: &World, id: &str) -> Self {
        /// Ticks (100 ns) from the year 1 to 1970.
        const EPOCH_TICKS: i128 = 621_355_968_000_000_000;
        let started = world
            .operations
            .get(id)
            .map_or(0, |operation| operation.started.as_nanosecond());
        Self {
            t: (EPOCH_TICKS + started / 100).to_string(),
            c: world.ids.signature(&format!("c{id}"), 1724),
            s: world.ids.signature(&format!("s{id}"), 342),
            h: world.ids.signature(&format!("h{id}"), 43),
        }
    }
}
