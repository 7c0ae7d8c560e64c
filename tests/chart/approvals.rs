//! Approving what is to be taken over is a right of its own, whichever way the annotation comes.

use std::fmt::Debug;
use std::time::Duration;

use armature_api::{APPROVE_PLAN_ANNOTATION, AksCluster, AksNodePool};
use armature_lab::ManagementCluster;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::rbac::v1::{ClusterRole, RoleBinding};
use kube::api::{Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::management_cluster::{OPERATOR_NAMESPACE, installed};

/// Whoever may write objects in the namespace.
const EDITOR: &str = "editor";
/// Whoever may, besides, approve there.
const APPROVER: &str = "approver";
/// Whoever may write in the namespace, and approve in another one.
const NEIGHBOUR: &str = "neighbour";

/// A client that acts as this user.
async fn acting_as(cluster: &ManagementCluster, user: &str) -> Client {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.auth_info.impersonate = Some(user.to_owned());
    Client::try_from(config).unwrap()
}

async fn bind(client: &Client, namespace: &str, role: &str, users: &[&str]) {
    let subjects: Vec<Value> = users
        .iter()
        .map(|user| json!({ "kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io" }))
        .collect();
    let binding = json!({
        "metadata": { "name": role },
        "roleRef": { "kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io" },
        "subjects": subjects,
    });
    Api::<RoleBinding>::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &serde_json::from_value(binding).unwrap())
        .await
        .unwrap();
}

/// A namespace in which all three have their rights.
async fn namespace(cluster: &ManagementCluster, name: &str) -> String {
    let client = cluster.client().await.unwrap();
    let (namespace, elsewhere) = (
        cluster.namespace(name).await.unwrap(),
        cluster.namespace("elsewhere").await.unwrap(),
    );
    let edit = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": { "name": "edit-clusters" },
        "rules": [{
            "apiGroups": ["aks.armature.dev"],
            "resources": ["aksclusters", "aksnodepools", "aksclusters/status", "aksnodepools/status"],
            "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
        }],
    });
    Api::<ClusterRole>::all(client.clone())
        .patch("edit-clusters", &PatchParams::apply("test"), &Patch::Apply(edit))
        .await
        .unwrap();
    bind(&client, &namespace, "edit-clusters", &[EDITOR, APPROVER, NEIGHBOUR]).await;
    bind(&client, &namespace, "armature-approver", &[APPROVER]).await;
    bind(&client, &elsewhere, "armature-approver", &[NEIGHBOUR]).await;
    namespace
}

/// A kind that can be approved.
trait Kind:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned
{
    fn spec() -> Value;
}

impl Kind for AksCluster {
    fn spec() -> Value {
        json!({
            "subscriptionId": "11111111-2222-3333-4444-555555555555",
            "resourceGroup": "platform",
            "location": "westeurope",
        })
    }
}

impl Kind for AksNodePool {
    fn spec() -> Value {
        json!({ "clusterRef": { "name": "prod" } })
    }
}

fn manifest<K: Kind>(name: &str, annotations: Value) -> Value {
    json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": { "name": name, "annotations": annotations },
        "spec": K::spec(),
    })
}

fn approval(value: Value) -> Value {
    json!({ APPROVE_PLAN_ANNOTATION: value })
}

async fn create<K: Kind>(api: &Api<K>, name: &str, annotations: Value) -> kube::Result<K> {
    let object = serde_json::from_value(manifest::<K>(name, annotations)).unwrap();
    api.create(&PostParams::default(), &object).await
}

/// As `kubectl annotate` does.
async fn annotate<K: Kind>(api: &Api<K>, name: &str, annotations: Value) -> kube::Result<K> {
    let patch = json!({ "metadata": { "annotations": annotations } });
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await
}

/// As `kubectl apply --server-side` does.
async fn apply<K: Kind>(api: &Api<K>, name: &str, annotations: Value) -> kube::Result<K> {
    let params = PatchParams::apply("test").force();
    api.patch(name, &params, &Patch::Apply(manifest::<K>(name, annotations)))
        .await
}

/// As `kubectl replace` does.
async fn replace<K: Kind>(api: &Api<K>, name: &str, value: &str) -> kube::Result<K> {
    let mut object = api.get(name).await?;
    object
        .annotations_mut()
        .insert(APPROVE_PLAN_ANNOTATION.to_owned(), value.to_owned());
    api.replace(name, &PostParams::default(), &object).await
}

fn refused<K: Kind>(answer: kube::Result<K>, namespace: &str, name: &str, user: &str) {
    let Err(kube::Error::Api(status)) = answer else {
        panic!("{user} was not refused: {answer:?}");
    };
    let (kind, plural) = (K::kind(&()), K::plural(&()));
    let expected = format!(
        "{kind} {namespace}/{name} was not stored, because the annotation {APPROVE_PLAN_ANNOTATION} approves a plan and \
         {user} lacks the verb approve on {plural}.aks.armature.dev: leave the annotation out, or have an administrator \
         bind a role with this verb, such as the chart's armature-approver"
    );
    assert!(
        status.is_forbidden() && status.message.ends_with(&expected),
        "{}",
        status.message
    );
}

/// Only the API server knows when it applies a policy, and it tells by refusing.
async fn in_force<K: Kind>(api: &Api<K>) {
    let object = serde_json::from_value(manifest::<K>("probe", approval(json!("x")))).unwrap();
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let refused = async {
        while api.create(&dry_run, &object).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), refused).await.unwrap();
}

async fn nobody_approves_without_the_right<K: Kind>(name: &str) {
    let cluster = installed().await;
    let namespace = namespace(&cluster, name).await;
    let as_user = async |user: &str| Api::<K>::namespaced(acting_as(&cluster, user).await, &namespace);
    let (editor, approver) = (as_user(EDITOR).await, as_user(APPROVER).await);
    in_force(&editor).await;

    // A new object, one that was copied or restored, and one without a name of its own yet.
    refused(
        create(&editor, "a", approval(json!("x"))).await,
        &namespace,
        "a",
        EDITOR,
    );
    refused(apply(&editor, "a", approval(json!("x"))).await, &namespace, "a", EDITOR);
    let mut nameless = manifest::<K>("", approval(json!("x")));
    nameless["metadata"] = json!({ "generateName": "a", "annotations": approval(json!("x")) });
    let nameless = editor
        .create(&PostParams::default(), &serde_json::from_value(nameless).unwrap())
        .await;
    assert!(matches!(nameless, Err(kube::Error::Api(status)) if status.message.contains("lacks the verb approve")));

    for user in [EDITOR, NEIGHBOUR] {
        let api = as_user(user).await;
        let name = format!("of{user}");
        create(&api, &name, json!({ "team": "shop" })).await.unwrap();
        refused(
            annotate(&api, &name, approval(json!("x"))).await,
            &namespace,
            &name,
            user,
        );
        refused(apply(&api, &name, approval(json!("x"))).await, &namespace, &name, user);
        refused(replace(&api, &name, "x").await, &namespace, &name, user);
        // Status is no way around: what comes with it of the metadata is not stored.
        let with_status =
            json!({ "metadata": { "annotations": approval(json!("x")) }, "status": { "conditions": [] } });
        let stored = api
            .patch_status(&name, &PatchParams::default(), &Patch::Merge(with_status))
            .await
            .unwrap();
        assert!(!stored.annotations().contains_key(APPROVE_PLAN_ANNOTATION));
    }

    // Approved, the object is edited as before, and everybody may take the approval back.
    let name = format!("of{EDITOR}");
    annotate(&approver, &name, approval(json!("x"))).await.unwrap();
    annotate(&editor, &name, json!({ "team": "till" })).await.unwrap();
    replace(&editor, &name, "x").await.unwrap();
    refused(replace(&editor, &name, "y").await, &namespace, &name, EDITOR);
    annotate(&editor, &name, approval(json!(""))).await.unwrap();
    refused(
        annotate(&editor, &name, approval(json!("x"))).await,
        &namespace,
        &name,
        EDITOR,
    );
    apply(&approver, &name, approval(json!("z"))).await.unwrap();
    annotate(&editor, &name, approval(Value::Null)).await.unwrap();
    create(&approver, "b", approval(json!("x"))).await.unwrap();

    // The operator writes finalizers and status of what is approved, and approves nothing.
    let own = format!("system:serviceaccount:{OPERATOR_NAMESPACE}:armature");
    let operator = as_user(&own).await;
    let finalizers = json!({ "metadata": { "finalizers": ["aks.armature.dev/finalizer"] } });
    operator
        .patch("b", &PatchParams::default(), &Patch::Merge(&finalizers))
        .await
        .unwrap();
    refused(
        annotate(&operator, "b", approval(json!("y"))).await,
        &namespace,
        "b",
        &own,
    );
}

#[tokio::test]
async fn nobody_approves_a_cluster_without_the_right_to() {
    nobody_approves_without_the_right::<AksCluster>("approve-cluster").await;
}

#[tokio::test]
async fn nobody_approves_a_pool_without_the_right_to() {
    nobody_approves_without_the_right::<AksNodePool>("approve-pool").await;
}
