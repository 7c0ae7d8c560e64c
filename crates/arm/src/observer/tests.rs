use std::sync::atomic::{AtomicBool, Ordering};

use futures::{FutureExt, StreamExt};
use serde_json::json;

use super::*;
use crate::call::Call;
use crate::error::ServiceError;
use crate::retry_after::RetryAfter;
use crate::testing::{Fake, cluster, ok};
use crate::wire::Request;

/// The object that watches in most tests.
fn one() -> Watcher {
    "team/one".into()
}

/// An object of another team.
fn other() -> Watcher {
    "tenant/other".into()
}

const MINUTE: Duration = Duration::from_secs(60);

/// What Azure lists now; tests change it.
type Listed = Arc<Mutex<Vec<Value>>>;

fn body(name: &str, state: &str) -> Value {
    json!({ "id": cluster(name).to_string().to_lowercase(), "state": state })
}

fn azure(listed: &Listed) -> Fake {
    let listed = Arc::clone(listed);
    Fake::new(move |_| ok(200, json!({ "value": listed.lock().unwrap().clone() })))
}

fn forbidden(request: &Request) -> ArmError {
    let error = Box::new(ServiceError {
        code: "AuthorizationFailed".into(),
        ..ServiceError::default()
    });
    ArmError::Service {
        at: request.site(),
        status: 403,
        retry_after: None,
        error,
    }
}

async fn woken(stream: &mut (impl Stream<Item = ClusterId> + Unpin)) -> Vec<ClusterId> {
    let mut woken = Vec::new();
    while let Some(Some(id)) = stream.next().now_or_never() {
        woken.push(id);
    }
    woken
}

#[tokio::test(start_paused = true)]
async fn appearing_changing_and_vanishing_wake_and_staying_the_same_does_not() {
    let listed = Listed::default();
    let azure = azure(&listed);
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(&cluster("a"), &one(), &azure.client());
    for (now, wakes, listed_now) in [
        (vec![], false, None),
        (vec![body("a", "1")], true, Some(true)),
        (vec![body("a", "1")], false, Some(true)),
        (vec![body("a", "2")], true, Some(true)),
        (vec![], true, None),
        (vec![], false, None),
        (vec![body("a", "2"), body("stranger", "1")], true, Some(true)),
    ] {
        listed.lock().unwrap().clone_from(&now);
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(!woken(&mut stream).await.is_empty(), wakes, "{now:?}");
        assert_eq!(
            observer.get(&cluster("a"), &one()).map(|snapshot| snapshot.listed),
            listed_now,
            "{now:?}"
        );
    }
    assert_eq!(observer.get(&cluster("stranger"), &one()), None);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_no_cluster_hides_none_and_is_taken_for_none() {
    let id = |name: &str| cluster(name).to_string();
    let strange = [
        json!(null),
        json!(7),
        json!(1e308),
        json!("text"),
        json!([]),
        json!([[{ "id": id("a") }]]),
        json!({}),
        json!({ "name": "a" }),
        json!({ "id": null }),
        json!({ "id": 7 }),
        json!({ "id": [id("a")] }),
        json!({ "id": { "id": id("a") } }),
        json!({ "id": "" }),
        json!({ "id": "a" }),
        json!({ "id": format!("{}/", id("a")) }),
        json!({ "id": format!("{}/agentPools/np1", id("a")) }),
        json!({ "id": format!("https://management.azure.com{}", id("a")) }),
        json!({ "id": id("a").replace("rg", "other") }),
        json!({ "id": id("a").replace("rg", "..") }),
        json!({ "id": id("a").replace("11111111", "22222222") }),
        json!({ "id": id("a").replace("managedClusters", "managedclustersnapshots") }),
        json!({ "id": format!("{} ", id("a")) }),
    ];
    for entry in strange {
        for good in [body("a", "1"), json!({ "id": id("a").to_uppercase(), "state": "1" })] {
            let listed = Listed::new(Mutex::new(vec![entry.clone(), good.clone(), entry.clone()]));
            let (observer, stream) = Observer::new(MINUTE);
            let mut stream = Box::pin(stream);
            observer.watch(&cluster("a"), &one(), &azure(&listed).client());
            observer.watch(&cluster("b"), &one(), &azure(&listed).client());
            tokio::time::sleep(2 * MINUTE).await;
            assert_eq!(woken(&mut stream).await, [cluster("a")], "{entry}");
            assert_eq!(observer.get(&cluster("a"), &one()).unwrap().body, good, "{entry}");
            assert_eq!(observer.get(&cluster("b"), &one()), None, "{entry}");
            assert_eq!(observer.health()[0].last_error, None, "{entry}");
            // The same entries again are no news.
            tokio::time::sleep(2 * MINUTE).await;
            assert!(woken(&mut stream).await.is_empty(), "{entry}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn absence_from_the_list_keeps_what_was_known_for_as_long_as_a_list_can_be_late() {
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(&cluster("a"), &one(), &azure(&Listed::default()).client());
    observer.record(&cluster("a"), &one(), body("a", "created"));
    tokio::time::sleep(15 * MINUTE).await;
    let snapshot = observer.get(&cluster("a"), &one()).unwrap();
    assert_eq!((snapshot.body.clone(), snapshot.listed), (body("a", "created"), false));
    assert!(woken(&mut stream).await.is_empty());

    tokio::time::sleep(30 * MINUTE).await;
    assert_eq!(observer.get(&cluster("a"), &one()), None, "it is missing for too long");
    assert_eq!(woken(&mut stream).await, [cluster("a")]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_began_before_our_own_answer_does_not_overwrite_it() {
    let mut known = Known::default();
    let scope = Scope::Subscription(cluster("a").subscription().clone());
    let client = azure(&Listed::default()).client();
    known.watch(&cluster("a"), &one(), &client);
    let list =
        |known: &mut Known, bodies: Vec<Value>, asked_at: Instant| known.apply(&scope, &client, bodies, asked_at).woken;
    let before = Instant::now();
    tokio::time::advance(MINUTE).await;
    known.record(&cluster("a"), &one(), Some(body("a", "ours")), Instant::now());
    assert!(list(&mut known, vec![body("a", "old")], before).is_empty());
    assert!(list(&mut known, vec![], before).is_empty());
    assert_eq!(
        known.get(&cluster("a"), &one(), Instant::now()).unwrap().body,
        body("a", "ours")
    );
    tokio::time::advance(MINUTE).await;
    assert_eq!(
        list(&mut known, vec![body("a", "newer")], Instant::now()),
        [cluster("a")]
    );
    known.record(&cluster("a"), &one(), None, Instant::now());
    assert!(list(&mut known, vec![body("a", "newer")], Instant::now()).is_empty());
    assert_eq!(known.get(&cluster("a"), &one(), Instant::now()), None);
}

#[tokio::test(start_paused = true)]
async fn what_we_record_ourselves_wakes_nobody() {
    let listed = Listed::default();
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(&cluster("a"), &one(), &azure(&listed).client());
    observer.record(&cluster("a"), &one(), body("a", "1"));
    listed.lock().unwrap().push(body("a", "1"));
    tokio::time::sleep(3 * MINUTE).await;
    assert!(woken(&mut stream).await.is_empty());
    assert!(observer.get(&cluster("a"), &one()).unwrap().listed);
}

#[tokio::test(start_paused = true)]
async fn one_list_an_interval_serves_all_clusters_and_identities_of_a_subscription() {
    let all = (0..50).map(|number| body(&format!("c{number}"), "1")).collect();
    let listed: Listed = Arc::new(Mutex::new(all));
    let (odd, even) = (azure(&listed), azure(&listed));
    let clients = [even.client(), odd.client()];
    let (observer, _stream) = Observer::new(MINUTE);
    for number in 0..50 {
        let client = &clients[number % 2];
        observer.watch(&cluster(&format!("c{number}")), &one(), client);
    }
    tokio::time::sleep(100 * MINUTE).await;
    let lists = odd.asked().len() + even.asked().len();
    assert!((90..=112).contains(&lists), "{lists}");
}

#[tokio::test(start_paused = true)]
async fn groups_are_listed_where_the_subscription_may_not_be() {
    let azure = Fake::new(|request| match request.call {
        Call::ListClustersInSubscription => Err(forbidden(request)),
        _ => ok(200, json!({ "value": [body("a", "1")] })),
    });
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(&cluster("a"), &one(), &azure.client());
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(woken(&mut stream).await, [cluster("a")]);
    let refused = azure
        .asked()
        .iter()
        .filter(|request| request.call == Call::ListClustersInSubscription)
        .count();
    assert_eq!(refused, 1, "it is not tried each time");
    let health = observer.health();
    assert_eq!(health.len(), 2);
    assert_eq!(health[0].last_error.as_ref().and_then(ArmError::status), Some(403));
    assert!(health[1].last_success.is_some() && health[1].last_error.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_broken_identity_does_not_blind_the_others() {
    let listed: Listed = Arc::new(Mutex::new(vec![body("b", "1")]));
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(
        &cluster("a"),
        &one(),
        &Fake::refusing(401, "ExpiredAuthenticationToken").client(),
    );
    observer.watch(&cluster("b"), &one(), &azure(&listed).client());
    tokio::time::sleep(MINUTE).await;
    assert_eq!(woken(&mut stream).await, [cluster("b")]);
    assert_eq!(observer.health()[0].last_error, None);
}

#[tokio::test(start_paused = true)]
async fn failures_stretch_the_pause_show_in_health_and_end() {
    let broken = Arc::new(AtomicBool::new(true));
    let azure = Fake::new({
        let broken = Arc::clone(&broken);
        move |request| {
            if broken.load(Ordering::SeqCst) {
                let error = Box::new(ServiceError::default());
                Err(ArmError::Service {
                    at: request.site(),
                    status: 503,
                    retry_after: None,
                    error,
                })
            } else {
                ok(200, json!({ "value": [] }))
            }
        }
    });
    let (observer, _stream) = Observer::new(MINUTE);
    observer.watch(&cluster("a"), &one(), &azure.client());
    tokio::time::sleep(60 * MINUTE).await;
    assert!((5..=8).contains(&azure.asked().len()), "{}", azure.asked().len());
    assert_eq!(
        observer.health()[0].last_error.as_ref().and_then(ArmError::status),
        Some(503)
    );
    broken.store(false, Ordering::SeqCst);
    tokio::time::sleep(20 * MINUTE).await;
    let health = observer.health().remove(0);
    assert!(health.last_error.is_none() && health.last_success.is_some());
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    let azure = Fake::new(|request| {
        let error = Box::new(ServiceError {
            code: "Throttled".into(),
            ..ServiceError::default()
        });
        Err(ArmError::Service {
            at: request.site(),
            status: 429,
            retry_after: Some(RetryAfter::new(30 * MINUTE)),
            error,
        })
    });
    let (observer, _stream) = Observer::new(MINUTE);
    observer.watch(&cluster("a"), &one(), &azure.client());
    tokio::time::sleep(RetryAfter::MAX.wait()).await;
    assert_eq!(azure.asked().len(), 1);
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(azure.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_listed_for_a_subscription_that_nobody_watches() {
    let azure = azure(&Listed::default());
    let (observer, _stream) = Observer::new(MINUTE);
    observer.watch(&cluster("a"), &one(), &azure.client());
    observer.watch(&cluster("b"), &one(), &azure.client());
    tokio::time::sleep(MINUTE).await;
    observer.unwatch(&cluster("a"), &one());
    assert_eq!(observer.health().len(), 1);
    observer.unwatch(&cluster("b"), &one());
    let before = azure.asked().len();
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(azure.asked().len(), before);
    assert!(observer.health().is_empty());
    observer.watch(&cluster("a"), &one(), &azure.client());
    tokio::time::sleep(MINUTE).await;
    assert!(azure.asked().len() > before);
}

#[tokio::test(start_paused = true)]
async fn listing_ends_with_the_observer() {
    let azure = azure(&Listed::default());
    let (observer, _stream) = Observer::new(MINUTE);
    observer.watch(&cluster("a"), &one(), &azure.client());
    tokio::time::sleep(MINUTE).await;
    drop(observer);
    let before = azure.asked().len();
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(azure.asked().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_list_in_another_api_version_only_wakes() {
    let mut known = Known::default();
    let scope = Scope::Subscription(cluster("a").subscription().clone());
    let stable = azure(&Listed::default()).client();
    known.watch(&cluster("a"), &one(), &stable.with_api_version("2026-08-02-preview"));
    let list = |known: &mut Known, tag: &str| known.apply(&scope, &stable, vec![body("a", tag)], Instant::now()).woken;
    assert_eq!(list(&mut known, "1"), [cluster("a")], "it appeared");
    assert_eq!(
        known.get(&cluster("a"), &one(), Instant::now()),
        None,
        "its body lacks what the preview shows"
    );

    tokio::time::advance(MINUTE).await;
    known.record(&cluster("a"), &one(), Some(body("a", "preview")), Instant::now());
    tokio::time::advance(MINUTE).await;
    assert!(list(&mut known, "1").is_empty(), "nothing changed");
    assert_eq!(
        known.get(&cluster("a"), &one(), Instant::now()).unwrap().body,
        body("a", "preview")
    );
    assert_eq!(list(&mut known, "2"), [cluster("a")]);
    assert_eq!(
        known.get(&cluster("a"), &one(), Instant::now()),
        None,
        "what changed only a GET tells"
    );

    known.record(&cluster("a"), &one(), Some(body("a", "preview")), Instant::now());
    known.watch(&cluster("a"), &one(), &stable);
    assert_eq!(
        known.get(&cluster("a"), &one(), Instant::now()),
        None,
        "another api-version shows something else"
    );
}

/// Azure as an identity sees it that may read these clusters.
fn rights(clusters: &[&str], state: &Arc<Mutex<&'static str>>) -> Fake {
    let clusters: Vec<String> = clusters.iter().map(|name| (*name).to_owned()).collect();
    let state = Arc::clone(state);
    Fake::new(move |_| {
        let state = *state.lock().unwrap();
        let bodies: Vec<Value> = clusters.iter().map(|name| body(name, state)).collect();
        ok(200, json!({ "value": bodies }))
    })
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_for_those_alone_to_whom_azure_showed_the_cluster() {
    let state = Arc::new(Mutex::new("1"));
    for (rights_of_other, sees) in [(&["a"][..], true), (&[][..], false)] {
        let (owner, tenant) = (
            rights(&["a"], &state).client(),
            rights(rights_of_other, &state).client(),
        );
        let (observer, _stream) = Observer::new(MINUTE);
        observer.watch(&cluster("a"), &one(), &owner);
        tokio::time::sleep(2 * MINUTE).await;
        assert!(observer.get(&cluster("a"), &one()).is_some());
        observer.watch(&cluster("a"), &other(), &tenant);
        assert_eq!(observer.get(&cluster("a"), &other()), None);
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(
            observer.get(&cluster("a"), &other()),
            None,
            "the LIST of the owner shows it to the owner"
        );
        if sees {
            observer.record(&cluster("a"), &other(), body("a", "1"));
        } else {
            observer.record_absent(&cluster("a"), &other());
        }
        tokio::time::sleep(2 * MINUTE).await;
        assert!(observer.get(&cluster("a"), &one()).is_some());
        let seen = observer.get(&cluster("a"), &other());
        assert_eq!(seen.is_some_and(|snapshot| snapshot.listed), sees);
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_client_of_the_same_object_was_shown_is_not_for_the_new_one() {
    let state = Arc::new(Mutex::new("1"));
    let (before, after) = (rights(&["a"], &state).client(), rights(&[], &state).client());
    let mut known = Known::default();
    known.watch(&cluster("a"), &one(), &before);
    known.record(&cluster("a"), &one(), Some(body("a", "1")), Instant::now());
    known.watch(&cluster("a"), &one(), &before);
    assert!(known.get(&cluster("a"), &one(), Instant::now()).is_some());
    known.watch(&cluster("a"), &one(), &after);
    assert_eq!(known.get(&cluster("a"), &one(), Instant::now()), None);
}

#[tokio::test(start_paused = true)]
async fn who_was_shown_a_cluster_long_ago_has_to_ask_again() {
    let state = Arc::new(Mutex::new("1"));
    let (owner, reader) = (rights(&["a"], &state).client(), rights(&[], &state).client());
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(&cluster("a"), &one(), &owner);
    observer.watch(&cluster("a"), &other(), &reader);
    observer.record(&cluster("a"), &other(), body("a", "1"));
    tokio::time::sleep(30 * MINUTE).await;
    assert!(observer.get(&cluster("a"), &other()).is_some());
    tokio::time::sleep(31 * MINUTE).await;
    assert_eq!(
        observer.get(&cluster("a"), &other()),
        None,
        "its rights may have been taken"
    );
    assert!(
        observer.get(&cluster("a"), &one()).is_some(),
        "its own LIST shows it again and again"
    );
    woken(&mut stream).await;
    *state.lock().unwrap() = "2";
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(
        woken(&mut stream).await,
        [cluster("a")],
        "it hears that something changed"
    );
    assert_eq!(observer.get(&cluster("a"), &other()), None);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_blinded_by_a_client_that_is_shown_less() {
    let refused = |request: &Request| match request.call {
        Call::ListClustersInSubscription => Err(forbidden(request)),
        _ => ok(200, json!({ "value": [body("a", "1")] })),
    };
    let state = Arc::new(Mutex::new("1"));
    // The owner may list the subscription, or its group alone; the tenant lists all and is shown nothing.
    for owner in [rights(&["a"], &state), Fake::new(refused)] {
        for same_cluster in [false, true] {
            let tenant = rights(&[], &state).client();
            let (observer, stream) = Observer::new(MINUTE);
            let mut stream = Box::pin(stream);
            let named = if same_cluster { "a" } else { "0" };
            observer.watch(&cluster(named), &"0/first".into(), &tenant);
            observer.watch(&cluster("a"), &one(), &owner.client());
            observer.watch(&cluster(named), &other(), &tenant);
            tokio::time::sleep(2 * MINUTE).await;
            assert_eq!(woken(&mut stream).await, [cluster("a")]);
            assert!(
                observer
                    .get(&cluster("a"), &one())
                    .is_some_and(|snapshot| snapshot.listed)
            );
            for _ in 0..3 {
                tokio::time::sleep(2 * MINUTE).await;
                assert!(
                    woken(&mut stream).await.is_empty(),
                    "no LIST of the tenant's makes it absent"
                );
                assert!(observer.get(&cluster("a"), &one()).is_some());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_one_watcher_leaves_the_others_watching() {
    let state = Arc::new(Mutex::new("1"));
    let owner = rights(&["a"], &state);
    let (observer, stream) = Observer::new(MINUTE);
    let mut stream = Box::pin(stream);
    observer.watch(&cluster("a"), &one(), &owner.client());
    observer.watch(&cluster("a"), &other(), &rights(&[], &state).client());
    tokio::time::sleep(2 * MINUTE).await;
    observer.unwatch(&cluster("a"), &other());
    woken(&mut stream).await;
    *state.lock().unwrap() = "2";
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(woken(&mut stream).await, [cluster("a")]);
    assert_eq!(observer.get(&cluster("a"), &one()).unwrap().body, body("a", "2"));
}
