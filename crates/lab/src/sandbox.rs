//! A temporary folder and the processes that live in it. Both end with the sandbox, and with the lab itself.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use crate::error::LabError;
use crate::guard::Guard;
use crate::process::Process;

/// A temporary folder with processes in it.
///
/// Statics are never dropped, a test may be aborted and a demo killed with `kill -9`: what was started must end all the
/// same. A small shell process therefore waits on a pipe for the end of this one; it is the only one that has to survive.
#[derive(Debug)]
pub struct Sandbox {
    folder: PathBuf,
    guard: Arc<Guard>,
}

impl Sandbox {
    /// Makes a folder for `purpose` (part of its name) in the system's temporary folder.
    ///
    /// # Errors
    /// When the folder or its guard cannot be made.
    pub fn new(purpose: &str) -> Result<Self, LabError> {
        let folder = TempDir::with_prefix(format!("armature-{purpose}-"))
            .map_err(LabError::io(format!("making a temporary folder for {purpose}")))?;
        let guard = Guard::start(folder.path())?;
        // From here on the guard removes it.
        Ok(Self {
            folder: folder.keep(),
            guard: Arc::new(guard),
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes a file into the folder and returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, contents: &str) -> Result<PathBuf, LabError> {
        let path = self.folder.join(name);
        std::fs::write(&path, contents).map_err(LabError::io(format!("writing {}", path.display())))?;
        Ok(path)
    }

    /// Starts `command` under `name`. Its stderr is appended to `NAME.log`, its stdout to `NAME.out`.
    ///
    /// # Errors
    /// When the log cannot be opened or the program cannot be started.
    pub fn spawn(&self, name: &str, mut command: Command) -> Result<Process, LabError> {
        let log = self.folder.join(format!("{name}.log"));
        let output = self.folder.join(format!("{name}.out"));
        command
            .stdin(Stdio::null())
            .stdout(append(&output)?)
            .stderr(append(&log)?)
            // Ctrl-C on the terminal is for the lab, which ends its processes in order.
            .process_group(0);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(LabError::io(format!("starting {program}")))?;
        self.watch(child.id());
        Ok(Process::new(
            name.to_owned(),
            child,
            log,
            output,
            Arc::clone(&self.guard),
        ))
    }

    /// Ends the process with this id too when the sandbox ends; it must be a child that its owner has not waited for.
    pub fn watch(&self, pid: u32) {
        self.guard.order(&format!("watch {pid}"));
    }

    /// The process with this id has ended, and its id may be given to another one.
    pub fn forget(&self, pid: u32) {
        self.guard.forget(pid);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.guard.keep();
            eprintln!("the logs of the failed test are kept in {}", self.folder.display());
        }
    }
}

fn append(path: &Path) -> Result<std::fs::File, LabError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(LabError::io(format!("opening {}", path.display())))
}
