//! The one implementation of [`Arm`] that speaks HTTP.

use std::cell::LazyCell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use super::call::Call;
use super::cloud::Endpoint;
use super::credential::Secret;
use super::error::{ArmError, ServiceError, Site, TransportFailure};
use super::redact::{Keep, Redactor, Sensitive};
use super::retry_after::RetryAfter;
use super::token::{SignInFailure, Tokens};
use super::wire::{Arm, BodyToken, OperationUrl, Precondition, Request, Response, Target};

/// The largest answer that is read: Azure Resource Manager itself stops at 8 MB (RPC).
pub const MAX_BODY: usize = 8 * 1024 * 1024;
/// So much of what Azure says is looked through for secrets; the rest is not kept. Far less of it is ever shown.
const MAX_REMARK: Keep = Keep::Start(64 * 1024);
/// So much of what a command or an action tells is kept, its end.
const MAX_OUTPUT: Keep = Keep::End(256 * 1024);
/// An answer and secrets that are larger together are looked through beside the threads that everything else runs on.
const SMALL: usize = 16 * 1024;
/// How long a call may take in all, sign-in included: Azure Resource Manager gives a provider 60 s (RPC). A quick read has
/// a third of it: whoever waits for it holds a slot that others wait for, and asking again costs nothing.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Azure Resource Manager over HTTP, as one identity.
pub struct HttpArm {
    client: reqwest::Client,
    endpoint: Endpoint,
    tokens: Arc<Tokens>,
    deadline: Duration,
}

impl fmt::Debug for HttpArm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpArm")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl HttpArm {
    /// `client` must follow no redirects and retry nothing; `deadline` is for a whole call, and three quick reads.
    pub(super) fn new(client: reqwest::Client, endpoint: Endpoint, tokens: Arc<Tokens>, deadline: Duration) -> Self {
        Self {
            client,
            endpoint,
            tokens,
            deadline,
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Response, ArmError> {
        let at = request.site();
        let url = self.url(request)?;
        let refused = |failure: SignInFailure| ArmError::SignIn {
            at: at.clone(),
            code: failure.code,
            message: failure.message,
        };
        let token = self.tokens.get().await.map_err(refused)?;
        let mut body = request.body.clone();
        if let (BodyToken::Cluster, Some(body)) = (request.body_token, &mut body) {
            let token = self.tokens.get_for_clusters().await.map_err(refused)?;
            body["clusterToken"] = Value::from(token.expose());
        }
        let sent = self.prepare(request, url, &token, body.as_ref())?.send().await;
        let answer = sent.map_err(|error| self.broken(&at, &error, TransportFailure::Reset))?;
        let status = answer.status();
        let headers = Headers::read(answer.headers());
        tracing::debug!(
            call = request.call.name(),
            resource = at.resource,
            status = status.as_u16(),
            request_id = headers.request_id,
            "Azure answered"
        );
        let body = self.body(&at, answer).await?;
        let length = body.len();
        if status.is_success() {
            let mut body = json(&at, &body)?;
            let Headers {
                async_operation,
                location,
                retry_after,
                request_id: _,
            } = headers;
            if let Some(told) = body {
                body = Some(
                    self.look_through(request, length, move |secrets| secrets.quiet(told))
                        .await?,
                );
            }
            // It would be stored as it is. Other secrets are not looked for: one may be the name of a region.
            let repeats = |url: &OperationUrl| Redactor::of(self.tokens.sensitive()).finds(url.as_str());
            if async_operation.iter().chain(&location).any(repeats) {
                let detail = "the URL of its operation repeats the token of the request".to_owned();
                return Err(ArmError::Malformed { at, detail });
            }
            return Ok(Response {
                status: status.as_u16(),
                body,
                async_operation,
                location,
                retry_after,
            });
        }
        if !status.is_client_error() && !status.is_server_error() {
            return Err(ArmError::Malformed {
                at,
                detail: format!("status {status} is neither success nor error"),
            });
        }
        if status == reqwest::StatusCode::UNAUTHORIZED {
            self.tokens.forget();
        }
        let told = self.look_through(request, length, move |secrets| secrets.service_error(&body));
        let error = Box::new(told.await?);
        Err(ArmError::Service {
            at,
            status: status.as_u16(),
            retry_after: headers.retry_after,
            error,
        })
    }

    /// What an answer must not repeat: the secrets that a request knows of, and the tokens of the identity.
    fn secrets(&self, request: &Request) -> Secrets {
        let [own, given] = self.tokens.sensitive();
        Secrets {
            call: request.call,
            sets: [request.sensitive.clone(), own.clone(), given.clone()],
        }
    }

    /// Does work that grows with the answer and the secrets: what is long must keep no other request waiting.
    async fn look_through<T: Send + 'static>(
        &self,
        request: &Request,
        length: usize,
        work: impl FnOnce(&Secrets) -> T + Send + 'static,
    ) -> Result<T, ArmError> {
        let secrets = self.secrets(request);
        if length + secrets.size() <= SMALL {
            return Ok(work(&secrets));
        }
        let done = tokio::task::spawn_blocking(move || work(&secrets)).await;
        done.map_err(|_| ArmError::Malformed {
            at: request.site(),
            detail: "it could not be looked through for secrets".to_owned(),
        })
    }

    fn url(&self, request: &Request) -> Result<Url, ArmError> {
        match &request.target {
            Target::Path {
                path,
                api_version,
                filter,
            } => Ok(self.endpoint.at(path, api_version, filter.as_deref())),
            Target::Verbatim(url) => self.endpoint.pin(url).map_err(|origin| ArmError::HostRefused {
                at: request.site(),
                origin,
            }),
        }
    }

    fn prepare(
        &self,
        request: &Request,
        url: Url,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<reqwest::RequestBuilder, ArmError> {
        let mut headers = HeaderMap::new();
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| ArmError::SignIn {
                at: request.site(),
                code: None,
                message: "the token that came is not one".to_owned(),
            })?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        match &request.precondition {
            Precondition::IfAbsent => {
                headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
            }
            Precondition::IfMatch(etag) => {
                // Never sent without it: a write would lose its guard.
                let etag = HeaderValue::from_str(etag).map_err(|_| ArmError::Malformed {
                    at: request.site(),
                    detail: "the eTag that Azure gave earlier cannot be sent back".to_owned(),
                })?;
                headers.insert(IF_MATCH, etag);
            }
            Precondition::None => {}
        }
        let builder = self.client.request(request.call.method(), url).headers(headers);
        Ok(match body {
            Some(body) => builder.json(body),
            None => builder,
        })
    }

    /// Reads the body up to the cap; what lies beyond is never held in memory.
    async fn body(&self, at: &Site, mut answer: reqwest::Response) -> Result<Vec<u8>, ArmError> {
        let too_large = || ArmError::TooLarge {
            at: at.clone(),
            limit: MAX_BODY,
        };
        if answer.content_length().is_some_and(|length| length > MAX_BODY as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| self.broken(at, &error, TransportFailure::Truncated))?
        {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, at: &Site, error: &reqwest::Error, otherwise: TransportFailure) -> ArmError {
        let failure = if error.is_connect() {
            TransportFailure::Connect(root_cause(error))
        } else if error.is_timeout() {
            TransportFailure::Timeout(self.deadline)
        } else {
            otherwise
        };
        ArmError::Transport {
            at: at.clone(),
            failure,
        }
    }
}

impl Arm for HttpArm {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ArmError>> {
        async move {
            let quick = request.call.is_quick();
            let deadline = if quick { self.deadline / 3 } else { self.deadline };
            let late = ArmError::Transport {
                at: request.site(),
                failure: TransportFailure::Timeout(deadline),
            };
            let answer = tokio::time::timeout(deadline, self.exchange(&request)).await;
            // A path of our own names what the manifest names; a URL of Azure's may hold anything.
            answer.unwrap_or(Err(late)).map_err(|error| match request.target {
                Target::Verbatim(_) => self.secrets(&request).redactor().error(error),
                Target::Path { .. } => error,
            })
        }
        .boxed()
    }
}

/// What the answer to a call must not repeat.
struct Secrets {
    call: Call,
    sets: [Sensitive; 3],
}

impl Secrets {
    fn redactor(&self) -> Redactor {
        Redactor::of(&self.sets)
    }

    fn size(&self) -> usize {
        self.sets.iter().map(Sensitive::size).sum()
    }

    /// Takes secrets out of a good answer. What operations and actions answer is for people and for nothing else; the
    /// properties of a resource are compared and sent back, so there it is only what Azure says about it.
    fn quiet(&self, mut body: Value) -> Value {
        // Most bodies say nothing, so that nothing has to be prepared for them.
        let redactor = LazyCell::new(|| self.redactor());
        match (self.call, &mut body) {
            (Call::OperationStatus | Call::PostAction, Value::Object(members)) => {
                let told = members
                    .iter_mut()
                    .filter(|(name, _)| !PROGRESS.contains(&name.as_str()));
                for (name, member) in told {
                    let keep = if is_remark(name) { MAX_REMARK } else { MAX_OUTPUT };
                    redact_texts(member, keep, &redactor);
                }
            }
            (_, body) => redact_remarks(body, &redactor),
        }
        body
    }

    /// What an error answer says; one that is not JSON, a proxy's page for example, says only its status.
    fn service_error(&self, body: &[u8]) -> ServiceError {
        let Ok(mut body) = serde_json::from_slice(body) else {
            return ServiceError::default();
        };
        // Before anything of it is cut: the rest of a secret would not be found any more.
        self.redactor().value(&mut body, MAX_REMARK);
        ServiceError::read(&body)
    }
}

/// The innermost cause, such as a refused connection or an unknown certificate issuer; the outer ones repeat the URL,
/// which may be signed.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, error) {
        "unknown cause".to_owned()
    } else {
        cause.to_string()
    }
}

/// The headers that mean something.
struct Headers {
    async_operation: Option<OperationUrl>,
    location: Option<OperationUrl>,
    retry_after: Option<RetryAfter>,
    request_id: Option<String>,
}

impl Headers {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            async_operation: text("azure-asyncoperation").map(OperationUrl::new),
            location: text(LOCATION.as_str()).map(OperationUrl::new),
            retry_after: text(RETRY_AFTER.as_str()).and_then(|text| RetryAfter::read(text, Timestamp::now())),
            request_id: text("x-ms-request-id").filter(is_request_id).map(str::to_owned),
        }
    }
}

/// It goes to the log, so it is a GUID as Azure makes them or nothing.
fn is_request_id(text: &&str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn json(at: &Site, body: &[u8]) -> Result<Option<Value>, ArmError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice(body).map(Some).map_err(|_| ArmError::Malformed {
        at: at.clone(),
        detail: "it is not complete JSON".to_owned(),
    })
}

/// Members of an operation that are words of the service and are never shown.
const PROGRESS: &[&str] = &[
    "id",
    "name",
    "status",
    "startTime",
    "endTime",
    "percentComplete",
    "resourceId",
];

/// Members in which a service says something of a resource. None of them can be written.
const REMARKS: &[&str] = &[
    "error",
    "errors",
    "errorInfo",
    "provisioningError",
    "statuses",
    "message",
    "lastError",
];

fn is_remark(name: &str) -> bool {
    REMARKS.iter().any(|remark| name.eq_ignore_ascii_case(remark))
}

/// Takes secrets out of what a body says of its resource.
fn redact_remarks<F: FnOnce() -> Redactor>(body: &mut Value, redactor: &LazyCell<Redactor, F>) {
    match body {
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| {
            if is_remark(name) {
                redact_texts(member, MAX_REMARK, redactor);
            } else {
                redact_remarks(member, redactor);
            }
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_remarks(item, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn redact_texts<F: FnOnce() -> Redactor>(remark: &mut Value, keep: Keep, redactor: &LazyCell<Redactor, F>) {
    let silent = match remark {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    };
    if !silent {
        redactor.value(remark, keep);
    }
}

#[cfg(test)]
mod tests;
