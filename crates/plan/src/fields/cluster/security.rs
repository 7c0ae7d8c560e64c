//! Protection of cluster and nodes, and the proxy they use.

use crate::compare::Compare::{CaseInsensitive, Entries, Exact, Parts, Trimmed};
use crate::effect::Effect::{ControlPlaneRestart, InPlace, NodeReimage};
use crate::effect::EffectRule::ByValue;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.httpProxyConfig.enabled",
        Exact,
        always(NodeReimage),
        "http-proxy",
        Clear::FALSE,
    ),
    Field::new(
        "properties.httpProxyConfig.httpProxy",
        Exact,
        always(NodeReimage),
        "http-proxy",
        Clear::Never,
    ),
    Field::new(
        "properties.httpProxyConfig.httpsProxy",
        Exact,
        always(NodeReimage),
        "http-proxy",
        Clear::Never,
    ),
    Field::new(
        "properties.httpProxyConfig.noProxy",
        Entries,
        always(NodeReimage),
        "http-proxy",
        Clear::Never,
    ),
    Field::new(
        "properties.httpProxyConfig.trustedCa",
        Trimmed,
        always(NodeReimage),
        "http-proxy",
        Clear::Never,
    ),
    Field::new(
        "properties.securityProfile.defender.logAnalyticsWorkspaceResourceId",
        CaseInsensitive,
        always(InPlace),
        "azurerm: kubernetes_cluster",
        Clear::Never,
    ),
    Field::new(
        "properties.securityProfile.defender.securityMonitoring.enabled",
        Exact,
        always(InPlace),
        "azurerm: kubernetes_cluster",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.azureKeyVaultKms.enabled",
        Exact,
        always(ControlPlaneRestart),
        "use-kms-etcd-encryption",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.azureKeyVaultKms.keyId",
        Exact,
        always(ControlPlaneRestart),
        "use-kms-etcd-encryption",
        Clear::Never,
    ),
    Field::new(
        "properties.securityProfile.azureKeyVaultKms.keyVaultNetworkAccess",
        CaseInsensitive,
        ByValue(by::key_vault_access),
        "use-kms-etcd-encryption",
        Clear::text("Public"),
    )
    .absent("Public"),
    Field::new(
        "properties.securityProfile.azureKeyVaultKms.keyVaultResourceId",
        CaseInsensitive,
        ByValue(by::key_vault_access),
        "use-kms-etcd-encryption",
        Clear::text(""),
    ),
    Field::new(
        "properties.securityProfile.workloadIdentity.enabled",
        Exact,
        always(InPlace),
        "workload-identity-deploy-cluster",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.imageCleaner.enabled",
        Exact,
        always(InPlace),
        "image-cleaner",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.imageCleaner.intervalHours",
        Exact,
        always(InPlace),
        "image-cleaner",
        Clear::Never,
    ),
    Field::new(
        "properties.securityProfile.customCATrustCertificates",
        Trimmed,
        always(NodeReimage),
        "custom-certificate-authority",
        Clear::Empty,
    ),
    Field::new(
        "properties.securityProfile.defender.securityGating.enabled",
        Exact,
        always(InPlace),
        "SDK: security_gating",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.defender.securityGating.identities",
        Parts,
        always(InPlace),
        "SDK: security_gating",
        Clear::Empty,
    ),
    Field::new(
        "properties.securityProfile.defender.securityGating.allowSecretAccess",
        Exact,
        always(InPlace),
        "SDK: security_gating",
        Clear::FALSE,
    ),
    Field::new(
        "properties.securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption",
        CaseInsensitive,
        always(ControlPlaneRestart),
        "kms-data-encryption-concepts",
        Clear::Never,
    )
    .one_way(),
];
