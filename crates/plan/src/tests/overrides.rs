//! What a manifest says beyond its fields: properties by their paths, and values to unset.

use serde_json::json;

use super::world::{World, cluster};
use crate::change::{Change, Origin, Source, Target};
use crate::effect::Effect;
use crate::preview::Registration;

/// A cluster with a preview property that no row of the table knows.
fn proxied() -> World {
    cluster("overrides: [{path: networkProfile.kubeProxyConfig, value: {enabled: true, mode: IPVS}}]")
        .pool("sys", "mode: System")
}

fn changes(world: &World) -> Vec<Change> {
    world.plan().changes().map(|(change, _)| change.clone()).collect()
}

#[test]
fn a_property_without_a_field_reaches_azure_and_then_nothing_is_left() {
    let world = proxied().exists();
    let live = world.live.as_ref().unwrap();
    assert_eq!(
        live["properties"]["networkProfile"]["kubeProxyConfig"],
        json!({"enabled": true, "mode": "IPVS"})
    );
    assert!(world.applied().contains_key("networkProfile.kubeProxyConfig.mode"));
}

#[test]
fn an_edit_of_it_counts_as_the_worst_that_can_happen_and_is_marked() {
    let mut world = proxied()
        .exists()
        .edit("overrides: [{path: networkProfile.kubeProxyConfig, value: {enabled: true, mode: NFTABLES}}]");
    let found = changes(&world);
    let [change] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (change.origin, change.effect, change.source),
        (Origin::Edit, Effect::Unknown, Source::Override)
    );
    assert_eq!(world.run(), ["update networkProfile.kubeProxyConfig.mode (overrides)"]);
}

#[test]
fn an_edit_of_it_in_azure_is_drift_and_what_azure_adds_is_not() {
    let world = proxied()
        .exists()
        .portal(json!({"properties": {"networkProfile": {"kubeProxyConfig": {"ipvsConfig": {"scheduler": "LeastConnection"}}}}}));
    assert_eq!(world.steps(), [""; 0]);
    let world = world.portal(json!({"properties": {"networkProfile": {"kubeProxyConfig": {"mode": "IPTABLES"}}}}));
    assert_eq!(changes(&world)[0].origin, Origin::Drift);
}

#[test]
fn one_that_left_the_manifest_keeps_its_live_value() {
    let world = proxied().exists().edit("overrides: []");
    assert_eq!(world.steps(), [""; 0]);
    let advice: Vec<String> = world.plan().advice.into_iter().map(|advice| advice.text).collect();
    assert!(
        advice.contains(
            &"networkProfile.kubeProxyConfig.enabled, networkProfile.kubeProxyConfig.mode left the manifest: they are no longer managed and keep their live values"
                .to_owned()
        ),
        "{advice:?}"
    );
}

#[test]
fn where_a_field_says_otherwise_the_override_wins_with_the_effect_of_the_field() {
    let world = cluster("sku: {tier: Free}")
        .pool("sys", "mode: System")
        .exists()
        .edit("overrides: [{path: sku.tier, value: Standard}]");
    let found = changes(&world);
    assert_eq!(
        (found[0].to.clone(), found[0].source),
        (Some(json!("Standard")), Source::Override)
    );
    assert_eq!(found[0].effect, Effect::InPlace);
}

#[test]
fn a_pool_has_overrides_of_its_own() {
    let mut world = cluster("").pool("sys", "mode: System").exists().edit_pool(
        "sys",
        "overrides: [{path: nodeInitializationTaints, value: ['a=b:NoSchedule']}]",
    );
    assert_eq!(world.run(), ["update nodeInitializationTaints (overrides) of pool sys"]);
}

#[test]
fn a_value_is_unset_as_the_table_says_and_then_nothing_is_left() {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal(json!({
            "properties": {
                "disableLocalAccounts": true,
                "apiServerAccessProfile": {"authorizedIPRanges": ["1.2.3.4/32"]},
                "networkProfile": {"kubeProxyConfig": {"mode": "IPVS"}},
            },
            "tags": {"theirs": "1"},
        }))
        .edit(
            "clear: [disableLocalAccounts, apiServerAccessProfile.authorizedIPRanges, networkProfile.kubeProxyConfig, \
             'tags[theirs]']",
        );
    let found = changes(&world);
    assert!(found.iter().all(|change| change.source == Source::Clear), "{found:?}");
    let unknown = found.iter().find(|change| change.effect == Effect::Unknown).unwrap();
    assert_eq!(unknown.path.to_string(), "networkProfile.kubeProxyConfig");
    assert_eq!(world.run().len(), 1);
    let live = world.live.as_ref().unwrap();
    assert_eq!(live["properties"]["disableLocalAccounts"], json!(false));
    assert_eq!(
        live["properties"]["apiServerAccessProfile"]["authorizedIPRanges"],
        json!([])
    );
    assert!(live["properties"]["networkProfile"].get("kubeProxyConfig").is_none());
    assert!(live["tags"].get("theirs").is_none() && live["tags"].get("armature-owner").is_some());
}

#[test]
fn all_tags_are_unset_but_the_mark_and_those_of_aks() {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal(json!({"tags": {"theirs": "1", "aks-managed-x": "1"}}))
        .edit("clear: [tags]");
    world.run();
    let live = world.live.as_ref().unwrap();
    let names: Vec<&String> = live["tags"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["aks-managed-x", "armature-owner"]);
}

#[test]
fn what_azure_never_unsets_is_refused_once_it_has_a_value() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .edit("clear: [dnsPrefix]");
    assert_eq!(world.reasons(), ["NeverCleared"]);
    let world = world.portal(json!({"properties": {"dnsPrefix": null}}));
    assert_eq!(world.reasons(), [""; 0]);
}

/// The same in a preview api-version.
fn previewing() -> World {
    cluster(
        "{armApiVersion: 2026-08-02-preview, overrides: [{path: networkProfile.kubeProxyConfig.mode, value: IPVS}]}",
    )
    .pool("sys", "mode: System")
}

fn allowed(mut world: World) -> World {
    world.facts.previews.allowed = true;
    world
}

fn missing(mut world: World, feature: &str) -> World {
    let state = Registration::Missing("NotRegistered".to_owned());
    world.facts.previews.features.insert(feature.to_owned(), state);
    world
}

#[test]
fn a_preview_that_the_identity_may_not_use_is_neither_compared_nor_written() {
    let world = previewing();
    assert_eq!((world.reasons(), world.steps()), (vec!["PreviewNotAllowed"], vec![]));
    let world = allowed(world).exists();
    let refused = World {
        facts: previewing().facts,
        ..world.edit("disableLocalAccounts: true")
    };
    assert_eq!(
        (refused.reasons(), refused.steps()),
        (vec!["PreviewNotAllowed"], vec![])
    );
    let deleted = refused.edit("deletionProtection: false").delete();
    assert_eq!(deleted.steps(), ["delete the cluster"], "what was made can be deleted");
}

#[test]
fn a_cluster_is_not_made_before_the_features_of_its_overrides_are_registered() {
    let world = missing(allowed(previewing()), "KubeProxyConfigurationPreview");
    assert_eq!((world.reasons(), world.steps()), (vec!["FeatureNotRegistered"], vec![]));
    let world = missing(
        allowed(previewing()).edit("previewFeatures: [OtherPreview]"),
        "OtherPreview",
    );
    assert_eq!(world.reasons(), ["FeatureNotRegistered"]);
}

#[test]
fn what_needs_no_missing_feature_goes_on() {
    let world = allowed(previewing()).exists().edit(
        "{disableLocalAccounts: true, overrides: [{path: networkProfile.kubeProxyConfig.mode, value: NFTABLES}]}",
    );
    let world = missing(world, "KubeProxyConfigurationPreview");
    assert_eq!(
        (world.reasons(), world.steps()),
        (
            vec!["FeatureNotRegistered"],
            vec!["update disableLocalAccounts".to_owned()]
        )
    );
}

#[test]
fn what_azure_refused_for_a_feature_waits_for_it() {
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .edit("disableLocalAccounts: true");
    let refused = &mut world.facts.previews.refused;
    refused.insert((Target::Cluster, "UpdateCluster"), "SomePreview".to_owned());
    assert_eq!(world.steps(), ["update disableLocalAccounts"], "while nobody looked");
    let world = missing(world, "SomePreview");
    assert_eq!(
        (world.reasons(), world.steps()),
        (
            vec!["FeatureNotRegistered"],
            vec!["update disableLocalAccounts [FeatureNotRegistered]".to_owned()]
        )
    );
}
