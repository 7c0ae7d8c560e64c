//! What the API server accepts and refuses: for every rule the smallest accepted and the smallest refused manifest,
//! against a real kube-apiserver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod addons;
mod changes;
mod children_monitor;
mod cluster;
mod harness;
mod identity;
mod mesh;
mod network;
mod objects;
mod overrides;
mod pool;
mod provisioning;
mod windows;

use std::collections::BTreeSet;

use armature::api::crds::crds;
use serde_json::Value;

use harness::{Case, check};

fn all_cases() -> Vec<Case> {
    [
        cluster::cases(),
        network::cases(),
        actions::cases(),
        addons::cases(),
        mesh::cases(),
        provisioning::cases(),
        windows::cases(),
        pool::cases(),
        identity::cases(),
        children_monitor::cases(),
        overrides::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn every_rule_accepts_its_smallest_manifest_and_refuses_the_other() {
    check(all_cases()).await;
}

/// A rule that no test refuses with could be dropped, or never fire, unseen.
#[test]
fn every_rule_of_the_crds_has_a_case() {
    let schema = serde_json::to_value(crds()).unwrap();
    let mut untested = BTreeSet::new();
    collect_messages(&schema, &mut untested);
    let rules = untested.clone();
    for says in all_cases()
        .into_iter()
        .map(|case| case.says)
        .chain(changes::all().into_iter().map(|change| change.says))
    {
        let meant: Vec<_> = rules.iter().filter(|rule| rule.starts_with(&says)).collect();
        assert_eq!(meant.len(), 1, "a case has to mean one rule: {says}: {meant:?}");
        untested.remove(meant[0]);
    }
    assert!(untested.is_empty(), "rules without a case: {untested:#?}");
}

fn collect_messages(value: &Value, messages: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for rule in object
                .get("x-kubernetes-validations")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                messages.insert(rule["message"].as_str().unwrap().to_owned());
            }
            object.values().for_each(|value| collect_messages(value, messages));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_messages(value, messages)),
        _ => {}
    }
}
