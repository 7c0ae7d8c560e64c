//! Process concerns: settings, leader election, readiness, metrics, the admin server, telemetry, shutdown.

pub mod admin;
pub mod args;
pub mod connect;
pub mod deadline;
pub mod leader;
mod lease;
pub mod metrics;
pub mod process;
pub mod readiness;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
