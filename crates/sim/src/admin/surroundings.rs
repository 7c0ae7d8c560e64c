//! What surrounds clusters: full subnets, quota, restricted sizes, registrations, policies.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Input, Problem, read};
use crate::arm::ids::normal_location;
use crate::policies::Policy;
use crate::resources::id::ResourceKey;
use crate::server::Shared;
use crate::surroundings::{Quota, Registration, Restriction, Used};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubnetUsage {
    /// Resource id of a subnet.
    id: String,
    /// Addresses in use besides those of clusters; -1 when the service is not to say.
    used: i64,
}

/// Says how full a subnet is.
pub(super) async fn subnet_usage(State(shared): State<Shared>, input: Input) -> Answer {
    let SubnetUsage { id, used } = read(&input)?;
    let used = u64::try_from(used).map_or(Used::Unknown, Used::Addresses);
    let mut world = shared.lock();
    if world.resources.by_id(&id).is_none() {
        return Err(Problem::Unknown(format!("there is no subnet {id}")));
    }
    world.surroundings.subnet_use.insert(ResourceKey::of(&id), used);
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuota {
    location: String,
    /// Name of the row, for example `cores` or `standardDSv5Family`.
    name: String,
    limit: i64,
    /// What is in use besides the simulator's own resources.
    #[serde(default)]
    used: i64,
}

/// Sets a row of compute or network usages.
pub(super) async fn quota(State(shared): State<Shared>, input: Input) -> Answer {
    let NewQuota {
        location,
        name,
        limit,
        used,
    } = read(&input)?;
    let key = (normal_location(&location), name.to_lowercase());
    shared.lock().surroundings.quotas.insert(key, Quota { limit, used });
    Ok(Json(json!({})))
}

/// Bars a size from a region or some of its zones.
pub(super) async fn restrict(State(shared): State<Shared>, input: Input) -> Answer {
    let restriction: Restriction = read(&input)?;
    shared.lock().surroundings.restrictions.push(restriction);
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    namespace: String,
    state: ProviderState,
}

#[derive(Deserialize)]
enum ProviderState {
    NotRegistered,
    /// And it stays so.
    Registering,
    Registered,
}

/// Sets the registration of a provider.
pub(super) async fn provider(State(shared): State<Shared>, input: Input) -> Answer {
    let Provider { namespace, state } = read(&input)?;
    let state = match state {
        ProviderState::NotRegistered => Registration::NotRegistered,
        ProviderState::Registering => Registration::Registering(None),
        ProviderState::Registered => Registration::Registered,
    };
    let mut world = shared.lock();
    world.surroundings.registrations.insert(namespace.to_lowercase(), state);
    Ok(Json(json!({})))
}

pub(super) async fn policies(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().surroundings.policies))
}

/// Assigns a policy.
pub(super) async fn add_policy(State(shared): State<Shared>, input: Input) -> Answer {
    let policy: Policy = read(&input)?;
    shared.lock().surroundings.policies.push(policy);
    Ok(Json(json!({})))
}

pub(super) async fn clear_policies(State(shared): State<Shared>) -> Json<Value> {
    shared.lock().surroundings.policies.clear();
    Json(json!({}))
}
