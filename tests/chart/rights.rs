//! What the service account of the chart may do: what the operator does, and nothing beside it.

use std::time::Duration;

use armature_api::{AksCluster, AzureIdentity};
use armature_lab::{ManagementCluster, OperatorProcess};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::runtime::wait::await_condition;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::helm::{objects, only, scratch};
use crate::management_cluster::{OPERATOR_NAMESPACE, cluster_object, installed, release, restricted_namespace};
use crate::values::{GUID, without_identity};

const ALL_NAMESPACES: &str = "";
const ANY_NAME: &str = "";
const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
/// Far more than the operator takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// One kind of call: verb, `resource.group/subresource`, namespace, name.
type Call = (&'static str, &'static str, &'static str, &'static str);

/// Everything the operator calls, in any namespace where it watches all of them.
fn needed(watched: &'static str) -> Vec<Call> {
    let mut calls = vec![
        ("list", "azureidentities.aks.armature.dev", ALL_NAMESPACES, ANY_NAME),
        ("watch", "azureidentities.aks.armature.dev", ALL_NAMESPACES, ANY_NAME),
        (
            "patch",
            "azureidentities.aks.armature.dev/status",
            ALL_NAMESPACES,
            "platform",
        ),
        (
            "get",
            "customresourcedefinitions.apiextensions.k8s.io",
            ALL_NAMESPACES,
            "aksclusters.aks.armature.dev",
        ),
        (
            "get",
            "customresourcedefinitions.apiextensions.k8s.io",
            ALL_NAMESPACES,
            "aksnodepools.aks.armature.dev",
        ),
        (
            "get",
            "customresourcedefinitions.apiextensions.k8s.io",
            ALL_NAMESPACES,
            "azureidentities.aks.armature.dev",
        ),
        ("get", "namespaces", ALL_NAMESPACES, "kube-system"),
        ("get", "namespaces", ALL_NAMESPACES, "team"),
        ("create", "events.events.k8s.io", watched, ANY_NAME),
        ("patch", "events.events.k8s.io", watched, "prod.1"),
    ];
    for (objects, status) in [
        ("aksclusters.aks.armature.dev", "aksclusters.aks.armature.dev/status"),
        ("aksnodepools.aks.armature.dev", "aksnodepools.aks.armature.dev/status"),
    ] {
        calls.extend(["list", "watch", "get", "patch"].map(|verb| (verb, objects, watched, ANY_NAME)));
        calls.push(("update", status, watched, "prod"));
    }
    calls
}

/// What it calls in its own namespace.
fn needed_at_home(home: &'static str) -> Vec<Call> {
    vec![
        ("create", "leases.coordination.k8s.io", home, ANY_NAME),
        ("get", "leases.coordination.k8s.io", home, "armature-leader"),
        ("update", "leases.coordination.k8s.io", home, "armature-leader"),
        ("get", "secrets", home, "sign-in"),
        // The key that signs status; a name cannot limit create.
        ("create", "secrets", home, ANY_NAME),
        ("get", "secrets", home, "armature-fingerprint-key"),
        // What was signed and has ended.
        ("create", "configmaps", home, ANY_NAME),
        ("get", "configmaps", home, "armature-inventory-0"),
        ("patch", "configmaps", home, "armature-inventory-0"),
    ]
}

/// What somebody who took over the operator's pod would like to do.
fn never(home: &'static str) -> Vec<Call> {
    vec![
        ("list", "secrets", home, ANY_NAME),
        ("watch", "secrets", home, ANY_NAME),
        ("update", "secrets", home, "sign-in"),
        ("delete", "secrets", home, "sign-in"),
        ("get", "secrets", "kube-system", "any"),
        ("list", "secrets", ALL_NAMESPACES, ANY_NAME),
        ("update", "leases.coordination.k8s.io", home, "other"),
        ("delete", "leases.coordination.k8s.io", home, "armature-leader"),
        ("create", "leases.coordination.k8s.io", "kube-node-lease", ANY_NAME),
        ("create", "aksclusters.aks.armature.dev", "team", ANY_NAME),
        ("delete", "aksclusters.aks.armature.dev", "team", "prod"),
        ("approve", "aksclusters.aks.armature.dev", "team", "prod"),
        ("approve", "aksnodepools.aks.armature.dev", "team", "system"),
        ("delete", "aksnodepools.aks.armature.dev", "team", "system"),
        ("update", "azureidentities.aks.armature.dev", ALL_NAMESPACES, "platform"),
        ("patch", "azureidentities.aks.armature.dev", ALL_NAMESPACES, "platform"),
        (
            "get",
            "customresourcedefinitions.apiextensions.k8s.io",
            ALL_NAMESPACES,
            "others.example.com",
        ),
        (
            "patch",
            "customresourcedefinitions.apiextensions.k8s.io",
            ALL_NAMESPACES,
            "aksclusters.aks.armature.dev",
        ),
        ("list", "namespaces", ALL_NAMESPACES, ANY_NAME),
        ("delete", "namespaces", ALL_NAMESPACES, "team"),
        ("create", "pods", home, ANY_NAME),
        ("get", "configmaps", home, "any"),
        ("patch", "configmaps", home, "any"),
        ("delete", "configmaps", home, "armature-inventory-0"),
        ("create", "serviceaccounts/token", home, "armature"),
        ("patch", "deployments.apps", home, "armature"),
        (
            "bind",
            "clusterroles.rbac.authorization.k8s.io",
            ALL_NAMESPACES,
            "cluster-admin",
        ),
        (
            "delete",
            "validatingadmissionpolicies.admissionregistration.k8s.io",
            ALL_NAMESPACES,
            "armature-protected-objects",
        ),
        ("*", "*", ALL_NAMESPACES, ANY_NAME),
    ]
}

async fn account(cluster: &ManagementCluster, namespace: &str, name: &str) -> Client {
    let user = format!("system:serviceaccount:{namespace}:{name}");
    let own_group = format!("system:serviceaccounts:{namespace}");
    let groups = ["system:authenticated", "system:serviceaccounts", own_group.as_str()];
    cluster.client_as(&user, &groups).await.unwrap()
}

async fn may(client: &Client, call: Call) -> bool {
    let (verb, resource, namespace, name) = call;
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                verb: some(verb),
                group: some(group),
                resource: some(resource),
                subresource: some(subresource),
                namespace: some(namespace),
                name: some(name),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let answer = Api::all(client.clone())
        .create(&PostParams::default(), &review)
        .await
        .unwrap();
    answer.status.unwrap().allowed
}

async fn check(client: &Client, allowed: Vec<Call>, refused: Vec<Call>) {
    for call in allowed {
        assert!(may(client, call).await, "has to be allowed: {call:?}");
    }
    for call in refused {
        assert!(!may(client, call).await, "has to be refused: {call:?}");
    }
}

#[tokio::test]
async fn the_service_account_may_do_what_the_operator_does_and_nothing_else() {
    let cluster = installed().await;
    let client = account(&cluster, OPERATOR_NAMESPACE, "armature").await;
    let mut allowed = needed(ALL_NAMESPACES);
    allowed.extend(needed_at_home(OPERATOR_NAMESPACE));
    let mut refused = never(OPERATOR_NAMESPACE);
    // No manifest may refer to Secrets unless the chart is told where.
    refused.extend([
        ("get", "secrets", "team", "windows"),
        ("get", "configmaps", "team", "files"),
    ]);
    check(&client, allowed, refused).await;
}

#[tokio::test]
async fn with_one_watched_namespace_the_rights_on_objects_end_there() {
    const HOME: &str = "armature-team";
    let cluster = installed().await;
    for namespace in ["team", HOME] {
        restricted_namespace(&cluster, namespace).await;
    }
    let mut values = without_identity();
    for (name, value) in [
        ("watchNamespace", json!("team")),
        ("crds", json!({ "install": false })),
        ("admissionPolicy", json!({ "install": false })),
        ("rbac", json!({ "readSecrets": ["sign-in"] })),
        ("secrets", json!({ "namespaces": ["*"] })),
        ("configMaps", json!({ "namespaces": ["team"] })),
    ] {
        values[name] = value;
    }
    release(&cluster, "install", "team", HOME, &values).unwrap();

    let client = account(&cluster, HOME, "team-armature").await;
    let mut allowed = needed("team");
    allowed.extend(needed_at_home(HOME));
    // What manifests refer to.
    allowed.extend([
        ("get", "secrets", "team", "windows"),
        ("get", "configmaps", "team", "files"),
        ("patch", "configmaps", "team", "output"),
        ("create", "configmaps", "team", ANY_NAME),
    ]);
    let mut refused = never(HOME);
    refused.extend([
        ("list", "aksclusters.aks.armature.dev", ALL_NAMESPACES, ANY_NAME),
        ("get", "aksclusters.aks.armature.dev", "other", "prod"),
        ("update", "aksnodepools.aks.armature.dev/status", "other", "system"),
        ("create", "events.events.k8s.io", "other", ANY_NAME),
        ("get", "namespaces", ALL_NAMESPACES, "other"),
        ("get", "secrets", HOME, "other"),
        ("list", "secrets", "team", ANY_NAME),
        ("create", "secrets", "team", ANY_NAME),
        ("get", "secrets", "other", "windows"),
        ("list", "configmaps", "team", ANY_NAME),
        ("get", "configmaps", "other", "files"),
    ]);
    check(&client, allowed, refused).await;
}

/// The operator as the chart starts it, with nothing but its service account's token: it leads, reads all it has to,
/// stores finalizers and status, and no call of its is refused.
#[tokio::test]
async fn the_operator_works_with_the_rights_of_its_service_account() {
    let cluster = installed().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("rights").await.unwrap(),
    );
    let own = with_token(&cluster, &client).await;
    let rendered = objects(OPERATOR_NAMESPACE, &without_identity());
    let arguments: Vec<String> = serde_json::from_value(
        only(&rendered, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"].clone(),
    )
    .unwrap();
    let environment = [("POD_NAMESPACE", OPERATOR_NAMESPACE), ("POD_NAME", "armature-0")];
    // The lab itself says `run`.
    let mut operator = OperatorProcess::start(&own, arguments.iter().skip(1), environment).unwrap();

    identity(&client, &namespace).await;
    let spec = json!({ "identityRef": { "name": namespace } });
    cluster_object(&client, &namespace, "prod", json!({}), spec).await;
    let api = Api::<AksCluster>::namespaced(client, &namespace);
    // The Secret's absence is the first thing that ends a pass, after all else that needs a right.
    let stopped_at_secret = |cluster: Option<&AksCluster>| {
        cluster.is_some_and(|cluster| {
            let status = serde_json::to_value(&cluster.status).unwrap().to_string();
            status.contains("SecretNotFound") && cluster.metadata.finalizers.is_some()
        })
    };
    let waited = tokio::time::timeout(PATIENCE, await_condition(api.clone(), "prod", stopped_at_secret)).await;
    let log = std::fs::read_to_string(operator.process().log()).unwrap();
    let object = api.get("prod").await.unwrap();
    assert!(waited.is_ok(), "{:?}\n{log}", object.status);
    assert!(!log.contains("forbidden"), "{log}");
    operator.ready().await.unwrap();
    std::fs::remove_dir_all(scratch("rights")).unwrap();
}

/// A kubeconfig that holds the service account's token and nothing else.
async fn with_token(cluster: &ManagementCluster, client: &Client) -> ManagementCluster {
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), OPERATOR_NAMESPACE);
    let request = TokenRequest {
        spec: TokenRequestSpec {
            expiration_seconds: Some(3600),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request("armature", &PostParams::default(), &request)
        .await
        .unwrap();
    let admin = std::fs::read_to_string(cluster.kubeconfig()).unwrap();
    let mut kubeconfig: Value = serde_json::from_str(&admin).unwrap();
    kubeconfig["users"][0]["user"] = json!({ "token": answer.status.unwrap().token });
    let path = scratch("rights").join("kubeconfig");
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    ManagementCluster::from_kubeconfig(path)
}

/// An identity that `namespace` may use by its labels, with a Secret that does not exist.
async fn identity(client: &Client, namespace: &str) {
    let identity = json!({
        "metadata": { "name": namespace },
        "spec": {
            "servicePrincipal": { "clientId": GUID, "tenantId": GUID, "secretRef": { "name": "absent" } },
            "subscriptions": [SUBSCRIPTION],
            "allowedNamespaces": { "selector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } } },
        },
    });
    Api::<AzureIdentity>::all(client.clone())
        .create(&PostParams::default(), &serde_json::from_value(identity).unwrap())
        .await
        .unwrap();
}
