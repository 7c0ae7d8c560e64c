//! Actions that run once: what Azure does on demand and what no state describes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{DataKey, Guid, ObjectName, PoolName};
use super::{LastError, SecretKeyRef};

/// An action on the cluster that runs once for each key. It starts when nothing else is to be done on the cluster, one
/// action at a time in the order of their names; an abort starts at once, and one that lacks a ConfigMap or Secret lets the
/// next go first. None runs twice: when it can't be told whether
/// it ran, it is reported as `Unknown` and needs a new key.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "[has(self.runCommand), has(self.rotateClusterCertificates), has(self.rotateServiceAccountSigningKeys),
        has(self.resetServicePrincipalProfile), has(self.abort), has(self.upgradeNodeImageVersion),
        has(self.deleteMachines)].filter(given, given).size() == 1",
    "an action is exactly one of runCommand, rotateClusterCertificates, rotateServiceAccountSigningKeys, \
     resetServicePrincipalProfile, abort, upgradeNodeImageVersion and deleteMachines; keep one of them",
))]
pub struct Action {
    /// Names this run, 1 to 64 characters, such as a date. Another key runs the action again.
    #[schemars(length(min = 1, max = 64))]
    pub key: String,
    /// Runs a shell command in a pod of the cluster, which has to run without `apiServerAccessProfile.disableRunCommand`.
    /// It has the rights of a cluster admin; with Entra (`aadProfile.managed`) those that Armature's identity has there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_command: Option<RunCommand>,
    /// Rotates the certificates of the cluster. AKS recreates all nodes, and the API server is away for up to 30 minutes;
    /// every kubeconfig has to be fetched again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_cluster_certificates: Option<NoParameters>,
    /// Rotates the keys that sign service account tokens. Pods get new tokens; tokens that were copied elsewhere end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_service_account_signing_keys: Option<NoParameters>,
    /// Gives the cluster another service principal or a new secret for it. AKS reimages all nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_service_principal_profile: Option<ResetServicePrincipalProfile>,
    /// Aborts the operation that AKS runs on the cluster, or on one pool. Then nothing is started there (for a cluster:
    /// neither on its pools) until the action leaves the manifest or gets another key. Not sent under `Observe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort: Option<Abort>,
    /// Takes the nodes of a pool to the newest node image of their version. The nodes are reimaged one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_node_image_version: Option<OnPool>,
    /// Deletes machines of a pool, and takes their nodes away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_machines: Option<DeleteMachines>,
}

/// An action without parameters: `{}`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
pub struct NoParameters {}

/// A command in the cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunCommand {
    /// Shell command, up to 4096 characters; kubectl and helm are there.
    #[schemars(length(min = 1, max = 4096))]
    pub command: String,
    /// Files beside the command, by their name, each a key of a ConfigMap in this namespace. Together up to 512 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 16))]
    #[x_kube(validation = (
        "self.all(name, name.matches('^[A-Za-z0-9._-]{1,128}$'))",
        "names of files have 1 to 128 letters, digits, -, _ and .; rename the file",
    ))]
    pub files: Option<BTreeMap<String, ConfigMapKeyRef>>,
    /// ConfigMap in this namespace that gets the output under the keys `logs` (the last 256 KiB), `exitCode`, `startedAt`,
    /// `finishedAt` and `reason` (why Azure could not run it). It is made if it is missing and belongs to this object.
    /// Without it only the exit code is kept, in status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = (
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "outputConfigMap is the name of a ConfigMap: small letters, digits, - and ., with a letter or digit at both ends; \
         correct it",
    ))]
    pub output_config_map: Option<String>,
}

/// A key of a ConfigMap in the namespace of the object that names it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKeyRef {
    /// Name of the ConfigMap, 1 to 253 characters.
    #[schemars(with = "ObjectName")]
    pub name: String,
    /// Key in its data, 1 to 253 characters.
    #[schemars(with = "DataKey")]
    pub key: String,
}

/// A service principal.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResetServicePrincipalProfile {
    /// Client id (application id).
    #[schemars(with = "Guid")]
    pub client_id: String,
    /// Where its secret is kept.
    pub secret: SecretKeyRef,
}

/// What is aborted.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Abort {
    /// Name of a pool in Azure; default: the cluster's own operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PoolName>")]
    pub pool: Option<String>,
}

/// A pool.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnPool {
    /// Name of the pool in Azure.
    #[schemars(with = "PoolName")]
    pub pool: String,
}

/// Machines of a pool.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMachines {
    /// Name of the pool in Azure.
    #[schemars(with = "PoolName")]
    pub pool: String,
    /// Names of the machines, as `az aks machine list` shows them, 1 to 100.
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 63)))]
    pub machines: Vec<String>,
}

/// How far an action is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum ActionState {
    /// It has not started; `message` says what it waits for.
    #[default]
    Waiting,
    /// It is about to be sent. When Armature ends here, nobody can tell whether Azure got it.
    Started,
    /// Azure runs it.
    Running,
    /// It ended well.
    Succeeded,
    /// It failed; `error` says why. It is not sent again under this key.
    Failed,
    /// Nobody can tell whether it ran. It is not sent again under this key.
    Unknown,
}

/// One action in status.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionStatus {
    /// The key it ran, or is to run, for.
    pub key: String,
    /// `Waiting`, `Started`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub state: ActionState,
    /// What it waits for, or how it ended, one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// Exit code of a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<LastError>,
}

impl ActionState {
    /// Whether nothing more happens under this key.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Unknown)
    }
}
