//! Cluster extensions. Bodies: extensions-2025-03-01; failures: terraform-provider-azurerm#24547, Learn (Dapr).

use serde_json::{Value, json};

use super::super::id::ResourceKey;
use super::super::resource_type::{Home, Patch, ResourceType, Write};
use super::super::store::Resource;
use super::{NAMESPACE, takes};
use crate::identity::directory::Principal;
use crate::operations::Outcome;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: NAMESPACE,
    path: "extensions",
    calls: "Extensions",
    system_data: true,
    body: Some(Definition::Extension),
    versions: &["2025-03-01", "2024-11-01", "2023-05-01", "2022-11-01"],
    home: Home::Extension,
    own_operations: true,
    put: takes(120),
    delete: takes(60),
    patch: Patch::Merge,
    write_only: &["/properties/configurationProtectedSettings"],
    check,
    complete,
    applied,
    ended,
    removed: |world, resource| {
        if let Some(principal) = identity(resource) {
            world.directory.remove_principal(principal);
        }
    },
    ..ResourceType::PLAIN
};

/// Extension types that exist in every region here, with the version that is installed now and the namespace that they
/// go into (Learn: extensions for AKS; versions are made up).
const KNOWN: [(&str, &str, &str); 13] = [
    ("microsoft.flux", "1.18.2", "flux-system"),
    ("microsoft.dapr", "1.15.4", "dapr-system"),
    ("microsoft.azureml.kubernetes", "1.1.90", "azureml"),
    ("microsoft.azurecontainerstorage", "2.1.0", "acstor"),
    ("microsoft.azurecontainerstoragev2", "2.1.0", "kube-system"),
    (
        "microsoft.dataprotection.kubernetes",
        "0.1.210",
        "dataprotection-microsoft",
    ),
    ("microsoft.argocd", "1.2.0", "argocd"),
    ("microsoft.app.environment", "1.0.60", "app-system"),
    ("microsoft.azuremonitor.containers", "3.1.30", "kube-system"),
    ("microsoft.azuremonitor.containers.metrics", "6.18.0", "kube-system"),
    ("microsoft.azuredefender.kubernetes", "0.9.40", "mdc"),
    ("microsoft.policyinsights", "1.10.0", "kube-system"),
    ("microsoft.extensiondiagnostics", "0.2.0", "diagnostics"),
];

fn known(kind: &str) -> Option<(&'static str, &'static str)> {
    let found = KNOWN.iter().find(|(known, ..)| known.eq_ignore_ascii_case(kind));
    found.map(|(_, version, namespace)| (*version, *namespace))
}

/// Whether an extension of this type is installed on a cluster.
pub(super) fn is_installed(world: &World, cluster: &str, kind: &str) -> bool {
    let cluster = ResourceKey::of(cluster);
    world.resources.of_type(&TYPE).any(|(_, extension)| {
        ResourceKey::of(&extension.id.scope) == cluster
            && extension
                .text("extensionType")
                .is_some_and(|known| known.eq_ignore_ascii_case(kind))
            && extension.text("provisioningState") == Some("Succeeded")
    })
}

/// The backup extension of a cluster: who it acts as, and the storage account that it writes to.
pub struct BackupExtension {
    /// Object id of its identity.
    pub principal: String,
    /// Subscription of the storage account.
    pub subscription: String,
    /// Group of the storage account.
    pub group: String,
    /// Name of the storage account.
    pub account: String,
}

/// The installed backup extension of a cluster.
pub fn backup_extension(world: &World, cluster: &str) -> Option<BackupExtension> {
    let cluster = ResourceKey::of(cluster);
    let mut all = world.resources.of_type(&TYPE).map(|(_, extension)| extension);
    let found = all.find(|extension| {
        let kind = extension.text("extensionType").unwrap_or_default();
        ResourceKey::of(&extension.id.scope) == cluster
            && kind.eq_ignore_ascii_case("microsoft.dataprotection.kubernetes")
            && extension.text("provisioningState") == Some("Succeeded")
    })?;
    let setting = |name: &str| {
        let settings = found.property("configurationSettings")?.as_object()?;
        let name = format!("configuration.backupStorageLocation.{name}");
        let found = settings.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name))?;
        found.1.as_str().map(str::to_owned)
    };
    Some(BackupExtension {
        principal: identity(found)?.to_owned(),
        subscription: setting("config.subscriptionId").unwrap_or_default(),
        group: setting("config.resourceGroup").unwrap_or_default(),
        account: setting("config.storageAccount").unwrap_or_default(),
    })
}

fn check(_: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let Some(kind) = write.text("extensionType") else {
        let message = "The property 'extensionType' is required.";
        return Err(Refusal::service(400, "ValidationFailed", message));
    };
    if known(kind).is_none() {
        let message = format!("Extension type {kind} is not registered in region {}.", write.region);
        return Err(Refusal::service(400, "ExtensionTypeRegistrationGetFailed", message));
    }
    let before = write.stored("extensionType").and_then(Value::as_str);
    if before.is_some_and(|before| !before.eq_ignore_ascii_case(kind)) {
        let message = "The property 'extensionType' cannot be changed: delete the extension first.";
        return Err(Refusal::service(400, "ValidationFailed", message));
    }
    // The CLI refuses it before it asks (k8s-extension: --version with --auto-upgrade-minor-version).
    if write.property("version").is_some() && write.property("autoUpgradeMinorVersion") == Some(&json!(true)) {
        let message = "The property 'version' cannot be set while 'autoUpgradeMinorVersion' is true.";
        return Err(Refusal::service(400, "ValidationFailed", message));
    }
    if let Some(scope) = write.property("scope")
        && scope.get("cluster").is_some() == scope.get("namespace").is_some()
    {
        let message = "The property 'scope' has to name either 'cluster' or 'namespace'.";
        return Err(Refusal::service(400, "ValidationFailed", message));
    }
    Ok(())
}

fn complete(world: &mut World, write: &Write<'_>, body: &mut Value) {
    let (_, namespace) = known(write.text("extensionType").unwrap_or_default()).unwrap_or_default();
    let mut fill = |member: &str, value: Value| {
        if body["properties"].get(member).is_none() {
            body["properties"][member] = value;
        }
    };
    fill("autoUpgradeMinorVersion", json!(write.property("version").is_none()));
    fill("releaseTrain", json!("Stable"));
    fill("configurationSettings", json!({}));
    fill("statuses", json!([]));
    fill("scope", json!({"cluster": {"releaseNamespace": namespace}}));
    body["properties"]["isSystemExtension"] = json!(false);
    // The service makes an identity for the extension: its rights are granted to this principal.
    let principal = match write
        .old
        .and_then(|old| old.pointer("/properties/aksAssignedIdentity/principalId"))
    {
        Some(known) => known.clone(),
        None => json!(world.ids.guid()),
    };
    let tenant = world.directory.tenant();
    body["properties"]["aksAssignedIdentity"] =
        json!({"principalId": principal, "tenantId": tenant, "type": "SystemAssigned"});
    if body.get("identity").and_then(|identity| identity.get("type")) == Some(&json!("SystemAssigned")) {
        body["identity"] = json!({"type": "SystemAssigned", "principalId": principal, "tenantId": tenant});
    }
    if let Some(version) = write.stored("currentVersion") {
        body["properties"]["currentVersion"] = version.clone();
    }
}

fn identity(resource: &Resource) -> Option<&str> {
    resource
        .body
        .pointer("/properties/aksAssignedIdentity/principalId")?
        .as_str()
}

fn applied(world: &mut World, key: &ResourceKey) {
    let Some(resource) = world.resources.get(key) else {
        return;
    };
    let Some(principal) = identity(resource).map(str::to_owned) else {
        return;
    };
    let id = resource.id.to_string();
    let known = world.directory.by_object_id(&principal).is_some();
    if !known {
        // Nobody signs in as it from outside, so the client id need not differ.
        let principal = Principal::managed_identity(principal.clone(), principal, id);
        world.directory.put_principal(principal);
    }
}

fn ended(world: &mut World, key: &ResourceKey, outcome: &Outcome) {
    let Some(resource) = world.resources.get_mut(key) else {
        return;
    };
    let kind = resource.text("extensionType").unwrap_or_default().to_owned();
    let pinned = resource.property("version").cloned();
    let properties = &mut resource.body["properties"];
    match outcome {
        Outcome::Succeeded => {
            let offered = known(&kind).map(|(version, _)| json!(version));
            properties["currentVersion"] = pinned.or(offered).unwrap_or(Value::Null);
            if let Some(properties) = properties.as_object_mut() {
                properties.remove("errorInfo");
            }
        }
        Outcome::Failed(error) | Outcome::Canceled(error) => properties["errorInfo"] = error.body(),
    }
}
