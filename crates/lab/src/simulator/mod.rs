//! The Azure simulator as a process.

pub mod admin;
mod conformance;
pub mod fault;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::error::LabError;
use crate::process::Process;
use crate::programs;
use crate::sandbox::Sandbox;
use admin::Admin;

/// Names the simulator's program where it is not beside the running executable.
const PROGRAM_VARIABLE: &str = "ARMATURE_SIM";

/// It has nothing to load; the limit is for a machine that compiles at the same time.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// How simulated time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SimClock {
    /// Simulated seconds per real second.
    Scaled(f64),
    /// Time stands still until [`Admin::advance`].
    Manual,
}

/// What the simulator starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct SimOptions {
    /// How simulated time passes.
    pub clock: SimClock,
    /// Serve the Azure side over TLS, with an authority of its own.
    pub tls: bool,
    /// Simulated time at the start; the real time when absent.
    pub start_time: Option<Timestamp>,
    /// Further arguments, as `armature-sim --help` lists them.
    pub arguments: Vec<String>,
}

impl Default for SimOptions {
    /// Ten simulated minutes a second over TLS: a cluster is created in about a second.
    fn default() -> Self {
        Self {
            clock: SimClock::Scaled(600.0),
            tls: true,
            start_time: None,
            arguments: Vec::new(),
        }
    }
}

impl SimOptions {
    fn arguments(&self) -> Vec<String> {
        let Self {
            clock,
            tls,
            start_time,
            arguments,
        } = self;
        let mut line = match clock {
            SimClock::Scaled(scale) => vec![format!("--time-scale={scale}")],
            SimClock::Manual => vec!["--manual-clock".to_owned()],
        };
        line.extend(tls.then(|| "--tls".to_owned()));
        line.extend(start_time.map(|time| format!("--start-time={time}")));
        line.extend(arguments.iter().cloned());
        line
    }
}

/// How to reach the simulated Azure and sign in to it: the line that `armature-sim` prints when it is ready.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SimAccess {
    /// Azure Resource Manager and the sign-in endpoint.
    pub endpoint: String,
    /// The admin side.
    pub admin: String,
    /// PEM file with the authority to trust; absent without TLS.
    pub ca: Option<PathBuf>,
    /// The Entra tenant.
    pub tenant: String,
    /// A subscription that exists.
    pub subscription: String,
    /// The application that may do everything.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

impl SimAccess {
    /// The environment in which `armature run` works on this simulator as the application that may do everything.
    #[must_use]
    pub fn operator_environment(&self) -> Vec<(&'static str, OsString)> {
        let Self {
            endpoint,
            admin: _,
            ca,
            tenant,
            subscription: _,
            client_id,
            client_secret,
        } = self;
        let mut variables: Vec<(&str, OsString)> = vec![
            ("ARMATURE_CLOUD", "custom".into()),
            ("ARMATURE_ARM_ENDPOINT", endpoint.into()),
            ("ARMATURE_AUTHORITY_HOST", endpoint.into()),
            ("ARMATURE_CREDENTIAL", "client-secret".into()),
            ("AZURE_TENANT_ID", tenant.into()),
            ("AZURE_CLIENT_ID", client_id.into()),
            ("AZURE_CLIENT_SECRET", client_secret.into()),
        ];
        variables.extend(ca.as_ref().map(|ca| ("ARMATURE_CA_FILE", ca.into())));
        variables
    }
}

impl fmt::Debug for SimAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            admin,
            ca,
            tenant,
            subscription,
            client_id,
            client_secret: _,
        } = self;
        formatter
            .debug_struct("SimAccess")
            .field("endpoint", endpoint)
            .field("admin", admin)
            .field("ca", ca)
            .field("tenant", tenant)
            .field("subscription", subscription)
            .field("client_id", client_id)
            .finish_non_exhaustive()
    }
}

/// A running simulator. It ends with this value, and with this process however that ends.
#[derive(Debug)]
pub struct Simulator {
    access: SimAccess,
    admin: Admin,
    process: Process,
    _sandbox: Sandbox,
}

impl Simulator {
    /// Starts one on free ports of the loopback interface and returns when it is ready.
    ///
    /// # Errors
    /// When the program is not built, ends, or is not ready within 30 s; the error shows the end of its log.
    pub async fn start(options: &SimOptions) -> Result<Self, LabError> {
        let program = programs::workspace_program("armature-sim", PROGRAM_VARIABLE)?;
        let sandbox = Sandbox::new("simulator")?;
        let mut command = Command::new(program);
        command.args(options.arguments()).arg("--state-dir").arg(sandbox.path());
        let mut process = sandbox.spawn("armature-sim", command)?;
        let output = process.output().to_path_buf();
        let access: SimAccess = process
            .wait_until(READY_LIMIT, async || {
                let line = std::fs::read_to_string(&output).ok()?;
                serde_json::from_str(&line).ok()
            })
            .await?;
        let admin = Admin::new(access.admin.clone());
        Ok(Self {
            access,
            admin,
            process,
            _sandbox: sandbox,
        })
    }

    /// How to reach it and sign in.
    #[must_use]
    pub fn access(&self) -> &SimAccess {
        &self.access
    }

    /// Its admin side: what the world does to it, and what it has seen.
    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Answers that were not what the API descriptions say, with what was wrong; none from a simulator that has ended.
    /// It blocks for a moment, so that a test can ask when its values are dropped.
    #[must_use]
    pub fn mismatches(&self) -> Vec<String> {
        let address = self.access.admin.trim_start_matches("http://");
        let answer = conformance::ask(address).unwrap_or_default();
        answer.first.into_iter().map(|mismatch| mismatch.to_string()).collect()
    }

    /// The process, to look at its log or to end it before its time.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_the_flags_of_the_simulator() {
        let options = SimOptions {
            clock: SimClock::Manual,
            tls: true,
            start_time: Some("2026-09-01T00:00:00Z".parse().unwrap()),
            arguments: vec!["--no-throttling".to_owned()],
        };
        assert_eq!(
            options.arguments(),
            [
                "--manual-clock",
                "--tls",
                "--start-time=2026-09-01T00:00:00Z",
                "--no-throttling"
            ]
        );
        let plain = SimOptions {
            clock: SimClock::Scaled(60.0),
            tls: false,
            ..SimOptions::default()
        };
        assert_eq!(plain.arguments(), ["--time-scale=60"]);
    }

    #[test]
    fn the_secret_is_not_in_the_debug_output() {
        let access: SimAccess = serde_json::from_str(
            r#"{"endpoint":"e","admin":"a","ca":null,"tenant":"t","subscription":"s","clientId":"c","clientSecret":"hush"}"#,
        )
        .unwrap();
        assert!(!format!("{access:?}").contains("hush"));
    }
}
