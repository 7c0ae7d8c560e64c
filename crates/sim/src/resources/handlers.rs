//! What is common to the calls on all types: existence, conditions, merging, pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::{Ask, ResourceCall};
use super::id::{ResourceId, ResourceKey};
use super::operation;
use super::resource_type::{Deleted, Home, Listed, Pace, ResourceType, Write};
use super::scope::{self, As};
use super::store::Resource;
use crate::arm::gateway::Context;
use crate::arm::ids::normal_location;
use crate::arm::preconditions::{self, Intent};
use crate::arm::provenance::Provenance;
use crate::catalog;
use crate::operations::Activity;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::schema;
use crate::world::World;

/// Answers a call.
///
/// # Errors
/// What the type or its rules refuse.
pub fn run(world: &mut World, cx: &Context<'_>, call: &ResourceCall) -> Result<Reply, Refusal> {
    let region = match call.holder() {
        None => String::new(),
        Some(holder) => {
            let told = match call.kind.home {
                Home::Parent => As::Parent,
                Home::Group | Home::Extension => As::Resource,
            };
            world.region_of(&holder, told)?
        }
    };
    match &call.ask {
        Ask::Get(id) if call.kind.listed.is_made_up() => {
            let all = made_up(world, cx, call.kind, &id.scope)?;
            let found = all.into_iter().find(|one| {
                let name = one.get("name").and_then(Value::as_str);
                name.is_some_and(|name| name.eq_ignore_ascii_case(id.name()))
            });
            found
                .map(|found| Reply::gateway(200, found))
                .ok_or_else(|| missing(call.kind, id))
        }
        Ask::Get(id) => {
            let found = visible(world, call.kind, id)?;
            Ok(Reply::gateway(200, found.render()))
        }
        Ask::List(scope) => list(world, cx, call.kind, scope),
        Ask::Put(id) => put(world, cx, call.kind, id, &region),
        Ask::Patch(id) => patch(world, cx, call.kind, id, &region),
        Ask::Delete(id) => delete(world, cx, call.kind, id, &region),
        Ask::Act(action, id) => {
            stored(world, call.kind, id)?;
            (action.run)(world, cx, id)
        }
        Ask::Operation { id, result, .. } => {
            if *result {
                operation::result(world, cx, id)
            } else {
                operation::status(world, cx, id)
            }
        }
    }
}

/// The resource that a call names, whether GET finds it yet or not.
///
/// # Errors
/// 404.
pub fn stored<'a>(world: &'a World, kind: &ResourceType, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    let key = (kind.resolve)(world, id);
    world.resources.get(&key).ok_or_else(|| missing(kind, id))
}

fn visible<'a>(world: &'a World, kind: &ResourceType, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    stored(world, kind, id).and_then(|found| {
        if found.visible_from <= world.now() {
            Ok(found)
        } else {
            Err(missing(kind, id))
        }
    })
}

fn missing(kind: &ResourceType, id: &ResourceId) -> Refusal {
    let mut refusal = scope::not_found(id);
    if kind.missing != "ResourceNotFound" {
        refusal.code = kind.missing.into();
        refusal.shape = crate::refusal::Shape::Service;
    }
    refusal
}

fn made_up(world: &World, cx: &Context<'_>, kind: &ResourceType, scope: &str) -> Result<Vec<Value>, Refusal> {
    match kind.listed {
        Listed::Computed(make) => make(world, cx, scope),
        Listed::Own | Listed::Picked(_) | Listed::Asked(_) => Ok(Vec::new()),
    }
}

fn list(world: &World, cx: &Context<'_>, kind: &ResourceType, scope: &str) -> Result<Reply, Refusal> {
    let keys: Vec<ResourceKey> = match kind.listed {
        Listed::Asked(answer) => return Ok(Reply::gateway(200, answer(world, cx, scope)?)),
        Listed::Computed(make) => return Ok(Reply::gateway(200, json!({"value": make(world, cx, scope)?}))),
        Listed::Picked(pick) => pick(world, scope, cx.request)?,
        Listed::Own => {
            let wanted = ResourceKey::of(scope);
            let own = |resource: &Resource| match kind.home {
                // A subscription's list shows all groups.
                Home::Group => ResourceKey::of(&resource.id.scope).is_within(&wanted),
                Home::Extension => ResourceKey::of(&resource.id.scope) == wanted,
                Home::Parent => resource.id.parent().is_some_and(|parent| parent.key() == wanted),
            };
            let all = world.resources.of_type(kind);
            all.filter(|(_, resource)| own(resource))
                .map(|(key, _)| key.clone())
                .collect()
        }
    };
    let after = match cx.request.query("$skipToken") {
        None => None,
        Some(token) => Some(decoded(token)?),
    };
    let now = world.now();
    let mut shown = keys
        .iter()
        .filter_map(|key| world.resources.get(key).map(|resource| (key, resource)))
        .filter(|(key, resource)| {
            resource.visible_from <= now && after.as_deref().is_none_or(|after| key.as_str() > after)
        });
    let size = usize::try_from(world.settings.page_size.max(1)).unwrap_or(usize::MAX);
    let page: Vec<_> = shown.by_ref().take(size).collect();
    let mut body = json!({"value": page.iter().map(|(_, resource)| resource.render()).collect::<Vec<_>>()});
    if let (Some(_), Some((last, _))) = (shown.next(), page.last()) {
        body["nextLink"] = json!(next_link(cx, last));
    }
    Ok(Reply::gateway(200, body))
}

fn next_link(cx: &Context<'_>, last: &ResourceKey) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &cx.request.query {
        if !name.eq_ignore_ascii_case("$skipToken") {
            query.append_pair(name, value);
        }
    }
    query.append_pair("$skipToken", &URL_SAFE_NO_PAD.encode(last.as_str()));
    format!("{}{}?{}", cx.request.origin, cx.request.path, query.finish())
}

fn decoded(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        let message = "The provided $skipToken is invalid: follow nextLink exactly as it was returned.";
        Refusal::gateway(400, "InvalidSkipToken", message)
    })
}

fn put(
    world: &mut World,
    cx: &Context<'_>,
    kind: &'static ResourceType,
    id: &ResourceId,
    region: &str,
) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    if let Some(rule) = &kind.name
        && !(rule.holds)(id.name())
    {
        return Err((rule.refuse)(id.name()));
    }
    let old = world.resources.get(&id.key()).cloned();
    check_etag(cx, kind, Intent::Put, old.as_ref())?;
    write(world, cx, kind, id, region, sent, old)
}

fn patch(
    world: &mut World,
    cx: &Context<'_>,
    kind: &'static ResourceType,
    id: &ResourceId,
    region: &str,
) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let old = stored(world, kind, id)?.clone();
    check_etag(cx, kind, Intent::Change, Some(&old))?;
    let mut body = old.body.clone();
    match kind.patch {
        super::resource_type::Patch::Merge => crate::admin::merge_patch(&mut body, &sent),
        _ => {
            if let Some(tags) = sent.get("tags") {
                body["tags"] = tags.clone();
            }
        }
    }
    write(world, cx, kind, id, region, body, Some(old))
}

fn check_etag(cx: &Context<'_>, kind: &ResourceType, intent: Intent, old: Option<&Resource>) -> Result<(), Refusal> {
    match kind.etag {
        None => Ok(()),
        Some(_) => preconditions::check(cx.request, intent, old.map(|old| old.etag.as_str())),
    }
}

fn write(
    world: &mut World,
    cx: &Context<'_>,
    kind: &'static ResourceType,
    id: &ResourceId,
    region: &str,
    mut sent: Value,
    old: Option<Resource>,
) -> Result<Reply, Refusal> {
    world.group_is_staying(&id.scope)?;
    let region = located(kind, &mut sent, old.as_ref(), region)?;
    if let Some(definition) = kind.body {
        schema::validate_request(definition, &sent)?;
        schema::strip_read_only(definition, &mut sent);
    }
    if let Some(old) = &old {
        operation::is_free(world, old)?;
    }
    let write = Write {
        id,
        sent: &sent,
        old: old.as_ref().map(|old| &old.body),
        region: &region,
        caller: &cx.claims.oid,
        kind,
    };
    (kind.check)(world, &write)?;
    let bound = (kind.fails)(world, &write);
    let mut body = sent.clone();
    (kind.complete)(world, &write, &mut body);
    let created = old.is_none();
    let resource = Resource {
        id: old.as_ref().map_or_else(|| id.clone(), |old| old.id.clone()),
        kind,
        body,
        provenance: Provenance::written(old.as_ref().map(|old| &old.provenance), &cx.claims.oid, world.now()),
        etag: world.ids.guid(),
        operation: None,
        visible_from: old
            .as_ref()
            .map_or_else(|| operation::visible_from(world, kind), |old| old.visible_from),
    };
    let key = resource.id.key();
    world.resources.put(resource);
    let activity = if created {
        Activity::Creating
    } else {
        Activity::Updating
    };
    let status = if created { kind.created } else { kind.updated };
    let fails = cx.fails.cloned().or(bound);
    let follow = operation::start(world, &key, kind.put, activity, &region, fails);
    let shown = world.resources.get(&key).map_or(Value::Null, Resource::render);
    (kind.applied)(world, &key);
    Ok(operation::pointed(world, cx, follow, Reply::gateway(status, shown)))
}

/// The region of a written resource; a tracked one names its own, which stays.
fn located(kind: &ResourceType, sent: &mut Value, old: Option<&Resource>, around: &str) -> Result<String, Refusal> {
    if kind.home != Home::Group {
        return Ok(around.to_owned());
    }
    let named = sent.get("location").and_then(Value::as_str).map(normal_location);
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        let message = "The location property is required for this definition.";
        return Err(Refusal::gateway(400, "LocationRequired", message));
    };
    if named != "global" && catalog::region(&named).is_none() {
        let message = format!(
            "The provided location '{named}' is not available for resource type '{}'.",
            kind.full()
        );
        return Err(Refusal::gateway(400, "LocationNotAvailableForResourceType", message));
    }
    let stays = old.and_then(|old| old.body.get("location")).and_then(Value::as_str);
    if let (Some(stays), Some(old)) = (stays, old)
        && stays != named
    {
        let message = format!(
            "The resource '{}' already exists in location '{stays}' in resource group '{}'. A resource with the same name cannot be created in location '{named}'. Please select a new resource name.",
            old.id.name(),
            old.id.group().unwrap_or_default()
        );
        return Err(Refusal::gateway(409, "InvalidResourceLocation", message));
    }
    sent["location"] = json!(named);
    Ok(named)
}

fn delete(
    world: &mut World,
    cx: &Context<'_>,
    kind: &'static ResourceType,
    id: &ResourceId,
    region: &str,
) -> Result<Reply, Refusal> {
    let key = id.key();
    let Some(old) = world.resources.get(&key) else {
        return Ok(Reply::empty(204));
    };
    check_etag(cx, kind, Intent::Change, Some(old))?;
    (kind.keep)(world, old, cx)?;
    if kind.delete == Pace::AtOnce {
        let shown = old.render();
        world.remove_resource(&key);
        return Ok(match kind.deleted {
            Deleted::Silent => Reply::empty(200),
            Deleted::Shown => Reply::gateway(200, shown),
        });
    }
    let own = old.body.get("location").and_then(Value::as_str).unwrap_or(region);
    let own = own.to_owned();
    let follow = operation::start(world, &key, kind.delete, Activity::Deleting, &own, cx.fails.cloned());
    Ok(operation::pointed(world, cx, follow, Reply::empty(202)))
}
