//! Resources of any type: what hangs on a cluster, and what it refers to.

use serde_json::Value;

use super::{Accepted, ArmClient, Deletion};
use crate::call::{Call, Priority};
use crate::error::ArmError;
use crate::redact::Sensitive;
use crate::wire::{BodyToken, Precondition, Request, Response, Subject, Target};
use armature_azure::ResourceId;

impl ArmClient {
    /// The resource as Azure shows it, or `None` when Azure says that it, or what it is part of, does not exist.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn get_resource(
        &self,
        id: &ResourceId,
        api_version: &str,
        priority: Priority,
    ) -> Result<Option<Value>, ArmError> {
        self.read(resource_request(Call::GetResource, id, api_version, priority))
            .await
    }

    /// Creates or replaces a resource.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn put_resource(
        &self,
        id: &ResourceId,
        api_version: &str,
        body: &Value,
        priority: Priority,
    ) -> Result<Accepted, ArmError> {
        self.write(resource_request(Call::PutResource, id, api_version, priority).with_body(body))
            .await
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// Any [`ArmError`] except absence, which is [`Deletion::Gone`].
    pub async fn delete_resource(&self, id: &ResourceId, api_version: &str) -> Result<Deletion, ArmError> {
        self.delete(resource_request(
            Call::DeleteResource,
            id,
            api_version,
            Priority::Delete,
        ))
        .await
    }

    /// Runs an action of a resource: `POST {id}/{action}`, with a token in its body where that takes one. The whole answer is returned, because some actions answer
    /// with their result.
    ///
    /// # Errors
    /// Any [`ArmError`].
    pub async fn post_action(
        &self,
        id: &ResourceId,
        action: &str,
        api_version: &str,
        body: Option<&Value>,
        body_token: BodyToken,
        priority: Priority,
    ) -> Result<Response, ArmError> {
        let mut request = resource_request(Call::PostAction, id, api_version, priority);
        request.target = Target::Path {
            path: format!("{id}/{action}"),
            api_version: api_version.to_owned(),
            filter: None,
        };
        request.body = body.cloned();
        request.body_token = body_token;
        self.send(request).await
    }

    /// All resources of a list, every page of it; with a `filter`, those that Azure lets through. `None` when what holds
    /// them does not exist.
    ///
    /// # Errors
    /// Any [`ArmError`]; a list that breaks off is an error, never a shorter list.
    pub async fn list_resources(
        &self,
        id: &ResourceId,
        api_version: &str,
        filter: Option<&str>,
        priority: Priority,
    ) -> Result<Option<Vec<Value>>, ArmError> {
        let mut request = resource_request(Call::ListResources, id, api_version, priority);
        request.target = Target::Path {
            path: id.to_string(),
            api_version: api_version.to_owned(),
            filter: filter.map(str::to_owned),
        };
        match self.pages(request).await {
            Ok(list) => Ok(Some(list)),
            Err(ArmError::Service { status: 404, error, .. }) if says_absent(&error.code) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn resource_request(call: Call, id: &ResourceId, api_version: &str, priority: Priority) -> Request {
    Request {
        call,
        target: Target::Path {
            path: id.to_string(),
            api_version: api_version.to_owned(),
            filter: None,
        },
        subject: Some(Subject {
            subscription: id.subscription().clone(),
            region: None,
            // One bucket for each type that AKS serves; others count in the gateway's alone.
            resource: id.is_of_aks().then(|| id.to_string()),
        }),
        body: None,
        body_token: BodyToken::None,
        sensitive: Sensitive::default(),
        precondition: Precondition::None,
        priority,
    }
}

/// Whether a 404 about a resource of any type says that it does not exist. Wrong subscriptions and types the provider
/// does not know are mistakes, not absence.
pub(super) fn says_absent(code: &str) -> bool {
    const MISTAKES: &[&str] = &[
        "",
        "SubscriptionNotFound",
        "InvalidSubscriptionId",
        "InvalidResourceType",
        "InvalidResourceNamespace",
        "NoRegisteredProviderFound",
        "RoleDefinitionDoesNotExist",
    ];
    !MISTAKES.iter().any(|mistake| code.eq_ignore_ascii_case(mistake))
}
