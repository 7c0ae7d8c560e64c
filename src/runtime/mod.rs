//! Process concerns: leader election, admin server, metrics, telemetry, shutdown.
