//! The `armature` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    armature::cli::main(armature::cli::Cli::parse())
}
