//! What every process of the lab can count on: its log in the error, an end when it is asked to, nothing left behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;
use std::time::Duration;

use armature_lab::LabError;
use armature_lab::sandbox::Sandbox;

const LONG: Duration = Duration::from_secs(60);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[tokio::test]
async fn a_process_that_ends_early_is_reported_with_the_end_of_its_log() {
    let sandbox = Sandbox::new("test").unwrap();
    let mut process = sandbox.spawn("broken", shell("echo no such flag >&2; exit 3")).unwrap();
    let error = process.wait_until(LONG, async || None::<()>).await.unwrap_err();
    let LabError::Died { ref log, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(
        error.to_string(),
        format!(
            "broken ended with exit status: 3; its log is {} and ends with:\nno such flag",
            log.display()
        )
    );

    drop(process);
    let log = log.clone();
    drop(sandbox);
    assert_eq!(
        std::fs::read_to_string(&log).unwrap(),
        "no such flag\n",
        "the log that the error names stays"
    );
    std::fs::remove_dir_all(log.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_process_that_never_gets_ready_is_reported_after_the_limit() {
    let sandbox = Sandbox::new("test").unwrap();
    let mut process = sandbox.spawn("slow", shell("exec sleep 600")).unwrap();
    let error = process
        .wait_until(Duration::ZERO, std::future::pending::<Option<()>>)
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("slow was not ready after 0 s"), "{error}");
    drop(process);
    let folder = sandbox.path().to_path_buf();
    drop(sandbox);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_process_that_is_asked_to_end_may_do_so_in_its_own_way() {
    let sandbox = Sandbox::new("test").unwrap();
    let script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    let mut process = sandbox.spawn("polite", shell(script)).unwrap();
    let output = process.output().to_path_buf();
    let ready = async || std::fs::read_to_string(&output).ok().filter(|text| text == "ready\n");
    process.wait_until(LONG, ready).await.unwrap();
    let status = process.terminate(LONG).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(5));
}

#[tokio::test]
async fn a_process_that_does_not_end_when_asked_is_killed() {
    let sandbox = Sandbox::new("test").unwrap();
    let mut process = sandbox
        .spawn("stubborn", shell("trap '' TERM; while :; do sleep 0.01; done"))
        .unwrap();
    assert_eq!(process.terminate(Duration::ZERO).await.unwrap(), None);
    assert!(process.ended().unwrap().is_some());
}

#[tokio::test]
async fn a_process_started_again_continues_its_log() {
    let sandbox = Sandbox::new("test").unwrap();
    for word in ["one", "two"] {
        let mut process = sandbox
            .spawn("again", shell(&format!("echo {word} >&2; exec sleep 600")))
            .unwrap();
        let log = process.log().to_path_buf();
        let written = async || std::fs::read_to_string(&log).ok().filter(|text| text.contains(word));
        process.wait_until(LONG, written).await.unwrap();
        process.kill();
    }
    assert_eq!(
        std::fs::read_to_string(sandbox.path().join("again.log")).unwrap(),
        "one\ntwo\n"
    );
}

#[test]
fn a_sandbox_without_trouble_leaves_no_folder() {
    let sandbox = Sandbox::new("test").unwrap();
    let path = sandbox.write("file", "contents").unwrap();
    assert!(path.exists());
    drop(sandbox);
    assert!(!path.parent().unwrap().exists());
}
