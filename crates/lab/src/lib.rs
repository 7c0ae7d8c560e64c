//! Starts the real parts that tests and the demo run against: a Kubernetes control plane, the Azure simulator and the
//! operator itself, each as processes that end with the one that started them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod control_plane;
pub mod demo;
pub mod error;
mod guard;
pub mod management_cluster;
pub mod operator;
mod pki;
pub mod process;
pub mod programs;
pub mod sandbox;
pub mod simulator;
pub mod with_control_plane;

pub use control_plane::{ControlPlane, Options, shared};
pub use error::LabError;
pub use management_cluster::ManagementCluster;
pub use operator::OperatorProcess;
pub use simulator::{SimAccess, SimClock, SimOptions, Simulator};
