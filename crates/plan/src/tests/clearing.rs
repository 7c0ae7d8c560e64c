//! Unsetting values: what is written is what Azure takes, and once Azure has it nothing is left to do.

use kube::CustomResourceExt;
use serde_json::{Value, json};

use super::coverage::{filled, spec, written};
use super::world::{World, cluster};
use crate::change::Target;
use crate::fields::{Clear, Field, Plain, cluster as clusters, pool as pools};
use crate::path::Path;
use armature_api::{AksCluster, AksNodePool};

/// The part of the schema that the row is about.
fn schema(spec: &Value, field: &Field) -> Value {
    let path = written(field);
    let mut schema = spec;
    for name in path.split('.') {
        let own = schema["properties"].get(name);
        schema = own.unwrap_or(&schema["additionalProperties"]);
    }
    schema.clone()
}

fn fits(schema: &Value, plain: Plain) -> bool {
    let value = plain.value();
    let is_allowed = schema["enum"].as_array().is_none_or(|allowed| allowed.contains(&value));
    let kind = match plain {
        Plain::Text(_) => "string",
        Plain::Number(_) => "integer",
        Plain::Flag(_) => "boolean",
    };
    schema["type"] == json!(kind) && is_allowed
}

fn check_types<K: CustomResourceExt>(table: &[Field]) {
    let spec = spec::<K>();
    for field in table {
        let schema = schema(&spec, field);
        let is_group = schema["type"] == json!("object") || schema["type"] == json!("array");
        let fits = match field.clear {
            Clear::Never | Clear::Unknown => true,
            Clear::Write(plain) => fits(&schema, plain),
            Clear::Empty => is_group,
            Clear::SwitchOff => {
                let entry = schema.get("items").unwrap_or(&schema["additionalProperties"]);
                entry["properties"]["enabled"]["type"] == json!("boolean")
            }
            Clear::Members(defaults) => {
                let members = schema["properties"].as_object().unwrap();
                let all = members
                    .keys()
                    .all(|name| defaults.iter().any(|(known, _)| known == name));
                all && defaults.iter().all(|(name, default)| fits(&members[*name], *default))
            }
        };
        assert!(fits, "{} is unset by {:?} and is {schema}", field.path, field.clear);
    }
}

#[test]
fn what_unsets_a_value_is_of_its_type() {
    check_types::<AksCluster>(clusters::FIELDS);
    check_types::<AksNodePool>(pools::FIELDS);
}

/// A live value of the row that is set to something.
fn set(schema: &Value, field: &Field) -> Value {
    match field.clear {
        Clear::Write(unset) => {
            let allowed = schema["enum"].as_array().cloned().unwrap_or_default();
            let samples = [json!(true), json!("other"), json!(7)];
            let mut values = if allowed.is_empty() { samples.to_vec() } else { allowed }.into_iter();
            let is_other = |value: &Value| *value != unset.value() && value.is_string() == unset.value().is_string();
            values
                .find(|value| is_other(value) && value.is_boolean() == unset.value().is_boolean())
                .unwrap()
        }
        _ => filled(schema, 2),
    }
}

/// A settled cluster whose live body has this value at the row.
fn with(field: &Field, of_pool: bool, value: &Value) -> World {
    let mut world = cluster("").pool("sys", "mode: System").exists();
    let live = world.live.as_mut().unwrap();
    if of_pool {
        let profile = super::azure::profile(live, "sys");
        let mut body = json!({ "properties": profile.take() });
        Path::new(field.path).set(&mut body, value.clone());
        *profile = body["properties"].take();
        // Tags of others stand beside the mark, without which the pool would not be ours.
        profile["tags"]["armature-owner"] = json!("home/team/sys");
    } else {
        Path::new(field.path).set(live, value.clone());
        live["tags"]["armature-owner"] = json!("home/team/prod");
    }
    world
}

/// Returns the rows whose change Azure refuses.
fn check_ends<K: CustomResourceExt>(table: &'static [Field], of_pool: bool) -> Vec<&'static str> {
    let mut kept = Vec::new();
    let spec = spec::<K>();
    let cleared = |field: &&Field| !matches!(field.clear, Clear::Never | Clear::Unknown);
    for field in table
        .iter()
        .filter(cleared)
        .filter(|field| !field.path.contains("powerState"))
    {
        let world = with(field, of_pool, &set(&schema(&spec, field), field));
        let clear = format!("clear: ['{}']", Path::shown(field.path));
        let mut world = if of_pool {
            world.edit_pool("sys", &clear)
        } else {
            world.edit(&clear)
        };
        let refused = world
            .blockers()
            .iter()
            .any(|blocker| blocker.to_string().contains(Path::shown(field.path)));
        if refused {
            kept.push(field.path);
        } else {
            assert!(!world.run().is_empty(), "{}", field.path);
        }
    }
    kept
}

#[test]
fn every_row_that_can_be_unset_is_written_once_and_is_done_then() {
    let refused = check_ends::<AksCluster>(clusters::FIELDS, false);
    // Without VNet integration a cluster stays private (api-server-vnet-integration).
    assert_eq!(refused, ["properties.apiServerAccessProfile.enablePrivateCluster"]);
    assert_eq!(check_ends::<AksNodePool>(pools::FIELDS, true), [""; 0]);
}

fn advice(world: &World) -> Vec<String> {
    world.plan().advice.into_iter().map(|advice| advice.text).collect()
}

#[test]
fn gateways_of_the_mesh_are_switched_off_one_by_one() {
    let gateways = json!([{"mode": "External", "enabled": true}, {"mode": "Internal", "enabled": true}]);
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal(json!({"properties": {"serviceMeshProfile": {"mode": "Istio", "istio": {
            "revisions": ["asm-1-25"], "components": {"ingressGateways": gateways},
        }}}}))
        .edit("clear: [serviceMeshProfile]");
    assert_eq!(world.reasons(), [""; 0]);
    assert!(advice(&world)[0].starts_with("serviceMeshProfile.istio.revisions keeps its value"));
    assert_eq!(world.run().len(), 1);
    let mesh = &world.live.as_ref().unwrap()["properties"]["serviceMeshProfile"];
    assert_eq!(mesh["mode"], json!("Disabled"));
    assert_eq!(
        mesh["istio"]["components"]["ingressGateways"],
        json!([{"mode": "External", "enabled": false}, {"mode": "Internal", "enabled": false}])
    );
}

#[test]
fn a_group_of_which_nothing_can_be_unset_is_refused() {
    let world = cluster("identity: {type: SystemAssigned}")
        .pool("sys", "mode: System")
        .exists();
    let mut world = world.edit("clear: [identity]");
    world.cluster.spec.identity = None;
    assert_eq!(world.reasons(), ["NeverCleared"]);
}

#[test]
fn a_setting_of_the_autoscaler_goes_back_to_azures_default() {
    let live = json!({"properties": {"autoScalerProfile": {"scan-interval": "20s", "expander": "least-waste"}}});
    let world = cluster("").pool("sys", "mode: System").exists().portal(live);
    let after = |clear: &str| {
        let mut world = world.clone().edit(clear);
        assert_eq!(world.run().len(), 1, "{clear}");
        world.live.unwrap()["properties"]["autoScalerProfile"].clone()
    };
    assert_eq!(
        after("clear: [autoScalerProfile.scan-interval]"),
        json!({"scan-interval": "10s", "expander": "least-waste"})
    );
    assert_eq!(
        after("clear: [autoScalerProfile]"),
        json!({"scan-interval": "10s", "expander": "random"})
    );
}

#[test]
fn a_member_that_moves_from_its_field_to_clear_is_not_told_to_keep_its_value() {
    let mut world = cluster("autoScalerProfile: {scan-interval: 20s, expander: random}")
        .pool("sys", "mode: System")
        .exists()
        .edit("{autoScalerProfile: {scan-interval: null}, clear: [autoScalerProfile.scan-interval]}");
    assert_eq!(world.run(), ["update autoScalerProfile[scan-interval] (clear)"]);
    assert_eq!(advice(&world), [""; 0]);
}

#[test]
fn all_taints_are_unset_but_those_of_aks() {
    let spot = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule";
    let mut world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal_pool("sys", json!({"nodeTaints": [spot, "a=b:NoExecute"]}))
        .edit_pool("sys", "clear: [nodeTaints]");
    assert_eq!(world.run(), ["update nodeTaints (clear) of pool sys"]);
    let live = world.live.unwrap();
    assert_eq!(live["properties"]["agentPoolProfiles"][0]["nodeTaints"], json!([spot]));
}

#[test]
fn an_empty_list_that_leaves_taints_of_others_says_which_and_how_they_go() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal_pool(
            "sys",
            json!({"nodeTaints": ["a=b:NoExecute"], "nodeLabels": {"theirs": "1"}}),
        )
        .edit_pool("sys", "{nodeTaints: [], nodeLabels: {}}");
    assert_eq!(world.steps(), [""; 0]);
    let told = advice(&world);
    assert!(
        told.iter()
            .any(|text| text.starts_with("nodeTaints is empty and a=b:NoExecute stays")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|text| text.starts_with("nodeLabels is empty and theirs stays")),
        "{told:?}"
    );
}

#[test]
fn a_path_that_nobody_knows_is_told() {
    let world = cluster("clear: [bogus.path]").pool("sys", "mode: System").exists();
    assert_eq!(
        advice(&world),
        ["bogus.path in spec.clear: Azure has no such value; take the entry out, or correct it if it is misspelled"]
    );
}

#[test]
fn below_what_is_never_unset_nothing_is() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal_pool("sys", json!({"kubeletConfig": {"podMaxPids": 100}}))
        .edit_pool("sys", "clear: [kubeletConfig.podMaxPids]");
    assert_eq!(world.reasons(), ["NeverCleared"]);
}

#[test]
fn a_setting_of_an_add_on_is_no_add_on() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal(json!({"properties": {"addonProfiles": {"omsagent": {"enabled": true, "config": {"a": "b"}}}}}))
        .edit("clear: [addonProfiles.omsagent.config.a]");
    let plan = world.plan();
    let (change, _) = plan.changes().next().unwrap();
    assert_eq!(change.to, Some(Value::Null));
}

#[test]
fn what_azure_does_not_unset_is_taken_out_of_clear() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .exists()
        .portal(json!({"properties": {"networkProfile": {"kubeProxyConfig": {"mode": "IPVS"}}}}))
        .edit("clear: [networkProfile.kubeProxyConfig]");
    let mut plan = world.plan();
    let kept = plan.next_step().unwrap().fingerprint();
    plan.refuse_repeats(&[(Target::Cluster, kept)].into());
    assert!(
        plan.blockers[0]
            .to_string()
            .ends_with("take what Azure does not unset out of spec.clear")
    );
}
