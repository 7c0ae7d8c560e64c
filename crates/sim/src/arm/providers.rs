//! Resource providers: which there are, what they have, whether the subscription may use them.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use super::api_versions::SERVED;
use crate::catalog;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::resources::types;
use crate::surroundings::Registration;
use crate::wire::Request;
use crate::world::World;

/// Types of AKS itself.
const AKS: [&str; 7] = [
    "managedClusters",
    "managedClusters/agentPools",
    "managedClusters/maintenanceConfigurations",
    "locations",
    "locations/kubernetesVersions",
    "locations/operations",
    "locations/operationresults",
];

/// Providers without resources here, that clients look for all the same.
const EMPTY: [&str; 6] = [
    "Microsoft.Resources",
    "Microsoft.Features",
    "Microsoft.Storage",
    "Microsoft.OperationsManagement",
    "Microsoft.Dashboard",
    "Microsoft.ServiceNetworking",
];

/// Providers that every subscription has.
const ALWAYS: [&str; 3] = ["microsoft.resources", "microsoft.authorization", "microsoft.features"];

/// Types with their api-versions, by provider.
fn known() -> BTreeMap<&'static str, Vec<(&'static str, Vec<&'static str>)>> {
    let mut all: BTreeMap<&str, Vec<(&str, Vec<&str>)>> = EMPTY.iter().map(|name| (*name, Vec::new())).collect();
    let newest_first: Vec<&str> = SERVED.iter().rev().copied().collect();
    let aks = AKS.iter().map(|path| (*path, newest_first.clone()));
    all.entry("Microsoft.ContainerService").or_default().extend(aks);
    for kind in types::all() {
        all.entry(kind.namespace)
            .or_default()
            .push((kind.path, kind.versions.to_vec()));
    }
    all
}

/// GET of all.
#[must_use]
pub fn list(world: &World, subscription: &str) -> Reply {
    let known = known();
    let value: Vec<Value> = known
        .iter()
        .map(|(namespace, types)| render(world, subscription, namespace, types))
        .collect();
    Reply::gateway(200, json!({"value": value}))
}

/// GET of one.
///
/// # Errors
/// 404 `InvalidResourceNamespace`.
pub fn get(world: &World, subscription: &str, namespace: &str) -> Result<Reply, Refusal> {
    let known = known();
    let found = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(namespace));
    let (namespace, types) = found.ok_or_else(|| {
        let message = format!("The resource namespace '{namespace}' is invalid.");
        Refusal::gateway(404, "InvalidResourceNamespace", message)
    })?;
    Ok(Reply::gateway(200, render(world, subscription, namespace, types)))
}

/// POST `register`: answers at once, and the registration follows.
///
/// # Errors
/// 404 `InvalidResourceNamespace`.
pub fn register(world: &mut World, subscription: &str, namespace: &str) -> Result<Reply, Refusal> {
    get(world, subscription, namespace)?;
    world.register(namespace);
    get(world, subscription, namespace)
}

/// Refuses a write to a provider that the subscription is not registered for.
///
/// # Errors
/// 409 `MissingSubscriptionRegistration`.
pub fn check(world: &World, request: &Request, action: &str) -> Result<(), Refusal> {
    let namespace = action.split('/').next().unwrap_or_default();
    let exempt = namespace.is_empty()
        || ALWAYS.contains(&namespace.to_lowercase().as_str())
        || action.ends_with("/register/action")
        || matches!(request.method, Method::GET | Method::HEAD);
    if exempt || world.registration(namespace) == Registration::Registered {
        return Ok(());
    }
    let message = format!(
        "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions."
    );
    Err(Refusal::gateway(409, "MissingSubscriptionRegistration", message))
}

fn render(world: &World, subscription: &str, namespace: &str, types: &[(&str, Vec<&str>)]) -> Value {
    let types: Vec<Value> = types
        .iter()
        .map(|(path, versions)| resource_type(path, versions))
        .collect();
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "registrationState": world.registration(namespace).word(),
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": types,
    })
}

fn resource_type(path: &str, versions: &[&str]) -> Value {
    let names: Vec<&str> = catalog::regions().iter().map(|region| region.display_name).collect();
    let zones: Vec<Value> = catalog::regions()
        .iter()
        .filter(|region| region.zones)
        .map(|region| json!({"location": region.display_name, "zones": ["1", "2", "3"]}))
        .collect();
    json!({
        "resourceType": path,
        "locations": names,
        "apiVersions": versions,
        "defaultApiVersion": versions.iter().find(|version| !version.ends_with("-preview")),
        "zoneMappings": zones,
        "capabilities": "SupportsTags, SupportsLocation",
    })
}
