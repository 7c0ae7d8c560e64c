//! What wakes which reconcile: watches on our kinds, and Azure's own changes.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures::channel::mpsc;
use futures::{FutureExt, Stream, StreamExt, future, stream};
use kube::core::NamespaceResourceScope;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::{self, ObjectRef, ReflectHandle, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, debug, error, info};

use super::contained::{self, Broken, lasting};
use super::context::{Context, Parts};
use super::orphans::{self, cluster_of};
use super::write::WriteError;
use super::{Deps, cache, events, identities, pass, slots};
use crate::api::{AksCluster, AksNodePool, AzureIdentity};
use crate::arm::budget::Budget;
use crate::arm::clients::{Clients, SetupError};
use crate::arm::metrics::ArmMetrics;
use crate::arm::{ClusterId, Observer};
use crate::runtime::metrics::{Metrics, ObjectKind, ReadyLabel, SharedRegistry};
use crate::runtime::readiness::Readiness;
use crate::runtime::settings::Settings;
use crate::status::conditions::{READY, find};

/// Events that a subscriber may be behind before the watch waits for it.
const BUFFER: usize = 1024;
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
    let namespace = settings.watch_namespace.as_deref();
    let deaf = CancellationToken::new();
    let clusters = Watched::<AksCluster>::start(api(&client, namespace), &readiness, &shutdown, &deaf);
    let pools = Watched::<AksNodePool>::start(api(&client, namespace), &readiness, &shutdown, &deaf);
    let identities = Watched::<AzureIdentity>::start(Api::all(client.clone()), &readiness, &shutdown, &deaf);
    let (Some((clusters, gone_clusters)), Some((pools, gone_pools)), Some((identities, _))) =
        (clusters, pools, identities)
    else {
        return error!("the watches can't be shared");
    };
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
        clusters: clusters.store.clone(),
        pools: pools.store.clone(),
        identities: identities.store.clone(),
        observer,
        clients,
        recorder,
    }));
    let clusters_filled = clusters.filled.clone();
    // A pass reads all three caches.
    let filled = [clusters.filled.clone(), pools.filled.clone(), identities.filled.clone()];
    let filled = async move {
        for one in &filled {
            one.cancelled().await;
        }
    };
    // Each lasts until shutdown; where one ends before, the process does.
    let ended = future::try_join4(
        lasting(
            "the controller of clusters",
            &shutdown,
            reconcile_clusters(
                &context,
                clusters,
                stream::select(
                    pools.events.clone().map(|pool| cluster_of(&pool)),
                    gone_pools.map(|pool| cluster_of(&pool)),
                ),
                identities.events.clone(),
                wakes,
                filled,
                &shutdown,
            ),
        ),
        lasting(
            "the controller of pools without a cluster",
            &shutdown,
            reconcile_orphans(&context, pools, gone_clusters, &clusters_filled, &shutdown),
        ),
        lasting(
            "the controller of identities",
            &shutdown,
            reconcile_identities(&context, identities, &shutdown),
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
    clusters: Watched<AksCluster>,
    of_pools: impl Stream<Item = ObjectRef<AksCluster>> + Send + 'static,
    identities: ReflectHandle<AzureIdentity>,
    wakes: impl Stream<Item = ClusterId> + Send + 'static,
    filled: impl Future<Output = ()>,
    shutdown: &CancellationToken,
) {
    let users = Arc::clone(context);
    let of_identity = identities.flat_map(move |identity| stream::iter(users_of(&users, &identity)));
    let known = Arc::clone(context);
    let of_azure = wakes.flat_map(move |id| stream::iter(known.objects_of(&id)));
    if shutdown.run_until_cancelled(filled).await.is_none() {
        return;
    }
    Controller::for_shared_stream(clusters.events, clusters.store)
        // Passes wait for slots, which are shared out fairly, and not for a place in the controller's one line.
        .with_config(Config::default().concurrency(0).debounce(DEBOUNCE))
        .reconcile_on(of_pools)
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
fn users_of(context: &Context, identity: &AzureIdentity) -> Vec<ObjectRef<AksCluster>> {
    let name = identity.name_any();
    let uses = |cluster: &Arc<AksCluster>| {
        cluster
            .spec
            .identity_ref
            .as_ref()
            .is_some_and(|reference| reference.name == name)
    };
    let users = context.clusters.state().into_iter().filter(uses);
    users.map(|cluster| ObjectRef::from_obj(cluster.as_ref())).collect()
}

/// The pools of a cluster.
fn pools_of(context: &Context, cluster: &AksCluster) -> Vec<ObjectRef<AksNodePool>> {
    let cluster = ObjectRef::from_obj(cluster);
    let pools = context.pools.state().into_iter();
    let own = pools.filter(|pool| cluster_of(pool) == cluster);
    own.map(|pool| ObjectRef::from_obj(pool.as_ref())).collect()
}

/// Starts when all clusters are known: before, every pool looks like an orphan, and one that goes would lose its
/// finalizer.
async fn reconcile_orphans(
    context: &Arc<Context>,
    pools: Watched<AksNodePool>,
    gone_clusters: impl Stream<Item = AksCluster> + Send + 'static,
    clusters_filled: &CancellationToken,
    shutdown: &CancellationToken,
) {
    if shutdown
        .run_until_cancelled(clusters_filled.cancelled())
        .await
        .is_none()
    {
        return;
    }
    let known = Arc::clone(context);
    let left_behind = gone_clusters.flat_map(move |cluster| stream::iter(pools_of(&known, &cluster)));
    Controller::for_shared_stream(pools.events, pools.store)
        .with_config(Config::default().debounce(DEBOUNCE))
        .reconcile_on(left_behind)
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
        .run(reconcile_orphan, |_, error, _| retry(error), Arc::clone(context))
        .for_each(|_| future::ready(()))
        .await;
}

async fn reconcile_identities(
    context: &Arc<Context>,
    identities: Watched<AzureIdentity>,
    shutdown: &CancellationToken,
) {
    Controller::for_shared_stream(identities.events, identities.store)
        .with_config(Config::default().debounce(DEBOUNCE))
        .graceful_shutdown_on(shutdown.clone().cancelled_owned())
        .run(reconcile_identity, |_, error, _| retry(error), Arc::clone(context))
        .for_each(|_| future::ready(()))
        .await;
}

/// A write to Kubernetes that failed, by what failed.
fn retry(error: &WriteError) -> Action {
    let after = match error {
        WriteError::Conflict | WriteError::Gone => Duration::from_millis(500),
        WriteError::Timeout(_) | WriteError::Refused(_) | WriteError::NotLeader => Duration::from_secs(10),
    };
    Action::requeue(after)
}

/// Counts objects by readiness, until shutdown.
async fn count(context: &Context, shutdown: &CancellationToken) {
    let mut ticks = tokio::time::interval(COUNT_EVERY);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
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

/// One watch of a kind: what it holds, and its events. Every handle on the events has to be read, because the slowest
/// reader holds up the watch.
struct Watched<K: Resource<DynamicType = ()> + Clone + 'static> {
    store: Store<K>,
    events: ReflectHandle<K>,
    /// Cancelled when the first list is complete. `Store::wait_until_ready` wakes only one of those who wait, and that
    /// one is the controller.
    filled: CancellationToken,
}

impl<K> Watched<K>
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + Send + Sync + 'static,
{
    /// The watch, and the objects that go: those reach no handle on the events. Should the watch end before shutdown,
    /// `deaf` is cancelled. `None` never happens: kube makes the store of `store_shared` with a dispatcher.
    fn start(
        api: Api<K>,
        readiness: &Readiness,
        shutdown: &CancellationToken,
        deaf: &CancellationToken,
    ) -> Option<(Self, mpsc::UnboundedReceiver<K>)> {
        let (store, writer) = reflector::store_shared(BUFFER);
        let events = writer.subscribe()?;
        let watch = watcher(api, watcher::Config::default())
            .default_backoff()
            .modify(cache::trim)
            .reflect_shared(writer);
        let mut gate = Some(readiness.wait_for(format!("the first list of {} objects", K::kind(&()))));
        let filled = CancellationToken::new();
        let complete = filled.clone();
        let (ends, gone) = mpsc::unbounded();
        let watch = watch.for_each(move |event| {
            match event {
                Ok(watcher::Event::InitDone) => {
                    complete.cancel();
                    if let Some(gate) = gate.take() {
                        gate.open();
                    }
                }
                // Nobody may be interested.
                Ok(watcher::Event::Delete(object)) => drop(ends.unbounded_send(object)),
                Ok(_) => {}
                Err(error) => error!(%error, kind = %K::kind(&()), "a watch broke off and is started again"),
            }
            future::ready(())
        });
        let (shutdown, deaf) = (shutdown.clone(), deaf.clone());
        tokio::spawn(async move {
            let part = format!("the watch of {} objects", K::kind(&()));
            let watch = shutdown.run_until_cancelled(watch).map(drop);
            if lasting(&part, &shutdown, watch).await.is_err() {
                deaf.cancel();
            }
        });
        Some((Self { store, events, filled }, gone))
    }
}

fn api<K>(client: &kube::Client, namespace: Option<&str>) -> Api<K>
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
    let metrics = ArmMetrics::register(&mut registry, &budget);
    Clients::new(settings.azure.clone(), budget, metrics)
}
