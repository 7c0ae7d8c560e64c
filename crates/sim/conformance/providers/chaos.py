"""Microsoft.Chaos: a cluster as a target of Chaos Studio, an extension without a type of its own in the manifest."""

from azure.mgmt.chaos import ChaosManagementClient
from azure.mgmt.chaos import models

GROUP = CLUSTER = "chaos"
MESH = "Microsoft-AzureKubernetesServiceChaosMesh"


def run(h):
    h.cluster(CLUSTER)
    targets = h.client(ChaosManagementClient).targets
    parent = (GROUP, "Microsoft.ContainerService", "managedClusters", CLUSTER)

    made = targets.create_or_update(*parent, MESH, models.Target(properties={}))
    h.equal("a target", made.name, MESH)
    changed = targets.create_or_update(*parent, MESH, models.Target(properties={"team": "shop"}))
    h.equal("its properties", changed.properties, {"team": "shop"})
    h.equal("all targets", [target.name for target in targets.list(*parent)], [MESH])
    odd = lambda: targets.create_or_update(*parent, "chaos mesh", models.Target(properties={}))
    h.refused("a name with a blank", "BadRequest", odd, 400)
    targets.delete(*parent, MESH)
    h.refused("what is gone", "ResourceNotFound", lambda: targets.get(*parent, MESH), 404)
