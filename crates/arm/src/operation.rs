//! Long-running operations: what the answer to a question about one means.

use serde_json::Value;

use super::error::ServiceError;
use super::retry_after::RetryAfter;
use super::wire::Response;
use armature_azure::Terminal;

/// What Azure says about a long-running operation.
#[derive(Debug, Clone, PartialEq)]
pub enum OperationState {
    /// Not finished. An early `NotLatestOperation` error beside `InProgress` is also this.
    Running {
        /// Progress, 0 to 100, where Azure tells it (AKS usually does not).
        percent: Option<u8>,
        /// How long Azure asks to wait before the next question, where it says so.
        retry_after: Option<RetryAfter>,
    },
    /// Finished well. The resource has to be read again: the answer carries no body of it.
    Succeeded,
    /// Finished badly.
    Failed(ServiceError),
    /// Ended by an abort.
    Canceled,
    /// Azure does not know the operation: it is too old, or the URL is not one of an operation. The resource's own
    /// `provisioningState` decides.
    Unknown,
}

impl OperationState {
    /// Reads an answer below 400. A status in the body decides; without one, 202 means running and anything else is
    /// the final answer of `Location` polling.
    pub(super) fn read(response: Response) -> Self {
        let Response {
            status,
            body,
            retry_after,
            ..
        } = response;
        let body = body.unwrap_or_default();
        let word = body
            .get("status")
            .or_else(|| body.pointer("/properties/provisioningState"))
            .and_then(Value::as_str);
        let end = match word {
            Some(word) => Terminal::read(word),
            None => (status != 202).then_some(Terminal::Succeeded),
        };
        match end {
            Some(Terminal::Succeeded) => Self::Succeeded,
            Some(Terminal::Failed) => Self::Failed(ServiceError::read(&body)),
            Some(Terminal::Canceled) => Self::Canceled,
            None => {
                let percent = body.get("percentComplete").and_then(Value::as_f64);
                Self::Running {
                    percent: percent.map(|percent| percent.clamp(0.0, 100.0) as u8),
                    retry_after,
                }
            }
        }
    }
}
