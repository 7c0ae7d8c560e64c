mod bodies;
mod hosts;

use serde_json::json;

use super::*;
use crate::call::Priority;
use crate::client::{ArmClient, Deletion, Scope};
use crate::codes::{Retry, classify};
use crate::operation::OperationState;
use crate::redact::Sensitive;
use crate::testing::{Server, answer, cluster, http_client};

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn put(client: &ArmClient, precondition: Precondition) -> impl Future<Output = Result<(), ArmError>> {
    let client = client.clone();
    async move {
        client
            .put_cluster(
                &cluster("a"),
                &json!({ "location": "x" }),
                precondition,
                Priority::Create,
            )
            .await
            .map(|_| ())
    }
}

fn service(error: ArmError) -> (u16, Option<RetryAfter>, ServiceError) {
    match error {
        ArmError::Service {
            status,
            retry_after,
            error,
            ..
        } => (status, retry_after, *error),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_names_its_resource_version_and_token() {
    let server = Server::start(vec![answer("200 OK", &[], r#"{"location":"westeurope"}"#)]);
    server.client().get_cluster(&cluster("a")).await.unwrap().unwrap();
    let request = server.requests().remove(0);
    let first = request.lines().next().unwrap();
    assert_eq!(first, format!("GET {}?api-version=2026-08-01 HTTP/1.1", cluster("a")));
    assert!(
        request.to_lowercase().contains("authorization: bearer token-1"),
        "{request}"
    );
}

#[tokio::test]
async fn preconditions_are_headers() {
    let server = Server::start(vec![answer("200 OK", &[], "{}"); 3]);
    let client = server.client();
    put(&client, Precondition::IfAbsent).await.unwrap();
    put(&client, Precondition::IfMatch("\"tag\"".into())).await.unwrap();
    put(&client, Precondition::None).await.unwrap();
    let requests: Vec<_> = server.requests().iter().map(|request| request.to_lowercase()).collect();
    assert!(requests[0].contains("if-none-match: *") && !requests[0].contains("if-match"));
    assert!(requests[1].contains("if-match: \"tag\"") && !requests[1].contains("if-none-match"));
    assert!(!requests[2].contains("if-match") && !requests[2].contains("if-none-match"));
    assert!(requests[0].ends_with(r#"{"location":"x"}"#), "{}", requests[0]);
}

#[tokio::test]
async fn a_write_is_not_sent_without_the_guard_that_was_asked_for() {
    let server = Server::start(vec![answer("200 OK", &[], "{}")]);
    let refused = put(&server.client(), Precondition::IfMatch("a\nb".into())).await;
    assert!(matches!(refused, Err(ArmError::Malformed { .. })));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn both_error_shapes_are_read() {
    let bare = r#"{"code":"OperationNotAllowed","details":null,"message":"in progress","subcode":"Sub","target":"t"}"#;
    let enveloped =
        r#"{"error":{"code":"RequestDisallowedByPolicy","message":"no","details":[{"code":"D","message":"dm"}]}}"#;
    let server = Server::start(vec![
        answer("409 Conflict", &[], bare),
        answer("403 Forbidden", &[], enveloped),
    ]);
    let client = server.client();
    let (status, _, error) = service(client.get_cluster(&cluster("a")).await.unwrap_err());
    assert_eq!(
        (status, error.code.as_str(), error.subcode.as_deref()),
        (409, "OperationNotAllowed", Some("Sub"))
    );
    assert_eq!(
        (error.message.as_str(), error.target.as_deref()),
        ("in progress", Some("t"))
    );
    let (status, _, error) = service(client.get_cluster(&cluster("a")).await.unwrap_err());
    assert_eq!(
        (status, error.code.as_str(), error.subcode),
        (403, "RequestDisallowedByPolicy", None)
    );
    assert_eq!(
        (error.details[0].code.as_str(), error.details[0].message.as_str()),
        ("D", "dm")
    );
}

#[tokio::test]
async fn an_error_page_that_is_not_azures_says_only_its_status() {
    let server = Server::start(vec![answer("502 Bad Gateway", &[], "<html>secret proxy page</html>")]);
    let error = server.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert_eq!(classify(&error), Retry::Backoff);
    assert_eq!(
        error.to_string(),
        format!("reading {} failed: Azure answered 502 (no code)", cluster("a"))
    );
    // A proxy's 404 must never pass for an absent cluster.
    let server = Server::start(vec![answer("404 Not Found", &[], "<html></html>")]);
    assert!(server.client().get_cluster(&cluster("a")).await.is_err());
}

#[tokio::test]
async fn throttling_carries_its_wait() {
    let body = r#"{"code":"Throttled","message":"retry again"}"#;
    let server = Server::start(vec![answer("429 Too Many Requests", &[("Retry-After", "42")], body)]);
    let error = server.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert_eq!(classify(&error), Retry::After(Duration::from_secs(42)));
    assert_eq!(server.requests().len(), 1, "nothing is retried");
}

#[tokio::test]
async fn a_create_and_a_delete_give_the_operation_and_it_is_asked_verbatim() {
    let signed = "/operations/1?api-version=2016-03-30&t=1&c=MII%2B&s=a-b_c~d&h=x";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let url = format!("{endpoint}{signed}");
    let server = Server::on(
        listener,
        vec![
            answer(
                "201 Created",
                &[("azure-asyncoperation", &url), ("Retry-After", "3")],
                r#"{"properties":{}}"#,
            ),
            answer(
                "202 Accepted",
                &[("azure-asyncoperation", &url), ("location", "http://elsewhere/")],
                "",
            ),
            answer("200 OK", &[], r#"{"name":"1","status":"InProgress"}"#),
        ],
    );
    let client = server.client();
    let created = client
        .put_cluster(&cluster("a"), &json!({}), Precondition::IfAbsent, Priority::Create)
        .await
        .unwrap();
    assert_eq!(created.retry_after, Some(RetryAfter::new(Duration::from_secs(3))));
    let deleted = client.delete_cluster(&cluster("a")).await.unwrap();
    let Deletion::Accepted(deleted) = deleted else {
        panic!("{deleted:?}")
    };
    assert_eq!(deleted.operation, created.operation);
    assert_eq!(deleted.body, None);
    let state = client.operation_status(&created.operation.unwrap()).await.unwrap();
    assert_eq!(
        state,
        OperationState::Running {
            percent: None,
            retry_after: None
        }
    );
    assert!(
        server.requests()[2].starts_with(&format!("GET {signed} HTTP/1.1")),
        "{}",
        server.requests()[2]
    );
}

#[tokio::test]
async fn a_token_never_goes_to_another_host() {
    let hostile = Server::start(vec![answer("200 OK", &[], r#"{"value":[],"status":"Succeeded"}"#); 2]);
    let next = json!({ "value": [], "nextLink": format!("{}/page2", hostile.endpoint) }).to_string();
    let server = Server::start(vec![answer("200 OK", &[], &next)]);
    let client = server.client();
    let scope = Scope::Subscription(cluster("a").subscription().clone());
    let listed = client.list_clusters(&scope).await;
    assert!(
        matches!(&listed, Err(ArmError::HostRefused { origin, .. }) if *origin == hostile.endpoint),
        "{listed:?}"
    );
    let operation = client
        .operation_status(&OperationUrl::new(format!("{}/op?s=sig", hostile.endpoint)))
        .await;
    assert!(matches!(&operation, Err(ArmError::HostRefused { .. })), "{operation:?}");
    assert!(!format!("{operation:?}").contains("sig"));
    assert!(hostile.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_success() {
    let hostile = Server::start(vec![answer("200 OK", &[], "{}")]);
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = Server::start(vec![answer(status, &[("location", &hostile.endpoint)], "")]);
        let moved = put(&server.client(), Precondition::None).await;
        assert!(matches!(moved, Err(ArmError::Malformed { .. })), "{status}");
    }
    assert!(hostile.requests().is_empty());
}

#[tokio::test]
async fn a_truncated_answer_is_a_broken_exchange() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"location\":".to_owned();
    let server = Server::start(vec![cut]);
    let error = server.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert!(
        matches!(
            error,
            ArmError::Transport {
                failure: TransportFailure::Truncated,
                ..
            }
        ),
        "{error:?}"
    );
    let unframed = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"location\":".to_owned();
    let server = Server::start(vec![unframed]);
    let error = server.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert!(matches!(error, ArmError::Malformed { .. }), "{error:?}");
    assert_eq!(classify(&error), Retry::Backoff);
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_not_read() {
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{{", MAX_BODY + 1);
    let server = Server::start(vec![announced]);
    let error = server.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert!(matches!(error, ArmError::TooLarge { .. }), "{error:?}");
    let unannounced = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\"{}\"",
        "x".repeat(MAX_BODY)
    );
    let server = Server::start(vec![unannounced]);
    let error = server.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert!(matches!(error, ArmError::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn connection_faults_are_told_apart() {
    let closed = Server::start(vec![String::new()]);
    let error = closed.client().get_cluster(&cluster("a")).await.unwrap_err();
    assert!(
        matches!(
            error,
            ArmError::Transport {
                failure: TransportFailure::Reset,
                ..
            }
        ),
        "{error:?}"
    );
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = http_client(&format!("http://{unused}"), TEN_SECONDS)
        .get_cluster(&cluster("a"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ArmError::Transport { failure: TransportFailure::Connect(cause), .. } if cause.contains("refused")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let client = http_client(&endpoint, Duration::from_millis(150));
    let at = |error: ArmError| match error {
        ArmError::Transport {
            failure: TransportFailure::Timeout(deadline),
            ..
        } => deadline.as_millis(),
        other => panic!("{other:?}"),
    };
    assert_eq!(at(client.get_cluster(&cluster("a")).await.unwrap_err()), 50, "a read");
    assert_eq!(at(put(&client, Precondition::None).await.unwrap_err()), 150, "a write");
}

#[tokio::test]
async fn a_success_that_is_not_json_is_malformed() {
    let server = Server::start(vec![answer("200 OK", &[], "<html>")]);
    assert!(matches!(
        server.client().get_cluster(&cluster("a")).await,
        Err(ArmError::Malformed { .. })
    ));
}

#[tokio::test]
async fn a_retry_after_of_a_day_is_one_of_minutes_on_every_kind_of_answer() {
    let day = [("Retry-After", "86400")];
    let server = Server::start(vec![
        answer("200 OK", &day, "{}"),
        answer("200 OK", &day, r#"{"status": "InProgress"}"#),
        answer("429 Too Many Requests", &day, "{}"),
    ]);
    let client = server.client();
    let written = client
        .put_cluster(&cluster("a"), &json!({}), Precondition::None, Priority::Config)
        .await;
    assert_eq!(written.unwrap().retry_after, Some(RetryAfter::MAX));
    let url = OperationUrl::new(format!("{}/operations/o", server.endpoint));
    let state = client.operation_status(&url).await.unwrap();
    assert!(matches!(state, OperationState::Running { retry_after: Some(wait), .. } if wait == RetryAfter::MAX));
    let error = client.get_cluster(&cluster("a")).await.unwrap_err();
    assert_eq!(classify(&error), Retry::After(RetryAfter::MAX.wait()));
}

/// A secret with everything that a service may write in another way.
const SECRET: &str = r#"Pa55"wörd\%41+end/of=it"#;

/// What a service says when it repeats the body of a request in a message.
fn echo(password: &str) -> String {
    let request = json!({ "properties": { "windowsProfile": { "adminPassword": password } } });
    request.to_string()
}

fn knowing(client: &ArmClient, secret: &str) -> ArmClient {
    let sensitive = Sensitive::default();
    sensitive.add(secret);
    client.with_sensitive(sensitive)
}

#[tokio::test]
async fn an_error_repeats_no_secret_of_the_request_and_no_part_of_it() {
    // Where a message is cut, after 2,000 characters, nothing may be left of a secret either.
    for length in [0, 1].into_iter().chain((1910..2010).step_by(9)) {
        let message = format!("{}{}", "x".repeat(length), echo(SECRET));
        let body = json!({ "error": {
            "code": SECRET, "message": message, "target": SECRET,
            "details": [{ "code": "Other", "message": message, "target": echo(SECRET) }],
        } });
        let server = Server::start(vec![answer("400 Bad Request", &[], &body.to_string())]);
        let error = put(&knowing(&server.client(), SECRET), Precondition::None)
            .await
            .unwrap_err();
        let told = format!("{error} {error:?}");
        for part in ["Pa55", "wörd", "%41+", "of=it"] {
            assert!(!told.contains(part), "{length}: {told}");
        }
    }
}

#[tokio::test]
async fn an_error_repeats_no_token() {
    let body = json!({ "error": { "code": "C", "message": "'Bearer token-1' is refused", "target": "dG9rZW4tMQ==" } });
    let server = Server::start(vec![answer("400 Bad Request", &[], &body.to_string())]);
    let (_, _, error) = service(put(&server.client(), Precondition::None).await.unwrap_err());
    assert_eq!(error.message, "'Bearer (secret)' is refused");
    assert_eq!(error.target.as_deref(), Some("(secret)"));
}

#[tokio::test]
async fn what_an_operation_tells_has_no_secret_of_an_earlier_request() {
    let failed = json!({ "status": "Failed", "error": { "code": "C", "message": echo(SECRET) } });
    let logs =
        json!({ "status": "Succeeded", "properties": { "logs": format!("token-1 {SECRET} output"), "exitCode": 0 } });
    let server = Server::start(vec![
        answer("200 OK", &[], "{}"),
        answer("200 OK", &[], &failed.to_string()),
        answer("200 OK", &[], &logs.to_string()),
    ]);
    let client = knowing(&server.client(), SECRET);
    put(&client, Precondition::None).await.unwrap();
    let url = OperationUrl::new(format!("{}/operations/1", server.endpoint));
    let OperationState::Failed(error) = client.operation_status(&url).await.unwrap() else {
        panic!("it failed")
    };
    assert_eq!(
        error.message,
        r#"{"properties":{"windowsProfile":{"adminPassword":"(secret)"}}}"#
    );
    let (_, body) = client.operation_answer(&url).await.unwrap();
    assert_eq!(body.unwrap()["properties"]["logs"], "(secret) (secret) output");
}

#[tokio::test]
async fn what_azure_says_of_a_resource_has_no_secret_and_its_properties_stay_as_they_are() {
    let body = json!({ "properties": {
        "dnsPrefix": SECRET,
        "status": { "provisioningError": { "code": "C", "message": echo(SECRET) } },
        "statuses": [{ "message": SECRET }],
    } });
    let server = Server::start(vec![answer("200 OK", &[], &body.to_string())]);
    let client = knowing(&server.client(), SECRET);
    let body = client.get_cluster(&cluster("a")).await.unwrap().unwrap();
    assert_eq!(body["properties"]["dnsPrefix"], SECRET, "it is compared and sent back");
    let told = body["properties"]["status"].to_string() + &body["properties"]["statuses"].to_string();
    assert!(!told.contains("Pa55") && !told.contains("of=it"), "{told}");
}

#[tokio::test]
async fn a_url_that_repeats_the_token_is_not_kept() {
    let url = "http://elsewhere/operations/1?for=token-1";
    let server = Server::start(vec![answer("201 Created", &[("azure-asyncoperation", url)], "{}")]);
    let error = put(&server.client(), Precondition::None).await.unwrap_err();
    assert!(matches!(error, ArmError::Malformed { .. }), "{error:?}");
}
