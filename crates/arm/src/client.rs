//! The operations of Azure that the operator uses, in its own terms.

mod answers;
mod regions;
mod resources;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

pub use answers::{Accepted, AvailableUpgrade, Deletion, Scope, UpgradeProfile};

use super::call::{Call, Priority};
use super::error::{ArmError, TransportFailure};
use super::operation::OperationState;
use super::redact::Sensitive;
use super::wire::{Arm, BodyToken, OperationUrl, Precondition, Request, Response, Subject, Target};
use answers::{present, says_absent};
use armature_azure::id::{ClusterId, PoolId, ResourceGroupId};
use regions::Regions;

/// The stable api-version of Microsoft.ContainerService that the operator speaks (SPEC).
pub const AKS_API_VERSION: &str = "2026-08-01";
/// The api-version of Microsoft.Resources for resource groups (azure-mgmt-resource 26.0.0).
pub const RESOURCES_API_VERSION: &str = "2025-04-01";

/// The client of one identity. Cheap to clone; clones share connections, token cache and budget.
#[derive(Clone)]
pub struct ArmClient {
    arm: Arc<dyn Arm>,
    /// Of the LISTs, which clients of one subscription share.
    listed_in: Arc<str>,
    /// Of everything else of Microsoft.ContainerService.
    api_version: Arc<str>,
    regions: Arc<Regions>,
    /// What Azure may repeat and nobody may read.
    sensitive: Sensitive,
}

impl fmt::Debug for ArmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmClient")
            .field("api_version", &self.api_version)
            .finish_non_exhaustive()
    }
}

impl ArmClient {
    /// A client over an exchange, with `api_version` for Microsoft.ContainerService (default [`AKS_API_VERSION`]).
    pub fn new(arm: Arc<dyn Arm>, api_version: &str) -> Self {
        Self {
            arm,
            listed_in: api_version.into(),
            api_version: api_version.into(),
            regions: Arc::default(),
            sensitive: Sensitive::default(),
        }
    }

    /// The same client on another api-version for Microsoft.ContainerService, such as a preview. Only its LISTs stay on
    /// the one it was made with: several clients share them.
    pub fn with_api_version(&self, api_version: &str) -> Self {
        Self {
            api_version: api_version.into(),
            ..self.clone()
        }
    }

    /// The same client with a set of secrets, which no answer to it repeats. Those that are added later count, too.
    pub fn with_sensitive(&self, sensitive: Sensitive) -> Self {
        Self {
            sensitive,
            ..self.clone()
        }
    }

    /// The api-version for clusters and pools.
    pub(super) fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Whether a LIST shows clusters as a GET does: other api-versions have other properties.
    pub(super) fn lists_what_it_gets(&self) -> bool {
        self.listed_in == self.api_version
    }

    /// Whether both are clones of one client.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.arm, &other.arm)
    }

    /// The cluster as Azure shows it, or `None` when Azure says that this cluster does not exist. A missing resource
    /// group or subscription is an error: it says nothing about the cluster that a create could rely on.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn get_cluster(&self, id: &ClusterId) -> Result<Option<Value>, ArmError> {
        let request = self.request(
            Call::GetCluster,
            id.to_string(),
            self.cluster_subject(id),
            Priority::Config,
        );
        let body = self.read(request).await?;
        if let Some(body) = &body {
            self.regions.learn(id, body);
        }
        Ok(body)
    }

    /// Creates or updates a cluster.
    ///
    /// # Errors
    /// Any [`ArmError`]; an unmet precondition is a 412 with code `PreconditionFailed`.
    pub async fn put_cluster(
        &self,
        id: &ClusterId,
        body: &Value,
        precondition: Precondition,
        priority: Priority,
    ) -> Result<Accepted, ArmError> {
        self.regions.learn(id, body);
        let request = self.request(Call::PutCluster, id.to_string(), self.cluster_subject(id), priority);
        self.write(request.with_body(body).under(precondition)).await
    }

    /// Replaces the whole tag map of a cluster (RPC: PATCH replaces the map).
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn patch_cluster_tags(
        &self,
        id: &ClusterId,
        tags: &BTreeMap<String, String>,
        precondition: Precondition,
        priority: Priority,
    ) -> Result<Accepted, ArmError> {
        let request = self.request(
            Call::PatchClusterTags,
            id.to_string(),
            self.cluster_subject(id),
            priority,
        );
        self.write(request.with_body(&json!({ "tags": tags })).under(precondition))
            .await
    }

    /// Deletes a cluster with everything in it. Azure takes this even while another operation runs (REC).
    ///
    /// # Errors
    /// Any [`ArmError`] except absence, which is [`Deletion::Gone`].
    pub async fn delete_cluster(&self, id: &ClusterId) -> Result<Deletion, ArmError> {
        let subject = self.cluster_subject(id);
        self.delete(self.request(Call::DeleteCluster, id.to_string(), subject, Priority::Delete))
            .await
    }

    /// Starts a stopped cluster.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn start_cluster(&self, id: &ClusterId, priority: Priority) -> Result<Accepted, ArmError> {
        self.write(self.request(
            Call::StartCluster,
            format!("{id}/start"),
            self.cluster_subject(id),
            priority,
        ))
        .await
    }

    /// Stops a running cluster.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn stop_cluster(&self, id: &ClusterId, priority: Priority) -> Result<Accepted, ArmError> {
        self.write(self.request(
            Call::StopCluster,
            format!("{id}/stop"),
            self.cluster_subject(id),
            priority,
        ))
        .await
    }

    /// The pool as Azure shows it, or `None` when Azure says that it, or its cluster, does not exist. Reads of pools
    /// share one call per second and subscription with much else (DOC quotas), hence the priority.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn get_pool(&self, id: &PoolId, priority: Priority) -> Result<Option<Value>, ArmError> {
        let subject = self.pool_subject(id);
        self.read(self.request(Call::GetPool, id.to_string(), subject, priority))
            .await
    }

    /// Creates or updates a pool.
    ///
    /// # Errors
    /// Any [`ArmError`]; an unmet precondition is a 412 with code `PreconditionFailed`.
    pub async fn put_pool(
        &self,
        id: &PoolId,
        body: &Value,
        precondition: Precondition,
        priority: Priority,
    ) -> Result<Accepted, ArmError> {
        let request = self.request(Call::PutPool, id.to_string(), self.pool_subject(id), priority);
        self.write(request.with_body(body).under(precondition)).await
    }

    /// Deletes a pool.
    ///
    /// # Errors
    /// Any [`ArmError`] except absence, which is [`Deletion::Gone`].
    pub async fn delete_pool(&self, id: &PoolId, priority: Priority) -> Result<Deletion, ArmError> {
        self.delete(self.request(Call::DeletePool, id.to_string(), self.pool_subject(id), priority))
            .await
    }

    /// The versions that the control plane can go to.
    ///
    /// # Errors
    /// Any [`ArmError`]; [`ArmError::Malformed`] when the answer names no current version.
    pub async fn upgrade_profile(&self, id: &ClusterId, priority: Priority) -> Result<UpgradeProfile, ArmError> {
        let path = format!("{id}/upgradeProfiles/default");
        let request = self.request(Call::UpgradeProfile, path, self.cluster_subject(id), priority);
        let site = request.site();
        let response = self.send(request).await?;
        response
            .body
            .as_ref()
            .and_then(UpgradeProfile::read)
            .ok_or_else(|| ArmError::Malformed {
                at: site,
                detail: "it has no properties.controlPlaneProfile.kubernetesVersion".to_owned(),
            })
    }

    /// The resource group, or `None` when Azure says that it does not exist.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn get_resource_group(&self, id: &ResourceGroupId) -> Result<Option<Value>, ArmError> {
        let request = self.group_request(Call::GetResourceGroup, id);
        let at = request.site();
        match self.send(request).await {
            Err(ArmError::Service { status: 404, error, .. }) if error.code == "ResourceGroupNotFound" => Ok(None),
            answer => present(answer, at),
        }
    }

    /// Creates a resource group or replaces its tags; the answer is the group.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn put_resource_group(
        &self,
        id: &ResourceGroupId,
        location: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<Accepted, ArmError> {
        let body = json!({ "location": location, "tags": tags });
        self.write(self.group_request(Call::PutResourceGroup, id).with_body(&body))
            .await
    }

    /// All clusters in the scope, every page of the list. A new cluster can be missing from the list of a subscription
    /// for a quarter of an hour, so this never proves absence.
    ///
    /// # Errors
    /// Any [`ArmError`]; a list that breaks off is an error, never a shorter list.
    pub async fn list_clusters(&self, scope: &Scope) -> Result<Vec<Value>, ArmError> {
        let (call, target) = self.list_target(scope);
        self.pages(Request {
            call,
            target,
            subject: Some(scope.subject()),
            body: None,
            body_token: BodyToken::None,
            sensitive: Sensitive::default(),
            precondition: Precondition::None,
            priority: Priority::Observe,
        })
        .await
    }

    /// Every page of a list.
    async fn pages(&self, first: Request) -> Result<Vec<Value>, ArmError> {
        let (mut items, mut request) = (Vec::new(), first.clone());
        let (mut followed, begun) = (HashSet::new(), Instant::now());
        for _ in 0..MAX_PAGES {
            let at = request.site();
            if begun.elapsed() > LIST_DEADLINE {
                let failure = TransportFailure::Timeout(LIST_DEADLINE);
                return Err(ArmError::Transport { at, failure });
            }
            let mut page = self.send(request).await?.body.unwrap_or_default();
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(mut value)) => items.append(&mut value),
                _ => {
                    let detail = "the page has no `value` list".to_owned();
                    return Err(ArmError::Malformed { at, detail });
                }
            }
            let next = page.get("nextLink").and_then(Value::as_str);
            let Some(link) = next.filter(|link| !link.is_empty()) else {
                return Ok(items);
            };
            if !followed.insert(link.to_owned()) {
                let detail = "the list leads back to a page that it had".to_owned();
                return Err(ArmError::Malformed { at, detail });
            }
            request = Request {
                target: Target::Verbatim(link.to_owned()),
                ..first.clone()
            };
        }
        Err(ArmError::Malformed {
            at: first.site(),
            detail: format!("the list does not end after {MAX_PAGES} pages"),
        })
    }

    /// What Azure says about a long-running operation. Understands both ways of answering: a status body
    /// (`Azure-AsyncOperation`) and 202 until the end (`Location`).
    ///
    /// # Errors
    /// Any [`ArmError`]: then the state could not be read, which says nothing about the operation.
    pub async fn operation_status(&self, url: &OperationUrl) -> Result<OperationState, ArmError> {
        self.operation_answer(url).await.map(|(state, _)| state)
    }

    /// The same with the body of the answer, for operations whose end has a result of its own.
    ///
    /// # Errors
    /// Any [`ArmError`]: then the state could not be read, which says nothing about the operation.
    pub async fn operation_answer(&self, url: &OperationUrl) -> Result<(OperationState, Option<Value>), ArmError> {
        let request = Request {
            call: Call::OperationStatus,
            target: Target::Verbatim(url.as_str().to_owned()),
            subject: url.subject(),
            body: None,
            body_token: BodyToken::None,
            sensitive: Sensitive::default(),
            precondition: Precondition::None,
            priority: Priority::Config,
        };
        match self.send(request).await {
            Ok(response) => {
                let body = response.body.clone();
                Ok((OperationState::read(response), body))
            }
            Err(ArmError::Service { status: 404, .. }) => Ok((OperationState::Unknown, None)),
            Err(error) => Err(error),
        }
    }

    fn request(&self, call: Call, path: String, subject: Subject, priority: Priority) -> Request {
        let target = Target::Path {
            path,
            api_version: self.api_version.to_string(),
            filter: None,
        };
        Request {
            call,
            target,
            subject: Some(subject),
            body: None,
            body_token: BodyToken::None,
            sensitive: Sensitive::default(),
            precondition: Precondition::None,
            priority,
        }
    }

    fn group_request(&self, call: Call, id: &ResourceGroupId) -> Request {
        let subject = Subject {
            subscription: id.subscription().clone(),
            region: None,
            resource: Some(id.to_string()),
        };
        Request {
            call,
            target: Target::Path {
                path: id.to_string(),
                api_version: RESOURCES_API_VERSION.to_owned(),
                filter: None,
            },
            subject: Some(subject),
            body: None,
            body_token: BodyToken::None,
            sensitive: Sensitive::default(),
            precondition: Precondition::None,
            priority: Priority::Create,
        }
    }

    fn list_target(&self, scope: &Scope) -> (Call, Target) {
        let (call, parent) = match scope {
            Scope::Subscription(id) => (Call::ListClustersInSubscription, id.path()),
            Scope::ResourceGroup(id) => (Call::ListClustersInGroup, id.to_string()),
        };
        let path = format!("{parent}/providers/Microsoft.ContainerService/managedClusters");
        (
            call,
            Target::Path {
                path,
                api_version: self.listed_in.to_string(),
                filter: None,
            },
        )
    }

    fn cluster_subject(&self, id: &ClusterId) -> Subject {
        let region = self.regions.of(id);
        Subject {
            subscription: id.subscription().clone(),
            region,
            resource: Some(id.to_string()),
        }
    }

    fn pool_subject(&self, id: &PoolId) -> Subject {
        Subject {
            resource: Some(id.to_string()),
            ..self.cluster_subject(id.cluster())
        }
    }

    /// The only way out: every request knows the secrets of its client.
    async fn send(&self, request: Request) -> Result<Response, ArmError> {
        let sensitive = self.sensitive.clone();
        self.arm.send(Request { sensitive, ..request }).await
    }

    async fn read(&self, request: Request) -> Result<Option<Value>, ArmError> {
        let at = request.site();
        present(self.send(request).await, at)
    }

    async fn write(&self, request: Request) -> Result<Accepted, ArmError> {
        self.send(request).await.map(Accepted::from)
    }

    async fn delete(&self, request: Request) -> Result<Deletion, ArmError> {
        match self.send(request).await {
            Ok(response) if response.status == 204 => Ok(Deletion::Gone),
            Ok(response) => Ok(Deletion::Accepted(response.into())),
            Err(error) if says_absent(&error) => Ok(Deletion::Gone),
            Err(error) => Err(error),
        }
    }
}

/// After this time no further page is asked for: each page may take its whole deadline, and somebody waits for the list.
const LIST_DEADLINE: Duration = Duration::from_secs(120);

/// More pages than any subscription can fill (5,000 clusters), so a list that never ends is noticed.
const MAX_PAGES: usize = 1000;

#[cfg(test)]
mod tests;
