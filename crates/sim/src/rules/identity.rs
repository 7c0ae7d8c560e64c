//! Identities of the cluster and sign-in through Entra.

use serde_json::Value;

use super::request::Request;
use super::words::{bad_request, invalid, require};
use super::{CLUSTER, Rule, documented, inferred};
use crate::defaults::json::{flag, is, list, present, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "identity-user-assigned-one",
        CLUSTER,
        "SPEC identity.userAssignedIdentities, one key",
        one_identity,
    ),
    inferred(
        "identity-user-assigned-form",
        CLUSTER,
        "SPEC identity.userAssignedIdentities, resource ids",
        identity_form,
    ),
    inferred(
        "identity-or-service-principal",
        CLUSTER,
        "TF; CLI",
        identity_or_principal,
    ),
    inferred(
        "kubelet-identity-needs-user-assigned",
        CLUSTER,
        "CLI --assign-kubelet-identity",
        kubelet_identity,
    ),
    documented(
        "local-accounts-need-entra",
        CLUSTER,
        "SPEC disableLocalAccounts; Learn: local-accounts",
        local_accounts,
    ),
    documented(
        "azure-rbac-needs-entra",
        CLUSTER,
        "Learn: entra-id-authorization",
        azure_rbac,
    ),
    inferred(
        "entra-needs-rbac",
        CLUSTER,
        "Learn: entra-id-control-plane-authentication",
        entra_needs_rbac,
    ),
    inferred(
        "admin-groups-need-managed",
        CLUSTER,
        "SPEC aadProfile.adminGroupObjectIDs",
        admin_groups,
    ),
];

fn identities(cluster: &Value) -> Vec<&str> {
    cluster
        .pointer("/identity/userAssignedIdentities")
        .and_then(Value::as_object)
        .map(|ids| ids.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// Whether the control plane runs under an identity of the user's.
pub(super) fn is_user_assigned(cluster: &Value) -> bool {
    is(cluster, "/identity/type", "UserAssigned")
}

fn one_identity(request: &Request<'_>) -> Result<(), Refusal> {
    let count = identities(request.new).len();
    let fits = if is_user_assigned(request.new) {
        count == 1
    } else {
        count == 0
    };
    require(fits, || {
        invalid(
            "identity.userAssignedIdentities",
            format!("{count} identities were given; type UserAssigned takes exactly one and the other types none"),
        )
    })
}

fn is_identity_id(id: &str) -> bool {
    let parts: Vec<String> = id.split('/').map(str::to_ascii_lowercase).collect();
    parts.len() == 9
        && parts[1] == "subscriptions"
        && parts[3] == "resourcegroups"
        && parts[6] == "microsoft.managedidentity"
        && parts[7] == "userassignedidentities"
}

fn identity_form(request: &Request<'_>) -> Result<(), Refusal> {
    identities(request.new).into_iter().try_for_each(|id| {
        require(is_identity_id(id), || {
            invalid(
                "identity.userAssignedIdentities",
                format!("'{id}' is not the id of a user-assigned identity"),
            )
        })
    })
}

fn identity_or_principal(request: &Request<'_>) -> Result<(), Refusal> {
    let principal = text(request.sent, "/properties/servicePrincipalProfile/clientId").is_some_and(|id| id != "msi");
    let managed = text(request.sent, "/identity/type").is_some_and(|kind| !kind.eq_ignore_ascii_case("None"));
    require(!(principal && managed), || {
        invalid(
            "servicePrincipalProfile",
            "a managed identity and a service principal exclude each other",
        )
    })
}

fn kubelet_identity(request: &Request<'_>) -> Result<(), Refusal> {
    const AT: &str = "/properties/identityProfile/kubeletidentity/resourceId";
    let chosen = text(request.sent, AT);
    let echoed = chosen.is_some_and(|id| request.old.is_some_and(|old| is(old, AT, id)));
    require(chosen.is_none() || echoed || is_user_assigned(request.new), || {
        invalid(
            "identityProfile.kubeletidentity",
            "a kubelet identity of your own needs a user-assigned control plane identity",
        )
    })
}

fn has_entra(cluster: &Value) -> bool {
    present(cluster, "/properties/aadProfile").is_some()
}

fn local_accounts(request: &Request<'_>) -> Result<(), Refusal> {
    let disabled = flag(request.new, "/properties/disableLocalAccounts");
    require(!disabled || has_entra(request.new), || {
        bad_request(
            "disableLocalAccounts",
            "Local accounts can only be disabled on a cluster with Microsoft Entra integration.",
        )
    })
}

fn azure_rbac(request: &Request<'_>) -> Result<(), Refusal> {
    let on = flag(request.new, "/properties/aadProfile/enableAzureRBAC");
    require(!on || flag(request.new, "/properties/aadProfile/managed"), || {
        bad_request(
            "aadProfile.enableAzureRBAC",
            "Azure RBAC for Kubernetes needs managed Microsoft Entra integration.",
        )
    })
}

fn entra_needs_rbac(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !has_entra(request.new) || flag(request.new, "/properties/enableRBAC"),
        || {
            bad_request(
                "aadProfile",
                "Microsoft Entra integration needs a cluster with enableRBAC.",
            )
        },
    )
}

fn admin_groups(request: &Request<'_>) -> Result<(), Refusal> {
    let groups = !list(request.new, "/properties/aadProfile/adminGroupObjectIDs").is_empty();
    require(!groups || flag(request.new, "/properties/aadProfile/managed"), || {
        invalid(
            "aadProfile.adminGroupObjectIDs",
            "admin groups need managed Microsoft Entra integration",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World};
    use super::*;

    const IDENTITY: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

    fn create(properties: Value) -> Outcome {
        World::create(json!({"properties": properties}))
    }

    fn create_user_assigned(properties: Value) -> Outcome {
        World::create(json!({"properties": properties,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}}))
    }

    #[test]
    fn identities() {
        let identity =
            |ids: Value| World::create(json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": ids}}));
        identity(json!({IDENTITY: {}})).accepted();
        identity(json!({})).refused_by("identity-user-assigned-one");
        identity(json!({IDENTITY: {}, format!("{IDENTITY}2"): {}})).refused_by("identity-user-assigned-one");
        identity(json!({"/not/an/identity": {}})).refused_by("identity-user-assigned-form");
        World::create(json!({"identity": {"type": "SystemAssigned"},
            "properties": {"servicePrincipalProfile": {"clientId": "app"}}}))
        .refused_by("identity-or-service-principal");
    }

    #[test]
    fn kubelet_identity() {
        let kubelet = json!({"identityProfile": {"kubeletidentity": {"resourceId": IDENTITY}}});
        create_user_assigned(kubelet.clone()).accepted();
        create(kubelet).refused_by("kubelet-identity-needs-user-assigned");
        let world = World::new();
        let own = world.cluster["properties"]["identityProfile"].clone();
        world
            .put_cluster(json!({"properties": {"identityProfile": own}}))
            .accepted();
    }

    #[test]
    fn entra() {
        let entra = json!({"managed": true, "enableAzureRBAC": true, "adminGroupObjectIDs": ["g"]});
        create(json!({"aadProfile": entra, "disableLocalAccounts": true})).accepted();
        create(json!({"disableLocalAccounts": true})).refused_by("local-accounts-need-entra");
        create(json!({"aadProfile": {"enableAzureRBAC": true}})).refused_by("azure-rbac-needs-entra");
        create(json!({"aadProfile": {"adminGroupObjectIDs": ["g"]}})).refused_by("admin-groups-need-managed");
        create(json!({"aadProfile": entra, "enableRBAC": false})).refused_by("entra-needs-rbac");
    }
}
