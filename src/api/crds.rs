//! The CRDs as the API server gets them: what the derives make, and what they cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool, ValidationRule,
};
use kube::CustomResourceExt;
use serde_json::json;

use super::pool::rules as pool_rules;
use super::{AksCluster, AksNodePool, AzureIdentity, CLUSTER_SETTINGS, POOL_SETTINGS, cluster_rules, locks, overrides};

/// All CRDs, in the order of their names.
#[must_use]
pub fn crds() -> Vec<CustomResourceDefinition> {
    let (mut cluster, mut pool) = (AksCluster::crd(), AksNodePool::crd());
    for schema in schemas(&mut cluster) {
        add(schema, locks::rules());
        spec(schema)
            .into_iter()
            .for_each(|spec| add(spec, cluster_rules::rules()));
    }
    for schema in schemas(&mut pool) {
        spec(schema).into_iter().for_each(|spec| add(spec, pool_rules::rules()));
    }
    for (crd, settings) in [(&mut cluster, CLUSTER_SETTINGS), (&mut pool, POOL_SETTINGS)] {
        for spec in schemas(crd).filter_map(spec) {
            let rule = overrides::not_both(spec, settings);
            add(spec, vec![rule]);
        }
    }
    [cluster, pool, AzureIdentity::crd()].map(finish).into()
}

fn add(schema: &mut JSONSchemaProps, rules: Vec<ValidationRule>) {
    schema.x_kubernetes_validations.get_or_insert_default().extend(rules);
}

fn spec(schema: &mut JSONSchemaProps) -> Option<&mut JSONSchemaProps> {
    schema.properties.as_mut()?.get_mut("spec")
}

/// The schemas of all versions.
fn schemas(crd: &mut CustomResourceDefinition) -> impl Iterator<Item = &mut JSONSchemaProps> {
    let versions = crd.spec.versions.iter_mut();
    versions.filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut())
}

fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for schema in schemas(&mut crd) {
        drop_noise(schema);
        fill_lines(schema);
        if let Some(status) = schema
            .properties
            .as_mut()
            .and_then(|properties| properties.get_mut("status"))
        {
            // Without it an object that no controller has seen yet counts as done for kstatus, and so for Flux.
            status.default = Some(JSON(json!({ "observedGeneration": -1 })));
            describe_conditions(status);
            bound_times(status);
        }
    }
    crd
}

/// Takes out everywhere what a schema does without. `nullable`: the API server then drops nulls before it validates or
/// stores, so that a null means the same as an absent field, and `has()` in a rule means that there is a value. `format` of
/// numbers: the width of our own types, which no user needs to know and which every range is within.
fn drop_noise(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    if matches!(schema.type_.as_deref(), Some("integer" | "number")) {
        schema.format = None;
    }
    below(schema, drop_noise);
}

/// The times in a status that every reader takes: those of two millennia, in UTC, with nine digits of a second. The format alone
/// lets pass an offset such as `+99:99`, and one object with it would be beyond reading.
const TIME: &str = "^[12].{18}([.][0-9]{1,9})?Z$";

fn bound_times(schema: &mut JSONSchemaProps) {
    if schema.format.as_deref() == Some("date-time") {
        schema.pattern = Some(TIME.to_owned());
    }
    below(schema, bound_times);
}

/// Kubernetes describes a condition at length, mostly for those who write one.
fn describe_conditions(status: &mut JSONSchemaProps) {
    let conditions = status
        .properties
        .as_mut()
        .and_then(|fields| fields.get_mut("conditions"));
    let Some(JSONSchemaPropsOrArray::Schema(condition)) = conditions.and_then(|list| list.items.as_mut()) else {
        return;
    };
    condition.description = Some("One aspect of the state.".to_owned());
    for (name, field) in condition.properties.iter_mut().flatten() {
        let text = match name.as_str() {
            "lastTransitionTime" => "When `status` changed last.",
            "message" => "What there is to say, for people.",
            "observedGeneration" => "Generation of the spec that the condition speaks about.",
            "reason" => "Why, in one word for programs.",
            "status" => "`True`, `False` or `Unknown`.",
            "type" => "Name of the condition.",
            _ => continue,
        };
        field.description = Some(text.to_owned());
    }
}

/// Puts rules and paragraphs on one line each. Where the source breaks them means nothing to a reader of the CRD, and a
/// break costs the indentation of its level.
fn fill_lines(schema: &mut JSONSchemaProps) {
    for rule in schema.x_kubernetes_validations.iter_mut().flatten() {
        rule.rule = filled(&rule.rule);
    }
    if let Some(description) = &mut schema.description {
        let paragraphs: Vec<String> = description.split("\n\n").map(filled).collect();
        *description = paragraphs.join("\n\n");
    }
    below(schema, fill_lines);
}

fn filled(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Calls `change` with every schema one level below this one.
fn below(schema: &mut JSONSchemaProps, change: fn(&mut JSONSchemaProps)) {
    if let Some(properties) = &mut schema.properties {
        properties.values_mut().for_each(change);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        change(values);
    }
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(item)) => change(item),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(change),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `visit` with every schema below this one and its path.
    fn walk(schema: &JSONSchemaProps, path: &str, visit: &mut impl FnMut(&str, &JSONSchemaProps)) {
        visit(path, schema);
        for (name, property) in schema.properties.iter().flatten() {
            walk(property, &format!("{path}.{name}"), visit);
        }
        if let Some(JSONSchemaPropsOrBool::Schema(values)) = &schema.additional_properties {
            walk(values, &format!("{path}{{}}"), visit);
        }
        if let Some(JSONSchemaPropsOrArray::Schema(item)) = &schema.items {
            walk(item, &format!("{path}[]"), visit);
        }
    }

    /// Calls `visit` with every schema in the spec of every CRD.
    fn walk_specs(mut visit: impl FnMut(&str, &JSONSchemaProps)) {
        for mut crd in crds() {
            let kind = crd.spec.names.kind.clone();
            for schema in schemas(&mut crd) {
                walk(&schema.properties.as_ref().unwrap()["spec"], &kind, &mut visit);
            }
        }
    }

    #[test]
    fn no_field_is_nullable() {
        walk_specs(|path, schema| assert_eq!(schema.nullable, None, "{path}"));
    }

    #[test]
    fn every_field_is_described() {
        walk_specs(|path, schema| {
            for (name, property) in schema.properties.iter().flatten() {
                assert!(property.description.is_some(), "{path}.{name} has no description");
            }
        });
    }

    #[test]
    fn every_rule_explains_itself_in_one_sentence() {
        walk_specs(|path, schema| {
            for rule in schema.x_kubernetes_validations.iter().flatten() {
                let message = rule.message.as_deref().unwrap_or_default();
                assert!(
                    message.len() > 20 && !message.contains('\n') && !message.ends_with('.'),
                    "{path}: {message}"
                );
            }
        });
    }

    #[test]
    fn every_integer_is_bounded_so_that_each_accepted_object_can_be_read() {
        walk_specs(|path, schema| {
            if schema.type_.as_deref() == Some("integer") {
                assert!(
                    schema.minimum.is_some() && schema.maximum.is_some(),
                    "{path} has no range"
                );
            }
        });
    }

    #[test]
    fn every_time_is_one_that_can_be_read() {
        for mut crd in crds() {
            let kind = crd.spec.names.kind.clone();
            for schema in schemas(&mut crd) {
                let status = &schema.properties.as_ref().unwrap()["status"];
                walk(status, &kind, &mut |path, schema| {
                    if schema.format.as_deref() == Some("date-time") {
                        assert_eq!(schema.pattern.as_deref(), Some(TIME), "{path}");
                    }
                });
            }
        }
    }

    #[test]
    fn an_object_that_nobody_has_looked_at_is_not_done() {
        for mut crd in crds() {
            for schema in schemas(&mut crd) {
                let status = &schema.properties.as_ref().unwrap()["status"];
                assert_eq!(status.default, Some(JSON(json!({ "observedGeneration": -1 }))));
            }
        }
    }

    #[test]
    fn properties_of_azure_have_no_defaults() {
        walk_specs(|path, schema| {
            if schema.default.is_some() {
                assert_eq!(path, "AzureIdentity.servicePrincipal.secretRef.key");
            }
        });
    }
}
