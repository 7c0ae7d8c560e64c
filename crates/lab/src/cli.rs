//! The command line of `armature-lab`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::demo::{self, DemoArgs};
use crate::error::LabError;
use crate::with_control_plane;

/// Runs the demo, and commands that want a real Kubernetes control plane.
#[derive(Debug, Parser)]
#[command(name = "armature-lab", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: LabCommand,
}

#[derive(Debug, Subcommand)]
enum LabCommand {
    /// Watch the operator create a cluster on a real Kubernetes API and a simulated Azure.
    ///
    /// Stays up for experiments until Ctrl-C, and leaves nothing running.
    Demo(DemoArgs),
    /// Run a command with a control plane that lives as long as the command.
    ///
    /// The command finds its kubeconfig in KUBECONFIG and ARMATURE_LAB_KUBECONFIG; its exit status is passed on.
    WithControlPlane {
        /// The command and its arguments.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
}

impl Cli {
    /// Does what the arguments say.
    ///
    /// # Errors
    /// When the lab cannot start what it needs; an unsuccessful command is an exit code, not an error.
    pub async fn run(self) -> Result<ExitCode, LabError> {
        match self.command {
            LabCommand::Demo(args) => demo::run(args).await,
            LabCommand::WithControlPlane { command } => with_control_plane::run(&command).await,
        }
    }
}
