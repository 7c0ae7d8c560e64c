//! Security of cluster and nodes: threat detection, secret encryption, image hygiene, trust, node accounts.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UserAssignedIdentity;
use super::schema::{ResourceId, field_speaks};

/// Security features of cluster and nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityProfile {
    /// Microsoft Defender for Containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defender: Option<Defender>,
    /// Encryption of Secrets in etcd with a key of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_key_vault_kms: Option<AzureKeyVaultKms>,
    /// Encryption of everything in etcd with keys that AKS keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes_resource_object_encryption_profile: Option<ResourceObjectEncryption>,
    /// Federated identities for workloads; needs the OpenID Connect issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_identity: Option<WorkloadIdentity>,
    /// Removal of stale images from nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_cleaner: Option<ImageCleaner>,
    /// Certificates that Linux nodes trust besides the public ones, up to ten, each PEM in base64. Any change replaces
    /// the nodes of all Linux pools.
    #[serde(rename = "customCATrustCertificates", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 65536)))]
    #[x_kube(validation = (
        "self.all(certificate, !certificate.startsWith('-----BEGIN'))",
        "securityProfile.customCATrustCertificates holds plain PEM; encode each certificate in base64",
    ))]
    pub custom_ca_trust_certificates: Option<Vec<String>>,
}

/// Microsoft Defender for Containers.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?securityMonitoring.?enabled.orValue(false) || has(self.logAnalyticsWorkspaceResourceId)",
    "securityProfile.defender needs a workspace for its findings; set logAnalyticsWorkspaceResourceId",
))]
#[serde(rename_all = "camelCase")]
pub struct Defender {
    /// Resource id of the Log Analytics workspace that takes the findings; required while monitoring is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceId>")]
    pub log_analytics_workspace_resource_id: Option<String>,
    /// Threat detection on the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_monitoring: Option<DefenderSecurityMonitoring>,
    /// Checks of images before they run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_gating: Option<DefenderSecurityGating>,
}

/// Threat detection on the nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefenderSecurityMonitoring {
    /// Whether the sensors run. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Checks of images before they run, by Defender's findings.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefenderSecurityGating {
    /// Whether images are checked. Changes in place; rules in Defender decide whether a bad image is reported or
    /// refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Identities that read findings from registries, in any order: those that the cluster pulls images with, each with
    /// a federated credential. The list is replaced in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub identities: Option<Vec<DefenderGatingIdentity>>,
    /// Lets the check read pull secrets of the cluster. Azure's default is false: images of registries that need one are
    /// not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_secret_access: Option<bool>,
}

/// The identity that reads findings from one registry.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefenderGatingIdentity {
    /// The registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub azure_container_registry: Option<String>,
    /// The identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<UserAssignedIdentity>,
}

/// Encryption of everything in etcd with keys that AKS keeps.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceObjectEncryption {
    /// `Enabled`, which cannot be taken back; needs Kubernetes 1.33 and a managed identity. AKS rewrites all Secrets
    /// itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_encryption: Option<InfrastructureEncryption>,
}

/// Encryption with keys that AKS keeps.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum InfrastructureEncryption {
    /// On.
    Enabled,
}

/// Encryption of Secrets in etcd with a key of one's own.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!self.?enabled.orValue(false) || has(self.keyId)",
    "securityProfile.azureKeyVaultKms needs a key; set keyId",
))]
#[x_kube(validation = (
    "(self.?keyVaultNetworkAccess.orValue('Public') == 'Private') == (self.?keyVaultResourceId.orValue('') != '')",
    "azureKeyVaultKms.keyVaultResourceId goes with keyVaultNetworkAccess Private and with no other; set both or neither",
))]
#[serde(rename_all = "camelCase")]
pub struct AzureKeyVaultKms {
    /// Turns it on. The API server restarts; rewrite all Secrets afterwards. The key has to stay available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// URL of the key, required while enabled: `https://VAULT.vault.azure.net/keys/NAME/VERSION`. A change restarts the
    /// API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = (
        r"self.matches(r'^https://[^/?#%\s]+/keys/[^/?#%\s]+(/[^/?#%\s]+)?$')",
        "azureKeyVaultKms.keyId is the URL of a key, https://VAULT.vault.azure.net/keys/NAME/VERSION; copy it from the key",
    ))]
    pub key_id: Option<String>,
    /// `Public` (Azure's default) or `Private`, which needs `keyVaultResourceId`. Cannot change while enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_vault_network_access: Option<KeyVaultNetworkAccess>,
    /// Resource id of the key vault; only with `Private`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    #[x_kube(validation = (
        r"self == '' || self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft\.KeyVault/'
            + r'(vaults|managedHSMs)/[^/?#%\s]+$')",
        "azureKeyVaultKms.keyVaultResourceId is the resource id of a key vault, or empty with Public; copy it from the vault's \
         properties",
    ))]
    pub key_vault_resource_id: Option<String>,
}

/// How the key vault is reached.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum KeyVaultNetworkAccess {
    /// Over its public endpoint.
    Public,
    /// Over a private link.
    Private,
}

/// Federated identities for workloads.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadIdentity {
    /// Whether the webhook runs. Changes in place; pods that run keep what they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Removal of stale images from nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "!has(self.intervalHours) || self.?enabled.orValue(false)",
    "securityProfile.imageCleaner.intervalHours is for a cleaner that runs; set enabled to true, or remove it",
))]
#[serde(rename_all = "camelCase")]
pub struct ImageCleaner {
    /// Whether it runs. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Hours between two runs, 24 to 2160; Azure's default is 168. Only while enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 24, max = 2160))]
    pub interval_hours: Option<i32>,
}

/// Protection of the resource group that AKS makes for the nodes.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeResourceGroupProfile {
    /// `ReadOnly` denies direct edits in the group, `Unrestricted` (Azure's default) allows them. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restriction_level: Option<RestrictionLevel>,
}

/// Level of protection.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum RestrictionLevel {
    /// Everyone with the role may edit.
    Unrestricted,
    /// Only AKS edits.
    ReadOnly,
}

/// Admin account on Linux nodes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinuxProfile {
    /// Name of the account, up to 32 characters. Fixed at creation.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = (
        "self.matches('^[A-Za-z][A-Za-z0-9_-]*$')",
        "adminUsername starts with a letter and has letters, digits, - and _ only; choose another name",
    ))]
    pub admin_username: String,
    /// SSH access of the account.
    pub ssh: SshConfiguration,
}

/// SSH access to Linux nodes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshConfiguration {
    /// The one public key. A change waits for the next node image upgrade below Kubernetes 1.37 and reimages all nodes
    /// from 1.37 on.
    #[schemars(length(min = 1, max = 1))]
    pub public_keys: Vec<SshPublicKey>,
}

/// An SSH public key.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshPublicKey {
    /// The key as in an `authorized_keys` line, `ssh-rsa AAAA...`.
    #[schemars(length(min = 1, max = 16384))]
    pub key_data: String,
}
