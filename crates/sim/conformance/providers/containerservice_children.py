"""Microsoft.ContainerService: what hangs on a cluster, each kind from its create to its end."""

import datetime

from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.containerservice import models as aks

from harness import REGION

GROUP = CLUSTER = "children"
PRIVATE = "private"


def run(h):
    containers = h.client(ContainerServiceClient)
    h.cluster(
        CLUSTER,
        oidc_issuer_profile=aks.ManagedClusterOIDCIssuerProfile(enabled=True),
        security_profile=aks.ManagedClusterSecurityProfile(
            workload_identity=aks.ManagedClusterSecurityProfileWorkloadIdentity(enabled=True)
        ),
    )
    maintenance(h, containers.maintenance_configurations)
    trusted_access(h, containers)
    namespaces(h, containers.managed_namespaces)
    identity_bindings(h, containers.identity_bindings)
    private_endpoints(h, containers)


def window(**schedule):
    return aks.MaintenanceConfiguration(
        maintenance_window=aks.MaintenanceWindow(
            schedule=aks.Schedule(**schedule),
            duration_hours=6,
            utc_offset="-03:00",
            start_date=datetime.date(2026, 12, 1),
            start_time="22:30",
            not_allowed_dates=[aks.DateSpan(start=datetime.date(2026, 12, 24), end=datetime.date(2027, 1, 2))],
        )
    )


def maintenance(h, configurations):
    upgrades, images = "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"
    weekly = window(weekly=aks.WeeklySchedule(interval_weeks=2, day_of_week="Sunday"))
    made = configurations.create_or_update(GROUP, CLUSTER, upgrades, weekly).maintenance_window
    h.equal("a weekly window: weeks", made.schedule.weekly.interval_weeks, 2)
    h.equal("its span of dates", made.not_allowed_dates[0].end, datetime.date(2027, 1, 2))
    h.equal("its hours and offset", (made.duration_hours, made.start_time, made.utc_offset), (6, "22:30", "-03:00"))
    monthly = window(absolute_monthly=aks.AbsoluteMonthlySchedule(interval_months=3, day_of_month=31))
    made = configurations.create_or_update(GROUP, CLUSTER, upgrades, monthly).maintenance_window
    h.equal("a monthly window replaces it", (made.schedule.weekly, made.schedule.absolute_monthly.day_of_month), (None, 31))
    relative = window(
        relative_monthly=aks.RelativeMonthlySchedule(interval_months=1, week_index="Last", day_of_week="Friday")
    )
    made = configurations.create_or_update(GROUP, CLUSTER, images, relative).maintenance_window
    h.equal("a relative window", made.schedule.relative_monthly.week_index, "Last")
    h.equal("both are listed", sorted(c.name for c in configurations.list_by_managed_cluster(GROUP, CLUSTER)), [upgrades, images])
    refused = lambda name, body: lambda: configurations.create_or_update(GROUP, CLUSTER, name, body)
    h.refused("a name of one's own", "InvalidParameter", refused("mine", weekly), 400)
    h.refused("default is weekly", "InvalidParameter", refused("default", monthly), 400)
    two = window(
        weekly=aks.WeeklySchedule(interval_weeks=1, day_of_week="Sunday"), daily=aks.DailySchedule(interval_days=1)
    )
    h.refused("two schedules", "InvalidParameter", refused(upgrades, two), 400)
    configurations.delete(GROUP, CLUSTER, images)
    h.refused("a deleted window", "NotFound", lambda: configurations.get(GROUP, CLUSTER, images), 404)
    configurations.delete(GROUP, CLUSTER, images)
    h.refused("of no cluster", "ParentResourceNotFound", lambda: configurations.get(GROUP, "absent", images), 404)


def trusted_access(h, containers):
    roles = {role.name: role.source_resource_type for role in containers.trusted_access_roles.list(REGION)}
    role = "Microsoft.DataProtection/backupVaults/backup-operator"
    h.equal("a role and the type it is for", roles.get(role), "Microsoft.DataProtection/backupVaults")
    bindings = containers.trusted_access_role_bindings
    vault = f"/subscriptions/{h.subscription}/resourceGroups/{GROUP}/providers/Microsoft.DataProtection/backupVaults/v"
    wanted = aks.TrustedAccessRoleBinding(source_resource_id=vault, roles=[role])
    poller = bindings.begin_create_or_update(GROUP, CLUSTER, "backup", wanted)
    made = poller.result()
    h.equal("the poller of a binding", poller.status(), "Succeeded")
    h.equal("a binding", (made.name, made.source_resource_id, made.roles, made.provisioning_state), ("backup", vault, [role], "Succeeded"))
    h.equal("bindings listed", [b.name for b in bindings.list(GROUP, CLUSTER)], ["backup"])
    unknown = aks.TrustedAccessRoleBinding(source_resource_id=vault, roles=["Microsoft.X/y/z"])
    h.refused("an unknown role", "InvalidParameter", lambda: bindings.begin_create_or_update(GROUP, CLUSTER, "other", unknown), 400)
    bindings.begin_delete(GROUP, CLUSTER, "backup").result()
    h.refused("a deleted binding", "NotFound", lambda: bindings.get(GROUP, CLUSTER, "backup"), 404)
    bindings.begin_delete(GROUP, CLUSTER, "backup").result()


def namespaces(h, all_namespaces):
    wanted = aks.ManagedNamespace(
        location=REGION,
        tags={"team": "a"},
        properties=aks.NamespaceProperties(
            labels={"team": "a"},
            annotations={"owner": "a@example.com"},
            default_resource_quota=aks.ResourceQuota(
                cpu_request="500m", cpu_limit="2", memory_request="512Mi", memory_limit="4Gi"
            ),
            default_network_policy=aks.NetworkPolicies(ingress="AllowAll", egress="DenyAll"),
            adoption_policy="IfIdentical",
            delete_policy="Delete",
        ),
    )
    made = all_namespaces.begin_create_or_update(GROUP, CLUSTER, "team-a", wanted).result()
    h.equal("a namespace's quota", made.properties.default_resource_quota, wanted.properties.default_resource_quota)
    h.equal("its policies", (made.properties.adoption_policy, made.properties.delete_policy), ("IfIdentical", "Delete"))
    h.check("its eTag and state", bool(made.e_tag) and made.properties.provisioning_state == "Succeeded")
    tagged = all_namespaces.update(GROUP, CLUSTER, "team-a", aks.TagsObject(tags={"team": "b"}))
    h.equal("its tags replaced", tagged.tags, {"team": "b"})
    config = all_namespaces.list_credential(GROUP, CLUSTER, "team-a").kubeconfigs[0].value
    h.check("a kubeconfig of the namespace", b'"namespace":"team-a"' in bytes(config))
    h.refused(
        "a system namespace",
        "InvalidParameter",
        lambda: all_namespaces.begin_create_or_update(GROUP, CLUSTER, "kube-system", wanted),
        400,
    )
    h.equal("namespaces listed", [n.name for n in all_namespaces.list_by_managed_cluster(GROUP, CLUSTER)], ["team-a"])
    all_namespaces.begin_delete(GROUP, CLUSTER, "team-a").result()
    h.refused("a deleted namespace", "NotFound", lambda: all_namespaces.get(GROUP, CLUSTER, "team-a"), 404)


def identity_bindings(h, bindings):
    identity = (
        f"/subscriptions/{h.subscription}/resourceGroups/{GROUP}/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/pods"
    )
    wanted = aks.IdentityBinding(
        properties=aks.IdentityBindingProperties(
            managed_identity=aks.IdentityBindingManagedIdentityProfile(resource_id=identity)
        )
    )
    made = bindings.begin_create_or_update(GROUP, CLUSTER, "pods", wanted).result().properties
    h.equal("an identity binding", (made.managed_identity.resource_id, made.provisioning_state), (identity, "Succeeded"))
    h.check("its issuer", made.oidc_issuer.oidc_issuer_url.endswith(made.managed_identity.client_id))
    moved = aks.IdentityBinding(
        properties=aks.IdentityBindingProperties(
            managed_identity=aks.IdentityBindingManagedIdentityProfile(resource_id=identity + "2")
        )
    )
    h.refused(
        "another identity",
        "PropertyChangeNotAllowed",
        lambda: bindings.begin_create_or_update(GROUP, CLUSTER, "pods", moved),
        400,
    )
    h.equal("bindings listed", [b.name for b in bindings.list_by_managed_cluster(GROUP, CLUSTER)], ["pods"])
    bindings.begin_delete(GROUP, CLUSTER, "pods").result()
    h.refused("a deleted binding", "NotFound", lambda: bindings.get(GROUP, CLUSTER, "pods"), 404)


def private_endpoints(h, containers):
    access = aks.ManagedClusterAPIServerAccessProfile(enable_private_cluster=True)
    cluster = h.cluster(PRIVATE, api_server_access_profile=access)
    resources = containers.private_link_resources.list(PRIVATE, PRIVATE).value
    h.equal("a private link resource", [(r.group_id, r.required_members) for r in resources], [("management", ["management"])])
    h.admin("/private-endpoint-connections", {"id": cluster, "name": "theirs", "description": "please"})
    connections = containers.private_endpoint_connections
    pending = connections.get(PRIVATE, PRIVATE, "theirs")
    state = pending.private_link_service_connection_state
    h.equal("a connection asks", (state.status, state.description), ("Pending", "please"))
    state.status = "Approved"
    approved = connections.update(PRIVATE, PRIVATE, "theirs", pending)
    h.equal("and is approved", approved.private_link_service_connection_state.status, "Approved")
    h.equal("by the same endpoint", approved.private_endpoint.id, pending.private_endpoint.id)
    h.equal("connections listed", [c.name for c in connections.list(PRIVATE, PRIVATE).value], ["theirs"])
    connections.begin_delete(PRIVATE, PRIVATE, "theirs").result()
    h.refused("a deleted connection", "NotFound", lambda: connections.get(PRIVATE, PRIVATE, "theirs"), 404)
