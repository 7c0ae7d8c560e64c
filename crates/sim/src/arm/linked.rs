//! Rights that the caller of a cluster's or pool's PUT needs on what the body names (arm-neighbours: objects that those
//! PUTs name).

use serde_json::Value;

use super::calls::Call;
use super::gateway::Context;
use crate::refusal::Refusal;
use crate::resources::authorization::linked;
use crate::world::World;

const JOIN_SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets/join/action";
const ASSIGN_IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/// Places in a cluster's body with the right that each needs.
const IN_CLUSTER: [(&str, &str); 3] = [
    ("/properties/apiServerAccessProfile/subnetId", JOIN_SUBNET),
    (
        "/properties/diskEncryptionSetID",
        "Microsoft.Compute/diskEncryptionSets/read",
    ),
    (
        "/properties/identityProfile/kubeletidentity/resourceId",
        ASSIGN_IDENTITY,
    ),
];

/// The same in a pool's properties.
const IN_POOL: [(&str, &str); 3] = [
    ("/vnetSubnetID", JOIN_SUBNET),
    ("/podSubnetID", JOIN_SUBNET),
    (
        "/nodePublicIPPrefixID",
        "Microsoft.Network/publicIPPrefixes/join/action",
    ),
];

/// Whether the caller of a PUT may use what it names; what is no id is left to the rules of AKS.
///
/// # Errors
/// 403 `LinkedAuthorizationFailed`.
pub fn check(world: &World, cx: &Context<'_>, call: &Call) -> Result<(), Refusal> {
    let names_others = matches!(
        call,
        Call::ManagedClustersCreateOrUpdate(_) | Call::AgentPoolsCreateOrUpdate(_)
    );
    let body = if names_others {
        cx.request.json_object().ok()
    } else {
        None
    };
    let Some(body) = body else {
        return Ok(());
    };
    let (action, target) = (call.facts().action, cx.request.path.as_str());
    for (needed, id) in named(&body) {
        linked::check(world, &cx.claims.oid, &action, target, needed, id)?;
    }
    Ok(())
}

fn named(body: &Value) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    collect(body, &IN_CLUSTER, &mut found);
    if let Some(properties) = body.get("properties") {
        collect(properties, &IN_POOL, &mut found);
    }
    let pools = body.pointer("/properties/agentPoolProfiles").and_then(Value::as_array);
    for pool in pools.into_iter().flatten() {
        collect(pool, &IN_POOL, &mut found);
    }
    let identities = body
        .pointer("/identity/userAssignedIdentities")
        .and_then(Value::as_object);
    let ids = identities.into_iter().flat_map(serde_json::Map::keys);
    found.extend(ids.map(|id| (ASSIGN_IDENTITY, id.as_str())));
    found
}

fn collect<'a>(value: &'a Value, places: &[(&'static str, &'static str)], found: &mut Vec<(&'static str, &'a str)>) {
    for (place, needed) in places {
        let id = value.pointer(place).and_then(Value::as_str);
        if let Some(id) = id.filter(|id| id.starts_with("/subscriptions/")) {
            found.push((needed, id));
        }
    }
}
