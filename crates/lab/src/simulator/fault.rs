//! Faults to order from the simulator.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// A fault, which calls it meets and how often.
///
/// ```
/// use armature_lab::simulator::fault::{Fault, Injection};
/// let busy = Injection::new(Fault::refuse(409, "OperationNotAllowed", "busy")).method("PUT").path("/agentPools/").times(2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Injection {
    #[serde(rename = "match")]
    pattern: Pattern,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    fault: Fault,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Pattern {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
}

impl Injection {
    /// This fault on every call, for ever; the methods narrow it.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            pattern: Pattern::default(),
            times: None,
            fault,
        }
    }

    /// Only on calls with this HTTP method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.pattern.method = Some(method.to_owned());
        self
    }

    /// Only on calls whose path contains this, in any case.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.pattern.path = Some(part.to_owned());
        self
    }

    /// Only on this kind of call, for example `ManagedClusters_CreateOrUpdate`.
    #[must_use]
    pub fn call(mut self, call: &str) -> Self {
        self.pattern.call = Some(call.to_owned());
        self
    }

    /// Only the next `times` calls that fit.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// What happens instead of the ordinary answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// An error answer; the call has no effect.
    Refuse {
        /// HTTP status, 400 to 599.
        status: u16,
        /// Error code.
        code: String,
        /// Error message; `{body}` in it stands for the body of the request and `{authorization}` for that header.
        message: String,
        /// `Retry-After` in seconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// In the gateway's shape instead of AKS's.
        gateway: bool,
    },
    /// The connection is reset; with `after` the call has taken effect first.
    ConnectionReset {
        /// Carry out the call before the reset.
        after: bool,
    },
    /// The ordinary answer, late.
    Delay {
        /// Real milliseconds.
        milliseconds: u64,
    },
    /// The ordinary answer, cut in the middle of its body.
    TruncatedBody {},
    /// The ordinary answer, changed on its way; the call has had its effect.
    Alter {
        /// A JSON Patch (RFC 6902) of the body; it has to fit.
        body: Value,
        /// Header fields to set or, with `None`, to leave out.
        headers: BTreeMap<String, Option<String>>,
    },
    /// The call is accepted and the operation that it starts fails at its end.
    OperationFails {
        /// Error code of the operation.
        code: String,
        /// Error message of the operation; `{body}` and `{authorization}` as above.
        message: String,
    },
}

impl Fault {
    /// An error answer in AKS's shape, without `Retry-After`.
    #[must_use]
    pub fn refuse(status: u16, code: &str, message: &str) -> Self {
        Self::Refuse {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            retry_after: None,
            gateway: false,
        }
    }

    /// 429 with `Retry-After` in seconds, as the gateway answers it.
    #[must_use]
    pub fn throttle(retry_after: u64) -> Self {
        Self::Refuse {
            status: 429,
            code: "TooManyRequests".to_owned(),
            message: "The request is being throttled.".to_owned(),
            retry_after: Some(retry_after),
            gateway: true,
        }
    }

    /// The ordinary answer with its body changed by a JSON Patch (RFC 6902), which has to fit.
    #[must_use]
    pub fn alter_body(patch: Value) -> Self {
        Self::Alter {
            body: patch,
            headers: BTreeMap::new(),
        }
    }

    /// The ordinary answer with a header field set or, with `None`, left out.
    #[must_use]
    pub fn alter_header(name: &str, value: Option<&str>) -> Self {
        Self::Alter {
            body: json!([]),
            headers: BTreeMap::from([(name.to_owned(), value.map(ToOwned::to_owned))]),
        }
    }

    /// An operation that is accepted and then fails.
    #[must_use]
    pub fn operation_fails(code: &str, message: &str) -> Self {
        Self::OperationFails {
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }
}
