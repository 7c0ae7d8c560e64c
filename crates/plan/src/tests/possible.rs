//! The step that is picked is one that can be sent, and what can't be sent is not picked.

use proptest::prelude::*;
use serde_json::json;

use super::world::{World, cluster};
use crate::blocker::Blocker;
use crate::change::{Change, Origin, Source, Target};
use crate::effect::Effect;
use crate::live::LiveCluster;
use crate::path::Path;
use crate::possible::is_possible;
use crate::preview::{Registration, needed};
use crate::step::{NAMES, Step};
use crate::{Hold, Plan, Planned, gate};

/// The step that is picked, after a check that it can be sent.
fn picked(world: &World) -> Result<Option<Step>, String> {
    let (_, pools) = world.desired();
    let live = world.live.clone().map(LiveCluster::new);
    let plan = world.plan();
    match plan.next_step() {
        Some(step) if !is_possible(step, live.as_ref(), &pools) => Err(format!("{step} can't be sent: {plan:#?}")),
        step => Ok(step.cloned()),
    }
}

/// A cluster that waits for a role of its identity, with a pool that trails and a wish to be stopped.
fn waiting_for_a_role() -> World {
    let mut world = cluster("powerState: {code: Stopped}").pool("sys", "mode: System").pool(
        "old",
        "{mode: User, orchestratorVersion: '1.32', versionPolicy: Manual}",
    );
    world.facts.children_missing = vec!["roleAssignments/dns".to_owned()];
    world
}

#[test]
fn what_follows_on_a_cluster_that_waits_for_its_role_waits_with_it() {
    let world = waiting_for_a_role();
    assert_eq!(
        world.steps(),
        [
            "create the cluster with pools sys [ChildrenFirst]",
            "create pool old [ChildrenFirst]",
            "stop the cluster [ChildrenFirst]",
        ]
    );
    assert_eq!(world.next(), None, "it is the turn of the children");
    assert!(world.plan().waits_for_children());
}

#[test]
fn what_waited_for_a_role_goes_on_once_it_is_there() {
    let mut world = waiting_for_a_role();
    world.facts.children_missing.clear();
    assert_eq!(
        world.run(),
        [
            "create the cluster with pools sys",
            "create pool old",
            "stop the cluster"
        ]
    );
}

#[test]
fn nothing_is_written_to_a_cluster_whose_adoption_azure_refused_for_a_feature() {
    let world = cluster("{adoptionPolicy: AfterPlan, tags: {team: core}, sku: {tier: Standard}}")
        .pool("sys", "mode: System")
        .exists()
        .lose_status()
        .portal(json!({"tags": {"armature-owner": null}, "sku": {"tier": "Free"}}));
    let mut world = world.clone().approve(&world.plan().approval(&Target::Cluster));
    assert_eq!(world.next().unwrap(), "put the ownership tag on the cluster");
    refuse(&mut world, &Step::AdoptCluster { changes: Vec::new() });
    assert_eq!(world.next(), None);
}

fn refuse(world: &mut World, step: &Step) {
    let previews = &mut world.facts.previews;
    previews
        .refused
        .insert((step.target(), step.name()), "SomePreview".to_owned());
    let missing = Registration::Missing("NotRegistered".to_owned());
    previews.features.insert("SomePreview".to_owned(), missing);
}

/// One step of each kind.
fn every_step() -> Vec<Step> {
    let change = |path: &'static str| Change {
        target: Target::Cluster,
        path: Path::new(path),
        from: None,
        to: Some(json!("x")),
        origin: Origin::Edit,
        effect: Effect::InPlace,
        one_way: false,
        source: Source::Field,
    };
    let (changes, to) = (vec![change("sku.tier")], "1.34.0".parse().unwrap());
    let pool = "sys".to_owned();
    let steps = vec![
        Step::CreateResourceGroup,
        Step::CreateCluster {
            pools: vec![pool.clone()],
        },
        Step::AdoptCluster {
            changes: changes.clone(),
        },
        Step::TagCluster {
            changes: changes.clone(),
        },
        Step::UpdateCluster {
            changes: changes.clone(),
        },
        Step::UpgradeControlPlane {
            to,
            changes: changes.clone(),
        },
        Step::UpgradeCluster {
            to,
            changes: changes.clone(),
        },
        Step::StartCluster {
            changes: changes.clone(),
        },
        Step::StopCluster {
            changes: changes.clone(),
        },
        Step::ResumeCluster,
        Step::DeleteCluster,
        Step::CreatePool {
            pool: pool.clone(),
            again: false,
        },
        Step::UpdatePool {
            pool: pool.clone(),
            changes: changes.clone(),
        },
        Step::UpgradePool {
            pool: pool.clone(),
            to,
            changes,
        },
        Step::ResumePool { pool: pool.clone() },
        Step::DeletePool { pool },
        Step::LiftLock {
            lock: "locks/a".to_owned(),
        },
        Step::RestoreLock {
            lock: "locks/a".to_owned(),
        },
    ];
    let names: Vec<&str> = steps.iter().map(Step::name).collect();
    assert_eq!(names, NAMES);
    steps
}

/// Those of the steps for which there is a request.
fn possible(live: Option<&LiveCluster>, world: &World) -> Vec<&'static str> {
    let (_, pools) = world.desired();
    let steps = every_step();
    let possible = steps.iter().filter(|step| is_possible(step, live, &pools));
    possible.map(Step::name).collect()
}

#[test]
fn only_what_makes_a_cluster_can_be_sent_while_there_is_none_and_only_then() {
    let makes = [Step::CreateResourceGroup, Step::CreateCluster { pools: Vec::new() }];
    let makes = makes.each_ref().map(Step::name);
    let of_locks = ["LiftLock", "RestoreLock"];
    let world = cluster("").pool("sys", "mode: System").exists();
    assert_eq!(possible(None, &world), makes);
    let live = world.live.clone().map(LiveCluster::new);
    let others = NAMES
        .iter()
        .filter(|name| !makes.contains(name) && !of_locks.contains(name));
    assert_eq!(possible(live.as_ref(), &world), others.copied().collect::<Vec<_>>());
}

#[test]
fn a_pool_that_azure_does_not_have_can_only_be_created_and_one_that_nobody_wants_can_not() {
    let (live, without) = (cluster("").pool("other", "mode: System").exists(), cluster(""));
    let shown = live.live.clone().map(LiveCluster::new);
    let of_pools = |names: Vec<&'static str>| {
        let is_of_pool = |step: &Step| step.target() == Target::Pool("sys".to_owned());
        let of_pools: Vec<_> = every_step()
            .iter()
            .filter(|step| is_of_pool(step))
            .map(Step::name)
            .collect();
        names
            .into_iter()
            .filter(|name| of_pools.contains(name))
            .collect::<Vec<_>>()
    };
    let wanted = live.clone().pool("sys", "mode: User");
    assert_eq!(of_pools(possible(shown.as_ref(), &wanted)), ["CreatePool"]);
    assert_eq!(of_pools(possible(shown.as_ref(), &without)), [""; 0]);
    let first = Step::CreateCluster {
        pools: vec!["sys".to_owned()],
    };
    assert!(!is_possible(&first, None, &without.desired().1));
}

/// The plan with this step alone, gated.
fn gated(world: &World, step: Step) -> (Plan, bool) {
    let mut plan = Plan {
        steps: vec![Planned { step, hold: None }],
        ..Plan::default()
    };
    // That an adoption needs an approval is another matter.
    let world = world.clone().approve(&plan.approval(&Target::Cluster));
    let asks = world.with_input(|input| {
        gate::hold(input, &mut plan);
        needed(input, &plan).contains("SomePreview")
    });
    (plan, asks)
}

#[test]
fn a_step_of_any_kind_that_azure_refused_for_a_feature_waits_for_it_and_says_which() {
    for step in every_step() {
        let mut world = cluster("").pool("sys", "mode: System").exists();
        refuse(&mut world, &step);
        let (plan, _) = gated(&world, step.clone());
        let hold = Hold::FeatureNotRegistered {
            feature: "SomePreview".to_owned(),
        };
        assert_eq!(plan.steps[0].hold, Some(hold), "{step}");
        assert_eq!(plan.next_step(), None, "{step}");
        let [blocker @ Blocker::FeatureNotRegistered { target, .. }] = plan.blockers.as_slice() else {
            panic!("{step}: {:?}", plan.blockers);
        };
        assert_eq!(*target, step.target(), "{step}");
        let text = blocker.to_string();
        assert!(
            text.contains("SomePreview") && text.contains("az feature register"),
            "{text}"
        );
    }
}

#[test]
fn a_refusal_whose_feature_nobody_asked_about_lately_is_asked_about_before_the_step() {
    for step in every_step().into_iter().filter(|step| !step.is_of_child()) {
        let mut world = cluster("").pool("sys", "mode: System").exists();
        refuse(&mut world, &step);
        world.facts.previews.features.clear();
        let (plan, asks) = gated(&world, step.clone());
        assert_eq!((plan.steps[0].hold.as_ref(), asks), (None, true), "{step}");
    }
}

#[test]
fn a_refusal_holds_no_other_kind_of_step() {
    for (refused, step) in every_step().into_iter().zip(every_step().into_iter().skip(1)) {
        let mut world = cluster("").pool("sys", "mode: System").exists();
        refuse(&mut world, &refused);
        let (plan, _) = gated(&world, step.clone());
        assert_eq!(plan.steps[0].hold, None, "{step}");
    }
}

/// What may be so of any world.
#[derive(Debug, Clone)]
struct Odds {
    exists: bool,
    forgotten: bool,
    deleted: bool,
    pool_deleted: bool,
    unmarked: bool,
    adoption: bool,
    stopped: bool,
    wants_stopped: bool,
    trails: bool,
    makes_group: bool,
    group: Option<bool>,
    roles_missing: bool,
    state: &'static str,
    pool_state: &'static str,
    version: &'static str,
    resting: Vec<Target>,
    running: Vec<Target>,
    refused: Option<usize>,
    policy: &'static str,
}

fn odds() -> impl Strategy<Value = Odds> {
    let states = || prop::sample::select(vec!["Succeeded", "Failed", "Canceled", "Updating", "Deleting"]);
    let targets = || {
        let all = vec![
            Target::Cluster,
            Target::Pool("sys".to_owned()),
            Target::Pool("old".to_owned()),
        ];
        prop::sample::subsequence(all, 0..=2)
    };
    let yes = any::<bool>;
    let first = (yes(), yes(), yes(), yes(), yes(), yes(), yes(), yes(), yes(), yes());
    let second = (
        any::<Option<bool>>(),
        yes(),
        states(),
        states(),
        prop::sample::select(vec!["1.33", "1.34", "1.36"]),
        targets(),
        targets(),
        prop::option::of(0..NAMES.len()),
        prop::sample::select(vec![
            "{}",
            "driftPolicy: Report",
            "driftPolicy: Enforce",
            "managementPolicy: Observe",
        ]),
    );
    (first, second).prop_map(|(first, second)| {
        let (exists, forgotten, deleted, pool_deleted, unmarked, adoption, stopped, wants_stopped, trails, makes_group) =
            first;
        let (group, roles_missing, state, pool_state, version, resting, running, refused, policy) = second;
        Odds {
            exists,
            forgotten,
            deleted,
            pool_deleted,
            unmarked,
            adoption,
            stopped,
            wants_stopped,
            trails,
            makes_group,
            group,
            roles_missing,
            state,
            pool_state,
            version,
            resting,
            running,
            refused,
            policy,
        }
    })
}

fn world(odds: &Odds) -> World {
    let mut world = cluster("deletionProtection: false").pool("sys", "{mode: System, deletionProtection: false}");
    if odds.exists {
        world = world.exists();
        world = world.portal(json!({"properties": {"provisioningState": odds.state}}));
        world = world.portal_pool("sys", json!({"provisioningState": odds.pool_state, "count": 7}));
        if odds.stopped {
            world = world.portal(json!({"properties": {"powerState": {"code": "Stopped"}}}));
        }
        if odds.unmarked {
            world = world.portal(json!({"tags": {"armature-owner": null}}));
        }
    }
    let old = if odds.trails {
        "{orchestratorVersion: '1.32', versionPolicy: Manual}"
    } else {
        "{}"
    };
    world = world.pool("old", "mode: User").edit_pool("old", old).edit(odds.policy);
    world = world.edit(&format!(
        "{{kubernetesVersion: '{}', sku: {{tier: Standard}}}}",
        odds.version
    ));
    if odds.wants_stopped {
        world = world.edit("powerState: {code: Stopped}");
    }
    if odds.adoption {
        world = world.edit("adoptionPolicy: AfterPlan");
    }
    if odds.makes_group {
        world = world.edit("resourceGroupPolicy: Create");
    }
    if odds.forgotten {
        world = world.lose_status();
    }
    if odds.deleted {
        world = world.delete();
    }
    if odds.pool_deleted {
        world = world.delete_pool("sys");
    }
    world.facts.resource_group = odds.group;
    if odds.roles_missing {
        world.facts.children_missing = vec!["roleAssignments/dns".to_owned()];
    }
    world.facts.resting = odds.resting.iter().cloned().collect();
    world.facts.running = odds.running.iter().cloned().collect();
    if let Some(step) = odds.refused {
        refuse(&mut world, &every_step()[step]);
    }
    let approved = world.plan().approval(&Target::Cluster);
    world.approve(&approved)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is so, and on the whole way from there: a step that could not be sent is never the next one.
    #[test]
    fn the_next_step_of_any_world_can_be_sent(odds in odds()) {
        let mut world = world(&odds);
        for _ in 0..12 {
            let picked = picked(&world).map_err(TestCaseError::fail)?;
            if world.pass() != picked {
                return Err(TestCaseError::fail("one plan has two next steps"));
            }
            if picked.is_none() {
                break;
            }
        }
    }
}
