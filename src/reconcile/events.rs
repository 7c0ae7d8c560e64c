//! Events: when a step starts, and when an object's readiness changes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kube::Resource;
use kube::runtime::events::{Event, EventType};
use tracing::{debug, warn};

use super::context::Context;
use super::pass::Pass;
use crate::runtime::metrics::{KubeVerb, ObjectKind, WriteResult};
use armature_plan::change::Target;
use armature_plan::desired::azure_name;
use armature_plan::status::conditions::{READY, RECONCILING, STALLED, find};
use armature_plan::step::Step;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// The API server refuses a note beyond this length.
const NOTE_LENGTH: usize = 1000;

/// Something to tell once the pass has stored what it knows: an event is a call to Kubernetes, and none may stand between
/// an answer of Azure's and the record of it.
#[derive(Debug)]
pub struct News {
    about: ObjectReference,
    type_: EventType,
    reason: String,
    action: String,
    note: String,
}

/// Azure took on a step.
pub fn started(pass: &mut Pass<'_>, step: &Step) {
    let note = format!("{step}: {}", step.disturbs());
    let pools = pass.objects.pools.iter();
    let pool = pools
        .map(|pool| (Target::Pool(azure_name(pool)), pool))
        .find(|(target, _)| step.target() == *target);
    let pool = pool.map(|(_, pool)| pool.object_ref(&()));
    for about in pool.into_iter().chain([pass.objects.cluster.object_ref(&())]) {
        tell(pass, about, EventType::Normal, "StepStarted", step.name(), &note);
    }
}

/// Something happened to the cluster that is no step of its plan.
pub fn told(pass: &mut Pass<'_>, type_: EventType, reason: &str, action: &str, note: &str) {
    let about = pass.objects.cluster.object_ref(&());
    tell(pass, about, type_, reason, action, note);
}

fn tell(pass: &mut Pass<'_>, about: ObjectReference, type_: EventType, reason: &str, action: &str, note: &str) {
    pass.news.push(News {
        about,
        type_,
        reason: reason.to_owned(),
        action: action.to_owned(),
        note: note.to_owned(),
    });
}

/// Publishes what there is to tell.
pub async fn publish_news(pass: &mut Pass<'_>) {
    for news in std::mem::take(&mut pass.news) {
        publish(pass.context, news).await;
    }
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
    let news = News {
        about: object.object_ref(&()),
        type_: kind,
        reason: ready.reason.clone(),
        action: "Reconcile".to_owned(),
        note: ready.message.clone(),
    };
    publish(context, news).await;
}

/// A fault in Armature ended the pass over an object. What it said stays in the log: it may be about anything.
pub async fn crashed<K: Resource<DynamicType = ()>>(context: &Context, object: &K, pause: Duration) {
    let note = format!(
        "a fault in Armature ended the work on this object; it is tried again in {} s: report what the operator's log says \
         about it",
        pause.as_secs()
    );
    let news = News {
        about: object.object_ref(&()),
        type_: EventType::Warning,
        reason: "ReconcilePanicked".to_owned(),
        action: "Reconcile".to_owned(),
        note,
    };
    publish(context, news).await;
}

/// Publishes an event on an object.
pub async fn note<K: Resource<DynamicType = ()>>(
    context: &Context,
    object: &K,
    type_: EventType,
    reason: &str,
    action: &str,
    note: &str,
) {
    let news = News {
        about: object.object_ref(&()),
        type_,
        reason: reason.to_owned(),
        action: action.to_owned(),
        note: note.to_owned(),
    };
    publish(context, news).await;
}

async fn publish(context: &Context, news: News) {
    let event = Event {
        type_: news.type_,
        reason: news.reason,
        note: Some(news.note.chars().take(NOTE_LENGTH).collect()),
        action: news.action,
        secondary: None,
    };
    // An event is a courtesy: a pass never fails for it. That there are none is told once, until there are again.
    let failed = context.recorder.publish(&event, &news.about).await.err();
    let was_failing = context.events_fail.swap(failed.is_some(), Ordering::Relaxed);
    match failed {
        Some(error) if !was_failing => warn!(%error, reason = event.reason, "events can't be published"),
        Some(error) => debug!(%error, reason = event.reason, "an event could not be published"),
        None => return,
    }
    context
        .metrics
        .kube_write(ObjectKind::Event, KubeVerb::Create, WriteResult::Failed);
}
