//! Resources beside clusters: one store, one set of handlers, one table with an entry a type.
//!
//! A new type is an entry in its provider's file, with its rules as functions there. Facts come from Microsoft's
//! published SDK packages and documentation; each provider's file names its own.

pub mod call;
pub mod handlers;
pub mod id;
pub mod operation;
pub mod resource_type;
pub mod scope;
pub mod snapshot;
pub mod store;
pub mod types;

pub mod authorization;
mod chaos;
mod compute;
mod data_protection;
mod event_grid;
mod fleet;
mod kubernetes_configuration;
mod managed_identity;
mod monitor;
mod network;
mod policy;
mod references;
