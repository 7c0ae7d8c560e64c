//! What is done for an object that can't be read: it is told on the object, and goes once it may.

use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::events::EventType;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::events;
use super::guard::{Parts, Unreadable};
use super::objects::Objects;
use super::orphans::is_released;
use super::write::{self, Finalized, WriteError};
use armature_api::{AksCluster, AksNodePool, AzureIdentity, ManagementPolicy};
use armature_plan::desired::Deletion;
use armature_plan::{Fate, unread_fate};

/// How often it is told again: Kubernetes forgets an event after an hour.
const AGAIN: Duration = Duration::from_secs(1800);
/// When a pool that goes is looked at again: what becomes of its cluster wakes nobody here.
const RECHECK: Duration = Duration::from_secs(60);

/// A kind whose objects hold on to something in Azure.
pub trait Holds: Parts + Finalized {
    /// What becomes of an object that goes.
    fn fate(object: &Unreadable<Self>, context: &Context) -> Fate;
}

impl Holds for AksCluster {
    fn fate(object: &Unreadable<Self>, _: &Context) -> Fate {
        own_fate(object)
    }
}

impl Holds for AksNodePool {
    fn fate(object: &Unreadable<Self>, context: &Context) -> Fate {
        let cluster = object.salvage.cluster.as_deref();
        let has_cluster = cluster.is_none_or(|name| {
            let key = ObjectRef::new(name).within(&object.namespace().unwrap_or_default());
            context.caches.clusters.has(&key)
        });
        if has_cluster {
            own_fate(object)
        } else {
            // As for every pool whose cluster object does not exist.
            Fate::Gone
        }
    }
}

fn own_fate<K: Parts>(object: &Unreadable<K>) -> Fate {
    unread_fate(is_released(object), object.salvage.deletion, object.salvage.observe)
}

/// Answers for one object.
///
/// # Errors
/// [`WriteError`].
pub async fn reconcile<K: Holds>(object: Arc<Unreadable<K>>, context: Arc<Context>) -> Result<Action, WriteError> {
    let is_going = object.metadata.deletion_timestamp.is_some();
    if !is_going {
        tell(&context, object.as_ref(), "Unreadable", &object.told()).await;
        return Ok(Action::requeue(AGAIN));
    }
    if !write::is_finalized(object.as_ref()) {
        return Ok(Action::await_change());
    }
    match K::fate(&object, &context) {
        Fate::LetGo(_) | Fate::Gone => {
            write::remove_finalizer(&context, object.as_ref()).await?;
            Ok(Action::await_change())
        }
        Fate::Blocked(why) => {
            let note = format!("{}: {why}", object.problem);
            tell(&context, object.as_ref(), "DeletionBlocked", &note).await;
            Ok(Action::requeue(RECHECK))
        }
        Fate::Alive | Fate::Delete => Ok(Action::requeue(RECHECK)),
    }
}

/// Ends what may end of an aggregate whose cluster can be read and can't be what its manifest says, and returns what
/// becomes of the cluster: no name in Azure follows from it, so nothing is there that was made under it.
///
/// # Errors
/// [`WriteError`].
pub async fn end(context: &Context, objects: &Objects) -> Result<Fate, WriteError> {
    let fate = fate_of(&objects.cluster);
    let ends = fate.ends();
    let may_go = |pool: &&AksNodePool| pool.metadata.deletion_timestamp.is_some() && (ends || is_released(*pool));
    for pool in objects.pools.iter().filter(may_go) {
        write::remove_finalizer(context, pool).await?;
    }
    if ends {
        write::remove_finalizer(context, &objects.cluster).await?;
        context.forget(&ObjectRef::from_obj(&objects.cluster));
    }
    Ok(fate)
}

fn fate_of(cluster: &AksCluster) -> Fate {
    if cluster.metadata.deletion_timestamp.is_none() {
        return Fate::Alive;
    }
    let spec = &cluster.spec;
    let deletion = Deletion {
        policy: spec.deletion_policy,
        protected: spec.deletion_protection.unwrap_or(true),
    };
    let observe = spec.management_policy == Some(ManagementPolicy::Observe);
    let once_existed = cluster
        .status
        .as_ref()
        .is_some_and(|status| status.resource_id.is_some());
    match unread_fate(is_released(cluster), deletion, observe) {
        Fate::Blocked(_) if !deletion.protected && !once_existed => Fate::Gone,
        fate => fate,
    }
}

/// Answers for one identity: nothing in Azure depends on its end.
///
/// # Errors
/// None.
pub async fn reconcile_identity(
    identity: Arc<Unreadable<AzureIdentity>>,
    context: Arc<Context>,
) -> Result<Action, WriteError> {
    let note = format!("{}, so no cluster can sign in with it; correct it", identity.problem);
    tell(&context, identity.as_ref(), "Unreadable", &note).await;
    Ok(Action::requeue(AGAIN))
}

async fn tell<K: Parts>(context: &Context, object: &Unreadable<K>, reason: &str, note: &str) {
    events::note(context, object, EventType::Warning, reason, "Read", note).await;
}
