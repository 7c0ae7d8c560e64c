//! Long-running operations: where to ask, and what the answer means.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ServiceError;
use armature_azure::id::SubscriptionId;
use super::retry_after::RetryAfter;
use super::wire::{Response, Subject};
use armature_azure::Terminal;

/// The URL under which Azure reports a long-running operation, kept exactly as Azure sent it: it may carry a long
/// signed query (over 2 KB since 2023) on an api-version of its own, and must never be rebuilt (REC, RPC).
///
/// It serializes verbatim, because it has to survive a restart in the status of an object. `Debug` and `Display` show
/// it without its query, which holds the signature.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationUrl(String);

impl OperationUrl {
    /// Keeps the text of an `Azure-AsyncOperation` or `Location` header, or of a stored status, as it is. It is checked
    /// against the ARM host when it is used.
    pub fn new(verbatim: impl Into<String>) -> Self {
        Self(verbatim.into())
    }

    /// The URL with its signature, to call or to store. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The subscription whose quota a question about the operation uses.
    pub fn subscription(&self) -> Option<SubscriptionId> {
        self.subject().map(|subject| subject.subscription)
    }

    /// Whose quota a question uses, read from `/subscriptions/{id}/.../locations/{region}/...`.
    pub(super) fn subject(&self) -> Option<Subject> {
        let path = super::wire::without_query(&self.0);
        let after = |word: &str| {
            path.split('/')
                .skip_while(|part| !part.eq_ignore_ascii_case(word))
                .nth(1)
                .filter(|part| !part.is_empty())
        };
        let subscription = SubscriptionId::parse(after("subscriptions")?).ok()?;
        let region = after("locations").map(|region| region.to_ascii_lowercase().into());
        Some(Subject {
            subscription,
            region,
            resource: None,
        })
    }
}

impl fmt::Display for OperationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::wire::without_query(&self.0))
    }
}

impl fmt::Debug for OperationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationUrl({self})")
    }
}

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
