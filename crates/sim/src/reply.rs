//! An answer before it goes on the wire: status, header fields, and a body with the formatting of whoever writes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::refusal::{Refusal, Shape};

/// Who wrote the body, which decides its formatting and content type (wire recordings of 2023).
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// AKS: pretty-printed, `application/json`.
    Provider(Value),
    /// The gateway and Entra: compact, `application/json; charset=utf-8`.
    Gateway(Value),
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header fields besides content type and length.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// Body.
    pub body: Body,
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    /// An answer of AKS.
    #[must_use]
    pub fn provider(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Provider(body),
        }
    }

    /// An answer of the gateway, of Entra or of the metadata service.
    #[must_use]
    pub fn gateway(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Gateway(body),
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A header field that was added, by its exact name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The same answer with another body and other header fields, as a broken or hostile service would give it. A patch
    /// that does not fit is an answer that nobody mistakes for Azure's.
    #[must_use]
    pub fn altered(mut self, patch: &json_patch::Patch, headers: &BTreeMap<String, Option<String>>) -> Self {
        if let Body::Provider(body) | Body::Gateway(body) = &mut self.body
            && let Err(error) = json_patch::patch(body, patch)
        {
            return Self::gateway(
                500,
                serde_json::json!({"error": {"code": "FaultDoesNotFit", "message": error.to_string()}}),
            );
        }
        for (name, value) in headers {
            self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            let set = value
                .iter()
                .map(|value| (name.to_ascii_lowercase().into(), value.clone()));
            self.headers.extend(set);
        }
        self
    }

    /// The JSON body; `Null` when there is none.
    #[must_use]
    pub fn json(&self) -> &Value {
        match &self.body {
            Body::Empty => &Value::Null,
            Body::Provider(value) | Body::Gateway(value) => value,
        }
    }

    /// Content type and bytes of the body.
    #[must_use]
    pub fn payload(&self) -> Option<(&'static str, Vec<u8>)> {
        match &self.body {
            Body::Empty => None,
            // A `Value` has string keys only, so writing it cannot fail.
            Body::Provider(value) => Some(("application/json", serde_json::to_vec_pretty(value).unwrap_or_default())),
            Body::Gateway(value) => Some((
                "application/json; charset=utf-8",
                serde_json::to_vec(value).unwrap_or_default(),
            )),
        }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let body = refusal.body();
        match refusal.shape {
            Shape::ResourceProvider => Self::provider(refusal.status, body),
            Shape::Gateway => Self::gateway(refusal.status, body).with("x-ms-failure-cause", "gateway"),
            Shape::Service => Self::gateway(refusal.status, body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aks_pretty_prints_and_the_gateway_does_not() {
        let (kind, bytes) = Reply::provider(200, json!({"a": 1})).payload().unwrap();
        assert_eq!(
            (kind, bytes.as_slice()),
            ("application/json", b"{\n  \"a\": 1\n}".as_slice())
        );
        let (kind, bytes) = Reply::gateway(200, json!({"a": 1})).payload().unwrap();
        assert_eq!(
            (kind, bytes.as_slice()),
            ("application/json; charset=utf-8", b"{\"a\":1}".as_slice())
        );
    }

    #[test]
    fn only_the_gateway_names_itself_as_the_cause() {
        let gateway = Reply::from(Refusal::gateway(404, "ResourceNotFound", "gone"));
        assert_eq!(gateway.header("x-ms-failure-cause"), Some("gateway"));
        let provider = Reply::from(Refusal::provider(409, "OperationNotAllowed", "busy"));
        assert_eq!(provider.header("x-ms-failure-cause"), None);
    }
}
