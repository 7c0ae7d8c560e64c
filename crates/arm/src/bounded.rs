//! The way to whoever hands out tokens. The identity library reads whole answers and believes what they say; here they
//! are bounded, and checked before the library sees them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{AsyncRawResponse, AsyncResponseBody, Body, HttpClient, Request};
use azure_core::time::OffsetDateTime;
use futures::StreamExt;
use serde_json::Value;

use super::redact::{Redactor, Sensitive};

/// A token has a few kilobytes.
const MAX_ANSWER: usize = 64 * 1024;
/// How long one question may take. The library asks twice at most, within the deadline of a call to Azure.
const DEADLINE: Duration = Duration::from_secs(20);
/// No token of Entra lives longer (Learn: configurable token lifetimes; managed identities).
const MAX_LIFETIME: i64 = 86_400;

/// A client whose answers are bounded in size and time, follow no redirect and hold only tokens that can be used.
#[derive(Debug)]
pub(super) struct Bounded(pub(super) Arc<dyn HttpClient>);

impl HttpClient for Bounded {
    fn execute_request<'a, 'b, 'c>(
        &'a self,
        request: &'b Request,
    ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move {
            let late = || {
                let message = format!("no complete answer came within {} s", DEADLINE.as_secs());
                Err(Error::with_message(ErrorKind::Io, message))
            };
            let answer = tokio::time::timeout(DEADLINE, self.exchange(request)).await;
            answer.unwrap_or_else(|_| late())
        })
    }
}

impl Bounded {
    async fn exchange(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, body) = self.0.execute_request(request).await?.deconstruct();
        if (300..400).contains(&u16::from(status)) {
            return Err(refused(format!(
                "it answered with a redirect ({status}), which is not followed"
            )));
        }
        let body = read(&headers, body).await?;
        let body = if status.is_success() {
            checked(body, OffsetDateTime::now_utc().unix_timestamp())?
        } else {
            redacted(request, body)
        };
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

fn refused(message: String) -> Error {
    Error::with_message(ErrorKind::Credential, message)
}

/// Reads the body up to the cap; what lies beyond is never held in memory.
async fn read(headers: &Headers, mut body: AsyncResponseBody) -> azure_core::Result<Vec<u8>> {
    let too_large = || refused(format!("its answer is larger than {MAX_ANSWER} bytes"));
    let length = headers.get_optional_str(&HeaderName::from_static("content-length"));
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    if length.is_some_and(|length| length > MAX_ANSWER as u64) {
        return Err(too_large());
    }
    let mut read = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        if read.len() + chunk.len() > MAX_ANSWER {
            return Err(too_large());
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// An answer with a token, its lifetime as the library takes it: it adds it to the time without a look at it.
fn checked(body: Vec<u8>, now: i64) -> azure_core::Result<Vec<u8>> {
    // What is not JSON the library refuses itself.
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&body) else {
        return Ok(body);
    };
    for lifetime in ["expires_in", "ext_expires_in"] {
        if let Some(value) = answer.get_mut(lifetime) {
            let seconds = whole(value).filter(|seconds| *seconds > 0);
            let seconds = seconds.ok_or_else(|| refused(unusable(lifetime)))?;
            *value = Value::from(seconds.min(MAX_LIFETIME));
        }
    }
    if let Some(value) = answer.get_mut("expires_on") {
        let time = whole(value).filter(|time| *time >= 0);
        let time = time.ok_or_else(|| refused(unusable("expires_on")))?;
        *value = Value::from(time.min(now + MAX_LIFETIME).to_string());
    }
    serde_json::to_vec(&answer).map_err(|error| refused(error.to_string()))
}

fn unusable(member: &str) -> String {
    format!("the token that came has no lifetime that can be used ({member})")
}

/// A whole number, also as a text, as the metadata service writes it; what is too large for one is as large as it gets.
fn whole(value: &Value) -> Option<i64> {
    let of_float = |number: f64| number.is_finite().then_some(number as i64);
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(of_float)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse().ok().and_then(of_float))
        }
        _ => None,
    }
}

/// A refusal without what the request proved itself with.
fn redacted(request: &Request, body: Vec<u8>) -> Vec<u8> {
    let sensitive = Sensitive::default();
    let header = HeaderName::from_static("x-identity-header");
    if let Some(value) = request.headers().get_optional_str(&header) {
        sensitive.add(value);
    }
    if let Body::Bytes(form) = request.body() {
        let secret = |name: &str| matches!(name, "client_secret" | "client_assertion");
        let pairs = url::form_urlencoded::parse(form).filter(|(name, _)| secret(name));
        pairs.for_each(|(_, value)| sensitive.add(&value));
    }
    match String::from_utf8(body) {
        Ok(text) => Redactor::of([&sensitive]).text(&text).into_bytes(),
        // Nothing that could be shown.
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use azure_core::http::{Method, StatusCode, Url};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn lifetime(member: &str, value: &str) -> Option<Value> {
        let body = format!(r#"{{"access_token":"t","{member}":{value}}}"#).into_bytes();
        let checked = checked(body, NOW).ok()?;
        Some(serde_json::from_slice::<Value>(&checked).unwrap()[member].clone())
    }

    #[test]
    fn a_lifetime_is_a_day_at_most_and_never_nonsense() {
        for (told, used) in [
            ("3599", Some(3599)),
            (r#""3599""#, Some(3599)),
            ("3599.7", Some(3599)),
            ("86401", Some(86_400)),
            ("9223372036854775807", Some(86_400)),
            ("18446744073709551615", Some(86_400)),
            (r#""18446744073709551615""#, Some(86_400)),
            ("1e300", Some(86_400)),
            ("0", None),
            ("-1", None),
            ("-9223372036854775808", None),
            (r#""NaN""#, None),
            (r#""inf""#, None),
            (r#""""#, None),
            (r#""soon""#, None),
            ("null", None),
            ("true", None),
            ("[3599]", None),
        ] {
            assert_eq!(
                lifetime("expires_in", told),
                used.map(|used: i64| json!(used)),
                "{told}"
            );
        }
        for (told, used) in [
            (r#""1800003600""#, Some(NOW + 3600)),
            ("1800003600", Some(NOW + 3600)),
            (r#""9223372036854775807""#, Some(NOW + 86_400)),
            (r#""-9223372036854775808""#, None),
            (r#""tomorrow""#, None),
        ] {
            assert_eq!(
                lifetime("expires_on", told),
                used.map(|used| json!(used.to_string())),
                "{told}"
            );
        }
    }

    /// Answers with chunks without end, and counts them.
    #[derive(Debug, Default)]
    struct Endless(Arc<AtomicUsize>);

    impl HttpClient for Endless {
        fn execute_request<'a, 'b, 'c>(
            &'a self,
            _: &'b Request,
        ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            let read = Arc::clone(&self.0);
            let chunks = futures::stream::repeat_with(move || {
                read.fetch_add(1024, Ordering::Relaxed);
                Ok(vec![b' '; 1024].into())
            });
            let answer = AsyncRawResponse::new(StatusCode::Ok, Headers::new(), Box::pin(chunks));
            Box::pin(async move { Ok(answer) })
        }
    }

    fn question() -> Request {
        Request::new(
            Url::parse("https://login.example/t/oauth2/v2.0/token").unwrap(),
            Method::Post,
        )
    }

    #[tokio::test]
    async fn an_answer_without_end_is_not_read_to_the_end() {
        let endless = Endless::default();
        let read = Arc::clone(&endless.0);
        let answer = Bounded(Arc::new(endless)).execute_request(&question()).await;
        let message = answer.unwrap_err().to_string();
        assert!(message.contains("larger than 65536 bytes"), "{message}");
        assert!(read.load(Ordering::Relaxed) <= MAX_ANSWER + 2048);
    }

    /// Never answers.
    #[derive(Debug)]
    struct Silent;

    impl HttpClient for Silent {
        fn execute_request<'a, 'b, 'c>(
            &'a self,
            _: &'b Request,
        ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_never_comes_is_not_waited_for() {
        let silent = Bounded(Arc::new(Silent));
        let answer = tokio::time::timeout(2 * DEADLINE, silent.execute_request(&question())).await;
        let message = answer.expect("it is given up").unwrap_err().to_string();
        assert!(message.contains("no complete answer came"), "{message}");
    }

    /// Refuses with this text.
    #[derive(Debug)]
    struct Refusing(&'static str);

    impl HttpClient for Refusing {
        fn execute_request<'a, 'b, 'c>(
            &'a self,
            _: &'b Request,
        ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            let answer = AsyncRawResponse::from_bytes(StatusCode::Unauthorized, Headers::new(), self.0);
            Box::pin(async move { Ok(answer) })
        }
    }

    #[tokio::test]
    async fn a_refusal_does_not_repeat_what_the_request_proved_itself_with() {
        let mut request = question();
        request.insert_header("x-identity-header", "header-s3cr3t");
        request.set_body("client_id=a&client_secret=form%20%22s3cr3t%22&client_assertion=assertion-s3cr3t");
        let body = r#"{"error_description":"'form+%22s3cr3t%22' 'form \"s3cr3t\"' header-s3cr3t assertion-s3cr3t"}"#;
        let answer = Bounded(Arc::new(Refusing(body))).execute_request(&request).await;
        let (_, headers, body) = answer.unwrap().deconstruct();
        let told = String::from_utf8(read(&headers, body).await.unwrap()).unwrap();
        assert_eq!(
            told,
            r#"{"error_description":"'(secret)' '(secret)' (secret) (secret)"}"#
        );
    }
}
