//! Edits in Git, edits in Azure, and what is nobody's business.

use serde_json::json;

use super::world::{World, cluster};

fn small() -> World {
    cluster("{tags: {team: core}, sku: {tier: Standard}}").pool("sys", "{mode: System, count: 3, nodeLabels: {a: b}}")
}

#[test]
fn a_portal_edit_is_brought_back() {
    let mut world = small()
        .exists()
        .portal(json!({"sku": {"tier": "Free"}}))
        .portal_pool("sys", json!({"count": 7}));
    assert_eq!(world.run(), ["update sku.tier", "update count of pool sys"]);
}

#[test]
fn under_report_edits_go_and_drift_is_held() {
    let mut world = small()
        .edit("driftPolicy: Report")
        .exists()
        .portal(json!({"sku": {"tier": "Free"}}))
        .portal_pool("sys", json!({"count": 7}))
        .edit("disableLocalAccounts: true")
        .edit_pool("sys", "scaleDownMode: Deallocate");
    assert_eq!(
        world.steps(),
        [
            "update disableLocalAccounts",
            "update sku.tier [DriftReported]",
            "update scaleDownMode of pool sys",
            "update count of pool sys [DriftReported]",
        ]
    );
    world.run();
    let live = world.live.unwrap();
    assert_eq!(live["sku"]["tier"], json!("Free"));
    assert_eq!(live["properties"]["agentPoolProfiles"][0]["count"], json!(7));
}

#[test]
fn under_report_a_pool_that_was_deleted_in_azure_is_not_made_again() {
    let mut world = small().pool("apps", "mode: User").exists();
    let profiles = world.live.as_mut().unwrap()["properties"]["agentPoolProfiles"]
        .as_array_mut()
        .unwrap();
    profiles.pop();
    assert_eq!(world.steps(), ["create pool apps again"]);
    let world = world.edit("driftPolicy: Report");
    assert_eq!(world.steps(), ["create pool apps again [DriftReported]"]);
}

#[test]
fn under_observe_every_step_is_held() {
    let world = small()
        .exists()
        .edit("{managementPolicy: Observe, kubernetesVersion: '1.34', disableLocalAccounts: true, tags: {team: x}}")
        .edit_pool("sys", "count: 9");
    let plan = world.plan();
    assert!(plan.steps.len() >= 4, "{:?}", world.steps());
    assert!(
        plan.steps.iter().all(|planned| planned.hold.is_some()),
        "{:?}",
        world.steps()
    );
    assert!(plan.is_settled());
    assert_eq!(plan.next_step(), None);
}

#[test]
fn a_pool_may_be_looked_at_alone() {
    let world = small()
        .exists()
        .edit("disableLocalAccounts: true")
        .edit_pool("sys", "{managementPolicy: Observe, count: 9}");
    assert_eq!(
        world.steps(),
        ["update disableLocalAccounts", "update count of pool sys [Observe]"]
    );
}

#[test]
fn tags_alone_go_by_patch_and_ride_along_with_settings() {
    let world = small().exists().edit("tags: {team: apps}");
    assert_eq!(world.steps(), ["write tags[team] of the cluster"]);
    let world = world.edit("disableLocalAccounts: true");
    assert_eq!(world.steps(), ["update disableLocalAccounts, tags[team]"]);
}

#[test]
fn a_tag_keeps_the_case_azure_has_and_is_never_doubled() {
    let mut world = small().exists();
    world.live.as_mut().unwrap()["tags"] = json!({"Team": "other", "armature-owner": "home/team/prod", "policy": "x"});
    assert_eq!(world.run(), ["write tags[Team] of the cluster"]);
    let tags = json!({"Team": "core", "armature-owner": "home/team/prod", "policy": "x"});
    assert_eq!(world.live.unwrap()["tags"], tags);
}

#[test]
fn an_autoscaled_count_is_never_written() {
    let pool = "{mode: System, count: 3, enableAutoScaling: true, minCount: 1, maxCount: 9}";
    let mut world = cluster("")
        .pool("sys", pool)
        .exists()
        .portal_pool("sys", json!({"count": 7}));
    assert_eq!(world.run(), [""; 0]);
    let mut world = world.edit_pool("sys", "maxCount: 12");
    assert_eq!(world.run(), ["update maxCount of pool sys"]);
    assert_eq!(
        world.live.unwrap()["properties"]["agentPoolProfiles"][0]["count"],
        json!(7)
    );
}

#[test]
fn a_setting_of_the_autoscaler_that_left_the_manifest_keeps_its_value_and_is_not_written_for_ever() {
    let mut world = cluster("autoScalerProfile: {scan-interval: 20s, expander: random}")
        .pool("sys", "mode: System")
        .exists();
    let mut spec = serde_json::to_value(&world.cluster.spec).unwrap();
    spec["autoScalerProfile"] = json!({"expander": "random"});
    world.cluster.spec = serde_json::from_value(spec).unwrap();
    assert_eq!(world.run(), [""; 0]);
    let advice: Vec<String> = world.plan().advice.into_iter().map(|advice| advice.text).collect();
    assert_eq!(advice.len(), 1);
    assert!(
        advice[0].starts_with("autoScalerProfile[scan-interval] left the manifest"),
        "{advice:?}"
    );
}

#[test]
fn what_left_the_manifest_is_told_in_one_line_and_only_while_it_has_a_value() {
    let world = cluster("{disableLocalAccounts: true, sku: {tier: Standard}}")
        .pool("sys", "mode: System")
        .exists();
    let mut world = world;
    (world.cluster.spec.disable_local_accounts, world.cluster.spec.sku) = (None, None);
    let advice = |world: &World| {
        let advice = world.plan().advice.into_iter();
        advice.map(|advice| advice.text).collect::<Vec<_>>()
    };
    let [both] = &advice(&world)[..] else {
        panic!("{:?}", advice(&world));
    };
    assert!(
        both.contains("disableLocalAccounts") && both.contains("sku.tier") && both.contains("they are no longer"),
        "{both}"
    );
    let world = world.portal(json!({"properties": {"disableLocalAccounts": null}}));
    assert_eq!(
        advice(&world),
        ["sku.tier left the manifest: it is no longer managed and keeps its live value"]
    );
}

#[test]
fn a_field_that_comes_back_to_the_manifest_is_an_edit() {
    let mut world = small().edit("driftPolicy: Report").exists();
    world.cluster.spec.sku = None;
    world.pass();
    let mut world = world
        .portal(json!({"sku": {"tier": "Free"}}))
        .edit("sku: {tier: Standard}");
    assert_eq!(world.run(), ["update sku.tier"]);
}

#[test]
fn tags_that_left_the_manifest_as_a_whole_are_not_removed_later() {
    let mut world = small().exists();
    world.cluster.spec.tags = None;
    assert_eq!(world.run(), [""; 0]);
    let mut world = world.edit("tags: {cost: '1'}");
    assert_eq!(world.run(), ["write tags[cost] of the cluster"]);
    assert_eq!(world.live.unwrap()["tags"]["team"], json!("core"));
}

#[test]
fn entries_that_aks_adds_to_no_proxy_are_kept_and_ours_that_were_dropped_are_removed() {
    let proxy = "httpProxyConfig: {httpProxy: 'http://p:1', noProxy: [one.example, two.example]}";
    let mut world = cluster(proxy).pool("sys", "mode: System").exists();
    let live = world.live.as_mut().unwrap();
    live["properties"]["httpProxyConfig"]["noProxy"] = json!(["localhost", "two.example", "one.example"]);
    assert_eq!(world.run(), [""; 0]);
    let mut world = world.edit("httpProxyConfig: {noProxy: [two.example]}");
    assert_eq!(world.run(), ["update httpProxyConfig.noProxy"]);
    let kept = world.live.unwrap()["properties"]["httpProxyConfig"]["noProxy"].clone();
    assert_eq!(kept, json!(["localhost", "two.example"]));
}

#[test]
fn an_empty_label_is_written() {
    let mut world = small().exists().edit_pool("sys", "nodeLabels: {a: b, role: ''}");
    assert_eq!(world.run(), ["update nodeLabels[role] of pool sys"]);
}

#[test]
fn a_pool_that_git_does_not_know_is_named_and_left_alone() {
    let mut world = small().pool("apps", "mode: User").exists();
    world.pools.pop();
    assert_eq!(world.steps(), [""; 0]);
    let advice = world.plan().advice;
    assert!(
        advice[0]
            .text
            .starts_with("pool apps is in Azure and no AksNodePool describes it"),
        "{advice:?}"
    );
}

const IDENTITIES: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities";

#[test]
fn an_identity_goes_with_its_type_and_the_former_one_leaves() {
    let of = |name: &str| format!("identity: {{type: UserAssigned, userAssignedIdentityId: {IDENTITIES}/{name}}}");
    let mut world = cluster("identity: {type: SystemAssigned}")
        .pool("sys", "mode: System")
        .exists();
    for (edit, identity) in [
        (
            of("a"),
            json!({"type": "UserAssigned", "userAssignedIdentities": {format!("{IDENTITIES}/a"): {}}}),
        ),
        (
            of("b"),
            json!({"type": "UserAssigned", "userAssignedIdentities": {format!("{IDENTITIES}/b"): {}}}),
        ),
        (
            "identity: {type: SystemAssigned, userAssignedIdentityId: null}".to_owned(),
            json!({"type": "SystemAssigned"}),
        ),
    ] {
        world = world.edit(&edit);
        assert_eq!(world.run().len(), 1, "{edit}");
        assert_eq!(world.live.as_ref().unwrap()["identity"], identity);
        assert_eq!(world.steps(), [""; 0], "{edit}");
    }
}

#[test]
fn no_taints_means_none_of_ours_and_those_of_others_stay() {
    let mut world = cluster("")
        .pool("sys", "{mode: System, nodeTaints: ['a=b:NoExecute']}")
        .exists()
        .portal_pool("sys", json!({"nodeTaints": ["theirs=1:NoSchedule", "a=b:NoExecute"]}))
        .edit_pool("sys", "nodeTaints: []");
    assert_eq!(world.run(), ["update nodeTaints of pool sys"]);
    let live = world.live.unwrap();
    assert_eq!(
        live["properties"]["agentPoolProfiles"][0]["nodeTaints"],
        json!(["theirs=1:NoSchedule"])
    );
}
