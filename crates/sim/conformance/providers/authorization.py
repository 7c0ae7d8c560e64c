"""Microsoft.Authorization: role definitions and assignments, the caller's rights, locks."""

import uuid

from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01 import models
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.locks import models as locking

GROUP = CLUSTER = "rights"


def run(h):
    cluster = h.cluster(CLUSTER)
    authorization = h.client(AuthorizationManagementClient, api_version="2022-04-01")
    assignments(h, authorization, cluster)
    locks(h, h.client(ManagementLockClient), cluster)


def assignments(h, authorization, scope):
    definitions, assigned = authorization.role_definitions, authorization.role_assignments
    (pull,) = definitions.list(scope, filter="roleName eq 'AcrPull'")
    h.equal("AcrPull is found by its name", pull.name, "7f951dda-4ed3-4680-a7ca-43fe172d538d")
    h.equal("it is built in", pull.role_type, "BuiltInRole")
    principal = str(uuid.uuid4())

    def body(kind="ServicePrincipal"):
        return models.RoleAssignmentCreateParameters(
            role_definition_id=pull.id, principal_id=principal, principal_type=kind
        )

    name = str(uuid.uuid4())
    made = assigned.create(scope, name, body())
    h.equal("an assignment", (made.principal_id, made.scope, made.condition), (principal, scope, None))
    h.equal("it is there", assigned.get(scope, name).name, name)
    again = lambda: assigned.create(scope, str(uuid.uuid4()), body())
    h.refused("the same again", "RoleAssignmentExists", again, 409)
    other = lambda: assigned.create(scope, str(uuid.uuid4()), body(None))
    principal = str(uuid.uuid4())
    h.refused("a principal without its type", "PrincipalNotFound", other, 400)
    found = list(assigned.list_for_scope(scope, filter=f"principalId eq '{made.principal_id}'"))
    h.equal("it is listed by its principal", [one.name for one in found], [name])
    h.equal("its deletion shows it", assigned.delete(scope, name).name, name)
    h.equal("there is nothing left to delete", assigned.delete(scope, name), None)
    rights = list(authorization.permissions.list_for_resource_group(GROUP))
    h.equal("the caller may do everything", rights[0].actions, ["*"])


def locks(h, client, scope):
    locks = client.management_locks
    made = locks.create_or_update_by_scope(scope, "keep", locking.ManagementLockObject(level="CanNotDelete"))
    h.equal("a lock", made.level, "CanNotDelete")
    h.check("it is listed", "keep" in [lock.name for lock in locks.list_by_scope(scope)])
    clusters = h.client(ContainerServiceClient).managed_clusters
    h.refused("the cluster's deletion", "ScopeLocked", lambda: clusters.begin_delete(GROUP, CLUSTER), 409)
    locks.delete_by_scope(scope, "keep")
    h.refused("a lock that is gone", "LockNotFound", lambda: locks.get_by_scope(scope, "keep"), 404)
