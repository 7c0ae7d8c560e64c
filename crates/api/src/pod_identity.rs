//! Pod identity, the forerunner of workload identity. Azure has deprecated it; it is here for clusters that have it.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::UserAssignedIdentity;

/// Entra pod identity (deprecated; use `securityProfile.workloadIdentity` in new clusters).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[x_kube(validation = (
    "self.?enabled.orValue(false) || size(self.?userAssignedIdentities.orValue([])) == 0",
    "podIdentityProfile.userAssignedIdentities have to be gone before pod identity goes; empty the list, or set enabled to \
     true",
))]
#[serde(rename_all = "camelCase")]
pub struct PodIdentityProfile {
    /// Whether pod identity is installed. Changes in place; its pods catch the nodes' metadata calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Allows pod identity with `networkPlugin: kubenet`, where pods can spoof addresses. Azure's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_network_plugin_kubenet: Option<bool>,
    /// Identities that pods may use, in any order. The list is replaced in place; empty it before `enabled` goes to
    /// false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 64),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name", "namespace"])
    )]
    pub user_assigned_identities: Option<Vec<PodIdentity>>,
    /// Pods whose metadata calls are left alone, in any order. The list is replaced in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 64),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name", "namespace"])
    )]
    pub user_assigned_identity_exceptions: Option<Vec<PodIdentityException>>,
}

/// An identity that pods may use.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodIdentity {
    /// Name of the pod identity in the cluster.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the pod identity, 1 to 63 characters.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Label value by which pods ask for it; default: the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub binding_selector: Option<String>,
    /// The user-assigned identity.
    pub identity: UserAssignedIdentity,
}

/// Pods whose metadata calls are left alone.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodIdentityException {
    /// Name of the exception in the cluster.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the pods, 1 to 63 characters.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Labels of the pods.
    #[schemars(extend("maxProperties" = 32))]
    pub pod_labels: BTreeMap<String, String>,
}
