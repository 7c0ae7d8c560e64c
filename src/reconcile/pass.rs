//! One pass over a cluster and its pools, as a straight line.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::act::{Acted, act};
use super::context::Context;
use super::failure::Ended;
use super::memory::Memory;
use super::objects::Objects;
use super::write::{self, WriteError};
use super::{events, look, operations, sign_in};
use crate::api::{AksCluster, AksNodePool, AksNodePoolStatus, OperationStatus, REQUESTED_AT_ANNOTATION};
use crate::arm::{ArmError, ClusterId, SubscriptionId};
use crate::plan::blocker::Blocker;
use crate::plan::change::Target;
use crate::plan::desired::{DesiredCluster, DesiredPool, azure_name};
use crate::plan::live::LiveCluster;
use crate::plan::{Fate, Plan, without_azure};
use crate::runtime::metrics::{ReconcileOutcome, StepResult};
use crate::status::cluster::PoolsSummary;
use crate::status::conditions::{READY, find};
use crate::status::failure::Failure;
use crate::status::{cluster, pool};

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Without an event, after this time; `None` waits for an event.
    pub after: Option<Duration>,
    /// What the pass came to, for metrics.
    pub outcome: ReconcileOutcome,
}

/// The manifests of an aggregate, parsed.
#[derive(Debug)]
pub struct Desired {
    /// The cluster.
    pub cluster: DesiredCluster,
    /// The pools that could be read.
    pub pools: Vec<DesiredPool>,
    /// What is wrong with those that could not.
    pub unreadable: Vec<Blocker>,
}

/// The state of a pass.
pub struct Pass<'a> {
    /// What all passes share.
    pub context: &'a Context,
    /// The Kubernetes side.
    pub objects: Objects,
    /// The cluster in Azure.
    pub id: ClusterId,
    /// What Git asks for.
    pub desired: Desired,
    /// What earlier passes left.
    pub memory: OwnedMutexGuard<Memory>,
    /// Operations that run.
    pub operations: BTreeMap<String, OperationStatus>,
    /// How many operations ended well and are not counted in status yet.
    pub ended: i64,
    /// How often a failed operation was resumed.
    pub attempts: BTreeMap<Target, u32>,
    /// What Azure has.
    pub live: Option<LiveCluster>,
    /// Whether that was read in this pass.
    pub fresh: bool,
    plan: Option<Plan>,
    reference: ObjectRef<AksCluster>,
}

/// A cache that trails our own write is looked at again after this time, should its event get lost.
const CATCH_UP: Duration = Duration::from_millis(500);
/// A write to Kubernetes that failed is tried again after this time.
const WRITE_RETRY: Duration = Duration::from_secs(2);
/// How often what Azure accepted is stored again when somebody else keeps writing the object.
const STORE_ATTEMPTS: u32 = 5;
/// What only a user can put right is looked at again after this time: a quota or a missing group may have come.
const STALLED_RECHECK: Duration = Duration::from_secs(300);

/// Runs a pass.
pub async fn run(context: &Context, cluster: &Arc<AksCluster>) -> Next {
    let waiting = |after| Next {
        after: Some(after),
        outcome: ReconcileOutcome::Waiting,
    };
    if cluster.metadata.deletion_timestamp.is_some() && !write::is_finalized(cluster.as_ref()) {
        return Next {
            after: None,
            outcome: ReconcileOutcome::Released,
        };
    }
    let Some(objects) = Objects::gather(context, cluster) else {
        return waiting(CATCH_UP);
    };
    match objects.finalize(context).await {
        Ok(false) => {}
        Ok(true) => return waiting(CATCH_UP),
        Err(error) => return unwritten(&error),
    }
    let reference = ObjectRef::from_obj(cluster.as_ref());
    let memory = context.memory(&reference).lock_owned().await;
    match Pass::new(context, objects, memory, reference) {
        Ok(mut pass) => pass.finish().await,
        Err(unreadable) => {
            let (objects, failure) = *unreadable;
            report_unreadable(context, objects, &failure).await
        }
    }
}

impl<'a> Pass<'a> {
    fn new(
        context: &'a Context,
        objects: Objects,
        memory: OwnedMutexGuard<Memory>,
        reference: ObjectRef<AksCluster>,
    ) -> Result<Self, Box<(Objects, Ended)>> {
        let (id, desired) = match (cluster_id(&objects.cluster), desired(context, &objects)) {
            (Ok(id), Ok(desired)) => (id, desired),
            (Err(ended), _) | (_, Err(ended)) => return Err(Box::new((objects, ended))),
        };
        let status = objects.cluster.status.clone().unwrap_or_default();
        let pools = desired
            .pools
            .iter()
            .map(|pool| (Target::Pool(pool.name.clone()), pool.life.resume_attempts));
        let attempts = pools
            .chain([(Target::Cluster, desired.cluster.life.resume_attempts)])
            .collect();
        Ok(Self {
            context,
            objects,
            id,
            desired,
            memory,
            operations: status.operations,
            ended: 0,
            attempts,
            live: None,
            fresh: false,
            plan: None,
            reference,
        })
    }

    /// The pass itself and what follows from how it ended.
    async fn finish(&mut self) -> Next {
        let ended = self.line().await;
        let (after, failed) = match ended {
            Ok(next) => {
                self.memory.failures = 0;
                (next, None)
            }
            Err(Interrupted::Ended(ended)) => {
                debug!(code = %ended.failure.code, "pass ended early: {}", ended.failure.message);
                if let Err(error) = self.store(Some(&ended.failure)).await {
                    return unwritten(&error);
                }
                let wait = self.memory.back_off(ended.retry, operations::interval(self.context));
                (Some(wait), Some(ended.failure))
            }
            Err(Interrupted::Unwritten(error)) => return unwritten(&error),
        };
        Next {
            after: self.soonest(after),
            outcome: self.outcome(failed.as_ref()),
        }
    }

    /// Gather, decide, publish, act, report.
    async fn line(&mut self) -> Result<Option<Duration>, Interrupted> {
        let facts = look::facts(self).await?;
        let early = without_azure(&self.desired.cluster, &self.desired.pools, &facts, self.context.now());
        if let Some(plan) = early {
            return self.conclude(plan).await;
        }
        let arm = sign_in::client(self.context, &self.objects.cluster).await?;
        self.context.observer.watch(&self.id, &arm);
        self.context.know(&self.id, &self.reference);

        operations::poll(self, &arm).await?;
        look::live(self, &arm).await?;
        self.settle_attempts();
        let plan = look::decide(self, &arm).await?;
        if plan.fate.ends() {
            return self.conclude(plan).await;
        }
        self.plan = Some(plan.clone());
        self.publish().await?;
        self.let_pools_go(&plan).await?;

        match act(self, &arm, &plan).await? {
            Acted::Nothing => Ok(plan.look_again.and_then(|wait| Duration::try_from(wait).ok())),
            Acted::Started => {
                self.plan = Some(look::decide(self, &arm).await.unwrap_or(plan));
                self.store(None).await?;
                Ok(None)
            }
            Acted::Changed => Ok(Some(Duration::ZERO)),
        }
    }

    /// Ends the life of objects that may go, or says why they may not.
    async fn conclude(&mut self, plan: Plan) -> Result<Option<Duration>, Interrupted> {
        let ends = plan.fate.ends();
        self.plan = Some(plan.clone());
        if !ends {
            self.publish().await?;
        }
        self.let_pools_go(&plan).await?;
        if ends {
            write::remove_finalizer(self.context, &self.objects.cluster).await?;
            self.context.forget(&self.reference, &self.id);
        }
        Ok(None)
    }

    async fn let_pools_go(&mut self, plan: &Plan) -> Result<(), WriteError> {
        let ends = |pool: &AksNodePool| {
            pool.metadata.deletion_timestamp.is_some()
                && write::is_finalized(pool)
                && plan.pool_fates.get(&pool.name_any()).is_some_and(Fate::ends)
        };
        for pool in self.objects.pools.iter().filter(|pool| ends(pool)) {
            write::remove_finalizer(self.context, pool).await?;
        }
        self.objects.pools.retain(|pool| !ends(pool));
        Ok(())
    }

    /// Writes what is intended, before it is done.
    async fn publish(&mut self) -> Result<(), WriteError> {
        self.report(None).await
    }

    /// Writes what Azure accepted. Somebody else's write in between must not lose it.
    async fn store(&mut self, failure: Option<&Failure>) -> Result<(), WriteError> {
        let mut attempt = 1;
        loop {
            match self.report(failure).await {
                Err(WriteError::Conflict) if attempt < STORE_ATTEMPTS => {
                    attempt += 1;
                    self.reread().await?;
                }
                result => return result,
            }
        }
    }

    async fn reread(&mut self) -> Result<(), WriteError> {
        self.objects.cluster = write::read(self.context, &self.objects.cluster).await?;
        for pool in &mut self.objects.pools {
            match write::read(self.context, pool).await {
                Ok(current) => *pool = current,
                Err(WriteError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One status write per object, if it changed.
    async fn report(&mut self, failure: Option<&Failure>) -> Result<(), WriteError> {
        let mut summary = PoolsSummary::default();
        for index in 0..self.objects.pools.len() {
            let (before, status) = self.pool_status(&self.objects.pools[index], failure);
            let name = self.objects.pools[index].name_any();
            summary.total += 1;
            summary.ready += i64::from(pool::is_ready(&status));
            summary.stalled = summary.stalled.take().or_else(|| pool::stalled(&name, &status));
            if status != before {
                let changed = AksNodePool {
                    status: Some(status.clone()),
                    ..self.objects.pools[index].clone()
                };
                match write::status(self.context, &changed).await {
                    Ok(stored) => self.objects.pools[index] = stored,
                    Err(WriteError::Gone) => continue,
                    Err(error) => return Err(error),
                }
                events::readiness(
                    self.context,
                    &self.objects.pools[index],
                    &before.conditions,
                    &status.conditions,
                )
                .await;
            }
        }
        self.report_cluster(failure, &summary).await
    }

    async fn report_cluster(&mut self, failure: Option<&Failure>, pools: &PoolsSummary) -> Result<(), WriteError> {
        let before = self.objects.cluster.status.clone().unwrap_or_default();
        let status = cluster::status(&cluster::Report {
            previous: &before,
            generation: self.objects.cluster.metadata.generation.unwrap_or_default(),
            deleting: self.objects.cluster.metadata.deletion_timestamp.is_some(),
            plan: self.plan.as_ref(),
            live: self.live.as_ref(),
            mark: &self.desired.cluster.mark,
            operations: &self.operations,
            ended: self.ended,
            failure,
            resume_attempts: self.attempts.get(&Target::Cluster).copied().unwrap_or_default(),
            pools,
            requested_at: requested_at(&self.objects.cluster),
            now: self.context.now(),
        });
        if status != before {
            let changed = AksCluster {
                status: Some(status.clone()),
                ..self.objects.cluster.clone()
            };
            self.objects.cluster = write::status(self.context, &changed).await?;
            events::readiness(
                self.context,
                &self.objects.cluster,
                &before.conditions,
                &status.conditions,
            )
            .await;
        }
        self.ended = 0;
        Ok(())
    }

    fn pool_status(&self, object: &AksNodePool, failure: Option<&Failure>) -> (AksNodePoolStatus, AksNodePoolStatus) {
        let before = object.status.clone().unwrap_or_default();
        let name = azure_name(object);
        let target = Target::Pool(name.clone());
        let status = pool::status(&pool::Report {
            previous: &before,
            generation: object.metadata.generation.unwrap_or_default(),
            name: &name,
            cluster: &self.desired.cluster.object,
            cluster_id: self.live.as_ref().and_then(LiveCluster::id),
            deleting: object.metadata.deletion_timestamp.is_some(),
            fate: self
                .plan
                .as_ref()
                .and_then(|plan| plan.pool_fates.get(&object.name_any())),
            plan: self.plan.as_ref(),
            live: self.live.as_ref().and_then(|live| live.pool(&name)),
            operations: &self.operations,
            failure,
            resume_attempts: self.attempts.get(&target).copied().unwrap_or_default(),
            requested_at: requested_at(object),
            now: self.context.now(),
        });
        (before, status)
    }

    /// Attempts to resume count up while the failure lasts; a fresh edit, a request or success starts them anew.
    fn settle_attempts(&mut self) {
        for (target, attempts) in &mut self.attempts {
            let state = match (&self.live, target) {
                (Some(live), Target::Cluster) => Some(live.provisioning_state()),
                (Some(live), Target::Pool(name)) => live.pool(name).map(|pool| pool.provisioning_state()),
                (None, _) => None,
            };
            if state.is_some_and(|state| !state.is_broken()) {
                *attempts = 0;
            }
        }
        let of = |target: &Target| self.attempts.get(target).copied().unwrap_or_default();
        self.desired.cluster.life.resume_attempts = of(&Target::Cluster);
        for pool in &mut self.desired.pools {
            pool.life.resume_attempts = of(&Target::Pool(pool.name.clone()));
        }
    }

    /// Whether the last operation on the target failed.
    pub fn is_broken(&self, target: &Target) -> bool {
        let Some(live) = &self.live else { return false };
        match target {
            Target::Cluster => live.provisioning_state().is_broken(),
            Target::Pool(name) => live
                .pool(name)
                .is_some_and(|pool| pool.provisioning_state().is_broken()),
        }
    }

    /// A call to Azure failed.
    pub fn call_failed(&self, target: Target, error: &ArmError) -> Ended {
        warn!(cluster = %self.id, call = error.site().call.name(), code = error.code(), "{error}");
        Ended::call(target, error, self.memory.failures)
    }

    /// An operation came to its end.
    pub fn end_operation(&mut self, key: &str, step: &str, result: StepResult) {
        self.operations.remove(key);
        self.memory.stale = true;
        self.context.metrics.step(step_label(step), result);
    }

    /// The earliest of what waits: the pass's own word, questions about operations, work of Azure.
    fn soonest(&self, after: Option<Duration>) -> Option<Duration> {
        let now = Instant::now();
        let polls = self.operations.keys().map(|key| {
            self.memory
                .polls
                .get(key)
                .map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
        });
        let plan = self.plan.as_ref();
        let busy = plan
            .is_some_and(|plan| !plan.busy.is_empty())
            .then(|| operations::interval(self.context));
        let blocked = plan
            .is_some_and(|plan| !plan.blockers.is_empty())
            .then_some(STALLED_RECHECK);
        polls.chain(after).chain(busy).chain(blocked).min()
    }

    fn outcome(&self, failure: Option<&Failure>) -> ReconcileOutcome {
        let Some(plan) = self.plan.as_ref().filter(|_| failure.is_none()) else {
            return ReconcileOutcome::Failed;
        };
        if plan.fate.ends() {
            ReconcileOutcome::Released
        } else if !plan.blockers.is_empty() || matches!(plan.fate, Fate::Blocked(_)) {
            ReconcileOutcome::Stalled
        } else if !self.operations.is_empty() {
            ReconcileOutcome::Acted
        } else if !plan.waits.is_empty() || !plan.is_settled() {
            ReconcileOutcome::Waiting
        } else if plan.steps.is_empty() {
            ReconcileOutcome::InSync
        } else {
            ReconcileOutcome::Held
        }
    }
}

/// Why the line broke off.
enum Interrupted {
    /// Azure, or something the pass needs, said no.
    Ended(Ended),
    /// Kubernetes did not take a write.
    Unwritten(WriteError),
}

impl From<Ended> for Interrupted {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl From<WriteError> for Interrupted {
    fn from(error: WriteError) -> Self {
        Self::Unwritten(error)
    }
}

fn unwritten(error: &WriteError) -> Next {
    match error {
        WriteError::Conflict | WriteError::Gone | WriteError::NotLeader => {}
        WriteError::Timeout | WriteError::Refused(_) => warn!(%error, "a write to Kubernetes failed"),
    }
    Next {
        after: Some(WRITE_RETRY),
        outcome: ReconcileOutcome::Failed,
    }
}

fn cluster_id(cluster: &AksCluster) -> Result<ClusterId, Ended> {
    let invalid = |message: String| {
        Ended::ours(
            Target::Cluster,
            "InvalidSpec",
            message,
            "correct it in the manifest",
            crate::arm::Retry::User,
        )
    };
    let spec = &cluster.spec;
    let name = spec.azure_name.clone().unwrap_or_else(|| cluster.name_any());
    SubscriptionId::parse(&spec.subscription_id)
        .and_then(|subscription| ClusterId::new(subscription, &spec.resource_group, &name))
        .map_err(|error| invalid(error.to_string()))
}

fn desired(context: &Context, objects: &Objects) -> Result<Desired, Ended> {
    let installation = context.installation.as_str();
    let mut cluster = DesiredCluster::read(&objects.cluster, installation).map_err(|blocker| {
        Ended::ours(
            Target::Cluster,
            blocker.reason(),
            blocker.to_string(),
            "",
            crate::arm::Retry::User,
        )
    })?;
    let (mut pools, mut unreadable) = (Vec::new(), Vec::new());
    for object in &objects.pools {
        match DesiredPool::read(object, cluster.policies.management, installation) {
            Ok(mut pool) => {
                if asked_anew(
                    object,
                    object.status.as_ref().map(|status| status.conditions.as_slice()),
                ) {
                    pool.life.resume_attempts = 0;
                }
                pools.push(pool);
            }
            Err(blocker) => unreadable.push(blocker),
        }
    }
    if asked_anew(
        &objects.cluster,
        objects
            .cluster
            .status
            .as_ref()
            .map(|status| status.conditions.as_slice()),
    ) {
        cluster.life.resume_attempts = 0;
    }
    Ok(Desired {
        cluster,
        pools,
        unreadable,
    })
}

/// Whether the object was edited, or a reconcile requested, since its conditions were written.
fn asked_anew<K: ResourceExt>(
    object: &K,
    conditions: Option<&[k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition]>,
) -> bool {
    let seen = conditions
        .and_then(|conditions| find(conditions, READY))
        .and_then(|ready| ready.observed_generation);
    seen != object.meta().generation
}

fn requested_at<K: ResourceExt>(object: &K) -> Option<&str> {
    object.annotations().get(REQUESTED_AT_ANNOTATION).map(String::as_str)
}

/// A cluster whose manifest can't be read at all.
async fn report_unreadable(context: &Context, objects: Objects, ended: &Ended) -> Next {
    let before = objects.cluster.status.clone().unwrap_or_default();
    let generation = objects.cluster.metadata.generation.unwrap_or_default();
    let mut status = before.clone();
    status.observed_generation = Some(generation);
    status.conditions = crate::status::conditions::conditions(
        &before.conditions,
        &ended.failure.verdict(),
        None,
        generation,
        context.now(),
    );
    if status != before {
        let changed = AksCluster {
            status: Some(status),
            ..objects.cluster
        };
        if let Err(error) = write::status(context, &changed).await {
            return unwritten(&error);
        }
    }
    Next {
        after: None,
        outcome: ReconcileOutcome::Stalled,
    }
}

/// Steps come back from status as text; metrics want the names that are compiled in.
fn step_label(step: &str) -> &'static str {
    crate::plan::step::NAMES
        .iter()
        .find(|name| **name == step)
        .copied()
        .unwrap_or("Unknown")
}
