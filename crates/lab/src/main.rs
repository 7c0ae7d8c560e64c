//! The `armature-lab` command.

use std::process::ExitCode;

use armature_lab::cli::Cli;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("armature-lab: {error}");
            ExitCode::FAILURE
        }
    }
}
