//! The examples for real Azure.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use armature_api::Action;
use armature_arm::Call;
use armature_plan::actions::call;
use armature_plan::children::KINDS;
use serde_json::{Value, json};

use crate::helm::{repository, scratch};
use crate::management_cluster::installed;

/// Each YAML block of the guides is a part of the spec of a cluster, or the spec.
#[tokio::test]
async fn the_api_server_accepts_every_entry_in_the_guides() {
    let cluster = installed().await;
    let namespace = cluster.namespace("guide").await.unwrap();
    let guides =
        ["docs/children.md", "docs/concepts.md"].map(|file| fs::read_to_string(repository().join(file)).unwrap());
    let blocks = guides.iter().flat_map(|guide| guide.split("```yaml\n").skip(1));
    let parts: Vec<&str> = blocks.map(|block| block.split("```").next().unwrap()).collect();
    assert!(parts.len() > KINDS.len());
    let folder = tempfile::tempdir().unwrap();
    for part in parts {
        let file = folder.path().join("cluster.yaml");
        let spec = part
            .strip_prefix("spec:\n")
            .map_or_else(|| indented(part), str::to_owned);
        fs::write(&file, format!("{CLUSTER}{spec}")).unwrap();
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

#[test]
fn the_guide_to_children_has_each_kind_in_its_table_and_a_section_with_an_example() {
    let guide = fs::read_to_string(repository().join("docs/children.md")).unwrap();
    for field in KINDS.iter().map(|kind| kind.field) {
        assert!(guide.contains(&format!("| [`{field}`](#")), "{field} has no row");
        assert!(guide.contains(&format!("\n{field}:\n")), "{field} has no example");
    }
}

/// A link that leads nowhere is found by a reader who needs it.
#[test]
fn every_link_between_files_of_the_documentation_leads_somewhere() {
    let mut lost = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") {
                continue;
            }
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let found = match fs::read_to_string(&target) {
                Ok(text) => anchor.is_empty() || anchors(&text).contains(anchor),
                Err(_) => target.is_dir() || (target.exists() && anchor.is_empty()),
            };
            if !found {
                lost.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(lost, Vec::<String>::new());
}

/// The pages for users, but for the reference, which is made from the types.
fn pages() -> Vec<PathBuf> {
    let root = repository();
    let docs = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "crates/sim/README.md"];
    docs.chain(others.map(|file| root.join(file))).collect()
}

/// What a heading is linked by: lower case, hyphens for spaces, no punctuation.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
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

#[tokio::test]
async fn the_component_carries_new_names_of_identities_and_their_secrets() {
    let folder = scratch("component");
    let component = repository().join("examples/kustomize/component");
    for file in ["kustomization.yaml", "name-references.yaml"] {
        fs::create_dir_all(folder.join("component")).unwrap();
        fs::copy(component.join(file), folder.join("component").join(file)).unwrap();
    }
    fs::create_dir_all(folder.join("overlay")).unwrap();
    fs::write(folder.join("overlay/kustomization.yaml"), OVERLAY).unwrap();
    fs::write(folder.join("overlay/objects.yaml"), OBJECTS).unwrap();
    let mut kubectl = installed().await.kubectl().unwrap();
    let output = kubectl.arg("kustomize").arg(folder.join("overlay")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rendered = String::from_utf8(output.stdout).unwrap();
    assert!(
        rendered.contains("identityRef:\n    name: staging-payments\n"),
        "{rendered}"
    );
    assert!(
        rendered.contains("secretRef:\n      name: staging-sign-in-"),
        "{rendered}"
    );
}

const OVERLAY: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namePrefix: staging-
resources: [objects.yaml]
components: [../component]
secretGenerator:
  - name: sign-in
    literals: [clientSecret=secret]
";

const OBJECTS: &str = "\
apiVersion: aks.armature.dev/v1alpha1
kind: AzureIdentity
metadata: {name: payments}
spec:
  servicePrincipal: {clientId: c, tenantId: t, secretRef: {name: sign-in}}
---
apiVersion: aks.armature.dev/v1alpha1
kind: AksCluster
metadata: {name: shop}
spec: {identityRef: {name: payments}}
";

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
    let mut roles = BTreeSet::from(["actions.json".to_owned()]);
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

#[test]
fn the_role_for_actions_has_the_action_of_each_and_of_the_result_of_a_command() {
    let each = json!({
        "runCommand": { "command": "id" },
        "rotateClusterCertificates": {},
        "rotateServiceAccountSigningKeys": {},
        "resetServicePrincipalProfile": { "clientId": "c", "secret": { "name": "s", "key": "k" } },
        "abort": {},
        "upgradeNodeImageVersion": { "pool": "apps" },
        "deleteMachines": { "pool": "apps", "machines": ["m"] },
    });
    let mut each: Vec<Value> = (each.as_object().unwrap().iter())
        .map(|(name, parameters)| json!({ "key": "1", name: parameters }))
        .collect();
    each.push(json!({ "key": "1", "abort": { "pool": "apps" } }));
    let clusters = "Microsoft.ContainerService/managedClusters";
    let mut wanted = BTreeSet::from([format!("{clusters}/commandResults/read")]);
    for action in each {
        let action: Action = serde_json::from_value(action).unwrap();
        let call = call(&action).unwrap();
        let on = if call.resource.is_empty() { "" } else { "/agentPools" };
        wanted.insert(format!("{clusters}{on}/{}/action", call.action));
    }
    assert_eq!(granted("roles/actions.json"), wanted);
}

/// The actions of a role in `examples/azure`.
fn granted(file: &str) -> BTreeSet<String> {
    let file = repository().join("examples/azure").join(file);
    let role: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    serde_json::from_value(role["Actions"].clone()).unwrap()
}
