//! Armature runs fleets of Azure Kubernetes Service clusters from Git.
//!
//! The modules point one way: `api` ← `plan` ← `status`; `arm` is the Azure client; `reconcile` is the only place that
//! holds both clients; `runtime` and `cli` wire them together. `terminal` is what both sides know of Azure's words.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod reconcile;
pub mod runtime;
