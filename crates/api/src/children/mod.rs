//! What hangs on a cluster: one file a kind, each a map keyed by name in the spec of `AksCluster`.
//!
//! Unlike the cluster itself, a child is owned whole: what its entry leaves out has Azure's default. A child is made when
//! the cluster is ready for it and deleted only if Armature made it.

mod backup;
mod data_collection;
mod diagnostics;
mod extensions;
mod flux;
mod identity_bindings;
mod maintenance;
mod managed_namespaces;
mod private_endpoints;
mod rights;
mod snapshots;
mod status;
mod trusted_access;
mod workload_identity;

mod custom;
mod events;
mod fleet;
mod locks;
pub use backup::*;
pub use custom::*;
pub use data_collection::*;
pub use diagnostics::*;
pub use events::*;
pub use extensions::*;
pub use fleet::*;
pub use flux::*;
pub use identity_bindings::*;
pub use locks::*;
pub use maintenance::*;
pub use managed_namespaces::*;
pub use private_endpoints::*;
pub use rights::*;
pub use snapshots::*;
pub use status::*;
pub use trusted_access::*;
pub use workload_identity::*;
