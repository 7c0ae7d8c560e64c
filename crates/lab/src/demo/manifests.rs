//! What the demo has to know about the manifests that it applies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::LabError;

/// A folder of manifests with at least one `AksCluster`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifests {
    /// The folder, absolute: the user copies it into another terminal.
    pub(super) folder: PathBuf,
    /// The first cluster.
    pub(super) cluster: ClusterManifest,
    /// Every subscription that a cluster lies in, once each: the simulator has to have them.
    pub(super) subscriptions: Vec<String>,
    /// Every namespace that a cluster lies in, once each: the operator's identity has to serve them.
    pub(super) namespaces: Vec<String>,
}

/// One `AksCluster` of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClusterManifest {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    /// Resource id in Azure.
    pub(super) id: String,
    /// Kubernetes version as written.
    pub(super) version: Option<String>,
    /// The name of one of its tags.
    pub(super) tag: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    kind: String,
    metadata: Metadata,
    #[serde(default)]
    spec: Value,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterSpec {
    subscription_id: String,
    resource_group: String,
    azure_name: Option<String>,
    kubernetes_version: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Manifests {
    /// Reads the files of `folder` that `kubectl apply -f` would take.
    ///
    /// # Errors
    /// When a file cannot be read or is no manifest, or when there is no `AksCluster`.
    pub(super) fn read(folder: &Path) -> Result<Self, LabError> {
        let folder = folder.canonicalize().map_err(LabError::io(format!(
            "looking for the manifests in {}",
            folder.display()
        )))?;
        let mut found = Vec::new();
        for file in files(&folder)? {
            let text = std::fs::read_to_string(&file).map_err(LabError::io(format!("reading {}", file.display())))?;
            found.extend(clusters(&text).map_err(|problem| LabError::Manifests { path: file, problem })?);
        }
        let subscriptions = distinct(found.iter().map(|(subscription, _)| subscription.as_str()));
        let namespace = |cluster: &ClusterManifest| cluster.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let namespaces: Vec<String> = found.iter().map(|(_, cluster)| namespace(cluster)).collect();
        let namespaces = distinct(namespaces.iter().map(String::as_str));
        let Some((_, cluster)) = found.into_iter().next() else {
            return Err(LabError::Manifests {
                path: folder,
                problem: "there is no AksCluster in it".to_owned(),
            });
        };
        Ok(Self {
            folder,
            cluster,
            subscriptions,
            namespaces,
        })
    }
}

/// Each once, in the order in which it comes first.
fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for one in all {
        if !distinct.iter().any(|known| known == one) {
            distinct.push(one.to_owned());
        }
    }
    distinct
}

/// The files that kubectl reads from a folder, in its order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let failed = || LabError::io(format!("reading the folder {}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The clusters of one file, each with its subscription.
fn clusters(text: &str) -> Result<Vec<(String, ClusterManifest)>, String> {
    let documents: Vec<Document> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
    documents
        .into_iter()
        .filter(|document| document.kind == "AksCluster")
        .map(|Document { metadata, spec, .. }| {
            let ClusterSpec {
                subscription_id,
                resource_group,
                azure_name,
                kubernetes_version,
                tags,
            } = serde_json::from_value(spec).map_err(|error| format!("AksCluster {}: {error}", metadata.name))?;
            let in_azure = azure_name.as_ref().unwrap_or(&metadata.name);
            let id = format!(
                "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/Microsoft.ContainerService/managedClusters/{in_azure}"
            );
            let cluster = ClusterManifest {
                namespace: metadata.namespace,
                name: metadata.name,
                id,
                version: kubernetes_version,
                tag: tags.into_keys().next(),
            };
            Ok((subscription_id, cluster))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "kind: AksCluster\nmetadata: {name: a}\n\
                           spec: {subscriptionId: s, resourceGroup: g, kubernetesVersion: '1.35', tags: {t: v}}\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn clusters_are_found_among_other_objects_and_files() {
        let other = CLUSTER
            .replace("name: a}", "name: b, namespace: n}")
            .replace("resourceGroup", "azureName: z, resourceGroup");
        let both = format!("# first\n---\nkind: Namespace\nmetadata: {{name: n}}\n---\n{CLUSTER}---\n{other}");
        let folder = folder(&[("README.md", "not: [a manifest"), ("b.yaml", &both)]);
        let manifests = Manifests::read(folder.path()).unwrap();
        assert_eq!(manifests.subscriptions, ["s"]);
        assert_eq!(manifests.namespaces, ["default", "n"]);
        assert_eq!(
            manifests.cluster,
            ClusterManifest {
                namespace: None,
                name: "a".into(),
                id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/a".into(),
                version: Some("1.35".into()),
                tag: Some("t".into()),
            }
        );
        let (_, second) = clusters(&other).unwrap().remove(0);
        assert_eq!(second.namespace.as_deref(), Some("n"));
        assert!(second.id.ends_with("/z"), "{}", second.id);
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_named() {
        let told = |files: &[(&str, &str)]| Manifests::read(folder(files).path()).unwrap_err().to_string();
        assert!(told(&[("a.yaml", "kind: Namespace\nmetadata: {name: n}\n")]).contains("no AksCluster"));
        assert!(told(&[("a.yaml", "kind: AksCluster\nmetadata: {name: a}\nspec: {}\n")]).contains("a.yaml"));
        let missing = Manifests::read(Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/at/all"), "{missing}");
    }

    #[test]
    fn the_quickstart_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/quickstart");
        let manifests = Manifests::read(&folder).unwrap();
        assert_eq!(manifests.subscriptions.len(), 1);
        assert!(manifests.cluster.version.is_some());
    }
}
