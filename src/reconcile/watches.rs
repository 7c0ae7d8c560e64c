//! What wakes which reconcile: watches on our kinds, and Azure's own changes.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt, future, stream};
use kube::core::NamespaceResourceScope;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Api, Resource};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, debug, error, info};

use super::contained::{self, Broken, lasting};
use super::context::{AllCaches, Context, Parts};
use super::guard::{self, Guarded, Unreadable};
use super::news::{Keys, UnreadableKeys, news};
use super::orphans::{self, cluster_of};
use super::watched::Filler;
use super::write::WriteError;
use super::{Deps, events, identities, pass, slots, unreadable};
use crate::runtime::metrics::{Metrics, ObjectKind, ReadyLabel, SharedRegistry};
use crate::runtime::settings::Settings;
use armature_api::{AksCluster, AksNodePool, AzureIdentity};
use armature_arm::budget::Budget;
use armature_arm::clients::{Clients, SetupError};
use armature_arm::metrics::ArmMetrics;
use armature_arm::{ClusterId, Observer};
use armature_plan::status::conditions::{READY, find};

/// How long several events of one object may be taken for one.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// A pass that broke off is run again after this time.
const AFTER_BREAK: Duration = Duration::from_secs(60);
/// How often the objects are counted for `/metrics`.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Waits until this replica leads and runs the controllers until shutdown.
pub async fn run(deps: Deps) {
    let Deps {
        client,
        settings,
        installation,
        leadership,
        readiness,
        metrics,
        registry,
        shutdown,
    } = deps;
    let clients = match clients(&settings, &registry) {
        Ok(clients) => clients,
        Err(error) => return error!(%error, "no client for Azure can be made"),
    };
    if shutdown.run_until_cancelled(leadership.wait()).await.is_none() {
        return;
    }
    info!("this replica leads");
    let (observer, wakes) = Observer::new(settings.timing.list_interval);
    let (clusters, pools, identities) = (Filler::new(), Filler::new(), Filler::new());
    let deaf = CancellationToken::new();
    let recorder = Recorder::new(
        client.clone(),
        Reporter {
            controller: "armature".to_owned(),
            instance: None,
        },
    );
    let context = Arc::new(Context::new(Parts {
        client,
        settings,
        installation,
        leadership,
        metrics,
        caches: AllCaches {
            clusters: clusters.caches(),
            pools: pools.caches(),
            identities: identities.caches(),
        },
        observer,
        clients,
        recorder,
    }));
    let (news, heard) = news();
    let namespace = context.settings.watch_namespace.as_deref();
    let tell = news.of_clusters(Arc::clone(&context));
    let clusters_filled = clusters.watch(api(&context.client, namespace), &readiness, &shutdown, &deaf, tell);
    let tell = news.of_pools(Arc::clone(&context));
    let pools_filled = pools.watch(api(&context.client, namespace), &readiness, &shutdown, &deaf, tell);
    let tell = news.of_identities();
    let identities_filled = identities.watch(Api::all(context.client.clone()), &readiness, &shutdown, &deaf, tell);
    // A pass reads all three caches. And before all clusters are known every pool looks like an orphan, and one that goes
    // would lose its finalizer.
    let filled = async {
        for one in [&clusters_filled, &pools_filled, &identities_filled] {
            one.cancelled().await;
        }
    };
    tokio::select! {
        () = filled => {}
        () = shutdown.cancelled() => return,
        () = deaf.cancelled() => return,
    }
    // Each lasts until shutdown; where one ends before, the process does.
    let ended = future::try_join5(
        lasting(
            "the controller of clusters",
            &shutdown,
            reconcile_clusters(&context, heard.clusters, heard.identities_of_clusters, wakes, &shutdown),
        ),
        lasting(
            "the controller of pools without a cluster",
            &shutdown,
            reconcile_orphans(&context, heard.pools, heard.clusters_of_pools, &shutdown),
        ),
        lasting(
            "the controller of identities",
            &shutdown,
            reconcile_identities(&context, heard.identities, &shutdown),
        ),
        lasting(
            "the controllers of what can't be read",
            &shutdown,
            reconcile_all_unreadable(&context, heard.unreadable, &shutdown),
        ),
        lasting("the count of objects", &shutdown, count(&context, &shutdown)),
    );
    tokio::select! {
        // What is wrong was logged where it was seen.
        _ = ended => {}
        () = deaf.cancelled() => {}
    }
}

async fn reconcile_clusters(
    context: &Arc<Context>,
    keys: Keys<AksCluster>,
    identities: Keys<AzureIdentity>,
    wakes: impl Stream<Item = ClusterId> + Send + 'static,
    shutdown: &CancellationToken,
) {
    let users = Arc::clone(context);
    let of_identity = identities.flat_map(move |identity| stream::iter(users_of(&users, &identity)));
    let known = Arc::clone(context);
    let of_azure = wakes.flat_map(move |id| stream::iter(known.objects_of(&id)));
    let clusters = context.clusters.clone();
    Controller::for_shared_stream(objects(keys, &clusters), clusters)
        // Passes wait for slots, which are shared out fairly, and not for a place in the controller's one line.
        .with_config(Config::default().concurrency(0).debounce(DEBOUNCE))
        .reconcile_on(of_identity)
        .reconcile_on(of_azure)
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
        .run(
            |cluster, context| in_its_turn(cluster, context, shutdown.clone()),
            |_, error: &Never, _| match *error {},
            Arc::clone(context),
        )
        .for_each(|result| async move {
            if let Err(error) = result {
                debug!(%error, "the cluster controller skipped an event");
            }
        })
        .await;
}

/// The objects of keys, as they are when whoever reads gets to them.
fn objects<K>(keys: Keys<K>, store: &Store<K>) -> impl Stream<Item = Arc<K>> + Send + 'static
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    let store = store.clone();
    keys.filter_map(move |key| future::ready(store.get(&key)))
}

/// A pass answers every failure itself.
#[derive(Debug, thiserror::Error)]
enum Never {}

/// A pass over a cluster when there is a slot for it. The pass is a task of its own: the controller polls all who wait
/// whenever one of them moves.
async fn in_its_turn(
    cluster: Arc<AksCluster>,
    context: Arc<Context>,
    shutdown: CancellationToken,
) -> Result<Action, Never> {
    let key = slots::Key::of(&cluster);
    let Some(slot) = shutdown.run_until_cancelled(context.slots.take(key)).await else {
        return Ok(Action::await_change());
    };
    // It may have changed, or have gone, while it waited.
    let Some(cluster) = context.clusters.get(&ObjectRef::from_obj(&cluster)) else {
        return Ok(Action::await_change());
    };
    let pass = async move {
        let _slot = slot;
        reconcile_cluster(cluster, context).await
    };
    match AbortOnDropHandle::new(tokio::spawn(pass.in_current_span())).await {
        Ok(next) => next,
        Err(error) => {
            error!(%error, "a pass broke off");
            Ok(Action::requeue(AFTER_BREAK))
        }
    }
}

async fn reconcile_cluster(cluster: Arc<AksCluster>, context: Arc<Context>) -> Result<Action, Never> {
    let started = Instant::now();
    let run = context.panics.contain(cluster.as_ref(), pass::run(&context, &cluster));
    let next = match run.await {
        Ok(next) => next,
        Err(broken) => {
            // What it left there is in no order.
            context.lose_memory(&ObjectRef::from_obj(cluster.as_ref()));
            return Ok(rest(&context, cluster.as_ref(), ObjectKind::AksCluster, &broken).await);
        }
    };
    context.metrics.reconciled(next.outcome, started.elapsed());
    Ok(next.after.map_or_else(Action::await_change, Action::requeue))
}

async fn reconcile_orphan(pool: Arc<AksNodePool>, context: Arc<Context>) -> Result<Action, WriteError> {
    let run = orphans::reconcile(Arc::clone(&pool), Arc::clone(&context));
    match context.panics.contain(pool.as_ref(), run).await {
        Ok(done) => done,
        Err(broken) => Ok(rest(&context, pool.as_ref(), ObjectKind::AksNodePool, &broken).await),
    }
}

async fn reconcile_identity(identity: Arc<AzureIdentity>, context: Arc<Context>) -> Result<Action, WriteError> {
    let run = identities::reconcile(Arc::clone(&identity), Arc::clone(&context));
    match context.panics.contain(identity.as_ref(), run).await {
        Ok(done) => done,
        Err(broken) => Ok(rest(&context, identity.as_ref(), ObjectKind::AzureIdentity, &broken).await),
    }
}

/// Tells that a fault in Armature ended a pass, and lets the object rest.
async fn rest<K: Resource<DynamicType = ()>>(
    context: &Context,
    object: &K,
    kind: ObjectKind,
    broken: &Broken,
) -> Action {
    if let Broken::Panicked { pause, message } = broken {
        error!(object = contained::key(object), pause = ?pause, "a fault in Armature ended the pass: {message}");
        context.metrics.panicked(kind);
        events::crashed(context, object, *pause).await;
    }
    Action::requeue(broken.pause())
}

/// The clusters that name an identity.
fn users_of(context: &Context, identity: &ObjectRef<AzureIdentity>) -> Vec<ObjectRef<AksCluster>> {
    let name = &identity.name;
    let uses = |cluster: &Arc<AksCluster>| {
        cluster
            .spec
            .identity_ref
            .as_ref()
            .is_some_and(|reference| reference.name == *name)
    };
    let users = context.clusters.state().into_iter().filter(uses);
    users.map(|cluster| ObjectRef::from_obj(cluster.as_ref())).collect()
}

/// The pools of a cluster.
fn pools_of(context: &Context, cluster: &ObjectRef<AksCluster>) -> Vec<ObjectRef<AksNodePool>> {
    let pools = context.pools.state().into_iter();
    let own = pools.filter(|pool| cluster_of(pool) == *cluster);
    own.map(|pool| ObjectRef::from_obj(pool.as_ref())).collect()
}

async fn reconcile_orphans(
    context: &Arc<Context>,
    keys: Keys<AksNodePool>,
    clusters: Keys<AksCluster>,
    shutdown: &CancellationToken,
) {
    let known = Arc::clone(context);
    let below = clusters.flat_map(move |cluster| stream::iter(pools_of(&known, &cluster)));
    let (pools, concurrency) = (context.pools.clone(), context.settings.concurrency);
    Controller::for_shared_stream(objects(keys, &pools), pools)
        .with_config(Config::default().concurrency(concurrency).debounce(DEBOUNCE))
        .reconcile_on(below)
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
        .run(reconcile_orphan, |_, error, _| retry(error), Arc::clone(context))
        .for_each(|_| future::ready(()))
        .await;
}

async fn reconcile_identities(context: &Arc<Context>, keys: Keys<AzureIdentity>, shutdown: &CancellationToken) {
    let identities = context.identities.clone();
    Controller::for_shared_stream(objects(keys, &identities), identities)
        .with_config(Config::default().debounce(DEBOUNCE))
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
        .run(reconcile_identity, |_, error, _| retry(error), Arc::clone(context))
        .for_each(|_| future::ready(()))
        .await;
}

async fn reconcile_all_unreadable(context: &Arc<Context>, keys: UnreadableKeys, shutdown: &CancellationToken) {
    let AllCaches {
        clusters,
        pools,
        identities,
    } = context.caches.clone();
    future::join3(
        reconcile_unreadable(
            context,
            keys.clusters,
            clusters.unreadable,
            unreadable::reconcile,
            shutdown,
        ),
        reconcile_unreadable(context, keys.pools, pools.unreadable, unreadable::reconcile, shutdown),
        reconcile_unreadable(
            context,
            keys.identities,
            identities.unreadable,
            unreadable::reconcile_identity,
            shutdown,
        ),
    )
    .await;
}

async fn reconcile_unreadable<K, F>(
    context: &Arc<Context>,
    keys: Keys<Unreadable<K>>,
    store: Store<Unreadable<K>>,
    reconcile: fn(Arc<Unreadable<K>>, Arc<Context>) -> F,
    shutdown: &CancellationToken,
) where
    K: guard::Parts,
    F: Future<Output = Result<Action, WriteError>> + Send + 'static,
{
    let concurrency = context.settings.concurrency;
    Controller::for_shared_stream(objects(keys, &store), store)
        .with_config(Config::default().concurrency(concurrency).debounce(DEBOUNCE))
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
        .run(reconcile, |_, error, _| retry(error), Arc::clone(context))
        .for_each(|_| future::ready(()))
        .await;
}

/// A write to Kubernetes that failed, by what failed.
fn retry(error: &WriteError) -> Action {
    let after = match error {
        WriteError::Conflict | WriteError::Gone => Duration::from_millis(500),
        WriteError::Timeout(_) | WriteError::Refused(_) | WriteError::Unrecorded(_) | WriteError::NotLeader => {
            Duration::from_secs(10)
        }
    };
    Action::requeue(after)
}

/// Counts objects, and forgets what has none any more, until shutdown.
async fn count(context: &Context, shutdown: &CancellationToken) {
    let mut ticks = tokio::time::interval(COUNT_EVERY);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        context.sweep();
        context.inventories.sweep(context).await;
        let AllCaches {
            clusters,
            pools,
            identities,
        } = &context.caches;
        for (kind, count) in [
            (ObjectKind::AksCluster, clusters.unreadable.len()),
            (ObjectKind::AksNodePool, pools.unreadable.len()),
            (ObjectKind::AzureIdentity, identities.unreadable.len()),
        ] {
            context.metrics.unreadable(kind, count);
        }
        let clusters = context.clusters.state();
        tally(
            &context.metrics,
            ObjectKind::AksCluster,
            clusters
                .iter()
                .map(|cluster| cluster.status.as_ref().map(|status| status.conditions.as_slice())),
        );
        let pools = context.pools.state();
        tally(
            &context.metrics,
            ObjectKind::AksNodePool,
            pools
                .iter()
                .map(|pool| pool.status.as_ref().map(|status| status.conditions.as_slice())),
        );
    }
}

fn tally<'a>(
    metrics: &Metrics,
    kind: ObjectKind,
    objects: impl Iterator<Item = Option<&'a [k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition]>>,
) {
    let (mut yes, mut no, mut unknown) = (0, 0, 0);
    for conditions in objects {
        match conditions
            .and_then(|conditions| find(conditions, READY))
            .map(|ready| ready.status.as_str())
        {
            Some("True") => yes += 1,
            Some("False") => no += 1,
            _ => unknown += 1,
        }
    }
    metrics.objects(kind, ReadyLabel::True, yes);
    metrics.objects(kind, ReadyLabel::False, no);
    metrics.objects(kind, ReadyLabel::Unknown, unknown);
}

fn api<K>(client: &kube::Client, namespace: Option<&str>) -> Api<Guarded<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

fn clients(settings: &Settings, registry: &SharedRegistry) -> Result<Clients, SetupError> {
    let budget = Budget::new();
    let mut registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    budget.register(&mut registry);
    let metrics = ArmMetrics::register(&mut registry);
    Clients::new(settings.azure.clone(), budget, metrics)
}
