//! Federated credentials on user-assigned identities.

use armature_api::{AksCluster, ChildState};
use armature_lab::simulator::admin::Requests;
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_ready, is, line, lines, writes_anywhere};
use crate::world::World;

const VERSION: &str = "2024-11-30";

fn with_credential(identity: &str, account: &str) -> Value {
    json!({
        "oidcIssuerProfile": { "enabled": true },
        "federatedCredentials": {
            "api": { "identityId": identity, "namespace": "shop", "serviceAccount": account },
        },
    })
}

#[tokio::test]
async fn clusters_share_an_identity_and_their_writes_do_not_meet() {
    let world = World::new("credentials").await;
    let identity = world.azure.make_identity("shop").await;
    // In real time a write takes about 50 ms here: two at once would meet.
    world
        .admin()
        .change_settings(json!({ "credentialWrite": 60 }))
        .await
        .unwrap();
    let operator = world.operator();
    for cluster in ["east", "west"] {
        world
            .apply(&world.cluster(cluster, with_credential(&identity, "api")))
            .await;
        world.apply(&world.system_pool(&format!("{cluster}sys"), cluster)).await;
    }
    for cluster in ["east", "west"] {
        let object = world
            .cluster_until(cluster, "ready with its credential", all_ready)
            .await;
        let id = line(&object, "federatedCredentials/api").unwrap().id.clone().unwrap();
        let credential = world.azure.resource(&id, VERSION).await.unwrap();
        assert_eq!(credential["properties"]["subject"], "system:serviceaccount:shop:api");
        let issuer = object.status.unwrap().oidc_issuer_url.unwrap();
        assert_eq!(credential["properties"]["issuer"], json!(issuer));
    }

    let before = world.now().await;
    drop(operator);
    let _operator = world.operator();
    world.request_reconcile("east").await;
    world.cluster_until("east", "looked at again", super::looked).await;
    world.cluster_until("east", "ready", all_ready).await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());

    world
        .apply(&world.cluster("east", with_credential(&identity, "web")))
        .await;
    let changed = Requests {
        method: Some("PUT".to_owned()),
        path: Some("/federatedIdentityCredentials/".to_owned()),
        after: Some(before),
        ..Requests::default()
    };
    let put = world.request_until("the other service account", changed).await;
    world.cluster_until("east", "ready", all_ready).await;
    assert!(
        put.body.unwrap().to_string().contains("serviceaccount:shop:web"),
        "it is changed in place"
    );

    world
        .apply(&world.cluster("east", json!({ "oidcIssuerProfile": { "enabled": true } })))
        .await;
    world
        .cluster_until("east", "without children", |cluster| lines(cluster) == 0)
        .await;
    let all = world
        .azure
        .resource(&format!("{identity}/federatedIdentityCredentials"), VERSION)
        .await
        .unwrap();
    assert_eq!(
        all["value"].as_array().unwrap().len(),
        1,
        "the other cluster keeps its own"
    );
    world.delete_pool("westsys").await;
    world.delete_cluster("west").await;
    world.cluster_gone("west").await;
    let all = world
        .azure
        .resource(&format!("{identity}/federatedIdentityCredentials"), VERSION)
        .await
        .unwrap();
    assert_eq!(all["value"], json!([]), "nothing of ours stays behind");
}

#[tokio::test]
async fn a_credential_that_somebody_else_made_serves_and_stays() {
    let world = World::new("credentials-found").await;
    let identity = world.azure.make_identity("shop").await;
    let _operator = world.operator();
    world
        .create("shop", json!({ "oidcIssuerProfile": { "enabled": true } }))
        .await;
    let cluster = world.azure.cluster("shop").await.unwrap();
    let issuer = cluster["properties"]["oidcIssuerProfile"]["issuerURL"].clone();
    let theirs = format!("{identity}/federatedIdentityCredentials/theirs");
    let body = json!({ "properties": {
        "issuer": issuer,
        "subject": "system:serviceaccount:shop:api",
        "audiences": ["api://AzureADTokenExchange"],
    } });
    world.azure.write_with(Method::PUT, &theirs, VERSION, Some(body)).await;
    let before = world.now().await;
    world
        .apply(&world.cluster("shop", with_credential(&identity, "api")))
        .await;
    let cluster = world
        .cluster_until("shop", "ready with its credential", all_ready)
        .await;
    assert!(!line(&cluster, "federatedCredentials/api").unwrap().owned);
    world
        .apply(&world.cluster("shop", json!({ "oidcIssuerProfile": { "enabled": true } })))
        .await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    assert!(world.azure.resource(&theirs, VERSION).await.is_some());
}

#[tokio::test]
async fn what_another_object_provably_manages_is_held_whatever_its_name_says() {
    let world = World::new("credential-taken").await;
    let identity = world.azure.make_identity("shop").await;
    let _operator = world.operator();
    world.create("shop", with_credential(&identity, "api")).await;
    let key = "federatedCredentials/api";
    let ready = world
        .cluster_until("shop", "ready with its credential", all_ready)
        .await;
    let id = line(&ready, key).unwrap().id.clone().unwrap();
    let issuer_alone = json!({ "oidcIssuerProfile": { "enabled": true } });
    world.apply(&world.cluster("shop", issuer_alone)).await;
    world
        .cluster_until("shop", "without children", |cluster| lines(cluster) == 0)
        .await;

    let mut fields = with_credential(&identity, "theirs");
    fields["federatedCredentials"]["api"]["name"] = json!(id.rsplit('/').next().unwrap());
    world.apply(&world.cluster("other", fields)).await;
    world.apply(&world.system_pool("othersys", "other")).await;
    let owned = |cluster: &AksCluster| all_ready(cluster) && line(cluster, key).is_some_and(|line| line.owned);
    world.cluster_until("other", "ready with that credential", owned).await;

    let before = world.now().await;
    world
        .apply(&world.cluster("shop", with_credential(&identity, "web")))
        .await;
    let held = |cluster: &AksCluster| is(cluster, key, ChildState::Held);
    let shop = world.cluster_until("shop", "held", held).await;
    let told = line(&shop, key).unwrap().message.clone().unwrap();
    let owner = format!("{}/other manages it", world.namespace);
    assert!(told.contains(&owner), "{told}");
    assert_eq!(writes_anywhere(&world, before).await, Vec::<String>::new());
    let credential = world.azure.resource(&id, VERSION).await.unwrap();
    assert_eq!(credential["properties"]["subject"], "system:serviceaccount:shop:theirs");
}
