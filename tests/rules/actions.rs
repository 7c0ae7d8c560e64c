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
    ]
}
