//! Snapshots of node pools (SPEC 2026-08-01 `Snapshot`; Learn: node-pool-snapshot).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{AKS_VERSION, Child, Draft, Hindrance, Kind, Leaves, Needs, View, place, texts};
use armature_api::Snapshot;

pub(super) static KIND: Kind = Kind {
    field: "snapshots",
    leaves: Leaves::AfterCluster,
    drafts,
    outputs,
    actions: &[
        "Microsoft.ContainerService/managedClusters/agentPools/read",
        "Microsoft.ContainerService/snapshots/read",
        "Microsoft.ContainerService/snapshots/write",
        "Microsoft.ContainerService/snapshots/delete",
    ],
    ..Kind::PLAIN
};

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let snapshots = view.spec.snapshots.iter().flatten();
    snapshots
        .map(|(name, snapshot)| Draft::new(name, Needs::IdleCluster, child(view, name, snapshot)))
        .collect()
}

fn child(view: &View<'_>, name: &str, snapshot: &Snapshot) -> Result<Child, Hindrance> {
    let Snapshot {
        pool,
        resource_group,
        tags,
    } = snapshot;
    let (subscription, group) = (&view.spec.subscription_id, resource_group.as_ref());
    let group = group.unwrap_or(&view.spec.resource_group);
    let group = place::at(&format!("/subscriptions/{subscription}"), "resourceGroups", group)?;
    let id = place::at(&group, "providers/Microsoft.ContainerService/snapshots", name)?;
    let has_pool = view.live.is_some_and(|live| live.pool(pool).is_some());
    // A snapshot outlives its pool.
    if !has_pool && view.read(&id, AKS_VERSION)?.is_none() {
        return Err(Hindrance::NotYet(format!("pool {pool} to exist")));
    }
    let mut body = json!({
        "location": view.spec.location,
        "properties": {
            "creationData": { "sourceResourceId": place::at(view.cluster, "agentPools", pool)? },
            "snapshotType": "NodePool",
        },
    });
    if let Some(tags) = tags {
        body["tags"] = json!(tags);
    }
    Ok(Child {
        id,
        api_version: AKS_VERSION.into(),
        entry: serde_json::to_value(snapshot)?,
        body,
        secrets: Vec::new(),
    })
}

/// What a pool made from it gets.
fn outputs(body: &Value) -> BTreeMap<String, String> {
    texts(
        body,
        &[
            ("kubernetesVersion", "/properties/kubernetesVersion"),
            ("nodeImageVersion", "/properties/nodeImageVersion"),
            ("osSku", "/properties/osSku"),
            ("vmSize", "/properties/vmSize"),
        ],
    )
}
