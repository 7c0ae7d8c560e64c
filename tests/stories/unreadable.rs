//! Objects that can't be read, and very many of them: each is named and can go, and no other is held up.

use std::fmt::Debug;

use axum::http::Request;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, DynamicObject, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, NamespaceResourceScope, PartialObjectMeta};
use kube::{Api, CustomResourceExt, Resource};
use serde_json::{Value, json};

use armature_api::{AksCluster, AksNodePool, RELEASE_ANNOTATION};
use armature_lab::{ControlPlane, Options};

use crate::look;
use crate::world::{World, watch_log};

/// A value that is nested too deeply for any parser with a stack.
fn deep() -> Value {
    (0..140).fold(json!(1), |value, _| json!([value]))
}

/// Makes an object whatever any type holds of it, the answer included.
async fn make<K: Resource<DynamicType = ()>>(world: &World, manifest: &Value) -> kube::Result<()> {
    let path = K::url_path(&(), Some(&world.namespace));
    let request = Request::post(path)
        .header("Content-Type", "application/json")
        .body(serde_json::to_vec(manifest).unwrap())
        .unwrap();
    world.client.request_text(request).await.map(drop)
}

/// Asks for the deletion of an object, without reading the answer.
async fn remove<K: Resource<DynamicType = ()>>(world: &World, name: &str) {
    let path = K::url_path(&(), Some(&world.namespace));
    let request = Request::delete(format!("{path}/{name}")).body(Vec::new()).unwrap();
    world.client.request_text(request).await.unwrap();
}

/// A kind of ours.
trait Kind: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug {}

impl<K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug> Kind for K {}

fn metadata<K: Kind>(world: &World) -> Api<PartialObjectMeta<K>> {
    Api::namespaced(world.client.clone(), &world.namespace)
}

async fn gone<K: Kind>(world: &World, name: &str) {
    let api = metadata::<K>(world);
    watch_log("the end of the object", async || {
        api.get_opt(name).await.unwrap().is_none()
    })
    .await;
}

async fn told(world: &World, name: &str, reason: &str) -> String {
    let events = Api::<Event>::namespaced(world.client.clone(), &world.namespace);
    let find = async || {
        let events = events.list(&ListParams::default()).await.unwrap();
        events.items.into_iter().find(|event| {
            let regarding = event.regarding.as_ref().and_then(|regarding| regarding.name.as_deref());
            regarding == Some(name) && event.reason.as_deref() == Some(reason)
        })
    };
    watch_log("the event", async || find().await.is_some()).await;
    find().await.unwrap().note.unwrap()
}

async fn release<K: Kind>(world: &World, name: &str) {
    let patch = json!({ "metadata": { "annotations": { RELEASE_ANNOTATION: "now" } } });
    let api = metadata::<K>(world);
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_operator_starts_over_two_thousand_pools() {
    let world = World::new("thousands").await;
    stream::iter(0..2000)
        .map(|number| {
            let manifest = world.pool(&format!("p{number}"), "nowhere", json!({}));
            let pool: AksNodePool = serde_json::from_value(manifest).unwrap();
            let pools = world.pools.clone();
            async move { pools.create(&PostParams::default(), &pool).await }
        })
        .buffer_unordered(64)
        .try_for_each(|_| std::future::ready(Ok(())))
        .await
        .unwrap();
    let mut operator = world.operator();
    operator.ready().await.unwrap();
    world
        .pool_until("p1999", "answered for", |pool| look::condition(pool, "Ready").is_some())
        .await;
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_named_and_goes_and_holds_up_no_other() {
    let world = World::new("unreadable").await;
    let mut operator = world.operator();
    world.create("shop", json!({})).await;

    // A cluster and a pool of another cluster that no parser takes.
    let mut bad = world.cluster("bad", json!({ "overrides": [{ "path": "a.b", "value": deep() }] }));
    bad["metadata"]["finalizers"] = json!(["aks.armature.dev/finalizer"]);
    make::<AksCluster>(&world, &bad).await.unwrap();
    let mut pool = world.pool(
        "deep",
        "shop",
        json!({ "overrides": [{ "path": "a.b", "value": deep() }] }),
    );
    pool["metadata"]["finalizers"] = json!(["aks.armature.dev/finalizer"]);
    make::<AksNodePool>(&world, &pool).await.unwrap();
    let note = told(&world, "bad", "Unreadable").await;
    assert!(
        note.starts_with("spec.overrides[0].value") && note.contains("armature release"),
        "{note}"
    );
    told(&world, "deep", "Unreadable").await;
    world
        .cluster_until("shop", "telling of its pool", |cluster| {
            look::condition(cluster, "Ready").is_some_and(|ready| ready.message.contains("node pool deep"))
        })
        .await;

    // A start over them is a start, and the others go on.
    operator.kill();
    operator.restart().unwrap();
    operator.ready().await.unwrap();
    world.apply(&world.cluster("other", json!({}))).await;
    world.apply(&world.system_pool("other", "other")).await;
    world.cluster_until("other", "ready", look::is_ready).await;

    // A pool of a cluster that can't be read is no orphan.
    world.apply(&world.pool("below", "bad", json!({}))).await;
    world
        .pool_until("below", "waiting for its cluster", |pool| {
            look::condition(pool, "Ready").is_some_and(|ready| ready.reason == "ClusterUnreadable")
        })
        .await;

    // Deleted, it waits for a person, and goes once it is released.
    remove::<AksCluster>(&world, "bad").await;
    told(&world, "bad", "DeletionBlocked").await;
    release::<AksCluster>(&world, "bad").await;
    gone::<AksCluster>(&world, "bad").await;
    remove::<AksNodePool>(&world, "deep").await;
    release::<AksNodePool>(&world, "deep").await;
    gone::<AksNodePool>(&world, "deep").await;
    world.ready("shop").await;
}

/// The definition of a kind before it had rules.
fn loose(definition: &CustomResourceDefinition) -> CustomResourceDefinition {
    let mut definition = definition.clone();
    let anything = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    for version in &mut definition.spec.versions {
        version.schema.as_mut().unwrap().open_api_v3_schema = Some(serde_json::from_value(anything.clone()).unwrap());
        version.selectable_fields = None;
    }
    definition
}

/// Puts the definitions in the place of looser ones.
async fn tighten(definitions: &Api<CustomResourceDefinition>, strict: &[CustomResourceDefinition]) {
    for one in strict {
        let name = one.metadata.name.as_deref().unwrap();
        let stored = definitions.get(name).await.unwrap();
        let metadata = ObjectMeta {
            resource_version: stored.metadata.resource_version,
            ..one.metadata.clone()
        };
        let one = CustomResourceDefinition {
            metadata,
            ..one.clone()
        };
        definitions.replace(name, &PostParams::default(), &one).await.unwrap();
    }
}

#[tokio::test]
async fn objects_stored_under_a_looser_definition_are_named_released_and_go() {
    let own = ControlPlane::start(Options::default()).await.unwrap();
    let management = own.cluster().clone();
    let strict = armature_api::crds::crds();
    let client = management.client().await.unwrap();
    let definitions = Api::<CustomResourceDefinition>::all(client);
    let pool_definition = AksNodePool::crd_name();
    let install = async |loosen: bool| {
        let all: Vec<_> = strict
            .iter()
            .map(|one| {
                if loosen && one.metadata.name.as_deref() == Some(pool_definition) {
                    loose(one)
                } else {
                    one.clone()
                }
            })
            .collect();
        management.install_crds(&all).await.unwrap();
    };
    install(true).await;
    let options = armature_lab::SimOptions {
        tls: true,
        ..armature_lab::SimOptions::default()
    };
    let world = World::on(management.clone(), "looser", &options).await;
    let wrong = json!({ "count": "3", "vmSize": 7 });
    let finalizers = json!(["aks.armature.dev/finalizer"]);
    for name in ["typed", "timed"] {
        let mut pool = world.pool(name, "shop", if name == "typed" { wrong.clone() } else { json!({}) });
        pool["metadata"]["finalizers"] = finalizers.clone();
        make::<AksNodePool>(&world, &pool).await.unwrap();
    }
    let error = json!({ "code": "X", "message": "x", "nextStep": "x", "at": "2026-01-01T00:00:00+99:99", "count": 1 });
    let resource = ApiResource::erase::<AksNodePool>(&());
    let any = Api::<DynamicObject>::namespaced_with(world.client.clone(), &world.namespace, &resource);
    let status = json!({ "status": { "lastError": error } });
    any.patch_status("timed", &PatchParams::default(), &Patch::Merge(&status))
        .await
        .unwrap();
    tighten(&definitions, &strict).await;
    // The API server takes a moment to apply a definition.
    watch_log("the definition in force", async || {
        let patch = json!({ "spec": { "count": "4" } });
        any.patch(
            "timed",
            &PatchParams {
                dry_run: true,
                ..PatchParams::default()
            },
            &Patch::Merge(&patch),
        )
        .await
        .is_err()
    })
    .await;
    let unreadable = json!({ "status": { "lastError": { "at": "2026-01-01T00:00:00+98:99" } } });
    let refused = any
        .patch_status("timed", &PatchParams::default(), &Patch::Merge(&unreadable))
        .await;
    assert!(refused.is_err(), "a time that nobody can read");

    let mut operator = world.operator();
    operator.ready().await.unwrap();
    let note = told(&world, "typed", "Unreadable").await;
    assert!(note.starts_with("spec."), "{note}");
    let note = told(&world, "timed", "Unreadable").await;
    assert!(note.starts_with("status.lastError.at"), "{note}");

    for name in ["typed", "timed"] {
        let arguments = ["release", "--pool", "-n", &world.namespace, name];
        let released = std::process::Command::new(env!("CARGO_BIN_EXE_armature"))
            .args(arguments)
            .env("KUBECONFIG", management.kubeconfig())
            .output()
            .unwrap();
        assert!(
            released.status.success(),
            "{}",
            String::from_utf8_lossy(&released.stderr)
        );
        remove::<AksNodePool>(&world, name).await;
        gone::<AksNodePool>(&world, name).await;
    }
}

/// Applies the chart's policies, and waits until they are in force.
async fn protect(world: &World) {
    let policies = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/charts/armature/files/admission-policy.yaml"
    );
    let output = world.management.kubectl().unwrap();
    let mut command = tokio::process::Command::from(output);
    let output = command.args(["apply", "-f", policies]).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world
        .apply(&world.pool("probe", "shop", json!({ "deletionProtection": null })))
        .await;
    let dry_run = DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    };
    watch_log("the policies in force", async || {
        world.pools.delete("probe", &dry_run).await.is_err()
    })
    .await;
}

/// The policies answer in one sentence whatever the spec is: to a creation, to a write beside the spec and to a deletion.
async fn bears_any_spec(world: &World, kind: &str) {
    let (resource, plural) = if kind == "AksCluster" {
        (ApiResource::erase::<AksCluster>(&()), "aksclusters")
    } else {
        (ApiResource::erase::<AksNodePool>(&()), "aksnodepools")
    };
    let api = Api::<DynamicObject>::namespaced_with(world.client.clone(), &world.namespace, &resource);
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    for spec in [
        None,
        Some(json!({})),
        Some(json!(null)),
        Some(json!("x")),
        Some(json!(7)),
        Some(json!([1])),
    ] {
        let data = spec.as_ref().map_or_else(|| json!({}), |spec| json!({ "spec": spec }));
        let object = DynamicObject::new("odd", &resource).data(data);
        let sound = spec.as_ref().is_none_or(Value::is_object);
        match api.create(&dry_run, &object).await {
            Err(kube::Error::Api(status)) if !sound => {
                let said = format!("the spec of {kind} odd is no set of fields: write it as fields and values");
                assert!(status.message.ends_with(&said), "{spec:?}: {}", status.message);
            }
            answer => assert!(answer.is_ok() && sound, "{plural} {spec:?}: {answer:?}"),
        }
    }
    for name in ["bare", "text", "list"] {
        let annotated = Patch::Merge(json!({ "metadata": { "annotations": { "a": "b" } } }));
        api.patch(name, &PatchParams::default(), &annotated).await.unwrap();
    }
}

/// Runs `armature release`.
fn released(world: &World, arguments: &[&str]) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_armature"))
        .args(["release", "-n", &world.namespace])
        .args(arguments)
        .env("KUBECONFIG", world.management.kubeconfig())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What was said to a deletion that is refused.
async fn kept<K: Kind>(world: &World, name: &str) -> String {
    let api = metadata::<K>(world);
    match api.delete(name, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) => status.message,
        answer => panic!("{name} is not kept: {:?}", answer.map(drop)),
    }
}

#[tokio::test]
async fn objects_without_a_spec_are_named_put_right_released_and_go() {
    let own = ControlPlane::start(Options::default()).await.unwrap();
    let management = own.cluster().clone();
    let strict = armature_api::crds::crds();
    let without_rules: Vec<_> = strict.iter().map(loose).collect();
    management.install_crds(&without_rules).await.unwrap();
    let options = armature_lab::SimOptions {
        tls: true,
        ..armature_lab::SimOptions::default()
    };
    let world = World::on(management.clone(), "bare", &options).await;
    // Nothing, and what is no set of fields.
    let specs = [
        ("bare", None),
        ("mended", None),
        ("text", Some(json!("x"))),
        ("list", Some(json!([1]))),
    ];
    for (name, spec) in &specs {
        for mut object in [world.cluster(name, json!({})), world.pool(name, "nowhere", json!({}))] {
            object["metadata"]["finalizers"] = json!(["aks.armature.dev/finalizer"]);
            match spec {
                Some(spec) => object["spec"] = spec.clone(),
                None => drop(object.as_object_mut().unwrap().remove("spec")),
            }
            if object["kind"] == "AksCluster" {
                make::<AksCluster>(&world, &object).await.unwrap();
            } else {
                make::<AksNodePool>(&world, &object).await.unwrap();
            }
        }
    }
    let definitions = Api::<CustomResourceDefinition>::all(management.client().await.unwrap());
    protect(&world).await;
    for kind in ["AksCluster", "AksNodePool"] {
        bears_any_spec(&world, kind).await;
    }
    tighten(&definitions, &strict).await;
    // The API server takes a moment to apply a definition.
    let nothing = world.cluster("nothing", json!({ "location": null }));
    watch_log("the definition in force", async || {
        world.try_apply(&nothing).await.is_err()
    })
    .await;
    let mut new = world.cluster("new", json!({}));
    new.as_object_mut().unwrap().remove("spec");
    let refused = world.try_apply(&new).await.unwrap_err().to_string();
    assert!(refused.contains("the object has no spec; write one"), "{refused}");

    let mut operator = world.operator();
    operator.ready().await.unwrap();
    for (name, spec) in &specs {
        let note = told(&world, name, "Unreadable").await;
        let expected = if spec.is_none() {
            "spec can't be read (missing field"
        } else {
            "spec is no set of fields"
        };
        assert!(note.starts_with(expected), "{note}");
    }
    world.apply(&world.cluster("mended", json!({}))).await;
    world.apply(&world.pool("mended", "nowhere", json!({}))).await;
    world
        .cluster_until("mended", "looked at", |cluster| {
            look::condition(cluster, "Ready").is_some()
        })
        .await;
    world
        .pool_until("mended", "looked at", |pool| look::condition(pool, "Ready").is_some())
        .await;

    for name in ["bare", "text", "list"] {
        let said = [
            kept::<AksCluster>(&world, name).await,
            kept::<AksNodePool>(&world, name).await,
        ];
        for said in said {
            assert!(said.contains("is protected and was not deleted"), "{said}");
        }
        released(&world, &[name]);
        remove::<AksCluster>(&world, name).await;
        gone::<AksCluster>(&world, name).await;
        released(&world, &["--pool", name]);
        remove::<AksNodePool>(&world, name).await;
        gone::<AksNodePool>(&world, name).await;
    }
}

#[tokio::test]
async fn a_manifest_that_makes_no_sense_is_deleted_all_the_same() {
    let world = World::new("senseless").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    // Larger than a value may be, which the definition alone can't say.
    let overrides = json!([{ "path": "networkProfile.b", "value": "x".repeat(17_000) }]);
    world
        .apply(&world.cluster("shop", json!({ "overrides": overrides })))
        .await;
    world
        .cluster_until("shop", "refused", |cluster| {
            look::condition(cluster, "Ready").is_some_and(|ready| ready.reason == "InvalidSpec")
        })
        .await;
    world.delete_cluster("shop").await;
    world.delete_pool("system").await;
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert!(
        world
            .all_writes_after(0)
            .await
            .iter()
            .any(|write| write.starts_with("DELETE") && write.contains("shop")),
        "the cluster goes in Azure too"
    );
}
