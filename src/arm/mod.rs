//! The Azure Resource Manager client: wire, errors, budget, observation, sign-in.
//!
//! Everything the operator says to Azure goes through [`ArmClient`]. It sends each request once: when and whether to
//! try again is the caller's decision, and [`codes::classify`] tells what a failure allows. The module knows nothing of
//! Kubernetes.

pub mod call;
pub mod client;
pub mod codes;
pub mod error;
pub mod id;
pub mod observer;
pub mod operation;
pub mod wire;

pub use call::{Call, Priority};
pub use client::{Accepted, ArmClient, AvailableUpgrade, Deletion, Scope, UpgradeProfile};
pub use codes::{CodeEntry, Retry, classify, classify_service, explain};
pub use error::{ArmError, ErrorDetail, ServiceError, Site, TransportFailure};
pub use id::{ClusterId, InvalidId, Name, PoolId, ResourceGroupId, SubscriptionId};
pub use observer::{Observer, Snapshot};
pub use operation::{OperationState, OperationUrl};
pub use wire::{Arm, Precondition};
