//! What the chart renders.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use crate::helm::{chart, helm, objects, only, repository, scratch, template};
use crate::management_cluster::{OPERATOR_NAMESPACE, installed};
use crate::values::{refused, sets, smallest};

#[test]
fn the_chart_ships_the_crds_of_the_types() {
    let files = |folder: &str| -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(repository().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (
                    path.file_name().unwrap().display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    };
    assert!(
        files("charts/armature/files/crds") == files("crds"),
        "charts/armature/files/crds is out of date; run `make crds`"
    );
}

#[test]
fn rendering_changes_nothing_in_a_crd_but_its_metadata() {
    let rendered = objects(OPERATOR_NAMESPACE, &smallest());
    let crds: Vec<&Value> = rendered
        .iter()
        .filter(|object| object["kind"] == "CustomResourceDefinition")
        .collect();
    let expected = serde_json::to_value(armature_api::crds::crds()).unwrap();
    let specs = |crds: &mut dyn Iterator<Item = &Value>| -> Vec<Value> {
        let mut specs: Vec<Value> = crds.map(|crd| crd["spec"].clone()).collect();
        specs.sort_by_key(|spec| spec["names"]["kind"].to_string());
        specs
    };
    // Numbers go through helm's floating point: 1 and 1.0 are the same.
    let plain = |specs: Vec<Value>| {
        serde_json::to_string(&specs)
            .unwrap()
            .replace(".0,", ",")
            .replace(".0}", "}")
    };
    assert_eq!(
        plain(specs(&mut crds.iter().copied())),
        plain(specs(&mut expected.as_array().unwrap().iter()))
    );
    for crd in crds {
        assert_eq!(
            crd["metadata"]["annotations"]["helm.sh/resource-policy"], "keep",
            "{}",
            crd["metadata"]["name"]
        );
    }
}

#[test]
fn helm_finds_no_fault_with_any_set_of_values() {
    for (name, values) in sets() {
        let answer = helm(
            None,
            &["lint", "--strict", chart().to_str().unwrap(), "--values", "-"],
            &values,
        );
        assert!(
            answer.as_ref().is_ok_and(|text| !text.contains("WARN")),
            "{name}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn the_api_server_accepts_what_any_set_of_values_renders() {
    let cluster = installed().await;
    cluster
        .kubectl()
        .unwrap()
        .args(["create", "namespace", "team"])
        .output()
        .unwrap();
    for (name, values) in sets() {
        let namespace = format!("check-{}", name.replace(' ', "-"));
        cluster
            .kubectl()
            .unwrap()
            .args(["create", "namespace", &namespace])
            .output()
            .unwrap();
        let mut rendered = objects(&namespace, &values);
        // Its CRD belongs to the Prometheus operator.
        rendered.retain(|object| object["kind"] != "ServiceMonitor");
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": rendered });
        let mut child = cluster
            .kubectl()
            .unwrap()
            .args([
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "--validate=strict",
                "-f",
                "-",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(list.to_string().as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test]
async fn pods_satisfy_the_restricted_pod_security_standard() {
    let api = Api::<Pod>::namespaced(installed().await.client().await.unwrap(), OPERATOR_NAMESPACE);
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    for (name, values) in sets() {
        let rendered = objects(OPERATOR_NAMESPACE, &values);
        let mut spec = only(&rendered, "Deployment")["spec"]["template"]["spec"].clone();
        // Set by an admission plugin that is absent without nodes, from objects that are absent too.
        spec.as_object_mut().unwrap().remove("priorityClassName");
        let pod = |spec: &Value| -> Pod {
            serde_json::from_value(json!({ "metadata": { "name": "probe" }, "spec": spec })).unwrap()
        };
        api.create(&dry_run, &pod(&spec))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));

        spec["containers"][0]["securityContext"] = json!({ "privileged": true });
        let error = api.create(&dry_run, &pod(&spec)).await.unwrap_err().to_string();
        assert!(error.contains("violates PodSecurity"), "{name}: {error}");
    }
}

#[test]
fn the_container_can_write_nowhere_and_runs_as_nobody() {
    for (name, values) in sets() {
        let rendered = objects(OPERATOR_NAMESPACE, &values);
        let spec = &only(&rendered, "Deployment")["spec"]["template"]["spec"];
        let container = &spec["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(
            container["securityContext"]["allowPrivilegeEscalation"], false,
            "{name}"
        );
        assert_eq!(
            container["securityContext"]["capabilities"]["drop"],
            json!(["ALL"]),
            "{name}"
        );
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{name}");
        for mount in container["volumeMounts"].as_array().unwrap() {
            assert_eq!(mount["readOnly"], true, "{name}: {mount}");
        }
    }
}

/// The built operator takes the arguments and the environment of the container, whatever the values.
#[test]
fn the_operator_starts_with_the_arguments_of_the_chart() {
    let folder = scratch("arguments");
    let certificate = fs::read(repository().join("crates/arm/src/testing/root.pem")).unwrap();
    for (file, content) in [
        ("certificates/ca.crt", certificate.as_slice()),
        ("client-secret/clientSecret", b"secret"),
    ] {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::write(folder.join(file), content).unwrap();
    }
    let here = |value: &Value| {
        value
            .as_str()
            .unwrap()
            .replace("/etc/armature", folder.to_str().unwrap())
    };
    for (name, values) in sets() {
        let rendered = objects(OPERATOR_NAMESPACE, &values);
        let container = &only(&rendered, "Deployment")["spec"]["template"]["spec"]["containers"][0];
        let environment = container["env"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|variable| !variable["value"].is_null());
        let output = Command::new(env!("CARGO_BIN_EXE_armature"))
            .args(container["args"].as_array().unwrap().iter().map(here))
            .env_clear()
            .envs(environment.map(|variable| (here(&variable["name"]), here(&variable["value"]))))
            .env("KUBECONFIG", "/nonexistent/kubeconfig")
            .output()
            .unwrap();
        // Past its settings it looks for the management cluster, and only that is not there.
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("no management cluster is configured"), "{name}: {said}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn wrong_values_are_refused_with_the_name_of_the_value() {
    for (values, says) in refused() {
        let error = template(OPERATOR_NAMESPACE, &values).expect_err(says);
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn a_single_replica_has_no_disruption_budget() {
    let mut values = smallest();
    let budgets = |values: &Value| {
        let rendered = objects(OPERATOR_NAMESPACE, values);
        rendered
            .iter()
            .filter(|object| object["kind"] == "PodDisruptionBudget")
            .count()
    };
    assert_eq!(budgets(&values), 1);
    values["replicas"] = json!(1);
    assert_eq!(budgets(&values), 0);
}

#[test]
fn every_value_of_the_schema_has_a_documented_default() {
    let read = |file: &str| fs::read_to_string(chart().join(file)).unwrap();
    let schema: Value = serde_json::from_str(&read("values.schema.json")).unwrap();
    let defaults: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
    let mut names = BTreeSet::new();
    collect(&schema, "", &mut names);
    for name in names {
        assert!(defaults.pointer(&name).is_some(), "{name} is not in values.yaml");
    }
}

/// JSON pointers of all values that the schema names, but `global`, which helm itself adds.
fn collect(schema: &Value, path: &str, names: &mut BTreeSet<String>) {
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        if path != "/global" && !path.starts_with("/env/") {
            collect(below, &path, names);
            names.insert(path);
        }
    }
}
