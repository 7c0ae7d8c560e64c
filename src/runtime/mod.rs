//! Process concerns: settings, leader election, readiness, metrics, the admin server, telemetry, shutdown.

pub mod leader;
pub mod metrics;
pub mod readiness;
pub mod settings;
