//! The real helm, which `hack/tools/build` builds.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The chart of this repository.
pub fn chart() -> PathBuf {
    repository().join("charts/armature")
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of this test binary alone.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chart-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs helm with `values` on standard input, where `--values -` reads them (JSON is YAML).
pub fn helm(kubeconfig: Option<&Path>, arguments: &[&str], values: &Value) -> Result<String, String> {
    let built = repository().join(".cache/tools/current/helm");
    let program = std::env::var_os("HELM").map_or(built, PathBuf::from);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm");
    let mut child = Command::new(&program)
        .args(arguments)
        .env("KUBECONFIG", kubeconfig.unwrap_or(Path::new("/nonexistent")))
        .env("HELM_CACHE_HOME", &home)
        .env("HELM_CONFIG_HOME", &home)
        .env("HELM_DATA_HOME", &home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            let program = program.display();
            panic!("{program}: {error}; run hack/tools/build, or set HELM to the path of helm 4")
        });
    // Ended by dropping it: helm reads to the end. A helm that ends without reading is no fault.
    let _ = child.stdin.take().unwrap().write_all(values.to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stdout) + &text(&output.stderr)),
    }
}

/// What `helm template` says for a release `armature` in `namespace`, as text.
pub fn template(namespace: &str, values: &Value) -> Result<String, String> {
    let chart = chart();
    let arguments = [
        "template",
        "armature",
        chart.to_str().unwrap(),
        "--namespace",
        namespace,
        "--values",
        "-",
    ];
    helm(None, &arguments, values)
}

/// The same, parsed.
pub fn objects(namespace: &str, values: &Value) -> Vec<Value> {
    let text = template(namespace, values).unwrap();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// The only object of a kind.
pub fn only<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found: Vec<_> = objects.iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    found[0]
}
