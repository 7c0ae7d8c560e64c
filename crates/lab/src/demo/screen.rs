//! The table that moves: `armature status --watch`, the screen that a user of Armature has.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval};

use super::stage::Stage;
use crate::error::LabError;
use crate::operator;

/// How often it is looked whether everything behind the table still runs.
const LOOK: Duration = Duration::from_millis(500);

/// The signal of Ctrl-C.
const INTERRUPT: i32 = 2;

/// Shows the objects until all are Ready; whether they are. The reason why not is on the screen then.
pub(super) async fn until_ready(stage: &mut Stage, patience: Duration) -> Result<bool, LabError> {
    let timeout = format!("--timeout={}s", patience.as_secs());
    let status = show(stage, &["--until=ready", &timeout]).await?;
    Ok(status.success())
}

/// Shows the objects for ever.
pub(super) async fn forever(stage: &mut Stage) -> Result<(), LabError> {
    let status = show(stage, &[]).await?;
    Err(LabError::Command {
        what: "armature status --watch".to_owned(),
        status,
        said: "it is shown above why".to_owned(),
    })
}

async fn show(stage: &mut Stage, arguments: &[&str]) -> Result<ExitStatus, LabError> {
    // Like a command of a shell it shares the terminal and its Ctrl-C with this process.
    let mut child = Command::new(operator::program()?)
        .args(["status", "--all-namespaces", "--watch"])
        .args(arguments)
        .arg("--kubeconfig")
        .arg(stage.control_plane.cluster().kubeconfig())
        .kill_on_drop(true)
        .spawn()
        .map_err(LabError::io("starting armature status"))?;
    let pid = child.id().unwrap_or_default();
    stage.control_plane.sandbox().watch(pid);
    let status = follow(stage, &mut child).await;
    if status.is_ok() {
        stage.control_plane.sandbox().forget(pid);
    }
    status
}

async fn follow(stage: &mut Stage, child: &mut Child) -> Result<ExitStatus, LabError> {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status.map_err(LabError::io("waiting for armature status"))?;
                if status.signal() == Some(INTERRUPT) {
                    // Ctrl-C reached it first; whoever runs the demo hears of it in a moment.
                    std::future::pending::<()>().await;
                }
                return Ok(status);
            }
            _ = look.tick() => stage.check()?,
        }
    }
}
