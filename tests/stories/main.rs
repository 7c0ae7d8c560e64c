//! Whole stories: the operator as a process, on a real kube-apiserver and the simulated Azure.
//!
//! What the operator did is read where it shows: in the conditions of the objects, in the requests that Azure received,
//! and in what Azure has afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod azure;
mod calm;
mod children;
mod crashes;
mod deletion;
mod drift;
mod echo;
mod examples;
mod forgery;
mod identities;
mod kubectl;
mod lifecycle;
mod look;
mod neighbours;
mod operations;
mod ownership;
mod preview;
mod queue;
mod references;
mod refusals;
mod replicas;
mod secrets;
mod sign_in;
mod strange;
mod tenants;
mod troubles;
mod unreadable;
mod upgrades;
mod wants;
mod world;
