//! Add-ons and workload features that AKS installs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::schema::field_speaks;

/// The schema of `addonProfiles`: a map by the names that AKS knows (`az aks enable-addons`, in ARM's spelling).
pub(super) struct Addons;

impl JsonSchema for Addons {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Addons".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        const KNOWN: &str = "['omsagent', 'azurepolicy', 'azureKeyvaultSecretsProvider', 'ingressApplicationGateway', \
                             'aciConnectorLinux', 'openServiceMesh', 'httpApplicationRouting', 'kubeDashboard', 'gitops', \
                             'ACCSGXDevicePlugin']";
        // It names no entry: the names in a map are of any length, and what reads them all costs too much for a message.
        const MESSAGE: &str = "addonProfiles has a name that AKS does not know; the names are omsagent (monitoring), \
                               azurepolicy, azureKeyvaultSecretsProvider, ingressApplicationGateway (ingress-appgw), \
                               aciConnectorLinux (virtual-node), openServiceMesh, httpApplicationRouting, kubeDashboard, \
                               gitops and ACCSGXDevicePlugin (confcom), in this spelling, for AKS would take another one for \
                               a second add-on; web_application_routing is ingressProfile.webAppRouting";
        let mut addon = generator.subschema_for::<AddonProfile>();
        field_speaks(&mut addon);
        json_schema!({
            "type": "object",
            "maxProperties": 32,
            "additionalProperties": addon,
            "x-kubernetes-validations": [{
                "rule": format!("self.all(name, name in {KNOWN})"),
                "message": MESSAGE,
            }],
        })
    }
}

/// One add-on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddonProfile {
    /// Whether the add-on runs. Changes in place.
    pub enabled: bool,
    /// Settings of the add-on by its own names; values are strings (`"true"`) of up to 2048 characters. Owned by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = { "type": "string", "maxLength": 2048 }))]
    #[x_kube(validation = (
        "self.all(name, !self[name].startsWith('/') || !self[name].contains('//'))",
        "config has a resource id in which a part is empty, such as from a variable that is not set; correct it",
    ))]
    #[x_kube(validation = (
        "self.all(name, self[name] != '' || !name.matches('(?i)id$'))",
        "config has an id that is empty, such as from a variable that is not set; set it, or remove it",
    ))]
    pub config: Option<BTreeMap<String, String>>,
}

/// Workload autoscalers that AKS installs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadAutoScalerProfile {
    /// Event-driven autoscaling (KEDA).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keda: Option<Keda>,
    /// The vertical pod autoscaler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical_pod_autoscaler: Option<VerticalPodAutoscaler>,
}

/// Event-driven autoscaling (KEDA).
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Keda {
    /// Whether it is installed. Changes in place.
    pub enabled: bool,
}

/// The vertical pod autoscaler.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerticalPodAutoscaler {
    /// Whether it is installed. Changes in place.
    pub enabled: bool,
}

/// The operator for AI models (KAITO).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AiToolchainOperatorProfile {
    /// Whether it is installed. Changes in place; GPU nodes it has made stay, and cost, when it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}
