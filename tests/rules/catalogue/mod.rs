//! Every rule of AKS that is known, and what holds it here: a rule or a bound of the CRDs, a rule of the planner, a test
//! of what is sent, or Azure itself where nothing before the call could tell.
//!
//! A rule that becomes known is one more line in the list of its topic. The line fails as long as nothing tests it.

mod access;
mod names;
mod network;
mod pools;
mod windows_and_versions;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use armature_api::crds::crds;
use armature_arm::codes;
use armature_plan::compatibility;
use kube::api::PostParams;
use serde_json::Value;

use crate::harness::{Kind, management_cluster};
use crate::{ALL_MESSAGES, TESTED_MESSAGES, collect_messages};

/// A rule of AKS.
pub struct Row {
    id: &'static str,
    text: &'static str,
    source: &'static str,
    held: Vec<Held>,
}

/// What holds a rule.
pub enum Held {
    /// A rule of a CRD, by the start of its message.
    Cel(&'static str),
    /// A bound of a CRD's schema: fields that it refuses.
    Bound(Kind, Value),
    /// A rule over several objects, by its reason.
    Plan(&'static str),
    /// A test, by file and name.
    Test(&'static str, &'static str),
    /// Azure's answer with this code, which `armature explain` knows.
    Azure(&'static str),
}

pub fn row(id: &'static str, text: &'static str, source: &'static str, held: impl Into<Vec<Held>>) -> Row {
    Row {
        id,
        text,
        source,
        held: held.into(),
    }
}

pub fn cel(message: &'static str) -> Held {
    Held::Cel(message)
}

pub fn bound(kind: Kind, refused: Value) -> Held {
    Held::Bound(kind, refused)
}

pub fn plan(reason: &'static str) -> Held {
    Held::Plan(reason)
}

pub fn test(file: &'static str, name: &'static str) -> Held {
    Held::Test(file, name)
}

pub fn azure(code: &'static str) -> Held {
    Held::Azure(code)
}

fn rows() -> Vec<Row> {
    [
        names::rows(),
        pools::rows(),
        windows_and_versions::rows(),
        network::rows(),
        access::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Why the row is not held, if it is not. Bounds are put to the API server by a test of their own.
fn fault(held: &Held) -> Option<String> {
    match held {
        Held::Cel(start) => {
            let meant: Vec<&String> = ALL_MESSAGES.iter().filter(|rule| rule.starts_with(start)).collect();
            match meant[..] {
                [] => Some(format!("no rule of a CRD starts with {start:?}")),
                [rule] if TESTED_MESSAGES.contains(rule) => None,
                [rule] => Some(format!("no test for {rule:?}")),
                _ => Some(format!("{start:?} means several rules: {meant:?}")),
            }
        }
        Held::Bound(..) => None,
        Held::Plan(reason) => (!compatibility::reasons().any(|known| known == *reason))
            .then(|| format!("the planner has no rule {reason}")),
        Held::Test(file, name) => {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let source = std::fs::read_to_string(path).unwrap_or_default();
            (!source.contains(&format!("fn {name}("))).then(|| format!("{file} has no test {name}"))
        }
        Held::Azure(code) => codes::explain(code)
            .is_none()
            .then(|| format!("nothing explains {code}")),
    }
}

#[test]
fn every_known_rule_is_held_and_tested() {
    let rows = rows();
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    let mut ways: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        assert!(ids.insert(row.id), "{} twice", row.id);
        assert!(
            !row.text.is_empty() && !row.source.is_empty(),
            "{} says too little",
            row.id
        );
        let found: Vec<String> = row.held.iter().filter_map(fault).collect();
        if row.held.is_empty() {
            faults.push(format!("{}: nothing holds it", row.id));
        }
        faults.extend(found.iter().map(|fault| format!("{}: {fault}", row.id)));
        let way = match row.held.first() {
            Some(Held::Cel(_) | Held::Bound(..)) => "at apply",
            Some(Held::Plan(_) | Held::Test(..)) => "before the call",
            Some(Held::Azure(_)) | None => "by Azure, explained",
        };
        *ways.entry(way).or_default() += 1;
    }
    let uncovered: BTreeSet<&str> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
    // Past the capture of test output: this is for everybody who runs the tests.
    writeln!(
        std::io::stderr(),
        "rules covered {} / known {} ({ways:?})",
        rows.len() - uncovered.len(),
        rows.len()
    )
    .unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The other way round: what the planner refuses, and what the CRD of pools does, is in the list.
#[test]
fn every_rule_of_pools_and_of_the_planner_is_known() {
    let rows = rows();
    let held = || rows.iter().flat_map(|row| &row.held);
    let listed = |message: &str| held().any(|held| matches!(held, Held::Cel(start) if message.starts_with(start)));
    let mut messages = BTreeSet::new();
    let pools = crds().into_iter().filter(|crd| crd.spec.names.kind == "AksNodePool");
    collect_messages(&serde_json::to_value(pools.collect::<Vec<_>>()).unwrap(), &mut messages);
    messages.retain(|message| !listed(message) && !OWN.iter().any(|start| message.starts_with(start)));
    assert!(
        messages.is_empty(),
        "rules that the catalogue does not know: {messages:#?}"
    );
    for reason in compatibility::reasons() {
        let known = held().any(|held| matches!(held, Held::Plan(known) if *known == reason));
        assert!(known, "the catalogue does not know {reason}");
    }
}

/// Rules about Armature's own settings.
const OWN: &[&str] = &[
    "the object has no spec",
    "the tag armature-owner",
    "names, ids, location",
    "remove is true or absent",
    "clear names a property that this manifest sets",
    "this has to be a path",
];

#[tokio::test]
async fn every_bound_refuses_what_is_outside() {
    let cluster = management_cluster().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("bounds").await.unwrap(),
    );
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    for row in rows() {
        for held in &row.held {
            let Held::Bound(kind, refused) = held else { continue };
            let object = kind.object("prod", refused);
            let answer = kind.api(client.clone(), &namespace).create(&dry_run, &object).await;
            let invalid = matches!(&answer, Err(kube::Error::Api(status)) if status.code == 422);
            assert!(invalid, "{}: {refused}: {answer:?}", row.id);
            let evaluated = !format!("{answer:?}").contains("evaluating rule");
            assert!(evaluated, "{}: a rule fails beside the bound: {answer:?}", row.id);
        }
    }
}
