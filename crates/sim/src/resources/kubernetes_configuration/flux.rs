//! Flux configurations. Bodies: fluxConfigurations-2025-04-01; failures: Azure/ResourceModules#1302.

use serde_json::{Map, Value, json};

use super::super::id::ResourceKey;
use super::super::resource_type::{Home, Patch, ResourceType, Write};
use super::{NAMESPACE, extensions, takes};
use crate::operations::{OperationError, Outcome};
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: NAMESPACE,
    path: "fluxConfigurations",
    calls: "FluxConfigurations",
    system_data: true,
    body: Some(Definition::FluxConfiguration),
    versions: &["2025-04-01", "2024-11-01", "2023-05-01", "2022-11-01"],
    home: Home::Extension,
    own_operations: true,
    put: takes(60),
    delete: takes(30),
    patch: Patch::Merge,
    write_only: &[
        "/properties/configurationProtectedSettings",
        "/properties/bucket/accessKey",
        "/properties/azureBlob/accountKey",
        "/properties/azureBlob/sasToken",
        "/properties/azureBlob/servicePrincipal/clientSecret",
    ],
    check,
    complete,
    fails,
    ended,
    ..ResourceType::PLAIN
};

/// Source kinds with the property that describes each.
const SOURCES: [(&str, &str); 4] = [
    ("GitRepository", "gitRepository"),
    ("Bucket", "bucket"),
    ("AzureBlob", "azureBlob"),
    ("OCIRepository", "ociRepository"),
];

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "ValidationFailed", message)
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    // General knowledge: the CLI installs the extension first when it is missing.
    if !extensions::is_installed(world, &write.id.scope, "microsoft.flux") {
        return Err(invalid(
            "The Microsoft.Flux extension is not installed on the cluster: install it before creating Flux configurations.",
        ));
    }
    for (member, fallback) in [("scope", "cluster"), ("namespace", "default")] {
        let wanted = write.text(member).unwrap_or(fallback);
        let before = write.stored(member).and_then(Value::as_str);
        if before.is_some_and(|before| before != wanted) {
            return Err(invalid(format!(
                "The property '{member}' cannot be changed after creation."
            )));
        }
    }
    if let Some(url) = source(write.sent)
        .and_then(|(_, source)| source.get("url"))
        .and_then(Value::as_str)
        && !has_scheme(url)
    {
        return Err(invalid(format!(
            "The url '{url}' is not valid: it has to begin with http://, https://, ssh://, oci:// or git@."
        )));
    }
    let none = Map::new();
    let kustomizations = write
        .property("kustomizations")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    for (name, kustomization) in kustomizations {
        let needed = kustomization
            .get("dependsOn")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for other in needed.filter_map(Value::as_str) {
            if other == name || !kustomizations.contains_key(other) {
                return Err(invalid(format!(
                    "The kustomization '{name}' depends on '{other}', which is no other kustomization of this configuration."
                )));
            }
        }
    }
    Ok(())
}

fn has_scheme(url: &str) -> bool {
    ["http://", "https://", "ssh://", "git@", "oci://"]
        .iter()
        .any(|scheme| url.starts_with(scheme) && url.len() > scheme.len())
}

/// The source that a body names, with its kind.
fn source(body: &Value) -> Option<(&'static str, &Value)> {
    let properties = body.get("properties")?;
    let kind = properties
        .get("sourceKind")
        .and_then(Value::as_str)
        .unwrap_or("GitRepository");
    let (kind, member) = SOURCES.iter().find(|(known, _)| known.eq_ignore_ascii_case(kind))?;
    Some((kind, properties.get(*member).filter(|source| source.is_object())?))
}

/// The service looks at the source only while its operation runs.
fn fails(_: &World, write: &Write<'_>) -> Option<OperationError> {
    let kind = write.text("sourceKind").unwrap_or("GitRepository");
    let error = |code: &str, message: String| OperationError {
        code: code.to_owned(),
        message,
    };
    let Some((_, described)) = source(write.sent) else {
        let message = format!(
            "Invalid source kind match. Config with specified source kind '{kind}' must contain corresponding body specified in the properties."
        );
        return Some(error("ValidationFailed", message));
    };
    let waits = write.property("waitForReconciliation") == Some(&json!(true));
    (waits && !is_reachable(described)).then(|| {
        let message = "The reconciliation of the configuration did not succeed in time.".to_owned();
        error("ReconciliationFailed", message)
    })
}

/// A source at a host that cannot exist (RFC 2606) is what cannot be fetched here.
fn is_reachable(source: &Value) -> bool {
    let url = source.get("url").and_then(Value::as_str).unwrap_or_default();
    let host = url.split("://").last().unwrap_or_default();
    let host = host.split('@').next_back().unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    !host.ends_with(".invalid")
}

fn complete(_: &mut World, write: &Write<'_>, body: &mut Value) {
    let properties = &mut body["properties"];
    fill(properties, "scope", json!("cluster"));
    fill(properties, "namespace", json!("default"));
    fill(properties, "sourceKind", json!("GitRepository"));
    fill(properties, "suspend", json!(false));
    for (_, member) in SOURCES {
        if properties.get(member).is_some_and(Value::is_object) {
            fill(&mut properties[member], "timeoutInSeconds", json!(600));
            fill(&mut properties[member], "syncIntervalInSeconds", json!(600));
        }
    }
    if let Some(kustomizations) = properties.get_mut("kustomizations").and_then(Value::as_object_mut) {
        for (name, kustomization) in kustomizations {
            kustomization["name"] = json!(name);
            fill(kustomization, "path", json!(""));
            fill(kustomization, "timeoutInSeconds", json!(600));
            fill(kustomization, "syncIntervalInSeconds", json!(600));
            fill(kustomization, "prune", json!(false));
            fill(kustomization, "force", json!(false));
        }
    }
    properties["complianceState"] = write
        .stored("complianceState")
        .cloned()
        .unwrap_or_else(|| json!("Pending"));
    properties["statuses"] = write.stored("statuses").cloned().unwrap_or_else(|| json!([]));
}

fn fill(object: &mut Value, member: &str, value: Value) {
    if object.get(member).is_none() {
        object[member] = value;
    }
}

fn ended(world: &mut World, key: &ResourceKey, outcome: &Outcome) {
    let now = world.now();
    let commit = world
        .ids
        .signature("commit", 40)
        .to_lowercase()
        .replace(['-', '_'], "0");
    let Some(resource) = world.resources.get_mut(key) else {
        return;
    };
    let fetched = source(&resource.body).is_some_and(|(_, source)| is_reachable(source));
    let suspended = resource.property("suspend") == Some(&json!(true));
    let state = match (suspended, fetched) {
        (true, _) => "Suspended",
        (false, true) => "Compliant",
        (false, false) => "Non-Compliant",
    };
    let statuses = statuses(resource.id.name(), &resource.body, fetched, state, &json!(now));
    let properties = &mut resource.body["properties"];
    match outcome {
        Outcome::Failed(error) | Outcome::Canceled(error) => {
            properties["errorMessage"] = json!(error.message);
            properties["complianceState"] = json!("Non-Compliant");
        }
        Outcome::Succeeded => {
            properties["errorMessage"] = json!("");
            properties["complianceState"] = json!(state);
        }
    }
    properties["statuses"] = Value::Array(statuses);
    properties["statusUpdatedAt"] = json!(now);
    if fetched {
        properties["sourceSyncedCommitId"] = json!(format!("main@sha1:{commit}"));
        properties["sourceUpdatedAt"] = json!(now);
    }
}

/// One status for the source, one for each kustomization.
fn statuses(name: &str, body: &Value, fetched: bool, state: &str, now: &Value) -> Vec<Value> {
    let properties = &body["properties"];
    let namespace = properties.get("namespace").cloned().unwrap_or_default();
    let (status, source_reason, reason, message) = if fetched {
        ("True", "Succeeded", "ReconciliationSucceeded", "Applied revision: main")
    } else {
        (
            "False",
            "GitOperationFailed",
            "ArtifactFailed",
            "Source is not ready, artifact not found: the host of the url could not be resolved",
        )
    };
    let one = |name: String, kind: &str, reason: &str| {
        json!({
            "name": name,
            "namespace": namespace,
            "kind": kind,
            "complianceState": state,
            "statusConditions": [{
                "type": "Ready", "status": status, "reason": reason, "message": message, "lastTransitionTime": now,
            }],
        })
    };
    let kind = source(body).map_or("GitRepository", |(kind, _)| kind);
    let mut all = vec![one(name.to_owned(), kind, source_reason)];
    let kustomizations = properties.get("kustomizations").and_then(Value::as_object);
    for kustomization in kustomizations.into_iter().flat_map(Map::keys) {
        all.push(one(format!("{name}-{kustomization}"), "Kustomization", reason));
    }
    all
}
