//! Manifests that name what is not there, or what they may not use.

use armature_lab::simulator::admin::Requests;
use serde_json::json;

use crate::identities::SECRET;
use crate::look;
use crate::wants::NOTHING;
use crate::world::{World, until};

#[tokio::test]
async fn a_pool_waits_for_a_cluster_that_does_not_exist_and_goes_on_when_it_is_applied() {
    let world = World::new("cluster-ref").await;
    let _operator = world.operator();
    world.apply(&world.system_pool("system", "shop")).await;
    let pool = world
        .pool_until("system", "without its cluster", |pool| {
            look::has_reason(pool, "Ready", "ClusterNotFound") && look::is(pool, "Ready", "False")
        })
        .await;
    assert_eq!(
        look::message(&pool, "Ready"),
        "AksCluster shop does not exist in this namespace; apply it, or correct spec.clusterRef.name"
    );
    assert!(
        look::condition(&pool, "Stalled").is_none(),
        "its cluster may come later"
    );
    assert_eq!(world.writes_after(0).await, NOTHING);

    world.apply(&world.cluster("shop", json!({}))).await;
    world.ready("shop").await;
    assert_eq!(world.writes_after(0).await, ["PUT shop"]);
}

#[tokio::test]
async fn a_cluster_waits_for_an_identity_that_does_not_exist_and_goes_on_when_it_is_applied() {
    let world = World::new("identity-ref").await;
    let _operator = world.operator();
    world.apply_with_identity("shop").await;
    assert_eq!(
        world.cluster_retries("shop", "IdentityNotFound").await,
        format!(
            "spec.identityRef names AzureIdentity {}, which does not exist; apply it or correct the name",
            world.namespace
        )
    );
    let pool = world
        .pool_until("system", "waiting for its cluster", |pool| {
            look::has_reason(pool, "Ready", "DependencyNotReady")
        })
        .await;
    assert_eq!(
        look::message(&pool, "Ready"),
        "waits for AksCluster shop; its conditions say what it waits for"
    );
    assert_eq!(world.writes_after(0).await, NOTHING);

    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", SECRET).await;
    world.identity(world.service_principal()).await;
    world.ready("shop").await;
}

#[tokio::test]
async fn an_identity_says_which_secret_or_key_is_missing() {
    let world = World::new("secret").await;
    let _operator = world.operator();
    let name = world.identity(world.service_principal()).await;
    world.apply_with_identity("shop").await;
    let missing = format!(
        "Secret {}/application does not exist; create it in the operator's namespace",
        world.namespace
    );
    assert_eq!(world.cluster_retries("shop", "SecretNotFound").await, missing);
    let says = |message: String| {
        move |identity: &armature_api::AzureIdentity| {
            let conditions = identity.status.iter().flat_map(|status| &status.conditions);
            let mut ready = conditions.filter(|condition| condition.type_ == "Ready");
            ready.any(|ready| ready.status == "False" && ready.message == message)
        }
    };
    until(&world.identities(), &name, "without its Secret", says(missing)).await;

    world.secret("password", SECRET).await;
    world.request_reconcile("shop").await;
    assert_eq!(
        world.cluster_retries("shop", "SecretKeyMissing").await,
        format!(
            "Secret {}/application has no text under the key clientSecret; add the key",
            world.namespace
        )
    );
    assert_eq!(world.writes_after(0).await, NOTHING);

    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", SECRET).await;
    world.request_reconcile("shop").await;
    world.ready("shop").await;
}

#[tokio::test]
async fn an_identity_is_used_only_where_it_allows_it() {
    let world = World::new("allowed").await;
    let _operator = world.operator();
    let before = world.now().await;
    let (name, subscription) = (&world.namespace, &world.simulator.access().subscription);
    let with = |fields: serde_json::Value| {
        let mut identity = world.service_principal();
        identity
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        identity
    };
    world
        .identity(with(json!({ "allowedNamespaces": { "names": ["another"] } })))
        .await;
    world.apply_with_identity("shop").await;
    assert_eq!(
        world.cluster_stalls("shop", "IdentityNotAllowed").await,
        format!(
            "AzureIdentity {name} may not be used in namespace {name}; add the namespace to its \
             spec.allowedNamespaces or use another identity"
        )
    );

    let other = "99999999-0000-4000-8000-000000000000";
    world.identity(with(json!({ "subscriptions": [other] }))).await;
    let message = format!(
        "AzureIdentity {name} may not be used for subscription {subscription}; add the subscription to its \
         spec.subscriptions or use another identity"
    );
    world
        .cluster_until("shop", "refused its subscription", |cluster| {
            look::message(cluster, "Stalled") == message
        })
        .await;
    let by_label = |label: &str| json!({ "allowedNamespaces": { "selector": { "matchLabels": { "kubernetes.io/metadata.name": label } } } });
    for fields in [
        json!({ "allowedNamespaces": { "names": [] } }),
        json!({ "allowedNamespaces": { "names": [format!("{name}-2"), &name[1..]] } }),
        by_label("another"),
    ] {
        world.identity(with(fields.clone())).await;
        world.annotate("shop", "story", &fields.to_string()).await;
        world.request_reconcile("shop").await;
        world
            .cluster_until("shop", "refused its namespace", |cluster| {
                look::message(cluster, "Stalled")
                    .starts_with(&format!("AzureIdentity {name} may not be used in namespace"))
            })
            .await;
    }
    // Whoever may not use an identity has no call made in its name, sign-in included.
    for path in ["/subscriptions/", "/oauth2/"] {
        let asked = world
            .requests(Requests {
                after: Some(before),
                path: Some(path.to_owned()),
                ..Requests::default()
            })
            .await;
        assert!(asked.is_empty(), "{asked:?}");
    }

    world.make_application().await;
    world.grant_application().await;
    world.secret("clientSecret", SECRET).await;
    world.identity(with(by_label(name))).await;
    world.ready("shop").await;
}
