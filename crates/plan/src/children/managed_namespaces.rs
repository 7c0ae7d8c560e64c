//! Managed namespaces (SPEC 2026-08-01 `ManagedNamespace`; Learn: concepts-managed-namespaces).

use serde_json::{Value, json};

use super::{AKS_VERSION, Child, Draft, Hindrance, Kind, Needs, Rule, View, place};
use armature_api::ManagedNamespace;

pub(super) static KIND: Kind = Kind {
    field: "managedNamespaces",
    compare: &[
        ("properties.labels", Rule::Whole),
        ("properties.annotations", Rule::Whole),
    ],
    drafts,
    actions: &[
        "Microsoft.ContainerService/managedClusters/managedNamespaces/read",
        "Microsoft.ContainerService/managedClusters/managedNamespaces/write",
        "Microsoft.ContainerService/managedClusters/managedNamespaces/delete",
    ],
    ..Kind::PLAIN
};

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let namespaces = view.spec.managed_namespaces.iter().flatten();
    namespaces
        .map(|(name, namespace)| Draft::new(name, Needs::RunningCluster, child(view, name, namespace)))
        .collect()
}

/// The namespace is where its cluster is, and ARM keeps the tags outside of the properties.
fn child(view: &View<'_>, name: &str, namespace: &ManagedNamespace) -> Result<Child, Hindrance> {
    let entry = serde_json::to_value(namespace)?;
    let mut properties = entry.clone();
    let tags = properties.as_object_mut().and_then(|entry| entry.remove("tags"));
    let mut body = json!({ "location": view.spec.location, "properties": properties });
    if let Some(tags) = tags.filter(Value::is_object) {
        body["tags"] = tags;
    }
    Ok(Child {
        id: place::at(view.cluster, "managedNamespaces", name)?,
        api_version: AKS_VERSION.into(),
        entry,
        body,
        secrets: Vec::new(),
    })
}
