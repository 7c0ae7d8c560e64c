use futures::future::join_all;
use prometheus_client::registry::Registry;
use serde_json::Value;
use tokio::sync::mpsc;

use super::*;
use crate::call::Call;
use crate::error::{ServiceError, TransportFailure};
use crate::testing::{Fake, cluster, ok};
use crate::wire::{BodyToken, Precondition, Subject, Target};

const SECOND: Duration = Duration::from_secs(1);

fn other() -> Bucket {
    Bucket::new(Kind::AksOther, "subscription/westeurope")
}

async fn drain(budget: &Budget, bucket: &Bucket) {
    for _ in 0..bucket.kind.capacity() as u32 {
        let _permit = budget
            .take(std::slice::from_ref(bucket), Priority::Observe)
            .await
            .unwrap();
    }
}

/// Lets every spawned task run up to its next wait, without moving the clock.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_bucket_is_served_at_once_and_then_at_the_rate_of_its_refill() {
    let (budget, begun) = (Budget::new(), Instant::now());
    drain(&budget, &other()).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    for _ in 0..3 {
        budget.take(&[other()], Priority::Observe).await.unwrap();
    }
    let waited = begun.elapsed();
    assert!(
        waited >= 3 * SECOND && waited < 3 * SECOND + Duration::from_millis(20),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_bucket_never_holds_more_than_its_capacity() {
    let budget = Budget::new();
    drain(&budget, &other()).await;
    tokio::time::advance(Duration::from_secs(3600)).await;
    drain(&budget, &other()).await;
    let begun = Instant::now();
    budget.take(&[other()], Priority::Observe).await.unwrap();
    assert!(begun.elapsed() >= SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_documented_rates_are_kept() {
    let cases = [
        (Kind::AksListSubscription, 500.0, 1.0),
        (Kind::AksListGroup, 60.0, 1.0),
        (Kind::AksPutPool, 20.0, 1.0 / 60.0),
        (Kind::AksPutCluster, 20.0, 1.0 / 60.0),
        (Kind::AksGetCluster, 60.0, 1.0),
        (Kind::AksOperationStatus, 200.0, 2.0),
        (Kind::AksOther, 60.0, 1.0),
        (Kind::ArmReads, 250.0, 25.0),
        (Kind::ArmWrites, 200.0, 10.0),
        (Kind::ArmDeletes, 200.0, 10.0),
    ];
    for (kind, capacity, refill) in cases {
        assert_eq!((kind.capacity(), kind.refill()), (capacity, refill), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_fails_at_once_and_says_how_long_it_is() {
    let budget = Budget::new();
    let put = Bucket::new(Kind::AksPutCluster, "/cluster");
    drain(&budget, &put).await;
    let begun = Instant::now();
    let refused = budget
        .take(std::slice::from_ref(&put), Priority::Delete)
        .await
        .unwrap_err();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(refused.bucket, put);
    assert!(
        refused.retry_after > 59 * SECOND && refused.retry_after <= 60 * SECOND,
        "{refused:?}"
    );
    tokio::time::advance(refused.retry_after).await;
    budget.take(&[put], Priority::Delete).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_served_by_priority_and_then_by_arrival() {
    let budget = Budget::new();
    drain(&budget, &other()).await;
    let (served, mut order) = mpsc::unbounded_channel();
    let asks = [
        ("drift", Priority::Drift),
        ("config 1", Priority::Config),
        ("config 2", Priority::Config),
        ("delete", Priority::Delete),
    ];
    for (name, priority) in asks {
        let (budget, served) = (budget.clone(), served.clone());
        tokio::spawn(async move {
            budget.take(&[other()], priority).await.unwrap();
            served.send(name).unwrap();
        });
        settle().await;
    }
    drop(served);
    let mut names = Vec::new();
    while let Some(name) = order.recv().await {
        names.push(name);
    }
    assert_eq!(names, ["delete", "config 1", "config 2", "drift"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_overtaken_for_too_long_gives_up() {
    let budget = Budget::new();
    drain(&budget, &other()).await;
    let low = tokio::spawn({
        let budget = budget.clone();
        async move { budget.take(&[other()], Priority::Observe).await }
    });
    settle().await;
    let wanted = [other()];
    let urgent = join_all((0..5).map(|_| budget.take(&wanted, Priority::Delete))).await;
    assert!(urgent.iter().all(Result::is_ok));
    assert!(low.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_one_bucket_does_not_hold_another() {
    let budget = Budget::new();
    let put = Bucket::new(Kind::AksPutCluster, "/cluster");
    let writes = Bucket::new(Kind::ArmWrites, "subscription/principal");
    drain(&budget, &put).await;
    // Four more seconds make a token, near enough to be waited for.
    tokio::time::advance(56 * SECOND).await;
    let urgent = tokio::spawn({
        let (budget, both) = (budget.clone(), [put, writes.clone()]);
        async move { budget.take(&both, Priority::Delete).await }
    });
    settle().await;
    let begun = Instant::now();
    budget.take(&[writes], Priority::Observe).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    urgent.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_queue_is_not_waited_for() {
    let budget = Budget::new();
    drain(&budget, &other()).await;
    let impatient = tokio::time::timeout(SECOND / 10, budget.take(&[other()], Priority::Delete)).await;
    assert!(impatient.is_err());
    let begun = Instant::now();
    budget.take(&[other()], Priority::Observe).await.unwrap();
    assert!(begun.elapsed() <= SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_closed_bucket_stays_closed_for_the_time_azure_named() {
    let budget = Budget::new();
    budget.close(&other(), RetryAfter::new(30 * SECOND));
    budget.close(&other(), RetryAfter::new(10 * SECOND));
    let refused = budget.take(&[other()], Priority::Delete).await.unwrap_err();
    assert_eq!(refused.retry_after, 30 * SECOND);
    tokio::time::advance(30 * SECOND).await;
    budget.take(&[other()], Priority::Delete).await.unwrap();
    let begun = Instant::now();
    budget.take(&[other()], Priority::Delete).await.unwrap();
    assert!(
        begun.elapsed() >= SECOND / 2,
        "it opens with one call, not with all it held before"
    );
}

/// What Azure says to a probe, and whether the bucket is open after it.
#[tokio::test(start_paused = true)]
async fn a_bucket_that_was_closed_lets_one_call_through_and_its_answer_decides() {
    let service = |status, retry_after| {
        Err(ArmError::Service {
            at: request(Call::GetPool, None).site(),
            status,
            retry_after,
            error: Box::default(),
        })
    };
    let transport = || {
        Err(ArmError::Transport {
            at: request(Call::GetPool, None).site(),
            failure: TransportFailure::Reset,
        })
    };
    #[derive(Debug, PartialEq)]
    enum After {
        Open,
        Closed(Duration),
        AnotherProbe,
    }
    let day = Some(RetryAfter::new(86_400 * SECOND));
    let cases = [
        (ok(200, Value::Null), After::Open),
        (service(404, None), After::Open),
        (service(503, day), After::Open),
        (service(429, day), After::Closed(RetryAfter::MAX.wait())),
        (service(429, None), After::Closed(10 * SECOND)),
        (service(429, Some(RetryAfter::default())), After::Closed(10 * SECOND)),
        (transport(), After::AnotherProbe),
    ];
    for (answer, after) in cases {
        let budget = Budget::new();
        let take = || {
            let budget = budget.clone();
            async move { budget.take(&[other()], Priority::Config).await }
        };
        budget.close(&other(), RetryAfter::new(86_400 * SECOND));
        assert!(take().await.is_err());
        tokio::time::advance(RetryAfter::MAX.wait()).await;
        let probe = take().await.unwrap();
        tokio::time::advance(60 * SECOND).await;
        assert!(take().await.is_err(), "one call, however many tokens came back");
        let waiting = tokio::spawn(take());
        settle().await;
        probe.tell(&answer);
        settle().await;
        match after {
            After::Closed(wait) => {
                waiting.abort();
                settle().await;
                assert_eq!(take().await.unwrap_err().retry_after, wait, "{answer:?}");
            }
            After::Open | After::AnotherProbe => {
                assert!(waiting.is_finished(), "{answer:?}: the next one is served at once");
                let next = waiting.await.unwrap().unwrap();
                let others = take().await;
                assert_eq!(others.is_ok(), after == After::Open, "{answer:?}");
                drop(next);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_given_up_leaves_the_bucket_to_the_next() {
    let (budget, hanging) = (Budget::new(), Fake::hanging());
    budget.close(&other(), RetryAfter::default());
    let client = budgeted(&hanging, &budget);
    let given_up = tokio::time::timeout(SECOND, client.send(request(Call::GetPool, Some("westeurope")))).await;
    assert!(given_up.is_err());
    let _permit = budget.take(&[other()], Priority::Config).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_throttling_of_a_day_is_over_in_minutes() {
    let (budget, azure) = (Budget::new(), throttling("Throttled", 86_400 * SECOND));
    budgeted(&azure, &budget)
        .send(request(Call::GetPool, None))
        .await
        .unwrap_err();
    tokio::time::advance(RetryAfter::MAX.wait()).await;
    let azure = Fake::new(|_| ok(200, Value::Null));
    let client = budgeted(&azure, &budget);
    for _ in 0..3 {
        client.send(request(Call::GetPool, None)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn full_buckets_are_forgotten() {
    let budget = Budget::new();
    for cluster in 0..5000 {
        let bucket = Bucket::new(Kind::AksGetCluster, &format!("/{cluster}"));
        budget.take(&[bucket], Priority::Observe).await.unwrap();
        tokio::time::advance(Duration::from_millis(10)).await;
    }
    assert!(budget.queue().buckets() < 2500, "{}", budget.queue().buckets());
}

fn request(call: Call, region: Option<&str>) -> Request {
    let id = cluster("A");
    Request {
        call,
        target: Target::Path {
            path: id.to_string(),
            api_version: "v".into(),
            filter: None,
        },
        subject: Some(Subject {
            subscription: id.subscription().clone(),
            region: region.map(Into::into),
            resource: Some(id.to_string()),
        }),
        body: None,
        body_token: BodyToken::None,
        sensitive: Default::default(),
        precondition: Precondition::None,
        priority: Priority::Config,
    }
}

#[test]
fn each_call_counts_where_azure_counts_it() {
    let kinds = |call| {
        Bucket::of(&request(call, None), "me")
            .into_iter()
            .map(|b| b.kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(Call::GetCluster), [Kind::AksGetCluster, Kind::ArmReads]);
    assert_eq!(kinds(Call::PutCluster), [Kind::AksPutCluster, Kind::ArmWrites]);
    assert_eq!(kinds(Call::PutPool), [Kind::AksPutPool, Kind::ArmWrites]);
    assert_eq!(kinds(Call::GetPool), [Kind::AksOther, Kind::ArmReads]);
    assert_eq!(kinds(Call::DeleteCluster), [Kind::AksOther, Kind::ArmDeletes]);
    assert_eq!(kinds(Call::StartCluster), [Kind::AksOther, Kind::ArmWrites]);
    assert_eq!(kinds(Call::OperationStatus), [Kind::AksOperationStatus, Kind::ArmReads]);
    assert_eq!(kinds(Call::GetResourceGroup), [Kind::ArmReads]);
}

#[test]
fn buckets_are_separate_by_region_resource_and_principal_and_blind_to_case() {
    let of = |call, region, principal: &str| Bucket::of(&request(call, region), principal);
    let west = of(Call::GetPool, Some("westeurope"), "me");
    let north = of(Call::GetPool, Some("northeurope"), "me");
    assert_ne!(west[0], north[0]);
    assert_eq!(west[1], north[1]);
    let (mine, yours) = (of(Call::GetCluster, None, "me"), of(Call::GetCluster, None, "you"));
    assert_eq!(mine[0], yours[0], "AKS counts whoever calls");
    assert_ne!(mine[1], yours[1], "Azure Resource Manager counts each principal");
    let mut shouted = request(Call::GetCluster, None);
    if let Some(subject) = &mut shouted.subject {
        subject.resource = subject.resource.as_ref().map(|id| id.to_uppercase());
    }
    assert_eq!(Bucket::of(&shouted, "ME"), mine);
}

fn budgeted(azure: &Fake, budget: &Budget) -> Budgeted<Fake> {
    let metrics = ArmMetrics::register(&mut Registry::default());
    Budgeted::new(azure.clone(), budget.clone(), "me".into(), metrics)
}

fn throttling(code: &'static str, wait: Duration) -> Fake {
    Fake::new(move |request| {
        Err(ArmError::Service {
            at: request.site(),
            status: 429,
            retry_after: Some(RetryAfter::new(wait)),
            error: Box::new(ServiceError {
                code: code.into(),
                ..ServiceError::default()
            }),
        })
    })
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_closes_the_bucket_it_came_from_and_no_other() {
    for (code, closed, open) in [
        ("Throttled", Call::DeleteCluster, Call::GetCluster),
        ("OperationNotAllowed", Call::DeleteCluster, Call::GetCluster),
        ("SubscriptionRequestsThrottled", Call::GetCluster, Call::DeleteCluster),
    ] {
        let (budget, azure) = (Budget::new(), throttling(code, 30 * SECOND));
        budgeted(&azure, &budget)
            .send(request(Call::GetPool, None))
            .await
            .unwrap_err();
        let azure = Fake::new(|_| ok(200, Value::Null));
        let client = budgeted(&azure, &budget);
        let refused = client.send(request(closed, None)).await;
        assert!(
            matches!(refused, Err(ArmError::Budget { retry_after, .. }) if retry_after == 30 * SECOND),
            "{code}: {refused:?}"
        );
        client.send(request(open, None)).await.unwrap();
        assert_eq!(azure.asked().len(), 1, "{code}: what is refused is not sent");
    }
}

#[tokio::test(start_paused = true)]
async fn levels_show_shared_buckets_by_name_and_the_lowest_of_the_others() {
    let budget = Budget::new();
    for _ in 0..2 {
        budget
            .take(&[Bucket::new(Kind::AksGetCluster, "/a"), other()], Priority::Observe)
            .await
            .unwrap();
    }
    budget
        .take(&[Bucket::new(Kind::AksGetCluster, "/b")], Priority::Observe)
        .await
        .unwrap();
    let expected = [
        ("aks-get-cluster".to_owned(), 58.0),
        ("aks-other subscription/westeurope".to_owned(), 58.0),
    ];
    assert_eq!(budget.levels(), expected);
}

proptest::proptest! {
    #[test]
    fn azures_rate_is_never_exceeded(steps in proptest::collection::vec((0_u64..30_000, 0_usize..40), 1..60)) {
        let (mut queue, begun) = (Queue::default(), Instant::now());
        let (mut now, mut granted, mut asks) = (begun, 0.0, Vec::new());
        for (pause, more) in steps {
            now += Duration::from_millis(pause);
            asks.extend((0..more).map(|_| queue.join(&[other()], Priority::Config).1));
            queue.serve(now);
            asks.retain_mut(|ask| {
                let served = ask.try_recv().is_ok();
                granted += f64::from(u8::from(served));
                !served
            });
            let allowed = Kind::AksOther.capacity() + Kind::AksOther.refill() * (now - begun).as_secs_f64();
            proptest::prop_assert!(granted <= allowed + 0.01, "{granted} of {allowed}");
        }
    }
}
