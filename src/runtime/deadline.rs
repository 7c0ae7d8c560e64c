//! A deadline for every call to the management cluster, in the one place that all of them pass.
//!
//! A request has this long in all, the reading of its answer included. A watch is one long answer: it has this long to
//! begin, and ends this long after the time for which it asked.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Method, Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tower::{BoxError, Layer, Service};

/// The API server took too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    asked: String,
    limit: Duration,
}

impl fmt::Display for Late {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, limit } = self;
        write!(
            formatter,
            "the Kubernetes API server took longer than {} s to answer {asked}",
            limit.as_secs_f64()
        )
    }
}

impl std::error::Error for Late {}

/// Puts a deadline on every request of a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(pub(super) Duration);

impl<S> Layer<S> for Deadline {
    type Service = InTime<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InTime { inner, limit: self.0 }
    }
}

/// A service whose answers come in time or not at all.
#[derive(Debug, Clone)]
pub(super) struct InTime<S> {
    inner: S,
    limit: Duration,
}

impl<S, Sent, Answer> Service<Request<Sent>> for InTime<S>
where
    S: Service<Request<Sent>, Response = Response<Answer>, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response<Bounded<Answer>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Sent>) -> Self::Future {
        let now = Instant::now();
        let late = Late {
            asked: asked(request.method(), request.uri()),
            limit: self.limit,
        };
        let (begin, end) = (now + self.limit, now + self.limit + watched_for(request.uri()));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = timeout_at(begin, answer).await.map_err(|_| late.clone())??;
            Ok(answer.map(|body| Bounded {
                body,
                end: Box::pin(sleep_until(end)),
                late,
            }))
        })
    }
}

/// What was asked, without its query: that holds nothing a reader needs.
fn asked(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path())
}

/// How long a watch asked the API server to go on; nothing for other requests.
fn watched_for(uri: &Uri) -> Duration {
    let parameter = |name: &str| {
        let parameters = uri.query().unwrap_or_default().split('&');
        parameters
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
    };
    if parameter("watch").is_none_or(|(_, value)| value != "true") {
        return Duration::ZERO;
    }
    let seconds = parameter("timeoutSeconds").and_then(|(_, value)| value.parse::<u32>().ok());
    seconds.map_or(LONGEST_WATCH, |seconds| Duration::from_secs(seconds.into()))
}

/// An API server ends a watch that names no time after half an hour to an hour (`--min-request-timeout`).
const LONGEST_WATCH: Duration = Duration::from_secs(3600);

/// A body that ends in time, if need be with an error.
#[derive(Debug)]
pub(super) struct Bounded<B> {
    body: B,
    end: Pin<Box<Sleep>>,
    late: Late,
}

impl<B> Body for Bounded<B>
where
    B: Body<Error = BoxError> + Unpin,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, BoxError>>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(self.late.clone().into())));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether a call failed because its deadline passed.
pub fn is_late(error: &kube::Error) -> bool {
    late(error).is_some()
}

/// The deadline that a call failed by.
pub(super) fn late(error: &kube::Error) -> Option<&Late> {
    match error {
        kube::Error::Service(error) => error.downcast_ref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
