//! One exchange with Azure Resource Manager: the contract, and what goes in and comes out.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{Call, Priority};
use super::error::{ArmError, Site};
use super::redact::Sensitive;
use super::retry_after::RetryAfter;
use armature_azure::id::SubscriptionId;

/// Something that performs one exchange with Azure Resource Manager.
///
/// The contract, for implementations and decorators alike:
/// - A request is sent at most once. Nothing is retried and no redirect is followed.
/// - A complete answer of success (2xx) is a [`Response`]; any other outcome, a redirect too, is an [`ArmError`].
/// - A token goes only to the configured endpoint; a request for another host fails as [`ArmError::HostRefused`]
///   before anything is sent.
/// - Nothing in the outcome that is for people repeats a secret that the request knows of, nor a token: errors, what
///   operations and actions answer, and what Azure says of a resource.
/// - The future ends within the deadline of the call.
/// - Dropping the future gives up the answer, not the effect: Azure may still have acted.
pub trait Arm: Send + Sync {
    /// Performs the exchange.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ArmError>>;
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A path below the ARM endpoint.
    Path {
        /// Begins with `/`, already in canonical form.
        path: String,
        /// The `api-version` of the query.
        api_version: String,
        /// The `$filter` of the query of a list.
        filter: Option<String>,
    },
    /// A URL of Azure's (`nextLink`, `Azure-AsyncOperation`, `Location`), followed to the letter.
    Verbatim(String),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, api_version, .. } => write!(f, "{path}?api-version={api_version}"),
            Self::Verbatim(url) => f.write_str(without_query(url)),
        }
    }
}

/// What must be true of the resource for a write to happen (DOC use-etags).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// It must not exist: `If-None-Match: *`.
    IfAbsent,
    /// It must still have this eTag: `If-Match`.
    IfMatch(String),
    /// Nothing is asked.
    None,
}

/// Whose quota a request uses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The Azure region in its short form (`westeurope`), where it is known.
    pub region: Option<Arc<str>>,
    /// The canonical id of the resource that the call is about; `None` for a list of a subscription.
    pub resource: Option<String>,
}

/// A token in the body of a request, beside the one in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyToken {
    /// None.
    None,
    /// For the API server of a cluster with Entra, in `clusterToken` (SPEC RunCommandRequest).
    Cluster,
}

/// One request. `Debug` leaves the body out, which may hold passwords.
#[derive(Clone)]
pub struct Request {
    /// Which operation this is; it fixes the HTTP method.
    pub call: Call,
    /// Where it goes.
    pub target: Target,
    /// Whose quota it uses; `None` for a URL of Azure's that tells none.
    pub subject: Option<Subject>,
    /// The JSON body.
    pub body: Option<Value>,
    /// A token that the body gets when it is sent, and that nobody else sees.
    pub body_token: BodyToken,
    /// The secrets in the body, and all others that Azure may repeat in its answer.
    pub sensitive: Sensitive,
    /// What must be true of the resource for the request to take effect.
    pub precondition: Precondition,
    /// What the call is for.
    pub priority: Priority,
}

impl Request {
    /// Where the request goes, for an error.
    pub fn site(&self) -> Site {
        let resource = match &self.target {
            Target::Path { path, .. } => path.clone(),
            Target::Verbatim(url) => without_query(url).to_owned(),
        };
        Site {
            call: self.call,
            resource,
        }
    }

    /// The request with a JSON body.
    pub fn with_body(self, body: &Value) -> Self {
        Self {
            body: Some(body.clone()),
            ..self
        }
    }

    /// The request under a precondition.
    pub fn under(self, precondition: Precondition) -> Self {
        Self { precondition, ..self }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call,
            target,
            subject: _,
            body: _,
            body_token: _,
            sensitive: _,
            precondition,
            priority,
        } = self;
        f.debug_struct("Request")
            .field("call", call)
            .field("target", target)
            .field("precondition", precondition)
            .field("priority", priority)
            .finish_non_exhaustive()
    }
}

/// A complete answer of success. `Debug` leaves the body out, which may hold credentials.
#[derive(Clone, PartialEq)]
pub struct Response {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// The JSON body, when there was one.
    pub body: Option<Value>,
    /// The `Azure-AsyncOperation` header.
    pub async_operation: Option<OperationUrl>,
    /// The `Location` header.
    pub location: Option<OperationUrl>,
    /// The `Retry-After` header, seconds form.
    pub retry_after: Option<RetryAfter>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            body: _,
            async_operation,
            location,
            retry_after,
        } = self;
        f.debug_struct("Response")
            .field("status", status)
            .field("async_operation", async_operation)
            .field("location", location)
            .field("retry_after", retry_after)
            .finish_non_exhaustive()
    }
}

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
        let path = without_query(&self.0);
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
        f.write_str(without_query(&self.0))
    }
}

impl fmt::Debug for OperationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationUrl({self})")
    }
}

/// A URL up to its query, which may hold a signature.
pub fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
