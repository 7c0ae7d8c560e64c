//! Signing in with each kind of credential, over TLS, and what is said when Entra or Azure refuses.

use std::ffi::OsString;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use crate::identities::{APPLICATION, SECRET};
use crate::look;
use crate::wants::NOTHING;
use crate::world::World;

const ISSUER: &str = "https://issuer.example/";
const SUBJECT: &str = "system:serviceaccount:armature-system:armature";

/// A projected service account token, as far as Entra's stand-in looks at one.
fn service_account_token(expires: i64) -> String {
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let head = encode(json!({ "alg": "RS256", "typ": "JWT" }));
    let claims = encode(json!({
        "iss": ISSUER, "sub": SUBJECT, "aud": ["api://AzureADTokenExchange"], "exp": expires,
    }));
    format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode("signature"))
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// The file where workload identity's webhook projects the token, and the variable that names it.
fn token_file(token: &str) -> (tempfile::NamedTempFile, [(&'static str, OsString); 1]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), token).unwrap();
    let variable = [("AZURE_FEDERATED_TOKEN_FILE", file.path().into())];
    (file, variable)
}

#[tokio::test]
async fn a_cluster_without_any_identity_says_so() {
    let world = World::new("no-identity").await;
    let _operator = world.operator_without_identity(&[]);
    world.apply(&world.cluster("shop", json!({}))).await;
    assert_eq!(
        world.cluster_stalls("shop", "IdentityRequired").await,
        "the operator has no identity of its own and spec.identityRef names none; set spec.identityRef to an \
         AzureIdentity"
    );
}

#[tokio::test]
async fn a_service_principal_signs_in_with_its_secret() {
    let world = World::new("service-principal").await;
    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", SECRET).await;
    world.identity(world.service_principal()).await;
    let _operator = world.operator_without_identity(&[]);
    world.apply_with_identity("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn a_workload_identity_signs_in_with_the_projected_token_until_that_expires() {
    let world = World::new("workload-identity").await;
    world.make_application().await;
    world.grant_application().await;
    world.admin().trust(APPLICATION, ISSUER, SUBJECT).await.unwrap();
    let tenant = &world.simulator.access().tenant;
    world
        .identity(json!({ "workloadIdentity": { "clientId": APPLICATION, "tenantId": tenant } }))
        .await;
    let (file, variable) = token_file(&service_account_token(now() - 60));
    let mut operator = world.operator_without_identity(&variable);
    world.apply_with_identity("shop").await;
    let said = world.cluster_retries("shop", "AADSTS700024").await;
    assert_eq!(
        said,
        format!(
            "reading {} was not sent: sign-in failed (AADSTS700024): WorkloadIdentityCredential authentication failed. \
             AADSTS700024: Client assertion is not within its valid time range; check that the kubelet renews the \
             projected token and that the clocks of node and Azure agree",
            world.azure.cluster_id("shop")
        )
    );
    assert_eq!(world.writes_after(0).await, NOTHING);

    std::fs::write(file.path(), service_account_token(now() + 3600)).unwrap();
    // The identity library reads the file every ten minutes; a new process reads it at once.
    operator.restart().unwrap();
    world.ready("shop").await;
}

#[tokio::test]
async fn a_managed_identity_signs_in_at_its_endpoint() {
    let world = World::new("managed-identity").await;
    world.identity(json!({ "managedIdentity": {} })).await;
    let endpoint = format!("{}/msi/token", world.simulator.access().endpoint);
    let _operator = world.operator_without_identity(&[
        ("IDENTITY_ENDPOINT", endpoint.into()),
        ("IDENTITY_HEADER", "armature-sim".into()),
    ]);
    world.apply_with_identity("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn a_wrong_client_secret_is_told_with_entras_code_and_never_shown() {
    const WRONG: &str = "a-secret-that-nobody-may-read";
    let world = World::new("refused").await;
    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", WRONG).await;
    world.identity(world.service_principal()).await;
    let mut operator = world.operator_without_identity(&[]);
    world.apply_with_identity("shop").await;
    let said = world.cluster_stalls("shop", "AADSTS7000215").await;
    assert_eq!(
        said,
        format!(
            "reading {} was not sent: sign-in failed (AADSTS7000215): ClientSecretCredential authentication failed. \
             AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client \
             secret value, not the client secret ID, for a secret added to app '{APPLICATION}'; put the value of the \
             secret, not its id, into the Secret that the AzureIdentity names",
            world.azure.cluster_id("shop")
        )
    );
    let stored = serde_json::to_string(&world.clusters.get("shop").await.unwrap()).unwrap();
    let log = std::fs::read_to_string(operator.process().log()).unwrap();
    assert!(!stored.contains(WRONG) && !log.contains(WRONG));
    assert_eq!(world.writes_after(0).await, NOTHING);

    world.secret("clientSecret", SECRET).await;
    world.request_reconcile("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn a_subscription_that_azure_does_not_know_stalls_the_cluster() {
    const UNKNOWN: &str = "99999999-0000-4000-8000-000000000000";
    let world = World::new("subscription").await;
    let _operator = world.operator();
    world
        .apply(&world.cluster("shop", json!({ "subscriptionId": UNKNOWN })))
        .await;
    world.apply(&world.system_pool("system", "shop")).await;
    let said = world.cluster_stalls("shop", "SubscriptionNotFound").await;
    assert_eq!(
        said,
        format!(
            "reading {} failed: Azure answered 404 SubscriptionNotFound: The subscription '{UNKNOWN}' could not be \
             found; correct `subscriptionId`, or give the identity access to the subscription",
            world
                .azure
                .cluster_id("shop")
                .replace(&world.simulator.access().subscription, UNKNOWN)
        )
    );
    assert_eq!(world.writes_after(0).await, NOTHING);

    // That the subscription can't be seen is no proof that the cluster is gone.
    world.delete_cluster("shop").await;
    world
        .cluster_until("shop", "held by its finalizer", |cluster| {
            cluster.metadata.deletion_timestamp.is_some() && look::has_reason(cluster, "Ready", "SubscriptionNotFound")
        })
        .await;
}

#[tokio::test]
async fn a_missing_role_is_waited_for_and_a_deletion_without_rights_keeps_its_finalizer() {
    let world = World::new("role").await;
    world.make_application().await;
    world.secret("clientSecret", SECRET).await;
    world.identity(world.service_principal()).await;
    let _operator = world.operator_without_identity(&[]);
    world.apply_with_identity("shop").await;
    let said = world.cluster_retries("shop", "AuthorizationFailed").await;
    assert!(
        said.contains(
            "does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/read'"
        ),
        "{said}"
    );
    assert!(
        said.ends_with(
            "; give the identity a role with this action at this scope; a new role takes minutes to take effect"
        ),
        "{said}"
    );
    world.grant_application().await;
    world.request_reconcile("shop").await;
    world.ready("shop").await;

    world.admin().unassign(APPLICATION).await.unwrap();
    let before = world.now().await;
    world.delete_cluster("shop").await;
    world
        .cluster_until("shop", "refused", |cluster| {
            cluster.metadata.deletion_timestamp.is_some() && look::has_reason(cluster, "Ready", "AuthorizationFailed")
        })
        .await;
    assert!(world.azure.cluster("shop").await.is_some());
    world.grant_application().await;
    world.request_reconcile("shop").await;
    world.cluster_gone("shop").await;
    let taken: Vec<_> = world.write_requests_after(before).await;
    assert!(taken.iter().all(|write| write.method == "DELETE"), "{taken:?}");
    assert!(world.azure.cluster("shop").await.is_none());
}
