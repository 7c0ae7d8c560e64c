//! The rules of the comparison, one a test.

use super::*;
use crate::fields::{cluster, pool};
use serde_json::json;

fn look(table: &[Field], wanted: &Value, live: &Value, applied: &Applied) -> Difference {
    let sides = Sides {
        target: &Target::Cluster,
        wanted,
        live,
        applied,
        ours: true,
        known: false,
        settled: true,
        running: Some("1.33.2".parse().unwrap()),
        autoscaled: false,
        secrets: &[],
        overrides: &Overrides::default(),
        under_way: false,
    };
    diff(table, sides)
}

fn confirmed(table: &[Field], body: &Value) -> Applied {
    look(table, body, body, &Applied::default()).applied
}

#[test]
fn an_absent_field_is_never_drift() {
    let live = json!({"properties": {"disableLocalAccounts": true}, "tags": {"policy": "x"}});
    assert_eq!(
        look(cluster::FIELDS, &json!({}), &live, &Applied::default()).changes,
        []
    );
}

#[test]
fn a_confirmed_value_that_changed_in_azure_is_drift_and_a_new_one_in_git_is_an_edit() {
    let before = json!({"properties": {"disableLocalAccounts": true, "publicNetworkAccess": "Enabled"}});
    let applied = confirmed(cluster::FIELDS, &before);
    let live = json!({"properties": {"disableLocalAccounts": false, "publicNetworkAccess": "Enabled"}});
    let wanted = json!({"properties": {"disableLocalAccounts": true, "publicNetworkAccess": "Disabled"}});
    let found = look(cluster::FIELDS, &wanted, &live, &applied);
    let origins: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.path.to_string(), change.origin))
        .collect();
    assert!(origins.contains(&("disableLocalAccounts".into(), Origin::Drift)));
    assert!(origins.contains(&("publicNetworkAccess".into(), Origin::Edit)));
}

#[test]
fn without_a_record_nobody_can_tell() {
    let found = look(
        cluster::FIELDS,
        &json!({"sku": {"tier": "Standard"}}),
        &json!({"sku": {"tier": "Free"}}),
        &Applied::default(),
    );
    assert_eq!(found.changes[0].origin, Origin::Unrecorded);
}

#[test]
fn keys_we_applied_and_dropped_are_removed_and_keys_of_others_stay() {
    let applied = confirmed(cluster::FIELDS, &json!({"tags": {"ours": "1", "old": "1"}}));
    let live = json!({"tags": {"ours": "1", "old": "1", "policy": "x"}});
    let found = look(cluster::FIELDS, &json!({"tags": {"ours": "1"}}), &live, &applied);
    assert_eq!(found.changes.len(), 1);
    assert_eq!(
        (found.changes[0].path.to_string().as_str(), &found.changes[0].to),
        ("tags[old]", &None)
    );
}

#[test]
fn a_dropped_addon_counts_as_gone_once_it_is_disabled() {
    let applied = confirmed(
        cluster::FIELDS,
        &json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}}),
    );
    let wanted = json!({"properties": {"addonProfiles": {}}});
    let on = json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}});
    assert_eq!(look(cluster::FIELDS, &wanted, &on, &applied).changes.len(), 1);
    let off = json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": false}}}});
    let found = look(cluster::FIELDS, &wanted, &off, &applied);
    assert_eq!((found.changes, found.applied), (vec![], Applied::default()));
}

#[test]
fn a_field_that_left_the_manifest_is_released_and_keeps_its_value() {
    let applied = confirmed(cluster::FIELDS, &json!({"sku": {"tier": "Standard"}}));
    let found = look(
        cluster::FIELDS,
        &json!({}),
        &json!({"sku": {"tier": "Standard"}}),
        &applied,
    );
    assert_eq!(found.changes, []);
    assert_eq!(found.released, [Path::new("sku.tier")]);
}

#[test]
fn a_version_that_runs_beyond_the_floor_is_no_change() {
    let found = look(
        cluster::FIELDS,
        &json!({"properties": {"kubernetesVersion": "1.32"}}),
        &json!({}),
        &Applied::default(),
    );
    assert_eq!(found.changes, []);
    assert_eq!(
        found.ahead,
        [(Path::new("properties.kubernetesVersion"), "1.33.2".to_owned())]
    );
}

#[test]
fn taints_are_written_as_a_whole_and_those_of_azure_are_kept() {
    let spot = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule";
    let applied = confirmed(
        pool::FIELDS,
        &json!({"properties": {"nodeTaints": ["team=a:NoSchedule", "old=1:NoExecute"]}}),
    );
    let live = json!({"properties": {"nodeTaints": [spot, "team=a:NoSchedule", "old=1:NoExecute"]}});
    let found = look(
        pool::FIELDS,
        &json!({"properties": {"nodeTaints": ["team=b:NoSchedule"]}}),
        &live,
        &applied,
    );
    assert_eq!(found.changes[0].to, Some(json!([spot, "team=b:NoSchedule"])));
}

#[test]
fn the_count_is_the_autoscalers_once_it_is_on() {
    let sides = Sides {
        target: &Target::Pool("a".into()),
        wanted: &json!({"properties": {"count": 2}}),
        live: &json!({"properties": {"count": 7}}),
        applied: &Applied::default(),
        ours: true,
        known: false,
        settled: true,
        running: None,
        autoscaled: true,
        secrets: &[],
        overrides: &Overrides::default(),
        under_way: false,
    };
    assert_eq!(diff(pool::FIELDS, sides).changes, []);
    assert_eq!(
        diff(
            pool::FIELDS,
            Sides {
                autoscaled: false,
                ..sides
            }
        )
        .changes
        .len(),
        1
    );
}

#[test]
fn a_default_that_azure_leaves_out_is_no_difference() {
    let wanted = json!({"properties": {"spotMaxPrice": -1.0, "scaleSetPriority": "Regular", "enableUltraSSD": false}});
    assert_eq!(
        look(pool::FIELDS, &wanted, &json!({"properties": {}}), &Applied::default()).changes,
        []
    );
}

#[test]
fn nothing_is_confirmed_while_the_last_operation_has_not_ended_well() {
    let body = json!({"sku": {"tier": "Standard"}});
    let sides = Sides {
        target: &Target::Cluster,
        wanted: &body,
        live: &body,
        applied: &Applied::default(),
        ours: true,
        known: false,
        settled: false,
        running: None,
        autoscaled: false,
        secrets: &[],
        overrides: &Overrides::default(),
        under_way: false,
    };
    assert!(diff(cluster::FIELDS, sides).applied.is_empty());
}

#[test]
fn the_marks_of_spot_pools_stay_when_they_leave_the_manifest() {
    let pool = |labels: Value, taints: Value| json!({"properties": {"nodeLabels": labels, "nodeTaints": taints}});
    let spot = "kubernetes.azure.com/scalesetpriority";
    let live = pool(
        json!({spot: "spot", "a": "b"}),
        json!([format!("{spot}=spot:NoSchedule")]),
    );
    let applied = confirmed(pool::FIELDS, &live);
    let found = look(pool::FIELDS, &pool(json!({"a": "b"}), json!([])), &live, &applied);
    assert_eq!(found.changes, []);
    let released: Vec<String> = found.released.iter().map(ToString::to_string).collect();
    assert_eq!(
        released,
        [format!("nodeLabels[{spot}]"), format!("nodeTaints[{spot}:NoSchedule]")]
    );
    let later = look(pool::FIELDS, &pool(json!({"a": "b"}), json!([])), &live, &found.applied);
    assert_eq!((later.changes, later.released), (vec![], vec![]));
}
