//! Resource groups.

use serde_json::{Map, Value, json};

use super::clusters::group_not_found;
use super::gateway::Context;
use super::ids::GroupRef;
use super::reads;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::{Group, World};

fn render(subscription: &str, group: &Group) -> Value {
    let state = if group.deletion.is_some() {
        "Deleting"
    } else {
        "Succeeded"
    };
    let reference = GroupRef {
        subscription: subscription.to_owned(),
        name: group.name.clone(),
    };
    let mut body = json!({
        "id": reference.id(),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": {"provisioningState": state},
    });
    if let Some(owner) = &group.managed_by {
        body["managedBy"] = json!(owner);
    }
    body
}

/// GET of all.
#[must_use]
pub fn list(world: &World, subscription: &str) -> Reply {
    let found = world.subscriptions.get(&subscription.to_lowercase());
    let value: Vec<Value> = found
        .map(|found| found.groups.values().map(|group| render(&found.id, group)).collect())
        .unwrap_or_default();
    Reply::gateway(200, json!({"value": value}))
}

/// GET of one.
///
/// # Errors
/// 404.
pub fn get(world: &World, group: &GroupRef) -> Result<Reply, Refusal> {
    let found = world.group(group).ok_or_else(|| group_not_found(&group.name))?;
    Ok(Reply::gateway(200, render(&group.subscription, found)))
}

/// HEAD: 204 or 404.
#[must_use]
pub fn exists(world: &World, group: &GroupRef) -> Reply {
    Reply::empty(if world.group(group).is_some() { 204 } else { 404 })
}

/// PUT, synchronous: 201 for a new one, 200 for a known one, whose tags it replaces.
///
/// # Errors
/// 400 for a name or location that cannot be, 409 for a change of location or while it is being deleted.
pub fn put(world: &mut World, cx: &Context<'_>, reference: &GroupRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    check_name(&reference.name)?;
    let location = sent.get("location").and_then(Value::as_str).ok_or_else(|| {
        Refusal::gateway(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        )
    })?;
    let location = reads::known_region(location)?;
    let tags = tags(&sent);
    let Some(subscription) = world.subscriptions.get_mut(&reference.subscription.to_lowercase()) else {
        return Err(group_not_found(&reference.name));
    };
    let name = reference.name.to_lowercase();
    if let Some(group) = subscription.groups.get_mut(&name) {
        not_going(group)?;
        if group.location != location {
            let message = format!(
                "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                group.location
            );
            return Err(Refusal::gateway(409, "InvalidResourceGroupLocation", message));
        }
        group.tags = tags.unwrap_or_default();
        return Ok(Reply::gateway(200, render(&reference.subscription, group)));
    }
    let managed_by = sent.get("managedBy").and_then(Value::as_str).map(str::to_owned);
    let group = Group {
        name: reference.name.clone(),
        location: location.to_owned(),
        tags: tags.unwrap_or_default(),
        managed_by,
        deletion: None,
    };
    let reply = Reply::gateway(201, render(&reference.subscription, &group));
    subscription.groups.insert(name, group);
    Ok(reply)
}

/// PATCH of the tags.
///
/// # Errors
/// 404; 409 while it is being deleted.
pub fn patch(world: &mut World, cx: &Context<'_>, reference: &GroupRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let subscription = world.subscriptions.get_mut(&reference.subscription.to_lowercase());
    let group = subscription
        .and_then(|found| found.groups.get_mut(&reference.name.to_lowercase()))
        .ok_or_else(|| group_not_found(&reference.name))?;
    not_going(group)?;
    if let Some(tags) = tags(&sent) {
        group.tags = tags;
    }
    Ok(Reply::gateway(200, render(&reference.subscription, group)))
}

/// Refuses a change in a group that is being deleted.
///
/// # Errors
/// 409 `ResourceGroupBeingDeleted`.
pub(crate) fn not_going(group: &Group) -> Result<(), Refusal> {
    if group.deletion.is_none() {
        return Ok(());
    }
    let message = format!(
        "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
        group.name
    );
    Err(Refusal::gateway(409, "ResourceGroupBeingDeleted", message))
}

fn tags(sent: &Value) -> Option<Map<String, Value>> {
    sent.get("tags").and_then(Value::as_object).cloned()
}

/// 1 to 90 letters, digits, `_()-.`, no period at the end (general knowledge).
fn check_name(name: &str) -> Result<(), Refusal> {
    let legal = |letter: char| letter.is_alphanumeric() || "_()-.".contains(letter);
    if (1..=90).contains(&name.chars().count()) && name.chars().all(legal) && !name.ends_with('.') {
        return Ok(());
    }
    let message = format!(
        "The provided resource group name '{name}' has these invalid characters or is longer than 90 characters. The name can only be a letter, digit, '-', '.', '(', ')' or '_' and cannot end with '.'."
    );
    Err(Refusal::gateway(400, "InvalidResourceGroup", message))
}
