//! What can go wrong in a call to Azure, one sentence each.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use super::retry_after::RetryAfter;

/// Where a failure happened: which operation, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The operation.
    pub call: Call,
    /// The resource id, or the URL without its query where a URL of Azure's was followed.
    pub resource: String,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call.verb(), self.resource)
    }
}

/// A failed call. Cloneable, so that one failure can be reported in several places; never holds a secret.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArmError {
    /// Azure answered with an error.
    #[error("{at} failed: Azure answered {status} {error}")]
    Service {
        /// Where.
        at: Site,
        /// HTTP status, 400 to 599.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<RetryAfter>,
        /// What Azure said.
        error: Box<ServiceError>,
    },
    /// No complete answer arrived. Whether Azure acted on the request is unknown.
    #[error("{at} failed: {failure}")]
    Transport {
        /// Where.
        at: Site,
        /// How the exchange broke.
        failure: TransportFailure,
    },
    /// No token could be had, so nothing was sent to Azure Resource Manager.
    #[error("{at} was not sent: sign-in failed{}: {message}", in_parentheses(code))]
    SignIn {
        /// Where.
        at: Site,
        /// The Entra error code, `AADSTS` followed by digits, where Entra answered.
        code: Option<String>,
        /// What the sign-in service or the identity library said, without secrets.
        message: String,
    },
    /// The call would have had to wait too long for tokens of a throttled quota, so it was not sent.
    #[error("{at} was not sent: the request budget `{bucket}` is used up for {} s", retry_after.as_secs_f32().ceil())]
    Budget {
        /// Where.
        at: Site,
        /// The bucket that is empty or closed.
        bucket: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// A URL that Azure handed out points away from the configured ARM endpoint; it was not followed.
    #[error(
        "{at} was not sent: the URL points at `{origin}`, which is not the configured Azure Resource Manager endpoint"
    )]
    HostRefused {
        /// Where.
        at: Site,
        /// Scheme and host of the URL.
        origin: String,
    },
    /// The answer is larger than the client accepts.
    #[error("{at} failed: the answer is larger than {limit} bytes")]
    TooLarge {
        /// Where.
        at: Site,
        /// The cap in bytes.
        limit: usize,
    },
    /// The answer is complete but not what this operation returns.
    #[error("{at} failed: the answer cannot be understood: {detail}")]
    Malformed {
        /// Where.
        at: Site,
        /// What is wrong with it; never the body itself.
        detail: String,
    },
}

/// How an exchange broke before a complete answer was there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TransportFailure {
    /// No connection: name resolution, routing, TLS or a refused port.
    #[error("no connection could be made: {0}")]
    Connect(String),
    /// The deadline of the call passed.
    #[error("the deadline of {} s passed without a complete answer", .0.as_secs())]
    Timeout(Duration),
    /// The connection broke before the answer began.
    #[error("the connection broke before an answer came")]
    Reset,
    /// The connection broke inside the answer.
    #[error("the connection broke in the middle of the answer")]
    Truncated,
}

/// What Azure says went wrong, from an error answer or from a failed operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceError {
    /// Azure's code, for example `OperationNotAllowed`; empty when the answer had none.
    pub code: String,
    /// AKS's finer code, for example `UpgradeBlockedOnDeprecatedAPIUsage`.
    pub subcode: Option<String>,
    /// Azure's message, cut to 2,000 characters.
    pub message: String,
    /// The property or resource that the error is about.
    pub target: Option<String>,
    /// Inner errors, the first ten.
    pub details: Vec<ErrorDetail>,
}

/// An error inside an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorDetail {
    /// Azure's code; empty when it gave none.
    pub code: String,
    /// Azure's message, cut to 2,000 characters.
    pub message: String,
    /// The property or resource that the detail is about.
    pub target: Option<String>,
}

impl ServiceError {
    /// Reads both shapes of Azure: an `error` envelope (the gateway, operation bodies) and the bare object of AKS.
    /// What is missing stays empty, so any JSON is accepted.
    pub fn read(body: &Value) -> Self {
        let error = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
        let detail = ErrorDetail::read(error);
        let inner = error.get("details").and_then(Value::as_array);
        Self {
            subcode: text(error, "subcode"),
            details: inner.into_iter().flatten().take(10).map(ErrorDetail::read).collect(),
            code: detail.code,
            message: detail.message,
            target: detail.target,
        }
    }
}

impl ErrorDetail {
    fn read(error: &Value) -> Self {
        Self {
            code: text(error, "code").unwrap_or_default(),
            message: text(error, "message").unwrap_or_default(),
            target: text(error, "target"),
        }
    }
}

fn text(object: &Value, key: &str) -> Option<String> {
    object
        .get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(|text| text.chars().take(2000).collect())
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.code.is_empty() { "(no code)" } else { &self.code })?;
        if let Some(subcode) = &self.subcode {
            write!(f, " ({subcode})")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message.trim())?;
        }
        Ok(())
    }
}

fn in_parentheses(code: &Option<String>) -> String {
    code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default()
}

impl ArmError {
    /// The operation and resource that failed.
    pub fn site(&self) -> &Site {
        match self {
            Self::Service { at, .. }
            | Self::Transport { at, .. }
            | Self::SignIn { at, .. }
            | Self::Budget { at, .. }
            | Self::HostRefused { at, .. }
            | Self::TooLarge { at, .. }
            | Self::Malformed { at, .. } => at,
        }
    }

    /// Azure's code, or Entra's; `None` when the failure has none.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { error, .. } => Some(error.code.as_str()).filter(|code| !code.is_empty()),
            Self::SignIn { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// The HTTP status, when Azure answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Service { status, .. } => Some(*status),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at() -> Site {
        Site {
            call: Call::PutPool,
            resource: "/pools/np1".into(),
        }
    }

    #[test]
    fn an_error_is_one_sentence_of_what_where_and_azures_code() {
        let error = ServiceError {
            code: "ValidationError".into(),
            subcode: Some("UpgradeBlockedOnDeprecatedAPIUsage".into()),
            message: "blocked\n".into(),
            ..ServiceError::default()
        };
        let cases = [
            (
                ArmError::Service {
                    at: at(),
                    status: 400,
                    retry_after: None,
                    error: Box::new(error),
                },
                "creating or updating /pools/np1 failed: Azure answered 400 ValidationError \
                 (UpgradeBlockedOnDeprecatedAPIUsage): blocked",
            ),
            (
                ArmError::SignIn {
                    at: at(),
                    code: Some("AADSTS7000222".into()),
                    message: "expired".into(),
                },
                "creating or updating /pools/np1 was not sent: sign-in failed (AADSTS7000222): expired",
            ),
            (
                ArmError::Budget {
                    at: at(),
                    bucket: "aks-other x".into(),
                    retry_after: Duration::from_millis(5200),
                },
                "creating or updating /pools/np1 was not sent: the request budget `aks-other x` is used up for 6 s",
            ),
            (
                ArmError::Transport {
                    at: at(),
                    failure: TransportFailure::Timeout(Duration::from_secs(60)),
                },
                "creating or updating /pools/np1 failed: the deadline of 60 s passed without a complete answer",
            ),
        ];
        for (error, sentence) in cases {
            assert_eq!(error.to_string(), sentence);
        }
    }

    #[test]
    fn any_json_can_be_read_as_an_error() {
        for body in [
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            json!({ "error": "text" }),
            json!({ "code": 7 }),
        ] {
            assert_eq!(ServiceError::read(&body), ServiceError::default(), "{body}");
        }
        let failed = json!({ "status": "Failed", "error": { "code": "C", "message": "x".repeat(5000) } });
        assert_eq!(ServiceError::read(&failed).message.len(), 2000);
    }
}
