//! Start and stop of clusters and pools, and what a stopped cluster refuses.

use super::request::{Operation, Request, properties};
use super::words::{invalid, require};
use super::{Rule, documented, inferred};
use crate::arm::children::kinds::ChildKind;
use crate::defaults::json::{is, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "stopped-cluster-takes-start-and-delete",
        WRITES,
        "Learn: start-stop-cluster",
        stopped_cluster,
    ),
    documented(
        "start-needs-stopped",
        &[Operation::StartCluster],
        "SUP operationnotallowed",
        start_needs_stopped,
    ),
    documented(
        "stop-needs-running",
        &[Operation::StopCluster],
        "SUP operationnotallowed",
        stop_needs_running,
    ),
    documented(
        "stop-needs-scale-sets",
        &[Operation::StopCluster],
        "Learn: start-stop-cluster",
        stop_needs_scale_sets,
    ),
    documented(
        "stop-not-with-nap",
        &[Operation::StopCluster],
        "Learn: start-stop-cluster",
        stop_not_with_nap,
    ),
    documented(
        "pool-stop-needs-user-mode",
        &[Operation::PutPool],
        "Learn: start-stop-nodepools",
        pool_stop_user,
    ),
    documented(
        "pool-stop-not-with-nap",
        &[Operation::PutPool],
        "Learn: start-stop-nodepools",
        pool_stop_not_with_nap,
    ),
    documented(
        "pool-stop-needs-succeeded",
        &[Operation::PutPool],
        "Learn: start-stop-nodepools",
        pool_stop_succeeded,
    ),
    inferred(
        "stopped-pool-not-scaled",
        &[Operation::PutPool],
        "Learn: start-stop-nodepools",
        stopped_pool_not_scaled,
    ),
];

/// Everything that changes a cluster, except start and delete.
const WRITES: &[Operation] = &[
    Operation::PutCluster,
    Operation::PatchCluster,
    Operation::PutPool,
    Operation::DeletePool,
    Operation::UpgradeNodeImage,
    Operation::DeleteMachines,
    Operation::RunCommand,
    Operation::RotateCertificates,
    Operation::RotateSigningKeys,
    Operation::ResetServicePrincipal,
    Operation::ResetEntra,
    Operation::PutChild(ChildKind::TrustedAccessRoleBinding),
    Operation::PutChild(ChildKind::ManagedNamespace),
    Operation::PutChild(ChildKind::IdentityBinding),
];

const POWER: &str = "/properties/powerState/code";

fn is_stopped(request: &Request<'_>) -> bool {
    request.cluster.is_some_and(|cluster| is(cluster, POWER, "Stopped"))
}

fn not_allowed(message: String) -> Refusal {
    Refusal::provider(409, "OperationNotAllowed", message)
}

fn stopped_cluster(request: &Request<'_>) -> Result<(), Refusal> {
    require(!is_stopped(request), || {
        not_allowed(
            "managed cluster is in Power State(Stopped), the operation cannot be performed; start the cluster first. The \
             only allowed operations are start and delete."
                .into(),
        )
    })
}

fn start_needs_stopped(request: &Request<'_>) -> Result<(), Refusal> {
    require(is_stopped(request), || {
        let cluster = request.next_cluster();
        not_allowed(format!(
            "managed cluster is in Provisioning State({}) and Power State({}), starting cannot be performed",
            text(cluster, "/properties/provisioningState").unwrap_or("Succeeded"),
            text(cluster, POWER).unwrap_or("Running")
        ))
    })
}

fn stop_needs_running(request: &Request<'_>) -> Result<(), Refusal> {
    require(!is_stopped(request), || {
        not_allowed("managed cluster is not currently running, stopping cannot be performed".into())
    })
}

fn has_nap(request: &Request<'_>) -> bool {
    is(
        request.next_cluster(),
        "/properties/nodeProvisioningProfile/mode",
        "Auto",
    )
}

fn stop_needs_scale_sets(request: &Request<'_>) -> Result<(), Refusal> {
    let set = request
        .pools
        .iter()
        .any(|pool| is(properties(pool), "/type", "AvailabilitySet"));
    require(!set, || {
        not_allowed("stopping is only supported for clusters whose agent pools are virtual machine scale sets".into())
    })
}

fn stop_not_with_nap(request: &Request<'_>) -> Result<(), Refusal> {
    require(!has_nap(request), || {
        not_allowed("stopping is not supported for clusters with node auto provisioning".into())
    })
}

/// Whether a pool PUT stops the pool.
fn stops(request: &Request<'_>) -> bool {
    !request.is_create() && request.changes(POWER) && is(request.new, POWER, "Stopped")
}

fn pool_stop_user(request: &Request<'_>) -> Result<(), Refusal> {
    require(!stops(request) || is(request.new, "/properties/mode", "User"), || {
        invalid(
            "agentPoolProfile.powerState",
            "only an agent pool of mode User can be stopped",
        )
    })
}

fn pool_stop_not_with_nap(request: &Request<'_>) -> Result<(), Refusal> {
    require(!stops(request) || !has_nap(request), || {
        invalid(
            "agentPoolProfile.powerState",
            "an agent pool cannot be stopped with node auto provisioning",
        )
    })
}

fn pool_stop_succeeded(request: &Request<'_>) -> Result<(), Refusal> {
    let state = request
        .old
        .and_then(|old| text(old, "/properties/provisioningState"))
        .unwrap_or("Succeeded");
    require(!stops(request) || state.eq_ignore_ascii_case("Succeeded"), || {
        not_allowed(format!(
            "agent pool is in Provisioning State({state}), stopping cannot be performed"
        ))
    })
}

fn stopped_pool_not_scaled(request: &Request<'_>) -> Result<(), Refusal> {
    let stays_stopped = request.old.is_some_and(|old| is(old, POWER, "Stopped")) && is(request.new, POWER, "Stopped");
    require(!stays_stopped || !request.changes("/properties/count"), || {
        not_allowed("agent pool is in Power State(Stopped), scaling cannot be performed".into())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;
    use super::*;

    fn stopped() -> World {
        World::with(json!({"powerState": {"code": "Stopped"}}), json!({}), json!({}))
    }

    #[test]
    fn a_stopped_cluster_takes_only_start_and_delete() {
        stopped().act(Operation::StartCluster, "demo").accepted();
        stopped()
            .put_cluster(json!({"tags": {"a": "b"}}))
            .refused_by("stopped-cluster-takes-start-and-delete");
        stopped()
            .act(Operation::DeletePool, "work")
            .refused_by("stopped-cluster-takes-start-and-delete");
        stopped()
            .act(Operation::StopCluster, "demo")
            .refused_by("stop-needs-running");
    }

    #[test]
    fn a_running_cluster_stops_and_does_not_start() {
        World::new().act(Operation::StopCluster, "demo").accepted();
        let refusal = World::new()
            .act(Operation::StartCluster, "demo")
            .refused_by("start-needs-stopped");
        assert_eq!(
            refusal.message,
            "managed cluster is in Provisioning State(Succeeded) and Power State(Running), starting cannot be performed"
        );
    }

    #[test]
    fn clusters_that_cannot_stop() {
        let stop = |cluster, work| World::with(cluster, json!({}), work).act(Operation::StopCluster, "demo");
        stop(json!({}), json!({"type": "AvailabilitySet"})).refused_by("stop-needs-scale-sets");
        stop(json!({"nodeProvisioningProfile": {"mode": "Auto"}}), json!({})).refused_by("stop-not-with-nap");
    }

    #[test]
    fn pools_that_stop() {
        let stop = json!({"powerState": {"code": "Stopped"}});
        World::new().put_pool("work", stop.clone()).accepted();
        World::new()
            .put_pool("system", stop.clone())
            .refused_by("pool-stop-needs-user-mode");
        World::with(
            json!({"nodeProvisioningProfile": {"mode": "Auto"}}),
            json!({}),
            json!({}),
        )
        .put_pool("work", stop.clone())
        .refused_by("pool-stop-not-with-nap");
        World::with(json!({}), json!({}), json!({"provisioningState": "Failed"}))
            .put_pool("work", stop)
            .refused_by("pool-stop-needs-succeeded");
    }

    #[test]
    fn a_stopped_pool_is_not_scaled_and_can_be_upgraded() {
        let world = World::with(
            json!({"kubernetesVersion": "1.36.4"}),
            json!({}),
            json!({"powerState": {"code": "Stopped"}, "orchestratorVersion": "1.35.8"}),
        );
        world
            .put_pool("work", json!({"orchestratorVersion": "1.36.4"}))
            .accepted();
        world
            .put_pool("work", json!({"count": 5}))
            .refused_by("stopped-pool-not-scaled");
        world
            .put_pool("work", json!({"count": 5, "powerState": {"code": "Running"}}))
            .accepted();
    }
}
