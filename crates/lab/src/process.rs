//! One child process with its log.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use crate::error::LabError;
use crate::guard::Guard;

/// How often a child is looked at while something of it is awaited.
const LOOK: Duration = Duration::from_millis(20);

/// Lines of a log that an error shows.
const TAIL_LINES: usize = 15;

/// A child process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    // Of the standard library and not tokio's: tests share processes between runtimes, and tokio's belong to one.
    child: Child,
    log: PathBuf,
    output: PathBuf,
    guard: Arc<Guard>,
}

impl Process {
    pub(crate) fn new(name: String, child: Child, log: PathBuf, output: PathBuf, guard: Arc<Guard>) -> Self {
        Self {
            name,
            child,
            log,
            output,
            guard,
        }
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The file that receives its stderr.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The file that receives its stdout.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// How it ended, when it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, LabError> {
        let status = self
            .child
            .try_wait()
            .map_err(LabError::io(format!("looking after {}", self.name)))?;
        if status.is_some() {
            self.guard.forget(self.id());
        }
        Ok(status)
    }

    /// Fails when it has ended. The log is then kept.
    ///
    /// # Errors
    /// When it has ended, or the system does not tell.
    pub fn check(&mut self) -> Result<(), LabError> {
        let Some(status) = self.ended()? else { return Ok(()) };
        Err(self.kept(LabError::Died {
            name: self.name.clone(),
            status,
            log: self.log.clone(),
            tail: self.log_tail(),
        }))
    }

    /// Looks again and again until `probe` finds what it looks for.
    ///
    /// # Errors
    /// When the process ends first, or `limit` passes. The log is then kept.
    pub async fn wait_until<T, F>(&mut self, limit: Duration, mut probe: F) -> Result<T, LabError>
    where
        F: AsyncFnMut() -> Option<T>,
    {
        let end = Instant::now() + limit;
        loop {
            self.check()?;
            if let Ok(Some(found)) = tokio::time::timeout_at(end, probe()).await {
                return Ok(found);
            }
            if Instant::now() >= end {
                return Err(self.kept(LabError::NotReady {
                    name: self.name.clone(),
                    seconds: limit.as_secs(),
                    log: self.log.clone(),
                    tail: self.log_tail(),
                }));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Leaves its log in place when everything ends, for somebody who has to find out what went wrong.
    pub fn keep_log(&self) {
        self.guard.keep();
    }

    /// Leaves the log in place for the reader of this error; a taken port is tried again and nobody reads about it.
    fn kept(&self, error: LabError) -> LabError {
        if !error.is_port_taken() {
            self.keep_log();
        }
        error
    }

    /// Ends it as `kill -9` does. Returns when it is gone.
    pub fn kill(&mut self) {
        // Neither call can fail in a way that matters: it is our own child, and a dead one stays dead.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.guard.forget(self.id());
    }

    /// Asks it to end (SIGTERM) and waits; after `patience` it is killed.
    ///
    /// Returns how it ended by itself, or nothing when it had to be killed.
    ///
    /// # Errors
    /// When the system does not tell how it ended.
    pub async fn terminate(&mut self, patience: Duration) -> Result<Option<ExitStatus>, LabError> {
        let end = Instant::now() + patience;
        if self.ended()?.is_none()
            && let Some(pid) = i32::try_from(self.id()).ok().and_then(Pid::from_raw)
        {
            kill_process(pid, Signal::TERM)
                .map_err(|errno| LabError::io(format!("asking {} to end", self.name))(errno.into()))?;
        }
        while Instant::now() < end {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            tokio::time::sleep(LOOK).await;
        }
        self.kill();
        Ok(None)
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
