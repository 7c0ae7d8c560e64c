//! Status: what Azure confirmed, what is pending and what is going on. Everything here can be derived again from Azure
//! and the spec; losing it costs no write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionStatus, ChildStatus, LastError};

/// Observed state of an `AksCluster`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AksClusterStatus {
    /// Generation of the spec that the conditions speak about; -1 before the first pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`, `Reconciling`, `Stalled`, `InSync` and others, one entry per type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Azure resource id of the cluster, present from the moment Azure has accepted or shown it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// True when the cluster existed before Armature took it over. Its default `deletionPolicy` is `Orphan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adopted: Option<bool>,
    /// AKS' own state word: `Succeeded`, `Failed`, `Canceled`, or the operation that is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// `Running` or `Stopped`, as Azure reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<String>,
    /// `Stopped`, or else the provisioning state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Kubernetes version that AKS was last told to run, perhaps without a patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes_version: Option<String>,
    /// Full version the control plane runs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_kubernetes_version: Option<String>,
    /// Public DNS name of the API server; absent on private clusters without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// Private DNS name of the API server of a private cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_fqdn: Option<String>,
    /// DNS name the Azure portal uses to reach the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_fqdn: Option<String>,
    /// URL of the OpenID Connect issuer, for federated credentials of workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_issuer_url: Option<String>,
    /// Resource group that holds the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_resource_group: Option<String>,
    /// Identity of the control plane, for role assignments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityStatus>,
    /// Identity of the kubelets, for registry pull rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubelet_identity: Option<KubeletIdentityStatus>,
    /// Azure operations in flight, keyed by target: `cluster` or `pool/NAME`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operations: BTreeMap<String, OperationStatus>,
    /// What is still to be done or held back. Absent when Azure matches the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
    /// How far the current work is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What goes on, or else how many children are not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doing: Option<String>,
    /// For each managed path a short hash of the value that Azure last confirmed. Keys are paths as in the spec, joined
    /// by dots, with map keys in brackets (`networkProfile.serviceCidr`, `tags[team]`); hashes of secrets are keyed.
    /// Rules at admission read it: what Azure fixes is locked while its record is a hash alone. With `~` before it, the
    /// manifest says another value since; with `?`, Azure had another one at the first look; `-` is a path that left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applied: BTreeMap<String, String>,
    /// Remarks that need no action now, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// The last error, kept until the step it came from succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
    /// How often a failed or canceled state was already resumed without success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_attempts: Option<i64>,
    /// The cluster's pools in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pools: Option<PoolSummary>,
    /// What hangs on the cluster, a line for each child, keyed by its field and name in the spec, such as
    /// `extensions/flux`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<String, ChildStatus>,
    /// Actions and what became of them, by their names in the spec.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, ActionStatus>,
    /// Value of the annotation `reconcile.aks.armature.dev/requestedAt` that was handled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// Armature's signature over `applied`, `resumeAttempts` and `actions`; without it they are not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// Observed state of an `AksNodePool`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AksNodePoolStatus {
    /// Generation of the spec that the conditions speak about; -1 before the first pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`, `Reconciling`, `Stalled`, `InSync` and others, one entry per type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Azure resource id of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// AKS' own state word: `Succeeded`, `Failed`, `Canceled`, or the operation that is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// `Running` or `Stopped`, as Azure reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<String>,
    /// `Stopped`, or else the provisioning state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Nodes the pool has in Azure now, whoever set the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Kubernetes version that AKS was last told to run on the pool, perhaps without a patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes_version: Option<String>,
    /// Full version the nodes run now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_kubernetes_version: Option<String>,
    /// Node image the pool runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_image_version: Option<String>,
    /// What is still to be done or held back on this pool. Absent when Azure matches the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
    /// For each managed path a short hash of the value that Azure last confirmed; see the cluster's `applied`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applied: BTreeMap<String, String>,
    /// Remarks that need no action now, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// The last error, kept until the step it came from succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
    /// How often a failed or canceled state was already resumed without success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_attempts: Option<i64>,
    /// Value of the annotation `reconcile.aks.armature.dev/requestedAt` that was handled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// Armature's signature over `applied` and `resumeAttempts`; without it they are not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// Observed state of an `AzureIdentity`.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureIdentityStatus {
    /// Generation of the spec that the conditions speak about; -1 before the first pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready` says whether a token could be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// The control plane's managed identity.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityStatus {
    /// Object id in Entra, the one role assignments take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Entra tenant of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

/// The managed identity of the kubelets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KubeletIdentityStatus {
    /// Azure resource id of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// Client id (application id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Object id in Entra, the one role assignments take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
}

/// An Azure operation that was started and has not ended yet.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationStatus {
    /// Name of the step, as in the plan, in logs and in metrics.
    pub step: String,
    /// Operation URL exactly as Azure gave it.
    pub url: String,
    /// When Azure accepted the call.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// What the operation does, one sentence.
    pub description: String,
    /// Armature's signature; without it the URL is not called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// The pending plan, bounded in size.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// Hash of the plan, or of each thing it takes over; the value that the approval annotation has to carry.
    pub hash: String,
    /// Calls to Azure that are to come, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<PlannedStep>,
    /// Differences between the manifest and Azure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<PlannedChange>,
    /// Entries left out to keep the status small.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<i64>,
}

/// One call to Azure that is to come.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// Name of the step.
    pub step: String,
    /// `cluster` or `pool/NAME`.
    pub target: String,
    /// What it does, one sentence.
    pub description: String,
    /// What it disturbs: the strongest effect among its changes.
    pub effect: String,
    /// Why it is not done now and until when; absent when nothing holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// One difference between the manifest and Azure.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedChange {
    /// `cluster` or `pool/NAME`.
    pub target: String,
    /// Path of the field as in the spec.
    pub path: String,
    /// Value in Azure; absent when there is none. Secrets are never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Value in the manifest; absent when it is to be removed. Secrets are never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `overrides` or `clear` where that list of the manifest asks for it; absent where a field does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Who set the value that Azure has.
    pub origin: String,
    /// What the change disturbs.
    pub effect: String,
    /// Why it is not done now and until when; absent when nothing holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// How far the current work is.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Steps that are done.
    pub completed: i64,
    /// Steps in all.
    pub total: i64,
    /// The step that runs, one phrase.
    pub current: String,
    /// What it waits for, when it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
}

/// The pools of a cluster in numbers.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolSummary {
    /// Pools that manifests name.
    pub total: i64,
    /// Pools of these that are ready.
    pub ready: i64,
    /// `ready/total`, for the print column.
    pub summary: String,
}
