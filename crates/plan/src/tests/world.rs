//! A management cluster and an Azure for one aggregate, small enough to read at once.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use super::azure::{self, merge};
use crate::blocker::{Blocker, Wait};
use crate::change::Target;
use crate::desired::{DesiredCluster, DesiredPool};
use crate::live::LiveCluster;
use crate::step::Step;
use crate::{Facts, Fate, Hold, Input, Plan, in_doubt, plan};
use armature_api::{APPROVE_PLAN_ANNOTATION, AksCluster, AksNodePool, RELEASE_ANNOTATION};

/// The installation every fixture belongs to.
const INSTALLATION: &str = "home";

#[derive(Clone)]
pub struct World {
    pub cluster: AksCluster,
    pub pools: Vec<AksNodePool>,
    pub live: Option<Value>,
    pub facts: Facts,
    pub now: Timestamp,
}

fn yaml(text: &str) -> Value {
    if text.trim().is_empty() {
        return json!({});
    }
    serde_saphyr::from_str(text).unwrap()
}

/// A cluster `prod` with the given lines of its spec, running 1.33 unless they say otherwise.
pub fn cluster(spec: &str) -> World {
    let mut object = json!({
        "apiVersion": "aks.armature.dev/v1alpha1",
        "kind": "AksCluster",
        "metadata": {"name": "prod", "namespace": "team"},
        "spec": {
            "subscriptionId": "00000000-0000-0000-0000-000000000001",
            "resourceGroup": "rg",
            "location": "eastus",
            "kubernetesVersion": "1.33",
        },
    });
    merge(&mut object["spec"], &yaml(spec));
    let now: Timestamp = "2026-09-01T12:00:00Z".parse().unwrap();
    World {
        cluster: serde_json::from_value(object).unwrap(),
        pools: Vec::new(),
        live: None,
        facts: Facts {
            own_cluster: false,
            resource_group: Some(true),
            offered: None,
            pools_unchanged_since: now - SignedDuration::from_hours(1),
            running: BTreeSet::new(),
            aborted: Default::default(),
            pools_absent: BTreeSet::new(),
            elsewhere: Vec::new(),
            resting: BTreeSet::new(),
            children_missing: Vec::new(),
            children_leaving: Vec::new(),
            locks: Default::default(),
            definitions_terminating: false,
            secrets: Default::default(),
            previews: Default::default(),
            pool_quiet_period: SignedDuration::from_secs(10),
            pool_delete_grace: SignedDuration::from_secs(15),
        },
        now,
    }
}

impl World {
    /// Adds a pool with the given lines of its spec.
    pub fn pool(mut self, name: &str, spec: &str) -> Self {
        let mut object = json!({
            "apiVersion": "aks.armature.dev/v1alpha1",
            "kind": "AksNodePool",
            "metadata": {
                "name": name,
                "namespace": "team",
                "creationTimestamp": format!("2026-08-01T00:{:02}:{:02}Z", self.pools.len() / 60, self.pools.len() % 60),
            },
            "spec": {"clusterRef": {"name": "prod"}},
        });
        merge(&mut object["spec"], &yaml(spec));
        self.pools.push(serde_json::from_value(object).unwrap());
        self
    }

    /// Lets Azure have what the manifests say, made and recorded by us.
    pub fn exists(mut self) -> Self {
        let steps = self.run();
        assert!(self.live.is_some(), "nothing was created: {steps:?}");
        assert_eq!(self.plan().steps, [], "a cluster just made is settled");
        self
    }

    /// Someone edits the cluster in Azure.
    pub fn portal(mut self, edit: Value) -> Self {
        merge(self.live.as_mut().unwrap(), &edit);
        self
    }

    /// Someone edits a pool in Azure.
    pub fn portal_pool(mut self, name: &str, edit: Value) -> Self {
        merge(azure::profile(self.live.as_mut().unwrap(), name), &edit);
        self
    }

    /// Someone edits the cluster's manifest.
    pub fn edit(mut self, spec: &str) -> Self {
        let mut edited = serde_json::to_value(&self.cluster.spec).unwrap();
        merge(&mut edited, &yaml(spec));
        self.cluster.spec = serde_json::from_value(edited).unwrap();
        self
    }

    /// Someone edits a pool's manifest.
    pub fn edit_pool(mut self, name: &str, spec: &str) -> Self {
        let pool = self.pool_object(name);
        let mut edited = serde_json::to_value(&pool.spec).unwrap();
        merge(&mut edited, &yaml(spec));
        pool.spec = serde_json::from_value(edited).unwrap();
        self
    }

    /// The management cluster is rebuilt from Git alone.
    pub fn lose_status(mut self) -> Self {
        self.cluster.status = None;
        self.pools.iter_mut().for_each(|pool| pool.status = None);
        self
    }

    /// The cluster object is deleted.
    pub fn delete(mut self) -> Self {
        self.cluster.metadata.deletion_timestamp = Some(Time(self.now));
        self
    }

    /// A pool object is deleted.
    pub fn delete_pool(mut self, name: &str) -> Self {
        let now = self.now;
        self.pool_object(name).metadata.deletion_timestamp = Some(Time(now));
        self
    }

    /// Someone runs `armature release`.
    pub fn release(mut self) -> Self {
        annotate(&mut self.cluster.metadata.annotations, RELEASE_ANNOTATION, "yes");
        self
    }

    /// Someone approves a plan.
    pub fn approve(mut self, hash: &str) -> Self {
        annotate(&mut self.cluster.metadata.annotations, APPROVE_PLAN_ANNOTATION, hash);
        self
    }

    /// Time passes.
    pub fn later(mut self, seconds: i64) -> Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }

    pub fn pool_object(&mut self, name: &str) -> &mut AksNodePool {
        let mut pools = self.pools.iter_mut();
        pools.find(|pool| pool.metadata.name.as_deref() == Some(name)).unwrap()
    }

    pub fn desired(&self) -> (DesiredCluster, Vec<DesiredPool>) {
        let cluster = DesiredCluster::read(&self.cluster, INSTALLATION).unwrap();
        let pools = self
            .pools
            .iter()
            .map(|pool| DesiredPool::read(pool, cluster.policies.management, INSTALLATION).unwrap())
            .collect();
        (cluster, pools)
    }

    pub fn plan(&self) -> Plan {
        self.with_input(plan)
    }

    /// The pools that a GET is needed for.
    pub fn in_doubt(&self) -> Vec<String> {
        let plan = self.plan();
        self.with_input(|input| in_doubt(input, &plan))
    }

    pub fn with_input<T>(&self, of: impl FnOnce(&Input<'_>) -> T) -> T {
        let (cluster, pools) = self.desired();
        let live = self.live.clone().map(LiveCluster::new);
        of(&Input {
            cluster: &cluster,
            pools: &pools,
            live: live.as_ref(),
            facts: &self.facts,
            now: self.now,
        })
    }

    /// One pass: decides, takes the first step that may start, and stores what was found. Returns the step.
    pub fn pass(&mut self) -> Option<Step> {
        let plan = self.plan();
        let step = plan.next_step().cloned();
        self.store(&plan);
        if let Some(step) = &step {
            let (cluster, pools) = self.desired();
            azure::take(&mut self.live, step, &cluster, &pools, &mut self.facts);
        }
        self.store_ids();
        step
    }

    /// Passes until nothing is left to start: what each did.
    pub fn run(&mut self) -> Vec<String> {
        const ENOUGH: usize = 100;
        let mut done = Vec::new();
        while let Some(step) = self.pass() {
            done.push(step.to_string());
            assert!(done.len() < ENOUGH, "never settles: {done:#?}");
        }
        done
    }

    fn store(&mut self, plan: &Plan) {
        let status = self.cluster.status.get_or_insert_default();
        status.applied = plan.applied.clone().into_status();
        for pool in &mut self.pools {
            let name = crate::desired::azure_name(pool);
            let status = pool.status.get_or_insert_default();
            if let Some(applied) = plan.pools_applied.get(&name) {
                status.applied = applied.clone().into_status();
            }
        }
    }

    /// What Azure accepted has an id from then on.
    fn store_ids(&mut self) {
        let Some(live) = self.live.clone().map(LiveCluster::new) else {
            return;
        };
        let status = self.cluster.status.get_or_insert_default();
        status.resource_id.get_or_insert_with(|| "/x".to_owned());
        for pool in &mut self.pools {
            let name = crate::desired::azure_name(pool);
            if live.pool(&name).is_some() {
                let status = pool.status.get_or_insert_default();
                status.resource_id.get_or_insert_with(|| format!("/x/{name}"));
            }
        }
    }

    /// What the plan would do, step by step, with the reason of what is held.
    pub fn steps(&self) -> Vec<String> {
        let shown = |hold: &Option<Hold>| {
            hold.as_ref()
                .map_or(String::new(), |hold| format!(" [{}]", hold.reason()))
        };
        let plan = self.plan();
        plan.steps
            .iter()
            .map(|planned| format!("{}{}", planned.step, shown(&planned.hold)))
            .collect()
    }

    pub fn blockers(&self) -> Vec<Blocker> {
        self.plan().blockers
    }

    pub fn reasons(&self) -> Vec<&'static str> {
        self.blockers().iter().map(Blocker::reason).collect()
    }

    pub fn waits(&self) -> Vec<Wait> {
        self.plan().waits
    }

    pub fn next(&self) -> Option<String> {
        self.plan().next_step().map(Step::to_string)
    }

    pub fn pool_fate(&self, name: &str) -> Fate {
        self.plan().pool_fates.remove(name).unwrap()
    }

    /// Azure works on something.
    pub fn azure_works_on(self, target: &Target, state: &str) -> Self {
        match target {
            Target::Cluster => self.portal(json!({"properties": {"provisioningState": state}})),
            Target::Pool(name) => self.portal_pool(name, json!({"provisioningState": state})),
            Target::Child(_) | Target::Action(_) => self,
        }
    }

    /// The record of the cluster.
    pub fn applied(&self) -> std::collections::BTreeMap<String, String> {
        self.plan().applied.into_status()
    }
}

fn annotate(annotations: &mut Option<std::collections::BTreeMap<String, String>>, name: &str, value: &str) {
    annotations
        .get_or_insert_default()
        .insert(name.to_owned(), value.to_owned());
}
