//! The stage of a story: a namespace on the shared control plane, an Azure of its own, and operators on demand.

use std::ffi::OsString;
use std::fmt::Debug;
use std::time::Duration;

use armature_api::crds::crds;
use armature_api::{AksCluster, AksNodePool};
use armature_lab::simulator::admin::{Admin, LoggedRequest, Requests};
use armature_lab::{ManagementCluster, OperatorProcess, SimClock, SimOptions, Simulator};
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::azure::Azure;
use crate::look;

/// Far more than any step of a story takes; only a story that goes wrong waits this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The resource group of all stories; it exists from the start.
pub const GROUP: &str = "fleet";

/// The name of the installation that the operators of all stories belong to.
pub const INSTALLATION: &str = "stories";

/// One namespace, one Azure. Everything ends with it but the objects, which end with the control plane.
pub struct World {
    /// The management cluster that all stories share.
    pub management: ManagementCluster,
    /// An administrator's client of it.
    pub client: Client,
    /// The story's own namespace.
    pub namespace: String,
    /// The clusters in it.
    pub clusters: Api<AksCluster>,
    /// The node pools in it.
    pub pools: Api<AksNodePool>,
    /// The simulated Azure.
    pub simulator: Simulator,
    /// Azure as somebody beside the operator sees it.
    pub azure: Azure,
}

/// A story ends well only when every answer of the simulator was what the API descriptions say.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.simulator.mismatches(), Vec::<String>::new());
        }
    }
}

impl World {
    /// A world in which Azure's operations take less than a second.
    pub async fn new(story: &str) -> Self {
        Self::with_clock(story, SimClock::Scaled(1200.0)).await
    }

    /// A world in which Azure's time stands still until the story moves it.
    pub async fn with_manual_clock(story: &str) -> Self {
        Self::with_clock(story, SimClock::Manual).await
    }

    async fn with_clock(story: &str, clock: SimClock) -> Self {
        let options = SimOptions {
            clock,
            // 1.34 to 1.36 are generally available and 1.37 is a preview.
            start_time: Some("2026-09-10T00:00:00Z".parse().unwrap()),
            // On a manual clock the scale only makes `Retry-After` the shortest there is.
            arguments: match clock {
                SimClock::Scaled(_) => Vec::new(),
                SimClock::Manual => vec!["--time-scale=1200".to_owned()],
            },
            tls: true,
        };
        Self::with_options(story, &options).await
    }

    /// A world with this simulator.
    pub async fn with_options(story: &str, options: &SimOptions) -> Self {
        Self::on(management_cluster().await, story, options).await
    }

    /// A world with this simulator on a management cluster with our resource definitions.
    pub async fn on(management: ManagementCluster, story: &str, options: &SimOptions) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let client = management.client().await.unwrap();
        let namespace = management.namespace(story).await.unwrap();
        let azure = Azure::sign_in(simulator.access()).await;
        azure.make_group(GROUP).await;
        Self {
            clusters: Api::namespaced(client.clone(), &namespace),
            pools: Api::namespaced(client.clone(), &namespace),
            management,
            client,
            namespace,
            simulator,
            azure,
        }
    }

    /// An operator of this namespace, with full rights in Azure and everything as quick as it can be.
    pub fn operator(&self) -> OperatorProcess {
        self.operator_with(&["--no-leader-elect"])
    }

    /// The same with further arguments; the last of two that say the same counts.
    pub fn operator_with(&self, arguments: &[&str]) -> OperatorProcess {
        let environment = self.simulator.access().operator_environment();
        self.operator_in(arguments, environment)
    }

    /// The same with another environment: other ways to sign in, or none.
    pub fn operator_in(&self, arguments: &[&str], environment: Vec<(&'static str, OsString)>) -> OperatorProcess {
        let told = arguments
            .iter()
            .find_map(|argument| argument.strip_prefix("--namespace="));
        let usual = [
            ("--namespace", self.namespace.as_str()),
            ("--operator-namespace", &self.namespace),
            ("--own-identity-namespaces", told.unwrap_or(&self.namespace)),
            ("--installation-id", INSTALLATION),
            ("--list-interval", "1s"),
            ("--operation-poll-interval", "100ms"),
            ("--pool-quiet-period", "300ms"),
            ("--pool-delete-grace", "1s"),
            ("--log-level", "info,armature=debug"),
        ];
        let is_told = |name: &str| arguments.iter().any(|argument| argument.starts_with(name));
        let untold = usual.iter().filter(|(name, _)| !is_told(name));
        let mut line: Vec<String> = untold.map(|(name, value)| format!("{name}={value}")).collect();
        line.extend(arguments.iter().map(ToString::to_string));
        OperatorProcess::start(&self.management, line, environment).unwrap()
    }

    /// Orders from the simulated Azure: faults, edits from outside, time.
    pub fn admin(&self) -> &Admin {
        self.simulator.admin()
    }

    /// The manifest of a cluster, with these fields over the smallest spec; a null takes a field away.
    pub fn cluster(&self, name: &str, fields: Value) -> Value {
        let mut spec = json!({
            "subscriptionId": self.simulator.access().subscription,
            "resourceGroup": GROUP,
            "location": "westeurope",
            "kubernetesVersion": "1.35",
            "identity": { "type": "SystemAssigned" },
            "deletionProtection": false,
        });
        lay_over(&mut spec, fields);
        json!({
            "apiVersion": "aks.armature.dev/v1alpha1",
            "kind": "AksCluster",
            "metadata": { "name": name, "namespace": self.namespace },
            "spec": spec,
        })
    }

    /// The manifest of a User pool, with these fields over the smallest spec; a null takes a field away.
    pub fn pool(&self, name: &str, cluster: &str, fields: Value) -> Value {
        let mut spec = json!({
            "clusterRef": { "name": cluster },
            "mode": "User",
            "vmSize": "Standard_D4s_v5",
            "count": 1,
            "deletionProtection": false,
        });
        lay_over(&mut spec, fields);
        json!({
            "apiVersion": "aks.armature.dev/v1alpha1",
            "kind": "AksNodePool",
            "metadata": { "name": name, "namespace": self.namespace },
            "spec": spec,
        })
    }

    /// The manifest of a System pool.
    pub fn system_pool(&self, name: &str, cluster: &str) -> Value {
        self.pool(name, cluster, json!({ "mode": "System" }))
    }

    /// Applies a manifest as `kubectl apply --server-side` does; fields that left it are removed.
    pub async fn apply(&self, manifest: &Value) {
        self.try_apply(manifest)
            .await
            .unwrap_or_else(|error| panic!("{manifest} is refused: {error}"));
    }

    /// The same, for manifests that the API server may refuse.
    pub async fn try_apply(&self, manifest: &Value) -> kube::Result<()> {
        let name = manifest["metadata"]["name"].as_str().unwrap();
        let (params, patch) = (PatchParams::apply("stories").force(), Patch::Apply(manifest));
        match manifest["kind"].as_str() {
            Some("AksCluster") => self.clusters.patch(name, &params, &patch).await.map(drop),
            Some("AksNodePool") => self.pools.patch(name, &params, &patch).await.map(drop),
            kind => panic!("no story applies a {kind:?}"),
        }
    }

    /// Applies a cluster and a System pool `system`, and waits until both are ready.
    pub async fn create(&self, name: &str, fields: Value) {
        self.apply(&self.cluster(name, fields)).await;
        self.apply(&self.system_pool("system", name)).await;
        self.ready(name).await;
    }

    /// Asks for the deletion of a cluster object and does not wait for it.
    pub async fn delete_cluster(&self, name: &str) {
        self.clusters.delete(name, &DeleteParams::background()).await.unwrap();
    }

    /// Asks for the deletion of a pool object and does not wait for it.
    pub async fn delete_pool(&self, name: &str) {
        self.pools.delete(name, &DeleteParams::background()).await.unwrap();
    }

    /// Takes objects away as the loss of etcd would: no operator, which must not run, sees them go.
    pub async fn lose(&self, cluster: &str, pools: &[&str]) {
        let forget = json!({ "metadata": { "finalizers": null } });
        let (params, merge) = (PatchParams::default(), Patch::Merge(&forget));
        for pool in pools {
            self.pools.patch(pool, &params, &merge).await.unwrap();
            self.delete_pool(pool).await;
            self.pool_gone(pool).await;
        }
        self.clusters.patch(cluster, &params, &merge).await.unwrap();
        self.delete_cluster(cluster).await;
        self.cluster_gone(cluster).await;
    }

    /// Waits until a cluster and all pools that name it are ready at their present generation, and in sync.
    pub async fn ready(&self, name: &str) -> AksCluster {
        for pool in self.pools.list(&Default::default()).await.unwrap() {
            if pool.spec.cluster_ref.name == name {
                let pool = pool.metadata.name.unwrap();
                self.pool_until(&pool, "ready", look::is_ready).await;
            }
        }
        self.cluster_until(name, "ready and in sync", |cluster| {
            look::is_ready(cluster) && look::is(cluster, "InSync", "True")
        })
        .await
    }

    /// Waits until a cluster object is as `what` says.
    pub async fn cluster_until(
        &self,
        name: &str,
        what: &str,
        condition: impl Fn(&AksCluster) -> bool + Send,
    ) -> AksCluster {
        until(&self.clusters, name, what, condition).await
    }

    /// Waits until a pool object is as `what` says.
    pub async fn pool_until(
        &self,
        name: &str,
        what: &str,
        condition: impl Fn(&AksNodePool) -> bool + Send,
    ) -> AksNodePool {
        until(&self.pools, name, what, condition).await
    }

    /// Waits until a cluster object is gone, finalizers and all.
    pub async fn cluster_gone(&self, name: &str) {
        gone(&self.clusters, name).await;
    }

    /// Waits until a pool object is gone, finalizers and all.
    pub async fn pool_gone(&self, name: &str) {
        gone(&self.pools, name).await;
    }

    /// The number of the last request that Azure has answered; what comes after it is the story's next part.
    pub async fn now(&self) -> u64 {
        let all = self.requests(Requests::default()).await;
        all.last().map_or(0, |request| request.number)
    }

    /// The requests to Azure that fit, oldest first, with their bodies. The story's own are among them.
    pub async fn requests(&self, which: Requests) -> Vec<LoggedRequest> {
        self.admin()
            .requests(&Requests { bodies: true, ..which })
            .await
            .unwrap()
    }

    /// What was written to clusters and pools after request number `after`, oldest first: `PUT shop/system`.
    pub async fn writes_after(&self, after: u64) -> Vec<String> {
        self.write_requests_after(after).await.iter().map(look::brief).collect()
    }

    /// Everything that was written to Azure after request number `after`, oldest first, as method and path.
    pub async fn all_writes_after(&self, after: u64) -> Vec<String> {
        let which = Requests {
            writes: Some(true),
            after: Some(after),
            path: Some("/subscriptions/".to_owned()),
            ..Requests::default()
        };
        let writes = self.requests(which).await;
        writes
            .iter()
            .map(|write| format!("{} {}", write.method, write.path))
            .collect()
    }

    /// What was written to clusters and pools after request number `after`, with bodies.
    pub async fn write_requests_after(&self, after: u64) -> Vec<LoggedRequest> {
        let which = Requests {
            writes: Some(true),
            after: Some(after),
            path: Some("/managedClusters/".to_owned()),
            ..Requests::default()
        };
        self.requests(which).await
    }

    /// Waits until the operator has listed the clusters `times` more times.
    pub async fn lists(&self, times: usize) {
        let after = Some(self.now().await);
        let call = Some("ManagedClusters_List".to_owned());
        let which = Requests {
            after,
            call,
            ..Requests::default()
        };
        watch_log("the LIST", async || self.requests(which.clone()).await.len() >= times).await;
    }

    /// Waits until this was written after request number `after`, as in `PUT shop/system`.
    pub async fn write_until(&self, what: &str, after: u64, brief: &str) {
        let written = async || self.writes_after(after).await.iter().any(|write| write == brief);
        watch_log(what, written).await;
    }

    /// Waits until Azure has this call about `subject`, as in `PUT` and `shop/system`, and lets all that runs end.
    pub async fn operations_end(&self, what: &str, method: &str, subject: &str) {
        self.request_until(what, look::call(method, subject)).await;
        self.admin().advance_until_idle().await.unwrap();
    }

    /// Waits until the log of Azure has a request that fits.
    pub async fn request_until(&self, what: &str, which: Requests) -> LoggedRequest {
        let found = async || !self.requests(which.clone()).await.is_empty();
        watch_log(what, found).await;
        self.requests(which).await.remove(0)
    }
}

/// Looks at Azure's log until it shows `what`: a log can't be watched. How often decides nothing.
pub async fn watch_log(what: &str, shows: impl AsyncFn() -> bool) {
    let seen = async {
        while !shows().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, seen).await;
    assert!(seen.is_ok(), "Azure never saw {what}");
}

/// The management cluster with our resource definitions.
async fn management_cluster() -> ManagementCluster {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let cluster = armature_lab::shared().await.unwrap();
    INSTALLED
        .get_or_init(|| async {
            cluster.install_crds(&crds()).await.unwrap();
            // The API server calls a kind established a moment before it answers a LIST of it.
            let client = cluster.client().await.unwrap();
            served::<AksCluster>(&client).await;
            served::<AksNodePool>(&client).await;
        })
        .await;
    cluster
}

async fn served<K>(client: &Client)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let api = Api::<K>::all(client.clone());
    while api.list(&Default::default()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until an object is as `what` says.
pub async fn until<K>(api: &Api<K>, name: &str, what: &str, condition: impl Fn(&K) -> bool + Send) -> K
where
    K: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned + Send + 'static,
{
    let holds = |object: Option<&K>| object.is_some_and(&condition);
    match tokio::time::timeout(PATIENCE, await_condition(api.clone(), name, holds)).await {
        Ok(object) => object.unwrap().unwrap(),
        Err(_) => panic!("{name} is never {what}: {}", shown(api, name).await),
    }
}

/// Waits until an object is gone, finalizers and all.
pub async fn gone<K>(api: &Api<K>, name: &str)
where
    K: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned + Send + 'static,
{
    let absent = |object: Option<&K>| object.is_none();
    if tokio::time::timeout(PATIENCE, await_condition(api.clone(), name, absent))
        .await
        .is_err()
    {
        panic!("{name} never goes: {}", shown(api, name).await);
    }
}

async fn shown<K: Clone + Debug + Serialize + DeserializeOwned>(api: &Api<K>, name: &str) -> String {
    let object = api.get_opt(name).await.unwrap();
    object.map_or("it does not exist".to_owned(), |object| {
        let mut object = serde_json::to_value(object).unwrap();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        format!("{object:#}")
    })
}

/// Lays `fields` over a spec; a null takes a field away.
fn lay_over(spec: &mut Value, fields: Value) {
    let (Some(spec), Value::Object(fields)) = (spec.as_object_mut(), fields) else {
        panic!("a spec is an object");
    };
    for (name, value) in fields {
        match value {
            Value::Null => drop(spec.remove(&name)),
            value => drop(spec.insert(name, value)),
        }
    }
}
