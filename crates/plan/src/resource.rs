//! What is the same for a cluster and a pool that exist.

use super::applied::Applied;
use super::live::ProvisioningState;

/// What is on record about a resource that is not ours.
pub(super) static NO_RECORDS: Applied = Applied::NONE;

/// How often a failed operation is resumed before a user has to look.
pub const MAX_RESUME_ATTEMPTS: u32 = 3;

/// A value inside a sentence.
pub(super) fn shown(value: Option<String>) -> String {
    value.unwrap_or_else(|| "not set".to_owned())
}

/// Azure's word for how an operation ended that did not end well.
pub(super) fn broken_state(state: &ProvisioningState) -> &'static str {
    if *state == ProvisioningState::Canceled {
        "Canceled"
    } else {
        "Failed"
    }
}

/// What Azure says about a failure, as the end of a sentence.
pub(super) fn error_clause(error: Option<(&str, &str)>) -> String {
    error.map_or_else(String::new, |(code, message)| format!(" ({code}: {message})"))
}
