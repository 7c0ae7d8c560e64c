//! Tenants, subscriptions, locations, resource providers: what clients read before they begin.

use serde_json::{Value, json};

use super::gateway::Context;
use crate::catalog::{self, Region};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

/// GET `/tenants`.
#[must_use]
pub fn tenants(world: &World) -> Reply {
    let tenant = world.directory.tenant();
    let body = json!({"value": [{
        "id": format!("/tenants/{tenant}"),
        "tenantId": tenant,
        "displayName": "Armature Simulator",
        "defaultDomain": "armature.onmicrosoft.com",
        "tenantType": "AAD",
        "tenantCategory": "Home",
        "countryCode": "US",
        "domains": ["armature.onmicrosoft.com"],
    }]});
    Reply::gateway(200, body)
}

fn render(world: &World, id: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": world.directory.tenant(),
        "displayName": "Armature Simulator",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    })
}

/// GET `/subscriptions`: those in which the caller may read something.
#[must_use]
pub fn list(world: &World, cx: &Context<'_>) -> Reply {
    let now = world.now();
    let visible = |id: &str| {
        let scope = format!("/subscriptions/{}", id.to_lowercase());
        world.directory.assignments().iter().any(|assignment| {
            assignment.principal.eq_ignore_ascii_case(&cx.claims.oid)
                && assignment.effective_from <= now
                && (assignment.covers(&scope) || assignment.scope.to_lowercase().starts_with(&format!("{scope}/")))
        })
    };
    let value: Vec<Value> = world
        .subscriptions
        .values()
        .filter(|subscription| visible(&subscription.id))
        .map(|subscription| render(world, &subscription.id))
        .collect();
    Reply::gateway(
        200,
        json!({"count": {"type": "Total", "value": value.len()}, "value": value}),
    )
}

/// GET of one subscription. The gateway has made sure that it exists.
///
/// # Errors
/// 404.
pub fn get(world: &World, id: &str) -> Result<Reply, Refusal> {
    let found = world.subscriptions.get(&id.to_lowercase()).ok_or_else(|| {
        Refusal::gateway(
            404,
            "SubscriptionNotFound",
            format!("The subscription '{id}' could not be found."),
        )
    })?;
    Ok(Reply::gateway(200, render(world, &found.id)))
}

/// GET `locations`.
#[must_use]
pub fn locations(subscription: &str) -> Reply {
    let zones = ["1", "2", "3"];
    let location = |region: &Region| {
        let mut body = json!({
            "id": format!("/subscriptions/{subscription}/locations/{}", region.name),
            "name": region.name,
            "type": "Region",
            "displayName": region.display_name,
            "regionalDisplayName": region.display_name,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        });
        if let Some(pair) = region.pair {
            body["metadata"]["pairedRegion"] =
                json!([{"name": pair, "id": format!("/subscriptions/{subscription}/locations/{pair}")}]);
        }
        if region.zones {
            body["availabilityZoneMappings"] = zones
                .iter()
                .map(|zone| json!({"logicalZone": zone, "physicalZone": format!("{}-az{zone}", region.name)}))
                .collect();
        }
        body
    };
    let value: Vec<Value> = catalog::regions().iter().map(location).collect();
    Reply::gateway(200, json!({"value": value}))
}
