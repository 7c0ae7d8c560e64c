"""Microsoft.ContainerService: clusters and pools from their create to their end."""

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.containerservice import models as aks
from azure.mgmt.resource.resources import ResourceManagementClient

GROUP, CLUSTER, REGION = "sdk-conformance", "sdk", "westeurope"


def run(h):
    resources = h.client(ResourceManagementClient)
    containers = h.client(ContainerServiceClient)
    clusters, pools = containers.managed_clusters, containers.agent_pools

    group = resources.resource_groups.create_or_update(GROUP, {"location": REGION, "tags": {"purpose": "conformance"}})
    h.check("resource group created", group.properties.provisioning_state == "Succeeded")
    h.check("resource group exists", resources.resource_groups.check_existence(GROUP))

    offered = clusters.list_kubernetes_versions(REGION).values_property
    minors = sorted((v.version for v in offered if not v.is_preview), key=lambda v: [int(part) for part in v.split(".")])
    h.check(f"versions offered: {', '.join(minors)}", len(minors) >= 2)
    start, goal = minors[-2], minors[-1]

    wanted = aks.ManagedCluster(
        location=REGION,
        tags={"env": "test"},
        dns_prefix=CLUSTER,
        kubernetes_version=start,
        identity=aks.ManagedClusterIdentity(type="SystemAssigned"),
        network_profile=aks.ContainerServiceNetworkProfile(network_plugin="azure", network_plugin_mode="overlay"),
        auto_upgrade_profile=aks.ManagedClusterAutoUpgradeProfile(upgrade_channel="none"),
        agent_pool_profiles=[
            aks.ManagedClusterAgentPoolProfile(name="system", mode="System", count=2, vm_size="Standard_D4s_v5")
        ],
    )
    cluster = clusters.begin_create_or_update(GROUP, CLUSTER, wanted).result()
    h.check("cluster created", cluster.provisioning_state == "Succeeded")
    h.check(f"it runs {cluster.current_kubernetes_version}", cluster.current_kubernetes_version.startswith(start + "."))
    h.check("its pool came with it", [p.name for p in cluster.agent_pool_profiles] == ["system"])
    h.check("its eTag is there", bool(cluster.e_tag))
    h.check("the group's list has it", [c.name for c in clusters.list_by_resource_group(GROUP)] == [CLUSTER])

    user = clusters.list_cluster_user_credentials(GROUP, CLUSTER)
    h.check("a kubeconfig comes back", b"clusters" in user.kubeconfigs[0].value)

    extra = aks.AgentPool(mode="User", count=1, vm_size="Standard_D4s_v5")
    pool = pools.begin_create_or_update(GROUP, CLUSTER, "work", extra).result()
    h.check("pool created", pool.provisioning_state == "Succeeded" and pool.count == 1)
    pool.count = 3
    pool = pools.begin_create_or_update(GROUP, CLUSTER, "work", pool, etag=pool.e_tag, match_condition=None).result()
    h.check("pool scaled", pool.provisioning_state == "Succeeded" and pool.count == 3)

    profile = clusters.get_upgrade_profile(GROUP, CLUSTER)
    targets = [u.kubernetes_version for u in profile.control_plane_profile.upgrades]
    h.check(f"upgrades offered: {', '.join(targets)}", any(t.startswith(goal + ".") for t in targets))

    cluster = clusters.get(GROUP, CLUSTER)
    cluster.kubernetes_version = goal
    refused_downgrade = clusters.get(GROUP, CLUSTER)
    refused_downgrade.kubernetes_version = "1.20.0"
    try:
        clusters.begin_create_or_update(GROUP, CLUSTER, refused_downgrade)
        h.check("a downgrade is refused", False)
    except HttpResponseError as error:
        h.check(f"a downgrade is refused: {error.status_code} {error.error.code}", error.status_code in (400, 409))
    cluster = clusters.begin_create_or_update(GROUP, CLUSTER, cluster).result()
    h.check(f"control plane upgraded to {cluster.current_kubernetes_version}", cluster.current_kubernetes_version.startswith(goal + "."))
    h.check("pools stayed", all(p.current_orchestrator_version.startswith(start + ".") for p in cluster.agent_pool_profiles))
    for name in ["system", "work"]:
        pool = pools.get(GROUP, CLUSTER, name)
        pool.orchestrator_version = goal
        pool = pools.begin_create_or_update(GROUP, CLUSTER, name, pool).result()
        h.check(f"pool {name} upgraded to {pool.current_orchestrator_version}", pool.current_orchestrator_version.startswith(goal + "."))

    cluster = clusters.begin_update_tags(GROUP, CLUSTER, aks.TagsObject(tags={"env": "prod"})).result()
    h.check("tags replaced", cluster.tags == {"env": "prod"})
    clusters.begin_stop(GROUP, CLUSTER).result()
    h.check("cluster stopped", clusters.get(GROUP, CLUSTER).power_state.code == "Stopped")
    clusters.begin_start(GROUP, CLUSTER).result()
    h.check("cluster started", clusters.get(GROUP, CLUSTER).power_state.code == "Running")

    maintenance = containers.maintenance_configurations
    window = aks.MaintenanceConfiguration(
        maintenance_window=aks.MaintenanceWindow(
            schedule=aks.Schedule(weekly=aks.WeeklySchedule(interval_weeks=1, day_of_week="Sunday")),
            duration_hours=4,
            start_time="03:00",
            utc_offset="+00:00",
        )
    )
    maintenance.create_or_update(GROUP, CLUSTER, "aksManagedAutoUpgradeSchedule", window)
    found = maintenance.get(GROUP, CLUSTER, "aksManagedAutoUpgradeSchedule")
    h.check("maintenance window kept", found.maintenance_window.schedule.weekly.day_of_week == "Sunday")

    h.refused("a pool that does not exist", "NotFound", lambda: pools.get(GROUP, CLUSTER, "absent"))
    h.refused("a cluster that does not exist", "ResourceNotFound", lambda: clusters.get(GROUP, "absent"))

    pools.begin_delete(GROUP, CLUSTER, "work").result()
    h.check("pool deleted", [p.name for p in pools.list(GROUP, CLUSTER)] == ["system"])
    clusters.begin_delete(GROUP, CLUSTER).result()
    try:
        clusters.get(GROUP, CLUSTER)
        h.check("cluster deleted", False)
    except ResourceNotFoundError:
        h.check("cluster deleted", True)
    resources.resource_groups.begin_delete(GROUP).result()
    h.check("resource group deleted", not resources.resource_groups.check_existence(GROUP))
