//! Runs a command with a control plane that lives as long as the command.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::time::Instant;

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::control_plane::{ControlPlane, KUBECONFIG_VARIABLE, Options};
use crate::error::LabError;

/// Starts a control plane, runs `command` (the program and its arguments) with `KUBECONFIG` and
/// `ARMATURE_LAB_KUBECONFIG` set, and returns the command's exit code (128 + N when signal N ended it).
///
/// # Errors
/// When the control plane or the command cannot be started.
pub async fn run(command: &[OsString]) -> Result<ExitCode, LabError> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(ExitCode::SUCCESS);
    };
    let started = Instant::now();
    let control_plane = ControlPlane::start(Options::default()).await?;
    eprintln!("control plane ready in {:.1} s", started.elapsed().as_secs_f64());

    let name = program.to_string_lossy();
    let kubeconfig = control_plane.cluster().kubeconfig();
    let mut child = Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", kubeconfig)
        .env(KUBECONFIG_VARIABLE, kubeconfig)
        .spawn()
        .map_err(LabError::io(format!("starting {name}")))?;
    let pid = child.id().unwrap_or_default();
    control_plane.sandbox().watch(pid);

    // A terminal sends Ctrl-C to the command too; SIGTERM comes here only, and ends the command with the lab.
    let listen = |kind| signal(kind).map_err(LabError::io("listening for signals"));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    loop {
        tokio::select! {
            status = child.wait() => {
                control_plane.sandbox().forget(pid);
                return status.map(exit_code).map_err(LabError::io(format!("waiting for {name}")));
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => return Ok(ExitCode::from(128 + 15)),
        }
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_of_the_command_is_passed_on() {
        let code = |raw| format!("{:?}", exit_code(ExitStatus::from_raw(raw)));
        assert_eq!(code(0), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(101 << 8), format!("{:?}", ExitCode::from(101)));
        assert_eq!(code(9), format!("{:?}", ExitCode::from(137)));
    }
}
