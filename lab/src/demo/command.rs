//! Commands that the demo runs to their end.

use std::process::{Command, Stdio};

use crate::error::LabError;

/// Runs a command to its end and returns what it printed.
///
/// # Errors
/// When it cannot be started or is unsuccessful; the error repeats its own words.
pub(super) async fn output(what: &str, command: Command) -> Result<String, LabError> {
    let output = tokio::process::Command::from(command)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(LabError::io(format!("starting {what}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(LabError::Command {
        what: what.to_owned(),
        status: output.status,
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
