//! Whether the simulator's own answers are what the API descriptions say: every one is checked, none is changed.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::arm::calls::Call;
use crate::reply::Reply;
use crate::resources::call::Ask;
use crate::schema::{self, Definition, Dialect};
use crate::wire::Request;

/// How many answers that do not conform are kept for a look.
const KEPT: usize = 20;

/// An answer that does not conform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Name of the call, as in the request log.
    pub call: String,
    /// Path of the request.
    pub path: String,
    /// Status of the answer.
    pub status: u16,
    /// What is wrong with it.
    pub deviations: Vec<String>,
}

/// Counts of answers, and the first ones that do not conform. A reset keeps them: they are about the simulator, not
/// about what is simulated.
#[derive(Debug, Default, Serialize)]
pub struct Conformance {
    /// Answers that a description says something about.
    pub checked: u64,
    /// Those that do not conform.
    pub mismatches: u64,
    /// The first of them.
    pub first: VecDeque<Mismatch>,
}

impl Conformance {
    /// Checks an answer and counts it.
    pub fn check(&mut self, request: &Request, call: &Call, reply: &Reply) {
        let Some(deviations) = deviations(request, call, reply) else {
            return;
        };
        self.checked += 1;
        if deviations.is_empty() {
            return;
        }
        self.mismatches += 1;
        let mismatch = Mismatch {
            call: call.facts().name.into_owned(),
            path: request.path.clone(),
            status: reply.status,
            deviations,
        };
        tracing::error!(
            call = mismatch.call,
            path = mismatch.path,
            status = mismatch.status,
            deviations = ?mismatch.deviations,
            "this answer is not what the API description says"
        );
        if self.first.len() < KEPT {
            self.first.push_back(mismatch);
        }
    }
}

/// What is wrong with an answer; `None` when no description says anything about it.
fn deviations(request: &Request, call: &Call, reply: &Reply) -> Option<Vec<String>> {
    let dialect = Dialect::of(request.query("api-version").unwrap_or_default());
    let described = schema::check_answer(
        dialect,
        request.method.as_str(),
        &request.path,
        reply.status,
        reply.json(),
    );
    described
        .or_else(|| of_resource(call, reply))
        .or_else(|| of_error(reply))
}

/// Every service has code and message in its errors, in ARM's envelope or without. An answer to HEAD has no body.
fn of_error(reply: &Reply) -> Option<Vec<String>> {
    let body = reply.json();
    if reply.status < 400 || body.is_null() {
        return None;
    }
    let error = body.get("error").unwrap_or(body);
    let texts = error["code"].is_string() && error["message"].is_string();
    let deviations = if texts {
        vec![]
    } else {
        vec!["an error without code and message".to_owned()]
    };
    Some(deviations)
}

/// Descriptions made of SDK models have bodies but no calls: there the type's table says what an answer holds.
fn of_resource(call: &Call, reply: &Reply) -> Option<Vec<String>> {
    let Call::Resource(call) = call else { return None };
    let body = call
        .kind
        .body
        .filter(|body| body.is_of_answers() && reply.status < 300)?;
    match &call.ask {
        Ask::Get(_) | Ask::Put(_) => Some(check(body, reply.json())),
        Ask::List(_) => {
            let all = reply.json()["value"].as_array()?;
            Some(all.iter().flat_map(|one| check(body, one)).collect())
        }
        _ => None,
    }
}

/// These services write null for what is absent, other than AKS (wire recordings of azure-cli).
fn check(definition: Definition, body: &Value) -> Vec<String> {
    let mut body = body.clone();
    remove_nulls(&mut body);
    schema::check_response(definition, &body)
}

fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(remove_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::{HeaderMap, Method};
    use serde_json::json;

    use super::*;

    fn answered(query: &str, body: Value) -> Conformance {
        let path =
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p";
        let uri = format!("{path}?api-version={query}").parse().unwrap();
        let request = Request::new(Method::GET, &uri, HeaderMap::new(), Bytes::new(), String::new());
        let call = Call::parse(&Method::GET, path).unwrap();
        let mut conformance = Conformance::default();
        conformance.check(&request, &call, &Reply::provider(200, body));
        conformance
    }

    #[test]
    fn an_answer_that_the_description_does_not_allow_is_counted_and_kept() {
        let good = answered("2026-08-01", json!({"name": "p", "properties": {"count": 1}}));
        assert_eq!((good.checked, good.mismatches), (1, 0));
        let bad = answered("2026-08-01", json!({"name": "p", "properties": {"count": "1"}}));
        assert_eq!((bad.checked, bad.mismatches), (1, 1));
        assert_eq!(bad.first[0].call, "AgentPools_Get");
        assert!(
            bad.first[0].deviations[0].starts_with("properties.count"),
            "{:?}",
            bad.first
        );
    }

    fn of_subscription(status: u16, body: Value) -> Conformance {
        let path = "/subscriptions/s";
        let uri = format!("{path}?api-version=2022-12-01").parse().unwrap();
        let request = Request::new(Method::GET, &uri, HeaderMap::new(), Bytes::new(), String::new());
        let call = Call::parse(&Method::GET, path).unwrap();
        let mut conformance = Conformance::default();
        conformance.check(&request, &call, &Reply::provider(status, body));
        conformance
    }

    #[test]
    fn an_error_has_code_and_message_though_no_description_has_the_call() {
        let error = |error: Value| of_subscription(404, error).mismatches;
        assert_eq!(
            error(json!({"error": {"code": "SubscriptionNotFound", "message": "m"}})),
            0
        );
        assert_eq!(error(json!({"code": "SubscriptionNotFound", "message": "m"})), 0);
        assert_eq!(error(json!({"error": {"code": "SubscriptionNotFound"}})), 1);
        assert_eq!(error(json!({"error": "SubscriptionNotFound"})), 1);
        assert_eq!(of_subscription(200, json!({"id": "/subscriptions/s"})).checked, 0);
    }

    #[test]
    fn an_error_of_a_described_call_is_held_against_its_description() {
        let answer = |body: Value| {
            let path = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c";
            let uri = format!("{path}?api-version=2026-08-01").parse().unwrap();
            let request = Request::new(Method::GET, &uri, HeaderMap::new(), Bytes::new(), String::new());
            let call = Call::parse(&Method::GET, path).unwrap();
            let mut conformance = Conformance::default();
            conformance.check(&request, &call, &Reply::provider(409, body));
            conformance.mismatches
        };
        assert_eq!(
            answer(json!({"error": {"code": "OperationNotAllowed", "message": "m"}})),
            0
        );
        assert_eq!(answer(json!({"error": {"code": 7, "message": "m"}})), 1);
        assert_eq!(answer(json!({"message": "m"})), 1);
    }

    #[test]
    fn preview_properties_conform_in_preview_api_versions_alone() {
        let body = || json!({"properties": {"nodeInitializationTaints": ["a=b:NoSchedule"]}});
        assert_eq!(answered("2026-08-02-preview", body()).mismatches, 0);
        assert_eq!(answered("2026-08-01", body()).mismatches, 1);
    }
}
