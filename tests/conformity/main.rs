//! Holds the spec types against the OpenAPI description of the API version they name, and shows what another one adds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arm;
mod compare;
mod exceptions;

use std::fs;

use kube::CustomResourceExt;
use serde_json::{Value, json};

use arm::{Arm, Type};
use armature_api::{AksCluster, AksNodePool, CLUSTER_SETTINGS, POOL_SETTINGS};
use compare::Comparison;
use exceptions::Exceptions;

const API: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/specs/containerservice-2026-08-01.json"
));

/// The schema of a type's spec without the settings of Armature.
fn own(kind: Type) -> Value {
    let (crd, settings) = match kind {
        Type::Cluster => (AksCluster::crd(), CLUSTER_SETTINGS),
        Type::Pool => (AksNodePool::crd(), POOL_SETTINGS),
    };
    let crd = serde_json::to_value(crd).unwrap();
    let mut spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone();
    let properties = spec["properties"].as_object_mut().unwrap();
    for name in settings {
        assert!(properties.remove(*name).is_some(), "{name} is no setting");
    }
    spec
}

/// Compares both specs with a description.
fn compared<'a>(arm: &'a Arm, exceptions: &'a Exceptions) -> Comparison<'a> {
    let mut comparison = Comparison {
        arm,
        exceptions,
        faults: Vec::new(),
        missing: Vec::new(),
    };
    for kind in Type::ALL {
        comparison.walk(kind.name(), &own(kind), &arm.flat(kind));
    }
    comparison
}

#[test]
fn every_writable_property_of_arm_has_a_field() {
    let missing = compared(&Arm::new(API), &Exceptions::default()).missing;
    assert!(missing.is_empty(), "no field for\n{}", missing.join("\n"));
}

#[test]
fn every_field_has_the_name_type_values_and_limits_that_arm_gives_it() {
    let faults = compared(&Arm::new(API), &Exceptions::default()).faults;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_exception_is_still_needed() {
    let (arm, exceptions) = (Arm::new(API), Exceptions::default());
    compared(&arm, &exceptions);
    assert!(exceptions.idle().is_empty(), "{}", exceptions.idle().join("\n"));
}

#[test]
fn no_setting_has_the_name_of_an_azure_property() {
    let arm = Arm::new(API);
    for (settings, kind) in [(CLUSTER_SETTINGS, Type::Cluster), (POOL_SETTINGS, Type::Pool)] {
        for name in settings {
            let theirs = arm.flat(kind)["properties"].get(name).cloned();
            assert_eq!(theirs, None, "{name} is a property of ARM too");
        }
    }
}

/// What a description has that our specs have not, one a line.
fn additions(description: &str) -> Vec<String> {
    let (arm, exceptions) = (Arm::new(description), Exceptions::default());
    let Comparison { faults, missing, .. } = compared(&arm, &exceptions);
    let missing = missing.into_iter().map(|path| format!("new: {path}"));
    let faults = faults.into_iter().map(|fault| format!("other: {fault}"));
    missing.chain(faults).collect()
}

#[test]
fn a_newer_description_shows_what_it_adds() {
    assert!(additions(API).is_empty());
    let mut newer: Value = serde_json::from_str(API).unwrap();
    let definitions = &mut newer["definitions"];
    definitions["ManagedClusterProperties"]["properties"]["mascot"] = json!({ "type": "object", "properties": {
        "name": { "type": "string" }, "age": { "type": "integer", "readOnly": true },
    } });
    definitions["NetworkPlugin"]["enum"] = json!(["azure", "kubenet", "none", "pigeon"]);
    definitions["ManagedClusterNATGatewayProfile"]["properties"]["idleTimeoutInMinutes"]["maximum"] = json!(90);

    let found = additions(&newer.to_string());
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(found[0], "new: cluster.mascot.name");
    assert!(found.iter().any(|line| line.contains("\"pigeon\"")), "{found:#?}");
    let timeout = "natGatewayProfile.idleTimeoutInMinutes has the maximum 120";
    assert!(found.iter().any(|line| line.contains(timeout)), "{found:#?}");
}

/// `make api-additions SPEC=...` runs this and nothing else does.
#[test]
#[ignore = "prints what the OpenAPI file that SPEC names adds"]
fn print_additions() {
    let path = std::env::var("SPEC").expect("SPEC names an OpenAPI file of Microsoft.ContainerService");
    let description = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    for line in additions(&description) {
        println!("{line}");
    }
}
