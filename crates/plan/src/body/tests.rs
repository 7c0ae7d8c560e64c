//! What goes over the wire, one rule a test.

use super::*;
use crate::change::{Origin, Source, Target};
use crate::effect::Effect;

fn change(path: Path, to: Option<Value>) -> Change {
    Change {
        target: Target::Cluster,
        path,
        from: None,
        to,
        origin: Origin::Edit,
        effect: Effect::InPlace,
        one_way: false,
        source: Source::Field,
    }
}

fn pool(properties: Value) -> LivePool {
    LivePool::new("a", json!({ "properties": properties }))
}

#[test]
fn an_update_is_the_live_body_plus_the_changes_and_nothing_else() {
    let live = LiveCluster::new(json!({
        "id": "/x", "eTag": "1", "location": "eastus", "tags": {"policy": "x"},
        "properties": {"provisioningState": "Succeeded", "disableLocalAccounts": false, "unknownToUs": {"a": 1},
                       "agentPoolProfiles": [{"name": "sys", "count": 3}]}
    }));
    let body = update_cluster(
        &live,
        &[change(Path::new("properties.disableLocalAccounts"), Some(json!(true)))],
    );
    assert_eq!(
        body,
        json!({"location": "eastus", "tags": {"policy": "x"}, "properties": {"disableLocalAccounts": true, "unknownToUs": {"a": 1}}})
    );
}

#[test]
fn a_dropped_addon_is_disabled_and_a_dropped_tag_removed() {
    let live = LiveCluster::new(
        json!({"tags": {"a": "1"}, "properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}}),
    );
    let addon = Path::new("properties.addonProfiles").key("azurepolicy");
    let body = update_cluster(&live, &[change(addon, None), change(Path::new("tags").key("a"), None)]);
    assert_eq!(
        body,
        json!({"tags": {}, "properties": {"addonProfiles": {"azurepolicy": {"enabled": false}}}})
    );
}

#[test]
fn an_autoscaled_count_is_never_written() {
    let live = pool(json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 9, "count": 7}));
    let body = update_pool(&live, &[change(Path::new("properties.maxCount"), Some(json!(12)))]);
    assert_eq!(
        body,
        json!({"properties": {"enableAutoScaling": true, "minCount": 1, "maxCount": 12}})
    );
}

#[test]
fn limits_that_exclude_the_live_count_bring_it_inside() {
    let live = pool(json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 9, "count": 7}));
    let body = update_pool(&live, &[change(Path::new("properties.maxCount"), Some(json!(5)))]);
    assert_eq!(body.pointer("/properties/count"), Some(&json!(5)));
}

#[test]
fn switching_the_autoscaler_off_takes_its_limits_away() {
    let live = pool(json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 9, "count": 7}));
    let body = update_pool(
        &live,
        &[change(Path::new("properties.enableAutoScaling"), Some(json!(false)))],
    );
    assert_eq!(
        body,
        json!({"properties": {"enableAutoScaling": false, "count": 7, "minCount": null, "maxCount": null}})
    );
}

#[test]
fn a_pool_update_never_starts_stops_or_rolls_back() {
    let live = pool(
        json!({"nodeImageVersion": "x", "powerState": {"code": "Running"}, "currentOrchestratorVersion": "1.33.1", "count": 1}),
    );
    assert_eq!(update_pool(&live, &[]), json!({"properties": {"count": 1}}));
}

#[test]
fn a_whole_upgrade_names_every_pool_with_the_target_and_without_what_is_refused_inline() {
    let live = LiveCluster::new(
        json!({"properties": {"kubernetesVersion": "1.33", "agentPoolProfiles": [
        {"name": "sys", "count": 3, "orchestratorVersion": "1.33", "securityProfile": {"enableVTPM": true}}]}}),
    );
    let body = upgrade_cluster(&live, "1.34".parse().unwrap());
    assert_eq!(
        body,
        json!({"properties": {"kubernetesVersion": "1.34", "agentPoolProfiles": [{"name": "sys", "count": 3, "orchestratorVersion": "1.34"}]}})
    );
}

#[test]
fn a_control_plane_goes_up_without_the_pools() {
    let live =
        LiveCluster::new(json!({"properties": {"kubernetesVersion": "1.33", "agentPoolProfiles": [{"name": "sys"}]}}));
    let body = upgrade_control_plane(&live, "1.34".parse().unwrap());
    assert_eq!(body, json!({"properties": {"kubernetesVersion": "1.34"}}));
}

#[test]
fn an_upgrade_of_a_pool_leaves_its_snapshot_out() {
    let live = pool(json!({"creationData": {"sourceResourceId": "/x"}, "orchestratorVersion": "1.33", "count": 1}));
    let body = upgrade_pool(&live, "1.34".parse().unwrap());
    assert_eq!(body, json!({"properties": {"orchestratorVersion": "1.34", "count": 1}}));
}

#[test]
fn the_goal_of_an_aborted_upgrade_is_given_up_unless_it_is_asked_for_anew() {
    let cluster = |state: &str| {
        LiveCluster::new(json!({"properties": {
            "provisioningState": state, "kubernetesVersion": "1.36", "currentKubernetesVersion": "1.35.8"
        }}))
    };
    let version = |body: Value| body["properties"]["kubernetesVersion"].clone();
    assert_eq!(version(update_cluster(&cluster("Canceled"), &[])), "1.35.8");
    assert_eq!(version(update_cluster(&cluster("Failed"), &[])), "1.36");
    let to = "1.36".parse().unwrap();
    assert_eq!(version(upgrade_control_plane(&cluster("Canceled"), to)), "1.36");
    let canceled = |goal: &str| {
        pool(
            json!({"provisioningState": "Canceled", "orchestratorVersion": goal, "currentOrchestratorVersion": "1.35.8"}),
        )
    };
    let version = |body: Value| body["properties"]["orchestratorVersion"].clone();
    assert_eq!(version(update_pool(&canceled("1.36"), &[])), "1.35.8");
    assert_eq!(version(update_pool(&canceled("1.35"), &[])), "1.35");
    assert_eq!(version(upgrade_pool(&canceled("1.36"), to)), "1.36");
}
