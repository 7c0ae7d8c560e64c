//! Events: when a step starts, and when an object's readiness changes.

use std::time::Duration;

use kube::Resource;
use kube::runtime::events::{Event, EventType};
use tracing::debug;

use super::context::Context;
use super::pass::Pass;
use crate::plan::change::Target;
use crate::plan::desired::azure_name;
use crate::plan::step::Step;
use crate::status::conditions::{READY, RECONCILING, STALLED, find};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// The API server refuses a note beyond this length.
const NOTE_LENGTH: usize = 1000;

/// Azure took on a step.
pub async fn started(pass: &Pass<'_>, step: &Step) {
    let note = format!("{step}: {}", step.disturbs());
    let pool = pass
        .objects
        .pools
        .iter()
        .find(|pool| step.target() == Target::Pool(azure_name(pool)));
    if let Some(pool) = pool {
        publish(pass.context, pool, EventType::Normal, "StepStarted", step.name(), &note).await;
    }
    publish(
        pass.context,
        &pass.objects.cluster,
        EventType::Normal,
        "StepStarted",
        step.name(),
        &note,
    )
    .await;
}

/// Something happened to the cluster that is no step of its plan.
pub async fn told(pass: &Pass<'_>, type_: EventType, reason: &str, action: &str, note: &str) {
    publish(pass.context, &pass.objects.cluster, type_, reason, action, note).await;
}

/// The readiness of an object changed: one event for the new state, none while it stays.
pub async fn readiness<K: Resource<DynamicType = ()>>(
    context: &Context,
    object: &K,
    before: &[Condition],
    after: &[Condition],
) {
    let state =
        |conditions: &[Condition]| find(conditions, READY).map(|ready| (ready.status.clone(), ready.reason.clone()));
    let Some(ready) = find(after, READY).filter(|_| state(before) != state(after)) else {
        return;
    };
    let retried = find(after, RECONCILING).is_some_and(|reconciling| reconciling.reason == "ProgressingWithRetry");
    let bad = retried || find(after, STALLED).is_some();
    let kind = if bad { EventType::Warning } else { EventType::Normal };
    publish(context, object, kind, &ready.reason, "Reconcile", &ready.message).await;
}

/// A fault in Armature ended the pass over an object. What it said stays in the log: it may be about anything.
pub async fn crashed<K: Resource<DynamicType = ()>>(context: &Context, object: &K, pause: Duration) {
    let note = format!(
        "a fault in Armature ended the work on this object; it is tried again in {} s: report what the operator's log says \
         about it",
        pause.as_secs()
    );
    publish(
        context,
        object,
        EventType::Warning,
        "ReconcilePanicked",
        "Reconcile",
        &note,
    )
    .await;
}

/// Publishes an event on an object.
pub async fn publish<K: Resource<DynamicType = ()>>(
    context: &Context,
    object: &K,
    type_: EventType,
    reason: &str,
    action: &str,
    note: &str,
) {
    let event = Event {
        type_,
        reason: reason.to_owned(),
        note: Some(note.chars().take(NOTE_LENGTH).collect()),
        action: action.to_owned(),
        secondary: None,
    };
    // An event is a courtesy: a pass never fails for it.
    if let Err(error) = context.recorder.publish(&event, &object.object_ref(&())).await {
        debug!(%error, reason, "an event could not be published");
    }
}
