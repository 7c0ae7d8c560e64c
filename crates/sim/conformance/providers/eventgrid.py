"""Microsoft.EventGrid: subscriptions to the events of a cluster."""

from azure.mgmt.eventgrid import EventGridManagementClient
from azure.mgmt.eventgrid import models

GROUP = CLUSTER = "events"
URL = "https://example.com/hook?code=hidden"


def run(h):
    cluster = h.cluster(CLUSTER)
    subscriptions = h.client(EventGridManagementClient).event_subscriptions

    def hook(url):
        return models.EventSubscription(
            destination=models.WebHookEventSubscriptionDestination(endpoint_url=url),
            filter=models.EventSubscriptionFilter(
                included_event_types=["Microsoft.ContainerService.NewKubernetesVersionAvailable"]
            ),
        )

    made = subscriptions.begin_create_or_update(cluster, "versions", hook(URL)).result()
    h.equal("a subscription", made.provisioning_state, "Succeeded")
    h.equal("its address without its secret", made.destination.endpoint_base_url, "https://example.com/hook")
    h.equal("the whole address on demand", subscriptions.get_full_url(cluster, "versions").endpoint_url, URL)
    silent = lambda: subscriptions.begin_create_or_update(cluster, "silent", hook("https://hook.invalid/"))
    h.refused("a hook that does not answer", "Url validation", silent, 400)
    subscriptions.begin_delete(cluster, "versions").result()
    h.refused("what is gone", "ResourceNotFound", lambda: subscriptions.get(cluster, "versions"), 404)
