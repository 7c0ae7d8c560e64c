#!/usr/bin/env python3
"""Creates, scales, upgrades and deletes a cluster with Microsoft's own Python SDK.

The only things it is told are what any Azure client is told: the ARM endpoint, the authority, who signs in, and the
certificate authority to trust. Run it through `make conformance-sdk`, or by hand:

    armature-sim --tls --time-scale 600 > ready.json &
    python3 sim/conformance/sdk.py "$(cat ready.json)"

Needs azure-identity, azure-mgmt-containerservice, azure-mgmt-resource and azure-mgmt-resource-subscriptions.
"""

import json
import os
import sys

ready = json.loads(sys.argv[1])
if ready["ca"]:
    os.environ["REQUESTS_CA_BUNDLE"] = ready["ca"]
    os.environ["SSL_CERT_FILE"] = ready["ca"]

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.containerservice import models as aks
from azure.mgmt.resource.resources import ResourceManagementClient

GROUP, CLUSTER, REGION = "sdk-conformance", "sdk", "westeurope"

passed = 0


def check(what, holds):
    """One line for each thing that has to hold; the first that does not ends the run."""
    global passed
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    if not holds:
        sys.exit(1)
    passed += 1


def refused(what, code, call):
    """`call` has to be refused with Azure's `code`."""
    try:
        call()
    except HttpResponseError as error:
        check(f"{what}: {error.status_code} {code}", error.error is not None and error.error.code == code)
    else:
        check(f"{what}: refused with {code}", False)


def client(kind, **more):
    return kind(
        credential,
        ready["subscription"],
        base_url=ready["endpoint"],
        credential_scopes=[ready["endpoint"] + "/.default"],
        polling_interval=1,
        **more,
    )


credential = ClientSecretCredential(
    ready["tenant"],
    ready["clientId"],
    ready["clientSecret"],
    authority=ready["endpoint"],
    disable_instance_discovery=True,
)
resources = client(ResourceManagementClient)
containers = client(ContainerServiceClient)
clusters, pools = containers.managed_clusters, containers.agent_pools

group = resources.resource_groups.create_or_update(GROUP, {"location": REGION, "tags": {"purpose": "conformance"}})
check("resource group created", group.properties.provisioning_state == "Succeeded")
check("resource group exists", resources.resource_groups.check_existence(GROUP))

offered = clusters.list_kubernetes_versions(REGION).values_property
minors = sorted((v.version for v in offered if not v.is_preview), key=lambda v: [int(part) for part in v.split(".")])
check(f"versions offered: {', '.join(minors)}", len(minors) >= 2)
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
check("cluster created", cluster.provisioning_state == "Succeeded")
check(f"it runs {cluster.current_kubernetes_version}", cluster.current_kubernetes_version.startswith(start + "."))
check("its pool came with it", [p.name for p in cluster.agent_pool_profiles] == ["system"])
check("its eTag is there", bool(cluster.e_tag))
check("the group's list has it", [c.name for c in clusters.list_by_resource_group(GROUP)] == [CLUSTER])

user = clusters.list_cluster_user_credentials(GROUP, CLUSTER)
check("a kubeconfig comes back", b"clusters" in user.kubeconfigs[0].value)

extra = aks.AgentPool(mode="User", count=1, vm_size="Standard_D4s_v5")
pool = pools.begin_create_or_update(GROUP, CLUSTER, "work", extra).result()
check("pool created", pool.provisioning_state == "Succeeded" and pool.count == 1)
pool.count = 3
pool = pools.begin_create_or_update(GROUP, CLUSTER, "work", pool, etag=pool.e_tag, match_condition=None).result()
check("pool scaled", pool.provisioning_state == "Succeeded" and pool.count == 3)

profile = clusters.get_upgrade_profile(GROUP, CLUSTER)
targets = [u.kubernetes_version for u in profile.control_plane_profile.upgrades]
check(f"upgrades offered: {', '.join(targets)}", any(t.startswith(goal + ".") for t in targets))

cluster = clusters.get(GROUP, CLUSTER)
cluster.kubernetes_version = goal
refused_downgrade = clusters.get(GROUP, CLUSTER)
refused_downgrade.kubernetes_version = "1.20.0"
try:
    clusters.begin_create_or_update(GROUP, CLUSTER, refused_downgrade)
    check("a downgrade is refused", False)
except HttpResponseError as error:
    check(f"a downgrade is refused: {error.status_code} {error.error.code}", error.status_code in (400, 409))
cluster = clusters.begin_create_or_update(GROUP, CLUSTER, cluster).result()
check(f"control plane upgraded to {cluster.current_kubernetes_version}", cluster.current_kubernetes_version.startswith(goal + "."))
check("pools stayed", all(p.current_orchestrator_version.startswith(start + ".") for p in cluster.agent_pool_profiles))
for name in ["system", "work"]:
    pool = pools.get(GROUP, CLUSTER, name)
    pool.orchestrator_version = goal
    pool = pools.begin_create_or_update(GROUP, CLUSTER, name, pool).result()
    check(f"pool {name} upgraded to {pool.current_orchestrator_version}", pool.current_orchestrator_version.startswith(goal + "."))

cluster = clusters.begin_update_tags(GROUP, CLUSTER, aks.TagsObject(tags={"env": "prod"})).result()
check("tags replaced", cluster.tags == {"env": "prod"})
clusters.begin_stop(GROUP, CLUSTER).result()
check("cluster stopped", clusters.get(GROUP, CLUSTER).power_state.code == "Stopped")
clusters.begin_start(GROUP, CLUSTER).result()
check("cluster started", clusters.get(GROUP, CLUSTER).power_state.code == "Running")

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
check("maintenance window kept", found.maintenance_window.schedule.weekly.day_of_week == "Sunday")

refused("a pool that does not exist", "NotFound", lambda: pools.get(GROUP, CLUSTER, "absent"))
refused("a cluster that does not exist", "ResourceNotFound", lambda: clusters.get(GROUP, "absent"))

pools.begin_delete(GROUP, CLUSTER, "work").result()
check("pool deleted", [p.name for p in pools.list(GROUP, CLUSTER)] == ["system"])
clusters.begin_delete(GROUP, CLUSTER).result()
try:
    clusters.get(GROUP, CLUSTER)
    check("cluster deleted", False)
except ResourceNotFoundError:
    check("cluster deleted", True)
resources.resource_groups.begin_delete(GROUP).result()
check("resource group deleted", not resources.resource_groups.check_existence(GROUP))
print(f"{passed} passed, 0 failed")
