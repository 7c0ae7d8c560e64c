//! Locks between a plan and Azure.

use std::collections::BTreeMap;

use super::world::{World, cluster};
use crate::change::Target;
use crate::locks::{FoundLock, Lift, LockState, OwnLock, Passage, Touch};
use armature_api::LockLevel;

const KEY: &str = "locks/keep";
const GROUP: &str = "/subscriptions/s/resourceGroups/rg";

fn bare() -> World {
    cluster("deletionProtection: false")
        .pool("sys", "{mode: System, deletionProtection: false}")
        .pool("apps", "{mode: User, deletionProtection: false}")
        .exists()
}

fn id(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/locks/keep")
}

fn locked(mut world: World, level: LockLevel, state: LockState, lift: Lift) -> World {
    let lock = OwnLock {
        id: id(&format!(
            "{GROUP}/providers/Microsoft.ContainerService/managedClusters/prod"
        )),
        level,
        state,
        wanted: true,
        lift,
    };
    world.facts.locks.own.insert(KEY.to_owned(), lock);
    world
}

fn without_apps(world: World) -> World {
    world.delete_pool("apps").later(60)
}

fn standard(world: World) -> World {
    world.edit("sku: {tier: Standard}")
}

fn away(world: &World) -> Vec<(String, String)> {
    world.plan().away.into_iter().collect()
}

fn only(why: &str) -> Vec<(String, String)> {
    vec![(KEY.to_owned(), why.to_owned())]
}

#[test]
fn a_lock_of_ours_is_lifted_for_what_it_stops_and_put_back_as_steps_of_the_plan() {
    let world = without_apps(locked(
        bare(),
        LockLevel::CanNotDelete,
        LockState::Stands,
        Lift::Allowed,
    ));
    assert_eq!(
        world.steps(),
        ["lift locks/keep", "delete pool apps [LockFirst]", "put locks/keep back"]
    );
    assert_eq!(world.next(), None, "the deletion waits for the lock");
    assert_eq!(away(&world), only("to delete pool apps"));
    let lifted = locked(world, LockLevel::CanNotDelete, LockState::Lifted, Lift::Allowed);
    assert_eq!(lifted.steps(), ["delete pool apps", "put locks/keep back"]);
    assert_eq!(lifted.next().unwrap(), "delete pool apps");
    assert_eq!(away(&lifted), only("to delete pool apps"));
}

#[test]
fn a_lock_against_deletion_is_not_lifted_for_a_change_and_a_read_only_one_is() {
    let update = |level| standard(locked(bare(), level, LockState::Stands, Lift::Allowed)).steps();
    assert_eq!(update(LockLevel::CanNotDelete), ["update sku.tier"]);
    assert_eq!(
        update(LockLevel::ReadOnly),
        ["lift locks/keep", "update sku.tier [LockFirst]", "put locks/keep back"]
    );
}

#[test]
fn a_lock_stays_away_while_azure_works_and_comes_back_when_nothing_needs_it_away() {
    let lifted = || locked(bare(), LockLevel::CanNotDelete, LockState::Lifted, Lift::Allowed);
    let busy = lifted().azure_works_on(&Target::Pool("apps".to_owned()), "Deleting");
    assert_eq!(busy.steps(), ["put locks/keep back"]);
    assert_eq!(away(&busy), only("until the work that runs has ended"));
    let mut child_works = lifted();
    child_works.facts.locks.children_busy = true;
    assert_eq!(away(&child_works), only("until the work that runs has ended"));
    let idle = lifted();
    assert_eq!(idle.steps(), ["put locks/keep back"]);
    assert_eq!(away(&idle), []);
    let observed = idle.edit("managementPolicy: Observe");
    assert_eq!(observed.steps(), ["put locks/keep back [Observe]"]);
    let standing = locked(bare(), LockLevel::ReadOnly, LockState::Stands, Lift::Allowed);
    assert_eq!((standing.steps(), away(&standing)), (Vec::new(), Vec::new()));
}

#[test]
fn a_step_that_rests_or_is_held_needs_no_lock_away() {
    let mut world = without_apps(locked(
        bare(),
        LockLevel::CanNotDelete,
        LockState::Lifted,
        Lift::Allowed,
    ));
    world.facts.resting.insert(Target::Pool("apps".to_owned()));
    assert_eq!(world.steps(), ["delete pool apps [RetryLater]", "put locks/keep back"]);
    assert_eq!(away(&world), []);
}

#[test]
fn a_lock_that_the_manifest_does_not_let_us_lift_blocks_and_names_the_way_out() {
    let world = without_apps(locked(
        bare(),
        LockLevel::CanNotDelete,
        LockState::Stands,
        Lift::Refused,
    ));
    assert_eq!(world.steps(), ["delete pool apps [ScopeLocked]"]);
    assert_eq!(world.reasons(), ["ScopeLocked"]);
    assert_eq!(world.blockers()[0].target(), Target::Pool("apps".to_owned()));
    let text = world.blockers()[0].to_string();
    assert!(text.contains("spec.locks.keep.suspendForChanges"), "{text}");
    let found_before = locked(world, LockLevel::CanNotDelete, LockState::Stands, Lift::NotOurs);
    let text = found_before.blockers()[0].to_string();
    assert!(
        text.contains("az lock delete --ids") && !text.contains("suspend"),
        "{text}"
    );
}

#[test]
fn a_lock_of_others_stops_the_cluster_and_all_that_leaves_before_it() {
    let mut world = locked(bare(), LockLevel::CanNotDelete, LockState::Stands, Lift::Allowed).delete();
    world.facts.children_leaving = vec![KEY.to_owned()];
    assert_eq!(world.steps(), ["lift locks/keep", "delete the cluster [ChildrenFirst]"]);
    assert!(!world.plan().keeps_cluster());
    assert_eq!(world.plan().deletions(), [Target::Cluster]);
    let own = FoundLock {
        id: world.facts.locks.own[KEY].id.to_uppercase(),
        level: "CanNotDelete".to_owned(),
    };
    world.facts.locks.found = BTreeMap::from([(Target::Cluster, vec![own])]);
    assert_eq!(world.reasons(), [""; 0], "our own is known");
    let others = FoundLock {
        id: id(GROUP),
        level: "ReadOnly".to_owned(),
    };
    world.facts.locks.found = BTreeMap::from([(Target::Cluster, vec![others])]);
    assert_eq!(world.steps(), ["delete the cluster [ScopeLocked]"]);
    assert!(world.plan().keeps_cluster());
    let text = world.blockers()[0].to_string();
    assert!(
        text.contains(&format!("lock keep (ReadOnly) on {GROUP} keeps it from happening")),
        "{text}"
    );
}

#[test]
fn what_hangs_on_a_cluster_has_locks_lifted_too() {
    let mut world = locked(bare(), LockLevel::ReadOnly, LockState::Stands, Lift::Allowed);
    let target = Target::Child("extensions/flux".to_owned());
    world.facts.locks.wanted = BTreeMap::from([(target, Touch::Write)]);
    assert_eq!(world.steps(), ["lift locks/keep", "put locks/keep back"]);
    assert_eq!(away(&world), only("to write extensions/flux"));
    assert_eq!(
        world.facts.locks.passage(Touch::Write),
        Passage::After(vec![KEY.to_owned()])
    );
}

#[test]
fn locks_change_nothing_about_what_a_plan_does() {
    let plain = standard(bare());
    let locked = locked(plain.clone(), LockLevel::ReadOnly, LockState::Stands, Lift::Allowed);
    assert_eq!(plain.plan().hash(), locked.plan().hash());
}
