//! A stateful stand-in for Azure Resource Manager, Entra and AKS.
//!
//! Real clients (Microsoft's SDKs, the Azure CLI, the Armature operator) sign in to it and manage clusters on it over
//! http or TLS. It shares no code and no type with the operator: whatever both sides believe about Azure is written
//! down twice, from the sources, so that one can contradict the other.
//!
//! Every request is answered by a plain function over [`world::World`] under one lock; simulated time comes from
//! [`clock::Clock`] only, so with a manual clock the same requests give the same answers.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admin;
pub mod arm;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod conformance;
pub mod connection;
pub mod defaults;
pub mod dispatch;
pub mod effects;
pub mod faults;
pub mod features;
pub mod identity;
pub mod log;
pub mod operations;
pub mod policies;
pub mod refusal;
pub mod reply;
pub mod resources;
pub mod rules;
pub mod schema;
pub mod server;
pub mod surroundings;
pub mod throttle;
pub mod tls;
pub mod wire;
pub mod world;
