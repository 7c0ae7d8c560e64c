//! Principals, their trusts, and role assignments.

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Input, Problem, read};
use crate::clock::shift;
use crate::identity::directory::{FederatedCredential, Principal};
use crate::identity::roles::RoleAssignment;
use crate::server::Shared;
use crate::world::World;

pub(super) async fn principals(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().directory.principals()))
}

pub(super) async fn put_principal(State(shared): State<Shared>, input: Input) -> Answer {
    let mut body: Value = read(&input)?;
    let mut world = shared.lock();
    // An object id of its own for whoever does not care.
    if body.is_object() && body.get("objectId").is_none() {
        body["objectId"] = json!(world.ids.guid());
    }
    let principal: Principal = serde_json::from_value(body).map_err(|error| Problem::Invalid(error.to_string()))?;
    let answer = json!(principal);
    world.directory.put_principal(principal);
    Ok(Json(answer))
}

pub(super) async fn remove_principal(State(shared): State<Shared>, Path(client_id): Path<String>) -> Answer {
    if shared.lock().directory.remove_principal(&client_id) {
        Ok(Json(json!({})))
    } else {
        Err(Problem::Unknown(format!(
            "no principal has the client id '{client_id}'"
        )))
    }
}

pub(super) async fn add_federated_credential(
    State(shared): State<Shared>,
    Path(client_id): Path<String>,
    input: Input,
) -> Answer {
    let credential: FederatedCredential = read(&input)?;
    let mut world = shared.lock();
    let principal = world
        .directory
        .by_client_id_mut(&client_id)
        .ok_or_else(|| Problem::Unknown(format!("no principal has the client id '{client_id}'")))?;
    principal.federated_credentials.push(credential);
    Ok(Json(json!(principal)))
}

pub(super) async fn role_assignments(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().directory.assignments()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAssignment {
    /// Client id or object id.
    principal: String,
    /// Name or GUID of a role, or `AksContributor`, `AksClusterUser`.
    role: String,
    /// Resource id; `/` for all.
    scope: String,
    /// Simulated seconds until it takes effect; the setting `rolePropagation` when absent.
    propagation: Option<u32>,
}

/// Object id of a principal that is named by either of its ids.
fn object_id(world: &World, id: &str) -> Result<String, Problem> {
    let found = world
        .directory
        .by_client_id(id)
        .or_else(|| world.directory.by_object_id(id));
    found
        .map(|principal| principal.object_id.clone())
        .ok_or_else(|| Problem::Unknown(format!("no principal has the client id or object id '{id}'")))
}

fn role_guid(world: &World, name: &str) -> Result<String, Problem> {
    let found = world.directory.role_called(name).map(|role| role.guid.clone());
    found.ok_or_else(|| Problem::Invalid(format!("there is no role '{name}'")))
}

pub(super) async fn assign(State(shared): State<Shared>, input: Input) -> Answer {
    let NewAssignment {
        principal,
        role,
        scope,
        propagation,
    } = read(&input)?;
    let mut world = shared.lock();
    let delay = propagation.unwrap_or(world.settings.role_propagation);
    let assignment = RoleAssignment {
        principal: object_id(&world, &principal)?,
        role: role_guid(&world, &role)?,
        scope,
        effective_from: shift(world.now(), SignedDuration::from_secs(i64::from(delay))),
        condition: None,
        id: None,
    };
    let answer = json!(assignment);
    world.directory.assign(assignment);
    Ok(Json(answer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unassign {
    principal: String,
    role: Option<String>,
}

pub(super) async fn unassign(State(shared): State<Shared>, Query(query): Query<Unassign>) -> Answer {
    let mut world = shared.lock();
    let principal = object_id(&world, &query.principal)?;
    let role = query.role.map(|role| role_guid(&world, &role)).transpose()?;
    let removed = world.directory.unassign(&principal, role.as_deref());
    Ok(Json(json!({"removed": removed})))
}
