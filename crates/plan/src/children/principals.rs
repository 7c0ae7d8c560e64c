//! Who gets a role: from the words of a manifest to an object id in Entra.

use serde_json::Value;

use super::{Hindrance, View, extensions};
use crate::live::LiveCluster;
use armature_api::{ManagedIdentity, ManagedIdentityType};

/// API version of user-assigned identities (azure-mgmt-msi 7.1.0).
const IDENTITY_VERSION: &str = "2024-11-30";

/// The object id of who is named.
///
/// # Errors
/// What has to be read, or to be there, first.
pub fn object_id(view: &View<'_>, principal: &str) -> Result<String, Hindrance> {
    match principal {
        "cluster" => control_plane(view),
        "kubelet" => view.live_text(
            "/properties/identityProfile/kubeletidentity/objectId",
            "the kubelet identity of the cluster",
        ),
        id if id.starts_with('/') => user_assigned(view, id),
        guid if guid.contains('-') && !guid.contains('/') => Ok(guid.to_ascii_lowercase()),
        other => match other.strip_prefix("extensions/") {
            Some(extension) => of_extension(view, extension),
            None => of_add_on(view, other),
        },
    }
}

/// The user-assigned identity that the manifest gives the control plane.
pub fn given(view: &View<'_>) -> Option<String> {
    let ManagedIdentity {
        type_,
        user_assigned_identity_id,
    } = view.spec.identity.clone()?;
    user_assigned_identity_id.filter(|_| type_ == ManagedIdentityType::UserAssigned)
}

/// Whether the control plane is to get another identity than the one that it runs on.
pub fn is_changing(view: &View<'_>) -> bool {
    let (Some(live), Some(wanted)) = (view.live, &view.spec.identity) else {
        return false;
    };
    match (&wanted.type_, given(view)) {
        (ManagedIdentityType::UserAssigned, Some(id)) => {
            !assigned(live).any(|(assigned, _)| assigned.eq_ignore_ascii_case(&id))
        }
        _ => live.body.pointer("/identity/type").and_then(Value::as_str) != Some("SystemAssigned"),
    }
}

/// Whether the control plane runs as this principal.
pub fn is_control_plane(view: &View<'_>, principal: &str) -> bool {
    let Some(live) = view.live else { return false };
    let own = live.body.pointer("/identity/principalId");
    let mut all = own
        .into_iter()
        .chain(assigned(live).map(|(_, identity)| &identity["principalId"]));
    all.any(|id| id.as_str().is_some_and(|id| id.eq_ignore_ascii_case(principal)))
}

/// The user-assigned identities of the control plane, by their resource ids.
fn assigned(live: &LiveCluster) -> impl Iterator<Item = (&String, &Value)> {
    let identities = live.body.pointer("/identity/userAssignedIdentities");
    identities.and_then(Value::as_object).into_iter().flatten()
}

fn control_plane(view: &View<'_>) -> Result<String, Hindrance> {
    if let Some(id) = given(view) {
        return user_assigned(view, &id);
    }
    let first = view.live.and_then(|live| assigned(live).next());
    match first.and_then(|(_, identity)| identity["principalId"].as_str()) {
        Some(principal) => Ok(principal.to_owned()),
        None => view.live_text("/identity/principalId", "the identity of the cluster"),
    }
}

/// Read from the identity itself: what the cluster shows of it stays the same when the identity is made anew.
fn user_assigned(view: &View<'_>, id: &str) -> Result<String, Hindrance> {
    let identity = view.read(id, IDENTITY_VERSION)?;
    identity
        .and_then(|identity| identity.pointer("/properties/principalId"))
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Hindrance::NotYet(format!("the identity {id} to exist")))
}

fn of_extension(view: &View<'_>, name: &str) -> Result<String, Hindrance> {
    let extension = view.read(&extensions::id(view.cluster, name)?, extensions::API_VERSION)?;
    let wanted = view.spec.extensions.as_ref();
    if extension.is_none() && !wanted.is_some_and(|wanted| wanted.contains_key(name)) {
        return Err(Hindrance::NotYet(format!(
            "the extension {name}, which neither the manifest nor the cluster has; add it to spec.extensions, or correct \
             principal"
        )));
    }
    extension
        .and_then(extensions::principal)
        .map(str::to_owned)
        .ok_or_else(|| Hindrance::NotYet(format!("the identity of the extension {name}")))
}

/// Add-ons show their identities under `addonProfiles`, the application routing add-on under `ingressProfile`. Azure
/// changes the case of their names.
fn of_add_on(view: &View<'_>, name: &str) -> Result<String, Hindrance> {
    let body = view.live.map(|live| &live.body);
    let properties = |pointer: &str| body.and_then(|body| body.pointer(pointer)).and_then(Value::as_object);
    let profiles = ["/properties/addonProfiles", "/properties/ingressProfile"];
    let mut all = profiles.into_iter().filter_map(properties).flatten();
    let add_on = all
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, add_on)| add_on);
    add_on
        .and_then(|add_on| add_on.pointer("/identity/objectId"))
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| {
            let wanted = view.spec.addon_profiles.as_ref();
            let is_wanted = wanted.is_some_and(|wanted| wanted.keys().any(|key| key.eq_ignore_ascii_case(name)));
            Hindrance::NotYet(if body.is_none() || add_on.is_some() || is_wanted {
                format!("the add-on {name} to be enabled and to have an identity")
            } else {
                format!(
                    "the add-on {name}, which the cluster does not have; enable it under addonProfiles or ingressProfile, \
                     or correct principal"
                )
            })
        })
}
