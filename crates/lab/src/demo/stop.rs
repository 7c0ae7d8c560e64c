//! Signals that end the demo.

use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::LabError;

/// Who asked the demo to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Ctrl-C.
    Interrupt,
    /// `kill`.
    Terminate,
    /// The terminal was closed.
    HangUp,
}

impl Stop {
    /// The exit status by which shells know the signal.
    pub(super) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::HangUp => 128 + 1,
            Self::Interrupt => 128 + 2,
            Self::Terminate => 128 + 15,
        })
    }
}

/// From here on these signals end nothing by themselves: the demo ends what it started, in order.
pub(super) struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stops {
    pub(super) fn listen() -> Result<Self, LabError> {
        let listen = |kind| signal(kind).map_err(LabError::io("listening for signals"));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupt,
            _ = self.terminate.recv() => Stop::Terminate,
            _ = self.hang_up.recv() => Stop::HangUp,
        }
    }
}
