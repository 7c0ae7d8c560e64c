//! Says on each identity whether it can be used.

use std::sync::Arc;
use std::time::Duration;

use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use serde_json::json;

use super::context::Context;
use super::sign_in;
use super::write::WriteError;
use crate::runtime::metrics::{KubeVerb, ObjectKind, WriteResult};
use armature_api::{AzureIdentity, AzureIdentityStatus, FIELD_MANAGER};
use armature_plan::status::conditions::{Verdict, Why, conditions};

/// A Secret that is missing may come, and one that is there may go, and nobody tells: it is looked for after this time.
const RECHECK: Duration = Duration::from_secs(60);

/// Looks at one identity: whether what it names to sign in with is there. Whether Azure accepts it shows on the
/// clusters that use it.
///
/// # Errors
/// [`WriteError`].
pub async fn reconcile(identity: Arc<AzureIdentity>, context: Arc<Context>) -> Result<Action, WriteError> {
    let before = identity.status.clone().unwrap_or_default();
    let generation = identity.metadata.generation.unwrap_or_default();
    let verdict = match sign_in::credential(&context, &identity).await {
        Ok(_) => Verdict::Ready(Why::new("Succeeded", "everything it names is there")),
        Err(ended) => ended.failure.verdict(),
    };
    let status = AzureIdentityStatus {
        observed_generation: if verdict.is_final() {
            Some(generation)
        } else {
            before.observed_generation.or(Some(-1))
        },
        conditions: conditions(&before.conditions, &verdict, &[], generation, context.now()),
    };
    if status != before && context.leadership.is_leader() {
        let api: Api<AzureIdentity> = Api::all(context.client.clone());
        let patch = json!({ "metadata": { "resourceVersion": identity.resource_version() }, "status": status });
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let written = api
            .patch_status(&identity.name_any(), &params, &Patch::Merge(patch))
            .await;
        let result = if written.is_ok() {
            WriteResult::Succeeded
        } else {
            WriteResult::Failed
        };
        context
            .metrics
            .kube_write(ObjectKind::AzureIdentity, KubeVerb::Status, result);
        written.map_err(WriteError::of)?;
    }
    Ok(Action::requeue(RECHECK))
}
