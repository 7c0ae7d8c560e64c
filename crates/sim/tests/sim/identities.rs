//! User-assigned identities and the credentials of other issuers that they trust.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim};

const VERSION: &str = "2024-11-30";
const ISSUER: &str = "https://oidc.example/";

fn identity(sim: &Sim) -> String {
    sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/app")
}

async fn make(sim: &Sim) -> Value {
    sim.group().await;
    let made = sim
        .call(
            Method::PUT,
            &identity(sim),
            VERSION,
            Some(json!({"location": "westeurope"})),
        )
        .await;
    made.expect(201).body["properties"].clone()
}

fn trust(subject: &str) -> Value {
    json!({"properties": {"issuer": ISSUER, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}})
}

async fn put(sim: &Sim, name: &str, body: Value) -> Answer {
    let path = format!("{}/federatedIdentityCredentials/{name}", identity(sim));
    sim.call(Method::PUT, &path, VERSION, Some(body)).await
}

/// A token of a cluster for a service account; the simulator does not check its signature.
fn assertion(subject: &str) -> String {
    let claims = json!({"iss": ISSUER, "sub": subject, "aud": "api://AzureADTokenExchange", "exp": 4_000_000_000_u64});
    let encode = |value: Value| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    format!(
        "{}.{}.c2ln",
        encode(json!({"alg": "RS256", "typ": "JWT"})),
        encode(claims)
    )
}

#[tokio::test]
async fn an_identity_keeps_its_ids_until_it_is_deleted() {
    let sim = Sim::start().await;
    let first = make(&sim).await;
    assert_ne!(first["principalId"], first["clientId"]);
    let again = sim
        .call(
            Method::PUT,
            &identity(&sim),
            VERSION,
            Some(json!({"location": "westeurope"})),
        )
        .await;
    assert_eq!(again.expect(200).body["properties"], first);
    sim.call(Method::DELETE, &identity(&sim), VERSION, None)
        .await
        .expect(200);
    assert_ne!(make(&sim).await["principalId"], first["principalId"]);
}

#[tokio::test]
async fn a_service_account_signs_in_as_the_identity_that_trusts_it() {
    let sim = Sim::start().await;
    let made = make(&sim).await;
    let client_id = made["clientId"].as_str().unwrap();
    let subject = "system:serviceaccount:ns:app";
    let token = assertion(subject);
    let sign_in = async || {
        let form = [
            ("client_assertion", token.as_str()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
        ];
        sim.sign_in(client_id, &form).await
    };
    sign_in().await.expect(401);
    put(&sim, "trust", trust(subject)).await.expect(201);
    sign_in().await.expect(200);
    let path = format!("{}/federatedIdentityCredentials/trust", identity(&sim));
    sim.call(Method::DELETE, &path, VERSION, None).await.expect(200);
    sign_in().await.expect(401);
}

#[tokio::test]
async fn credentials_are_checked_in_the_words_of_the_service() {
    let sim = Sim::start().await;
    make(&sim).await;
    let two = json!({"properties": {"issuer": ISSUER, "subject": "s", "audiences": ["a", "b"]}});
    let none = json!({"properties": {"issuer": ISSUER, "subject": "s", "audiences": []}});
    for (name, body, words) in [
        ("one", two, "must have exactly one audience"),
        ("one", none, "must have exactly one audience"),
        ("one", json!({"properties": {}}), "has empty properties"),
        (
            "one",
            json!({"properties": {"issuer": ISSUER}}),
            "must specify 'issuer', 'subject' and 'audience'",
        ),
        ("a", trust("s"), "is invalid"),
        ("one", trust(&"s".repeat(601)), "1 to 600 characters"),
    ] {
        let refused = put(&sim, name, body).await.expect(400);
        assert_eq!(refused.code(), "BadRequest");
        assert!(refused.text.contains(words), "{}", refused.text);
    }
}

#[tokio::test]
async fn issuer_and_subject_are_unique_and_twenty_is_the_most() {
    let sim = Sim::start().await;
    make(&sim).await;
    for number in 1..=20 {
        put(&sim, &format!("trust-{number}"), trust(&format!("s{number}")))
            .await
            .expect(201);
    }
    put(&sim, "trust-1", trust("s1")).await.expect(200);
    let twice = put(&sim, "trust-2", trust("s1")).await.expect(400);
    assert!(
        twice.text.contains("Issuer and subject combination already exists"),
        "{}",
        twice.text
    );
    put(&sim, "trust-21", trust("s21")).await.expect(400);
}

#[tokio::test]
async fn writes_under_one_identity_have_to_follow_each_other() {
    let sim = Sim::start().await;
    make(&sim).await;
    sim.set(json!({"credentialWrite": 5})).await;
    put(&sim, "one", trust("s1")).await.expect(201);
    let refused = put(&sim, "two", trust("s2")).await.expect(409);
    assert_eq!(
        refused.code(),
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    );
    sim.minutes(1);
    put(&sim, "two", trust("s2")).await.expect(201);
}
