//! Rules about actions.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case};

pub fn cases() -> Vec<Case> {
    let actions = |name: &str, action: Value| json!({ "actions": { name: action } });
    let rotate = || json!({ "key": "1", "rotateClusterCertificates": {} });
    let run = |more: Value| {
        let mut run = json!({ "command": "kubectl get pods" });
        run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        actions("a", json!({ "key": "1", "runCommand": run }))
    };
    let file = |name: &str| json!({ "files": { name: { "name": "tools", "key": "script" } } });
    let from = |name: &str, key: &str| json!({ "files": { "run.sh": { "name": name, "key": key } } });
    let on_pool = |action: &str, pool: &str| actions("a", json!({ "key": "1", action: { "pool": pool } }));
    let delete = |pool: &str| {
        let machines = json!({ "pool": pool, "machines": ["aks-apps-1"] });
        actions("a", json!({ "key": "1", "deleteMachines": machines }))
    };
    let pool = "this has to be the name of a pool in Azure";
    vec![
        case(
            Cluster,
            "names of actions have",
            actions("rotate-2026", rotate()),
            actions("Rotate", rotate()),
        ),
        case(
            Cluster,
            "an action is exactly one of",
            actions("a", rotate()),
            actions("a", json!({ "key": "1", "rotateClusterCertificates": {}, "abort": {} })),
        ),
        case(
            Cluster,
            "names of files have",
            run(file("run.sh")),
            run(file("../run.sh")),
        ),
        case(
            Cluster,
            "outputConfigMap is the name",
            run(json!({ "outputConfigMap": "output" })),
            run(json!({ "outputConfigMap": "Output" })),
        ),
        case(
            Cluster,
            "this has to be the name of an object",
            run(from("tools.v1", "script")),
            run(from("tools/../../secrets/key", "script")),
        ),
        case(
            Cluster,
            "this has to be the name of an object",
            json!({ "identityRef": { "name": "platform.v1" } }),
            json!({ "identityRef": { "name": "Platform" } }),
        ),
        case(
            Cluster,
            "this has to be a key of its data",
            run(from("tools", "run_all-2.sh")),
            run(from("tools", "run all")),
        ),
        case(Cluster, pool, on_pool("abort", "apps"), on_pool("abort", "../x")),
        case(Cluster, pool, on_pool("abort", "Apps1"), on_pool("abort", "")),
        case(
            Cluster,
            pool,
            on_pool("upgradeNodeImageVersion", "apps"),
            on_pool("upgradeNodeImageVersion", "a?b"),
        ),
        case(Cluster, pool, delete("apps"), delete("a/b")),
    ]
}
