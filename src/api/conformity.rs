//! Holds the spec types against the OpenAPI description of the API version they name.

use std::collections::BTreeSet;

use kube::CustomResourceExt;
use serde_json::{Value, json};

use super::{AksCluster, AksNodePool, CLUSTER_SETTINGS, POOL_SETTINGS};

const API: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/specs/containerservice-2026-08-01.json"
));

/// Fields that differ from ARM on purpose: path, and why.
const OWN_SHAPES: &[(&str, &str)] = &[
    (
        "cluster.identity.userAssignedIdentityId",
        "stands for the one key of ARM's map userAssignedIdentities",
    ),
    (
        "cluster.powerState",
        "read-only in ARM's body; start and stop are calls of their own",
    ),
];

/// Strings of ARM for which only some values make sense: path, and why.
const NARROWED: &[(&str, &str)] = &[
    (
        "cluster.identity.type",
        "None belongs to service principals, which are not set up",
    ),
    (
        "pool.kubeletConfig.cpuManagerPolicy",
        "Learn: custom-node-configuration lists the values",
    ),
    (
        "pool.kubeletConfig.topologyManagerPolicy",
        "Learn: custom-node-configuration lists the values",
    ),
    (
        "pool.linuxOSConfig.transparentHugePageEnabled",
        "Learn: custom-node-configuration lists the values",
    ),
    (
        "pool.linuxOSConfig.transparentHugePageDefrag",
        "Learn: custom-node-configuration lists the values",
    ),
];

/// ARM's description of one type, with references resolved.
struct Arm {
    definitions: Value,
}

impl Arm {
    fn new() -> Self {
        let api: Value = serde_json::from_str(API).unwrap();
        Self {
            definitions: api["definitions"].clone(),
        }
    }

    fn definition(&self, name: &str) -> Value {
        self.resolve(&json!({ "$ref": format!("#/definitions/{name}") }))
    }

    /// Follows references and merges inherited properties in.
    fn resolve(&self, schema: &Value) -> Value {
        let mut resolved = schema.clone();
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            resolved = self.resolve(&self.definitions[name]);
            if let Some(read_only) = schema.get("readOnly") {
                resolved["readOnly"] = read_only.clone();
            }
        }
        for parent in schema["allOf"].as_array().into_iter().flatten() {
            let inherited = self.resolve(parent)["properties"].clone();
            for (name, property) in inherited.as_object().into_iter().flatten() {
                resolved["properties"][name] = property.clone();
            }
        }
        if let Some(object) = resolved.as_object_mut() {
            object.remove("allOf");
        }
        resolved
    }

    /// The properties below an envelope and its `properties`, as our specs have them: on one level.
    fn flat(&self, envelope: &str, properties: &str) -> Value {
        let mut flat = self.definition(envelope);
        for (name, property) in self.definition(properties)["properties"].as_object().unwrap() {
            flat["properties"][name] = property.clone();
        }
        flat
    }
}

fn cluster(arm: &Arm) -> Value {
    arm.flat("ManagedCluster", "ManagedClusterProperties")
}

fn pool(arm: &Arm) -> Value {
    arm.flat("AgentPool", "ManagedClusterAgentPoolProfileProperties")
}

fn spec<K: CustomResourceExt>() -> Value {
    let crd = serde_json::to_value(K::crd()).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
}

fn listed(list: &[(&str, &str)], path: &str) -> bool {
    list.iter().any(|(listed, _)| *listed == path)
}

fn strings(values: &Value) -> BTreeSet<&str> {
    values
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Collects where our schema says something that ARM's does not.
fn compare(arm: &Arm, path: &str, own: &Value, theirs: &Value, faults: &mut Vec<String>) {
    if listed(OWN_SHAPES, path) {
        return;
    }
    let theirs = &arm.resolve(theirs);
    if theirs["readOnly"] == json!(true) {
        faults.push(format!("{path} is read-only in ARM"));
    }
    if own["type"] != theirs["type"] {
        faults.push(format!("{path} is {} here and {} in ARM", own["type"], theirs["type"]));
    }
    let (values, their_values) = (strings(&own["enum"]), strings(&theirs["enum"]));
    if values != their_values
        && !(listed(NARROWED, path) && (their_values.is_empty() || values.is_subset(&their_values)))
    {
        faults.push(format!(
            "{path} has the values {values:?} here and {their_values:?} in ARM"
        ));
    }
    for bound in ["minimum", "maximum"] {
        if let Some(limit) = theirs[bound].as_f64()
            && own[bound].as_f64() != Some(limit)
        {
            faults.push(format!("{path} has the {bound} {} here and {limit} in ARM", own[bound]));
        }
    }
    for (name, property) in own["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match theirs["properties"].get(name) {
            Some(their_property) => compare(arm, &path, property, their_property, faults),
            None if listed(OWN_SHAPES, &path) => {}
            None => faults.push(format!("{path} is unknown to ARM")),
        }
    }
    for nested in ["items", "additionalProperties"] {
        if own[nested].is_object() {
            compare(arm, &format!("{path}[]"), &own[nested], &theirs[nested], faults);
        }
    }
}

fn without_settings(mut spec: Value, settings: &[&str]) -> Value {
    let properties = spec["properties"].as_object_mut().unwrap();
    for name in settings {
        assert!(properties.remove(*name).is_some(), "{name} is no setting");
    }
    spec
}

#[test]
fn every_azure_property_has_the_name_type_values_and_range_that_arm_gives_it() {
    let arm = Arm::new();
    let mut faults = Vec::new();
    compare(
        &arm,
        "cluster",
        &without_settings(spec::<AksCluster>(), CLUSTER_SETTINGS),
        &cluster(&arm),
        &mut faults,
    );
    compare(
        &arm,
        "pool",
        &without_settings(spec::<AksNodePool>(), POOL_SETTINGS),
        &pool(&arm),
        &mut faults,
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_setting_has_the_name_of_an_azure_property() {
    let arm = Arm::new();
    for (settings, theirs) in [(CLUSTER_SETTINGS, cluster(&arm)), (POOL_SETTINGS, pool(&arm))] {
        for name in settings {
            assert_eq!(theirs["properties"].get(name), None, "{name} is a property of ARM too");
        }
    }
}

#[test]
fn every_exception_is_still_needed() {
    let specs = json!({ "cluster": spec::<AksCluster>(), "pool": spec::<AksNodePool>() });
    for (path, reason) in [OWN_SHAPES, NARROWED].concat() {
        let pointer = path
            .split('.')
            .fold(String::new(), |pointer, part| match pointer.as_str() {
                "" => format!("/{part}"),
                _ => format!("{pointer}/properties/{part}"),
            });
        assert!(specs.pointer(&pointer).is_some(), "{path} ({reason}) is no field");
    }
}
