//! Identity bindings (SPEC 2026-08-01 `IdentityBinding`; Learn: identity-bindings).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{AKS_VERSION, Child, Draft, Hindrance, Kind, Needs, View, place, texts};

pub(super) static KIND: Kind = Kind {
    field: "identityBindings",
    drafts,
    outputs,
    actions: &[
        "Microsoft.ContainerService/managedClusters/identityBindings/read",
        "Microsoft.ContainerService/managedClusters/identityBindings/write",
        "Microsoft.ContainerService/managedClusters/identityBindings/delete",
        "Microsoft.ManagedIdentity/userAssignedIdentities/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    ],
    ..Kind::PLAIN
};

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let bindings = view.spec.identity_bindings.iter().flatten();
    bindings
        .map(|(name, binding)| {
            let entry = serde_json::to_value(binding);
            let id = place::at(view.cluster, "identityBindings", name);
            let child = entry.map_err(Hindrance::from).and_then(|entry| {
                Ok(Child {
                    id: id?,
                    api_version: AKS_VERSION.into(),
                    body: json!({ "properties": { "managedIdentity": { "resourceId": binding.identity_id } } }),
                    entry,
                    secrets: Vec::new(),
                })
            });
            Draft::new(name, Needs::RunningCluster, child)
        })
        .collect()
}

/// What service accounts and role assignments are made with.
fn outputs(body: &Value) -> BTreeMap<String, String> {
    texts(
        body,
        &[
            ("clientId", "/properties/managedIdentity/clientId"),
            ("principalId", "/properties/managedIdentity/objectId"),
            ("issuerUrl", "/properties/oidcIssuer/oidcIssuerUrl"),
        ],
    )
}
