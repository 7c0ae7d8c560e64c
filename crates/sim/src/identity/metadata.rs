//! The managed-identity endpoints: the one of virtual machines (IMDS) and the one of App Service.

use jiff::Timestamp;
use serde_json::json;

use super::directory::{Directory, Principal};
use super::tokens::{LIFETIME, TokenKey};
use crate::reply::Reply;
use crate::wire::Request;

/// The value that `X-IDENTITY-HEADER` has to carry: what `IDENTITY_HEADER` is set to for a client.
pub const IDENTITY_HEADER: &str = "armature-sim";

/// Which endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `/metadata/identity/oauth2/token`, wants `Metadata: true`.
    VirtualMachine,
    /// `/msi/token`, wants `X-IDENTITY-HEADER`.
    AppService,
}

/// Answers GET of a managed-identity endpoint. `now` is real time.
#[must_use]
pub fn token(directory: &Directory, key: &TokenKey, style: Style, request: &Request, now: Timestamp) -> Reply {
    let vouched = match style {
        Style::VirtualMachine => request
            .header("metadata")
            .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        Style::AppService => request.header("x-identity-header") == Some(IDENTITY_HEADER),
    };
    if !vouched {
        return refuse(400, "invalid_request", "Required metadata header not specified");
    }
    let Some(resource) = request.query("resource").filter(|resource| !resource.is_empty()) else {
        return refuse(400, "invalid_resource", "AADSTS500011: a resource has to be named");
    };
    let Some(principal) = asked_for(directory, request) else {
        return refuse(400, "invalid_request", "Identity not found");
    };
    let Some(token) = key.issue(principal, directory.tenant(), resource, &request.origin, now) else {
        return refuse(500, "unknown", "Failed to retrieve token from the Active directory");
    };
    let body = json!({
        "access_token": token,
        "client_id": principal.client_id,
        "expires_in": LIFETIME.to_string(),
        "expires_on": (now.as_second() + LIFETIME).to_string(),
        "not_before": now.as_second().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Reply::gateway(200, body)
}

/// The identity that the query names; without a name the only one, or none of several.
fn asked_for<'a>(directory: &'a Directory, request: &Request) -> Option<&'a Principal> {
    let mut identities = directory
        .principals()
        .iter()
        .filter(|principal| principal.managed_identity);
    let named = |name: &str| request.query(name).map(str::to_ascii_lowercase);
    if let Some(id) = named("client_id") {
        return identities.find(|principal| principal.client_id.to_ascii_lowercase() == id);
    }
    if let Some(id) = named("object_id").or_else(|| named("principal_id")) {
        return identities.find(|principal| principal.object_id.to_ascii_lowercase() == id);
    }
    if let Some(id) = named("msi_res_id").or_else(|| named("mi_res_id")) {
        return identities.find(|principal| {
            principal
                .resource_id
                .as_ref()
                .is_some_and(|own| own.to_ascii_lowercase() == id)
        });
    }
    let first = identities.next();
    if identities.next().is_some() { None } else { first }
}

fn refuse(status: u16, error: &str, message: &str) -> Reply {
    Reply::gateway(status, json!({"error": error, "error_description": message}))
}
