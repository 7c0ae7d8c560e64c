//! Children of a cluster: trusted access, managed namespaces, identity bindings, private endpoint connections.

use serde_json::Value;

use super::request::{Operation, Request};
use super::words::{invalid, require, unchangeable};
use super::{Rule, documented, general_knowledge, inferred, pattern};
use crate::arm::children::kinds::ChildKind;
use crate::arm::ids::normal_location;
use crate::catalog::{bytes, milli_cpu, trusted_role};
use crate::defaults::json::{flag, is, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    general_knowledge(
        "child-waits-for-cluster",
        WITH_OPERATION,
        "general knowledge: the service works on one change of a cluster at a time",
        waits_for_cluster,
    ),
    documented(
        "trusted-access-name",
        TRUSTED,
        "SPEC trustedAccessRoleBindingName",
        trusted_name,
    ),
    inferred(
        "trusted-access-source",
        TRUSTED,
        "SPEC sourceResourceId",
        trusted_source,
    ),
    documented(
        "trusted-access-role-known",
        TRUSTED,
        "Learn: trusted-access-feature; SPEC trustedAccessRoles",
        trusted_roles,
    ),
    general_knowledge(
        "trusted-access-source-stays",
        TRUSTED,
        "general knowledge: a binding is of one resource",
        trusted_source_stays,
    ),
    documented("namespace-name", NAMESPACE, "SPEC managedNamespaceName", namespace_name),
    documented(
        "namespace-not-of-the-system",
        NAMESPACE,
        "Learn: managed-namespaces, limitations",
        namespace_reserved,
    ),
    inferred(
        "namespace-in-region-of-cluster",
        NAMESPACE,
        "SPEC TrackedResource.location; a child is where its parent is",
        namespace_location,
    ),
    documented(
        "namespace-quantities",
        NAMESPACE,
        "Learn: concepts-managed-namespaces, resource quotas",
        namespace_quantities,
    ),
    inferred(
        "namespace-requests-within-limits",
        NAMESPACE,
        "Learn: concepts-managed-namespaces; Kubernetes ResourceQuota",
        namespace_limits,
    ),
    documented(
        "identity-binding-identity-form",
        BINDING,
        "SPEC IdentityBindingManagedIdentityProfile.resourceId",
        binding_identity,
    ),
    documented(
        "identity-binding-identity-stays",
        BINDING,
        "SPEC x-ms-mutability read, create",
        binding_identity_stays,
    ),
    inferred(
        "identity-binding-needs-workload-identity",
        BINDING,
        "Learn: identity-bindings, the cluster of the example",
        binding_needs_workload_identity,
    ),
    inferred(
        "private-endpoint-decision",
        CONNECTION,
        "SPEC ConnectionStatus; Learn: private-link approval",
        connection_decision,
    ),
    inferred(
        "private-endpoint-disconnected-stays",
        CONNECTION,
        "Learn: private-link, a disconnected connection can only be removed",
        connection_disconnected,
    ),
];

const TRUSTED: &[Operation] = &[Operation::PutChild(ChildKind::TrustedAccessRoleBinding)];
const NAMESPACE: &[Operation] = &[Operation::PutChild(ChildKind::ManagedNamespace)];
const BINDING: &[Operation] = &[Operation::PutChild(ChildKind::IdentityBinding)];
const CONNECTION: &[Operation] = &[Operation::PutChild(ChildKind::PrivateEndpointConnection)];
/// Writes that the service carries out inside the cluster.
pub(super) const WITH_OPERATION: &[Operation] = &[
    Operation::PutChild(ChildKind::TrustedAccessRoleBinding),
    Operation::PutChild(ChildKind::ManagedNamespace),
    Operation::PutChild(ChildKind::IdentityBinding),
    Operation::DeleteChild(ChildKind::TrustedAccessRoleBinding),
    Operation::DeleteChild(ChildKind::ManagedNamespace),
    Operation::DeleteChild(ChildKind::IdentityBinding),
];

const SOURCE: &str = "/properties/sourceResourceId";
const IDENTITY: &str = "/properties/managedIdentity/resourceId";
const STATUS: &str = "/properties/privateLinkServiceConnectionState/status";
/// Learn names the first four "and so on"; the rest are the other namespaces that AKS and its add-ons live in.
const SYSTEM_NAMESPACES: [&str; 13] = [
    "kube-system",
    "app-routing-system",
    "istio-system",
    "gatekeeper-system",
    "default",
    "kube-public",
    "kube-node-lease",
    "aks-istio-system",
    "aks-istio-ingress",
    "aks-istio-egress",
    "aks-command",
    "dapr-system",
    "flux-system",
];

fn waits_for_cluster(request: &Request<'_>) -> Result<(), Refusal> {
    let state = request
        .cluster
        .and_then(|cluster| text(cluster, "/properties/provisioningState"))
        .unwrap_or("Succeeded");
    require(["Succeeded", "Failed", "Canceled"].contains(&state), || {
        Refusal::provider(
            409,
            "OperationNotAllowed",
            format!(
                "Operation is not allowed: Another operation ({state}) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details"
            ),
        )
    })
}

fn trusted_name(request: &Request<'_>) -> Result<(), Refusal> {
    let good = (1..=24).contains(&request.name.len())
        && request
            .name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    require(good, || {
        invalid(
            "trustedAccessRoleBindingName",
            format!("'{}' must have 1 to 24 letters, digits and hyphens", request.name),
        )
    })
}

/// Type of the resource that an id names, `Microsoft.X/type`.
fn resource_type(id: &str) -> Option<String> {
    let mut parts = id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("providers"));
    parts.next()?;
    let (namespace, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
    (!name.is_empty()).then(|| format!("{namespace}/{kind}"))
}

fn trusted_source(request: &Request<'_>) -> Result<(), Refusal> {
    let source = text(request.new, SOURCE).unwrap_or_default();
    require(resource_type(source).is_some(), || {
        invalid(
            "properties.sourceResourceId",
            format!("'{source}' is not a resource id"),
        )
    })
}

fn trusted_roles(request: &Request<'_>) -> Result<(), Refusal> {
    let roles = texts(request.new, "/properties/roles");
    require(!roles.is_empty(), || {
        invalid("properties.roles", "at least one role is required")
    })?;
    let kind = text(request.new, SOURCE).and_then(resource_type).unwrap_or_default();
    roles.into_iter().try_for_each(|role| {
        let known = trusted_role(role).is_some_and(|known| known.source.eq_ignore_ascii_case(&kind));
        require(known, || {
            invalid(
                "properties.roles",
                format!("role '{role}' is not a role of source resource type '{kind}'"),
            )
        })
    })
}

fn trusted_source_stays(request: &Request<'_>) -> Result<(), Refusal> {
    require(!request.changes(SOURCE), || unchangeable("properties.sourceResourceId"))
}

fn namespace_name(request: &Request<'_>) -> Result<(), Refusal> {
    require(pattern::is_dns_label(request.name), || {
        invalid(
            "managedNamespaceName",
            format!(
                "'{}' does not match [a-z0-9]([-a-z0-9]*[a-z0-9])? with 1 to 63 characters",
                request.name
            ),
        )
    })
}

fn namespace_reserved(request: &Request<'_>) -> Result<(), Refusal> {
    require(!SYSTEM_NAMESPACES.contains(&request.name), || {
        invalid(
            "managedNamespaceName",
            format!(
                "'{}' is a system namespace, which cannot be a managed namespace",
                request.name
            ),
        )
    })
}

fn namespace_location(request: &Request<'_>) -> Result<(), Refusal> {
    let sent = text(request.sent, "/location").map(normal_location).unwrap_or_default();
    require(sent == request.region, || {
        invalid(
            "location",
            format!(
                "'{sent}' is not the location of the managed cluster, '{}'",
                request.region
            ),
        )
    })
}

fn quantity<'a>(request: &Request<'a>, name: &str) -> Option<&'a str> {
    text(request.new, &format!("/properties/defaultResourceQuota/{name}"))
}

fn namespace_quantities(request: &Request<'_>) -> Result<(), Refusal> {
    let cpu: fn(&str) -> bool = |text| milli_cpu(text).is_some();
    let memory: fn(&str) -> bool = |text| bytes(text).is_some();
    ["cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit"]
        .into_iter()
        .try_for_each(|name| {
            let holds = if name.starts_with("cpu") { cpu } else { memory };
            let value = quantity(request, name);
            require(value.is_none_or(holds), || {
                invalid(
                    &format!("properties.defaultResourceQuota.{name}"),
                    format!("'{}' is not a Kubernetes quantity", value.unwrap_or_default()),
                )
            })
        })
}

fn namespace_limits(request: &Request<'_>) -> Result<(), Refusal> {
    fn within<T: PartialOrd>(request: Option<T>, limit: Option<T>) -> bool {
        request.zip(limit).is_none_or(|(request, limit)| request <= limit)
    }
    let cpu = |name| quantity(request, name).and_then(milli_cpu);
    let memory = |name| quantity(request, name).and_then(bytes);
    for (what, holds) in [
        ("cpuRequest", within(cpu("cpuRequest"), cpu("cpuLimit"))),
        ("memoryRequest", within(memory("memoryRequest"), memory("memoryLimit"))),
    ] {
        require(holds, || {
            invalid(
                &format!("properties.defaultResourceQuota.{what}"),
                "the request is larger than the limit",
            )
        })?;
    }
    Ok(())
}

fn binding_identity(request: &Request<'_>) -> Result<(), Refusal> {
    let id = text(request.new, IDENTITY).unwrap_or_default();
    let good = resource_type(id)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities"));
    require(good, || {
        invalid(
            "properties.managedIdentity.resourceId",
            format!("'{id}' is not the id of a user assigned identity"),
        )
    })
}

fn binding_identity_stays(request: &Request<'_>) -> Result<(), Refusal> {
    require(!request.changes(IDENTITY), || {
        unchangeable("properties.managedIdentity.resourceId")
    })
}

fn binding_needs_workload_identity(request: &Request<'_>) -> Result<(), Refusal> {
    let on = |pointer| request.cluster.is_some_and(|cluster: &Value| flag(cluster, pointer));
    require(
        on("/properties/oidcIssuerProfile/enabled") && on("/properties/securityProfile/workloadIdentity/enabled"),
        || {
            Refusal::provider(
                400,
                "BadRequest",
                "An identity binding requires workload identity and the OIDC issuer to be enabled on the managed cluster.",
            )
        },
    )
}

fn connection_decision(request: &Request<'_>) -> Result<(), Refusal> {
    let decided = ["Approved", "Rejected"]
        .iter()
        .any(|word| is(request.new, STATUS, word));
    let unchanged = request.old.is_some() && !request.changes(STATUS);
    require(decided || unchanged, || {
        invalid(
            "properties.privateLinkServiceConnectionState.status",
            "the status of a private endpoint connection can be set to Approved or Rejected",
        )
    })
}

fn connection_disconnected(request: &Request<'_>) -> Result<(), Refusal> {
    let gone = request.old.is_some_and(|old| is(old, STATUS, "Disconnected"));
    require(!gone || !request.changes(STATUS), || {
        invalid(
            "properties.privateLinkServiceConnectionState.status",
            "a disconnected private endpoint connection can only be deleted",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;
    use super::*;

    const VAULT: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/v";
    const MANAGED_IDENTITY: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

    fn binding(source: &str, roles: Value) -> Value {
        json!({"properties": {"sourceResourceId": source, "roles": roles}})
    }

    #[test]
    fn trusted_access_names_sources_and_roles() {
        const ROLE: &str = "Microsoft.DataProtection/backupVaults/backup-operator";
        let put = |name: &str, sent| World::new().put_child(ChildKind::TrustedAccessRoleBinding, name, sent);
        put("backup", binding(VAULT, json!([ROLE]))).accepted();
        put("backup_vault", binding(VAULT, json!([ROLE]))).refused_by("trusted-access-name");
        put(&"b".repeat(25), binding(VAULT, json!([ROLE]))).refused_by("trusted-access-name");
        put("backup", binding("vault", json!([ROLE]))).refused_by("trusted-access-source");
        put("backup", binding(VAULT, json!([]))).refused_by("trusted-access-role-known");
        let other = "Microsoft.MachineLearningServices/workspaces/mlworkload";
        put("backup", binding(VAULT, json!([other]))).refused_by("trusted-access-role-known");
        let old = binding(VAULT, json!([ROLE]));
        let moved = binding(&format!("{VAULT}2"), json!([ROLE]));
        World::new()
            .put_child_over(ChildKind::TrustedAccessRoleBinding, "backup", Some(&old), moved)
            .refused_by("trusted-access-source-stays");
    }

    fn namespace(name: &str, location: &str, quota: Value) -> super::super::fixture::Outcome {
        World::new().put_child(
            ChildKind::ManagedNamespace,
            name,
            json!({"location": location, "properties": {"defaultResourceQuota": quota}}),
        )
    }

    #[test]
    fn namespaces_have_kubernetes_names_that_are_not_taken() {
        namespace("team-a", "West Europe", json!({})).accepted();
        namespace("Team", "westeurope", json!({})).refused_by("namespace-name");
        namespace("-team", "westeurope", json!({})).refused_by("namespace-name");
        namespace("kube-system", "westeurope", json!({})).refused_by("namespace-not-of-the-system");
        namespace("team-a", "northeurope", json!({})).refused_by("namespace-in-region-of-cluster");
    }

    #[test]
    fn quotas_are_quantities_and_requests_stay_within_limits() {
        let quota = |quota| namespace("team-a", "westeurope", quota);
        quota(json!({"cpuRequest": "500m", "cpuLimit": "1", "memoryRequest": "1Gi", "memoryLimit": "1Gi"})).accepted();
        quota(json!({"cpuRequest": "half"})).refused_by("namespace-quantities");
        quota(json!({"memoryLimit": "2GB"})).refused_by("namespace-quantities");
        quota(json!({"cpuRequest": "2", "cpuLimit": "1500m"})).refused_by("namespace-requests-within-limits");
        quota(json!({"memoryRequest": "2Gi", "memoryLimit": "1Gi"})).refused_by("namespace-requests-within-limits");
    }

    #[test]
    fn identity_bindings_keep_their_identity_and_need_workload_identity() {
        let sent = |id: &str| json!({"properties": {"managedIdentity": {"resourceId": id}}});
        let with = World::with(
            json!({"oidcIssuerProfile": {"enabled": true}, "securityProfile": {"workloadIdentity": {"enabled": true}}}),
            json!({}),
            json!({}),
        );
        let kind = ChildKind::IdentityBinding;
        with.put_child(kind, "b", sent(MANAGED_IDENTITY)).accepted();
        with.put_child(kind, "b", sent(VAULT))
            .refused_by("identity-binding-identity-form");
        let old = sent(MANAGED_IDENTITY);
        with.put_child_over(kind, "b", Some(&old), sent(&format!("{MANAGED_IDENTITY}2")))
            .refused_by("identity-binding-identity-stays");
        World::new()
            .put_child(kind, "b", sent(MANAGED_IDENTITY))
            .refused_by("identity-binding-needs-workload-identity");
    }

    #[test]
    fn connections_are_approved_or_rejected() {
        let sent = |status: &str| json!({"properties": {"privateLinkServiceConnectionState": {"status": status}}});
        let put = |old: &str, new: &str| {
            let old = sent(old);
            World::new().put_child_over(ChildKind::PrivateEndpointConnection, "c", Some(&old), sent(new))
        };
        put("Pending", "Approved").accepted();
        put("Approved", "Rejected").accepted();
        put("Approved", "Pending").refused_by("private-endpoint-decision");
        put("Disconnected", "Approved").refused_by("private-endpoint-disconnected-stays");
    }

    #[test]
    fn children_wait_for_the_cluster_unless_the_rule_is_off() {
        let mut world = World::new();
        world.cluster["properties"]["provisioningState"] = json!("Updating");
        let sent = || json!({"location": "westeurope", "properties": {}});
        world
            .put_child(ChildKind::ManagedNamespace, "team-a", sent())
            .refused_by("child-waits-for-cluster");
        world
            .put_maintenance(
                "aksManagedAutoUpgradeSchedule",
                json!({"maintenanceWindow": {"durationHours": 4, "startTime": "01:00",
                    "schedule": {"daily": {"intervalDays": 1}}}}),
            )
            .accepted();
        world.disable("child-waits-for-cluster");
        world
            .put_child(ChildKind::ManagedNamespace, "team-a", sent())
            .accepted();
    }
}
