//! The admin side: what tests and demonstrations do to the simulator, and what they read from it. No sign-in.
//!
//! Answers are JSON. A request that makes no sense is a 400 with `{"error": "..."}`, an unknown resource a 404.

mod control;
mod inside;
mod outside;
mod people;
mod seed;
mod surroundings;

pub(crate) use outside::apply as merge_patch;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use axum::{Json, body::Bytes};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::server::Shared;

/// The admin side's routes.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/reset", post(control::reset))
        .route("/settings", get(control::settings).patch(control::change_settings))
        .route("/conformance", get(control::conformance))
        .route("/rules", get(control::rules))
        .route("/clock", get(control::clock))
        .route("/clock/advance", post(control::advance))
        .route("/clock/advance-until-idle", post(control::advance_until_idle))
        .route(
            "/faults",
            get(control::faults)
                .post(control::add_fault)
                .delete(control::clear_faults),
        )
        .route("/faults/{id}", delete(control::remove_fault))
        .route("/requests", get(control::requests).delete(control::clear_requests))
        .route("/counters", get(control::counters))
        .route("/seed", post(seed::seed))
        .route("/resource", patch(outside::edit))
        .route("/autoscaler", post(outside::autoscaler))
        .route("/auto-upgrade", post(outside::auto_upgrade))
        .route("/policy", post(outside::policy))
        .route("/subnet-usage", post(surroundings::subnet_usage))
        .route("/quotas", post(surroundings::quota))
        .route("/sku-restrictions", post(surroundings::restrict))
        .route("/providers", post(surroundings::provider))
        .route(
            "/policies",
            get(surroundings::policies)
                .post(surroundings::add_policy)
                .delete(surroundings::clear_policies),
        )
        .route("/private-endpoint-connections", post(inside::connect))
        .route("/run-command-outputs", post(inside::add_output))
        .route("/namespaces", get(inside::namespaces).post(inside::add_namespace))
        .route("/principals", get(people::principals).post(people::put_principal))
        .route("/principals/{client_id}", delete(people::remove_principal))
        .route(
            "/principals/{client_id}/federated-credentials",
            post(people::add_federated_credential),
        )
        .route(
            "/role-assignments",
            get(people::role_assignments)
                .post(people::assign)
                .delete(people::unassign),
        )
        .with_state(shared)
}

/// Why the admin side does not do something.
#[derive(Debug)]
enum Problem {
    /// The request makes no sense.
    Invalid(String),
    /// It names something that does not exist.
    Unknown(String),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Invalid(message) => (StatusCode::BAD_REQUEST, message),
            Self::Unknown(message) => (StatusCode::NOT_FOUND, message),
        };
        (status, Json(json!({"error": message}))).into_response()
    }
}

type Answer = Result<Json<Value>, Problem>;

/// A JSON body, whatever its content type says: curl sends forms unless it is told otherwise.
type Input = Bytes;

/// Reads a body into its type: unknown members are errors, so that a misspelt one is noticed. No body is `{}`.
fn read<T: DeserializeOwned>(input: &Input) -> Result<T, Problem> {
    let bytes: &[u8] = if input.is_empty() { b"{}" } else { input };
    serde_json::from_slice(bytes).map_err(|error| Problem::Invalid(error.to_string()))
}
