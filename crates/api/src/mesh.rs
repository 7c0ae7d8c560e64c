//! The Istio service mesh that AKS runs.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ResourceId, field_speaks};

/// The service mesh.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceMeshProfile {
    /// `Istio` installs the mesh beside what runs; `Disabled` (Azure's default) removes control plane, gateways and mesh
    /// objects, which breaks traffic in the mesh.
    pub mode: ServiceMeshMode,
    /// Settings of Istio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub istio: Option<IstioServiceMesh>,
}

/// Kind of service mesh.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ServiceMeshMode {
    /// Istio.
    Istio,
    /// No mesh.
    Disabled,
}

/// Settings of Istio.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IstioServiceMesh {
    /// Gateways and the way traffic gets into the sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<IstioComponents>,
    /// Certificate authority of the mesh; Azure's default is one that signs itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authority: Option<IstioCertificateAuthority>,
    /// Revisions of the control plane, such as `asm-1-27`; default: AKS chooses by the Kubernetes version. Two
    /// consecutive ones during an upgrade: the second runs beside the first, pods move when they restart, and dropping
    /// one ends the upgrade or takes it back. Changes in place; an empty list keeps what runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2), inner(length(min = 1, max = 24)))]
    #[x_kube(validation = (
        "size(self) < 2 || self[0] != self[1]",
        "serviceMeshProfile.istio.revisions names one revision twice; remove one of them",
    ))]
    #[x_kube(validation = (
        "self.all(revision, revision.matches('^asm-[0-9]+-[0-9]+$'))",
        "serviceMeshProfile.istio.revisions have the form asm-1-27; az aks mesh get-revisions lists those of a region",
    ))]
    pub revisions: Option<Vec<String>>,
}

/// Gateways of the mesh and the way traffic gets into the sidecars.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IstioComponents {
    /// Ingress gateways, one `External` and one `Internal` at most. To take one away write `enabled: false`, which
    /// releases its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2))]
    #[x_kube(validation = (
        "size(self) < 2 || self[0].mode != self[1].mode",
        "serviceMeshProfile has two ingressGateways of one mode; keep one External and one Internal at most",
    ))]
    pub ingress_gateways: Option<Vec<IstioIngressGateway>>,
    /// Egress gateways, known by name and namespace. To take one away write `enabled: false`, which stops the traffic
    /// through it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub egress_gateways: Option<Vec<IstioEgressGateway>>,
    /// How traffic gets into the sidecars: `InitContainers`, which needs NET_ADMIN in every pod, or `CNIChaining`. Pods
    /// follow when they restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_redirection_mechanism: Option<ProxyRedirectionMechanism>,
}

/// An ingress gateway.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IstioIngressGateway {
    /// `External` has a public address, `Internal` one of the virtual network.
    pub mode: IstioIngressGatewayMode,
    /// Whether it runs. Changes in place; off, its address is released.
    pub enabled: bool,
}

/// Where an ingress gateway can be reached from.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum IstioIngressGatewayMode {
    /// From everywhere.
    External,
    /// From the virtual network.
    Internal,
}

/// An egress gateway.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.enabled || self.?gatewayConfigurationName.orValue('') != ''",
    "an egress gateway of serviceMeshProfile needs a StaticGatewayConfiguration in its namespace; name it in \
     gatewayConfigurationName, or set enabled to false",
))]
#[serde(rename_all = "camelCase")]
pub struct IstioEgressGateway {
    /// Whether it runs. Changes in place; off, traffic through it stops.
    pub enabled: bool,
    /// Name of the gateway: lower-case letters, digits, `-` and `.`. Names the gateway for good.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = (
        r"self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
        "the name of an egress gateway has lower-case letters, digits, - and ., with a letter or digit at both ends; correct \
         it",
    ))]
    pub name: String,
    /// Namespace of the gateway; Azure's default is `aks-istio-egress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
    /// Name of the `StaticGatewayConfiguration` in the same namespace that gives the gateway its addresses; required
    /// while enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub gateway_configuration_name: Option<String>,
}

/// How traffic gets into the sidecars.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ProxyRedirectionMechanism {
    /// An init container in every pod.
    InitContainers,
    /// A plugin on every node.
    #[serde(rename = "CNIChaining")]
    CniChaining,
}

/// Certificate authority of the mesh.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IstioCertificateAuthority {
    /// Certificates of one's own, kept in a key vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<IstioPluginCertificateAuthority>,
}

/// Certificates of one's own. Can only be set when the mesh is installed: to get them later, disable the mesh first.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "has(self.keyVaultId) && has(self.certObjectName) && has(self.keyObjectName) && has(self.rootCertObjectName)
        && has(self.certChainObjectName)",
    "serviceMeshProfile.istio.certificateAuthority.plugin needs the vault and all four objects; set keyVaultId, \
     certObjectName, keyObjectName, rootCertObjectName and certChainObjectName",
))]
#[serde(rename_all = "camelCase")]
pub struct IstioPluginCertificateAuthority {
    /// Resource id of the key vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub key_vault_id: Option<String>,
    /// Name of the intermediate certificate in the vault, 1 to 127 characters. Rotate its content rather than its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 127))]
    pub cert_object_name: Option<String>,
    /// Name of the intermediate certificate's private key in the vault, 1 to 127 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 127))]
    pub key_object_name: Option<String>,
    /// Name of the root certificate in the vault, 1 to 127 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 127))]
    pub root_cert_object_name: Option<String>,
    /// Name of the certificate chain in the vault, 1 to 127 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 127))]
    pub cert_chain_object_name: Option<String>,
}
