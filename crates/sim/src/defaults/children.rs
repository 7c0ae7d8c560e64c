//! Values that the service adds to children of a cluster.

use serde_json::{Value, json};

use super::json::{set, set_default, text};
use super::{Place, ids};
use crate::arm::children::kinds::ChildKind;

/// Fills a child of `kind` before it is stored; `cluster` is the stored cluster. Idempotent.
pub fn fill_child(kind: ChildKind, child: &mut Value, cluster: &Value, place: &Place<'_>) {
    match kind {
        ChildKind::MaintenanceConfiguration => fill_maintenance(child),
        ChildKind::TrustedAccessRoleBinding | ChildKind::PrivateEndpointConnection => {
            set_default(child, "/properties/provisioningState", "Succeeded");
        }
        ChildKind::ManagedNamespace => fill_namespace(child, cluster, place),
        ChildKind::IdentityBinding => fill_identity_binding(child, place),
    }
}

/// SPEC MaintenanceWindow: `utcOffset` defaults to `+00:00`. The start date of today is the CLI's, not the service's.
fn fill_maintenance(child: &mut Value) {
    if child.pointer("/properties/maintenanceWindow").is_some() {
        set_default(child, "/properties/maintenanceWindow/utcOffset", "+00:00");
    }
}

/// Learn: concepts-managed-namespaces has the default policies. That adoption is `Never` and deletion `Keep` when
/// nothing is said is general knowledge: the careful choices.
fn fill_namespace(child: &mut Value, cluster: &Value, place: &Place<'_>) {
    set(child, "/location", place.region);
    for (pointer, value) in [
        ("/properties/adoptionPolicy", "Never"),
        ("/properties/deletePolicy", "Keep"),
        ("/properties/defaultNetworkPolicy/ingress", "AllowSameNamespace"),
        ("/properties/defaultNetworkPolicy/egress", "AllowAll"),
        ("/properties/provisioningState", "Succeeded"),
    ] {
        set_default(child, pointer, value);
    }
    if let Some(portal) = text(cluster, "/properties/azurePortalFQDN") {
        set_default(child, "/properties/portalFqdn", portal);
    }
}

/// Learn: identity-bindings has the form of the issuer.
fn fill_identity_binding(child: &mut Value, place: &Place<'_>) {
    const IDENTITY: &str = "/properties/managedIdentity";
    set_default(child, "/properties/provisioningState", "Succeeded");
    let Some(id) = text(child, &format!("{IDENTITY}/resourceId")).map(str::to_owned) else {
        return;
    };
    let client = ids::guid(&[&id, "client"]);
    let issuer = format!("https://ib.oic.prod-aks.azure.com/{}/{client}", place.tenant_id);
    set_default(
        child,
        &format!("{IDENTITY}/objectId"),
        json!(ids::guid(&[&id, "principal"])),
    );
    set_default(child, &format!("{IDENTITY}/clientId"), json!(client));
    set_default(child, &format!("{IDENTITY}/tenantId"), place.tenant_id);
    set_default(child, "/properties/oidcIssuer/oidcIssuerUrl", issuer);
}
