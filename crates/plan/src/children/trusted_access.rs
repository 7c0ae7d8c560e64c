//! Trusted access role bindings (SPEC 2026-08-01 `TrustedAccessRoleBinding`; Learn: trusted-access-feature).

use serde_json::json;

use super::{AKS_VERSION, Child, Draft, Hindrance, Kind, Needs, Rule, View, place};

pub(super) static KIND: Kind = Kind {
    field: "trustedAccess",
    compare: &[("properties.roles", Rule::Set)],
    drafts,
    actions: &[
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/read",
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/write",
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/delete",
    ],
    ..Kind::PLAIN
};

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let bindings = view.spec.trusted_access.iter().flatten();
    bindings
        .map(|(name, binding)| {
            let entry = serde_json::to_value(binding);
            let id = place::at(view.cluster, "trustedAccessRoleBindings", name);
            let child = entry.map_err(Hindrance::from).and_then(|entry| {
                Ok(Child {
                    id: id?,
                    api_version: AKS_VERSION.into(),
                    body: json!({ "properties": entry }),
                    entry,
                    secrets: Vec::new(),
                })
            });
            Draft::new(name, Needs::IdleCluster, child)
        })
        .collect()
}
