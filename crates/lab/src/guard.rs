//! What ends a sandbox when its process ends, in whatever way.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::error::LabError;

/// The shell process that ends everything when the pipe to it closes.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
}

impl Guard {
    pub(crate) fn start(folder: &Path) -> Result<Self, LabError> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", include_str!("guard.sh"), "armature-lab-guard"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(LabError::io("starting /bin/sh as the guard of a sandbox"))?;
        let orders = shell.stdin.take();
        Ok(Self {
            shell: Mutex::new(shell),
            orders: Mutex::new(orders),
        })
    }

    pub(crate) fn order(&self, line: &str) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipe) = orders.as_mut() {
            // A guard that is gone has already ended what it watched: there is nobody left to tell.
            let _ = writeln!(pipe, "{line}");
        }
    }

    pub(crate) fn forget(&self, pid: u32) {
        self.order(&format!("forget {pid}"));
    }

    /// Leaves the folder where it is, for somebody who wants to read the logs.
    pub(crate) fn keep(&self) {
        self.order("keep");
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // Waiting keeps the promise that the folder is gone, and leaves no zombie.
        let _ = self.shell.lock().unwrap_or_else(PoisonError::into_inner).wait();
    }
}
