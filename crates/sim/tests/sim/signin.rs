//! Tokens from Entra and from managed identities, and the rights that they carry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim, cluster_body};

const APPLICATION: &str = "44444444-4444-4444-8444-444444444444";

/// An assertion as a Kubernetes API server would sign it; nobody looks at the signature.
fn assertion(subject: &str, audience: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({"iss": "https://issuer/", "sub": subject, "aud": [audience], "exp": 32_503_680_000_i64}));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode("signature"))
}

fn first_code(answer: &Answer) -> u64 {
    answer.body["error_codes"][0].as_u64().unwrap()
}

async fn principal(sim: &Sim, role: Option<&str>) -> String {
    let body = json!({"clientId": APPLICATION, "secret": "s", "federatedCredentials": [
        {"issuer": "https://issuer/", "subject": "system:serviceaccount:armature:armature"},
    ]});
    sim.admin(Method::POST, "/principals", body).await.expect(200);
    if let Some(role) = role {
        let body = json!({"principal": APPLICATION, "role": role, "scope": "/"});
        sim.admin(Method::POST, "/role-assignments", body).await.expect(200);
    }
    sim.sign_in(APPLICATION, &[("client_secret", "s")])
        .await
        .expect(200)
        .body["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn each_wrong_sign_in_has_the_code_of_entra() {
    let sim = Sim::start().await;
    principal(&sim, None).await;
    let refused = sim
        .sign_in(APPLICATION, &[("client_secret", "wrong")])
        .await
        .expect(401);
    assert_eq!(first_code(&refused), 7_000_215);
    assert!(
        refused.body["error_description"]
            .as_str()
            .unwrap()
            .starts_with("AADSTS7000215: ")
    );
    assert_eq!(refused.body["error"], "invalid_client");
    assert_eq!(
        first_code(&sim.sign_in("nobody", &[("client_secret", "s")]).await.expect(400)),
        700_016
    );
    assert_eq!(
        first_code(&sim.sign_in_at("elsewhere", APPLICATION, &[]).await.expect(400)),
        90_002
    );
}

#[tokio::test]
async fn a_workload_identity_is_known_by_issuer_subject_and_audience() {
    let sim = Sim::start().await;
    principal(&sim, None).await;
    let sim = &sim;
    let present = |subject: &'static str, audience: &'static str| async move {
        let assertion = assertion(subject, audience);
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        sim.sign_in(
            APPLICATION,
            &[("client_assertion_type", kind), ("client_assertion", &assertion)],
        )
        .await
    };
    let subject = "system:serviceaccount:armature:armature";
    present(subject, "api://AzureADTokenExchange").await.expect(200);
    assert_eq!(
        first_code(&present("someone:else", "api://AzureADTokenExchange").await.expect(401)),
        700_213
    );
    assert_eq!(
        first_code(&present(subject, "api://AKSIdentityBinding").await.expect(401)),
        700_212
    );
}

#[tokio::test]
async fn managed_identities_want_their_header() {
    let sim = Sim::start().await;
    let url = |path: &str| {
        format!(
            "{}{path}?api-version=2019-08-01&resource=https://management.azure.com",
            sim.simulator.endpoint()
        )
    };
    let machine = url("/metadata/identity/oauth2/token");
    sim.send(Method::GET, &machine, &[], None).await.expect(400);
    let token = sim
        .send(Method::GET, &machine, &[("metadata", "true")], None)
        .await
        .expect(200);
    assert!(
        token.body["expires_on"].as_str().unwrap().parse::<i64>().is_ok(),
        "Unix seconds as a string"
    );
    let service = url("/msi/token");
    sim.send(Method::GET, &service, &[("metadata", "true")], None)
        .await
        .expect(400);
    sim.send(Method::GET, &service, &[("x-identity-header", "armature-sim")], None)
        .await
        .expect(200);
    let other = format!("{machine}&client_id=unknown");
    sim.send(Method::GET, &other, &[("metadata", "true")], None)
        .await
        .expect(400);
}

#[tokio::test]
async fn a_token_of_a_managed_identity_opens_arm() {
    let mut sim = Sim::start().await;
    let url = format!(
        "{}/msi/token?resource=https://management.azure.com",
        sim.simulator.endpoint()
    );
    let answer = sim
        .send(Method::GET, &url, &[("x-identity-header", "armature-sim")], None)
        .await
        .expect(200);
    sim.token = answer.body["access_token"].as_str().unwrap().to_owned();
    sim.get("/subscriptions").await.expect(200);
}

#[tokio::test]
async fn without_a_good_token_nothing_is_answered() {
    let mut sim = Sim::start().await;
    sim.token = "forged".to_owned();
    let refused = sim.get("/subscriptions").await.expect(401);
    assert_eq!(refused.body["error"]["code"], "InvalidAuthenticationToken");
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .starts_with("Bearer authorization_uri=")
    );
    let bare = sim
        .http
        .get(format!(
            "{}/subscriptions?api-version=2022-12-01",
            sim.simulator.endpoint()
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
}

#[tokio::test]
async fn without_a_role_a_call_is_forbidden_and_names_action_and_scope() {
    let mut sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.token = principal(&sim, None).await;
    let refused = sim.get(&sim.cluster("c")).await.expect(403);
    assert_eq!(refused.body["error"]["code"], "AuthorizationFailed");
    assert!(
        refused
            .text
            .contains("'Microsoft.ContainerService/managedClusters/read'"),
        "{}",
        refused.text
    );
    assert_eq!(sim.get("/subscriptions").await.expect(200).body["value"], json!([]));
}

#[tokio::test]
async fn a_reader_reads_and_does_not_write() {
    let mut sim = Sim::start().await;
    sim.ready_cluster("c").await;
    sim.token = principal(&sim, Some("Reader")).await;
    sim.get(&sim.cluster("c")).await.expect(200);
    sim.put(&sim.cluster("c"), cluster_body()).await.expect(403);
    sim.delete(&sim.cluster("c")).await.expect(403);
}

#[tokio::test]
async fn a_role_assignment_takes_its_time_to_arrive() {
    let mut sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let token = principal(&sim, None).await;
    let body = json!({"principal": APPLICATION, "role": "Contributor", "scope": sim.cluster("c"), "propagation": 300});
    sim.admin(Method::POST, "/role-assignments", body).await.expect(200);
    sim.token = token;
    sim.get(&sim.cluster("c")).await.expect(403);
    sim.minutes(5);
    sim.get(&sim.cluster("c")).await.expect(200);
    sim.get(&sim.cluster("other")).await.expect(403);
}

#[tokio::test]
async fn discovery_documents_lead_back_to_the_simulator() {
    let sim = Sim::start().await;
    let endpoint = sim.simulator.endpoint();
    let cloud = sim
        .get(&format!("{endpoint}/metadata/endpoints?api-version=2022-09-01"))
        .await
        .expect(200)
        .body;
    assert_eq!(cloud["resourceManager"], endpoint);
    assert_eq!(cloud["authentication"]["loginEndpoint"], endpoint);
    assert!(cloud["microsoftGraphResourceId"].is_string());
    let tenant = sim.simulator.world().config.tenant.clone();
    let openid = sim
        .get(&format!("{endpoint}/{tenant}/v2.0/.well-known/openid-configuration"))
        .await
        .expect(200)
        .body;
    assert_eq!(
        openid["token_endpoint"],
        format!("{endpoint}/{tenant}/oauth2/v2.0/token")
    );
    let keys = sim.get(openid["jwks_uri"].as_str().unwrap()).await.expect(200).body;
    assert_eq!(keys["keys"][0]["kty"], "EC");
}
