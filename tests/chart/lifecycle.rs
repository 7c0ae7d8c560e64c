//! Install, upgrade, uninstall, install again.

use std::fs;
use std::path::Path;

use armature_api::AksCluster;
use armature_lab::{ControlPlane, Options};
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;

use crate::helm::{chart, helm, scratch};
use crate::management_cluster::{OPERATOR_NAMESPACE, cluster_object, in_force, release, restricted_namespace, served};
use crate::values::without_identity;

#[tokio::test]
async fn an_upgrade_updates_the_crds_and_an_uninstall_leaves_them_and_every_object() {
    let own = ControlPlane::start(Options { controllers: false }).await.unwrap();
    let (cluster, client) = (own.cluster(), own.cluster().client().await.unwrap());
    restricted_namespace(cluster, OPERATOR_NAMESPACE).await;
    restricted_namespace(cluster, "team").await;
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    let mut values = without_identity();

    // An older chart, whose CRD has another short name.
    let older = scratch("older");
    copy(&chart(), &older);
    let file = older.join("files/crds/aks.armature.dev_aksclusters.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let old = text.replace("shortNames: [aks]", "shortNames: [oldaks]");
    assert_ne!(old, text);
    fs::write(&file, old).unwrap();
    let install = [
        "install",
        "armature",
        older.to_str().unwrap(),
        "--namespace",
        OPERATOR_NAMESPACE,
        "--values",
        "-",
    ];
    helm(Some(cluster.kubeconfig()), &install, &values).unwrap();
    fs::remove_dir_all(&older).unwrap();
    let short_names = async || {
        crds.get("aksclusters.aks.armature.dev")
            .await
            .unwrap()
            .spec
            .names
            .short_names
            .unwrap()
    };
    assert_eq!(short_names().await, ["oldaks"]);
    served(&client).await;
    let object = cluster_object(&client, "team", "prod", json!({}), json!({})).await;

    release(cluster, "upgrade", "armature", OPERATOR_NAMESPACE, &values).unwrap();
    assert_eq!(short_names().await, ["aks"]);

    // Whoever takes the CRDs out of the release keeps them too.
    values["crds"] = json!({ "install": false });
    release(cluster, "upgrade", "armature", OPERATOR_NAMESPACE, &values).unwrap();
    assert_eq!(crds.list(&ListParams::default()).await.unwrap().items.len(), 3);
    values["crds"] = json!({ "install": true });
    release(cluster, "upgrade", "armature", OPERATOR_NAMESPACE, &values).unwrap();

    let uninstall = ["uninstall", "armature", "--namespace", OPERATOR_NAMESPACE];
    helm(Some(cluster.kubeconfig()), &uninstall, &json!({})).unwrap();
    assert_eq!(crds.list(&ListParams::default()).await.unwrap().items.len(), 3);
    let kept = Api::<AksCluster>::namespaced(client.clone(), "team")
        .get("prod")
        .await
        .unwrap();
    assert_eq!(kept.metadata.uid, object.metadata.uid);
    assert_eq!(kept.metadata.deletion_timestamp, None);
    let deployments = Api::<Deployment>::namespaced(client.clone(), OPERATOR_NAMESPACE);
    assert!(deployments.get_opt("armature").await.unwrap().is_none());
    // Without its policies the definitions can be deleted by whoever means it.
    let policies = Api::<ValidatingAdmissionPolicy>::all(client.clone())
        .list(&ListParams::default())
        .await
        .unwrap();
    assert!(
        policies
            .items
            .iter()
            .all(|policy| !policy.metadata.name.as_deref().unwrap().starts_with("armature"))
    );

    // The kept CRDs are in the way of nobody.
    release(cluster, "install", "armature", OPERATOR_NAMESPACE, &values).unwrap();
    in_force(cluster).await;
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
