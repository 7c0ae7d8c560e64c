//! The command line: `armature run` and the commands that people use beside it.

mod crds;
mod explain;
mod flow;
mod paint;
mod reasons;
mod release;
mod run;
mod status;

use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use tracing::error;

use crate::runtime::args::{RunArgs, SettingsError};
use crate::runtime::connect::{ConnectError, KubeArgs, told};
use crate::runtime::settings::Settings;
use crate::runtime::shutdown;
use crate::runtime::telemetry::{self, TelemetryError};
use run::RunError;

const EXIT_CODES: &str = "Exit codes:
  0  done, or the state waited for is reached
  1  failed, or the state waited for was not reached
  2  the command line is wrong
  130  ended by a second Ctrl-C before everything was put in order";

/// Runs fleets of Azure Kubernetes Service clusters from Git.
#[derive(Parser, Debug)]
#[command(name = "armature", version, about, after_help = EXIT_CODES, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the operator
    Run(Box<RunCommand>),
    /// Show clusters and pools: are they fine, what version, what do they do
    Status(status::StatusArgs),
    /// Explain a code of Azure's or a reason of Armature's, and what to do about it
    Explain(explain::ExplainArgs),
    /// Let an object go and leave Azure alone
    Release(release::ReleaseArgs),
    /// Print the custom resource definitions, or write them to files
    Crds(crds::CrdsArgs),
    /// Print a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
}

#[derive(clap::Args, Debug)]
struct RunCommand {
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    kube: KubeArgs,
}

/// A command failed. The message is the whole answer to the user.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings of `armature run` do not go together.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The log cannot be set up.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The management cluster cannot be named or reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The operator ended.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The asynchronous runtime or the signal handlers cannot be had.
    #[error("the process cannot be set up: {0}")]
    Process(io::Error),
    /// The management cluster refused or did not understand.
    #[error("could not {action}: {}{}", told(error), hint(error))]
    Kubernetes {
        /// What was tried.
        action: &'static str,
        /// What came back.
        error: Box<kube::Error>,
    },
    /// What the user named is not there.
    #[error("{message}")]
    NotFound {
        /// What is there instead.
        message: String,
    },
    /// The CRDs cannot be written.
    #[error(transparent)]
    Crds(#[from] crds::CrdsError),
    /// The result cannot be written as JSON.
    #[error("the result cannot be written as JSON: {0}")]
    Encode(serde_json::Error),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
}

/// Runs the command that the arguments name; errors go to standard error, one sentence each.
pub fn main(cli: Cli) -> ExitCode {
    match dispatch(cli.command) {
        Ok(code) => code,
        // Whoever read the output has seen enough of it.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("armature: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Run(command) => block_on(run(*command))?,
        Command::Status(args) => block_on(status::run(args))?,
        Command::Explain(args) => explain::run(&args),
        Command::Release(args) => block_on(release::run(args))?,
        Command::Crds(args) => crds::run(&args),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "armature", &mut script);
            print(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn run(command: RunCommand) -> Result<ExitCode, CliError> {
    let settings = command.run.into_settings(|name| std::env::var_os(name))?;
    telemetry::init(&settings.log)?;
    match operate(settings, &command.kube).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Whoever collects the log looks for the reason there, in the format of all its lines.
        Err(error) => {
            error!(%error, "the operator ended");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn operate(settings: Settings, kube: &KubeArgs) -> Result<(), CliError> {
    let shutdown = shutdown::on_signal().map_err(CliError::Process)?;
    let client = kube.connect().await?;
    Ok(run::run(settings, client, shutdown).await?)
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Process)?;
    Ok(runtime.block_on(work))
}

/// Makes one call to the management cluster.
async fn called<T>(action: &'static str, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, CliError> {
    call.await.map_err(|error| CliError::Kubernetes {
        action,
        error: Box::new(error),
    })
}

/// What a user can do about a refusal.
fn hint(error: &kube::Error) -> &'static str {
    match error {
        kube::Error::Api(status) if status.is_not_found() => {
            "; are the CRDs installed? armature crds | kubectl apply -f -"
        }
        kube::Error::Api(status) if status.is_forbidden() => "; ask for a role that allows it",
        kube::Error::Api(_) => "",
        _ => "; check --kubeconfig and --context",
    }
}

/// Writes to standard output at once.
fn print(text: &str) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(CliError::Output)
}
