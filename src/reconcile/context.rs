//! What all passes share.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::OnceCell;

use super::children::Turns;
use super::contained::Panics;
use super::fingerprint::FingerprintKey;
use super::in_flight::InFlight;
use super::inventory::Inventories;
use super::memory::Memory;
use super::remembered::Remembered;
use super::slots::Slots;
use super::store::Written;
use super::watched::Caches;
use crate::runtime::leader::Leadership;
use crate::runtime::metrics::Metrics;
use crate::runtime::settings::{InstallationId, Settings};
use armature_api::{AksCluster, AksNodePool, AzureIdentity};
use armature_arm::{ClusterId, Observer, Watcher, clients::Clients};

/// What all passes share.
pub struct Context {
    /// The management cluster.
    pub client: Client,
    /// What the operator was told at start.
    pub settings: Settings,
    /// The name of this installation in the ownership tag.
    pub installation: InstallationId,
    /// Who may write.
    pub leadership: Leadership,
    /// What is counted.
    pub metrics: Metrics,
    /// All clusters that can be read.
    pub clusters: Store<AksCluster>,
    /// All node pools that can be read.
    pub pools: Store<AksNodePool>,
    /// All identities that can be read.
    pub identities: Store<AzureIdentity>,
    /// All objects, with those that can't be read.
    pub caches: AllCaches,
    /// What Azure showed last.
    pub observer: Observer,
    /// A client for each way to sign in.
    pub clients: Clients,
    /// What was written to Kubernetes and may not have come back yet.
    pub written: Written,
    /// Where events go.
    pub recorder: Recorder,
    /// The key for fingerprints of secrets, once one was needed.
    pub fingerprint_key: OnceCell<FingerprintKey>,
    /// Whether the last event could not be published.
    pub events_fail: AtomicBool,
    /// What hangs on clusters and is under our care.
    pub inventories: Inventories,
    /// Who may write what children share.
    pub turns: Turns,
    /// Objects whose last pass panicked.
    pub panics: Panics,
    /// How many operations run in each subscription.
    pub in_flight: InFlight,
    /// How many passes may run at the same time, and whose.
    pub slots: Slots,
    remembered: Remembered,
}

/// All objects of our kinds, readable or not.
#[derive(Debug, Clone)]
pub struct AllCaches {
    /// The clusters.
    pub clusters: Caches<AksCluster>,
    /// The node pools.
    pub pools: Caches<AksNodePool>,
    /// The identities.
    pub identities: Caches<AzureIdentity>,
}

/// The parts of a context that are made outside.
pub struct Parts {
    /// The management cluster.
    pub client: Client,
    /// What the operator was told at start.
    pub settings: Settings,
    /// The name of this installation in the ownership tag.
    pub installation: InstallationId,
    /// Who may write.
    pub leadership: Leadership,
    /// What is counted.
    pub metrics: Metrics,
    /// All objects.
    pub caches: AllCaches,
    /// What Azure showed last.
    pub observer: Observer,
    /// A client for each way to sign in.
    pub clients: Clients,
    /// Where events go.
    pub recorder: Recorder,
}

impl Context {
    /// A context without memories.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            client,
            settings,
            installation,
            leadership,
            metrics,
            caches,
            observer,
            clients,
            recorder,
        } = parts;
        let slots = Slots::new(settings.concurrency);
        Self {
            client,
            settings,
            installation,
            leadership,
            metrics,
            clusters: caches.clusters.readable.clone(),
            pools: caches.pools.readable.clone(),
            identities: caches.identities.readable.clone(),
            caches,
            observer,
            clients,
            written: Written::default(),
            recorder,
            fingerprint_key: OnceCell::new(),
            events_fail: AtomicBool::new(false),
            inventories: Inventories::default(),
            turns: Turns::default(),
            panics: Panics::default(),
            in_flight: InFlight::default(),
            slots,
            remembered: Remembered::default(),
        }
    }

    /// The memory of an aggregate. One object is never in two passes at once.
    pub fn memory(&self, cluster: &ObjectRef<AksCluster>) -> Arc<tokio::sync::Mutex<Memory>> {
        self.remembered.memory(cluster)
    }

    /// Loses the memory of an aggregate, as a restart does.
    pub fn lose_memory(&self, cluster: &ObjectRef<AksCluster>) {
        self.remembered.lose(cluster);
    }

    /// Notes that an object names a cluster in Azure.
    pub fn know(&self, id: &ClusterId, cluster: &ObjectRef<AksCluster>) {
        self.remembered.know(id, cluster);
    }

    /// The objects that name a cluster in Azure: one, and by mistake several, of which one owns it.
    pub fn objects_of(&self, id: &ClusterId) -> Vec<ObjectRef<AksCluster>> {
        self.remembered.objects_of(id)
    }

    /// Forgets an aggregate that is gone. An object that comes later under its name starts without its past.
    pub fn forget(&self, cluster: &ObjectRef<AksCluster>) {
        self.in_flight.note(cluster, Vec::new());
        self.keep(|one| one != cluster);
    }

    /// Looks no more for an object at what it names.
    pub fn lose_sight(&self, cluster: &ObjectRef<AksCluster>, id: &ClusterId) {
        self.remembered.unknow(id, cluster);
        self.observer.unwatch(id, &watcher(cluster));
    }

    /// Forgets whatever has no object any more: a pass that ran while its object went may have noted something of it.
    pub fn sweep(&self) {
        let AllCaches { clusters, pools, .. } = &self.caches;
        self.keep(|cluster| clusters.has(cluster));
        let uids: HashSet<String> = clusters.uids().chain(pools.uids()).collect();
        self.written.keep(|uid| uids.contains(uid));
    }

    fn keep(&self, stays: impl Fn(&ObjectRef<AksCluster>) -> bool) {
        for (id, cluster) in self.remembered.keep(stays) {
            self.observer.unwatch(&id, &watcher(&cluster));
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// An object as the one that watches what it names.
pub fn watcher(cluster: &ObjectRef<AksCluster>) -> Watcher {
    format!("{}/{}", cluster.namespace.as_deref().unwrap_or_default(), cluster.name).into()
}

/// A duration as jiff counts it; settings never come near the limit.
pub fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use clap::Parser;
    use kube::Config;
    use kube::runtime::reflector;
    use kube::runtime::watcher::Event;
    use prometheus_client::registry::Registry;
    use serde_json::json;

    use super::*;
    use crate::reconcile::watched::Filler;
    use crate::runtime::args::RunArgs;
    use armature_arm::{ArmMetrics, Budget, Credential, SubscriptionId};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        run: RunArgs,
    }

    fn cluster(name: &str) -> AksCluster {
        let mut cluster = AksCluster::new(name, Default::default());
        cluster.metadata.namespace = Some("team".to_owned());
        cluster.metadata.uid = Some(name.to_owned());
        cluster.metadata.resource_version = Some("7".to_owned());
        cluster
    }

    /// What a process noted of a cluster.
    struct Noted {
        key: ObjectRef<AksCluster>,
        id: ClusterId,
        memory: Arc<tokio::sync::Mutex<Memory>>,
    }

    impl Noted {
        fn new(context: &Context, name: &str) -> Self {
            let (object, key) = (cluster(name), ObjectRef::new(name).within("team"));
            let subscription = SubscriptionId::parse("00000000-0000-0000-0000-000000000001").unwrap();
            let id = ClusterId::new(subscription, "fleet", name).unwrap();
            let credential = Credential::ManagedIdentity { client_id: None };
            let watcher = watcher(&key);
            context
                .observer
                .watch(&id, &watcher, &context.clients.client(&credential));
            context.observer.record(&id, &watcher, json!({ "id": id.to_string() }));
            context.know(&id, &key);
            context.written.note(&object);
            let memory = context.memory(&key);
            Self { key, id, memory }
        }

        /// Whether its memory is kept, whether its name is, and whether it is looked at in Azure.
        fn left(&self, context: &Context) -> [bool; 3] {
            [
                Arc::strong_count(&self.memory) > 1,
                context.objects_of(&self.id) == [self.key.clone()],
                context.observer.get(&self.id, &watcher(&self.key)).is_some(),
            ]
        }
    }

    #[tokio::test]
    async fn nothing_of_a_cluster_whose_object_ended_is_kept() {
        let context = context();
        let [gone, stays] = ["gone", "stays"].map(|name| Noted::new(&context, name));
        let subscription = gone.id.subscription();
        let running = vec![subscription.clone(); 4];
        context.in_flight.note(&gone.key, running);
        context.forget(&gone.key);
        assert_eq!((gone.left(&context), stays.left(&context)), ([false; 3], [true; 3]));
        let interval = context.in_flight.interval(subscription, Duration::ZERO);
        assert_eq!(interval, Duration::ZERO, "its operations stretch no other's");
    }

    /// A pass that runs while its object goes may note something of it after that was forgotten.
    #[tokio::test]
    async fn what_was_noted_of_an_object_that_is_not_there_any_more_goes_with_the_next_sweep() {
        let (store, mut filler) = reflector::store();
        filler.apply_watcher_event(&Event::Apply(cluster("stays")));
        let mut context = context();
        context.caches.clusters.readable = store;
        let [gone, stays] = ["gone", "stays"].map(|name| Noted::new(&context, name));
        assert_eq!(context.written.len(), 2);
        context.sweep();
        assert_eq!((gone.left(&context), stays.left(&context)), ([false; 3], [true; 3]));
        assert_eq!(context.written.len(), 1);
    }

    /// A context on an API server that is not there.
    fn context() -> Context {
        idle(Client::try_from(Config::new("http://127.0.0.1:9".parse().unwrap())).unwrap())
    }

    /// A context of a process that has seen nothing.
    pub fn idle(client: Client) -> Context {
        let arguments = ["armature", "--credential", "none", "--no-leader-elect"];
        let settings = Command::parse_from(arguments).run.into_settings(|_| None).unwrap();
        let (mut registry, budget) = (Registry::default(), Budget::new());
        let arm_metrics = ArmMetrics::register(&mut registry);
        Context::new(Parts {
            recorder: Recorder::new(client.clone(), "armature".into()),
            client,
            clients: Clients::new(settings.azure.clone(), budget, arm_metrics).unwrap(),
            observer: Observer::new(settings.timing.list_interval).0,
            settings,
            installation: "tests".parse().unwrap(),
            leadership: Leadership::always(),
            metrics: Metrics::register(&mut registry),
            caches: AllCaches {
                clusters: Filler::new().caches(),
                pools: Filler::new().caches(),
                identities: Filler::new().caches(),
            },
        })
    }
}
