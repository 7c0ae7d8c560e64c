//! What plans say about changes.

use serde_json::json;

use super::world::{World, cluster};
use crate::effect::Effect;

fn small() -> World {
    cluster("{networkProfile: {networkPluginMode: overlay, podCidr: 10.244.0.0/16}, identity: {type: SystemAssigned}}")
        .pool("sys", "{mode: System, count: 3, nodeTaints: ['a=b:NoSchedule']}")
        .exists()
}

/// The effect and the sentence of the only step.
fn told(world: &World) -> (Effect, String) {
    let plan = world.plan();
    let [planned] = plan.steps.as_slice() else {
        panic!("{:?} {:?}", world.steps(), world.reasons())
    };
    (planned.step.effect(), planned.step.disturbs())
}

#[test]
fn fewer_nodes_and_taints_that_evict_are_no_change_in_place() {
    for (edit, effect) in [
        ("count: 5", Effect::InPlace),
        ("count: 1", Effect::NodeRemoval),
        ("nodeTaints: ['a=b:NoSchedule', 'c=d:NoSchedule']", Effect::InPlace),
        ("nodeTaints: ['a=b:NoSchedule', 'c=d:NoExecute']", Effect::Eviction),
        (
            "{enableAutoScaling: true, minCount: 1, maxCount: 2}",
            Effect::NodeRemoval,
        ),
        ("{enableAutoScaling: true, minCount: 1, maxCount: 9}", Effect::InPlace),
    ] {
        assert_eq!(told(&small().edit_pool("sys", edit)).0, effect, "{edit}");
    }
    let tainted = small().edit_pool("sys", "nodeTaints: ['a=b:NoExecute']");
    let live = json!({"nodeTaints": ["a=b:NoExecute", "c=d:NoSchedule"]});
    let world = tainted
        .portal_pool("sys", live)
        .edit_pool("sys", "nodeTaints: ['a=b:NoExecute', 'x=y:NoSchedule']");
    assert_eq!(told(&world).0, Effect::InPlace, "it evicted before");
}

#[test]
fn a_change_in_place_promises_no_more_than_that_nothing_restarts() {
    let world = small().edit("disableLocalAccounts: true");
    assert_eq!(told(&world).1, "changed in place; no node and no API server restarts");
}

#[test]
fn a_setting_of_the_cluster_reimages_all_pools_at_once_and_one_of_a_pool_its_own_nodes_in_turn() {
    let world = small().edit("httpProxyConfig: {httpProxy: 'http://p:1'}");
    assert_eq!(
        told(&world).1,
        "every node is drained and reimaged, in all pools at once"
    );
    let world = small().edit_pool("sys", "enableFIPS: true");
    assert_eq!(told(&world).1, "every node is drained and reimaged in turn");
}

#[test]
fn a_setting_of_windows_nodes_leaves_linux_pools_alone() {
    let world = small()
        .portal(json!({"properties": {"windowsProfile": {"adminUsername": "azureuser"}}}))
        .edit("windowsProfile: {adminUsername: azureuser, licenseType: Windows_Server}");
    assert_eq!(told(&world).0, Effect::WindowsReimage);
    assert!(told(&world).1.ends_with("Linux pools stay as they are"));
}

#[test]
fn what_cannot_be_taken_back_says_so() {
    for (edit, path) in [
        ("networkProfile: {podCidr: 10.244.0.0/15}", "networkProfile.podCidr"),
        ("oidcIssuerProfile: {enabled: true}", "oidcIssuerProfile.enabled"),
        ("aadProfile: {managed: true}", "aadProfile.managed"),
        ("kubernetesVersion: '1.34'", "kubernetesVersion"),
    ] {
        let world = small().edit(edit);
        let plan = world.plan();
        let (change, _) = plan.changes().next().unwrap();
        assert!(
            change.disturbs().ends_with("; there is no way back"),
            "{}",
            change.disturbs()
        );
        let said = plan.steps[0].step.disturbs();
        assert!(said.ends_with(&format!("; there is no way back for {path}")), "{said}");
    }
    let identity = "identity: {type: UserAssigned, userAssignedIdentityId: /identities/a}";
    assert!(!told(&small().edit(identity)).1.contains("no way back"));
}
