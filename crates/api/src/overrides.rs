//! Beyond the fields: any property of ARM's by its path, for what no field covers yet.

use std::borrow::Cow;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, ValidationRule};
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CLUSTER_SECRETS;

/// Properties that neither `overrides` nor `clear` reaches: what names and places a resource, what has an order of steps
/// of its own, and the ownership mark. The fields that hold secrets ([`CLUSTER_SECRETS`]) are out of reach too.
const OUT_OF_REACH: &[&str] = &[
    "id",
    "name",
    "type",
    "location",
    "systemData",
    "eTag",
    "properties",
    "provisioningState",
    "powerState",
    "agentPoolProfiles",
    "kubernetesVersion",
    "orchestratorVersion",
    "tags[armature-owner]",
];

/// All paths that neither `overrides` nor `clear` reaches, as users write them.
pub fn out_of_reach() -> impl Iterator<Item = &'static str> {
    let secrets = CLUSTER_SECRETS.iter().copied();
    let secrets = secrets.map(|path| path.strip_prefix("properties.").unwrap_or(path));
    OUT_OF_REACH.iter().copied().chain(secrets)
}

/// The rule that nothing is both set and cleared, for the properties at the first level of a spec. Below it the planner
/// says so: a rule about each path would not fit the size of a definition.
pub(super) fn not_both(spec: &JSONSchemaProps, settings: &[&str]) -> ValidationRule {
    let names = spec.properties.iter().flat_map(|properties| properties.keys());
    let set: Vec<String> = names
        .filter(|name| !settings.contains(&name.as_str()))
        .map(|name| format!("has(self.{name}) ? '{name}' : ''"))
        .collect();
    ValidationRule {
        rule: format!(
            "!has(self.clear) || ![{}].exists(name, name in self.clear)",
            set.join(", ")
        ),
        message: Some(
            "clear names a property that this manifest sets; remove it from clear, or remove the field".to_owned(),
        ),
        field_path: Some(".clear".to_owned()),
        ..ValidationRule::default()
    }
}

/// One property of the ARM body, set or left out whatever the fields say.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("oneOf" = [{ "required": ["value"] }, { "required": ["remove"] }]))]
pub struct Override {
    /// Where: names joined by dots and map keys in brackets, as in `status.applied`, without ARM's `properties`, such as
    /// `networkProfile.kubeProxyConfig.mode` or `tags[team]`.
    #[schemars(with = "ArmPath")]
    pub path: String,
    /// The value, anything that JSON can say, up to 16 KiB. Of an object only the members named here are managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "anything")]
    pub value: Option<Value>,
    /// `true` leaves the property out of everything that is sent; Azure keeps what it has. It cannot be `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = ("self", "remove is true or absent; set a value instead, or remove the entry"))]
    pub remove: Option<bool>,
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}

/// A path into an ARM body.
pub(super) struct ArmPath;

impl JsonSchema for ArmPath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ArmPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let refused: Vec<String> = out_of_reach().map(|path| format!("'{path}'")).collect();
        let below = |end: &str| format!("self.startsWith(path + '{end}')");
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "x-kubernetes-validations": [
                {
                    "rule": r"self.matches(r'^[A-Za-z0-9_@-]+(\.[A-Za-z0-9_@-]+|\[[^\[\]]+\])*$')",
                    "message": "this has to be a path such as networkProfile.kubeProxyConfig.mode or tags[team]: names joined by \
                                dots, map keys in brackets",
                },
                {
                    "rule": format!(
                        "![{}].exists(path, self == path || {} || {})",
                        refused.join(", "),
                        below("."),
                        below("["),
                    ),
                    "message": "names, ids, location, versions, power state, node pools, secrets and the ownership tag are out of \
                                reach of overrides and clear; use their own fields, and leave `properties.` out of paths",
                },
            ],
        })
    }
}

/// A date of an api-version, stable or preview.
pub(super) struct ApiVersion;

impl JsonSchema for ApiVersion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ApiVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 18,
            "x-kubernetes-validations": [{
                "rule": r"self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$')",
                "message": "this has to be an api-version such as 2026-08-01 or 2026-08-02-preview",
            }],
        })
    }
}

/// The name of a preview feature.
pub(super) struct FeatureName;

impl JsonSchema for FeatureName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FeatureName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 128,
            "x-kubernetes-validations": [{
                "rule": r"self.matches(r'^[A-Za-z0-9][A-Za-z0-9._-]*$')",
                "message": "this has to be the name of a feature of Microsoft.ContainerService without the namespace, such as \
                            KubeProxyConfigurationPreview",
            }],
        })
    }
}
