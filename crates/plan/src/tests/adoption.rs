//! Whose a resource is: adopted, refused, somebody else's, or ours without a record.

use serde_json::json;

use super::world::{World, cluster};
use crate::change::{Origin, Target};

/// A cluster that was there before, made by nobody we know.
fn foreign(spec: &str) -> World {
    cluster("")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .edit(spec)
        .portal(json!({"tags": {"armature-owner": null}}))
        .portal_pool("sys", json!({"tags": {"armature-owner": null}}))
        .lose_status()
}

#[test]
fn a_cluster_that_was_there_before_is_refused() {
    let world = foreign("");
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn an_adoption_waits_for_the_approval_of_exactly_its_plan() {
    let world = foreign("adoptionPolicy: AfterPlan").edit("disableLocalAccounts: true");
    let plan = world.plan();
    assert_eq!(
        world.steps(),
        [
            "put the ownership tag on the cluster [AwaitingApproval]",
            "update disableLocalAccounts [AwaitingApproval]",
            "update tags[armature-owner] of pool sys [AwaitingApproval]",
        ]
    );
    assert_eq!(world.clone().approve(&"0123456789".repeat(4)).next(), None);
    let mut world = world.approve(&plan.approval(&Target::Cluster));
    assert_eq!(
        world.run(),
        [
            "put the ownership tag on the cluster",
            "update disableLocalAccounts",
            "update tags[armature-owner] of pool sys",
        ]
    );
    assert_eq!(
        world.live.unwrap()["tags"]["armature-owner"],
        json!("home/team/prod/adopted")
    );
}

#[test]
fn approving_an_adoption_approves_its_changes_although_drift_is_only_reported() {
    let world = foreign("{adoptionPolicy: AfterPlan, driftPolicy: Report}").edit("disableLocalAccounts: true");
    let hash = world.plan().approval(&Target::Cluster);
    let mut world = world.approve(&hash);
    assert_eq!(world.run().len(), 3);
    assert_eq!(world.live.unwrap()["properties"]["disableLocalAccounts"], json!(true));
}

#[test]
fn waiting_for_an_approval_records_nothing_so_that_the_cluster_never_passes_for_ours() {
    let mut world = foreign("adoptionPolicy: AfterPlan").edit("disableLocalAccounts: true");
    for _ in 0..3 {
        assert_eq!(world.pass(), None);
    }
    assert!(world.applied().is_empty());
    assert_eq!(
        world.steps()[0],
        "put the ownership tag on the cluster [AwaitingApproval]"
    );
}

#[test]
fn a_pool_that_was_there_before_is_refused_or_waits_for_an_approval() {
    let world = cluster("").pool("sys", "mode: System").exists();
    let mut world = world.pool("found", "{mode: User, count: 5}");
    let profiles = world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"]
        .as_array_mut()
        .unwrap();
    profiles.push(
        json!({"name": "found", "mode": "User", "count": 1, "provisioningState": "Succeeded",
                         "orchestratorVersion": "1.32", "currentOrchestratorVersion": "1.32.5"}),
    );
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);

    let world = world.edit("adoptionPolicy: AfterPlan");
    assert_eq!(
        world.steps(),
        [
            "update tags[armature-owner], count of pool found [AwaitingApproval]",
            "upgrade pool found to 1.33.5 [AwaitingApproval]",
        ]
    );
    let hash = world.plan().approval(&Target::Cluster);
    assert_eq!(
        world.approve(&hash).next().unwrap(),
        "update tags[armature-owner], count of pool found"
    );
}

#[test]
fn a_cluster_of_another_owner_is_never_written_to() {
    for policy in ["adoptionPolicy: AfterPlan", "adoptionPolicy: Never"] {
        let world = foreign(policy).portal(json!({"tags": {"armature-owner": "away/team/prod"}}));
        assert_eq!(world.reasons(), ["ConflictingManager"]);
        assert_eq!(world.steps(), [""; 0]);
    }
}

/// A cluster of which status says that it was ours, and that does not carry the mark: the tag was taken off, somebody made
/// it anew, or somebody wrote that status.
fn unmarked(spec: &str) -> World {
    cluster(spec)
        .pool("sys", "mode: System")
        .exists()
        .edit("disableLocalAccounts: true")
        .portal(json!({"tags": {"armature-owner": null}}))
}

#[test]
fn no_record_makes_a_cluster_ours_that_does_not_carry_the_mark() {
    let world = unmarked("tags: {team: core}");
    assert!(!world.applied().is_empty());
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
    let told = world.plan().blockers[0].to_string();
    assert!(told.contains("put home/team/prod back if that was a mistake"), "{told}");
}

#[test]
fn a_cluster_that_lost_its_mark_is_adopted_with_approval_and_its_records_do_not_count() {
    let mut world = unmarked("adoptionPolicy: AfterPlan");
    assert_eq!(
        world.steps(),
        [
            "put the ownership tag on the cluster [AwaitingApproval]",
            "update disableLocalAccounts [AwaitingApproval]",
        ]
    );
    assert!(
        world
            .plan()
            .changes()
            .all(|(change, _)| change.origin == Origin::Unrecorded),
        "no record explains a value of somebody else's cluster"
    );
    assert_eq!(world.pass(), None);
    assert!(world.applied().is_empty(), "and none is kept");
    let hash = world.plan().approval(&Target::Cluster);
    let mut world = world.approve(&hash);
    world.run();
    assert_eq!(
        world.live.unwrap()["tags"]["armature-owner"],
        json!("home/team/prod/adopted")
    );
}

#[test]
fn no_record_makes_a_pool_ours_that_does_not_carry_the_mark() {
    let world = cluster("")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal_pool("sys", json!({"tags": {"armature-owner": null}, "count": 5}));
    assert_eq!(world.reasons(), ["AdoptionRefused"]);
    assert_eq!(world.steps(), [""; 0]);
    assert_eq!(
        world.edit("adoptionPolicy: AfterPlan").steps(),
        ["update tags[armature-owner], count of pool sys [AwaitingApproval]"]
    );
}

#[test]
fn a_management_cluster_rebuilt_from_git_alone_writes_nothing() {
    let mut world = cluster("{tags: {team: core}, sku: {tier: Standard}, autoScalerProfile: {scan-interval: 20s}}")
        .pool(
            "sys",
            "{mode: System, nodeLabels: {a: ''}, nodeTaints: ['CriticalAddonsOnly=true:NoSchedule']}",
        )
        .exists()
        .lose_status();
    assert_eq!(world.run(), [""; 0]);
    assert!(!world.applied().is_empty(), "and knows again what it manages");
}

#[test]
fn a_difference_without_a_record_stays_one_of_unknown_origin_on_every_later_pass() {
    let mut world = cluster("{driftPolicy: Report, sku: {tier: Standard}, disableLocalAccounts: true}")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal(json!({"properties": {"disableLocalAccounts": false}}))
        .portal_pool("sys", json!({"count": 5}))
        .lose_status();
    for _ in 0..3 {
        assert_eq!(world.pass(), None);
    }
    assert_eq!(
        world.steps(),
        [
            "update disableLocalAccounts [DriftReported]",
            "update count of pool sys [DriftReported]"
        ]
    );
    let mut world = world.edit_pool("sys", "count: 4");
    assert_eq!(
        world.run(),
        ["update count of pool sys"],
        "an edit since then is an edit"
    );
}

#[test]
fn a_cluster_that_is_only_looked_at_is_shown_with_its_differences_whoever_owns_it() {
    let world = foreign("managementPolicy: Observe").edit("disableLocalAccounts: true");
    assert_eq!(world.steps(), ["update disableLocalAccounts [Observe]"]);
    assert_eq!(world.next(), None);
    assert!(world.applied().is_empty());
}

/// Approves all that the plan of the world takes over now.
fn approved(world: World) -> World {
    let hashes = world.plan().approval(&Target::Cluster);
    world.approve(&hashes)
}

/// Azure has this pool, made by nobody we know.
fn with_found(mut world: World, profile: serde_json::Value) -> World {
    let profiles = world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"]
        .as_array_mut()
        .unwrap();
    profiles.push(profile);
    world
}

fn found(vm_size: &str) -> serde_json::Value {
    json!({"name": "found", "mode": "User", "count": 1, "vmSize": vm_size, "provisioningState": "Succeeded",
           "orchestratorVersion": "1.33", "currentOrchestratorVersion": "1.33.5"})
}

const UNAPPROVED: &str = "update tags[armature-owner], count of pool found [AwaitingApproval]";

#[test]
fn a_pool_that_is_named_after_the_cluster_was_approved_needs_an_approval_of_its_own() {
    let world = with_found(foreign("adoptionPolicy: AfterPlan"), found("Standard_D2s_v5"));
    let mut world = approved(world);
    world.run();
    let later = "{mode: User, count: 5, deletionPolicy: Delete, deletionProtection: false}";
    let world = world.pool("found", later);
    assert_eq!(world.steps(), [UNAPPROVED]);
    assert_eq!(world.next(), None);
    let told = world.plan().steps[0].hold.as_ref().unwrap().to_string();
    assert!(
        told.starts_with("adopting pool found needs an approval of its own:"),
        "{told}"
    );
    assert!(
        told.ends_with(&world.plan().approval(&Target::Pool("found".to_owned()))),
        "{told}"
    );

    let gone = world.clone().delete_pool("found");
    assert_eq!(gone.steps(), [""; 0], "it carries no mark of ours");
    assert_eq!(
        approved(world).run(),
        ["update tags[armature-owner], count of pool found"]
    );
}

#[test]
fn an_approval_may_stand_on_the_pool_that_it_is_of_and_is_of_no_other() {
    let world = cluster("adoptionPolicy: AfterPlan")
        .pool("sys", "mode: System")
        .exists();
    let world = with_found(world, found("Standard_D2s_v5")).pool("found", "{mode: User, count: 5}");
    let hash = world.plan().approval(&Target::Pool("found".to_owned()));
    let annotate = |mut world: World, pool: &str| {
        let annotations = &mut world.pool_object(pool).metadata.annotations;
        let annotation = armature_api::APPROVE_PLAN_ANNOTATION.to_owned();
        annotations.get_or_insert_default().insert(annotation, hash.clone());
        world
    };
    assert_eq!(annotate(world.clone(), "sys").next(), None);
    assert!(annotate(world, "found").next().is_some());
}

#[test]
fn the_pools_of_an_approved_cluster_are_named_in_its_approval_and_may_be_left_out_of_it() {
    let world = foreign("adoptionPolicy: AfterPlan");
    let hashes = world.plan().approval(&Target::Cluster);
    let (whole, pool) = hashes.split_once(',').unwrap();
    assert_eq!(pool, world.plan().approval(&Target::Pool("sys".to_owned())));
    assert_eq!(world.clone().approve(pool).next(), None, "the cluster goes first");
    let mut only_cluster = world.clone().approve(whole);
    assert_eq!(only_cluster.run(), ["put the ownership tag on the cluster"]);
    assert_eq!(
        only_cluster.steps(),
        ["update tags[armature-owner] of pool sys [AwaitingApproval]"]
    );
    assert_eq!(world.approve(&hashes).run().len(), 2);
}

#[test]
fn nothing_at_all_is_done_to_a_pool_before_it_may_be_taken_over() {
    let mut broken = found("Standard_D2s_v5");
    broken["provisioningState"] = json!("Failed");
    broken["currentOrchestratorVersion"] = json!("1.32.5");
    let world = cluster("adoptionPolicy: AfterPlan")
        .pool("sys", "mode: System")
        .exists();
    let world = with_found(world, broken).pool("found", "{mode: User, count: 5}");
    assert_eq!(world.next(), None, "{:?}", world.steps());
    assert!(
        world.steps().iter().all(|step| step.ends_with("[AwaitingApproval]")),
        "{:?}",
        world.steps()
    );
}

/// One thing that is not what it was when it was approved.
type Twist = fn(World) -> World;

#[test]
fn an_approval_is_of_one_cluster_and_one_pool_as_they_were_and_as_they_would_be() {
    let known = |world: World| {
        world.portal(json!({
            "systemData": {"createdAt": "2026-08-01T10:00:00Z"},
            "properties": {"resourceUID": "aaaa"},
        }))
    };
    let world =
        || with_found(known(foreign("adoptionPolicy: AfterPlan")), found("Standard_D2s_v5")).pool("found", "count: 5");
    let hashes = world().plan().approval(&Target::Cluster);
    assert_eq!(world().approve(&hashes).run().len(), 3);
    let same: [Twist; 2] = [
        |world| world.portal(json!({"eTag": "2", "systemData": {"lastModifiedAt": "2026-08-02T10:00:00Z"}})),
        |world| world.portal_pool("found", json!({"nodeImageVersion": "2", "eTag": "2"})),
    ];
    for twist in same {
        assert_eq!(twist(world()).approve(&hashes).run().len(), 3);
    }
    let another_cluster: [Twist; 4] = [
        |world| world.portal(json!({"properties": {"resourceUID": "bbbb"}})),
        |world| world.portal(json!({"properties": {"resourceUID": null}})),
        |world| world.edit("disableLocalAccounts: true"),
        |world| world.portal(json!({"id": "/subscriptions/s/resourcegroups/rg/providers/x/other"})),
    ];
    for (number, twist) in another_cluster.into_iter().enumerate() {
        assert_eq!(twist(world()).approve(&hashes).next(), None, "{number}");
    }
    let another_pool: [Twist; 4] = [
        |world| world.portal_pool("found", json!({"vmSize": "Standard_D4s_v5"})),
        |world| world.portal_pool("found", json!({"tags": {"team": "other"}})),
        |world| world.edit_pool("found", "count: 6"),
        |world| world.edit_pool("found", "versionPolicy: Manual"),
    ];
    for (number, twist) in another_pool.into_iter().enumerate() {
        let mut world = twist(world()).approve(&hashes);
        assert_eq!(world.run().len(), 2, "{number}: {:?}", world.steps());
        assert_eq!(world.steps(), [UNAPPROVED], "{number}");
    }
}

#[test]
fn where_azure_shows_no_uid_the_time_of_creation_tells_clusters_apart() {
    let dated = |time: &str| foreign("adoptionPolicy: AfterPlan").portal(json!({"systemData": {"createdAt": time}}));
    let hashes = dated("2026-08-01T10:00:00Z").plan().approval(&Target::Cluster);
    assert_eq!(dated("2026-08-01T10:00:00Z").approve(&hashes).run().len(), 2);
    assert_eq!(dated("2026-08-02T10:00:00Z").approve(&hashes).next(), None);
}

#[test]
fn a_used_approval_adopts_nothing_that_somebody_makes_anew_under_the_name() {
    let with_uid = |uid: &str| foreign("adoptionPolicy: AfterPlan").portal(json!({"properties": {"resourceUID": uid}}));
    let mut world = approved(with_uid("aaaa"));
    world.run();
    world.live = with_uid("bbbb").live;
    assert_eq!(world.pass(), None);
    assert!(
        world.steps().iter().all(|step| step.ends_with("[AwaitingApproval]")),
        "{:?}",
        world.steps()
    );
}

#[test]
fn a_plan_is_not_the_same_once_its_cluster_is_another_one() {
    let of = |uid: &str| {
        cluster("")
            .pool("sys", "mode: System")
            .exists()
            .edit("disableLocalAccounts: true")
            .portal(json!({"properties": {"resourceUID": uid}}))
            .plan()
            .hash()
    };
    assert_eq!(of("aaaa"), of("aaaa"));
    assert_ne!(of("aaaa"), of("bbbb"));
}
