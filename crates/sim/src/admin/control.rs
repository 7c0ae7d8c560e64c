//! Reset, settings, clock, faults and the request log.

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Input, Problem, read};
use crate::faults::Injection;
use crate::log::Filter;
use crate::rules::{self, Confidence};
use crate::server::Shared;
use crate::world::{Settings, World};

pub(super) async fn reset(State(shared): State<Shared>) -> Json<Value> {
    shared.lock().reset();
    Json(json!({}))
}

pub(super) async fn settings(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().settings))
}

/// Takes any of the settings; those left out keep their value.
pub(super) async fn change_settings(State(shared): State<Shared>, input: Input) -> Answer {
    let changes: serde_json::Map<String, Value> = read(&input)?;
    let mut world = shared.lock();
    let mut settings = json!(world.settings);
    for (name, value) in changes {
        settings[name] = value;
    }
    let settings: Settings = serde_json::from_value(settings).map_err(|error| Problem::Invalid(error.to_string()))?;
    settings.check().map_err(|error| Problem::Invalid(error.to_string()))?;
    world.settings = settings;
    Ok(Json(json!(world.settings)))
}

/// Every rule that requests are held against, with its source.
pub(super) async fn rules() -> Json<Value> {
    let rule = |rule: &rules::Rule| {
        let confidence = match rule.confidence {
            Confidence::Documented => "documented",
            Confidence::Inferred => "inferred",
            Confidence::GeneralKnowledge => "generalKnowledge",
        };
        json!({"name": rule.name, "confidence": confidence, "source": rule.source})
    };
    Json(rules::rules().map(rule).collect())
}

/// How many answers were checked against the API descriptions, and which did not conform.
pub(super) async fn conformance(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().conformance))
}

fn clock_body(world: &World) -> Value {
    json!({
        "now": world.now(),
        "manual": world.clock.is_manual(),
        "scale": world.clock.scale(),
        "runningOperations": world.operations.running(),
    })
}

pub(super) async fn clock(State(shared): State<Shared>) -> Json<Value> {
    let mut world = shared.lock();
    world.settle();
    Json(clock_body(&world))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// `90s`, `5m`, `PT5M`.
    by: SignedDuration,
}

pub(super) async fn advance(State(shared): State<Shared>, input: Input) -> Answer {
    let Advance { by } = read(&input)?;
    if by.is_negative() {
        return Err(Problem::Invalid(
            "time only moves forward: `by` has to be positive".to_owned(),
        ));
    }
    let mut world = shared.lock();
    world.advance(by);
    Ok(Json(clock_body(&world)))
}

/// Moves time forward to the end of everything that runs.
pub(super) async fn advance_until_idle(State(shared): State<Shared>) -> Json<Value> {
    let mut world = shared.lock();
    world.settle();
    if let Some(idle_at) = world.operations.idle_at() {
        let step = idle_at.duration_since(world.now());
        world.advance(step);
    }
    Json(clock_body(&world))
}

pub(super) async fn faults(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().faults.list()))
}

pub(super) async fn add_fault(State(shared): State<Shared>, input: Input) -> Answer {
    let injection: Injection = read(&input)?;
    Ok(Json(json!({"id": shared.lock().faults.add(injection)})))
}

pub(super) async fn remove_fault(State(shared): State<Shared>, Path(id): Path<u64>) -> Answer {
    if shared.lock().faults.remove(id) {
        Ok(Json(json!({})))
    } else {
        Err(Problem::Unknown(format!("no fault has the number {id}")))
    }
}

pub(super) async fn clear_faults(State(shared): State<Shared>) -> Json<Value> {
    shared.lock().faults.clear();
    Json(json!({}))
}

pub(super) async fn requests(State(shared): State<Shared>, Query(filter): Query<Filter>) -> Json<Value> {
    Json(json!(shared.lock().log.select(&filter)))
}

pub(super) async fn clear_requests(State(shared): State<Shared>) -> Json<Value> {
    shared.lock().log.clear();
    Json(json!({}))
}

pub(super) async fn counters(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.lock().log.counters()))
}
