//! What becomes of objects that go.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;

use super::world::{World, cluster};
use crate::blocker::Wait;
use crate::change::Target;
use crate::{Fate, without_azure};

fn bare(spec: &str) -> World {
    cluster("deletionProtection: false")
        .edit(spec)
        .pool("sys", "{mode: System, deletionProtection: false}")
        .pool("apps", "{mode: User, deletionProtection: false}")
        .exists()
}

fn blocked(fate: &Fate, words: &str) {
    assert!(matches!(fate, Fate::Blocked(text) if text.contains(words)), "{fate:?}");
}

fn let_go(fate: &Fate, words: &str) {
    assert!(matches!(fate, Fate::LetGo(text) if text.contains(words)), "{fate:?}");
}

#[test]
fn a_cluster_goes_by_one_delete_at_once_even_while_azure_works_on_it() {
    let world = bare("").delete().azure_works_on(&Target::Cluster, "Updating");
    assert_eq!(world.steps(), ["delete the cluster"]);
    assert_eq!(world.next().unwrap(), "delete the cluster");
}

#[test]
fn a_delete_that_azure_works_on_is_not_sent_again() {
    let world = bare("").delete().azure_works_on(&Target::Cluster, "Deleting");
    assert_eq!(world.plan().fate, Fate::Delete);
    assert_eq!(world.steps(), [""; 0]);
    let deleting = Wait::AzureBusy {
        target: Target::Cluster,
        state: "Deleting".into(),
    };
    assert_eq!(world.waits(), [deleting]);
}

#[test]
fn an_object_that_goes_keeps_its_records_until_azure_has_nothing_left() {
    let before = bare("").applied();
    let world = bare("").delete();
    assert!(!before.is_empty());
    assert_eq!(world.applied(), before);
}

#[test]
fn the_object_goes_once_azure_has_nothing() {
    let mut world = bare("").delete().delete_pool("sys").delete_pool("apps");
    assert_eq!(world.run(), ["delete the cluster"]);
    assert_eq!(world.plan().fate, Fate::Gone);
    assert!(world.pool_fate("apps").ends());
}

#[test]
fn what_azure_does_not_show_yet_is_waited_for() {
    let mut world = bare("").delete();
    world.live = None;
    world.facts.running = BTreeSet::from([Target::Cluster]);
    assert_eq!(world.plan().fate, Fate::Delete, "a create may still be on its way");
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn protection_holds_whatever_azure_says() {
    let world = bare("deletionProtection: true").delete();
    blocked(&world.plan().fate, "deletion is protected");
    assert_eq!(world.steps(), [""; 0]);
    let (cluster, pools) = world.desired();
    let early = without_azure(&cluster, &pools, &world.facts, world.now).unwrap();
    blocked(&early.fate, "deletion is protected");
    assert_eq!(early.applied, world.plan().applied);
}

#[test]
fn a_released_object_goes_and_azure_is_left_alone() {
    let world = bare("deletionProtection: true").delete().release();
    let_go(&world.plan().fate, "released");
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn orphan_observe_and_adoption_leave_azure_alone() {
    for (spec, words) in [
        ("deletionPolicy: Orphan", "Orphan"),
        ("managementPolicy: Observe", "Observe"),
    ] {
        let world = bare("").edit(spec).delete();
        let_go(&world.plan().fate, words);
        assert_eq!(world.steps(), [""; 0]);
    }
    let adopted = bare("")
        .portal(json!({"tags": {"armature-owner": "home/team/prod/adopted"}}))
        .delete();
    let_go(&adopted.plan().fate, "Orphan");
    let asked = adopted.edit("deletionPolicy: Delete");
    assert_eq!(asked.plan().fate, Fate::Delete);
}

#[test]
fn a_cluster_whose_mark_is_gone_or_anothers_is_not_deleted() {
    let lost = bare("").portal(json!({"tags": {"armature-owner": null}})).delete();
    blocked(&lost.plan().fate, "armature-owner is gone");
    let_go(&lost.lose_status().plan().fate, "not ours");
    let others = bare("")
        .portal(json!({"tags": {"armature-owner": "away/team/prod"}}))
        .delete();
    let_go(&others.plan().fate, "not ours");
}

#[test]
fn the_cluster_armature_runs_on_is_never_deleted_but_may_be_let_go() {
    let mut world = bare("").delete();
    world.facts.own_cluster = true;
    blocked(&world.plan().fate, "the cluster Armature runs on");
    assert_eq!(world.steps(), [""; 0]);
    let_go(&world.edit("deletionPolicy: Orphan").plan().fate, "Orphan");
}

#[test]
fn while_our_definitions_go_nothing_is_deleted() {
    let mut world = bare("").delete().delete_pool("apps").later(60);
    world.facts.definitions_terminating = true;
    blocked(&world.plan().fate, "resource definitions");
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn a_pool_goes_after_its_grace() {
    let world = bare("").delete_pool("apps");
    let plan = world.plan();
    assert_eq!(plan.steps, []);
    assert_eq!(plan.waits, [Wait::PoolDeleteGrace { pool: "apps".into() }]);
    assert_eq!(plan.look_again, Some(SignedDuration::from_secs(15)));
    let mut world = world.later(15);
    assert_eq!(world.run(), ["delete pool apps"]);
    world.facts.pools_absent = BTreeSet::from(["apps".to_owned()]);
    assert_eq!(world.pool_fate("apps"), Fate::Gone);
}

#[test]
fn a_pool_that_the_cluster_does_not_show_is_gone_only_by_the_word_of_the_pool_itself() {
    let mut world = bare("").delete_pool("apps").later(60);
    let profiles = &mut world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"];
    profiles.as_array_mut().unwrap().retain(|pool| pool["name"] != "apps");
    assert_eq!(world.pool_fate("apps"), Fate::Delete, "nobody asked");
    assert_eq!(world.steps(), [""; 0], "there is nothing to delete yet");
    assert_eq!(world.in_doubt(), ["apps"]);
    world.facts.pools_absent = BTreeSet::from(["apps".to_owned()]);
    assert_eq!(world.pool_fate("apps"), Fate::Gone);
    assert_eq!(world.in_doubt(), [""; 0]);
}

#[test]
fn a_pool_goes_with_a_cluster_that_is_gone_by_its_own_word() {
    let mut world = bare("").delete_pool("apps").later(60);
    world.live = None;
    assert_eq!(world.pool_fate("apps"), Fate::Gone);
    world.facts.running = BTreeSet::from([Target::Cluster]);
    assert_eq!(
        world.pool_fate("apps"),
        Fate::Delete,
        "a create may still be on its way"
    );
}

#[test]
fn what_is_made_anew_while_an_object_goes_is_not_its_to_delete() {
    let world = bare("").delete();
    let mut gone = world.clone();
    gone.live = None;
    assert_eq!(gone.plan().fate, Fate::Gone);
    gone.pass();
    gone.live = world.live;
    let anew = gone.portal(json!({"tags": {"armature-owner": null}}));
    let_go(&anew.plan().fate, "not ours");
}

#[test]
fn a_prune_of_pools_and_cluster_sends_one_delete() {
    let mut world = bare("")
        .delete_pool("apps")
        .delete_pool("sys")
        .later(10)
        .delete()
        .later(60);
    assert_eq!(world.pool_fate("apps"), Fate::Delete);
    assert_eq!(world.run(), ["delete the cluster"]);
}

#[test]
fn a_pool_that_azure_is_deleting_is_not_deleted_again() {
    let world = bare("").delete_pool("apps").later(60);
    let world = world.azure_works_on(&Target::Pool("apps".into()), "Deleting");
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn the_last_system_pool_stays_also_while_another_one_is_being_deleted() {
    let world = bare("").delete_pool("sys").later(60);
    blocked(&world.pool_fate("sys"), "last System pool");
    let two = bare("")
        .pool("second", "{mode: System, deletionProtection: false}")
        .exists()
        .delete_pool("sys")
        .delete_pool("second")
        .later(60);
    assert_eq!(two.pool_fate("sys"), Fate::Delete);
    let two = two.azure_works_on(&Target::Pool("second".into()), "Deleting");
    blocked(&two.pool_fate("sys"), "last System pool");
    assert_eq!(two.pool_fate("second"), Fate::Delete);
}

#[test]
fn a_pool_follows_its_own_protection_policy_and_owner() {
    let world = bare("").delete_pool("apps").later(60);
    blocked(
        &world
            .clone()
            .edit_pool("apps", "deletionProtection: true")
            .pool_fate("apps"),
        "protected",
    );
    let_go(
        &world
            .clone()
            .edit_pool("apps", "deletionPolicy: Orphan")
            .pool_fate("apps"),
        "Orphan",
    );
    let_go(
        &world
            .clone()
            .edit_pool("apps", "managementPolicy: Observe")
            .pool_fate("apps"),
        "Observe",
    );
    let others = world
        .clone()
        .portal_pool("apps", json!({"tags": {"armature-owner": "away/team/apps"}}));
    let_go(&others.pool_fate("apps"), "not ours");
    let lost = world
        .clone()
        .portal_pool("apps", json!({"tags": {"armature-owner": null}}));
    blocked(&lost.pool_fate("apps"), "armature-owner is gone");
    let adopted = world
        .clone()
        .portal_pool("apps", json!({"tags": {"armature-owner": "home/team/apps/adopted"}}));
    let_go(&adopted.pool_fate("apps"), "Orphan");
    for world in [others, lost, adopted] {
        assert_eq!(world.steps(), [""; 0]);
    }
}

#[test]
fn a_pool_waits_while_its_clusters_mark_is_missing() {
    let world = bare("")
        .delete_pool("apps")
        .later(60)
        .portal(json!({"tags": {"armature-owner": null}}));
    blocked(&world.pool_fate("apps"), "armature-owner is gone");
}

#[test]
fn a_pool_under_a_cluster_that_may_not_go_waits_with_it() {
    let world = bare("deletionProtection: true").delete().delete_pool("apps").later(60);
    blocked(&world.pool_fate("apps"), "held back");
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn a_pool_that_stays_is_alive_whatever_becomes_of_its_cluster() {
    assert_eq!(bare("").delete().pool_fate("apps"), Fate::Alive);
}
