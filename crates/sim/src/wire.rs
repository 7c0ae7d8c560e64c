//! A request as the simulator's handlers see it: read once, without any HTTP machinery behind it.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::refusal::Refusal;

/// One request on the Azure side. Not `Debug`: it holds tokens and secrets.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path, percent-decoded, without the query.
    pub path: String,
    /// Query parameters in their order, percent-decoded.
    pub query: Vec<(String, String)>,
    /// Header fields.
    pub headers: HeaderMap,
    /// Body; empty when there was none.
    pub body: Bytes,
    /// `https://host:port` by which the client reached us: the base of every URL in an answer.
    pub origin: String,
}

impl Request {
    /// Reads method, URL, header fields and body into one value.
    #[must_use]
    pub fn new(method: Method, uri: &Uri, headers: HeaderMap, body: Bytes, origin: String) -> Self {
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        Self {
            method,
            path: percent_decoded(uri.path()),
            query,
            headers,
            body,
            origin,
        }
    }

    /// A query parameter; ARM compares their names case-insensitively.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A header field, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// 400 `InvalidRequestContent` as the gateway says it, when the body is absent, not JSON or not an object.
    pub fn json_object(&self) -> Result<Value, Refusal> {
        let refuse = |reason: String| {
            Refusal::gateway(
                400,
                "InvalidRequestContent",
                format!("The request content was invalid and could not be deserialized: '{reason}'."),
            )
        };
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(value) if value.is_object() => Ok(value),
            Ok(_) => Err(refuse("the body has to be a JSON object".to_owned())),
            Err(error) => Err(refuse(error.to_string())),
        }
    }

    /// The parameters of an `application/x-www-form-urlencoded` body.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// `%41` becomes `A`; a `%` that starts no escape stays, as does a `+`, which means a space only in forms.
fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, body: &'static str) -> Request {
        Request::new(
            Method::GET,
            &uri.parse().unwrap(),
            HeaderMap::new(),
            Bytes::from_static(body.as_bytes()),
            "http://127.0.0.1:1".to_owned(),
        )
    }

    #[test]
    fn query_names_are_case_insensitive_and_values_decoded() {
        let request = request("/subscriptions?API-Version=2026-08-01&$skipToken=a%2Fb", "");
        assert_eq!(request.query("api-version"), Some("2026-08-01"));
        assert_eq!(request.query("$skiptoken"), Some("a/b"));
        assert_eq!(request.query("absent"), None);
    }

    #[test]
    fn the_path_is_percent_decoded() {
        assert_eq!(
            request("/subscriptions/a%20b/x+y=z&%zz", "").path,
            "/subscriptions/a b/x+y=z&%zz"
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_by_the_gateway() {
        for body in ["", "[]", "{", "3"] {
            let refusal = request("/", body).json_object().unwrap_err();
            assert_eq!(
                (refusal.status, refusal.code.as_ref()),
                (400, "InvalidRequestContent"),
                "{body}"
            );
        }
        assert!(request("/", "{}").json_object().is_ok());
    }
}
