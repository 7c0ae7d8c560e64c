//! Actions on clusters and pools that are not PUTs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::request::{Operation, Request};
use super::words::{bad_request, invalid, require};
use super::{Rule, documented, general_knowledge, inferred};
use crate::defaults::json::{flag, integer, is, list, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "run-command-not-disabled",
        RUN,
        "SPEC apiServerAccessProfile.disableRunCommand; the code is general knowledge",
        run_command_enabled,
    ),
    inferred(
        "run-command-token",
        RUN,
        "CLI aks_runcommand: for every cluster with Entra it fetches a token for the application of AKS",
        run_command_token,
    ),
    general_knowledge(
        "run-command-context",
        RUN,
        "general knowledge: the context is an archive, base64",
        run_command_context,
    ),
    inferred(
        "delete-machines-some",
        MACHINES,
        "SPEC AgentPoolDeleteMachinesParameter",
        machines_named,
    ),
    inferred(
        "delete-machines-keeps-system-pool",
        MACHINES,
        "Learn: use-system-pools, a system pool has at least one node",
        machines_left,
    ),
    inferred(
        "reset-service-principal-needs-one",
        &[Operation::ResetServicePrincipal],
        "Learn: update-credentials, clusters with a managed identity have none",
        reset_needs_service_principal,
    ),
    documented(
        "reset-entra-legacy-only",
        &[Operation::ResetEntra],
        "SPEC resetAADProfile: for the legacy integration",
        reset_entra_legacy,
    ),
];

const RUN: &[Operation] = &[Operation::RunCommand];
const MACHINES: &[Operation] = &[Operation::DeleteMachines];

fn run_command_enabled(request: &Request<'_>) -> Result<(), Refusal> {
    let disabled = flag(
        request.next_cluster(),
        "/properties/apiServerAccessProfile/disableRunCommand",
    );
    require(!disabled, || {
        bad_request(
            "apiServerAccessProfile.disableRunCommand",
            "Run command is disabled on this managed cluster. Set apiServerAccessProfile.disableRunCommand to false to use it.",
        )
    })
}

fn run_command_token(request: &Request<'_>) -> Result<(), Refusal> {
    let entra = flag(request.next_cluster(), "/properties/aadProfile/managed");
    let good = || text(request.sent, "/clusterToken").is_some_and(is_for_clusters);
    require(!entra || good(), || {
        invalid(
            "clusterToken",
            "a managed cluster with Entra integration requires a cluster token",
        )
    })
}

/// The application that stands for the API servers of AKS (CLI aks_runcommand).
const AKS_SERVER: &str = "6dae42f8-4368-4678-94ff-e36e28ee0fd4";

/// Whether a token was asked for on behalf of the API servers. Its signature is theirs to check.
fn is_for_clusters(token: &str) -> bool {
    let claims = token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
    claims.is_some_and(|claims| claims["aud"] == AKS_SERVER)
}

fn run_command_context(request: &Request<'_>) -> Result<(), Refusal> {
    let context = text(request.sent, "/context");
    require(context.is_none_or(|context| STANDARD.decode(context).is_ok()), || {
        invalid("context", "the context must be a base64 encoded zip archive")
    })
}

fn machines_named(request: &Request<'_>) -> Result<(), Refusal> {
    require(!list(request.sent, "/machineNames").is_empty(), || {
        invalid("machineNames", "at least one machine name is required")
    })
}

fn machines_left(request: &Request<'_>) -> Result<(), Refusal> {
    let system = is(request.new, "/properties/mode", "System");
    let count = integer(request.new, "/properties/count").unwrap_or(0);
    let named = i64::try_from(list(request.sent, "/machineNames").len()).unwrap_or(i64::MAX);
    require(!system || named < count, || {
        invalid("machineNames", "a system agent pool keeps at least one machine")
    })
}

fn reset_needs_service_principal(request: &Request<'_>) -> Result<(), Refusal> {
    let managed = is(
        request.next_cluster(),
        "/properties/servicePrincipalProfile/clientId",
        "msi",
    );
    require(!managed, || {
        bad_request(
            "servicePrincipalProfile",
            "Resetting the service principal is not allowed on a managed cluster with a managed identity.",
        )
    })
}

fn reset_entra_legacy(request: &Request<'_>) -> Result<(), Refusal> {
    let managed = flag(request.next_cluster(), "/properties/aadProfile/managed");
    require(!managed, || {
        bad_request(
            "aadProfile",
            "Resetting the AAD profile is not allowed on a managed cluster with AKS-managed Entra integration.",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::World;
    use super::*;

    fn run_on(cluster: Value, sent: Value) -> super::super::fixture::Outcome {
        World::with(cluster, json!({}), json!({})).post(Operation::RunCommand, "demo", sent)
    }

    #[test]
    fn commands_run_unless_disabled_and_with_a_token_where_entra_is_on() {
        run_on(json!({}), json!({"command": "kubectl get pods"})).accepted();
        run_on(
            json!({"apiServerAccessProfile": {"disableRunCommand": true}}),
            json!({"command": "ls"}),
        )
        .refused_by("run-command-not-disabled");
        let entra = || json!({"aadProfile": {"managed": true}});
        run_on(entra(), json!({"command": "ls"})).refused_by("run-command-token");
        let token_for = |audience: &str| {
            let claims = URL_SAFE_NO_PAD.encode(json!({ "aud": audience }).to_string());
            json!({"command": "ls", "clusterToken": format!("header.{claims}.signature")})
        };
        run_on(entra(), token_for("https://management.azure.com")).refused_by("run-command-token");
        run_on(entra(), token_for(AKS_SERVER)).accepted();
        run_on(json!({}), json!({"command": "ls", "context": "not base64"})).refused_by("run-command-context");
        run_on(json!({"powerState": {"code": "Stopped"}}), json!({"command": "ls"}))
            .refused_by("stopped-cluster-takes-start-and-delete");
    }

    #[test]
    fn machines_are_named_and_a_system_pool_keeps_one() {
        let delete = |pool: &str, names: Value| {
            World::new().post(Operation::DeleteMachines, pool, json!({"machineNames": names}))
        };
        delete("work", json!(["a", "b"])).accepted();
        delete("work", json!([])).refused_by("delete-machines-some");
        delete("system", json!(["a", "b"])).accepted();
        delete("system", json!(["a", "b", "c"])).refused_by("delete-machines-keeps-system-pool");
    }

    #[test]
    fn resets_are_for_what_a_cluster_has() {
        let reset = |operation, cluster| World::with(cluster, json!({}), json!({})).post(operation, "demo", json!({}));
        reset(Operation::ResetServicePrincipal, json!({})).refused_by("reset-service-principal-needs-one");
        let principal = json!({"servicePrincipalProfile": {"clientId": "app"}});
        reset(Operation::ResetServicePrincipal, principal).accepted();
        reset(Operation::ResetEntra, json!({"aadProfile": {"managed": true}})).refused_by("reset-entra-legacy-only");
        reset(Operation::ResetEntra, json!({})).accepted();
    }
}
