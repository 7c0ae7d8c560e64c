//! What may start while something else runs.

use serde_json::json;

use super::world::{World, cluster};
use crate::blocker::Wait;
use crate::change::Target;

fn pool(name: &str) -> Target {
    Target::Pool(name.to_owned())
}

fn three() -> World {
    cluster("")
        .pool("sys", "{mode: System, count: 3}")
        .pool("a", "{mode: User, count: 1, enableFIPS: false}")
        .pool("b", "{mode: User, count: 1, enableFIPS: false}")
        .exists()
}

fn running(mut world: World, targets: &[Target]) -> World {
    world.facts.running.extend(targets.iter().cloned());
    world
}

#[test]
fn quiet_steps_of_different_pools_run_beside_each_other() {
    let world = three().edit_pool("a", "count: 2").edit_pool("b", "count: 2");
    assert_eq!(world.next().unwrap(), "update count of pool a");
    assert_eq!(running(world, &[pool("a")]).next().unwrap(), "update count of pool b");
}

#[test]
fn steps_that_roll_nodes_run_alone() {
    let world = three()
        .edit_pool("a", "enableFIPS: true")
        .edit_pool("b", "enableFIPS: true");
    assert_eq!(world.next().unwrap(), "update enableFIPS of pool a");
    assert_eq!(running(world, &[pool("a")]).next(), None);
}

#[test]
fn a_step_that_rolls_nodes_waits_for_any_other_pool() {
    let world = running(three().edit_pool("b", "enableFIPS: true"), &[pool("a")]);
    assert_eq!(world.next(), None);
}

#[test]
fn a_step_of_the_cluster_waits_for_every_pool_and_every_pool_for_it() {
    let world = three().edit("disableLocalAccounts: true").edit_pool("a", "count: 2");
    assert_eq!(running(world.clone(), &[pool("b")]).next(), None);
    assert_eq!(running(world, &[Target::Cluster]).next(), None);
}

#[test]
fn what_azure_does_on_its_own_is_waited_for_and_named() {
    let world = three()
        .edit_pool("a", "count: 2")
        .azure_works_on(&pool("a"), "Upgrading");
    assert_eq!(world.next(), None);
    assert_eq!(
        world.waits(),
        [Wait::AzureBusy {
            target: pool("a"),
            state: "Upgrading".into()
        }]
    );
    let world = three()
        .edit_pool("a", "count: 2")
        .azure_works_on(&Target::Cluster, "SomethingNew");
    assert_eq!(world.next(), None);
}

#[test]
fn an_edit_during_an_operation_runs_right_after_it() {
    let world = running(three(), &[pool("a")]).edit_pool("a", "count: 5");
    assert_eq!(world.next(), None);
    let mut world = world;
    world.facts.running.clear();
    assert_eq!(world.next().unwrap(), "update count of pool a");
}

#[test]
fn what_is_held_lets_the_others_pass() {
    let world = three()
        .edit("driftPolicy: Report")
        .portal_pool("a", json!({"count": 9}))
        .edit_pool("b", "count: 2");
    assert_eq!(world.next().unwrap(), "update count of pool b");
}

fn resting(mut world: World, target: Target) -> World {
    world.facts.resting.insert(target);
    world
}

#[test]
fn what_failed_a_moment_ago_rests_and_the_others_go_on() {
    let world = three()
        .edit("disableLocalAccounts: true")
        .edit_pool("a", "count: 2")
        .edit_pool("b", "count: 2");
    let world = resting(world, Target::Cluster);
    assert_eq!(world.next().unwrap(), "update count of pool a");
    assert_eq!(resting(world, pool("a")).next().unwrap(), "update count of pool b");
}

#[test]
fn pools_wait_for_a_control_plane_that_rests() {
    let world = three().edit("kubernetesVersion: '1.34'");
    assert_eq!(resting(world, Target::Cluster).next(), None);
}

#[test]
fn a_pool_that_rests_in_an_upgrade_holds_up_no_other_pool() {
    let mut world = three().edit("kubernetesVersion: '1.34'");
    world.pass();
    let world = resting(world, pool("sys"));
    assert_eq!(world.next().unwrap(), "upgrade pool a to 1.34.5");
}

fn on_identity(name: &str) -> String {
    let group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
    let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
    format!("identity: {{type: UserAssigned, userAssignedIdentityId: {id}}}")
}

#[test]
fn another_identity_waits_for_its_rights_and_other_changes_do_not() {
    let mut world = cluster(&on_identity("a"))
        .pool("sys", "{mode: System, count: 3}")
        .exists();
    world.facts.children_missing = vec!["roleAssignments/net".to_owned()];
    let other = world.clone().edit("disableLocalAccounts: true");
    assert!(other.next().is_some());
    let swap = world.edit(&on_identity("b"));
    assert_eq!(swap.next(), None);
    assert!(swap.plan().waits_for_children());
    let hold = swap.plan().steps[0].hold.clone().unwrap().to_string();
    assert!(hold.starts_with("roleAssignments/net have to be there first"), "{hold}");
    let mut granted = swap;
    granted.facts.children_missing.clear();
    assert!(granted.next().is_some());
}
