//! What the API server accepts and refuses: for every rule the smallest accepted and the smallest refused manifest,
//! against a real kube-apiserver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod addons;
mod catalogue;
mod changes;
mod children_aks;
mod children_beyond;
mod children_identity;
mod children_locks;
mod children_monitor;
mod cluster;
mod harness;
mod identity;
mod mesh;
mod messages;
mod network;
mod objects;
mod overrides;
mod pool;
mod provisioning;
mod tricks;
mod windows;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use armature_api::crds::crds;
use serde_json::{Value, json};

use harness::{Case, Kind, case, check};

/// A new object of each kind says what it is to be.
fn specs() -> Vec<Case> {
    let kinds = [Kind::Cluster, Kind::Pool, Kind::Identity];
    kinds
        .map(|kind| case(kind, "the object has no spec", json!({}), Value::Null))
        .into()
}

fn all_cases() -> Vec<Case> {
    [
        specs(),
        cluster::cases(),
        network::cases(),
        actions::cases(),
        addons::cases(),
        mesh::cases(),
        provisioning::cases(),
        windows::cases(),
        pool::cases(),
        identity::cases(),
        children_aks::cases(),
        children_beyond::cases(),
        children_locks::cases(),
        children_monitor::cases(),
        children_identity::cases(),
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

/// The messages of all rules of the CRDs.
static ALL_MESSAGES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut messages = BTreeSet::new();
    collect_messages(&serde_json::to_value(crds()).unwrap(), &mut messages);
    messages
});

/// The messages that a case refuses with.
static TESTED_MESSAGES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let rules = &ALL_MESSAGES;
    let cases = all_cases().into_iter().map(|case| case.says);
    let changes = changes::all().into_iter().map(|change| change.says);
    cases
        .chain(changes)
        .map(|says| {
            let meant: Vec<_> = rules.iter().filter(|rule| rule.starts_with(&says)).collect();
            assert_eq!(meant.len(), 1, "a case has to mean one rule: {says}: {meant:?}");
            meant[0].clone()
        })
        .collect()
});

/// A rule that no test refuses with could be dropped, or never fire, unseen.
#[test]
fn every_rule_of_the_crds_has_a_case() {
    let untested: Vec<&String> = ALL_MESSAGES.difference(&TESTED_MESSAGES).collect();
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
