//! Event Grid subscriptions to what AKS tells about a cluster.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SecretKeyRef;
use crate::schema::{EventType, ResourceId, field_speaks};

/// Where events of the cluster go.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "(has(self.eventDeliverySchema) && self.eventDeliverySchema == 'CloudEventSchemaV1_0')
        == (has(oldSelf.eventDeliverySchema) && oldSelf.eventDeliverySchema == 'CloudEventSchemaV1_0')",
    "eventDeliverySchema of an event subscription is fixed; remove the entry and add one of another name",
))]
pub struct EventSubscription {
    /// Who gets them: exactly one.
    pub destination: EventDestination,
    /// Types of events, such as `Microsoft.ContainerService.NodePoolRollingFailed`; default: all that AKS has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "Option<Vec<EventType>>",
        length(min = 1, max = 25),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub included_event_types: Option<Vec<String>>,
    /// Form of the events; Azure's default is `EventGridSchema`. Fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_delivery_schema: Option<EventDeliverySchema>,
    /// How often and how long delivery is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<EventRetryPolicy>,
    /// Where events go that can't be delivered; default: they are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<EventDeadLetter>,
    /// Labels of the subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), inner(length(max = 64)))]
    pub labels: Option<Vec<String>>,
}

/// Who gets events.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "[has(self.webHook), has(self.eventHub), has(self.storageQueue), has(self.serviceBusQueue),
        has(self.serviceBusTopic), has(self.azureFunction), has(self.namespaceTopic)].filter(given, given).size() == 1",
    "a destination is exactly one of webHook, eventHub, storageQueue, serviceBusQueue, serviceBusTopic, azureFunction \
     and namespaceTopic; keep one of them",
))]
pub struct EventDestination {
    /// An HTTPS endpoint that answers Event Grid's validation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_hook: Option<EventWebHook>,
    /// An event hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_hub: Option<EventResource>,
    /// A queue of a storage account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_queue: Option<EventStorageQueue>,
    /// A Service Bus queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_bus_queue: Option<EventResource>,
    /// A Service Bus topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_bus_topic: Option<EventResource>,
    /// A function of a function app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_function: Option<EventResource>,
    /// A topic of an Event Grid namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_topic: Option<EventResource>,
}

/// An HTTPS endpoint.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.endpointUrl) != has(self.endpointUrlFrom)",
    "a web hook has either endpointUrl or endpointUrlFrom; keep one of them",
))]
pub struct EventWebHook {
    /// URL without anything secret in it. Azure never returns it, so a change made there is not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    #[x_kube(validation = (
        r"self.matches(r'^https://[^\s]+$')",
        "endpointUrl is an https URL; correct it, or use endpointUrlFrom for one with a key in it",
    ))]
    pub endpoint_url: Option<String>,
    /// URL with a key in it, from a Secret in this namespace. It is sent again when the Secret changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_url_from: Option<SecretKeyRef>,
}

/// A resource that takes events.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventResource {
    /// Its resource id.
    #[schemars(with = "ResourceId")]
    pub resource_id: String,
}

/// A queue of a storage account.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventStorageQueue {
    /// Id of the storage account.
    #[schemars(with = "ResourceId")]
    pub resource_id: String,
    /// Name of the queue.
    #[schemars(length(min = 3, max = 63))]
    pub queue_name: String,
    /// How long an event stays in the queue, in seconds; default: 604800, a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub queue_message_time_to_live_in_seconds: Option<i64>,
}

/// How often and how long delivery is tried.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRetryPolicy {
    /// Attempts, 1 to 30; Azure's default is 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 30))]
    pub max_delivery_attempts: Option<i32>,
    /// Minutes after which an event is given up, 1 to 1440; Azure's default is 1440.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1440))]
    pub event_time_to_live_in_minutes: Option<i32>,
}

/// Where events go that can't be delivered.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventDeadLetter {
    /// Id of the storage account.
    #[schemars(with = "ResourceId")]
    pub resource_id: String,
    /// Name of the blob container.
    #[schemars(length(min = 3, max = 63))]
    pub blob_container_name: String,
}

/// Form of events.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum EventDeliverySchema {
    /// Event Grid's own.
    EventGridSchema,
    /// CloudEvents 1.0.
    #[serde(rename = "CloudEventSchemaV1_0")]
    CloudEvents,
}
