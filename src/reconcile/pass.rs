//! One pass over a cluster and its pools, as a straight line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::events::EventType;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::act::{Acted, act};
use super::context::Context;
use super::events::{self, News};
use super::failure::Ended;
use super::manifests::{self, Desired, requested_at};
use super::memory::Memory;
use super::objects::Objects;
use super::proof::{Signer, Signing};
use super::records::{self, Record, Records};
use super::rests::Rests;
use super::secrets::PassSecrets;
use super::write::{self, WriteError};
use super::{actions, children, in_flight, look, operations, report, sign_in, unreadable};
use crate::runtime::metrics::{ReconcileOutcome, StepResult};
use armature_api::{ActionStatus, AksCluster, AksClusterStatus, AksNodePool, ChildStatus, OperationStatus};
use armature_arm::codes::Whose;
use armature_arm::{ArmClient, ArmError, ClusterId};
use armature_plan::change::Target;
use armature_plan::children::claim::Serial;
use armature_plan::children::{Leaves, place};
use armature_plan::live::{LiveCluster, ProvisioningState};
use armature_plan::preview::is_preview;
use armature_plan::{Facts, Fate, Plan, released_pools, without_azure};

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Without an event, after this time; `None` waits for an event.
    pub after: Option<Duration>,
    /// What the pass came to, for metrics.
    pub outcome: ReconcileOutcome,
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
    /// The resource id of the cluster.
    pub cluster_id: String,
    /// The children, by their keys in status.
    pub children: BTreeMap<String, ChildStatus>,
    /// The actions, by their names.
    pub actions: BTreeMap<String, ActionStatus>,
    /// Whether the object has never seen its cluster.
    is_new: bool,
    /// Whether somebody asks for a look and was not answered yet.
    pub is_asked: bool,
    /// Operations that run.
    pub operations: BTreeMap<String, OperationStatus>,
    /// What signs what the status records.
    pub signing: Signing<'a>,
    /// Lines of children that claim more than they prove.
    pub unproven: BTreeSet<String>,
    /// What the cluster's own record is stored under.
    pub serial: Option<Serial>,
    /// From which serial on such records are believed.
    pub(super) record: Option<Serial>,
    /// How many operations ended well and are not counted in status yet.
    pub ended: i64,
    /// How often a failed operation was resumed.
    pub attempts: BTreeMap<Target, u32>,
    /// What Azure has.
    pub live: Option<LiveCluster>,
    /// Whether that was read in this pass.
    pub fresh: bool,
    /// Pools that Azure does not have, by the word of a GET of the pool in this pass.
    pub pools_absent: BTreeSet<String>,
    /// The secrets that the manifest names.
    pub secrets: PassSecrets,
    /// What was decided last.
    pub plan: Option<Plan>,
    /// What that rested on.
    pub facts: Option<Facts>,
    /// What there is to tell once all is stored.
    pub news: Vec<News>,
    reference: ObjectRef<AksCluster>,
}

/// A cache that trails our own write is looked at again after this time, should its event get lost.
const CATCH_UP: Duration = Duration::from_millis(500);
/// A write to Kubernetes that failed is tried again after this time.
const WRITE_RETRY: Duration = Duration::from_secs(2);
/// What only a user can put right is looked at again after this time: a quota or a missing group may have come.
const STALLED_RECHECK: Duration = Duration::from_secs(300);
/// Whether what signs status is there again is looked at after this time.
const UNSIGNED_RECHECK: Duration = Duration::from_secs(60);

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
    // One object is never in two passes at once; should it be, the other one goes first.
    let Ok(mut memory) = context.memory(&reference).try_lock_owned() else {
        return waiting(CATCH_UP);
    };
    let asked = objects.asked(context);
    memory.rests.asked(asked);
    memory.children.asked(asked);
    memory.features.asked(objects.manifests());
    if let Some(left) = memory.rests.whole_for(Instant::now()) {
        return waiting(left);
    }
    let signing = match Signer::of(context, &objects.cluster).await {
        Ok(signing) => signing,
        Err(ended) => {
            warn!(code = %ended.failure.code, "{}", ended.failure.message);
            return waiting(WRITE_RETRY);
        }
    };
    match Pass::new(context, objects, memory, reference, signing) {
        Ok(mut pass) => pass.finish().await,
        Err(unreadable) => {
            let (objects, failure) = *unreadable;
            match unreadable::end(context, &objects).await {
                Ok(Fate::LetGo(_) | Fate::Gone) => Next {
                    after: None,
                    outcome: ReconcileOutcome::Released,
                },
                Ok(fate) => report::unreadable(context, objects, &failure, &fate).await,
                Err(error) => unwritten(&error),
            }
        }
    }
}

impl<'a> Pass<'a> {
    fn new(
        context: &'a Context,
        objects: Objects,
        mut memory: OwnedMutexGuard<Memory>,
        reference: ObjectRef<AksCluster>,
        signing: Signing<'a>,
    ) -> Result<Self, Box<(Objects, Ended)>> {
        let (id, mut desired) = match (
            manifests::cluster_id(&objects.cluster),
            Desired::read(context, &objects),
        ) {
            (Ok(id), Ok(desired)) => (id, desired),
            (Err(ended), _) | (_, Err(ended)) => return Err(Box::new((objects, ended))),
        };
        let is_asked = objects.is_look_asked();
        let status = objects.cluster.status.clone().unwrap_or_default();
        let Records {
            children,
            unproven,
            afresh,
            operations,
            dropped,
            unrecorded,
        } = Records::admit(&signing, &status);
        for key in afresh {
            memory.children.forget_look(&key);
        }
        for key in &dropped {
            warn!(%id, target = key, "status holds an operation that nothing proves, which is not asked about");
            match operations::target(key) {
                Target::Child(child) => memory.children.forget_look(&child),
                Target::Cluster | Target::Pool(_) | Target::Action(_) => memory.stale = true,
            }
        }
        let mut actions = status.actions;
        let none = AksClusterStatus::default();
        let stored = objects.cluster.status.as_ref().unwrap_or(&none);
        let record = Record::admit(&signing, stored, context.now());
        if !record.proven {
            warn!(%id, "what status records is not what Armature stored there, and is not believed");
            desired.cluster.life.disbelieve();
            actions = records::doubted(objects.cluster.spec.actions.as_ref(), actions);
        }
        for pool in &mut desired.pools {
            let object = objects.pools.iter().find(|object| object.name_any() == pool.object);
            let status = object.and_then(|object| object.status.as_ref());
            if status.is_some_and(|status| !records::is_pool_proven(&signing, &pool.object, status)) {
                pool.life.disbelieve();
            }
        }
        // Whoever asks for a reconcile wants to see what Azure has now.
        if requested_at(&objects.cluster) != status.last_handled_reconcile_at.as_deref() {
            memory.stale = true;
            memory.features.forget();
            memory.locks.look_again();
            memory.children.look_at_all(status.children.keys());
        }
        let pools = desired
            .pools
            .iter()
            .map(|pool| (Target::Pool(pool.name.clone()), pool.life.resume_attempts));
        let attempts = pools
            .chain([(Target::Cluster, desired.cluster.life.resume_attempts)])
            .collect();
        let believed = signing.as_ref().ok().and_then(|signer| signer.inventory().record);
        let mut pass = Self {
            context,
            objects,
            cluster_id: id.to_string(),
            id,
            desired,
            memory,
            children,
            actions,
            is_new: status.resource_id.is_none(),
            is_asked,
            operations,
            signing,
            unproven,
            serial: record.serial,
            record: believed,
            ended: 0,
            attempts,
            live: None,
            fresh: false,
            pools_absent: BTreeSet::new(),
            secrets: PassSecrets::default(),
            plan: None,
            facts: None,
            news: Vec::new(),
            reference,
        };
        // One event for all: Kubernetes takes several of one reason for one, and keeps the first note.
        if !dropped.is_empty() {
            let note = format!(
                "nothing proves that Azure gave Armature what status records as running for {}: it is not asked about, and looked \
                 at afresh",
                dropped.join(", ")
            );
            events::told(&mut pass, EventType::Warning, "OperationLost", "Reconcile", &note);
        }
        if unrecorded {
            pass.tell_unrecorded();
        }
        Ok(pass)
    }

    /// The pass itself and what follows from how it ended. What a status could not be stored for is told all the same.
    async fn finish(&mut self) -> Next {
        let next = self.run().await;
        events::publish_news(self).await;
        next
    }

    async fn run(&mut self) -> Next {
        let ended = self.line().await;
        let running = in_flight::subscriptions(self.operations.values(), self.id.subscription());
        self.context.in_flight.note(&self.reference, running);
        let after = match ended {
            Ok(next) => {
                self.memory.rests.pass_whole();
                next
            }
            Err(Interrupted::Ended(ended)) => {
                debug!(code = %ended.failure.code, "pass ended early: {}", ended.failure.message);
                let poll = self.poll_interval();
                self.memory.rests.fail_whole(ended, poll, Instant::now());
                if let Err(error) = report::store(self).await {
                    return unwritten(&error);
                }
                None
            }
            Err(Interrupted::Unwritten(WriteError::Unrecorded(problem))) => {
                self.rest_unrecorded(problem);
                if let Err(error) = report::store(self).await {
                    return unwritten(&error);
                }
                None
            }
            Err(Interrupted::Unwritten(error)) => return unwritten(&error),
        };
        Next {
            after: self.soonest(after),
            outcome: self.outcome(),
        }
    }

    /// The lines of children as status stores them.
    pub fn sealed_children(&self) -> BTreeMap<String, ChildStatus> {
        records::sealed_children(&self.signing, self.objects.cluster.status.as_ref(), &self.children)
    }

    /// The operations as status stores them.
    pub fn sealed_operations(&self) -> BTreeMap<String, OperationStatus> {
        records::sealed_operations(&self.signing, &self.operations)
    }

    /// Without the key nothing that status records is believed: that is told once.
    fn tell_unsigned(&mut self) {
        let told = std::mem::replace(&mut self.memory.unsigned_told, self.signing.is_err());
        if let Some(why) = self.signing.as_ref().err().filter(|_| !told) {
            warn!(cluster = %self.id, "{why}");
            let (reason, note) = (why.reason, format!("{why}; until then nothing is written to Azure"));
            events::told(self, EventType::Warning, reason, "Reconcile", &note);
        }
    }

    /// Gather, decide, publish, act, report.
    async fn line(&mut self) -> Result<Option<Duration>, Interrupted> {
        self.tell_unsigned();
        let facts = look::facts(self).await?;
        let early = without_azure(&self.desired.cluster, &self.desired.pools, &facts, self.context.now());
        if let Some(plan) = early {
            return self.conclude(plan).await;
        }
        // What was released goes even where nobody may sign in any more.
        let released = Plan {
            pool_fates: released_pools(&self.desired.pools),
            ..Plan::default()
        };
        self.let_pools_go(&released).await?;
        let arm = match sign_in::client(self.context, &self.objects.cluster).await {
            Ok(arm) => arm,
            Err(ended) => return Err(Interrupted::Ended(self.not_signed_in(ended))),
        };
        let arm = self.in_its_version(arm);
        self.context.observer.watch(&self.id, &self.watcher(), &arm);
        self.context.know(&self.id, &self.reference);

        self.secrets = PassSecrets::read(self).await;
        let arm = arm.with_sensitive(self.secrets.sensitive().clone());
        children::read_ahead(self).await;
        operations::poll(self, &arm).await?;
        look::live(self, &arm).await?;
        self.end_records();
        if self.is_new && self.live.is_some() {
            actions::meet(self);
        }
        actions::settle(self);
        self.settle_attempts();
        let plan = look::decide(self, &arm).await?;
        if plan.fate == Fate::Gone && !self.leaving(Leaves::AfterCluster).is_empty() {
            self.plan = Some(plan.clone());
            report::publish(self).await?;
            return Ok(children::tend(self, &arm, &plan).await?);
        }
        if plan.fate.ends() {
            return self.conclude(plan).await;
        }
        // Before anything is said to come next: it does not, and is told ever more seldom.
        if let (Err(problem), Some(_)) = (&self.signing, plan.next_step()) {
            let ended = Ended::unproven(Target::Cluster, problem);
            self.plan = Some(plan);
            return Err(ended.into());
        }
        self.memory.rests.pass_whole();
        self.memory.rests.settle(&plan);
        self.plan = Some(plan.clone());
        children::announce(self);
        report::publish(self).await?;
        self.let_pools_go(&plan).await?;

        match act(self, &arm, &plan).await? {
            Acted::Nothing => {
                let own = plan.look_again.and_then(|wait| Duration::try_from(wait).ok());
                if actions::run_next(self, &arm, &plan).await? {
                    return Ok(Some(Duration::ZERO));
                }
                let children = children::tend(self, &arm, &plan).await?;
                Ok(own.into_iter().chain(children).min())
            }
            Acted::Started => {
                if let Some(plan) = look::decide_again(self) {
                    self.plan = Some(plan);
                }
                report::store(self).await?;
                Ok(None)
            }
            Acted::Refused => {
                let plan = look::decide(self, &arm).await?;
                let goes_on = plan.next_step().is_some();
                self.plan = Some(plan);
                report::store(self).await?;
                Ok(goes_on.then_some(Duration::ZERO))
            }
            Acted::Changed => Ok(Some(Duration::ZERO)),
        }
    }

    /// A cluster that is gone took along what was below it, and the work on that: what is known of them says nothing about
    /// what somebody makes anew under the name.
    fn end_records(&mut self) {
        if self.live.is_some() || self.operations.contains_key(&Target::Cluster.to_string()) {
            return;
        }
        let below = |line: &ChildStatus| line.id.as_ref().is_some_and(|id| place::is_below(id, &self.cluster_id));
        let ended: Vec<String> = self
            .children
            .iter()
            .filter(|(_, line)| below(line))
            .map(|(key, _)| key.clone())
            .collect();
        for key in ended {
            self.children.remove(&key);
            self.memory.children.forget(&key);
            self.operations.remove(&Target::Child(key).to_string());
        }
        self.operations
            .retain(|key, _| !matches!(operations::target(key), Target::Pool(_)));
    }

    /// Without an identity nothing is looked at any more, and an object that goes away can only be released.
    fn not_signed_in(&self, mut ended: Ended) -> Ended {
        if ended.failure.code == sign_in::NOT_ALLOWED {
            self.context.lose_sight(&self.reference, &self.id);
        }
        if self.objects.cluster.metadata.deletion_timestamp.is_some() {
            ended.failure.next_step += ", or run armature release to let this object go and leave Azure alone";
        }
        ended
    }

    /// The client in the api-version of the cluster, where that may be used.
    fn in_its_version(&self, arm: ArmClient) -> ArmClient {
        match &self.desired.cluster.api_version {
            Some(version) if !is_preview(version) || sign_in::may_preview(self.context, &self.objects.cluster) => {
                arm.with_api_version(version)
            }
            _ => arm,
        }
    }

    /// Ends the life of objects that may go, or says why they may not.
    async fn conclude(&mut self, plan: Plan) -> Result<Option<Duration>, Interrupted> {
        let ends = plan.fate.ends();
        self.plan = Some(plan.clone());
        if !ends {
            report::publish(self).await?;
        }
        self.let_pools_go(&plan).await?;
        if ends {
            self.end_inventory(&plan.fate).await?;
        }
        if ends {
            write::remove_finalizer(self.context, &self.objects.cluster).await?;
            self.context.forget(&self.reference);
            self.operations.clear();
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

    /// Attempts to resume count up while the failure lasts; a fresh edit, a request or success starts them anew. That an
    /// attempt is under way says nothing yet.
    fn settle_attempts(&mut self) {
        for (target, attempts) in &mut self.attempts {
            let state = match (&self.live, target) {
                (Some(live), Target::Cluster) => Some(live.provisioning_state()),
                (Some(live), Target::Pool(name)) => live.pool(name).map(|pool| pool.provisioning_state()),
                (Some(_), Target::Child(_) | Target::Action(_)) | (None, _) => None,
            };
            if state == Some(ProvisioningState::Succeeded) {
                *attempts = 0;
            }
        }
        let of = |target: &Target| self.attempts.get(target).copied().unwrap_or_default();
        self.desired.cluster.life.resume_attempts = of(&Target::Cluster);
        for pool in &mut self.desired.pools {
            pool.life.resume_attempts = of(&Target::Pool(pool.name.clone()));
        }
    }

    /// How long to wait between two looks at work of Azure on the cluster.
    pub fn poll_interval(&self) -> Duration {
        operations::interval(self.context, self.id.subscription())
    }

    /// Whether the last operation on the target failed.
    pub fn is_broken(&self, target: &Target) -> bool {
        let Some(live) = &self.live else { return false };
        match target {
            Target::Cluster => live.provisioning_state().is_broken(),
            Target::Pool(name) => live
                .pool(name)
                .is_some_and(|pool| pool.provisioning_state().is_broken()),
            Target::Child(_) | Target::Action(_) => false,
        }
    }

    /// Whose credential the calls of this pass are made with.
    pub fn whose(&self) -> Whose {
        match self.objects.cluster.spec.identity_ref {
            None => Whose::Operator,
            Some(_) => Whose::AzureIdentity,
        }
    }

    /// A call to Azure failed.
    pub fn call_failed(&self, target: Target, error: &ArmError) -> Ended {
        let ended = Ended::call(target, error, self.whose()).map_message(|message| self.secrets.redact(message));
        let ended = ended.in_a_row(&self.memory.rests);
        let message = &ended.failure.message;
        warn!(cluster = %self.id, call = error.site().call.name(), code = error.code(), "{message}");
        ended
    }

    /// A step failed, at its call or at the end of its operation: it rests, and the others go on.
    pub fn rest(&mut self, target: Target, ended: Ended) {
        let poll = self.poll_interval();
        self.memory.rests.fail(target, ended, poll, Instant::now());
    }

    /// The failures of all parts of the aggregate, the cluster's own first.
    fn all_rests(&self) -> [&Rests; 2] {
        [&self.memory.rests, &self.memory.children.rests]
    }

    /// An operation came to its end.
    pub fn end_operation(&mut self, key: &str, step: &str, result: StepResult) {
        self.operations.remove(key);
        self.memory.stale |= !matches!(operations::target(key), Target::Child(_));
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
            .then(|| self.poll_interval());
        let blocked = plan
            .is_some_and(|plan| !plan.blockers.is_empty())
            .then_some(STALLED_RECHECK);
        let rests = self.all_rests();
        let rested = rests.into_iter().filter_map(|rests| rests.next_end(now)).min();
        let secrets = self.secrets.recheck(&self.reference);
        let unsigned = self.signing.is_err().then_some(UNSIGNED_RECHECK);
        let waits = polls.chain(after).chain(busy).chain(blocked);
        waits.chain(rested).chain(secrets).chain(unsigned).min()
    }

    fn outcome(&self) -> ReconcileOutcome {
        let now = Instant::now();
        let failed = self.all_rests().into_iter().any(|rests| rests.next_end(now).is_some());
        let Some(plan) = self.plan.as_ref().filter(|_| !failed) else {
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
pub enum Interrupted {
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

/// What follows from a write to Kubernetes that failed.
pub fn unwritten(error: &WriteError) -> Next {
    match error {
        WriteError::Conflict | WriteError::Gone | WriteError::NotLeader => {}
        WriteError::Timeout(_) | WriteError::Refused(_) | WriteError::Unrecorded(_) => {
            warn!(%error, "a write to Kubernetes failed")
        }
    }
    Next {
        after: Some(WRITE_RETRY),
        outcome: ReconcileOutcome::Failed,
    }
}

/// Steps come back from status as text; metrics want the names that are compiled in.
pub fn step_label(step: &str) -> &'static str {
    armature_plan::step::NAMES
        .iter()
        .chain(&[children::PUT, children::DELETE, actions::STEP])
        .find(|name| **name == step)
        .copied()
        .unwrap_or("Unknown")
}
