//! Writes to Kubernetes: status and finalizers, guarded by resource versions.

use std::fmt::Debug;

use kube::api::{Patch, PatchParams, PostParams};
use kube::core::{NamespaceResourceScope, PartialObjectMeta};
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cache;
use super::context::Context;
use super::guard::{Unreadable, is_invalid};
use crate::runtime::connect::told;
use crate::runtime::deadline::is_late;
use crate::runtime::metrics::{KubeVerb, ObjectKind, WriteResult};
use armature_api::{FIELD_MANAGER, FINALIZER};

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Somebody else wrote first: the pass starts anew from what they wrote.
    #[error("the object changed meanwhile")]
    Conflict,
    /// The object is gone.
    #[error("the object is gone")]
    Gone,
    /// No answer came in time.
    #[error("{0}")]
    Timeout(String),
    /// The API server refused.
    #[error("the Kubernetes API server refused the write: {0}")]
    Refused(#[source] Box<kube::Error>),
    /// What children there are could not be recorded; a sentence that says why.
    #[error("{0}")]
    Unrecorded(String),
    /// This replica may not write.
    #[error("another replica leads now")]
    NotLeader,
}

impl WriteError {
    /// What a failed call means.
    pub fn of(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) if status.is_conflict() => Self::Conflict,
            kube::Error::Api(status) if status.is_not_found() => Self::Gone,
            late if is_late(late) => Self::Timeout(told(late)),
            _ => Self::Refused(Box::new(error)),
        }
    }
}

/// A kind whose objects carry our finalizer.
pub trait Finalized: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug {
    /// Its name in metrics.
    const KIND: ObjectKind;

    /// The merge patch of its spec that takes out what can't be read, where there is something.
    fn without_spoiled(&self) -> Option<Value> {
        None
    }
}

impl Finalized for armature_api::AksCluster {
    const KIND: ObjectKind = ObjectKind::AksCluster;
}

impl Finalized for armature_api::AksNodePool {
    const KIND: ObjectKind = ObjectKind::AksNodePool;
}

/// The object as a pass goes on with it, once another version of it is stored: still what was looked at when the pass
/// began. A manifest, a request or a deletion that came meanwhile is the next pass's, so that no status speaks of a
/// generation that nobody looked at, and no request is answered that nobody carried out.
pub fn go_on<K: Written>(looked_at: &K, stored: K) -> K {
    let mut object = looked_at.clone();
    let metadata = object.meta_mut();
    metadata.resource_version.clone_from(&stored.meta().resource_version);
    metadata.finalizers.clone_from(&stored.meta().finalizers);
    object.take_status(stored);
    object
}

impl<K: Finalized> Finalized for Unreadable<K> {
    const KIND: ObjectKind = K::KIND;

    fn without_spoiled(&self) -> Option<Value> {
        self.spoiled.without()
    }
}

/// A kind whose objects we write whole.
pub trait Written: Finalized + Serialize + DeserializeOwned {
    /// Takes over the status of another version of the object.
    fn take_status(&mut self, other: Self);
}

impl Written for armature_api::AksCluster {
    fn take_status(&mut self, other: Self) {
        self.status = other.status;
    }
}

impl Written for armature_api::AksNodePool {
    fn take_status(&mut self, other: Self) {
        self.status = other.status;
    }
}

/// Stores the status of `object`, whose resource version guards the write, and returns what is stored.
///
/// # Errors
/// [`WriteError`].
pub async fn status<K: Written>(context: &Context, object: &K) -> Result<K, WriteError> {
    let api = api::<K>(context, object);
    let (name, params) = (
        object.name_any(),
        PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            dry_run: false,
        },
    );
    finish(
        context,
        KubeVerb::Status,
        K::KIND,
        api.replace_status(&name, &params, object),
    )
    .await
}

/// The object as it is stored now.
///
/// # Errors
/// [`WriteError`]; another object under the same name is as good as none.
pub async fn read<K: Written>(context: &Context, object: &K) -> Result<K, WriteError> {
    let stored = answered(api::<K>(context, object).get(&object.name_any()).await)?;
    if stored.uid() == object.uid() {
        Ok(stored)
    } else {
        Err(WriteError::Gone)
    }
}

/// Whether our finalizer is on the object.
pub fn is_finalized<K: Resource>(object: &K) -> bool {
    object
        .meta()
        .finalizers
        .as_deref()
        .unwrap_or_default()
        .iter()
        .any(|finalizer| finalizer == FINALIZER)
}

/// Puts our finalizer on the object.
///
/// # Errors
/// [`WriteError`].
pub async fn add_finalizer<K: Finalized>(context: &Context, object: &K) -> Result<(), WriteError> {
    let mut finalizers = object.meta().finalizers.clone().unwrap_or_default();
    finalizers.push(FINALIZER.to_owned());
    set_finalizers(context, object, finalizers).await
}

/// Takes our finalizer off the object. One that is gone already is fine.
///
/// # Errors
/// [`WriteError`].
pub async fn remove_finalizer<K: Finalized>(context: &Context, object: &K) -> Result<(), WriteError> {
    let mut finalizers = object.meta().finalizers.clone().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    match set_finalizers(context, object, finalizers).await {
        Ok(()) | Err(WriteError::Gone) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Speaks of metadata alone, so that it does not depend on what else the object says.
async fn set_finalizers<K: Finalized>(
    context: &Context,
    object: &K,
    finalizers: Vec<String>,
) -> Result<(), WriteError> {
    let mut patch = json!({ "metadata": { "resourceVersion": object.resource_version(), "finalizers": finalizers } });
    let namespace = object.namespace().unwrap_or_default();
    let api = Api::<PartialObjectMeta<K>>::namespaced(context.client.clone(), &namespace);
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let name = object.name_any();
    let write = async |patch: &Value| {
        let patch = Patch::Merge(patch);
        finish(context, KubeVerb::Patch, K::KIND, api.patch(&name, &params, &patch)).await
    };
    match (write(&patch).await, object.without_spoiled()) {
        // Rules at admission fail on a field of a foreign type, also where it stays as it is.
        (Err(WriteError::Refused(error)), Some(without)) if is_invalid(&error) => {
            patch["spec"] = without;
            write(&patch).await?;
        }
        (answer, _) => drop(answer?),
    }
    Ok(())
}

async fn finish<R: Resource>(
    context: &Context,
    verb: KubeVerb,
    kind: ObjectKind,
    write: impl Future<Output = kube::Result<R>>,
) -> Result<R, WriteError> {
    if !context.leadership.is_leader() {
        return Err(WriteError::NotLeader);
    }
    let answer = answered(write.await);
    let result = match &answer {
        Ok(object) => {
            context.written.note(object);
            WriteResult::Succeeded
        }
        Err(WriteError::Conflict) => WriteResult::Conflict,
        Err(WriteError::Timeout(_)) => WriteResult::Timeout,
        Err(_) => WriteResult::Failed,
    };
    context.metrics.kube_write(kind, verb, result);
    answer
}

/// What came back. What the rest of the pass sees of an object is what the next one will find in the cache.
fn answered<R: Resource>(answer: kube::Result<R>) -> Result<R, WriteError> {
    let mut object = answer.map_err(WriteError::of)?;
    cache::trim(&mut object);
    Ok(object)
}

fn api<K: Written>(context: &Context, object: &K) -> Api<K> {
    Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;
    use crate::testing::cluster;
    use armature_api::{AksCluster, AksClusterStatus, REQUESTED_AT_ANNOTATION};

    fn version(resource_version: &str, generation: i64, spec: &str) -> AksCluster {
        let mut object = cluster(spec);
        object.metadata.resource_version = Some(resource_version.to_owned());
        object.metadata.generation = Some(generation);
        object
    }

    #[test]
    fn what_comes_while_a_pass_runs_is_not_what_it_speaks_of() {
        let looked_at = version("7", 3, "sku: {tier: Free}");
        let mut stored = version("9", 4, "sku: {tier: Premium}");
        stored.metadata.annotations = Some([(REQUESTED_AT_ANNOTATION.to_owned(), "now".to_owned())].into());
        stored.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
        let goes_on = go_on(&looked_at, stored);
        let expected = AksCluster {
            metadata: kube::api::ObjectMeta {
                resource_version: Some("9".to_owned()),
                ..looked_at.metadata.clone()
            },
            ..looked_at
        };
        assert_eq!(
            serde_json::to_value(&goes_on).unwrap(),
            serde_json::to_value(&expected).unwrap()
        );
    }

    #[test]
    fn what_others_wrote_to_status_and_finalizers_meanwhile_is_kept() {
        let mut stored = version("9", 4, "");
        stored.metadata.finalizers = Some(vec!["example.com/guard".to_owned()]);
        stored.status = Some(AksClusterStatus {
            resource_id: Some("/x".to_owned()),
            ..AksClusterStatus::default()
        });
        let goes_on = go_on(&version("7", 3, ""), stored.clone());
        assert_eq!(goes_on.metadata.finalizers, stored.metadata.finalizers);
        assert_eq!(goes_on.status, stored.status);
    }
}
