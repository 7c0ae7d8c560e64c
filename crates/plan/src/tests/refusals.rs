//! What Azure never does, said before it is asked.

use serde_json::json;

use super::world::cluster;
use crate::blocker::Blocker;
use crate::change::Target;

#[test]
fn what_is_fixed_at_creation_is_refused_by_name_and_the_rest_goes_on() {
    let world = cluster("networkProfile: {serviceCidr: 10.0.0.0/16}")
        .pool("sys", "mode: System")
        .exists()
        .edit("{networkProfile: {serviceCidr: 10.1.0.0/16}, disableLocalAccounts: true}");
    let blockers = world.blockers();
    assert_eq!(
        blockers[0].to_string(),
        "networkProfile.serviceCidr can't be changed on an existing cluster (it is 10.0.0.0/16, the manifest says \
         10.1.0.0/16); set it back or make a new cluster"
    );
    assert_eq!(blockers[0].target(), Target::Cluster);
    assert_eq!(world.steps(), ["update disableLocalAccounts"]);
}

#[test]
fn a_pool_change_that_needs_a_new_pool_says_so_and_the_rest_goes_on() {
    let world = cluster("")
        .pool("sys", "{mode: System, vmSize: Standard_D4s_v5, count: 3}")
        .exists()
        .edit_pool("sys", "{vmSize: Standard_D8s_v5, count: 4}");
    assert!(matches!(&world.blockers()[0], Blocker::ReplacementRequired { pool, .. } if pool == "sys"));
    assert_eq!(world.steps(), ["update count of pool sys"]);
}

#[test]
fn a_cluster_in_another_region_stops_everything() {
    let world = cluster("disableLocalAccounts: true")
        .pool("sys", "{mode: System, count: 3}")
        .exists()
        .portal(json!({"location": "West Europe", "properties": {"disableLocalAccounts": false}}))
        .edit_pool("sys", "count: 4");
    assert_eq!(world.reasons(), ["LocationMismatch"]);
    assert_eq!(world.steps(), [""; 0]);
    assert_eq!(world.portal(json!({"location": "East US"})).reasons(), [""; 0]);
}

#[test]
fn the_last_system_pool_stays_one_until_another_is_there() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .edit_pool("sys", "mode: User");
    assert_eq!(world.reasons(), ["LastSystemPool"]);
    assert_eq!(world.steps(), [""; 0]);
    let mut world = world.pool("next", "mode: System");
    assert_eq!(world.reasons(), [""; 0]);
    assert_eq!(world.run(), ["create pool next", "update mode of pool sys"]);
}

#[test]
fn a_private_cluster_is_entered_only_through_vnet_integration() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .edit("apiServerAccessProfile: {enablePrivateCluster: true}");
    assert_eq!(world.reasons(), ["ForbiddenChange"]);
    let integrated = json!({"properties": {"apiServerAccessProfile": {"enableVnetIntegration": true}}});
    assert_eq!(
        world.portal(integrated).steps(),
        ["update apiServerAccessProfile.enablePrivateCluster"]
    );
}

#[test]
fn the_cluster_armature_runs_on_is_not_stopped() {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .edit("powerState: {code: Stopped}");
    world.facts.own_cluster = true;
    assert_eq!(world.reasons(), ["OwnCluster"]);
    assert_eq!(world.steps(), [""; 0]);
}

#[test]
fn a_size_of_zero_leaves_the_disk_to_azure() {
    let world = cluster("")
        .pool("sys", "{mode: System, osDiskSizeGB: 0}")
        .exists()
        .portal_pool("sys", json!({"osDiskSizeGB": 128}));
    assert_eq!(world.reasons(), [""; 0]);
}

#[test]
fn a_blocker_names_the_object_that_shows_it() {
    let twins = cluster("")
        .pool("sys", "mode: System")
        .pool("twin", "{mode: System, azureName: sys}");
    assert_eq!(twins.blockers()[0].target(), Target::Pool("sys".into()));
}
