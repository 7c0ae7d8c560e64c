//! Commands that the demo runs to their end.

use std::process::{Command, Stdio};

use tokio::io::AsyncWriteExt;

use crate::error::LabError;

/// Runs a command to its end with `input` as its standard input, and returns what it printed.
///
/// # Errors
/// When it cannot be started or is unsuccessful; the error repeats its own words.
pub(super) async fn output(what: &str, command: Command, input: &str) -> Result<String, LabError> {
    let failed = || LabError::io(format!("running {what}"));
    let mut child = tokio::process::Command::from(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed())?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read to the end says why in its own words.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(failed())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(LabError::Command {
        what: what.to_owned(),
        status: output.status,
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
