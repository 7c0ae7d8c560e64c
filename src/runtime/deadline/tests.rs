use futures::future::{BoxFuture, join_all};
use futures::{FutureExt, StreamExt};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ObjectReference, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchParams};
use kube::runtime::events::{Event, EventType, Recorder};
use kube::{Api, Client, Config};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::runtime::connect;
use armature_api::{AksCluster, AksNodePool, AzureIdentity};

/// Long enough for a connection on this machine, short enough to wait for.
const LIMIT: Duration = Duration::from_millis(300);
/// A call that is still running now never ends.
const NEVER: Duration = Duration::from_secs(20);

/// How an API server stalls.
#[derive(Debug, Clone, Copy)]
enum Stall {
    /// It takes the request and says nothing.
    Silent,
    /// It begins to answer and goes on no further.
    AfterHeaders,
    /// It sends a byte now and then, for ever.
    Dripping,
    /// It is overloaded and asks to come again, which a client that retries by itself does for hours.
    Overloaded,
}

const STALLS: [Stall; 4] = [Stall::Silent, Stall::AfterHeaders, Stall::Dripping, Stall::Overloaded];

/// An API server that stalls, and a client of it.
async fn stalled(stall: Stall) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 65536];
                while connection.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let answer = match stall {
                        Stall::Silent => continue,
                        Stall::AfterHeaders | Stall::Dripping => "200 OK\r\ncontent-length: 1000000\r\n\r\n{",
                        Stall::Overloaded => "429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n",
                    };
                    let head = format!("HTTP/1.1 {answer}");
                    connection.write_all(head.as_bytes()).await.unwrap();
                    while matches!(stall, Stall::Dripping) && connection.write_all(b" ").await.is_ok() {
                        tokio::time::sleep(LIMIT / 10).await;
                    }
                }
            });
        }
    });
    let config = Config::new(format!("http://{address}").parse().unwrap());
    connect::client(config, LIMIT).unwrap()
}

type Ended = Result<(), kube::Error>;

/// Every call that the operator makes.
fn calls(client: &Client) -> Vec<(&'static str, BoxFuture<'static, Ended>)> {
    fn ended<T>(call: impl Future<Output = kube::Result<T>> + Send + 'static) -> BoxFuture<'static, Ended> {
        call.map(|answer| answer.map(drop)).boxed()
    }
    let (create, apply) = (PostParams::default, PatchParams::default);
    let patch = || Patch::Merge(json!({ "status": {} }));
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "a");
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "a");
    let leases: Api<Lease> = Api::namespaced(client.clone(), "a");
    let identities: Api<AzureIdentity> = Api::all(client.clone());
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let clusters: Api<AksCluster> = Api::namespaced(client.clone(), "a");
    let pools: Api<AksNodePool> = Api::namespaced(client.clone(), "a");
    let recorder = Recorder::new(client.clone(), "armature".into());
    let event = Event {
        type_: EventType::Normal,
        reason: "R".to_owned(),
        note: None,
        action: "A".to_owned(),
        secondary: None,
    };
    let watching = clusters.clone();
    macro_rules! call {
        ($api:ident.$method:ident($($argument:expr),*)) => {{
            let api = $api.clone();
            ended(async move { api.$method($($argument),*).await })
        }};
    }
    vec![
        ("a Secret", call!(secrets.get_opt("s"))),
        (
            "the fingerprint key",
            call!(secrets.create(&create(), &Secret::default())),
        ),
        ("a ConfigMap", call!(maps.get_opt("m"))),
        ("an identity", call!(identities.get("i"))),
        (
            "an identity's status",
            call!(identities.patch_status("i", &apply(), &patch())),
        ),
        ("a definition", call!(definitions.get_opt("d"))),
        ("a namespace", call!(namespaces.get("n"))),
        ("a namespace's metadata", call!(namespaces.get_metadata("n"))),
        ("a lease", call!(leases.get_opt("l"))),
        ("a new lease", call!(leases.create(&create(), &Lease::default()))),
        (
            "a renewed lease",
            call!(leases.replace("l", &create(), &Lease::default())),
        ),
        ("a cluster", call!(clusters.get("c"))),
        ("a list", call!(clusters.list(&ListParams::default()))),
        ("a finalizer", call!(clusters.patch("c", &apply(), &patch()))),
        ("a status", call!(clusters.patch_status("c", &apply(), &patch()))),
        ("a pool's status", call!(pools.patch_status("p", &apply(), &patch()))),
        ("a deletion", call!(pools.delete("p", &DeleteParams::default()))),
        (
            "an event",
            ended(async move { recorder.publish(&event, &ObjectReference::default()).await }),
        ),
        (
            "the beginning of a watch",
            ended(async move {
                let mut events = watching.watch(&WatchParams::default().timeout(1), "0").await?.boxed();
                events
                    .next()
                    .await
                    .unwrap_or_else(|| Ok(kube::core::WatchEvent::Bookmark(unsent())))
            }),
        ),
    ]
}

/// A watch that ends without an event has ended, which is all that is asked here.
fn unsent() -> kube::core::watch::Bookmark {
    serde_json::from_value(json!({ "apiVersion": "v1", "kind": "K", "metadata": { "resourceVersion": "1" } })).unwrap()
}

#[tokio::test]
async fn every_call_to_an_api_server_that_stalls_ends() {
    for stall in STALLS {
        let client = stalled(stall).await;
        let bounded = |(what, call)| async move { (what, tokio::time::timeout(NEVER, call).await) };
        for (what, ended) in join_all(calls(&client).into_iter().map(bounded)).await {
            let error = ended.unwrap_or_else(|_| panic!("{what} is waited for for ever: {stall:?}"));
            if matches!(stall, Stall::Silent) {
                assert!(is_late(&error.unwrap_err()), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_what_was_asked_and_that_it_took_too_long() {
    for stall in [Stall::Silent, Stall::AfterHeaders, Stall::Dripping] {
        let secrets: Api<Secret> = Api::namespaced(stalled(stall).await, "team");
        let error = secrets.get("db").await.unwrap_err();
        assert!(is_late(&error), "{stall:?}: {error}");
        assert_eq!(
            connect::told(&error),
            "the Kubernetes API server took longer than 0.3 s to answer GET /api/v1/namespaces/team/secrets/db"
        );
    }
}

#[test]
fn only_a_watch_may_take_longer_and_as_long_as_it_asked() {
    let of = |query: &str| watched_for(&format!("/api/v1/pods?{query}").parse().unwrap());
    assert_eq!(of(""), Duration::ZERO);
    assert_eq!(of("&limit=500&timeoutSeconds=290"), Duration::ZERO);
    assert_eq!(of("&watch=false&timeoutSeconds=290"), Duration::ZERO);
    assert_eq!(
        of("&watch=true&timeoutSeconds=290&allowWatchBookmarks=true"),
        Duration::from_secs(290)
    );
    assert_eq!(of("watch=true"), LONGEST_WATCH);
    assert_eq!(of("watch=true&timeoutSeconds=99999999999"), LONGEST_WATCH);
}
