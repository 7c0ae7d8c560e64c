//! Answers that are too large, too deep, too slow or no JSON: an error of that call, and no memory or time lost on it.

use super::*;
use crate::testing::Endless;

/// What the buffers of a connection hold beside what was read.
const BUFFERS: usize = 16 << 20;

async fn get(endpoint: &str, deadline: Duration) -> ArmError {
    http_client(endpoint, deadline)
        .get_cluster(&cluster("a"))
        .await
        .unwrap_err()
}

/// The end of a GET that gets these bytes.
async fn got(answer: impl Into<Vec<u8>>) -> ArmError {
    let server = Server::start(vec![answer]);
    get(&server.endpoint, TEN_SECONDS).await
}

#[tokio::test]
async fn of_a_gigabyte_no_more_than_the_cap_is_read() {
    let piece = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for beginning in [
        "HTTP/1.1 200 OK\r\n\r\n[\"",
        "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n[\"",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n",
    ] {
        let azure = Endless::start(beginning, &piece, Duration::ZERO);
        let error = get(&azure.endpoint, TEN_SECONDS).await;
        assert!(matches!(error, ArmError::TooLarge { .. }), "{beginning:?}: {error:?}");
        assert!(
            azure.sent() < MAX_BODY + BUFFERS,
            "{beginning:?}: {} bytes",
            azure.sent()
        );
    }
}

#[tokio::test]
async fn endless_headers_are_not_kept() {
    let (many, long) = ("x-header: value\r\n".repeat(50), "x".repeat(1000));
    for (beginning, piece) in [("HTTP/1.1 200 OK\r\n", many), ("HTTP/1.1 200 OK\r\nx-endless: ", long)] {
        let azure = Endless::start(beginning, &piece, Duration::ZERO);
        let error = get(&azure.endpoint, TEN_SECONDS).await;
        assert!(
            matches!(
                error,
                ArmError::Transport {
                    failure: TransportFailure::Reset,
                    ..
                }
            ),
            "{beginning:?}: {error:?}"
        );
        assert!(azure.sent() < BUFFERS, "{beginning:?}: {} bytes", azure.sent());
    }
}

#[tokio::test]
async fn what_drips_ends_at_the_deadline() {
    let (deadline, pause) = (Duration::from_millis(60), Duration::from_millis(5));
    for (beginning, piece) in [
        ("H", ""),
        ("HTTP/1.1 200 OK\r\n", "x: y\r\n"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", "["),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\n[\r\n"),
        ("HTTP/1.1 500 Internal Server Error\r\n\r\n", " "),
        ("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"),
    ] {
        let azure = Endless::start(beginning, piece, pause);
        let error = get(&azure.endpoint, deadline).await;
        assert!(
            matches!(error, ArmError::Transport { failure: TransportFailure::Timeout(passed), .. } if passed <= deadline),
            "{beginning:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_length_that_lies_gives_no_half_of_an_answer() {
    for head in [
        "content-length: 5",
        "content-length: 0",
        "content-length: 1000",
        "content-length: -1",
        "content-length: 1e3",
        "content-length: 18446744073709551616",
        "content-length: 5\r\ncontent-length: 22",
        "transfer-encoding: chunked",
        "transfer-encoding: chunked\r\n\r\nfffffffffffffffff",
    ] {
        let error = got(format!(
            "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{{\"location\":\"somewhere\"}}"
        ))
        .await;
        assert!(
            matches!(
                error,
                ArmError::Malformed { .. } | ArmError::TooLarge { .. } | ArmError::Transport { .. }
            ),
            "{head}: {error:?}"
        );
        assert_eq!(classify(&error), Retry::Backoff, "{head}");
    }
}

/// `{"location":"x","code":"x"}` as gzip writes it. Whoever takes this takes a gigabyte of zeros in a megabyte, too.
const COMPRESSED: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\xc9\x4f\x4e\x2c\xc9\xcc\xcf\x53\xb2\x52\xaa\x50\xd2\
    \x51\x4a\xce\x4f\x49\x05\x33\x6b\x01\xf0\x47\x8a\x13\x1b\x00\x00\x00";

/// Bodies that are no JSON to rely on, each with what is wrong.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    const LEVELS: usize = 100_000;
    vec![
        ("deep lists", "[".repeat(LEVELS).into()),
        (
            "deep and complete",
            ["[".repeat(LEVELS), "]".repeat(LEVELS)].concat().into(),
        ),
        ("deep objects", r#"{"error":"#.repeat(LEVELS).into()),
        ("no UTF-8", b"{\"code\":\"\xff\xfe\"}".to_vec()),
        ("an overlong slash", b"{\"code\":\"\xc0\xaf\"}".to_vec()),
        ("a surrogate alone", br#"{"code":"\ud800"}"#.to_vec()),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("a number without a value", br#"{"code":NaN}"#.to_vec()),
        ("a number beyond all numbers", br#"{"code":1e999}"#.to_vec()),
        ("two values", b"{}{}".to_vec()),
        ("a zero byte", b"{}\0".to_vec()),
        ("compressed although nobody asked for it", COMPRESSED.to_vec()),
    ]
}

#[tokio::test]
async fn what_is_no_json_is_an_error_and_proves_nothing() {
    for (what, body) in unreadable() {
        for status in ["200 OK", "404 Not Found", "500 Internal Server Error"] {
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            let server = Server::start(vec![[head.as_bytes(), &body].concat()]);
            let error = get(&server.endpoint, TEN_SECONDS).await;
            match &error {
                ArmError::Malformed { .. } => assert_eq!(status, "200 OK", "{what}"),
                // An absent resource is one of which Azure says so: then the GET above would have no error.
                ArmError::Service { error, .. } => assert_eq!(**error, ServiceError::default(), "{what}: {status}"),
                other => panic!("{what}: {status}: {other:?}"),
            }
            let asked = server.requests()[0].to_lowercase();
            assert!(
                !asked.contains("accept-encoding"),
                "nothing compressed is asked for: {asked}"
            );
        }
    }
}

#[tokio::test]
async fn headers_that_are_no_text_are_none() {
    let strange = b"HTTP/1.1 202 Accepted\r\nazure-asyncoperation: http://\xff\xfe/\r\nlocation: \xc3\x28\r\n\
                    retry-after: \xff\r\nx-ms-request-id: \x80\r\ncontent-length: 0\r\n\r\n";
    let server = Server::start(vec![strange.to_vec()]);
    let accepted = server
        .client()
        .put_cluster(&cluster("a"), &json!({}), Precondition::IfAbsent, Priority::Create)
        .await
        .unwrap();
    assert_eq!((accepted.operation, accepted.retry_after), (None, None));
}
