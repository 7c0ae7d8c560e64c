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
        let_go_without_spec(schema);
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

/// Lets an object without a spec, stored under an older definition, be annotated and lose its finalizer: what a definition
/// requires, the API server requires of every write. Only a new object has to have one.
fn let_go_without_spec(schema: &mut JSONSchemaProps) {
    schema.required = None;
    let rule = ValidationRule {
        rule: "has(self.spec) || oldSelf.hasValue()".to_owned(),
        message: Some("the object has no spec; write one".to_owned()),
        field_path: Some(".spec".to_owned()),
        optional_old_self: Some(true),
        ..ValidationRule::default()
    };
    add(schema, vec![rule]);
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
    use std::collections::BTreeSet;

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

    /// Free texts, and names that go into bodies only, where the worst is that Azure refuses them. A field that becomes a
    /// part of a URL, of Azure's or of Kubernetes', has no place here.
    const IN_NO_URL: &[&str] = &[
        "AksCluster.actions{}.deleteMachines.machines[]",
        "AksCluster.actions{}.key",
        "AksCluster.actions{}.runCommand.command",
        "AksCluster.addonProfiles{}.config{}",
        "AksCluster.azureMonitorProfile.metrics.kubeStateMetrics.metricAnnotationsAllowList",
        "AksCluster.azureMonitorProfile.metrics.kubeStateMetrics.metricLabelsAllowlist",
        "AksCluster.backup{}.backupHookReferences[].name",
        "AksCluster.backup{}.excludedResourceTypes[]",
        "AksCluster.backup{}.includedResourceTypes[]",
        "AksCluster.backup{}.labelSelectors[]",
        "AksCluster.diagnosticSettings{}.eventHubName",
        "AksCluster.eventSubscriptions{}.deadLetter.blobContainerName",
        "AksCluster.eventSubscriptions{}.destination.storageQueue.queueName",
        "AksCluster.eventSubscriptions{}.labels[]",
        "AksCluster.extendedLocation.name",
        "AksCluster.extensions{}.configurationSettings{}",
        "AksCluster.extensions{}.plan.name",
        "AksCluster.extensions{}.plan.product",
        "AksCluster.extensions{}.plan.promotionCode",
        "AksCluster.extensions{}.plan.publisher",
        "AksCluster.extensions{}.plan.version",
        "AksCluster.extensions{}.releaseTrain",
        "AksCluster.extensions{}.scope.cluster.releaseNamespace",
        "AksCluster.extensions{}.scope.namespace.targetNamespace",
        "AksCluster.extensions{}.version",
        "AksCluster.fleetMemberships{}.labels{}",
        "AksCluster.fluxConfigurations{}.azureBlob.containerName",
        "AksCluster.fluxConfigurations{}.azureBlob.localAuthRef",
        "AksCluster.fluxConfigurations{}.bucket.bucketName",
        "AksCluster.fluxConfigurations{}.bucket.localAuthRef",
        "AksCluster.fluxConfigurations{}.gitRepository.httpsCACert",
        "AksCluster.fluxConfigurations{}.gitRepository.httpsUser",
        "AksCluster.fluxConfigurations{}.gitRepository.localAuthRef",
        "AksCluster.fluxConfigurations{}.gitRepository.repositoryRef.branch",
        "AksCluster.fluxConfigurations{}.gitRepository.repositoryRef.commit",
        "AksCluster.fluxConfigurations{}.gitRepository.repositoryRef.semver",
        "AksCluster.fluxConfigurations{}.gitRepository.repositoryRef.tag",
        "AksCluster.fluxConfigurations{}.gitRepository.sshKnownHosts",
        "AksCluster.fluxConfigurations{}.kustomizations{}.dependsOn[]",
        "AksCluster.fluxConfigurations{}.kustomizations{}.path",
        "AksCluster.fluxConfigurations{}.kustomizations{}.postBuild.substituteFrom[].name",
        "AksCluster.fluxConfigurations{}.kustomizations{}.postBuild.substitute{}",
        "AksCluster.fluxConfigurations{}.namespace",
        "AksCluster.fluxConfigurations{}.ociRepository.localAuthRef",
        "AksCluster.fluxConfigurations{}.ociRepository.repositoryRef.digest",
        "AksCluster.fluxConfigurations{}.ociRepository.repositoryRef.semver",
        "AksCluster.fluxConfigurations{}.ociRepository.repositoryRef.tag",
        "AksCluster.fluxConfigurations{}.ociRepository.serviceAccountName",
        "AksCluster.httpProxyConfig.noProxy[]",
        "AksCluster.linuxProfile.ssh.publicKeys[].keyData",
        "AksCluster.locks{}.notes",
        "AksCluster.maintenanceConfigurations{}.maintenanceWindow.notAllowedDates[].end",
        "AksCluster.maintenanceConfigurations{}.maintenanceWindow.notAllowedDates[].start",
        "AksCluster.managedNamespaces{}.annotations{}",
        "AksCluster.managedNamespaces{}.labels{}",
        "AksCluster.managedNamespaces{}.tags{}",
        "AksCluster.podIdentityProfile.userAssignedIdentities[].bindingSelector",
        "AksCluster.podIdentityProfile.userAssignedIdentities[].name",
        "AksCluster.podIdentityProfile.userAssignedIdentities[].namespace",
        "AksCluster.podIdentityProfile.userAssignedIdentityExceptions[].name",
        "AksCluster.podIdentityProfile.userAssignedIdentityExceptions[].namespace",
        "AksCluster.podIdentityProfile.userAssignedIdentityExceptions[].podLabels{}",
        "AksCluster.privateEndpointConnections{}.description",
        "AksCluster.roleAssignments{}.condition",
        "AksCluster.roleAssignments{}.description",
        "AksCluster.securityProfile.customCATrustCertificates[]",
        "AksCluster.securityProfile.defender.securityGating.identities[].azureContainerRegistry",
        "AksCluster.serviceMeshProfile.istio.certificateAuthority.plugin.certChainObjectName",
        "AksCluster.serviceMeshProfile.istio.certificateAuthority.plugin.certObjectName",
        "AksCluster.serviceMeshProfile.istio.certificateAuthority.plugin.keyObjectName",
        "AksCluster.serviceMeshProfile.istio.certificateAuthority.plugin.rootCertObjectName",
        "AksCluster.serviceMeshProfile.istio.components.egressGateways[].gatewayConfigurationName",
        "AksCluster.serviceMeshProfile.istio.components.egressGateways[].namespace",
        "AksCluster.serviceMeshProfile.istio.revisions[]",
        "AksCluster.snapshots{}.tags{}",
        "AksCluster.tags{}",
        "AksCluster.windowsProfile.gmsaProfile.dnsServer",
        "AksCluster.windowsProfile.gmsaProfile.rootDomainName",
        "AksNodePool.availabilityZones[]",
        "AksNodePool.kubeletConfig.allowedUnsafeSysctls[]",
        "AksNodePool.networkProfile.nodePublicIPTags[].ipTagType",
        "AksNodePool.networkProfile.nodePublicIPTags[].tag",
        "AksNodePool.nodeLabels{}",
        "AksNodePool.tags{}",
        // Compared with the labels of a namespace, which the API server keeps.
        "AzureIdentity.allowedNamespaces.selector.matchExpressions[].key",
        "AzureIdentity.allowedNamespaces.selector.matchExpressions[].operator",
        "AzureIdentity.allowedNamespaces.selector.matchExpressions[].values[]",
        "AzureIdentity.allowedNamespaces.selector.matchLabels{}",
    ];

    /// The rule stands at the root, where the default of the field is known.
    const CHECKED_AT_ROOT: &[&str] = &["AksNodePool.azureName"];

    /// Maps whose keys go into bodies only.
    const KEYS_IN_NO_URL: &[&str] = &[
        "AksCluster.extensions{}.configurationProtectedSettings",
        "AksCluster.extensions{}.configurationSettings",
        "AksCluster.fleetMemberships{}.labels",
        "AksCluster.fluxConfigurations{}.configurationProtectedSettings",
        "AksCluster.fluxConfigurations{}.kustomizations",
        "AksCluster.fluxConfigurations{}.kustomizations{}.postBuild.substitute",
        "AksCluster.managedNamespaces{}.annotations",
        "AksCluster.managedNamespaces{}.tags",
        "AksCluster.podIdentityProfile.userAssignedIdentityExceptions[].podLabels",
        "AksCluster.snapshots{}.tags",
        "AzureIdentity.allowedNamespaces.selector.matchLabels",
    ];

    #[test]
    fn whatever_may_become_a_part_of_a_url_has_a_pattern() {
        let mut unchecked = BTreeSet::new();
        walk_specs(|path, schema| {
            let rules = schema.x_kubernetes_validations.iter().flatten();
            let has_rule = rules.clone().next().is_some();
            let is_text = schema.type_.as_deref() == Some("string");
            let is_fixed = schema.enum_.is_some() || schema.pattern.is_some() || schema.format.is_some();
            if is_text && !is_fixed && !has_rule {
                unchecked.insert(path.to_owned());
            }
            let is_map = matches!(schema.additional_properties, Some(JSONSchemaPropsOrBool::Schema(_)));
            let checks_keys = rules.clone().any(|rule| rule.rule.starts_with("self.all("));
            if is_map && !checks_keys {
                unchecked.insert(path.to_owned());
            }
        });
        let known = [IN_NO_URL, CHECKED_AT_ROOT, KEYS_IN_NO_URL].concat();
        let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
        let new: Vec<_> = unchecked.difference(&known).collect();
        assert!(
            new.is_empty(),
            "give these a pattern, or say why they can do without: {new:?}"
        );
        let old: Vec<_> = known.difference(&unchecked).collect();
        assert!(old.is_empty(), "these are checked by now: {old:?}");
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
