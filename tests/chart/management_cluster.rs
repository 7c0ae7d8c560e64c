//! A control plane of its own: the chart's policies would refuse the deletions of other tests.

use std::fmt::Debug;
use std::time::Duration;

use armature_api::{AksCluster, AksNodePool};
use armature_lab::{ControlPlane, ManagementCluster, Options};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::helm::{chart, helm};
use crate::values::without_identity;

/// Where the chart is installed.
pub const OPERATOR_NAMESPACE: &str = "armature-system";

/// The control plane of this test binary, with the release `armature` in it.
pub async fn installed() -> ManagementCluster {
    static OWN: OnceCell<ControlPlane> = OnceCell::const_new();
    let own = OWN
        .get_or_init(|| async {
            let own = ControlPlane::start(Options::default()).await.unwrap();
            restricted_namespace(own.cluster(), OPERATOR_NAMESPACE).await;
            release(
                own.cluster(),
                "install",
                "armature",
                OPERATOR_NAMESPACE,
                &without_identity(),
            )
            .unwrap();
            in_force(own.cluster()).await;
            own
        })
        .await;
    own.cluster().clone()
}

/// Waits until the API server serves our kinds.
pub async fn served(client: &Client) {
    for crd in armature_api::crds::crds() {
        await_condition(Api::all(client.clone()), &crd.name_any(), is_crd_established())
            .await
            .unwrap();
    }
}

/// Waits until the API server serves our kinds and applies each of the policies, which it learns of a little later.
pub async fn in_force(cluster: &ManagementCluster) {
    let client = cluster.client().await.unwrap();
    served(&client).await;
    let name = cluster.namespace("probe").await.unwrap();
    let namespaces = Api::<Namespace>::all(client.clone());
    let label = json!({ "metadata": { "labels": { "aks.armature.dev/protected": "true" } } });
    namespaces
        .patch(&name, &PatchParams::default(), &Patch::Merge(label))
        .await
        .unwrap();
    cluster_object(&client, &name, "probe", json!({}), json!({})).await;

    until_refused(&namespaces, &name).await;
    until_refused(&Api::<AksCluster>::namespaced(client.clone(), &name), "probe").await;
    until_refused(
        &Api::<CustomResourceDefinition>::all(client),
        "aksclusters.aks.armature.dev",
    )
    .await;
}

/// Only the API server knows when, and it tells by refusing.
async fn until_refused<K: Clone + Debug + DeserializeOwned>(api: &Api<K>, name: &str) {
    let dry_run = DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    };
    let refused = async {
        while api.delete(name, &dry_run).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), refused).await.unwrap();
}

/// `helm install` or `helm upgrade` of this repository's chart.
pub fn release(
    cluster: &ManagementCluster,
    verb: &str,
    name: &str,
    namespace: &str,
    values: &Value,
) -> Result<String, String> {
    let chart = chart();
    let arguments = [
        verb,
        name,
        chart.to_str().unwrap(),
        "--namespace",
        namespace,
        "--values",
        "-",
    ];
    helm(Some(cluster.kubeconfig()), &arguments, values)
}

/// A namespace that takes no pod that breaks the restricted Pod Security Standard.
pub async fn restricted_namespace(cluster: &ManagementCluster, name: &str) {
    let namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": name, "labels": { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    Api::<Namespace>::all(cluster.client().await.unwrap())
        .patch(name, &PatchParams::apply("test"), &Patch::Apply(namespace))
        .await
        .unwrap();
}

/// A small cluster object with these metadata and spec fields on top.
pub async fn cluster_object(
    client: &Client,
    namespace: &str,
    name: &str,
    annotations: Value,
    spec: Value,
) -> AksCluster {
    let mut fields = json!({
        "subscriptionId": "11111111-2222-3333-4444-555555555555",
        "resourceGroup": "platform",
        "location": "westeurope",
    });
    fields
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    let object = json!({ "metadata": { "name": name, "annotations": annotations }, "spec": fields });
    Api::<AksCluster>::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &serde_json::from_value(object).unwrap())
        .await
        .unwrap()
}

/// A small pool object of the cluster `prod`.
pub async fn pool_object(client: &Client, namespace: &str, name: &str) -> AksNodePool {
    let object = json!({ "metadata": { "name": name }, "spec": { "clusterRef": { "name": "prod" } } });
    Api::<AksNodePool>::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &serde_json::from_value(object).unwrap())
        .await
        .unwrap()
}
