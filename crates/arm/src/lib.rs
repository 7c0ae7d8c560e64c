//! The Azure Resource Manager client: wire, errors, budget, observation, sign-in.
//!
//! Everything the operator says to Azure goes through [`ArmClient`]. It sends each request once: when and whether to
//! try again is the caller's decision, and [`codes::classify`] tells what a failure allows. The module knows nothing of
//! Kubernetes.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bounded;
pub mod budget;
pub mod call;
pub mod client;
pub mod clients;
pub mod cloud;
pub mod codes;
pub mod credential;
pub mod error;
pub mod http;
pub mod metrics;
pub mod observer;
pub mod operation;
pub mod redact;
pub mod retry_after;
#[cfg(test)]
mod testing;
mod token;
pub mod wire;

pub use armature_azure::{ClusterId, InvalidId, Name, PoolId, ResourceGroupId, ResourceId, SubscriptionId};
pub use budget::Budget;
pub use call::{Call, Priority};
pub use client::{Accepted, ArmClient, AvailableUpgrade, Deletion, Scope, UpgradeProfile};
pub use clients::{Clients, Settings, SetupError};
pub use cloud::{Cloud, Endpoint, InvalidEndpoint};
pub use codes::{CodeEntry, Retry, classify, classify_service, explain, explain_service, next_step};
pub use credential::{Credential, Secret};
pub use error::{ArmError, ErrorDetail, ServiceError, Site, TransportFailure};
pub use metrics::ArmMetrics;
pub use observer::{Observer, ScopeHealth, Snapshot, Watcher};
pub use operation::OperationState;
pub use redact::{CUT, Sensitive, mask_tokens};
pub use retry_after::RetryAfter;
pub use wire::{Arm, BodyToken, OperationUrl, Precondition};
