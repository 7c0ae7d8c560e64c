//! The examples for real Azure.

use std::collections::BTreeSet;
use std::fs;

use armature::arm::Call;
use armature::plan::children::KINDS;
use serde_json::Value;

use crate::helm::repository;
use crate::management_cluster::installed;

/// Each YAML block of the guide is a part of the spec of a cluster.
#[tokio::test]
async fn the_api_server_accepts_every_entry_in_the_guide_to_children() {
    let cluster = installed().await;
    let namespace = cluster.namespace("guide").await.unwrap();
    let guide = fs::read_to_string(repository().join("docs/children.md")).unwrap();
    let blocks = guide.split("```yaml\n").skip(1);
    let parts: Vec<&str> = blocks.map(|block| block.split("```").next().unwrap()).collect();
    assert!(parts.len() > 1);
    let folder = tempfile::tempdir().unwrap();
    for part in parts {
        let file = folder.path().join("cluster.yaml");
        fs::write(&file, format!("{CLUSTER}{}", indented(part))).unwrap();
        let mut kubectl = cluster.kubectl().unwrap();
        kubectl.args([
            "apply",
            "--dry-run=server",
            "--validate=strict",
            "--namespace",
            &namespace,
        ]);
        let output = kubectl.arg("-f").arg(&file).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{part}{told}");
    }
}

const CLUSTER: &str = "\
apiVersion: aks.armature.dev/v1alpha1
kind: AksCluster
metadata:
  name: prod
spec:
  subscriptionId: 00000000-0000-0000-0000-000000000000
  resourceGroup: platform
  location: westeurope
";

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

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
    assert_eq!(
        granted("role.json"),
        CALLS.into_iter().filter_map(action).map(str::to_owned).collect()
    );
}

#[test]
fn each_kind_of_child_has_a_role_with_its_actions_and_no_others() {
    let mut roles = BTreeSet::new();
    for kind in KINDS.iter().filter(|kind| !kind.actions.is_empty()) {
        let role = format!("{}.json", kind.field);
        let wanted: BTreeSet<String> = kind.actions.iter().copied().map(str::to_owned).collect();
        assert_eq!(granted(&format!("roles/{role}")), wanted, "{role}");
        roles.insert(role);
    }
    let files = fs::read_dir(repository().join("examples/azure/roles")).unwrap();
    let files: BTreeSet<String> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, roles);
}

/// The actions of a role in `examples/azure`.
fn granted(file: &str) -> BTreeSet<String> {
    let file = repository().join("examples/azure").join(file);
    let role: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    serde_json::from_value(role["Actions"].clone()).unwrap()
}
