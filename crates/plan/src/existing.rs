//! A cluster that exists.

use serde_json::json;

use super::blocker::{Blocker, Wait};
use super::body::owner_tag;
use super::change::{Change, Origin, Source, Target};
use super::compatibility;
use super::diff::{Difference, Sides, diff};
use super::effect::Effect;
use super::fields;
use super::live::{LiveCluster, ProvisioningState};
use super::owner::Ownership;
use super::resource::{MAX_RESUME_ATTEMPTS, NO_RECORDS, broken_state, error_clause, shown};
use super::step::Step;
use super::{Input, Plan, aborted, keep_records, pools, upgrade};
use armature_api::{AdoptionPolicy, ManagementPolicy};

/// How we stand to the live cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It carries our mark.
    Ours,
    /// It was there before, or lost its mark, and may be adopted.
    Adopting,
    /// It is somebody's and we only look.
    Looking,
}

/// Plans what brings the live cluster to what Git asks for.
pub fn plan(input: &Input<'_>, live: &LiveCluster, plan: &mut Plan) {
    let standing = match standing(input, live) {
        Ok(standing) => standing,
        Err(blocker) => {
            keep_records(input, plan);
            return plan.blockers.push(blocker);
        }
    };
    if let Some(busy) = live
        .provisioning_state()
        .busy()
        .filter(|_| !input.facts.running.contains(&Target::Cluster))
    {
        plan.waits.push(Wait::AzureBusy {
            target: Target::Cluster,
            state: busy.to_owned(),
        });
    }
    aborted::block(input, live, plan);
    plan.block_on_secrets(input);
    let found = differences(input, live, standing);
    advise(&found, live, plan);
    let refused = found.never_cleared.iter().cloned();
    plan.blockers.extend(refused.map(|path| Blocker::NeverCleared {
        target: Target::Cluster,
        path,
    }));
    plan.applied = found.applied;

    let Sorted {
        refused,
        version,
        power,
        tags,
        settings,
    } = sort(found.changes, |change| {
        compatibility::takes_change(input, live, change, plan)
    });
    plan.blockers.extend(refused.iter().map(refusal));
    // A stopped cluster accepts nothing before its start.
    power_on(&power, plan);
    mark_steps(input, standing, live, plan);
    resume(input, live, plan);
    write_steps(input, live, tags, settings, plan);
    pools::plan(input, live, plan);
    upgrade_steps(input, live, version.as_ref(), plan);
    power_off(input, &power, plan);
}

/// By the mark in Azure alone: whoever may write status could write there that a cluster is ours, and the one that was
/// may have been deleted and made anew by somebody else.
fn standing(input: &Input<'_>, live: &LiveCluster) -> Result<Standing, Blocker> {
    let looking = input.cluster.policies.management == ManagementPolicy::Observe;
    let mark = &input.cluster.mark;
    match Ownership::of(live.owner(), mark) {
        Ownership::Ours { .. } => Ok(Standing::Ours),
        _ if looking => Ok(Standing::Looking),
        Ownership::Other(mark) => Err(Blocker::ConflictingManager { mark }),
        Ownership::Unmarked => match input.cluster.policies.adoption {
            AdoptionPolicy::AfterPlan => Ok(Standing::Adopting),
            AdoptionPolicy::Never => Err(Blocker::AdoptionRefused {
                lost_mark: input.cluster.life.has_records().then(|| mark.clone()),
            }),
        },
    }
}

fn differences(input: &Input<'_>, live: &LiveCluster, standing: Standing) -> Difference {
    let ours = standing == Standing::Ours;
    let secrets = input.cluster.secrets.iter();
    let known: Vec<_> = secrets
        .map(|secret| {
            let fingerprint = input
                .facts
                .secrets
                .get(secret.path)
                .and_then(|found| found.as_ref().ok());
            (secret.path, fingerprint)
        })
        .collect();
    let sides = Sides {
        target: &Target::Cluster,
        wanted: &input.cluster.body,
        live: &live.body,
        // Records of a resource that is not ours are of another one.
        applied: if ours { &input.cluster.life.applied } else { &NO_RECORDS },
        ours,
        known: ours && input.knows(&input.cluster.life, &Target::Cluster),
        settled: live.provisioning_state() == ProvisioningState::Succeeded,
        running: live.running_version(),
        autoscaled: false,
        secrets: &known,
        overrides: &input.cluster.overrides,
        under_way: input.facts.running.contains(&Target::Cluster) || live.provisioning_state().busy().is_some(),
    };
    diff(fields::cluster::FIELDS, sides)
}

/// What a manifest no longer says, and where Azure is ahead of it.
fn advise(found: &Difference, live: &LiveCluster, plan: &mut Plan) {
    plan.advise_released(Target::Cluster, &found.released, &live.body);
    for (path, running) in &found.ahead {
        plan.advise(
            Target::Cluster,
            format!("{path} in Azure is {running}, ahead of the manifest; raise it in Git when convenient"),
        );
    }
    for note in &found.notes {
        plan.advise(Target::Cluster, note.clone());
    }
}

/// The changes of a cluster by the kind of step they take.
#[derive(Default)]
struct Sorted {
    refused: Vec<Change>,
    version: Option<Change>,
    power: Option<Change>,
    tags: Vec<Change>,
    settings: Vec<Change>,
}

fn sort(changes: Vec<Change>, mut is_taken: impl FnMut(&Change) -> bool) -> Sorted {
    let mut sorted = Sorted::default();
    for change in changes {
        if change.effect.is_refused() {
            sorted.refused.push(change);
        } else if !is_taken(&change) {
            // The plan says why.
        } else if change.path.starts_with("properties.kubernetesVersion") {
            sorted.version = Some(change);
        } else if change.path.starts_with("properties.powerState") {
            sorted.power = Some(change);
        } else if change.path.starts_with("tags") {
            sorted.tags.push(change);
        } else {
            sorted.settings.push(change);
        }
    }
    sorted
}

fn refusal(change: &Change) -> Blocker {
    let (from, to) = (shown(change.shown_from()), shown(change.shown_to()));
    if change.path.starts_with("location") {
        Blocker::LocationMismatch { live: from, wanted: to }
    } else {
        Blocker::ForbiddenChange {
            path: change.path.clone(),
            from,
            to,
        }
    }
}

/// Puts our mark on a cluster that is adopted.
fn mark_steps(input: &Input<'_>, standing: Standing, live: &LiveCluster, plan: &mut Plan) {
    match standing {
        Standing::Ours | Standing::Looking => return,
        Standing::Adopting => {}
    }
    let change = Change {
        target: Target::Cluster,
        path: owner_tag("tags"),
        from: live.owner().map(|owner| json!(owner)),
        to: Some(json!(input.cluster.mark.adopted().to_string())),
        origin: Origin::Unrecorded,
        effect: Effect::InPlace,
        one_way: false,
        source: Source::Field,
    };
    plan.push(Step::AdoptCluster { changes: vec![change] });
}

fn power_on(power: &Option<Change>, plan: &mut Plan) {
    if let Some(change) = power.as_ref().filter(|change| change.to == Some(json!("Running"))) {
        plan.push(Step::StartCluster {
            changes: vec![change.clone()],
        });
    }
}

fn power_off(input: &Input<'_>, power: &Option<Change>, plan: &mut Plan) {
    let Some(change) = power.as_ref().filter(|change| change.to == Some(json!("Stopped"))) else {
        return;
    };
    if input.facts.own_cluster {
        plan.blockers.push(Blocker::OwnCluster { action: "stopped" });
    } else {
        plan.push(Step::StopCluster {
            changes: vec![change.clone()],
        });
    }
}

/// Tags alone go by PATCH, which leaves the cluster alone; together with settings they ride along.
fn write_steps(input: &Input<'_>, live: &LiveCluster, tags: Vec<Change>, mut settings: Vec<Change>, plan: &mut Plan) {
    if exhausted(input, live) {
        return;
    }
    if settings.is_empty() {
        if !tags.is_empty() {
            plan.push(Step::TagCluster { changes: tags });
        }
    } else {
        settings.extend(tags);
        plan.push(Step::UpdateCluster { changes: settings });
    }
}

fn upgrade_steps(input: &Input<'_>, live: &LiveCluster, change: Option<&Change>, plan: &mut Plan) {
    let Some(running) = live.running_version() else { return };
    if exhausted(input, live) {
        return;
    }
    let route = upgrade::Route {
        running,
        floor: input.cluster.version,
        change,
        offered: input.facts.offered.as_deref(),
        upgrades_itself: live.upgrades_itself(),
        pools: pools::on_route(input, live, plan),
    };
    let (steps, blockers) = upgrade::steps(&route);
    plan.blockers.extend(blockers);
    steps.into_iter().for_each(|step| plan.push(step));
    compatibility::hold_upgrades(input, live, plan);
}

/// An operation that failed is itself a difference: AKS keeps its goal, and a PUT resumes it. The gate takes the
/// repeat out again where another write to the cluster does so too.
fn resume(input: &Input<'_>, live: &LiveCluster, plan: &mut Plan) {
    let state = live.provisioning_state();
    if !state.is_broken() {
        return;
    }
    if exhausted(input, live) {
        plan.blockers.push(Blocker::ResumeExhausted {
            target: Target::Cluster,
            state: broken_state(&state).to_owned(),
            error: error_clause(live.provisioning_error()),
        });
    } else {
        plan.push(Step::ResumeCluster);
    }
}

fn exhausted(input: &Input<'_>, live: &LiveCluster) -> bool {
    live.provisioning_state().is_broken() && input.cluster.life.resume_attempts >= MAX_RESUME_ATTEMPTS
}
