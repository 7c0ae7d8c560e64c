//! The operator as a process that tests and the demo can kill and start again.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::control_plane::free_ports;
use crate::error::LabError;
use crate::management_cluster::ManagementCluster;
use crate::process::Process;
use crate::programs;
use crate::sandbox::Sandbox;

/// Names the operator's program where it is not beside the running executable.
const PROGRAM_VARIABLE: &str = "ARMATURE";

/// Where the `armature` program is.
///
/// # Errors
/// When it has not been built.
pub fn program() -> Result<PathBuf, LabError> {
    programs::workspace_program("armature", PROGRAM_VARIABLE)
}

/// How long the operator may take until it answers `/readyz`, and to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(30);

/// Beginnings of the variables that the operator reads; those of this process are not passed on.
const INHERITED: [&str; 3] = ["ARMATURE_", "AZURE_", "POD_"];

/// A running `armature run`. It ends with this value, and with this process however that ends.
#[derive(Debug)]
pub struct OperatorProcess {
    launch: Launch,
    process: Process,
    sandbox: Sandbox,
}

/// What it takes to start the operator, and to start it again in the same way.
#[derive(Debug)]
struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    admin_port: u16,
}

impl Launch {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // What the developer's shell knows of Azure and of other installations must not reach a test.
        for (name, _) in std::env::vars_os() {
            if INHERITED
                .iter()
                .any(|prefix| name.to_string_lossy().starts_with(prefix))
            {
                command.env_remove(name);
            }
        }
        command
            .arg("run")
            .arg(format!("--admin-address=127.0.0.1:{}", self.admin_port))
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl OperatorProcess {
    /// Starts the operator on `cluster`, with `arguments` after `armature run` and further environment variables.
    /// What this process has in its environment for an operator (`AZURE_*`, `ARMATURE_*`, `POD_*`) is not passed on;
    /// [`crate::SimAccess::operator_environment`] connects it to a simulator.
    ///
    /// # Errors
    /// When the program is not built or cannot be started.
    pub fn start<A, E, N, V>(cluster: &ManagementCluster, arguments: A, environment: E) -> Result<Self, LabError>
    where
        A: IntoIterator<Item: Into<OsString>>,
        E: IntoIterator<Item = (N, V)>,
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let [admin_port] = free_ports()?;
        let mut environment: Vec<_> = environment
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        environment.push(("KUBECONFIG".into(), cluster.kubeconfig().into()));
        let launch = Launch {
            program: program()?,
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment,
            admin_port,
        };
        let sandbox = Sandbox::new("operator")?;
        let process = sandbox.spawn("armature", launch.command())?;
        Ok(Self {
            launch,
            process,
            sandbox,
        })
    }

    /// Waits until `/readyz` answers 200.
    ///
    /// # Errors
    /// When it ends or is not ready within 30 s; the error shows the end of its log.
    pub async fn ready(&mut self) -> Result<(), LabError> {
        let url = format!("{}/readyz", self.admin());
        let probe = async || {
            reqwest::get(&url)
                .await
                .ok()
                .filter(|answer| answer.status().is_success())
                .map(drop)
        };
        self.process.wait_until(PATIENCE, probe).await
    }

    /// Its own HTTP side with `/healthz`, `/readyz` and `/metrics`, without a slash at the end.
    #[must_use]
    pub fn admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.launch.admin_port)
    }

    /// Ends it as `kill -9` does, at whatever point it is.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks it to end (SIGTERM), as Kubernetes does with a pod; after 30 s it is killed. Returns how it ended by itself.
    ///
    /// # Errors
    /// When the system does not tell how it ended.
    pub async fn stop(&mut self) -> Result<Option<ExitStatus>, LabError> {
        self.process.terminate(PATIENCE).await
    }

    /// Starts it again as it was, ending it first if it runs. The log goes on in the same file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn restart(&mut self) -> Result<(), LabError> {
        self.process.kill();
        self.process = self.sandbox.spawn("armature", self.launch.command())?;
        Ok(())
    }

    /// The process: its id, its log, whether it still runs.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
