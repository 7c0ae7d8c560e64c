//! What the admission policies refuse, and that each refusal names the way out.

use std::time::Duration;

use armature_api::{AksCluster, AksNodePool, RELEASE_ANNOTATION};
use axum::http::Request;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::management_cluster::{cluster_object, installed, pool_object};

/// What was said to a refused call.
fn refusal<T>(answer: Result<T, kube::Error>) -> String {
    match answer {
        Err(kube::Error::Api(status)) if status.is_forbidden() => status.message,
        Err(error) => panic!("refused otherwise: {error}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test]
async fn a_protected_cluster_is_not_deleted_and_the_message_names_both_ways_out() {
    let cluster = installed().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("protected").await.unwrap(),
    );
    let api = Api::<AksCluster>::namespaced(client.clone(), &namespace);
    for (name, spec) in [("unset", json!({})), ("set", json!({ "deletionProtection": true }))] {
        cluster_object(&client, &namespace, name, json!({}), spec).await;
        let said = refusal(api.delete(name, &DeleteParams::default()).await);
        let expected = format!(
            "AksCluster {namespace}/{name} is protected and was not deleted: set spec.deletionProtection to false to \
             delete it in Azure too, or run `armature release -n {namespace} {name}` (annotation {RELEASE_ANNOTATION}) \
             to let the object go and leave Azure alone"
        );
        assert!(said.ends_with(&expected), "{said}");
    }
}

#[tokio::test]
async fn an_unprotected_or_released_cluster_is_deleted() {
    let cluster = installed().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("released").await.unwrap(),
    );
    let api = Api::<AksCluster>::namespaced(client.clone(), &namespace);
    cluster_object(
        &client,
        &namespace,
        "unprotected",
        json!({}),
        json!({ "deletionProtection": false }),
    )
    .await;
    cluster_object(
        &client,
        &namespace,
        "released",
        json!({ RELEASE_ANNOTATION: "now" }),
        json!({}),
    )
    .await;
    for name in ["unprotected", "released"] {
        api.delete(name, &DeleteParams::default()).await.unwrap();
    }
    // The operator takes an empty value for none, and so does the policy.
    cluster_object(
        &client,
        &namespace,
        "empty",
        json!({ RELEASE_ANNOTATION: "" }),
        json!({}),
    )
    .await;
    refusal(api.delete("empty", &DeleteParams::default()).await);
}

#[tokio::test]
async fn a_protected_pool_is_not_deleted_unless_its_cluster_does_not_exist() {
    let cluster = installed().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("pools").await.unwrap(),
    );
    let api = Api::<AksNodePool>::namespaced(client.clone(), &namespace);
    pool_object(&client, &namespace, "system").await;
    let said = refusal(api.delete("system", &DeleteParams::default()).await);
    assert!(
        said.contains(&format!("`armature release --pool -n {namespace} system`")),
        "{said}"
    );

    set_ready(&api, "system", "NodePoolReady").await;
    refusal(api.delete("system", &DeleteParams::default()).await);
    set_ready(&api, "system", "ClusterNotFound").await;
    api.delete("system", &DeleteParams::default()).await.unwrap();
}

async fn set_ready(api: &Api<AksNodePool>, name: &str, reason: &str) {
    let ready = json!({
        "type": "Ready", "status": "False", "reason": reason, "message": "test",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let status = json!({ "status": { "conditions": [ready] } });
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status))
        .await
        .unwrap();
}

#[tokio::test]
async fn our_definitions_are_not_deleted_and_others_are() {
    let cluster = installed().await;
    let api = Api::<CustomResourceDefinition>::all(cluster.client().await.unwrap());
    let dry_run = DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    };
    for crd in armature_api::crds::crds() {
        let said = refusal(api.delete(&crd.name_any(), &dry_run).await);
        assert!(
            said.contains("every ") && said.contains("uninstall Armature first"),
            "{said}"
        );
    }
    let other: CustomResourceDefinition = serde_json::from_value(json!({
        "metadata": { "name": "others.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": { "kind": "Other", "plural": "others", "singular": "other" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": { "type": "object" } } }],
        },
    }))
    .unwrap();
    cluster.install_crds(&[other]).await.unwrap();
    api.delete("others.example.com", &DeleteParams::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_labelled_namespace_is_not_deleted_until_the_label_is_gone() {
    let cluster = installed().await;
    let name = cluster.namespace("labelled").await.unwrap();
    let api = Api::<Namespace>::all(cluster.client().await.unwrap());
    let label = async |value: Value| {
        let patch = json!({ "metadata": { "labels": { "aks.armature.dev/protected": value } } });
        api.patch(&name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    };
    label(json!("true")).await;
    let said = refusal(api.delete(&name, &DeleteParams::default()).await);
    assert!(said.contains("take the label off first"), "{said}");
    label(Value::Null).await;
    api.delete(&name, &DeleteParams::default()).await.unwrap();
}

/// What the API server warned of while it took this object, in its own words.
async fn warnings(api: &str, client: &kube::Client, object: &Value) -> Vec<String> {
    let request = Request::post(format!("{api}?dryRun=All"))
        .header("Content-Type", "application/json")
        .body(serde_json::to_vec(object).unwrap().into())
        .unwrap();
    let answer = client.send(request).await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    let warnings = answer.headers().get_all("warning").iter();
    warnings.map(|warning| warning.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_retired_setting_is_taken_with_a_warning_that_names_date_and_way_out() {
    let cluster = installed().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("retired").await.unwrap(),
    );
    let resource = |plural: &str| format!("/apis/aks.armature.dev/v1alpha1/namespaces/{namespace}/{plural}");
    let aks = |network: Value| {
        json!({
            "apiVersion": "aks.armature.dev/v1alpha1",
            "kind": "AksCluster",
            "metadata": { "name": "old" },
            "spec": {
                "subscriptionId": "11111111-2222-3333-4444-555555555555",
                "resourceGroup": "platform",
                "location": "westeurope",
                "networkProfile": network,
            },
        })
    };
    let pool = |fields: Value| {
        let mut spec = json!({ "clusterRef": { "name": "old" } });
        spec.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({ "apiVersion": "aks.armature.dev/v1alpha1", "kind": "AksNodePool", "metadata": { "name": "old" }, "spec": spec })
    };
    // Only the API server knows when it applies a policy, and it tells by warning.
    let retired = aks(json!({ "networkPlugin": "kubenet" }));
    let warned = async {
        loop {
            let said = warnings(&resource("aksclusters"), &client, &retired).await;
            if !said.is_empty() {
                return said;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let said = tokio::time::timeout(Duration::from_secs(60), warned).await.unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains(
            "networkProfile.networkPlugin kubenet is retired by AKS (end of support 2028-03-31): use networkPlugin azure with \
             networkPluginMode overlay"
        ),
        "{said:?}"
    );
    let id = "00000000-0000-0000-0000-000000000001";
    for (spec, warned) in [
        (
            json!({ "networkProfile": { "loadBalancerSku": "basic" } }),
            "networkProfile.loadBalancerSku basic is retired by AKS (end of support 2025-09-30)",
        ),
        (
            json!({ "aadProfile": { "clientAppID": id, "serverAppID": id } }),
            "(legacy Entra integration) is retired by AKS (end of support 2023-12-01)",
        ),
        (
            json!({ "servicePrincipalProfile": { "clientId": id, "secret": { "name": "sp", "key": "secret" } } }),
            "servicePrincipalProfile is a legacy setting",
        ),
        (
            json!({ "podIdentityProfile": { "enabled": true } }),
            "podIdentityProfile is retired by AKS (end of support 2025-09-30)",
        ),
        (
            json!({ "addonProfiles": { "httpApplicationRouting": { "enabled": true } } }),
            "addonProfiles.httpApplicationRouting is retired by AKS (end of support 2025-03-03)",
        ),
    ] {
        let mut object = aks(json!({}));
        object["spec"]
            .as_object_mut()
            .unwrap()
            .extend(spec.as_object().unwrap().clone());
        let said = warnings(&resource("aksclusters"), &client, &object).await;
        assert!(said.len() == 1 && said[0].contains(warned), "{said:?}");
    }
    let said = warnings(
        &resource("aksnodepools"),
        &client,
        &pool(json!({ "osSKU": "Windows2019", "osType": "Windows", "tags": { "skip-gpu-driver-install": "true" } })),
    )
    .await;
    assert_eq!(said.len(), 2, "one for each: {said:?}");
    for (api, object) in [
        ("aksclusters", aks(json!({ "networkPlugin": "azure" }))),
        ("aksnodepools", pool(json!({ "osSKU": "Ubuntu" }))),
    ] {
        assert_eq!(warnings(&resource(api), &client, &object).await, [""; 0]);
    }
}

/// A value that is nested so many levels deep.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, level| {
        if level % 2 == 0 {
            json!([value])
        } else {
            json!({ "k": value })
        }
    })
}

#[tokio::test]
async fn values_of_free_form_are_bounded_in_depth_and_size() {
    let cluster = installed().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("bounded").await.unwrap(),
    );
    let api = Api::<DynamicObject>::namespaced_with(client, &namespace, &ApiResource::erase::<AksCluster>(&()));
    let make = async |spec: Value| {
        let mut fields = json!({
            "subscriptionId": "11111111-2222-3333-4444-555555555555",
            "resourceGroup": "platform",
            "location": "westeurope",
        });
        fields
            .as_object_mut()
            .unwrap()
            .extend(spec.as_object().unwrap().clone());
        let object = json!({
            "apiVersion": "aks.armature.dev/v1alpha1", "kind": "AksCluster",
            "metadata": { "generateName": "bounded-" }, "spec": fields,
        });
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let dry_run = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        api.create(&dry_run, &object).await
    };
    let set = |value: Value| json!({ "overrides": [{ "path": "a.b", "value": value }] });
    let child = |body: Value| json!({ "children": { "x": { "type": "Microsoft.Chaos/targets", "apiVersion": "2026-01-01", "body": body } } });
    let long = |length: usize| json!({ "k": "x".repeat(length) });
    let braces = json!({ "s": "[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{" });
    // Only the API server knows when it applies a policy.
    let applied = async {
        while make(set(nested(17))).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), applied).await.unwrap();
    for spec in [
        set(nested(16)),
        set(braces.clone()),
        set(long(15_000)),
        child(nested(16)),
        child(braces),
        child(long(30_000)),
    ] {
        make(spec).await.unwrap();
    }
    for (spec, said) in [
        (
            set(nested(17)),
            "the values of spec.overrides have 48 KiB at most and 16 levels",
        ),
        (
            set(nested(140)),
            "the values of spec.overrides have 48 KiB at most and 16 levels",
        ),
        (
            set(long(50_000)),
            "the values of spec.overrides have 48 KiB at most and 16 levels",
        ),
        (
            child(json!({ "k": nested(140) })),
            "the bodies of spec.children have 48 KiB at most and 16 levels",
        ),
        (
            child(long(50_000)),
            "the bodies of spec.children have 48 KiB at most and 16 levels",
        ),
        (set(long(1_000_000)), "is longer than 256 KiB, which no manifest needs"),
    ] {
        match make(spec).await {
            Err(kube::Error::Api(status)) => assert!(status.message.contains(said), "{}", status.message),
            answer => panic!("not refused with {said}: {answer:?}"),
        }
    }
}
