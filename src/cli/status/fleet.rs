//! From objects to rows: what each cluster and pool is, what it does, what it waits for. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use kube::ResourceExt;
use serde::Serialize;

use super::health::{Health, Observed, Verdict};
use super::notes::Note;
use super::parts::Part;
use super::version::Versions;
use armature_api::{AksCluster, AksClusterStatus, AksNodePool, AksNodePoolStatus};

/// Which kind of object a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Kind {
    /// A cluster.
    AksCluster,
    /// A pool.
    AksNodePool,
}

/// How far the work on an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    /// The step that runs, counted from 1.
    pub(super) number: i64,
    /// Steps in all.
    pub(super) total: i64,
}

/// One line of the table; also the JSON that `-o json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
    /// The cluster that a pool names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cluster: Option<String>,
    /// Whether the cluster that a pool names does not exist.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) cluster_missing: bool,
    pub(super) health: Health,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    pub(super) version: Versions,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<Step>,
    /// What it does or waits for; empty when it rests.
    pub(super) activity: String,
    /// What it is, shown while it rests.
    pub(super) summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Timestamp>,
    /// What hangs on a cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) children: Vec<Part>,
    /// What is worth knowing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) advice: Vec<String>,
    /// What runs on a cluster once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) actions: Vec<Part>,
}

impl Row {
    /// `namespace/name`, which no other object of the kind shares.
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The row's activity, or what the object is while it rests.
    pub(super) fn story(&self) -> &str {
        if self.activity.is_empty() {
            &self.summary
        } else {
            &self.activity
        }
    }
}

/// Clusters, each followed by its pools, and what is to be said below the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fleet {
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<Note>,
    /// Whether a cluster was asked for by name: then everything about it is shown.
    pub(super) detailed: bool,
}

/// Puts the objects in order. With `name`, only that cluster and the pools that name it.
pub(super) fn fleet(clusters: &[Arc<AksCluster>], pools: &[Arc<AksNodePool>], name: Option<&str>) -> Fleet {
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for cluster in clusters {
        let key = (cluster.namespace().unwrap_or_default(), cluster.name_any());
        groups.entry(key).or_default().cluster = Some(cluster);
    }
    for pool in pools {
        let key = (pool.namespace().unwrap_or_default(), pool.spec.cluster_ref.name.clone());
        groups.entry(key).or_default().pools.push(pool);
    }
    let mut fleet = Fleet {
        detailed: name.is_some(),
        ..Fleet::default()
    };
    for ((_, cluster), mut group) in groups {
        if name.is_none_or(|name| name == cluster) {
            group.pools.sort_by_key(|pool| pool.name_any());
            group.add_to(&mut fleet);
        }
    }
    fleet
}

/// A cluster and the pools that name it; the cluster may be missing.
#[derive(Default)]
struct Group<'a> {
    cluster: Option<&'a AksCluster>,
    pools: Vec<&'a AksNodePool>,
}

impl Group<'_> {
    fn add_to(&self, fleet: &mut Fleet) {
        let nothing = AksClusterStatus::default();
        let cluster_status = self
            .cluster
            .and_then(|cluster| cluster.status.as_ref())
            .unwrap_or(&nothing);
        if let Some(cluster) = self.cluster {
            let row = cluster_row(cluster, cluster_status);
            fleet.notes.extend(Note::of(
                &row,
                cluster_status.plan.as_ref(),
                cluster_status.last_error.as_ref(),
            ));
            fleet.rows.push(row);
        }
        for pool in &self.pools {
            let nothing = AksNodePoolStatus::default();
            let status = pool.status.as_ref().unwrap_or(&nothing);
            let row = Row {
                cluster_missing: self.cluster.is_none(),
                ..pool_row(pool, status, cluster_status)
            };
            // The cluster's plan lists the steps of its pools too; here only what no cluster tells.
            let plan = status.plan.as_ref().filter(|_| cluster_status.plan.is_none());
            fleet.notes.extend(Note::of(&row, plan, status.last_error.as_ref()));
            fleet.rows.push(row);
        }
    }
}

fn cluster_row(cluster: &AksCluster, status: &AksClusterStatus) -> Row {
    let observed = Observed {
        metadata: &cluster.metadata,
        observed_generation: status.observed_generation,
        conditions: &status.conditions,
    };
    let verdict = observed.verdict();
    let progress = status.progress.as_ref();
    let activity = progress
        .map(|progress| match &progress.waiting_for {
            Some(cause) if progress.current.is_empty() => format!("waiting for {cause}"),
            Some(cause) => format!("{}: waiting for {cause}", progress.current),
            None => progress.current.clone(),
        })
        .or_else(|| {
            status
                .operations
                .get("cluster")
                .map(|operation| operation.description.clone())
        });
    let pools = status.pools.as_ref().map(|pools| format!("pools {}", pools.summary));
    let words = [
        Some(cluster.spec.location.clone()),
        status.power_state.clone().filter(|state| state != "Running"),
        pools,
    ];
    Row {
        kind: Kind::AksCluster,
        namespace: cluster.namespace().unwrap_or_default(),
        name: cluster.name_any(),
        cluster: None,
        cluster_missing: false,
        version: Versions::new(
            status.current_kubernetes_version.as_deref(),
            [
                cluster.spec.kubernetes_version.as_deref(),
                status.kubernetes_version.as_deref(),
            ],
        ),
        step: progress.filter(|progress| progress.total > 0).map(|progress| Step {
            number: progress.completed.saturating_add(1).min(progress.total),
            total: progress.total,
        }),
        activity: story(activity, &verdict, &observed),
        summary: words
            .into_iter()
            .flatten()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        created: cluster.creation_timestamp().map(|time| time.0),
        children: status
            .children
            .iter()
            .map(|(key, line)| Part::child(key, line))
            .collect(),
        actions: status
            .actions
            .iter()
            .map(|(name, line)| Part::action(name, line))
            .collect(),
        advice: status.advice.clone(),
        health: verdict.health,
        reason: verdict.reason,
    }
}

fn pool_row(pool: &AksNodePool, status: &AksNodePoolStatus, cluster: &AksClusterStatus) -> Row {
    let observed = Observed {
        metadata: &pool.metadata,
        observed_generation: status.observed_generation,
        conditions: &status.conditions,
    };
    let verdict = observed.verdict();
    let in_azure = pool.spec.azure_name.clone().unwrap_or_else(|| pool.name_any());
    let operation = cluster
        .operations
        .get(&format!("pool/{in_azure}"))
        .map(|operation| operation.description.clone());
    let nodes = match (status.count, &pool.spec.vm_size) {
        (Some(count), Some(size)) => Some(format!("{count} × {size}")),
        (Some(1), None) => Some("1 node".to_owned()),
        (Some(count), None) => Some(format!("{count} nodes")),
        (None, size) => size.clone(),
    };
    let mode = pool.spec.mode.as_ref().map(|mode| format!("{mode:?}"));
    Row {
        kind: Kind::AksNodePool,
        namespace: pool.namespace().unwrap_or_default(),
        name: pool.name_any(),
        cluster: Some(pool.spec.cluster_ref.name.clone()),
        cluster_missing: false,
        version: Versions::new(
            status.current_kubernetes_version.as_deref(),
            [
                pool.spec.orchestrator_version.as_deref(),
                status.kubernetes_version.as_deref(),
            ],
        ),
        step: None,
        activity: story(operation, &verdict, &observed),
        summary: [
            mode,
            nodes,
            status.power_state.clone().filter(|state| state != "Running"),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", "),
        created: pool.creation_timestamp().map(|time| time.0),
        children: Vec::new(),
        actions: Vec::new(),
        advice: status.advice.clone(),
        health: verdict.health,
        reason: verdict.reason,
    }
}

/// What an object does; else why it is not ready; else why it, or what hangs on it, is not as its manifest says. One that only a
/// person can help on does nothing, whatever step is next.
fn story(doing: Option<String>, verdict: &Verdict, observed: &Observed) -> String {
    let doing = doing.filter(|text| !text.is_empty() && verdict.health != Health::Stalled);
    let explanation = || match verdict.health {
        Health::New => Some("the operator has not looked at it yet".to_owned()),
        Health::Ready => ["InSync", "ChildrenReady"]
            .into_iter()
            .filter_map(|kind| observed.condition(kind))
            .find(|condition| condition.status == "False")
            .map(|condition| condition.message.clone()),
        Health::Progressing | Health::NotReady | Health::Stalled | Health::Deleting => verdict.message.clone(),
    };
    doing.or_else(explanation).unwrap_or_default()
}
