//! A stored cluster with two pools, and requests against it through the whole pipeline.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Operation, Request, first_broken};
use crate::arm::children::kinds::ChildKind;
use crate::defaults::json::{is, set};
use crate::defaults::{Place, fill_child, fill_cluster, fill_pool, finish_cluster, finish_pool, merge, merge_pools};
use crate::refusal::Refusal;
use crate::schema::Definition;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// A cluster at 1.35.8 in westeurope with the pools `system` (System, 3 nodes) and `work` (User, 2 nodes).
pub(super) struct World {
    pub(super) cluster: Value,
    pub(super) pools: Vec<Value>,
    pub(super) snapshots: Vec<Value>,
    now: Timestamp,
    disabled: BTreeSet<String>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) struct Outcome(Option<(&'static str, Refusal)>);

impl Outcome {
    #[track_caller]
    pub(super) fn accepted(self) {
        assert!(self.0.is_none(), "refused: {:?}", self.0);
    }

    #[track_caller]
    pub(super) fn refused_by(self, rule: &str) -> Refusal {
        let (name, refusal) = self.0.expect("the request was accepted");
        assert_eq!(name, rule, "{refusal:?}");
        refusal
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(json!({}), json!({}), json!({}))
    }

    /// The world with `properties` merged into the cluster and `system`, `work` into the pools, before the create.
    pub(super) fn with(properties: Value, system: Value, work: Value) -> Self {
        let mut cluster =
            json!({"location": "westeurope", "properties": {"dnsPrefix": "demo", "kubernetesVersion": "1.35.8"}});
        lay(&mut cluster["properties"], &properties);
        let mut system_pool = json!({"mode": "System", "count": 3, "vmSize": "Standard_D4s_v5"});
        lay(&mut system_pool, &system);
        let mut work_pool = json!({"mode": "User", "count": 2, "vmSize": "Standard_D4s_v5"});
        lay(&mut work_pool, &work);
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let mut world = Self {
            cluster: Value::Null,
            pools: Vec::new(),
            snapshots: Vec::new(),
            now,
            disabled: BTreeSet::new(),
        };
        let place = world.place();
        fill_cluster(&mut cluster, &place);
        for pool in [&mut system_pool, &mut work_pool] {
            fill_pool(pool, &cluster, &place);
            finish_pool(pool, &cluster, &place);
        }
        finish_cluster(&mut cluster, &place);
        set(&mut cluster, "/properties/provisioningState", "Succeeded");
        world.cluster = cluster;
        world.pools = vec![
            json!({"name": "system", "properties": system_pool}),
            json!({"name": "work", "properties": work_pool}),
        ];
        world
    }

    fn place(&self) -> Place<'static> {
        Place {
            subscription_id: SUBSCRIPTION,
            resource_group: "rg",
            cluster: "demo",
            region: "westeurope",
            tenant_id: "00000000-0000-0000-0000-0000000000aa",
            now: self.now,
        }
    }

    pub(super) fn disable(&mut self, rule: &str) {
        self.disabled.insert(rule.to_owned());
    }

    /// PUT of a new cluster `demo` with one good system pool, `sent` laid over it.
    pub(super) fn create(sent: Value) -> Outcome {
        let mut body = json!({"location": "westeurope", "properties": {"dnsPrefix": "demo",
            "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4s_v5"}]}});
        lay(&mut body, &sent);
        Self::create_as("demo", body)
    }

    /// PUT of a new cluster called `name` with exactly `body`.
    pub(super) fn create_as(name: &str, body: Value) -> Outcome {
        let mut world = Self::new();
        world.pools.clear();
        world.run_cluster(name, None, body)
    }

    /// PUT over the stored cluster.
    pub(super) fn put_cluster(&self, mut sent: Value) -> Outcome {
        lay_default(&mut sent, "location", json!("westeurope"));
        self.run_cluster("demo", Some(&self.cluster), sent)
    }

    fn run_cluster(&self, name: &str, old: Option<&Value>, sent: Value) -> Outcome {
        let place = self.place();
        let mut new = merge(Definition::ManagedCluster, old, &sent);
        fill_cluster(&mut new, &place);
        let mut next_pools = merge_pools(&self.pools, &sent, &new);
        for pool in &mut next_pools {
            fill_pool(&mut pool["properties"], &new, &place);
        }
        let request = Request {
            name,
            sent: &sent,
            old,
            new: &new,
            cluster: old,
            next_pools: &next_pools,
            ..self.request()
        };
        run(&request)
    }

    /// PUT of the pool `name`, new or stored, with these properties.
    pub(super) fn put_pool(&self, name: &str, properties: Value) -> Outcome {
        let sent = json!({"properties": properties});
        let old = self.pools.iter().find(|pool| is(pool, "/name", name));
        let mut new = merge(Definition::AgentPool, old, &sent);
        fill_pool(&mut new["properties"], &self.cluster, &self.place());
        let operation = Operation::PutPool;
        run(&Request {
            operation,
            name,
            sent: &sent,
            old,
            new: &new,
            ..self.request()
        })
    }

    /// The cluster as GET shows it, pools inside.
    pub(super) fn answer(&self) -> Value {
        let mut answer = self.cluster.clone();
        let profiles: Vec<Value> = self
            .pools
            .iter()
            .map(|pool| {
                let mut profile = pool["properties"].clone();
                profile["name"] = pool["name"].clone();
                profile
            })
            .collect();
        set(&mut answer, "/properties/agentPoolProfiles", profiles);
        answer
    }

    /// An operation without a body on the cluster or on the pool `name`.
    pub(super) fn act(&self, operation: Operation, name: &str) -> Outcome {
        let pool = self.pools.iter().find(|pool| is(pool, "/name", name));
        let new = pool.unwrap_or(&self.cluster);
        run(&Request {
            operation,
            name,
            old: Some(new),
            new,
            ..self.request()
        })
    }

    /// POST of `sent` on the cluster or on the pool `name`.
    pub(super) fn post(&self, operation: Operation, name: &str, sent: Value) -> Outcome {
        let pool = self.pools.iter().find(|pool| is(pool, "/name", name));
        let new = pool.unwrap_or(&self.cluster);
        run(&Request {
            operation,
            name,
            sent: &sent,
            old: Some(new),
            new,
            ..self.request()
        })
    }

    /// PUT of a maintenance configuration.
    pub(super) fn put_maintenance(&self, name: &str, properties: Value) -> Outcome {
        self.put_child(
            ChildKind::MaintenanceConfiguration,
            name,
            json!({"properties": properties}),
        )
    }

    /// PUT of a new child of this kind.
    pub(super) fn put_child(&self, kind: ChildKind, name: &str, sent: Value) -> Outcome {
        self.put_child_over(kind, name, None, sent)
    }

    /// PUT of a child over what `old` sent.
    pub(super) fn put_child_over(&self, kind: ChildKind, name: &str, old: Option<&Value>, sent: Value) -> Outcome {
        let mut new = merge(kind.facts().definition, old, &sent);
        fill_child(kind, &mut new, &self.cluster, &self.place());
        run(&Request {
            operation: Operation::PutChild(kind),
            name,
            sent: &sent,
            old,
            new: &new,
            ..self.request()
        })
    }

    fn request(&self) -> Request<'_> {
        Request {
            operation: Operation::PutCluster,
            resource_group: "rg",
            name: "demo",
            region: "westeurope",
            sent: &Value::Null,
            old: None,
            new: &Value::Null,
            cluster: Some(&self.cluster),
            pools: &self.pools,
            next_pools: &[],
            snapshots: &self.snapshots,
            now: self.now,
            disabled: &self.disabled,
        }
    }
}

fn run(request: &Request<'_>) -> Outcome {
    Outcome(first_broken(request).map(|(rule, refusal)| (rule.name, refusal)))
}

/// Lays `over` on `base`, objects by member.
pub(super) fn lay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn lay_default(body: &mut Value, key: &str, value: Value) {
    if body.get(key).is_none() {
        body[key] = value;
    }
}
