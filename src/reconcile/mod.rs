//! Gather, act, finalizers: the only place that holds both the Kubernetes and the Azure client.
//!
//! A cluster and its pools are one aggregate. A [`pass`] over it is a straight line: gather what Kubernetes and Azure
//! have, decide without either, publish the intent, make at most one write to Azure, report.

mod act;
mod actions;
pub mod cache;
mod children;
mod contained;
mod context;
mod doubts;
mod elsewhere;
mod events;
mod failure;
mod features;
mod fingerprint;
pub mod guard;
mod identities;
mod in_flight;
mod inventory;
mod locks;
mod look;
mod manifests;
mod memory;
mod news;
mod object_name;
mod objects;
mod operations;
mod orphans;
mod pass;
mod proof;
mod recorded;
mod records;
mod remembered;
mod report;
mod rests;
mod secrets;
mod sign_in;
mod silence;
mod slots;
mod store;
mod unreadable;
mod watched;
mod watches;
mod write;

use kube::Client;
use tokio_util::sync::CancellationToken;

use crate::runtime::leader::Leadership;
use crate::runtime::metrics::{Metrics, SharedRegistry};
use crate::runtime::readiness::Readiness;
use crate::runtime::settings::{InstallationId, Settings};

pub use watches::run;

/// Everything the controllers get from the process.
pub struct Deps {
    /// The management cluster.
    pub client: Client,
    /// What the operator was told at start.
    pub settings: Settings,
    /// The name of this installation in the ownership tag.
    pub installation: InstallationId,
    /// Who may write.
    pub leadership: Leadership,
    /// What the process waits for.
    pub readiness: Readiness,
    /// What is counted.
    pub metrics: Metrics,
    /// Where further metrics are registered.
    pub registry: SharedRegistry,
    /// Cancelled when the process is asked to end.
    pub shutdown: CancellationToken,
}
