//! What the calls to Azure cost and bring, as Prometheus metrics.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

use super::call::Call;
use super::codes::explain;
use super::error::ArmError;
use super::wire::{Arm, Request, Response};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    call: &'static str,
    /// The HTTP status, or what came in its place: `transport`, `sign_in`, `host_refused`, ...
    status: String,
    /// Azure's code where the table knows it, `other` where not, empty on success. Bounded: Azure writes it.
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    call: &'static str,
}

/// The metrics of the ARM client. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct ArmMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<CallLabel, Histogram>,
    refused: Family<CallLabel, Counter>,
    waits: Histogram,
}

impl ArmMetrics {
    /// Registers `armature_arm_requests_total{call,status,code}`, `armature_arm_request_duration_seconds{call}`,
    /// `armature_arm_budget_wait_seconds` and `armature_arm_budget_refused_total{call}`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            // 20 ms to 82 s: an answer from a cache up to the deadline.
            durations: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.02, 2.0, 13))),
            refused: Family::default(),
            waits: Histogram::new(exponential_buckets(0.01, 2.0, 10)),
        };
        registry.register(
            "armature_arm_requests",
            "Requests sent to Azure Resource Manager, by operation, HTTP status and Azure's code",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "armature_arm_request_duration",
            "Time from sending a request to having the whole answer",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register(
            "armature_arm_budget_refused",
            "Calls not sent because their wait for the request budget would have been too long",
            metrics.refused.clone(),
        );
        registry.register_with_unit(
            "armature_arm_budget_wait",
            "Time that a call waited for the request budget",
            Unit::Seconds,
            metrics.waits.clone(),
        );
        metrics
    }

    pub(super) fn waited(&self, time: Duration) {
        self.waits.observe(time.as_secs_f64());
    }

    pub(super) fn refused(&self, call: Call) {
        self.refused.get_or_create(&CallLabel { call: call.name() }).inc();
    }

    fn answered(&self, call: Call, time: Duration, answer: &Result<Response, ArmError>) {
        let call = call.name();
        self.durations
            .get_or_create(&CallLabel { call })
            .observe(time.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels {
                call,
                status: status(answer),
                code: code(answer),
            })
            .inc();
    }
}

fn status(answer: &Result<Response, ArmError>) -> String {
    let word = match answer {
        Ok(response) => return response.status.to_string(),
        Err(ArmError::Service { status, .. }) => return status.to_string(),
        Err(ArmError::Transport { .. }) => "transport",
        Err(ArmError::SignIn { .. }) => "sign_in",
        Err(ArmError::Budget { .. }) => "budget",
        Err(ArmError::HostRefused { .. }) => "host_refused",
        Err(ArmError::TooLarge { .. }) => "too_large",
        Err(ArmError::Malformed { .. }) => "malformed",
    };
    word.to_owned()
}

fn code(answer: &Result<Response, ArmError>) -> &'static str {
    match answer.as_ref().err().and_then(ArmError::code) {
        Some(code) => explain(code).map_or("other", |entry| entry.code),
        None => "",
    }
}

/// Counts and times the exchanges that are really made.
pub(super) struct Metered<A> {
    inner: A,
    metrics: ArmMetrics,
}

impl<A> Metered<A> {
    pub(super) fn new(inner: A, metrics: ArmMetrics) -> Self {
        Self { inner, metrics }
    }
}

impl<A: Arm> Arm for Metered<A> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ArmError>> {
        async move {
            let call = request.call;
            let begun = Instant::now();
            let answer = self.inner.send(request).await;
            self.metrics.answered(call, begun.elapsed(), &answer);
            answer
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use serde_json::Value;

    use super::*;
    use crate::budget::{Bucket, Budget, Kind};
    use crate::call::Priority;
    use crate::testing::{Fake, cluster, ok};
    use crate::wire::{BodyToken, Precondition, Target};

    fn request() -> Request {
        Request {
            call: Call::GetCluster,
            target: Target::Path {
                path: cluster("a").to_string(),
                api_version: "v".into(),
                filter: None,
            },
            subject: None,
            body: None,
            body_token: BodyToken::None,
            sensitive: Default::default(),
            precondition: Precondition::None,
            priority: Priority::Config,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_documented_families_are_there_and_name_no_code_that_is_not_known() {
        let (mut registry, budget) = (Registry::default(), Budget::new());
        let metrics = ArmMetrics::register(&mut registry);
        budget.register(&mut registry);
        for azure in [
            Fake::new(|_| ok(200, Value::Null)),
            Fake::refusing(429, "throttled"),
            Fake::refusing(400, "SomethingNew-4711"),
        ] {
            let _ = Metered::new(azure, metrics.clone()).send(request()).await;
        }
        metrics.waited(Duration::from_secs(1));
        metrics.refused(Call::PutPool);
        budget
            .take(&[Bucket::new(Kind::AksOther, "s/r")], Priority::Drift)
            .await
            .unwrap();
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            r#"armature_arm_requests_total{call="GetCluster",status="200",code=""} 1"#,
            r#"armature_arm_requests_total{call="GetCluster",status="429",code="Throttled"} 1"#,
            r#"armature_arm_requests_total{call="GetCluster",status="400",code="other"} 1"#,
            r#"armature_arm_request_duration_seconds_count{call="GetCluster"} 3"#,
            r#"armature_arm_budget_refused_total{call="PutPool"} 1"#,
            "armature_arm_budget_wait_seconds_count 1",
            r#"armature_arm_budget_tokens{bucket="aks-other s/r"} 59.0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
    }
}
