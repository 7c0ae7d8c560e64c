use std::ffi::OsString;
use std::fs;

use clap::Parser;

use super::resolve::random_suffix;
use super::*;
use crate::runtime::settings::{InstallationSource, Settings};
use armature_arm::{Cloud, Credential, Secret};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    run: RunArgs,
}

/// Settings from a command line and a client secret in the environment.
fn settings_with(arguments: &[&str], secret: Option<&str>) -> Result<Settings, String> {
    let parsed = Command::try_parse_from([&["armature"], arguments].concat()).map_err(|error| error.to_string())?;
    let environment = |name: &str| {
        (name == CLIENT_SECRET_VARIABLE)
            .then(|| secret.map(OsString::from))
            .flatten()
    };
    parsed.run.into_settings(environment).map_err(|error| error.to_string())
}

fn settings(arguments: &[&str]) -> Result<Settings, String> {
    settings_with(&[&["--credential", "none"], arguments].concat(), None)
}

fn refusal(arguments: &[&str]) -> String {
    settings(arguments).expect_err("has to be refused")
}

#[test]
fn the_defaults_watch_everything_and_elect_a_leader() {
    let settings = settings(&[]).unwrap();
    assert_eq!(settings.installation, InstallationSource::ManagementCluster);
    assert_eq!(settings.watch_namespace, None);
    assert_eq!(settings.operator_namespace, "armature-system");
    assert_eq!(settings.azure.cloud, Cloud::public().unwrap());
    assert_eq!(settings.concurrency, 32);
    assert_eq!(settings.timing.list_interval, Duration::from_secs(30));
    assert_eq!(settings.timing.operation_poll_interval, Duration::from_secs(15));
    assert_eq!(settings.timing.pool_quiet_period, Duration::from_secs(10));
    assert_eq!(settings.timing.pool_delete_grace, Duration::from_secs(15));
    let election = settings.leader_election.unwrap();
    assert_eq!(election.lease_name, "armature-leader");
    assert_eq!(election.lease_duration, Duration::from_secs(15));
}

#[test]
fn leader_election_is_turned_off_in_either_spelling() {
    for off in ["--no-leader-elect", "--leader-elect=false"] {
        assert!(settings(&[off]).unwrap().leader_election.is_none(), "{off}");
    }
    assert!(settings(&["--leader-elect"]).unwrap().leader_election.is_some());
    assert!(
        settings(&["--no-leader-elect", "--leader-elect"])
            .unwrap()
            .leader_election
            .is_some()
    );
}

#[test]
fn replicas_without_a_name_never_share_one() {
    let identity = || settings(&[]).unwrap().leader_election.unwrap().identity;
    assert_ne!(identity(), identity());
    let named = settings(&["--replica-name", "armature-0"]).unwrap();
    assert_eq!(named.leader_election.unwrap().identity, "armature-0");
}

#[test]
fn durations_are_read_as_people_write_them() {
    let read = |text| settings(&["--list-interval", text]).map(|settings| settings.timing.list_interval);
    assert_eq!(read("45s").unwrap(), Duration::from_secs(45));
    assert_eq!(read("2m30s").unwrap(), Duration::from_secs(150));
    assert_eq!(read("250ms").unwrap(), Duration::from_millis(250));
    assert_eq!(read("PT1M").unwrap(), Duration::from_secs(60));
    for refused in ["", "soon", "30", "50ms", "2h", "-5s"] {
        assert!(read(refused).is_err(), "{refused}");
    }
}

#[test]
fn endpoints_only_go_with_a_custom_cloud() {
    for (option, value) in [
        ("--arm-endpoint", "https://arm.example"),
        ("--authority-host", "https://login.example"),
        ("--audience", "a"),
    ] {
        let message = refusal(&["--cloud", "china", option, value]);
        assert!(
            message.starts_with(&format!("{option} only goes with --cloud custom")),
            "{message}"
        );
    }
}

#[test]
fn a_custom_cloud_needs_both_endpoints_and_derives_its_audience() {
    let message = refusal(&["--cloud", "custom", "--arm-endpoint", "https://arm.example"]);
    assert!(
        message.starts_with("--cloud custom needs --authority-host"),
        "{message}"
    );
    let custom = [
        "--cloud",
        "custom",
        "--arm-endpoint",
        "https://arm.example",
        "--authority-host",
        "https://l.example",
    ];
    let cloud = settings(&custom).unwrap().azure.cloud;
    assert_eq!(
        cloud,
        Cloud::custom("https://arm.example", "https://l.example", "https://arm.example").unwrap()
    );
}

#[test]
fn a_bad_endpoint_is_named_by_its_option() {
    let custom = |arm: &str, authority: &str| {
        refusal(&[
            "--cloud",
            "custom",
            "--arm-endpoint",
            arm,
            "--authority-host",
            authority,
        ])
    };
    assert!(custom("arm.example", "https://login.example").starts_with("--arm-endpoint is not usable: a URL"));
    assert!(custom("https://arm.example", "http://login.example").starts_with("--authority-host is not usable: https"));
}

#[test]
fn an_endpoint_that_carries_a_password_is_refused_without_showing_it() {
    let message = refusal(&[
        "--cloud",
        "custom",
        "--arm-endpoint",
        "https://me:hunter2@arm.example/?sig=hunter3",
        "--authority-host",
        "https://login.example",
    ]);
    assert!(message.starts_with("--arm-endpoint"), "{message}");
    assert!(!message.contains("hunter"), "{message}");
}

#[test]
fn the_operators_own_identity_serves_nobody_unless_namespaces_are_named() {
    let own = |arguments: &[&str]| settings(arguments).unwrap().own_identity;
    let nobody = own(&[]);
    assert_eq!(nobody.namespaces.all, Some(false));
    assert_eq!(nobody.namespaces.names, Some(Vec::new()));
    assert_eq!((nobody.subscriptions, nobody.resource_groups), (None, None));

    let option = "--own-identity-namespaces";
    for listed in [&[option, "shop,till"][..], &[option, "shop", option, "till"]] {
        let namespaces = own(listed).namespaces;
        assert_eq!(namespaces.names, Some(vec!["shop".to_owned(), "till".to_owned()]));
        assert_eq!(namespaces.all, Some(false));
    }
    assert_eq!(own(&[option, "*"]).namespaces.all, Some(true));
}

#[test]
fn what_the_own_identity_may_be_used_for_is_checked_at_start() {
    let guid = "AAAAAAAA-0000-4000-8000-00000000000A";
    let arguments = [
        "--own-identity-subscriptions",
        guid,
        "--own-identity-resource-groups",
        "rg-shop,Hub",
    ];
    let own = settings(&arguments).unwrap().own_identity;
    assert_eq!(own.subscriptions, Some(vec![guid.to_lowercase()]));
    assert_eq!(own.resource_groups, Some(vec!["rg-shop".to_owned(), "Hub".to_owned()]));
    for (option, wrong) in [
        ("--own-identity-namespaces", "Shop"),
        ("--own-identity-namespaces", "shop,"),
        ("--own-identity-namespaces", "team-*"),
        ("--own-identity-subscriptions", "shop"),
        ("--own-identity-resource-groups", "a/b"),
    ] {
        assert!(refusal(&[option, wrong]).contains(option), "{option} {wrong}");
    }
}

#[test]
fn every_credential_names_what_it_lacks() {
    let guid = "00000000-0000-0000-0000-000000000001";
    let missing = |arguments: &[&str]| settings_with(arguments, None).expect_err("has to be refused");
    assert!(missing(&[]).starts_with("--credential workload-identity needs --tenant-id (AZURE_TENANT_ID)"));
    let message = missing(&["--tenant-id", guid, "--client-id", guid]);
    assert!(
        message.contains("needs --federated-token-file (AZURE_FEDERATED_TOKEN_FILE)"),
        "{message}"
    );
    let message = missing(&[
        "--credential",
        "client-secret",
        "--tenant-id",
        guid,
        "--client-id",
        guid,
    ]);
    assert!(
        message.contains("needs AZURE_CLIENT_SECRET or --client-secret-file"),
        "{message}"
    );
    let machine = settings_with(&["--credential", "managed-identity"], None)
        .unwrap()
        .credential;
    assert_eq!(machine, Some(Credential::ManagedIdentity { client_id: None }));
    assert_eq!(settings(&[]).unwrap().credential, None);
}

#[test]
fn a_client_secret_comes_from_one_place_and_never_shows() {
    let directory = tempdir();
    let file = directory.join("secret");
    fs::write(&file, "hunter2\n").unwrap();
    let guid = "00000000-0000-0000-0000-000000000001";
    let base = [
        "--credential",
        "client-secret",
        "--tenant-id",
        guid,
        "--client-id",
        guid,
    ];
    let from_file = [&base[..], &["--client-secret-file", file.to_str().unwrap()]].concat();

    for settings in [settings_with(&base, Some("hunter2")), settings_with(&from_file, None)] {
        let settings = settings.unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        let secret = Secret::new("hunter2");
        let expected = Credential::ClientSecret {
            tenant_id: guid.into(),
            client_id: guid.into(),
            secret,
        };
        assert_eq!(settings.credential, Some(expected));
    }
    assert!(
        settings_with(&from_file, Some("other"))
            .unwrap_err()
            .starts_with("the client secret is given twice")
    );

    fs::write(&file, " \n").unwrap();
    assert!(settings_with(&from_file, None).unwrap_err().ends_with("is empty"));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_ca_file_has_to_hold_a_certificate() {
    let directory = tempdir();
    let file = directory.join("ca.pem");
    let option = ["--ca-file", file.to_str().unwrap()];
    assert!(refusal(&option).starts_with("--ca-file "));
    fs::write(&file, "nothing").unwrap();
    assert!(refusal(&option).contains("holds no PEM certificate"));
    fs::write(&file, CERTIFICATE).unwrap();
    assert!(settings(&option).unwrap().azure.extra_root_certificates.is_some());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn the_own_cluster_is_named_by_its_resource_id() {
    let id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/microsoft.containerservice/managedClusters/mgmt";
    assert!(settings(&["--own-cluster-id", id]).is_ok());
    for refused in ["mgmt", "/subscriptions/x/resourceGroups/rg"] {
        let message = refusal(&["--own-cluster-id", refused]);
        assert!(
            message.starts_with("--own-cluster-id: ") && message.contains(refused),
            "{message}"
        );
    }
}

#[test]
fn log_directives_are_checked_at_start() {
    assert!(settings(&["--log-level", "info,armature_arm=debug"]).is_ok());
    assert!(refusal(&["--log-level", "armature=loud"]).starts_with("--log-level \"armature=loud\" cannot be used"));
}

/// A fresh folder of its own; the caller removes it.
fn tempdir() -> PathBuf {
    let path = std::env::temp_dir().join(format!("armature-settings-{}-{}", std::process::id(), random_suffix()));
    fs::create_dir(&path).unwrap();
    path
}

/// Self-signed, made for this test; its key was thrown away.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBNDCB56ADAgECAhQizDk648qN6R6vFVM400o5yb9DnDAFBgMrZXAwDzENMAsG
A1UEAwwEdGVzdDAgFw0yNjExMjEwODEzNTdaGA8yMTI2MTAyODA4MTM1N1owDzEN
MAsGA1UEAwwEdGVzdDAqMAUGAytlcAMhABLdN+8wYgyvzgQqzAV6uRfe7A26MUe7
MxDLb6FdDgmKo1MwUTAdBgNVHQ4EFgQUhJ6i7b6M+1v3pC1U1yFkWxVnx6wwHwYD
VR0jBBgwFoAUhJ6i7b6M+1v3pC1U1yFkWxVnx6wwDwYDVR0TAQH/BAUwAwEB/zAF
BgMrZXADQQCLPWkBZLw6Pdl6sjp6bEiebPsQAxho1SGrQbIl485ibFvjPANAQlTW
5/Yo2KPNW8N8K4YVooHKFnImlAqUMawL
-----END CERTIFICATE-----
";
