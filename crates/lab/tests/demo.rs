//! The demo as its users meet it: it ends well, and however it is ended it leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Far more than it takes; the machine may be compiling at the same time.
const LONG: Duration = Duration::from_secs(120);

/// A demo whose temporary folders all lie in `folder`.
fn demo(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_armature-lab"))
        .arg("demo")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .env("TMPDIR", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a demo that gets no signal.
fn whole(folder: &Path, arguments: &[&str]) -> (Output, String, String) {
    let output = demo(folder, arguments).wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

/// Processes that were started with something in `folder`.
fn processes(folder: &Path) -> Vec<String> {
    let output = Command::new("ps").args(["-eo", "args"]).output().unwrap();
    let folder = folder.display().to_string();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines
        .lines()
        .filter(|line| line.contains(&folder))
        .map(ToOwned::to_owned)
        .collect()
}

async fn until(what: &str, mut probe: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !probe() {
        assert!(Instant::now() < end, "{what} has not happened");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn nothing_is_left(folder: &Path) {
    let empty = || std::fs::read_dir(folder).unwrap().next().is_none();
    until("the end of everything", || empty() && processes(folder).is_empty()).await;
}

#[tokio::test]
async fn the_quickstart_becomes_ready_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (output, out, err) = whole(folder.path(), &["--once", "--time-scale=600"]);
    assert!(output.status.success(), "{out}{err}");
    for expected in [
        "✓ kubectl apply -f examples/quickstart",
        "cluster default/prod: ✓ Ready",
        "pool default/apps: ✓ Ready",
        "pool default/system: ✓ Ready",
        "Ready after ",
    ] {
        assert!(out.contains(expected), "{expected} is missing in:\n{out}{err}");
    }
    assert!(!out.contains('\x1b'), "a file gets no colors");
    nothing_is_left(folder.path()).await;
}

#[tokio::test]
async fn a_demo_ended_while_it_starts_leaves_nothing() {
    for (signal, code) in [
        (Signal::INT, Some(130)),
        (Signal::TERM, Some(143)),
        (Signal::KILL, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = demo(folder.path(), &[]);
        until("the start of etcd", || {
            processes(folder.path()).iter().any(|line| line.contains("/etcd"))
        })
        .await;
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), code, "{signal:?}");
        nothing_is_left(folder.path()).await;
    }
}

#[test]
fn manifests_that_kubernetes_refuses_are_an_error_in_its_own_words() {
    let (folder, manifests) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let manifest = "apiVersion: aks.armature.dev/v1alpha1\nkind: AksCluster\nmetadata: {name: a}\n\
                    spec: {subscriptionId: s, resourceGroup: g, location: westeurope}\n";
    std::fs::write(manifests.path().join("a.yaml"), manifest).unwrap();
    let named = format!("--manifests={}", manifests.path().display());
    let (output, _, err) = whole(folder.path(), &["--once", &named]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("this has to be a GUID in lower case"), "{err}");
}
