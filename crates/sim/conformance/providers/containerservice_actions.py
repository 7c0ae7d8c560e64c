"""Microsoft.ContainerService: actions, machines, snapshots, conditions on eTags, pages and refusals."""

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.containerservice import models as aks

from harness import REGION

GROUP = CLUSTER = "actions"


def run(h):
    containers = h.client(ContainerServiceClient)
    cluster = h.cluster(CLUSTER)
    commands(h, containers, cluster)
    machines(h, containers)
    snapshots(h, containers)
    rotations(h, containers.managed_clusters)
    conditions(h, containers)
    pages(h, containers)
    refusals(h, containers)


def commands(h, containers, cluster):
    output = {"exitCode": 2, "logs": "no such pod\n", "seconds": 60}
    h.admin("/run-command-outputs", {"id": cluster, "output": output})
    request = aks.RunCommandRequest(command="kubectl get pod x")
    result = containers.managed_clusters.begin_run_command(GROUP, CLUSTER, request).result()
    h.equal("a command's result", (result.exit_code, result.logs), (2, "no such pod\n"))
    h.check("its times", result.started_at < result.finished_at)


def machines(h, containers):
    pools = containers.agent_pools
    pool = aks.AgentPool(mode="User", count=3, vm_size="Standard_D4s_v5", availability_zones=["1", "2"])
    pools.begin_create_or_update(GROUP, CLUSTER, "work", pool).result()
    before = [machine.name for machine in containers.machines.list(GROUP, CLUSTER, "work")]
    h.equal("machines of a pool", len(before), 3)
    one = containers.machines.get(GROUP, CLUSTER, "work", before[0])
    h.check("one of them", one.properties.network.ip_addresses[0].family == "IPv4" and one.zones == ["1"])
    gone = aks.AgentPoolDeleteMachinesParameter(machine_names=[before[0]])
    pools.begin_delete_machines(GROUP, CLUSTER, "work", gone).result()
    after = [machine.name for machine in containers.machines.list(GROUP, CLUSTER, "work")]
    h.equal("without the deleted one", after, before[1:])
    h.equal("and the count", pools.get(GROUP, CLUSTER, "work").count, 2)


def snapshots(h, containers):
    source = containers.agent_pools.get(GROUP, CLUSTER, "work")
    wanted = aks.Snapshot(location=REGION, tags={"a": "b"}, creation_data=aks.CreationData(source_resource_id=source.id))
    made = containers.snapshots.create_or_update(GROUP, "s", wanted)
    h.equal("a snapshot's image", made.node_image_version, source.node_image_version)
    h.equal("its version and size", (made.kubernetes_version, made.vm_size), (source.current_orchestrator_version, source.vm_size))
    copy = aks.AgentPool(mode="User", count=1, vm_size="Standard_D8s_v5", creation_data=aks.CreationData(source_resource_id=made.id))
    copy = containers.agent_pools.begin_create_or_update(GROUP, CLUSTER, "copy", copy).result()
    h.equal("a pool made from it", copy.node_image_version, made.node_image_version)
    other = aks.AgentPool(mode="User", vm_size="Standard_E4s_v5", creation_data=aks.CreationData(source_resource_id=made.id))
    h.refused(
        "another family of sizes",
        "InvalidParameter",
        lambda: containers.agent_pools.begin_create_or_update(GROUP, CLUSTER, "other", other),
        400,
    )
    h.equal("its tags", containers.snapshots.update_tags(GROUP, "s", aks.TagsObject(tags={"c": "d"})).tags, {"c": "d"})
    h.equal("snapshots listed", [s.name for s in containers.snapshots.list_by_resource_group(GROUP)], ["s"])
    containers.snapshots.delete(GROUP, "s")
    h.refused("a deleted snapshot", "ResourceNotFound", lambda: containers.snapshots.get(GROUP, "s"), 404)


def rotations(h, clusters):
    before = clusters.list_cluster_user_credentials(GROUP, CLUSTER).kubeconfigs[0].value
    clusters.begin_rotate_cluster_certificates(GROUP, CLUSTER).result()
    after = clusters.list_cluster_user_credentials(GROUP, CLUSTER).kubeconfigs[0].value
    h.check("rotated certificates change the kubeconfig", before != after)
    clusters.begin_rotate_service_account_signing_keys(GROUP, CLUSTER).result()
    profile = aks.ManagedClusterServicePrincipalProfile(client_id="app", secret="hush")
    h.refused(
        "a service principal where there is none",
        "BadRequest",
        lambda: clusters.begin_reset_service_principal_profile(GROUP, CLUSTER, profile),
        400,
    )


def conditions(h, containers):
    pools = containers.agent_pools
    pool = pools.get(GROUP, CLUSTER, "work")
    stale = dict(etag="stale", match_condition=MatchConditions.IfNotModified)
    h.refused(
        "a stale eTag",
        "PreconditionFailed",
        lambda: pools.begin_create_or_update(GROUP, CLUSTER, "work", pool, **stale),
        412,
    )
    current = dict(etag=pool.e_tag, match_condition=MatchConditions.IfNotModified)
    pool.count = 1
    pool = pools.begin_create_or_update(GROUP, CLUSTER, "work", pool, **current).result()
    h.equal("the current eTag", pool.count, 1)
    try:
        pools.begin_create_or_update(GROUP, CLUSTER, "work", pool, match_condition=MatchConditions.IfMissing)
        h.check("a pool that is there is not made again", False)
    except ResourceExistsError as error:
        h.equal("a pool that is there is not made again", error.status_code, 412)


def pages(h, containers):
    h.admin("/seed", {"clusters": 7, "resourceGroup": "pages", "prefix": "page-"})
    h.admin("/settings", {"pageSize": 3}, "PATCH")
    found = [[c.name for c in page] for page in containers.managed_clusters.list_by_resource_group("pages").by_page()]
    h.equal("pages of clusters", [len(page) for page in found], [3, 3, 1])
    h.equal("all of them once", sorted(sum(found, [])), [f"page-{n:04}" for n in range(1, 8)])
    h.admin("/settings", {"pageSize": 500}, "PATCH")


def refusals(h, containers):
    clusters, pools = containers.managed_clusters, containers.agent_pools
    extra = aks.AgentPool(mode="User", count=1, vm_size="Standard_D4s_v5")
    cluster = clusters.get(GROUP, CLUSTER)
    running = pools.begin_create_or_update(GROUP, CLUSTER, "busy", extra)
    h.refused(
        "a cluster with a busy pool",
        "OperationNotAllowed",
        lambda: clusters.begin_create_or_update(GROUP, CLUSTER, cluster),
        409,
    )
    running.result()
    spot = aks.AgentPool(mode="System", scale_set_priority="Spot", vm_size="Standard_D4s_v5")
    h.refused("a system pool of spot nodes", "InvalidParameter", lambda: pools.begin_create_or_update(GROUP, CLUSTER, "spot", spot), 400)
    h.refused("the last system pool", "OperationNotAllowed", lambda: pools.begin_delete(GROUP, CLUSTER, "system"))
    moved = clusters.get(GROUP, CLUSTER)
    moved.dns_prefix = "other"
    h.refused(
        "another DNS prefix",
        "PropertyChangeNotAllowed",
        lambda: clusters.begin_create_or_update(GROUP, CLUSTER, moved),
        400,
    )
    h.admin(
        "/faults",
        {
            "match": {"call": "AgentPools_CreateOrUpdate"},
            "times": 1,
            "fault": {"operationFails": {"code": "SkuNotAvailable", "message": "no capacity"}},
        },
    )
    h.refused(
        "an operation that fails",
        "SkuNotAvailable",
        lambda: pools.begin_create_or_update(GROUP, CLUSTER, "failing", extra).result(),
    )
    h.equal("leaves its pool", pools.get(GROUP, CLUSTER, "failing").provisioning_state, "Failed")
