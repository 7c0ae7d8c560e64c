//! The one implementation of [`Arm`] that speaks HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use super::cloud::Endpoint;
use super::credential::Secret;
use super::error::{ArmError, ServiceError, Site, TransportFailure};
use super::operation::OperationUrl;
use super::token::{SignInFailure, Tokens};
use super::wire::{Arm, BodyToken, Precondition, Request, Response, Target};

/// The largest answer that is read: Azure Resource Manager itself stops at 8 MB (RPC).
pub const MAX_BODY: usize = 8 * 1024 * 1024;
/// How long a call may take in all, sign-in included: Azure Resource Manager gives a provider 60 s (RPC).
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
    /// `client` must follow no redirects and retry nothing; `deadline` is for a whole call.
    pub(super) fn new(client: reqwest::Client, endpoint: Endpoint, tokens: Arc<Tokens>, deadline: Duration) -> Self {
        Self {
            client,
            endpoint,
            tokens,
            deadline,
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, ArmError> {
        let at = request.site();
        let url = self.url(&request)?;
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
        let sent = self.prepare(&request, url, &token, body.as_ref())?.send().await;
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
        if status.is_success() {
            let body = json(&at, &body)?;
            let Headers {
                async_operation,
                location,
                retry_after,
                request_id: _,
            } = headers;
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
        let error = Box::new(service_error(&body));
        Err(ArmError::Service {
            at,
            status: status.as_u16(),
            retry_after: headers.retry_after,
            error,
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
            let late = ArmError::Transport {
                at: request.site(),
                failure: TransportFailure::Timeout(self.deadline),
            };
            tokio::time::timeout(self.deadline, self.exchange(request))
                .await
                .unwrap_or(Err(late))
        }
        .boxed()
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
    retry_after: Option<Duration>,
    request_id: Option<String>,
}

impl Headers {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            async_operation: text("azure-asyncoperation").map(OperationUrl::new),
            location: text(LOCATION.as_str()).map(OperationUrl::new),
            retry_after: text(RETRY_AFTER.as_str()).and_then(seconds),
            request_id: text("x-ms-request-id").map(str::to_owned),
        }
    }
}

/// `Retry-After` in seconds, which is what Azure writes (RPC), a day at most, whatever it says.
fn seconds(text: &str) -> Option<Duration> {
    text.trim()
        .parse()
        .ok()
        .map(|seconds: u64| Duration::from_secs(seconds.min(86_400)))
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

/// What an error answer says; one that is not JSON, a proxy's page for example, says only its status.
fn service_error(body: &[u8]) -> ServiceError {
    serde_json::from_slice(body)
        .map(|body| ServiceError::read(&body))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
