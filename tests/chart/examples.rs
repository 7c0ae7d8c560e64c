//! The examples for real Azure.

use std::collections::BTreeSet;
use std::fs;

use armature::arm::Call;
use serde_json::Value;

use crate::helm::repository;
use crate::management_cluster::installed;

#[tokio::test]
async fn the_api_server_accepts_every_manifest() {
    let cluster = installed().await;
    let namespace = cluster.namespace("examples").await.unwrap();
    let folder = repository().join("examples/azure");
    let manifests = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    for manifest in manifests.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let mut kubectl = cluster.kubectl().unwrap();
        kubectl.args([
            "apply",
            "--dry-run=server",
            "--validate=strict",
            "--namespace",
            &namespace,
            "-f",
        ]);
        let output = kubectl.arg(&manifest).output().unwrap();
        assert!(
            output.status.success(),
            "{}: {}",
            manifest.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The action that Azure asks a role for (Learn: "Azure permissions for Containers", "... for Management and governance").
///
/// What hangs on a cluster needs rights of its own, which only those grant who use it.
fn action(call: Call) -> Option<&'static str> {
    let action = match call {
        Call::GetCluster | Call::ListClustersInSubscription | Call::ListClustersInGroup => {
            "Microsoft.ContainerService/managedClusters/read"
        }
        Call::PutCluster | Call::PatchClusterTags => "Microsoft.ContainerService/managedClusters/write",
        Call::DeleteCluster => "Microsoft.ContainerService/managedClusters/delete",
        Call::StartCluster => "Microsoft.ContainerService/managedClusters/start/action",
        Call::StopCluster => "Microsoft.ContainerService/managedClusters/stop/action",
        Call::GetPool => "Microsoft.ContainerService/managedClusters/agentPools/read",
        Call::PutPool => "Microsoft.ContainerService/managedClusters/agentPools/write",
        Call::DeletePool => "Microsoft.ContainerService/managedClusters/agentPools/delete",
        Call::UpgradeProfile => "Microsoft.ContainerService/managedClusters/upgradeProfiles/read",
        Call::GetResourceGroup => "Microsoft.Resources/subscriptions/resourceGroups/read",
        Call::PutResourceGroup => "Microsoft.Resources/subscriptions/resourceGroups/write",
        Call::OperationStatus => "Microsoft.ContainerService/locations/operations/read",
        Call::GetResource | Call::ListResources | Call::PutResource | Call::DeleteResource | Call::PostAction => {
            return None;
        }
    };
    Some(action)
}

/// A call without an arm in [`action`] does not compile; one that is missing here would be missing from the role.
const CALLS: [Call; 15] = [
    Call::GetCluster,
    Call::ListClustersInSubscription,
    Call::ListClustersInGroup,
    Call::PutCluster,
    Call::PatchClusterTags,
    Call::DeleteCluster,
    Call::StartCluster,
    Call::StopCluster,
    Call::GetPool,
    Call::PutPool,
    Call::DeletePool,
    Call::UpgradeProfile,
    Call::GetResourceGroup,
    Call::PutResourceGroup,
    Call::OperationStatus,
];

#[test]
fn the_role_has_the_action_of_every_call_and_no_other() {
    let role: Value =
        serde_json::from_slice(&fs::read(repository().join("examples/azure/role.json")).unwrap()).unwrap();
    let granted: BTreeSet<&str> = role["Actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(granted, CALLS.into_iter().filter_map(action).collect());
}
