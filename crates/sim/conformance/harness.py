"""What the files of all providers share: clients that are signed in, one cluster, and how to say what has to hold."""

import json
import urllib.request

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.containerservice import models as aks
from azure.mgmt.resource.resources import ResourceManagementClient

REGION = "westeurope"


class Failed(Exception):
    """Something did not hold: the rest of its file makes no sense."""


class Harness:
    """`check` says what holds; `client` makes a client of the simulator out of any of Microsoft's."""

    def __init__(self, ready):
        self.ready = ready
        self.passed = 0
        self.failed = 0
        self._credential = ClientSecretCredential(
            ready["tenant"],
            ready["clientId"],
            ready["clientSecret"],
            authority=ready["endpoint"],
            disable_instance_discovery=True,
        )
        self._clusters = {}

    @property
    def subscription(self):
        return self.ready["subscription"]

    def client(self, kind, *arguments, **more):
        """A client of `kind`: its credential, its subscription, and what else its constructor takes."""
        arguments = arguments or (self.subscription,)
        return kind(
            self._credential,
            *arguments,
            base_url=self.ready["endpoint"],
            credential_scopes=[self.ready["endpoint"] + "/.default"],
            polling_interval=1,
            **more,
        )

    def check(self, what, holds):
        """One line for each thing that has to hold; the first that does not ends its file."""
        print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
        if not holds:
            self.failed += 1
            raise Failed(what)
        self.passed += 1

    def equal(self, what, found, expected):
        """The same for two values, both shown when they differ."""
        self.check(what if found == expected else f"{what}: {found!r} is not {expected!r}", found == expected)

    def refused(self, what, code, call, status=None):
        """`call` has to be refused with Azure's `code`."""
        try:
            call()
        except HttpResponseError as error:
            found = error.error.code if error.error is not None else None
            good = found == code and status in (None, error.status_code)
            self.check(f"{what}: {error.status_code} {found}", good)
        else:
            self.check(f"{what}: refused with {code}", False)

    def group(self, name):
        """A resource group; making it again changes nothing."""
        resources = self.client(ResourceManagementClient)
        return resources.resource_groups.create_or_update(name, {"location": REGION})

    def cluster(self, name="shared", **properties):
        """The id of a cluster of this name that is ready, in a group of the same name; made when first asked for."""
        if name not in self._clusters:
            self.group(name)
            wanted = aks.ManagedCluster(
                location=REGION,
                dns_prefix=name,
                identity=aks.ManagedClusterIdentity(type="SystemAssigned"),
                network_profile=aks.ContainerServiceNetworkProfile(network_plugin="azure", network_plugin_mode="overlay"),
                auto_upgrade_profile=aks.ManagedClusterAutoUpgradeProfile(upgrade_channel="none"),
                agent_pool_profiles=[
                    aks.ManagedClusterAgentPoolProfile(name="system", mode="System", count=2, vm_size="Standard_D4s_v5")
                ],
                **properties,
            )
            clusters = self.client(ContainerServiceClient).managed_clusters
            self._clusters[name] = clusters.begin_create_or_update(name, name, wanted).result().id
        return self._clusters[name]

    def admin(self, path, body=None, method=None):
        """The simulator's own side: what happens in Azure without a call of the client."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.ready["admin"] + path, data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def answers_conform(self):
        """No answer of the whole run may differ from the API descriptions."""
        found = self.admin("/conformance")
        try:
            print()
            self.equal(f"all of {found['checked']} answers are what the API descriptions say", found["first"], [])
        except Failed:
            pass
