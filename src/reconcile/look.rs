//! What Azure has, with as few calls as honesty allows.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, CustomResourceExt};
use serde_json::Value;
use tokio::time::Instant;

use super::context::{signed, watcher};
use super::doubts::Shown;
use super::elsewhere;
use super::failure::Ended;
use super::pass::Pass;
use super::{children, features, locks, operations, sign_in};
use crate::runtime::connect::told;
use armature_api::{AksCluster, AksNodePool};
use armature_arm::{ArmClient, ArmError, Priority, Retry, Snapshot, Watcher};
use armature_plan::change::Target;
use armature_plan::children::Leaves;
use armature_plan::live::{LiveCluster, LivePool, ProvisioningState};
use armature_plan::preview::{self, Previews};
use armature_plan::step::Step;
use armature_plan::version::Version;
use armature_plan::{Facts, Input, Plan, in_doubt, plan};

impl Pass<'_> {
    /// The object as the one that watches its cluster: it sees what Azure showed to its own identity.
    pub fn watcher(&self) -> Watcher {
        watcher(&ObjectRef::from_obj(&self.objects.cluster))
    }
}

/// Looks at the cluster: the shared snapshot where it is good enough, else a GET.
///
/// # Errors
/// The GET failed.
pub async fn live(pass: &mut Pass<'_>, arm: &ArmClient) -> Result<(), Ended> {
    match pass
        .context
        .observer
        .get(&pass.id, &pass.watcher())
        .filter(|snapshot| is_fresh_enough(pass, snapshot))
    {
        Some(snapshot) => {
            pass.live = Some(LiveCluster::new(snapshot.body.clone()));
            Ok(())
        }
        None => fresh(pass, arm).await,
    }
}

/// GETs the cluster.
///
/// # Errors
/// The GET failed.
pub async fn fresh(pass: &mut Pass<'_>, arm: &ArmClient) -> Result<(), Ended> {
    let body = arm
        .get_cluster(&pass.id)
        .await
        .or_else(missing_group)
        .map_err(|error| pass.call_failed(Target::Cluster, &error))?;
    match &body {
        Some(body) => pass.context.observer.record(&pass.id, &pass.watcher(), body.clone()),
        None => pass.context.observer.record_absent(&pass.id, &pass.watcher()),
    }
    pass.live = body.map(LiveCluster::new);
    pass.memory.stale = false;
    pass.fresh = true;
    Ok(())
}

/// What the target of an operation shows, by a GET of it. `None` where that tells nothing: it failed, or nobody knows
/// what to ask for.
pub async fn shown(pass: &mut Pass<'_>, arm: &ArmClient, target: &Target) -> Option<Shown> {
    let state = match target {
        Target::Cluster => {
            fresh(pass, arm).await.ok()?;
            pass.live.as_ref().map(LiveCluster::provisioning_state)
        }
        Target::Pool(name) => {
            let id = pass.id.pool(name).ok()?;
            let found = arm.get_pool(&id, Priority::Config).await.ok()?;
            found.map(|body| LivePool::new(name, body).provisioning_state())
        }
        Target::Child(key) => {
            let (id, api_version) = children::whereabouts(pass, key)?;
            let found = arm.get_resource(&id, &api_version, Priority::Config).await.ok()?;
            let word = |body: &Value| {
                body.pointer("/properties/provisioningState")?
                    .as_str()
                    .map(str::to_owned)
            };
            found.map(|body| ProvisioningState::parse(word(&body).as_deref()))
        }
        // What it does may leave no trace.
        Target::Action(_) => return None,
    };
    let works = state.is_some_and(|state| state.busy().is_some());
    Some(if works { Shown::Work } else { Shown::Rest })
}

/// A group that does not exist holds no cluster. What that means is for the plan to say.
fn missing_group(error: ArmError) -> Result<Option<Value>, ArmError> {
    match error.code() {
        Some("ResourceGroupNotFound") => Ok(None),
        _ => Err(error),
    }
}

/// A snapshot is good unless we wrote since, or it shows work that may be over by now. After a failed pass only Azure
/// itself ends the failure: a snapshot would promise a step whose own look fails again.
fn is_fresh_enough(pass: &Pass<'_>, snapshot: &Snapshot) -> bool {
    let live = LiveCluster::new(snapshot.body.clone());
    let busy = live.provisioning_state().busy().is_some()
        || live.pools.iter().any(|pool| pool.provisioning_state().busy().is_some());
    let old = snapshot.observed_at + pass.poll_interval() <= Instant::now();
    let may_be_over = busy && old && pass.operations.is_empty();
    !pass.memory.stale && !may_be_over && !pass.memory.rests.has_failed_whole()
}

/// Decides, asking Azure for what the decision turns out to need.
///
/// # Errors
/// A question failed.
pub async fn decide(pass: &mut Pass<'_>, arm: &ArmClient) -> Result<Plan, Ended> {
    let mut facts = facts(pass).await?;
    let mut first = decide_with(pass, &facts);
    if doubts(pass, arm, &facts, &first).await? {
        facts.pools_absent.clone_from(&pass.pools_absent);
        first = decide_with(pass, &facts);
    }
    facts.locks.found = locks::around_deletions(pass, arm, &first).await;
    if !facts.locks.found.is_empty() {
        first = decide_with(pass, &facts);
    }
    let features = preview::needed(&input(pass, &facts), &first);
    match first
        .steps
        .iter()
        .find(|planned| planned.is_open())
        .map(|planned| planned.step.clone())
    {
        Some(Step::CreateCluster { .. }) => facts.resource_group = Some(group_exists(pass, arm).await?),
        Some(Step::UpgradeControlPlane { .. } | Step::UpgradeCluster { .. }) => {
            facts.offered = Some(offered(pass, arm).await?);
        }
        _ if features.is_empty() => {
            pass.facts = Some(facts);
            return Ok(pass.memory.check(first));
        }
        _ => {}
    }
    facts.previews.features = features::registrations(pass, arm, features).await?;
    let plan = decide_with(pass, &facts);
    pass.facts = Some(facts);
    Ok(pass.memory.check(plan))
}

/// Asks for the pools that are in doubt. Returns whether there were any.
///
/// # Errors
/// A question failed.
async fn doubts(pass: &mut Pass<'_>, arm: &ArmClient, facts: &Facts, plan: &Plan) -> Result<bool, Ended> {
    let pools = in_doubt(&input(pass, facts), plan);
    for name in &pools {
        let target = Target::Pool(name.clone());
        // A name that is no pool name is refused when the object is read.
        let Ok(id) = pass.id.pool(name) else { continue };
        let found = arm.get_pool(&id, Priority::Config).await;
        match found.map_err(|error| pass.call_failed(target, &error))? {
            Some(body) => {
                if let Some(live) = &mut pass.live {
                    live.pools.push(LivePool::new(name, body));
                }
            }
            None => {
                pass.pools_absent.insert(name.clone());
            }
        }
    }
    Ok(!pools.is_empty())
}

/// Decides once more from what was known, after Azure took on a step. Nobody is asked: what Azure took on is not stored
/// yet. `None` where nothing was decided before.
pub fn decide_again(pass: &mut Pass<'_>) -> Option<Plan> {
    let facts = Facts {
        running: running(pass),
        resting: pass.memory.rests.resting(Instant::now()),
        ..pass.facts.take()?
    };
    let plan = decide_with(pass, &facts);
    Some(pass.memory.check(plan))
}

fn input<'a>(pass: &'a Pass<'_>, facts: &'a Facts) -> Input<'a> {
    Input {
        cluster: &pass.desired.cluster,
        pools: &pass.desired.pools,
        live: pass.live.as_ref(),
        facts,
        now: pass.context.now(),
    }
}

fn decide_with(pass: &Pass<'_>, facts: &Facts) -> Plan {
    let mut plan = plan(&input(pass, facts));
    plan.blockers.extend(pass.desired.unreadable.iter().cloned());
    plan
}

/// What is known without asking Azure.
///
/// # Errors
/// The resource definitions can't be read while an object is going away.
pub async fn facts(pass: &mut Pass<'_>) -> Result<Facts, Ended> {
    let timing = pass.context.settings.timing;
    let (pools, now) = (pass.objects.pool_set(), pass.context.now());
    Ok(Facts {
        own_cluster: is_own(pass),
        resource_group: None,
        offered: None,
        pools_unchanged_since: pass.memory.pools_unchanged_since(pools, now),
        running: running(pass),
        aborted: super::actions::aborted(pass),
        children_missing: pass.missing_before_cluster(),
        children_leaving: pass.leaving(Leaves::BeforeCluster),
        locks: locks::for_plan(pass),
        pools_absent: pass.pools_absent.clone(),
        elsewhere: elsewhere::pools(pass.context, &pass.objects),
        resting: pass.memory.rests.resting(Instant::now()),
        definitions_terminating: pass.objects.any_going() && definitions_terminating(pass).await?,
        secrets: pass.secrets.found(),
        previews: Previews {
            allowed: sign_in::may_preview(pass.context, &pass.objects.cluster),
            features: BTreeMap::new(),
            refused: pass.memory.features.refused(),
        },
        pool_quiet_period: signed(timing.pool_quiet_period),
        pool_delete_grace: signed(timing.pool_delete_grace),
    })
}

/// Operations on the cluster and its pools; those on children do not keep AKS from anything.
fn running(pass: &Pass<'_>) -> BTreeSet<Target> {
    let targets = pass.operations.keys().map(|key| operations::target(key));
    targets
        .filter(|target| !matches!(target, Target::Child(_) | Target::Action(_)))
        .collect()
}

fn is_own(pass: &Pass<'_>) -> bool {
    pass.context.settings.own_cluster.as_ref() == Some(&pass.id)
}

/// Deleting a definition deletes every object, and is rarely meant to delete the clusters.
async fn definitions_terminating(pass: &Pass<'_>) -> Result<bool, Ended> {
    let definitions: Api<CustomResourceDefinition> = Api::all(pass.context.client.clone());
    for name in [AksCluster::crd_name(), AksNodePool::crd_name()] {
        let definition = definitions.get_opt(name).await.map_err(|error| {
            let message = format!("CustomResourceDefinition {name} can't be read: {}", told(&error));
            Ended::ours(
                Target::Cluster,
                "DefinitionUnreadable",
                message,
                "check the operator's permissions",
                Retry::Backoff,
            )
        })?;
        if definition.is_none_or(|definition| definition.metadata.deletion_timestamp.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn group_exists(pass: &Pass<'_>, arm: &ArmClient) -> Result<bool, Ended> {
    let group = arm.get_resource_group(pass.id.group()).await;
    group
        .map(|found| found.is_some())
        .map_err(|error| pass.call_failed(Target::Cluster, &error))
}

async fn offered(pass: &mut Pass<'_>, arm: &ArmClient) -> Result<Vec<Version>, Ended> {
    let running = pass.live.as_ref().and_then(LiveCluster::running_version);
    if let Some(known) = running.and_then(|running| pass.memory.offered(running)) {
        return Ok(known);
    }
    let profile = arm
        .upgrade_profile(&pass.id, Priority::Upgrade)
        .await
        .map_err(|error| pass.call_failed(Target::Cluster, &error))?;
    // A preview is never taken by itself; asked for by its full version it is Azure's to allow.
    let offered: Vec<Version> = profile
        .upgrades
        .iter()
        .filter_map(|upgrade| upgrade.version.parse().ok())
        .collect();
    if let Some(running) = running {
        pass.memory.remember_offer(running, offered.clone());
    }
    Ok(offered)
}
