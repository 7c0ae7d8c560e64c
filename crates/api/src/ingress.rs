//! Managed ingress: the application routing add-on and the Gateway API.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ResourceId, field_speaks};

/// Managed ingress.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "self.?webAppRouting.?gatewayAPIImplementations.?appRoutingIstio.?mode.orValue('') != 'Enabled'
        || self.?gatewayAPI.?installation.orValue('') == 'Standard'",
    "ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio needs the managed Gateway API; set \
     ingressProfile.gatewayAPI.installation to Standard",
))]
#[serde(rename_all = "camelCase")]
pub struct IngressProfile {
    /// The application routing add-on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_app_routing: Option<WebAppRouting>,
    /// The Gateway API's own definitions in the cluster.
    #[serde(rename = "gatewayAPI", skip_serializing_if = "Option::is_none")]
    pub gateway_api: Option<GatewayApi>,
}

/// The application routing add-on.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebAppRouting {
    /// Whether it is installed. Changes in place; turned off, controller and secrets stay behind unmanaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Resource ids of the DNS zones it writes records to, up to five; public zones all in one resource group, private
    /// ones likewise. Grant its identity the roles first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<ResourceId>>", length(max = 5))]
    pub dns_zone_resource_ids: Option<Vec<String>>,
    /// The NGINX controller that comes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nginx: Option<IngressNginx>,
    /// Implementations of the Gateway API that come with it.
    #[serde(rename = "gatewayAPIImplementations", skip_serializing_if = "Option::is_none")]
    pub gateway_api_implementations: Option<GatewayApiImplementations>,
}

/// The NGINX controller of the application routing add-on.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngressNginx {
    /// The controller that exists from the start: `AnnotationControlled` (Azure's default) leaves its load balancer to
    /// annotations, `External` and `Internal` decide it, `None` makes no controller. A change between external and
    /// internal swaps its address; `None` does not delete one that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_ingress_controller_type: Option<NginxIngressControllerType>,
}

/// Load balancer of the first NGINX controller.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum NginxIngressControllerType {
    /// As annotations on the controller say.
    AnnotationControlled,
    /// With a public address.
    External,
    /// With an address of the virtual network.
    Internal,
    /// No controller.
    None,
}

/// Implementations of the Gateway API in the application routing add-on.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayApiImplementations {
    /// An Istio control plane for gateways alone, without sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_routing_istio: Option<AppRoutingIstio>,
}

/// An Istio control plane for gateways alone.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppRoutingIstio {
    /// `Enabled` or `Disabled` (Azure's default). Needs `ingressProfile.gatewayAPI` and excludes the Istio service mesh.
    /// Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<AppRoutingIstioMode>,
}

/// Whether the gateway control plane runs.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum AppRoutingIstioMode {
    /// It runs.
    Enabled,
    /// It does not.
    Disabled,
}

/// The Gateway API's own definitions.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayApi {
    /// `Standard` installs the CRDs of the standard channel and keeps them current, `Disabled` (Azure's default) does
    /// not. Changes in place; going back to `Disabled` deletes the CRDs and with them every Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<GatewayApiInstallation>,
}

/// Release channel of the Gateway API.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum GatewayApiInstallation {
    /// Not installed by AKS.
    Disabled,
    /// The standard channel.
    Standard,
}
