//! Operator settings that stand beside the Azure properties: what Armature may do, and how far.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ObjectName, field_speaks};

/// The keys of `AksClusterSpec` that are no properties of AKS's cluster: settings of Armature, and what hangs on the
/// cluster as a resource of its own.
pub const CLUSTER_SETTINGS: &[&str] = &[
    "subscriptionId",
    "resourceGroup",
    "resourceGroupPolicy",
    "azureName",
    "identityRef",
    "managementPolicy",
    "driftPolicy",
    "adoptionPolicy",
    "deletionPolicy",
    "deletionProtection",
    "actions",
    "maintenanceConfigurations",
    "trustedAccess",
    "managedNamespaces",
    "identityBindings",
    "privateEndpointConnections",
    "snapshots",
    "fleetMemberships",
    "eventSubscriptions",
    "locks",
    "children",
    "diagnosticSettings",
    "dataCollection",
    "backup",
    "roleAssignments",
    "attachRegistries",
    "federatedCredentials",
    "extensions",
    "fluxConfigurations",
    "overrides",
    "clear",
    "armApiVersion",
    "previewFeatures",
];

/// The keys of `AksNodePoolSpec` that are settings of Armature, not of AKS.
pub const POOL_SETTINGS: &[&str] = &[
    "clusterRef",
    "azureName",
    "versionPolicy",
    "managementPolicy",
    "deletionPolicy",
    "deletionProtection",
    "overrides",
    "clear",
];

/// Who creates the resource group of a cluster.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ResourceGroupPolicy {
    /// The group must be there already; a missing group blocks the create and is named in the status.
    #[default]
    Existing,
    /// Armature creates the group in the cluster's location when it is missing. It never deletes it.
    Create,
}

/// Whether Armature may write to Azure at all.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ManagementPolicy {
    /// Azure is made to match the manifest.
    #[default]
    Manage,
    /// Azure is only read: the plan is published and nothing is ever written.
    Observe,
}

/// What happens to a difference that somebody else made in Azure.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum DriftPolicy {
    /// The value from Git is written back.
    #[default]
    Enforce,
    /// The difference is shown in the plan and left alone. Edits in Git are still applied.
    Report,
}

/// Whether a cluster that exists already may be taken over.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum AdoptionPolicy {
    /// An existing cluster without this installation's ownership tag is never written to.
    #[default]
    Never,
    /// An existing cluster is adopted once its plan has been approved with the annotation
    /// `aks.armature.dev/approve-plan`.
    AfterPlan,
}

/// What becomes of the Azure resource when its object is deleted.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum DeletionPolicy {
    /// The Azure resource is deleted.
    Delete,
    /// The Azure resource stays as it is and the ownership tag stays on it.
    Orphan,
}

/// How a pool follows the Kubernetes version of its cluster.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum VersionPolicy {
    /// The pool goes to the control plane's version once the control plane is there.
    #[default]
    Follow,
    /// The pool stays behind for as long as the version skew AKS allows lets it, and moves when it must.
    Lag,
    /// Only `orchestratorVersion` moves the pool.
    Manual,
}

/// Names an `AzureIdentity`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityRef {
    /// Name of the `AzureIdentity`. It has to list this object's namespace and subscription.
    #[schemars(with = "ObjectName")]
    pub name: String,
}

/// Names an `AksCluster` in the same namespace.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRef {
    /// Name of the `AksCluster` in the pool's own namespace. Fixed: a pool cannot move to another cluster.
    #[schemars(with = "ObjectName")]
    #[x_kube(validation = (
        "self == oldSelf",
        "clusterRef.name is fixed: AKS cannot move a pool to another cluster; make a new AksNodePool for it",
    ))]
    pub name: String,
}
