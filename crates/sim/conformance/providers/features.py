"""Microsoft.Features: preview features, and what AKS does with one that is registered."""

import time

from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.resource.features import FeatureClient

GROUP = CLUSTER = "previews"
PROVIDER, NAME = "Microsoft.ContainerService", "NodeInitializationTaintsPreview"


def run(h):
    features = h.client(FeatureClient).features
    h.cluster(CLUSTER)
    pools = h.client(ContainerServiceClient, api_version="2026-08-02-preview").agent_pools
    body = {"properties": {"mode": "User", "count": 1, "vmSize": "Standard_D4s_v5", "nodeInitializationTaints": ["a=b:NoSchedule"]}}
    make = lambda: pools.begin_create_or_update(GROUP, CLUSTER, "tainted", body)
    h.equal("a feature nobody asked for", features.get(PROVIDER, NAME).properties.state, "NotRegistered")
    h.refused("its property", "BadRequest", make, 400)
    h.equal("is asked for", features.register(PROVIDER, NAME).properties.state, "Registering")
    for _ in range(30):
        state = features.get(PROVIDER, NAME).properties.state
        if state == "Registered":
            break
        time.sleep(0.2)
    h.equal("and comes", state, "Registered")
    h.equal("its property is taken", make().result().provisioning_state, "Succeeded")
    h.check("it is listed", f"{PROVIDER}/{NAME}" in [feature.name for feature in features.list(PROVIDER)])
    h.refused("an unknown feature", "FeatureNotFound", lambda: features.get(PROVIDER, "Unknown"), 404)
