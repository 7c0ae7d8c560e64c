//! Registries that the nodes pull from: a role for the kubelet identity on each (Learn: cluster-container-registry-
//! integration; container-registry-rbac-abac-repository-permissions).

use serde_json::Value;

use super::role_assignments::{ASSIGNMENT, Grant};
use super::{Child, Draft, Hindrance, Kind, Needs, View, principals, roles};
use armature_api::AttachedRegistry;

pub(super) static KIND: Kind = Kind {
    field: "attachRegistries",
    drafts,
    actions: &[
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "Microsoft.ContainerRegistry/registries/read",
    ],
    ..ASSIGNMENT
};

/// API version of registries (azure-mgmt-containerregistry 15.0.0).
const REGISTRY_VERSION: &str = "2025-11-01";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let registries = view.spec.attach_registries.iter().flatten();
    registries
        .map(|(name, registry)| Draft::new(name, Needs::Cluster, child(view, registry)))
        .collect()
}

fn child(view: &View<'_>, entry: &AttachedRegistry) -> Result<Child, Hindrance> {
    let AttachedRegistry { registry_id } = entry;
    let principal = principals::object_id(view, "kubelet")?;
    let Some(registry) = view.read(registry_id, REGISTRY_VERSION)? else {
        return Err(Hindrance::NotYet(format!("the registry {registry_id} to exist")));
    };
    let mode = registry
        .pointer("/properties/roleAssignmentMode")
        .and_then(Value::as_str);
    let by_repository = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("AbacRepositoryPermissions"));
    let role = if by_repository {
        roles::REPOSITORY_READER
    } else {
        roles::ACR_PULL
    };
    let grant = Grant {
        scope: registry_id.clone(),
        principal,
        role: role.to_owned(),
    };
    Ok(grant.child(serde_json::to_value(entry)?))
}
