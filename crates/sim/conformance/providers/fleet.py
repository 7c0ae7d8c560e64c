"""Microsoft.ContainerService/fleets: members join and leave."""

from azure.mgmt.containerservicefleet import ContainerServiceFleetMgmtClient
from azure.mgmt.containerservicefleet import models

from harness import REGION

GROUP = CLUSTER = "fleets"


def run(h):
    cluster = h.cluster(CLUSTER)
    client = h.client(ContainerServiceFleetMgmtClient)
    fleet = client.fleets.begin_create_or_update(GROUP, "fleet", models.Fleet(location=REGION)).result()
    h.equal("a fleet", fleet.properties.provisioning_state, "Succeeded")

    def member(group):
        return models.FleetMember(properties=models.FleetMemberProperties(cluster_resource_id=cluster, group=group))

    made = client.fleet_members.begin_create(GROUP, "fleet", "one", member("ring-1")).result()
    h.equal("a member", (made.properties.provisioning_state, made.properties.group), ("Succeeded", "ring-1"))
    twice = lambda: client.fleet_members.begin_create(GROUP, "fleet", "two", member("ring-1"))
    h.refused("the same cluster again", "Conflict", twice, 409)
    h.equal("it is listed", [one.name for one in client.fleet_members.list_by_fleet(GROUP, "fleet")], ["one"])
    client.fleet_members.begin_delete(GROUP, "fleet", "one").result()
    h.equal("it left", list(client.fleet_members.list_by_fleet(GROUP, "fleet")), [])
    client.fleets.begin_delete(GROUP, "fleet").result()
    h.refused("what is gone", "ResourceNotFound", lambda: client.fleets.get(GROUP, "fleet"), 404)
