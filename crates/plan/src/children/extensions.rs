//! Cluster extensions (extensions-2025-03-01; Learn: cluster-extensions).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Child, Condition, Draft, Encoding, Hindrance, Kind, Needs, Rule, SecretUse, View, place, provisioning};
use armature_api::ClusterExtension;

pub(super) static KIND: Kind = Kind {
    field: "extensions",
    compare: &[
        ("properties.extensionType", Rule::AnyCase),
        ("properties.releaseTrain", Rule::AnyCase),
        ("properties.autoUpgradeMode", Rule::AnyCase),
        ("properties.aksAssignedIdentity.type", Rule::AnyCase),
        ("identity.type", Rule::AnyCase),
    ],
    drafts,
    condition,
    outputs,
    // Backups can only be deleted, and what Flux applied only be pruned, by the extension that made them.
    outlives: &["fluxConfigurations", "backup"],
    actions: &[
        "Microsoft.KubernetesConfiguration/extensions/read",
        "Microsoft.KubernetesConfiguration/extensions/write",
        "Microsoft.KubernetesConfiguration/extensions/delete",
        "Microsoft.KubernetesConfiguration/extensions/operations/read",
    ],
    ..Kind::PLAIN
};

/// API version of extensions.
pub(super) const API_VERSION: &str = "2025-03-01";

/// The resource id of an extension of a cluster.
///
/// # Errors
/// The name can't be part of an id.
pub(super) fn id(cluster: &str, name: &str) -> Result<String, Hindrance> {
    place::at(cluster, "providers/Microsoft.KubernetesConfiguration/extensions", name)
}

/// The object id of the identity that an extension acts as.
pub(super) fn principal(body: &Value) -> Option<&str> {
    let of = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    of("/properties/aksAssignedIdentity/principalId").or_else(|| of("/identity/principalId"))
}

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let extensions = view.spec.extensions.iter().flatten();
    extensions
        .map(|(name, extension)| Draft::new(name, Needs::RunningCluster, child(view, name, extension)))
        .collect()
}

fn child(view: &View<'_>, name: &str, extension: &ClusterExtension) -> Result<Child, Hindrance> {
    let entry = serde_json::to_value(extension)?;
    let mut properties = entry.clone();
    let mut body = json!({});
    if let Some(properties) = properties.as_object_mut() {
        properties.remove("configurationProtectedSettings");
        for outside in ["plan", "identity"] {
            if let Some(value) = properties.remove(outside) {
                body[outside] = value;
            }
        }
        // Azure refuses a pinned version beside its own default of upgrading.
        if extension.version.is_some() {
            properties
                .entry("autoUpgradeMinorVersion")
                .or_insert(Value::Bool(false));
        }
    }
    body["properties"] = properties;
    let protected = extension.configuration_protected_settings.iter().flatten();
    let secrets = protected.map(|(setting, reference)| SecretUse {
        path: ["properties", "configurationProtectedSettings", setting]
            .map(str::to_owned)
            .to_vec(),
        reference: reference.clone(),
        encoding: Encoding::Plain,
    });
    Ok(Child {
        id: id(view.cluster, name)?,
        api_version: API_VERSION.into(),
        secrets: secrets.collect(),
        entry,
        body,
    })
}

/// Why an installation failed stands in `errorInfo`, or only in the last of the `statuses`.
fn condition(body: &Value) -> Condition {
    let Condition::Broken { code, message } = provisioning(body) else {
        return provisioning(body);
    };
    let told = |place: Option<&Value>| {
        let text = |name: &str| place?.get(name)?.as_str().filter(|text| !text.is_empty());
        let told = text("message").map(str::to_owned)?;
        Some((text("code").map_or_else(|| code.clone(), str::to_owned), told))
    };
    let is_error = |status: &&Value| status["level"].as_str() == Some("Error");
    let statuses = body.pointer("/properties/statuses").and_then(Value::as_array);
    let failed = statuses.and_then(|statuses| statuses.iter().rev().find(is_error));
    let (code, message) = told(body.pointer("/properties/errorInfo"))
        .or_else(|| told(failed))
        .unwrap_or_else(|| (code.clone(), message));
    Condition::Broken { code, message }
}

fn outputs(body: &Value) -> BTreeMap<String, String> {
    let version = body.pointer("/properties/currentVersion").and_then(Value::as_str);
    let all = [("principalId", principal(body)), ("version", version)];
    let known = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(properties: Value) -> Value {
        json!({ "properties": properties })
    }

    #[test]
    fn a_failed_installation_says_why_wherever_azure_wrote_it() {
        let broken = |properties: Value| match condition(&body(properties)) {
            Condition::Broken { code, message } => (code, message),
            other => panic!("{other:?}"),
        };
        let told = ("ExtensionOperationFailed".to_owned(), "helm says no".to_owned());
        assert_eq!(
            broken(json!({ "provisioningState": "Failed", "errorInfo": { "code": told.0, "message": told.1 } })),
            told
        );
        let statuses = json!([
            { "level": "Error", "code": told.0, "message": told.1 },
            { "level": "Information", "code": "x", "message": "y" },
        ]);
        assert_eq!(
            broken(json!({ "provisioningState": "Failed", "statuses": statuses })),
            told
        );
        assert_eq!(broken(json!({ "provisioningState": "Failed" })).0, "Failed");
    }

    #[test]
    fn others_learn_its_identity_and_version() {
        let body = body(json!({ "currentVersion": "1.2.3", "aksAssignedIdentity": { "principalId": "p" } }));
        let outputs: Vec<(String, String)> = outputs(&body).into_iter().collect();
        assert_eq!(
            outputs,
            [
                ("principalId".to_owned(), "p".to_owned()),
                ("version".to_owned(), "1.2.3".to_owned())
            ]
        );
    }
}
