//! What can go wrong when the lab starts, drives or stops a process.

use std::path::PathBuf;
use std::process::ExitStatus;

use thiserror::Error;

/// An error of the lab: one sentence that says what happened and what to do, with the file that tells more.
#[derive(Debug, Error)]
pub enum LabError {
    /// A control plane binary is not there.
    #[error(
        "{name} was not found in {looked}: run `make control-plane`, or set KUBEBUILDER_ASSETS to a folder that has it"
    )]
    AssetMissing {
        /// The binary.
        name: &'static str,
        /// Where it was looked for.
        looked: String,
    },
    /// One of this workspace's own programs is not built.
    #[error(
        "{name} was not found beside {beside}: run `cargo build --workspace --bins`, or set {variable} to its path"
    )]
    ProgramMissing {
        /// The program.
        name: &'static str,
        /// The running executable, beside which it is expected.
        beside: PathBuf,
        /// The environment variable that names it.
        variable: &'static str,
    },
    /// A file or a process could not be handled.
    #[error("{what} failed: {source}")]
    Io {
        /// What was attempted, with the path.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("making the certificates of the control plane failed: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A process ended that should run.
    #[error("{name} ended with {status}; its log is {log} and ends with:\n{tail}")]
    Died {
        /// The process.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// Its log file, kept.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A process runs but does not answer.
    #[error("{name} was not ready after {seconds} s; its log is {log} and ends with:\n{tail}")]
    NotReady {
        /// The process.
        name: String,
        /// How long it was waited for.
        seconds: u64,
        /// Its log file, kept.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A command that was to run to its end was not successful.
    #[error("{what} ended with {status}: {said}")]
    Command {
        /// The command.
        what: String,
        /// How it ended.
        status: ExitStatus,
        /// Its own words.
        said: String,
    },
    /// Manifests cannot be read.
    #[error("{path} cannot be used as manifests: {problem}")]
    Manifests {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The manifests of the demo were applied and something in them did not become Ready.
    #[error(
        "{manifests} did not become Ready, the lines above say what is missing; the operator's log is {log} and ends with:\n{tail}"
    )]
    NeverReady {
        /// The manifests as they were named.
        manifests: PathBuf,
        /// The operator's log, kept.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A kubeconfig could not be read or used.
    #[error("the kubeconfig {path} cannot be used: {source}")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The Kubernetes API refused or could not be reached.
    #[error("{what} failed: {source}")]
    Kube {
        /// What was attempted.
        what: String,
        /// The cause.
        source: Box<kube::Error>,
    },
    /// The admin side of the simulator could not be reached.
    #[error("calling the simulator's admin side at {path} failed: {source}")]
    Admin {
        /// The path called.
        path: String,
        /// The cause.
        source: Box<reqwest::Error>,
    },
    /// The admin side of the simulator refused a call.
    #[error("the simulator's admin side answered {path} with {status}: {body}")]
    AdminRefused {
        /// The path called.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
}

impl LabError {
    /// Gives an I/O error the sentence that says what was attempted.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// Gives an error of the Kubernetes client the sentence that says what was attempted.
    pub(crate) fn kube(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        move |source| Self::Kube {
            what,
            source: Box::new(source),
        }
    }

    /// Whether a process ended because another one had taken its port in the meantime.
    pub(crate) fn is_port_taken(&self) -> bool {
        matches!(self, Self::Died { tail, .. } if tail.contains("address already in use"))
    }
}
