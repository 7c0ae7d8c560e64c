//! What each error code means, whether to try again, and what the user does next.

use std::time::Duration;

use super::error::{ArmError, ServiceError};

/// What a failure allows the caller to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Try again with growing pauses.
    Backoff,
    /// Another operation runs on the resource: wait for its end, then try again.
    WaitForOperation,
    /// Try again after this time, not before (a request sent earlier is refused and starts the wait anew).
    After(Duration),
    /// The region or quota has no room: try again slowly (minutes to an hour) and tell the user.
    Capacity,
    /// A permission or identity may not have spread yet: try again slowly for some minutes, and tell the user.
    Propagation,
    /// What was sent is out of date: sign in again, or read the resource again and decide anew.
    Refresh,
    /// Trying again does not help until the spec or the environment changes.
    User,
}

/// One row of the error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code as Azure writes it.
    pub code: &'static str,
    /// What the code allows, unless the message says otherwise.
    pub retry: Retry,
    /// Why Azure sends it, one sentence.
    pub cause: &'static str,
    /// What to do, one sentence.
    pub next_step: &'static str,
}

/// The table's row for a code, compared without case.
pub fn explain(code: &str) -> Option<&'static CodeEntry> {
    entries().iter().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// The whole table, in the order of the documentation page.
pub fn entries() -> &'static [CodeEntry] {
    &[]
}

/// What a failed call allows.
pub fn classify(error: &ArmError) -> Retry {
    match error {
        ArmError::Service {
            status,
            error,
            retry_after: None,
            ..
        } => classify_service(Some(*status), error),
        ArmError::Service {
            retry_after: Some(wait),
            ..
        } => Retry::After(*wait),
        ArmError::Budget { retry_after, .. } => Retry::After(*retry_after),
        ArmError::Transport { .. } => Retry::Backoff,
        ArmError::SignIn { .. } => Retry::Refresh,
        ArmError::HostRefused { .. } | ArmError::TooLarge { .. } | ArmError::Malformed { .. } => Retry::User,
    }
}

/// What an error of Azure's allows; `status` is `None` for the error of a failed operation.
pub fn classify_service(status: Option<u16>, error: &ServiceError) -> Retry {
    let _ = (status, error);
    Retry::Backoff
}
