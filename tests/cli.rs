//! The built `armature` command, as a user starts it.
#![allow(clippy::expect_used)]

use std::process::{Command, Output};

/// Runs `armature` without any of the caller's settings, so that only the arguments decide.
fn armature(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_armature"))
        .args(arguments)
        .env_clear()
        .env("KUBECONFIG", "/nonexistent/kubeconfig")
        .output()
        .expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn version_and_help_answer_on_standard_output() {
    let version = armature(&["--version"]);
    assert!(version.status.success());
    assert_eq!(
        text(&version.stdout),
        format!("armature {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = text(&armature(&["--help"]).stdout);
    for command in ["run", "status", "explain", "release", "completion", "Exit codes"] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for wrong in [
        &["--nonsense"][..],
        &["run", "--concurrency", "0"],
        &["run", "--list-interval", "soon"],
        &["status", "-A", "-n", "team"],
        &["status", "--watch", "-o", "json"],
        &["release"],
        &[],
    ] {
        let output = armature(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", text(&output.stderr));
    }
}

#[test]
fn settings_that_do_not_go_together_end_the_start_with_one_sentence() {
    let output = armature(&[
        "run",
        "--cloud",
        "china",
        "--arm-endpoint",
        "https://arm.example",
        "--credential",
        "none",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.starts_with("armature: --arm-endpoint only goes with --cloud custom"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn a_secret_is_no_argument() {
    let help = text(&armature(&["run", "--help"]).stdout);
    assert!(!help.contains("--client-secret <"), "{help}");
    let output = armature(&["run", "--client-secret", "hunter2"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_does_not_show_what_the_environment_holds() {
    let output = Command::new(env!("CARGO_BIN_EXE_armature"))
        .args(["run", "--help"])
        .env_clear()
        .env("AZURE_CLIENT_SECRET", "hunter2")
        .output()
        .expect("the command starts");
    assert!(!text(&output.stdout).contains("hunter2"));
}

#[test]
fn explain_tells_cause_and_way_out_in_any_casing() {
    let output = armature(&["explain", "skunotavailable"]);
    assert!(output.status.success());
    let page = text(&output.stdout);
    assert!(page.starts_with("SkuNotAvailable\nCause "), "{page}");
    assert!(page.contains("\nNext step "), "{page}");
}

#[test]
fn explain_knows_the_reasons_of_armatures_own_and_says_of_a_conflict_what_may_be_in_the_way() {
    for (code, says) in [
        ("ChildFailed", "armature status NAME"),
        ("NotConverging", "the value that Azure keeps"),
        ("Conflict", "a membership of a fleet"),
    ] {
        let page = text(&armature(&["explain", code]).stdout).replace("\n          ", " ");
        assert!(page.contains(says), "{page}");
    }
}

#[test]
fn explain_proposes_neighbors_of_an_unknown_code() {
    let output = armature(&["explain", "SkuNotAvalable"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "armature: no code \"SkuNotAvalable\" is known: did you mean SkuNotAvailable? armature explain lists all known codes\n"
    );
}

#[test]
fn explain_lists_all_codes_also_as_json() {
    let list = text(&armature(&["explain"]).stdout);
    let json: serde_json::Value = serde_json::from_slice(&armature(&["explain", "-o", "json"]).stdout).expect("JSON");
    let codes = json.as_array().expect("an array");
    assert!(codes.len() > 20);
    assert_eq!(codes.len(), list.lines().count());
    for key in ["code", "armatureDoes", "cause", "nextStep"] {
        assert!(
            codes
                .iter()
                .all(|code| code[key].as_str().is_some_and(|text| !text.is_empty())),
            "{key}"
        );
    }
}

#[test]
fn completion_scripts_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = armature(&["completion", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(text(&output.stdout).contains("explain"), "{shell}");
    }
}

#[test]
fn a_missing_management_cluster_is_named_with_the_way_out() {
    let output = armature(&["status", "--kubeconfig", "/nonexistent/kubeconfig"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.starts_with("armature: the kubeconfig cannot be used: "), "{told}");
    assert!(told.contains("--kubeconfig"), "{told}");
}
