//! Armature runs fleets of Azure Kubernetes Service clusters from Git.
//!
//! The operator. It puts the crates together that it is made of: the resources (`armature-api`), the decisions
//! (`armature-plan`) and the Azure client (`armature-arm`). `reconcile` is the only place that holds both clients;
//! `runtime` and `cli` are the process and the commands.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod reconcile;
pub mod runtime;
#[cfg(test)]
mod testing;
