"""Microsoft.ManagedIdentity: identities and what they trust."""

from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.msi.v2024_11_30 import models

from harness import REGION

GROUP = "identities"
AUDIENCE = "api://AzureADTokenExchange"


def run(h):
    h.group(GROUP)
    client = h.client(ManagedServiceIdentityClient, api_version="2024-11-30")
    identities, trusts = client.user_assigned_identities, client.federated_identity_credentials
    made = identities.create_or_update(GROUP, "app", models.Identity(location=REGION, tags={"team": "a"}))
    h.check("an identity has ids", made.principal_id and made.client_id and made.tenant_id)
    h.equal("they stay", identities.get(GROUP, "app").client_id, made.client_id)
    h.equal("it is listed", [one.name for one in identities.list_by_resource_group(GROUP)], ["app"])

    def trust(subject, audiences=(AUDIENCE,)):
        return models.FederatedIdentityCredential(
            issuer="https://oidc.example/", subject=subject, audiences=list(audiences)
        )

    put = lambda name, body: trusts.create_or_update(GROUP, "app", name, body)
    h.equal("a trust", put("one", trust("s1")).subject, "s1")
    h.refused("the same under another name", "BadRequest", lambda: put("two", trust("s1")), 400)
    h.refused("two audiences", "BadRequest", lambda: put("two", trust("s2", ("a", "b"))), 400)
    put("two", trust("s2"))
    h.equal("both are listed", sorted(one.name for one in trusts.list(GROUP, "app")), ["one", "two"])
    trusts.delete(GROUP, "app", "one")
    h.equal("one is left", [one.name for one in trusts.list(GROUP, "app")], ["two"])
    identities.delete(GROUP, "app")
    h.refused("what is gone", "ResourceNotFound", lambda: identities.get(GROUP, "app"), 404)
