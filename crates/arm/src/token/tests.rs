use std::pin::Pin;

use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use azure_core::time::OffsetDateTime;

use super::*;

/// Answers every token request alike and remembers where it went and what it said.
#[derive(Debug)]
struct FakeEntra {
    status: StatusCode,
    body: String,
    asked: Mutex<Vec<(String, String)>>,
}

impl HttpClient for FakeEntra {
    fn execute_request<'a, 'b, 'c>(
        &'a self,
        request: &'b Request,
    ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        let body = match request.body() {
            azure_core::http::Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            azure_core::http::Body::SeekableStream(_) => String::new(),
        };
        self.asked.lock().unwrap().push((request.url().to_string(), body));
        let mut headers = Headers::new();
        // It means nothing unless the status is a redirect.
        headers.insert("location", "https://evil.example/token");
        let answer = AsyncRawResponse::from_bytes(self.status, headers, self.body.clone());
        Box::pin(async move { Ok(answer) })
    }
}

fn entra(status: StatusCode, body: Value) -> Arc<FakeEntra> {
    Arc::new(FakeEntra {
        status,
        body: body.to_string(),
        asked: Mutex::default(),
    })
}

fn tokens(credential: Credential, entra: &Arc<FakeEntra>) -> Tokens {
    let transports = Transports {
        entra: entra.clone(),
        machine: entra.clone(),
    };
    Tokens::new(credential, Cloud::us_government().unwrap(), transports)
}

fn client_secret() -> Credential {
    Credential::ClientSecret {
        tenant_id: "tenant".into(),
        client_id: "application".into(),
        secret: Secret::new("s3cr3t~value"),
    }
}

fn granted() -> Value {
    serde_json::json!({
        "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "granted", "resource": "r",
        "expires_on": (OffsetDateTime::now_utc().unix_timestamp() + 3599).to_string(),
    })
}

#[tokio::test]
async fn a_client_secret_is_sent_to_the_configured_authority_for_the_configured_audience() {
    let entra = entra(StatusCode::Ok, granted());
    let token = tokens(client_secret(), &entra).get().await;
    assert_eq!(token.ok().unwrap().expose(), "granted");
    let (url, body) = entra.asked.lock().unwrap()[0].clone();
    assert_eq!(url, "https://login.microsoftonline.us/tenant/oauth2/v2.0/token");
    assert!(
        body.contains("scope=https%3A%2F%2Fmanagement.usgovcloudapi.net%2F.default"),
        "{body}"
    );
    assert!(body.contains("client_secret=s3cr3t%7Evalue"), "{body}");
}

#[tokio::test]
async fn a_workload_identity_sends_the_projected_token_as_assertion() {
    let folder = std::env::temp_dir().join(format!("armature-token-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let token_file = folder.join("token");
    std::fs::write(&token_file, "projected").unwrap();
    let credential = Credential::WorkloadIdentity {
        tenant_id: "tenant".into(),
        client_id: "application".into(),
        token_file,
    };
    let entra = entra(StatusCode::Ok, granted());
    let token = tokens(credential, &entra).get().await;
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(token.ok().unwrap().expose(), "granted");
    assert!(entra.asked.lock().unwrap()[0].1.contains("client_assertion=projected"));
}

#[tokio::test]
async fn a_managed_identity_asks_the_machine_for_the_resource() {
    let machine = entra(StatusCode::Ok, granted());
    let token = tokens(
        Credential::ManagedIdentity {
            client_id: Some("user-assigned".into()),
        },
        &machine,
    )
    .get()
    .await;
    assert_eq!(token.ok().unwrap().expose(), "granted");
    let (url, _) = machine.asked.lock().unwrap()[0].clone();
    assert!(
        url.contains("resource=https%3A%2F%2Fmanagement.usgovcloudapi.net&client_id=user-assigned"),
        "{url}"
    );
}

#[tokio::test]
async fn a_missing_token_file_is_a_failed_sign_in() {
    let credential = Credential::WorkloadIdentity {
        tenant_id: "tenant".into(),
        client_id: "application".into(),
        token_file: "/nonexistent/token".into(),
    };
    let failure = tokens(credential, &entra(StatusCode::Ok, granted()))
        .get()
        .await
        .err()
        .unwrap();
    assert_eq!(failure.code, None);
    assert!(failure.message.contains("/nonexistent/token"), "{}", failure.message);
}

#[tokio::test]
async fn a_refused_sign_in_gives_entras_code_and_no_secret() {
    let refused = entra(
        StatusCode::Unauthorized,
        serde_json::json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret s3cr3t~value provided. Trace ID: 1-2-3 Timestamp: 4",
            "error_codes": [7000215],
        }),
    );
    let failure = tokens(client_secret(), &refused).get().await.err().unwrap();
    assert_eq!(failure.code.as_deref(), Some("AADSTS7000215"));
    assert!(
        failure.message.contains("Invalid client secret (secret) provided."),
        "{}",
        failure.message
    );
    assert!(
        !failure.message.contains("Trace ID"),
        "changes each time: {}",
        failure.message
    );
    assert!(!failure.message.contains("aka.ms/azsdk"), "{}", failure.message);
}

#[tokio::test]
async fn an_answer_that_is_not_entras_has_no_code() {
    let page = Arc::new(FakeEntra {
        status: StatusCode::Forbidden,
        body: "<html>proxy</html>".into(),
        asked: Mutex::default(),
    });
    let failure = tokens(client_secret(), &page).get().await.err().unwrap();
    assert_eq!(failure.code, None);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_sent_elsewhere_fails_and_goes_nowhere() {
    for status in [301, 302, 303, 307, 308] {
        for credential in [client_secret(), Credential::ManagedIdentity { client_id: None }] {
            // Even a token beside the redirect is none.
            let entra = entra(StatusCode::from(status), granted());
            let failed = tokens(credential.clone(), &entra).get().await;
            assert!(failed.is_err(), "{status} {credential:?}");
            let asked = entra.asked.lock().unwrap();
            assert!(!asked.is_empty() && asked.len() <= 2, "{status} {credential:?}");
            assert!(
                asked.iter().all(|(url, _)| !url.contains("evil")),
                "{status}: {asked:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_forgotten_token_is_asked_for_again() {
    let entra = entra(StatusCode::Ok, granted());
    let tokens = tokens(client_secret(), &entra);
    for _ in 0..3 {
        tokens.get().await.ok().unwrap();
    }
    assert_eq!(entra.asked.lock().unwrap().len(), 1, "the token is kept");
    tokens.forget();
    tokens.get().await.ok().unwrap();
    assert_eq!(entra.asked.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_sign_in_service_is_repeated_once_at_most() {
    let entra = entra(StatusCode::ServiceUnavailable, serde_json::json!({}));
    assert!(tokens(client_secret(), &entra).get().await.is_err());
    assert_eq!(entra.asked.lock().unwrap().len(), 2);
}

#[test]
fn nothing_secret_is_shown() {
    let entra = entra(StatusCode::Ok, granted());
    let shown = format!("{:?} {:?}", client_secret(), tokens(client_secret(), &entra));
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn a_changed_secret_is_another_credential() {
    let changed = Credential::ClientSecret {
        tenant_id: "tenant".into(),
        client_id: "application".into(),
        secret: Secret::new("other"),
    };
    assert_ne!(client_secret(), changed);
    assert_eq!(client_secret().principal(), changed.principal());
}

/// What a sign-in service does that does not work.
#[derive(Debug, Clone, Copy)]
enum Outage {
    Fails,
    Hangs,
}

/// Hands out a token with so many minutes to live, then no more.
#[derive(Debug)]
struct Once(Mutex<Option<i64>>, Outage);

impl TokenCredential for Once {
    fn get_token<'a, 'b, 'c, 'd, 'e>(
        &'a self,
        _: &'b [&'c str],
        _: Option<azure_core::credentials::TokenRequestOptions<'d>>,
    ) -> Pin<Box<dyn Future<Output = azure_core::Result<AccessToken>> + Send + 'e>>
    where
        'a: 'e,
        'b: 'e,
        'c: 'e,
        'd: 'e,
        Self: 'e,
    {
        let answer = match self.0.lock().unwrap().take() {
            Some(minutes) => Ok(AccessToken::new(
                "old",
                OffsetDateTime::now_utc() + azure_core::time::Duration::minutes(minutes),
            )),
            None if matches!(self.1, Outage::Hangs) => return Box::pin(std::future::pending()),
            None => Err(azure_core::Error::with_message(ErrorKind::Connection, "no route")),
        };
        Box::pin(async move { answer })
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_sign_in_service_is_bridged_while_the_token_lives() {
    let unused = entra(StatusCode::Ok, granted());
    for outage in [Outage::Fails, Outage::Hangs] {
        for (minutes, bridged) in [(4, true), (1, false)] {
            let tokens = tokens(client_secret(), &unused);
            tokens.replace(Arc::new(Once(Mutex::new(Some(minutes)), outage)));
            assert!(tokens.get().await.is_ok());
            assert_eq!(tokens.get().await.is_ok(), bridged, "{outage:?}, {minutes} minutes");
        }
    }
}

#[tokio::test]
async fn an_absurd_lifetime_ends_no_process() {
    for lifetime in [
        "9223372036854775807",
        "18446744073709551615",
        "-9223372036854775808",
        "-1",
        "1e400",
        "\"NaN\"",
    ] {
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":{lifetime},"ext_expires_in":{lifetime},"access_token":"granted"}}"#
        );
        let entra = Arc::new(FakeEntra {
            status: StatusCode::Ok,
            body,
            asked: Mutex::default(),
        });
        // A token, or a refusal in words.
        if let Err(failure) = tokens(client_secret(), &entra).get().await {
            assert!(!failure.message.is_empty(), "{lifetime}");
        }
    }
}

#[tokio::test]
async fn a_token_for_the_servers_of_clusters_is_taken_out_of_messages_like_any_other() {
    let tokens = tokens(client_secret(), &entra(StatusCode::Ok, granted()));
    let token = tokens.get_for_clusters().await.ok().unwrap();
    let told = Redactor::of(tokens.sensitive()).text(&format!("'{}' is refused", token.expose()));
    assert_eq!(told, "'(secret)' is refused");
}

#[tokio::test]
async fn a_refusal_is_redacted_before_it_is_cut() {
    let secret = r#"s3cr3t"with\everything-in-it"#;
    let credential = Credential::ClientSecret {
        tenant_id: "tenant".into(),
        client_id: "application".into(),
        secret: Secret::new(secret),
    };
    // The message has words of the library before those of Entra.
    for position in (200..520).step_by(3) {
        let description = format!("{}'{secret}' is wrong", "x".repeat(position));
        let body = serde_json::json!({ "error": "invalid_client", "error_description": description, "error_codes": [7000215] });
        let failure = tokens(credential.clone(), &entra(StatusCode::Unauthorized, body))
            .get()
            .await
            .err()
            .unwrap();
        assert!(!failure.message.contains("s3cr3t"), "{position}: {}", failure.message);
    }
}
