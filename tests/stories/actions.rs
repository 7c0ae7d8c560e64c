//! Actions: each runs once for its key, and what became of it is told.

use armature_api::{ActionState, ActionStatus, AksCluster};
use armature_lab::simulator::admin::Requests;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::look;
use crate::world::World;

fn line<'a>(cluster: &'a AksCluster, name: &str) -> Option<&'a ActionStatus> {
    cluster.status.as_ref()?.actions.get(name)
}

fn is(state: ActionState) -> impl Fn(&AksCluster) -> bool + Send {
    move |cluster| line(cluster, "task").is_some_and(|line| line.state == state)
}

fn task(key: &str, what: Value) -> Value {
    let mut action = json!({ "key": key });
    action
        .as_object_mut()
        .unwrap()
        .extend(what.as_object().unwrap().clone());
    json!({ "actions": { "task": action } })
}

fn rotate(key: &str) -> Value {
    task(key, json!({ "rotateServiceAccountSigningKeys": {} }))
}

async fn sent(world: &World, call: &str) -> usize {
    let which = Requests {
        call: Some(call.to_owned()),
        ..Requests::default()
    };
    world.requests(which).await.len()
}

const ROTATE: &str = "ManagedClusters_RotateServiceAccountSigningKeys";

#[tokio::test]
async fn an_action_runs_once_for_its_key_and_again_for_another() {
    let world = World::new("actions").await;
    let operator = world.operator();
    world.create("shop", rotate("1")).await;
    let cluster = world.cluster_until("shop", "done", is(ActionState::Succeeded)).await;
    let done = line(&cluster, "task").unwrap();
    assert!(done.started_at.is_some() && done.finished_at.is_some(), "{done:?}");

    drop(operator);
    let _operator = world.operator();
    world.apply(&world.cluster("shop", rotate("2"))).await;
    world
        .cluster_until("shop", "done for the other key", |cluster| {
            line(cluster, "task").is_some_and(|line| line.key == "2" && line.state == ActionState::Succeeded)
        })
        .await;
    assert_eq!(sent(&world, ROTATE).await, 2);

    world.apply(&world.cluster("shop", json!({}))).await;
    world
        .cluster_until("shop", "without actions", |cluster| line(cluster, "task").is_none())
        .await;
}

#[tokio::test]
async fn an_action_touches_no_pool_that_somebody_else_made() {
    let world = World::new("actions-alien").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    let alien = world.azure.pool_id("shop", "alien");
    let body = json!({ "properties": { "mode": "User", "vmSize": "Standard_D4s_v5", "count": 1 } });
    world.azure.make(&alien, "2026-08-01", body).await;
    let before = world.now().await;
    for what in [
        json!({ "upgradeNodeImageVersion": { "pool": "Alien" } }),
        json!({ "deleteMachines": { "pool": "alien", "machines": ["aks-alien-12345678-vmss000000"] } }),
        json!({ "abort": { "pool": "alien" } }),
    ] {
        world
            .apply(&world.cluster("shop", task(&what.to_string().len().to_string(), what.clone())))
            .await;
        world
            .cluster_until("shop", "told whose the pool is", |cluster| {
                line(cluster, "task").is_some_and(|line| {
                    line.key == what.to_string().len().to_string()
                        && line
                            .message
                            .as_deref()
                            .is_some_and(|message| message.contains("pool alien is not one"))
                })
            })
            .await;
    }
    assert_eq!(world.writes_after(before).await, [""; 0]);
}

#[tokio::test]
async fn an_action_that_was_being_sent_when_the_operator_ended_is_never_sent_again() {
    let world = World::new("actions-crash").await;
    let operator = world.operator();
    world.create("shop", json!({})).await;
    drop(operator);
    let started = json!({ "status": { "actions": { "task": { "key": "1", "state": "Started" } } } });
    world
        .clusters
        .patch_status("shop", &PatchParams::default(), &Patch::Merge(started))
        .await
        .unwrap();
    world.apply(&world.cluster("shop", rotate("1"))).await;
    let _operator = world.operator();
    let cluster = world.cluster_until("shop", "unknown", is(ActionState::Unknown)).await;
    assert!(
        line(&cluster, "task")
            .unwrap()
            .message
            .as_deref()
            .unwrap()
            .contains("set a new key")
    );
    world.ready("shop").await;
    assert_eq!(sent(&world, ROTATE).await, 0);
}

#[tokio::test]
async fn an_object_made_anew_for_its_cluster_does_not_run_its_actions_again() {
    let world = World::new("actions-anew").await;
    let operator = world.operator();
    world.create("shop", rotate("1")).await;
    world.cluster_until("shop", "done", is(ActionState::Succeeded)).await;
    drop(operator);
    world.lose("shop", &["system"]).await;
    let _operator = world.operator();
    world.create("shop", rotate("1")).await;
    world.cluster_until("shop", "unknown", is(ActionState::Unknown)).await;
    assert_eq!(sent(&world, ROTATE).await, 1);
}

#[tokio::test]
async fn the_output_of_a_command_is_kept_in_a_config_map_of_the_cluster() {
    let world = World::new("actions-run").await;
    let _operator = world.operator();
    let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
    let run = json!({ "runCommand": {
        "command": "sh run.sh",
        "files": { "run.sh": { "name": "tools", "key": "script" } },
        "outputConfigMap": "output",
    } });
    world.create("shop", task("1", run)).await;
    let cluster = world
        .cluster_until("shop", "waiting for the file", |cluster| {
            line(cluster, "task").is_some_and(|line| line.message.as_deref().unwrap_or_default().contains("tools"))
        })
        .await;
    assert_eq!(line(&cluster, "task").unwrap().state, ActionState::Waiting);
    assert!(
        look::is_ready(&cluster),
        "an action takes nothing away from the cluster"
    );

    let tools = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "tools" }, "data": { "script": "echo hello" },
    });
    maps.patch("tools", &PatchParams::apply("stories"), &Patch::Apply(tools))
        .await
        .unwrap();
    world.request_reconcile("shop").await;
    let cluster = world.cluster_until("shop", "done", is(ActionState::Succeeded)).await;
    assert_eq!(line(&cluster, "task").unwrap().exit_code, Some(0));
    let output = maps.get("output").await.unwrap();
    assert_eq!(output.data.unwrap()["exitCode"], "0");
    assert_eq!(output.metadata.owner_references.unwrap()[0].name, "shop");
}

#[tokio::test]
async fn an_action_that_can_not_start_keeps_none_behind_it_from_running() {
    let world = World::new("actions-pass").await;
    let _operator = world.operator();
    let large = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "large" }, "data": { "file": "x".repeat(600_000) },
    });
    let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
    maps.patch("large", &PatchParams::apply("stories"), &Patch::Apply(large))
        .await
        .unwrap();
    let run = |map: &str| {
        json!({ "key": "1", "runCommand": {
            "command": "sh f", "files": { "f": { "name": map, "key": "file" } },
        } })
    };
    let rotate = json!({ "key": "1", "rotateServiceAccountSigningKeys": {} });
    world
        .create(
            "shop",
            json!({ "actions": { "a": run("large"), "b": run("none"), "task": rotate } }),
        )
        .await;
    let told = |cluster: &AksCluster| {
        let missing = line(cluster, "b").and_then(|line| line.message.as_deref());
        is(ActionState::Succeeded)(cluster) && missing.is_some_and(|message| message.contains("none does not exist"))
    };
    let cluster = world.cluster_until("shop", "done", told).await;
    let of = |name: &str| line(&cluster, name).unwrap();
    assert_eq!(of("a").state, ActionState::Failed);
    assert!(of("a").message.as_deref().unwrap().contains("600000 bytes"));
    assert_eq!(of("b").state, ActionState::Waiting);
}

#[tokio::test]
async fn a_refused_action_tells_azures_code_and_is_not_sent_again() {
    let world = World::new("actions-refused").await;
    let _operator = world.operator();
    let fields = json!({ "apiServerAccessProfile": { "disableRunCommand": true } });
    let mut manifest = task("1", json!({ "runCommand": { "command": "id" } }));
    manifest
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    world.create("shop", manifest).await;
    let cluster = world.cluster_until("shop", "failed", is(ActionState::Failed)).await;
    let failed = line(&cluster, "task").unwrap();
    assert!(!failed.error.as_ref().unwrap().code.is_empty(), "{failed:?}");
    assert!(look::is_ready(&cluster));
    world.lists(2).await;
    assert_eq!(sent(&world, "ManagedClusters_RunCommand").await, 1);
}

#[tokio::test]
async fn with_entra_a_command_is_sent_with_a_token_for_the_cluster() {
    let world = World::new("actions-entra").await;
    let _operator = world.operator();
    let mut manifest = task("1", json!({ "runCommand": { "command": "id" } }));
    manifest["aadProfile"] = json!({ "managed": true });
    world.create("shop", manifest).await;
    world.cluster_until("shop", "done", is(ActionState::Succeeded)).await;
    assert_eq!(sent(&world, "ManagedClusters_RunCommand").await, 1);
}

#[tokio::test]
async fn an_abort_ends_the_action_that_runs() {
    let world = World::with_manual_clock("actions-abort").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", rotate("1"))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.cluster_until("shop", "rotating", is(ActionState::Running)).await;

    let mut fields = rotate("1");
    fields["actions"]["undo"] = json!({ "key": "1", "abort": {} });
    world.apply(&world.cluster("shop", fields)).await;
    let abort = Requests {
        call: Some("ManagedClusters_AbortLatestOperation".to_owned()),
        ..Requests::default()
    };
    world.request_until("the abort", abort).await;
    world.admin().advance_until_idle().await.unwrap();
    let aborted = |cluster: &AksCluster| {
        line(cluster, "undo").is_some_and(|line| line.state == ActionState::Succeeded)
            && is(ActionState::Failed)(cluster)
    };
    let cluster = world.cluster_until("shop", "aborted", aborted).await;
    let message = line(&cluster, "task").unwrap().message.as_deref().unwrap();
    assert!(message.contains("canceled"), "{message}");
}

#[tokio::test]
async fn an_abort_that_finds_nothing_to_abort_fails_and_does_not_lie_in_wait() {
    let world = World::new("actions-abort-none").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    world.ready("shop").await;
    world
        .apply(&world.cluster("shop", task("1", json!({ "abort": {} }))))
        .await;
    let cluster = world.cluster_until("shop", "failed", is(ActionState::Failed)).await;
    assert_eq!(
        line(&cluster, "task").unwrap().error.as_ref().unwrap().code,
        "OperationNotAllowed"
    );
    world.ready("shop").await;
}

#[tokio::test]
async fn an_upgrade_that_was_aborted_goes_on_once_the_abort_is_out_of_the_manifest() {
    let world = World::with_manual_clock("actions-abort-upgrade").await;
    let _operator = world.operator();
    let at = |version: &str, abort: bool| {
        let mut fields = json!({ "kubernetesVersion": version });
        if abort {
            fields["actions"] = json!({ "task": { "key": "1", "abort": {} } });
        }
        world.cluster("shop", fields)
    };
    world.apply(&at("1.35", false)).await;
    world.apply(&world.system_pool("system", "shop")).await;
    world.operations_end("the create", "PUT", "shop").await;
    world.ready("shop").await;
    let before = world.now().await;
    world.apply(&at("1.36", false)).await;
    world.write_until("the upgrade", before, "PUT shop").await;

    world.apply(&at("1.36", true)).await;
    let sent = Requests {
        call: Some("ManagedClusters_AbortLatestOperation".to_owned()),
        ..Requests::default()
    };
    world.request_until("the abort", sent).await;
    world.admin().advance_until_idle().await.unwrap();
    let stays =
        |cluster: &AksCluster| is(ActionState::Succeeded)(cluster) && look::has_reason(cluster, "Stalled", "Aborted");
    let cluster = world.cluster_until("shop", "aborted", stays).await;
    let plan = cluster.status.unwrap().plan.unwrap();
    assert!(plan.steps.iter().all(|step| step.held.is_some()), "{:?}", plan.steps);
    let aborted = world.now().await;
    world.request_reconcile("shop").await;
    world.lists(2).await;
    assert_eq!(world.writes_after(aborted).await, [""; 0]);

    // What is no longer wanted is not taken up again.
    world.apply(&at("1.35", true)).await;
    world.lists(2).await;
    assert_eq!(world.writes_after(aborted).await, [""; 0]);
    world.apply(&at("1.35", false)).await;
    world.write_until("the resumption", aborted, "PUT shop").await;
    world.admin().advance_until_idle().await.unwrap();
    world.ready("shop").await;
    assert_eq!(world.writes_after(aborted).await, ["PUT shop"]);
    let shop = world.azure.cluster("shop").await.unwrap();
    let version = shop["properties"]["currentKubernetesVersion"].as_str().unwrap();
    assert!(version.starts_with("1.35."), "{version}");
}

#[tokio::test]
async fn certificates_node_images_and_machines_each_have_their_call() {
    let world = World::new("actions-calls").await;
    let _operator = world.operator();
    world.create("shop", json!({})).await;
    world.apply(&world.pool("apps", "shop", json!({ "count": 2 }))).await;
    world.pool_until("apps", "ready", look::is_ready).await;
    let machines = format!("{}/machines", world.azure.pool_id("shop", "apps"));
    let machines = world.azure.resource(&machines, "2026-08-01").await.unwrap();
    let machine = machines["value"][0]["name"].as_str().unwrap();
    let actions = json!({ "actions": {
        "certificates": { "key": "1", "rotateClusterCertificates": {} },
        "image": { "key": "1", "upgradeNodeImageVersion": { "pool": "system" } },
        "machines": { "key": "1", "deleteMachines": { "pool": "apps", "machines": [machine] } },
    } });
    world.apply(&world.cluster("shop", actions)).await;
    let done = |cluster: &AksCluster| {
        ["certificates", "image", "machines"]
            .iter()
            .all(|name| line(cluster, name).is_some_and(|line| line.state == ActionState::Succeeded))
    };
    world.cluster_until("shop", "done", done).await;
    for call in [
        "ManagedClusters_RotateClusterCertificates",
        "AgentPools_UpgradeNodeImageVersion",
        "AgentPools_DeleteMachines",
    ] {
        assert_eq!(sent(&world, call).await, 1, "{call}");
    }
    // The manifest still asks for two.
    world.ready("shop").await;
    let pool = world.azure.pool("shop", "apps").await.unwrap();
    assert_eq!(pool["properties"]["count"], 2);
}

#[tokio::test]
async fn a_service_principal_is_reset_with_a_secret_that_is_read_when_it_is_sent() {
    const CLIENT: &str = "00000000-0000-0000-0000-00000000000e";
    let world = World::new("actions-reset").await;
    let _operator = world.operator();
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    let keep = async |name: &str| {
        let manifest = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": { "key": "s3cret" },
        });
        let params = PatchParams::apply("stories");
        secrets.patch(name, &params, &Patch::Apply(manifest)).await.unwrap();
    };
    keep("first").await;
    let fields = json!({
        "identity": null,
        "servicePrincipalProfile": { "clientId": CLIENT, "secret": { "name": "first", "key": "key" } },
        "actions": { "task": { "key": "1", "resetServicePrincipalProfile": {
            "clientId": CLIENT, "secret": { "name": "next", "key": "key" },
        } } },
    });
    world.create("shop", fields).await;
    let waits = |cluster: &AksCluster| {
        line(cluster, "task").is_some_and(|line| line.message.as_deref().unwrap_or_default().contains("next"))
    };
    world.cluster_until("shop", "waiting for the Secret", waits).await;
    keep("next").await;
    world.request_reconcile("shop").await;
    world.cluster_until("shop", "done", is(ActionState::Succeeded)).await;
    let reset = Requests {
        call: Some("ManagedClusters_ResetServicePrincipalProfile".to_owned()),
        ..Requests::default()
    };
    let [sent] = &world.requests(reset).await[..] else {
        panic!("it is sent once");
    };
    let sent = sent.body.as_ref().unwrap();
    assert_eq!(sent["clientId"], CLIENT);
    assert!(sent.get("secret").is_some(), "the log blanks it: {sent}");
}
