use std::sync::Arc;

use insta::assert_snapshot;

use super::*;
use crate::cli::status::fleet::{Fleet, fleet};
use crate::cli::status::until::{Until, Waiting};
use armature_api::{AksCluster, AksNodePool};

const NOW: &str = "2026-03-01T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A cluster of namespace `team`, created twelve minutes before [`NOW`]; `status` is YAML below `status`.
fn cluster(name: &str, version: &str, status: &str) -> Arc<AksCluster> {
    let status = indented(status);
    let yaml = format!(
        "metadata:
  name: {name}
  namespace: team
  generation: 2
  creationTimestamp: 2026-03-01T11:48:00Z
spec:
  subscriptionId: 00000000-0000-0000-0000-000000000001
  resourceGroup: fleet
  location: westeurope
  kubernetesVersion: '{version}'
status:
{status}"
    );
    Arc::new(serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}")))
}

fn pool(name: &str, of: &str, status: &str) -> Arc<AksNodePool> {
    let status = indented(status);
    let yaml = format!(
        "metadata:
  name: {name}
  namespace: team
  generation: 1
  creationTimestamp: 2026-03-01T11:58:30Z
spec:
  clusterRef: {{name: {of}}}
  mode: System
  vmSize: Standard_D4s_v5
status:
{status}"
    );
    Arc::new(serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}")))
}

fn indented(status: &str) -> String {
    status.lines().map(|line| format!("  {line}\n")).collect()
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> String {
    format!(
        "- {{type: {kind}, status: '{status}', reason: {reason}, message: '{message}', lastTransitionTime: '{NOW}'}}\n"
    )
}

fn ready(generation: i64, more: &str) -> String {
    format!(
        "observedGeneration: {generation}\n{more}conditions:\n{}",
        condition("Ready", "True", "Succeeded", "As written")
    )
}

fn upgrading() -> String {
    "observedGeneration: 1
currentKubernetesVersion: 1.33.5
kubernetesVersion: '1.34'
operations:
  cluster: {step: UpgradeControlPlane, url: 'https://x', startedAt: '2026-03-01T11:59:00Z', description: Upgrading the control plane}
progress: {completed: 1, total: 4, current: Upgrading the control plane, waitingFor: AKS}
plan:
  hash: 3f2a91c0
  steps:
  - {step: UpgradeControlPlane, target: cluster, description: Upgrade the control plane to 1.34.1, effect: ControlPlaneRestart}
  - {step: UpgradePool, target: pool/system, description: Upgrade pool system to 1.34.1, effect: NodeReimage, held: 'the freeze ends on Monday 06:00'}
"
    .to_owned()
        + "conditions:\n"
        + &condition("Ready", "Unknown", "Progressing", "Step 2 of 4")
        + &condition("Reconciling", "True", "Progressing", "Step 2 of 4")
}

fn stalled() -> String {
    "observedGeneration: 2
lastError:
  code: SkuNotAvailable
  message: AKS refused to create pool system because Standard_D4s_v5 is not offered to this subscription in westeurope (SkuNotAvailable).
  nextStep: Choose another vmSize or ask Azure to lift the restriction; az vm list-skus shows what is offered.
  at: '2026-03-01T11:59:15Z'
  count: 3
"
    .to_owned()
        + "conditions:\n"
        + &condition("Ready", "False", "SkuNotAvailable", "Standard_D4s_v5 is not offered in westeurope")
        + &condition("Stalled", "True", "SkuNotAvailable", "Standard_D4s_v5 is not offered in westeurope")
}

fn example() -> Fleet {
    let clusters = [
        cluster("prod-weu", "1.34", &upgrading()),
        cluster(
            "dev",
            "1.33",
            &ready(
                2,
                "currentKubernetesVersion: 1.33.5\npools: {total: 1, ready: 1, summary: 1/1}\n",
            ),
        ),
        cluster("test", "1.33", &stalled()),
    ];
    let running = ready(1, "count: 3\ncurrentKubernetesVersion: 1.33.5\n");
    let pools = [
        pool("user", "prod-weu", "observedGeneration: -1"),
        pool("system", "prod-weu", &running),
        pool("system", "dev", &running),
        pool("lost", "nowhere", "observedGeneration: -1"),
    ];
    fleet(&clusters, &pools, None)
}

fn rendered(fleet: &Fleet, canvas: Canvas) -> String {
    picture(fleet, canvas, now())
        .iter()
        .map(|line| line.render(canvas) + "\n")
        .collect()
}

#[test]
fn the_picture_of_a_fleet_in_a_file() {
    assert_snapshot!(rendered(&example(), Canvas::FILE), @r"
    OBJECT             READY              VERSION        STEP  AGE  DOING
    dev                ✓ Ready            1.33.5               12m  westeurope, pools 1/1
    └ system           ✓ Ready            1.33.5               90s  System, 3 × Standard_D4s_v5
    lost (of nowhere)  · New              -                    90s  the operator has not looked at it yet
    prod-weu           ↻ Progressing      1.33.5 → 1.34  2/4   12m  Upgrading the control plane: waiting for AKS
    ├ system           ✓ Ready            1.33.5               90s  System, 3 × Standard_D4s_v5
    └ user             · New              -                    90s  the operator has not looked at it yet
    test               ✗ SkuNotAvailable  → 1.33               12m  Standard_D4s_v5 is not offered in westeurope

    team/prod-weu  plan 3f2a91c0  2 steps
      1. Upgrade the control plane to 1.34.1  [ControlPlaneRestart]
      2. Upgrade pool system to 1.34.1  [NodeReimage]
         held: the freeze ends on Monday 06:00

    team/test  SkuNotAvailable  45s ago, 3 times
      AKS refused to create pool system because Standard_D4s_v5 is not offered to this subscription in westeurope
      (SkuNotAvailable).
      Next: Choose another vmSize or ask Azure to lift the restriction; az vm list-skus shows what is offered.
    ");
}

#[test]
fn the_picture_fits_a_narrow_screen() {
    let canvas = Canvas {
        color: false,
        width: Some(72),
        height: Some(40),
    };
    let picture = rendered(&example(), canvas);
    assert!(picture.lines().all(|line| line.chars().count() <= 72), "{picture}");
    assert_snapshot!(picture, @r"
    OBJECT             READY              VERSION        STEP  AGE
    dev                ✓ Ready            1.33.5               12m
    └ system           ✓ Ready            1.33.5               90s
    lost (of nowhere)  · New              -                    90s
        the operator has not looked at it yet
    prod-weu           ↻ Progressing      1.33.5 → 1.34  2/4   12m
        Upgrading the control plane: waiting for AKS
    ├ system           ✓ Ready            1.33.5               90s
    └ user             · New              -                    90s
        the operator has not looked at it yet
    test               ✗ SkuNotAvailable  → 1.33               12m
        Standard_D4s_v5 is not offered in westeurope

    team/prod-weu  plan 3f2a91c0  2 steps
      1. Upgrade the control plane to 1.34.1  [ControlPlaneRestart]
      2. Upgrade pool system to 1.34.1  [NodeReimage]
         held: the freeze ends on Monday 06:00

    team/test  SkuNotAvailable  45s ago, 3 times
      AKS refused to create pool system because Standard_D4s_v5 is not
      offered to this subscription in westeurope (SkuNotAvailable).
      Next: Choose another vmSize or ask Azure to lift the restriction; az
            vm list-skus shows what is offered.
    ");
}

#[test]
fn differences_without_a_step_are_listed() {
    let reported = ready(2, "plan:
  hash: 77aa0011
  changes:
  - {target: cluster, path: tags.team, from: red, to: blue, origin: another writer, effect: InPlace, held: driftPolicy is Report}
  - {target: cluster, path: tags.owner, to: me, origin: another writer, effect: InPlace}
");
    let one = fleet(&[cluster("dev", "1.33", &reported)], &[], None);
    let picture = rendered(&one, Canvas::FILE);
    let note: Vec<&str> = picture.lines().skip(3).collect();
    assert_eq!(
        note,
        [
            "team/dev  plan 77aa0011  2 differences",
            "  - cluster tags.team: red → blue  [InPlace]",
            "     held: driftPolicy is Report",
            "  - cluster tags.owner: nothing → me  [InPlace]",
        ]
    );
}

#[test]
fn colors_follow_health_and_nothing_else() {
    let canvas = Canvas {
        color: true,
        width: Some(100),
        height: Some(40),
    };
    let one = fleet(&[cluster("test", "1.33", &stalled())], &[], None);
    let colored = rendered(&one, canvas);
    assert!(colored.contains("\x1b[31m✗ SkuNotAvailable"), "{colored:?}");
    let plain = Canvas { color: false, ..canvas };
    assert!(!rendered(&one, plain).contains('\x1b'));
}

#[test]
fn a_name_picks_one_cluster_with_its_pools() {
    let all = example();
    let clusters = [
        cluster("dev", "1.33", &ready(2, "")),
        cluster("prod", "1.33", &ready(2, "")),
    ];
    let pools = [
        pool("system", "dev", &ready(1, "")),
        pool("system", "prod", &ready(1, "")),
    ];
    let one = fleet(&clusters, &pools, Some("prod"));
    let names: Vec<_> = one
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.cluster.as_deref()))
        .collect();
    assert_eq!(names, [("prod", None), ("system", Some("prod"))]);
    assert!(all.rows.len() > one.rows.len());
}

#[test]
fn a_ready_object_says_why_it_is_not_as_written() {
    let held = ready(2, "") + &condition("InSync", "False", "HeldByCalendar", "1 change waits for Monday 06:00");
    let one = fleet(&[cluster("dev", "1.33", &held)], &[], None);
    assert_eq!(
        sentence(&one.rows[0]),
        "cluster team/dev: ✓ Ready, → 1.33: 1 change waits for Monday 06:00"
    );
}

#[test]
fn waiting_for_ready_ends_when_all_are_ready_or_one_is_stalled() {
    let fleet_of = |clusters: &[Arc<AksCluster>]| fleet(clusters, &[], None);
    let fine = cluster("a", "1.33", &ready(2, ""));
    let busy = cluster("b", "1.34", &upgrading());
    let stuck = cluster("c", "1.33", &stalled());
    assert_eq!(
        Until::Ready.judge(&fleet_of(&[])),
        Waiting::For("something to appear".into())
    );
    assert_eq!(
        Until::Ready.judge(&fleet_of(std::slice::from_ref(&fine))),
        Waiting::Over
    );
    assert_eq!(
        Until::Ready.judge(&fleet_of(&[fine.clone(), busy])),
        Waiting::For("1 of 2 to be ready".into())
    );
    assert_eq!(
        Until::Ready.judge(&fleet_of(&[fine.clone(), stuck])),
        Waiting::Vain("team/c is stalled: SkuNotAvailable: Standard_D4s_v5 is not offered in westeurope".into())
    );
    assert_eq!(Until::Gone.judge(&fleet_of(&[])), Waiting::Over);
    assert_eq!(
        Until::Gone.judge(&fleet_of(&[fine])),
        Waiting::For("1 to be gone".into())
    );
}

#[test]
fn waiting_for_complete_ends_when_the_children_are_ready_too() {
    let judged = |cluster: Arc<AksCluster>| Until::Complete.judge(&fleet(&[cluster], &[], None));
    let missing = "3 of 4 children to be ready; backup/daily: waits for the extension";
    assert_eq!(judged(with_parts()), Waiting::For(missing.into()));
    let lines = "children:\n  backup/daily: {state: Ready}\n";
    assert_eq!(judged(cluster("a", "1.33", &ready(2, lines))), Waiting::Over);
    assert_eq!(
        judged(cluster("b", "1.34", &upgrading())),
        Waiting::For("1 of 1 to be ready".into())
    );
}

#[test]
fn ages_are_short() {
    let age_of = |seconds: i64| age(now() - jiff::SignedDuration::from_secs(seconds), now());
    let ages = [0, 119, 120, 192, 600, 7199, 7200, 172_800, -5].map(age_of);
    assert_eq!(ages, ["0s", "119s", "2m", "3m12s", "10m", "119m", "2h", "2d", "0s"]);
}

#[test]
fn a_stalled_object_tells_what_is_wrong_and_not_what_would_come_next() {
    let next = "progress: {completed: 0, total: 1, current: create the cluster with pools system}\n";
    let fleet = fleet(&[cluster("test", "1.33", &format!("{next}{}", stalled()))], &[], None);
    assert_eq!(fleet.rows[0].story(), "Standard_D4s_v5 is not offered in westeurope");
    let Waiting::Vain(reason) = Until::Ready.judge(&fleet) else {
        panic!("waiting for a stalled object is in vain")
    };
    assert_eq!(
        reason,
        "team/test is stalled: SkuNotAvailable: Standard_D4s_v5 is not offered in westeurope"
    );
}

fn with_parts() -> Arc<AksCluster> {
    let lines = "children:
  backup/daily: {state: Waiting, message: waits for the extension}
  diagnosticSettings/audit: {state: Ready, lastChecked: '2026-03-01T10:00:00Z'}
  eventSubscriptions/hook:
    state: Failed
    message: 'the hook did not answer; let the endpoint be reached'
    lastChecked: '2026-03-01T11:59:15Z'
    error: {code: Url validation, message: the hook did not answer., nextStep: Let the endpoint be reached., at: '2026-03-01T11:59:15Z', count: 2}
  fleetMemberships/all: {state: InProgress, message: 'Azure: Joining', lastChecked: '2026-03-01T11:59:59Z'}
actions:
  greet: {key: a, state: Succeeded, exitCode: 3, finishedAt: '2026-03-01T11:57:00Z'}
  rotate: {key: b, state: Running, startedAt: '2026-03-01T11:58:00Z'}
";
    let status = ready(2, lines) + &condition("ChildrenReady", "False", "ChildFailed", "1 of 4 ready");
    cluster("dev", "1.33", &status)
}

#[test]
fn a_cluster_asked_for_by_name_shows_what_hangs_on_it_and_what_runs_on_it() {
    let one = fleet(&[with_parts()], &[], Some("dev"));
    assert_snapshot!(rendered(&one, Canvas::FILE), @r"
    OBJECT  READY    VERSION  STEP  AGE  DOING
    dev     ✓ Ready  → 1.33         12m  1 of 4 ready

    team/dev  children  1 of 4
      · backup/daily              Waiting
          waits for the extension
      ✓ diagnosticSettings/audit  Ready  checked 2h ago
      ✗ eventSubscriptions/hook   Failed  checked 45s ago, Url validation
          the hook did not answer.
          Next: Let the endpoint be reached.
      ↻ fleetMemberships/all      InProgress  checked 1s ago
          Azure: Joining

    team/dev  actions  1 of 2
      ✓ greet   Succeeded  ended 3m ago
          exit code 3
      ↻ rotate  Running  sent 2m ago
    ");
}

#[test]
fn in_a_fleet_a_cluster_says_in_one_line_that_a_child_failed() {
    let all = fleet(&[with_parts()], &[], None);
    let picture = rendered(&all, Canvas::FILE);
    assert_eq!(picture.lines().count(), 2, "{picture}");
    assert!(picture.ends_with("1 of 4 ready\n"), "{picture}");
}

#[test]
fn children_and_actions_are_in_the_json_too() {
    let json = serde_json::to_value(&fleet(&[with_parts()], &[], None).rows).unwrap();
    assert_eq!(json[0]["children"][2]["state"], "Failed");
    assert_eq!(json[0]["children"][2]["nextStep"], "Let the endpoint be reached.");
    assert_eq!(json[0]["actions"][0]["message"], "exit code 3");
}

#[test]
fn a_long_sentence_is_cut_in_a_table_of_many_and_whole_for_one() {
    let long = format!("{}\n{}", "a".repeat(90), "b".repeat(90));
    let cut = cell(&long, false);
    assert_eq!(
        (cut.chars().count(), cut.ends_with("b…"), cut.contains('\n')),
        (CELL, true, false)
    );
    assert_eq!(cell(&long, true).chars().count(), 181);
    assert_eq!(cell("short", false), "short");
}

#[test]
fn a_cluster_asked_for_by_name_shows_its_advice() {
    let status = ready(2, "advice: ['kubenet is supported until 2028-03-31']\n");
    let shown = |name: Option<&str>| {
        let fleet = fleet(&[cluster("shop", "1.34", &status)], &[], name);
        let lines = picture(&fleet, Canvas::FILE, now());
        lines
            .iter()
            .map(|line| line.render(Canvas::FILE))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(shown(Some("shop")).contains("kubenet is supported until"));
    assert!(!shown(None).contains("kubenet"));
}
