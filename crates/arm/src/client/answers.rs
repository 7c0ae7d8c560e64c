//! What goes in and comes out of the operations, read once into types.

use std::fmt;

use serde_json::Value;

use crate::call::Call;
use crate::error::{ArmError, Site};
use crate::retry_after::RetryAfter;
use crate::wire::{OperationUrl, Response, Subject};
use armature_azure::id::{ResourceGroupId, SubscriptionId};

/// A write that Azure took on.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The resource as Azure now shows it, where the answer had a body.
    pub body: Option<Value>,
    /// Where to ask for the end of the operation; `None` when the write is already complete.
    pub operation: Option<OperationUrl>,
    /// How long Azure asks to wait before the first question, where it says so.
    pub retry_after: Option<RetryAfter>,
}

/// What became of a DELETE.
#[derive(Debug, Clone, PartialEq)]
pub enum Deletion {
    /// There is nothing (left) to delete.
    Gone,
    /// Azure is deleting.
    Accepted(Accepted),
}

/// What a LIST covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All clusters of a subscription.
    Subscription(SubscriptionId),
    /// All clusters of a resource group.
    ResourceGroup(ResourceGroupId),
}

/// The versions a cluster's control plane can go to (`upgradeProfiles/default`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradeProfile {
    /// The version of the control plane now.
    pub current: String,
    /// The versions on offer, in Azure's order.
    pub upgrades: Vec<AvailableUpgrade>,
}

/// A version on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableUpgrade {
    /// The full version, for example `1.33.2`.
    pub version: String,
    /// Whether Azure calls it a preview.
    pub preview: bool,
}

impl From<Response> for Accepted {
    fn from(response: Response) -> Self {
        let Response {
            status,
            body,
            async_operation,
            location,
            retry_after,
        } = response;
        // `Location` names an operation only in a 202; elsewhere it may be the resource itself.
        let operation = async_operation.or(location.filter(|_| status == 202));
        Self {
            body,
            operation,
            retry_after,
        }
    }
}

impl UpgradeProfile {
    pub(super) fn read(body: &Value) -> Option<Self> {
        let control_plane = body.pointer("/properties/controlPlaneProfile")?;
        let current = control_plane.get("kubernetesVersion")?.as_str()?.to_owned();
        let upgrade = |offer: &Value| {
            Some(AvailableUpgrade {
                version: offer.get("kubernetesVersion")?.as_str()?.to_owned(),
                preview: offer.get("isPreview").and_then(Value::as_bool).unwrap_or(false),
            })
        };
        let offers = control_plane.get("upgrades").and_then(Value::as_array);
        Some(Self {
            current,
            upgrades: offers.into_iter().flatten().filter_map(upgrade).collect(),
        })
    }
}

impl Scope {
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Subscription(id) => Subject {
                subscription: id.clone(),
                region: None,
                resource: None,
            },
            Self::ResourceGroup(id) => Subject {
                subscription: id.subscription().clone(),
                region: None,
                resource: Some(id.to_string()),
            },
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(id) => f.write_str(&id.path()),
            Self::ResourceGroup(id) => id.fmt(f),
        }
    }
}

/// Whether Azure said that the resource of the call does not exist, or, for a pool, its cluster. A 404 for a
/// subscription or without a code (a proxy's, say) is not that; one for the resource group settles a deletion, because
/// nothing is left to delete, but no read, because a create could not follow.
pub(super) fn says_absent(error: &ArmError) -> bool {
    let ArmError::Service {
        at, status: 404, error, ..
    } = error
    else {
        return false;
    };
    if matches!(at.call, Call::GetResource | Call::DeleteResource) {
        return super::resources::says_absent(&error.code);
    }
    match error.code.as_str() {
        "ResourceNotFound" | "NotFound" => true,
        "ParentResourceNotFound" => matches!(at.call, Call::GetPool | Call::DeletePool),
        "ResourceGroupNotFound" => matches!(at.call, Call::DeleteCluster | Call::DeletePool),
        _ => false,
    }
}

/// The resource of a GET, which is always a body.
pub(super) fn present(answer: Result<Response, ArmError>, at: Site) -> Result<Option<Value>, ArmError> {
    match answer {
        Ok(Response { body: Some(body), .. }) => Ok(Some(body)),
        Ok(_) => Err(ArmError::Malformed {
            at,
            detail: "it is empty".to_owned(),
        }),
        Err(error) if says_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
