//! The custom resources: desired state as users write it, status as they read it.
//!
//! One file a topic. Spec types hold desired state only, under the names and shapes of Azure Resource Manager (ARM), so
//! that their JSON is ARM's own JSON; live bodies stay JSON and are never read into these types. An absent field is not
//! managed. Nothing here decides anything beyond the CEL rules that the API server runs at admission.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod actions;
mod addons;
mod autoscaler;
mod azure_identity;
mod children;
mod cluster;
mod cluster_rules;
pub mod crds;
mod identity;
mod ingress;
mod last_error;
mod locks;
mod mesh;
mod monitoring;
mod network;
mod outbound;
mod overrides;
mod place;
mod pod_identity;
mod pool;
mod provisioning;
mod rule;
mod schema;
mod secret;
mod security;
mod settings;
mod sku;
mod status;
mod storage;
mod upgrade;
mod windows;

pub use access::*;
pub use actions::*;
pub use addons::*;
pub use autoscaler::*;
pub use azure_identity::*;
pub use children::*;
pub use cluster::*;
pub use identity::*;
pub use ingress::*;
pub use last_error::*;
pub use locks::HASH_LENGTH;
pub use mesh::*;
pub use monitoring::*;
pub use network::*;
pub use outbound::*;
pub use overrides::*;
pub use place::*;
pub use pod_identity::*;
pub use pool::*;
pub use provisioning::*;
pub use schema::TextMap;
pub use secret::*;
pub use security::*;
pub use settings::*;
pub use sku::*;
pub use status::*;
pub use storage::*;
pub use upgrade::*;
pub use windows::*;

/// API group of every kind.
pub const GROUP: &str = "aks.armature.dev";
/// The one served version.
pub const VERSION: &str = "v1alpha1";
/// Finalizer that holds an object until Azure has answered NotFound, or the object may be let go.
pub const FINALIZER: &str = "aks.armature.dev/finalizer";
/// Field manager of every server-side apply and status write.
pub const FIELD_MANAGER: &str = "armature";
/// Tag that marks who owns an Azure resource: `<installation>/<namespace>/<name>`, with `/adopted` behind adopted ones.
pub const OWNER_TAG: &str = "armature-owner";
/// Annotation: any value that is not empty lets the object go and leaves Azure alone.
pub const RELEASE_ANNOTATION: &str = "aks.armature.dev/release";
/// Annotation: approves the plan whose hash is the value.
pub const APPROVE_PLAN_ANNOTATION: &str = "aks.armature.dev/approve-plan";
/// Annotation: a new value asks for a pass now; it is copied to `status.lastHandledReconcileAt`.
pub const REQUESTED_AT_ANNOTATION: &str = "reconcile.aks.armature.dev/requestedAt";
