//! The simulator over the wire: each rule of Azure's wire behaviour that it promises, named by its test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod admin;
mod authorization;
mod children;
mod cluster_identities;
mod connection;
mod data_protection;
mod etags;
mod failures;
mod features;
mod fleets_and_events;
mod identities;
mod kubernetes_configuration;
mod lists;
mod locks;
mod monitor;
mod networks;
mod operations;
mod preflight;
mod preview;
mod resources;
mod signin;
mod snapshots;
mod support;
mod throttling;
mod upgrades;
mod wire;
