//! The identities of a cluster: which principals they are, who knows them, and what the cluster's own may do to what
//! the cluster names.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::clock::shift;
use crate::defaults::json::{is, text};
use crate::identity::directory::Principal;
use crate::refusal::Refusal;
use crate::resources::id::ResourceKey;
use crate::resources::store::Resource;
use crate::world::{Cluster, World};

const READ_ZONE: &str = "Microsoft.Network/privateDnsZones/read";
const WRITE_ZONE: &str = "Microsoft.Network/privateDnsZones/A/write";
const JOIN_SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets/join/action";
const READ_ROUTES: &str = "Microsoft.Network/routeTables/read";
const WRITE_ROUTES: &str = "Microsoft.Network/routeTables/routes/write";
const READ_DISK_ENCRYPTION: &str = "Microsoft.Compute/diskEncryptionSets/read";
const ASSIGN_IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

impl World {
    /// Gives identities that were made as resources of their own their real ids, wherever a cluster's body shows them.
    pub(crate) fn name_principals(&self, body: &mut Value) {
        if let Some(Value::Object(identities)) = body.pointer_mut("/identity/userAssignedIdentities") {
            for (id, shown) in identities {
                if let Some((client, principal)) = self.ids_of_identity(id) {
                    *shown = json!({"clientId": client, "principalId": principal});
                }
            }
        }
        if let Some(Value::Object(profiles)) = body.pointer_mut("/properties/identityProfile") {
            for profile in profiles.values_mut() {
                self.name_identity(profile);
            }
        }
    }

    /// The same for one place that has `resourceId`, `clientId` and `objectId`.
    pub(crate) fn name_identity(&self, shown: &mut Value) {
        let ids = text(shown, "/resourceId").and_then(|id| self.ids_of_identity(id));
        if let Some((client, principal)) = ids {
            shown["clientId"] = json!(client);
            shown["objectId"] = json!(principal);
        }
    }

    fn ids_of_identity(&self, id: &str) -> Option<(String, String)> {
        let resource = self.resources.by_id(id)?;
        Some((
            resource.text("clientId")?.to_owned(),
            resource.text("principalId")?.to_owned(),
        ))
    }

    /// Makes the identities that a cluster brings with it known to the directory, as role assignments need them:
    /// its own, and those that AKS makes in the node resource group. New ones are replicated after a while.
    pub(crate) fn register_principals(&mut self, cluster: &Cluster) {
        let delay = SignedDuration::from_secs(i64::from(self.settings.principal_replication));
        let replicated_from = shift(self.now(), delay);
        for (client_id, object_id, resource_id) in made_with(cluster) {
            if self.directory.by_client_id(&client_id).is_none() {
                let mut principal = Principal::managed_identity(client_id, object_id, resource_id);
                principal.managed_identity = false;
                principal.replicated_from = Some(replicated_from);
                self.directory.put_principal(principal);
            }
        }
    }

    /// Takes the identities that a cluster brought with it out of the directory.
    pub(crate) fn forget_principals(&mut self, cluster: &Cluster) {
        for (client_id, ..) in made_with(cluster) {
            self.directory.remove_principal(&client_id);
        }
    }
}

/// Client id, object id and resource id of every identity that exists because of the cluster.
fn made_with(cluster: &Cluster) -> Vec<(String, String, String)> {
    let mut made = Vec::new();
    let body = &cluster.body;
    if let Some(principal) = text(body, "/identity/principalId") {
        // A system-assigned identity has a client id that nobody is shown.
        made.push((principal.to_owned(), principal.to_owned(), cluster.reference.id()));
    }
    let node_group = cluster.text("nodeResourceGroup").unwrap_or_default();
    let own = ResourceKey::of(&format!(
        "/subscriptions/{}/resourceGroups/{node_group}",
        cluster.reference.group.subscription
    ));
    let profiles = body.pointer("/properties/identityProfile").and_then(Value::as_object);
    let addons = body.pointer("/properties/addonProfiles").and_then(Value::as_object);
    let routing = body.pointer("/properties/ingressProfile/webAppRouting/identity");
    let shown = profiles
        .into_iter()
        .flat_map(|profiles| profiles.values())
        .chain(
            addons
                .into_iter()
                .flat_map(|addons| addons.values())
                .filter_map(|addon| addon.get("identity")),
        )
        .chain(routing);
    for identity in shown {
        let (Some(id), Some(client), Some(object)) = (
            text(identity, "/resourceId"),
            text(identity, "/clientId"),
            text(identity, "/objectId"),
        ) else {
            continue;
        };
        if ResourceKey::of(id).is_within(&own) {
            made.push((client.to_owned(), object.to_owned(), id.to_owned()));
        }
    }
    made
}

/// Something that a cluster names and that its identity has to have rights on.
struct Needed<'a> {
    id: &'a str,
    actions: &'static [&'static str],
}

/// Whether the identity of a cluster has the rights on what the cluster names, as far as both were made in the
/// simulator: what it does not know is not asked about (setting `identityRights`). A system-assigned identity exists
/// only after the PUT, and is given its rights while AKS already works (CLI).
///
/// # Errors
/// 400 `ResourceMissingPermissionError` (azure-cli, its retry of role assignments), or the kubelet identity's own code.
pub fn check_rights(world: &World, body: &Value, pools: &[Value]) -> Result<(), Refusal> {
    if !world.settings.identity_rights || !is(body, "/identity/type", "UserAssigned") {
        return Ok(());
    }
    let identity = body
        .pointer("/identity/userAssignedIdentities")
        .and_then(Value::as_object)
        .and_then(|identities| identities.keys().next());
    let Some(own) = identity.and_then(|id| world.resources.by_id(id)) else {
        return Ok(());
    };
    let principal = own.text("principalId").unwrap_or_default();
    let allowed = |action: &str, resource: &Resource| {
        world
            .directory
            .allows(principal, action, &resource.id.to_string(), world.now())
    };
    for Needed { id, actions } in needed(world, body, pools) {
        let Some(resource) = world.resources.by_id(id) else {
            continue;
        };
        if let Some(action) = actions.iter().find(|action| !allowed(action, resource)) {
            return Err(missing(id, action));
        }
    }
    let kubelet = text(body, "/properties/identityProfile/kubeletidentity/resourceId");
    match kubelet.and_then(|id| world.resources.by_id(id)) {
        Some(kubelet) if !allowed(ASSIGN_IDENTITY, kubelet) => Err(Refusal::provider(
            400,
            "CustomKubeletIdentityMissingPermissionError",
            format!(
                "The cluster using user-assigned managed identity must be granted 'Managed Identity Operator' role to assign kubelet identity. You can run 'az role assignment create --assignee <control-plane-identity-principal-id> --role 'Managed Identity Operator' --scope <kubelet-identity-resource-id>' to grant the permission. See https://learn.microsoft.com/en-us/azure/aks/use-managed-identity#add-role-assignment. Check access result not allowed for action {ASSIGN_IDENTITY}."
            ),
        )),
        _ => Ok(()),
    }
}

/// Learn: use-managed-identity; arm-neighbors: subnets, zone, route table with kubenet or own routes, disk encryption.
fn needed<'a>(world: &'a World, body: &'a Value, pools: &'a [Value]) -> Vec<Needed<'a>> {
    let mut needed = Vec::new();
    let subnets = pools
        .iter()
        .flat_map(|pool| {
            [
                text(pool, "/properties/vnetSubnetID"),
                text(pool, "/properties/podSubnetID"),
            ]
        })
        .chain([text(body, "/properties/apiServerAccessProfile/subnetId")]);
    let routes = is(body, "/properties/networkProfile/networkPlugin", "kubenet")
        || is(body, "/properties/networkProfile/outboundType", "userDefinedRouting");
    for id in subnets.flatten() {
        needed.push(Needed {
            id,
            actions: &[JOIN_SUBNET],
        });
        let table = world
            .resources
            .by_id(id)
            .and_then(|subnet| text(&subnet.body, "/properties/routeTable/id"));
        if let Some(id) = table.filter(|_| routes) {
            needed.push(Needed {
                id,
                actions: &[READ_ROUTES, WRITE_ROUTES],
            });
        }
    }
    if let Some(id) = text(body, "/properties/apiServerAccessProfile/privateDNSZone") {
        needed.push(Needed {
            id,
            actions: &[READ_ZONE, WRITE_ZONE],
        });
    }
    if let Some(id) = text(body, "/properties/diskEncryptionSetID") {
        needed.push(Needed {
            id,
            actions: &[READ_DISK_ENCRYPTION],
        });
    }
    needed
}

fn missing(id: &str, action: &str) -> Refusal {
    let message = format!(
        "Service principal or user-assigned identity must be given certain permissions to resource {id}. Check access result not allowed for action {action}."
    );
    Refusal::provider(400, "ResourceMissingPermissionError", message)
}
