//! Reports about the world of the planner's tests, stored on its objects as a pass would.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::change::Target;
use crate::desired::azure_name;
use crate::live::LiveCluster;
use crate::status::cluster::{self, PoolsSummary};
use crate::status::failure::{Failure, Severity};
use crate::status::pool;
use crate::step::Step;
use crate::tests::world::World;
use crate::{Fate, Plan};
use armature_api::{AksClusterStatus, AksNodePoolStatus, OperationStatus};

/// A world, the operations that run in it and what is news since the last report.
#[derive(Clone)]
pub struct Desk {
    pub world: World,
    pub operations: BTreeMap<String, OperationStatus>,
    /// Operations that ended well since the last report.
    pub ended: i64,
    /// Why the pass ended early.
    pub failure: Option<Failure>,
    /// Whether the pass came as far as a plan.
    pub planned: bool,
}

impl Desk {
    pub fn new(mut world: World) -> Self {
        world.cluster.metadata.generation = Some(1);
        world
            .pools
            .iter_mut()
            .for_each(|pool| pool.metadata.generation = Some(1));
        // No story lasts until a pool's grace is over: time alone changes nothing.
        world.facts.pool_delete_grace = SignedDuration::from_hours(1);
        Self {
            world,
            operations: BTreeMap::new(),
            ended: 0,
            failure: None,
            planned: true,
        }
    }

    /// The manifests change, and so do their generations.
    pub fn edited(mut self, edit: impl FnOnce(World) -> World) -> Self {
        self.world = edit(self.world);
        *self.world.cluster.metadata.generation.get_or_insert_default() += 1;
        for pool in &mut self.world.pools {
            *pool.metadata.generation.get_or_insert_default() += 1;
        }
        self
    }

    /// Something happens outside the manifests.
    pub fn then(mut self, happens: impl FnOnce(World) -> World) -> Self {
        self.world = happens(self.world);
        self
    }

    /// Azure accepted the next step and works on it.
    pub fn started(self) -> Self {
        let step = self.plan().next_step().cloned().unwrap();
        self.running(&step)
    }

    pub fn running(mut self, step: &Step) -> Self {
        let operation = OperationStatus {
            step: step.name().to_owned(),
            url: "https://management.azure.com/operations/1".to_owned(),
            started_at: self.world.now,
            description: step.to_string(),
            proof: None,
        };
        self.world.facts.running.insert(step.target());
        self.operations.insert(step.target().to_string(), operation);
        self
    }

    /// A call or an operation failed.
    pub fn failed(mut self, target: Target, severity: Severity, planned: bool) -> Self {
        self.failure = Some(Failure {
            target,
            code: "Quota.Exceeded".to_owned(),
            message: "Azure has no cores left.".to_owned(),
            next_step: "ask for more".to_owned(),
            severity,
            at: self.world.now,
        });
        self.planned = planned;
        self
    }

    pub fn plan(&self) -> Plan {
        self.world.plan()
    }

    /// Reports as a pass does: a plan is published before something can fail at it.
    pub fn report(&mut self) -> &mut Self {
        if let Some(failure) = self.failure.take() {
            if self.planned {
                self.store();
            }
            self.failure = Some(failure);
        }
        self.store()
    }

    /// Stores a report. What was news is so no longer.
    fn store(&mut self) -> &mut Self {
        self.world.now += SignedDuration::from_secs(1);
        let (cluster, pools) = self.statuses();
        // What is stored has been through JSON.
        self.world.cluster.status = Some(through_json(&cluster));
        for (object, status) in self.world.pools.iter_mut().zip(&pools) {
            object.status = Some(through_json(status));
        }
        self.ended = 0;
        self
    }

    /// The reports as a pass makes them: the pools first, because the cluster sums them up.
    pub fn statuses(&self) -> (AksClusterStatus, Vec<AksNodePoolStatus>) {
        let plan = self.planned.then(|| self.plan());
        // What fails before the plan mostly fails before the look at Azure.
        let live = self.world.live.clone().filter(|_| self.planned).map(LiveCluster::new);
        let pools: Vec<_> = (0..self.world.pools.len())
            .map(|index| self.pool(index, plan.as_ref(), live.as_ref()))
            .collect();
        let mut summary = PoolsSummary::default();
        for (object, status) in self.world.pools.iter().zip(&pools) {
            summary.total += 1;
            summary.ready += i64::from(pool::is_ready(status));
            let stalled = pool::stalled(object.metadata.name.as_deref().unwrap(), status);
            summary.stalled = summary.stalled.take().or(stalled);
        }
        let object = &self.world.cluster;
        let desired = self.world.desired().0;
        let status = cluster::status(&cluster::Report {
            previous: &object.status.clone().unwrap_or_default(),
            generation: object.metadata.generation.unwrap(),
            deleting: object.metadata.deletion_timestamp.is_some(),
            plan: plan.as_ref(),
            live: live.as_ref(),
            applied: &desired.life.applied,
            mark: &desired.mark,
            operations: &self.operations,
            children: &BTreeMap::new(),
            child_operations: &BTreeMap::new(),
            actions: &BTreeMap::new(),
            ended: self.ended,
            failure: self.failure.as_ref(),
            resume_attempts: 0,
            pools: &summary,
            requested_at: None,
            now: self.world.now,
        });
        (status, pools)
    }

    fn pool(&self, index: usize, plan: Option<&Plan>, live: Option<&LiveCluster>) -> AksNodePoolStatus {
        let object = &self.world.pools[index];
        let name = azure_name(object);
        let fate: Option<&Fate> = plan.and_then(|plan| plan.pool_fates.get(object.metadata.name.as_deref().unwrap()));
        pool::status(&pool::Report {
            previous: &object.status.clone().unwrap_or_default(),
            generation: object.metadata.generation.unwrap(),
            object: object.metadata.name.as_deref().unwrap(),
            name: &name,
            cluster: "prod",
            cluster_id: live.and_then(LiveCluster::id),
            deleting: object.metadata.deletion_timestamp.is_some(),
            fate,
            plan,
            live: live.and_then(|live| live.pool(&name)),
            operations: &self.operations,
            failure: self.failure.as_ref(),
            resume_attempts: 0,
            requested_at: None,
            now: self.world.now,
        })
    }

    /// The stored conditions of the cluster, and whether its generation counts as observed.
    pub fn cluster(&self) -> Vec<String> {
        let status = self.world.cluster.status.as_ref().unwrap();
        shown(
            &status.conditions,
            status.observed_generation,
            self.world.cluster.metadata.generation,
        )
    }

    /// The same of the first pool.
    pub fn first_pool(&self) -> Vec<String> {
        let object = &self.world.pools[0];
        let status = object.status.as_ref().unwrap();
        shown(
            &status.conditions,
            status.observed_generation,
            object.metadata.generation,
        )
    }

    pub fn message(&self, type_: &str) -> &str {
        message(&self.world.cluster.status.as_ref().unwrap().conditions, type_)
    }

    /// The same of the first pool.
    pub fn pool_message(&self, type_: &str) -> &str {
        message(&self.world.pools[0].status.as_ref().unwrap().conditions, type_)
    }
}

fn message<'a>(conditions: &'a [Condition], type_: &str) -> &'a str {
    let condition = conditions.iter().find(|condition| condition.type_ == type_);
    &condition.unwrap().message
}

fn shown(conditions: &[Condition], observed: Option<i64>, generation: Option<i64>) -> Vec<String> {
    let line = |condition: &Condition| format!("{}={} {}", condition.type_, condition.status, condition.reason);
    let seen = if observed == generation {
        "observed"
    } else {
        "not observed"
    };
    conditions.iter().map(line).chain([seen.to_owned()]).collect()
}

pub fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap()
}
