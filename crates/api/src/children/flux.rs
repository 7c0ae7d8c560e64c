//! Flux configurations: what Flux applies to the cluster, and from where.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SecretKeyRef;
use crate::schema::{Guid, field_speaks};

/// Something that Flux fetches and applies. It needs the extension `microsoft.flux`; when the manifest has an entry for
/// that, it waits for it. What Flux makes of the content is told in the outputs and is no failure of this entry.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "[has(self.gitRepository), has(self.bucket), has(self.azureBlob), has(self.ociRepository)]
        .filter(given, given).size() == 1",
    "a Flux configuration has exactly one source: gitRepository, bucket, azureBlob or ociRepository; keep one of them",
))]
pub struct FluxConfiguration {
    /// `cluster` (Azure's default) lets it apply anything, `namespace` only what is in its namespace. Fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<FluxScope>,
    /// Namespace of Flux's own objects; it is created. Azure's default is `default`. Fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
    /// Stops applying what changes in the source; default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// A Git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_repository: Option<FluxGitRepository>,
    /// An S3-compatible bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<FluxBucket>,
    /// A container of an Azure storage account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_blob: Option<FluxAzureBlob>,
    /// An OCI repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci_repository: Option<FluxOciRepository>,
    /// What is applied from the source, by names of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    pub kustomizations: Option<BTreeMap<String, FluxKustomization>>,
    /// Secrets to reach the source: `sshPrivateKey`, or `httpsUser` and `httpsKey`, or others that Azure names, each a
    /// key of a Secret in this namespace with the plain value. Armature encodes it for Azure, which never shows it, and
    /// sends it again when the Secret changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 8))]
    pub configuration_protected_settings: Option<BTreeMap<String, SecretKeyRef>>,
}

/// What a Flux configuration may apply.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
#[serde(rename_all = "camelCase")]
pub enum FluxScope {
    /// Anything.
    Cluster,
    /// What is in its namespace.
    Namespace,
}

/// A Git repository.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxGitRepository {
    /// Where it is: `https://`, `http://`, `ssh://` or `git@`.
    #[schemars(length(max = 2048))]
    #[x_kube(validation = (
        "self.matches('^(https?://[^@/]+/.+|ssh://.+|git@.+)$')",
        "the url of a Git repository begins with https://, http://, ssh:// or git@ and holds no user or password over \
         HTTP; put those into configurationProtectedSettings",
    ))]
    pub url: String,
    /// What is checked out; Flux's default is the branch `master`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_ref: Option<FluxRepositoryRef>,
    /// Seconds that fetching may take; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub timeout_in_seconds: Option<i32>,
    /// Seconds from one look for changes to the next; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub sync_interval_in_seconds: Option<i32>,
    /// Host keys of the SSH server in base64, for hosts that Azure does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub ssh_known_hosts: Option<String>,
    /// User name for HTTPS in plain text, where it is no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub https_user: Option<String>,
    /// Certificate of the HTTPS server's authority, PEM in base64.
    #[serde(rename = "httpsCACert", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub https_ca_cert: Option<String>,
    /// Secret in the AKS cluster, in the configuration's namespace, with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub local_auth_ref: Option<String>,
    /// Who serves the repository, for sign-in with workload identity: `Azure`, `GitHub` or `Generic` (Azure's default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<FluxProvider>,
}

/// Who serves a Git repository.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum FluxProvider {
    /// Azure DevOps.
    Azure,
    /// GitHub.
    GitHub,
    /// Anyone.
    Generic,
}

/// What is checked out of a Git repository. Flux takes the most exact of those given.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxRepositoryRef {
    /// A branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub branch: Option<String>,
    /// A tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub tag: Option<String>,
    /// A range of versions, such as `>=1.0.0 <2.0.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub semver: Option<String>,
    /// A commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub commit: Option<String>,
}

/// An S3-compatible bucket.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxBucket {
    /// Where it is served.
    #[schemars(length(max = 2048))]
    #[x_kube(validation = (
        "self.matches('^https?://[^@]+$')",
        "the url of a bucket begins with https:// or http:// and holds no user or password; use bucket.accessKey",
    ))]
    pub url: String,
    /// Its name.
    #[schemars(length(min = 1, max = 256))]
    pub bucket_name: String,
    /// Whether it is reached over HTTP; Azure's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Key to it, in a Secret in this namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key: Option<SecretKeyRef>,
    /// Seconds that fetching may take; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub timeout_in_seconds: Option<i32>,
    /// Seconds from one look for changes to the next; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub sync_interval_in_seconds: Option<i32>,
    /// Secret in the AKS cluster, in the configuration's namespace, with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub local_auth_ref: Option<String>,
}

/// A container of an Azure storage account.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxAzureBlob {
    /// The account's blob endpoint, such as `https://ACCOUNT.blob.core.windows.net`.
    #[schemars(length(max = 2048))]
    #[x_kube(validation = (
        "self.matches('^https?://[^@?]+$')",
        "the url of a storage account begins with https:// and holds no token; use azureBlob.sasToken",
    ))]
    pub url: String,
    /// The container.
    #[schemars(length(min = 1, max = 63))]
    pub container_name: String,
    /// Key of the account, in a Secret in this namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_key: Option<SecretKeyRef>,
    /// Token for the container (shared access signature), in a Secret in this namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sas_token: Option<SecretKeyRef>,
    /// A service principal that may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal: Option<FluxServicePrincipal>,
    /// A managed identity of the nodes that may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_identity: Option<FluxManagedIdentity>,
    /// Seconds that fetching may take; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub timeout_in_seconds: Option<i32>,
    /// Seconds from one look for changes to the next; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub sync_interval_in_seconds: Option<i32>,
    /// Secret in the AKS cluster, in the configuration's namespace, with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub local_auth_ref: Option<String>,
}

/// A service principal that may read a storage account.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxServicePrincipal {
    /// Its client id.
    #[schemars(with = "Guid")]
    pub client_id: String,
    /// Its tenant.
    #[schemars(with = "Guid")]
    pub tenant_id: String,
    /// Its client secret, in a Secret in this namespace.
    pub client_secret: SecretKeyRef,
}

/// A managed identity.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxManagedIdentity {
    /// Its client id.
    #[schemars(with = "Guid")]
    pub client_id: String,
}

/// An OCI repository.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxOciRepository {
    /// Where it is, such as `oci://REGISTRY.azurecr.io/manifests/shop`.
    #[schemars(length(max = 2048))]
    #[x_kube(validation = (
        "self.matches('^oci://[^@]+$')",
        "the url of an OCI repository begins with oci:// and holds no user or password",
    ))]
    pub url: String,
    /// What is fetched; Flux's default is the tag `latest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_ref: Option<FluxOciRepositoryRef>,
    /// Whether it is reached over HTTP; Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Whether Flux signs in with workload identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_workload_identity: Option<bool>,
    /// Service account in the configuration's namespace to sign in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub service_account_name: Option<String>,
    /// Seconds that fetching may take; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub timeout_in_seconds: Option<i32>,
    /// Seconds from one look for changes to the next; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub sync_interval_in_seconds: Option<i32>,
    /// Secret in the AKS cluster, in the configuration's namespace, with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub local_auth_ref: Option<String>,
}

/// What is fetched of an OCI repository. Flux takes the most exact of those given.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxOciRepositoryRef {
    /// A tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub tag: Option<String>,
    /// A range of versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub semver: Option<String>,
    /// A digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub digest: Option<String>,
}

/// What is applied from a source.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxKustomization {
    /// Directory in the source; default: its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub path: Option<String>,
    /// Kustomizations of this configuration that have to be applied first. Names that are not there, and circles, are told
    /// on the line of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 63)))]
    pub depends_on: Option<Vec<String>>,
    /// Whether what leaves the source is deleted in the cluster; Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prune: Option<bool>,
    /// Whether objects are made anew when a change of a fixed field needs it; Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// Whether it counts as applied only when its objects are healthy; Azure's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<bool>,
    /// Seconds that applying may take; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub timeout_in_seconds: Option<i32>,
    /// Seconds from one application to the next; Azure's default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub sync_interval_in_seconds: Option<i32>,
    /// Seconds after which a failure is tried again; default: the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2147483647))]
    pub retry_interval_in_seconds: Option<i32>,
    /// Variables that are put into the manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_build: Option<FluxPostBuild>,
}

/// Variables that Flux puts into manifests.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxPostBuild {
    /// Variables and their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 64), inner(length(max = 1024)))]
    pub substitute: Option<BTreeMap<String, String>>,
    /// Objects in the AKS cluster that hold variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub substitute_from: Option<Vec<FluxSubstituteFrom>>,
}

/// An object in the AKS cluster that holds variables.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FluxSubstituteFrom {
    /// `ConfigMap` or `Secret`.
    pub kind: FluxSubstituteKind,
    /// Its name, in the configuration's namespace.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Whether it may be missing; Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// Kinds that hold variables.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
#[allow(missing_docs, reason = "kinds of Kubernetes")]
pub enum FluxSubstituteKind {
    ConfigMap,
    Secret,
}
